# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts and controls the simulator from a test, with the standard library only.

    with Simulator(state) as simulator:
        ...  # simulator.url, simulator.identity_url, simulator.ca_path
        simulator.faults({"kind": "status", "status": 503, "match": {"service": "pc"}})
        assert simulator.log()["counts"]["logins"] == 1

This file imports nothing from its package, so it can also be loaded by its path.
"""

from __future__ import annotations

import http.client
import json
import secrets
import ssl
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

FOLDER = Path(__file__).resolve().parent
PC_SCOPE = "elements.bm.tenant.read.all"
D365_SCOPE = "Dynamics.ReadWrite.All"
M365_SCOPE = "microsoft365backup.jobInfo.read.all"
GOOGLE_SCOPE = "gsuite.graph.read.all"
IAAS_SCOPE = "PlatformBackup.ReadWrite.All"
SALESFORCE_SCOPE = "salesforce.public.read.all"
AOS_SCOPE = "autodiscovery.readwrite.all"
OPUS_SCOPE = "records.readwrite.all"
ELEMENTS_SCOPE = "elements.jobs.read.all"
CUSTOMERS_SCOPE = "elements.customers.read.all"
APPLY_SCOPE = "elements.bm.tenant.readwrite.all"
BASELINES_SCOPE = "elements.bm.baseline.read.all"
BASELINES_WRITE_SCOPE = "elements.bm.baseline.readwrite.all"
RESTORE_SCOPE = "microsoft365backup.restore.readwrite.all"
# The scopes that are needed to read the jobs of each product.
SCOPES = {
    "pc": (PC_SCOPE,),
    "d365": (D365_SCOPE,),
    "m365": (M365_SCOPE,),
    "google": (GOOGLE_SCOPE,),
    "iaas": (IAAS_SCOPE,),
    "salesforce": (SALESFORCE_SCOPE,),
    "aos": (AOS_SCOPE,),
    "opus": (OPUS_SCOPE,),
    "elements": (ELEMENTS_SCOPE, CUSTOMERS_SCOPE),
}
START_TIMEOUT = 30


class ControlError(Exception):
    """The simulator did not start, or its control API refused a request."""


def exchange(url: str, method: str, name: str, content: bytes | None = None) -> tuple[int, Any]:
    """Sends a request to the control API of the simulator at `url`; returns the status and the JSON of its answer."""
    where = urlsplit(url)
    connection: http.client.HTTPConnection
    if where.scheme == "https":
        # Not verified, because the server's certificate may be wrong on purpose. The connection is to loopback only.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection(str(where.hostname), where.port, timeout=60, context=context)
    else:
        connection = http.client.HTTPConnection(str(where.hostname), where.port, timeout=60)
    try:
        connection.request(method, f"/simulator/{name}", content, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def a_client(*scopes: str, certificate: str | None = None) -> dict[str, Any]:
    """A client for a state, with a random id and a random secret; with `certificate` (PEM text) instead of the secret."""
    client: dict[str, Any] = {"client_id": str(uuid.uuid4()), "scopes": list(scopes) or [PC_SCOPE]}
    if certificate is None:
        client["client_secret"] = secrets.token_urlsafe(30)
    else:
        client["certificate"] = certificate
    return client


def a_tenant(**properties: Any) -> dict[str, Any]:
    """A tenant for a state, with random ids."""
    return {"customer_id": str(uuid.uuid4()), "tenant_id": str(uuid.uuid4()), **properties}


def a_customer(**properties: Any) -> dict[str, Any]:
    """A customer of a partner for a state, with a random id."""
    return {"customer_id": str(uuid.uuid4()), **properties}


def make_certificate(folder: Path | str, password: str, *options: str, python: str = sys.executable) -> dict[str, str]:
    """Creates a client certificate in all formats; returns the paths by format (certificate, pem, pfx, ...)."""
    command = [python, str(FOLDER), "certificate", str(folder), "--password", password, *options]
    found: dict[str, str] = json.loads(subprocess.run(command, check=True, capture_output=True, timeout=60).stdout)
    return found


class Process:
    """A server of this package in a process of its own, which also ends when the current process ends."""

    def __init__(self, *arguments: str, python: str = sys.executable, stop_after: float = 900) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="simulator-")
        self._command = [python, str(FOLDER), *arguments, "--stop-with-stdin", "--stop-after", str(stop_after)]
        self._process: subprocess.Popen[bytes] | None = None
        self.ready: dict[str, Any] = {}

    def __enter__(self) -> Any:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def start(self) -> None:
        ready, errors = Path(self._folder.name, "ready.json"), Path(self._folder.name, "errors")
        with errors.open("wb") as stderr:
            self._process = subprocess.Popen(
                [*self._command, "--ready-file", str(ready)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
            )
        end = time.monotonic() + START_TIMEOUT
        while not ready.exists():
            if self._process.poll() is not None or time.monotonic() > end:
                self.stop()
                raise ControlError(f"the simulator did not start: {self.errors()}")
            time.sleep(0.01)
        self.ready = json.loads(ready.read_text("utf-8"))

    def errors(self) -> str:
        """The text that the process wrote to standard error."""
        path = Path(self._folder.name, "errors")
        return path.read_text("utf-8", "replace") if path.exists() else ""

    def stop(self) -> None:
        if self._process is None:
            return
        process, self._process = self._process, None
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        assert process.stdin is not None
        process.stdin.close()

    @property
    def url(self) -> str:
        return str(self.ready["url"])

    @property
    def port(self) -> int:
        return int(self.ready["port"])

    def control(self, method: str, name: str, body: Any = None) -> Any:
        """Sends a request to the control API and returns the JSON of its answer.

        Raises ControlError if it is refused.
        """
        status, found = exchange(self.url, method, name, None if body is None else json.dumps(body).encode())
        if status != 200:
            raise ControlError(found.get("message", status))
        return found

    def log(self) -> dict[str, Any]:
        found: dict[str, Any] = self.control("GET", "log")
        return found

    def requests(self, service: str | None = None) -> list[dict[str, Any]]:
        """The logged requests, of one service or of all."""
        return [entry for entry in self.log()["requests"] if service in (None, entry.get("service"))]

    def clear_log(self) -> None:
        self.control("DELETE", "log")


class Simulator(Process):
    """The simulated cloud.

    `tls` is a folder for its certificates; with it, the server uses https. `replay` is the folder of a recording to answer from.
    """

    def __init__(
        self,
        state: dict[str, Any] | None = None,
        *,
        tls: Path | str | None = None,
        tls_fault: str | None = None,
        example: bool = False,
        replay: Path | str | None = None,
        **options: Any,
    ) -> None:
        arguments = ["--example"] if example else []
        arguments += ["--replay", str(replay)] if replay else []
        arguments += ["--tls", str(tls)] if tls else []
        arguments += ["--tls-fault", tls_fault] if tls_fault else []
        super().__init__(*arguments, **options)
        self._state = state

    def start(self) -> None:
        super().start()
        if self._state is not None:
            self.put_state(self._state)

    @property
    def identity_url(self) -> str:
        return str(self.ready["identity_url"])

    @property
    def ca_path(self) -> str | None:
        found: str | None = self.ready["ca_path"]
        return found

    @property
    def example(self) -> dict[str, Any]:
        """The generated state of --example."""
        return dict(self.ready["example"])

    def put_state(self, state: dict[str, Any]) -> None:
        """Replaces the whole state. The clock and the log start again, and tokens that were issued become invalid."""
        self.control("PUT", "state", state)

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = self.control("GET", "state")
        return found

    def faults(self, *faults: dict[str, Any]) -> None:
        """Adds faults; `clear_faults` removes all."""
        self.control("POST", "faults", list(faults))

    def clear_faults(self) -> None:
        self.control("DELETE", "faults")

    def started(self) -> list[dict[str, Any]]:
        """The things that were started, in order, each with its service and id, and the tenant or location."""
        found: list[dict[str, Any]] = self.control("GET", "started")
        return found

    def advance(self, seconds: float) -> None:
        """Moves the simulator's clock forward."""
        self.control("POST", "clock", {"advance": seconds})


class Proxy(Process):
    """A forward proxy to loopback; `credentials` is name:password. Its log has the requests that went through it."""

    def __init__(self, credentials: str | None = None, **options: Any) -> None:
        super().__init__("proxy", *(["--credentials", credentials] if credentials else []), **options)
