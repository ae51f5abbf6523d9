# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cloud Backup for Dynamics 365: the vendor's "Gets job information" (v1) and its successor in the Graph API."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._answers import Api
from ansible_collections.avepoint.cloud.plugins.module_utils._errors import AvePointError, InvalidInput
from ansible_collections.avepoint.cloud.plugins.module_utils._fields import BYTES, HOURS, TEXT, WHOLE, Field
from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import Code, Status, whole
from ansible_collections.avepoint.cloud.plugins.module_utils._paging import Page
from ansible_collections.avepoint.cloud.plugins.module_utils._ranged import RangedService
from ansible_collections.avepoint.cloud.plugins.module_utils._schema import EitherListSchema, ListSchema
from ansible_collections.avepoint.cloud.plugins.module_utils._service import Snapshot
from ansible_collections.avepoint.cloud.plugins.module_utils._timed import FINISH_TIME, START_TIME

V1_PATH = "/api/OpenApi/GetJobs"
GRAPH_PATH = "/dynamicsbackup/jobs"

FIELDS = (
    Field("module", TEXT, ("module",), under="Organization"),
    START_TIME,
    FINISH_TIME,
    Field("duration_hours", HOURS, ("durationHours",), "Duration"),
    Field("successful_entity", WHOLE, ("successfulEntity",)),
    Field("failed_entity", WHOLE, ("failedEntity",), detail="entities failed"),
    Field("skipped_entity", WHOLE, ("skippedEntity",)),
    Field("warning_entity", WHOLE, ("warningEntity",)),
    Field("total_entity", WHOLE, ("totalEntity",), "Entities", failed="failed_entity"),
    Field("successful_record", WHOLE, ("successfulRecord",)),
    Field("failed_record", WHOLE, ("failedRecord",), detail="records failed"),
    Field("skipped_record", WHOLE, ("skippedRecord",)),
    Field("warning_record", WHOLE, ("warningRecord",)),
    Field("total_record", WHOLE, ("totalRecord",), "Records", failed="failed_record"),
    Field("backup_size", BYTES, ("backupSize",), "Size"),
    Field("organization_name", TEXT, ("organizationName",), "Organization", "organization", owner=True),
    Field("organization_id", TEXT, ("organizationId",), "Organization", "organization", owner=True),
)

TYPES = {1: "backup", 2: "restore", 4: "dry_run", 8: "retention", 16: "audit_backup", 32: "export"}

IN_PROGRESS = 2

STATUSES = {
    IN_PROGRESS: Status("in_progress", "running"),
    3: Status("finished", "succeeded"),
    4: Status("failed", "failed"),
    7: Status("finished_with_exception", "finished_with_exception"),
}

# Filter values for the type: 0 is all types; only the Graph API knows 32.
ALL_TYPES = 0
V1_TYPES = frozenset((1, 2, 4, 8, 16))

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.ASCII | re.IGNORECASE)


class Dynamics365(RangedService):
    """The jobs of one AvePoint tenant, from v1, or from the Graph API if the server has no v1."""

    name = "d365"
    title = "Dynamics 365"
    api = Api(
        name="Cloud Backup for Dynamics 365",
        permission="Dynamics.ReadWrite.All",
        registration="AvePoint Online Services > App registrations",
        not_found="one of its two APIs may not be served there, so set api: graph (or api: auto) and leave object_type out, which v1 "
        "alone knows, and check region or graph_url",
    )
    scopes = ["Dynamics.ReadWrite.All"]
    types = TYPES
    statuses = STATUSES
    fields = FIELDS
    options = {
        **RangedService.options,
        "organization_id": {"type": "str"},
        "object_type": {"type": "int"},
        "api": {"type": "str", "default": "auto", "choices": ["auto", "v1", "graph"]},
    }
    page_size = 50

    def __init__(self, params: dict, client: t.Any, now: t.Callable[[], float]):
        super().__init__(params, client, now)
        #: Whether v1 has answered, so that it certainly exists.
        self._v1_answers = False
        self.answered_by = None if params["api"] == "auto" else params["api"]

    @classmethod
    def check_options(cls, params: dict, now: float) -> dict:
        params = super().check_options(params, now)
        organization_id = (params["organization_id"] or "").strip() or None
        if organization_id and not _GUID.match(organization_id):
            raise InvalidInput("organization_id must be a GUID, such as 00000000-0000-0000-0000-000000000000")
        if params["object_type"] is not None and params["api"] == "graph":
            raise InvalidInput("object_type is known to api: v1 only: leave it out, or set api: v1")
        return {**params, "organization_id": organization_id}

    def poll(self, faults: list[AvePointError] | None = None) -> Snapshot:
        if self.answered_by is not None:
            return super().poll()
        self.answered_by = "v1"
        try:
            return super().poll()
        except AvePointError as error:
            # The Graph API cannot filter by object type, so it does not replace v1 if that is wanted. Once v1 has answered, it
            # exists, and a later error is no reason to use the Graph API.
            absent = error.http_status in (404, 405, 501) and not self._v1_answers
            if not absent or self._params["object_type"] is not None:
                self.answered_by = "v1" if self._v1_answers or not error.transient else None
                raise
        self.answered_by = "graph"
        return super().poll()

    def _chosen(self, job: dict) -> bool:
        if not super()._chosen(job):
            return False
        wanted, owner = self._params["organization_id"], job["organization_id"]
        if wanted and owner and _guid(owner) != _guid(wanted):
            if _guid(owner):
                return False
            self._doubt(
                "The organization of these jobs is no GUID to compare with organization_id, so they are among the jobs",
                job,
            )
        return True

    def _fetch_page(self, _which: None, start: str, finish: str, status: Code | None, number: int) -> Page:
        fetch = self._graph_page if self.answered_by == "graph" else self._v1_page
        return fetch(start, finish, status, number)

    def _v1_page(self, start: str, finish: str, status: Code | None, number: int) -> Page:
        body = {
            "pageInfo": {"currentPage": number, "pageSize": self._params["page_size"]},
            "type": self._type_filter(V1_TYPES),
            "startTime": start,
            "endTime": finish,
            "status": status,
            "organizationId": self._params["organization_id"],
            "objectType": self._params["object_type"],
        }
        # The vendor's schema allows no other property; options that are not set are left out.
        document = self._client.call(
            "POST", V1_PATH, ANSWER, body={name: value for name, value in body.items() if value is not None}
        )
        self._v1_answers = True
        return self._page_of(document)

    def _graph_page(self, start: str, finish: str, status: Code | None, number: int) -> Page:
        query = {
            "pageIndex": number,
            "pageSize": self._params["page_size"],
            "type": self._type_filter(frozenset(TYPES)),
            "startTime": start,
            "finishTime": finish,
            "status": status,
            "organizationId": self._params["organization_id"],
        }
        return self._page_of(
            self._client.call(
                "GET", GRAPH_PATH, ANSWER, {name: value for name, value in query.items() if value is not None}
            )
        )

    def _type_filter(self, known: frozenset[int]) -> int:
        """The code for the type filter: the wanted type if it is only one and among ``known``, else 0 for all types."""
        wanted = [number for number, name in TYPES.items() if name in (self._params["types"] or ())]
        return wanted[0] if len(wanted) == 1 and wanted[0] in known else ALL_TYPES

    def _page_of(self, document: dict) -> Page:
        form = ANSWER.name_in(document)
        jobs = self.read_jobs(form, document[form])
        total = document.get("totalNumber" if form == "result" else "totalCount")
        size = document.get("pageSize") if form == "jobs" else None
        return Page(jobs, whole(total), whole(size))


def _guid(text: str) -> str | None:
    """A GUID as 32 hexadecimal digits, for comparison; None for other texts, and for all zeros, which stand for no GUID."""
    digits = re.sub(r"[\s{}()-]", "", text, flags=re.ASCII).lower()
    return digits if re.fullmatch(r"(?!0{32})[0-9a-f]{32}", digits, re.ASCII) else None


_TOTAL = {"type": ["integer", "null"], "minimum": 0}

ANSWER = EitherListSchema(
    ListSchema("result", Dynamics365.job_schema(), {"totalNumber": _TOTAL}),
    ListSchema("jobs", Dynamics365.job_schema(), {"totalCount": _TOTAL, "pageSize": {"type": ["integer", "null"]}}),
)
