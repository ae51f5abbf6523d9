# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads a paged list that may change during the reading, so that no item is lost or returned twice."""

from __future__ import annotations

import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._errors import AvePointError, InvalidResponse
from ansible_collections.avepoint.cloud.plugins.module_utils._text import clean

# The most pages that are requested at once. It limits the cost of a false total.
BATCH = 128

# After how many readings of the whole list it counts as impossible to read it completely.
SWEEPS = 3

# The most pages read of one list: MOST_PAGES more than its first total implies, of which at most MOST_EXPECTED_PAGES count.
MOST_PAGES = 1000
MOST_EXPECTED_PAGES = 100_000

# How many empty pages in a row may name a next page before reading stops: such a list may have no end.
MOST_EMPTY = 20

# Servers usually cap the page size at a multiple of this.
ROUND = 5

Item = t.TypeVar("Item")


class Page(t.NamedTuple):
    """One page of a list. ``total`` and ``size`` (the page size in force) are None if the server does not say them.

    ``refusal`` is the error with which the server refused the page number: some servers do so past the end. ``more`` says
    whether the server names a next page; None if the API has no such links. The links are never followed.
    """

    items: list
    total: int | None = None
    size: int | None = None
    refusal: AvePointError | None = None
    more: bool | None = None


class Listing(t.NamedTuple):
    """The result: unique items in the server's order, their total by the server, whether more exist than were read."""

    items: list
    total: int
    truncated: bool


# Yields the numbers of further pages to request, perhaps none, and is sent the next requested page, in the order of the requests.
# So a page is taken while the pages after it are still under way. Returns the result.
PageRequests = t.Generator[t.Sequence[int], Page, Listing]


def read_page(number: int, size: int) -> PageRequests:
    """Reads only page ``number`` (from 1); ``size`` is the requested page size.

    :raises AvePointError: when the server refuses the page.
    """
    page = yield [number]
    if page.refusal is not None:
        raise page.refusal
    before = (number - 1) * (page.size or size)
    total = before + len(page.items) if page.total is None else page.total
    if page.total is not None:
        truncated = total > len(page.items)
    elif page.size is not None:
        truncated = number > 1 or len(page.items) >= page.size
    elif page.more is not None:
        truncated = number > 1 or page.more or len(page.items) >= size
    else:
        truncated = number > 1 or bool(page.items)  # the server may have capped the page size
    return Listing(page.items, total, truncated)


class Shown:
    """What pages have shown so far about the paging of an API. It holds for all lists of the API."""

    #: The number of items on the longest page: the server does not cap pages below this.
    longest = 0
    #: Whether a total was larger than its page: then totals do not just count the items of their page.
    totals = False

    def take(self, page: Page) -> None:
        """Updates this from a page."""
        self.longest = max(self.longest, len(page.items))
        self.totals = self.totals or (page.total or 0) > len(page.items) > 0


def read_all(
    size: int,
    key: t.Callable[[t.Any], t.Hashable],
    merge: t.Callable[[t.Any, t.Any], t.Any],
    limit: int | None = None,
    chosen: t.Callable[[t.Any], bool] = lambda item: True,
    enough: t.Callable[[list], bool] | None = None,
    shown: Shown | None = None,
) -> PageRequests:
    """Reads all pages; or stops once ``limit`` items are ``chosen``, or once the items read so far are ``enough``.

    ``size`` is the requested page size, ``key`` gives the identity of an item, and ``merge`` makes one item of two with the same
    key. ``enough`` is given all items so far in the server's order; with it, pages are read one at a time. The items after that
    point are not wanted, so the list does not count as truncated. ``shown`` is shared by the lists of one API that are read
    with this page size.

    This generator does no input or output: it yields the numbers of pages that may be read in parallel, is sent these pages
    one by one, and returns a :class:`Listing`. If a list has several pages, the first one is read again at the end. If it has
    changed, or the total changed, or the pages overlap irregularly, then the list changed during the reading. An item may have
    moved from an unread page to a page that was already read, so the list is read again page by page. The result thus contains
    every item that was in the list all the time, provided that items come and go only at the ends of the list, or the total
    shows it.

    :raises InvalidResponse: when this is impossible: the server's total is larger than what can be read, it repeats one page
        for ever, it refuses a page although the page before may not be the last, or the list has no end or changes each time.
    """
    found: dict[t.Hashable, t.Any] = {}
    for attempt in range(SWEEPS):
        side_by_side = attempt == 0 and enough is None
        sweep = _Sweep(size, key, merge, limit, chosen, enough, shown or Shown(), side_by_side)
        yield from sweep.page_requests()
        # Items that only an earlier reading found belong to the result, too.
        earlier = {each: item for each, item in found.items() if each not in sweep.items}
        found = {**sweep.items, **earlier} if earlier else sweep.items
        if sweep.complete():
            return Listing(list(found.values()), max(sweep.total or 0, len(found)), not (sweep.ended or sweep.reached))
    raise sweep.failure(len(found))


class _Sweep:
    """One reading of the list from page 1 to its end."""

    def __init__(
        self,
        size: int,
        key: t.Callable[[t.Any], t.Hashable],
        merge: t.Callable[[t.Any, t.Any], t.Any],
        limit: int | None,
        chosen: t.Callable[[t.Any], bool],
        enough: t.Callable[[list], bool] | None,
        shown: Shown,
        side_by_side: bool,
    ):
        self._size, self._key, self._merge = size, key, merge
        self._limit, self._chosen, self._count = limit, chosen, 0
        self._enough = enough
        self._shown = shown
        self._side_by_side = side_by_side
        #: The number of items on the longest page.
        self._capacity = 0
        #: How many pages in a row brought no new item.
        self._stale = 0
        self._first = self._last = Page([])
        self._refusal: AvePointError | None = None
        #: For each page after the first: how many of its items earlier pages had.
        self._overlaps: list[int] = []
        #: The same for the pages since the last new item: counts once a page with a new item, or an empty page, follows.
        self._pending_overlaps: list[int] = []
        self._total_moved = self._head_moved = False
        #: Whether each total so far was just the number of items on its page.
        self._counts_itself = True
        #: The number of items read, without those that an earlier page had.
        self._read = 0
        #: Whether the last page, or the one before a refusal, may be the last page of the list.
        self._came_short = False
        self.items: dict[t.Hashable, t.Any] = {}
        self.total: int | None = None
        self.ended = False
        #: Whether the reading stopped before the end of the list, because the items are ``enough``.
        self.reached = False
        self._repeats = False

    def page_requests(self) -> t.Generator[t.Sequence[int], Page, None]:
        """The part of :func:`read_all`'s requests that belongs to this reading."""
        number = 0
        while not self.ended:
            last = self._last_of_batch(number)
            requested: t.Sequence[int] = range(number + 1, last + 1)
            while number < last:
                page = yield requested
                requested = ()
                number += 1
                self._take(page, number)
            self.ended = self._at_end(number)
            if self._limit is not None and self._count >= self._limit:
                self.ended = self._count == self._limit and (self.ended or self._read == self.total)
                break
            if not self.ended and self._enough is not None and self._enough(list(self.items.values())):
                self.reached = True
                break
            if not self.ended and number >= MOST_PAGES + min(self._expected_pages(), MOST_EXPECTED_PAGES):
                raise InvalidResponse(
                    f"its list goes on after {number} pages, which is more than it says there is: "
                    "raise page_size, or ask for less",
                )
        whole = self.ended or (self.reached and number > 1)
        if whole and self._steady() and not self._first_is_all():
            again = yield [1]
            self._head_moved = list(map(self._key, again.items)) != list(map(self._key, self._first.items))

    def complete(self) -> bool:
        """Whether every item that was in the list all the time was read, or as many of them as are wanted."""
        if self._repeats:
            return False
        if self.reached:
            return self._steady() and not self._head_moved
        if not self.ended:
            return self._steady() or not self._side_by_side
        return self._steady() and not self._head_moved and self._proven() and self._read >= (self._first.total or 0)

    def failure(self, read: int) -> InvalidResponse:
        """The error for an incomplete reading; ``read`` is the number of items that were found by all readings."""
        if self._repeats:
            return InvalidResponse("it answers the same page again and again, so the end of the list cannot be found")
        moved = not self._steady() or self._head_moved
        reason = "" if self._refusal is None else f" before it refused a page: {self._refusal}"
        if moved and (self.reached or self.total is None or self._read >= self.total):
            text = f"its list changed each time it was read, so some of it may be lacking; {read} items could be read{reason}"
        elif self.total is None or self._read > self.total:
            text = f"nothing says whether more items follow the {read} that could be read{reason}"
        else:
            text = f"it says that there are {clean(str(self.total), 20)} items, but only {read} could be read{reason}"
        return InvalidResponse(text, transient=moved)  # a changing list may be readable later

    def _steady(self) -> bool:
        """Whether the pages fit together: all overlap equally (then the server does so on purpose), under a constant total."""
        return len(set(self._overlaps)) <= 1 and (self._counts_itself or not self._total_moved)

    def _first_is_all(self) -> bool:
        """Whether the server says that the first page was the whole list. A single page is always consistent."""
        first = self._first
        stated = first.size is not None or first.more is False
        short = stated and len(first.items) < min(first.size or self._size, self._size)
        return self._read == len(first.items) and (short or first.total == len(first.items))

    def _proven(self) -> bool:
        """Whether no page can follow. A refused page number proves it only together with the total or the page before."""
        if self._empty_goes_on() and self._read != self.total:
            return False
        return self._refusal is None or self._read == self.total or self._came_short

    def _empty_goes_on(self) -> bool:
        """Whether the last page is empty but names a next page."""
        return bool(self._last.more) and not self._last.items

    def _last_of_batch(self, number: int) -> int:
        """The last page number of the next batch, after ``number`` pages have been read."""
        if number == 0 or not self._side_by_side or self.total is None:
            return number + 1
        if number == 1 and self._capacity < self._full(number):
            return 2  # the first page is short: it is the only one, or the server caps the page size
        wanted = self.total if self._limit is None else min(self.total, self._limit)
        last = _pages_for(wanted, self._capacity)
        if self._limit is None and wanted % max(self._capacity, 1) == 0:
            last += 1  # a full last page does not prove that nothing follows: see _at_end
        return max(number + 1, min(last, number + BATCH))

    def _take(self, page: Page, number: int) -> None:
        if number == 1:
            self._first = page
        self._shown.take(page)
        if page.total is not None:
            self._total_moved = self._total_moved or (number > 1 and page.total != self.total)
            # Some servers send the number of items on the page as the total, which says nothing about the list.
            self._counts_itself = self._counts_itself and page.total == len(page.items)
            self.total = page.total
        keys = [self._key(item) for item in page.items]
        shared = sum(map(self.items.__contains__, keys))
        before = len(self.items)
        for key, item in zip(keys, page.items):
            if key in self.items:
                self.items[key] = self._merge(self.items[key], item)
            else:
                self.items[key] = item
                if self._limit is not None:
                    self._count += self._chosen(item)
        new = len(self.items) > before
        self._read += len(page.items) - shared
        # If pages overlap on purpose, the page after a full one has at least the shared items, so it counts even if it is empty.
        # The total overrides this: after all of its items, no page need follow.
        full = len(self._last.items) >= self._capacity and (self.total is None or self._read > self.total)
        if number > 1 and (page.items or (full and self._overlaps)):
            self._pending_overlaps.append(shared)
        if new or not page.items:
            self._overlaps += self._pending_overlaps
            self._pending_overlaps = []
        self._stale = 0 if new else self._stale + 1
        self._capacity = max(self._capacity, len(page.items))
        self._last = page
        self._refusal = self._refusal or page.refusal
        if self._refusal is None:
            self._came_short = page.more is False or (not page.more and len(page.items) < self._full(number))

    def _full(self, number: int) -> int:
        """The number of items on a full page: for page 1 as the server says, then as many as the longest page had."""
        return min(self._last.size or self._size, self._size) if number == 1 else self._capacity

    def _expected_pages(self) -> int:
        """How many pages the first total implies."""
        return _pages_for(self._first.total or 0, self._capacity)

    def _at_end(self, number: int) -> bool:
        """Whether reading ends after page ``number``. :meth:`complete` says whether the list was read completely."""
        last = self._last
        if self._refusal is not None:
            if number == 1:
                raise self._refusal
            # This need not be the end of the list: a list that shrinks has fewer pages, too.
            return True
        if self.total is None or self._read > self.total:
            # Without a usable total, two pages in a row without a new item are the end. If they are not empty, the server may
            # also repeat a page, or the list may grow as fast as it is read: then the reading is not complete. If the server
            # has links to a next page, a short or empty page without a link is the end.
            if last.more is False and self.total is None and (not last.items or self._short(number)):
                return True
            # An empty page that names a next page is not the end: some servers filter the items after paging.
            if self._empty_goes_on() and self._stale < MOST_EMPTY:
                return False
            self._repeats = self._stale >= 2 and bool(last.items)
            return self._stale >= 2
        if self._read == self.total:
            # A short page is the last one. After a full page there may be more items than the total says.
            return self._stale >= 1 or self._short(number)
        return self._stale >= 2 and number >= min(BATCH, _pages_for(self.total, self._capacity))

    def _short(self, number: int) -> bool:
        """Whether the last page has fewer items than a page can hold, and names no next page.

        If it is the only page so far, the server has to say how many items a page can hold: it may cap the page size, and send
        the number of items on the page as the total. A stated size equal to the requested one may be a mere echo. It is believed
        if the number of items is no usual cap (see ``ROUND``), or if other lists have shown that totals are real or the cap is
        larger. So a server is not detected that caps at an unusual size, echoes the requested size and counts only the page in its
        total. Detecting it would take a second request for each short list, twice as many for nearly every poll.
        """
        last, items = self._last, len(self._last.items)
        if last.more:
            return False
        if number > 1 or items >= self._full(number):
            return items < self._full(number)
        stated = last.size is not None or last.more is False
        confirmed = self._shown.totals or items < self._shown.longest
        return stated and (confirmed or (last.size or self._size) < self._size or items % ROUND > 0)


def _pages_for(items: int, capacity: int) -> int:
    """How many pages of ``capacity`` items hold ``items``. Integers only, since a false total can be too large for a float."""
    return -(-items // max(capacity, 1))
