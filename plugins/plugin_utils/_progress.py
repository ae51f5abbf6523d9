# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lines that show the progress of a wait to the user of ansible-playbook."""

from __future__ import annotations

import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._text import clean
from ansible_collections.avepoint.cloud.plugins.module_utils._wait import Progress

# Seconds without a line after which `tick` shows one. With the interval between calls of `tick`, it is at most a minute.
HEARTBEAT = 55.0


class Watcher:
    """Shows a line at each change, and at least one each minute.

    :arg host: the name that begins each line
    :arg show: called with each line
    :arg clock: monotonic time in seconds

    Call :meth:`update` after each poll, and :meth:`tick` every few seconds.
    """

    def __init__(self, host: str, show: t.Callable[[str], None], clock: t.Callable[[], float]):
        self._host = host
        self._show = show
        self._clock = clock
        self._began = self._shown_at = clock()
        self._last: Progress | None = None
        #: Whether a progress with a text of its own (``says``) was shown, so the module may have started something.
        self.said = False

    def update(self, progress: Progress) -> None:
        """Takes the progress of the last poll."""
        before, self._last = self._last, progress
        self.said = self.said or progress.says is not None
        if before is None or progress._replace(elapsed=0) != before._replace(elapsed=0):
            self._print()
        else:
            self.tick()

    def tick(self) -> None:
        """Repeats the last line if none was shown for HEARTBEAT seconds."""
        if self._clock() - self._shown_at >= HEARTBEAT:
            self._print()

    def _print(self) -> None:
        self._shown_at = self._clock()
        self._show(line(self._host, self._last, self._shown_at - self._began))


def line(host: str, progress: Progress | None, elapsed: float) -> str:
    """The line to show, such as ``[host1] 3 of 5 jobs finished, 1 failed, 1 running, 1 waiting, 0 missing (2m 05s)``."""
    if progress is None:
        text = "no answer yet"
    elif progress.says is not None:
        text = clean(progress.says, 500)
    else:
        text = (
            f"{progress.finished} of {progress.chosen} jobs finished, {progress.failed} failed, {_neither(progress)}"
            f"{progress.running} running, {progress.waiting} waiting, {progress.missing} missing"
        )
        if progress.unknown:
            text += f", {progress.unknown} in an unknown state"
        if progress.fault:
            text += f"; cannot look, trying again: {clean(progress.fault, 160)}"
    return f"[{host}] {text} ({_duration(elapsed)})"


def _neither(progress: Progress) -> str:
    """The numbers of jobs that finished without success and without failure, so that they are not taken for successes."""
    counts = (
        (progress.with_exception, "with exception"),
        (progress.skipped, "skipped"),
        (progress.stopped, "stopped"),
    )
    return "".join(f"{count} {what}, " for count, what in counts if count)


def _duration(seconds: float) -> str:
    minutes, whole_seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h {minutes:02}m {whole_seconds:02}s"
    return f"{minutes}m {whole_seconds:02}s" if minutes else f"{whole_seconds}s"
