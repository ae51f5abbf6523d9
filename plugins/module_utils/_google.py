# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cloud Backup for Google Workspace: the vendor's "Get jobs"."""

from __future__ import annotations

import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._answers import Api
from ansible_collections.avepoint.cloud.plugins.module_utils._client import Client
from ansible_collections.avepoint.cloud.plugins.module_utils._errors import InvalidInput
from ansible_collections.avepoint.cloud.plugins.module_utils._fields import NUMBER, TEXT, Field, named
from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import Code, Status
from ansible_collections.avepoint.cloud.plugins.module_utils._paging import Page
from ansible_collections.avepoint.cloud.plugins.module_utils._ranged import RangedService
from ansible_collections.avepoint.cloud.plugins.module_utils._schema import ListSchema
from ansible_collections.avepoint.cloud.plugins.module_utils._timed import FINISH_TIME, START_TIME

PATH = "/backup/google/admin/jobs"

SERVICES = {
    "gmail": 1,
    "drive": 2,
    "calendar": 4,
    "contacts": 8,
    "shared_drives": 64,
    "classroom": 128,
    "users": 256,
    "groups": 512,
    "chat": 4096,
    "gmail_vault": 8192,
    "drive_vault": 16384,
    "shared_drives_vault": 32768,
}

DATA_SOURCES = {"admin": 1, "recenter": 2}


class Google(RangedService):
    """The jobs of one tenant. The API sends no total: the last page is short or empty, and has no link to a next page."""

    name = "google"
    title = "Google Workspace"
    api = Api(
        name="Cloud Backup for Google Workspace",
        permission="gsuite.graph.read.all",
        registration="AvePoint Online Services > App registrations",
        not_found="check region or graph_url, and that Cloud Backup for Google Workspace is part of the subscription",
    )
    scopes = ["gsuite.graph.read.all"]
    types = {1: "backup", 2: "restore", 3: "export", 4: "deletion", 5: "retention", 6: "generate_report"}
    type_words = {4: "delete"}
    statuses = {
        0: Status("in_progress", "running"),
        2: Status("finished", "succeeded"),
        3: Status("failed", "failed"),
        7: Status("finished_with_exception", "finished_with_exception"),
    }
    type_names = ("jobType",)
    fields = (
        START_TIME,
        FINISH_TIME,
        Field("service", named(SERVICES), ("appType",), "Service", "service"),
        Field("data_source", named(DATA_SOURCES), ("dataSource",)),
        Field("progress", NUMBER, ("progress",)),
        Field("operator", TEXT, ("operator",), "Operator"),
    )
    options = {
        **RangedService.options,
        "service": {"type": "str", "choices": list(SERVICES)},
        "data_source": {"type": "str", "default": "admin", "choices": list(DATA_SOURCES)},
    }

    def __init__(self, params: dict, client: Client, now: t.Callable[[], float]):
        super().__init__(params, client, now)
        #: How the server spells the names of parameters: as the vendor's table, or as its sample.
        self._spelling = _as_in_table

    def _chosen(self, job: dict) -> bool:
        filters = (("service", SERVICES), ("data_source", DATA_SOURCES))
        return super()._chosen(job) and all(self._fits(job, name, numbers) for name, numbers in filters)

    def _fetch_page(self, _which: None, start: str, finish: str, status: Code | None, number: int) -> Page:
        query = {
            "dataSource": DATA_SOURCES[self._params["data_source"]],
            "appType": SERVICES.get(self._params["service"]),
            "jobType": self.type_filter(),
            "startTime": start,
            "finishTime": finish,
            "jobStatus": status,
            "pageIndex": number - 1,
            "pageSize": self._params["page_size"],
        }
        document = self._query(query)
        jobs = self.read_jobs("jobs", document["jobs"])
        # nextLink is an opaque token, absent or empty on the last page.
        return Page(jobs, more=bool(document.get("nextLink")))

    def _query(self, query: dict) -> dict:
        """The answer to a query, with parameters named as in the vendor's table, or as in its sample if the server refuses that."""
        spelling = self._spelling
        try:
            return self._client.call("GET", PATH, ANSWER, {spelling(name): value for name, value in query.items()})
        except InvalidInput as error:
            if spelling is _as_in_sample or error.http_status != 400 or not any(name in str(error) for name in query):
                raise
            document = self._client.call("GET", PATH, ANSWER, {_as_in_sample(name): query[name] for name in query})
            self._spelling = _as_in_sample
            return document


def _as_in_table(name: str) -> str:
    return name


def _as_in_sample(name: str) -> str:
    return "status" if name == "jobStatus" else name.lower()


ANSWER = ListSchema("jobs", Google.job_schema(), {"nextLink": {"type": ["string", "null"]}})
