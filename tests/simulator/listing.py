# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The common parts of the products whose jobs have times: filters, order, pages, links, and the deviations that a state can order.

The request and the answer of each product's API are in the product's file.
"""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Callable, ClassVar, Generic
from urllib.parse import urlencode

from .answers import Call, Refusal, read_query, whole_number
from .clock import Clock
from .jobs import JobList, generate
from .paging import Page, Paging
from .timed_jobs import REPRESENTATIONS, TIME_FORMATS, AnyTimed, TimedJob
from .values import INT32, optional

VIEWS = 20


@dataclass(frozen=True)
class Wanted:
    """The jobs that a request asks for, independent of the API."""

    filters: tuple[tuple[str, Any], ...] = ()  # names and values of the filters that are set
    start: datetime | None = None
    finish: datetime | None = None
    search: str = ""
    newest: bool | None = None  # whether the newest job is first; None is the order of the section
    without: Any = None  # a type that this API does not have

    @classmethod
    def of(
        cls,
        filters: dict[str, Any],
        query: dict[str, Any] | None = None,
        read: Callable[[Any, str], datetime] | None = None,
        finish_name: str = "finishTime",
        **others: Any,
    ) -> Wanted:
        """Creates one from filters, of which None means not set, and from the time range in `query`, which `read` parses."""
        start = optional(query, "startTime", read) if query and read else None
        finish = optional(query, finish_name, read) if query and read else None
        if start and finish and start > finish:
            raise Refusal(400, f"The startTime is after the {finish_name}.", "startTime")
        given = tuple((name, value) for name, value in filters.items() if value is not None)
        return cls(given, start, finish, **others)


def check_allowed(section: Any) -> None:
    """Raises ValueError if an option of a section has a value that it does not know."""
    for name, allowed in section.ALLOWED.items():
        if getattr(section, name) not in allowed:
            raise ValueError(f"{section.NAME} {name} is one of {', '.join(map(str, allowed))}")
    if not section.IGNORABLE.issuperset(section.ignored_filters):
        raise ValueError(f"{section.NAME} ignored_filters are some of {', '.join(sorted(section.IGNORABLE)) or 'none'}")


def closed(status: int | None) -> None:
    """Refuses the request if the state sets an HTTP status for this call."""
    if status:
        raise Refusal(status, "There is no such call here." if status in (404, 405, 501) else "The call has failed.")


@dataclass
class Section(Generic[AnyTimed]):
    """The part of the state that has the jobs of a product, whose jobs have times."""

    NAME: ClassVar[str] = ""
    ENDED: ClassVar[tuple[int, ...]] = ()
    GIVEN: ClassVar[frozenset[str]] = frozenset()  # more properties that a job may have
    VALUES: ClassVar[dict[str, Any]] = {}  # the properties of a job that filters compare, with their defaults
    IGNORABLE: ClassVar[frozenset[str]] = frozenset()
    ALLOWED: ClassVar[dict[str, tuple[Any, ...]]] = {
        "order": ("newest", "oldest", "given"),
        "time_format": tuple(TIME_FORMATS),
    }

    clock: Clock
    paging: Paging
    jobs: list[dict[str, Any]] = field(default_factory=list)
    generate: dict[str, Any] | None = None
    order: str = "newest"
    ignored_filters: list[str] = field(default_factory=list)
    running_finish_time: Any = None
    time_format: str = "milliseconds"

    def __post_init__(self) -> None:
        check_allowed(self)
        self.list = self.listed(self.jobs, self.generate)

    def listed(self, jobs: list[dict[str, Any]], generated: dict[str, Any] | None) -> JobList[AnyTimed]:
        """The list of the jobs that the state gives, and of those that its `generate` describes."""
        every = list(jobs) + (generate(generated) if generated else [])
        made = [self.made(job, place) for place, job in enumerate(every)]
        return JobList(self.clock, made, self.order != "oldest")

    def made(self, given: dict[str, Any], place: int) -> AnyTimed:
        values = {name: given.get(name, default) for name, default in self.VALUES.items()}
        job = TimedJob(given, place, self.clock, self.ENDED, self.GIVEN.union(self.VALUES), values)
        return job  # type: ignore[return-value]

    def times(self, job: TimedJob, start: str = "startTime", finish: str = "finishTime") -> dict[str, Any]:
        """The start and finish of a job as the API writes them, with the given names."""
        ended, write = job.finish(), TIME_FORMATS[self.time_format]
        found = {start: write(job.start), finish: self.running_finish_time if ended is None else write(ended)}
        if found[finish] == "absent":
            del found[finish]
        return found


@dataclass
class Listing(Section[AnyTimed]):
    """A section whose jobs are filtered, ordered and read page by page."""

    ALLOWED: ClassVar[dict[str, tuple[Any, ...]]] = {
        **Section.ALLOWED,
        "range_on": ("start", "finish"),
        "next_link": ("absolute", "evil", "opaque", "none"),
    }

    range_on: str = "start"
    next_link: str = "absolute"
    evil_origin: str = "http://127.0.0.1:9"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._views: dict[Any, list[AnyTimed]] = {}
        self._version = -1

    def chosen(self, wanted: Wanted) -> list[AnyTimed]:
        """The wanted jobs in order. The result is cached until a job changes, or running jobs enter or leave the range."""
        jobs = self.list.look()
        if self._version != self.list.version:
            self._version = self.list.version
            self._views.clear()
        wanted = self._effective(wanted)
        now = self.clock.date()
        counts_now = (wanted.start is None or wanted.start <= now) and (wanted.finish is None or now <= wanted.finish)
        key = (wanted, counts_now)
        if key not in self._views:
            if len(self._views) > VIEWS:  # each poll of a wait asks for another time range
                self._views.clear()
            found = [job for job in jobs if self._matches(job, wanted, counts_now)]
            if self.order != "given":
                newest = self.order == "newest" if wanted.newest is None else wanted.newest
                found.sort(key=lambda job: job.start, reverse=newest)
            self._views[key] = found
        return self._views[key]

    def _effective(self, wanted: Wanted) -> Wanted:
        """`wanted` without the filters that the state tells the server to ignore."""
        ignored = self.ignored_filters
        filters = tuple((name, value) for name, value in wanted.filters if name not in ignored)
        wanted = replace(wanted, filters=filters)
        if "time" in ignored:
            wanted = replace(wanted, start=None, finish=None)
        if "search" in ignored:
            wanted = replace(wanted, search="")
        return replace(wanted, newest=None) if "sortorder" in ignored else wanted

    def _matches(self, job: AnyTimed, wanted: Wanted, counts_now: bool) -> bool:
        if any(job.value(name) != value for name, value in wanted.filters):
            return False
        if wanted.without is not None and job.type == wanted.without:
            return False
        if wanted.search and not any(wanted.search in text.lower() for text in self.searched(job)):
            return False
        moment = job.start if self.range_on == "start" else job.finish()
        if moment is None:
            return counts_now
        return (wanted.start is None or wanted.start <= moment) and (wanted.finish is None or moment <= wanted.finish)

    def searched(self, job: AnyTimed) -> list[str]:
        """The texts of a job that a search compares."""
        return [str(job.job_id)]

    def link(self, call: Call, **next_page: Any) -> str | None:
        """The link to the next page, in the form that the state orders."""
        return {
            "absolute": address(call, call.url, next_page),
            "evil": address(call, self.evil_origin + call.path, next_page),
            "opaque": secrets.token_urlsafe(24),
            "none": None,
        }[self.next_link]


def address(call: Call, url: str, next_page: dict[str, Any]) -> str:
    """The URL of the same request at `url`, with other parameters for the page."""
    return f"{url}?{urlencode({**dict(call.query), **next_page})}"


@dataclass
class Single(Section[AnyTimed]):
    """A section whose jobs are read by GET."""

    ALLOWED: ClassVar[dict[str, tuple[Any, ...]]] = {**Section.ALLOWED, "representation": tuple(REPRESENTATIONS)}

    call_status: int | None = None
    representation: str = "number"

    def read(self, call: Call, allowed: set[str]) -> dict[str, str]:
        """The query parameters of a GET; refuses it if the call is closed, has a body, or has other parameters than `allowed`."""
        closed(self.call_status)
        if call.body:
            raise Refusal(400, "The call takes no body.", "body")
        return read_query(call, allowed)

    def find(self, job_id: str, **values: Any) -> AnyTimed | None:
        """The job with this id and these values as it is now; None if there is none."""
        for job in self.list.look():
            if str(job.job_id).lower() == job_id.lower() and values.items() <= job.values.items():
                return job
        return None

    def shown(self, value: Any, names: dict[int, str]) -> Any:
        """A number of the API in the representation that the state orders."""
        return REPRESENTATIONS[self.representation](value, names)


@dataclass
class Product(Listing[TimedJob], Single[TimedJob]):
    """A section with one list, which is read by GET. Its options cover the points in which the vendor's documents differ."""

    ALLOWED: ClassVar[dict[str, tuple[Any, ...]]] = {
        **Single.ALLOWED,
        **Listing.ALLOWED,
        "last_link": ("null", "empty", "absent"),
        "first_page": (0, 1, "both"),
    }
    INDEX: ClassVar[str] = "pageIndex"
    SIZE: ClassVar[str] = "pageSize"
    DEFAULT_SIZE: ClassVar[int] = 10

    last_link: str = "null"
    first_page: Any = 0
    max_page_size: int = INT32 - 1

    def asked(self, query: dict[str, str], index: str, size: str) -> tuple[int, int]:
        """The requested page, counted from 1, and its size; `index` and `size` are the names of the parameters."""
        least = int(self.first_page == 1)
        number = whole_number(query.get(index), index, least, least, INT32 - 1)
        page_size = whole_number(query.get(size), size, self.DEFAULT_SIZE, 1, self.max_page_size)
        return (number + 1 if self.first_page == 0 else max(1, number)), page_size

    def page_of(self, call: Call) -> int | None:
        """The requested page, from 1; None if the request is invalid. For faults and for the log."""
        query = {name.lower(): value for name, value in call.query}
        try:
            return self.asked(query, self.INDEX.lower(), self.SIZE.lower())[0]
        except Refusal:
            return None

    def page(self, query: dict[str, str], wanted: Wanted) -> Page:
        index, size = self.asked(query, self.INDEX, self.SIZE)
        return self.paging.cut(self.chosen(wanted), index, size)

    def next(self, page: Page) -> int:
        """The number of the next page, as the API counts pages."""
        return page.index + (0 if self.first_page == 0 else 1)

    def linked(self, call: Call, page: Page, **next_page: Any) -> dict[str, Any]:
        """The property nextLink; at the end of the list, the form of it that the state orders."""
        found = self.link(call, **(next_page or {self.INDEX: self.next(page)})) if page.more else None
        if found is not None or self.last_link == "null":
            return {"nextLink": found}
        return {} if self.last_link == "absent" else {"nextLink": ""}


def total(page: Page, name: str) -> dict[str, Any]:
    return {name: page.total[""]} if page.total else {}


def a_token(number: int) -> str:
    """An opaque token for a page."""
    return base64.urlsafe_b64encode(json.dumps([secrets.token_hex(8), number]).encode()).decode().rstrip("=")


def of_token(token: str, where: str) -> int:
    """The page number in a token of `a_token`."""
    try:
        _salt, number = json.loads(base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True))
        return int(number)
    except (ValueError, TypeError):
        raise Refusal(400, f"The value of '{where}' is not a token of this server.", where) from None
