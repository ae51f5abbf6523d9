# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cloud Backup for Microsoft 365: reads jobs with the vendor's "Get job information" API."""

from __future__ import annotations

import functools
import typing as t
from urllib.parse import quote

from ansible_collections.avepoint.cloud.plugins.module_utils._answers import Api
from ansible_collections.avepoint.cloud.plugins.module_utils._client import Client
from ansible_collections.avepoint.cloud.plugins.module_utils._errors import AvePointError, InvalidInput, InvalidResponse
from ansible_collections.avepoint.cloud.plugins.module_utils._fields import COUNT, DURATION, TEXT, Field, Kind
from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import Code, Status, whole
from ansible_collections.avepoint.cloud.plugins.module_utils._lists import PagedList
from ansible_collections.avepoint.cloud.plugins.module_utils._page_index import PageIndex
from ansible_collections.avepoint.cloud.plugins.module_utils._paging import Listing, Page, read_page
from ansible_collections.avepoint.cloud.plugins.module_utils._ranged import RangedService
from ansible_collections.avepoint.cloud.plugins.module_utils._schema import ListSchema, Schema
from ansible_collections.avepoint.cloud.plugins.module_utils._text import clean
from ansible_collections.avepoint.cloud.plugins.module_utils._timed import FINISH_TIME, START_TIME

PATH = "/backup/m365/cloudbackupjobs"

SERVICES = {
    "exchange_online": 1,
    "sharepoint_online": 2,
    "onedrive": 3,
    "microsoft_365_groups": 4,
    "project_online": 5,
    "public_folder": 6,
    "teams": 7,
    "viva_engage": 8,
    "teams_chat": 9,
    "power_bi": 10,
    "power_automate": 11,
    "power_apps": 12,
}

# The data locations of Multi-Geo tenants, as the API names them.
LOCATIONS = (
    *("PrimaryGeoLocation", "NAM", "EUR", "GBR", "JPN", "APC", "AUS", "CAN", "IND", "FRA", "ARE", "ZAF", "CHE", "KOR"),
    *("DEU", "BRA", "NOR", "SWE", "QAT", "POL", "ITA", "ISR", "MEX", "NZL", "ESP", "TWN"),
)

# In a filter of the API: no restriction.
ALL = 0


def _errors(place: str, value: list) -> list[dict]:
    found = []
    for index, entry in enumerate(value):
        if not isinstance(entry, dict):
            raise InvalidResponse(f"{place}[{index}] should be of type object")
        message, url, number = (entry.get(name) for name in ("value", "url", "number"))
        found.append(
            {
                "message": None if message is None else clean(str(message)),
                "url": TEXT.read("", url) if isinstance(url, str) else None,
                "count": COUNT.read("", number) if isinstance(number, (int, float, str)) else None,
            }
        )
    return found


def _count(name: str, label: str = "", detail: str = "", failed: str = "") -> Field:
    # The vendor's table says "...Number", its sample "...Count".
    sources = (f"backupDetails.{name}Number", f"backupDetails.{name}Count")
    return Field(f"{name}_count", COUNT, sources, label, detail, failed)


class M365(RangedService):
    """The jobs of one tenant. A job in an answer has neither a type nor a service: both are known only from the request's filters."""

    name = "m365"
    title = "Microsoft 365"
    api = Api(
        name="Cloud Backup for Microsoft 365",
        permission="microsoft365backup.jobInfo.read.all",
        registration="AvePoint Online Services > App registrations",
        not_found="check region or graph_url, and that Cloud Backup for Microsoft 365 is part of the subscription",
    )
    scopes = ["microsoft365backup.jobInfo.read.all"]
    types = {1: "backup", 2: "restore", 3: "export", 4: "deletion", 5: "retention"}
    statuses = {
        1: Status("in_progress", "running"),
        2: Status("finished", "succeeded"),
        3: Status("failed", "failed"),
        4: Status("finished_with_exception", "finished_with_exception"),
        5: Status("partially_finished", "finished_with_exception"),
    }
    # Jobs have their status in words; only the status filter uses these numbers.
    status_numbers = False
    id_names = ("id",)
    type_names = ()
    status_names = ("state",)
    fields = (
        START_TIME,
        FINISH_TIME,
        Field("duration_hours", DURATION, ("duration",), label="Duration"),
        Field("service", TEXT, label="Service", detail="service"),
        _count("total", label="Objects", failed="failed_count"),
        _count("successful"),
        _count("failed", detail="objects failed"),
        _count("skipped"),
        Field("errors", Kind(("array",), _errors), ("jobErrors",), "Errors", "errors"),
    )
    options = {
        **RangedService.options,
        "service": {"type": "str", "choices": list(SERVICES)},
        "location": {"type": "str", "choices": list(LOCATIONS)},
    }
    ids_any_time = True

    def __init__(self, params: dict, client: Client, now: t.Callable[[], float]):
        super().__init__(params, client, now)
        self._page_index = PageIndex(self._key)

    @classmethod
    def check_options(cls, params: dict, now: float) -> dict:
        if {".", ".."} & set(params["job_ids"] or ()):
            raise InvalidInput("job_ids holds a dot in place of an id: give the ids that the API or its portal shows")
        return super().check_options(params, now)

    def _lists(self) -> t.Sequence[str | None]:
        """The requested job ids, one request each; else the wanted types, one list each; else one list of all types."""
        return list(self._wanted.values()) or list(dict.fromkeys(self._params["types"] or ())) or [None]

    def _paged_lists(self) -> list[PagedList]:
        if not self._wanted:
            return super()._paged_lists()
        return [
            PagedList(read_page(1, 1), functools.partial(self._fetch_job, job_id)) for job_id in self._wanted.values()
        ]

    def _read(self, paged_lists: list[PagedList], faults: list[AvePointError] | None) -> list[Listing]:
        listings = super()._read(paged_lists, faults)
        if len(self._lists()) == 1:
            return listings
        types: dict[t.Hashable, set] = {}
        for listing in listings:
            for job in listing.items:
                types.setdefault(self._key(job), set()).add(job["type"])
        for listing in listings:
            for job in listing.items:
                if len(types[self._key(job)]) > 1:  # the server ignores the type filter
                    job.update(type=None, type_id=None)
        return listings

    def _chosen(self, job: dict) -> bool:
        # Only a job that was requested by its id can be of another service.
        return super()._chosen(job) and (not self._wanted or self._fits(job, "service", ()))

    def _fetch_page(self, which: str | None, start: str, finish: str, status: Code | None, number: int) -> Page:
        ask = functools.partial(self._page_at, which, start, finish, status)
        return self._page_index.fetch((which, status), ask, number)

    def _page_at(self, job_type: str | None, start: str, finish: str, status: Code | None, index: int) -> Page:
        query = {
            "startTime": start,
            "finishTime": finish,
            "jobType": ALL if job_type is None else self.code_of(job_type),
            "objectType": SERVICES.get(self._params["service"], ALL),
            "jobState": ALL if status is None else status,
            "location": self._params["location"],
            "pageIndex": index,
            "pageSize": self._params["page_size"],
        }
        document = self._client.call("GET", PATH, ANSWER, query)
        metadata = document.get("metadata") or {}
        total = metadata.get("totalNumber")
        return Page(
            [self._job(f"data[{index}]", entry, job_type) for index, entry in enumerate(document["data"])],
            whole(metadata.get("totalCount") if total is None else total),
            more=bool(metadata["nextLink"]) if "nextLink" in metadata else None,
        )

    def _fetch_job(self, job_id: str, _number: int) -> Page:
        """A page with the job of an id; an empty page if there is no such job (404)."""
        path = f"{PATH}/{quote(job_id, safe='')}"
        try:
            document = self._client.call("GET", path, ONE, {"location": self._params["location"]})
        except AvePointError as error:
            if error.http_status != 404:
                raise
            return Page([], 0)
        return Page([self._job("data", document["data"], None)], 1)

    def _job(self, place: str, entry: dict, job_type: str | None) -> dict:
        known = {} if job_type is None else {"type": job_type, "type_id": self.code_of(job_type)}
        # A request by id has no filters, so it does not show the job's service.
        service = None if self._wanted else self._params["service"]
        return self.read_job(place, entry, service=service, **known)


_TOTAL = {"type": ["integer", "null"], "minimum": 0}

ANSWER = ListSchema(
    "data",
    M365.job_schema(),
    {
        "metadata": {
            "type": ["object", "null"],
            "properties": {"totalNumber": _TOTAL, "totalCount": _TOTAL, "nextLink": {"type": ["string", "null"]}},
        }
    },
)
ONE = Schema({"type": "object", "required": ["data"], "properties": {"data": M365.job_schema()}})
