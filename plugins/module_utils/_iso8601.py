# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The times of the API and of the results, as ISO 8601."""

from __future__ import annotations

import datetime
import functools
import re

from ansible_collections.avepoint.cloud.plugins.module_utils._errors import InvalidResponse

_ISO_8601 = re.compile(
    r"(\d{4})(-?)(\d\d)\2(\d\d)(?:[T ](\d\d):?(\d\d)(?::?(\d\d)(?:[.,](\d+))?)?)?\s*(Z|[+-]\d\d(?::?\d\d)?)?\Z",
    re.ASCII | re.IGNORECASE,
)


# Nearly all times of jobs have this form, which datetime.fromisoformat() reads fast.
_USUAL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z\Z", re.ASCII)


def parse_time(text: str) -> datetime.datetime:
    """An ISO 8601 text as a datetime in UTC; a text without an offset is in UTC.

    :raises ValueError: when the text is no such time.
    """
    return _parsed(text)[0]


# A job's times are needed again when they are checked, and the same ones come at each poll of a wait: as many as a long list has are kept.
@functools.lru_cache(maxsize=2**15)
def _parsed(text: str) -> tuple[datetime.datetime, str]:
    """What :func:`parse_time` gives, and how :func:`format_time` writes that."""
    if _USUAL.match(text):
        moment = datetime.datetime.fromisoformat(f"{text[:-1]}+00:00")
        return moment, f"{text[:-5]}Z" if text.endswith(".000Z") else text
    match = _ISO_8601.match(text.strip())
    if match is None:
        raise ValueError("not ISO 8601")
    year, _dash, month, day, hour, minute, second, fraction, offset = match.groups()
    offset = "+0000" if not offset or offset in "Zz" else offset.replace(":", "").ljust(5, "0")
    moment = datetime.datetime.fromisoformat(
        f"{year}-{month}-{day}T{hour or '00'}:{minute or '00'}:{second or '00'}"
        f".{(fraction or '0')[:6]:0<6}{offset[:3]}:{offset[3:]}"
    )
    try:
        moment = moment.astimezone(datetime.timezone.utc)
    except OverflowError:
        raise ValueError("out of range") from None
    return moment, format_time(moment)


def format_time(moment: datetime.datetime) -> str:
    """A datetime in UTC as ISO 8601 with ``Z``, and with milliseconds if it has a fraction."""
    precision = "milliseconds" if moment.microsecond else "seconds"
    return moment.replace(tzinfo=None).isoformat(timespec=precision) + "Z"


def job_time(place: str, text: str | None) -> str | None:
    """A time that the API sent, as :func:`format_time` writes it; None for no time, or 0001-01-01, which stands for none.

    :raises InvalidResponse: naming ``place`` when it cannot be read.
    """
    if not text:
        return None
    if text.startswith("0001-01-01"):
        return None
    try:
        return _parsed(text)[1]
    except ValueError:
        raise InvalidResponse(f"{place} should be an ISO 8601 time") from None
