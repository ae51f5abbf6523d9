# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Paging against model servers that nobody thought of: every job exactly once, or an error."""

from __future__ import annotations

import collections
import dataclasses
import typing as t

from hypothesis import event, example, given
from hypothesis import strategies as st

from ansible_collections.avepoint.cloud.plugins.module_utils._errors import AvePointError, InvalidResponse, NotFound
from ansible_collections.avepoint.cloud.plugins.module_utils._paging import Listing, Page, read_all
from ansible_collections.avepoint.cloud.tests.unit.properties import budget


@dataclasses.dataclass
class Server:
    """A list of jobs, newest first, that pages in its own way and changes between requests."""

    count: int
    cap: int
    overlap: int = 0
    total: t.Callable[[int], int | None] = lambda count: count
    says_size: bool = False
    out_of_range: str = "empty"
    links: bool = False
    inserts: list[int] = dataclasses.field(default_factory=list)
    order: list[int] = dataclasses.field(default_factory=list)
    #: For each request how many jobs go at the head, come there, go at the tail, come there, in this order.
    moves: list[tuple[int, int, int, int]] = dataclasses.field(default_factory=list)

    def __post_init__(self) -> None:
        self.items: list[int] = list(range(self.count))
        self.requests = 0
        self.newest = 0
        self.gone: set[int] = set()

    def page(self, number: int, asked: int) -> Page:
        for _job in range(self.inserts[self.requests] if self.requests < len(self.inserts) else 0):
            self.newest -= 1
            self.items.insert(0, self.newest)
        if self.requests < len(self.moves):
            self.move(*self.moves[self.requests])
        self.requests += 1
        size = min(asked, self.cap)
        step = max(1, size - self.overlap)
        start = (number - 1) * step
        if start >= len(self.items) and number > 1:
            if self.out_of_range == "refuse":
                return Page([], refusal=NotFound("no such page"))
            if self.out_of_range == "clamp":
                start = max(0, (len(self.items) - 1) // step * step)
        more = start + size < len(self.items) if self.links else None
        told = size if self.says_size else None
        return Page(self.items[start : start + size], self.total(len(self.items)), told, more=more)

    def move(self, from_head: int, to_head: int, from_tail: int, to_tail: int) -> None:
        kept = self.items[from_head : max(from_head, len(self.items) - from_tail)]
        self.gone |= set(self.items) - set(kept)
        new = range(self.newest - 1, self.newest - 1 - to_head - to_tail, -1)
        self.newest -= len(new)
        self.items = [*new[:to_head], *kept, *new[to_head:]]

    def read(self, size: int, limit: int | None = None) -> Listing:
        pages = read_all(size, lambda item: item, lambda one, other: one, limit)
        numbers = next(pages)
        fetched: collections.deque[Page] = collections.deque()
        turn = 0
        while True:
            # Pages asked for side by side reach the server in any order.
            order = (
                sorted(numbers, key=lambda number: (number * 7919 + self.order[turn % len(self.order)]) % 101)
                if self.order
                else numbers
            )
            turn += len(numbers) > 0
            answers = {number: self.page(number, size) for number in order}
            fetched.extend(answers[number] for number in numbers)
            assert self.requests < 5000, "it never ends"
            try:
                numbers = pages.send(fetched.popleft())
            except StopIteration as end:
                return end.value


def all_or_error(server: Server, size: int) -> None:
    there = set(server.items)
    try:
        listing = server.read(size)
    except AvePointError as error:
        assert isinstance(error, InvalidResponse), error
        event("an error")
        return
    event("complete")
    there -= server.gone
    assert there <= set(listing.items), f"lost {sorted(there - set(listing.items))}"
    assert len(listing.items) == len(set(listing.items)), "a job is there twice"
    assert listing.total >= len(listing.items)
    assert not listing.truncated


SIZES = st.integers(1, 12)
COUNTS = st.integers(0, 60)
BEHINDS = st.sampled_from(["empty", "refuse", "clamp"])
ORDERS = st.lists(st.integers(0, 100), max_size=4)


@budget(150)
@given(COUNTS, SIZES, SIZES, st.booleans(), BEHINDS, ORDERS, st.booleans())
def test_an_honest_server_is_read_whole(count, cap, size, says_size, out_of_range, order, links):
    server = Server(count, cap, says_size=says_size, out_of_range=out_of_range, order=order, links=links)
    listing = server.read(size)
    assert listing == Listing(list(range(count)), count, False)


@budget(150)
@given(COUNTS, SIZES, SIZES, st.integers(0, 6), BEHINDS, st.booleans(), ORDERS)
def test_pages_that_overlap(count, cap, size, overlap, out_of_range, says_size, order):
    server = Server(count, cap, overlap, says_size=says_size, out_of_range=out_of_range, order=order)
    listing = server.read(size)
    assert listing == Listing(list(range(count)), count, False)


@budget(200)
@given(
    COUNTS, SIZES, SIZES, st.integers(0, 3), st.lists(st.integers(0, 3), max_size=30), BEHINDS, st.booleans(), ORDERS
)
@example(3, 2, 2, 1, [0, 1, 1, 0, 2, 3], "empty", False, [])
@example(1, 1, 1, 0, [0, 1], "refuse", False, [])
def test_jobs_that_appear_at_the_head_between_requests(
    count, cap, size, overlap, inserts, out_of_range, says_size, order
):
    server = Server(count, cap, overlap, inserts=inserts, says_size=says_size, out_of_range=out_of_range, order=order)
    server.inserts[:1] = [0] * len(server.inserts[:1])  # what is there at the first request was there at the start
    all_or_error(server, size)


MOVES = st.lists(
    st.one_of(
        st.just((0, 0, 0, 0)), st.sampled_from([(1, 0, 0, 1), (0, 1, 1, 0)]), st.tuples(*[st.integers(0, 2)] * 4)
    ),
    max_size=12,
)
TOTALS = st.sampled_from([lambda count: count, lambda count: None])


@budget(400)
@given(COUNTS, SIZES, SIZES, st.integers(0, 3), BEHINDS, st.booleans(), ORDERS, MOVES, TOTALS, st.booleans())
@example(2, 1, 1, 0, "empty", False, [], [(1, 0, 0, 1)], lambda count: count, False)
@example(3, 1, 1, 0, "empty", False, [], [(0, 1, 1, 0), (1, 0, 0, 1)], lambda count: None, False)
@example(20, 10, 10, 0, "empty", False, [], [(0, 0, 0, 0), (0, 1, 1, 0), (1, 0, 0, 1)], lambda count: None, False)
def test_a_list_that_moves_at_both_ends(count, cap, size, overlap, out_of_range, says_size, order, moves, total, links):
    server = Server(count, cap, overlap, total, says_size, out_of_range, links, order=order)
    server.moves = [(0, 0, 0, 0), *moves]
    all_or_error(server, size)


@budget(120)
@given(COUNTS, st.integers(1, 25), st.integers(1, 25), st.sampled_from([None, "asked", "cap"]), BEHINDS)
def test_each_page_s_own_number_as_the_total(count, cap, size, says, out_of_range):
    if says == "asked":
        cap = 10  # a size that servers cap at: any other one is taken for the number of items there are
    server = Server(count, cap, out_of_range=out_of_range)
    page = server.page

    def answered(number: int, asked: int) -> Page:
        found = page(number, asked)
        told = {None: None, "asked": asked, "cap": min(asked, cap)}[says]
        return found if found.refusal else found._replace(total=len(found.items), size=told)

    server.page = answered  # type: ignore[method-assign]
    all_or_error(server, size)


@budget(150)
@given(
    COUNTS,
    SIZES,
    SIZES,
    st.sampled_from(["empty", "refuse"]),
    st.booleans(),
    st.lists(st.integers(0, 2), max_size=12),
    ORDERS,
    st.booleans(),
)
def test_a_total_that_is_missing(count, cap, size, out_of_range, says_size, inserts, order, links):
    server = Server(count, cap, 0, lambda count: None, says_size, out_of_range, links, order=order)
    server.inserts = [0, *inserts]
    all_or_error(server, size)


@budget(200)
@given(COUNTS, SIZES, st.integers(-70, 70), BEHINDS, ORDERS, st.lists(st.integers(0, 2), max_size=12))
@example(3, 1, -3, "empty", [], [2, 0, 0, 0, 1])
@example(2, 1, -5, "empty", [], [1, 0, 1, 1])
def test_a_total_that_lies(count, size, lie, out_of_range, order, inserts):
    # The page size is what was asked for: see the next test.
    server = Server(count, size, total=lambda count: max(0, count + lie), out_of_range=out_of_range, order=order)
    server.inserts = [0, *inserts]
    all_or_error(server, size)


@budget(200)
@given(COUNTS, SIZES, SIZES, st.integers(0, 130), BEHINDS, ORDERS)
def test_a_total_that_lies_about_pages_that_are_cut(count, cap, size, total, out_of_range, order):
    server = Server(count, cap, total=lambda count: total, says_size=True, out_of_range=out_of_range, order=order)
    all_or_error(server, size)


@budget(120)
@given(COUNTS, SIZES, SIZES, st.integers(1, 80), BEHINDS, ORDERS)
def test_a_limit_is_filled_in_the_servers_order(count, cap, size, limit, out_of_range, order):
    server = Server(count, cap, out_of_range=out_of_range, order=order)
    listing = server.read(size, limit)
    assert listing.items[:limit] == list(range(count))[:limit]
    if limit < count:
        # truncated, or read whole (and cut by who set the limit)
        assert listing.truncated or len(listing.items) == count
    else:
        assert not listing.truncated
