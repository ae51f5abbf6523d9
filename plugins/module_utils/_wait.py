# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waits until jobs have finished: polls, pauses, and decides when to stop. It does nothing else."""

from __future__ import annotations

import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._errors import AvePointError, JobMissing, WaitTimeout
from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import job_label

if t.TYPE_CHECKING:
    from ansible_collections.avepoint.cloud.plugins.module_utils._sender import Deadline
    from ansible_collections.avepoint.cloud.plugins.module_utils._service import Snapshot

# The least time in seconds that is reserved for a last poll before the deadline.
LAST_POLL = 0.25

# The least pause between polls in seconds, whatever the options say.
LEAST_INTERVAL = 1.0

# How many jobs a message names; it only counts the others.
NAMED = 100


class Rules(t.NamedTuple):
    """When a wait ends; times in seconds. ``min_jobs`` is 1 if job ids were requested."""

    timeout: float
    interval: float
    appear_timeout: float
    min_jobs: int
    fail_fast: bool

    def satisfied_by(self, snapshot: Snapshot, whole: bool) -> bool:
        """Whether the wait is over; a snapshot that is not ``whole`` lacks jobs that could not be read."""
        if self.fail_fast and any(job["state"] == "failed" for job in snapshot.jobs):
            return True
        return (
            whole and not snapshot.missing and self.enough(snapshot) and all(job["finished"] for job in snapshot.jobs)
        )

    def enough(self, snapshot: Snapshot) -> bool:
        """Whether there are at least ``min_jobs`` jobs."""
        return len(snapshot.jobs) >= self.min_jobs


class Progress(t.NamedTuple):
    """The progress of a wait: numbers of jobs, seconds since it began, and the error of the last poll, if any.

    ``says`` is a message instead of the numbers while there is nothing to count.
    """

    chosen: int
    finished: int
    failed: int
    running: int
    waiting: int
    unknown: int
    missing: int
    elapsed: float
    fault: str | None
    with_exception: int = 0
    skipped: int = 0
    stopped: int = 0
    says: str | None = None


class Waited(t.NamedTuple):
    """The result: ``snapshot`` is that of the last poll that did not raise, or None; ``error`` is why the wait failed, or None."""

    snapshot: Snapshot | None
    polls: int
    timed_out: bool
    error: AvePointError | None


def wait_for(
    poll: t.Callable[[list[AvePointError]], Snapshot],
    rules: Rules,
    deadline: Deadline,
    report: t.Callable[[Progress], None],
    clock: t.Callable[[], float],
    sleep: t.Callable[[float], t.Any],
) -> Waited:
    """Polls until the rules are satisfied, at least once, and calls ``report`` after each poll that does not fail for good.

    ``poll(faults)`` appends to ``faults`` why a part of the jobs could not be read, and raises if no job could be read.
    No :class:`AvePointError` is raised: after a transient one it polls again, any other ends the wait, and is in the result.
    """
    began = clock()
    seen: Snapshot | None = None
    missing_since: float | None = None
    poll_takes = 0.0
    polls = 0
    fault: AvePointError | None = None
    while True:
        polled_at = clock()
        polls += 1
        faults: list[AvePointError] = []
        try:
            seen = poll(faults)
            poll_takes = clock() - polled_at
        except AvePointError as error:
            faults.append(error)
        # An error that is not transient takes precedence.
        before, fault = fault, next((each for each in faults if not each.transient), faults[0] if faults else None)
        if fault is not None and not fault.transient:
            if deadline.remaining() > 0:
                return Waited(seen, polls, False, fault)
            fault = before or fault  # the deadline cut this poll off: the earlier error is the cause
        report(_progress(seen, clock() - began, fault))
        if seen is not None and rules.satisfied_by(seen, whole=fault is None):
            return Waited(seen, polls, False, None)
        if fault is None and seen is not None:
            missing_since = (polled_at if missing_since is None else missing_since) if seen.missing else None
        left = deadline.remaining() if rules.timeout else 0.0
        to_appear = float("inf") if missing_since is None or fault else missing_since + rules.appear_timeout - clock()
        last_poll = max(LAST_POLL, 1.5 * poll_takes)  # a poll may take longer than the one before
        if left <= last_poll:  # there is no time for another poll
            sleep(max(left, 0.0))
            return Waited(seen, polls, True, _timeout(seen, rules, fault))
        if to_appear <= 0:
            return Waited(seen, polls, False, _missing(t.cast("Snapshot", seen), rules.appear_timeout))
        sleep(min(max(rules.interval, LEAST_INTERVAL), left - last_poll, to_appear))


def _progress(snapshot: Snapshot | None, elapsed: float, fault: AvePointError | None) -> Progress:
    jobs = [] if snapshot is None else snapshot.jobs
    missing = [] if snapshot is None else snapshot.missing

    def count(state: str) -> int:
        return sum(job["state"] == state for job in jobs)

    return Progress(
        len(jobs) + len(missing),
        sum(job["finished"] for job in jobs),
        count("failed"),
        count("running"),
        count("waiting"),
        count("unknown"),
        len(missing),
        elapsed,
        None if fault is None else str(fault),
        count("finished_with_exception"),
        count("skipped"),
        count("stopped"),
    )


def _listed(names: t.Sequence[str]) -> str:
    others = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {others} more" if others > 0 else "")


def _missing(snapshot: Snapshot, seconds: float) -> JobMissing:
    besides = _still_open(snapshot)
    return JobMissing(
        f"not found within {seconds:g} seconds: {_listed(snapshot.missing)}{'; besides, ' if besides else ''}{besides}; "
        "check the job ids and where they are looked for, or raise appear_timeout"
    )


def _still_open(snapshot: Snapshot) -> str:
    """The part of a message about jobs that had not finished; empty if all had."""
    names = [job_label(job) for job in snapshot.jobs if not job["finished"]]
    return f"{len(names)} of {len(snapshot.jobs)} jobs had not finished: {_listed(names)}" if names else ""


def _timeout(snapshot: Snapshot | None, rules: Rules, fault: AvePointError | None) -> AvePointError:
    if fault is not None:
        if rules.timeout == 0:
            return fault
        text = f"the API could not be asked any more ({fault})"
    elif snapshot is not None and snapshot.missing and rules.appear_timeout >= rules.timeout:
        return _missing(snapshot, rules.timeout)
    else:
        text = ""
    waited = f"after {rules.timeout:g} seconds"
    parts = []
    if snapshot is None:
        parts.append("no job could be seen")
    else:
        still_open = _still_open(snapshot)
        if still_open:
            parts.append(still_open)
        if snapshot.missing:
            parts.append(f"{len(snapshot.missing)} were not found: {_listed(snapshot.missing)}")
        if not still_open and not snapshot.missing and not rules.enough(snapshot):
            there = "there was 1 job" if len(snapshot.jobs) == 1 else f"there were {len(snapshot.jobs)} jobs"
            parts.append(f"{there}, fewer than the {rules.min_jobs} of min_jobs")
    if text:
        parts.append(text)
    error = WaitTimeout(f"{waited} " + "; ".join(parts))
    if fault is not None:
        error.http_status, error.request_id = fault.http_status, fault.request_id
    return error
