# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs of Cloud Backup for Google Workspace. The answer has no total, and its nextLink is an opaque token.

The vendor's table and sample spell the parameters differently: in the sample they are in lower case, and jobStatus is status.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from .answers import Answer, Call, Refusal
from .listing import Product, Wanted
from .timed_jobs import TimedJob
from .values import choice, date_time

SCOPES = ("gsuite.graph.read.all",)
PATH = "/backup/google/admin/jobs"
TABLE = {
    name: name
    for name in (
        *("dataSource", "appType", "jobType", "startTime", "finishTime", "jobStatus"),
        *("pageIndex", "pageSize"),
    )
}
SAMPLE = {"status" if name == "jobStatus" else name.lower(): name for name in TABLE}
NAMES = {"table": TABLE, "sample": SAMPLE, "both": {**TABLE, **SAMPLE}}
SOURCES = {1: "Admin", 2: "ReCenter"}
SERVICES = {
    1: "Gmail",
    2: "Drive",
    4: "Calendar",
    8: "Contacts",
    64: "Shared drives",
    128: "Classroom",
    256: "Users",
    512: "Groups",
    4096: "Chat",
    8192: "Gmail (Vault)",
    16384: "Drive (Vault)",
    32768: "Shared drives (Vault)",
}
TYPES = {1: "Backup", 2: "Restore", 3: "Export", 4: "Delete", 5: "Retention", 6: "Generate report"}
STATUSES = {0: "In progress", 2: "Finished", 3: "Failed", 7: "Finished with exception"}


@dataclass
class Google(Product):
    NAME: ClassVar[str] = "google"
    ENDED: ClassVar[tuple[int, ...]] = (2, 3, 7)
    GIVEN: ClassVar[frozenset[str]] = frozenset({"progress", "operator"})
    VALUES: ClassVar[dict[str, Any]] = {"service": 1, "data_source": 1}
    IGNORABLE: ClassVar[frozenset[str]] = frozenset({"type", "status", "service", "data_source", "time"})
    ALLOWED: ClassVar[dict[str, tuple[Any, ...]]] = {**Product.ALLOWED, "parameter_form": tuple(NAMES)}
    DEFAULT_SIZE: ClassVar[int] = 100

    next_link: str = "opaque"
    last_link: str = "absent"
    parameter_form: str = "table"

    def many(self, call: Call) -> Answer:
        names = NAMES[self.parameter_form]
        given = self.read(call, set(names))
        query = {names[name]: value for name, value in given.items()}
        if len(query) < len(given):
            raise Refusal(400, "A query parameter is given in both spellings.", "query")
        filters = {
            "data_source": choice(query, "dataSource", SOURCES, None) or 1,
            "service": choice(query, "appType", SERVICES, None),
            "type": choice(query, "jobType", TYPES, None),
            "status": choice(query, "jobStatus", STATUSES, None),
        }
        page = self.page(query, Wanted.of(filters, query, date_time))
        index = next(name for name in names if names[name] == "pageIndex")
        link = self.linked(call, page, **{index: self.next(page)})
        return Answer(200, {"status": 200, "message": "", "jobs": [self._rendered(job) for job in page.items], **link})

    def _rendered(self, job: TimedJob) -> dict[str, Any]:
        return {
            "jobId": job.job_id,
            "appType": self.shown(job.value("service"), SERVICES),
            "jobType": self.shown(job.type, TYPES),
            "dataSource": self.shown(job.value("data_source"), SOURCES),
            "status": self.shown(job.status, STATUSES),
            "progress": job.given.get("progress", 100.0 if job.ended() else 50.0),
            **self.times(job),
            "operator": job.given.get("operator", "admin@example.com"),
            **job.extra,
        }
