# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the values of an answer mean, and what is refused."""

from __future__ import annotations

import pytest

from ansible_collections.avepoint.cloud.plugins.module_utils._errors import InvalidResponse
from ansible_collections.avepoint.cloud.plugins.module_utils._fields import (
    COUNT,
    DURATION,
    KILOBYTES,
    NUMBER,
    SIZE,
    TEXT,
    TIME,
    WHOLE,
    Field,
    Kind,
    named,
    number_of,
    properties,
)

KINDS = {"copy": 3, "two words": 4}


def read(kind, value):
    """The value, and whether it is an int or a float or a text."""
    found = Field("field", kind, ("source",)).read("job", {"source": value})
    return found, found.__class__


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (TEXT, {"text": "text", "": None, " ": None, " N/A ": None, "red\x1b": "red"}),
        (TIME, {"2026-01-02T03:04:05.000Z": "2026-01-02T03:04:05Z", " n/a ": None, "": None}),
        (NUMBER, {" 17 ": 17, "-1.5": -1.5, "1.0": 1.0, "9" * 15: 10**15 - 1, "9" * 16: None, "1e3": None, "": None}),
        (NUMBER, {7: 7, 0.5: 0.5, float("inf"): None, 10**400: 10**400}),
        (COUNT, {7: 7, 7.9: 7, "7.9": 7, "0": 0, "some": None, float("inf"): None}),
        (KILOBYTES, {1.5: 1536, "2": 2048, 0: 0, "some": None, 1e308: None, float("inf"): None}),
        (SIZE, {"0 GB": 0, "0.5 KB": 512, "3 MB": 3 * 2**20, "0.5 GB": 2**29, "1.5TB": 3 * 2**39, "2pb": 2**51}),
        (SIZE, {"17": 17, 17: 17, "5 b": 5, "1 byte": 1, " 7 Bytes ": 7, "1 XB": None, "-1 GB": None, "some": None}),
        (DURATION, {"0 S": 0.0, "36s": 0.01, "2m33s": 153 / 3600, "1d 2H": 26.0, "3h": 3.0, "soon": None, "": None}),
        (
            DURATION,
            {"00:30:00": 0.5, "1.12:00:36": 36.01, "10.00:00:36": 240.01, "00:00:00.5": 0.0, "1:2": None, "h": None},
        ),
        (DURATION, {"0.25": 0.25, 2: 2, 0: 0, float("inf"): None, " ": None}),
        (named(KINDS), {3: "copy", 4.0: "two words", " 3 ": "copy", "Copy": "copy", "TWO_words": "two words"}),
        (named(KINDS), {5: "5", "é": "é", "Other": "Other", "N/A": None}),
        (number_of(KINDS), {3: 3, "Copy": 3, "two-words": 4, 5: 5, "5": 5, "Other": None, "N/A": None}),
    ],
)
def test_what_a_value_means(kind, values):
    assert {value: read(kind, value) for value in values} == {
        value: (meant, meant.__class__) for value, meant in values.items()
    }


NESTED = Field("field", TEXT, ("first", "outer.inner"))


@pytest.mark.parametrize(
    ("entry", "found"),
    [
        ({"first": "1", "outer": {"inner": "2"}}, "1"),
        ({"first": None, "outer": {"inner": "2"}}, "2"),
        ({"first": "", "outer": {"inner": "2"}}, None),  # it is present
        *(({"outer": outer}, None) for outer in (None, {}, {"inner": None}, [], "inner", 7)),
        ({}, None),
    ],
)
def test_the_first_source_that_is_present_counts(entry, found):
    assert NESTED.read("job", entry) == found


@pytest.mark.parametrize(
    ("kind", "right", "wrong", "types"),
    [
        (TEXT, ["1"], [1, 1.5, True, ["1"], {"a": "1"}], "string"),
        (COUNT, ["1", 1, 1.5], [True, ["1"], {"a": "1"}], "number or string"),
        (Kind(("array",), lambda _place, value: value), [["1"]], ["1", 1, {}], "array"),
        (WHOLE, [1], [1.5, "1"], "integer"),
    ],
)
def test_a_nested_value_is_checked_when_it_is_read(kind, right, wrong, types):
    """Schemas check the others."""
    field = Field("field", kind, ("outer.inner",))
    for value in right:
        assert field.read("job", {"outer": {"inner": value}}) is not None
    for value in wrong:
        with pytest.raises(InvalidResponse, match=rf"^job\.outer\.inner should be of type {types}$"):
            field.read("job", {"outer": {"inner": value}})


def test_a_time_that_cannot_be_read_is_named_by_its_path():
    with pytest.raises(InvalidResponse, match=r"^job\.outer\.inner should be an ISO 8601 time$"):
        Field("field", TIME, ("outer.inner",)).read("job", {"outer": {"inner": "soon"}})


def test_the_schema_of_fields():
    assert properties([NESTED, Field("count", COUNT, ("count",))]) == {
        "first": {"type": ["string", "null"]},
        "outer": {"type": ["object", "null"]},
        "count": {"type": ["number", "string", "null"]},
    }
