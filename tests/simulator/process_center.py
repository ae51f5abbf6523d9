# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs of Process Center, as in the vendor's documentation: pageIndex from 1, pageSize from 1 to 100, jobIds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .answers import Answer, Call, Refusal, only, read_json, read_query, strings, whole_number
from .clock import Clock
from .jobs import Job, JobList, generate
from .paging import Page, Paging
from .timed_jobs import REPRESENTATIONS

SCOPES = ("elements.bm.tenant.read.all", "elements.bm.tenant.readwrite.all")
PATH = r"/partner/external/v3/bm/customers/(?P<customer>[^/]+)/tenants/(?P<tenant>[^/]+)/process-center/jobs/batch"
MOST = 2**31 - 1
TYPES = {
    1: "Apply baseline",
    2: "Auto-alignment",
    3: "Create baseline",
    4: "Detect drift",
    5: "Deploy",
    6: "Deploy detected deviations",
    7: "Daily tenant backup",
    8: "Edit tenant configurations",
    9: "Restore to a specific date",
    10: "Restore",
}
STATUSES = {
    0: "Waiting",
    1: "In progress",
    2: "Finished",
    3: "Failed",
    4: "Skipped",
    5: "Finished with exception",
}


def paged(data: list[Any], page: Page) -> dict[str, Any]:
    """A page of the Elements API: the data and its metadata."""
    metadata = {"pageIndex": page.index, "pageSize": page.size}
    if page.total:
        metadata["totalCount"] = page.total[""]
    return {"data": data, "metadata": metadata}


def page_asked(call: Call) -> tuple[int, int]:
    query = read_query(call, {"pageIndex", "pageSize"})
    return (
        whole_number(query.get("pageIndex"), "pageIndex", 1, 1, MOST),
        whole_number(query.get("pageSize"), "pageSize", 50, 1, 100),
    )


@dataclass
class ProcessCenter:
    clock: Clock
    paging: Paging
    order: str = "newest"
    job_id_match: str = "ignore_case"
    representation: str = "number"
    lists: dict[tuple[str, str], JobList[Job]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        if self.representation not in REPRESENTATIONS:
            raise ValueError(f"pc representation is one of {', '.join(REPRESENTATIONS)}")

    def add(self, customer: str, tenant: str, given: dict[str, Any]) -> None:
        """Adds the jobs of a tenant; `given` is the tenant in the state."""
        every = list(given.get("jobs", [])) + (generate(given["generate"]) if "generate" in given else [])
        self.lists[customer.lower(), tenant.lower()] = JobList(
            self.clock, [Job(job) for job in every], self.order == "newest"
        )

    def jobs(self, call: Call) -> Answer:
        key = (call.parameters["customer"].lower(), call.parameters["tenant"].lower())
        if key not in self.lists:
            raise Refusal(404, "There is no such customer or tenant.", "tenantId")
        index, size = page_asked(call)
        body = read_json(call, required=False)
        only(body, {"jobIds"})
        found = self.lists[key].look()
        if "jobIds" in body:
            fold = str.lower if self.job_id_match == "ignore_case" else str
            wanted = {fold(job_id) for job_id in strings(body["jobIds"], "jobIds")}
            found = [job for job in found if fold(job.job_id) in wanted] if wanted else found
        page = self.paging.cut(found, index, size)
        return Answer(200, paged([self._rendered(job) for job in page.items], page))

    def _rendered(self, job: Job) -> dict[str, Any]:
        represent = REPRESENTATIONS[self.representation]
        kind, status = represent(job.type, TYPES), represent(job.status, STATUSES)
        return {"jobId": job.job_id, "type": kind, "status": status, **job.extra}
