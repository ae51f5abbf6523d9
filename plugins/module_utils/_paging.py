# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading a paged list that changes while it is read, so that nothing is lost and nothing is there twice."""

from __future__ import annotations

import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._errors import AvePointError, InvalidResponse
from ansible_collections.avepoint.cloud.plugins.module_utils._text import clean

# Pages asked for at once before looking at what they brought: bounds what a total that lies can cost.
BATCH = 128

# Readings of the whole list before it is given up as one that cannot be read completely.
SWEEPS = 3

# Pages of one list that are read beyond those that its first total speaks of; and how many a total can speak of.
MOST_PAGES = 1000
MOST_TOLD_PAGES = 100_000

# Pages in a row that are empty and name a next one, before a list is given up as one without an end.
MOST_EMPTY = 20

# Sizes at which servers cap their pages are multiples of this.
ROUND = 5

Item = t.TypeVar("Item")


class Page(t.NamedTuple):
    """One answered page. ``total`` and ``size`` (the page size in force) are None where the server does not say.

    ``refusal`` is the error with which the server refused a page number: past the end some do. ``more`` is whether it names a
    next page, where the API has links to it; they are never followed.
    """

    items: list
    total: int | None = None
    size: int | None = None
    refusal: AvePointError | None = None
    more: bool | None = None


class Listing(t.NamedTuple):
    """What was read: unique items in the server's order, what it says there is, whether more exist than were read."""

    items: list
    total: int
    truncated: bool


PageRequests = t.Generator[list[int], list[Page], Listing]


def read_page(number: int, size: int) -> PageRequests:
    """Reads one page only."""
    (page,) = yield [number]
    if page.refusal is not None:
        raise page.refusal
    before = (number - 1) * (page.size or size)
    total = before + len(page.items) if page.total is None else page.total
    if page.total is not None:
        more = total > len(page.items)
    elif page.size is not None:
        more = number > 1 or len(page.items) >= page.size
    elif page.more is not None:
        more = number > 1 or page.more or len(page.items) >= size
    else:
        more = number > 1 or bool(page.items)  # the server may hold back more than it was asked for
    return Listing(page.items, total, more)


class Shown:
    """What the pages of an API have shown so far, which holds for all its lists."""

    #: How many items the longest page had: the server does not cut pages to less.
    longest = 0
    #: Whether a total was larger than its page, so that totals are not the numbers of pages' own items.
    totals = False

    def take(self, page: Page) -> None:
        """Remembers what a page shows."""
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
    """Reads every page, or pages until ``limit`` items are ``chosen``, or until what was read is ``enough``.

    With ``enough``, which is given all items so far in the server's order, one page is read after the other. What follows is
    not wanted then, so a list that is read to there counts as whole. ``shown`` is shared by the lists of one API of which pages of
    this size are read.

    A generator without any input or output of its own: it yields the numbers of pages that may be read side by
    side, is sent these pages, and returns a :class:`Listing`. Of a list with several pages the first one is read once more
    at the end. When it is another one then, or the pages do not agree (the total changed, or they overlap here and there),
    the list was changing, and what moved from a page that was still to be read to one that had been read is lost: then
    the list is read again page by page. So what was there all the time is among the items, as long as items come and go
    at the ends of the list, or the total tells of it.

    :raises InvalidResponse: when that cannot be had: the server names more items than can be read, repeats one page for
        ever, refuses a page where nothing says that the one before was the last, never ends, or never stands still.
    """
    found: dict[t.Hashable, t.Any] = {}
    for attempt in range(SWEEPS):
        side_by_side = attempt == 0 and enough is None
        sweep = _Sweep(size, key, merge, limit, chosen, enough, shown or Shown(), side_by_side)
        yield from sweep.page_requests()
        # What an earlier reading saw was there, too.
        found = {**sweep.items, **{each: item for each, item in found.items() if each not in sweep.items}}
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
        self._capacity = 0
        self._stale = 0
        self._first = self._last = Page([])
        self._refusal: AvePointError | None = None
        #: How many items each page after the first, up to the last that brought something new, shares with those before.
        self._overlaps: list[int] = []
        self._ahead: list[int] = []
        self._total_moved = self._head_moved = False
        self._counts_itself = True
        #: Items without those that came a second time on another page.
        self._read = 0
        #: Whether the last page before a refusal was one that may be the last.
        self._came_short = False
        self.items: dict[t.Hashable, t.Any] = {}
        self.total: int | None = None
        self.ended = False
        #: Whether it ended before the list did, since what was read is enough.
        self.reached = False
        self._repeats = False

    def page_requests(self) -> t.Generator[list[int], list[Page], None]:
        number = 0
        while not self.ended:
            upto = self._last_of_batch(number)
            for page in (yield list(range(number + 1, upto + 1))):
                number += 1
                self._take(page, number)
            self.ended = self._at_end(number)
            if self._limit is not None and self._count >= self._limit:
                self.ended = self._count == self._limit and (self.ended or self._read == self.total)
                break
            if not self.ended and self._enough is not None and self._enough(list(self.items.values())):
                self.reached = True
                break
            if not self.ended and number >= MOST_PAGES + min(self._told_pages(), MOST_TOLD_PAGES):
                raise InvalidResponse(
                    f"its list goes on after {number} pages, which is more than it says there is: "
                    "raise page_size, or ask for less",
                )
        whole = self.ended or (self.reached and number > 1)
        if whole and self._steady() and not self._first_is_all():
            (again,) = yield [1]
            self._head_moved = list(map(self._key, again.items)) != list(map(self._key, self._first.items))

    def complete(self) -> bool:
        """Whether everything that was there all the time is among what was read (or as much of it as was wanted)."""
        if self._repeats:
            return False
        if self.reached:
            return self._steady() and not self._head_moved
        if not self.ended:
            return self._steady() or not self._side_by_side
        return self._steady() and not self._head_moved and self._proven() and self._read >= (self._first.total or 0)

    def failure(self, read: int) -> InvalidResponse:
        """Why it is not complete; ``read`` is how many items were read in all."""
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
        return InvalidResponse(text, transient=moved)  # a list that moves can be read when it rests

    def _steady(self) -> bool:
        """Whether the pages fit together. Servers whose pages overlap at each place alike do that on purpose."""
        return len(set(self._overlaps)) <= 1 and (self._counts_itself or not self._total_moved)

    def _first_is_all(self) -> bool:
        """Whether the first page, which is of one moment, was the whole list by what the server said."""
        first = self._first
        told = first.size is not None or first.more is False
        short = told and len(first.items) < min(first.size or self._size, self._size)
        return self._read == len(first.items) and (short or first.total == len(first.items))

    def _proven(self) -> bool:
        """Whether nothing can follow. A refused number proves nothing, but that the total or the page before bears it out."""
        if self._empty_goes_on() and self._read != self.total:
            return False
        return self._refusal is None or self._read == self.total or self._came_short

    def _empty_goes_on(self) -> bool:
        """Whether the last page is empty and all the same names a next one."""
        return bool(self._last.more) and not self._last.items

    def _last_of_batch(self, number: int) -> int:
        if number == 0 or not self._side_by_side or self.total is None:
            return number + 1
        if number == 1 and self._capacity < self._full(number):
            return 2  # the first page came short: does the server cap the page size, or was that the only one?
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
            # The number of a page's own items in the place of the total says nothing of the list.
            self._counts_itself = self._counts_itself and page.total == len(page.items)
            self.total = page.total
        shared = 0
        own = set()
        for item in page.items:
            key = self._key(item)
            if key in self.items:
                shared += key not in own
                self.items[key] = self._merge(self.items[key], item)
            else:
                own.add(key)
                self.items[key] = item
                self._count += self._limit is not None and self._chosen(item)
        self._read += len(page.items) - shared
        # Where pages overlap on purpose, a full one is followed by one with at least what they share. (A total knows better.)
        full = len(self._last.items) >= self._capacity and (self.total is None or self._read > self.total)
        if number > 1 and (page.items or (full and self._overlaps)):
            self._ahead.append(shared)
        if own or not page.items:
            self._overlaps += self._ahead
            self._ahead = []
        self._stale = 0 if own else self._stale + 1
        self._capacity = max(self._capacity, len(page.items))
        self._last = page
        self._refusal = self._refusal or page.refusal
        if self._refusal is None:
            self._came_short = page.more is False or (not page.more and len(page.items) < self._full(number))

    def _full(self, number: int) -> int:
        """What a full page holds: at first what the server says, later what the fullest page so far held."""
        return min(self._last.size or self._size, self._size) if number == 1 else self._capacity

    def _told_pages(self) -> int:
        return _pages_for(self._first.total or 0, self._capacity)

    def _at_end(self, number: int) -> bool:
        last = self._last
        if self._refusal is not None:
            if number == 1:
                raise self._refusal
            # Whether that was behind the last page is another question: a list that shrinks has fewer pages, too.
            return True
        if self.total is None or self._read > self.total:
            # No total to go by: two pages in a row that bring nothing new are the end. But where they are not empty, there
            # is no telling the end from a page that repeats, or from a list that moves on as fast as it is read.
            # Unless the server has links to a next page: a page without one that is short, or empty, is the end then.
            if last.more is False and self.total is None and (not last.items or self._short(number)):
                return True
            # An empty page that names a next one is none: some servers filter what they have put on pages.
            if self._empty_goes_on() and self._stale < MOST_EMPTY:
                return False
            self._repeats = self._stale >= 2 and bool(last.items)
            return self._stale >= 2
        if self._read == self.total:
            # A short page is the last one. Behind a full one there may be more than the total admits.
            return self._stale >= 1 or self._short(number)
        return self._stale >= 2 and number >= min(BATCH, _pages_for(self.total, self._capacity))

    def _short(self, number: int) -> bool:
        """Whether the last page holds less than a page can, and names no next one.

        Of the only page so far, the server has to say how much that is: it may hold back what was asked for, and count in
        its total what it sends. Where it says no more than what it was asked for, it may have echoed that alone, which
        counts unless the page is as long as caps are, and other lists have not shown that it does neither. A server that caps at
        another size, echoes what it was asked for and counts its own page as the total cannot be told from a short list: a second
        page of each short list would double the requests of nearly every poll.
        """
        last, items = self._last, len(self._last.items)
        if last.more:
            return False
        if number > 1 or items >= self._full(number):
            return items < self._full(number)
        told = last.size is not None or last.more is False
        honest = self._shown.totals or items < self._shown.longest
        return told and (honest or (last.size or self._size) < self._size or items % ROUND > 0)


def _pages_for(items: int, capacity: int) -> int:
    """How many pages hold so many items; in whole numbers, since a total that lies can be too large for a float."""
    return -(-items // max(capacity, 1))
