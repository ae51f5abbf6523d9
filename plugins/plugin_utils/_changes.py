# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds what changed between two polls of jobs, and keeps the state that this needs."""

from __future__ import annotations

import math
import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._errors import InvalidInput
from ansible_collections.avepoint.cloud.plugins.module_utils._iso8601 import format_time, parse_time
from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import same_id, severity


class Change(t.NamedTuple):
    """A job that is new, or whose state changed. ``previous`` is its earlier state; None for a new job."""

    previous: str | None
    job: dict


class Known(t.NamedTuple):
    """What is stored of a job: its state, when it was last listed (epoch seconds), and its start time while it runs (ISO 8601)."""

    state: str
    listed: float
    running_since: str | None


class Changes:
    """The known jobs of one event source.

    Each ``now`` is in seconds since the epoch; ``lookback`` is in seconds. A change is found again at each poll until
    :meth:`told` is called for its job, so a change that could not be delivered is not lost.
    """

    def __init__(self, lookback: float):
        self._lookback = lookback
        self._known: dict[str, Known] = {}
        #: The keys of the jobs without an id, as of the last poll, by `id()` of the job.
        self._keys: dict[int, str] = {}

    def of(self, jobs: t.Sequence[dict], now: float) -> t.Iterator[Change]:
        """Yields the changes in ``jobs``, the jobs of one poll. A new job that ended before the lookback began is no change."""
        self._keys = _keys(jobs)
        for job in jobs:
            known = self._known.get(self._key(job))
            if known is not None and known.state != job["state"]:
                yield Change(known.state, job)
            elif known is None and not self._ended_long_ago(job, now):
                yield Change(None, job)

    def told(self, job: dict, now: float) -> None:
        """Stores the state of a job whose change was delivered, or that did not change."""
        since = None if job["finished"] else job.get("start_time")
        self._known[self._key(job)] = Known(job["state"], now, since)

    def forget(self, now: float) -> None:
        """Removes jobs that were not listed within the lookback. To be called only after all jobs were listed."""
        self._known = {key: known for key, known in self._known.items() if known.listed >= now - self._lookback}

    def begin(self, now: float) -> str:
        """The ``start_time`` of the next query: the start of the oldest job that still runs, or the lookback if that is earlier.

        The lookback is a relative time such as ``-90m``, because the query may use the server's clock instead of the local one.
        """
        running = [parse_time(known.running_since) for known in self._known.values() if known.running_since]
        if running and min(running).timestamp() < now - self._lookback:
            return format_time(min(running))
        minutes = math.ceil(self._lookback / 60)
        return f"-{minutes}m" if minutes < 10**6 else f"-{math.ceil(minutes / 60)}h"

    def _key(self, job: dict) -> str:
        """The identity of a job, which stays the same across restarts."""
        own = self._keys.get(id(job), "") if job["job_id"] is None else same_id(job["job_id"])
        return "/".join((job.get("customer_id") or "", job.get("tenant_id") or "", own))

    def _ended_long_ago(self, job: dict, now: float) -> bool:
        ended = job.get("finish_time") or job.get("start_time")
        return job["finished"] and ended is not None and parse_time(ended).timestamp() < now - self._lookback

    def dump(self) -> dict:
        """The known jobs as JSON data."""
        return {"version": 1, "jobs": {key: list(known) for key, known in self._known.items()}}

    def load(self, document: t.Any) -> None:
        """Replaces the known jobs by those of ``document``, which :meth:`dump` returned.

        :raises InvalidInput: when it has another form.
        """
        try:
            if document["version"] != 1:
                raise ValueError
            known = {}
            for key, (state, listed, since) in document["jobs"].items():
                if since is not None:
                    parse_time(since)
                known[key] = Known(str(state), float(listed), since)
        except (KeyError, TypeError, ValueError, AttributeError):
            raise InvalidInput("it was not written by this event source") from None
        self._known = known


def _keys(jobs: t.Iterable[dict]) -> dict[int, str]:
    """The keys of the jobs without an id, by `id()` of the job: its identifying fields and a number.

    The number tells jobs with the same fields apart; the job with the best state is 0.
    """
    alike: dict[str, list[dict]] = {}
    for job in jobs:
        if job["job_id"] is None:
            appearance = "/".join(str(job.get(name)) for name in ("customer_id", "type_id", "type", "module", "name"))
            alike.setdefault(appearance, []).append(job)
    return {
        id(job): f"{appearance}/{number}"
        for appearance, group in alike.items()
        for number, job in enumerate(sorted(group, key=severity, reverse=True))
    }
