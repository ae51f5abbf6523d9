# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs with a start and a finish time, and the formats in which the services write times, types and statuses."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any, Callable, Collection, TypeVar

from .clock import Clock
from .jobs import Job

TIMES = frozenset({"start_time", "finish_time"})
TIME_FORMATS: dict[str, Callable[[datetime], str]] = {
    "milliseconds": lambda when: when.isoformat(timespec="milliseconds")[:-6] + "Z",
    "ticks": lambda when: when.strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z",
    "ticks_offset": lambda when: when.strftime("%Y-%m-%dT%H:%M:%S.%f") + "7+00:00",
    "seconds": lambda when: when.strftime("%Y-%m-%dT%H:%M:%SZ"),
    "offset": lambda when: when.astimezone(timezone(timedelta(hours=9))).isoformat(timespec="milliseconds"),
    "naive": lambda when: when.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3],
}


def _name(value: Any, names: dict[int, str]) -> Any:
    return names.get(value, f"Unknown{value}") if isinstance(value, int) else value


def _spelt(spell: Callable[[str], str]) -> Callable[[Any, dict[int, str]], Any]:
    return lambda value, names: spell(str(_name(value, names)))


REPRESENTATIONS: dict[str, Callable[[Any, dict[int, str]], Any]] = {
    "number": lambda value, names: value,
    "numeric_string": lambda value, names: str(value),
    "name": _name,
    "lower_case": _spelt(str.lower),
    "upper_case": _spelt(str.upper),
    "hyphens": _spelt(lambda text: text.lower().replace(" ", "-")),
    "underscores": _spelt(lambda text: text.upper().replace(" ", "_")),
    "joined": _spelt(lambda text: "".join(word[:1].upper() + word[1:] for word in text.split(" "))),
}


class TimedJob(Job):
    """A job with times.

    Without a start time in the state, it starts `place` + 1 minutes before the state was set, so the first job is the newest.
    Without a finish time, a job that had ended before took 45 seconds. `ended` has the statuses of jobs that have ended.
    `values` has the properties that filters compare, besides type and status.
    """

    def __init__(
        self,
        given: dict[str, Any],
        place: int,
        clock: Clock,
        ended: Collection[Any],
        more: frozenset[str] = frozenset(),
        values: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(given, TIMES | more)
        self._clock, self._ended = clock, ended
        default = self.appears or -60.0 * (place + 1)
        if "insert_at_request" in given:
            default = given["insert_at_request"] / 1000  # newer than all before it
        start = self._date(given.get("start_time", default))
        assert start is not None
        self.place = place
        self.start: datetime = start
        self._finish = self._date(given.get("finish_time"))
        self._ended_before = self.timeline[0][0] <= 0 and self.timeline[0][1] in ended
        self.values = {"type": self.type, **(values or {})}

    def _date(self, given: Any) -> datetime | None:
        """A time in the state: ISO 8601 with an offset, or seconds after the state was set."""
        if isinstance(given, str):
            return datetime.fromisoformat(given.replace("Z", "+00:00")).astimezone(timezone.utc)
        return None if given is None else self._clock.date(given)

    def ended(self) -> bool:
        return self.status in self._ended

    def finish(self) -> datetime | None:
        """When the job ended; None while it runs."""
        if self._finish is not None or not self.ended():
            return self._finish if self.ended() else None
        if self._ended_before and self.since == self.timeline[0][0]:
            return self.start + timedelta(seconds=45)
        return self._clock.date(self.since)

    def seconds(self) -> float:
        """How long the job took, or has been running."""
        return ((self.finish() or self._clock.date()) - self.start).total_seconds()

    def value(self, name: str) -> Any:
        return self.status if name == "status" else self.values[name]


AnyTimed = TypeVar("AnyTimed", bound=TimedJob)
