# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Polls the jobs of a product: which lists a poll reads, which jobs are chosen, what is kept between polls.

Each product is a subclass of :class:`Service` in a file of its own.
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

# How many jobs a warning names; it only counts the others.
NAMED = 10


_ID = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9._~-]{1,200}\Z", re.ASCII)


def is_id(text: str) -> bool:
    """Whether a text can be the id of a customer or a tenant, and is safe in the path of a URL."""
    return _ID.match(text) is not None


def require_id(option: str, text: str) -> None:
    """Checks that ``text``, the value of ``option``, can be the id of a customer or a tenant.

    :raises InvalidInput: naming the option and what is allowed.
    """
    if not is_id(text):
        raise InvalidInput(f'{option} is not an id: letters, digits, ".", "_", "~" and "-" are allowed')


class Snapshot(t.NamedTuple):
    """The result of a poll: the chosen jobs, the requested ids that were not found, the server's total, whether more jobs exist.

    ``unread`` are the errors of the lists that could not be read.
    """

    jobs: list[dict]
    missing: list[str]
    total_count: int
    truncated: bool
    unread: t.Sequence[AvePointError] = ()


def page_or_refusal(fetch: t.Callable[[int], Page], number: int) -> Page:
    """Fetches a page. If the server refuses it with 400 or 404, as some do past the last page, the page has that ``refusal``.

    :raises AvePointError: for other errors, and when page 1 is refused.
    """
    try:
        return fetch(number)
    except AvePointError as error:
        if number == 1 or error.http_status not in (400, 404):
            raise
        return Page([], refusal=error)


def name_contract(api: Api, error: AvePointError) -> None:
    """Adds the API's name, and HTTP status 200, to an :class:`InvalidResponse` that several answers have caused together."""
    if isinstance(error, InvalidResponse) and error.http_status is None:
        error.context.append(ContractOf(api.name, "report it to AvePoint if it lasts"))
        error.http_status = 200


class Service(Product, abc.ABC):
    """A product whose jobs can be polled.

    A subclass sets the class attributes, and implements :meth:`_paged_lists` (and :meth:`check_options` if it has options of
    its own). Code outside of the subclass does not know the product. ``params`` are the module's options with their
    defaults; ``now()`` gives seconds since the epoch.
    """

    #: The API that answered, as the return value ``api`` names it; None if the product has only one.
    answered_by: str | None = None

    def __init__(self, params: dict, client: Client, now: t.Callable[[], float]):
        super().__init__(params)
        self._client = client
        self._now = now
        #: Warnings of the last poll: for each text, the labels of the jobs that it is about (as an ordered set).
        self._doubts: dict[str, dict[str, None]] = {}
        #: The requested job ids, by the form in which ids are compared.
        self._wanted = {same_id(job_id): job_id for job_id in params["job_ids"] or ()}
        self._shown = Shown()
        #: The jobs that earlier polls of a wait have chosen, as last seen, by key.
        self._seen: dict[t.Hashable, dict] = {}

    @classmethod
    def check_options(cls, params: dict, now: float) -> dict:
        """Checks options before any request, and returns them, possibly adjusted. ``now`` is seconds since the epoch.

        :raises InvalidInput: naming the option and what is allowed.
        """
        return params

    @classmethod
    def probe_params(cls) -> dict:
        """The options of the smallest request that shows whether jobs can be read."""
        return {"page": 1, "page_size": 1}

    def probe(self) -> None:
        """Sends the smallest request that shows whether jobs can be read. The options have to include :meth:`probe_params`.

        :raises AvePointError: when jobs cannot be read.
        """
        self.poll()

    @abc.abstractmethod
    def _paged_lists(self) -> list[PagedList]:
        """The lists that one poll reads."""

    def type_filter(self) -> Code | None:
        """The code for the server's type filter, if exactly one type is wanted; None for all types."""
        wanted = set(self._params["types"] or ())
        return self.code_of(wanted.pop()) if len(wanted) == 1 else None

    def warnings(self) -> list[str]:
        """Warnings about the jobs of the last poll, one sentence each."""
        found = self.undocumented()
        for what, jobs in self._doubts.items():
            names = list(jobs)
            others = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
            found.append(f"{what}: {', '.join(names[:NAMED])}{others}.")
        return found

    def returns(self) -> dict:
        """The module's return values that only this product has."""
        return {} if self.answered_by is None else {"api": self.answered_by}

    @classmethod
    def summary(cls, snapshot: Snapshot) -> dict:
        """The return value ``summary`` for the result of a poll."""
        return summarize(snapshot.jobs, snapshot.missing)

    def poll(self, faults: list[AvePointError] | None = None) -> Snapshot:
        """Reads the chosen jobs as they are now.

        During a wait, a job that an earlier poll has chosen stays in the result, as last seen. If a list no longer contains it,
        it must not count as finished, its failure must not be lost, and newer jobs must not take its place within ``limit``.
        With ``faults``, a list that cannot be read is left out, and its error is appended to ``faults``.

        :raises AvePointError: when the jobs cannot be read completely; with ``faults``, when no list can be read.
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
        if self.alike:
            number_from_best((job for listing in listings for job in listing.items), self._appearance)
        jobs: dict[t.Hashable, dict] = {}
        for listing in listings:
            for job in listing.items:
                if self._chosen(job):
                    jobs.setdefault(self._key(job), job)
        for key, job in self._seen.items():
            jobs.setdefault(key, job)
        chosen, limit = list(jobs.values()), self._params.get("limit")
        if limit is not None and limit < len(jobs):
            kept = set(sorted(jobs, key=lambda key: key not in self._seen)[:limit])
            chosen = [job for key, job in jobs.items() if key in kept]
        if self._params["wait"]:
            self._seen = {self._key(job): job for job in chosen}
        found = (
            {same_id(job["job_id"]) for job in jobs.values() if job["job_id"] is not None} if self._wanted else set()
        )
        return Snapshot(
            [job if job["job_id"] is not None else dict(job) for job in chosen] if self.alike else chosen,
            [job_id for key, job_id in self._wanted.items() if key not in found],
            self._total(listings),
            len(chosen) < len(jobs) or any(listing.truncated for listing in listings),
            own_faults or (),
        )

    def _listings(self, faults: list[AvePointError] | None) -> list[Listing]:
        """Reads the lists of one poll."""
        self._doubts.clear()
        paged_lists = self._paged_lists()
        listings = self._read(paged_lists, faults)
        if faults and len(faults) == len(paged_lists):
            raise next((fault for fault in faults if not fault.transient), faults[0])
        return listings

    def _doubt(self, what: str, job: dict) -> None:
        """Adds a job to the warning ``what``."""
        self._doubts.setdefault(what, {})[job_label(job)] = None

    def _fits(self, job: dict, option: str, known: t.Container[str], name: str = "") -> bool:
        """Whether a job matches an option. ``name`` is the job's key, if it is not the option's name.

        A job whose value is not among the documented values, ``known``, matches, with a warning.
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
        # More threads than requests in flight, so that a request can be sent while another thread reads an answer.
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
        """After how many chosen jobs reading may stop; None if it may not.

        Requested ids, and jobs that an earlier poll has chosen, may be anywhere in the list.
        """
        return None if self._wanted or self._seen else self._params.get("limit")

    def _key(self, job: dict) -> t.Hashable:
        """The identity of a job."""
        job_id = job["job_id"]
        return same_id(job_id) if job_id is not None else (self._appearance(job), t.cast(Nameless, job).number)

    def _appearance(self, job: dict) -> t.Hashable:
        """The values by which a job without an id is recognised; several jobs may have the same."""
        return tuple(job.get(name) for name in self.alike)

    def _chosen(self, job: dict) -> bool:
        """Whether the options select this job. It does not rely on the server's filters.

        A job is left out only if its value is known and does not match. An unknown value may well match.
        """
        if self._wanted and (job["job_id"] is None or same_id(job["job_id"]) not in self._wanted):
            return False
        types, states = self._params.get("types"), self._params["states"]
        if not (types or states):
            return True
        other_type = types and job["type"] not in types
        other_state = states and job["state"] not in states
        if (other_type and job["type"] not in (UNKNOWN.name, None)) or (other_state and job["state"] != UNKNOWN.name):
            return False
        if other_type:
            self._doubt("Whether types asks for these jobs cannot be known, so they are among the jobs", job)
        if other_state:
            self._doubt("Whether states asks for these jobs cannot be known, so they are among the jobs", job)
        return True
