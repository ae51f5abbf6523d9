# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of faults that misuse the connection: bytes come late, one by one, in part, without end, or not at all."""

from __future__ import annotations

import asyncio
import socket
import struct
from http import HTTPStatus
from typing import Any, Awaitable, Callable

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter

from .answers import Answer

POLL_INTERVAL = 0.05  # the seconds between checks whether the client has closed the connection
MEBIBYTE = 2**20


class Spent(web.Response):
    """A response for a connection that a fault has used itself. aiohttp takes its error for a client that has disconnected."""

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        raise ConnectionResetError("dealt with by a fault")


def respond(answer: Answer) -> web.Response:
    """The answer as a correct response."""
    headers = {"Content-Type": answer.content_type, **answer.headers}
    return web.Response(status=answer.status, body=answer.body(), headers=headers)


def _gone(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()


async def _pause(request: web.Request, seconds: float) -> bool:
    """Waits for `seconds` or until the client disconnects; returns whether it is still connected."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while not _gone(request) and loop.time() < end:
        await asyncio.sleep(min(POLL_INTERVAL, max(0.0, end - loop.time())))
    return not _gone(request)


def _head(answer: Answer) -> bytes:
    phrase = HTTPStatus(answer.status).phrase
    headers = {"Content-Type": answer.content_type, "Content-Length": str(len(answer.body())), **answer.headers}
    lines = [f"HTTP/1.1 {answer.status} {phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join([*lines, "Connection: close", "", ""])).encode("latin-1")


def _write(request: web.Request, data: bytes) -> None:
    if request.transport is not None:
        request.transport.write(data)


async def _reset(request: web.Request, answer: Answer, options: dict[str, Any]) -> web.StreamResponse:
    if options["where"] == "body":
        _write(request, _head(answer) + answer.body()[: len(answer.body()) // 2])
        await asyncio.sleep(POLL_INTERVAL)
    if request.transport is not None:
        raw: socket.socket = request.transport.get_extra_info("socket")
        # With a linger time of 0, the kernel sends RST instead of FIN.
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        request.transport.abort()
    return Spent()


async def _close(request: web.Request, answer: Answer, options: dict[str, Any]) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.close()
    return Spent()


async def _hang(request: web.Request, answer: Answer, options: dict[str, Any]) -> web.StreamResponse:
    await _pause(request, options["seconds"])
    return await _close(request, answer, options)


async def _delay(request: web.Request, answer: Answer, options: dict[str, Any]) -> web.StreamResponse:
    return respond(answer) if await _pause(request, options["seconds"]) else Spent()


async def _dribble(request: web.Request, answer: Answer, options: dict[str, Any]) -> web.StreamResponse:
    head, body = _head(answer), answer.body()
    slowly, remainder = (head, body) if options["where"] == "headers" else (body, b"")
    if options["where"] != "headers":
        _write(request, head)
    for place in range(len(slowly)):
        _write(request, slowly[place : place + 1])
        if not await _pause(request, options["every"]):
            return Spent()
    _write(request, remainder)
    return await _close(request, answer, options)


async def _cut(request: web.Request, answer: Answer, options: dict[str, Any]) -> web.StreamResponse:
    body = answer.body()
    _write(request, _head(answer) + body[: int(len(body) * options["keep"])])
    return await _close(request, answer, options)


async def _huge(request: web.Request, answer: Answer, options: dict[str, Any]) -> web.StreamResponse:
    """Sends the beginning of a correct answer, and then a very long string."""
    start, end = b'{"more":"', b'",' + answer.body()[1:]
    response = web.StreamResponse(status=answer.status, headers={"Content-Type": answer.content_type, **answer.headers})
    if options["content_length"]:
        response.content_length = len(start) + options["mebibytes"] * MEBIBYTE + len(end)
    try:
        await response.prepare(request)
        await response.write(start)
        for _part in range(options["mebibytes"]):
            await response.write(b"x" * MEBIBYTE)
        await response.write(end)
        await response.write_eof()
    except ConnectionError:
        return Spent()
    return response


Misuse = Callable[[web.Request, Answer, "dict[str, Any]"], Awaitable[web.StreamResponse]]
KINDS: dict[str, tuple[Misuse, dict[str, Any]]] = {
    "reset": (_reset, {"where": "before"}),
    "close": (_close, {}),
    "hang": (_hang, {"seconds": 600}),
    "delay": (_delay, {"seconds": 1}),
    "dribble": (_dribble, {"every": 0.1, "where": "body"}),
    "cut": (_cut, {"keep": 0.5}),
    "huge": (_huge, {"mebibytes": 64, "content_length": False}),
}
SILENT = ("reset", "close", "hang")  # the kinds after which the client gets no status
