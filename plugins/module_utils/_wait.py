# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting until jobs have finished: polls, pauses and the decision, and nothing else."""

from __future__ import annotations

import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._errors import AvePointError, JobMissing, WaitTimeout
from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import job_label

if t.TYPE_CHECKING:
    from ansible_collections.avepoint.cloud.plugins.module_utils._sender import Deadline
    from ansible_collections.avepoint.cloud.plugins.module_utils._service import Snapshot

# The least time that is kept for a last poll before the time is over, in seconds.
LAST_POLL = 0.25

# Polls are at least so many seconds apart, whatever was asked for.
LEAST_INTERVAL = 1.0

# Jobs that a message names before it only counts them.
NAMED = 100


class Rules(t.NamedTuple):
    """What is waited for; times in seconds. ``min_jobs`` does not count where job ids were asked for."""

    timeout: float
    interval: float
    appear_timeout: float
    min_jobs: int
    fail_fast: bool

    def satisfied_by(self, snapshot: Snapshot, whole: bool) -> bool:
        """Whether the waiting is over; a snapshot that is not whole lacks jobs that could not be read."""
        if self.fail_fast and any(job["state"] == "failed" for job in snapshot.jobs):
            return True
        return (
            whole and not snapshot.missing and self.enough(snapshot) and all(job["finished"] for job in snapshot.jobs)
        )

    def enough(self, snapshot: Snapshot) -> bool:
        """Whether as many jobs are there as have to be."""
        return len(snapshot.jobs) >= self.min_jobs


class Progress(t.NamedTuple):
    """How far a wait is: numbers of jobs, seconds since it began, and the fault that the last poll met, if any.

    ``says`` takes the place of the numbers while there is nothing to count.
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
    """``snapshot`` is what was last seen whole, None when nothing was; ``error`` why the wait failed, if it did."""

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
    """Polls until the rules are satisfied, at least once, and reports after each poll that is not the end by itself.

    ``poll(faults)`` appends to ``faults`` why a part of the jobs could not be read, and raises when nothing could be.
    Never raises for what can be told: after a fault it polls again, a refusal or a broken contract ends the wait.
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
        # A refusal says more than a fault that may pass.
        before, fault = fault, next((each for each in faults if not each.transient), faults[0] if faults else None)
        if fault is not None and not fault.transient:
            if deadline.remaining() > 0:
                return Waited(seen, polls, False, fault)
            fault = before or fault  # that there was no time left for a request is not what went wrong
        report(_progress(seen, clock() - began, fault))
        if seen is not None and rules.satisfied_by(seen, whole=fault is None):
            return Waited(seen, polls, False, None)
        if fault is None and seen is not None:
            missing_since = (polled_at if missing_since is None else missing_since) if seen.missing else None
        left = deadline.remaining() if rules.timeout else 0.0
        to_appear = float("inf") if missing_since is None or fault else missing_since + rules.appear_timeout - clock()
        last_poll = max(LAST_POLL, 1.5 * poll_takes)  # a poll may take longer than the one before
        if left <= last_poll:  # that was the last poll there was time for
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
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")


def _missing(snapshot: Snapshot, seconds: float) -> JobMissing:
    besides = _still_open(snapshot)
    return JobMissing(
        f"not found within {seconds:g} seconds: {_listed(snapshot.missing)}{'; besides, ' if besides else ''}{besides}; "
        "check the job ids and where they are looked for, or raise appear_timeout"
    )


def _still_open(snapshot: Snapshot) -> str:
    """Which jobs had not finished; empty when all had."""
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
