# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asking for the jobs of a product: what is read for one poll, which jobs are chosen, what is remembered between polls.

A product is one subclass of :class:`Service` in a file of its own.
"""

from __future__ import annotations

import abc
import re
import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._answers import Api
from ansible_collections.avepoint.cloud.plugins.module_utils._client import Client
from ansible_collections.avepoint.cloud.plugins.module_utils._errors import (
    AvePointError,
    ContractOf,
    InvalidInput,
    InvalidResponse,
)
from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import (
    UNKNOWN,
    Code,
    job_label,
    same_id,
    summarize,
    worse,
)
from ansible_collections.avepoint.cloud.plugins.module_utils._lists import PagedList, read_lists
from ansible_collections.avepoint.cloud.plugins.module_utils._nameless import (
    Nameless,
    number_from_best,
    numbered_pages,
)
from ansible_collections.avepoint.cloud.plugins.module_utils._paging import (
    Listing,
    Page,
    PageRequests,
    Shown,
    read_all,
    read_page,
)
from ansible_collections.avepoint.cloud.plugins.module_utils._product import Product

# Jobs that a warning names before it only counts them.
NAMED = 10


_ID = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9._~-]{1,200}\Z", re.ASCII)


def is_id(text: str) -> bool:
    """Whether a text can be the id of a customer or a tenant, and stand in a path."""
    return _ID.match(text) is not None


def require_id(option: str, text: str) -> None:
    """Refuses what cannot be the id of a customer or a tenant.

    :raises InvalidInput: naming the option and what is allowed.
    """
    if not is_id(text):
        raise InvalidInput(f'{option} is not an id: letters, digits, ".", "_", "~" and "-" are allowed')


class Snapshot(t.NamedTuple):
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
        error.context.append(ContractOf(api.name, "report it to AvePoint if it lasts"))
        error.http_status = 200


class Service(Product, abc.ABC):
    """A product, and how its jobs are asked for: which of them are chosen, and what a wait remembers.

    A subclass sets the class attributes, and implements :meth:`_paged_lists` (and :meth:`check_options` where it has options of
    its own). Nothing outside of the subclass knows the product. ``params`` are the module's options with their
    defaults; ``now`` is seconds since the epoch.
    """

    #: Which of several APIs answered, where there is more than one.
    answered_by: str | None = None

    def __init__(self, params: dict, client: Client, now: t.Callable[[], float]):
        super().__init__(params)
        self._client = client
        self._now = now
        #: What the last poll could not make out, by what to say of it: the jobs, as messages name them.
        self._doubts: dict[str, dict[str, None]] = {}
        self._wanted = {same_id(job_id): job_id for job_id in params["job_ids"] or ()}
        self._shown = Shown()
        #: What earlier polls of a wait have chosen, as last seen.
        self._seen: dict[t.Hashable, dict] = {}

    @classmethod
    def check_options(cls, params: dict, now: float) -> dict:
        """``params`` as they are meant; refuses options that cannot work, before any request.

        :raises InvalidInput: naming the option and what is allowed.
        """
        return params

    @classmethod
    def probe_params(cls) -> dict:
        """The options of the smallest request that shows whether jobs can be read."""
        return {"page": 1, "page_size": 1}

    def probe(self) -> None:
        """Asks for as little as shows whether jobs can be read, with :meth:`probe_params` among the options.

        :raises AvePointError: when they cannot.
        """
        self.poll()

    @abc.abstractmethod
    def _paged_lists(self) -> list[PagedList]:
        """What has to be read for one poll."""

    def type_filter(self) -> Code | None:
        """The code of the one type that the server can be asked for; None for all."""
        wanted = set(self._params["types"] or ())
        return self.code_of(wanted.pop()) if len(wanted) == 1 else None

    def warnings(self) -> list[str]:
        """What whoever reads the jobs has to know besides, a sentence each."""
        found = self.undocumented()
        for what, jobs in self._doubts.items():
            names = list(jobs)
            more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
            found.append(f"{what}: {', '.join(names[:NAMED])}{more}.")
        return found

    def returns(self) -> dict:
        """The return values that this product alone has."""
        return {} if self.answered_by is None else {"api": self.answered_by}

    @classmethod
    def summary(cls, snapshot: Snapshot) -> dict:
        """The ``summary`` return value."""
        return summarize(snapshot.jobs, snapshot.missing)

    def poll(self, faults: list[AvePointError] | None = None) -> Snapshot:
        """The chosen jobs as they are now.

        What an earlier poll of a wait has chosen stays in the answer, as it was last seen: what drops out of a list must
        neither count as finished nor take its failure with it, and newer jobs do not take its place within ``limit``.
        With ``faults``, a list of several that cannot be read is left out, and its error appended there.

        :raises AvePointError: when they cannot be read completely; with ``faults``, when no list can be read.
        """
        own_faults: list[AvePointError] | None = None if faults is None else []
        try:
            listings = self._listings(own_faults)
        except AvePointError as error:
            name_contract(self.api, error)
            raise
        for fault in own_faults or ():
            name_contract(self.api, fault)
            t.cast("list[AvePointError]", faults).append(fault)
        number_from_best((job for listing in listings for job in listing.items), self._appearance)
        jobs: dict[t.Hashable, dict] = {}
        for listing in listings:
            for job in listing.items:
                if self._chosen(job):
                    jobs.setdefault(self._key(job), job)
        for key, job in self._seen.items():
            jobs.setdefault(key, job)
        kept = set(sorted(jobs, key=lambda key: key not in self._seen)[: self._params.get("limit")])
        chosen = [job for key, job in jobs.items() if key in kept]
        if self._params["wait"]:
            self._seen = {self._key(job): job for job in chosen}
        found = {same_id(job["job_id"]) for job in jobs.values() if job["job_id"] is not None}
        return Snapshot(
            [job if job["job_id"] is not None else dict(job) for job in chosen],
            [job_id for key, job_id in self._wanted.items() if key not in found],
            self._total(listings),
            len(chosen) < len(jobs) or any(listing.truncated for listing in listings),
        )

    def _listings(self, faults: list[AvePointError] | None) -> list[Listing]:
        """What one poll reads."""
        self._doubts.clear()
        paged_lists = self._paged_lists()
        listings = self._read(paged_lists, faults)
        if faults and len(faults) == len(paged_lists):
            raise next((fault for fault in faults if not fault.transient), faults[0])
        return listings

    def _doubt(self, what: str, job: dict) -> None:
        """Remembers a job for a warning."""
        self._doubts.setdefault(what, {})[job_label(job)] = None

    def _fits(self, job: dict, option: str, known: t.Container[str], name: str = "") -> bool:
        """Whether a job is what an option asks for: ``known`` are what the job can have of it, under ``name``.

        True with a doubt where that cannot be told.
        """
        wanted, found = self._params[option], job[name or option]
        if wanted is None or found == wanted:
            return True
        if found in known:
            return False
        self._doubt(f"Whether {option} asks for these jobs cannot be known, so they are among the jobs", job)
        return True

    def _read(self, paged_lists: list[PagedList], faults: list[AvePointError] | None) -> list[Listing]:
        requests = self._params["max_concurrency"]
        # More than there can be requests, so that one is sent while the answer to another is read.
        return read_lists(paged_lists, requests + requests // 2, self._client.interrupted, faults)

    def _total(self, listings: list[Listing]) -> int:
        return sum(listing.total for listing in listings)

    def _page_requests(self, enough: t.Callable[[list[dict]], bool] | None = None) -> PageRequests:
        if self._params.get("page") is not None:
            page_requests = read_page(self._params["page"], self._params["page_size"])
        else:
            size = self._params["page_size"]
            page_requests = read_all(size, self._key, worse, self._most(), self._chosen, enough, self._shown)
        return (
            numbered_pages(page_requests, self._params["page_size"], self._appearance) if self.alike else page_requests
        )

    def _most(self) -> int | None:
        """How many chosen jobs are enough. What was asked for by its id, or chosen before, may be anywhere in the list."""
        return None if self._wanted or self._seen else self._params.get("limit")

    def _key(self, job: dict) -> t.Hashable:
        """What makes a job one job."""
        return (self._appearance(job), job.number) if isinstance(job, Nameless) else same_id(job["job_id"])

    def _appearance(self, job: dict) -> t.Hashable:
        """What a job without an id looks like."""
        return tuple(job.get(name) for name in self.alike)

    def _chosen(self, job: dict) -> bool:
        """Whether the options ask for this job: what the server filtered is filtered here once more.

        Only what is understood, and surely not meant, is left out: the server knows what it was asked for.
        """
        if self._wanted and (job["job_id"] is None or same_id(job["job_id"]) not in self._wanted):
            return False
        for option, name in (("types", "type"), ("states", "state")):
            wanted = self._params.get(option)
            if wanted and job[name] not in (*wanted, UNKNOWN.name, None):
                return False
        if self._params.get("types") and job["type"] in (UNKNOWN.name, None):
            self._doubt("Whether types asks for these jobs cannot be known, so they are among the jobs", job)
        if self._params["states"] and job["state"] == UNKNOWN.name and UNKNOWN.name not in self._params["states"]:
            self._doubt("Whether states asks for these jobs cannot be known, so they are among the jobs", job)
        return True
