# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The requests and answers of the services, independent of an HTTP library, and functions that read and check requests.

An error body is as the AvePoint APIs are known to send it (statusCode, message, errors with code, field and message,
requestId, timestamp, traceId). It comes with a request-id header.
"""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any
from urllib.parse import parse_qsl

JSON_TYPE = re.compile(r"(application/json|text/json|application/[a-z0-9.+-]+\+json)", re.IGNORECASE)
INTEGER = re.compile(r"-?[0-9]{1,10}", re.ASCII)


@dataclass
class Call:
    """A request with its whole body."""

    service: str
    method: str
    url: str  # as the client reached it: scheme, Host header and path, no query
    path: str
    query: list[tuple[str, str]]
    headers: dict[str, str]  # names in lower case
    body: bytes = b""
    parameters: dict[str, str] = field(default_factory=dict)  # from the path
    page: int | None = None  # the requested page, from 1, if the request has a valid one; for faults and for the log

    def header(self, name: str) -> str:
        return self.headers.get(name.lower(), "")

    def media_type(self) -> str:
        return self.header("content-type").split(";")[0].strip().lower()

    def form(self) -> list[tuple[str, str]]:
        return parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True)


@dataclass
class Answer:
    """An answer. The body is the JSON of `payload`, or `raw` if it is set, for faults that need other bytes."""

    status: int = 200
    payload: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    content_type: str = "application/json; charset=utf-8"

    def body(self) -> bytes:
        if self.raw is not None:
            return self.raw
        return json.dumps(self.payload, separators=(",", ":")).encode()


class Refusal(Exception):
    """The service refuses a request. `where` names the property or parameter; a `_` in the names of headers becomes `-`."""

    def __init__(self, status: int, message: str, where: str = "", code: str = "", **headers: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.where = where
        self.code = code or {401: "unauthorized", 403: "forbidden", 404: "notFound"}.get(status, "invalidArgument")
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    def answer(self) -> Answer:
        return error(self.status, self.message, self.where, self.code, self.headers)


def traced(status: int, message: str) -> dict[str, Any]:
    """The properties that all bodies of the AvePoint APIs have, in errors and in answers."""
    now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    return {
        "statusCode": status,
        "message": message,
        "requestId": str(uuid.uuid4()),
        "timestamp": now,
        "traceId": uuid.uuid4().hex,
    }


def error(
    status: int, message: str, where: str = "", code: str = "error", headers: dict[str, str] | None = None
) -> Answer:
    """An answer with the error body of the AvePoint APIs."""
    payload = {**traced(status, message), "errors": [{"code": code, "field": where, "message": message}]}
    return Answer(status, payload, {"request-id": payload["requestId"], **(headers or {})})


def read_json(call: Call, required: bool) -> dict[str, Any]:
    """The JSON object in the body. With `required` false, the body may be empty, which gives an empty object."""
    if not call.body and not required and (not call.media_type() or JSON_TYPE.fullmatch(call.media_type())):
        return {}
    if not JSON_TYPE.fullmatch(call.media_type()):
        raise Refusal(415, f"The content type {call.media_type() or '(none)'} is not supported.", "Content-Type")
    try:
        found = json.loads(call.body.decode("utf-8"), parse_constant=_refuse, object_pairs_hook=_unique)
    except (ValueError, RecursionError) as exc:
        raise Refusal(400, f"The request body is not valid JSON: {exc}", "body") from None
    if not isinstance(found, dict):
        raise Refusal(400, "The request body must be a JSON object.", "body")
    return found


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a property is given twice")
    return dict(pairs)


def page_index(call: Call) -> int | None:
    """The pageIndex of a request; 1 without one, None if it is no integer."""
    try:
        return int(dict(call.query).get("pageIndex", "1"))
    except ValueError:
        return None


def read_query(call: Call, allowed: set[str]) -> dict[str, str]:
    """The query parameters. A parameter that is not in `allowed` or is given twice is refused."""
    found: dict[str, str] = {}
    for name, value in call.query:
        if name not in allowed:
            raise Refusal(400, f"The query parameter '{name}' is not known.", name)
        if name in found:
            raise Refusal(400, f"The query parameter '{name}' is given twice.", name)
        found[name] = value
    return found


def whole_number(text: str | None, where: str, default: int, least: int, most: int) -> int:
    """The integer value of a query parameter, or `default` if `text` is None; refused if it is not within the bounds."""
    if text is None:
        return default
    if not INTEGER.fullmatch(text) or not least <= int(text) <= most:
        raise Refusal(400, f"The value of '{where}' must be a whole number from {least} to {most}.", where)
    return int(text)


def strings(found: Any, where: str) -> list[str]:
    """The value `found` of a property, which must be an array of strings."""
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        raise Refusal(400, f"The value of '{where}' must be an array of strings.", where)
    return found


def only(found: dict[str, Any], allowed: set[str], prefix: str = "") -> None:
    """Refuses properties that are not in `allowed`."""
    for name in found:
        if name not in allowed:
            raise Refusal(
                400, f"The property '{prefix}{name}' is not defined and none other is allowed.", prefix + name
            )
