# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The jobs of all products of a partner's customers in AvePoint Elements: the vendor's "Query jobs" and "Query customers"."""

from __future__ import annotations

import functools
import typing as t
from urllib.parse import quote

from ansible_collections.avepoint.cloud.plugins.module_utils._answers import Api
from ansible_collections.avepoint.cloud.plugins.module_utils._client import Client
from ansible_collections.avepoint.cloud.plugins.module_utils._errors import (
    AvePointError,
    InvalidInput,
    InvalidResponse,
    Reading,
)
from ansible_collections.avepoint.cloud.plugins.module_utils._fields import (
    COUNT,
    DURATION,
    SIZE,
    TEXT,
    TIME,
    Field,
    named,
    number_of,
)
from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import Status, same_id, whole
from ansible_collections.avepoint.cloud.plugins.module_utils._lists import PagedList
from ansible_collections.avepoint.cloud.plugins.module_utils._paging import Listing, Page, Shown, read_all
from ansible_collections.avepoint.cloud.plugins.module_utils._schema import ListSchema
from ansible_collections.avepoint.cloud.plugins.module_utils._service import (
    Snapshot,
    is_id,
    page_or_refusal,
    require_id,
)
from ansible_collections.avepoint.cloud.plugins.module_utils._text import clean
from ansible_collections.avepoint.cloud.plugins.module_utils._timed import START_TIME, TimedService

PATH = "/partner/external/v3/general/customers/{customer}/avpt-products/jobs/batch"
CUSTOMERS_PATH = "/partner/external/v3/general/customers/batch"

JOBS_SCOPE = "elements.jobs.read.all"
CUSTOMERS_SCOPE = "elements.customers.read.all"

TYPES = {
    0: "microsoft_365_scan",
    7: "microsoft_365",
    10: "google_workspace_scan",
    11: "google_workspace",
    12: "iaas_paas",
    15: "salesforce",
    16: "dynamics_365",
}

MODULES = {
    "none": 0,
    "archiver": 8,
    "retention": 10,
    "sharepoint_online": 302,
    "exchange_online": 303,
    "microsoft_365_groups": 304,
    "onedrive": 305,
    "project_online": 306,
    "exchange_online_public_folder": 307,
    "microsoft_teams": 308,
    "teams_chat": 309,
    "power_bi": 310,
    "power_automate": 311,
    "power_apps": 312,
    "cloud_backup_for_azure": 355,
    "azure_virtual_machine": 356,
    "disk": 357,
    "microsoft_entra_id": 358,
    "storage": 359,
    "admin_portal_settings": 360,
    "amazon_ec2": 361,
    "native_azure_sql_backup_monitoring": 362,
    "dev_ops": 363,
    "entra_id_b2c": 364,
    "azure_sql_backup": 365,
    "google_vm_instance": 366,
    "azure_vmware_solution": 367,
    "sql_server_in_azure_vm": 368,
    "google_cloud_storage": 369,
    "cosmos_db": 370,
    "azure_postgresql": 371,
    "dynamics_365": 401,
    "viva_engage": 402,
    "gmail": 501,
    "calendar": 502,
    "contacts": 503,
    "drive": 504,
    "shared_drives": 505,
    "google_classroom": 506,
    "chat": 507,
    "google_directory": 508,
    "dynamics_crm_backup": 550,
    "dynamics_unified_operations_backup": 551,
}

# Status 0, "none", says nothing about a job's outcome. What is disabled or not configured was not backed up: no success.
STATUSES = {
    0: Status("none", "unknown"),
    1: Status("running", "running"),
    2: Status("finished", "succeeded"),
    3: Status("failed", "failed"),
    4: Status("finished_with_exception", "finished_with_exception"),
    5: Status("skipped", "skipped"),
    6: Status("pending", "waiting"),
    7: Status("failed_to_start", "failed"),
    8: Status("canceled", "stopped"),
    9: Status("rejected", "failed"),
    10: Status("stopped", "stopped"),
    11: Status("not_scanned", "waiting"),
    12: Status("disabled", "skipped"),
    13: Status("not_started", "waiting"),
    14: Status("waiting_for_configuration", "waiting"),
}

# Documented as numbers, but also seen as strings.
_NUMBER = {"type": ["integer", "string", "null"], "minimum": 0, "pattern": r"^\s*[0-9]{1,9}\s*\Z"}
METADATA = {
    "metadata": {"type": ["object", "null"], "properties": {"pageSize": _NUMBER, "totalCount": _NUMBER}},
}


class Customer(t.NamedTuple):
    """A customer of the partner; ``organization`` is None if only the id is known."""

    customer_id: str
    organization: str | None

    @property
    def name(self) -> str:
        """The customer in messages."""
        return (
            f"customer {self.organization} ({self.customer_id})"
            if self.organization
            else f"customer {self.customer_id}"
        )


class _Answer:
    """The schema of an answer with jobs. For a customer without products, the answer is just a list."""

    @staticmethod
    def validate(document: t.Any) -> None:
        JOBS.validate({"data": document} if isinstance(document, list) else document)


class Elements(TimedService):
    """The jobs of one, several or all customers of the partner."""

    name = "elements"
    title = "Elements"
    api = Api(
        name="AvePoint Elements",
        permission=f"{JOBS_SCOPE} and, for every customer at once, {CUSTOMERS_SCOPE}",
        registration="AvePoint Elements > API app registration",
        not_found="check customer_id or customers, and graph_url if you set it",
    )
    scopes = [JOBS_SCOPE, CUSTOMERS_SCOPE]
    types = TYPES
    type_words = {12: "IaaS + PaaS"}
    statuses = STATUSES
    fields = (
        START_TIME,
        Field("finish_time", TIME, ("endTime",), "Finished", "finished"),
        Field("duration_hours", DURATION, ("jobDuration",), "Duration"),
        Field("customer", TEXT, label="Customer", detail="customer", owner=True),
        Field("customer_id", TEXT, label="Customer", detail="customer", owner=True),
        Field("module", named(MODULES), ("jobModule",), "Module", "module"),
        Field("module_id", number_of(MODULES), ("jobModule",)),
        Field("name", TEXT, ("name",), "Name", "name"),
        Field("total_count", COUNT, ("totalCount",), "Objects", failed="failed_count"),
        Field("successful_count", COUNT, ("successfulCount",)),
        Field("failed_count", COUNT, ("failedCount",), detail="objects failed"),
        Field("skipped_count", COUNT, ("skippedCount",)),
        Field("warning_count", COUNT, ("warningCount",)),
        Field("backup_size", SIZE, ("backupSize",), "Size"),
        Field("last_modified_time", TIME, ("lastModifyTime",)),
    )
    options = {
        "customer_id": {"type": "str"},
        "customers": {"type": "list", "elements": "str"},
        "modules": {"type": "list", "elements": "str", "choices": list(MODULES)},
    }
    probe_options = ("customer_id",)
    single_endpoint = True
    largest_page = 100
    type_names = ("jobType",)
    alike = ("customer_id", "type", "type_id", "type_text", "module", "name")

    def __init__(self, params: dict, client: Client, now: t.Callable[[], float]):
        super().__init__(params, client, now)
        #: The customers by id; None until they are known.
        self._customers: dict[str, Customer] | None = None
        #: The number of jobs that the last poll has chosen, by customer id.
        self._counts: dict[str, int] = {}
        #: Why the last poll could not read a list, by the list's name (see :attr:`Customer.name`).
        self._unread: dict[str, AvePointError] = {}

    @classmethod
    def check_options(cls, params: dict, now: float) -> dict:
        customer_ids = _customer_ids(params)
        # With given ids, the list of customers is not read, so the app needs no permission for it.
        return params if customer_ids is None or params["scopes"] else {**params, "scopes": [JOBS_SCOPE]}

    def probe(self) -> None:
        if _customer_ids(self._params) is None:
            # One customer is enough to check access.
            self._customers = {same_id(first.customer_id): first for first in self._customers_page(1).items[:1]}
        super().probe()

    def returns(self) -> dict:
        if self._customers is None:
            return {}
        customers = [
            {
                "customer_id": customer.customer_id,
                "customer": customer.organization,
                "jobs": self._counts.get(key, 0),
                "error": str(self._unread[customer.name]) if customer.name in self._unread else None,
            }
            for key, customer in self._customers.items()
        ]
        return {"customers": customers}

    def poll(self, faults: list[AvePointError] | None = None) -> Snapshot:
        snapshot = super().poll(faults)
        self._counts = dict.fromkeys(self._customers or (), 0)
        for job in snapshot.jobs:
            self._counts[same_id(job["customer_id"])] += 1
        return snapshot

    def _listings(self, faults: list[AvePointError] | None) -> list[Listing]:
        self._unread = {}
        own_faults: list[AvePointError] = [] if faults is None else faults
        try:
            return super()._listings(faults)
        except AvePointError as error:
            own_faults = [error, *own_faults]
            raise
        finally:
            self._unread = {
                context.name: error for error in own_faults for context in error.context if isinstance(context, Reading)
            }

    def _paged_lists(self) -> list[PagedList]:
        if self._customers is None:
            ids = _customer_ids(self._params)
            customers = self._every_customer() if ids is None else [Customer(customer_id, None) for customer_id in ids]
            self._customers = {same_id(customer.customer_id): customer for customer in customers}
        return [
            PagedList(
                self._page_requests(),
                functools.partial(page_or_refusal, functools.partial(self._fetch_page, customer)),
                customer.name,
            )
            for customer in self._customers.values()
        ]

    def _fetch_page(self, customer: Customer, number: int) -> Page:
        path = PATH.format(customer=quote(customer.customer_id, safe=""))
        wanted = {"jobType": self.type_filter(), "jobModule": self._module_filter()}
        body = {name: code for name, code in wanted.items() if code is not None}
        document = self._client.call("POST", path, _Answer, self._page_query(number), body)
        owner = {"customer_id": customer.customer_id, "customer": customer.organization}
        if isinstance(document, list):
            document = {"data": document}
        jobs = self.read_jobs("data", document["data"], **owner)
        return _as_page(jobs, document)

    def _every_customer(self) -> list[Customer]:
        """Reads all customers of the partner.

        :raises AvePointError: when they cannot be read completely.
        """
        shown = Shown()
        page_requests = read_all(
            self._params["page_size"],
            lambda customer: same_id(customer.customer_id),
            lambda one, _other: one,
            shown=shown,
        )
        fetch = functools.partial(page_or_refusal, self._customers_page)
        (listing,) = self._read([PagedList(page_requests, fetch, "the list of customers")], None)
        self._shown.totals = shown.totals  # the totals of both lists mean the same
        return listing.items

    def _customers_page(self, number: int) -> Page:
        document = self._client.call("POST", CUSTOMERS_PATH, CUSTOMERS, self._page_query(number), {})
        customers = []
        for index, entry in enumerate(document["data"]):
            if not is_id(entry["id"]):
                raise InvalidResponse(f"data[{index}].id is not an id that can be asked for")
            customers.append(Customer(entry["id"], clean(entry.get("organization") or "").strip() or None))
        return _as_page(customers, document)

    def _page_query(self, number: int) -> dict:
        return {"pageIndex": number, "pageSize": self._params["page_size"]}

    def _module_filter(self) -> int | None:
        """The number for the server's module filter, if exactly one module is wanted; None for all modules."""
        wanted = set(self._params["modules"] or ())
        return MODULES[wanted.pop()] if len(wanted) == 1 else None

    def _chosen(self, job: dict) -> bool:
        if not super()._chosen(job):
            return False
        wanted = self._params["modules"]
        if wanted and job["module"] not in wanted:
            if job["module"] in MODULES:
                return False
            self._doubt("Whether modules asks for these jobs cannot be known, so they are among the jobs", job)
        return True

    def _key(self, job: dict) -> t.Hashable:
        return same_id(job["customer_id"]), super()._key(job)


def _as_page(items: list, document: dict) -> Page:
    metadata = document.get("metadata") or {}
    return Page(items, whole(metadata.get("totalCount")), whole(metadata.get("pageSize")))


def _customer_ids(params: dict) -> list[str] | None:
    """The customer ids that the options name, without duplicates; None for all customers.

    :raises InvalidInput: naming the option and what is allowed.
    """
    single, several = params["customer_id"], params["customers"]
    if single is not None and several is not None:
        raise InvalidInput("customers takes the place of customer_id: give the one or the other")
    if several is not None and not several:
        raise InvalidInput("customers is empty: name at least one customer, or leave it out for every customer")
    given = [single] if single is not None else several
    if given is None:
        return None
    unique: dict[str, str] = {}
    for customer_id in map(str.strip, given):
        require_id("customers" if single is None else "customer_id", customer_id)
        unique.setdefault(same_id(customer_id), customer_id)
    return list(unique.values())


JOBS = ListSchema("data", Elements.job_schema(), METADATA)
CUSTOMERS = ListSchema(
    "data",
    {
        "type": "object",
        "required": ["id"],
        "properties": {"id": {"type": "string", "minLength": 1}, "organization": {"type": ["string", "null"]}},
    },
    METADATA,
)
