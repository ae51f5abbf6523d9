# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the job APIs of all products have in common. A product is one subclass of :class:`Service` in a file of its own."""

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
from ansible_collections.avepoint.cloud.plugins.module_utils._fields import Field, is_nothing, properties
from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import (
    UNKNOWN,
    Code,
    Status,
    Vocabulary,
    job_label,
    same_id,
    severity,
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
from ansible_collections.avepoint.cloud.plugins.module_utils._text import clean

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


class Endpoint:
    """An API as those see it who only have to reach it."""

    api: t.ClassVar[Api]
    scopes: t.ClassVar[list[str]]
    #: Whether commercial tenants are served at one address without a data center in it.
    single_endpoint: t.ClassVar[bool] = False
    #: Pages larger than this are refused by the server.
    largest_page: t.ClassVar[int | None] = None


class Service(Endpoint, abc.ABC):
    """One product: the facts about its job API, and how to ask it.

    A subclass sets the class attributes, and implements :meth:`_paged_lists` (and :meth:`check_options` where it has options of
    its own). Nothing outside of the subclass knows the product. ``params`` are the module's options with their
    defaults; ``now`` is seconds since the epoch.
    """

    #: What users call it, in ``job_gate_product`` and in the name of its module.
    name: t.ClassVar[str]
    #: What reports call it.
    title: t.ClassVar[str]
    types: t.ClassVar[t.Mapping[t.Any, str]]
    statuses: t.ClassVar[t.Mapping[t.Any, Status]]
    #: Other words for types, by the code that they stand for.
    type_words: t.ClassVar[t.Mapping[t.Any, str]] = {}
    #: What a job has besides the keys that all products have.
    fields: t.ClassVar[tuple[Field, ...]] = ()
    #: How many jobs are asked for at once by default.
    page_size: t.ClassVar[int] = 100
    #: The options that this API alone has, as an argument spec.
    options: t.ClassVar[dict[str, dict]] = {}
    #: Those of them that say whose jobs are asked for when access is checked.
    probe_options: t.ClassVar[tuple[str, ...]] = ()
    #: Options of all products that mean nothing here.
    without: t.ClassVar[frozenset[str]] = frozenset()
    #: How far back jobs are looked for by default, as ``start_time`` has it; None where there is no range of time.
    reach: t.ClassVar[str | None] = None
    #: The API's names of what each job has; of several, the first that is there counts. No name: it does not say it.
    id_names: t.ClassVar[tuple[str, ...]] = ("jobId",)
    #: The JSON types that a job's id may have.
    id_types: t.ClassVar[tuple[str, ...]] = ("string",)
    #: Where jobs may have no id: by what keys one is known again at the next poll. Of two that look alike, each is a job.
    alike: t.ClassVar[tuple[str, ...]] = ()
    type_names: t.ClassVar[tuple[str, ...]] = ("type",)
    status_names: t.ClassVar[tuple[str, ...]] = ("status",)
    #: Whether jobs have numbers for their statuses; else they have their names alone, although filters may have numbers.
    status_numbers: t.ClassVar[bool]
    #: Whether its jobs say when they finished.
    has_times: t.ClassVar[bool]
    #: Which of several APIs answered, where there is more than one.
    answered_by: str | None = None

    def __init_subclass__(cls, **kwargs: t.Any) -> None:
        super().__init_subclass__(**kwargs)
        if "status_numbers" not in vars(cls):
            cls.status_numbers = all(isinstance(code, int) for code in getattr(cls, "statuses", ()))
        cls.has_times = any(field.name == "finish_time" for field in cls.fields)

    def __init__(self, params: dict, client: Client, now: t.Callable[[], float]):
        self._params = params
        self._client = client
        self._now = now
        #: What the last poll could not make out, by what to say of it: the jobs, as messages name them.
        self._doubts: dict[str, dict[str, None]] = {}
        self._wanted = {same_id(job_id): job_id for job_id in params["job_ids"] or ()}
        self._shown = Shown()
        #: What earlier polls of a wait have chosen, as last seen.
        self._seen: dict[t.Hashable, dict] = {}
        self.vocabulary = Vocabulary(self.types, self.statuses, self.type_words)

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

    @classmethod
    def job_schema(cls) -> dict:
        """The JSON Schema of a job in an answer."""
        told = (() if cls.alike else cls.id_names, cls.type_names, cls.status_names)
        always = [names[0] for names in told if len(names) == 1]
        job_id = {"type": [*cls.id_types, "null"]} if cls.alike else {"type": list(cls.id_types), "minLength": 1}
        return {
            "type": "object",
            "required": always,
            "properties": {
                **properties(cls.fields),
                **dict.fromkeys(cls.id_names, job_id),
                **{name: {"type": ["integer", "string"]} for name in (*cls.type_names, *cls.status_names)},
            },
        }

    def read_job(self, place: str, entry: dict, **known: t.Any) -> dict:
        """A job as the modules return it.

        ``entry`` is that of the answer, which fits :meth:`job_schema`, and stands at ``place`` there. ``known`` are keys of
        which the answer says nothing.

        :raises InvalidResponse: naming the place of what cannot be read.
        """
        job_type = self._told(place, entry, self.type_names)[0] if self.type_names else None
        statuses = self._told(place, entry, self.status_names)
        # Of two that contradict each other, neither shows that the job ended well.
        described = min((self.vocabulary.describe(job_type, status) for status in statuses), key=severity)
        job = {
            "job_id": self._read_id(place, entry),
            **described,
            **({} if self.status_numbers else {"status_id": None}),
            **{field.name: field.read(place, entry) for field in self.fields},
            **known,
        }
        if self._params["include_raw"]:
            job["raw"] = entry
        return job if job["job_id"] is not None else Nameless(job)

    def _read_id(self, place: str, entry: dict) -> str | None:
        if all(is_nothing(entry.get(name)) for name in self.id_names):
            if self.alike:
                return None
            raise InvalidResponse(f"{place}.{self.id_names[0]} is missing")  # what would tell two jobs apart
        return self._id_of(self._told(place, entry, self.id_names)[0])

    @staticmethod
    def _id_of(told: str | float) -> str:
        """The id as a text; a number may have come as 7.0."""
        return clean(told if isinstance(told, str) else str(int(told)))

    @staticmethod
    def _told(place: str, entry: dict, names: tuple[str, ...]) -> list:
        """What the API says under one of several names, or under more than one."""
        found = [entry[name] for name in names if entry.get(name) is not None]
        if not found:
            raise InvalidResponse(f"{place}.{names[0]} is missing")
        return found

    def code_of(self, job_type: str) -> Code:
        """The API's code of a type."""
        return next(code for code, name in self.types.items() if name == job_type)

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

    def undocumented(self) -> list[str]:
        """A sentence on values that nobody documented, where there were some."""
        found = []
        if self.vocabulary.unknown:
            values = ", ".join(f"{field} {value}" for field, value in list(self.vocabulary.unknown)[:5])
            found.append(
                f"{self.api.name} answered with values that are not documented ({values}): the jobs have them as unknown, and "
                "an unknown state never counts as finished; please report this to the collection's issue tracker."
            )
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
