# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control API under /simulator/: the state, the clock, ordered faults and the log. For loopback only, without a login."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Callable

from aiohttp import web

from .faults import Fault
from .log import Log
from .world import World


class Control:
    def __init__(self, state: dict[str, Any]) -> None:
        self.stop = asyncio.Event()
        self.set_state(state)

    def set_state(self, state: dict[str, Any]) -> None:
        self.world = World(state)
        self.log = Log()

    async def handle(self, request: web.Request) -> web.Response:
        actions: dict[tuple[str, str], Callable[[Any], Any]] = {
            ("GET", "state"): lambda given: self.world.state,
            ("PUT", "state"): self.set_state,
            ("POST", "faults"): self._add_faults,
            ("GET", "faults"): lambda given: [{"kind": fault.kind, "met": fault.met} for fault in self.world.faults],
            ("DELETE", "faults"): lambda given: self.world.faults.clear(),
            ("POST", "clock"): lambda given: self.world.clock.advance(given["advance"]),
            ("GET", "clock"): lambda given: {"now": self.world.clock.now()},
            ("GET", "started"): lambda given: self.world.started,
            ("GET", "log"): lambda given: self.log.shown(),
            ("DELETE", "log"): self._clear_log,
            ("POST", "stop"): lambda given: self.stop.set(),
        }
        name = request.path[len("/simulator/") :]
        if (request.method, name) not in actions:
            return web.json_response({"message": f"no {request.method} {name}"}, status=404)
        try:
            body = await request.read()
            found = actions[request.method, name](json.loads(body) if body else {})
        except (ValueError, TypeError, KeyError, AttributeError) as exc:
            return web.json_response({"message": f"{type(exc).__name__}: {exc}"}, status=400)
        return web.json_response({"ok": True} if found is None else found)

    def _add_faults(self, given: Any) -> None:
        # All faults are created before any is added, so that an invalid one leaves the others out too.
        self.world.faults.extend([Fault(**fault) for fault in (given if isinstance(given, list) else [given])])

    def _clear_log(self, given: Any) -> None:
        self.log = Log()
