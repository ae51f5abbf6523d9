# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The properties of a job as a table: their names in the API, how they are read, their names in reports.

Private to this collection: names and behaviour can change with any release.
"""

from __future__ import annotations

import functools
import math
import re
import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._errors import InvalidResponse
from ansible_collections.avepoint.cloud.plugins.module_utils._iso8601 import job_time
from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import whole
from ansible_collections.avepoint.cloud.plugins.module_utils._text import clean

# Texts, in lower case, that the live service sends for no value.
NOTHING = frozenset(("", "n/a"))


class Kind(t.NamedTuple):
    """How a property is read and shown.

    ``types`` are the JSON types that the API may send besides null. ``read(place, value)`` converts a value; ``place`` is its
    path in the answer, for messages. ``shown`` is its format in reports: ``text``, ``time``, ``hours``, ``number`` or ``bytes``.
    """

    types: tuple[str, ...]
    read: t.Callable[[str, t.Any], t.Any]
    shown: str = "text"


class Field(t.NamedTuple):
    """One key of a job besides the seven that all products have.

    ``sources`` are the API's names for it: the first one that is present counts; ``a.b`` is property ``b`` of object ``a``.
    ``label`` is its heading in reports, which show only fields with a heading; if two have the same, the first with a value.
    ``failed``, for a total, is the key of the number of failures in it. ``detail`` is its name in messages about the job,
    if it helps to find the job. ``under`` is the heading of the column in which a report shows it in small print. ``owner``
    says that it identifies the owner of the job, by which reports group jobs.
    """

    name: str
    kind: Kind
    sources: tuple[str, ...] = ()
    label: str = ""
    detail: str = ""
    failed: str = ""
    under: str = ""
    owner: bool = False

    def read(self, place: str, entry: dict) -> t.Any:
        """The field's value in ``entry``, a job in an answer, at path ``place``; None if it is missing.

        :raises InvalidResponse: naming the path of a value that cannot be read.
        """
        for source in self.sources:
            outer, inner = _steps(source)
            value = entry.get(outer)
            if inner:
                value = value.get(inner) if value.__class__ is dict else None
            if value is None:
                continue
            where = f"{place}.{source}"
            if inner and _JSON_TYPES.get(value.__class__, _NONE).isdisjoint(self.kind.types):
                raise InvalidResponse(f"{where} should be of type {' or '.join(self.kind.types)}")
            return self.kind.read(where, value)
        return None


@functools.cache
def _steps(source: str) -> tuple[str, str]:
    """The names of a property and of the property in it, which is empty if ``source`` is not nested."""
    outer, _dot, inner = source.partition(".")
    return outer, inner


_NONE: frozenset[str] = frozenset()
_JSON_TYPES = {
    str: frozenset(("string",)),
    int: frozenset(("integer", "number")),
    float: frozenset(("number",)),
    list: frozenset(("array",)),
}


def properties(fields: t.Iterable[Field]) -> dict[str, dict]:
    """The ``properties`` of a JSON Schema for the sources of ``fields``; nested ones are checked when they are read."""
    found: dict[str, dict] = {}
    for field in fields:
        for source in field.sources:
            name, inner = _steps(source)
            found[name] = {"type": ["object", "null"] if inner else [*field.kind.types, "null"]}
    return found


def is_nothing(value: t.Any) -> bool:
    """Whether a value of an API stands for none: null, an empty text or ``N/A``."""
    return value is None or (isinstance(value, str) and value.strip().lower() in NOTHING)


def _text(_place: str, value: t.Any) -> str | None:
    return None if is_nothing(value) else clean(str(value))


def _time(place: str, value: str) -> str | None:
    return None if is_nothing(value) else job_time(place, value)


_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?", re.ASCII)


def _number(_place: str, value: t.Any) -> t.Any:
    if isinstance(value, str):
        text = value.strip()
        match = _NUMBER.fullmatch(text)
        return None if match is None else float(text) if match.group(1) else int(text)
    return value if isinstance(value, int) or math.isfinite(value) else None


def _count(place: str, value: t.Any) -> int | None:
    number = value if value.__class__ is int else _number(place, value)
    return None if number is None else int(number)


def _kilobytes(place: str, value: t.Any) -> int | None:
    number = _number(place, value)
    size = None if number is None else number * 1024
    return None if size is None or (isinstance(size, float) and math.isinf(size)) else int(size)


_UNITS = {"b": 0, "byte": 0, "bytes": 0, "kb": 1, "mb": 2, "gb": 3, "tb": 4, "pb": 5}
_SIZE = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,9})?)\s*([a-z]*)", re.ASCII)


def _size(_place: str, value: t.Any) -> int | None:
    match = _SIZE.fullmatch(str(value).strip().lower())
    if match is None or (match[2] or "b") not in _UNITS:
        return None
    return int(float(match[1]) * 1024 ** _UNITS[match[2] or "b"])


# "hh:mm:ss" or "d.hh:mm:ss"; "1h13m30s", "52s" or "0 S"
_CLOCK = re.compile(r"(?:(\d{1,6})\.)?(\d{1,6}):(\d\d):(\d\d)(?:\.\d+)?", re.ASCII)
_UNITED = re.compile(
    r"(?=.)(?:(\d{1,6})\s*d\s*)?(?:(\d{1,6})\s*h\s*)?(?:(\d{1,6})\s*m\s*)?(?:(\d{1,9})\s*s)?", re.ASCII | re.IGNORECASE
)


def _duration(place: str, value: t.Any) -> float | None:
    number = _number(place, value)
    if number is not None or not isinstance(value, str):
        return number
    text = value.strip()
    match = _CLOCK.fullmatch(text) or _UNITED.fullmatch(text)
    if match is None:
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return (days * 86400 + hours * 3600 + minutes * 60 + seconds) / 3600


def _name(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "", text.lower()) if text.isascii() else text


def named(names: t.Mapping[str, int]) -> Kind:
    """A kind whose value is a key of ``names``, from its number or from any spelling of it; an undocumented text as it is."""
    numbers = {str(number): name for name, number in names.items()}
    known = {_name(name): name for name in names}

    def read(place: str, value: t.Any) -> str | None:
        text = _text(place, whole(value) if isinstance(value, float) else value)
        return None if text is None else numbers.get(text.strip()) or known.get(_name(text), text)

    return Kind(("integer", "string"), read)


def number_of(names: t.Mapping[str, int]) -> Kind:
    """A kind whose value is the number of what :func:`named` reads; an undocumented number as it is, None for other texts."""
    name = named(names)

    def read(place: str, value: t.Any) -> int | None:
        text = name.read(place, value)
        return names[text] if text in names else _count(place, value)

    return Kind(("integer", "string"), read, "number")


TEXT = Kind(("string",), _text)
TIME = Kind(("string",), _time, "time")
WHOLE = Kind(("integer",), lambda _place, value: whole(value), "number")
BYTES = Kind(("number",), lambda _place, value: whole(value), "bytes")
HOURS = Kind(("number",), lambda _place, value: value, "hours")
# The following take numbers, and texts that contain one; other texts give None.
NUMBER = Kind(("number", "string"), _number, "number")
COUNT = Kind(("number", "string"), _count, "number")
KILOBYTES = Kind(("number", "string"), _kilobytes, "bytes")
SIZE = Kind(("number", "string"), _size, "bytes")
DURATION = Kind(("number", "string"), _duration, "hours")
