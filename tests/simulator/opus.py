# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Restore jobs of AvePoint Opus. A request returns one job; an unknown job is answered with status 200."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from .answers import Answer, Call, Refusal
from .listing import Single
from .timed_jobs import TimedJob

SCOPES = ("records.readwrite.all",)
PATH = "/api/restore/GetRestoreJobStatus"
STATUSES = {
    -1: "None",
    0: "Waiting",
    1: "In progress",
    2: "Finished",
    3: "Failed",
    4: "Finished with exception",
    5: "Stopped",
    6: "Skipped",
    7: "Stopping",
    8: "Calculating",
    9: "Pending",
    10: "Timed out",
}
UNKNOWN: dict[str, dict[str, Any]] = {
    "null": {"job": None},
    "absent": {},
    "none": {"job": {"id": None, "status": -1, "progress": 0, "startTime": None, "finishTime": None}},
}


@dataclass
class Opus(Single[TimedJob]):
    NAME: ClassVar[str] = "opus"
    ENDED: ClassVar[tuple[int, ...]] = (2, 3, 4, 5, 6, 10)
    GIVEN: ClassVar[frozenset[str]] = frozenset({"progress"})
    ALLOWED: ClassVar[dict[str, tuple[Any, ...]]] = {**Single.ALLOWED, "unknown_job": tuple(UNKNOWN)}

    unknown_job: str = "null"

    def one(self, call: Call) -> Answer:
        query = self.read(call, {"jobId"})
        if not query.get("jobId"):
            raise Refusal(400, "The query parameter 'jobId' is required.", "jobId")
        job = self.find(query["jobId"])
        if job is None:
            return Answer(200, {"success": False, "message": "The job does not exist.", **UNKNOWN[self.unknown_job]})
        return Answer(200, {"success": True, "message": "", "job": self._rendered(job)})

    def _rendered(self, job: TimedJob) -> dict[str, Any]:
        return {
            "id": job.job_id,
            "status": self.shown(job.status, STATUSES),
            "progress": job.given.get("progress", 100 if job.ended() else 50),
            **self.times(job),
            **job.extra,
        }
