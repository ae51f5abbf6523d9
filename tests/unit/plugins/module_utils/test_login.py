# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Logging in with a certificate: what is read from the user's file, and what is signed. The rest is in test_client.py."""

from __future__ import annotations

import base64
import builtins
import datetime
import hashlib
import time
import typing as t
from pathlib import Path

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from ansible_collections.avepoint.cloud.plugins.module_utils._certificate import ClientCertificate
from ansible_collections.avepoint.cloud.plugins.module_utils._errors import InvalidInput, MissingLibrary
from ansible_collections.avepoint.cloud.plugins.module_utils._login import GivenToken, Login, usable_token
from ansible_collections.avepoint.cloud.plugins.module_utils._token_endpoint import ClientSecret
from ansible_collections.avepoint.cloud.tests.unit.conftest import PASSWORD
from ansible_collections.avepoint.cloud.tests.unit.plugins.module_utils.support import failed, succeeded

URL = "https://identity.example.test/connect/token"
PEM = serialization.Encoding.PEM
NO_LOCK = serialization.NoEncryption()


def certificate_of(key, signed_by=None) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "someone")])
    now = datetime.datetime.now(datetime.timezone.utc)
    signer = signed_by or key
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(signer, None if isinstance(signer, ed25519.Ed25519PrivateKey) else hashes.SHA256())
    )


def key_pem(key, lock=NO_LOCK, form=serialization.PrivateFormat.PKCS8) -> bytes:
    return key.private_bytes(PEM, form, lock)


def pfx(key, certificate, others=None, lock=NO_LOCK) -> bytes:
    return pkcs12.serialize_key_and_certificates(b"someone", key, certificate, others, lock)


def read(path: str) -> bytes:
    return Path(path).read_bytes()


@pytest.fixture
def public(certificate) -> x509.Certificate:
    return x509.load_pem_x509_certificate(read(certificate["certificate"]))


@pytest.fixture
def key(certificate):
    return serialization.load_pem_private_key(read(certificate["pem_key_first"]), None)


def signed(content: bytes, password=None, now=time.time) -> tuple[dict, dict, str]:
    """Header and claims of an assertion made with a file of this content, and the assertion."""
    form = ClientCertificate("client-1", content, password, now).form(URL)
    assertion = form["client_assertion"]
    claims = jwt.decode(assertion, options={"verify_signature": False, "verify_aud": False})
    return jwt.get_unverified_header(assertion), claims, assertion


FORMS = [
    ("pem", None),
    ("pem_key_first", None),
    ("pem_encrypted", PASSWORD),
    ("pfx", PASSWORD),
    ("pfx_without_password", None),
]


@pytest.mark.parametrize(("form", "password"), FORMS)
def test_each_form_of_the_file_signs_what_its_certificate_verifies(certificate, public, form, password):
    header, _claims, assertion = signed(read(certificate[form]), password)
    thumbprint = hashlib.sha1(public.public_bytes(serialization.Encoding.DER)).digest()
    assert header["alg"] == "RS256"
    assert header["kid"] == thumbprint.hex().upper()
    assert header["x5t"] == base64.urlsafe_b64encode(thumbprint).decode().rstrip("=")
    claims = jwt.decode(assertion, public.public_key(), algorithms=["RS256"], audience=URL, issuer="client-1")
    assert claims["sub"] == "client-1"


def test_what_the_assertion_claims(certificate):
    _header, claims, _assertion = signed(read(certificate["pem"]), now=lambda: 1_790_000_000.7)
    assert claims.pop("jti")
    assert claims == {
        "iss": "client-1",
        "sub": "client-1",
        "aud": URL,
        "iat": 1_790_000_000,
        "nbf": 1_790_000_000,
        "exp": 1_790_000_300,
    }


def test_the_form_of_a_certificate_login(certificate):
    form = ClientCertificate("client-1", read(certificate["pem"]), None).form(URL)
    assert form.pop("client_assertion").count(".") == 2
    assert form == {"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}


def test_each_assertion_is_used_once(certificate):
    proof = ClientCertificate("client-1", read(certificate["pem"]), None)
    made = [proof.form(URL)["client_assertion"] for _time in range(5)]
    assert len({jwt.decode(each, options={"verify_signature": False})["jti"] for each in made}) == 5


def test_the_password_is_secret_and_the_client_secret_is():
    assert ClientSecret("client-1", "hidden").secrets == {"hidden"}
    assert ClientSecret("client-1", "hidden").form(URL) == {"client_id": "client-1", "client_secret": "hidden"}
    assert GivenToken("hidden").secrets == {"hidden"}
    assert GivenToken("hidden").warnings() == []


def test_the_password_of_a_certificate_is_secret(certificate):
    assert ClientCertificate("client-1", read(certificate["pfx"]), PASSWORD).secrets == {PASSWORD}
    assert ClientCertificate("client-1", read(certificate["pem"]), None).secrets == set()


# What else may be in the file


def test_of_several_certificates_the_one_of_the_key_is_taken(key, public):
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    stranger, mine = certificate_of(other), public.public_bytes(PEM)
    for content in (
        stranger.public_bytes(PEM) + mine + key_pem(key),
        mine + stranger.public_bytes(PEM) + key_pem(key),
        key_pem(key) + stranger.public_bytes(PEM) * 2 + mine,
        pfx(key, public, [stranger]),
    ):
        assert signed(content)[0]["kid"] == public.fingerprint(hashes.SHA1()).hex().upper()


def test_text_around_the_blocks_and_the_older_form_of_a_key(key, public):
    content = (
        b"Bag Attributes\n    friendlyName: someone\n"
        + public.public_bytes(PEM)
        + b"Key Attributes: <No Attributes>\n"
        + key_pem(key, form=serialization.PrivateFormat.TraditionalOpenSSL)
    )
    assert signed(content.replace(b"\n", b"\r\n"))[0]["alg"] == "RS256"


# What cannot be used


def broken_file(name: str, key, public) -> tuple[bytes, str | None, str]:
    """Content and password of a file that cannot be used, and a word that the message needs."""
    mine, lock = public.public_bytes(PEM), serialization.BestAvailableEncryption(b"right")

    def another():
        return certificate_of(rsa.generate_private_key(public_exponent=65537, key_size=2048))

    def of(other) -> bytes:
        return certificate_of(other).public_bytes(PEM) + key_pem(other)

    def unknown() -> bytes:
        """A key of an algorithm that nobody knows: the last arc of the object identifier of Ed25519 changed."""
        edwards = ed25519.Ed25519PrivateKey.generate()
        der = edwards.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, NO_LOCK)
        text = base64.b64encode(der.replace(b"\x2b\x65\x70", b"\x2b\x65\x63"))
        return b"-----BEGIN PRIVATE KEY-----\n" + text + b"\n-----END PRIVATE KEY-----\n"

    cut = key_pem(key)[:300] + b"\n-----END PRIVATE KEY-----\n"
    curve = ec.generate_private_key(ec.SECP256R1())
    kinds: dict[str, t.Callable[[], tuple[bytes, str | None, str]]] = {
        "no key": lambda: (mine, None, "private key"),
        "no certificate": lambda: (key_pem(key), None, "certificate"),
        "another's certificate": lambda: (another().public_bytes(PEM) + key_pem(key), None, "belongs"),
        "wrong password": lambda: (mine + key_pem(key, lock), "wrong", "client_certificate_password"),
        "missing password": lambda: (mine + key_pem(key, lock), None, "client_certificate_password"),
        "password for none": lambda: (mine + key_pem(key), "needless", "client_certificate_password"),
        "cut certificate": lambda: (mine[:200] + b"\n-----END CERTIFICATE-----\n" + key_pem(key), None, "certificate"),
        "cut key": lambda: (mine + cut, None, ""),
        "elliptic curve": lambda: (of(curve), None, "RSA"),
        "Edwards curve": lambda: (of(ed25519.Ed25519PrivateKey.generate()), None, "RSA"),
        "unknown key": lambda: (mine + unknown(), None, ""),  # the oldest cryptography takes it for a damaged one
        "elliptic curve in PFX": lambda: (pfx(curve, certificate_of(curve)), None, "RSA"),
        "PFX, wrong password": lambda: (pfx(key, public, lock=lock), "wrong", "client_certificate_password"),
        "PFX, missing password": lambda: (pfx(key, public, lock=lock), None, "client_certificate_password"),
        "PFX, password for none": lambda: (pfx(key, public), "needless", "client_certificate_password"),
        "PFX without key": lambda: (pfx(None, public), None, "private key"),
        "PFX of another": lambda: (_mixed(key, another()), None, "certificate"),
        "cut PFX": lambda: (pfx(key, public)[:500], None, "PFX"),
        "empty": lambda: (b"", None, "PFX"),
        "text": lambda: (b"hello", None, "PFX"),
        "null bytes": lambda: (b"\0" * 5000, None, "PFX"),
        "DER certificate": lambda: (public.public_bytes(serialization.Encoding.DER), None, "PFX"),
        "BEGIN of nothing": lambda: (b"-----BEGIN", None, "private key"),
    }
    assert list(kinds) == NAMES
    return kinds[name]()


def _mixed(key, certificate) -> bytes:
    """A PFX with a key and only others' certificates."""
    return pkcs12.serialize_key_and_certificates(None, key, None, [certificate], NO_LOCK)


NAMES = [
    "no key",
    "no certificate",
    "another's certificate",
    "wrong password",
    "missing password",
    "password for none",
    "cut certificate",
    "cut key",
    "elliptic curve",
    "Edwards curve",
    "unknown key",
    "elliptic curve in PFX",
    "PFX, wrong password",
    "PFX, missing password",
    "PFX, password for none",
    "PFX without key",
    "PFX of another",
    "cut PFX",
    "empty",
    "text",
    "null bytes",
    "DER certificate",
    "BEGIN of nothing",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_cannot_be_used_says_why(key, public, name):
    content, password, word = broken_file(name, key, public)
    with pytest.raises(InvalidInput) as caught:
        ClientCertificate("client-1", content, password)
    text = str(caught.value)
    assert text.startswith("client_certificate ")
    assert word in text
    assert "needless" not in text
    error = caught.value
    assert error.__suppress_context__ or error.__context__ is None, "the library's own words stay out of a traceback"


def test_cryptography_that_is_not_installed(monkeypatch, certificate):
    importing = builtins.__import__

    def without(name, *args, **kwargs):
        if name == "jwt":
            raise ImportError(name)
        return importing(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingLibrary, match="PyJWT"):
        ClientCertificate("client-1", read(certificate["pem"]), None)


# Over the simulator, which checks signature, audience, expiry, thumbprints and replay


def certified(cloud, certificate, **state) -> dict:
    """The simulator knows the certificate, and no secret; what a login with it needs."""
    cloud.clients["pc"] = {
        "client_id": cloud.pc_client["client_id"],
        "scopes": cloud.pc_client["scopes"],
        "certificate": Path(certificate["certificate"]).read_text("utf-8"),
    }
    cloud.set({"job_id": "a", "status": 2}, **state)
    return {"uniform": lambda least, upper: 0.0}


@pytest.mark.parametrize(("form", "password"), FORMS)
def test_the_simulator_accepts_each_form(cloud, certificate, form, password):
    more = certified(cloud, certificate)
    result = cloud.pc(client_certificate=certificate[form], client_certificate_password=password, **more)
    assert succeeded(result)["jobs"][0]["job_id"] == "a"
    assert cloud.counts()["logins"] == 1


def test_a_certificate_that_ends_soon_is_warned_of_once(cloud, certificate):
    more = certified(cloud, certificate)
    result = succeeded(cloud.pc(client_certificate=certificate["pfx_without_password"], **more))
    (warning,) = result["warnings"]
    assert warning.startswith("The client certificate CN=client ends in 8 days, on ")


@pytest.mark.parametrize(
    ("days", "warned"), [(-1, "has ended"), (0, "ends in 0 days"), (1, "ends in 1 day,"), (29, "in 29 days"), (30, "")]
)
def test_when_the_end_of_a_certificate_is_warned_of(days, warned):
    told = ClientSecret("id", "secret")
    told.certificate = {"subject": "CN=one", "not_after": "2026-01-31T00:00:00Z", "days_left": days}
    text = "".join(Login(t.cast(t.Any, None), told, []).warnings())
    assert warned in text
    assert bool(text) == bool(warned)


@pytest.mark.parametrize(
    ("told", "missing"),
    [
        ("elements.bm.tenant.read.all", None),
        ("openid ELEMENTS.bm.tenant.Read.all", None),
        ("", None),
        (None, None),
        (7, None),
        (["elements.bm.tenant.read.all"], None),
        ("elements.bm.tenant", "elements.bm.tenant.read.all is missing, granted is elements.bm.tenant"),
        (["one", 2], "granted is one. If Process Center refuses something, give the app the permission"),
    ],
)
def test_a_login_that_grants_less_than_was_asked_for_is_warned_of(cloud, told, missing):
    narrow = {"kind": "wrong_type", "path": "scope", "value": told, "match": {"service": "identity"}}
    cloud.set({"job_id": "a", "status": 2}, faults=[narrow])
    result = succeeded(cloud.pc())
    assert [missing in text for text in result.get("warnings", [])] == ([True] if missing else [])


def test_a_login_that_is_tried_again_has_a_fresh_assertion(cloud, certificate):
    # An answer that is lost had its effect: the same assertion again would be refused as a replay.
    lost = [{"kind": kind, "match": {"service": "identity"}} for kind in ("close", "status", "cut")]
    more = certified(cloud, certificate, faults=lost)
    result = cloud.pc(client_certificate=certificate["pem"], **more)
    assert succeeded(result)["retries"] == 3
    assert cloud.counts()["identity"] == 4


def test_another_certificate_than_the_registered_one(cloud, certificate, tmp_path):
    more = certified(cloud, certificate)
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    file = tmp_path / "stranger.pem"
    file.write_bytes(certificate_of(stranger).public_bytes(PEM) + key_pem(stranger))
    result = cloud.pc(client_certificate=str(file), **more)
    failed(result, "authentication_failed", "client certificate", "AvePoint Elements")
    assert cloud.counts()["identity"] == 1


@pytest.mark.parametrize("form", ["pem_encrypted", "pfx"])
def test_a_wrong_password_sends_nothing_and_is_not_shown(cloud, certificate, form):
    more = certified(cloud, certificate)
    result = cloud.pc(client_certificate=certificate[form], client_certificate_password="guess-0815", **more)
    message = failed(result, "invalid_input", "client_certificate_password")
    assert "guess-0815" not in message
    assert cloud.simulator.requests() == []


# Tokens that are given


def test_a_given_token_loses_the_white_space_around_it():
    assert usable_token(" \nabc.DEF-1_2~3+/==\n") == "abc.DEF-1_2~3+/=="


@pytest.mark.parametrize("text", ["", "  ", "two words", "line\nbreak", "Bearer abc", "Ü", "nul\x00", "tab\there"])
def test_a_given_token_that_cannot_be_sent(text):
    with pytest.raises(InvalidInput) as caught:
        usable_token(text)
    assert "access_token" in str(caught.value)
    assert not text.strip() or text not in str(caught.value)
