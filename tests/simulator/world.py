# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of the simulated cloud, built from one JSON object. Unknown properties are refused."""

from __future__ import annotations

from collections import deque
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

from .answers import Refusal
from .aos import Aos
from .baselines import Baselines
from .clock import Clock
from .dynamics365 import Dynamics365
from .elements import Customer, Customers, Elements
from .faults import Fault
from .google import Google
from .iaas import Iaas
from .identity import Client, Identity
from .listing import Single
from .microsoft365 import Microsoft365
from .opus import Opus
from .paging import Paging
from .process_center import ProcessCenter
from .restore import Restores
from .salesforce import Salesforce
from .spoilers import retry_after
from .tenants import Tenant, Tenants

PRODUCTS: dict[str, type[Single[Any]]] = {
    "m365": Microsoft365,
    "google": Google,
    "iaas": Iaas,
    "salesforce": Salesforce,
    "aos": Aos,
    "opus": Opus,
}
SERVICES = ("identity", "pc", "d365_v1", "d365_graph", "tenants", *PRODUCTS, "elements", "customers")
SERVICES += ("apply_baselines", "create_baseline", "baselines", "baseline_report", "m365_restore")
KNOWN = {
    "clients",
    "token_lifetime",
    "told_lifetime",
    "tenants",
    "pc",
    "d365",
    "tenants_api",
    "baselines",
    "baselines_api",
    "m365_restore",
    *PRODUCTS,
    "customers",
    "customers_api",
    "elements",
    "paging",
    "latency",
    "clock_step",
    "rate_limit",
    "faults",
    "date_offset",
    "date_header",
}


class RateLimit:
    """Allows at most `requests` API requests in any window of `per_seconds` seconds."""

    def __init__(self, clock: Clock, requests: int, per_seconds: float, retry_after: Any = 1) -> None:
        self._clock, self._requests, self._seconds, self._retry_after = clock, requests, per_seconds, retry_after
        self._taken: deque[float] = deque()

    def take(self) -> None:
        now = self._clock.now()
        while self._taken and self._taken[0] <= now - self._seconds:
            self._taken.popleft()
        if len(self._taken) >= self._requests:
            headers = {name.replace("-", "_"): value for name, value in retry_after(self._retry_after).items()}
            raise Refusal(429, "Too many requests.", code="tooManyRequests", **headers)
        self._taken.append(now)


class World:
    """The objects of one state. A new state gets a new World.

    Raises ValueError, TypeError or KeyError if the state is invalid.
    """

    def __init__(self, state: dict[str, Any]) -> None:
        _known("the state", state, KNOWN)
        self.state = state
        if not isinstance(state.get("clock_step"), (int, float, type(None))):
            raise ValueError("clock_step must be a number of seconds")
        self.clock = clock = Clock(state.get("date_offset", 0), state.get("clock_step"))
        self.date_header = state.get("date_header", {})
        if isinstance(self.date_header, dict):
            _known("date_header", self.date_header, set(SERVICES))
        clients = [Client(**client) for client in state.get("clients", [])]
        self.identity = Identity(
            clock,
            {client.client_id: client for client in clients},
            state.get("token_lifetime", 3600),
            state.get("told_lifetime"),
        )
        center = dict(state.get("pc", {}))
        self.process_center = ProcessCenter(clock, self._paging(center), **center)
        tenants = []
        for given in state.get("tenants", []):
            tenant = Tenant(**{name: value for name, value in given.items() if name not in ("jobs", "generate")})
            tenants.append(tenant)
            self.process_center.add(tenant.customer_id, tenant.tenant_id, given)
        listing = dict(state.get("tenants_api", {}))
        self.tenants = Tenants(clock, self._paging(listing), tenants, **listing)
        dynamics = dict(state.get("d365", {}))
        self.dynamics365 = Dynamics365(clock, self._paging(dynamics), **dynamics)
        self.products: dict[str, Any] = {}
        for name, product in PRODUCTS.items():
            section = dict(state.get(name, {}))
            self.products[name] = product(clock, self._paging(section), **section)
        customers = [Customer(**given) for given in state.get("customers", [])]
        section = dict(state.get("elements", {}))
        self.elements = Elements(clock, self._paging(section), **section)
        for customer in customers:
            self.elements.add(customer)
        listing = dict(state.get("customers_api", {}))
        self.customers = Customers(self._paging(listing), customers, **listing)
        self.started: list[dict[str, Any]] = []
        section = {"baselines": state.get("baselines", []), **state.get("baselines_api", {})}
        self.baselines = Baselines(
            clock, self._paging(section), self.process_center, self.tenants, self.started, **section
        )
        self.restores = Restores(self.products["m365"], self.started, **state.get("m365_restore", {}))
        self.latency = state.get("latency", 0)
        if isinstance(self.latency, dict):
            _known("latency", self.latency, set(SERVICES))
        for service in SERVICES:
            self.delay(service)  # a latency that is no number is refused with the state
        limit = state.get("rate_limit")
        self.rate_limit = RateLimit(clock, **limit) if limit else None
        self.faults = [Fault(**fault) for fault in state.get("faults", [])]

    def _paging(self, section: dict[str, Any]) -> Paging:
        """The paging options of a section, which override the common ones. Removes them from `section`."""
        return Paging(**{**self.state.get("paging", {}), **section.pop("paging", {})})

    def date(self, service: str) -> str | None:
        """The Date header of an answer of this service; None if it has none."""
        found = self.date_header.get(service, 0) if isinstance(self.date_header, dict) else self.date_header
        if found is False or isinstance(found, str):
            return found or None
        return self.header_date(found)

    def header_date(self, seconds: float) -> str:
        """The date in `seconds` seconds by the simulator's clock, in the format of HTTP headers."""
        return format_datetime(self.clock.date() + timedelta(seconds=seconds), usegmt=True)

    def delay(self, service: str) -> float:
        return float(self.latency.get(service, 0) if isinstance(self.latency, dict) else self.latency)


def _known(where: str, given: dict[str, Any], known: set[str]) -> None:
    unknown = given.keys() - known
    if unknown:
        raise ValueError(f"{where} has no {', '.join(sorted(unknown))}")
