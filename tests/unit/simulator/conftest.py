# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A client of the simulator that uses only the standard library."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from ansible_collections.avepoint.cloud.tests.simulator.client import (
    D365_SCOPE,
    PC_SCOPE,
    SCOPES,
    Simulator,
    a_client,
    a_tenant,
)
from ansible_collections.avepoint.cloud.tests.unit.simulator.support import CALLS, POSTED, REQUIRED

ALWAYS = {"type": 0, "startTime": "2020-01-01T00:00:00Z", "endTime": "2040-01-01T00:00:00Z"}


class Reply:
    def __init__(self, answer: http.client.HTTPResponse, body: bytes) -> None:
        self.status = answer.status
        self.headers = answer.headers
        self.body = body

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Cloud:
    """A simulator with an OAuth client for each API, and methods that call the APIs."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self.pc, self.dynamics = a_client(PC_SCOPE), a_client(D365_SCOPE)
        self.products = {name: a_client(*scopes) for name, scopes in SCOPES.items() if name not in ("pc", "d365")}
        self.tenant: dict[str, Any] = {}
        self._tokens: dict[str, str] = {}
        self.set()

    def set(self, *jobs: dict[str, Any], tenant: dict[str, Any] | None = None, **state: Any) -> None:
        """Sets a new state with one tenant that has these jobs."""
        self.tenant = a_tenant(jobs=list(jobs), **(tenant or {}))
        state = {"clients": self.clients(), "tenants": [self.tenant], **state}
        self._tokens.clear()
        self.simulator.put_state(state)

    def clients(self) -> list[dict[str, Any]]:
        return [self.pc, self.dynamics, *self.products.values()]

    def send(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, timeout: float = 60
    ) -> Reply:
        """Sends a request on a new connection. A dict or list is sent as JSON."""
        headers = dict(headers or {})
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
            headers.setdefault("Content-Type", "application/json")
        where = urlsplit(self.simulator.url)
        connection = http.client.HTTPConnection(str(where.hostname), where.port, timeout=timeout)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return Reply(answer, answer.read())
        finally:
            connection.close()

    def login(self, **form: Any) -> Reply:
        """Sends a token request; a field with None is left out."""
        whole = {
            "grant_type": "client_credentials",
            "client_id": self.pc["client_id"],
            "client_secret": self.pc.get("client_secret"),
            "scope": PC_SCOPE,
            **form,
        }
        given = {name: value for name, value in whole.items() if value is not None}
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.send("POST", "/connect/token", urlencode(given), headers)

    def bearer(self, scope: str) -> dict[str, str]:
        if scope not in self._tokens:
            client = next(client for client in self.clients() if scope in client["scopes"])
            form = {"client_id": client["client_id"], "client_secret": client["client_secret"], "scope": scope}
            self._tokens[scope] = self.login(**form).json["access_token"]
        return {"Authorization": f"Bearer {self._tokens[scope]}"}

    def ask(self, product: str, body: Any = None, more: str = "", method: str | None = None, **query: Any) -> Reply:
        """Calls a product's API. `more` is added to the path; a parameter with None is left out."""
        given = {name: value for name, value in {**REQUIRED.get(product, {}), **query}.items() if value is not None}
        path = CALLS[product] + more + ("?" + urlencode(given) if given else "")
        scope = SCOPES["elements"][1] if product == "customers" else SCOPES[product][0]
        return self.send(method or ("POST" if product in POSTED else "GET"), path, body, self.bearer(scope))

    def give(self, product: str, *jobs: dict[str, Any], **options: Any) -> None:
        """Sets a state with these jobs of a product, with the ids J0, J1, ...; for elements, they are of customer C1."""
        named = [{"job_id": f"J{place}", **job} for place, job in enumerate(jobs)]
        if product == "elements":
            customer = {"customer_id": "C1", "jobs": named}
            self.set(customers=[{**customer, **options.pop("customer", {})}], elements=options)
        else:
            self.set(**{product: {"jobs": named, **options}})

    def pc_path(self, **query: Any) -> str:
        path = f"/partner/external/v3/bm/customers/{self.tenant['customer_id']}/tenants/{self.tenant['tenant_id']}"
        return f"{path}/process-center/jobs/batch" + ("?" + urlencode(query) if query else "")

    def pc_jobs(self, body: Any = None, timeout: float = 60, **query: Any) -> Reply:
        return self.send("POST", self.pc_path(**query), body, self.bearer(PC_SCOPE), timeout)

    def tenants(self, body: Any = None, **query: Any) -> Reply:
        path = "/partner/external/v3/bm/tenants/batch" + ("?" + urlencode(query) if query else "")
        return self.send("POST", path, body, self.bearer(PC_SCOPE))

    def v1(self, page: int = 1, size: int = 10, **body: Any) -> Reply:
        """Calls v1 with all its usual properties; a property with None is left out."""
        whole = {"pageInfo": {"currentPage": page, "pageSize": size}, **ALWAYS, **body}
        given = {name: value for name, value in whole.items() if value is not None}
        return self.send("POST", "/api/OpenApi/GetJobs", given, self.bearer(D365_SCOPE))

    def graph(self, **query: Any) -> Reply:
        times = {"startTime": ALWAYS["startTime"], "finishTime": ALWAYS["endTime"]}
        given = {name: value for name, value in {"type": 0, **times, **query}.items() if value is not None}
        return self.send("GET", "/dynamicsbackup/jobs?" + urlencode(given), None, self.bearer(D365_SCOPE))

    def pc_statuses(self) -> dict[str, int]:
        return {job["jobId"]: job["status"] for job in self.pc_jobs().json["data"]}


@pytest.fixture
def cloud(simulator: Simulator) -> Cloud:
    return Cloud(simulator)
