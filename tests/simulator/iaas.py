# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs of Cloud Backup for IaaS + PaaS. A page is requested by pageNumber or by the skiptoken of nextLink, which has precedence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from .answers import Answer, Call
from .listing import Product, Wanted, a_token, of_token, total
from .timed_jobs import TimedJob
from .values import choice, date_time

SCOPES = ("PlatformBackup.ReadWrite.All",)
PATH = "/backup/vm/jobs"
QUERY = {
    *("searchText", "startTime", "finishTime", "serviceType", "jobType"),
    *("pageNumber", "pageSize", "skiptoken"),
}
SERVICES = {
    *(1, 2, 4, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384),
    *(20000, 21000, 23000, 24000, 25000, 26000, 27000),
}
TYPES = {
    1: "Azure VM backup",
    2: "Azure VM restore",
    4: "Azure VM file export",
    33: "Azure VM index generation",
    64: "Data retention",
    128: "Entra ID backup",
    256: "Entra ID restore",
    257: "Entra ID export",
    1024: "Azure storage backup",
    2048: "Azure storage restore",
    4096: "Azure storage export",
    20003: "Admin portal settings backup",
    20004: "Admin portal settings export",
    20006: "Admin portal settings restore",
    20009: "Amazon EC2 backup",
    20010: "Amazon EC2 restore",
    20012: "Native Azure SQL backup",
    20013: "Native Azure SQL restore",
    20014: "Azure DevOps backup",
    20015: "Azure DevOps restore",
    20016: "Azure SQL backup",
    20017: "Azure SQL restore",
    20018: "Azure VM file restore",
    20019: "Azure AD B2C backup",
    20020: "Azure AD B2C restore",
    20022: "Google VM backup",
    20023: "Google VM restore",
    20024: "Google VM index generation",
    20025: "Google VM file export",
    30003: "Data deletion",
    40000: "AWS configuration backup",
    40001: "AWS configuration",
    60000: "SQL Server backup",
    60001: "SQL Server restore",
    60010: "VMware backup",
    60011: "VMware restore",
    60100: "PostgreSQL backup",
    60101: "PostgreSQL restore",
    70010: "Google Cloud Storage backup",
    70011: "Google Cloud Storage restore",
    70012: "Google Cloud Storage export",
    80000: "Cosmos DB backup",
    80010: "Cosmos DB restore",
    90000: "Entra External ID backup",
    90001: "Entra External ID restore",
    90002: "Entra External ID export",
    90110: "Amazon S3 backup",
    90120: "Amazon S3 restore",
}
STATUSES = {
    0: "Not started",
    1: "In progress",
    2: "Successful",
    4: "Skipped",
    8: "Exception",
    16: "Failed",
    32: "Waiting",
    64: "Stopped",
}
COUNTS = {"failedCount": 0, "successfulCount": 12, "skippedCount": 0, "totalCount": 12}


def duration(seconds: float) -> str:
    """A duration in the form hh:mm:ss, or d.hh:mm:ss from a day on."""
    days, remainder = divmod(int(seconds), 86400)
    text = f"{remainder // 3600:02}:{remainder // 60 % 60:02}:{remainder % 60:02}"
    return f"{days}.{text}" if days else text


@dataclass
class Iaas(Product):
    NAME: ClassVar[str] = "iaas"
    ENDED: ClassVar[tuple[int, ...]] = (2, 4, 8, 16, 64)
    GIVEN: ClassVar[frozenset[str]] = frozenset({"comments", "duration", *COUNTS})
    VALUES: ClassVar[dict[str, Any]] = {"service": 1}
    IGNORABLE: ClassVar[frozenset[str]] = frozenset({"type", "service", "search", "time"})
    INDEX: ClassVar[str] = "pageNumber"

    next_link: str = "opaque"
    error_model: Any = None

    def many(self, call: Call) -> Answer:
        query = self.read(call, QUERY)
        filters = {
            "service": choice(query, "serviceType", SERVICES, None),
            "type": choice(query, "jobType", TYPES, None),
        }
        wanted = Wanted.of(filters, query, date_time, search=query.get("searchText", "").lower())
        page = self.page(query, wanted)
        found = {
            **total(page, "totalCount"),
            "jobs": [self._rendered(job) for job in page.items],
            **self.linked(call, page, skiptoken=a_token(page.index + 1)),
        }
        return Answer(200, found if self.error_model is None else {**found, "errorModel": self.error_model})

    def asked(self, query: dict[str, str], index: str, size: str) -> tuple[int, int]:
        if "skiptoken" not in query:
            return super().asked(query, index, size)
        number = of_token(query["skiptoken"], "skiptoken")
        return number, super().asked({**query, index: "1"}, index, size)[1]

    def link(self, call: Call, **next_page: Any) -> str | None:
        return next_page["skiptoken"] if self.next_link == "opaque" else super().link(call, **next_page)

    def searched(self, job: TimedJob) -> list[str]:
        return [str(job.job_id), str(job.given.get("comments", ""))]

    def _rendered(self, job: TimedJob) -> dict[str, Any]:
        return {
            "jobId": job.job_id,
            "jobType": self.shown(job.type, TYPES),
            "status": self.shown(job.status, STATUSES),
            **{name: job.given.get(name, default) for name, default in COUNTS.items()},
            **self.times(job),
            "duration": job.given.get("duration", duration(job.seconds())),
            "comments": job.given.get("comments", ""),
            **job.extra,
        }
