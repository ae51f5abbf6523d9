# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import typing as t

from ansible import constants
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase

from ansible_collections.avepoint.cloud.plugins.plugin_utils._report import ReportError
from ansible_collections.avepoint.cloud.plugins.plugin_utils._report_files import (
    OPTIONS,
    clear,
    folder_of,
    make,
    remove,
    render,
    write,
)


class ActionModule(ActionBase):
    """Writes reports on the controller, whatever host the task runs for."""

    _requires_connection = False

    def run(self, tmp: t.Any = None, task_vars: dict | None = None) -> dict:
        answer = super().run(tmp, task_vars)
        args = self._task.args
        host = str((task_vars or {}).get("inventory_hostname", ""))
        try:
            folder = folder_of(args.get("dir"), args.get("refused") or ())
            with _note_of(folder) as note:
                return {**answer, **self._work(folder, host, note)}
        except ReportError as error:
            return {**answer, "failed": True, "changed": False, "msg": f"There is no report: {error}."}

    def _work(self, folder: str, host: str, note: dict) -> dict:
        """Writes, empties or keeps the reports, and returns the keys of the task's result.

        :arg note: the host whose report this run wrote to the folder last, and whether its gate passed; updated here
        :raises ReportError: when there can be no report
        """
        args = self._task.args
        verdict = args.get("verdict")
        passed = not isinstance(verdict, t.Mapping) or verdict.get("passed") is not False
        other = note.get("host", host) != host
        # If several hosts share a folder, the report of a failed gate must not be replaced by that of a passed one.
        keep = other and not note["passed"] and passed and not args.get("refused")
        if boolean(args.get("clear") or False, strict=False):
            return {"changed": not self._task.check_mode and not keep and clear(folder), "files": []}
        if keep:
            return {
                "changed": False,
                "files": [],
                "warnings": [
                    f"The reports of {note['host']} stay in {folder}, since its gate did not pass, and there are none of {host}: "
                    "give each host a job_report_dir of its own."
                ],
            }
        old = {} if self._task.check_mode else remove(folder)
        if refused := args.get("refused"):
            raise ReportError(" ".join(map(str, refused)).rstrip("."))
        contents = render(**{name: args.get(name) for name in OPTIONS})
        if unknown := args.keys() - {"dir", "clear", "refused", *OPTIONS}:
            raise ReportError(f"job_report_files has no option {', '.join(sorted(map(str, unknown)))}")
        answer: dict = {"changed": old != contents and not self._task.check_mode, "files": list(contents)}
        if not self._task.check_mode:
            make(folder)
            write(folder, contents)
            if other:
                answer["warnings"] = [
                    f"The reports of {host} in {folder} take the place of those of {note['host']}: "
                    "give each host a job_report_dir of its own."
                ]
            note.update(host=host, passed=passed)
        return answer


@contextlib.contextmanager
def _note_of(folder: str) -> t.Iterator[dict]:
    """The note that this run keeps about ``folder``, locked against other processes. Changes to it are saved at the end."""
    path = os.path.join(constants.DEFAULT_LOCAL_TMP, f"report_{hashlib.sha256(os.fsencode(folder)).hexdigest()}")
    with contextlib.ExitStack() as stack:
        try:
            stream = stack.enter_context(open(path, "a+b", buffering=0))
            fcntl.flock(stream, fcntl.LOCK_EX)  # some file systems have no locks
        except OSError:  # without a note, the hosts that share a folder are not noticed
            yield {}
            return
        stream.seek(0)
        note: dict = {}
        with contextlib.suppress(ValueError):  # a note that was not written completely
            note = json.loads(stream.read() or b"{}")
        before = dict(note)
        yield note
        if note != before:
            with contextlib.suppress(OSError):
                stream.truncate(0)
                stream.write(json.dumps(note).encode())
