# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The API client: retries, one fresh token after a 401, answers read and checked, one deadline over all of it."""

from __future__ import annotations

import contextlib
import datetime
import email.utils
import random
import threading
import time
import typing as t
from urllib.parse import quote_plus, urlsplit

from ansible_collections.avepoint.cloud.plugins.module_utils._errors import (
    AuthenticationFailed,
    AvePointError,
    ConnectionFailed,
    InvalidInput,
    InvalidResponse,
    NotFound,
    PermissionDenied,
    RateLimited,
    RequestTimeout,
    ServerError,
    Stopped,
)
from ansible_collections.avepoint.cloud.plugins.module_utils._http import Answer, Transport
from ansible_collections.avepoint.cloud.plugins.module_utils._login import TOKEN, GivenToken, Login
from ansible_collections.avepoint.cloud.plugins.module_utils._schema import Schema
from ansible_collections.avepoint.cloud.plugins.module_utils._text import clean, mask, parse_json

FIRST_PAUSE = 1.0

RETRIED = frozenset((429, 500, 502, 503, 504))

# Statuses that say nothing of the request itself: a wait looks again, though they are not worth an immediate retry.
TRANSIENT = RETRIED | {408, 425, *range(506, 600)}

PROXY_LOGIN = "the proxy requires a login: put the right user and password into the URL of proxy"


class Deadline:
    """A moment on a monotonic clock; without ``seconds`` it never comes."""

    def __init__(self, seconds: float | None, clock: t.Callable[[], float]):
        self._clock = clock
        self._end = None if seconds is None else clock() + seconds

    def remaining(self) -> float:
        """Seconds that are left, negative when it is over; infinite without an end."""
        return float("inf") if self._end is None else self._end - self._clock()


class Api(t.NamedTuple):
    """What errors say of the API that is called."""

    name: str
    permission: str
    registration: str
    not_found: str


class Client:
    """Calls one API of one graph URL as one client.

    ``login`` is a :class:`GivenToken`, or a callable that makes a :class:`Login` out of this client's way to ask for
    tokens. ``sleep(seconds)`` pauses; by default it ends early when the client is interrupted. ``uniform(a, b)`` is the
    source of jitter. Safe to use from several threads; ``retries`` counts requests that were sent again. ``skew`` is by how
    many seconds the server's clock is ahead of this one at least, by the ``Date`` of its last answer; None while none had one.
    """

    def __init__(
        self,
        transport: Transport,
        graph_url: str,
        identity_url: str,
        login: GivenToken | t.Callable[[t.Callable], Login],
        api: Api,
        *,
        hidden: t.Collection[str] = (),
        request_timeout: float = 30,
        max_retries: int = 5,
        max_retry_delay: float = 60,
        clock: t.Callable[[], float] = time.monotonic,
        sleep: t.Callable[[float], t.Any] | None = None,
        uniform: t.Callable[[float, float], float] = random.uniform,
        now: t.Callable[[], float] = time.time,
    ):
        self._transport = transport
        self._graph_url = graph_url.rstrip("/")
        self._identity_url = identity_url
        self._login = login if isinstance(login, GivenToken) else login(self._ask_for_token)
        self._api = api
        self._hidden = frozenset(hidden)
        self._request_timeout = request_timeout
        self._max_retries = max_retries
        self._max_retry_delay = max_retry_delay
        self._clock = clock
        self._now = now
        self._uniform = uniform
        self._lock = threading.Lock()
        self._stopped = transport.stopped
        self.sleep = sleep or self._stopped.wait
        self._resume_at = 0.0
        self.deadline = Deadline(None, clock)
        self.retries = 0
        self.skew: float | None = None

    @property
    def secrets(self) -> set[str]:
        """Everything that must not be seen, those obtained at run time included, also in the form that a form has."""
        return {form for secret in (*self._hidden, *self._login.secrets) for form in (secret, quote_plus(secret))}

    @contextlib.contextmanager
    def interrupted(self) -> t.Iterator[None]:
        """While it lasts, requests and pauses that are under way in other threads end with :class:`Stopped`."""
        self._stopped.set()
        self._transport.cut()
        try:
            yield
        finally:
            self._stopped.clear()

    def call(self, method: str, path: str, schema: t.Any, query: dict | None = None, body: dict | None = None) -> t.Any:
        """The JSON document that the API answers, checked against ``schema`` (a :class:`Schema`).

        :raises AvePointError: the kind that says what is wrong.
        """
        content = {"params": query or {}, **({} if body is None else {"json": body})}
        token = self._login.token()
        try:
            answer = self._persist(method, self._graph_url + path, lambda: {**content, "bearer": token}, self._refusal)
        except AuthenticationFailed:
            if not self._login.renewable:
                raise
            self._login.refused(token)
            fresh = self._login.token()
            self._count_retry()
            answer = self._persist(method, self._graph_url + path, lambda: {**content, "bearer": fresh}, self._refusal)
        return self._document(answer, schema, self._api.name)

    def log_in(self) -> None:
        """Gets an access token where there is none yet.

        :raises AvePointError: the kind that says what is wrong.
        """
        self._login.token()

    def _ask_for_token(self, form: t.Callable[[], dict[str, str]]) -> dict:
        answer = self._persist("POST", self._identity_url, lambda: {"data": form()}, self._login_refusal)
        return self._document(answer, TOKEN, "the token endpoint")

    def _persist(
        self, method: str, url: str, content: t.Callable[[], dict], refusal: t.Callable[[Answer, str], AvePointError]
    ) -> Answer:
        """The answer with status 200; tried again after faults, at most ``max_retries`` times, until the deadline."""
        where = clean(urlsplit(url).netloc, 100)
        self._hold()
        for attempt in range(self._max_retries + 1):
            retry_after = None
            try:
                seconds, sent_at = self._time_for_one(), self._now()
                answer = self._transport.exchange(method, url, seconds, **content())
                if answer.status == 200:
                    self._compare_clocks(answer, sent_at)
                    return answer
                error = refusal(answer, where)
                if answer.status in RETRIED:
                    retry_after = self._retry_after(answer)
            except Stopped:
                raise
            except AvePointError as fault:
                fault.args = (f"no usable answer from {where}: {fault}",)
                error = fault
            pause = min(
                self._uniform(0, FIRST_PAUSE * 2**attempt) if retry_after is None else retry_after,
                self._max_retry_delay,
            )
            with self._lock:
                if retry_after is not None or isinstance(error, RateLimited):
                    # The limit is the client's, not the request's: requests side by side slow down together.
                    self._resume_at = max(self._resume_at, self._clock() + pause)
            again = error.transient and (error.http_status is None or error.http_status in RETRIED)
            if not again or attempt == self._max_retries or pause >= self.deadline.remaining():
                raise error
            self.sleep(pause)
            self._hold()
            self._count_retry()
        raise AssertionError("unreachable")

    def _hold(self) -> None:
        """Returns when the API wants to be asked again, at the latest at the deadline."""
        while not self._stopped.is_set():
            pause = min(self._resume_at - self._clock(), self.deadline.remaining())
            if pause <= 0:
                break
            self.sleep(pause)
        if self._stopped.is_set():
            raise Stopped("given up")

    def _time_for_one(self) -> float:
        remaining = self.deadline.remaining()
        if remaining <= 0:
            raise RequestTimeout("there was no time left for a request", transient=False)
        return min(self._request_timeout, remaining)

    def _count_retry(self) -> None:
        with self._lock:
            self.retries += 1

    def _compare_clocks(self, answer: Answer, sent_at: float) -> None:
        """Learns the skew. The answer is of some moment since it was asked for, and its ``Date`` is in whole seconds."""
        date = _date(answer.headers.get("Date", ""))
        if date is not None and "Age" not in answer.headers:  # which a cache adds to an answer of some time ago
            self.skew = max(date - self._now(), 0.0) or min(date + 1 - sent_at, 0.0)

    def _retry_after(self, answer: Answer) -> float | None:
        """Seconds that the server asks for (RFC 9110 section 10.2.3: a number or a date); None when it says nothing readable."""
        value = answer.headers.get("Retry-After", "").strip()
        if value.isascii() and value.isdecimal():
            return float(value)
        moment = _date(value)
        if moment is None:
            return None
        here = _date(answer.headers.get("Date", ""))  # by the clock that the moment is of
        return max(0.0, moment - (self._now() if here is None else here))

    def _document(self, answer: Answer, schema: Schema, name: str) -> t.Any:
        try:
            document = self._parse(answer)
            schema.check(document)
        except InvalidResponse as error:
            error.args = (
                f"{name} broke its contract: {error}; check that its URL and the proxy lead to the API, and report it to AvePoint if they do",
            )
            error.http_status, error.request_id = answer.status, self._request_id(answer, None)
            raise
        return document

    def _parse(self, answer: Answer) -> t.Any:
        document = parse_json(answer.body)
        secrets = self.secrets
        # A server that echoes what it was sent: escapes could hide it from the quick look.
        if b"\\" in answer.body or any(secret.encode() in answer.body for secret in secrets):
            document = mask(document, secrets)
        return document

    def _said(self, answer: Answer) -> tuple[dict, str, str | None]:
        """The body of an error answer (empty when it is no JSON object), the server's own words, its request id."""
        try:
            body = self._parse(answer)
        except InvalidResponse:
            body = {}
        if not isinstance(body, dict):
            body = {}
        first = (
            next((entry for entry in body.get("errors") or () if isinstance(entry, dict)), {})
            if isinstance(body.get("errors"), list)
            else {}
        )
        words = [
            body.get("message"),
            body.get("error_description"),
            first.get("field"),
            first.get("message"),
            body.get("detail"),
            body.get("title"),
        ]
        said = ": ".join(dict.fromkeys(clean(word, 200) for word in words if isinstance(word, str) and word.strip()))
        return body, f' (it said "{clean(said)}")' if said else "", self._request_id(answer, body)

    def _request_id(self, answer: Answer, body: dict | None) -> str | None:
        """What the vendor's support asks for."""
        candidates = [(body or {}).get("requestId"), (body or {}).get("traceId")]
        candidates += [answer.headers.get(name) for name in ("request-id", "x-request-id", "x-ms-request-id")]
        found = next((entry for entry in candidates if isinstance(entry, str) and entry.strip()), None)
        return None if found is None else clean(mask(found, self.secrets), 100)

    def _refusal(self, answer: Answer, where: str) -> AvePointError:
        """The error for an answer of the API that is not 200 (status codes: the vendor's "HTTP status code" section)."""
        status, api = answer.status, self._api
        _body, said, request_id = self._said(answer)
        kind: type[AvePointError]
        if status == 401:
            advice = "access_token has expired or is not meant for this API, so get a new one"
            if self._login.renewable:
                advice = (
                    "check that graph_url and identity_url are of one cloud_environment and that scopes fit this module"
                )
            kind, text = AuthenticationFailed, f"{api.name} refused the access token{said}: {advice}"
        elif status == 403:
            kind, text = (
                PermissionDenied,
                (
                    f"{api.name} denied access{said}: give the app the permission {api.permission} in {api.registration}, with consent"
                ),
            )
        elif status in (404, 405, 410):
            kind, text = NotFound, f"{api.name} at {where} does not know what was asked for{said}: {api.not_found}"
        elif status == 429:
            kind, text = (
                RateLimited,
                f"{api.name} refused further requests for now{said}: its rate limit is reached, so ask less often or with a lower max_concurrency",
            )
        elif status >= 500:
            kind, text = (
                ServerError,
                f"{api.name} at {where} failed{said}: try again later, and give AvePoint support the request id if it lasts",
            )
        elif 300 <= status < 400:
            return self._redirect(answer, api.name, "graph_url", request_id)
        elif status == 407:
            kind, text = ConnectionFailed, PROXY_LOGIN
        elif status == 408:
            kind, text = (
                RequestTimeout,
                f"{api.name} at {where} did not get the whole request in time{said}: try again later",
            )
        elif status >= 400:
            kind, text = InvalidInput, f"{api.name} refused the request{said}: correct the option that it names"
        else:
            kind, text = InvalidResponse, f"{api.name} answered without what was asked for{said}"
        return kind(f"{text} (HTTP {status})", status, request_id, transient=status in TRANSIENT)

    def _login_refusal(self, answer: Answer, where: str) -> AvePointError:
        """The error for an answer of the token endpoint that is not 200 (RFC 6749 section 5.2)."""
        status = answer.status
        body, said, request_id = self._said(answer)
        kind: type[AvePointError]
        if 300 <= status < 400:
            return self._redirect(answer, "the token endpoint", "identity_url", request_id)
        oauth = body.get("error") if isinstance(body.get("error"), str) else None
        login = t.cast(Login, self._login)
        if status == 407:
            kind, text = ConnectionFailed, PROXY_LOGIN
        elif status == 408:
            kind, text = RequestTimeout, f"the token endpoint at {where} did not get the whole request in time{said}"
        elif status == 404:
            kind, text = (
                NotFound,
                f"there is no token endpoint at {where}{said}: check identity_url and cloud_environment",
            )
        elif status == 429:
            kind, text = (
                RateLimited,
                f"the token endpoint refused further requests for now{said}: its rate limit is reached",
            )
        elif status >= 500:
            kind, text = ServerError, f"the token endpoint at {where} failed{said}: try again later"
        else:
            kind = AuthenticationFailed
            advice = {
                "invalid_client": f"the login by {login.kind} was refused: check client_id, the {login.kind} and its expiry date, "
                f"and that the app is registered in {self._api.registration}",
                "unauthorized_client": f"the app may not log in by {login.kind}: check how it is registered in {self._api.registration}",
                "invalid_scope": f"the scope was refused: give the app the permission {self._api.permission} in {self._api.registration}, or correct scopes",
            }.get(oauth or "", f"the login by {login.kind} was refused: check client_id and identity_url")
            text = f"{advice}{said}" + (f" [{clean(oauth, 60)}]" if oauth else "")
        return kind(f"{text} (HTTP {status})", status, request_id, transient=status in TRANSIENT)

    def _redirect(self, answer: Answer, name: str, option: str, request_id: str | None) -> AvePointError:
        target = clean(mask(answer.headers.get("Location", "").split("?")[0].split("#")[0], self.secrets), 200)
        return InvalidResponse(
            f'{name} answered with a redirect to "{target}", which is never followed: set {option} to the right address (HTTP {answer.status})',
            answer.status,
            request_id,
        )


def _date(text: str) -> float | None:
    """Seconds since the epoch of a date in a header (RFC 9110 section 5.6.7); None when it cannot be read."""
    try:
        moment = email.utils.parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=datetime.timezone.utc)).timestamp()
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
