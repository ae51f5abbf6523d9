# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Functions that parse single values of a request by the schemas of the services. They raise Refusal for other values."""

from __future__ import annotations

import re
import uuid
from datetime import datetime, timedelta, timezone
from typing import Any, Callable, Collection, TypeVar

from .answers import Refusal, whole_number

INT32 = 2**31
DATE_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]{1,7})?(Z|[+-][0-9]{2}:[0-9]{2})", re.ASCII
)
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)

Value = TypeVar("Value")


def date_time(text: Any, where: str) -> datetime:
    """An ISO 8601 date-time with an offset, as the format date-time of JSON Schema; returned in UTC."""
    match = DATE_TIME.fullmatch(text) if isinstance(text, str) else None
    try:
        if match is None:
            raise ValueError
        found = datetime.fromisoformat(match[1] + match[3].replace("Z", "+00:00"))
        return (found + timedelta(seconds=float(match[2] or 0))).astimezone(timezone.utc)
    except (ValueError, OverflowError):
        raise Refusal(400, f"The value of '{where}' is not an ISO 8601 date-time.", where) from None


def date_or_time(text: Any, where: str) -> datetime:
    """As `date_time`; also accepts a date, which means its midnight in UTC."""
    return date_time(f"{text}T00:00:00Z" if isinstance(text, str) and DATE.fullmatch(text) else text, where)


def int32(value: Any, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not -INT32 <= value < INT32:
        raise Refusal(400, f"The value of '{where}' is not an int32.", where)
    return value


def guid(value: Any, where: str) -> str:
    try:
        if len(value) != 36:
            raise ValueError
        return str(uuid.UUID(value))
    except (ValueError, TypeError, AttributeError):
        raise Refusal(400, f"The value of '{where}' is not a GUID.", where) from None


def optional(body: dict[str, Any], name: str, read: Callable[[Any, str], Value]) -> Value | None:
    """The value of a property or parameter, parsed by `read`; None if it is missing or null."""
    return None if body.get(name) is None else read(body[name], name)


def choice(query: dict[str, str], name: str, allowed: Collection[int], everything: int | None = 0) -> int | None:
    """A query parameter that is one of the documented numbers; None if it is missing or has the number for all, `everything`."""
    if name not in query:
        return None
    found = whole_number(query[name], name, 0, -INT32, INT32 - 1)
    if found == everything:
        return None
    if found not in allowed:
        raise Refusal(400, f"The value of '{name}' is not one of the documented ones.", name)
    return found
