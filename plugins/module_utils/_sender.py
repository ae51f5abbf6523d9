# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sends a request until it is answered: retries, pauses, one deadline over all of it, one stop. Knows nothing of tokens."""

from __future__ import annotations

import contextlib
import random
import threading
import time
import typing as t
from urllib.parse import urlsplit

from ansible_collections.avepoint.cloud.plugins.module_utils._answers import (
    RETRIED,
    clock_skew,
    retry_after,
    told_status,
)
from ansible_collections.avepoint.cloud.plugins.module_utils._errors import (
    At,
    AvePointError,
    RateLimited,
    RequestTimeout,
    Stopped,
)
from ansible_collections.avepoint.cloud.plugins.module_utils._http import Answer, Transport
from ansible_collections.avepoint.cloud.plugins.module_utils._text import clean

FIRST_PAUSE = 1.0


class Timing(t.NamedTuple):
    """Time and chance, which tests make their own.

    ``clock`` is monotonic seconds, ``now`` seconds since the epoch, ``uniform(a, b)`` the source of jitter. ``sleep(seconds)``
    pauses; None is a pause that ends early when the sender is interrupted.
    """

    clock: t.Callable[[], float] = time.monotonic
    now: t.Callable[[], float] = time.time
    sleep: t.Callable[[float], t.Any] | None = None
    uniform: t.Callable[[float, float], float] = random.uniform


class Deadline:
    """A moment on a monotonic clock; without ``seconds`` it never comes."""

    def __init__(self, seconds: float | None, clock: t.Callable[[], float]):
        self._clock = clock
        self._end = None if seconds is None else clock() + seconds

    def remaining(self) -> float:
        """Seconds that are left, negative when it is over; infinite without an end."""
        return float("inf") if self._end is None else self._end - self._clock()


class Request:
    """One request. Whoever sends one says in a subclass what it carries, and what it means when it is refused.

    ``accepted`` are the statuses of the answers that are none. With ``once`` it starts something, and is sent again only where it is
    certain that nothing began.
    """

    accepted: t.Collection[int] = (200,)
    once = False

    def __init__(self, method: str, url: str):
        self.method = method
        self.url = url
        self.host = clean(urlsplit(url).netloc, 100)

    def content(self) -> dict:
        """What one try carries, as :meth:`Transport.exchange` takes it."""
        raise NotImplementedError

    def refusal(self, answer: Answer) -> AvePointError:
        """The error that an answer with a status that is not accepted means."""
        raise NotImplementedError


# Of the statuses that refuse a request, those that say how it came to its end, and nothing of what it set off.
_UNCLEAR = frozenset((408, 499))


def may_have_begun(error: AvePointError) -> bool:
    """Whether the server may have done what it was asked for, although the request ended with this error."""
    refused = error.http_status is not None and 400 <= error.http_status < 500 and error.http_status not in _UNCLEAR
    return not (error.unsent or refused)


class Sender:
    """Sends requests for one call of a module, at most ``concurrency`` of them at once.

    ``request_timeout`` and ``max_retry_delay`` are seconds. ``deadline`` is when all has to end. ``retries`` counts requests that were
    sent again. ``skew`` is by how many seconds the server's clock is ahead of this one at least, by the last answer that told; None
    while none had. Safe to use from several threads.
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
        #: How long a request is tried, the more the longer, but for the deadline.
        self.patience = (request_timeout, max_retries, max_retry_delay)
        self._clock = timing.clock
        self._now = timing.now
        self._uniform = timing.uniform
        self._lock = threading.Lock()
        self._slots = threading.BoundedSemaphore(concurrency)
        self._stopped = transport.stopped
        self._resume_at = 0.0
        self.sleep = timing.sleep or self._stopped.wait
        self.deadline = Deadline(None, timing.clock)
        self.retries = 0
        self.skew: float | None = None

    @property
    def warnings(self) -> list[str]:
        """What whoever started all this has to know besides, a sentence each."""
        return self._transport.warnings

    @contextlib.contextmanager
    def interrupted(self) -> t.Iterator[None]:
        """While it lasts, requests and pauses that are under way in other threads end with :class:`Stopped`."""
        self._stopped.set()
        self._transport.cut()
        try:
            yield
        finally:
            self._stopped.clear()

    def proxy_host(self, url: str) -> str | None:
        """The proxy that requests to a URL go through, as :class:`Transport` has it."""
        return self._transport.proxy_host(url)

    def send(self, request: Request) -> Answer:
        """The answer that was asked for; tried again after faults, at most ``max_retries`` times, until the deadline.

        :raises AvePointError: the kind that says what is wrong.
        """
        for attempt in range(self._max_retries + 1):
            asked_for = None
            with self._slots:
                self._wait_for_rate_limit()
                try:
                    answer = self._exchange(request)
                    if answer.status in request.accepted:
                        return answer
                    error = request.refusal(answer)
                    if answer.status in RETRIED:
                        asked_for = retry_after(answer, self._now())
                except Stopped:
                    raise
                except AvePointError as fault:
                    fault.context.append(At(request.host))
                    error = fault
                pause = min(
                    self._uniform(0, FIRST_PAUSE * 2**attempt) if asked_for is None else asked_for,
                    self._max_retry_delay,
                )
                if asked_for is not None or isinstance(error, RateLimited):
                    # The limit is the client's, not the request's: requests side by side slow down together.
                    with self._lock:
                        self._resume_at = max(self._resume_at, self._clock() + pause)
            again = error.transient and (error.http_status is None or error.http_status in RETRIED)
            again = again and not (request.once and may_have_begun(error))
            if not again or attempt == self._max_retries or pause >= self.deadline.remaining():
                raise error
            self.sleep(pause)
            self.count_retry()
        raise AssertionError("unreachable")

    def pause(self, seconds: float) -> None:
        """Waits for something else than an answer.

        :raises RequestTimeout: at the deadline.
        :raises Stopped: when it is interrupted.
        """
        self._time_for_one()
        self.sleep(min(seconds, self.deadline.remaining()))
        if self._stopped.is_set():
            raise Stopped("given up")

    def count_retry(self) -> None:
        """Counts a request that is sent again."""
        with self._lock:
            self.retries += 1

    def _exchange(self, request: Request) -> Answer:
        """One try. Every exchange passes here, and no other code sees both a request and its answer."""
        seconds, sent_at = self._time_for_one(), self._now()
        answer = self._transport.exchange(request.method, request.url, seconds, **request.content())
        answer = answer._replace(status=told_status(answer))
        if answer.status == 200:
            skew = clock_skew(answer, sent_at, self._now())
            self.skew = self.skew if skew is None else skew
        return answer

    def _wait_for_rate_limit(self) -> None:
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
            error = RequestTimeout("there was no time left for a request", transient=False)
            error.unsent = True
            raise error
        return min(self._request_timeout, remaining)
