# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one family of exceptions that everything below the modules raises.

Private to this collection: names and behaviour can change with any release.
"""

from __future__ import annotations


class AvePointError(Exception):
    """A failure that a person can act on.

    ``str(error)`` is one sentence, free of secrets; ``code`` is the ``error.code`` that playbooks see.
    ``transient`` says whether the same request may succeed when it is sent again later.
    """

    code = "server_error"
    transient = False

    def __init__(
        self, message: str, http_status: int | None = None, request_id: str | None = None, transient: bool | None = None
    ):
        super().__init__(message)
        self.http_status = http_status
        self.request_id = request_id
        if transient is not None:
            self.transient = transient

    def facts(self) -> dict:
        """The ``error`` return value of the modules."""
        return {"code": self.code, "http_status": self.http_status, "request_id": self.request_id}


class InvalidInput(AvePointError):
    code = "invalid_input"


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


class Stopped(AvePointError):
    """Raised inside requests that are given up because the call they belong to has already ended."""


class MissingLibrary(AvePointError):
    """A Python library that the collection needs cannot be imported; ``library`` is its name in the package index."""

    code = "invalid_input"

    def __init__(self, library: str):
        super().__init__(f"the Python library {library} is needed on the machine this task runs on: install it there")
        self.library = library
