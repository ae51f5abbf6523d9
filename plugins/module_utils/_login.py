# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The access token that requests carry: given, or asked for once, renewed in time, and shared with those who log in alike."""

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

# A certificate that ends sooner is warned of.
LEAST_DAYS = 30

# For how long a login that was refused is not tried again by others who log in alike, in seconds: with a wrong secret, one
# login for each of many hosts could lock the account.
REFUSAL_HOLDS = 10.0

# More than any clock is wrong by, in seconds, and little enough to reckon with.
MOST_SKEW = 1e9


class TokenStore(t.Protocol):
    """Where the tokens of those who log in alike are kept, each in a place of its own."""

    def place(self, facts: t.Sequence[str]) -> TokenPlace | None:
        """The place for a login of which ``facts`` are all that its token depends on; None where none can be kept."""


class TokenPlace(t.Protocol):
    """What one login came to, for all who log in alike; a JSON object."""

    def held(self, pause: t.Callable[[float], t.Any]) -> t.ContextManager[TokenPlace | None]:
        """Inside, nobody else is there. ``pause(seconds)`` is how to wait, and raises when it is for too long.

        None where it cannot be entered, for any reason but that somebody else is there.
        """

    def read(self) -> dict:
        """What was written last; empty when there is nothing that can be read."""

    def write(self, content: dict) -> None:
        """Takes the place of what was there; nothing happens where that cannot be."""


class GivenToken:
    """An access token that somebody else asked for: nothing to renew."""

    kind = "access token"
    renewable = False
    borrowed = False
    certificate = None
    granted = None

    def __init__(self, access_token: str):
        self._token = access_token
        self.secrets = {access_token}

    def token(self) -> str:
        """The token, whether it is still good or not."""
        return self._token

    def refused(self, token: str) -> None:
        """Nothing can be done about it."""

    def warnings(self) -> list[str]:
        """Nothing is known of it."""
        return []


class Login:
    """Access tokens by client credentials, asked for once and renewed a little before they end.

    ``clock`` is monotonic seconds, the same for all processes of the machine. ``place`` is where others who log in alike find the
    token, and this one theirs. Safe to use from several threads.
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
        #: Whether the present token is one that another has asked for, at whatever time.
        self.borrowed = False
        self.secrets = credential.secrets
        self.kind = credential.kind
        self.certificate = credential.certificate
        #: The scopes of the last token; None while nothing has told them.
        self.granted: list[str] | None = None

    def token(self) -> str:
        """A token that is good for now.

        :raises AvePointError: what the token endpoint raises.
        """
        with self._lock:
            if self._token is None or self._clock() >= self._renew_at:
                self._token, self._renew_at = self._new_token()
            return self._token

    def refused(self, token: str) -> None:
        """Forgets a token that was answered with 401, unless another thread or process has replaced it already."""
        with self._lock:
            if self._token == token:
                self._token = None
                self._refused = token

    def _new_token(self) -> tuple[str, float]:
        """Where tokens come from: one, and when to renew it. All that it depends on (endpoint, credential, scopes) is known here."""
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
            # What to do about one depends on the product, of which several may log in alike.
            api = self._endpoint.api.name
            self._raise_shared(failures.get(api), came_at)
            try:
                token, renew_at = self._ask()
            except AvePointError as error:
                place.write({"failures": {**failures, api: self._told(error)}})
                raise
            place.write({"token": token, "renew_at": renew_at, "skew": self._endpoint.skew, "granted": self.granted})
            return token, renew_at

    def _ask(self) -> tuple[str, float]:
        asked_at = self._clock()
        token: Token = self._endpoint.ask(self._credential, self._scopes)
        self.granted = token.scopes
        return token.text, asked_at + token.lifetime - min(60.0, token.lifetime / 5)

    def _shared(self, content: dict) -> tuple[str, float] | None:
        """The token of others that is still good, and that the API has not refused."""
        token, renew_at = content.get("token"), content.get("renew_at")
        if not isinstance(token, str) or not isinstance(renew_at, (int, float)) or token == self._refused:
            return None
        if not self._clock() < renew_at:  # also of what is no number
            return None
        try:
            token = usable_token(token)
        except InvalidInput:
            return None
        self._endpoint.secrets.add(token)
        skew = content.get("skew")
        if isinstance(skew, float) and abs(skew) < MOST_SKEW:
            self._endpoint.skew = skew  # which this login would have learned as well
        granted = content.get("granted")
        self.granted = [str(scope) for scope in granted] if isinstance(granted, list) else None
        return token, renew_at

    def _told(self, error: AvePointError) -> dict:
        """What others are told of a login that failed: nothing where this call was cut short, which is its own affair."""
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
        """Raises what the login of another failed with, if this one waited for it, or if it was refused just now.

        :arg content: what :meth:`_told` made of it, if it is there at all
        """
        if not isinstance(content, dict):
            return
        kind = getattr(_errors, str(content.get("error")), None)
        if not (isinstance(kind, type) and issubclass(kind, AvePointError)):
            return
        try:
            ago = self._clock() - content["failed_at"]
            waited = content["failed_at"] >= came_at
            # Who is ready to try longer than the other did does so.
            longer = any(mine > theirs for mine, theirs in zip(self._endpoint.patience, content["patience"]))
            error = kind(content["text"], content["http_status"], content["request_id"], content["transient"])
        except (KeyError, TypeError):
            return
        if (kind is AuthenticationFailed and 0 <= ago < REFUSAL_HOLDS) or (waited and not longer):
            raise error

    def warnings(self) -> list[str]:
        """What will go wrong, or may have, although a token was given: a sentence each."""
        found = []
        if self.certificate and self.certificate["days_left"] < LEAST_DAYS:
            found.append(_ending(self.certificate))
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


def _ending(certificate: dict) -> str:
    """That a certificate has ended, or soon will, and what to do."""
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
