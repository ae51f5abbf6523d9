# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads and cleans text and JSON from the network, which are never trusted."""

from __future__ import annotations

import json
import math
import re
import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._errors import InvalidResponse

MASK = "********"

# The deepest nesting that is accepted: more than any documented answer has, and safe for recursion.
MAX_DEPTH = 50


# GONE replaces a character that must not be shown; BETWEEN separates two characters that must not be adjacent.
GONE = "\N{REPLACEMENT CHARACTER}"
BETWEEN = "\N{MIDDLE DOT}"

# Commands to CI servers begin with two of these in a row: ##vso[, ##[error], ##teamcity[, ::error.
_TWO_IN_A_ROW = re.compile(r"([#:])(?=\1)")

# The ASCII punctuation that stays in a text that Ansible might evaluate. Without other punctuation, a text cannot begin a
# template, nor change the delimiters of templates by a "#jinja2:" header. If it is used in an expression, it cannot contain
# a call, a filter, a quoted text, a list or a dictionary.
_INERT_PUNCTUATION = frozenset(" -_.,:/@+\n")
# A text that is inert already, as most are.
_INERT = re.compile(rf"(?:(?!::)[A-Za-z0-9{re.escape(''.join(sorted(_INERT_PUNCTUATION)))}])*", re.ASCII)
_PLAIN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z", re.ASCII)


def clean(text: str, limit: int = 300) -> str:
    """``text`` made safe to print: one line of at most ``limit`` characters, without commands to CI servers.

    Control, format and surrogate characters become blanks. ``##`` and ``::``, with which CI servers begin the commands that
    they read from printed text, get a dot in between.
    """
    if len(text) <= limit and "##" not in text and "::" not in text and text.isprintable():
        return text  # as most are
    whole = len(text) <= limit
    text = _TWO_IN_A_ROW.sub(rf"\1{BETWEEN}", text[:limit])
    if not whole or len(text) > limit:
        text = text[: limit - 1] + "…"
    if text.isprintable():
        return text
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def inert(value: t.Any) -> t.Any:
    """``value`` (JSON data), changed so that no text in it can act as a template or an expression, whatever the delimiters.

    Texts keep letters, digits, printable characters beyond ASCII, spaces, line ends and ``- _ . , : / @ +``. Other punctuation
    becomes its full-width form, which looks alike but has no meaning; unprintable characters become U+FFFD.
    Names of properties have only letters, digits and underscores, and begin with a letter.
    """
    if isinstance(value, str):
        if _INERT.fullmatch(value):
            return value
        return _TWO_IN_A_ROW.sub(rf"\1{BETWEEN}", "".join(map(_inert_character, value)))
    if isinstance(value, (list, tuple)):
        return [inert(item) for item in value]
    if isinstance(value, dict):
        found: dict[str, t.Any] = {}
        for name, item in value.items():
            plain = name if _PLAIN_NAME.match(name) else "x_" + re.sub(r"[^A-Za-z0-9]+", "_", name, flags=re.ASCII)
            while plain in found or (plain != name and plain in value):
                plain += "_"
            found[plain] = inert(item)
        return found
    return value


def _inert_character(character: str) -> str:
    if character in _INERT_PUNCTUATION or (character.isascii() and character.isalnum()):
        return character
    if not character.isprintable():
        return GONE
    return chr(ord(character) + 0xFEE0) if character.isascii() else character


def mask(value: t.Any, secrets: t.Iterable[str]) -> t.Any:
    """``value`` (JSON data) with every secret in a string replaced by ``MASK``.

    Secrets shorter than 8 characters are not replaced in names of properties: there, a word such as ``jobs`` is the API's.
    """
    words = sorted(filter(None, secrets), key=len, reverse=True)
    if not words:
        return value
    in_text = re.compile("|".join(map(re.escape, words)))
    in_names = re.compile("|".join(re.escape(word) for word in words if len(word) >= 8) or "(?!)")

    def walk(node: t.Any) -> t.Any:
        if isinstance(node, str):
            return in_text.sub(MASK, node)
        if isinstance(node, list):
            return [walk(item) for item in node]
        if isinstance(node, dict):
            return {in_names.sub(MASK, key): walk(item) for key, item in node.items()}
        return node

    return walk(value)


def _object(pairs: list[tuple[str, t.Any]]) -> dict:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("a property is there twice")
    return document


def _number(literal: str) -> float:
    number = float(literal)
    if not math.isfinite(number):
        raise ValueError("a number is not finite")
    return number


def _constant(name: str) -> t.NoReturn:
    raise ValueError(f"{name} is not JSON")


def _whole_characters(document: t.Any) -> t.Any:
    """Replaces lone surrogates, which JSON can contain as escapes: Ansible refuses a result that has one."""
    return json.loads(json.dumps(document, ensure_ascii=False).encode("utf-8", "replace"))


def parse_json(body: bytes) -> t.Any:
    """The JSON document in ``body``, strictly by RFC 8259.

    It also refuses what Python's parser accepts: ``NaN`` and infinities, duplicate properties, nesting beyond ``MAX_DEPTH``.

    :raises InvalidResponse: with the reason, but without the text.
    """
    if not body.strip():
        raise InvalidResponse("the answer is empty")
    try:
        document = json.loads(
            body.decode("utf-8-sig"), object_pairs_hook=_object, parse_float=_number, parse_constant=_constant
        )
    except UnicodeDecodeError:
        raise InvalidResponse("the answer is not UTF-8 text") from None
    except RecursionError:
        raise InvalidResponse("the answer is nested too deeply") from None
    except json.JSONDecodeError:
        kind = "an HTML page" if body.lstrip()[:1] == b"<" else "not JSON, or JSON that was cut off"
        raise InvalidResponse(f"the answer is {kind}") from None
    except ValueError as error:
        raise InvalidResponse(f"the answer is not valid JSON: {clean(str(error))}") from None
    level = [document] if isinstance(document, (dict, list)) else []
    for _depth in range(MAX_DEPTH):
        level = [
            child
            for node in level
            for child in (node.values() if node.__class__ is dict else node)
            if child.__class__ is dict or child.__class__ is list
        ]
        if not level:
            return _whole_characters(document) if rb"\ud" in body.lower() else document
    raise InvalidResponse("the answer is nested too deeply")
