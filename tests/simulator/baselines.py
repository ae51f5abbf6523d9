# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Baselines of Baseline Management: applying them to a tenant, creating one from a tenant, listing them, the report on a creation.

A request that starts something is refused if the status of the tenant or a baseline does not allow it. The same request sent twice
starts it twice.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from .answers import Answer, Call, Refusal, only, read_json, strings
from .clock import Clock
from .jobs import Job, JobList, since
from .paging import Paging
from .process_center import ProcessCenter, page_asked, paged
from .tenants import DEPLOYING, Tenant, Tenants
from .timed_jobs import TIME_FORMATS

WRITE_SCOPES = ("elements.bm.baseline.readwrite.all",)
SCOPES = ("elements.bm.baseline.read.all", *WRITE_SCOPES)
APPLY_SCOPES = ("elements.bm.tenant.readwrite.all",)
APPLY_PATH = r"/partner/external/v3/bm/customers/(?P<customer>[^/]+)/tenants/(?P<tenant>[^/]+)/actions"
PATH = "/partner/external/v3/bm/baselines"
BATCH_PATH = f"{PATH}/batch"
REPORT_PATH = PATH + r"/(?P<baseline>[^/]+)/reports"
GIVEN = frozenset({"name", "color", "description", "created_time", "modified_time", "report"})
APPLY, CREATE = 1, 3  # types of jobs
EXPIRED, RESTORING, RETRIEVING = 6, 11, 12  # statuses of a tenant
UNUSABLE = {1: "is retrieving its settings", 4: "could not retrieve its settings", 6: "is a draft"}
COLORS = {str(number) for number in range(22)}
ACTION_TYPES: dict[str, tuple[Any, ...]] = {"either": (1, "1"), "integer": (1,), "string": ("1",)}
# The status of the job that creates a baseline, by the status of the baseline.
CREATING = {1: 1, 2: 2, 3: 2, 4: 3, 5: 5, 6: 2}


def text(body: dict[str, Any], name: str, prefix: str = "") -> str:
    """The value of a property that must be a string and not blank."""
    found = body.get(name)
    if not isinstance(found, str) or not found.strip():
        raise Refusal(400, f"The value of '{prefix}{name}' must be a string that is not empty.", prefix + name)
    return found


def members(body: dict[str, Any], name: str, prefix: str = "") -> list[dict[str, Any]]:
    """The value of a property that must be an array of at least one object."""
    found = body.get(name)
    if not isinstance(found, list) or not found or not all(isinstance(entry, dict) for entry in found):
        raise Refusal(400, f"The value of '{prefix}{name}' must be an array of objects.", prefix + name)
    return found


@dataclass
class Baselines:
    clock: Clock
    paging: Paging
    process_center: ProcessCenter
    tenants: Tenants
    started: list[dict[str, Any]]  # everything that was started, in order
    baselines: list[dict[str, Any]] = field(default_factory=list)
    name_key: str = "baselineName"
    action_type: str = "either"
    applied: list[Any] = field(default_factory=lambda: [[0, 0], [5, 1], [20, 2]])
    created: list[Any] = field(default_factory=lambda: [[0, 1], [20, 2]])
    created_report: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.name_key not in ("baselineName", "name"):
            raise ValueError("baselines_api name_key is baselineName or name")
        if self.action_type not in ACTION_TYPES:
            raise ValueError(f"baselines_api action_type is one of {', '.join(ACTION_TYPES)}")
        self.list = JobList(self.clock, [self._made(dict(given)) for given in self.baselines], newest_first=False)

    @staticmethod
    def _made(given: dict[str, Any]) -> Job:
        given["job_id"] = given.pop("baseline_id")
        return Job(given, GIVEN)

    def apply(self, call: Call) -> Answer:
        tenant, jobs = self._tenant(call.parameters["customer"], call.parameters["tenant"])
        body = read_json(call, required=True)
        only(body, {"actionType", "data"})
        action = body.get("actionType")
        if isinstance(action, bool) or action not in ACTION_TYPES[self.action_type]:
            raise Refusal(400, "The value of 'actionType' must be 1.", "actionType")
        chosen = self._chosen(members(body, "data"))
        busy = self.tenants.deploying and tenant.deploying(self.clock.now())
        self._allowed(DEPLOYING if busy else tenant.status, (DEPLOYING, EXPIRED, RESTORING, RETRIEVING))
        job = jobs.start({"job_id": str(uuid.uuid4()), "type": APPLY, "timeline": since(self.clock, self.applied)})
        shown = [
            {"baselineId": entry.job_id, "baselineName": entry.given.get("name"), "version": 1} for entry in chosen
        ]
        tenant.deployments.append((job, shown))
        self._note("apply_baselines", job.job_id, tenant)
        return Answer(200, {"jobId": job.job_id})

    def _chosen(self, data: list[dict[str, Any]]) -> list[Job]:
        """The baselines of a request, in ranking order."""
        known = {baseline.job_id.lower(): baseline for baseline in self.list.look()}
        found = {}
        for place, entry in enumerate(data):
            prefix = f"data[{place}]."
            only(entry, {"baselineId", "rankingOrder"}, prefix)
            baseline = known.get(text(entry, "baselineId", prefix).lower())
            if baseline is None:
                raise Refusal(400, "There is no such baseline.", f"{prefix}baselineId")
            if baseline.status in UNUSABLE:
                raise Refusal(400, f"The baseline {UNUSABLE[baseline.status]}.", f"{prefix}baselineId")
            rank = entry.get("rankingOrder")
            if isinstance(rank, bool) or not isinstance(rank, int):
                raise Refusal(400, f"The value of '{prefix}rankingOrder' must be an integer.", f"{prefix}rankingOrder")
            found[rank] = baseline
        if sorted(found) != list(range(1, len(data) + 1)):
            raise Refusal(400, "The ranking orders must be 1, 2, ..., each once.", "data")
        if len({baseline.job_id for baseline in found.values()}) < len(data):
            raise Refusal(400, "A baseline is given twice.", "data")
        return [found[rank] for rank in sorted(found)]

    def create(self, call: Call) -> Answer:
        body = read_json(call, required=True)
        only(body, {"name", "color", "description", "customerId", "tenantId"})
        name = text(body, "name")
        if body.get("color") not in COLORS or not isinstance(body["color"], str):
            raise Refusal(400, 'The value of \'color\' must be a string from "0" to "21".', "color")
        if not isinstance(body.get("description", ""), str):
            raise Refusal(400, "The value of 'description' must be a string.", "description")
        tenant, jobs = self._tenant(text(body, "customerId"), text(body, "tenantId"))
        self._allowed(tenant.status, (DEPLOYING, EXPIRED, RESTORING))
        timeline = since(self.clock, self.created)
        details = {"color": body["color"], "description": body.get("description"), "report": self.created_report}
        given = {"job_id": str(uuid.uuid4()), "name": name, "timeline": timeline, **details}
        baseline = self.list.add(Job(given, GIVEN))
        course = [[at, CREATING.get(status, status)] for at, status in timeline]
        jobs.start({"job_id": str(uuid.uuid4()), "type": CREATE, "timeline": course})
        self._note("create_baseline", baseline.job_id, tenant)
        return Answer(201, {"baselineId": baseline.job_id})

    def batch(self, call: Call) -> Answer:
        index, size = page_asked(call)
        body = read_json(call, required=False)
        only(body, {"baselineIds"})
        found = list(self.list.look())
        if "baselineIds" in body:
            wanted = {baseline_id.lower() for baseline_id in strings(body["baselineIds"], "baselineIds")}
            found = [entry for entry in found if entry.job_id.lower() in wanted] if wanted else found
        page = self.paging.cut(found, index, size)
        return Answer(200, paged([self._rendered(baseline) for baseline in page.items], page))

    def report(self, call: Call) -> Answer:
        index, size = page_asked(call)
        if call.body:
            raise Refusal(400, "The call takes no body.", "body")
        for baseline in self.list.look():
            if baseline.job_id.lower() == call.parameters["baseline"].lower():
                page = self.paging.cut(baseline.given.get("report", []), index, size)
                return Answer(200, paged(list(page.items), page))
        raise Refusal(404, "There is no such baseline.", "baselineId")

    def _rendered(self, baseline: Job) -> dict[str, Any]:
        write = TIME_FORMATS["milliseconds"]
        given = baseline.given
        return {
            "baselineId": baseline.job_id,
            self.name_key: given.get("name", "Example baseline"),
            "createdTime": given.get("created_time", write(self.clock.date(baseline.appears))),
            "modifiedTime": given.get("modified_time", write(self.clock.date(baseline.since))),
            "status": baseline.status,
            **baseline.extra,
        }

    def _tenant(self, customer: str, tenant: str) -> tuple[Tenant, JobList[Job]]:
        for found in self.tenants.tenants:
            if (found.customer_id.lower(), found.tenant_id.lower()) == (customer.lower(), tenant.lower()):
                return found, self.process_center.lists[customer.lower(), tenant.lower()]
        raise Refusal(404, "There is no such customer or tenant.", "tenantId")

    @staticmethod
    def _allowed(status: Any, refused: tuple[int, ...]) -> None:
        if status in refused:
            raise Refusal(400, f"The tenant's status, {status}, does not allow this.", "tenantId", "tenantStatus")

    def _note(self, service: str, started: str, tenant: Tenant) -> None:
        self.started.append(
            {"service": service, "id": started, "customer_id": tenant.customer_id, "tenant_id": tenant.tenant_id}
        )
