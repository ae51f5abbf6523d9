# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The access token that requests carry: given, or asked for once and renewed in time."""

from __future__ import annotations

import threading
import time
import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._errors import InvalidInput
from ansible_collections.avepoint.cloud.plugins.module_utils._token_endpoint import Credential, Token, TokenEndpoint

# A certificate that ends sooner is warned of.
LEAST_DAYS = 30


class GivenToken:
    """An access token that somebody else asked for: nothing to renew."""

    kind = "access token"
    renewable = False
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

    ``clock`` is monotonic seconds. Safe to use from several threads.
    """

    renewable = True

    def __init__(
        self,
        endpoint: TokenEndpoint,
        credential: Credential,
        scopes: t.Sequence[str],
        clock: t.Callable[[], float] = time.monotonic,
    ):
        self._endpoint = endpoint
        self._credential = credential
        self._scopes = scopes
        self._clock = clock
        self._lock = threading.Lock()
        self._token: str | None = None
        self._renew_at = 0.0
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
                asked_at = self._clock()
                token = self._new_token()
                self._token = token.text
                self.granted = token.scopes
                self._renew_at = asked_at + token.lifetime - min(60.0, token.lifetime / 5)
            return self._token

    def refused(self, token: str) -> None:
        """Forgets a token that was answered with 401, unless another thread has replaced it already."""
        with self._lock:
            if self._token == token:
                self._token = None

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

    def _new_token(self) -> Token:
        """Where tokens come from. All that a token depends on (endpoint, credential, scopes) is known here."""
        return self._endpoint.ask(self._credential, self._scopes)


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
