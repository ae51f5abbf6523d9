# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tenants of all customers in Baseline Management, with pages like those of Process Center. Numbers may be strings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .answers import Answer, Call, only, read_json, strings
from .clock import Clock
from .jobs import Job
from .paging import Paging
from .process_center import page_asked, paged

SCOPES = ("elements.bm.tenant.read.all", "elements.bm.tenant.readwrite.all")
PATH = "/partner/external/v3/bm/tenants/batch"

DEPLOYING = 3


@dataclass
class Tenant:
    """A tenant of the state; `ProcessCenter` has its jobs."""

    customer_id: str
    tenant_id: str
    name: str = "Example tenant"
    status: Any = 1
    drift_detected: Any = 0
    drift_detected_time: Any = None
    last_deployed_time: Any = None
    auto_alignment: Any = 0
    applied_baselines: list[dict[str, Any]] = field(default_factory=list)
    extra: dict[str, Any] = field(default_factory=dict)
    listed: bool = True  # false: its jobs can be read, but the list of tenants does not have it
    deployments: list[tuple[Job, list[dict[str, Any]]]] = field(default_factory=list, init=False)

    def deploying(self, now: float) -> bool:
        return any(job.status_at(now) in (0, 1) for job, _baselines in self.deployments)

    def applied(self, now: float) -> list[dict[str, Any]]:
        """The baselines of the last successful deployment, or those of the state."""
        done = [baselines for job, baselines in self.deployments if job.status_at(now) in (2, 5)]
        return done[-1] if done else self.applied_baselines


@dataclass
class Tenants:
    clock: Clock
    paging: Paging
    tenants: list[Tenant]
    numbers: str = "number"
    deploying: bool = False  # a tenant's status is 3 (deploying) while baselines are applied

    def __post_init__(self) -> None:
        if self.numbers not in ("number", "string"):
            raise ValueError("tenants_api numbers is number or string")

    def batch(self, call: Call) -> Answer:
        index, size = page_asked(call)
        body = read_json(call, required=False)
        only(body, {"tenantIds"})
        found = [tenant for tenant in self.tenants if tenant.listed]
        if "tenantIds" in body:
            wanted = {tenant_id.lower() for tenant_id in strings(body["tenantIds"], "tenantIds")}
            found = [tenant for tenant in found if tenant.tenant_id.lower() in wanted] if wanted else found
        page = self.paging.cut(found, index, size)
        return Answer(200, paged([self._rendered(tenant) for tenant in page.items], page))

    def _rendered(self, tenant: Tenant) -> dict[str, Any]:
        number = self._number
        return {
            "tenantName": tenant.name,
            "status": number(DEPLOYING if self.deploying and tenant.deploying(self.clock.now()) else tenant.status),
            "driftDetected": number(tenant.drift_detected),
            "driftDetectedTime": tenant.drift_detected_time,
            "lastDeployedTime": tenant.last_deployed_time,
            "customerId": tenant.customer_id,
            "tenantId": tenant.tenant_id,
            "autoAlignment": number(tenant.auto_alignment),
            "appliedBaselines": [
                {**baseline, "version": number(baseline["version"])} if "version" in baseline else baseline
                for baseline in tenant.applied(self.clock.now())
            ],
            **tenant.extra,
        }

    def _number(self, value: Any) -> Any:
        return str(value) if self.numbers == "string" and isinstance(value, int) else value
