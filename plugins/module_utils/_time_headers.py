# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The headers of an answer that tell a time: the pause that is asked for, and the server's clock."""

from __future__ import annotations

import datetime
import email.utils

from ansible_collections.avepoint.cloud.plugins.module_utils._http import Answer


def retry_after(answer: Answer, now: float) -> float | None:
    """The pause in seconds that the server asks for (RFC 9110 section 10.2.3: a number or a date); None if it cannot be read."""
    value = answer.headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdecimal():
        return float(value)
    moment = _date(value)
    if moment is None:
        return None
    here = _date(answer.headers.get("Date", ""))  # by the server's clock, as the moment is
    return max(0.0, moment - (now if here is None else here))


def clock_skew(answer: Answer, sent_at: float, now: float) -> float | None:
    """The least number of seconds by which the server's clock is ahead of this one, from the ``Date`` header; negative if behind.

    The server wrote the date between ``sent_at`` and ``now`` (seconds since the epoch), in whole seconds. None if it is missing.
    """
    date = _date(answer.headers.get("Date", ""))
    if date is None or "Age" in answer.headers:  # a cache adds Age to an older answer
        return None
    return max(date - now, 0.0) or min(date + 1 - sent_at, 0.0)


def _date(text: str) -> float | None:
    """A date in a header (RFC 9110 section 5.6.7) as seconds since the epoch; None if it cannot be read."""
    try:
        moment = email.utils.parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=datetime.timezone.utc)).timestamp()
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
