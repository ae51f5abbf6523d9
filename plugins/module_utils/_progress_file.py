# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The file in which a wait says how far it is, for somebody who follows it: both sides of its protocol.

It has a line of JSON for each poll, with the fields of :class:`Progress`, and ``{"done": true}`` as the last one. Beside it is a mark,
a file that the follower makes before and touches at each reading. A wait whose mark is gone, or has not been touched for long,
is given up.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._errors import InvalidInput
from ansible_collections.avepoint.cloud.plugins.module_utils._wait import Progress

# How long a wait goes on that nobody looks after, in seconds. Whoever follows it looks every few seconds, but a connection
# may fail for minutes, and then go on.
UNREAD_TIMEOUT = 300

_DONE = {"done": True}


class ProgressFile:
    """The side of the wait.

    :raises InvalidInput: when the file is there already, or cannot be made.
    """

    def __init__(self, path: str):
        try:
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", error)
            raise InvalidInput(f"progress_file cannot be created: {reason}; it must not exist yet") from None

    def report(self, progress: Progress) -> None:
        """Says what a poll saw."""
        self._append(progress._asdict())

    def done(self) -> None:
        """Says that there is no more to come."""
        self._append(_DONE)

    def _append(self, line: dict) -> None:
        with contextlib.suppress(OSError):  # such as a disk that is full, which must not end a wait
            os.write(self._file, json.dumps(line).encode() + b"\n")


def read_progress(text: str) -> tuple[list[Progress], bool]:
    """What the polls saw, by the text of a progress file, and whether it was the last. A line that is not whole is left out."""
    reports, done = [], False
    for line in text.splitlines():
        with contextlib.suppress(ValueError):
            report = json.loads(line)
            if isinstance(report, dict) and report.keys() == set(Progress._fields):
                reports.append(Progress(**report))
            done = report == _DONE
    return reports, done


def mark_of(progress_file: str) -> str:
    """The path of the mark beside a progress file."""
    return f"{progress_file}.read"


class Mark:
    """The mark beside a progress file; where there is none at first, nobody follows in this way, and nobody need."""

    def __init__(self, progress_file: str, clock: t.Callable[[], float] = time.monotonic):
        self._path = mark_of(progress_file)
        self._clock = clock
        self._touched: float | None = None
        self._touched = self._read_mark()
        self._touched_at = clock()
        self._expected = self._touched is not None

    def unread(self) -> bool:
        """Whether it is gone, or has not been touched for long. How long is measured here: clocks may be set, or differ."""
        touched = self._read_mark()
        if touched != self._touched:
            self._touched, self._touched_at = touched, self._clock()
        return self._expected and (touched is None or self._clock() - self._touched_at > UNREAD_TIMEOUT)

    def _read_mark(self) -> float | None:
        try:
            return os.stat(self._path).st_mtime
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError:
            return self._touched  # a file system that cannot say at the moment
