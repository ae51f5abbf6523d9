# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTP server: finds the service of a request, checks its token, applies faults and latency, and logs it."""

from __future__ import annotations

import asyncio
import re
import sys
import traceback
from dataclasses import dataclass, replace
from typing import Any, Callable
from urllib.parse import unquote

from aiohttp import web

from . import (
    aos,
    baselines,
    dynamics365,
    elements,
    google,
    iaas,
    microsoft365,
    opus,
    process_center,
    restore,
    salesforce,
    spoilers,
    tenants,
    wire,
)
from .answers import Answer, Call, Refusal, error, page_index
from .control import Control
from .faults import Fault
from .world import World

TOKEN_PATH = "/connect/token"
BODY_LIMIT = 2**20


Act = Callable[[Call], Answer]


@dataclass(frozen=True)
class Route:
    service: str
    method: str
    path: str  # a regular expression
    scopes: tuple[str, ...]
    act: Callable[[World], Act]
    page: Callable[[World, Call], int | None] = lambda world, call: page_index(call)


def no_page(world: World, call: Call) -> None:
    """The `page` of a route without pages."""


def _listing(name: str, product: Any) -> Route:
    """The route that lists the jobs of a product."""
    return Route(
        name,
        "GET",
        re.escape(product.PATH),
        product.SCOPES,
        lambda world: world.products[name].many,
        lambda world, call: world.products[name].page_of(call),
    )


ROUTES = [
    Route("identity", "POST", re.escape(TOKEN_PATH), (), lambda world: world.identity.token, no_page),
    Route("pc", "POST", process_center.PATH, process_center.SCOPES, lambda world: world.process_center.jobs),
    Route("tenants", "POST", re.escape(tenants.PATH), tenants.SCOPES, lambda world: world.tenants.batch),
    Route(
        "d365_v1",
        "POST",
        re.escape(dynamics365.V1_PATH),
        dynamics365.SCOPES,
        lambda world: world.dynamics365.v1,
        lambda world, call: world.dynamics365.page_of_v1(call),
    ),
    Route(
        "d365_graph",
        "GET",
        re.escape(dynamics365.GRAPH_PATH),
        dynamics365.SCOPES,
        lambda world: world.dynamics365.graph,
    ),
    _listing("m365", microsoft365),
    Route(
        "m365",
        "GET",
        microsoft365.ONE_PATH,
        microsoft365.SCOPES,
        lambda world: world.products["m365"].one,
        no_page,
    ),
    _listing("google", google),
    _listing("iaas", iaas),
    _listing("salesforce", salesforce),
    _listing("aos", aos),
    Route("opus", "GET", re.escape(opus.PATH), opus.SCOPES, lambda world: world.products["opus"].one, no_page),
    Route("elements", "POST", elements.PATH, elements.SCOPES, lambda world: world.elements.batch),
    Route(
        "customers",
        "POST",
        re.escape(elements.CUSTOMERS_PATH),
        elements.CUSTOMERS_SCOPES,
        lambda world: world.customers.batch,
    ),
    Route(
        "apply_baselines",
        "POST",
        baselines.APPLY_PATH,
        baselines.APPLY_SCOPES,
        lambda world: world.baselines.apply,
        no_page,
    ),
    Route(
        "create_baseline",
        "POST",
        re.escape(baselines.PATH),
        baselines.WRITE_SCOPES,
        lambda world: world.baselines.create,
        no_page,
    ),
    Route("baselines", "POST", re.escape(baselines.BATCH_PATH), baselines.SCOPES, lambda world: world.baselines.batch),
    Route("baseline_report", "GET", baselines.REPORT_PATH, baselines.SCOPES, lambda world: world.baselines.report),
    Route("m365_restore", "POST", re.escape(restore.PATH), restore.SCOPES, lambda world: world.restores.start, no_page),
]


class Server:
    def __init__(self, control: Control) -> None:
        self.control = control

    def application(self) -> web.Application:
        # A state may be large; the services have a lower limit.
        application = web.Application(client_max_size=64 * BODY_LIMIT)
        application.on_response_prepare.append(self._date)
        application.router.add_route("*", "/simulator/{name:.*}", self.control.handle)
        application.router.add_route("*", "/{path:.*}", self.handle)
        return application

    async def handle(self, request: web.Request) -> web.StreamResponse:
        clock = asyncio.get_running_loop().time
        arrived = clock()
        # The request keeps this state and log, even if a new state is set in between.
        world, log = self.control.world, self.control.log
        path = request.rel_url.raw_path
        route, parameters = self._route(path)
        call = Call(
            service=route.service if route else "unknown",
            method=request.method,
            url=f"{request.scheme}://{request.host}{path}",
            path=path,
            query=list(request.query.items()),
            headers={name.lower(): value for name, value in request.headers.items()},
            body=await request.read(),
            parameters=parameters,
        )
        request["world"], request["service"] = world, call.service
        call.page = route.page(world, call) if route else page_index(call)
        entry = log.begin(call)
        try:
            await asyncio.sleep(0)  # first take all requests that are here, since the latency begins with their arrival
            answer, fault = self._answer(world, call, route)
            if fault is not None:
                entry["fault"] = fault.kind
                if fault.kind in spoilers.KINDS:
                    spoil = spoilers.KINDS[fault.kind][0]
                    answer = await asyncio.to_thread(spoil, answer, fault.options, fault.random, call)
            answer = replace(answer, raw=answer.body())  # before the pause, since it takes time, too
            await asyncio.sleep(arrived + world.delay(call.service) - clock())
            request["dated"] = "Date" in answer.headers
            if fault is None or fault.kind not in wire.SILENT:
                entry["status"] = answer.status
            if fault is None or fault.kind in spoilers.KINDS:
                return wire.respond(answer)
            return await wire.KINDS[fault.kind][0](request, answer, fault.options)
        finally:
            log.end(entry)

    @staticmethod
    async def _date(request: web.Request, response: web.StreamResponse) -> None:
        """Sets the Date header, and a Retry-After with a date, by the simulator's clock. A Date that a fault has set stays."""
        if "world" not in request:
            return
        world: World = request["world"]
        later = response.headers.get("Retry-After", "")
        if later.startswith(spoilers.DATE_IN):
            response.headers["Retry-After"] = world.header_date(float(later[len(spoilers.DATE_IN) :]))
        if not request.get("dated"):
            response.headers.pop("Date", None)
            date = world.date(request["service"])
            if date is not None:
                response.headers["Date"] = date

    @staticmethod
    def _route(path: str) -> tuple[Route | None, dict[str, str]]:
        for route in ROUTES:
            match = re.fullmatch(route.path, path)
            if match:
                return route, {name: unquote(value) for name, value in match.groupdict().items()}
        return None, {}

    def _answer(self, world: World, call: Call, route: Route | None) -> tuple[Answer, Fault | None]:
        """The correct answer and the fault that affects it, if any. With a fault of `when` "before", the service does nothing."""
        fault = next((fault for fault in world.faults if fault.meets(call)), None)
        if fault is not None and fault.when == "before":
            return error(503, "The service did nothing."), fault
        try:
            if route is not None and route.scopes and world.rate_limit:
                world.rate_limit.take()
            answer = self._right(world, call, route)
        except Refusal as refusal:
            answer = refusal.answer()
        except Exception as exc:  # noqa: BLE001 - a bug of the simulator must not look like a fault of the cloud
            traceback.print_exc(file=sys.stderr)
            answer = Answer(599, {"message": f"simulator error: {type(exc).__name__}: {exc}"})
        return answer, fault

    @staticmethod
    def _right(world: World, call: Call, route: Route | None) -> Answer:
        if route is None:
            raise Refusal(404, "There is nothing here.")
        if route.scopes:
            world.identity.admit(call, route.scopes)
        if call.method != route.method:
            raise Refusal(405, "The method is not allowed.", code="methodNotAllowed", Allow=route.method)
        if len(call.body) > BODY_LIMIT:
            raise Refusal(413, "The request is too large.")
        return route.act(world)(call)
