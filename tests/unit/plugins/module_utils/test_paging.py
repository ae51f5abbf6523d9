# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading pages from model servers: lists of pages, without any network."""

from __future__ import annotations

import collections
import typing as t

import pytest

from ansible_collections.avepoint.cloud.plugins.module_utils._errors import InvalidInput, InvalidResponse, NotFound
from ansible_collections.avepoint.cloud.plugins.module_utils._paging import (
    BATCH,
    MOST_PAGES,
    Listing,
    Page,
    Shown,
    read_all,
    read_page,
)


def drive(pages: t.Generator, fetch: t.Callable[[int], Page], asked: list[list[int]] | None = None) -> Listing:
    """What reading one list does, one page after the other. ``asked`` becomes the numbers of each order of pages."""
    numbers = next(pages)
    fetched: collections.deque[Page] = collections.deque()
    while True:
        if numbers and asked is not None:
            asked.append(list(numbers))
        assert len(numbers) == len(set(numbers)) <= BATCH
        assert min(numbers, default=1) >= 1
        fetched.extend(map(fetch, numbers))
        try:
            numbers = pages.send(fetched.popleft())
        except StopIteration as end:
            assert not fetched, "it ended before it had all pages that it asked for"
            return end.value


def server(items, per_page, **says) -> t.Callable[[int], Page]:
    """A server that pages as it should, and says this of its total and its page size."""
    said = {"total": len(items), **says}
    return lambda number: Page(list(items[(number - 1) * per_page : number * per_page]), **said)


def everything(fetch, size=10, asked=None, merge=lambda one, other: one, **more) -> Listing:
    return drive(read_all(size, lambda item: item, merge, **more), fetch, asked)


# A server in order


@pytest.mark.parametrize(
    ("count", "asked"),
    [
        (0, [[1]]),
        (1, [[1]]),
        (9, [[1]]),
        (10, [[1], [2]]),  # a full page does not prove that nothing follows
        (11, [[1], [2], [1]]),  # of several pages the first is read again: is the list still the same?
        (25, [[1], [2, 3], [1]]),
        (30, [[1], [2, 3, 4], [1]]),
        (95, [[1], [2, 3, 4, 5, 6, 7, 8, 9, 10], [1]]),
    ],
)
def test_no_page_is_asked_for_that_is_not_needed(count, asked):
    items, log = list(range(count)), []
    assert everything(server(items, 10, size=10), asked=log) == Listing(items, count, False)
    assert log == asked


def test_pages_of_one_item_are_asked_for_side_by_side_too():
    log = []
    assert everything(server([0, 1, 2], 1), size=1, asked=log) == Listing([0, 1, 2], 3, False)
    assert log == [[1], [2, 3, 4], [1]]


@pytest.mark.parametrize(
    ("count", "says", "asked"),
    [
        (0, {}, [[1]]),
        (7, {}, [[1], [2]]),  # it may hold back what was asked for, and count what it sends
        (7, {"size": 50}, [[1]]),
        (7, {"size": 10}, [[1]]),
        (20, {"size": 50}, [[1], [2]]),  # an echo of what was asked for, and as many items as caps have
        (20, {"size": 30}, [[1]]),
        (21, {"size": 50}, [[1]]),
        (60, {}, [[1], [2], [1]]),  # shorter than the one before
        # Without a total two pages in a row have to bring nothing. Then the first page is all there is if it came short.
        (7, {"total": None}, [[1], [2], [3], [1]]),
        (7, {"total": None, "size": 50}, [[1], [2], [3]]),
        (50, {"total": None, "size": 100}, [[1], [2], [3], [1]]),
    ],
)
def test_a_first_page_that_came_short_is_the_only_one_where_the_server_says_how_long_it_could_be(count, says, asked):
    items, log = list(range(count)), []
    assert everything(server(items, 50, **says), size=50, asked=log) == Listing(items, count, False)
    assert log == asked


@pytest.mark.parametrize(
    ("others", "asked"),
    [
        ([], [[1], [2]]),
        ([Page([0] * 21, 21), Page([0], 1)], [[1]]),  # a longer page: it does not cut them to 20
        ([Page([0] * 20, 20)], [[1], [2]]),
        ([Page([0], 2), Page([0], 1)], [[1]]),  # a total that is not the number of the page's own items
        ([Page([], 7), Page([0], None)], [[1], [2]]),  # of an empty page it says nothing
    ],
)
def test_what_other_lists_have_shown_of_their_server_saves_a_second_page(others, asked):
    shown, items, log = Shown(), list(range(20)), []
    for page in others:
        shown.take(page)
    assert everything(server(items, 50, size=50), size=50, asked=log, shown=shown) == Listing(items, 20, False)
    assert log == asked


def test_what_a_list_has_shown_of_its_server_is_known_of_the_next_one():
    shown, log = Shown(), []
    for count in (40, 20):
        everything(server(list(range(count)), 20, size=50), size=50, asked=log, shown=shown)
    assert log == [[1], [2], [3], [1], [1]]


@pytest.mark.parametrize(
    ("last", "asked"),
    [(5, [[1]]), (9, [[1]]), (10, [[1], [2], [1]]), (35, [[1], [2], [3], [4], [1]])],
)
def test_reading_ends_where_what_was_read_is_enough_and_that_is_the_whole_of_it(last, asked):
    items, log = list(range(100)), []
    listing = everything(server(items, 10), asked=log, enough=lambda found: found[-1] >= last)
    assert listing == Listing(items[: len(asked[:-1] or asked) * 10], 100, False)
    assert log == asked


def test_what_is_enough_of_a_list_that_moves_is_read_again():
    # The first item goes while page 2 is asked for, so one moves from there to page 1, which has been read.
    before, after = list(range(100)), list(range(1, 100))
    calls: list[int] = []

    def fetch(number: int) -> Page:
        calls.append(number)
        return server(before if len(calls) == 1 else after, 10)(number)

    found = everything(fetch, enough=lambda items: items[-1] >= 25).items
    assert set(range(30)) <= set(found)
    assert calls == [1, 2, 3, 1, 2, 3, 1]


@pytest.mark.parametrize("says", [{}, {"size": 50}, {"size": 20}])
@pytest.mark.parametrize("count", [19, 20, 21, 40, 95])
def test_a_cap_on_the_page_size_with_the_page_s_own_number_as_the_total(count, says):
    items = list(range(count))

    def fetch(number: int) -> Page:
        page = items[(number - 1) * 20 : number * 20]
        return Page(page, len(page), **says)

    assert everything(fetch, size=50) == Listing(items, count, False)


def test_a_cap_on_the_page_size_is_noticed_and_lived_with():
    items, log = list(range(600)), []
    assert everything(server(items, 10), size=50, asked=log) == Listing(items, 600, False)
    assert log == [[1], [2], list(range(3, 62)), [1]], "all but the first pages are asked for side by side"


def test_a_server_that_says_how_long_its_pages_are_is_believed():
    log = []
    everything(server(list(range(7)), 10, size=10), size=50, asked=log)
    assert log == [[1]]


@pytest.mark.parametrize(("count", "requests"), [(0, 3), (1, 4), (10, 4), (25, 6), (30, 6)])
def test_without_a_total_pages_are_read_until_nothing_new_comes(count, requests):
    items, log = list(range(count)), []
    assert everything(server(items, 10, total=None), asked=log) == Listing(items, count, False)
    assert len(log) == requests, "to the second page without anything new, and the first one again"


# Links to a next page


@pytest.mark.parametrize(
    ("count", "total", "links", "asked"),
    [
        (0, None, True, [[1]]),
        (7, None, True, [[1]]),
        (10, None, True, [[1], [2], [1]]),  # a full page is not the end, also without a link
        (17, None, True, [[1], [2], [1]]),
        (7, 7, True, [[1]]),
        (10, 10, True, [[1], [2]]),
        (25, 25, True, [[1], [2, 3], [1]]),
        (20, None, False, [[1], [2], [3], [1]]),  # as long as caps are
        (27, None, False, [[1], [2], [3], [1]]),
    ],
)
def test_a_short_page_without_a_link_is_the_last_one(count, total, links, asked):
    size, items, log = (10 if links else 50), list(range(count)), []

    def fetch(number: int) -> Page:
        return Page(items[number * 10 - 10 : number * 10], total, more=links and number * 10 < count)

    assert everything(fetch, size, log) == Listing(items, count, False)
    assert log == asked


@pytest.mark.parametrize("total", [None, 3])
@pytest.mark.parametrize("size", [None, 10])
def test_a_page_with_a_link_is_not_the_last_one(total, size):
    pages = {1: [0, 1, 2], 2: [3, 4]}
    listing = everything(lambda number: Page(pages.get(number, []), total, size, more=number == 1))
    assert listing.items == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("total", [None, 4])
def test_an_empty_page_that_names_a_next_one_is_not_the_end(total):
    pages = {1: list(range(10)), 5: [10, 11]}
    assert everything(lambda number: Page(pages.get(number, []), total, more=number < 5)).items == list(range(12))
    with pytest.raises(InvalidResponse, match="nothing says whether more items follow the 12"):
        everything(lambda number: Page(pages.get(number, []), total, more=True))


@pytest.mark.parametrize(("items", "more", "truncated"), [(3, False, False), (3, True, True), (10, False, True)])
def test_one_page_of_a_list_with_links(items, more, truncated):
    listing = drive(read_page(1, 10), lambda number: Page(list(range(items)), more=more))
    assert listing == Listing(list(range(items)), items, truncated)


def test_a_refusal_behind_a_page_without_a_link_is_the_end_and_behind_one_with_a_link_a_failure():
    def fetch(more: bool) -> t.Callable[[int], Page]:
        refused = Page([], refusal=NotFound("no such page"))
        return lambda number: Page(list(range(10 - more)), more=more) if number == 1 else refused

    assert everything(fetch(False)).items == list(range(10))
    with pytest.raises(InvalidResponse, match="nothing says whether more items follow"):
        everything(fetch(True))


# Totals that lie


@pytest.mark.parametrize("total", [0, 1, 10, 20, 29])
def test_a_total_that_is_too_low_loses_nothing(total):
    items = list(range(30))
    assert everything(server(items, 10, total=total)) == Listing(items, 30, False)


@pytest.mark.parametrize(
    ("total", "requests"), [(31, 18), (40, 18), (50, 19), (1000, 304), (10**6, 388), (10**400, 388)]
)
def test_a_total_that_is_too_high_is_an_error_at_a_bounded_price(total, requests):
    log = []
    with pytest.raises(InvalidResponse, match="only 30 could be read"):
        everything(server(list(range(30)), 10, total=total), asked=log)
    assert sum(map(len, log)) == requests, "three readings, none of them beyond 129 pages"


def test_a_total_of_each_page_alone_is_seen_through():
    items = list(range(35))
    pages = [Page(items[start : start + 10], total=len(items[start : start + 10])) for start in range(0, 40, 10)]
    assert everything(lambda number: pages[number - 1] if number <= 4 else Page([], total=0)).items == items


# Pages that are not in order


def test_an_empty_page_in_the_middle_is_not_the_end():
    items = list(range(30))
    for pages in ([[], items[:10], items[10:20], items[20:]], [items[:10], [], items[10:20], items[20:]]):
        for total in (30, None):
            fetch = dict(enumerate(pages, 1))
            assert (
                everything(lambda number, fetch=fetch, total=total: Page(fetch.get(number, []), total)).items == items
            )


def test_a_page_that_is_lost_is_an_error():
    items = list(range(30))
    pages = {1: items[:10], 2: [], 3: items[20:]}
    with pytest.raises(InvalidResponse, match="says that there are 30 items, but only 20"):
        everything(lambda number: Page(pages.get(number, []), 30))


@pytest.mark.parametrize("total", [30, None, 0, 15])
def test_a_page_that_repeats_for_ever_is_an_error(total):
    items, log = list(range(30)), []
    with pytest.raises(InvalidResponse):
        everything(lambda number: Page(items[:10] if number == 1 else items[10:20], total), asked=log)
    assert sum(map(len, log)) < 30


def test_overlapping_pages_give_each_item_once():
    items = list(range(33))
    listing = everything(lambda number: Page(items[(number - 1) * 7 : (number - 1) * 7 + 10], 33))
    assert listing == Listing(items, 33, False)


def test_a_full_page_that_overlaps_and_is_followed_by_none_is_of_a_list_that_moved():
    pages = {1: list(range(10)), 2: list(range(7, 17))}  # the next one has three items of the second one, at least
    with pytest.raises(InvalidResponse, match="changed each time it was read"):
        everything(lambda number: Page(pages.get(number, [])))


def test_an_item_that_comes_twice_is_merged():
    readings = {1: ["a1", "b1"], 2: ["b2", "c1"], 3: []}
    listing = drive(
        read_all(2, lambda item: item[0], lambda one, other: f"{one}+{other}"), lambda number: Page(readings[number], 3)
    )
    assert listing.items == ["a1", "b1+b2", "c1"]


@pytest.mark.parametrize("count", [20, 25])
def test_a_server_that_repeats_the_last_page_past_the_end_gives_each_item_once(count):
    items = list(range(count))
    last, log = -(-count // 10), []
    listing = everything(lambda number: server(items, 10)(min(number, last)), asked=log)
    assert listing == Listing(items, count, False)
    assert log == [[1], [2, 3], [1]]


@pytest.mark.parametrize("kind", [InvalidInput, NotFound])
@pytest.mark.parametrize(
    ("count", "says"),
    [
        (20, {}),
        (15, {}),
        (5, {}),
        (15, {"total": None}),
        (5, {"total": None}),
        (25, {"total": 12}),
        (0, {"total": None}),
    ],
)
def test_a_refusal_behind_a_page_that_can_be_the_last_is_the_end(kind, count, says):
    refusal = kind("no such page")
    last = max(1, -(-count // 10))
    fetch = server(list(range(count)), 10, **says)
    listing = everything(lambda number: fetch(number) if number <= last else Page([], refusal=refusal))
    assert listing == Listing(list(range(count)), count, False)


@pytest.mark.parametrize("total", [None, 5])
@pytest.mark.parametrize("pages", [1, 2])
def test_a_refusal_behind_a_full_page_proves_no_end(total, pages):
    refusal = NotFound("no such page")
    fetch = server(list(range(100)), 10, total=total)
    with pytest.raises(
        InvalidResponse, match=rf"whether more items follow the {pages}0 .* refused a page: no such page"
    ) as caught:
        everything(lambda number: fetch(number) if number <= pages else Page([], refusal=refusal))
    assert caught.value.transient is False


def test_a_refusal_before_the_end_is_an_error():
    refusal = NotFound("no such page")
    fetch = server(list(range(40)), 10)
    with pytest.raises(InvalidResponse, match=r"are 40 items, but only 20 could be read before .* no such page"):
        everything(lambda number: fetch(number) if number < 3 else Page([], refusal=refusal))


def test_a_refusal_of_the_first_page_is_raised():
    refusal = NotFound("no such tenant")
    with pytest.raises(NotFound) as caught:
        everything(lambda number: Page([], refusal=refusal))
    assert caught.value is refusal


def test_a_last_page_that_vanished_with_its_job_is_no_refusal():
    before = list(range(21))
    made = []

    def fetch(number: int) -> Page:
        made.append(number)
        items = before if len(made) < 3 else before[1:]
        page = server(items, 10)(number)
        return page if page.items else Page([], refusal=NotFound("no such page"))

    assert set(everything(fetch).items) >= set(before[1:])


# Lists that change while they are read


def moving(before: list, after: list, request: int, **says) -> t.Callable[[int], Page]:
    """``before`` becomes ``after`` with the n-th request."""
    made = []

    def fetch(number: int) -> Page:
        made.append(number)
        items = before if len(made) < request else after
        return server(items, 10, **says)(number)

    return fetch


@pytest.mark.parametrize("request_number", [2, 3, 4])
def test_what_appears_at_the_head_pushes_nothing_out(request_number):
    before = list(range(30))
    listing = everything(moving(before, [99, *before], request_number))
    assert set(before) <= set(listing.items)
    assert len(listing.items) == len(set(listing.items))


def test_what_appears_at_the_head_with_a_total_that_never_moves():
    before = list(range(35))
    listing = everything(moving(before, [98, 99, *before], 2, total=35))
    assert set(before) <= set(listing.items)


@pytest.mark.parametrize("request_number", [2, 3])
@pytest.mark.parametrize("gone", [0, 5, 9, 10, 29])
def test_what_is_deleted_hides_nothing_else(request_number, gone):
    before = list(range(30))
    after = [item for item in before if item != gone]
    listing = everything(moving(before, after, request_number))
    assert set(after) <= set(listing.items)


def test_what_an_earlier_reading_saw_is_not_forgotten():
    before = list(range(100, 130))
    grown = [99, *before]  # so that the first reading has to be done again
    shifted = [
        *before,
        200,
    ]  # in the second, one vanishes at the head and one comes at the end: none is lacking by number
    made = []

    def fetch(number: int) -> Page:
        made.append(number)
        again = 1 in made[1:]
        items = before if len(made) == 1 else shifted if again and made[-1] > 1 else grown
        return server(items, 10)(number)

    listing = everything(fetch)
    assert made.count(1) == 3, "once for each reading, and to see whether the second one was of a list at rest"
    assert set(before) <= set(listing.items)


def test_a_list_that_never_stands_still_is_an_error_and_not_a_part():
    items = list(range(100))
    made = []

    def fetch(number: int) -> Page:
        made.append(number)
        left = items[len(made) :]  # one is deleted at the head before each request
        return Page(left[(number - 1) * 10 : number * 10], len(left))

    with pytest.raises(InvalidResponse):
        everything(fetch)


@pytest.mark.parametrize("total", [None, 0])
def test_a_list_that_moves_on_as_fast_as_it_is_read_is_an_error_and_not_a_part(total):
    items = list(range(30))
    made = []

    def fetch(number: int) -> Page:
        made.append(number)
        now = [*range(-10 * len(made), 0), *items]  # ten more at the head before each request
        return Page(now[(number - 1) * 10 : number * 10], total)

    with pytest.raises(InvalidResponse, match="again and again"):
        everything(fetch)


def test_many_that_appear_at_once_push_pages_that_are_known_behind_each_other():
    before = list(range(100, 130))
    after = [*range(50), *before]
    listing = everything(moving(before, after, 3))
    assert set(before) <= set(listing.items)


def test_a_quiet_list_is_read_once_and_its_first_page_twice():
    log = []
    everything(server(list(range(95)), 10), asked=log)
    assert sum(map(len, log)) == 11


@pytest.mark.parametrize("total", [None, 30, 20])
@pytest.mark.parametrize("request_number", [2, 3, 4, 5])
def test_one_that_goes_at_the_head_while_one_comes_at_the_tail_hides_no_other(request_number, total):
    before = list(range(30))
    listing = everything(moving(before, [*before[1:], 99], request_number, total=total))
    assert set(before[1:]) <= set(listing.items)


@pytest.mark.parametrize("total", [None, 30])
def test_one_that_comes_and_goes_at_the_head_hides_no_other(total):
    items, made = list(range(30)), []

    def fetch(number: int) -> Page:
        made.append(number)
        # Comes after the first page, and has gone before the third; the tail makes up for it.
        now = [-1, *items][:30] if made == [1, 2] else items
        return Page(now[(number - 1) * 10 : number * 10], total)

    assert everything(fetch, limit=None) == Listing(items, 30, False)


@pytest.mark.parametrize("total", [None, 100])
def test_a_list_that_moves_up_before_each_request_is_an_error_and_not_a_part(total):
    made = []

    def fetch(number: int) -> Page:
        made.append(number)
        items = range(len(made), len(made) + 100)  # one goes at the head, and one comes at the tail
        return Page(list(items[(number - 1) * 10 : number * 10]), total)

    with pytest.raises(InvalidResponse, match="changed each time it was read") as caught:
        everything(fetch)
    assert caught.value.transient is True


@pytest.mark.parametrize("total", [2, None])
def test_an_item_that_is_twice_on_one_page_is_two_rows_and_one_item(total):
    listing = drive(
        read_all(10, str.lower, lambda one, other: f"{one}+{other}"),
        lambda number: Page(["a", "A"] if number == 1 else [], total),
    )
    assert listing.items == ["a+A"]


def test_an_item_that_comes_twice_again_does_not_count_for_one_that_is_lacking():
    pages = {1: [1, 2, 3, 4], 2: [4, 4, 5]}
    with pytest.raises(InvalidResponse, match="there are 6 items, but only 5 could be read"):
        everything(lambda number: Page(pages.get(number, []), 6))


def test_a_list_without_an_end_is_an_error_at_a_bounded_price():
    made = []

    def fetch(number: int) -> Page:
        made.append(number)
        return Page([number * 10 + each for each in range(10)], number * 10 + 500)

    for fetched in (
        fetch,
        lambda number: fetch(number)._replace(total=None),
        lambda number: fetch(number)._replace(total=5),
    ):
        made.clear()
        with pytest.raises(InvalidResponse, match=r"goes on after .* pages") as caught:
            everything(fetched)
        assert len(made) <= MOST_PAGES + 2 * BATCH
        assert caught.value.transient is False


# At most so many


@pytest.mark.parametrize(("limit", "pages"), [(10, 1), (11, 2), (15, 2), (20, 2), (21, 3)])
def test_a_limit_reads_no_further_than_needed(limit, pages):
    log = []
    listing = everything(server(list(range(1000)), 10), limit=limit, asked=log)
    assert listing == Listing(list(range(10 * pages)), 1000, True)
    assert sum(map(len, log)) == pages


def test_up_to_a_limit_a_list_that_moves_is_read_once_more_page_by_page():
    log, made = [], []

    def fetch(number: int) -> Page:
        made.append(number)
        return server(range(1 - len(made), 100), 10)(number)  # one more at the head before each request

    listing = everything(fetch, limit=25, asked=log)
    assert log == [[1], [2, 3], [1], [2], [3]]
    assert listing.items[:28] == list(range(-3, 25))
    assert listing.truncated


@pytest.mark.parametrize(("limit", "truncated"), [(30, False), (31, False), (29, True), (10, True), (1, True)])
def test_a_limit_truncates_only_where_there_is_more(limit, truncated):
    assert everything(server(list(range(30)), 10), limit=limit).truncated is truncated


def test_a_limit_counts_what_is_chosen_and_not_what_is_read():
    listing = everything(server(list(range(100)), 10), limit=3, chosen=lambda item: item % 20 == 0)
    assert [item for item in listing.items if item % 20 == 0][:3] == [0, 20, 40]
    assert len(listing.items) < 100


# One page only


@pytest.mark.parametrize(
    ("number", "total", "listing"),
    [
        (1, 25, Listing(list(range(10)), 25, True)),
        (3, 25, Listing(list(range(20, 25)), 25, True)),
        (4, 25, Listing([], 25, True)),
        (1, None, Listing(list(range(10)), 10, True)),
        (3, None, Listing(list(range(20, 25)), 25, True)),
        (4, None, Listing([], 30, True)),
    ],
)
def test_one_page(number, total, listing):
    log = []
    assert drive(read_page(number, 10), server(list(range(25)), 10, total=total), log) == listing
    assert log == [[number]]


@pytest.mark.parametrize(("size", "truncated"), [(4, False), (3, True), (None, True)])
def test_where_there_is_no_total_a_page_is_the_only_one_if_it_is_not_full(size, truncated):
    (listing,) = [drive(read_page(1, 10), lambda number: Page([1, 2, 3], None, size))]
    assert listing.truncated is truncated


@pytest.mark.parametrize("says", [{}, {"size": 10}, {"more": False}])
@pytest.mark.parametrize("number", [1, 2])
def test_an_empty_page_is_the_only_one_if_it_is_the_first(number, says):
    listing = drive(read_page(number, 10), lambda number: Page([], **says))
    assert listing == Listing([], (number - 1) * 10, number > 1)


def test_the_only_page_is_not_truncated():
    assert drive(read_page(1, 10), server([1, 2, 3], 10)) == Listing([1, 2, 3], 3, False)


def test_one_page_that_the_server_refuses():
    refusal = InvalidInput("no such page")
    with pytest.raises(InvalidInput) as caught:
        drive(read_page(9, 10), lambda number: Page([], refusal=refusal))
    assert caught.value is refusal
