# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator's clock: seconds since the state was set, which a test can move forward."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone


class Clock:
    """Runs by itself, or by a step with each request of a list; `advance` adds to it.

    It never goes back, so that what happened once stays so.
    """

    def __init__(self, date_offset: float = 0, step: float | None = None) -> None:
        self._step = step
        self._origin = time.monotonic()
        self._advanced = 0.0
        self._set_at = datetime.now(timezone.utc) + timedelta(seconds=date_offset)

    def now(self) -> float:
        return self._advanced + (time.monotonic() - self._origin if self._step is None else 0.0)

    def listed(self) -> None:
        """A request of a list has been answered."""
        self._advanced += self._step or 0.0

    def advance(self, seconds: float) -> None:
        if seconds < 0:
            raise ValueError("the clock goes forward only")
        self._advanced += seconds

    def date(self, seconds: float | None = None) -> datetime:
        """The date that the server believes in, at `seconds` after the state was set (default: now)."""
        return self._set_at + timedelta(seconds=self.now() if seconds is None else seconds)
