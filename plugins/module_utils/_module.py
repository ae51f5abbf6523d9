# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules do: their options to :func:`_run.run`, its result to Ansible."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
import time
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.avepoint.cloud.plugins.module_utils._errors import ConnectionFailed, InvalidInput
from ansible_collections.avepoint.cloud.plugins.module_utils._failure import failure
from ansible_collections.avepoint.cloud.plugins.module_utils._options import argument_spec
from ansible_collections.avepoint.cloud.plugins.module_utils._run import run
from ansible_collections.avepoint.cloud.plugins.module_utils._secrets import secrets_in, shown_path
from ansible_collections.avepoint.cloud.plugins.module_utils._service import Service

# How long a wait goes on that nobody looks after, in seconds. Whoever follows it looks every few seconds, but a connection
# may fail for minutes, and then go on.
UNREAD_TIMEOUT = 300


def main(service: type[Service]) -> None:
    """Runs as the module of a job API."""
    module = AnsibleModule(argument_spec=argument_spec(service), supports_check_mode=True)
    path = module.params["client_certificate"]
    if path and shown_path(path):
        module.no_log_values.discard(path)
    module.no_log_values.update(secrets_in(module.params))
    write = _create(module, module.params["progress_file"]) if module.params["progress_file"] else lambda line: None
    if module.params["progress_file"]:
        threading.Thread(target=_stop_unread, args=(module, Mark(module.params["progress_file"])), daemon=True).start()
    result = run(service, module.params, lambda progress: write(progress._asdict()))
    write({"done": True})
    for warning in result.pop("warnings", ()):
        module.warn(warning)
    if result.get("failed"):
        module.fail_json(**result)
    module.exit_json(**result)


def _create(module: AnsibleModule, path: str) -> t.Callable[[dict], t.Any]:
    """Makes the progress file; what it returns appends a line of JSON."""
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", error)
        module.fail_json(**failure(InvalidInput(f"progress_file cannot be created: {reason}; it must not exist yet")))

    def append(line: dict) -> None:
        with contextlib.suppress(OSError):  # such as a disk that is full, which must not end a wait
            os.write(file, json.dumps(line).encode() + b"\n")

    return append


def mark_of(progress_file: str) -> str:
    """The file that whoever follows a progress file has made before, and touches at each look."""
    return f"{progress_file}.read"


class Mark:
    """The mark beside a progress file; where there is none at first, nobody follows in this way, and nobody need."""

    def __init__(self, progress_file: str, clock: t.Callable[[], float] = time.monotonic):
        self._path = mark_of(progress_file)
        self._clock = clock
        self._touched: float | None = None
        self._touched = self._look()
        self._touched_at = clock()
        self._expected = self._touched is not None

    def unread(self) -> bool:
        """Whether it is gone, or has not been touched for long. How long is measured here: clocks may be set, or differ."""
        touched = self._look()
        if touched != self._touched:
            self._touched, self._touched_at = touched, self._clock()
        return self._expected and (touched is None or self._clock() - self._touched_at > UNREAD_TIMEOUT)

    def _look(self) -> float | None:
        try:
            return os.stat(self._path).st_mtime
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError:
            return self._touched  # a file system that cannot say at the moment


def _stop_unread(module: AnsibleModule, mark: Mark, pause: t.Callable[[float], t.Any] = time.sleep) -> None:
    """Ends this process, whatever it is in the middle of, when nobody reads any more; runs in a thread."""
    while not mark.unread():
        pause(1.0)
    try:
        unread = ConnectionFailed("Nobody reads the progress of this wait any more, so it was given up")
        module.fail_json(**failure(unread))
    finally:
        sys.stdout.flush()
        os._exit(1)
