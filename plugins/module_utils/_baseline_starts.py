# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starts what Baseline Management does: applies baselines to a tenant, creates a baseline from a tenant."""

from __future__ import annotations

import typing as t
import unicodedata
from urllib.parse import quote

from ansible_collections.avepoint.cloud.plugins.module_utils._baselines import (
    PAGE_SIZE,
    PATH,
    READ_SCOPE,
    WRITE_SCOPE,
    Baseline,
    Baselines,
)
from ansible_collections.avepoint.cloud.plugins.module_utils._client import Client
from ansible_collections.avepoint.cloud.plugins.module_utils._errors import (
    AvePointError,
    InvalidInput,
    NotFound,
    PermissionDenied,
)
from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import FINISHED, UNKNOWN, same_id
from ansible_collections.avepoint.cloud.plugins.module_utils._process_center import ProcessCenter
from ansible_collections.avepoint.cloud.plugins.module_utils._schema import Schema
from ansible_collections.avepoint.cloud.plugins.module_utils._service import Service, Snapshot, require_id
from ansible_collections.avepoint.cloud.plugins.module_utils._start import Found, JobStarter, Starter, plain_ids
from ansible_collections.avepoint.cloud.plugins.module_utils._tenants import Tenants
from ansible_collections.avepoint.cloud.plugins.module_utils._text import clean

APPLY_PATH = "/partner/external/v3/bm/customers/{customer}/tenants/{tenant}/actions"

TENANT_SCOPE = "elements.bm.tenant.readwrite.all"

# Why baselines with these statuses cannot be applied, for messages.
UNUSABLE = {1: "still retrieves its settings", 4: "could not retrieve its settings", 6: "is a draft"}

# Statuses of a tenant that do not allow a start.
DEPLOYING, EXPIRED, RESTORING, RETRIEVING = 3, 6, 11, 12

# Messages show only the beginning of longer names, so they could not be told apart.
LONGEST_NAME = 250

APPLIED = Schema({"type": "object", "required": ["jobId"], "properties": {"jobId": {"type": "string", "minLength": 1}}})
CREATED = Schema(
    {"type": "object", "required": ["baselineId"], "properties": {"baselineId": {"type": "string", "minLength": 1}}}
)


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
    api = ProcessCenter.api._replace(permission=f"{TENANT_SCOPE} and {READ_SCOPE}")
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
    api = Baselines.api._replace(permission=f"{WRITE_SCOPE} and {ProcessCenter.api.permission}")
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
