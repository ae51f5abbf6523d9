# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the job APIs of all products have in common. A further API is one subclass in a file of its own."""

from __future__ import annotations

import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._client import Api, Client
from ansible_collections.avepoint.cloud.plugins.module_utils._crawl import Crawl, crawl
from ansible_collections.avepoint.cloud.plugins.module_utils._errors import AvePointError, InvalidResponse
from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import (
    CLOCK_SKEW,
    UNKNOWN,
    Status,
    Vocabulary,
    described,
    same_id,
    summarize,
    worse,
)
from ansible_collections.avepoint.cloud.plugins.module_utils._paging import Listing, Page, Pages, read_all, read_page

# Jobs that a warning names before it only counts them.
NAMED = 10

# Readings of the lists before clocks that do not agree with each other are given up.
CLOCKS = 3


class Look(t.NamedTuple):
    """The chosen jobs at one moment, and how that relates to what the server has."""

    jobs: list[dict]
    missing: list[str]
    total_count: int
    truncated: bool


def page_or_refusal(fetch: t.Callable[[int], Page], number: int) -> Page:
    """The page of a number, or its refusal with 400 or 404, which some servers have for a number behind the last page."""
    try:
        return fetch(number)
    except AvePointError as error:
        if number == 1 or error.http_status not in (400, 404):
            raise
        return Page([], refusal=error)


def name_contract(api: Api, error: AvePointError) -> None:
    """Says whose contract it is that ``error`` finds broken, where that came out only over several answers."""
    if isinstance(error, InvalidResponse) and error.http_status is None:
        error.args = (f"{api.name} broke its contract: {error}; report it to AvePoint if it lasts",)
        error.http_status = 200


class Endpoint:
    """An API as those see it who only have to reach it."""

    api: t.ClassVar[Api]
    scopes: t.ClassVar[list[str]]
    #: Whether commercial tenants are served at one address without a data center in it.
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
    #: Whether the API has numbers for its statuses; else it sends their names alone.
    status_numbers: t.ClassVar[bool] = True
    #: Whether its jobs say when they began and finished.
    has_times: t.ClassVar[bool] = True
    #: How many jobs are asked for at once by default.
    page_size: t.ClassVar[int]
    #: The options that this API alone has, as an argument spec.
    options: t.ClassVar[dict[str, dict]]
    #: Which of several APIs answered, where there is more than one.
    answered_by: str | None = None

    def __init__(self, params: dict, client: Client, now: t.Callable[[], float]):
        self._params = params
        self._client = client
        self._now = now
        #: Seconds by which the server's clock is taken to be ahead.
        self._offset = 0.0
        #: Whether a look has been read, so that what it was asked by stays.
        self._settled = False
        #: What the last look could not make out, by what to say of it: the jobs, as messages name them.
        self._doubts: dict[str, dict[str, None]] = {}
        self._wanted = {same_id(job_id): job_id for job_id in params["job_ids"] or ()}
        #: What earlier looks of a wait have chosen, as last seen.
        self._seen: dict[t.Hashable, dict] = {}
        self.vocabulary = Vocabulary(self.types, self.statuses)

    @classmethod
    def check(cls, params: dict, now: float) -> None:
        """Refuses options that cannot work, before any request.

        :raises InvalidInput: naming the option and what is allowed.
        """

    def _crawls(self) -> list[Crawl]:
        """What has to be read for one look."""
        raise NotImplementedError

    def warnings(self) -> list[str]:
        """What whoever reads the jobs has to know besides, a sentence each."""
        found = []
        if self.vocabulary.unknown:
            values = ", ".join(f"{field} {value}" for field, value in list(self.vocabulary.unknown)[:5])
            found.append(
                f"{self.api.name} answered with values that are not documented ({values}): the jobs have them as unknown, and "
                "an unknown status never counts as finished; please report this to the collection's issue tracker."
            )
        for what, jobs in self._doubts.items():
            names = list(jobs)
            more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
            found.append(f"{what}: {', '.join(names[:NAMED])}{more}.")
        skew = self._client.skew or 0.0
        if self.has_times and abs(skew) > CLOCK_SKEW.total_seconds():
            found.append(
                f"The clock of this machine is {round(abs(skew) / 60)} minutes {'behind' if skew > 0 else 'ahead of'} "
                f"that of {self.api.name}, whose time was taken instead: set the clock of this machine, best by NTP."
            )
        return found

    @classmethod
    def summary(cls, look: Look) -> dict:
        """The ``summary`` return value."""
        return summarize(look.jobs, look.missing)

    def look(self, faults: list[AvePointError] | None = None) -> Look:
        """The chosen jobs as they are now.

        What an earlier look of a wait has chosen stays in the answer, as it was last seen: what drops out of a list must
        neither count as finished nor take its failure with it, and newer jobs do not take its place within ``limit``.
        With ``faults``, a list of several that cannot be read is left out, and its error appended there.

        :raises AvePointError: when they cannot be read completely; with ``faults``, when no list can be read.
        """
        mine: list[AvePointError] | None = None if faults is None else []
        try:
            listings = self._listings(mine)
        except AvePointError as error:
            name_contract(self.api, error)
            raise
        for fault in mine or ():
            name_contract(self.api, fault)
            t.cast("list[AvePointError]", faults).append(fault)
        jobs: dict[t.Hashable, dict] = {}
        for listing in listings:
            for job in listing.items:
                if self._chosen(job):
                    jobs.setdefault(self._key(job), job)
        for key, job in self._seen.items():
            jobs.setdefault(key, job)
        kept = set(sorted(jobs, key=lambda key: key not in self._seen)[: self._params["limit"]])
        chosen = [job for key, job in jobs.items() if key in kept]
        if self._params["wait"]:
            self._seen = {self._key(job): job for job in chosen}
        found = {same_id(job["job_id"]) for job in jobs.values()}
        return Look(
            chosen,
            [job_id for key, job_id in self._wanted.items() if key not in found],
            self._total(listings),
            len(chosen) < len(jobs) or any(listing.truncated for listing in listings),
        )

    def _listings(self, faults: list[AvePointError] | None) -> list[Listing]:
        """What one look reads, by the time of the server where the clock of this machine is wrong."""
        if self.has_times and self._client.skew is None:
            self._client.log_in()  # that answer often has the time already
        for _again in range(CLOCKS):
            self._doubts.clear()
            if self.has_times:
                self._set_clock()
            if faults:
                faults.clear()
            crawls = self._crawls()
            listings = self._read(crawls, faults)
            if faults and len(faults) == len(crawls):
                raise next((fault for fault in faults if not fault.transient), faults[0])
            if not self.has_times or self._in_time():
                self._settled = True
                return listings
        raise InvalidResponse(
            "its answers differ in what time it is, so what has to be asked for cannot be known: "
            "give start_time and finish_time as absolute times"
        )

    def _doubt(self, what: str, job: dict) -> None:
        """Remembers a job for a warning."""
        self._doubts.setdefault(what, {})[f"{job['job_id']} ({described(job)})"] = None

    def _time(self) -> float:
        """What time it is, in seconds since the epoch: by the server where this machine's clock is wrong."""
        return self._now() + self._offset

    def _set_clock(self) -> None:
        """Takes the server's time where this machine's is further from it than clocks may be apart."""
        skew = self._client.skew or 0.0
        self._offset = skew if abs(skew) > CLOCK_SKEW.total_seconds() else 0.0

    def _in_time(self) -> bool:
        """Whether the answers bear out the time that was asked by."""
        skew = self._client.skew
        return skew is None or abs(skew - self._offset) <= CLOCK_SKEW.total_seconds()

    def _read(self, crawls: list[Crawl], faults: list[AvePointError] | None) -> list[Listing]:
        return crawl(crawls, self._params["max_concurrency"], self._client.interrupted, faults)

    def _total(self, listings: list[Listing]) -> int:
        return sum(listing.total for listing in listings)

    def _pages(self) -> Pages:
        if self._params["page"] is not None:
            return read_page(self._params["page"], self._params["page_size"])
        return read_all(self._params["page_size"], self._key, worse, self._most(), self._chosen)

    def _most(self) -> int | None:
        """How many chosen jobs are enough. What was asked for by its id, or chosen before, may be anywhere in the list."""
        return None if self._wanted or self._seen else self._params["limit"]

    @staticmethod
    def _key(job: dict) -> t.Hashable:
        """What makes a job one job."""
        return same_id(job["job_id"])

    def _chosen(self, job: dict) -> bool:
        """Whether the options ask for this job: what the server filtered is filtered here once more.

        Only what is understood, and surely not meant, is left out: the server knows what it was asked for.
        """
        if self._wanted and same_id(job["job_id"]) not in self._wanted:
            return False
        for option, name in (("types", "type"), ("states", "state")):
            wanted = self._params[option]
            if wanted and job[name] not in (*wanted, UNKNOWN.name):
                return False
        if self._params["types"] and job["type"] == UNKNOWN.name:
            self._doubt("Whether types asks for these jobs cannot be known, so they are among the jobs", job)
        if self._params["states"] and job["state"] == UNKNOWN.name and UNKNOWN.name not in self._params["states"]:
            self._doubt("Whether states asks for these jobs cannot be known, so they are among the jobs", job)
        return True
