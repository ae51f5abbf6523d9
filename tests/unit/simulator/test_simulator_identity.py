# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logging in: what is accepted, and every refusal."""

from __future__ import annotations

import base64
import time
import uuid
from pathlib import Path
from typing import Any, Callable

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA1

from ansible_collections.avepoint.cloud.tests.simulator.certificates import make_client_certificate
from ansible_collections.avepoint.cloud.tests.simulator.client import D365_SCOPE, PC_SCOPE, a_client

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def test_a_secret_gives_a_token(cloud):
    reply = cloud.login()
    assert reply.status == 200
    assert reply.json["token_type"] == "Bearer"
    assert reply.json["expires_in"] == 3600
    assert reply.json["scope"] == PC_SCOPE
    assert len(reply.json["access_token"]) > 40


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"client_id": "nobody"}, "invalid_client"),
        ({"client_id": None}, "invalid_client"),
        ({"client_secret": None}, "invalid_request"),
        ({"client_assertion": "a.b.c"}, "invalid_request"),
        ({"grant_type": None}, "unsupported_grant_type"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"scope": None}, "invalid_scope"),
        ({"scope": " "}, "invalid_scope"),
        ({"scope": "other"}, "invalid_scope"),
        ({"scope": PC_SCOPE.upper()}, "invalid_scope"),
        ({"scope": f"{PC_SCOPE} other"}, "invalid_scope"),
    ],
)
def test_a_wrong_form_is_refused(cloud, change, error):
    reply = cloud.login(**change)
    assert (reply.status, reply.json["error"]) == (400, error)
    assert reply.json["error_description"]


def test_a_long_scope_is_refused(cloud):
    registered = [f"scope.{number:03d}" for number in range(40)]
    cloud.pc["scopes"] = [PC_SCOPE, *registered]
    cloud.set()
    assert cloud.login(scope=" ".join(registered[:30])).status == 200
    reply = cloud.login(scope=" ".join(registered))
    assert (reply.status, reply.json["error"]) == (400, "invalid_scope")


@pytest.mark.parametrize("spelling", [D365_SCOPE, D365_SCOPE.lower()])
def test_the_dynamics_scope_is_asked_for_alone(cloud, spelling):
    cloud.pc["scopes"] = [PC_SCOPE, D365_SCOPE]
    cloud.set()
    assert cloud.login(scope=spelling).status == 200
    assert cloud.login(scope=f"{PC_SCOPE} {spelling}").json["error"] == "invalid_scope"


def test_only_a_plain_form_is_read(cloud):
    body = f"grant_type=client_credentials&client_id={cloud.pc['client_id']}&scope={PC_SCOPE}"
    body += f"&client_secret={cloud.pc['client_secret']}"
    assert cloud.send("POST", "/connect/token", body, FORM).status == 200
    assert cloud.send("POST", "/connect/token", body, {"Content-Type": "text/plain"}).json["error"] == "invalid_request"
    assert cloud.send("POST", "/connect/token", {"grant_type": "client_credentials"}).json["error"] == "invalid_request"
    assert cloud.send("POST", "/connect/token", body + "&scope=x", FORM).json["error"] == "invalid_request"
    with_header = {**FORM, "Authorization": "Basic eDp5"}
    assert cloud.send("POST", "/connect/token", body, with_header).json["error"] == "invalid_request"
    assert cloud.send("GET", "/connect/token?" + body).status == 405


# Certificates


def assertion_maker(cloud, certificate) -> Callable[..., str]:
    """Makes assertions that are right but for what is changed; None leaves a claim or header out."""
    public = x509.load_pem_x509_certificate(Path(certificate["certificate"]).read_bytes())
    client = a_client(PC_SCOPE, certificate=Path(certificate["certificate"]).read_text("utf-8"))
    cloud.pc, cloud.certified = client, client
    cloud.set()
    digest = public.fingerprint(SHA1())
    key = Path(certificate["pem"]).read_text("utf-8")
    key = key[key.index("-----BEGIN PRIVATE KEY") :]

    def make(algorithm: str = "RS256", key: Any = key, headers: Any = None, **claims: Any) -> str:
        whole = {
            "iss": client["client_id"],
            "sub": client["client_id"],
            "aud": cloud.simulator.identity_url,
            "exp": int(time.time()) + 300,
            "jti": str(uuid.uuid4()),
            **claims,
        }
        head = {
            "kid": digest.hex().upper(),
            "x5t": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            **(headers or {}),
        }
        head = {name: value for name, value in head.items() if value is not None}
        given = {name: value for name, value in whole.items() if value is not None}
        return jwt.encode(given, key, algorithm=algorithm, headers=head)

    return make


def certified(cloud, assertion, **form):
    whole = {"client_id": None, "client_secret": None, "client_assertion_type": ASSERTION_TYPE, **form}
    return cloud.login(client_assertion=assertion, **whole)


def test_an_assertion_gives_a_token_once(cloud, certificate):
    make = assertion_maker(cloud, certificate)
    assertion = make()
    assert certified(cloud, assertion).status == 200
    assert certified(cloud, make(), client_id=cloud.pc["client_id"]).status == 200
    again = certified(cloud, assertion)
    assert (again.status, again.json["error"]) == (400, "invalid_client")
    assert "jti" in again.json["error_description"]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"iss": "nobody"}, "no client of that iss"),
        ({"iss": None}, "no client of that iss"),
        ({"sub": "another"}, "sub is not its iss"),
        ({"sub": None}, '"sub"'),
        ({"aud": "https://identity.example/connect/token"}, "udience"),
        ({"aud": None}, '"aud"'),
        ({"exp_in": -1}, "(exp)"),
        ({"exp_in": 3700}, "(exp)"),
        ({"exp": None}, '"exp"'),
        ({"exp": str(2**33)}, "exp is not"),
        ({"jti": None}, '"jti"'),
        ({"jti": ""}, "jti is not"),
        ({"nbf": 2**33}, "not yet valid"),
        ({"headers": {"kid": "00"}}, "'kid'"),
        ({"headers": {"kid": None}}, "'kid'"),
        ({"headers": {"x5t": "AAAA"}}, "'x5t'"),
        ({"headers": {"x5t": None}}, "'x5t'"),
        ({"algorithm": "HS256", "key": "a secret that is long enough for the library"}, "'alg'"),
        ({"algorithm": "RS512"}, "'alg'"),
    ],
    ids=str,
)
def test_a_wrong_assertion_is_refused(cloud, certificate, change, why):
    change = dict(change)
    if "exp_in" in change:
        change["exp"] = int(time.time()) + change.pop("exp_in")
    reply = certified(cloud, assertion_maker(cloud, certificate)(**change))
    assert (reply.status, reply.json["error"]) == (400, "invalid_client")
    assert why in reply.json["error_description"]


def test_an_audience_shared_with_others_is_refused(cloud, certificate):
    make = assertion_maker(cloud, certificate)
    url = cloud.simulator.identity_url
    assert certified(cloud, make(aud=[url])).status == 200
    assert certified(cloud, make(aud=[url, "https://other.example"])).json["error"] == "invalid_client"


def test_an_audience_is_the_url_as_reached(cloud, certificate):
    make = assertion_maker(cloud, certificate)
    other = cloud.simulator.identity_url.replace("127.0.0.1", "localhost")
    assert certified(cloud, make(aud=other)).json["error"] == "invalid_client"


def test_a_signature_by_another_key_is_refused(cloud, certificate, tmp_path):
    other = make_client_certificate(tmp_path, "of no use elsewhere")
    key = Path(other["pem_key_first"]).read_text("utf-8").split("-----BEGIN CERT")[0]
    reply = certified(cloud, assertion_maker(cloud, certificate)(key=key))
    assert reply.json["error"] == "invalid_client"
    assert "Signature" in reply.json["error_description"]


def test_an_expired_certificate_is_refused(cloud, tmp_path):
    old = make_client_certificate(tmp_path, "of no use elsewhere", expired=True)
    reply = certified(cloud, assertion_maker(cloud, old)())
    assert reply.json["error"] == "invalid_client"
    assert "not valid now" in reply.json["error_description"]


def test_an_assertion_of_the_wrong_kind_is_refused(cloud, certificate):
    make = assertion_maker(cloud, certificate)
    assert certified(cloud, make(), client_assertion_type="jwt").json["error"] == "invalid_request"
    assert certified(cloud, "no.jwt.here").json["error"] == "invalid_client"
    assert certified(cloud, make(), client_id="another").json["error"] == "invalid_client"
    assert cloud.login(client_secret="none is registered").json["error"] == "invalid_client"


# Tokens at the APIs


@pytest.mark.parametrize(
    ("headers", "status", "told"),
    [
        ({}, 401, "Bearer"),
        ({"Authorization": "Basic eDp5"}, 401, "Bearer"),
        ({"Authorization": "Bearer unknown"}, 401, "invalid_token"),
    ],
)
def test_a_token_is_needed(cloud, headers, status, told):
    reply = cloud.send("POST", cloud.pc_path(), None, headers)
    assert reply.status == status
    assert told in reply.headers["WWW-Authenticate"]
    assert reply.json.keys() == {"statusCode", "message", "errors", "requestId", "timestamp", "traceId"}
    assert reply.json["statusCode"] == status
    assert reply.headers["request-id"] == reply.json["requestId"]


def test_a_token_of_another_scope_is_not_enough(cloud):
    reply = cloud.send("POST", cloud.pc_path(), None, cloud.bearer(D365_SCOPE))
    assert reply.status == 403
    assert "insufficient_scope" in reply.headers["WWW-Authenticate"]
    assert cloud.send("POST", "/api/OpenApi/GetJobs", {}, cloud.bearer(PC_SCOPE)).status == 403


def test_a_token_ends(cloud):
    cloud.set(token_lifetime=60, told_lifetime=3600)
    assert cloud.login().json["expires_in"] == 3600
    assert cloud.pc_jobs().status == 200
    cloud.simulator.advance(59)
    assert cloud.pc_jobs().status == 200
    cloud.simulator.advance(2)
    assert cloud.pc_jobs().status == 401


def test_the_told_lifetime_can_be_left_out(cloud):
    cloud.set(told_lifetime="missing")
    assert "expires_in" not in cloud.login().json


def test_a_new_state_forgets_tokens(cloud):
    headers = cloud.bearer(PC_SCOPE)
    cloud.set()
    assert cloud.send("POST", cloud.pc_path(), None, headers).status == 401
