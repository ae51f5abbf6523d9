# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The file in which a wait writes its progress, and from which a follower, the action plugin, reads it: both sides of the protocol.

It has a line of JSON for each poll, with the fields of :class:`Progress`, and ``{"done": true}`` as the last one. Beside it is a mark,
a file that the follower creates first, and touches each time it reads. If the mark is gone, or was not touched for long, the wait
gives up.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._errors import InvalidInput
from ansible_collections.avepoint.cloud.plugins.module_utils._wait import Progress

# After how many seconds without a reader a wait gives up. A follower reads every few seconds, but its connection may fail for
# minutes, and then recover.
UNREAD_TIMEOUT = 300

_DONE = {"done": True}


class ProgressFile:
    """The file as the wait writes it.

    :raises InvalidInput: when the file exists already, or cannot be created.
    """

    def __init__(self, path: str):
        try:
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", error)
            raise InvalidInput(f"progress_file cannot be created: {reason}; it must not exist yet") from None

    def report(self, progress: Progress) -> None:
        """Writes the progress after a poll."""
        self._append(progress._asdict())

    def done(self) -> None:
        """Writes the last line."""
        self._append(_DONE)

    def _append(self, line: dict) -> None:
        with contextlib.suppress(OSError):  # a full disk, for example, must not end a wait
            os.write(self._file, json.dumps(line).encode() + b"\n")


def read_progress(text: str) -> tuple[list[Progress], bool]:
    """The progress reports in the text of a progress file, and whether the wait has ended. An incomplete line is skipped."""
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
    """The mark beside a progress file, as the wait sees it. If it does not exist at first, the wait needs no follower."""

    def __init__(self, progress_file: str, clock: t.Callable[[], float] = time.monotonic):
        self._path = mark_of(progress_file)
        self._clock = clock
        self._touched: float | None = None
        self._touched = self._read_mark()
        self._touched_at = clock()
        self._expected = self._touched is not None

    def unread(self) -> bool:
        """Whether the mark is gone, or was not touched for ``UNREAD_TIMEOUT`` seconds.

        The seconds are measured by ``clock``, because the times of files depend on clocks that may be changed, or differ.
        """
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
            return self._touched  # the file system fails at the moment
