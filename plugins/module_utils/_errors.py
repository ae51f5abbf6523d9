# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The exceptions that all code below the modules raises.

    AvePointError
    |-- InvalidInput          an option cannot work
    |   `-- MissingOption     a required option is not set
    |-- AuthenticationFailed  the login or the access token was refused
    |-- PermissionDenied
    |-- NotFound
    |-- RateLimited           transient
    |-- ServerError           transient
    |-- ConnectionFailed      there is no complete answer; transient
    |-- RequestTimeout        transient
    |-- InvalidResponse       an answer breaks the contract of its API
    |-- WaitTimeout           wait_timeout is over
    |-- JobMissing            jobs were not found within appear_timeout
    |-- JobFailed             what was started ended in a state that is not allowed
    |-- StartUnknown          it is unknown whether something was started
    |-- Stopped               the request was given up, because its call has ended
    `-- MissingLibrary        a Python library cannot be imported

The code that raises an error says what happened. A caller that knows where it happened appends a context (:class:`At`,
:class:`ContractOf`, ...) to ``error.context``, and re-raises the same error.

Private to this collection: names and behaviour can change with any release.
"""

from __future__ import annotations


class Context:
    """Where an error happened: a host, an API, a list, a time; ``advice`` is what to do about it."""

    sentence = "{error}"

    def __init__(self, name: str, advice: str = ""):
        self.name = name
        self.advice = advice

    def around(self, error: str) -> str:
        """The text of an error with this context added."""
        return self.sentence.format(error=error, name=self.name, advice=self.advice)


class At(Context):
    """The host that gave no usable answer."""

    sentence = "no usable answer from {name}: {error}"


class ContractOf(Context):
    """The API whose contract is broken."""

    sentence = "{name} broke its contract: {error}; {advice}"


class Reading(Context):
    """The list, one of several, that was read, such as the jobs of one tenant."""

    sentence = "{name}: {error}"


class OutOfTime(Context):
    """The time limit of the call, which was over."""

    sentence = "the jobs could not be read within {name} ({error}): ask for less at a time"


class AtOnce(Context):
    """A limit on what runs at the same time: the same request may succeed later."""

    sentence = "{error}; {advice}"


class AvePointError(Exception):
    """A failure that a person can act on.

    ``message`` says what happened, ``context`` where, the innermost first; ``str(error)`` is both in one sentence. ``code`` is
    the ``error.code`` that playbooks see. ``transient`` says whether the same request may succeed if it is sent again later,
    ``unsent`` whether certainly nothing of it has reached the server.
    """

    code = "server_error"
    transient = False
    unsent = False

    def __init__(
        self, message: str, http_status: int | None = None, request_id: str | None = None, transient: bool | None = None
    ):
        super().__init__(message)
        self.message = message
        self.context: list[Context] = []
        self.http_status = http_status
        self.request_id = request_id
        if transient is not None:
            self.transient = transient

    def __str__(self) -> str:
        sentence = self.message
        for context in self.context:
            sentence = context.around(sentence)
        return sentence

    def facts(self) -> dict:
        """The ``error`` return value of the modules."""
        return {"code": self.code, "http_status": self.http_status, "request_id": self.request_id}


class InvalidInput(AvePointError):
    code = "invalid_input"


class MissingOption(InvalidInput):
    """An option is not set that only the user can know, such as ``region``; ``needed`` names it, or several."""

    def __init__(self, message: str, needed: str):
        super().__init__(message)
        self.needed = needed


class AuthenticationFailed(AvePointError):
    code = "authentication_failed"


class PermissionDenied(AvePointError):
    code = "permission_denied"


class NotFound(AvePointError):
    code = "not_found"


class RateLimited(AvePointError):
    code = "rate_limited"
    transient = True


class ServerError(AvePointError):
    code = "server_error"
    transient = True


class ConnectionFailed(AvePointError):
    code = "connection_failed"
    transient = True


class RequestTimeout(AvePointError):
    code = "request_timeout"
    transient = True


class InvalidResponse(AvePointError):
    code = "invalid_response"


class WaitTimeout(AvePointError):
    code = "wait_timeout"


class JobMissing(AvePointError):
    code = "job_missing"


class JobFailed(AvePointError):
    code = "job_failed"


class StartUnknown(AvePointError):
    code = "start_unknown"


class Stopped(AvePointError):
    """Raised inside requests that are given up because the call they belong to has already ended."""


class MissingLibrary(AvePointError):
    """A Python library that the collection needs cannot be imported; ``library`` is its name in the package index."""

    code = "invalid_input"

    def __init__(self, library: str):
        super().__init__(f"the Python library {library} is needed on the machine this task runs on: install it there")
        self.library = library
