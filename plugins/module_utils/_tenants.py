# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tenants of Baseline Management (AvePoint Elements), of every customer: the vendor's "Query tenants"."""

from __future__ import annotations

import functools
import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._answers import Api
from ansible_collections.avepoint.cloud.plugins.module_utils._client import Client
from ansible_collections.avepoint.cloud.plugins.module_utils._errors import AvePointError, InvalidInput, InvalidResponse
from ansible_collections.avepoint.cloud.plugins.module_utils._iso8601 import job_time
from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import Code, code_in, codes_of, same_id, whole
from ansible_collections.avepoint.cloud.plugins.module_utils._lists import PagedList, read_lists
from ansible_collections.avepoint.cloud.plugins.module_utils._paging import Page, read_all
from ansible_collections.avepoint.cloud.plugins.module_utils._process_center import ProcessCenter
from ansible_collections.avepoint.cloud.plugins.module_utils._product import Endpoint
from ansible_collections.avepoint.cloud.plugins.module_utils._schema import Schema
from ansible_collections.avepoint.cloud.plugins.module_utils._service import name_contract, page_or_refusal
from ansible_collections.avepoint.cloud.plugins.module_utils._text import clean

PATH = "/partner/external/v3/bm/tenants/batch"

# Documented as numbers, but also seen as strings.
_NUMBER = {"type": ["integer", "string"], "pattern": r"^\s*[0-9]{1,9}\s*\Z"}
_NUMBER_OR_NONE = {**_NUMBER, "type": [*_NUMBER["type"], "null"]}
_TEXT_OR_NONE = {"type": ["string", "null"]}

ANSWER = Schema(
    {
        "type": "object",
        "required": ["data"],
        "properties": {
            "data": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["customerId", "tenantId", "status"],
                    "properties": {
                        "customerId": {"type": "string", "minLength": 1},
                        "tenantId": {"type": "string", "minLength": 1},
                        "tenantName": _TEXT_OR_NONE,
                        "status": {"type": ["integer", "string", "null"]},
                        "driftDetected": _NUMBER_OR_NONE,
                        "driftDetectedTime": _TEXT_OR_NONE,
                        "lastDeployedTime": _TEXT_OR_NONE,
                        "autoAlignment": _NUMBER_OR_NONE,
                        "appliedBaselines": {
                            "type": ["array", "null"],
                            "items": {
                                "type": "object",
                                "required": ["baselineId"],
                                "properties": {
                                    "baselineId": {"type": "string", "minLength": 1},
                                    "baselineName": _TEXT_OR_NONE,
                                    "version": _NUMBER_OR_NONE,
                                },
                            },
                        },
                    },
                },
            },
            "metadata": {
                "type": ["object", "null"],
                "properties": {"pageSize": _NUMBER_OR_NONE, "totalCount": _NUMBER_OR_NONE},
            },
        },
    }
)

STATUSES: dict[Code, str] = {
    1: "connected",
    2: "deployed_with_exception",
    3: "deploying",
    4: "deployment_draft_saved",
    5: "deployment_failed",
    6: "expired",
    7: "deployed",
    8: "restore_failed",
    9: "restored",
    10: "restored_with_exception",
    11: "restoring",
    12: "retrieving_settings",
    13: "review_deployment",
    14: "review_restore",
    15: "scheduled_deployment",
    16: "scheduled_restore",
    17: "settings_retrieval_failed",
    19: "restored",  # the vendor's page has this number, but probably means 9
}

UNKNOWN = "unknown"

# The number of each name; the first one if two numbers have the same name.
_NAMES = codes_of(reversed(STATUSES), reversed(STATUSES.values()))


class Tenants(Endpoint):
    """The list of tenants.

    ``params`` has ``tenant_ids`` (None for all tenants), ``page_size`` and ``max_concurrency``. After the list was read,
    ``unknown`` has the undocumented statuses, as numbers or words.
    """

    api = Api(
        name="Baseline Management",
        permission=ProcessCenter.api.permission,
        registration=ProcessCenter.api.registration,
        not_found="check graph_url if you set it, and that Baseline Management is part of your subscription",
    )
    scopes = ProcessCenter.scopes
    single_endpoint = True
    largest_page = 100

    def __init__(self, params: dict, client: Client):
        self._params = params
        self._client = client
        self._wanted = {same_id(tenant_id.strip()): tenant_id.strip() for tenant_id in params["tenant_ids"] or ()}
        self.unknown: set[int | str] = set()

    @classmethod
    def check_options(cls, params: dict) -> dict:
        """Checks options before any request, and returns them.

        :raises InvalidInput: naming the option and what is allowed.
        """
        if params["tenant_ids"] is not None and not (
            params["tenant_ids"] and all(map(str.strip, params["tenant_ids"]))
        ):
            raise InvalidInput("tenant_ids has no id in it, or an empty one: leave the option out to list all tenants")
        return params

    def read(self) -> list[dict]:
        """The chosen tenants without duplicates, in the order of the API.

        A tenant has ``customer_id``, ``tenant_id``, ``name``, ``status``, ``status_id`` (None for an undocumented word),
        ``drift_detected`` (a number), ``drift_detected_time``, ``last_deployed_time``, ``auto_alignment`` (true or false) and
        ``applied_baselines`` (``baseline_id``, ``baseline_name`` and ``version`` of each); None or empty if the API sent nothing.

        :raises AvePointError: when they cannot be read completely.
        """
        page_requests = read_all(self._params["page_size"], _key, lambda _old, new: new)
        tenants = PagedList(page_requests, functools.partial(page_or_refusal, self._fetch_page))
        try:
            (listing,) = read_lists([tenants], self._params["max_concurrency"], self._client.interrupted)
        except AvePointError as error:
            name_contract(self.api, error)
            raise
        return [tenant for tenant in listing.items if not self._wanted or same_id(tenant["tenant_id"]) in self._wanted]

    def _fetch_page(self, number: int) -> Page:
        query = {"pageIndex": number, "pageSize": self._params["page_size"]}
        body = {"tenantIds": list(self._wanted.values())} if self._wanted else {}
        document = self._client.call("POST", PATH, ANSWER, query, body)
        metadata = document.get("metadata") or {}
        return Page(
            list(map(self._tenant, document["data"])),
            whole(metadata.get("totalCount")),
            whole(metadata.get("pageSize")),
        )

    def _tenant(self, entry: dict) -> dict:
        sent = entry["status"]
        status_id = None if sent is None else code_in(sent, _NAMES)
        if status_id not in STATUSES:
            self.unknown.add(clean(str(sent), 40) if status_id is None else status_id)
        return {
            "customer_id": clean(entry["customerId"]),
            "tenant_id": clean(entry["tenantId"]),
            "name": clean(entry.get("tenantName") or ""),
            "status": UNKNOWN if status_id is None else STATUSES.get(status_id, UNKNOWN),
            "status_id": status_id,
            "drift_detected": whole(entry.get("driftDetected")) or 0,
            "drift_detected_time": _time(entry.get("driftDetectedTime")),
            "last_deployed_time": _time(entry.get("lastDeployedTime")),
            "auto_alignment": whole(entry.get("autoAlignment")) == 1,
            "applied_baselines": [
                {
                    "baseline_id": clean(baseline["baselineId"]),
                    "baseline_name": clean(baseline.get("baselineName") or ""),
                    "version": whole(baseline.get("version")),
                }
                for baseline in entry.get("appliedBaselines") or ()
            ],
        }


def _key(tenant: dict) -> t.Hashable:
    return same_id(tenant["customer_id"]), same_id(tenant["tenant_id"])


def _time(text: str | None) -> str | None:
    """A time as :func:`job_time` gives it; a text that is no such time stays a text."""
    try:
        return job_time("", text)
    except InvalidResponse:
        return clean(str(text))
