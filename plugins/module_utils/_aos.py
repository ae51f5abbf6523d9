# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Scans of AvePoint Online Services: the vendor's "Get scan jobs"."""

from __future__ import annotations

import datetime
import functools
import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._answers import Api
from ansible_collections.avepoint.cloud.plugins.module_utils._client import Client
from ansible_collections.avepoint.cloud.plugins.module_utils._fields import TEXT, Field, named
from ansible_collections.avepoint.cloud.plugins.module_utils._iso8601 import parse_time
from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import Code, Status, whole
from ansible_collections.avepoint.cloud.plugins.module_utils._paging import Listing, Page
from ansible_collections.avepoint.cloud.plugins.module_utils._ranged import RangedService, is_time
from ansible_collections.avepoint.cloud.plugins.module_utils._schema import EitherListSchema, ListSchema
from ansible_collections.avepoint.cloud.plugins.module_utils._timed import FINISH_TIME, START_TIME

PATH = "/aos/jobs"

CATEGORIES = {"microsoft_365": 0, "power_platform": 1, "active_directory": 2, "google": 3}

NEWEST_FIRST = 1


class Aos(RangedService):
    """The scans of one tenant.

    The server can filter only by job id. So the list is read from the newest job back to jobs that began ``LONGEST_RUN``
    before the range.
    """

    name = "aos"
    title = "AvePoint Online Services"
    api = Api(
        name="AvePoint Online Services",
        permission="autodiscovery.readwrite.all",
        registration="AvePoint Online Services > App registrations",
        not_found="check region or graph_url",
    )
    scopes = ["autodiscovery.readwrite.all"]
    types = {0: "scan", 10: "google_scan", 11: "batch_import"}
    type_words = {0: "scan of Microsoft 365 or Power Platform"}
    statuses = {
        1: Status("running", "running"),
        2: Status("finished", "succeeded"),
        3: Status("failed", "failed"),
        4: Status("finished_with_exception", "finished_with_exception"),
        5: Status("skipped", "skipped"),
        10: Status("stopped", "stopped"),
    }
    id_names = ("id",)
    status_names = ("state",)
    fields = (
        START_TIME,
        FINISH_TIME,
        Field("scan_profile", TEXT, ("scanProfileName",), "Scan profile", "scan profile"),
        Field("category", named(CATEGORIES), ("category",), "Category"),
    )
    largest_page = 1000
    filters_status = False
    ids_any_time = True

    def __init__(self, params: dict, client: Client, now: t.Callable[[], float]):
        super().__init__(params, client, now)
        #: By list and page number: how many jobs precede the page.
        self._before: dict[tuple[str | None, int], int] = {}

    def _lists(self) -> t.Sequence[str | None]:
        """The job ids to search for, one list each; a single None for the list of all jobs.

        The server may compare ids with regard to case: they are also searched for in lower case, as it prints them.
        """
        wanted = self._wanted.values()
        return list(dict.fromkeys(form for job_id in wanted for form in (job_id, job_id.lower()))) or [None]

    def _far_enough(self, start: datetime.datetime) -> t.Callable[[list[dict]], bool]:
        return functools.partial(_reach_back, None if self._wanted else start)

    def _fetch_page(self, which: str | None, _start: str, _finish: str, _status: Code | None, number: int) -> Page:
        size = self._params["page_size"]
        # Pages are read one at a time, so the jobs before this page are counted, even if the server caps the page size.
        skip = self._before.get((which, number), (number - 1) * size)
        query = {"top": size, "skip": skip, "orderby": "startTime", "sortorder": NEWEST_FIRST, "search": which}
        document = self._client.call("GET", PATH, ANSWER, query)
        name = ANSWER.name_in(document)
        jobs = self.read_jobs(name, document[name])
        self._before[which, number + 1] = skip + len(jobs)
        return Page(jobs, whole(document.get("totalCount")))

    def _total(self, listings: list[Listing]) -> int:
        if self._wanted:  # one job can be found by several searches
            return len({self._key(job) for listing in listings for job in listing.items})
        return super()._total(listings)


def _reach_back(start: datetime.datetime | None, jobs: list[dict]) -> bool:
    """Whether the last of ``jobs`` began before ``start``, and they are sorted newest first, as requested; False without ``start``.

    A last job without a plausible time does not show how far back the list was read. Jobs without a time that the server sorts
    last are not read, just as a server that filters by range does not list them: each poll would have to read the whole list.
    """
    if start is None or not jobs or not jobs[-1]["start_time"]:
        return False
    last_start = parse_time(jobs[-1]["start_time"])
    if last_start >= start or not is_time(last_start):
        return False
    times = [parse_time(job["start_time"]) for job in jobs if job["start_time"]]
    return times[0] > times[-1] and all(newer >= older for newer, older in zip(times, times[1:]))


_PROPERTIES = {"totalCount": {"type": ["integer", "null"], "minimum": 0}}

# The vendor does not document which of these names the list has.
ANSWER = EitherListSchema(*(ListSchema(name, Aos.job_schema(), _PROPERTIES) for name in ("data", "jobs")))
