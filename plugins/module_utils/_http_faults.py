# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Turns the exceptions of urllib3 and Python into errors of the collection, with advice."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._errors import (
    AvePointError,
    ConnectionFailed,
    RequestTimeout,
)
from ansible_collections.avepoint.cloud.plugins.module_utils._text import clean

with contextlib.suppress(ImportError):  # without urllib3, there is no exchange
    from urllib3 import exceptions as urllib3_errors


def _causes(error: BaseException | None) -> t.Iterator[BaseException]:
    """An exception, and all exceptions nested in it as urllib3 does: cause, context, reason and arguments."""
    waiting: list[t.Any] = [error]
    seen: set[int] = set()
    while waiting:
        cause = waiting.pop(0)
        if not isinstance(cause, BaseException) or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        waiting += [cause.__cause__, cause.__context__, getattr(cause, "reason", None), *cause.args]


def connection_error(error: Exception, seconds: float) -> AvePointError:
    """The error for an exception of an exchange with a limit of ``seconds``.

    It does not repeat the texts of libraries: they may contain URLs, headers and proxy passwords.
    """
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError) and hasattr(cause, "verify_code"):
            return _not_trusted(cause.verify_message or cause.reason or "unknown reason", cause.verify_code)
        # What urllib3 1.26 raises when it compares host names itself: its own class, or before 1.26.9 that of Python, which then
        # has nothing of OpenSSL.
        if isinstance(cause, ssl.CertificateError) or type(cause).__name__ == "CertificateError":
            return _not_trusted(str(cause.args[0]), 62)
        if isinstance(cause, ssl.SSLError):
            return ConnectionFailed(
                f"the TLS handshake failed ({clean(cause.reason or 'no reason given', 80)}); TLS 1.2 or later is needed"
            )
        if isinstance(cause, socket.gaierror):
            return ConnectionFailed("the host name could not be resolved; check the URL and the proxy")
        if isinstance(cause, (TimeoutError, socket.timeout)):
            return RequestTimeout(too_slow(seconds))
        if isinstance(cause, OSError) and cause.errno:
            return ConnectionFailed(
                f"{clean(cause.strerror or 'the connection failed', 80).lower()}; check the URL, the proxy and the network"
            )
    if isinstance(error, (urllib3_errors.LocationValueError, http.client.InvalidURL, UnicodeError)):
        return ConnectionFailed("the URL cannot be used; check graph_url, identity_url and proxy", transient=False)
    if isinstance(error, urllib3_errors.TimeoutError):
        return RequestTimeout(too_slow(seconds))
    if isinstance(error, urllib3_errors.ProxyError):
        return ConnectionFailed(
            "the proxy refused the connection; check the URL of proxy, and the user and password in it"
        )
    return ConnectionFailed(f"the connection ended without a whole answer ({type(error).__name__}); check the network")


# Advice on a certificate that is not trusted, by OpenSSL's number of the reason (x509_vfy.h).
_ADVICE = {
    **dict.fromkeys((2, 18, 19, 20, 21), "set ca_path to the CA bundle that signs it"),
    **dict.fromkeys((9, 10), "check the clock of this machine, and have the certificate renewed if it has expired"),
    **dict.fromkeys((62, 64), "correct the host name in the URL"),
}


def _not_trusted(reason: str, number: int | None) -> ConnectionFailed:
    advice = _ADVICE.get(
        number or 0,
        "it, or that of its CA, breaks a rule that this Python checks (since 3.13 those of RFC 5280), and has to be made anew",
    )
    return ConnectionFailed(f"the server's certificate is not trusted ({clean(reason)}): {advice}", transient=False)


def no_bundle() -> ConnectionFailed:
    """The error for a CA bundle that is missing or is none."""
    return ConnectionFailed("the CA bundle cannot be read; check ca_path and REQUESTS_CA_BUNDLE", transient=False)


def too_slow(seconds: float) -> str:
    """The message for a request that took longer than ``seconds``."""
    return f"it was not complete within {seconds:.3g} seconds; raise request_timeout if the network is that slow"
