# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text and JSON from the other side of the network: data, never to be trusted."""

from __future__ import annotations

import json
import math
import re
import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._errors import InvalidResponse

MASK = "********"

# Deeper than any documented answer, and shallow enough for everything that later walks the data.
MAX_DEPTH = 50


# What stands for a character of the server that was taken away, or between two that must not stand together.
GONE = "\N{REPLACEMENT CHARACTER}"
BETWEEN = "\N{MIDDLE DOT}"

# Commands to CI servers are two of these in a row, with more behind them: ##vso[, ##[error], ##teamcity[, ::error.
_TWO_IN_A_ROW = re.compile(r"([#:])(?=\1)")

# The punctuation of ASCII that a text may have which Ansible could evaluate. Without any other there is no template, whatever
# the delimiters: none begins, and the header that could change them needs a number sign. Nor is there a call, a filter, a
# quoted text, a list or a dictionary, should the text end up in an expression.
_INERT_PUNCTUATION = frozenset(" -_.,:/@+\n")
# What is so already, as most texts are.
_INERT = re.compile(rf"(?:(?!::)[A-Za-z0-9{re.escape(''.join(sorted(_INERT_PUNCTUATION)))}])*", re.ASCII)
_PLAIN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z", re.ASCII)


def clean(text: str, limit: int = 300) -> str:
    """``text`` as it may be shown: on one line, of at most ``limit`` characters, and no command to anybody.

    Has no control, format or surrogate characters, and a dot within each ``##`` and ``::``, with which the commands begin that
    CI servers read out of what is printed.
    """
    whole = len(text) <= limit
    text = _TWO_IN_A_ROW.sub(rf"\1{BETWEEN}", text[:limit])
    if not whole or len(text) > limit:
        text = text[: limit - 1] + "…"
    if text.isprintable():
        return text
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def inert(value: t.Any) -> t.Any:
    """``value`` (JSON data) in which nothing can be a template or an expression, whoever evaluates it, with any delimiters.

    Texts keep letters, digits, characters beyond ASCII that can be shown, spaces, ends of lines and ``- _ . , : / @ +``. Any other
    punctuation becomes its full-width form, which looks alike and means nothing; what cannot be shown becomes U+FFFD.
    Names of properties are plain: letters, digits and underscores, a letter first.
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
    """``value`` (JSON data) with every occurrence of a secret in any string replaced.

    Names of properties are spared by short secrets: what looks like ``jobs`` there is the API's own word.
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
    """Without halves of characters, which JSON can escape: Ansible refuses a result with one in it."""
    return json.loads(json.dumps(document, ensure_ascii=False).encode("utf-8", "replace"))


def parse_json(body: bytes) -> t.Any:
    """The JSON document in ``body``, by the strict reading of RFC 8259.

    Refuses what Python's parser lets through: ``NaN`` and infinities, duplicate properties, absurd nesting.

    :raises InvalidResponse: with the reason, never with the text.
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
