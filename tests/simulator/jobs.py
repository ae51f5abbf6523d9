# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs whose status changes as time passes, and lists of them."""

from __future__ import annotations

import heapq
from itertools import count, cycle, islice
from typing import Any, Callable, Generic, TypeVar

from .clock import Clock

COMMON = {
    "job_id",
    "type",
    "status",
    "timeline",
    "appear_after",
    "delete_after",
    "insert_at_request",
    "delete_at_request",
    "extra",
}


class Job:
    """A job of the state.

    Its timeline is [[seconds after the state was set, status], ...]; before the first of these, it is not listed. `more` has
    the properties that a job may have besides COMMON.
    """

    def __init__(self, given: dict[str, Any], more: frozenset[str] = frozenset()) -> None:
        unknown = given.keys() - COMMON - more
        if unknown:
            raise ValueError(f"a job has no {', '.join(sorted(unknown))}")
        if ("status" in given) == ("timeline" in given):
            raise ValueError("a job has a status or a timeline")
        self.given = given
        self.job_id = given["job_id"]
        self.type = given.get("type", 1)
        self.timeline = [(float(at), status) for at, status in given.get("timeline") or [(0, given.get("status"))]]
        if self.timeline != sorted(self.timeline, key=lambda entry: entry[0]):
            raise ValueError("a timeline goes forward in time")
        self.appears = max(self.timeline[0][0], given.get("appear_after", 0))
        self.extra = given.get("extra", {})
        self.status, self.since = self.timeline[0][1], self.timeline[0][0]

    def status_at(self, seconds: float) -> Any:
        """The status at a time of the simulator's clock."""
        return next((status for at, status in reversed(self.timeline) if at <= seconds), self.timeline[0][1])


def since(clock: Clock, timeline: list[Any]) -> list[list[Any]]:
    """The timeline with its times counted from now instead of from when the state was set."""
    return [[clock.now() + at, status] for at, status in timeline]


AnyJob = TypeVar("AnyJob", bound=Job)


def generate(given: dict[str, Any]) -> list[dict[str, Any]]:
    """The jobs that the `generate` of a state describes: types and statuses (or timelines) in turn, and numbered ids.

    Other properties are copied to every job.
    """
    given = dict(given)
    many, prefix, start = given.pop("count"), given.pop("prefix", "job-"), given.pop("start", 1)
    every = given.pop("every", None)  # products with times: the seconds between the start times of two jobs
    types = cycle(given.pop("types", [1]))
    key = "timeline" if "timelines" in given else "status"
    courses = cycle(given.pop("timelines") if key == "timeline" else given.pop("statuses", [2]))
    found = []
    for number, kind, course in islice(zip(range(start, start + many), types, courses), many):
        job = {"job_id": f"{prefix}{number:06d}", "type": kind, key: course, **given}
        if every is not None:
            job["start_time"] = -every * (number - start + 1)
        found.append(job)
    return found


class JobList(Generic[AnyJob]):
    """A list of jobs that changes as time passes. `version` changes with the list or a job in it, for caches of its content."""

    def __init__(self, clock: Clock, jobs: list[AnyJob], newest_first: bool = True) -> None:
        self._clock = clock
        self._newest_first = newest_first
        self._requests = 0
        self._at_request: dict[int, list[Callable[[], None]]] = {}
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = count()
        self.version = 0
        self.jobs: list[AnyJob] = []
        # With newest_first, each new job is inserted at the head. Planning in reverse keeps the given order of jobs that appear at
        # the same time.
        for job in reversed(jobs) if newest_first else jobs:
            self._plan(job)
        if newest_first:
            self.jobs.reverse()

    def add(self, job: AnyJob) -> AnyJob:
        """Adds a job, which appears when its timeline begins, and returns it."""
        self._plan(job)
        return job

    def start(self, given: dict[str, Any]) -> Job:
        """Adds a job that is described as in a state, and returns it."""
        return self.add(Job(given))  # type: ignore[arg-type]

    def _plan(self, job: AnyJob) -> None:
        at_request = job.given.get("insert_at_request")
        if at_request is not None:
            self._at_request.setdefault(at_request, []).append(self._appear(job))
        elif job.appears > 0:
            self._at(job.appears, self._appear(job))
        else:
            self.jobs.append(job)
        for at, status in job.timeline[1:]:
            self._at(at, self._move(job, at, status))
        if job.given.get("delete_after") is not None:
            self._at(job.given["delete_after"], self._vanish(job))
        if job.given.get("delete_at_request") is not None:
            self._at_request.setdefault(job.given["delete_at_request"], []).append(self._vanish(job))

    def _at(self, seconds: float, event: Callable[[], None]) -> None:
        # The number keeps the order of events at the same time, and prevents heapq from comparing functions.
        heapq.heappush(self._events, (seconds, next(self._numbers), event))

    def _appear(self, job: AnyJob) -> Callable[[], None]:
        def event() -> None:
            if self._newest_first:
                self.jobs.insert(0, job)
            else:
                self.jobs.append(job)

        return event

    def _vanish(self, job: AnyJob) -> Callable[[], None]:
        def event() -> None:
            self.jobs = [other for other in self.jobs if other is not job]

        return event

    @staticmethod
    def _move(job: Job, at: float, status: Any) -> Callable[[], None]:
        def event() -> None:
            job.status, job.since = status, at

        return event

    def look(self) -> list[AnyJob]:
        """The jobs as they are now. Counts as one request of a page, which can trigger changes and move the clock."""
        self._requests += 1
        now = self._clock.now()
        due: list[Callable[[], None]] = []
        while self._events and self._events[0][0] <= now:
            due.append(heapq.heappop(self._events)[2])
        due += self._at_request.pop(self._requests, [])
        for event in due:
            event()
        self.version += bool(due)
        self._clock.listed()
        return self.jobs
