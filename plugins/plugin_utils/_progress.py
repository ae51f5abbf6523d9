# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a person who watches a wait gets to read."""

from __future__ import annotations

import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._text import clean
from ansible_collections.avepoint.cloud.plugins.module_utils._wait import Progress

# A watcher hears something at least once a minute: these seconds, and those until the next look at the clock.
HEARTBEAT = 55.0


class Watcher:
    """Shows a line at each change, and at least one each minute.

    ``host`` is whose wait it is, ``show(line)`` prints, ``clock`` is monotonic seconds. Feed it with :meth:`update`
    and call :meth:`tick` now and then.
    """

    def __init__(self, host: str, show: t.Callable[[str], None], clock: t.Callable[[], float]):
        self._host = host
        self._show = show
        self._clock = clock
        self._began = self._shown_at = clock()
        self._last: Progress | None = None
        #: Whether anything was said that is not of a poll.
        self.said = False

    def update(self, progress: Progress) -> None:
        """Takes what the last look saw."""
        before, self._last = self._last, progress
        self.said = self.said or progress.says is not None
        if before is None or progress._replace(elapsed=0) != before._replace(elapsed=0):
            self._print()
        else:
            self.tick()

    def tick(self) -> None:
        """Says that the wait goes on if nothing was said for a while."""
        if self._clock() - self._shown_at >= HEARTBEAT:
            self._print()

    def _print(self) -> None:
        self._shown_at = self._clock()
        self._show(line(self._host, self._last, self._shown_at - self._began))


def line(host: str, progress: Progress | None, elapsed: float) -> str:
    """For example ``[host1] 3 of 5 jobs finished, 1 failed, 1 running, 1 waiting, 0 missing (2m 05s)``."""
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
    """What finished and neither failed nor succeeded, so that nobody takes it for a success; empty when nothing did."""
    counts = (
        (progress.with_exception, "with exception"),
        (progress.skipped, "skipped"),
        (progress.stopped, "stopped"),
    )
    return "".join(f"{count} {what}, " for count, what in counts if count)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h {minutes:02}m {rest:02}s"
    return f"{minutes}m {rest:02}s" if minutes else f"{rest}s"
