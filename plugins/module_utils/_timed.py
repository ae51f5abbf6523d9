# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Products whose jobs have times: the newest success, and times that contradict a job's status."""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._fields import TIME, Field
from ansible_collections.avepoint.cloud.plugins.module_utils._iso8601 import parse_time
from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import CLOCK_SKEW, UNKNOWN
from ansible_collections.avepoint.cloud.plugins.module_utils._service import Service, Snapshot

START_TIME = Field("start_time", TIME, ("startTime",), "Started", "started")
FINISH_TIME = Field("finish_time", TIME, ("finishTime",), "Finished", "finished")

# Tolerance of comparisons: a server may have rounded times.
ROUNDING = datetime.timedelta(seconds=1)

# The start and finish of a job, each None if unknown.
Times = tuple[t.Optional[datetime.datetime], t.Optional[datetime.datetime]]


class TimedService(Service):
    """A product whose jobs have times: ``START_TIME`` and ``FINISH_TIME`` are among its ``fields``."""

    @classmethod
    def summary(cls, snapshot: Snapshot) -> dict:
        # Without its "Z", which would sort it after the same second with milliseconds.
        times = [job["finish_time"][:-1] for job in snapshot.jobs if job["state"] == "succeeded" and job["finish_time"]]
        return {**super().summary(snapshot), "latest_success": f"{max(times)}Z" if times else None}

    def read_job(self, place: str, entry: dict, **known: t.Any) -> dict:
        job = super().read_job(place, entry, **known)
        self._check_times(job)
        return job

    def _check_times(self, job: dict) -> None:
        """Sets the state of a finished job to unknown if its times are impossible; a failed job stays failed.

        ``status`` stays as the API sent it.
        """
        began, ended = times = times_of(job)
        if not job["finished"] or job["state"] == "failed" or not (began or ended):
            return
        latest = max(filter(None, times))
        now = moment_of(self._now() + clock_offset(self._client.skew))
        if began and ended and began - ended > ROUNDING:
            fault = "finished before they began"
        elif latest - now > CLOCK_SKEW:
            fault = "began or finished in the future"
        else:
            return
        job.update(state=UNKNOWN.state, finished=False)
        self._doubt(f"By their times, these jobs {fault}, so what became of them is unknown", job)


def times_of(job: dict) -> Times:
    """The start and finish of a job as datetimes in UTC; None if unknown."""
    began, ended = job["start_time"], job["finish_time"]
    return began and parse_time(began), ended and parse_time(ended)


def clock_offset(skew: float | None) -> float:
    """The correction in seconds for a server's clock that is ``skew`` seconds ahead; 0 within ``CLOCK_SKEW``, or for None."""
    return skew if skew is not None and abs(skew) > CLOCK_SKEW.total_seconds() else 0.0


def moment_of(seconds: float) -> datetime.datetime:
    """Seconds since the epoch as a datetime in UTC."""
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
