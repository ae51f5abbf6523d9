# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The numbers of jobs without an id, page by page; that such jobs are kept apart in a poll and a wait, is tested with Elements."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.avepoint.cloud.plugins.module_utils._errors import InvalidResponse
from ansible_collections.avepoint.cloud.plugins.module_utils._nameless import (
    MOST_ALIKE,
    Nameless,
    number_from_best,
    numbered_pages,
)
from ansible_collections.avepoint.cloud.plugins.module_utils._paging import Listing, Page, PageRequests


def kind_of(job: dict) -> str:
    return job["type"]


def jobs(kinds: str) -> list[dict]:
    """A job without an id of each lower-case letter, and one with an id of each capital."""
    return [
        {"job_id": kind, "type": kind} if kind.isupper() else Nameless(job_id=None, type=kind, state="failed")
        for kind in kinds
    ]


def numbers(*pages: str | Page, orders: t.Sequence[t.Sequence[int]] = (), size: int = 10) -> list[list]:
    """The numbers of the jobs on these pages, which are asked for in these ``orders``, one by one by default; 0 without one."""
    read = [page if isinstance(page, Page) else Page(jobs(page)) for page in pages]

    def asks() -> PageRequests:
        for order in orders or [[number] for number in range(1, len(read) + 1)]:
            yield order
            for _page in order[1:]:
                yield ()
        return Listing([], 0, False)

    pages_asked = numbered_pages(asks(), size, kind_of)
    next(pages_asked)
    with pytest.raises(StopIteration) as end:
        for page in read:
            pages_asked.send(page)
    assert end.value.value == Listing([], 0, False)
    return [[getattr(job, "number", 0) for job in page.items] for page in read]


def test_jobs_that_look_alike_are_numbered_in_the_order_of_the_list():
    assert numbers("aab", "bXa", orders=[[1, 2]]) == [[1, 2, 1], [2, 0, 3]]


@pytest.mark.parametrize("orders", [[[1, 2], [1, 2]], [[1], [2], [1], [2]]])
def test_in_each_reading_of_the_list_they_have_the_same_numbers(orders):
    assert numbers("ab", "aa", "ab", "aa", orders=orders) == [[1, 1], [2, 3], [1, 1], [2, 3]]
    # Page 1 again is no repetition of the page before it, however alike.
    assert numbers("a", "Xa", "Xa", orders=[[1], [2], [1]]) == [[1], [0, 2], [0, 1]]


@pytest.mark.parametrize(
    ("page", "says", "first_to_repeat"),
    [
        ("Xa", {}, 2),  # what has an id is the same job
        ("aa", {}, None),
        ("aa", {"total": 1}, None),
        ("aa", {"total": 3}, 3),  # the total was reached, and is not just that of the page
        ("aa", {"total": 4}, 3),
        ("aa", {"total": 5}, None),
        ("aa", {"total": 2}, None),  # a full page, of which the total may be the number of jobs
        ("aa", {"total": 2, "size": 2}, None),
        ("aa", {"total": 2, "size": 4}, None),
    ],
)
def test_what_repeats_the_page_before_for_certain_has_its_numbers(page, says, first_to_repeat):
    found = numbers(*(Page(jobs(page), **says) for _number in range(3)), size=2)
    changes = [number for number in (2, 3) if found[number - 1] == found[number - 2]]
    assert changes[:1] == ([] if first_to_repeat is None else [first_to_repeat])


@pytest.mark.parametrize(
    ("says", "repeats"), [({}, True), ({"size": 2}, False), ({"size": 3}, True), ({"size": 9}, True)]
)
def test_a_total_of_the_page_is_that_of_the_list_if_the_page_could_hold_more(says, repeats):
    found = numbers(*(Page(jobs("aa"), 2, **says) for _number in range(2)), size=3)
    assert (found[0] == found[1]) is repeats


def test_pages_without_ids_that_are_alike_and_do_not_end_are_an_error():
    assert numbers(*["a"] * (MOST_ALIKE + 1))[-1] == [MOST_ALIKE + 1]
    with pytest.raises(InvalidResponse, match="the same page again and again") as caught:
        numbers(*["a"] * (MOST_ALIKE + 2))
    assert caught.value.transient is False
    # Neither empty pages nor those that are known to repeat count, nor alike ones with another in between.
    numbers(*[""] * 2 * MOST_ALIKE)
    numbers(*["Xa"] * 2 * MOST_ALIKE)
    numbers(*["a"] * MOST_ALIKE, "b", *["a"] * MOST_ALIKE)


def test_of_those_that_look_alike_in_a_poll_the_best_comes_first():
    states = ("failed", "running", "succeeded")
    found = [Nameless(job_id=None, type="a", state=state) for state in states]
    other, named = Nameless(job_id=None, type="b", state="failed"), {"job_id": "X", "type": "a", "state": "failed"}
    number_from_best([*found, other, named], kind_of)
    assert [job.number for job in (*found, other)] == [2, 3, 1, 1]
