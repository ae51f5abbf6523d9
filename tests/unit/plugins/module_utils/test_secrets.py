# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""No secret, token or assertion in anything that comes out, whatever the other side does with them."""

from __future__ import annotations

import base64
import json
import logging
import secrets
import traceback
from pathlib import Path
from urllib.parse import quote_plus

import pytest
import urllib3

from ansible_collections.avepoint.cloud.plugins.module_utils import _certificate, _login, _token_endpoint
from ansible_collections.avepoint.cloud.plugins.module_utils._errors import ConnectionFailed, InvalidResponse
from ansible_collections.avepoint.cloud.plugins.module_utils._http import Transport
from ansible_collections.avepoint.cloud.plugins.module_utils._process_center import ProcessCenter
from ansible_collections.avepoint.cloud.tests.unit.conftest import PASSWORD, PROXY_CREDENTIALS
from ansible_collections.avepoint.cloud.tests.unit.plugins.module_utils.support import succeeded

MASK = "********"


class Leaks:
    """Knows every secret of a call, those made at run time included, and looks for them."""

    def __init__(self, monkeypatch, *known: str):
        self.known = set(known)
        self.progress: list = []
        token = _login.Login.token

        def noting_token(login):
            found = token(login)
            self.known.add(found)
            return found

        def noting(form):
            def noting_form(credential, url):
                found = form(credential, url)
                self.known |= {value for name, value in found.items() if name in ("client_secret", "client_assertion")}
                return found

            return noting_form

        monkeypatch.setattr(_login.Login, "token", noting_token)
        for kind in (_token_endpoint.ClientSecret, _certificate.ClientCertificate):
            monkeypatch.setattr(kind, "form", noting(kind.form))

    def check(self, result, *more: str) -> None:
        shown = "\n".join([json.dumps(result), str(self.progress), *more])
        assert self.known
        for secret in self.known:
            assert len(secret) > 8, "too short to be looked for"
            for form in (secret, quote_plus(secret), base64.b64encode(secret.encode()).decode().rstrip("=")):
                assert form not in shown
            # Nor a part of it that would be a great help.
            assert secret[:12] not in shown
            assert secret[-12:] not in shown


@pytest.fixture
def leaks(monkeypatch, cloud) -> Leaks:
    return Leaks(monkeypatch, cloud.pc_client["client_secret"], cloud.d365_client["client_secret"])


@pytest.mark.parametrize("module", ["pc", "d365"])
@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 503])
def test_an_api_that_repeats_the_token(cloud, leaks, module, status, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    cloud.set({"job_id": "a", "status": 2})
    cloud.simulator.faults(
        {"kind": "echo_secret", "status": status, "match": {"method": "POST"}, "skip": 1, "times": -1}
    )
    result = getattr(cloud, module)(max_retries=1, **({"api": "v1"} if module == "d365" else {}))
    assert result["failed"]
    if status != 401:
        assert MASK in result["msg"], "the server's words are shown, but for the secret"
    out, err = capfd.readouterr()
    leaks.check(result, caplog.text, out, err)


@pytest.mark.parametrize("status", [400, 401, 500])
def test_a_token_endpoint_that_repeats_the_secret(cloud, leaks, status, caplog):
    caplog.set_level(logging.DEBUG)
    cloud.simulator.faults({"kind": "echo_secret", "status": status, "match": {"service": "identity"}, "times": -1})
    result = cloud.pc(max_retries=1)
    assert MASK in result["msg"]
    leaks.check(result, caplog.text)


@pytest.mark.parametrize("form", ["pem", "pfx"])
def test_a_token_endpoint_that_repeats_the_assertion(cloud, leaks, certificate, form):
    leaks.known.add(PASSWORD)
    cloud.clients["pc"] = {
        "client_id": cloud.pc_client["client_id"],
        "scopes": cloud.pc_client["scopes"],
        "certificate": Path(certificate["certificate"]).read_text("utf-8"),
    }
    cloud.set()
    cloud.simulator.faults({"kind": "echo_secret", "match": {"service": "identity"}, "times": -1})
    password = PASSWORD if form == "pfx" else None
    result = cloud.pc(client_certificate=certificate[form], client_certificate_password=password)
    assert MASK in result["msg"]
    assert any(secret.count(".") == 2 for secret in leaks.known), "the assertion was looked for"
    leaks.check(result)


def test_a_given_token_that_is_repeated(cloud, leaks):
    token = "given." + cloud.pc_client["client_secret"]
    leaks.known.add(token)
    cloud.simulator.faults({"kind": "echo_secret", "match": {"service": "pc"}, "times": -1})
    result = cloud.pc(access_token=f"  {token}\n")
    assert MASK in result["msg"]
    leaks.check(result)


@pytest.mark.parametrize("escaped", [False, True])
def test_an_answer_with_a_secret_in_its_jobs(cloud, leaks, escaped):
    secret = cloud.pc_client["client_secret"]
    text = "".join(f"\\u{ord(letter):04x}" for letter in secret) if escaped else secret
    job = '{"jobId": "SECRET", "type": 1, "status": 2, "note": {"SECRET": "SECRET"}}'.replace("SECRET", text)
    body = f'{{"data": [{job}], "metadata": {{"totalCount": 1}}}}'
    fault = {"kind": "status", "status": 200, "body": body, "content_type": "application/json"}
    cloud.simulator.faults({**fault, "match": {"service": "pc"}, "times": -1})
    result = succeeded(cloud.pc(include_raw=True))
    assert result["jobs"][0]["job_id"] == MASK
    assert result["jobs"][0]["raw"]["note"] == {MASK: MASK}
    leaks.check(result)


def test_an_unknown_value_that_is_a_secret(cloud, leaks):
    body = {
        "result": [{"jobId": "a", "type": cloud.d365_client["client_secret"], "status": "Finished"}],
        "totalNumber": 1,
    }
    cloud.simulator.faults(
        {"kind": "status", "status": 200, "body": body, "match": {"service": "d365_v1"}, "times": -1}
    )
    result = succeeded(cloud.d365())
    assert MASK in result["warnings"][0]
    leaks.check(result)


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "reset"},
        {"kind": "close"},
        {"kind": "cut"},
        {"kind": "hang"},
        {"kind": "html"},
        {"kind": "redirect"},
        {"kind": "status", "status": 401},
    ],
    ids=lambda fault: fault["kind"],
)
@pytest.mark.parametrize("service", ["identity", "pc"])
def test_failures_of_every_kind(cloud, leaks, fault, service, caplog):
    caplog.set_level(logging.DEBUG)
    cloud.simulator.faults({**fault, "match": {"service": service}, "times": -1})
    result = cloud.pc(max_retries=1, request_timeout=0.3)
    assert result["failed"]
    leaks.known.add(cloud.pc_client["client_secret"])
    leaks.check(result, caplog.text)


def test_a_wait_that_meets_an_api_that_repeats_the_token(cloud, leaks):
    cloud.set({"job_id": "a", "status": 1})
    fault = {"kind": "echo_secret", "status": 503, "match": {"service": "pc"}, "skip": 1, "times": -1}
    cloud.simulator.faults(fault)
    result = cloud.pc(wait=True, wait_timeout=100, wait_sleep=30, max_retries=0, report=leaks.progress.append)
    assert result["timed_out"]
    assert any(progress.fault and MASK in progress.fault for progress in leaks.progress)
    leaks.check(result)


def test_a_library_that_puts_the_request_into_its_exception(cloud, leaks, monkeypatch):
    raised = []

    def urlopen(manager, method, url, *, headers, body, **options):
        error = urllib3.exceptions.ProtocolError(f"{headers} {body!r}", headers)
        raised.append(str(error))
        raise error

    monkeypatch.setattr(urllib3.PoolManager, "urlopen", urlopen)
    result = cloud.pc(max_retries=0)
    assert cloud.pc_client["client_secret"] in raised[0]
    leaks.check(result)


def test_a_message_of_our_own_with_a_token_of_the_run_in_it(cloud, leaks, monkeypatch):
    def careless(service, *args, **known):
        raise InvalidResponse(f"could not read what came for {service._client.login._token}")

    cloud.set({"job_id": "a", "status": 2})
    monkeypatch.setattr(ProcessCenter, "read_job", careless)
    result = cloud.pc()
    assert f"could not read what came for {MASK};" in result["msg"]
    leaks.check(result)


def test_nothing_of_a_library_hangs_on_to_what_is_raised(monkeypatch):
    """A traceback, if anybody printed one, would hold no secret either."""

    token = secrets.token_urlsafe(20)

    def urlopen(manager, method, url, *, headers, **options):
        raise urllib3.exceptions.ProtocolError(f"from {headers['Authorization']}")

    monkeypatch.setattr(urllib3.PoolManager, "urlopen", urlopen)
    with pytest.raises(ConnectionFailed) as caught:
        Transport().exchange("GET", "http://127.0.0.1:1", 5, bearer=token)
    shown = "".join(traceback.format_exception(caught.type, caught.value, caught.tb))
    assert token not in shown
    assert "from Bearer" not in shown


def test_the_password_of_a_proxy(cloud, leaks, guarded_proxy):
    user, password = PROXY_CREDENTIALS
    leaks.known.add(password)
    url = guarded_proxy.url.replace("://", f"://{user}:{password}@")
    cloud.simulator.faults({"kind": "status", "status": 400, "message": f"came by {url}", "match": {"service": "pc"}})
    result = cloud.pc(proxy=url)
    assert MASK in result["msg"]
    leaks.check(result)
    leaks.check(cloud.pc(proxy=f"http://{user}:{password}@127.0.0.1:1", max_retries=0))
    leaks.check(cloud.pc(proxy=f"http://{user}:{password}@127.0.0.1:none"))


def test_a_whole_success(cloud, leaks):
    cloud.set({"job_id": "a", "status": 2})
    result = succeeded(cloud.pc(include_raw=True, wait=True, report=leaks.progress.append))
    assert len(leaks.known) >= 3
    leaks.check(result)
