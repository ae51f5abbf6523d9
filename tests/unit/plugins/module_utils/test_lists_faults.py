# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists that are left out instead of ending everything: what the event source goes by."""

from __future__ import annotations

import contextlib

import pytest

from ansible_collections.avepoint.cloud.plugins.module_utils._errors import (
    AvePointError,
    NotFound,
    ServerError,
    Stopped,
)
from ansible_collections.avepoint.cloud.plugins.module_utils._lists import PagedList, read_lists
from ansible_collections.avepoint.cloud.plugins.module_utils._paging import Listing, Page, read_all


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


def test_being_given_up_ends_everything():
    with pytest.raises(Stopped):
        read_lists([PagedList(pages(), fetch([], 1, Stopped("given up")))], 2, contextlib.nullcontext, [])
