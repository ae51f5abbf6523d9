# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The client certificate: reads it and its key from an option, and signs assertions. Imported only if one is used."""

from __future__ import annotations

import base64
import datetime
import re
import time
import typing as t
import uuid
from contextlib import suppress

from ansible_collections.avepoint.cloud.plugins.module_utils._errors import InvalidInput, MissingLibrary
from ansible_collections.avepoint.cloud.plugins.module_utils._text import clean

# RFC 7523 section 2.2
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

# In seconds. The vendor accepts an hour; five minutes are enough for a slow network and a slightly wrong clock.
ASSERTION_LIFETIME = 300

# In bytes: every file with a key and a certificate is larger.
_LEAST_CERTIFICATE = 300


class ClientCertificate:
    """A client id and a certificate, which signs an assertion for each login (RFC 7523, ``private_key_jwt``).

    ``pem_or_pfx`` is the content of the user's file: PEM with certificate and key, or PKCS#12.

    :raises InvalidInput: when it contains no certificate or no key, or cannot be opened with the password.
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
        self._key, certificate = _load_key(pem_or_pfx, password.encode() if password else None)
        self.certificate: dict | None = _facts(certificate, now())
        thumbprint = certificate.fingerprint(hashes.SHA1())  # noqa: S303 - names the certificate, protects nothing
        # The vendor's sample sends kid, a public client known to work sends x5t: both are sent.
        self._headers = {
            "kid": thumbprint.hex().upper(),
            "x5t": base64.urlsafe_b64encode(thumbprint).rstrip(b"=").decode(),
        }
        self.facts: tuple[str, ...] = (self.kind, client_id, pem_or_pfx.hex())
        self.secrets: set[str] = {password} if password else set()

    def form(self, identity_url: str) -> dict[str, str]:
        """The form fields of one token request to the endpoint ``identity_url``; the assertion has a new ``jti`` each time."""
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


def _facts(certificate: t.Any, now: float) -> dict:
    """The ``subject``, ``not_after`` (ISO 8601 UTC) and ``days_left`` (whole days, negative after expiry) of a certificate."""
    if hasattr(certificate, "not_valid_after_utc"):
        end = certificate.not_valid_after_utc
    else:  # cryptography before 42
        end = certificate.not_valid_after.replace(tzinfo=datetime.timezone.utc)
    return {
        "subject": clean(certificate.subject.rfc4514_string(), 200),
        "not_after": end.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "days_left": int((end.timestamp() - now) // 86400),
    }


def inline_certificate(text: str) -> bytes | None:
    """The content of a certificate file, if ``text`` is that content, as PEM or base64; None if it is a path.

    Line ends may have become spaces, or a backslash and a letter, as happens in variables of CI servers.
    """
    if "-----BEGIN" not in text:
        try:
            content = base64.b64decode(re.sub(r"\s+|\\[nr]", "", text), validate=True)
        except ValueError:
            return None
        if len(content) < _LEAST_CERTIFICATE or not content.startswith((b"0", b"-----BEGIN", b"Bag Attributes")):
            return None
        if b"-----BEGIN" not in content:
            return content
        text = content.decode("utf-8", "replace")
    blocks = [
        f"-----BEGIN {label}-----\n{_pem_body(body)}-----END {label}-----\n"
        for label, body in re.findall(r"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", text, re.DOTALL)
    ]
    # A PEM text that is cut off stays as it is: _load_key() reports it.
    return ("".join(blocks) or text).encode("utf-8", "replace")


def _pem_body(body: str) -> str:
    body = re.sub(r"\\[nr]", "\n", body)
    headers = re.findall(r"([A-Za-z-]+):\s*(\S+)", body)  # a key with the older PEM encryption has headers
    data = "".join(re.sub(r"[A-Za-z-]+:\s*\S+", "", body).split())
    lines = [f"{name}: {value}" for name, value in headers] + [""] * bool(headers)
    return "".join(f"{line}\n" for line in (*lines, *re.findall(".{1,64}", data)))


def _load_key(pem_or_pfx: bytes, password: bytes | None) -> tuple[t.Any, t.Any]:
    """The private RSA key and its certificate.

    :raises InvalidInput: when they are missing or cannot be read.
    """
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
    own_key = public(key.public_key())
    for certificate in certificates:
        with suppress(ValueError, UnsupportedAlgorithm):  # a certificate with another kind of key
            if public(certificate.public_key()) == own_key:
                return key, certificate
    raise InvalidInput("client_certificate holds no certificate that belongs to its private key")
