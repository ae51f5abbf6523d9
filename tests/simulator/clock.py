# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator's clock, which counts seconds since the state was set and which a test can move forward."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone


class Clock:
    """A clock that runs in real time or, with `step`, only moves by so many seconds with each request of a list.

    `advance` moves it forward. It never goes back, because events that have happened cannot be undone.
    """

    def __init__(self, date_offset: float = 0, step: float | None = None) -> None:
        self._step = step
        self._origin = time.monotonic()
        self._advanced = 0.0
        self._set_at = datetime.now(timezone.utc) + timedelta(seconds=date_offset)

    def now(self) -> float:
        return self._advanced + (time.monotonic() - self._origin if self._step is None else 0.0)

    def listed(self) -> None:
        """Moves the clock by its step; called for each request of a list."""
        self._advanced += self._step or 0.0

    def advance(self, seconds: float) -> None:
        if seconds < 0:
            raise ValueError("the clock goes forward only")
        self._advanced += seconds

    def date(self, seconds: float | None = None) -> datetime:
        """The date by the server's clock, `seconds` after the state was set (default: now)."""
        return self._set_at + timedelta(seconds=self.now() if seconds is None else seconds)
