# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cloud Backup for Salesforce: the vendor's "Get jobs"."""

from __future__ import annotations

import functools
import re
import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._answers import Api
from ansible_collections.avepoint.cloud.plugins.module_utils._client import Client
from ansible_collections.avepoint.cloud.plugins.module_utils._fields import COUNT, KILOBYTES, TEXT, Field
from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import Code, Status, whole
from ansible_collections.avepoint.cloud.plugins.module_utils._page_index import PageIndex
from ansible_collections.avepoint.cloud.plugins.module_utils._paging import Page
from ansible_collections.avepoint.cloud.plugins.module_utils._ranged import RangedService
from ansible_collections.avepoint.cloud.plugins.module_utils._schema import ListSchema
from ansible_collections.avepoint.cloud.plugins.module_utils._timed import FINISH_TIME, START_TIME

PATH = "/backup/sfbapi/jobs"

LEVELS = {"organization": 1, "object": 2, "record": 3, "field": 4, "metadata": 5}

# In a filter: any type, status or level. No job has this value.
ALL = 0

# A Salesforce id has 15 characters. Its longer form has 3 more, which say which letters are upper case.
_SALESFORCE_ID = re.compile(r"([a-z0-9]{15})(?:[a-z0-9]{3})?\Z", re.ASCII | re.IGNORECASE)


class Salesforce(RangedService):
    """The jobs of one AvePoint tenant."""

    name = "salesforce"
    title = "Salesforce"
    api = Api(
        name="Cloud Backup for Salesforce",
        permission="salesforce.public.read.all",
        registration="AvePoint Online Services > App registrations",
        not_found="check region or graph_url, and that Cloud Backup for Salesforce is part of your subscription",
    )
    scopes = ["salesforce.public.read.all"]
    types = {
        1: "backup",
        2: "on_demand_backup",
        3: "restore",
        4: "pre_restore",
        5: "compare",
        6: "archive",
        7: "simulation",
        8: "inactive_data_analysis",
        9: "retention",
        10: "discovery",
        11: "backup_export",
        12: "on_demand_export",
        13: "auto_export",
        14: "data_cleanup",
        15: "sandbox_seeding",
        16: "generate_recovery_point",
        17: "continuous_data_protection",
        18: "data_service",
        19: "on_demand_data_service",
        20: "audit_log_backup",
        21: "audit_log_export",
        22: "audit_log_auto_export",
    }
    statuses = {
        1: Status("in_progress", "running"),
        2: Status("finished", "succeeded"),
        3: Status("finished_with_exception", "finished_with_exception"),
        4: Status("failed", "failed"),
        5: Status("paused", "waiting"),
        6: Status("stopped", "stopped"),
        7: Status("skipped", "skipped"),
    }
    # The vendor's sample has a number as the id, and "state" instead of the table's "status".
    id_types = ("string", "integer")
    status_names = ("status", "state")
    fields = (
        START_TIME,
        FINISH_TIME,
        Field("organization_id", TEXT, ("organizationId",), "Organization", "organization"),
        Field("total_records", COUNT, ("totalRecords",), "Records", failed="failed_records"),
        Field("successful_records", COUNT, ("successfulRecords",)),
        Field("failed_records", COUNT, ("failedRecords",), detail="records failed"),
        Field("skipped_records", COUNT, ("skippedRecords",)),
        Field("total_objects", COUNT, ("totalObjects",), "Objects", failed="failed_objects"),
        Field("successful_objects", COUNT, ("successfulObjects",)),
        Field("failed_objects", COUNT, ("failedObjects",), detail="objects failed"),
        Field("skipped_objects", COUNT, ("skippedObjects",)),
        Field("total_metadata", COUNT, ("totalMetadata",), "Metadata", failed="failed_metadata"),
        Field("successful_metadata", COUNT, ("successfulMetadata",)),
        Field("failed_metadata", COUNT, ("failedMetadata",), detail="metadata failed"),
        Field("data_size", KILOBYTES, ("dataSize",), "Size"),
        Field("api_calls", COUNT, ("apiCalls",)),
    )
    options = {
        **RangedService.options,
        "organization_id": {"type": "str"},
        "level": {"type": "str", "choices": list(LEVELS)},
    }

    def __init__(self, params: dict, client: Client, now: t.Callable[[], float]):
        super().__init__(params, client, now)
        self._page_index = PageIndex(self._key)

    @classmethod
    def check_options(cls, params: dict, now: float) -> dict:
        return super().check_options(
            {**params, "organization_id": (params["organization_id"] or "").strip() or None}, now
        )

    def _fetch_page(self, _which: None, start: str, finish: str, status: Code | None, number: int) -> Page:
        return self._page_index.fetch((start, status), functools.partial(self._page_at, start, finish, status), number)

    def _page_at(self, start: str, finish: str, status: Code | None, index: int) -> Page:
        query = {
            "pageIndex": index,
            "pageSize": self._params["page_size"],
            "startTime": start,
            "finishTime": finish,
            "type": self.type_filter() or ALL,
            "status": status or ALL,
            "level": LEVELS.get(self._params["level"], ALL),
        }
        if self._params["organization_id"]:
            query["organizationId"] = self._params["organization_id"]
        document = self._client.call("GET", PATH, ANSWER, query)
        data = document["data"]
        jobs = self.read_jobs("data.jobs", data["jobs"])
        more = bool(data["nextLink"]) if "nextLink" in data else None
        return Page(jobs, whole(data.get("totalCount")), more=more)

    def _chosen(self, job: dict) -> bool:
        if not super()._chosen(job):
            return False
        wanted, owner = self._params["organization_id"], job["organization_id"]
        if not wanted or not owner:
            return True
        owner_id, wanted_id = (_SALESFORCE_ID.match(text) for text in (owner, wanted))
        if owner_id and wanted_id:
            return _equal_without_case(owner_id[1], wanted_id[1])
        if not _equal_without_case(owner, wanted):
            self._doubt(
                "The organization of these jobs is written in another form than organization_id, so they are among the jobs",
                job,
            )
        return True


def _equal_without_case(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()


ANSWER = ListSchema(
    "data.jobs",
    Salesforce.job_schema(),
    {"totalCount": {"type": ["integer", "null"], "minimum": 0}, "nextLink": {"type": ["string", "null"]}},
)
