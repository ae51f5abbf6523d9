# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""AvePoint Opus: the vendor's "Get restore job status". The API has no lists: each job is requested by its id."""

from __future__ import annotations

import functools

from ansible_collections.avepoint.cloud.plugins.module_utils._answers import Api
from ansible_collections.avepoint.cloud.plugins.module_utils._errors import InvalidInput
from ansible_collections.avepoint.cloud.plugins.module_utils._fields import NUMBER, Field
from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import Status
from ansible_collections.avepoint.cloud.plugins.module_utils._lists import PagedList
from ansible_collections.avepoint.cloud.plugins.module_utils._paging import Page, read_page
from ansible_collections.avepoint.cloud.plugins.module_utils._schema import Schema
from ansible_collections.avepoint.cloud.plugins.module_utils._text import clean
from ansible_collections.avepoint.cloud.plugins.module_utils._timed import FINISH_TIME, START_TIME, TimedService

PATH = "/api/restore/GetRestoreJobStatus"


class Opus(TimedService):
    """Restore jobs of one AvePoint tenant.

    Only the status shows whether a job has finished: the vendor's sample is a finished job with 75 percent and no finish time.
    """

    name = "opus"
    title = "Opus"
    api = Api(
        name="AvePoint Opus",
        permission="records.readwrite.all",
        registration="AvePoint Online Services > App registrations",
        not_found="check region or graph_url, and that AvePoint Opus is part of your subscription",
    )
    scopes = ["records.readwrite.all"]
    types = {"restore": "restore"}
    statuses = {
        -1: Status("none", "unknown"),
        0: Status("waiting", "waiting"),
        1: Status("in_progress", "running"),
        2: Status("finished", "succeeded"),
        3: Status("failed", "failed"),
        4: Status("finished_with_exception", "finished_with_exception"),
        5: Status("stopped", "stopped"),
        6: Status("skipped", "skipped"),
        7: Status("stopping", "running"),
        8: Status("calculating", "waiting"),
        9: Status("pending", "waiting"),
        10: Status("timed_out", "failed"),
    }
    id_names = ("id",)
    type_names = ()
    fields = (START_TIME, FINISH_TIME, Field("progress", NUMBER, ("progress",)))
    without = frozenset(("types", "page", "page_size", "limit"))

    @classmethod
    def check_options(cls, params: dict, now: float) -> dict:
        if not params["job_ids"]:
            raise InvalidInput("job_ids is needed: AvePoint Opus lists no jobs, so name at least one")
        return super().check_options(params, now)

    @classmethod
    def probe_params(cls) -> dict:
        # For an id that no job has, the API answers with status 200, but only if access is permitted.
        return {"job_ids": ["00000000-0000-4000-8000-000000000000"]}

    def _paged_lists(self) -> list[PagedList]:
        wanted = self._wanted.values()
        return [
            PagedList(
                read_page(1, 1), functools.partial(self._fetch_job, job_id), f"job {job_id}" if len(wanted) > 1 else ""
            )
            for job_id in wanted
        ]

    def _fetch_job(self, job_id: str, _number: int) -> Page:
        """A page with the job of an id; an empty page if there is no such job (status 200 with ``success: false``)."""
        document = self._client.call("GET", PATH, ANSWER, {"jobId": job_id})
        if not document["success"]:
            message = clean(str(document.get("message") or "no reason"), 200)
            self._doubts.setdefault(f'AvePoint Opus does not have these jobs (it said "{message}")', {})[job_id] = None
            return Page([], 0)
        return Page([self.read_job("job", document["job"], type=self.types["restore"])], 1)


ANSWER = Schema(
    {
        "type": "object",
        "required": ["success"],
        "properties": {"success": {"type": "boolean"}},
        "if": {"properties": {"success": {"const": True}}},
        "then": {"required": ["job"], "properties": {"job": Opus.job_schema()}},
    }
)
