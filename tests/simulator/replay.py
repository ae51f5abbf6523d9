# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers requests from a recording (AVEPOINT_RECORD), in the recorded order."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from aiohttp import web

from . import wire
from .answers import Answer, Call, error
from .server import Server

FORMAT = 1
# The status for a request that is not in the recording. A client does not retry it or take it for the end of a list.
NOT_RECORDED = 501
# Recorded headers that would be wrong in a replay, because the body is written again.
NOT_SENT = {"content-length", "content-encoding", "content-type"}
TIME = re.compile(r"\d{4}-\d\d-\d\d([T ][0-9:.]+\s?(Z|[+-]\d\d:?\d\d)?)?", re.ASCII)
FILLERS = {"empty": b"", "html": b"<!DOCTYPE html>", "text": b"-", "broken json": b'{"', "bytes": b"\xff"}
# Failures with which the client ended an exchange. In a replay, the server does not answer, so that the client ends it again.
ENDED_BY_CLIENT = ("request_timeout", "stopped")
HANG = {"seconds": 600}


class NotARecording(Exception):
    """A folder or file is no recording; the message names it and says why."""


@dataclass
class Exchange:
    """A recorded exchange with either an `answer` or a `failure`."""

    file: str
    method: str
    path: str
    asked: Any  # query and body without times
    token: bool  # a token request
    answer: dict[str, Any] | None
    failure: dict[str, Any] | None
    used: bool = False


def _timeless(value: Any) -> Any:
    """The value with its times replaced, because a replay runs at another time."""
    if isinstance(value, dict):
        return {name: _timeless(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_timeless(item) for item in value]
    return "(time)" if isinstance(value, str) and TIME.fullmatch(value) else value


def _asked(query: list[Any], body: Any) -> Any:
    return [sorted([name, _timeless(value)] for name, value in query), _timeless(body)]


def _need(found: Any, what: str, *kinds: type) -> Any:
    if not isinstance(found, kinds) or isinstance(found, bool):
        raise ValueError(f"{what} is missing or wrong")
    return found


def _exchange(file: str, text: str) -> Exchange:
    """The exchange in a file's text. Raises ValueError, which says what is wrong with it."""
    document = json.loads(text)
    if not isinstance(document, dict) or "avepoint_recording" not in document:
        raise ValueError("it has no avepoint_recording, so AVEPOINT_RECORD did not write it")
    if document["avepoint_recording"] != FORMAT:
        raise ValueError(f"its format is {document['avepoint_recording']!r}, and only {FORMAT} is known here")
    request = _need(document.get("request"), "request", dict)
    method = _need(request.get("method"), "request.method", str)
    url = urlsplit(_need(request.get("url"), "request.url", str))
    query = _need(request.get("query", []), "request.query", list)
    if not all(
        isinstance(pair, list) and len(pair) == 2 and all(isinstance(part, str) for part in pair) for pair in query
    ):
        raise ValueError("request.query is not a list of names and values")
    form = _need(request.get("form", {}), "request.form", dict)
    answer, failure = document.get("answer"), document.get("failure")
    if answer is None:
        _need(_need(failure, "answer, or failure,", dict).get("code"), "failure.code", str)
    else:
        _need(answer, "answer", dict)
        if not 100 <= _need(answer.get("status"), "answer.status", int) <= 599:
            raise ValueError("answer.status is no status of HTTP")
        headers = _need(answer.get("headers", {}), "answer.headers", dict)
        if not all(isinstance(value, str) and value.isprintable() for value in headers.values()):
            raise ValueError("answer.headers has values that are no texts")
        if "json" not in answer:
            body = _need(answer.get("body"), "answer.json, or answer.body,", dict)
            if body.get("kind") not in FILLERS or not 0 <= _need(body.get("bytes"), "answer.body.bytes", int) <= 2**24:
                raise ValueError("answer.body is none that is recorded")
    token = "grant_type" in form
    asked = form.get("scope") if token else _asked([*parse_qsl(url.query), *query], request.get("json"))
    return Exchange(file, method, unquote(url.path), asked, token, answer, failure)


def read(folder: Path) -> list[Exchange]:
    """The exchanges in a folder, in order. Raises NotARecording."""
    try:
        files = sorted(path for path in folder.iterdir() if path.suffix == ".json" and not path.name.startswith("."))
    except OSError as exc:
        raise NotARecording(f"{folder} cannot be read: {exc.strerror}") from None
    if not files:
        raise NotARecording(f"{folder} has no recording in it: there is no file whose name ends in .json")
    found = []
    for file in files:
        try:
            found.append(_exchange(file.name, file.read_text("utf-8")))
        except OSError as exc:
            raise NotARecording(f"{file} cannot be read: {exc.strerror}") from None
        except json.JSONDecodeError as exc:
            raise NotARecording(f"{file} is no recording: it is not JSON ({exc})") from None
        except (ValueError, RecursionError) as exc:
            raise NotARecording(f"{file} is no recording: {exc}") from None
    return found


def about(url: str, identity_url: str, exchanges: list[Exchange]) -> str:
    """The text that --replay prints: the recorded requests, and shell commands that point a playbook at the simulator."""
    counts = Counter((exchange.method, exchange.path) for exchange in exchanges if not exchange.token)
    lines = [f"# Recorded, {len(exchanges)} exchanges, {sum(exchange.token for exchange in exchanges)} of them logins:"]
    lines += [f"#   {count} x {method} {path}" for (method, path), count in counts.items()]
    lines += ["# Ask with the ids that the recording has. Where, and as whom, which does not matter:"]
    lines += [f"export AVEPOINT_GRAPH_URL={url}", f"export AVEPOINT_IDENTITY_URL={identity_url}"]
    return "\n".join(["", *lines, "export AVEPOINT_CLIENT_ID=any AVEPOINT_CLIENT_SECRET=any", ""])


def _answer(recorded: dict[str, Any]) -> Answer:
    headers = {name: value for name, value in recorded.get("headers", {}).items() if name.lower() not in NOT_SENT}
    given = recorded.get("headers", {}).get("Content-Type", "")
    kind = given if re.fullmatch(r"[a-z]+/[a-z0-9.+-]+(; ?charset=[a-z0-9-]+)?", given) else "application/json"
    if "json" in recorded:
        return Answer(recorded["status"], recorded["json"], headers, content_type=kind)
    filler, size = FILLERS[recorded["body"]["kind"]], recorded["body"]["bytes"]
    raw = (filler + filler[-1:] * size)[:size]
    return Answer(recorded["status"], None, headers, raw, kind if given else "application/octet-stream")


class Replay(Server):
    """The simulator's server with a recording instead of the services."""

    def __init__(self, control: Any, exchanges: list[Exchange]) -> None:
        super().__init__(control)
        self._exchanges = exchanges

    async def handle(self, request: web.Request) -> web.StreamResponse:
        log = self.control.log
        path = request.rel_url.raw_path
        call = Call(
            service="unknown",
            method=request.method,
            url=f"{request.scheme}://{request.host}{path}",
            path=path,
            query=list(request.query.items()),
            headers={name.lower(): value for name, value in request.headers.items()},
            body=await request.read(),
        )
        entry = log.begin(call)
        try:
            exchange, why = self._next(call)
            if exchange is None:
                entry["fault"], entry["status"] = "not recorded", NOT_RECORDED
                shown = f"{call.method} {request.rel_url}"
                print(
                    f"not in the recording: {shown} {call.body[:500].decode('utf-8', 'replace')!r}: {why}",
                    file=sys.stderr,
                )
                return wire.respond(error(NOT_RECORDED, f"Not in the recording ({why}): {call.method} {unquote(path)}"))
            exchange.used = True
            if exchange.answer is not None:
                entry["status"] = exchange.answer["status"]
                return wire.respond(_answer(exchange.answer))
            kind = "hang" if (exchange.failure or {}).get("code") in ENDED_BY_CLIENT else "close"
            entry["fault"] = kind
            return await wire.KINDS[kind][0](request, Answer(), HANG)
        finally:
            log.end(entry)

    def _next(self, call: Call) -> tuple[Exchange | None, str]:
        """The next unused exchange for a request, or None; and why there is none."""
        form = dict(call.form()) if call.media_type() == "application/x-www-form-urlencoded" else {}
        if "grant_type" in form:
            return self._login(form)
        try:
            body = json.loads(call.body) if call.body else None
        except ValueError:
            return None, "its body is not JSON"
        asked, path = _asked([list(pair) for pair in call.query], body), unquote(call.path)
        # Only the end of the path is compared, because a recorded path may begin with that of a gateway.
        same_path = [
            exchange
            for exchange in self._exchanges
            if not exchange.token and exchange.method == call.method and exchange.path.endswith(path)
        ]
        same_request = [exchange for exchange in same_path if exchange.asked == asked]
        if not same_path:
            return None, "nothing was asked there"
        if not same_request:
            return None, "that was asked with another query or body"
        unused = next((exchange for exchange in same_request if not exchange.used), None)
        return unused, f"it was asked {len(same_request)} times, and not once more"

    def _login(self, form: dict[str, str]) -> tuple[Exchange | None, str]:
        logins = [exchange for exchange in self._exchanges if exchange.token]
        same = [exchange for exchange in logins if exchange.asked == form.get("scope")] or logins
        answered = [exchange for exchange in same if exchange.answer and exchange.answer["status"] == 200]
        # A replay may log in more often than the recording did. Then the last successful login is used again.
        found = next((exchange for exchange in same if not exchange.used), None) or next(reversed(answered), None)
        return found, "no login was recorded, so give an access_token"
