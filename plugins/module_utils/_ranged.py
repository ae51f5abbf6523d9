# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Products whose server filters by a time range: the range to request, the clock it is based on, and jobs that still run."""

from __future__ import annotations

import abc
import datetime
import functools
import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._client import Client
from ansible_collections.avepoint.cloud.plugins.module_utils._errors import AvePointError, InvalidInput, InvalidResponse
from ansible_collections.avepoint.cloud.plugins.module_utils._iso8601 import format_time
from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import CLOCK_SKEW, Code, worse
from ansible_collections.avepoint.cloud.plugins.module_utils._lists import PagedList
from ansible_collections.avepoint.cloud.plugins.module_utils._paging import Listing, Page, read_all
from ansible_collections.avepoint.cloud.plugins.module_utils._service import Snapshot, page_or_refusal
from ansible_collections.avepoint.cloud.plugins.module_utils._time_range import is_absolute, read_range
from ansible_collections.avepoint.cloud.plugins.module_utils._timed import (
    ROUNDING,
    TimedService,
    Times,
    clock_offset,
    moment_of,
    times_of,
)

# The states of jobs that have not ended.
OPEN = ("running", "waiting")

# If the server's clock is unknown, it is assumed to be at most this far ahead of this machine's.
MOST_AHEAD = datetime.timedelta(days=1)

# Jobs that have not ended are requested from this long before the range.
LONGEST_RUN = datetime.timedelta(days=30)

# No product has jobs from before this year.
EARLIEST_YEAR = 2000

# How often a poll reads the lists before it fails because their answers disagree about the time.
CLOCK_ATTEMPTS = 3


class RangedService(TimedService):
    """A product whose server filters by a time range.

    The vendor does not document whether a server applies the range to a job's start or to its finish. So jobs that have not
    ended (waiting, running or paused) are requested separately, with a range that begins much earlier. After a poll has
    found such a job, the next range begins no later than the job's start.

    A subclass implements :meth:`_fetch_page`.
    """

    reach = "-24h"
    options: t.ClassVar[dict[str, dict]] = {
        "start_time": {"type": "str", "default": reach},
        "finish_time": {"type": "str", "default": "now", "aliases": ["end_time"]},
    }
    #: Whether the server can filter by status. If not, only one list is read, with the range that begins earlier.
    filters_status: t.ClassVar[bool] = True
    #: Whether a request by job id finds the job whatever its times.
    ids_any_time: t.ClassVar[bool] = False
    #: In the current reading: by how many seconds the server's clock is taken to be ahead.
    _offset: float
    #: In the current reading: whether the requested range is wider than the options say.
    _widened: bool
    #: The range, as :func:`_bounds` gives it.
    _bounds: tuple[str, str]

    def __init__(self, params: dict, client: Client, now: t.Callable[[], float]):
        super().__init__(params, client, now)
        #: Whether a poll has succeeded: later polls keep its range.
        self._range_fixed = False
        #: Why the jobs that have not ended could not be requested separately; empty if they could.
        self._no_running = ""

    @abc.abstractmethod
    def _fetch_page(self, which: t.Any, start: str, finish: str, status: Code | None, number: int) -> Page:
        """Fetches one page of a list; ``number`` counts from 1.

        ``which`` is an entry of :meth:`_lists`; ``start`` and ``finish`` are ISO 8601 in UTC; ``status`` is the status to
        filter by, or None for all.

        :raises AvePointError: when the page cannot be read.
        """

    def _lists(self) -> t.Sequence[t.Any]:
        """One entry for each list that a poll reads, which identifies it; a single None by default."""
        return (None,)

    @classmethod
    def check_options(cls, params: dict, now: float) -> dict:
        start, finish = read_range(params, moment_of(now))
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
        # The lists are parts of one result, so no list may be left out: the first error is raised.
        return super().poll()

    def _listings(self, faults: list[AvePointError] | None) -> list[Listing]:
        """Reads the lists of one poll, by the server's clock if this machine's is wrong."""
        if self._client.skew is None:
            self._client.log_in()  # the answer usually has a Date header
        for _again in range(CLOCK_ATTEMPTS):
            self._set_clock()
            listings = super()._listings(faults)
            if self._in_time():
                self._range_fixed = True
                return listings
        raise InvalidResponse(
            "its answers differ in what time it is, so what has to be asked for cannot be known: "
            "give start_time and finish_time as absolute times"
        )

    def _set_clock(self) -> None:
        """Uses the server's clock if this machine's differs from it by more than ``CLOCK_SKEW``."""
        self._offset = clock_offset(self._client.skew)
        if not self._range_fixed:
            self._began = self._moment()
            self._start, self._finish = read_range(self._params, self._began)
            self._bounds = _bounds(self._start, self._finish)

    def _moment(self) -> datetime.datetime:
        """The current time, by the server's clock if this machine's is wrong."""
        return moment_of(self._now() + self._offset)

    def _in_time(self) -> bool:
        """Whether the answers confirm the clock on which the range was based.

        :raises InvalidResponse: when the range depends on the clock, and no answer had a Date header.
        """
        skew = self._client.skew
        if skew is None and not self._asks_by_id() and not (is_absolute(self._params["start_time"]) and self._finish):
            raise InvalidResponse(
                f"no answer of {self.api.name} has a Date header that can be read, so nothing shows whether the clock of this "
                "machine is right, by which the range of time was chosen: check what removes the header, such as a proxy, or give "
                "start_time and finish_time as absolute times",
                200,
            )
        return skew is None or abs(skew - self._offset) <= CLOCK_SKEW.total_seconds()

    def _paged_lists(self) -> list[PagedList]:
        latest = self._moment() + (MOST_AHEAD if self._client.skew is None and self._finish else CLOCK_SKEW)
        finish = self._finish or latest
        still_open = [job for job in self._seen.values() if not job["finished"]]
        if still_open:
            finish = max(finish, latest)  # they will finish after the requested range
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
                lambda job: _is_open(job) and self._chosen(job),
            )
        return PagedList(page_requests, functools.partial(page_or_refusal, fetch))

    def _far_enough(self, start: datetime.datetime) -> t.Callable[[list[dict]], bool] | None:
        """A test whether the jobs read so far, in the server's order, reach back to ``start``.

        None if the server applies the time range itself: then the list has to be read to its end.
        """
        return None

    def _open_statuses(self) -> list[Code]:
        """The status codes of jobs that have not ended."""
        return [code for code, status in self.statuses.items() if status.state in OPEN]

    def _read(self, paged_lists: list[PagedList], faults: list[AvePointError] | None) -> list[Listing]:
        number = len(self._lists())
        self._no_running = ""
        # Jobs that have not ended are read first: a job that ends in between is then in the second reading.
        try:
            running = super()._read(paged_lists[number:], faults)
        except InvalidInput as error:
            if error.http_status != 400:
                raise
            running = []  # a server that refuses this filter, or so long a range, can still answer the main request
            self._no_running = str(error)
        asked = super()._read(paged_lists[:number], faults)
        # A server that ignores the status filter also lists jobs that ended before the range: they are dropped.
        return [
            *asked,
            *(
                listing._replace(
                    items=[job for job in listing.items if _is_open(job) and not self._began_after(_known_times(job))]
                )
                for listing in running
            ),
        ]

    def _asks_by_id(self) -> bool:
        """Whether jobs are requested by id, so that their times do not matter."""
        return self.ids_any_time and bool(self._wanted)

    def _began_after(self, times: Times) -> bool:
        """Whether the job ran after the range, by all of its times that are known."""
        began, ended = times
        return self._finish is not None and began is not None and min(began, ended or began) - self._finish > ROUNDING

    def _ended_before(self, job: dict, times: Times) -> bool:
        """Whether the job ended before the range.

        A success without a finish time counts as ended at its start: an old success must not be taken for a new one.
        """
        began, ended = times
        if _is_open(job) or not (began or ended):
            return False
        if ended is None and job["state"] != "succeeded":
            return False
        return self._start - max(filter(None, times)) > ROUNDING

    def _chosen(self, job: dict) -> bool:
        if not super()._chosen(job):
            return False
        start, finish = self._bounds
        if start <= (job["start_time"] or "") < finish:
            return True  # as nearly all are; what follows takes longer, and would come to the same
        if self._asks_by_id() or (self._seen and self._key(job) in self._seen):
            return True
        began, ended = times = _known_times(job)
        if self._began_after(times) or self._ended_before(job, times):
            return False
        if not self._widened or not began or not job["finished"]:
            return True
        # The widened range also finds jobs that began too early and had ended before this call began.
        return began >= self._start or (ended is not None and ended >= self._began)

    def _total(self, listings: list[Listing]) -> int:
        number = len(self._lists())
        asked = sum(listing.total for listing in listings[:number])
        if any(listing.truncated for listing in listings[:number]):
            return asked  # how many of the separately requested jobs this includes is unknown
        running = {self._key(job) for listing in listings[number:] for job in listing.items}
        if running:
            running.difference_update(self._key(job) for listing in listings[:number] for job in listing.items)
        return asked + len(running)


def _bounds(start: datetime.datetime, finish: datetime.datetime | None) -> tuple[str, str]:
    """Two texts: a job whose ``start_time`` is from the first one until before the second one is within the range."""
    first = _to_the_second(start)
    if start.microsecond:
        first += "~"  # sorts after "Z" and after every fraction of this second
    never = str(datetime.MAXYEAR)  # a placeholder: see is_time()
    return first, never if finish is None else min(_to_the_second(finish), never)


def _to_the_second(moment: datetime.datetime) -> str:
    """The beginning that all times in this second have as a text."""
    return format_time(moment.replace(microsecond=0))[:-1]


def _known_times(job: dict) -> Times:
    """A job's times, with None for a placeholder date (see :func:`is_time`).

    A success keeps such a date: all of its times have to show that it is within the range.
    """
    began, ended = times_of(job)
    if job["state"] == "succeeded":
        return began, ended
    return (began if began and is_time(began) else None), (ended if ended and is_time(ended) else None)


def is_time(moment: datetime.datetime) -> bool:
    """Whether a time is real: databases and libraries write a missing time as 1601, 1753, 1899, 1900, 1970 or 9999."""
    return EARLIEST_YEAR <= moment.year < datetime.MAXYEAR


def _is_open(job: dict) -> bool:
    return job["state"] in OPEN
