# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the options of a range of time: ISO 8601, now, or relative to now."""

from __future__ import annotations

import datetime
import re

from ansible_collections.avepoint.cloud.plugins.module_utils._errors import InvalidInput
from ansible_collections.avepoint.cloud.plugins.module_utils._iso8601 import parse_time

_RELATIVE = re.compile(r"-(\d{1,6})([smhdw])\Z", re.ASCII)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def is_absolute(text: str) -> bool:
    """Whether a text that :func:`resolve_time` can read means the same time whenever it is read."""
    return text.strip().lower() != "now" and not _RELATIVE.match(text.strip().lower())


def read_range(params: dict, now: datetime.datetime) -> tuple[datetime.datetime, datetime.datetime | None]:
    """Start and finish of the range in the options. A finish of ``now`` gives None, because it changes during a wait.

    :raises InvalidInput: when an option cannot be read.
    """
    start = resolve_time("start_time", params["start_time"], now)
    finish = params["finish_time"].strip().lower()
    return start, None if finish == "now" else resolve_time("finish_time", finish, now)


def resolve_time(option: str, text: str, now: datetime.datetime) -> datetime.datetime:
    """The time that ``text``, the value of ``option``, means: ISO 8601, ``now``, or relative to ``now`` such as ``-24h``.

    :raises InvalidInput: when ``text`` is none of these.
    """
    word = text.strip()
    if word.lower() == "now":
        return now
    relative = _RELATIVE.match(word.lower())
    try:
        if relative:
            return now - datetime.timedelta(**{_UNITS[relative.group(2)]: int(relative.group(1))})
        return parse_time(word)
    except (ValueError, OverflowError):
        raise InvalidInput(
            f"{option} cannot be read: give an ISO 8601 time such as 2026-01-31T22:00:00Z, "
            "or one relative to now such as -90m, -24h, -7d or now"
        ) from None
