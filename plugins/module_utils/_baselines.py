# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The list of baselines of Baseline Management (AvePoint Elements)."""

from __future__ import annotations

import functools
import typing as t
from urllib.parse import quote

from ansible_collections.avepoint.cloud.plugins.module_utils._answers import Api
from ansible_collections.avepoint.cloud.plugins.module_utils._client import Client
from ansible_collections.avepoint.cloud.plugins.module_utils._errors import AvePointError
from ansible_collections.avepoint.cloud.plugins.module_utils._fields import TEXT
from ansible_collections.avepoint.cloud.plugins.module_utils._iso8601 import job_time
from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import Status, Vocabulary, same_id, whole
from ansible_collections.avepoint.cloud.plugins.module_utils._lists import PagedList, read_lists
from ansible_collections.avepoint.cloud.plugins.module_utils._paging import Page, read_all
from ansible_collections.avepoint.cloud.plugins.module_utils._process_center import METADATA, ProcessCenter
from ansible_collections.avepoint.cloud.plugins.module_utils._product import Endpoint
from ansible_collections.avepoint.cloud.plugins.module_utils._schema import ListSchema
from ansible_collections.avepoint.cloud.plugins.module_utils._service import name_contract, page_or_refusal
from ansible_collections.avepoint.cloud.plugins.module_utils._text import clean

PATH = "/partner/external/v3/bm/baselines"

READ_SCOPE = "elements.bm.baseline.read.all"
WRITE_SCOPE = "elements.bm.baseline.readwrite.all"

# The statuses of a baseline, with the state that each means for a wait. A draft does not change by itself, and cannot be used.
STATUSES = {
    1: Status("retrieving_settings", "running"),
    2: Status("unused", "succeeded"),
    3: Status("active", "succeeded"),
    4: Status("settings_retrieval_failed", "failed"),
    5: Status("retrieved_with_exception", "finished_with_exception"),
    6: Status("draft", "stopped"),
}

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
