# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has changed between two looks at jobs, and what has to be remembered to know it."""

from __future__ import annotations

import math
import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._errors import InvalidInput
from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import format_time, parse_time, same_id, severity


class Change(t.NamedTuple):
    """A job that is new, or whose state is another one than before. ``previous`` is None for a new one."""

    previous: str | None
    job: dict


class Known(t.NamedTuple):
    """What is remembered of a job: its state, when it was last listed (epoch seconds), since when it runs if it does."""

    state: str
    listed: float
    running_since: str | None


class Changes:
    """The memory of one source. Times are seconds since the epoch; ``lookback`` is seconds.

    A change counts as told when :meth:`told` says so, not before: what could not be handed over comes again.
    """

    def __init__(self, lookback: float):
        self._lookback = lookback
        self._known: dict[str, Known] = {}
        #: Of the jobs without an id at the last look, what makes each one job, by where it is in memory.
        self._keys: dict[int, str] = {}

    def of(self, jobs: t.Sequence[dict], now: float) -> t.Iterator[Change]:
        """The changes that a look at ``jobs`` shows; a job that had ended before the lookback began is none."""
        self._keys = _keys(jobs)
        for job in jobs:
            known = self._known.get(self._key(job))
            if known is not None and known.state != job["state"]:
                yield Change(known.state, job)
            elif known is None and not self._ended_long_ago(job, now):
                yield Change(None, job)

    def told(self, job: dict, now: float) -> None:
        """Remembers the job as it is."""
        since = None if job["finished"] else job.get("start_time")
        self._known[self._key(job)] = Known(job["state"], now, since)

    def forget(self, now: float) -> None:
        """Forgets what has not been listed for as long as the lookback. Only to be called after everything was listed."""
        self._known = {key: known for key, known in self._known.items() if known.listed >= now - self._lookback}

    def begin(self, now: float) -> str:
        """The ``start_time`` to ask by: the lookback, by whatever clock counts there, or where a job began that still runs."""
        running = [parse_time(known.running_since) for known in self._known.values() if known.running_since]
        if running and min(running).timestamp() < now - self._lookback:
            return format_time(min(running))
        minutes = math.ceil(self._lookback / 60)
        return f"-{minutes}m" if minutes < 10**6 else f"-{math.ceil(minutes / 60)}h"

    def _key(self, job: dict) -> str:
        """What makes a job one job, across restarts."""
        own = self._keys.get(id(job), "") if job["job_id"] is None else same_id(job["job_id"])
        return "/".join((job.get("customer_id") or "", job.get("tenant_id") or "", own))

    def _ended_long_ago(self, job: dict, now: float) -> bool:
        ended = job.get("finish_time") or job.get("start_time")
        return job["finished"] and ended is not None and parse_time(ended).timestamp() < now - self._lookback

    def dump(self) -> dict:
        """All of it as JSON data."""
        return {"version": 1, "jobs": {key: list(known) for key, known in self._known.items()}}

    def load(self, document: t.Any) -> None:
        """Remembers what :meth:`dump` gave.

        :raises InvalidInput: when it did not come from there.
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
    """What makes each job without an id one job: what it looks like, and its place among those alike, the best state first."""
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
