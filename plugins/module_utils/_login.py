# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The access token of requests: given by the user, or requested once, renewed in time, and shared by equal logins."""

from __future__ import annotations

import threading
import time
import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils import _errors
from ansible_collections.avepoint.cloud.plugins.module_utils._errors import (
    AuthenticationFailed,
    AvePointError,
    InvalidInput,
    Stopped,
)
from ansible_collections.avepoint.cloud.plugins.module_utils._token_endpoint import Credential, Token, TokenEndpoint

# A certificate that expires in fewer days gives a warning.
LEAST_DAYS = 30

# For how many seconds equal logins do not repeat a login that was refused: with a wrong secret, one login for each of many
# hosts could lock the account.
REFUSAL_HOLDS = 10.0

# In seconds: no clock is wrong by more, and calculations with it do not overflow.
MOST_SKEW = 1e9


class TokenStore(t.Protocol):
    """A store for shared tokens. Equal logins have the same place in it."""

    def place(self, facts: t.Sequence[str]) -> TokenPlace | None:
        """The place of a login; ``facts`` is everything that its token depends on. None if nothing can be stored."""


class TokenPlace(t.Protocol):
    """The stored outcome of a login, a JSON object, for all equal logins."""

    def held(self, pause: t.Callable[[float], t.Any]) -> t.ContextManager[TokenPlace | None]:
        """A context in which this login alone uses the place. It waits for others with ``pause(seconds)``, which may raise.

        Gives None if the place cannot be locked for any other reason.
        """

    def read(self) -> dict:
        """The content; empty if there is none that can be read."""

    def write(self, content: dict) -> None:
        """Replaces the content; does nothing if that fails."""


class GivenToken:
    """An access token from the options. It cannot be renewed."""

    kind = "access token"
    renewable = False
    borrowed = False
    certificate = None
    granted = None

    def __init__(self, access_token: str):
        self._token = access_token
        self.secrets = {access_token}

    def token(self) -> str:
        """The token, whether it is still valid or not."""
        return self._token

    def refused(self, token: str) -> None:
        """Does nothing, since there is no other token."""

    def warnings(self) -> list[str]:
        """No warnings, since nothing is known about the token."""
        return []


class Login:
    """Access tokens by client credentials, requested once and renewed shortly before they expire.

    ``clock`` gives monotonic seconds, the same for all processes of the machine. ``place`` is where equal logins share a token.
    Thread-safe.
    """

    renewable = True

    def __init__(
        self,
        endpoint: TokenEndpoint,
        credential: Credential,
        scopes: t.Sequence[str],
        clock: t.Callable[[], float] = time.monotonic,
        place: TokenPlace | None = None,
    ):
        self._endpoint = endpoint
        self._credential = credential
        self._scopes = scopes
        self._clock = clock
        self._lock = threading.Lock()
        self._place = place
        self._token: str | None = None
        self._renew_at = 0.0
        self._refused: str | None = None
        #: Whether the current token was requested by another login.
        self.borrowed = False
        self.secrets = credential.secrets
        self.kind = credential.kind
        self.certificate = credential.certificate
        #: The scopes granted to the last token; None if unknown.
        self.granted: list[str] | None = None

    def token(self) -> str:
        """A valid token, requested or renewed if necessary.

        :raises AvePointError: as :meth:`TokenEndpoint.ask` does.
        """
        with self._lock:
            if self._token is None or self._clock() >= self._renew_at:
                self._token, self._renew_at = self._new_token()
            return self._token

    def refused(self, token: str) -> None:
        """Forgets a token that the API answered with 401, unless another thread has replaced it already."""
        with self._lock:
            if self._token == token:
                self._token = None
                self._refused = token

    def _new_token(self) -> tuple[str, float]:
        """A token, shared or newly requested, and the time on the clock at which to renew it."""
        self.borrowed = False
        if self._place is None:
            return self._ask()
        came_at = self._clock()
        with self._place.held(self._endpoint.pause) as place:
            if place is None:
                return self._ask()
            content = place.read()
            shared = self._shared(content)
            if shared is not None:
                self.borrowed = True
                return shared
            failures = content.get("failures")
            failures = failures if isinstance(failures, dict) else {}
            # The message of a failure contains advice for one API, and equal logins may be for different APIs.
            api = self._endpoint.api.name
            self._raise_shared(failures.get(api), came_at)
            try:
                token, renew_at = self._ask()
            except AvePointError as error:
                place.write({"failures": {**failures, api: self._stored_failure(error)}})
                raise
            place.write({"token": token, "renew_at": renew_at, "skew": self._endpoint.skew, "granted": self.granted})
            return token, renew_at

    def _ask(self) -> tuple[str, float]:
        asked_at = self._clock()
        token: Token = self._endpoint.ask(self._credential, self._scopes)
        self.granted = token.scopes
        return token.text, asked_at + token.lifetime - min(60.0, token.lifetime / 5)

    def _shared(self, content: dict) -> tuple[str, float] | None:
        """The stored token and when to renew it; None if it has expired, or the API has refused it."""
        token, renew_at = content.get("token"), content.get("renew_at")
        if not isinstance(token, str) or not isinstance(renew_at, (int, float)) or token == self._refused:
            return None
        if not self._clock() < renew_at:  # also true for NaN
            return None
        try:
            token = usable_token(token)
        except InvalidInput:
            return None
        self._endpoint.secrets.add(token)
        skew = content.get("skew")
        if isinstance(skew, float) and abs(skew) < MOST_SKEW:
            self._endpoint.skew = skew  # a login of its own would have shown it
        granted = content.get("granted")
        self.granted = [str(scope) for scope in granted] if isinstance(granted, list) else None
        return token, renew_at

    def _stored_failure(self, error: AvePointError) -> dict:
        """What is stored about a failed login; nothing if only this call was stopped or had too little time."""
        if isinstance(error, Stopped) or not (isinstance(error, AuthenticationFailed) or self._endpoint.patient):
            return {}
        return {
            "error": type(error).__name__,
            "text": str(error),
            **{name: getattr(error, name) for name in ("http_status", "request_id", "transient")},
            "patience": self._endpoint.patience,
            "failed_at": self._clock(),
        }

    def _raise_shared(self, content: t.Any, came_at: float) -> None:
        """Raises the stored failure of an equal login, if this login waited for it, or it was refused just now.

        ``content`` is the result of :meth:`_stored_failure`, if there is one; ``came_at`` is when this login began to wait.
        """
        if not isinstance(content, dict):
            return
        kind = getattr(_errors, str(content.get("error")), None)
        if not (isinstance(kind, type) and issubclass(kind, AvePointError)):
            return
        try:
            ago = self._clock() - content["failed_at"]
            waited = content["failed_at"] >= came_at
            # If this call may try longer than the failed one did, it tries by itself.
            longer = any(own > other for own, other in zip(self._endpoint.patience, content["patience"]))
            error = kind(content["text"], content["http_status"], content["request_id"], content["transient"])
        except (KeyError, TypeError):
            return
        if (kind is AuthenticationFailed and 0 <= ago < REFUSAL_HOLDS) or (waited and not longer):
            raise error

    def warnings(self) -> list[str]:
        """Warnings about an expiring certificate, and about scopes that were not granted, one sentence each."""
        found = []
        if self.certificate and self.certificate["days_left"] < LEAST_DAYS:
            found.append(_expiry_warning(self.certificate))
        granted = {scope.casefold() for scope in self.granted or self._scopes}
        missing = [scope for scope in self._scopes if scope.casefold() not in granted]
        if missing:
            api = self._endpoint.api
            found.append(
                f"The login was granted less than was asked for: {', '.join(missing)} is missing, granted is "
                f"{', '.join(self.granted or ())}. If {api.name} refuses something, give the app the permission {api.permission} "
                f"in {api.registration}, with consent."
            )
        return found


def _expiry_warning(certificate: dict) -> str:
    """The warning that a certificate has expired, or will soon."""
    days = certificate["days_left"]
    when = "has ended" if days < 0 else f"ends in {days} day{'' if days == 1 else 's'}"
    return (
        f"The client certificate {certificate['subject']} {when}, on {certificate['not_after']}: upload a new one to the app "
        "registration, and put it in the place of this one."
    )


def usable_token(text: str) -> str:
    """``text`` without surrounding white space, if it can be sent as a bearer token.

    :raises InvalidInput: when it cannot.
    """
    token = text.strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise InvalidInput("access_token must be one token without spaces or line breaks: it is sent as it is")
    return token
