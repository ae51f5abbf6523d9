# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates created at run time: those of a private CA and a server, and a client certificate in all file formats."""

from __future__ import annotations

import ipaddress
import os
import ssl
from datetime import datetime, timedelta, timezone
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = timedelta(days=1)
TLS_FAULTS = ("expired", "wrong-host", "not-strict")
PEM = serialization.Encoding.PEM
PKCS8 = serialization.PrivateFormat.PKCS8


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _write(path: Path, data: bytes) -> Path:
    """Writes a file that only its owner can read."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
    return path


def _pem(key: rsa.RSAPrivateKey, password: str | None = None) -> bytes:
    encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if password:
        encryption = serialization.BestAvailableEncryption(password.encode())
    return key.private_bytes(PEM, PKCS8, encryption)


def _builder(subject: str, issuer: str, key: rsa.RSAPrivateKey, expired: bool = False) -> x509.CertificateBuilder:
    now = datetime.now(timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 9 * DAY)
        .not_valid_after(now + (-DAY if expired else 9 * DAY))
    )


def serve_tls(folder: Path, fault: str | None) -> tuple[ssl.SSLContext, Path]:
    """The TLS context of a server, and the path of the CA file that its clients have to trust.

    `fault` is one of TLS_FAULTS, or None.
    """
    folder.mkdir(parents=True, exist_ok=True)
    ca_name = "avepoint.cloud simulator CA"
    ca_key, key = _key(), _key()
    authority = ca_key.public_key()
    ca = (
        _builder(ca_name, ca_name, ca_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(authority), critical=False)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                key_cert_sign=True,
                crl_sign=True,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .sign(ca_key, hashes.SHA256())
    )
    names: list[x509.GeneralName] = [x509.DNSName("other.example")]
    if fault != "wrong-host":
        loopback = [x509.IPAddress(ipaddress.ip_address(address)) for address in ("127.0.0.1", "::1")]
        names = [x509.DNSName("localhost"), *loopback]
    certified = (
        _builder("simulator", ca_name, key, expired=fault == "expired")
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    )
    if fault != "not-strict":  # RFC 5280 section 4.2.1.1 requires this extension
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority)
        certified = certified.add_extension(identifier, critical=False)
    certificate = certified.sign(ca_key, hashes.SHA256())
    ca_path = _write(folder / "ca.pem", ca.public_bytes(PEM))
    server_path = _write(folder / "server.pem", certificate.public_bytes(PEM) + _pem(key))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(server_path)
    return context, ca_path


def make_client_certificate(folder: Path, password: str, expired: bool = False) -> dict[str, str]:
    """Creates a self-signed client certificate in all formats; returns the paths by the names of the formats."""
    folder.mkdir(parents=True, exist_ok=True)
    key = _key()
    certificate = _builder("client", "client", key, expired).sign(key, hashes.SHA256())
    public = certificate.public_bytes(PEM)
    encryption = serialization.BestAvailableEncryption(password.encode())
    files = {
        "certificate": ("client.crt", public),  # without the key, for the registration
        "pem": ("client.pem", public + _pem(key)),
        "pem_key_first": ("client-key-first.pem", _pem(key) + public),
        "pem_encrypted": ("client-encrypted.pem", public + _pem(key, password)),
        "pfx": ("client.pfx", pkcs12.serialize_key_and_certificates(b"client", key, certificate, None, encryption)),
        "pfx_without_password": (
            "client-without-password.pfx",
            pkcs12.serialize_key_and_certificates(b"client", key, certificate, None, serialization.NoEncryption()),
        ),
    }
    return {kind: str(_write(folder / name, data)) for kind, (name, data) in files.items()}
