# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Process Center of AvePoint Elements (Baseline Management): the vendor's "Query process center job"."""

from __future__ import annotations

import functools
import typing as t
from urllib.parse import quote

from ansible_collections.avepoint.cloud.plugins.module_utils._answers import Api
from ansible_collections.avepoint.cloud.plugins.module_utils._errors import InvalidInput, MissingOption
from ansible_collections.avepoint.cloud.plugins.module_utils._fields import TEXT, Field
from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import Status, same_id, whole
from ansible_collections.avepoint.cloud.plugins.module_utils._lists import PagedList
from ansible_collections.avepoint.cloud.plugins.module_utils._paging import Page
from ansible_collections.avepoint.cloud.plugins.module_utils._schema import ListSchema
from ansible_collections.avepoint.cloud.plugins.module_utils._service import Service, page_or_refusal, require_id

PATH = "/partner/external/v3/bm/customers/{customer}/tenants/{tenant}/process-center/jobs/batch"

METADATA = {
    "type": ["object", "null"],
    "properties": {
        "pageSize": {"type": ["integer", "null"]},
        "totalCount": {"type": ["integer", "null"], "minimum": 0},
    },
}

TYPES = {
    1: "apply_baseline",
    2: "auto_alignment",
    3: "create_baseline",
    4: "detect_drift",
    5: "deploy",
    6: "deploy_detected_deviations",
    7: "daily_tenant_backup",
    8: "edit_tenant_configurations",
    9: "restore_to_date",
    10: "restore",
}

STATUSES = {
    0: Status("waiting", "waiting"),
    1: Status("in_progress", "running"),
    2: Status("finished", "succeeded"),
    3: Status("failed", "failed"),
    4: Status("skipped", "skipped"),
    5: Status("finished_with_exception", "finished_with_exception"),
}


class ProcessCenter(Service):
    """The jobs of one tenant or of several tenants."""

    name = "pc"
    title = "Process Center"
    api = Api(
        name="Process Center",
        permission="elements.bm.tenant.read.all (or elements.bm.tenant.readwrite.all)",
        registration="AvePoint Elements > API app registration",
        not_found="check customer_id and tenant_id, and graph_url if you set it",
    )
    scopes = ["elements.bm.tenant.read.all"]
    types = TYPES
    statuses = STATUSES
    fields = (
        Field("customer_id", TEXT, label="Customer", detail="customer"),
        Field("tenant_id", TEXT, label="Tenant", detail="tenant", owner=True),
    )
    options = {
        "customer_id": {"type": "str"},
        "tenant_id": {"type": "str"},
        "tenants": {
            "type": "list",
            "elements": "dict",
            "options": {
                "customer_id": {"type": "str", "required": True},
                "tenant_id": {"type": "str", "required": True},
            },
        },
    }
    probe_options = ("customer_id", "tenant_id")
    single_endpoint = True
    largest_page = 100

    @classmethod
    def check_options(cls, params: dict, now: float) -> dict:
        for customer_id, tenant_id in _tenants(params):
            for option, value in (("customer_id", customer_id), ("tenant_id", tenant_id)):
                require_id(option, value)
        return params

    def _paged_lists(self) -> list[PagedList]:
        return [
            PagedList(
                self._page_requests(),
                functools.partial(page_or_refusal, functools.partial(self._fetch_page, customer_id, tenant_id)),
                f"tenant {tenant_id} of customer {customer_id}" if self._params["tenants"] else "",
            )
            for customer_id, tenant_id in _tenants(self._params)
        ]

    def _fetch_page(self, customer_id: str, tenant_id: str, number: int) -> Page:
        path = PATH.format(customer=quote(customer_id, safe=""), tenant=quote(tenant_id, safe=""))
        query = {"pageIndex": number, "pageSize": self._params["page_size"]}
        # The server may compare ids with regard to case: they are also sent in lower case, as it prints them.
        wanted = list(dict.fromkeys(form for job_id in self._wanted.values() for form in (job_id, job_id.lower())))
        document = self._client.call("POST", path, ANSWER, query, {"jobIds": wanted} if wanted else {})
        metadata = document.get("metadata") or {}
        owner = {"customer_id": customer_id, "tenant_id": tenant_id}
        jobs = self.read_jobs("data", document["data"], **owner)
        return Page(jobs, whole(metadata.get("totalCount")), whole(metadata.get("pageSize")))

    def _key(self, job: dict) -> t.Hashable:
        return job["customer_id"], job["tenant_id"], super()._key(job)


def _tenants(params: dict) -> list[tuple[str, str]]:
    """The (customer id, tenant id) of each tenant that the options name, without duplicates.

    :raises InvalidInput: when the options are incomplete or contradictory.
    """
    given = params["tenants"]
    single = (params["customer_id"], params["tenant_id"])
    if given is not None and any(single):
        raise InvalidInput("tenants takes the place of customer_id and tenant_id: give the one or the other two")
    if given is not None:
        if not given:
            raise InvalidInput("tenants is empty: name at least one tenant, as customer_id and tenant_id")
        unique: dict[tuple[str, str], tuple[str, str]] = {}
        for tenant in given:
            customer_id, tenant_id = tenant["customer_id"].strip(), tenant["tenant_id"].strip()
            unique.setdefault((same_id(customer_id), same_id(tenant_id)), (customer_id, tenant_id))
        return list(unique.values())
    if not all(single):
        raise MissingOption(
            "customer_id and tenant_id are needed, both of them, or tenants with several", "customer_id and tenant_id"
        )
    return [(params["customer_id"].strip(), params["tenant_id"].strip())]


ANSWER = ListSchema("data", ProcessCenter.job_schema(), {"metadata": METADATA})
