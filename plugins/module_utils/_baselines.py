# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Baselines of Baseline Management (AvePoint Elements): lists them, applies them to a tenant, creates one from a tenant."""

from __future__ import annotations

import functools
import typing as t
import unicodedata
from urllib.parse import quote

from ansible_collections.avepoint.cloud.plugins.module_utils._answers import Api
from ansible_collections.avepoint.cloud.plugins.module_utils._client import Client
from ansible_collections.avepoint.cloud.plugins.module_utils._errors import (
    AvePointError,
    InvalidInput,
    NotFound,
    PermissionDenied,
)
from ansible_collections.avepoint.cloud.plugins.module_utils._fields import TEXT
from ansible_collections.avepoint.cloud.plugins.module_utils._iso8601 import job_time
from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import (
    FINISHED,
    UNKNOWN,
    Status,
    Vocabulary,
    same_id,
    whole,
)
from ansible_collections.avepoint.cloud.plugins.module_utils._lists import PagedList, read_lists
from ansible_collections.avepoint.cloud.plugins.module_utils._paging import Page, read_all
from ansible_collections.avepoint.cloud.plugins.module_utils._process_center import METADATA, ProcessCenter
from ansible_collections.avepoint.cloud.plugins.module_utils._product import Endpoint
from ansible_collections.avepoint.cloud.plugins.module_utils._schema import ListSchema, Schema
from ansible_collections.avepoint.cloud.plugins.module_utils._service import (
    Service,
    Snapshot,
    name_contract,
    page_or_refusal,
    require_id,
)
from ansible_collections.avepoint.cloud.plugins.module_utils._start import Found, JobStarter, Starter, plain_ids
from ansible_collections.avepoint.cloud.plugins.module_utils._tenants import Tenants
from ansible_collections.avepoint.cloud.plugins.module_utils._text import clean

PATH = "/partner/external/v3/bm/baselines"
APPLY_PATH = "/partner/external/v3/bm/customers/{customer}/tenants/{tenant}/actions"

READ_SCOPE = "elements.bm.baseline.read.all"
WRITE_SCOPE = "elements.bm.baseline.readwrite.all"
TENANT_SCOPE = "elements.bm.tenant.readwrite.all"

# The statuses of a baseline, with the state that each means for a wait. A draft does not change by itself, and cannot be used.
STATUSES = {
    1: Status("retrieving_settings", "running"),
    2: Status("unused", "succeeded"),
    3: Status("active", "succeeded"),
    4: Status("settings_retrieval_failed", "failed"),
    5: Status("retrieved_with_exception", "finished_with_exception"),
    6: Status("draft", "stopped"),
}
# Why baselines with these statuses cannot be applied, for messages.
UNUSABLE = {1: "still retrieves its settings", 4: "could not retrieve its settings", 6: "is a draft"}

# Statuses of a tenant that do not allow a start.
DEPLOYING, EXPIRED, RESTORING, RETRIEVING = 3, 6, 11, 12

# Messages show only the beginning of longer names, so they could not be told apart.
LONGEST_NAME = 250

# How many entries of a report are read for a failure.
REPORTED = 10

PAGE_SIZE = 100

_TEXT_OR_NONE = {"type": ["string", "null"]}

ANSWER = ListSchema(
    "data",
    {
        "type": "object",
        "required": ["baselineId", "status"],
        "properties": {
            "baselineId": {"type": "string", "minLength": 1},
            "baselineName": _TEXT_OR_NONE,
            "name": _TEXT_OR_NONE,
            "createdTime": _TEXT_OR_NONE,
            "modifiedTime": _TEXT_OR_NONE,
            "status": {"type": ["integer", "string"]},
        },
    },
    {"metadata": METADATA},
)
REPORT = ListSchema("data", {"type": "object", "properties": {}}, {"metadata": METADATA})
APPLIED = Schema({"type": "object", "required": ["jobId"], "properties": {"jobId": {"type": "string", "minLength": 1}}})
CREATED = Schema(
    {"type": "object", "required": ["baselineId"], "properties": {"baselineId": {"type": "string", "minLength": 1}}}
)


class Baseline(t.NamedTuple):
    """A baseline: ``details`` is its form in return values, ``state`` the state that its status means for a wait.

    ``name`` is as the API sent it.
    """

    id: str
    name: str
    status_id: int | None
    state: str
    details: dict


class Baselines(Endpoint):
    """The list of baselines. After it was read, ``vocabulary.unknown`` has their undocumented statuses."""

    api = Api(
        name="Baseline Management",
        permission=f"{READ_SCOPE} (or {WRITE_SCOPE})",
        registration=ProcessCenter.api.registration,
        not_found="check graph_url if you set it, and that Baseline Management is part of your subscription",
    )
    scopes = [READ_SCOPE]
    single_endpoint = True
    options: t.ClassVar[dict[str, dict]] = {"baseline_ids": {"type": "list", "elements": "str"}}

    def __init__(self, client: Client):
        self._client = client
        self.vocabulary = Vocabulary({}, STATUSES)

    def read(self, baseline_ids: t.Sequence[str] = ()) -> list[Baseline]:
        """All baselines without duplicates, in the API's order; with ids, only these baselines (case is ignored).

        :raises AvePointError: when they cannot be read completely.
        """
        wanted = {same_id(baseline_id): baseline_id for baseline_id in baseline_ids}
        fetch = functools.partial(page_or_refusal, functools.partial(self._fetch_page, list(wanted.values())))
        page_requests = read_all(PAGE_SIZE, lambda entry: same_id(entry["id"]), lambda _old, new: new)
        try:
            (listing,) = read_lists([PagedList(page_requests, fetch)], 1, self._client.interrupted)
        except AvePointError as error:
            name_contract(self.api, error)
            raise
        return [entry["baseline"] for entry in listing.items if not wanted or same_id(entry["id"]) in wanted]

    def _fetch_page(self, wanted: list[str], number: int) -> Page:
        query = {"pageIndex": number, "pageSize": PAGE_SIZE}
        body = {"baselineIds": wanted} if wanted else {}
        document = self._client.call("POST", f"{PATH}/batch", ANSWER, query, body)
        metadata = document.get("metadata") or {}
        found = [self._read(f"data[{place}]", entry) for place, entry in enumerate(document["data"])]
        return Page(
            [{"id": baseline.id, "baseline": baseline} for baseline in found],
            whole(metadata.get("totalCount")),
            whole(metadata.get("pageSize")),
        )

    def warnings(self) -> list[str]:
        """Warnings about the baselines that were read, one sentence each."""
        statuses = ", ".join(value for _field, value in list(self.vocabulary.unknown)[:5])
        return (
            [
                f"{self.api.name} answered with statuses of baselines that are not documented ({statuses}), which are returned as "
                "unknown; please report this to the collection's issue tracker."
            ]
            if statuses
            else []
        )

    def _read(self, place: str, entry: dict) -> Baseline:
        status = self.vocabulary.describe(None, entry["status"])
        name = next((entry[key] for key in ("baselineName", "name") if entry.get(key) is not None), "")
        baseline_id = clean(entry["baselineId"])
        details = {
            "baseline_id": baseline_id,
            "name": clean(name),
            "status": status["status"],
            "status_id": status["status_id"],
            "created_time": job_time(f"{place}.createdTime", entry.get("createdTime")),
            "modified_time": job_time(f"{place}.modifiedTime", entry.get("modifiedTime")),
        }
        return Baseline(baseline_id, name, status["status_id"], status["state"], details)

    def report(self, baseline_id: str) -> list[dict]:
        """The first entries of the report on the creation of a baseline: ``source``, ``configuration``, ``status``, ``details``.

        :raises AvePointError: when it cannot be read.
        """
        path = f"{PATH}/{quote(baseline_id, safe='')}/reports"
        document = self._client.call("GET", path, REPORT, {"pageIndex": 1, "pageSize": REPORTED})
        names = ("source", "configuration", "status", "details")
        return [
            {name: None if entry.get(name) is None else TEXT.read("", str(entry[name])) for name in names}
            for entry in document["data"][:REPORTED]
        ]


def _tenant_ids(params: dict) -> dict:
    ids = {name: (params[name] or "").strip() for name in ("customer_id", "tenant_id")}
    for name, value in ids.items():
        require_id(name, value)
    return ids


def _check_tenant(client: Client, params: dict, refused: t.Container[int], purpose: str) -> str | None:
    """Refuses a tenant whose status is in ``refused``; returns a warning if the status is undocumented, else None.

    :raises InvalidInput: beginning with ``purpose``, and naming the status.
    :raises NotFound: when there is no such tenant.
    """
    who = f"tenant {params['tenant_id']} of customer {params['customer_id']}"
    tenants = Tenants({"tenant_ids": [params["tenant_id"]], "page_size": PAGE_SIZE, "max_concurrency": 1}, client)
    for tenant in tenants.read():
        if same_id(tenant["customer_id"]) != same_id(params["customer_id"]):
            continue
        status = tenant["status"].replace("_", " ")
        if tenant["status_id"] in refused:
            raise InvalidInput(
                f"{purpose} while the status of {who} is {tenant['status_id']} ({status}): "
                f"{'renew its connection in AvePoint Elements' if tenant['status_id'] == EXPIRED else 'start it when that has ended'}"
            )
        if tenants.unknown:
            return f"The status of {who}, {tenant['status_id']}, is not documented, so the server alone decides whether this is allowed."
        return None
    raise NotFound(
        f"{Baselines.api.name} does not list {who}, so whether this is allowed cannot be known: check customer_id and tenant_id"
    )


class ApplyBaselines(JobStarter):
    """Applies baselines to a tenant, in the given order. A job of Process Center does it."""

    name = ProcessCenter.name
    jobs = ProcessCenter
    job_type = "apply_baseline"
    what = "a job that applies baselines"
    shown_by = "avepoint_pc_jobs_info"
    api = Api(
        name=ProcessCenter.api.name,
        permission=f"{TENANT_SCOPE} and {READ_SCOPE}",
        registration=ProcessCenter.api.registration,
        not_found=ProcessCenter.api.not_found,
    )
    scopes = [TENANT_SCOPE, READ_SCOPE]
    single_endpoint = True
    options = {
        "customer_id": {"type": "str", "required": True},
        "tenant_id": {"type": "str", "required": True},
        "baselines": {"type": "list", "elements": "str", "required": True},
    }

    @classmethod
    def check_options(cls, params: dict, now: float) -> dict:
        return {**params, **_tenant_ids(params), "baselines": plain_ids("baselines", params["baselines"])}

    @property
    def place(self) -> dict:
        return {name: self._params[name] for name in ("customer_id", "tenant_id")}

    @property
    def where(self) -> str:
        return f"the jobs of tenant {self._params['tenant_id']} in Process Center"

    def prepare(self) -> None:
        refused = (DEPLOYING, EXPIRED, RESTORING, RETRIEVING)
        warning = _check_tenant(self._client, self._params, refused, "baselines cannot be applied")
        self.warnings += [warning] if warning else []
        self._check_baselines()
        self._read_before()

    def _check_baselines(self) -> None:
        wanted = self._params["baselines"]
        try:
            found = {same_id(baseline.id): baseline for baseline in Baselines(self._client).read(wanted)}
        except PermissionDenied as error:
            # An app may have permission to apply baselines, but not to list them. The server itself refuses unusable ones.
            self.warnings.append(f"Whether the baselines can be used could not be checked before: {error}.")
            return
        missing = [baseline_id for baseline_id in wanted if same_id(baseline_id) not in found]
        if missing:
            raise InvalidInput(
                f"baselines has ids that do not exist: {', '.join(missing)}: list them with avepoint_pc_baselines_info"
            )
        unusable = [
            f"{baseline_id} {UNUSABLE[status]}"
            for baseline_id in wanted
            if (status := found[same_id(baseline_id)].status_id) in UNUSABLE
        ]
        if unusable:
            raise InvalidInput(f"baselines has some that cannot be applied: {', '.join(unusable)}")

    def send(self) -> str:
        path = APPLY_PATH.format(**{name[:-3]: quote(value, safe="") for name, value in self.place.items()})
        data = [
            {"baselineId": baseline_id, "rankingOrder": rank}
            for rank, baseline_id in enumerate(self._params["baselines"], start=1)
        ]
        # The vendor's table says that actionType is an integer, but its sample sends a string.
        body = {"actionType": "1", "data": data}
        return clean(self._client.call("POST", path, APPLIED, body=body, starts=True)["jobId"])


class CreateBaseline(Starter):
    """Creates a baseline from a tenant's settings, unless one of that name exists."""

    name = ProcessCenter.name
    jobs = ProcessCenter
    what = "the creation of a baseline"
    shown_by = "avepoint_pc_baselines_info"
    api = Api(
        name=Baselines.api.name,
        permission=f"{WRITE_SCOPE} and {ProcessCenter.api.permission}",
        registration=ProcessCenter.api.registration,
        not_found=Baselines.api.not_found,
    )
    scopes = [WRITE_SCOPE, *ProcessCenter.scopes]
    single_endpoint = True
    options = {
        "name": {"type": "str", "required": True},
        "color": {"type": "int", "default": 0},
        "description": {"type": "str"},
        "customer_id": {"type": "str", "required": True},
        "tenant_id": {"type": "str", "required": True},
    }

    def __init__(self, params: dict, client: Client, now: t.Callable[[], float], jobs_of: t.Callable[..., Service]):
        super().__init__(params, client, now, jobs_of)
        self._list = Baselines(client)
        self._before: set[str] = set()
        self._seen: Baseline | None = None
        self._report: list[dict] | None = None

    @classmethod
    def check_options(cls, params: dict, now: float) -> dict:
        name = (params["name"] or "").strip()
        if not name or not name.isprintable() or len(name) > LONGEST_NAME:
            raise InvalidInput(f"name must be one line of 1 to {LONGEST_NAME} characters that can be shown")
        if not 0 <= params["color"] <= 21:
            raise InvalidInput(f"color is {params['color']}, but must be from 0 to 21")
        return {**params, **_tenant_ids(params), "name": name}

    @property
    def where(self) -> str:
        return f'the baseline "{clean(self._params["name"])}" in Baseline Management'

    def prepare(self) -> str | None:
        name = self._params["name"]
        existing = self._list.read()
        same = [baseline for baseline in existing if _plain(baseline.name) == _plain(name)]
        if len(same) > 1:
            raise InvalidInput(
                f'there are {len(same)} baselines of the name "{clean(name)}": {_listed(same)}: {_OTHER_NAME}'
            )
        if same:
            self._seen = same[0]
            return same[0].id
        similar = [baseline for baseline in existing if _plain(baseline.name).casefold() == _plain(name).casefold()]
        if similar:
            raise InvalidInput(
                f'there is a baseline whose name differs from "{clean(name)}" in its case alone: {_listed(similar)}: {_OTHER_NAME}'
            )
        refused = (DEPLOYING, EXPIRED, RESTORING)
        warning = _check_tenant(self._client, self._params, refused, "no baseline can be created")
        self.warnings += [warning] if warning else []
        self._before = {same_id(baseline.id) for baseline in existing}
        return None

    def send(self) -> str:
        body = {
            "name": self._params["name"],
            "color": str(self._params["color"]),
            "customerId": self._params["customer_id"],
            "tenantId": self._params["tenant_id"],
            **({} if self._params["description"] is None else {"description": self._params["description"]}),
        }
        return clean(self._client.call("POST", PATH, CREATED, body=body, starts=True)["baselineId"])

    def new(self) -> list[Found]:
        wanted = _plain(self._params["name"]).casefold()
        return [
            Found(baseline.id, f'Baseline {baseline.id} ("{baseline.details["name"]}", {baseline.details["status"]})')
            for baseline in self._list.read()
            if same_id(baseline.id) not in self._before and _plain(baseline.name).casefold() == wanted
        ]

    def poll(self, started: str, faults: list[AvePointError] | None = None) -> Snapshot:
        found = self._list.read([started])
        if not found:
            return Snapshot([], [started], 0, False)
        self._seen = found[0]
        return Snapshot([self._as_job(found[0])], [], 1, False)

    def _as_job(self, baseline: Baseline) -> dict:
        details = baseline.details
        return {
            "job_id": f'baseline "{details["name"]}"',
            "type": None,
            "status": details["status"],
            "status_id": details["status_id"],
            "state": baseline.state,
            "finished": baseline.state in FINISHED,
        }

    def returns(self, started: str | None, snapshot: Snapshot | None) -> dict:
        details = self._seen.details if self._seen else None
        if details is None and started is not None:
            details = dict.fromkeys(("baseline_id", "name", "status", "status_id", "created_time", "modified_time"))
            details.update(baseline_id=started, name=self._params["name"])
        return {"baseline": details, "report": self._report}

    def all_warnings(self) -> list[str]:
        followed = self._seen is not None and self._seen.state == UNKNOWN.state
        return [*self.warnings, *(self._list.warnings() if followed else ())]

    def bad_end(self, started: str, job: dict) -> str:
        try:
            self._report = self._list.report(started)
        except AvePointError as error:
            return f"its report could not be read ({error})"
        lines = [": ".join(text for text in entry.values() if text) for entry in self._report]
        return f"its report begins: {'; '.join(lines)}" if lines else "its report is empty"


_OTHER_NAME = "give the exact name of one of them, or another name"


def _plain(name: str) -> str:
    """The form of a name for comparison: names that look the same have the same form."""
    return unicodedata.normalize("NFC", name).strip()


def _listed(baselines: t.Iterable[Baseline]) -> str:
    return ", ".join(f'{baseline.id} ("{baseline.details["name"]}")' for baseline in baselines)
