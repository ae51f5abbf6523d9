# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists that are left out instead of ending everything: what the event source goes by."""

from __future__ import annotations

import contextlib
import threading

import pytest

from ansible_collections.avepoint.cloud.plugins.module_utils._errors import (
    AvePointError,
    InvalidResponse,
    NotFound,
    ServerError,
    Stopped,
)
from ansible_collections.avepoint.cloud.plugins.module_utils._lists import PagedList, read_lists
from ansible_collections.avepoint.cloud.plugins.module_utils._paging import Listing, Page, read_all

AGES = 20  # seconds until a test that hangs gives up


def pages():
    return read_all(10, lambda item: item, lambda one, other: one)


def fetch(items, bad_page=None, error=None):
    def page(number):
        if number == bad_page:
            raise error
        return Page(items[(number - 1) * 10 : number * 10], len(items))

    return page


@pytest.mark.parametrize("concurrency", [1, 4])
@pytest.mark.parametrize("bad_page", [1, 2, 4])
def test_a_list_that_fails_on_any_page_is_left_out_alone(concurrency, bad_page):
    good, other = list(range(35)), list(range(100, 145))
    faults: list[AvePointError] = []
    error = NotFound("gone")
    listings = read_lists(
        [
            PagedList(pages(), fetch(good)),
            PagedList(pages(), fetch(list(range(200, 239)), bad_page, error)),
            PagedList(pages(), fetch(other)),
        ],
        concurrency,
        contextlib.nullcontext,
        faults,
    )
    assert listings == [Listing(good, 35, False), Listing([], 0, True), Listing(other, 45, False)]
    assert faults == [error]


def test_all_can_fail():
    errors = [ServerError(str(number)) for number in range(20)]
    faults: list[AvePointError] = []
    lists_to_read = [PagedList(pages(), fetch([], 1, error)) for error in errors]
    assert read_lists(lists_to_read, 4, contextlib.nullcontext, faults) == [Listing([], 0, True)] * 20
    assert sorted(map(str, faults)) == sorted(map(str, errors))


def test_a_list_that_breaks_its_contract_is_left_out_too():
    faults: list[AvePointError] = []
    endless = PagedList(pages(), lambda number: Page([1, 2, 3]))
    listings = read_lists([endless, PagedList(pages(), fetch([5]))], 2, contextlib.nullcontext, faults)
    assert listings == [Listing([], 0, True), Listing([5], 1, False)]
    assert len(faults) == 1


class Faults(list):
    """Says when a list has been given up."""

    def __init__(self):
        super().__init__()
        self.given_up = threading.Event()

    def append(self, error):
        super().append(error)
        self.given_up.set()


def test_a_list_that_contradicts_itself_while_pages_are_under_way_is_left_out():
    faults, error = Faults(), InvalidResponse("contradicts itself")

    def requests():
        yield [1, 2, 3]
        raise error

    def page(number):
        assert number == 1 or faults.given_up.wait(AGES)
        return Page([number], 3)

    lists_to_read = [PagedList(requests(), page), PagedList(pages(), fetch(list(range(35))))]
    assert read_lists(lists_to_read, 2, contextlib.nullcontext, faults) == [
        Listing([], 0, True),
        Listing(list(range(35)), 35, False),
    ]
    assert faults == [error]


def test_what_is_still_to_be_read_of_a_list_that_failed_is_not_asked_for():
    faults, went_on, asked = Faults(), threading.Event(), []

    def first(number):
        asked.append(number)
        if number == 2:
            raise NotFound("gone")
        # Page 3 is on its way when page 2 fails, and answers when all has been done about that.
        assert number != 3 or went_on.wait(AGES)
        return fetch(list(range(95)))(number)

    def second():
        assert (yield [1]) == "a page"
        went_on.set()
        return Listing([], 0, False)

    def page(number):
        assert faults.given_up.wait(AGES)
        return "a page"

    lists_to_read = [PagedList(pages(), first), PagedList(second(), page)]
    assert read_lists(lists_to_read, 2, contextlib.nullcontext, faults) == [
        Listing([], 0, True),
        Listing([], 0, False),
    ]
    assert max(asked) <= 3


@pytest.mark.parametrize(("name", "text"), [("the jobs of tenant 7", "the jobs of tenant 7: gone"), ("", "gone")])
def test_an_error_names_its_list(name, text):
    faults: list[AvePointError] = []
    read_lists([PagedList(pages(), fetch([], 1, NotFound("gone")), name)], 1, contextlib.nullcontext, faults)
    assert [str(error) for error in faults] == [text]


def test_being_given_up_ends_everything():
    with pytest.raises(Stopped):
        read_lists([PagedList(pages(), fetch([], 1, Stopped("given up")))], 2, contextlib.nullcontext, [])
