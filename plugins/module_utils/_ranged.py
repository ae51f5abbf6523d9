# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Products whose server filters by a range of time: what is asked for, by whose clock, and the jobs that still run."""

from __future__ import annotations

import abc
import datetime
import functools
import re
import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._client import Client
from ansible_collections.avepoint.cloud.plugins.module_utils._errors import AvePointError, InvalidInput, InvalidResponse
from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import (
    CLOCK_SKEW,
    Code,
    format_time,
    parse_time,
    worse,
)
from ansible_collections.avepoint.cloud.plugins.module_utils._lists import PagedList
from ansible_collections.avepoint.cloud.plugins.module_utils._paging import Listing, Page, read_all
from ansible_collections.avepoint.cloud.plugins.module_utils._service import Snapshot, page_or_refusal
from ansible_collections.avepoint.cloud.plugins.module_utils._timed import (
    ROUNDING,
    TimedService,
    Times,
    clock_offset,
    moment_of,
    times_of,
)

# The states of jobs that have yet to end.
OPEN = ("running", "waiting")

# Where nothing says what time it is for the server, it is not later there than this after now.
LATEST = datetime.timedelta(days=1)

# A job that is still running is looked for this long before the range.
LONGEST_RUN = datetime.timedelta(days=30)

_RELATIVE = re.compile(r"-(\d{1,6})([smhdw])\Z", re.ASCII)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}

# No job of any of the products ran before.
EARLIEST_YEAR = 2000

# Readings of the lists before clocks that do not agree with each other are given up.
CLOCKS = 3


class RangedService(TimedService):
    """A product whose server filters by a range of time.

    Whether a server applies the range to a job's start or to its finish is not documented. So jobs that have yet to end
    (in progress, and paused ones where there are such) are asked for a second time, with a range that begins much earlier;
    and a job that was seen running is followed by beginning the range at its start.

    A subclass implements :meth:`_fetch_page`.
    """

    reach = "-24h"
    options: t.ClassVar[dict[str, dict]] = {
        "start_time": {"type": "str", "default": reach},
        "finish_time": {"type": "str", "default": "now", "aliases": ["end_time"]},
    }
    #: Whether the server can be asked for jobs of one status. If not, one list is read, from early on.
    filters_status: t.ClassVar[bool] = True
    #: Whether jobs that are asked for by their ids are found whatever their time.
    ids_any_time: t.ClassVar[bool] = False
    #: By what each reading goes: the seconds by which the server's clock is ahead, and whether it asks for more than the range.
    _offset: float
    _widened: bool

    def __init__(self, params: dict, client: Client, now: t.Callable[[], float]):
        super().__init__(params, client, now)
        #: Whether a poll has been read, so that what it was asked by stays.
        self._settled = False
        self._no_running = ""
        #: What the API calls its first page, where samples and tables of the vendor differ in that.
        self._first_index = 0
        #: The jobs on the first page of each list.
        self._heads: dict[t.Hashable, list[t.Hashable]] = {}

    @abc.abstractmethod
    def _fetch_page(self, which: t.Any, start: str, finish: str, status: Code | None, number: int) -> Page:
        """A page of a list, counted from 1.

        ``which`` is one of :meth:`_lists`; ``start`` and ``finish`` are ISO 8601 in UTC; ``status`` is the one status to
        ask for, or None for all.

        :raises AvePointError: when it cannot be had.
        """

    def _at_index(self, which: t.Hashable, ask: t.Callable[[int], Page], number: int) -> Page:
        """The page of a number, from 1, of an API whose table counts ``pageIndex`` from 0, and whose sample asks for 1 first.

        A server that counts from 1 refuses 0, naming ``pageIndex``, or takes it for 1. Two first pages that are alike may also be
        those of a list that has moved by a page: so the first one is asked for again. ``which`` is the list.
        """
        first = self._first_index
        try:
            page = ask(number - 1 + first)
        except InvalidInput as error:
            if number > 1 or first or error.http_status != 400 or "pageIndex" not in str(error):
                raise
            page = ask(1)
            self._first_index = 1
            return page
        head = [self._key(job) for job in page.items]
        if number == 1:
            self._heads[which] = head
            return page
        alike = number == 2 and not first and head and head == self._heads.get(which)
        if alike and [self._key(job) for job in ask(0).items] == head:
            page = ask(2)
            self._first_index = 1
        return page

    def _lists(self) -> t.Sequence[t.Any]:
        """What tells apart the lists that one poll consists of; one by default."""
        return (None,)

    @classmethod
    def check_options(cls, params: dict, now: float) -> dict:
        start, finish = _range(params, moment_of(now))
        if start > (finish or moment_of(now)):
            raise InvalidInput(
                f"start_time ({format_time(start)}) is after finish_time ({format_time(finish or moment_of(now))})"
            )
        return params

    def warnings(self) -> list[str]:
        found = super().warnings()
        offset = clock_offset(self._client.skew)
        if offset:
            found.append(
                f"The clock of this machine is {round(abs(offset) / 60)} minutes {'behind' if offset > 0 else 'ahead of'} "
                f"that of {self.api.name}, whose time was taken instead: set the clock of this machine, best by NTP."
            )
        if self._no_running:
            found.append(
                "Jobs in progress could not be asked for by themselves, so one that began before start_time and still runs may "
                f"not be among the jobs: set start_time to before it began. {self._no_running}"
            )
        return found

    def poll(self, faults: list[AvePointError] | None = None) -> Snapshot:
        # The lists are parts of one, so none can be left out.
        return super().poll()

    def _listings(self, faults: list[AvePointError] | None) -> list[Listing]:
        """What one poll reads, by the time of the server where the clock of this machine is wrong."""
        if self._client.skew is None:
            self._client.log_in()  # that answer often has the time already
        for _again in range(CLOCKS):
            self._set_clock()
            listings = super()._listings(faults)
            if self._in_time():
                self._settled = True
                return listings
        raise InvalidResponse(
            "its answers differ in what time it is, so what has to be asked for cannot be known: "
            "give start_time and finish_time as absolute times"
        )

    def _set_clock(self) -> None:
        """Takes the server's time where this machine's is further from it than clocks may be apart."""
        self._offset = clock_offset(self._client.skew)
        if not self._settled:
            self._began = self._moment()
            self._start, self._finish = _range(self._params, self._began)

    def _moment(self) -> datetime.datetime:
        """What time it is: by the server where this machine's clock is wrong."""
        return moment_of(self._now() + self._offset)

    def _in_time(self) -> bool:
        """Whether the answers bear out the time that was asked by."""
        skew = self._client.skew
        if skew is None and not self._asks_by_id() and not (_absolute(self._params["start_time"]) and self._finish):
            raise InvalidResponse(
                f"no answer of {self.api.name} has a Date header that can be read, so nothing shows whether the clock of this "
                "machine is right, by which the range of time was chosen: check what removes the header, such as a proxy, or give "
                "start_time and finish_time as absolute times",
                200,
            )
        return skew is None or abs(skew - self._offset) <= CLOCK_SKEW.total_seconds()

    def _paged_lists(self) -> list[PagedList]:
        latest = self._moment() + (LATEST if self._client.skew is None and self._finish else CLOCK_SKEW)
        finish = self._finish or latest
        still_open = [job for job in self._seen.values() if not job["finished"]]
        if still_open:
            finish = max(finish, latest)  # that is when they will finish
        start = min([self._start, *(began for job in still_open if (began := _known_times(job)[0]))])
        self._widened = start < self._start or finish > (self._finish or finish)
        earlier = start - LONGEST_RUN if start.year > 1970 else start
        if not self.filters_status:
            begin = earlier if self._params["page"] is None else start
            return [self._paged_list(which, begin, max(finish, latest), None) for which in self._lists()]
        states, statuses = self._params["states"], list(self.statuses)
        if states:
            statuses = [code for code, status in self.statuses.items() if status.state in states]
        status = statuses[0] if states and len(statuses) == len(states) == 1 else None
        paged_lists = [self._paged_list(which, start, finish, status) for which in self._lists()]
        if self._params["page"] is None:
            paged_lists += [
                self._paged_list(which, earlier, max(finish, latest), status)
                for status in self._open_statuses()
                if status in statuses
                for which in self._lists()
            ]
        return paged_lists

    def _paged_list(
        self, which: t.Any, start: datetime.datetime, finish: datetime.datetime, status: Code | None
    ) -> PagedList:
        def fetch(number: int) -> Page:
            return self._fetch_page(which, format_time(start), format_time(finish), status, number)

        page_requests = self._page_requests(self._far_enough(start))
        if status in self._open_statuses() and self._params["page"] is None:
            page_requests = read_all(
                self._params["page_size"],
                self._key,
                worse,
                self._most(),
                lambda job: _runs(job) and self._chosen(job),
            )
        return PagedList(page_requests, functools.partial(page_or_refusal, fetch))

    def _far_enough(self, start: datetime.datetime) -> t.Callable[[list[dict]], bool] | None:
        """Whether the jobs of a list that were read, in the server's order, reach back to ``start``.

        None where the server goes by the range of time, and the list has to be read to its end.
        """
        return None

    def _open_statuses(self) -> list[Code]:
        """The codes of the statuses of jobs that have yet to end."""
        return [code for code, status in self.statuses.items() if status.state in OPEN]

    def _read(self, paged_lists: list[PagedList], faults: list[AvePointError] | None) -> list[Listing]:
        number = len(self._lists())
        # In this order, a job that ends meanwhile is in one of them at least.
        try:
            running = super()._read(paged_lists[number:], faults)
        except InvalidInput as error:
            if error.http_status != 400:
                raise
            running = []  # a server that takes no such filter, or no range that long, still answers what was asked for
            self._no_running = str(error)
        asked = super()._read(paged_lists[:number], faults)
        # What a server lists there that does not go by the status had ended before the range, and is not wanted.
        return [
            *asked,
            *(
                listing._replace(
                    items=[job for job in listing.items if _runs(job) and not self._began_after(_known_times(job))]
                )
                for listing in running
            ),
        ]

    def _asks_by_id(self) -> bool:
        """Whether jobs are asked for by their ids, whatever their times."""
        return self.ids_any_time and bool(self._wanted)

    def _began_after(self, times: Times) -> bool:
        """Whether all that is known of when a job ran is after the range."""
        began, ended = times
        return self._finish is not None and began is not None and min(began, ended or began) - self._finish > ROUNDING

    def _ended_before(self, job: dict, times: Times) -> bool:
        """Whether the job had surely ended before the range; a success has to show that it had not."""
        began, ended = times
        if _runs(job) or not (began or ended):
            return False
        if ended is None and job["state"] != "succeeded":
            return False
        return self._start - max(moment for moment in (began, ended) if moment) > ROUNDING

    def _chosen(self, job: dict) -> bool:
        if not super()._chosen(job):
            return False
        if self._key(job) in self._seen or self._asks_by_id():
            return True
        began, ended = times = _known_times(job)
        if self._began_after(times) or self._ended_before(job, times):
            return False
        if not self._widened or not began or not job["finished"]:
            return True
        # The range began earlier than was asked for: what else had ended by then is not wanted.
        return began >= self._start or (ended is not None and ended >= self._began)

    def _total(self, listings: list[Listing]) -> int:
        number = len(self._lists())
        asked = sum(listing.total for listing in listings[:number])
        if any(listing.truncated for listing in listings[:number]):
            return asked  # which of the running ones are among them has not been read
        listed = {self._key(job) for listing in listings[:number] for job in listing.items}
        return asked + len({self._key(job) for listing in listings[number:] for job in listing.items} - listed)


def _known_times(job: dict) -> Times:
    """The times of a job without those that stand for none; a success has to show that it is of the range by all it has."""
    began, ended = times_of(job)
    if job["state"] == "succeeded":
        return began, ended
    return (began if began and is_time(began) else None), (ended if ended and is_time(ended) else None)


def is_time(moment: datetime.datetime) -> bool:
    """Whether a time can be one: 1601, 1753, 1899, 1900, 1970 and 9999 are how databases and libraries write none."""
    return EARLIEST_YEAR <= moment.year < datetime.MAXYEAR


def _runs(job: dict) -> bool:
    return job["state"] in OPEN


def _absolute(text: str) -> bool:
    return text.strip().lower() != "now" and not _RELATIVE.match(text.strip().lower())


def _range(params: dict, now: datetime.datetime) -> tuple[datetime.datetime, datetime.datetime | None]:
    """Start and finish of the range; None for a finish that is ``now`` and so moves on while one waits."""
    start = resolve_time("start_time", params["start_time"], now)
    finish = params["finish_time"].strip().lower()
    return start, None if finish == "now" else resolve_time("finish_time", finish, now)


def resolve_time(option: str, text: str, now: datetime.datetime) -> datetime.datetime:
    """The moment that an option names in ISO 8601, or relative to now.

    :raises InvalidInput: when it names none.
    """
    word = text.strip()
    if word.lower() == "now":
        return now
    relative = _RELATIVE.match(word.lower())
    try:
        if relative:
            return now - datetime.timedelta(**{_UNITS[relative.group(2)]: int(relative.group(1))})
        return parse_time(word)
    except (ValueError, OverflowError):
        raise InvalidInput(
            f"{option} cannot be read: give an ISO 8601 time such as 2026-01-31T22:00:00Z, "
            "or one relative to now such as -90m, -24h, -7d or now"
        ) from None
