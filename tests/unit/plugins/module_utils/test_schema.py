# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import sys

import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from ansible_collections.avepoint.cloud.plugins.module_utils._errors import InvalidResponse, MissingLibrary
from ansible_collections.avepoint.cloud.plugins.module_utils._schema import ListSchema, Schema, plainly_fits
from ansible_collections.avepoint.cloud.tests.unit.properties import budget

ITEM = {
    "type": "object",
    "required": ["id", "number"],
    "properties": {
        "id": {"type": "string", "minLength": 1},
        "number": {"type": "integer"},
        "text": {"type": ["string", "null"]},
    },
}
GOOD = {"id": "a", "number": 1}


def refused(schema, document) -> str:
    with pytest.raises(InvalidResponse) as caught:
        schema.validate(document)
    return str(caught.value)


@pytest.mark.parametrize(
    ("schema", "document", "message"),
    [
        ({"type": "object"}, [], "the answer should be of type object"),
        ({"required": ["a", "b"]}, {"a": 1}, "b is missing"),
        ({"properties": {"a": {"required": ["b"]}}}, {"a": {}}, "a.b is missing"),
        ({"properties": {"a": {"items": {"type": "string"}}}}, {"a": ["x", 1]}, "a[1] should be of type string"),
        ({"properties": {"a": {"type": ["string", "null"]}}}, {"a": 1}, "a should be of type string or null"),
        ({"properties": {"a": {"minimum": 0}}}, {"a": -1}, "a should be 0 or more"),
        ({"properties": {"a": {"minLength": 1}}}, {"a": ""}, "a should not be empty"),
        ({"properties": {"a": {"pattern": "^x"}}}, {"a": "y"}, "a should have the documented form"),
    ],
)
def test_what_does_not_fit_is_named_by_its_place(schema, document, message):
    assert refused(Schema(schema), document) == message


def test_what_fits_passes_and_more_properties_are_allowed():
    Schema(ITEM).validate({**GOOD, "more": [1]})


def test_the_value_itself_is_never_shown():
    assert "hidden" not in refused(Schema({"properties": {"a": {"type": "integer"}}}), {"a": "hidden"})


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ([GOOD, GOOD, 5], "list[2] should be of type object"),
        ([GOOD, None], "list[1] should be of type object"),
        ([GOOD, {"id": "a"}], "list[1].number is missing"),
        ([{"number": 1}], "list[0].id is missing"),
        ([GOOD, {**GOOD, "id": ""}], "list[1].id should not be empty"),
        ([GOOD, {**GOOD, "id": None}], "list[1].id should be of type string"),
        ([GOOD, {**GOOD, "number": 1.5}], "list[1].number should be of type integer"),
        ([GOOD, {**GOOD, "number": True}], "list[1].number should be of type integer"),
        ([GOOD, {**GOOD, "number": "1"}], "list[1].number should be of type integer"),
        ([{**GOOD, "number": 1.0}, {**GOOD, "number": 1.5}], "list[1].number should be of type integer"),
        ([{**GOOD, "text": None}, {**GOOD, "text": 1}], "list[1].text should be of type string or null"),
        ([{**GOOD, "text": "x"}, {**GOOD, "text": []}], "list[1].text should be of type string or null"),
    ],
)
def test_the_first_item_that_does_not_fit_is_named(items, message):
    # The same schema has seen good items of every kind before.
    schema = ListSchema("list", ITEM, {})
    schema.validate({"list": [GOOD, {**GOOD, "text": None}, {**GOOD, "text": ""}, {**GOOD, "text": "x"}]})
    assert refused(schema, {"list": items}) == message


def test_items_of_the_same_kind_pass():
    ListSchema("list", ITEM, {}).validate({"list": [{"id": str(number), "number": number} for number in range(100)]})


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "the answer should be of type object"),
        ({}, "list is missing"),
        ({"list": {}}, "list should be of type array"),
        ({"list": [], "total": "1"}, "total should be of type integer"),
    ],
)
def test_the_frame_of_a_list(document, message):
    assert refused(ListSchema("list", ITEM, {"total": {"type": "integer"}}), document) == message


def test_jsonschema_that_is_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "jsonschema", None)
    schema = Schema(ITEM)
    schema.validate(GOOD)
    with pytest.raises(MissingLibrary, match="jsonschema"):
        schema.validate({**GOOD, "number": 1.0})


# What is not left to jsonschema

NAMES = st.sampled_from(["a", "b"])
VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-2, 2),
        st.sampled_from(
            [0.0, 1.0, 1.5, -1.5, float("nan"), float("inf"), 10**400, "", "a", "ab", "5", "5\n", "\u0665"]
        ),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=2)),
    max_leaves=6,
)
TYPES = st.sampled_from(["object", "array", "string", "integer", "number", "boolean", "null"])


def keywords(inner):
    return st.fixed_dictionaries(
        {},
        optional={
            "type": st.one_of(TYPES, st.lists(TYPES, min_size=1, max_size=3, unique=True)),
            "required": st.lists(NAMES, max_size=2, unique=True),
            "properties": st.dictionaries(NAMES, inner, max_size=2),
            "items": inner,
            "minimum": st.integers(-1, 1),
            "maximum": st.integers(-1, 1),
            "minLength": st.integers(0, 2),
            "pattern": st.sampled_from(["^[0-9]{1,9}\\Z", "^a", "b"]),
            "const": st.sampled_from([0, True, None, [1], {}]),
            "if": inner,
            "then": inner,
        },
    )


SCHEMAS = st.recursive(keywords(st.just({})), keywords, max_leaves=4)


@budget(400)
@given(SCHEMAS, VALUES)
def test_what_plainly_fits_also_fits_by_jsonschema(schema, document):
    fits = Draft202012Validator(schema).is_valid(document)
    plain = plainly_fits(schema, document)
    event(f"plain: {plain}, fits: {fits}")
    assert fits or not plain


@pytest.mark.parametrize(
    ("rule", "document"),
    [
        ({"type": "integer"}, True),
        ({"type": "number"}, False),
        ({"type": "integer"}, 1.5),
        ({"type": ["string", "null"]}, 0),
        ({"minimum": 0}, -1),
        ({"minimum": 0}, -0.5),
        ({"maximum": 0}, 1),
        ({"maximum": 0}, 0.5),
        ({"minLength": 1}, ""),
        ({"pattern": r"^[0-9]+\Z"}, "5\n"),
        ({"required": ["a"]}, {}),
        ({"properties": {"a": {"type": "null"}}}, {"a": 0}),
        ({"items": {"type": "null"}}, [None, 0]),
        ({"const": True}, 1),
        ({"const": True}, False),
        ({"if": {"const": True}, "then": {"type": "null"}}, True),
        ({"if": {"const": True}, "then": {}}, False),
        ({"unknown": 1}, 1),
        ({"if": {"unknown": 1}, "then": {"type": "null"}}, 0),
    ],
)
def test_documents_that_do_not_plainly_fit(rule, document):
    assert not plainly_fits(rule, document)
