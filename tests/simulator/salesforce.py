# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs of Cloud Backup for Salesforce.

The vendor's table calls a property of a job status, and the sample calls it state. The ids in the sample look like numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from .answers import Answer, Call, Refusal, traced
from .listing import Product, Wanted, total
from .timed_jobs import TimedJob
from .values import choice, date_or_time

SCOPES = ("salesforce.public.read.all",)
PATH = "/backup/sfbapi/jobs"
QUERY = {
    *("startTime", "finishTime", "type", "status", "level", "organizationId"),
    *("pageIndex", "pageSize"),
}
TYPES = dict(
    enumerate(
        (
            *("Backup", "On-demand backup", "Restore", "Pre-restore", "Compare", "Archive", "Simulation"),
            *("Inactive data analysis", "Retention", "Discovery", "Backup export", "On-demand export"),
            *("Auto export", "Data cleanup", "Sandbox seeding", "Generate recovery point"),
            *("Continuous data protection", "Data service", "On-demand data service", "Audit log backup"),
            *("Audit log export", "Audit log auto export"),
        ),
        1,
    )
)
STATUSES = {
    1: "In progress",
    2: "Finished",
    3: "Finished with exception",
    4: "Failed",
    5: "Paused",
    6: "Stopped",
    7: "Skipped",
}
LEVELS = range(1, 7)  # organization, object, record, field, metadata, N/A
COUNTERS = {
    "successfulRecords": 240,
    "skippedRecords": 0,
    "failedRecords": 0,
    "totalRecords": 240,
    "successfulMetadata": 12,
    "failedMetadata": 0,
    "totalMetadata": 12,
    "successfulObjects": 6,
    "skippedObjects": 0,
    "failedObjects": 0,
    "totalObjects": 6,
}


@dataclass
class Salesforce(Product):
    NAME: ClassVar[str] = "salesforce"
    ENDED: ClassVar[tuple[int, ...]] = (2, 3, 4, 6, 7)
    GIVEN: ClassVar[frozenset[str]] = frozenset({"data_size", "api_calls", *COUNTERS})
    VALUES: ClassVar[dict[str, Any]] = {"level": 1, "organization_id": "00D000000000001EAA"}
    IGNORABLE: ClassVar[frozenset[str]] = frozenset({"type", "status", "level", "organization_id", "time"})
    ALLOWED: ClassVar[dict[str, tuple[Any, ...]]] = {
        **Product.ALLOWED,
        "status_form": ("table", "sample"),
        "job_id_form": ("string", "number"),
    }

    status_form: str = "table"
    job_id_form: str = "string"

    def many(self, call: Call) -> Answer:
        query = self.read(call, QUERY)
        for name in ("startTime", "finishTime"):
            if not query.get(name):
                raise Refusal(400, f"The query parameter '{name}' is required.", name)
        filters = {
            "type": choice(query, "type", TYPES),
            "status": choice(query, "status", STATUSES),
            "level": choice(query, "level", LEVELS),
            "organization_id": query.get("organizationId"),
        }
        page = self.page(query, Wanted.of(filters, query, date_or_time))
        jobs = [self._rendered(job) for job in page.items]
        data = {**total(page, "totalCount"), "jobs": jobs, **self.linked(call, page)}
        return Answer(200, {**traced(200, ""), "data": data})

    def _rendered(self, job: TimedJob) -> dict[str, Any]:
        number = self.job_id_form == "number" and str(job.job_id).isdigit()
        return {
            "type": self.shown(job.type, TYPES),
            "jobId": int(job.job_id) if number else job.job_id,
            **self.times(job),
            "status" if self.status_form == "table" else "state": self.shown(job.status, STATUSES),
            **{name: job.given.get(name, default) for name, default in COUNTERS.items()},
            "dataSize": job.given.get("data_size", 2048),
            "apiCalls": job.given.get("api_calls", 25),
            "organizationId": job.value("organization_id"),
            **job.extra,
        }
