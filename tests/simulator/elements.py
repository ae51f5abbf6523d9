# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The jobs of all products of a partner's customers (AvePoint Elements), and the list of the customers.

Counts, sizes and durations are strings. In some rows, every string is N/A, including the id.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from .answers import Answer, Call, Refusal, only, read_json, strings
from .jobs import JobList
from .listing import Section, closed
from .paging import Paging
from .process_center import page_asked, paged
from .timed_jobs import REPRESENTATIONS, TIME_FORMATS, TimedJob
from .values import int32, optional

SCOPES = ("elements.jobs.read.all",)
PATH = r"/partner/external/v3/general/customers/(?P<customer>[^/]+)/avpt-products/jobs/batch"
CUSTOMERS_SCOPES = ("elements.customers.read.all",)
CUSTOMERS_PATH = "/partner/external/v3/general/customers/batch"
NOTHING = "N/A"
TYPES = {
    0: "Microsoft 365 scan",
    7: "Microsoft 365",
    10: "Google Workspace scan",
    11: "Google Workspace",
    12: "IaaS + PaaS",
    15: "Salesforce",
    16: "Dynamics 365",
}
MODULES = {
    0: "None",
    8: "Archiver",
    10: "Retention",
    302: "SharePoint Online",
    303: "Exchange Online",
    304: "Microsoft 365 Groups",
    305: "OneDrive",
    306: "Project Online",
    307: "Exchange Online Public Folder",
    308: "Microsoft Teams",
    309: "Teams Chat",
    310: "Power BI",
    311: "Power Automate",
    312: "Power Apps",
    355: "Cloud Backup for Azure",
    356: "Azure Virtual Machine",
    357: "Disk",
    358: "Microsoft Entra ID",
    359: "Storage",
    360: "Admin Portal Settings",
    361: "Amazon EC2",
    362: "Native Azure SQL Backup Monitoring",
    363: "Dev Ops",
    364: "Entra ID B2C",
    365: "Azure SQL Backup",
    366: "Google VM Instance",
    367: "Azure VMware Solution",
    368: "SQL Server in Azure VM",
    369: "Google Cloud Storage",
    370: "Cosmos DB",
    371: "Azure PostgreSQL",
    401: "Dynamics 365",
    402: "Viva Engage",
    501: "Gmail",
    502: "Calendar",
    503: "Contacts",
    504: "Drive",
    505: "Shared Drives",
    506: "Google Classroom",
    507: "Chat",
    508: "Google Directory",
    550: "Dynamics CRM Backup",
    551: "Dynamics Unified Operations Backup",
}
STATUSES = {
    0: "None",
    1: "Running",
    2: "Finished",
    3: "Failed",
    4: "Finished with exception",
    5: "Skipped",
    6: "Pending",
    7: "Failed to start",
    8: "Canceled",
    9: "Rejected",
    10: "Stopped",
    11: "Not scanned",
    12: "Disabled",
    13: "Not started",
    14: "Waiting for configuration",
}
COUNTS = {"totalCount": 12, "failedCount": 0, "successfulCount": 12, "skippedCount": 0, "warningCount": 0}


def size_text(size: Any) -> Any:
    """A number of bytes in the form "0.01 GB"; any other value unchanged."""
    return f"{round(size / 2**30, 2):g} GB" if isinstance(size, (int, float)) else size


def duration_text(seconds: float) -> str:
    """A duration in the form "0 S", "52s", "2m33s", "1h13m30s"."""
    whole = int(seconds)
    parts = [(whole // 3600, "h"), (whole // 60 % 60, "m"), (whole % 60, "s")]
    return "".join(f"{number}{unit}" for number, unit in parts if number) or "0 S"


@dataclass
class Customer:
    """A customer of the state."""

    customer_id: str
    organization: Any = "Example customer"
    owner_email: Any = "owner@example.com"
    job_status: Any = 0
    country_or_region: Any = "Japan"
    management_mode: Any = 0
    tenants: list[dict[str, Any]] = field(default_factory=list)
    extra: dict[str, Any] = field(default_factory=dict)
    listed: bool = True  # false: its jobs can be read, but the list of customers does not have it
    jobs: list[dict[str, Any]] = field(default_factory=list)
    generate: dict[str, Any] | None = None
    jobs_status: int | None = None  # the HTTP status of a refused request for its jobs
    no_products: bool = False  # a request for its jobs is answered with a bare []


@dataclass
class Elements(Section[TimedJob]):
    NAME: ClassVar[str] = "elements"
    ENDED: ClassVar[tuple[int, ...]] = (2, 3, 4, 5, 7, 8, 9, 10, 12)
    GIVEN: ClassVar[frozenset[str]] = frozenset(
        {"name", "duration", "backup_size", "last_modified_time", "not_available", *COUNTS}
    )
    VALUES: ClassVar[dict[str, Any]] = {"module": 302}
    IGNORABLE: ClassVar[frozenset[str]] = frozenset({"type", "module"})
    ALLOWED: ClassVar[dict[str, tuple[Any, ...]]] = {**Section.ALLOWED, "representation": tuple(REPRESENTATIONS)}

    jobs: list[dict[str, Any]] = field(default_factory=list, init=False)  # not used: each customer has its own jobs
    generate: None = field(default=None, init=False)
    running_finish_time: Any = NOTHING
    time_format: str = "seconds"
    representation: str = "number"
    customers: dict[str, tuple[Customer, JobList[TimedJob]]] = field(default_factory=dict, init=False)

    def add(self, customer: Customer) -> None:
        jobs = [{"job_id": NOTHING, **job} for job in customer.jobs]
        self.customers[customer.customer_id.lower()] = (customer, self.listed(jobs, customer.generate))

    def batch(self, call: Call) -> Answer:
        index, size = page_asked(call)
        if call.parameters["customer"].lower() not in self.customers:
            raise Refusal(404, "There is no such customer.", "customerId")
        customer, jobs = self.customers[call.parameters["customer"].lower()]
        closed(customer.jobs_status)
        body = read_json(call, required=False)
        only(body, {"jobType", "jobModule"})
        wanted = {"type": optional(body, "jobType", int32), "module": optional(body, "jobModule", int32)}
        known = {"type": TYPES, "module": {job.value("module") for job in jobs.jobs} | MODULES.keys()}
        for name, value in wanted.items():
            if value is not None and value not in known[name]:
                where = {"type": "jobType", "module": "jobModule"}[name]
                raise Refusal(400, f"The value of '{where}' is not one of the documented ones.", where)
        filters = {
            name: value for name, value in wanted.items() if value is not None and name not in self.ignored_filters
        }
        found = [job for job in jobs.look() if all(job.value(name) == value for name, value in filters.items())]
        page = self.paging.cut(found, index, size)
        if customer.no_products:
            return Answer(200, [])
        return Answer(200, paged([self._rendered(job) for job in page.items], page))

    def _rendered(self, job: TimedJob) -> dict[str, Any]:
        times = self.times(job, finish="endTime")
        texts = {
            "jobId": job.job_id,
            "name": job.given.get("name", "Default"),
            **{name: job.given.get(name, str(default)) for name, default in COUNTS.items()},
            "backupSize": size_text(job.given.get("backup_size", 0)),
            **times,
            "jobDuration": job.given.get("duration", duration_text(job.seconds())),
            "lastModifyTime": self._modified(job),
        }
        if job.given.get("not_available"):
            texts = dict.fromkeys(texts, NOTHING)
        represent = REPRESENTATIONS[self.representation]
        return {
            "jobType": represent(job.type, TYPES),
            "jobModule": represent(job.value("module"), MODULES),
            "status": represent(job.status, STATUSES),
            **texts,
            **job.extra,
        }

    def _modified(self, job: TimedJob) -> Any:
        return job.given.get("last_modified_time", TIME_FORMATS[self.time_format](job.finish() or job.start))


@dataclass
class Customers:
    """The list of a partner's customers."""

    paging: Paging
    customers: list[Customer]
    call_status: int | None = None

    def batch(self, call: Call) -> Answer:
        closed(self.call_status)
        index, size = page_asked(call)
        body = read_json(call, required=False)
        only(body, {"customerIds"})
        found = [customer for customer in self.customers if customer.listed]
        if "customerIds" in body:
            wanted = {customer_id.lower() for customer_id in strings(body["customerIds"], "customerIds")}
            found = [customer for customer in found if customer.customer_id.lower() in wanted] if wanted else found
        page = self.paging.cut(found, index, size)
        return Answer(200, paged([self._rendered(customer) for customer in page.items], page))

    @staticmethod
    def _rendered(customer: Customer) -> dict[str, Any]:
        return {
            "id": customer.customer_id,
            "organization": customer.organization,
            "ownerEmail": customer.owner_email,
            "jobStatus": customer.job_status,
            "countryOrRegion": customer.country_or_region,
            "managementMode": customer.management_mode,
            "tenants": customer.tenants,
            **customer.extra,
        }
