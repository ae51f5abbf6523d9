# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: RUF001 - what looks alike is what this is about

from __future__ import annotations

import json
import random
import re

import pytest

from ansible_collections.avepoint.cloud.plugins.module_utils._errors import InvalidResponse
from ansible_collections.avepoint.cloud.plugins.module_utils._text import (
    MASK,
    MAX_DEPTH,
    clean,
    inert,
    mask,
    parse_json,
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text", "plain text"),
        ("Grüße 日本", "Grüße 日本"),
        ("two\r\nlines", "two lines"),
        ("\x1b[31mred\x1b[0m", "[31mred [0m"),
        ("nul\x00byte", "nul byte"),
        ("\u202egnp.exe\u2066", "gnp.exe"),
        ("zero\u200bwidth", "zero width"),
        ("\ud800 half", "half"),
        ("\u2028separator", "separator"),
        ("\x9b31m", "31m"),
        # What CI servers would carry out.
        ("x ##vso[task.setvariable variable=a]b", "x #·#vso[task.setvariable variable=a]b"),
        ("##[error]", "#·#[error]"),
        ("###teamcity[message]", "#·#·#teamcity[message]"),
        ("::set-output name=a::b", ":·:set-output name=a:·:b"),
        ("#\u200b#vso[", "# #vso["),
        ("section_start:1:a\r\x1b[0Kb", "section_start:1:a [0Kb"),
        ("C# team, #1, 10:30 : ok", "C# team, #1, 10:30 : ok"),
    ],
)
def test_clean_leaves_what_can_be_shown_safely(text, shown):
    assert clean(text) == shown


def test_clean_bounds_the_length():
    assert clean("x" * 300) == "x" * 300
    assert clean("x" * 301) == "x" * 299 + "…"
    assert clean("abcdef", 4) == "abc…"
    assert clean("::::", 4) == ":·:…"


def random_text(source):
    alphabets = ("{}%#[]()<>'\"\\|$~`\n @:", "abzAZ09_-.,/+", "äß日\u200b\u202e\ud800\x00\x1b\r\u2028\xa0＃😀")
    text = "".join(source.choice(source.choice(alphabets)) for _length in range(source.randrange(30)))
    return source.choice(["", "#jinja2: variable_start_string:'<<'\n", "{{", "::"]) + text


def test_what_is_inert_has_nothing_that_could_be_evaluated():
    source = random.Random(5)
    for _time in range(3000):
        text = random_text(source)
        shown = inert(text)
        rest = re.sub(r"[A-Za-z0-9 \n_.,:/@+-]", "", shown)
        assert all(not c.isascii() and c.isprintable() for c in rest), (text, shown)
        assert "::" not in shown
        assert inert(shown) == shown
        assert inert({text: [text]}).popitem()[1] == [shown]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("O'Brien (Japan) & Söhne – 100%", "O＇Brien （Japan） ＆ Söhne – 100％"),
        ("2026-01-31T22:00:00Z", "2026-01-31T22:00:00Z"),
        ("a\tb\r\nc", "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}\nc"),
        (
            {"jobId": 5, "__ansible_unsafe": True, "a b": None, "a-b": 1.5},
            {"jobId": 5, "x__ansible_unsafe": True, "x_a_b": None, "x_a_b_": 1.5},
        ),
        ({"x_": 1, "_": 2, "": 3}, {"x_": 1, "x__": 2, "x___": 3}),
        ([["{"]], [["｛"]]),
    ],
)
def test_inert_keeps_what_can_be_read(value, shown):
    assert inert(value) == shown


def test_mask_replaces_each_occurrence_wherever_it_is():
    document = {"a": ["the-secret and the-secret", {"b": "the-secret"}], "the-secret": 1, "n": 5, "x": None}
    assert mask(document, ["the-secret"]) == {
        "a": [f"{MASK} and {MASK}", {"b": MASK}],
        MASK: 1,
        "n": 5,
        "x": None,
    }


def test_mask_takes_the_longest_first_so_that_no_rest_remains():
    assert mask("abcdefghij", ["abcde", "abcdefghij"]) == MASK


def test_mask_spares_names_of_properties_from_short_secrets():
    assert mask({"jobs": "jobs"}, ["jobs"]) == {"jobs": MASK}


def test_mask_takes_secrets_as_text_and_not_as_patterns():
    assert mask("axb a.b", ["a.b"]) == f"axb {MASK}"


@pytest.mark.parametrize("secrets", [[], [""], ["", None]])
def test_mask_of_nothing_changes_nothing(secrets):
    assert mask({"a": "text"}, secrets) == {"a": "text"}


@pytest.mark.parametrize(
    ("body", "document"),
    [
        (b'{"a": [1, 2.5, null, true, "x"]}', {"a": [1, 2.5, None, True, "x"]}),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        (b'"text"', "text"),
        (b"0", 0),
        (b' {"a": 1e3}\n', {"a": 1000.0}),
        ('{"ä": "日"}'.encode(), {"ä": "日"}),
    ],
)
def test_json_is_read(body, document):
    assert parse_json(body) == document


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "the answer is empty"),
        (b" \r\n", "the answer is empty"),
        (b"<!DOCTYPE html><html></html>", "the answer is an HTML page"),
        (b"  <html>", "the answer is an HTML page"),
        (b'{"a": [1, 2', "the answer is not JSON, or JSON that was cut off"),
        (b'{"a": 1} trailing', "the answer is not JSON, or JSON that was cut off"),
        (b"not json", "the answer is not JSON, or JSON that was cut off"),
        (b'{"a": NaN}', "the answer is not valid JSON: NaN is not JSON"),
        (b'{"a": Infinity}', "the answer is not valid JSON: Infinity is not JSON"),
        (b'{"a": -Infinity}', "the answer is not valid JSON: -Infinity is not JSON"),
        (b'{"a": 1e999}', "the answer is not valid JSON: a number is not finite"),
        (b'{"a": 1, "a": 1}', "the answer is not valid JSON: a property is there twice"),
        (b'[{"b": {"a": 1, "a": 2}}]', "the answer is not valid JSON: a property is there twice"),
        (b'{"a": "\xff\xfe"}', "the answer is not UTF-8 text"),
        ('{"a": 1}'.encode("utf-16"), "the answer is not UTF-8 text"),
        (b"[" * 100_000 + b"]" * 100_000, "the answer is nested too deeply"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "the answer is nested too deeply"),
        (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), "the answer is nested too deeply"),
        (b'{"a": "line\nbreak"}', "the answer is not JSON, or JSON that was cut off"),
    ],
)
def test_what_is_not_json_is_refused_with_the_reason(body, reason):
    with pytest.raises(InvalidResponse) as caught:
        parse_json(body)
    assert str(caught.value) == reason


def test_an_integer_without_end_is_refused():
    with pytest.raises(InvalidResponse, match="not valid JSON"):
        parse_json(b'{"a": ' + b"9" * 10_000 + b"}")


def test_as_deep_as_allowed_is_read():
    body = b"[" * MAX_DEPTH + b"]" * MAX_DEPTH
    assert parse_json(body) == json.loads(body)


@pytest.mark.parametrize(
    ("body", "document"),
    [
        (rb'{"a": "x\ud800y"}', {"a": "x?y"}),
        (rb'["\uDFFF", "\uD83D\uDE00", "\\ud800"]', ["?", "😀", "\\ud800"]),
        (rb'{"\udc00": 1}', {"?": 1}),
    ],
)
def test_half_a_character_is_replaced_since_ansible_takes_none(body, document):
    assert parse_json(body) == document


def test_the_reason_never_holds_the_text():
    with pytest.raises(InvalidResponse) as caught:
        parse_json(b'{"token": "do-not-show", }')
    assert "do-not-show" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
