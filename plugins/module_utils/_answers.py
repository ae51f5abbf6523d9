# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads an answer: its document, or why the request was refused. This layer does not know the request."""

from __future__ import annotations

import contextlib
import json
import re
import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._errors import (
    AvePointError,
    ConnectionFailed,
    ContractOf,
    InvalidResponse,
    RequestTimeout,
    ServerError,
)
from ansible_collections.avepoint.cloud.plugins.module_utils._http import Answer
from ansible_collections.avepoint.cloud.plugins.module_utils._schema import Schema
from ansible_collections.avepoint.cloud.plugins.module_utils._text import clean, mask, parse_json

# Statuses after which the same request is sent again.
RETRIED = frozenset((429, 500, 502, 503, 504))

# Request Timeout, Too Early, and Client Closed Request of some proxies.
_GIVEN_UP = frozenset((408, 425, 499))

# Statuses of faults that may pass: a wait polls again, although a request is not sent again at once unless in RETRIED.
TRANSIENT = RETRIED | _GIVEN_UP | {*range(506, 600)}

_PROXY_LOGIN = "the proxy requires a login: put the right user and password into the URL of proxy"


class Api(t.NamedTuple):
    """Facts about an API for messages: its name, the permission it needs, where apps are registered, advice for a 404."""

    name: str
    permission: str
    registration: str
    not_found: str


# A quick search for a refusal in the body of an answer with status 200. The statuses of jobs have fewer digits.
_TELLS_REFUSAL = re.compile(rb'"status(?:Code)?"\s*:\s*"?[3-5][0-9]{2}\b')


def told_status(answer: Answer) -> int:
    """The effective status of an answer: if the body of a 200 or 201 has the status of a failure, that one."""
    if answer.status in (200, 201) and _TELLS_REFUSAL.search(answer.body):
        with contextlib.suppress(InvalidResponse):  # read_document() reports it
            body = parse_json(answer.body)
            codes = [str(body.get(name)) for name in ("statusCode", "status")] if isinstance(body, dict) else []
            return next((int(code) for code in codes if re.fullmatch("[3-5][0-9]{2}", code, re.ASCII)), answer.status)
    return answer.status


def read_document(answer: Answer, schema: Schema, name: str, secrets: t.Collection[str], masked: bool = True) -> t.Any:
    """The JSON document of a successful answer, checked against ``schema``, the contract of the API ``name``.

    Secrets in it are masked, unless ``masked`` is false because a secret was requested.

    :raises InvalidResponse: when the answer is not JSON, or does not fit.
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
    """Refuses a document of the API ``name`` that contains errors: its other data may be incomplete. Empty errors are no errors.

    :raises ServerError: with the text of the errors.
    """
    reported = [document.get(place) for place in ("errors", "errorModel")] if isinstance(document, dict) else []
    for errors in reported:
        inner = errors.values() if isinstance(errors, dict) else errors if isinstance(errors, list) else [errors]
        if any(inner):
            text = clean(json.dumps(errors, ensure_ascii=False))
            raise ServerError(f"{name} answered with an error (it said {text}): try again later (HTTP 200)", 200)


class Refusal:
    """An answer whose status is a refusal.

    ``body`` is its JSON object, empty if it has none; ``quote`` is the server's message in brackets, to append to ours.
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
        self.quote = f' (it said "{words}")' if words else ""

    def error(self, kind: type[AvePointError], text: str) -> AvePointError:
        """An error of class ``kind`` with ``text``, and with the status and request id of the answer."""
        request_id = _request_id(self._answer, self.body, self._secrets)
        return kind(f"{text} (HTTP {self.status})", self.status, request_id, transient=self.status in TRANSIENT)

    def on_the_way(self, name: str, host: str, option: str) -> AvePointError | None:
        """The error for a status that says nothing of what was requested: a redirect, a proxy's login, given up; else None.

        ``name`` is the server's name in messages; ``option`` sets its address.
        """
        if 300 <= self.status < 400:
            return self._redirect(name, option)
        if self.status == 407:
            return self.error(ConnectionFailed, _PROXY_LOGIN)
        if self.status in _GIVEN_UP:
            return self.error(RequestTimeout, f"{name} at {host} gave the request up{self.quote}: try again later")
        return None

    def _redirect(self, name: str, option: str) -> AvePointError:
        location = self._answer.headers.get("Location", "").split("?")[0].split("#")[0]
        target = clean(mask(location, self._secrets), 200)
        return self.error(
            InvalidResponse,
            f'{name} answered with a redirect to "{target}", which is never followed: set {option} to the right address',
        )


def _parse(answer: Answer, secrets: t.Collection[str]) -> t.Any:
    document = parse_json(answer.body)
    # The server may echo a secret. Escapes could hide it from the search in the bytes.
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
    """The request id, which the vendor's support asks for; None if there is none."""
    candidates = [body.get("requestId"), body.get("traceId")]
    candidates += [answer.headers.get(name) for name in ("request-id", "x-request-id", "x-ms-request-id")]
    found = next((entry for entry in candidates if isinstance(entry, str) and entry.strip()), None)
    return None if found is None else clean(mask(found, secrets), 100)
