# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import hashlib
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
    """Writes reports on the controller, where they belong, whatever host the task runs for."""

    _requires_connection = False

    def run(self, tmp: t.Any = None, task_vars: dict | None = None) -> dict:
        answer = super().run(tmp, task_vars)
        args = self._task.args
        try:
            folder = folder_of(args.get("dir"), args.get("refused") or ())
            if boolean(args.get("clear") or False, strict=False):
                return {**answer, "changed": not self._task.check_mode and clear(folder), "files": []}
            old = {} if self._task.check_mode else remove(folder)
            if refused := args.get("refused"):
                raise ReportError(" ".join(map(str, refused)).rstrip("."))
            contents = render(**{name: args.get(name) for name in OPTIONS})
            if unknown := args.keys() - {"dir", "clear", "refused", *OPTIONS}:
                raise ReportError(f"job_report_files has no option {', '.join(sorted(map(str, unknown)))}")
            if not self._task.check_mode:
                make(folder)
                write(folder, contents)
                self._tell_hosts_apart(folder, str((task_vars or {}).get("inventory_hostname", "")), answer)
        except ReportError as error:
            return {**answer, "failed": True, "changed": False, "msg": f"There is no report: {error}."}
        return {**answer, "changed": old != contents and not self._task.check_mode, "files": list(contents)}

    def _tell_hosts_apart(self, folder: str, host: str, answer: dict) -> None:
        """Warns when the reports of another host of this run were in the folder."""
        note = os.path.join(constants.DEFAULT_LOCAL_TMP, f"report_{hashlib.sha256(os.fsencode(folder)).hexdigest()}")
        other = host
        # where this cannot be noted, it cannot be told
        with contextlib.suppress(OSError):
            if os.path.exists(note):
                with open(note, encoding="utf-8") as stream:
                    other = stream.read()
            with open(note, "w", encoding="utf-8") as stream:
                stream.write(host)
        if other != host:
            answer.setdefault("warnings", []).append(
                f"The reports of {host} in {folder} take the place of those of {other}: give each host a job_report_dir of its own."
            )
