# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small forward HTTP proxy to loopback addresses, with a log. Takes absolute-form requests and CONNECT (RFC 9110, 9112)."""

from __future__ import annotations

import asyncio
import base64
import hmac
import ipaddress
from typing import Any

import aiohttp
from aiohttp import web

from .wire import Spent

# Headers that are not passed on: those of RFC 9110, section 7.6.1, and those that the HTTP libraries of both sides set.
HOP_BY_HOP = {"connection", "keep-alive", "proxy-authorization", "proxy-connection", "te", "trailer", "upgrade"}
FRAMING = {"transfer-encoding", "content-length"}


def _is_loopback(host: str | None) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


class Relay(asyncio.Protocol):
    """Passes the bytes of one connection on to the other."""

    def __init__(self, other: asyncio.WriteTransport, ended: asyncio.Event) -> None:
        self._other, self._ended = other, ended

    def data_received(self, data: bytes) -> None:
        self._other.write(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._other.close()
        self._ended.set()


class Proxy:
    def __init__(self, credentials: str | None = None) -> None:
        self.stop = asyncio.Event()
        self.requests: list[dict[str, Any]] = []
        expected = base64.b64encode((credentials or "").encode()).decode()
        self._expected = f"Basic {expected}" if credentials else None

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        target = request.message.path
        if target.startswith("/simulator/"):
            return self._control(request.method, target[len("/simulator/") :])
        given = request.headers.get("Proxy-Authorization", "")
        entry = {"method": request.method, "target": target.split("?")[0], "authorized": bool(given), "status": 407}
        self.requests.append(entry)
        if self._expected and not hmac.compare_digest(given.encode(), self._expected.encode()):
            return web.Response(status=407, headers={"Proxy-Authenticate": 'Basic realm="simulator"'})
        # The target of CONNECT is host:port.
        host = target.rpartition(":")[0].strip("[]") if request.method == "CONNECT" else request.url.host
        if target.startswith("/") or not _is_loopback(host):
            entry["status"] = 403
            return web.Response(status=403, text="Only absolute requests to loopback addresses are passed on.")
        try:
            if request.method == "CONNECT":
                entry["status"] = 200
                return await self._tunnel(request, str(host), int(target.rpartition(":")[2]))
            answer = await self._forward(request)
            entry["status"] = answer.status
            return answer
        except (OSError, ValueError, aiohttp.ClientError) as exc:
            entry["status"] = 502
            return web.Response(status=502, text=f"There is no answer from there: {type(exc).__name__}")

    def _control(self, method: str, name: str) -> web.Response:
        if (method, name) == ("GET", "log"):
            return web.json_response({"requests": self.requests, "count": len(self.requests)})
        if (method, name) == ("DELETE", "log"):
            self.requests.clear()
        elif (method, name) == ("POST", "stop"):
            self.stop.set()
        else:
            return web.json_response({"message": f"no {method} {name}"}, status=404)
        return web.json_response({"ok": True})

    @staticmethod
    async def _forward(request: web.BaseRequest) -> web.Response:
        headers = {name: value for name, value in request.headers.items() if name.lower() not in HOP_BY_HOP | FRAMING}
        # Without the proxy settings of the environment, which are meant for the clients of this proxy.
        async with aiohttp.ClientSession(auto_decompress=False, trust_env=False) as session:
            body = await request.read()
            async with session.request(
                request.method, request.url, headers=headers, data=body or None, allow_redirects=False
            ) as answer:
                passed = {
                    name: value for name, value in answer.headers.items() if name.lower() not in HOP_BY_HOP | FRAMING
                }
                return web.Response(status=answer.status, headers=passed, body=await answer.read())

    @staticmethod
    async def _tunnel(request: web.BaseRequest, host: str, port: int) -> web.StreamResponse:
        client = request.transport
        assert isinstance(client, asyncio.Transport)
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        server, _relay = await loop.create_connection(lambda: Relay(client, ended), host, port)
        # From here on, the bytes are not for aiohttp. The client sends nothing before it gets the answer below.
        before = client.get_protocol()
        client.set_protocol(Relay(server, ended))
        client.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        try:
            await ended.wait()
        finally:
            server.close()
            client.set_protocol(before)
        return Spent()
