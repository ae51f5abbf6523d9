# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The identity service: the OAuth 2.0 client credentials grant with a secret or a certificate (RFC 6749, RFC 7523).

An assertion has to be as the vendor's sample creates it: RS256, iss = sub = the client id, aud = the token URL, a jti that was not
used before, exp at most an hour ahead, and the SHA-1 thumbprint of the certificate as kid (upper case hex) and x5t (base64url).
"""

from __future__ import annotations

import base64
import hmac
import secrets
import time
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA1

from .answers import Answer, Call, Refusal
from .clock import Clock

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
SCOPE_LIMIT = 300
ALONE = "dynamics.readwrite.all"
HOUR = 3600
SKEW = 5


@dataclass
class Client:
    """An app registration."""

    client_id: str
    scopes: list[str]
    client_secret: str | None = None
    certificate: str | None = None  # PEM
    name: str = ""

    def __post_init__(self) -> None:
        self.x509 = x509.load_pem_x509_certificate(self.certificate.encode()) if self.certificate else None


@dataclass
class Token:
    client: Client
    scopes: list[str]
    expires: float


def fold(scope: str) -> str:
    """A scope for comparison: only the Dynamics scope ignores case, because it is documented in two spellings."""
    return scope.lower() if scope.lower() == ALONE else scope


class OAuthError(Refusal):
    """A refusal with the error body of OAuth 2.0 (RFC 6749, section 5.2). `name` is its error code."""

    def __init__(self, name: str, description: str) -> None:
        super().__init__(400, description)
        self.name = name

    def answer(self) -> Answer:
        return Answer(400, {"error": self.name, "error_description": self.message}, {"Cache-Control": "no-store"})


@dataclass
class Identity:
    clock: Clock
    clients: dict[str, Client]
    token_lifetime: float = 3600
    told_lifetime: Any = None  # a false value for expires_in; "missing" leaves it out
    tokens: dict[str, Token] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    def token(self, call: Call) -> Answer:
        if call.media_type() != "application/x-www-form-urlencoded":
            raise OAuthError("invalid_request", "The body must be a form (application/x-www-form-urlencoded).")
        if call.header("authorization"):
            raise OAuthError("invalid_request", "Credentials are taken from the form alone, not from a header.")
        form = dict(call.form())
        if len(form) != len(call.form()):
            raise OAuthError("invalid_request", "A parameter is given twice.")
        if form.get("grant_type") != "client_credentials":
            raise OAuthError("unsupported_grant_type", "Only client_credentials is supported.")
        client = self._client(form, call.url)
        scopes = self._scopes(form.get("scope", ""), client)
        name = secrets.token_urlsafe(48)
        self.tokens[name] = Token(client, scopes, self.clock.now() + self.token_lifetime)
        told = self.token_lifetime if self.told_lifetime is None else self.told_lifetime
        payload = {"access_token": name, "expires_in": told, "token_type": "Bearer", "scope": form["scope"]}
        if told == "missing":
            del payload["expires_in"]
        return Answer(200, payload, {"Cache-Control": "no-store", "Pragma": "no-cache"})

    def _client(self, form: dict[str, str], url: str) -> Client:
        secret, assertion = form.get("client_secret"), form.get("client_assertion")
        if (secret is None) == (assertion is None):
            raise OAuthError("invalid_request", "Give a client_secret or a client_assertion.")
        if assertion is not None:
            if form.get("client_assertion_type") != ASSERTION_TYPE:
                raise OAuthError("invalid_request", f"The client_assertion_type must be {ASSERTION_TYPE}.")
            return self._certified(assertion, form.get("client_id"), url)
        client = self.clients.get(form.get("client_id", ""))
        if client is None or not client.client_secret:
            raise OAuthError("invalid_client", "There is no such client, or it has no secret.")
        if not hmac.compare_digest(client.client_secret.encode(), (secret or "").encode()):
            raise OAuthError("invalid_client", "The client secret is wrong.")
        return client

    def _certified(self, assertion: str, client_id: str | None, url: str) -> Client:
        try:
            header = jwt.get_unverified_header(assertion)
            named = jwt.decode(assertion, options={"verify_signature": False}).get("iss")
        except (jwt.PyJWTError, ValueError) as exc:
            raise OAuthError("invalid_client", f"The client assertion cannot be read: {exc}") from None
        client = self.clients.get(named) if isinstance(named, str) else None
        if client is None or client.x509 is None:
            raise OAuthError("invalid_client", "There is no client of that iss, or it has no certificate.")
        if client_id is not None and client_id != client.client_id:
            raise OAuthError("invalid_client", "The client_id is not that of the client assertion.")
        self._check_header(header, client.x509)
        claims = self._check_claims(assertion, client, url)
        # Checked last, because only a valid assertion counts as used.
        if claims["jti"] in self.used:
            raise OAuthError("invalid_client", "The client assertion was used before (jti).")
        self.used.add(claims["jti"])
        return client

    @staticmethod
    def _check_header(header: dict[str, Any], certificate: x509.Certificate) -> None:
        digest = certificate.fingerprint(SHA1())
        expected = {
            "alg": "RS256",
            "kid": digest.hex().upper(),
            "x5t": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        }
        for name, value in expected.items():
            if header.get(name) != value:
                raise OAuthError("invalid_client", f"The client assertion's header '{name}' is not the expected one.")
        now = datetime.now(timezone.utc)
        if hasattr(certificate, "not_valid_after_utc"):
            first, last = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        else:  # cryptography before 42
            first = certificate.not_valid_before.replace(tzinfo=timezone.utc)
            last = certificate.not_valid_after.replace(tzinfo=timezone.utc)
        if not first <= now <= last:
            raise OAuthError("invalid_client", "The registered certificate is not valid now.")

    @staticmethod
    def _check_claims(assertion: str, client: Client, url: str) -> dict[str, Any]:
        assert client.x509 is not None
        try:
            claims: dict[str, Any] = jwt.decode(
                assertion,
                key=client.x509.public_key(),  # type: ignore[arg-type]
                algorithms=["RS256"],
                audience=url,
                issuer=client.client_id,
                leeway=SKEW,
                options={"require": ["iss", "sub", "aud", "exp", "jti"], "verify_exp": True, "verify_aud": True},
            )
        except (jwt.PyJWTError, ValueError, TypeError) as exc:
            raise OAuthError("invalid_client", f"The client assertion is not valid: {exc}") from None
        if claims["sub"] != client.client_id:
            raise OAuthError("invalid_client", "The client assertion's sub is not its iss.")
        if claims["aud"] not in (url, [url]):
            raise OAuthError("invalid_client", "The client assertion is meant for others too (aud).")
        if isinstance(claims["exp"], bool) or not isinstance(claims["exp"], (int, float)):
            raise OAuthError("invalid_client", "The client assertion's exp is not a number.")
        if claims["exp"] <= time.time():
            raise OAuthError("invalid_client", "The client assertion has expired (exp).")
        if claims["exp"] > time.time() + HOUR + SKEW:
            raise OAuthError("invalid_client", "The client assertion lives longer than an hour (exp).")
        if not isinstance(claims["jti"], str) or not claims["jti"]:
            raise OAuthError("invalid_client", "The client assertion's jti is not a string.")
        return claims

    @staticmethod
    def _scopes(text: str, client: Client) -> list[str]:
        asked = text.split()
        if not asked:
            raise OAuthError("invalid_scope", "A scope is needed.")
        if len(text) > SCOPE_LIMIT:
            raise OAuthError("invalid_scope", f"The scope is longer than {SCOPE_LIMIT} characters.")
        folded = [fold(scope) for scope in asked]
        for scope in folded:
            if scope not in [fold(registered) for registered in client.scopes]:
                raise OAuthError("invalid_scope", f"The client has no scope {scope}.")
        if ALONE in folded and len(folded) > 1:
            raise OAuthError("invalid_scope", "Dynamics.ReadWrite.All must be asked for alone.")
        return folded

    def admit(self, call: Call, accepted: tuple[str, ...]) -> None:
        """Checks the token of an API call. Raises Refusal (401 or 403) unless it is valid and has one of the accepted scopes."""
        kind, _space, name = call.header("authorization").partition(" ")
        if not name or kind.lower() != "bearer":
            raise Refusal(401, "A bearer token is needed.", WWW_Authenticate="Bearer")
        token = self.tokens.get(name)
        if token is None or token.expires <= self.clock.now():
            reason = "unknown" if token is None else "expired"
            raise Refusal(
                401,
                f"The access token is {reason}.",
                WWW_Authenticate=f'Bearer error="invalid_token", error_description="The token is {reason}"',
            )
        if not {fold(scope) for scope in accepted} & set(token.scopes):
            raise Refusal(
                403,
                "The access token does not have the permission that this call requires.",
                WWW_Authenticate=f'Bearer error="insufficient_scope", scope="{" ".join(accepted)}"',
            )
