# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks what works with the credentials, product by product: settings, connection, login, permission, contract."""

from __future__ import annotations

import contextlib
import typing as t
from concurrent.futures import ThreadPoolExecutor

from ansible_collections.avepoint.cloud.plugins.module_utils import _connection
from ansible_collections.avepoint.cloud.plugins.module_utils._answers import Api
from ansible_collections.avepoint.cloud.plugins.module_utils._checks import check_connection, check_job_options
from ansible_collections.avepoint.cloud.plugins.module_utils._client import Client
from ansible_collections.avepoint.cloud.plugins.module_utils._connect import connect
from ansible_collections.avepoint.cloud.plugins.module_utils._credential import credential_of
from ansible_collections.avepoint.cloud.plugins.module_utils._errors import (
    AuthenticationFailed,
    AvePointError,
    ConnectionFailed,
    InvalidInput,
    InvalidResponse,
    MissingOption,
    RequestTimeout,
)
from ansible_collections.avepoint.cloud.plugins.module_utils._failure import failure
from ansible_collections.avepoint.cloud.plugins.module_utils._http import Answer
from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import CLOCK_SKEW
from ansible_collections.avepoint.cloud.plugins.module_utils._login import GivenToken
from ansible_collections.avepoint.cloud.plugins.module_utils._options import CONNECTION, argument_spec
from ansible_collections.avepoint.cloud.plugins.module_utils._product import Endpoint
from ansible_collections.avepoint.cloud.plugins.module_utils._secrets import Secrets, secrets_in
from ansible_collections.avepoint.cloud.plugins.module_utils._sender import Request, Timing
from ansible_collections.avepoint.cloud.plugins.module_utils._service import Service, name_contract
from ansible_collections.avepoint.cloud.plugins.module_utils._services import SERVICES
from ansible_collections.avepoint.cloud.plugins.module_utils._text import mask
from ansible_collections.avepoint.cloud.plugins.module_utils._time_headers import clock_skew
from ansible_collections.avepoint.cloud.plugins.module_utils._token_endpoint import Credential

# The user wants to learn of a fault soon, even if it would pass.
RETRIES = 1

# The number of parallel requests.
CONCURRENCY = 4

#: The options of the module that checks access, as an argument spec.
OPTIONS: dict[str, dict] = {
    **CONNECTION,
    "max_retries": {**CONNECTION["max_retries"], "default": RETRIES},
    "products": {"type": "list", "elements": "str", "choices": list(SERVICES)},
    **{name: service.options[name] for service in SERVICES.values() for name in service.probe_options},
}

_T = t.TypeVar("_T")


class _Reached(AvePointError):
    """The host has answered, whatever the answer is."""


class _Reach(Request):
    """A request to see whether a host answers at all. ``skew`` is then the clock skew, as :class:`Sender` has it."""

    def __init__(self, url: str, now: t.Callable[[], float]):
        super().__init__("GET", url)
        self._now = now
        self._sent_at = 0.0
        self.skew: float | None = None

    def content(self) -> dict:
        self._sent_at = self._now()
        return {}

    def refusal(self, answer: Answer) -> AvePointError:
        self.skew = clock_skew(answer, self._sent_at, self._now())
        return _Reached("", answer.status)


class _Outcome(t.NamedTuple):
    """The outcome of a step, which several products may share: its error, its duration and the clock skew in seconds."""

    error: AvePointError | None
    seconds: float
    skew: float | None = None


class _Check:
    """The state of the check of one product."""

    client: Client
    params: dict
    hosts: tuple[str, ...] = ()

    def __init__(self, service_class: type[Service]):
        self.service_class = service_class
        self.step: str | None = None
        self.errors: list[AvePointError] = []
        self.seconds = 0.0
        self.warnings: list[str] = []

    @property
    def skipped(self) -> bool:
        """Whether the check was not possible, because an option is missing."""
        return self.needed is not None

    @property
    def needed(self) -> str | None:
        """The name of that option, or of several."""
        return next((error.needed for error in self.errors if isinstance(error, MissingOption)), None)

    @property
    def scopes(self) -> tuple[str, ...]:
        """The scopes that its login requests."""
        return tuple(self.params["scopes"] or self.service_class.scopes)

    def fail(self, step: str, *errors: AvePointError) -> None:
        """Ends the check at ``step``."""
        self.step = step
        self.errors += errors

    def facts(self, login: str | None, secrets: Secrets) -> dict:
        """The check as the module returns it; ``login`` is the kind of its credential."""
        api = self.service_class.api
        failures = [failure(error, secrets) for error in self.errors]
        messages = " ".join(dict.fromkeys(each["msg"] for each in failures))
        success = f"{api.name} answers as documented, with the login by {login}."
        ready = hasattr(self, "client")
        return {
            "product": self.service_class.name,
            "ok": not failures,
            "skipped": self.skipped,
            "step": None if self.skipped else self.step,
            "msg": f"It needs {self.needed}." if self.skipped else messages or success,
            "error": failures[0]["error"] if failures else None,
            "seconds": round(self.seconds, 3),
            "title": api.name,
            "login": login,
            "permission": api.permission,
            "scopes": mask(self.client.login.granted, secrets) if ready else None,
            "registration": api.registration,
            "hosts": list(dict.fromkeys(Request("GET", url).host for url in self.hosts)),
            "proxy": mask(self.client.sender.proxy_host(self.hosts[-1]), secrets) if ready else None,
            "warnings": mask(self.warnings, secrets),
        }


def check_access(params: dict, timing: Timing = Timing()) -> dict:  # noqa: B008 - a tuple that nobody can change
    """The module's result; it never fails.

    ``params`` are its options (:data:`OPTIONS`) as Ansible's own check leaves them. Products are checked in parallel. A host or a
    login that several products share is tried once for all of them.
    """
    began = timing.clock()
    secrets = Secrets(secrets_in(params))
    checks = [_Check(SERVICES[name]) for name in dict.fromkeys(params["products"] or SERVICES)]
    credential: Credential | GivenToken | None = None
    try:
        params = check_connection(params, Endpoint)
        secrets.add(*secrets_in(params))
        credential = credential_of(params, timing.now)
    except AvePointError as error:
        for check in checks:
            check.fail("settings", error)
    else:
        for check in checks:
            _prepare(check, params, credential, secrets, timing)
    skews = _try_all(checks, credential, secrets, timing)
    skew = max(skews, key=abs, default=None)
    asked = [check for check in checks if not check.skipped]
    result = {
        "changed": False,
        "ok": bool(asked) and not any(check.errors for check in asked),
        "checks": [check.facts(credential.kind if credential else None, secrets) for check in checks],
        "clock_skew": None if skew is None else round(skew, 3),
        "certificate": credential.certificate if credential else None,
        "duration": round(timing.clock() - began, 3),
    }
    senders = [check.client.sender for check in checks if hasattr(check, "client")]
    warnings = [
        *_clock_warnings(skew),
        *(text for sender in senders for text in sender.warnings),
        *(text for check in checks for text in check.warnings),
    ]
    if warnings:
        result["warnings"] = mask(list(dict.fromkeys(warnings)), secrets)
    return result


def _prepare(
    check: _Check, params: dict, credential: Credential | GivenToken, secrets: Secrets, timing: Timing
) -> None:
    """Step ``settings``: checks the options, and creates the client, before anything is sent."""
    service_class = check.service_class
    given = {
        **{name: option.get("default") for name, option in argument_spec(service_class).items()},
        **{name: params[name] for name in CONNECTION},
        **{name: params[name] for name in service_class.probe_options},
        **service_class.probe_params(),
    }
    try:
        check.params = check_job_options(given, service_class, timing.now())
        check.client = connect(check.params, service_class, secrets, timing, credential=credential)
    except AvePointError as error:
        check.fail("settings", error)
        return
    identity = () if isinstance(credential, GivenToken) else (_connection.identity_url(check.params),)
    check.hosts = (*identity, _connection.graph_url(check.params, service_class))


def _try_all(
    checks: list[_Check], credential: Credential | GivenToken | None, secrets: Secrets, timing: Timing
) -> list[float]:
    """The other steps, one after the other, each for all products in parallel. Returns the clock skews of the servers in seconds."""
    skews: list[float | None] = []

    def remaining() -> list[_Check]:
        return [check for check in checks if not check.errors]

    def timed(work: t.Callable[[], t.Any]) -> _Outcome:
        start = timing.clock()
        error = None
        try:
            work()
        except AvePointError as caught:
            error = caught
        return _Outcome(error, timing.clock() - start)

    def reach(url: str) -> _Outcome:
        request = _Reach(url, timing.now)
        client = next(check.client for check in checks if url in check.hosts)
        outcome = timed(lambda: client.sender.send(request))
        if not isinstance(outcome.error, (ConnectionFailed, RequestTimeout)):
            outcome = outcome._replace(error=None)
        return outcome._replace(skew=client.skew if request.skew is None else request.skew)

    def probe(check: _Check) -> _Outcome:
        service = check.service_class(check.params, check.client, timing.now)
        outcome = timed(service.probe)
        if outcome.error is not None:
            name_contract(service.api, outcome.error)
        check.warnings += service.undocumented()
        return outcome._replace(skew=check.client.skew)

    clients = [check.client for check in remaining()]
    with _side_by_side(clients) as each:
        urls = list(dict.fromkeys(url for check in remaining() for url in check.hosts))
        reached = dict(zip(urls, each(reach, urls)))
        skews += [outcome.skew for outcome in reached.values()]
        for check in remaining():
            outcomes = [reached[url] for url in check.hosts]
            check.seconds += max(outcome.seconds for outcome in outcomes)
            faults = [outcome.error for outcome in outcomes if outcome.error]
            if faults:
                check.fail("connect", *faults)
        groups: dict[tuple[str, ...], list[_Check]] = {}
        for check in remaining():
            groups.setdefault(check.scopes, []).append(check)
        logins = [
            group[0].client
            if len(group) == 1
            else connect(group[0].params, _together(scopes, group), secrets, timing, credential=credential)
            for scopes, group in groups.items()
        ]
        clients += logins
        for client, group, outcome in zip(logins, groups.values(), each(timed, [client.log_in for client in logins])):
            skews.append(client.skew)
            for check in group:
                check.client.login = client.login
                check.seconds += outcome.seconds
                check.warnings += client.login.warnings()
                if outcome.error is not None:
                    check.fail(_step_of(outcome.error, "login"), outcome.error)
        asked = remaining()
        for check, outcome in zip(asked, each(probe, asked)):
            check.seconds += outcome.seconds
            skews.append(outcome.skew)
            if outcome.error is not None:
                check.fail(_step_of(outcome.error, "permission"), outcome.error)
    return [skew for skew in skews if skew is not None]


def _step_of(error: AvePointError, step: str) -> str:
    """The step that failed with an error that was seen in ``step``: it may be an earlier one."""
    if isinstance(error, (ConnectionFailed, RequestTimeout)):
        return "connect"
    if step == "login" or isinstance(error, AuthenticationFailed):
        return "login"
    # The request is as documented, so a server that refuses it as invalid breaks its contract.
    return "contract" if isinstance(error, (InvalidResponse, InvalidInput)) else step


def _together(scopes: tuple[str, ...], group: list[_Check]) -> type[Endpoint]:
    """The endpoint for one login that several products share: its API names all of them in messages."""
    apis = [check.service_class.api for check in group]

    def joined(texts: t.Iterable[str], word: str) -> str:
        return f" {word} ".join(dict.fromkeys(texts))

    class Together(Endpoint):
        api = Api(
            joined((api.name for api in apis), "and"),
            ", ".join(scopes),
            joined((api.registration for api in apis), "or"),
            apis[0].not_found,
        )
        single_endpoint = True

    return Together


def _clock_warnings(skew: float | None) -> list[str]:
    if skew is None or abs(skew) <= CLOCK_SKEW.total_seconds():
        return []
    return [
        f"The clock of this machine is {round(abs(skew) / 60)} minutes {'behind' if skew > 0 else 'ahead of'} that of the servers: "
        "set it, best by NTP; a login by certificate is refused where clocks differ."
    ]


@contextlib.contextmanager
def _side_by_side(clients: list[Client]) -> t.Iterator[t.Callable[[t.Callable[..., _T], t.Sequence], list[_T]]]:
    """A context with a function ``(work, things)`` that calls ``work`` for all things in parallel, and returns the results in order.

    If an exception ends the context, the calls of ``clients`` are ended, too.
    """
    pool = ThreadPoolExecutor(CONCURRENCY, thread_name_prefix="avepoint")
    try:
        yield lambda work, things: list(pool.map(work, things))
    except BaseException:
        with contextlib.ExitStack() as stack:
            for client in clients:
                stack.enter_context(client.interrupted())
            pool.shutdown(cancel_futures=True)
        raise
    pool.shutdown()
