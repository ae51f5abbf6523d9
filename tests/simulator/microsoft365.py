# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs of Cloud Backup for Microsoft 365. A job has a type, a service and a location, which the answer does not contain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from .answers import Answer, Call, Refusal, traced
from .listing import Product, Wanted, total
from .timed_jobs import TimedJob
from .values import choice, date_or_time

SCOPES = ("microsoft365backup.jobInfo.read.all",)
PATH = "/backup/m365/cloudbackupjobs"
ONE_PATH = PATH + r"/(?P<job>[^/]+)"
QUERY = {
    *("startTime", "finishTime", "jobType", "objectType", "jobState", "location"),
    *("pageIndex", "pageSize"),
}
TYPES = range(1, 6)  # backup, restore, export, deletion, retention
SERVICES = range(1, 13)  # from Exchange Online to Power Apps
STATES = {1: "In Progress", 2: "Finished", 3: "Failed", 4: "Finished with Exception", 5: "Partially Finished"}
PRIMARY = "PrimaryGeoLocation"
LOCATIONS = {
    PRIMARY,
    *("NAM", "EUR", "GBR", "JPN", "APC", "AUS", "CAN", "IND", "FRA", "ARE", "ZAF", "CHE", "KOR", "DEU", "BRA"),
    *("NOR", "SWE", "QAT", "POL", "ITA", "ISR", "MEX", "NZL", "ESP", "TWN"),
}
COUNTS = ("total", "failed", "successful", "skipped")


def location_of(query: dict[str, str]) -> str:
    """The location of a request, or the default one; refused if it is unknown."""
    found = query.get("location", PRIMARY)
    if found not in LOCATIONS:
        raise Refusal(400, "The value of 'location' is not a geo location.", "location")
    return found


@dataclass
class Microsoft365(Product):
    NAME: ClassVar[str] = "m365"
    ENDED: ClassVar[tuple[int, ...]] = (2, 3, 4, 5)
    GIVEN: ClassVar[frozenset[str]] = frozenset({"errors", "duration", *(f"{name}Count" for name in COUNTS)})
    VALUES: ClassVar[dict[str, Any]] = {"service": 1, "location": PRIMARY}
    IGNORABLE: ClassVar[frozenset[str]] = frozenset({"type", "status", "service", "location", "time"})
    ALLOWED: ClassVar[dict[str, tuple[Any, ...]]] = {
        **Product.ALLOWED,
        "total_form": ("table", "sample"),
        "details_form": ("table", "sample"),
    }

    representation: str = "name"
    last_link: str = "empty"
    total_form: str = "table"
    details_form: str = "table"

    def many(self, call: Call) -> Answer:
        query = self.read(call, QUERY)
        filters = {
            "type": choice(query, "jobType", TYPES),
            "service": choice(query, "objectType", SERVICES),
            "status": choice(query, "jobState", STATES),
            "location": location_of(query),
        }
        page = self.page(query, Wanted.of(filters, query, date_or_time))
        name = "totalNumber" if self.total_form == "table" else "totalCount"
        metadata = {**total(page, name), **self.linked(call, page)}
        return self._answer([self._rendered(job) for job in page.items], metadata)

    def one(self, call: Call) -> Answer:
        location = location_of(self.read(call, {"location"}))
        job = self.find(
            call.parameters["job"], **({} if "location" in self.ignored_filters else {"location": location})
        )
        if job is None:
            raise Refusal(404, "There is no such job.", "jobId")
        return self._answer(self._rendered(job), None)

    @staticmethod
    def _answer(data: Any, metadata: Any) -> Answer:
        return Answer(200, {**traced(200, ""), "data": data, "metadata": metadata})

    def _rendered(self, job: TimedJob) -> dict[str, Any]:
        counts = {"totalCount": 12, "failedCount": 0, "successfulCount": 12, "skippedCount": 0}
        ending = "Number" if self.details_form == "table" else "Count"
        return {
            "id": job.job_id,
            "state": self.shown(job.status, STATES),
            **self.times(job),
            "duration": job.given.get("duration", f"{job.seconds() / 3600:.3f}"),
            "backupDetails": {
                name.replace("Count", ending): job.given.get(name, default) for name, default in counts.items()
            },
            "jobErrors": job.given.get("errors", []),
            **job.extra,
        }
