# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the job APIs of all products have in common. A further API is one subclass in a file of its own."""

from __future__ import annotations

import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._client import Api, Client
from ansible_collections.avepoint.cloud.plugins.module_utils._crawl import Crawl, crawl
from ansible_collections.avepoint.cloud.plugins.module_utils._errors import AvePointError, InvalidInput, NotFound
from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import Status, Vocabulary, same_id, summarize, worse
from ansible_collections.avepoint.cloud.plugins.module_utils._paging import Listing, Page, Pages, read_all, read_page


class Look(t.NamedTuple):
    """The chosen jobs at one moment, and how that relates to what the server has."""

    jobs: list[dict]
    missing: list[str]
    total_count: int
    truncated: bool


class Endpoint:
    """An API as those see it who only have to reach it."""

    api: t.ClassVar[Api]
    scopes: t.ClassVar[list[str]]
    page_size: t.ClassVar[int]
    #: Whether commercial tenants are served at one address without a data centre in it.
    single_endpoint: t.ClassVar[bool] = False
    #: Pages larger than this are refused by the server.
    largest_page: t.ClassVar[int | None] = None


class Service(Endpoint):
    """One job API.

    A subclass sets the class attributes, and implements :meth:`_crawls` (and :meth:`check` where it has options of
    its own). ``params`` are the module's options with their defaults; ``now`` is seconds since the epoch.
    """

    types: t.ClassVar[dict[int, str]]
    statuses: t.ClassVar[dict[int, Status]]
    #: The options that this API alone has, as an argument spec.
    options: t.ClassVar[dict[str, dict]]
    #: Which of several APIs answered, where there is more than one.
    answered_by: str | None = None

    def __init__(self, params: dict, client: Client, now: t.Callable[[], float]):
        self._params = params
        self._client = client
        self._now = now
        self._wanted = {same_id(job_id): job_id for job_id in params["job_ids"] or ()}
        self._open: dict[t.Hashable, dict] = {}
        self.vocabulary = Vocabulary(self.types, self.statuses)

    @classmethod
    def check(cls, params: dict, now: float) -> None:
        """Refuses options that cannot work, before any request.

        :raises InvalidInput: naming the option and what is allowed.
        """

    def _crawls(self) -> list[Crawl]:
        """What has to be read for one look."""
        raise NotImplementedError

    @classmethod
    def summary(cls, look: Look) -> dict:
        """The ``summary`` return value."""
        return summarize(look.jobs, look.missing)

    def look(self, faults: list[AvePointError] | None = None) -> Look:
        """The chosen jobs as they are now.

        A job that an earlier look saw unfinished stays in the answer, as it was last seen, until it is seen again:
        what drops out of a list must not count as finished. With ``faults``, a list of several that cannot be read is
        left out, and its error appended there.

        :raises AvePointError: when they cannot be read completely.
        """
        listings = self._read(self._crawls(), faults)
        jobs: dict[t.Hashable, dict] = {}
        for listing in listings:
            for job in listing.items:
                if self._chosen(job):
                    jobs.setdefault(self._key(job), job)
        for key, job in self._open.items():
            jobs.setdefault(key, job)
        limit = self._params["limit"]
        chosen = list(jobs.values())[:limit]
        if self._params["wait"]:
            self._open = {self._key(job): job for job in chosen if not job["finished"]}
        found = {same_id(job["job_id"]) for job in chosen}
        return Look(
            chosen,
            [job_id for key, job_id in self._wanted.items() if key not in found],
            self._total(listings),
            len(chosen) < len(jobs) or any(listing.truncated for listing in listings),
        )

    def _read(self, crawls: list[Crawl], faults: list[AvePointError] | None) -> list[Listing]:
        return crawl(crawls, self._params["max_concurrency"], self._client.interrupted, faults)

    def _total(self, listings: list[Listing]) -> int:
        return sum(listing.total for listing in listings)

    def _pages(self) -> Pages:
        if self._params["page"] is not None:
            return read_page(self._params["page"], self._params["page_size"])
        return read_all(self._params["page_size"], self._key, worse, self._params["limit"], self._chosen)

    @staticmethod
    def _key(job: dict) -> t.Hashable:
        """What makes a job one job."""
        return same_id(job["job_id"])

    def _chosen(self, job: dict) -> bool:
        """Whether the options ask for this job: what the server filtered is filtered here once more."""
        for wanted, name in ((self._params["types"], "type"), (self._params["states"], "state")):
            if wanted and job[name] not in wanted:
                return False
        return not self._wanted or same_id(job["job_id"]) in self._wanted

    def _past_the_end(self, number: int, fetch: t.Callable[[int], Page]) -> Page:
        """The page, or its refusal: some servers refuse a number behind the last page."""
        try:
            return fetch(number)
        except (InvalidInput, NotFound) as error:
            if number == 1:
                raise
            return Page([], refusal=error)
