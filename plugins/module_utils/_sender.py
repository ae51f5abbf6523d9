# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sends requests: retries, pauses, one deadline for all, and a way to stop all. This layer does not know tokens."""

from __future__ import annotations

import contextlib
import random
import threading
import time
import typing as t
from urllib.parse import urlsplit

from ansible_collections.avepoint.cloud.plugins.module_utils._answers import RETRIED, told_status
from ansible_collections.avepoint.cloud.plugins.module_utils._errors import (
    At,
    AvePointError,
    RateLimited,
    RequestTimeout,
    Stopped,
)
from ansible_collections.avepoint.cloud.plugins.module_utils._http import Answer, Transport
from ansible_collections.avepoint.cloud.plugins.module_utils._text import clean
from ansible_collections.avepoint.cloud.plugins.module_utils._time_headers import clock_skew, retry_after

# The longest random pause before the first retry, in seconds. It doubles with each retry.
FIRST_PAUSE = 1.0

# The seconds in which other threads can receive their answers and send the next requests, before this one reads an answer.
HANDOVER = 0.001


class Timing(t.NamedTuple):
    """The sources of time and randomness, which tests replace.

    ``clock`` is monotonic seconds, ``now`` seconds since the epoch, ``uniform(a, b)`` the source of jitter. ``sleep(seconds)``
    pauses; with None, pauses end early when the sender is interrupted.
    """

    clock: t.Callable[[], float] = time.monotonic
    now: t.Callable[[], float] = time.time
    sleep: t.Callable[[float], t.Any] | None = None
    uniform: t.Callable[[float, float], float] = random.uniform


class Deadline:
    """A point in time, ``seconds`` from now on a monotonic clock; None is no deadline."""

    def __init__(self, seconds: float | None, clock: t.Callable[[], float]):
        self._clock = clock
        self._end = None if seconds is None else clock() + seconds

    def remaining(self) -> float:
        """The seconds until the deadline: negative after it, infinite if there is none."""
        return float("inf") if self._end is None else self._end - self._clock()


class Request:
    """One request. A subclass says what it contains, and which error a refusal is.

    ``accepted`` are the statuses that are no refusal. A request with ``once`` starts something: it is sent again only if certainly
    nothing began.
    """

    accepted: t.Collection[int] = (200,)
    once = False

    def __init__(self, method: str, url: str):
        self.method = method
        self.url = url
        self.host = clean(urlsplit(url).netloc, 100)

    def content(self) -> dict:
        """The content of one try, as :meth:`Transport.exchange` takes it."""
        raise NotImplementedError

    def refusal(self, answer: Answer) -> AvePointError:
        """The error for an answer whose status is not in ``accepted``."""
        raise NotImplementedError


# Request Timeout, and Client Closed Request of some proxies: the server may have acted on the request nevertheless.
_UNCLEAR = frozenset((408, 499))


def may_have_begun(error: AvePointError) -> bool:
    """Whether the server may have acted on a request that ended with this error."""
    refused = error.http_status is not None and 400 <= error.http_status < 500 and error.http_status not in _UNCLEAR
    return not (error.unsent or refused)


class Sender:
    """Sends requests for one call of a module, at most ``concurrency`` of them at once.

    ``request_timeout`` and ``max_retry_delay`` are seconds. ``deadline`` limits all requests and pauses. ``retries`` counts requests
    that were sent again. ``skew`` is the number of seconds by which the server's clock is ahead of this one (see :func:`clock_skew`),
    by the last answer that shows it; None until then. Thread-safe.
    """

    def __init__(
        self,
        transport: Transport,
        request_timeout: float = 30,
        max_retries: int = 5,
        max_retry_delay: float = 60,
        timing: Timing = Timing(),  # noqa: B008 - a tuple that nobody can change
        concurrency: int = 16,
    ):
        self._transport = transport
        self._request_timeout = request_timeout
        self._max_retries = max_retries
        self._max_retry_delay = max_retry_delay
        #: What decides how long a request is tried, besides the deadline; larger numbers mean longer.
        self.patience = (request_timeout, max_retries, max_retry_delay)
        self._clock = timing.clock
        self._now = timing.now
        self._uniform = timing.uniform
        self._lock = threading.Lock()
        self._slots = threading.BoundedSemaphore(concurrency)
        #: The requests that have been sent and not been answered yet.
        self._under_way: set[Request] = set()
        self._stopped = transport.stopped
        self._resume_at = 0.0
        self.sleep = timing.sleep or self._stopped.wait
        self.deadline = Deadline(None, timing.clock)
        self.retries = 0
        self.skew: float | None = None

    @property
    def warnings(self) -> list[str]:
        """Warnings for the user, one sentence each."""
        return self._transport.warnings

    @contextlib.contextmanager
    def interrupted(self) -> t.Iterator[None]:
        """A context in which the requests and pauses of other threads end with :class:`Stopped`."""
        self._stopped.set()
        self._transport.cut()
        try:
            yield
        finally:
            self._stopped.clear()

    def proxy_host(self, url: str) -> str | None:
        """The proxy for a URL, as :meth:`Transport.proxy_host` gives it."""
        return self._transport.proxy_host(url)

    def send(self, request: Request) -> Answer:
        """Sends a request, again after transient faults, at most ``max_retries`` times and until the deadline.

        Returns an answer with an accepted status.

        :raises AvePointError: the last failure; its class says what is wrong.
        """
        for attempt in range(self._max_retries + 1):
            requested_pause = None
            with self._slots:
                self._wait_for_rate_limit()
                try:
                    answer = self._exchange(request)
                    if answer.status in request.accepted:
                        return answer
                    error = request.refusal(answer)
                    if answer.status in RETRIED:
                        requested_pause = retry_after(answer, self._now())
                except Stopped:
                    raise
                except AvePointError as fault:
                    fault.context.append(At(request.host))
                    error = fault
                pause = min(
                    self._uniform(0, FIRST_PAUSE * 2**attempt) if requested_pause is None else requested_pause,
                    self._max_retry_delay,
                )
                if requested_pause is not None or isinstance(error, RateLimited):
                    # The rate limit is for the client, not for one request: parallel requests pause, too.
                    with self._lock:
                        self._resume_at = max(self._resume_at, self._clock() + pause)
            again = error.transient and (error.http_status is None or error.http_status in RETRIED)
            again = again and not (request.once and may_have_begun(error))
            if not again or attempt == self._max_retries or pause >= self.deadline.remaining():
                raise error
            self.sleep(pause)
            self.count_retry()
        raise AssertionError("unreachable")

    def hand_over(self) -> None:
        """Lets the threads of other requests go first, if there are any: reading an answer takes longer than receiving or sending."""
        if self._under_way:
            time.sleep(HANDOVER)

    def pause(self, seconds: float) -> None:
        """Pauses for ``seconds``, at most until the deadline.

        :raises RequestTimeout: when the deadline is over already.
        :raises Stopped: when the sender is interrupted.
        """
        self._time_for_request()
        self.sleep(min(seconds, self.deadline.remaining()))
        if self._stopped.is_set():
            raise Stopped("given up")

    def count_retry(self) -> None:
        """Counts a request that is sent again."""
        with self._lock:
            self.retries += 1

    def _exchange(self, request: Request) -> Answer:
        """Sends a request once. Every exchange passes here."""
        seconds, sent_at = self._time_for_request(), self._now()
        self._under_way.add(request)
        try:
            answer = self._transport.exchange(request.method, request.url, seconds, **request.content())
        finally:
            self._under_way.discard(request)
        answer = answer._replace(status=told_status(answer))
        if answer.status == 200:
            skew = clock_skew(answer, sent_at, self._now())
            self.skew = self.skew if skew is None else skew
        return answer

    def _wait_for_rate_limit(self) -> None:
        """Waits until the rate limit allows a request again, at most until the deadline."""
        while not self._stopped.is_set():
            pause = min(self._resume_at - self._clock(), self.deadline.remaining())
            if pause <= 0:
                break
            self.sleep(pause)
        if self._stopped.is_set():
            raise Stopped("given up")

    def _time_for_request(self) -> float:
        """The seconds that the next request may take.

        :raises RequestTimeout: when the deadline is over.
        """
        remaining = self.deadline.remaining()
        if remaining <= 0:
            error = RequestTimeout("there was no time left for a request", transient=False)
            error.unsent = True
            raise error
        return min(self._request_timeout, remaining)
