# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Helpers for the tests of module_utils: time that passes without waiting, a scripted transport, a simulated cloud."""

from __future__ import annotations

import json
import threading
import time
import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from requests.structures import CaseInsensitiveDict

from ansible_collections.avepoint.cloud.plugins.module_utils._answers import Api
from ansible_collections.avepoint.cloud.plugins.module_utils._client import Client
from ansible_collections.avepoint.cloud.plugins.module_utils._errors import AvePointError
from ansible_collections.avepoint.cloud.plugins.module_utils._http import Answer
from ansible_collections.avepoint.cloud.plugins.module_utils._login import GivenToken
from ansible_collections.avepoint.cloud.plugins.module_utils._options import argument_spec
from ansible_collections.avepoint.cloud.plugins.module_utils._run import run
from ansible_collections.avepoint.cloud.plugins.module_utils._run_baselines import baselines_spec, run_baselines_info
from ansible_collections.avepoint.cloud.plugins.module_utils._run_start import run_start, start_spec
from ansible_collections.avepoint.cloud.plugins.module_utils._schema import Schema
from ansible_collections.avepoint.cloud.plugins.module_utils._secrets import Secrets
from ansible_collections.avepoint.cloud.plugins.module_utils._sender import Sender, Timing
from ansible_collections.avepoint.cloud.plugins.module_utils._service import Service
from ansible_collections.avepoint.cloud.plugins.module_utils._services import SERVICES
from ansible_collections.avepoint.cloud.plugins.module_utils._start import Starter
from ansible_collections.avepoint.cloud.tests.simulator.client import (
    APPLY_SCOPE,
    BASELINES_SCOPE,
    BASELINES_WRITE_SCOPE,
    M365_SCOPE,
    PC_SCOPE,
    RESTORE_SCOPE,
    SCOPES,
    Simulator,
    a_client,
    a_tenant,
)

GRAPH_URL = "https://graph.example.test"
IDENTITY_URL = "https://identity.example.test/connect/token"
API = Api("The API", "jobs.read.all", "the portal", "look elsewhere")
ANYTHING = Schema({})
# The scopes of an app that may start everything.
START_SCOPES = (APPLY_SCOPE, PC_SCOPE, BASELINES_SCOPE, BASELINES_WRITE_SCOPE, RESTORE_SCOPE, M365_SCOPE)


class Time:
    """A clock that follows the machine's clock. A pause does not wait: it moves the clock forward and is recorded in ``pauses``.

    With ``frozen``, only pauses and :meth:`advance` move the clock. ``passed(seconds)`` is called at the end of each pause.
    """

    def __init__(self, frozen: bool = False, passed: t.Callable[[float], t.Any] | None = None):
        self._frozen = frozen
        self._skipped = 0.0
        self._lock = threading.Lock()
        self.passed = passed
        self.pauses: list[float] = []

    def clock(self) -> float:
        return self._skipped + (1000.0 if self._frozen else time.monotonic())

    def now(self) -> float:
        return self._skipped + (1_790_000_000.0 if self._frozen else time.time())

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0, "nobody can sleep for less than nothing"
        with self._lock:
            self.pauses.append(seconds)
            self._skipped += seconds
        if self.passed is not None:
            self.passed(seconds)

    def timing(self, uniform: t.Callable[[float, float], float] | None = None) -> Timing:
        """The clock as the collection takes it, by default with the longest jitter."""
        return Timing(self.clock, self.now, self.sleep, uniform or most)

    def advance(self, seconds: float) -> None:
        """Moves the clock forward without a pause, as a request would."""
        self._skipped += seconds


def most(least: float, upper: float) -> float:
    """Jitter that is always the longest, so that a pause has its upper bound."""
    assert least == 0, "full jitter begins at nothing"
    return upper


def answer(document: t.Any = None, status: int = 200, **headers: str) -> Answer:
    """An HTTP answer with a JSON body, or with ``document`` as its body if that is bytes; ``Retry_After="1"`` adds a header."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return Answer(status, CaseInsensitiveDict({name.replace("_", "-"): value for name, value in headers.items()}), body)


class Script:
    """A transport that gives the answers of a script in order, and repeats the last one.

    An entry is an answer, an exception, or a callable that gets the request and returns one of them.
    """

    def __init__(self, *entries: t.Any):
        self._entries = list(entries)
        self.requests: list[dict] = []
        self.cuts = 0
        self.stopped = threading.Event()

    def exchange(self, method: str, url: str, seconds: float, **content: t.Any) -> Answer:
        request = {"method": method, "url": url, "seconds": seconds, **content}
        self.requests.append(request)
        entry = self._entries.pop(0) if len(self._entries) > 1 else self._entries[0]
        if callable(entry) and not isinstance(entry, Answer):
            entry = entry(request)
        if isinstance(entry, AvePointError):
            error = type(entry)(str(entry), entry.http_status, entry.request_id, entry.transient)
            error.unsent = entry.unsent
            raise error
        return entry

    def cut(self) -> None:
        self.cuts += 1

    def tokens(self) -> list[str]:
        """The bearer tokens of the API requests, in order."""
        return [request["bearer"] for request in self.requests if "bearer" in request]


def scripted(
    *entries: t.Any,
    moment: Time | None = None,
    login: t.Callable[[Sender, Secrets], t.Any] | None = None,
    uniform: t.Callable[[float, float], float] = most,
    **options: t.Any,
) -> tuple[Client, Script, Time]:
    """A client with a scripted transport, by default on frozen time and with the longest jitter.

    ``login`` creates the client's login; without it, the client has a fixed token. Returns the client, the script and the time.
    """
    moment = moment or Time(frozen=True)
    script = Script(*entries)
    secrets = Secrets()
    sender = Sender(t.cast(t.Any, script), timing=moment.timing(uniform), **options)
    client = Client(sender, GRAPH_URL, login(sender, secrets) if login else GivenToken("given"), API, secrets)
    return client, script, moment


def given(token: str) -> t.Callable[[Sender, Secrets], GivenToken]:
    """A ``login`` for :func:`scripted` with a fixed token."""
    return lambda sender, secrets: GivenToken(token)


def params(service: type[Service], /, **options: t.Any) -> dict:
    """The parameters of a product's module, after Ansible's check of the arguments."""
    return checked(argument_spec(service), options)


def checked(spec: dict[str, dict], options: dict) -> dict:
    """The options with types and defaults by an argument spec; they must be valid."""
    result = ArgumentSpecValidator(spec).validate(options)
    assert not result.error_messages, result.error_messages
    return result.validated_parameters


class Cloud:
    """A simulator with a client for each product, and methods that run the modules against it."""

    def __init__(self, simulator: Simulator):
        self.simulator = simulator
        self.clients = {product: a_client(*scopes) for product, scopes in SCOPES.items()}
        self.clients["starts"] = a_client(*START_SCOPES)
        self.tenant: dict[str, t.Any] = {}
        self.time = Time()
        self.set()

    @property
    def pc_client(self) -> dict:
        return self.clients["pc"]

    @property
    def d365_client(self) -> dict:
        return self.clients["d365"]

    def set(self, *jobs: dict, tenant: dict | None = None, **state: t.Any) -> None:
        """Sets a new state with one tenant that has these jobs, and starts a new clock."""
        self.tenant = a_tenant(jobs=list(jobs), **(tenant or {}))
        self.time = Time()
        self.simulator.put_state({"clients": list(self.clients.values()), "tenants": [self.tenant], **state})

    def together(self) -> None:
        """From now on, pauses of the client also move the simulator's clock."""
        self.time.passed = self.simulator.advance

    @property
    def ids(self) -> dict:
        return {"customer_id": self.tenant["customer_id"], "tenant_id": self.tenant["tenant_id"]}

    def pc(self, **options: t.Any) -> dict:
        """The result of avepoint_pc_jobs_info."""
        where = {} if "tenants" in options else self.ids
        return self.run("pc", **{**where, **options})

    def d365(self, **options: t.Any) -> dict:
        """The result of avepoint_d365_jobs_info."""
        return self.run("d365", **options)

    def run(self, product: str, /, **options: t.Any) -> dict:
        """The result of the jobs module of a product. ``uniform`` sets the jitter, ``report`` gets the progress."""
        service = SERVICES[product]
        timing = self.time.timing(options.pop("uniform", None))
        arguments = {name: options.pop(name) for name in ("report",) if name in options}
        return run(service, self._params(argument_spec(service), product, options), timing=timing, **arguments)

    def start(self, starter: type[Starter], /, check_mode: bool = False, **options: t.Any) -> dict:
        """The result of a module that starts something. ``uniform`` and ``report`` are as in :meth:`run`."""
        timing = self.time.timing(options.pop("uniform", None))
        arguments = {name: options.pop(name) for name in ("report",) if name in options}
        given = self._params(start_spec(starter), "starts", options)
        return run_start(starter, given, check_mode, timing=timing, **arguments)

    def baselines(self, **options: t.Any) -> dict:
        """The result of avepoint_pc_baselines_info."""
        return run_baselines_info(self._params(baselines_spec(), "starts", options), self.time.timing())

    def _params(self, spec: dict[str, dict], client: str, options: dict) -> dict:
        if not {"access_token", "client_certificate", "client_secret"} & options.keys():
            options = {**options, "client_secret": self.clients[client]["client_secret"]}
        where = {"graph_url": self.simulator.url, "identity_url": self.simulator.identity_url}
        given = {"client_id": self.clients[client]["client_id"], **where, **options}
        return checked(spec, {name: value for name, value in given.items() if value is not None})

    def counts(self) -> dict[str, int]:
        return self.simulator.log()["counts"]

    def pages(self, service: str = "pc") -> list[int | None]:
        """The page numbers that were requested, in order."""
        return [request["page"] for request in self.simulator.requests(service)]


def job_ids(result: dict) -> list[str]:
    return [job["job_id"] for job in result["jobs"]]


def failed(result: dict, code: str, *words: str) -> str:
    """Asserts that a result failed with this code and with these words in its message, and returns the message."""
    assert result.get("failed"), f"did not fail: {result}"
    assert result["error"]["code"] == code, result["msg"]
    for word in words:
        assert word in result["msg"], f"no {word!r} in {result['msg']!r}"
    assert "Traceback" not in result["msg"]
    assert "\n" not in result["msg"]
    return result["msg"]


def succeeded(result: dict) -> dict:
    """Asserts that a result did not fail, and returns it."""
    assert not result.get("failed"), result.get("msg")
    return result
