# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The token endpoint: gives an access token for client credentials (RFC 6749 section 4.4)."""

from __future__ import annotations

import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._answers import Api, Refusal, read_document
from ansible_collections.avepoint.cloud.plugins.module_utils._errors import (
    AuthenticationFailed,
    AvePointError,
    NotFound,
    RateLimited,
    ServerError,
)
from ansible_collections.avepoint.cloud.plugins.module_utils._http import Answer
from ansible_collections.avepoint.cloud.plugins.module_utils._schema import Schema
from ansible_collections.avepoint.cloud.plugins.module_utils._secrets import Secrets
from ansible_collections.avepoint.cloud.plugins.module_utils._sender import Request, Sender
from ansible_collections.avepoint.cloud.plugins.module_utils._text import clean

# The lifetime of a token whose answer has no expires_in, in seconds: the vendor's usual value.
USUAL_LIFETIME = 3600

TOKEN = Schema(
    {
        "type": "object",
        "required": ["access_token"],
        "properties": {
            # All that a header can contain. RFC 6750 allows fewer characters, but a server accepts the tokens that it gives.
            "access_token": {"type": "string", "pattern": r"^[\x21-\x7e]+\Z"},
            "token_type": {"type": "string", "pattern": r"^[Bb][Ee][Aa][Rr][Ee][Rr]\Z"},
            "expires_in": {"type": ["number", "string"], "pattern": r"^[0-9]{1,9}\Z", "minimum": 0, "maximum": 10**9},
        },
    }
)


class Token(t.NamedTuple):
    """An access token, its lifetime in seconds from the request on, and its scopes (None if the answer does not have them)."""

    text: str
    lifetime: float
    scopes: list[str] | None = None


class Credential(t.Protocol):
    """A client credential. ``kind`` is its name in messages; ``facts`` identify it, and are as secret as it is.

    ``certificate`` describes its certificate; None if it has none.
    """

    kind: str
    facts: tuple[str, ...]
    secrets: set[str]
    certificate: dict | None

    def form(self, identity_url: str) -> dict[str, str]:
        """The form fields of one token request to the endpoint ``identity_url``."""


class ClientSecret:
    """A client id and its secret."""

    kind = "client secret"
    certificate: dict | None = None

    def __init__(self, client_id: str, client_secret: str):
        self._form = {"client_id": client_id, "client_secret": client_secret}
        self.facts: tuple[str, ...] = (self.kind, client_id, client_secret)
        self.secrets = {client_secret}

    def form(self, identity_url: str) -> dict[str, str]:
        """The form fields of a token request, which do not depend on its URL."""
        return dict(self._form)


class TokenEndpoint:
    """Requests tokens for ``api``. Secrets in a request or its answer are added to ``secrets``."""

    def __init__(self, sender: Sender, url: str, api: Api, secrets: Secrets):
        self._sender = sender
        self._url = url
        self.api = api
        self.secrets = secrets

    @property
    def skew(self) -> float | None:
        """The seconds by which the server's clock is ahead of this one, as :class:`Sender` has it."""
        return self._sender.skew

    @skew.setter
    def skew(self, seconds: float) -> None:
        if self._sender.skew is None:  # an answer to this sender shows it better
            self._sender.skew = seconds

    @property
    def patience(self) -> tuple[float, ...]:
        """What decides how long a request is tried, as :class:`Sender` has it."""
        return self._sender.patience

    @property
    def patient(self) -> bool:
        """Whether enough time is left to try that long."""
        return self._sender.deadline.remaining() > max(self.patience)

    def pause(self, seconds: float) -> None:
        """Pauses while another login requests the token.

        :raises RequestTimeout: at the deadline.
        :raises Stopped: when the sender is interrupted.
        """
        self._sender.pause(seconds)

    def ask(self, credential: Credential, scopes: t.Sequence[str]) -> Token:
        """Requests a new token.

        :raises AvePointError: when there is none; its class says what is wrong.
        """
        answer = self._sender.send(_TokenRequest(self._url, credential, scopes, self.api, self.secrets))
        document = read_document(answer, TOKEN, "the token endpoint", self.secrets, masked=False)
        self.secrets.add(document["access_token"])
        lifetime = float(document.get("expires_in", USUAL_LIFETIME))
        return Token(document["access_token"], lifetime, _scopes_in(document))


def _scopes_in(document: dict) -> list[str] | None:
    """The granted scopes in an answer with a token (RFC 6749 section 5.1); None if there are none."""
    scope = document.get("scope")
    words = scope.split() if isinstance(scope, str) else scope if isinstance(scope, list) else []
    return [clean(word, 100) for word in words if isinstance(word, str)] or None


class _TokenRequest(Request):
    def __init__(
        self,
        url: str,
        credential: Credential,
        scopes: t.Sequence[str],
        api: Api,
        secrets: Secrets,
    ):
        super().__init__("POST", url)
        self._credential = credential
        self._scope = " ".join(scopes)
        self._api = api
        self._secrets = secrets

    def content(self) -> dict:
        form = self._credential.form(self.url)
        if "client_assertion" in form:
            self._secrets.add(form["client_assertion"])
        return {"data": {"grant_type": "client_credentials", "scope": self._scope, **form}}

    def refusal(self, answer: Answer) -> AvePointError:
        """The error for an answer that is not 200 (RFC 6749 section 5.2)."""
        refusal = Refusal(answer, self._secrets)
        status, quote = refusal.status, refusal.quote
        kind: type[AvePointError]
        if error := refusal.on_the_way("the token endpoint", self.host, "identity_url"):
            return error
        if status == 404:
            kind, text = (
                NotFound,
                f"there is no token endpoint at {self.host}{quote}: check identity_url and cloud_environment",
            )
        elif status == 429:
            kind, text = (
                RateLimited,
                f"the token endpoint refused further requests for now{quote}: its rate limit is reached",
            )
        elif status >= 500:
            kind, text = ServerError, f"the token endpoint at {self.host} failed{quote}: try again later"
        else:
            kind, text = AuthenticationFailed, self._login_refused(refusal)
        return refusal.error(kind, text)

    def _login_refused(self, refusal: Refusal) -> str:
        oauth = refusal.body.get("error") if isinstance(refusal.body.get("error"), str) else None
        proof, api = self._credential.kind, self._api
        advice = {
            "invalid_client": f"the login by {proof} was refused: check client_id, the {proof} and its expiry date, "
            f"and that the app is registered in {api.registration}",
            "unauthorized_client": f"the app may not log in by {proof}: check how it is registered in {api.registration}",
            "invalid_scope": f"the scope was refused: give the app the permission {api.permission} in {api.registration}, or correct scopes",
        }.get(oauth or "", f"the login by {proof} was refused: check client_id and identity_url")
        return f"{advice}{refusal.quote}" + (f" [{clean(oauth, 60)}]" if oauth else "")
