# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import threading
import typing as t

import pytest

from ansible_collections.avepoint.cloud.plugins.module_utils._errors import ServerError
from ansible_collections.avepoint.cloud.plugins.module_utils._lists import PagedList, read_lists
from ansible_collections.avepoint.cloud.plugins.module_utils._paging import Listing, Page, read_all

AGES = 20  # seconds until a test that hangs gives up


def pages(size: int = 10) -> t.Any:
    return read_all(size, lambda item: item, lambda one, other: one)


def fetch_from(items: list, size: int = 10) -> t.Callable[[int], Page]:
    return lambda number: Page(items[(number - 1) * size : number * size], len(items))


def no_threads_are_left() -> bool:
    return not [thread for thread in threading.enumerate() if thread.name.startswith("avepoint")]


class Interruptions:
    """Counts, and lets waiting fetches go."""

    def __init__(self) -> None:
        self.count = 0
        self.event = threading.Event()

    @contextlib.contextmanager
    def __call__(self) -> t.Iterator[None]:
        self.count += 1
        self.event.set()
        yield
        assert no_threads_are_left(), "calls are under way that nobody interrupts any more"


@pytest.mark.parametrize("concurrency", [1, 3, 16])
def test_listings_come_in_the_order_of_the_lists_at_any_concurrency(concurrency):
    lists = [list(range(start, start + 35)) for start in range(0, 500, 100)]
    interrupted = Interruptions()
    listings = read_lists([PagedList(pages(), fetch_from(items)) for items in lists], concurrency, interrupted)
    assert listings == [Listing(items, 35, False) for items in lists]
    assert interrupted.count == 0
    assert no_threads_are_left()


def test_nothing_to_read_is_nothing_read():
    assert read_lists([], 4, Interruptions()) == []


def test_fetches_are_side_by_side_up_to_the_bound_and_no_further():
    running, lock, together = set(), threading.Lock(), threading.Barrier(4)
    most = []

    def fetch(number: int) -> Page:
        with lock:
            running.add(number)
            most.append(len(running))
        if number > 1:
            # Passes only when four are here at once: 12 pages are three full rounds.
            together.wait(AGES)
        with lock:
            running.discard(number)
        return fetch_from(list(range(125)))(number)

    (listing,) = read_lists([PagedList(pages(), fetch)], 4, Interruptions())
    assert listing.items == list(range(125))
    assert max(most) == 4


def test_pages_that_come_in_another_order_are_put_into_theirs():
    turns = {number: threading.Event() for number in (2, 3, 4)}
    turns[4].set()

    def fetch(number: int) -> Page:
        if number > 1:
            assert turns[number].wait(AGES)
            if number > 2:
                turns[number - 1].set()  # 4 answers first, then 3, then 2
        return fetch_from(list(range(35)))(number)

    assert read_lists([PagedList(pages(), fetch)], 4, Interruptions()) == [Listing(list(range(35)), 35, False)]


def test_a_page_is_taken_while_those_after_it_are_under_way_and_may_ask_for_more():
    asked, taken = threading.Event(), []

    def requests():
        taken.append((yield [1, 2]))
        taken.append((yield [3]))
        taken.append((yield []))
        return Listing(taken, 3, False)

    def fetch(number: int) -> str:
        if number == 2:
            assert asked.wait(AGES), "what page 1 asks for waits for page 2"
        if number == 3:
            asked.set()
        return f"page {number}"

    (listing,) = read_lists([PagedList(requests(), fetch)], 2, Interruptions())
    assert listing.items == ["page 1", "page 2", "page 3"]


def test_one_list_goes_on_while_another_waits():
    slow = threading.Event()

    def slowly(number: int) -> Page:
        assert slow.wait(AGES)
        return fetch_from([1, 2])(number)

    def quickly(number: int) -> Page:
        if number == 3:
            slow.set()  # all three pages of the second list are read while the first one's only page is on its way
        return fetch_from(list(range(25)))(number)

    listings = read_lists([PagedList(pages(), slowly), PagedList(pages(), quickly)], 2, Interruptions())
    assert [listing.total for listing in listings] == [2, 25]


def test_one_list_goes_on_while_another_waits_for_one_of_several_pages():
    begun, far = threading.Event(), threading.Event()

    def waiting(number: int) -> Page:
        if number == 2:
            begun.set()
        assert number != 3 or far.wait(AGES)
        return fetch_from(list(range(25)))(number)

    def going_on(number: int) -> Page:
        assert begun.wait(AGES)
        if number == 5:
            far.set()
        return fetch_from(list(range(95)))(number)._replace(total=None)  # one page after the other

    listings = read_lists([PagedList(pages(), waiting), PagedList(pages(), going_on)], 2, Interruptions())
    assert [listing.total for listing in listings] == [25, 95]


def test_the_first_error_ends_everything_and_interrupts_what_is_under_way():
    interrupted = Interruptions()
    asked = []

    def fetch(number: int) -> Page:
        asked.append(number)
        if number == 3:
            raise ServerError("page 3 failed")
        if number > 1:
            assert interrupted.event.wait(AGES), "was not interrupted"
        return fetch_from(list(range(500)))(number)

    with pytest.raises(ServerError, match="page 3 failed"):
        read_lists([PagedList(pages(), fetch)], 2, interrupted)
    assert interrupted.count == 1
    assert len(asked) <= 5, "what had not begun is not begun any more"


def test_an_error_of_the_reading_itself_is_raised_too():
    interrupted = Interruptions()
    with pytest.raises(Exception, match="only 5 could be read"):
        read_lists([PagedList(pages(), lambda number: Page([1, 2, 3, 4, 5], 50))], 2, interrupted)
    assert interrupted.count == 1
