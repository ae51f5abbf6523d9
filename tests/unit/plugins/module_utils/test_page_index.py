# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the first page is 0 or 1."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.avepoint.cloud.plugins.module_utils._errors import AvePointError, InvalidInput
from ansible_collections.avepoint.cloud.plugins.module_utils._page_index import PageIndex
from ansible_collections.avepoint.cloud.plugins.module_utils._paging import Page


class Indexed:
    """An API whose table counts pages from 0; ``answers`` by index: ids, or an error."""

    def __init__(self, answers: dict[int, t.Any]):
        self.answers = answers
        self.indices: list[int] = []
        self._page_index = PageIndex(lambda job: job["job_id"])

    def ask(self, index: int) -> Page:
        self.indices.append(index)
        ids = self.answers[index]
        if isinstance(ids, AvePointError):
            raise ids
        return Page([{"job_id": each} for each in ids])

    def pages(self, *numbers: int) -> list[str]:
        return [
            "".join(each["job_id"] for each in self._page_index.fetch("list", self.ask, number).items)
            for number in numbers
        ]


def no_zero(status: int = 400, text: str = "pageIndex must be positive") -> InvalidInput:
    return InvalidInput(text, http_status=status)


@pytest.mark.parametrize(
    ("answers", "read", "indices"),
    [
        ({0: "ab", 1: "cd", 2: "e"}, ["ab", "cd", "e"], [0, 1, 2]),
        ({0: no_zero(), 1: "ab", 2: "cd", 3: "e"}, ["ab", "cd", "e"], [0, 1, 2, 3]),
        ({0: "ab", 1: "ab", 2: "cd", 3: "e"}, ["ab", "cd", "e"], [0, 1, 0, 2, 3]),
        ({0: "ab", 1: "cd", 2: "cd"}, ["ab", "cd", "cd"], [0, 1, 2]),
        ({0: "", 1: "", 2: ""}, ["", "", ""], [0, 1, 2]),
    ],
)
def test_the_first_page_is_0_or_1(answers, read, indices):
    api = Indexed(answers)
    assert api.pages(1, 2, 3) == read
    assert api.indices == indices


@pytest.mark.parametrize(
    ("answers", "number", "read", "indices"),
    [
        ({0: "ab", 1: "cd", 2: "e"}, 1, "ab", [0]),
        ({0: "ab", 1: "cd", 2: "e"}, 2, "cd", [0, 1]),
        ({0: "ab", 1: "cd", 2: "e"}, 3, "e", [0, 1, 2]),
        ({0: no_zero(), 1: "ab", 2: "cd", 3: "e"}, 1, "ab", [0, 1]),
        ({0: no_zero(), 1: "ab", 2: "cd", 3: "e"}, 2, "cd", [0, 1, 2]),
        ({0: no_zero(), 1: "ab", 2: "cd", 3: "e"}, 3, "e", [0, 1, 3]),
        ({0: "ab", 1: "ab", 2: "cd", 3: "e"}, 2, "cd", [0, 1, 0, 2]),
        ({0: "ab", 1: "ab", 2: "cd", 3: "e"}, 3, "e", [0, 1, 0, 2, 3]),
    ],
)
def test_a_page_alone_is_that_page(answers, number, read, indices):
    api = Indexed(answers)
    assert api.pages(number) == [read]
    assert api.indices == indices


def test_a_list_that_moved_by_a_page_is_not_one_that_counts_from_1():
    api = Indexed({0: "ab", 1: "cd", 2: "ef"})
    assert api.pages(1) == ["ab"]
    api.answers = {0: "xy", 1: "ab", 2: "cd"}
    assert api.pages(2, 3) == ["ab", "cd"]
    assert api.indices == [0, 1, 0, 2]


@pytest.mark.parametrize(
    ("number", "answers", "indices"),
    [
        (1, {0: no_zero(409)}, [0]),
        (1, {0: no_zero(text="no")}, [0]),
        (2, {0: no_zero(409)}, [0]),
        (2, {0: "ab", 1: no_zero()}, [0, 1]),
    ],
)
def test_any_other_refusal_says_nothing_of_where_pages_begin(number, answers, indices):
    api = Indexed(answers)
    with pytest.raises(InvalidInput):
        api.pages(number)
    assert api.indices == indices


def test_a_refusal_of_page_1_where_pages_begin_with_1_is_one():
    api = Indexed({0: no_zero(), 1: "ab"})
    api.pages(1)
    api.answers = {1: no_zero()}
    with pytest.raises(InvalidInput):
        api.pages(1)
    assert api.indices == [0, 1, 1]
