# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of faults that change an answer and leave the connection intact."""

from __future__ import annotations

import copy
import gzip
import json
import random
import re
import zlib
from functools import lru_cache
from typing import Any, Callable

from .answers import Answer, Call, error

# A terminal escape sequence, line breaks, a NUL, bidirectional text controls, and a template that gives 1337 if it is evaluated.
HOSTILE = "\x1b[31m\x1b]0;owned\x07red\r\nX-Injected: yes\x00\u202egnp.exe\u2066 {{ 7 * 191 }} {% raw %}"
NAMES = [
    *("organizationName", "module", "tenantName", "baselineName", "organization", "name", "operator", "comments"),
    *("scanProfileName", "value", "url", "message"),
]
PAGE = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body><h1>Guest network</h1></body></html>"
MESSAGES = {401: "Unauthorized.", 403: "Forbidden.", 404: "Not found.", 429: "Too many requests.", 503: "Try later."}


# The beginning of a Retry-After whose date the server fills in.
DATE_IN = "date in "


def retry_after(given: Any) -> dict[str, str]:
    """A Retry-After header: a number of seconds, {"date_in": seconds} for a date, any text as it is, None for no header."""
    if given is None:
        return {}
    if isinstance(given, dict):
        return {"Retry-After": f"{DATE_IN}{given['date_in']}"}
    return {"Retry-After": str(given)}


# Places in an answer


def steps(path: str) -> list[Any]:
    """The keys and indexes in a path such as data[3].status, or in a JSON pointer such as /data/3/status."""
    if path.startswith("/"):
        return [int(step) if step.isdigit() else step for step in path[1:].split("/")]
    return [int(step[1:-1]) if step.startswith("[") else step for step in re.findall(r"\[-?\d+\]|[^.\[\]]+", path)]


def _holder(payload: Any, path: str) -> tuple[Any, Any]:
    """The object or array at the end of a path, and the last key or index; None if the answer has no such place."""
    *before, last = steps(path)
    try:
        for step in before:
            payload = payload[step]
        if isinstance(payload, dict) or (isinstance(payload, list) and -len(payload) <= last < len(payload)):
            return payload, last
    except (KeyError, IndexError, TypeError):
        pass
    return None, None


def _places(node: Any, found: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """Appends to `found` every place in an answer: an object or array with a key or index of it."""
    entries = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else []
    for step, child in list(entries):
        found.append((node, step))
        _places(child, found)
    return found


# The faults: (answer, its options, a seeded random, the call) -> answer


def _status(answer: Answer, options: dict[str, Any], rng: random.Random, call: Call) -> Answer:
    status = options["status"]
    message = options["message"] or MESSAGES.get(status, "The request failed.")
    if call.service == "identity" and status == 400:
        found = Answer(400, {"error": "invalid_request", "error_description": message})
    else:
        found = error(status, message)
    found.headers.update(retry_after(options["retry_after"]))
    if status == 401:
        found.headers["WWW-Authenticate"] = 'Bearer error="invalid_token"'
    found.headers.update(options["headers"])
    if isinstance(options["body"], str):
        found.raw, found.content_type = options["body"].encode(), options["content_type"] or "text/plain; charset=utf-8"
    elif options["body"] is not None:
        found.payload = options["body"]
    return found


def _redirect(answer: Answer, options: dict[str, Any], rng: random.Random, call: Call) -> Answer:
    return Answer(options["status"], headers={"Location": options["location"]}, raw=PAGE, content_type="text/html")


def _html(answer: Answer, options: dict[str, Any], rng: random.Random, call: Call) -> Answer:
    return Answer(options["status"], raw=PAGE, content_type="text/html; charset=utf-8")


def _empty(answer: Answer, options: dict[str, Any], rng: random.Random, call: Call) -> Answer:
    answer.raw = b""
    return answer


def _cut_json(answer: Answer, options: dict[str, Any], rng: random.Random, call: Call) -> Answer:
    body = answer.body()
    answer.raw = body[: int(len(body) * options["keep"])]
    return answer


def _wrong_type(answer: Answer, options: dict[str, Any], rng: random.Random, call: Call) -> Answer:
    answer.payload = copy.deepcopy(answer.payload)
    if not options["path"]:
        answer.payload = options["value"]
        return answer
    holder, step = _holder(answer.payload, options["path"])
    if holder is not None:
        holder[step] = options["value"]
    return answer


def _drop(answer: Answer, options: dict[str, Any], rng: random.Random, call: Call) -> Answer:
    answer.payload = copy.deepcopy(answer.payload)
    holder, step = _holder(answer.payload, options["path"])
    if holder is not None and (isinstance(holder, list) or step in holder):
        del holder[step]
    return answer


def _literal(answer: Answer, options: dict[str, Any], rng: random.Random, call: Call) -> Answer:
    """Replaces a number (at the path, or else the last in the answer) by a literal that is no JSON, such as NaN."""
    payload = copy.deepcopy(answer.payload)
    numbers = [(holder, step) for holder, step in _places(payload, []) if type(holder[step]) in (int, float)]
    holder, step = _holder(payload, options["path"]) if options["path"] else (numbers or [(None, None)])[-1]
    if holder is None:
        return answer
    holder[step] = "\u0001literal\u0001"
    text = json.dumps(payload, separators=(",", ":"))
    answer.raw = text.replace(json.dumps("\u0001literal\u0001"), options["literal"]).encode()
    return answer


def _duplicate_keys(answer: Answer, options: dict[str, Any], rng: random.Random, call: Call) -> Answer:
    """Writes each property twice: first with its value, then with an empty value of the same type."""

    def write(node: Any) -> str:
        if isinstance(node, list):
            return "[" + ",".join(write(item) for item in node) + "]"
        if not isinstance(node, dict):
            return json.dumps(node)
        pairs = [f"{json.dumps(key)}:{write(value)}" for key, value in node.items()]
        pairs += [
            f"{json.dumps(key)}:{json.dumps(type(value)() if value is not None else 1)}" for key, value in node.items()
        ]
        return "{" + ",".join(pairs) + "}"

    answer.raw = write(answer.payload).encode()
    return answer


def _nested(answer: Answer, options: dict[str, Any], rng: random.Random, call: Call) -> Answer:
    """Adds a property with deeply nested arrays or objects."""
    depth = options["depth"]
    start, end = (b"[", b"]") if options["of"] == "arrays" else (b'{"a":', b"}")
    properties = answer.body()[1:]
    answer.raw = b'{"more":' + start * depth + b"1" + end * depth + (b"," if properties != b"}" else b"") + properties
    return answer


def _mutate(answer: Answer, options: dict[str, Any], rng: random.Random, call: Call) -> Answer:
    """Makes one to `changes` random changes in the answer."""
    answer.payload = copy.deepcopy(answer.payload)
    values: list[Any] = [
        None,
        True,
        -1,
        0,
        2**63,
        1.5,
        "",
        "x",
        "2",
        [],
        {},
        [1],
        {"a": 1},
        "\u0000",
        1e308,
        "9" * 5000,
    ]
    for _change in range(rng.randint(1, options["changes"])):
        places = _places(answer.payload, [])
        if not places:
            answer.payload = copy.deepcopy(rng.choice(values))
            continue
        holder, step = rng.choice(places)
        what = rng.choice(["value", "value", "drop", "double", "wrap", "rename", "text"])
        if what == "value":
            holder[step] = copy.deepcopy(rng.choice(values))
        elif what == "drop":
            del holder[step]
        elif what == "double" and isinstance(holder, list):
            holder.insert(step, copy.deepcopy(holder[step]))
        elif what == "rename" and isinstance(holder, dict):
            holder[str(step).upper()] = holder.pop(step)
        elif what == "text":
            holder[step] = str(holder[step])
        else:
            holder[step] = [holder[step]]
    if rng.random() < options["bytes"]:
        body = bytearray(answer.body())
        for _change in range(rng.randint(1, 3)):
            if body:
                body[rng.randrange(len(body))] = rng.randrange(256)
        answer.raw = bytes(body)
    return answer


@lru_cache(maxsize=2)
def _bomb(mebibytes: int, start: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    parts = [packer.compress(start)]
    parts += [packer.compress(b" " * 2**20) for _part in range(mebibytes)]
    return b"".join([*parts, packer.compress(b'"x":0}'), packer.flush()])


def _gzip_bomb(answer: Answer, options: dict[str, Any], rng: random.Random, call: Call) -> Answer:
    answer.raw = _bomb(options["mebibytes"], b"{")
    answer.headers["Content-Encoding"] = "gzip"
    return answer


def _gzip(answer: Answer, options: dict[str, Any], rng: random.Random, call: Call) -> Answer:
    body, members = answer.body(), options["members"]
    size = -(-len(body) // members)
    answer.raw = b"".join(gzip.compress(body[size * n : size * (n + 1)]) for n in range(members))
    answer.headers["Content-Encoding"] = "gzip"
    return answer


def _echo_secret(answer: Answer, options: dict[str, Any], rng: random.Random, call: Call) -> Answer:
    """An error in which every text contains the credentials of the request."""
    form = dict(call.form()) if call.service == "identity" else {}
    shown = " ".join(
        f"{name}={value}"
        for name, value in [("Authorization", call.header("authorization")), *form.items()]
        if value and name in ("Authorization", "client_secret", "client_assertion")
    )
    message = f"The request failed. The request had {shown}"
    if call.service == "identity":
        return Answer(options["status"], {"error": "invalid_client", "error_description": message})
    found = error(options["status"], message, where=shown)
    found.payload["traceId"] = found.payload["requestId"] = shown
    found.headers["request-id"] = call.header("authorization")
    return found


def _control_chars(answer: Answer, options: dict[str, Any], rng: random.Random, call: Call) -> Answer:
    """Puts hostile text into the message of an error, or into the names in a correct answer."""
    text = options["text"]
    if options["status"]:
        if call.service == "identity":
            return Answer(options["status"], {"error": "invalid_client" + text, "error_description": text})
        found = error(options["status"], text + " end", where=text, code=text)
        found.payload["requestId"] = found.payload["traceId"] = text
        return found
    answer.payload = copy.deepcopy(answer.payload)
    for holder, step in _places(answer.payload, []):
        if step in options["fields"] and isinstance(holder[step], str):
            holder[step] += text
    return answer


def _bad_charset(answer: Answer, options: dict[str, Any], rng: random.Random, call: Call) -> Answer:
    body = answer.body()
    if options["variant"] == "invalid_utf8":
        answer.raw = body[:-1] + b',"note":"\xff\xfe\xc3\x28"}'
    elif options["variant"] == "utf16":
        answer.raw, answer.content_type = body.decode().encode("utf-16"), "application/json; charset=utf-16"
    elif options["variant"] == "bom":
        answer.raw = b"\xef\xbb\xbf" + body
    else:
        answer.raw, answer.content_type = body, "application/json; charset=x-no-such-charset"
    return answer


Spoiler = Callable[[Answer, "dict[str, Any]", random.Random, Call], Answer]
KINDS: dict[str, tuple[Spoiler, dict[str, Any]]] = {
    "status": (
        _status,
        {"status": 503, "message": "", "headers": {}, "retry_after": None, "body": None, "content_type": ""},
    ),
    "redirect": (_redirect, {"status": 302, "location": "http://127.0.0.1:9/elsewhere"}),
    "html": (_html, {"status": 200}),
    "empty": (_empty, {}),
    "cut_json": (_cut_json, {"keep": 0.5}),
    "wrong_type": (_wrong_type, {"path": "", "value": None}),
    "drop": (_drop, {"path": "data"}),
    "nan": (_literal, {"path": "", "literal": "NaN"}),
    "infinity": (_literal, {"path": "", "literal": "Infinity"}),
    "duplicate_keys": (_duplicate_keys, {}),
    "nested": (_nested, {"depth": 100_000, "of": "arrays"}),
    "mutate": (_mutate, {"changes": 2, "bytes": 0.0}),
    "gzip_bomb": (_gzip_bomb, {"mebibytes": 256}),
    "gzip": (_gzip, {"members": 1}),
    "echo_secret": (_echo_secret, {"status": 400}),
    "control_chars": (_control_chars, {"status": None, "text": HOSTILE, "fields": NAMES}),
    "bad_charset": (_bad_charset, {"variant": "invalid_utf8"}),
}
