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

Item = t.TypeVar("Item")


class Page(t.NamedTuple):
    """One answered page. ``total`` and ``size`` (the page size in force) are None where the server does not say.

    ``refusal`` is the error with which the server refused a page number: past the end some do.
    """

    items: list
    total: int | None = None
    size: int | None = None
    refusal: AvePointError | None = None


class Listing(t.NamedTuple):
    """What was read: unique items in the server's order, what it says there is, whether more exist than were read."""

    items: list
    total: int
    truncated: bool


Pages = t.Generator[list[int], list[Page], Listing]


def read_page(number: int, size: int) -> Pages:
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
    else:
        more = number > 1 or bool(page.items)  # the server may hold back more than it was asked for
    return Listing(page.items, total, more)


def read_all(
    size: int,
    key: t.Callable[[t.Any], t.Hashable],
    merge: t.Callable[[t.Any, t.Any], t.Any],
    limit: int | None = None,
    chosen: t.Callable[[t.Any], bool] = lambda item: True,
) -> Pages:
    """Reads every page, or pages until ``limit`` items are ``chosen``.

    A generator without any input or output of its own: it yields the numbers of pages that may be read side by
    side, is sent these pages, and returns a :class:`Listing`. The first reading asks for everything at once. When
    its pages do not agree (the total changed, or an item came twice), the list was changing, and what moved from a
    page that was still to be read to one that had been read is lost: then the list is read again page by page. In
    that order, whatever is added at the head only moves items to pages that are still to come.

    :raises InvalidResponse: when the server names more items than can be read, or repeats one page for ever.
    """
    found: dict[t.Hashable, t.Any] = {}
    for attempt in range(SWEEPS):
        sweep = _Sweep(size, key, merge, limit, chosen, side_by_side=attempt == 0)
        yield from sweep.pages()
        # What an earlier reading saw was there, too.
        found = {**sweep.items, **{each: item for each, item in found.items() if each not in sweep.items}}
        if sweep.complete():
            return Listing(list(found.values()), max(sweep.total or 0, len(found)), not sweep.ended)
    if sweep.repeats:
        raise InvalidResponse("it answers the same page again and again, so the end of the list cannot be found")
    reason = "" if sweep.refusal is None else f" before it refused a page: {sweep.refusal}"
    raise InvalidResponse(
        f"it says that there are {clean(str(sweep.total), 20)} items, but only {len(found)} could be read{reason}",
        transient=not sweep.steady,  # a list that moves can be read when it rests, one that lies cannot
    )


class _Sweep:
    """One reading of the list from page 1 to its end."""

    def __init__(
        self,
        size: int,
        key: t.Callable[[t.Any], t.Hashable],
        merge: t.Callable[[t.Any, t.Any], t.Any],
        limit: int | None,
        chosen: t.Callable[[t.Any], bool],
        side_by_side: bool,
    ):
        self._size, self._key, self._merge = size, key, merge
        self._limit, self._chosen, self._count = limit, chosen, 0
        self._side_by_side = side_by_side
        self._capacity = 0
        self._stale = 0
        self._last = Page([])
        self.refusal: AvePointError | None = None
        self._first_total: int | None = None
        self.steady = True
        self.items: dict[t.Hashable, t.Any] = {}
        self.total: int | None = None
        self.ended = False
        self.repeats = False

    def pages(self) -> t.Generator[list[int], list[Page], None]:
        number = 0
        while not self.ended:
            upto = self._last_of_batch(number)
            for page in (yield list(range(number + 1, upto + 1))):
                number += 1
                self._take(page, number)
            self.ended = self._at_end(number)
            if self._limit is not None and self._count >= self._limit:
                self.ended = self._count == self._limit and (self.ended or len(self.items) == self.total)
                return

    def complete(self) -> bool:
        """Whether everything that was there when the reading began is among what was read (or as much of it as was wanted)."""
        if self.repeats or (self._side_by_side and not self.steady):
            return False
        return not self.ended or len(self.items) >= (self._first_total or 0)

    def _last_of_batch(self, number: int) -> int:
        if number == 0 or not self._side_by_side or self.total is None or len(self.items) >= self.total:
            return number + 1
        if number == 1 and self._capacity < self._full(number):
            return 2  # the first page came short: does the server cap the page size, or was that the only one?
        wanted = self.total if self._limit is None else min(self.total, self._limit)
        last = _pages_for(wanted, self._capacity)
        if self._limit is None and wanted % max(self._capacity, 1) == 0:
            last += 1  # a full last page does not prove that nothing follows: see _at_end
        return max(number + 1, min(last, number + BATCH))

    def _take(self, page: Page, number: int) -> None:
        if page.total is not None:
            if number == 1:
                self._first_total = page.total
            elif page.total != self.total:
                self.steady = False
            self.total = page.total
        self.refusal = self.refusal or page.refusal
        known = len(self.items)
        for item in page.items:
            key = self._key(item)
            if key in self.items:
                self.steady = False
                self.items[key] = self._merge(self.items[key], item)
            else:
                self.items[key] = item
                self._count += self._chosen(item)
        self._stale = 0 if len(self.items) > known else self._stale + 1
        self._capacity = max(self._capacity, len(page.items))
        self._last = page

    def _full(self, number: int) -> int:
        """What a full page holds: at first what the server says, later what the fullest page so far held."""
        return min(self._last.size or self._size, self._size) if number == 1 else self._capacity

    def _at_end(self, number: int) -> bool:
        read, last = len(self.items), self._last
        if self.refusal is not None:
            if number == 1:
                raise self.refusal
            # Whether that was behind the last page, the total has to say: a list that shrinks has fewer pages, too.
            return True
        if self.total is None or read > self.total:
            # No total to go by: two pages in a row that bring nothing new are the end. But where they are not empty, there
            # is no telling the end from a page that repeats, or from a list that moves on as fast as it is read.
            self.repeats = self._stale >= 2 and bool(last.items)
            return self._stale >= 2
        if read == self.total:
            # A short page is the last one. Behind a full one there may be more than the total admits.
            return read == 0 or self._nothing_new(1) or len(last.items) < self._full(number)
        return self._nothing_new(2) and number >= min(BATCH, _pages_for(self.total, self._capacity))

    def _nothing_new(self, pages: int) -> bool:
        """Whether so many pages in a row brought nothing new: more of them, where what was added since pushed known items there."""
        added = (self.total or 0) - (self._first_total or 0) if self._last.items else 0
        return self._stale >= pages + min(max(added, 0), BATCH)


def _pages_for(items: int, capacity: int) -> int:
    """How many pages hold so many items; in whole numbers, since a total that lies can be too large for a float."""
    return -(-items // max(capacity, 1))
