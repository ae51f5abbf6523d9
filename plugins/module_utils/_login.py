# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""OAuth 2.0 client credentials: what proves who asks, and the access token that comes of it."""

from __future__ import annotations

import base64
import re
import threading
import time
import typing as t
import uuid
from contextlib import suppress

from ansible_collections.avepoint.cloud.plugins.module_utils._errors import InvalidInput, MissingLibrary
from ansible_collections.avepoint.cloud.plugins.module_utils._schema import Schema

# RFC 7523 section 2.2
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

# The vendor takes up to an hour; five minutes cover a slow network and a clock that is a little off.
ASSERTION_LIFETIME = 300

# What a token that says nothing of its end is trusted for, in seconds: the vendor's usual expires_in.
USUAL_LIFETIME = 3600

TOKEN = Schema(
    {
        "type": "object",
        "required": ["access_token"],
        "properties": {
            # What can be sent in a header. RFC 6750 allows fewer characters, but what a server gives it also takes.
            "access_token": {"type": "string", "pattern": r"^[\x21-\x7e]+\Z"},
            "token_type": {"type": "string", "pattern": r"^[Bb][Ee][Aa][Rr][Ee][Rr]\Z"},
            "expires_in": {"type": ["number", "string"], "pattern": r"^[0-9]{1,9}\Z", "minimum": 0, "maximum": 10**9},
        },
    }
)


class ClientSecret:
    """Proof by a shared secret."""

    kind = "client secret"

    def __init__(self, client_id: str, client_secret: str):
        self._form = {"client_id": client_id, "client_secret": client_secret}
        self.secrets = {client_secret}

    def form(self, identity_url: str) -> dict[str, str]:
        """The form fields of a token request, whatever its URL."""
        return dict(self._form)


class ClientCertificate:
    """Proof by a signed assertion (RFC 7523, ``private_key_jwt``).

    ``pem_or_pfx`` is the content of the user's file: PEM with certificate and key, or PKCS#12.

    :raises InvalidInput: when it holds no certificate, no key, or the password does not open it.
    :raises MissingLibrary: when PyJWT or cryptography is not installed.
    """

    kind = "client certificate"

    def __init__(self, client_id: str, pem_or_pfx: bytes, password: str | None, now: t.Callable[[], float] = time.time):
        try:
            import jwt
            from cryptography.hazmat.primitives import hashes
        except ImportError:
            raise MissingLibrary("PyJWT with cryptography") from None
        self._encode = jwt.encode
        self._client_id = client_id
        self._now = now
        self._key, certificate = _load(pem_or_pfx, password.encode() if password else None)
        thumbprint = certificate.fingerprint(hashes.SHA1())  # noqa: S303 - names the certificate, protects nothing
        # The vendor's sample sends kid, a public client known to work sends x5t: both are sent.
        self._headers = {
            "kid": thumbprint.hex().upper(),
            "x5t": base64.urlsafe_b64encode(thumbprint).rstrip(b"=").decode(),
        }
        self.secrets: set[str] = {password} if password else set()

    def form(self, identity_url: str) -> dict[str, str]:
        """The form fields of one token request; the assertion may be used once (fresh ``jti``)."""
        now = int(self._now())
        claims = {
            "iss": self._client_id,
            "sub": self._client_id,
            "aud": identity_url,
            "jti": str(uuid.uuid4()),
            "iat": now,
            "nbf": now,
            "exp": now + ASSERTION_LIFETIME,
        }
        assertion = self._encode(claims, self._key, algorithm="RS256", headers=self._headers)
        return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}


def _load(pem_or_pfx: bytes, password: bytes | None) -> tuple[t.Any, t.Any]:
    """The private RSA key and its certificate."""
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key, pkcs12

    def public(key: t.Any) -> bytes:
        return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def refuse(reason: str) -> t.NoReturn:
        raise InvalidInput(f"client_certificate {reason}") from None

    not_opened = "cannot be opened: client_certificate_password is wrong, missing, or given for a file that has none"
    unknown = "uses an algorithm that is not known here: give an RSA key, and export it with AES if it has a password"
    if b"-----BEGIN" in pem_or_pfx:
        key_block = re.search(rb"-----BEGIN ([A-Z ]*PRIVATE KEY)-----.*?-----END \1-----", pem_or_pfx, re.DOTALL)
        if key_block is None:
            refuse("has no private key: give one PEM file that holds the certificate and its key, or a PFX file")
        if b"-----BEGIN CERTIFICATE-----" not in pem_or_pfx:
            refuse("has no certificate: give one PEM file that holds the certificate and its key, or a PFX file")
        try:
            certificates = x509.load_pem_x509_certificates(pem_or_pfx)
        except ValueError:
            refuse("holds a certificate that cannot be read: it is damaged or cut off")
        try:
            key: t.Any = load_pem_private_key(key_block.group(), password)
        except (ValueError, TypeError):
            refuse(not_opened)
        except UnsupportedAlgorithm:
            refuse(unknown)
    else:
        try:
            key, certificate, others = pkcs12.load_key_and_certificates(pem_or_pfx, password)
        except ValueError:
            refuse(f"is neither PEM nor a PFX file that opens, or {not_opened}")
        except UnsupportedAlgorithm:
            refuse(unknown)
        if key is None:
            refuse("has no private key: export the PFX file with its key")
        certificates = [entry for entry in (certificate, *others) if entry is not None]
    if not isinstance(key, RSAPrivateKey):
        refuse("has a key that is not RSA: the vendor takes RS256 signatures only")
    mine = public(key.public_key())
    for certificate in certificates:
        with suppress(ValueError, UnsupportedAlgorithm):  # of a certificate with a kind of key that cannot be ours
            if public(certificate.public_key()) == mine:
                return key, certificate
    raise InvalidInput("client_certificate holds no certificate that belongs to its private key")


class GivenToken:
    """An access token that somebody else asked for: nothing to renew."""

    renewable = False

    def __init__(self, access_token: str):
        self._token = access_token
        self.secrets = {access_token}

    def token(self) -> str:
        """The token, whether it is still good or not."""
        return self._token

    def refused(self, token: str) -> None:
        """Nothing can be done about it."""


class Login:
    """Access tokens by client credentials, asked for once and renewed a little before they end.

    ``ask(form)`` sends the token request: it takes a callable that gives the form for each try and returns
    the checked answer. ``clock`` is monotonic seconds. Safe to use from several threads.
    """

    renewable = True

    def __init__(
        self,
        proof: ClientSecret | ClientCertificate,
        identity_url: str,
        scopes: t.Sequence[str],
        ask: t.Callable[[t.Callable[[], dict[str, str]]], dict],
        clock: t.Callable[[], float] = time.monotonic,
    ):
        self._proof = proof
        self._identity_url = identity_url
        self._scope = " ".join(scopes)
        self._ask = ask
        self._clock = clock
        self._lock = threading.Lock()
        self._token: str | None = None
        self._renew_at = 0.0
        self.kind = proof.kind
        self.secrets = set(proof.secrets)

    def token(self) -> str:
        """A token that is good for now.

        :raises AvePointError: what the token request raises.
        """
        with self._lock:
            if self._token is None or self._clock() >= self._renew_at:
                asked_at = self._clock()
                answer = self._ask(self._form)
                token = answer["access_token"]
                lifetime = float(answer.get("expires_in", USUAL_LIFETIME))
                self.secrets.add(token)
                self._token = token
                self._renew_at = asked_at + lifetime - min(60.0, lifetime / 5)
            return self._token

    def refused(self, token: str) -> None:
        """Forgets a token that was answered with 401, unless another thread has replaced it already."""
        with self._lock:
            if self._token == token:
                self._token = None

    def _form(self) -> dict[str, str]:
        form = self._proof.form(self._identity_url)
        if "client_assertion" in form:
            self.secrets.add(form["client_assertion"])
        return {"grant_type": "client_credentials", "scope": self._scope, **form}


def usable_token(text: str) -> str:
    """``text`` without surrounding white space, if it can be sent as a bearer token.

    :raises InvalidInput: when it cannot.
    """
    token = text.strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise InvalidInput("access_token must be one token without spaces or line breaks: it is sent as it is")
    return token
