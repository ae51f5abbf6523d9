# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an answer says: its document, or why the request was refused; and what its headers tell. Knows of no request."""

from __future__ import annotations

import contextlib
import datetime
import email.utils
import json
import re
import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._errors import (
    AvePointError,
    ContractOf,
    InvalidResponse,
    ServerError,
)
from ansible_collections.avepoint.cloud.plugins.module_utils._http import Answer
from ansible_collections.avepoint.cloud.plugins.module_utils._schema import Schema
from ansible_collections.avepoint.cloud.plugins.module_utils._text import clean, mask, parse_json

# Statuses that are worth sending the same request again.
RETRIED = frozenset((429, 500, 502, 503, 504))

# Statuses that say nothing of the request itself: a wait looks again, though they are not worth an immediate retry.
TRANSIENT = RETRIED | {408, 425, *range(506, 600)}

PROXY_LOGIN = "the proxy requires a login: put the right user and password into the URL of proxy"


class Api(t.NamedTuple):
    """What errors say of the API that is called."""

    name: str
    permission: str
    registration: str
    not_found: str


# A refusal in the body of an answer with status 200, as far as bytes can show it. The statuses of jobs have fewer digits.
_TELLS_REFUSAL = re.compile(rb'"status(?:Code)?"\s*:\s*"?[3-5][0-9]{2}\b')


def told_status(answer: Answer) -> int:
    """The status that an answer has: that of its body, where the server says there, under a 200 or 201, that it failed."""
    if answer.status in (200, 201) and _TELLS_REFUSAL.search(answer.body):
        with contextlib.suppress(InvalidResponse):  # which is told where it is read
            body = parse_json(answer.body)
            told = [str(body.get(name)) for name in ("statusCode", "status")] if isinstance(body, dict) else []
            return next((int(one) for one in told if re.fullmatch("[3-5][0-9]{2}", one, re.ASCII)), answer.status)
    return answer.status


def read_document(answer: Answer, schema: Schema, name: str, secrets: t.Collection[str], masked: bool = True) -> t.Any:
    """The JSON document of an answer that was asked for; ``name`` is whose contract ``schema`` is.

    Without secrets, unless it is not ``masked``, as where a secret is what was asked for.

    :raises InvalidResponse: when it is none, or does not fit.
    """
    try:
        document = _parse(answer, secrets if masked else ())
        schema.validate(document)
    except InvalidResponse as error:
        error.context.append(
            ContractOf(name, "check that its URL and the proxy lead to the API, and report it to AvePoint if they do")
        )
        error.http_status, error.request_id = answer.status, _request_id(answer, {}, secrets)
        raise
    return document


def refuse_errors(document: t.Any, name: str) -> None:
    """Returns when a document of ``name`` tells of no error: what came besides, it may not be all. What is empty tells of none.

    :raises ServerError: with what it says.
    """
    told = [document.get(place) for place in ("errors", "errorModel")] if isinstance(document, dict) else []
    for errors in told:
        inner = errors.values() if isinstance(errors, dict) else errors if isinstance(errors, list) else [errors]
        if any(inner):
            said = clean(json.dumps(errors, ensure_ascii=False))
            raise ServerError(f"{name} answered with an error (it said {said}): try again later (HTTP 200)", 200)


class Refusal:
    """An answer with another status than was asked for, as far as it can be read.

    ``body`` is its JSON object, empty where it is none; ``said`` the server's own words, to be put behind one of ours.
    """

    def __init__(self, answer: Answer, secrets: t.Collection[str]):
        self.status = answer.status
        self._answer = answer
        self._secrets = secrets
        try:
            body = _parse(answer, secrets)
        except InvalidResponse:
            body = {}
        self.body: dict = body if isinstance(body, dict) else {}
        words = clean(_words(self.body))
        self.said = f' (it said "{words}")' if words else ""

    def error(self, kind: type[AvePointError], text: str) -> AvePointError:
        """The error of this kind that it means."""
        request_id = _request_id(self._answer, self.body, self._secrets)
        return kind(f"{text} (HTTP {self.status})", self.status, request_id, transient=self.status in TRANSIENT)

    def redirect(self, name: str, option: str) -> AvePointError:
        """The error for a redirect; ``option`` is where the address of ``name`` is set."""
        location = self._answer.headers.get("Location", "").split("?")[0].split("#")[0]
        target = clean(mask(location, self._secrets), 200)
        return self.error(
            InvalidResponse,
            f'{name} answered with a redirect to "{target}", which is never followed: set {option} to the right address',
        )


def retry_after(answer: Answer, now: float) -> float | None:
    """Seconds that the server asks for (RFC 9110 section 10.2.3: a number or a date); None when it says nothing readable."""
    value = answer.headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdecimal():
        return float(value)
    moment = _date(value)
    if moment is None:
        return None
    here = _date(answer.headers.get("Date", ""))  # by the clock that the moment is of
    return max(0.0, moment - (now if here is None else here))


def clock_skew(answer: Answer, sent_at: float, now: float) -> float | None:
    """By how many seconds the server's clock is ahead of ours at least, by the ``Date`` of an answer; None when it does not say.

    The answer is of some moment since it was asked for, and its ``Date`` is in whole seconds.
    """
    date = _date(answer.headers.get("Date", ""))
    if date is None or "Age" in answer.headers:  # which a cache adds to an answer of some time ago
        return None
    return max(date - now, 0.0) or min(date + 1 - sent_at, 0.0)


def _date(text: str) -> float | None:
    """Seconds since the epoch of a date in a header (RFC 9110 section 5.6.7); None when it cannot be read."""
    try:
        moment = email.utils.parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=datetime.timezone.utc)).timestamp()
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


def _parse(answer: Answer, secrets: t.Collection[str]) -> t.Any:
    document = parse_json(answer.body)
    # A server that echoes what it was sent: escapes could hide it from the quick look.
    if b"\\" in answer.body or any(secret.encode() in answer.body for secret in secrets):
        document = mask(document, secrets)
    return document


def _words(body: dict) -> str:
    """The server's own words in the body of a refusal."""
    errors = body.get("errors")
    first = next((entry for entry in errors if isinstance(entry, dict)), {}) if isinstance(errors, list) else {}
    words = [
        body.get("message"),
        body.get("error_description"),
        first.get("field"),
        first.get("message"),
        body.get("detail"),
        body.get("title"),
    ]
    return ": ".join(dict.fromkeys(clean(word, 200) for word in words if isinstance(word, str) and word.strip()))


def _request_id(answer: Answer, body: dict, secrets: t.Collection[str]) -> str | None:
    """What the vendor's support asks for."""
    candidates = [body.get("requestId"), body.get("traceId")]
    candidates += [answer.headers.get(name) for name in ("request-id", "x-request-id", "x-ms-request-id")]
    found = next((entry for entry in candidates if isinstance(entry, str) and entry.strip()), None)
    return None if found is None else clean(mask(found, secrets), 100)
