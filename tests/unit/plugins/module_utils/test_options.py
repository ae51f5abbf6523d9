# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bad input is refused with a message that helps, before anything is sent; good input goes where it should."""

from __future__ import annotations

import base64
import copy
import importlib.util
import pathlib
import secrets
import sys

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.avepoint.cloud.plugins.module_utils import _connection, _http, _options
from ansible_collections.avepoint.cloud.plugins.module_utils._certificate import inline_certificate
from ansible_collections.avepoint.cloud.plugins.module_utils._checks import check_job_options
from ansible_collections.avepoint.cloud.plugins.module_utils._connect import connect
from ansible_collections.avepoint.cloud.plugins.module_utils._dynamics365 import Dynamics365
from ansible_collections.avepoint.cloud.plugins.module_utils._errors import InvalidInput
from ansible_collections.avepoint.cloud.plugins.module_utils._process_center import ProcessCenter
from ansible_collections.avepoint.cloud.plugins.module_utils._run import run
from ansible_collections.avepoint.cloud.plugins.module_utils._secrets import Secrets, secrets_in
from ansible_collections.avepoint.cloud.plugins.module_utils._services import SERVICES
from ansible_collections.avepoint.cloud.tests.unit.plugins.module_utils.support import (
    failed,
    job_ids,
    params,
    succeeded,
)

SECRET = secrets.token_urlsafe(20)


def refused(cloud, module: str, options: dict, *words: str) -> str:
    """The message of a call that must not have sent anything."""
    result = getattr(cloud, module)(**options)
    message = failed(result, "invalid_input", *words)
    assert cloud.simulator.requests() == [], "something was sent"
    assert result["jobs"] == []
    assert result["error"] == {"code": "invalid_input", "http_status": None, "request_id": None}
    return message


# Bad input


@pytest.mark.parametrize("module", ["pc", "d365"])
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"client_secret": ""}, ["client_secret", "client_certificate", "access_token"]),
        ({"client_secret": "", "client_id": ""}, ["client_id", "client_secret", "client_certificate", "access_token"]),
        ({"client_secret": " \t"}, ["client_secret"]),
        ({"client_id": ""}, ["client_id", "client_secret"]),
        ({"client_secret": SECRET, "access_token": SECRET}, ["client_secret and access_token", "exactly one"]),
        (
            {"client_secret": SECRET, "client_certificate": "/b.pem"},
            ["client_secret and client_certificate", "exactly one"],
        ),
        (
            {"client_certificate": "/b.pem", "access_token": SECRET},
            ["client_certificate and access_token", "exactly one"],
        ),
        ({"access_token": "two words"}, ["access_token", "spaces"]),
        ({"client_certificate": "/no/such/file.pem"}, ["client_certificate", "/no/such/file.pem", "No such file"]),
        ({"client_certificate": "/"}, ["client_certificate", "directory"]),
        ({"page_size": 0}, ["page_size", "from 1 to"]),
        ({"page_size": -1}, ["page_size", "-1"]),
        ({"page": 0}, ["page", "from 1 to 1000000000"]),
        ({"limit": 0}, ["limit", "from 1 to"]),
        ({"max_concurrency": 0}, ["max_concurrency", "from 1 to 16"]),
        ({"max_concurrency": 17}, ["max_concurrency", "17", "from 1 to 16"]),
        ({"max_retries": -1}, ["max_retries", "from 0 to"]),
        ({"max_retry_delay": -0.5}, ["max_retry_delay", "from 0 to"]),
        ({"max_retry_delay": float("nan")}, ["max_retry_delay"]),
        ({"request_timeout": 0}, ["request_timeout", "from 0.001 to"]),
        ({"request_timeout": float("nan")}, ["request_timeout"]),
        ({"request_timeout": float("inf")}, ["request_timeout"]),
        ({"wait_timeout": 20000000}, ["wait_timeout is 20000000", "from 0 to 10000000"]),
        ({"wait": True, "limit": 1, "job_ids": ["a", "b", "A"]}, ["limit is 1", "2 jobs", "job_ids"]),
        ({"wait": True, "limit": 1, "min_jobs": 2}, ["limit is 1", "2 jobs", "min_jobs"]),
        ({"wait_timeout": -1}, ["wait_timeout", "from 0 to 10000000"]),
        ({"wait_sleep": -1}, ["wait_sleep", "from 0 to 10000000"]),
        ({"appear_timeout": -1}, ["appear_timeout", "from 0 to 10000000"]),
        ({"min_jobs": -1}, ["min_jobs", "from 0 to"]),
        ({"job_ids": []}, ["job_ids"]),
        ({"job_ids": ["a", " "]}, ["job_ids"]),
        ({"wait": True, "states": ["failed"]}, ["states", "wait"]),
        ({"wait": True, "page": 1}, ["page", "wait"]),
        ({"graph_url": "http://graph.example.test"}, ["graph_url", "https://", "loopback"]),
        ({"graph_url": "http://127.0.0.1.example.test"}, ["graph_url", "loopback"]),
        ({"graph_url": "http://localhost.example.test"}, ["graph_url", "loopback"]),
        ({"graph_url": "http://2130706433"}, ["graph_url", "loopback"]),
        ({"graph_url": "ftp://127.0.0.1"}, ["graph_url", "https://host"]),
        ({"graph_url": "graph.example.test"}, ["graph_url", "https://host"]),
        ({"graph_url": "https://"}, ["graph_url", "https://host"]),
        ({"graph_url": "https://*.example.test"}, ["graph_url", "https://host"]),
        ({"graph_url": "https://host:99999"}, ["graph_url"]),
        ({"graph_url": "https://host:port"}, ["graph_url"]),
        ({"graph_url": "https://[::1"}, ["graph_url"]),
        ({"graph_url": "https://host/?a=b"}, ["graph_url", "query"]),
        ({"graph_url": "https://host/#part"}, ["graph_url", "query"]),
        ({"graph_url": "https://host/?"}, ["graph_url", "query"]),
        ({"graph_url": "https://host/#"}, ["graph_url", "query"]),
        ({"graph_url": "https://ho st/"}, ["graph_url"]),
        ({"graph_url": "https://host/\npath"}, ["graph_url"]),
        ({"graph_url": "https://user@host"}, ["graph_url", "user name"]),
        ({"graph_url": "https://127.0.0.1\\@elsewhere.example"}, ["graph_url"]),
        ({"identity_url": "http://identity.example.test/connect/token"}, ["identity_url", "https://", "loopback"]),
        ({"identity_url": "token"}, ["identity_url"]),
        ({"graph_url": None, "region": "atlantis"}, ["region is none that is known", "us, uae", "gcp-au", "graph_url"]),
        ({"graph_url": None, "region": "us\x1b[31m"}, ["region"]),
        ({"graph_url": None, "region": "us", "cloud_environment": "us_gov"}, ["region", "commercial", "us_gov"]),
        ({"ca_path": "/no/such/ca.pem"}, ["ca_path", "/no/such/ca.pem"]),
        ({"proxy": "ftp://proxy.example.test"}, ["proxy", "http://proxy.example.com:3128"]),
        ({"proxy": "http://"}, ["proxy"]),
        ({"proxy": "http://[::1"}, ["proxy"]),
        ({"proxy": "http://proxy.example.test:port"}, ["proxy"]),
        ({"proxy": "http://proxy.example.test:99999"}, ["proxy"]),
        ({"proxy": "'http://proxy.example.test'"}, ["proxy"]),
        ({"proxy": "http://user:12/3@proxy.example.test"}, ["proxy"]),
    ],
)
def test_bad_input_of_both_modules(cloud, module, options, words):
    message = refused(cloud, module, options, *words)
    assert message.isprintable()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"page_size": 101}, ["page_size", "101", "from 1 to 100"]),
        ({"tenants": []}, ["tenants", "customer_id", "tenant_id"]),
        ({"customer_id": ""}, ["customer_id", "tenant_id", "tenants"]),
        ({"tenant_id": ""}, ["customer_id", "tenant_id", "tenants"]),
        ({"customer_id": "", "tenant_id": ""}, ["customer_id", "tenant_id", "tenants"]),
        ({"customer_id": "a/b"}, ["customer_id is not an id"]),
        ({"tenant_id": ".."}, ["tenant_id"]),
        ({"tenant_id": "."}, ["tenant_id"]),
        ({"tenant_id": "a%2fb"}, ["tenant_id"]),
        ({"tenant_id": "a?b"}, ["tenant_id"]),
        ({"tenant_id": "a#b"}, ["tenant_id"]),
        ({"tenant_id": "a\\b"}, ["tenant_id"]),
        ({"tenant_id": "a b"}, ["tenant_id"]),
        ({"tenant_id": "a\nb"}, ["tenant_id"]),
        ({"tenant_id": "Ü"}, ["tenant_id"]),
        ({"tenant_id": "x" * 201}, ["tenant_id"]),
    ],
)
def test_bad_input_of_process_center(cloud, options, words):
    refused(cloud, "pc", options, *words)


@pytest.mark.parametrize(
    "tenants",
    [
        [{"customer_id": "good", "tenant_id": "../bad"}],
        [{"customer_id": "good", "tenant_id": "good"}, {"customer_id": "", "tenant_id": "good"}],
    ],
)
def test_each_of_many_tenants_is_checked(cloud, tenants):
    refused(cloud, "pc", {"tenants": tenants}, "_id", "is not an id")


def test_tenants_and_a_tenant_are_alternatives(cloud):
    several, single = {"tenants": [{"customer_id": "a", "tenant_id": "b"}]}, {"customer_id": "a", "tenant_id": "b"}
    for more in (single, {"customer_id": "a"}, {"tenant_id": "b"}):
        refused(cloud, "pc", {**several, **more}, "tenants takes the place of", "customer_id and tenant_id")


@pytest.mark.parametrize("name", ["customer_id", "tenant_id"])
def test_each_of_many_tenants_has_both_ids(name):
    found = ArgumentSpecValidator(_options.argument_spec(ProcessCenter)).validate({"tenants": [{name: "a"}]})
    assert ["missing required arguments" in message for message in found.error_messages] == [True]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"graph_url": None}, ["region", "graph_url", "us, uae"]),
        ({"graph_url": None, "region": " "}, ["region", "graph_url"]),
        ({"start_time": "yesterday"}, ["start_time", "ISO 8601", "-24h"]),
        ({"finish_time": "24h"}, ["finish_time", "-24h"]),
        ({"end_time": "+1h"}, ["finish_time cannot be read"]),
        ({"start_time": "-24x"}, ["start_time"]),
        ({"start_time": "2026-02-30"}, ["start_time"]),
        ({"start_time": "-999999w"}, ["start_time"]),
        ({"start_time": "2026-01-01T00:00:00+99:00"}, ["start_time"]),
        ({"start_time": "x" * 5000}, ["start_time"]),
        ({"start_time": "-1h", "finish_time": "-2h"}, ["start_time", "after finish_time"]),
        ({"start_time": "2026-01-02", "finish_time": "2026-01-01"}, ["2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z"]),
        ({"start_time": "9998-01-01"}, ["start_time", "after finish_time"]),
        ({"organization_id": "not-a-guid"}, ["organization_id", "GUID", "00000000-0000"]),
        ({"organization_id": "00000000000000000000000000000000"}, ["organization_id", "GUID"]),
        ({"object_type": 1, "api": "graph"}, ["object_type", "api: v1"]),
    ],
)
def test_bad_input_of_dynamics_365(cloud, options, words):
    message = refused(cloud, "d365", options, *words)
    assert len(message) < 500


@pytest.mark.parametrize("library", ["requests", "jsonschema", "PyJWT"])
def test_a_library_that_is_not_installed(cloud, monkeypatch, certificate, library):
    options: dict = {}
    if library == "requests":
        monkeypatch.setattr(_http, "urllib3", None)
    elif library == "jsonschema":
        find = importlib.util.find_spec
        monkeypatch.setattr(
            importlib.util, "find_spec", lambda name, *more: None if name == "jsonschema" else find(name, *more)
        )
    else:
        monkeypatch.setitem(sys.modules, "jwt", None)
        options["client_certificate"] = certificate["pem"]
    message = refused(cloud, "pc", options, library, "Python")
    assert "Failed to import" in message, "in the words of Ansible"


def test_the_libraries_for_certificates_are_not_needed_for_secrets(cloud, monkeypatch):
    monkeypatch.setitem(sys.modules, "jwt", None)
    monkeypatch.setitem(sys.modules, "cryptography", None)
    succeeded(cloud.pc())


# Fields that were left empty


def test_texts_that_are_empty_count_as_not_given(cloud):
    cloud.set({"job_id": "a", "status": 2})
    empty = dict.fromkeys(
        ("client_certificate", "client_certificate_password", "access_token", "region", "proxy", "ca_path"), ""
    )
    assert job_ids(succeeded(cloud.pc(client_secret=cloud.pc_client["client_secret"], **empty))) == ["a"]


def test_texts_that_are_empty_get_their_default(cloud):
    cloud.set(d365={"jobs": [{"job_id": "a", "type": 1, "status": 3}]})
    assert job_ids(succeeded(cloud.d365(start_time="", finish_time=" ", organization_id=""))) == ["a"]


# Where requests go


def urls(service, **options) -> tuple[str, str]:
    """The graph and the identity URL that options lead to."""
    given = params(service, access_token="abc", **options)
    return connect(given, service, Secrets())._graph_url, _connection.identity_url(given)


HOST = "avepointonlineservices.com"


@pytest.mark.parametrize(
    ("options", "graph", "identity"),
    [
        ({}, f"https://graph.{HOST}", f"https://identity.{HOST}/connect/token"),
        ({"region": "us"}, f"https://graph-us.{HOST}", f"https://identity.{HOST}/connect/token"),
        ({"region": " GCP-AU "}, f"https://graph-gcp-au.{HOST}", f"https://identity.{HOST}/connect/token"),
        ({"cloud_environment": "us_gov"}, f"https://graph-gov.{HOST}", f"https://identity-gov.{HOST}/connect/token"),
        ({"cloud_environment": "aos2"}, f"https://graph-aos2.{HOST}", f"https://identity-aos2.{HOST}/connect/token"),
        (
            {"cloud_environment": "fedramp"},
            "https://graphusgovapi.online15.net",
            "https://identity.online15.net/connect/token",
        ),
        (
            {"cloud_environment": "us_gov", "graph_url": " https://other.example.test/base/ "},
            "https://other.example.test/base",
            f"https://identity-gov.{HOST}/connect/token",
        ),
        (
            {"identity_url": "https://other.example.test/token"},
            f"https://graph.{HOST}",
            "https://other.example.test/token",
        ),
    ],
)
def test_where_process_center_is_asked(options, graph, identity):
    assert urls(ProcessCenter, **options) == (graph, identity)


def test_every_region_of_dynamics_365():
    regions = [
        "au",
        "sg",
        "ca",
        "ne",
        "we",
        "fr",
        "de",
        "jp",
        "kr",
        "ch",
        "uk",
        "us",
        "uae",
        "za",
        "qa",
        "gcp-au",
        "gcp-jp",
        "gcp-us",
        "gcp-we",
        "gcp-kr",
    ]
    assert sorted(_connection.REGIONS) == sorted(regions)
    for region in regions:
        assert urls(Dynamics365, region=region)[0] == f"https://graph-{region}.{HOST}"


@pytest.mark.parametrize(
    "url", ["http://localhost:8080", "http://127.0.0.1:1", "http://127.9.9.9", "http://[::1]:8080", "HTTP://LOCALHOST"]
)
def test_plain_http_is_for_loopback(url):
    assert urls(ProcessCenter, graph_url=url, identity_url=url)[0] == url


# The environment


def test_every_connection_option_but_scopes_has_its_variable():
    for name, spec in _options.CONNECTION.items():
        if name != "scopes":
            assert spec["fallback"][1] == [f"AVEPOINT_{name.upper()}"], name
    assert "fallback" not in _options.CONNECTION["scopes"]


def test_the_connection_options_are_those_of_the_interface():
    told = {name: (spec["type"], spec.get("default")) for name, spec in _options.CONNECTION.items()}
    assert told == {
        "client_id": ("str", None),
        "client_secret": ("str", None),
        "client_certificate": ("path", None),
        "client_certificate_password": ("str", None),
        "access_token": ("str", None),
        "scopes": ("list", None),
        "cloud_environment": ("str", "commercial"),
        "region": ("str", None),
        "graph_url": ("str", None),
        "identity_url": ("str", None),
        "share_login": ("bool", True),
        "validate_certs": ("bool", True),
        "ca_path": ("path", None),
        "proxy": ("str", None),
        "request_timeout": ("float", 30.0),
        "max_retries": ("int", 5),
        "max_retry_delay": ("float", 60.0),
    }
    hidden = {name for name, spec in _options.CONNECTION.items() if spec.get("no_log")}
    assert hidden == {"client_secret", "client_certificate", "client_certificate_password", "access_token"}


def test_the_options_of_choosing_and_waiting_are_those_of_the_interface():
    common = {
        "job_ids": ("list", None),
        "types": ("list", None),
        "states": ("list", None),
        "page": ("int", None),
        "limit": ("int", None),
        "max_concurrency": ("int", 4),
        "include_raw": ("bool", False),
        "wait": ("bool", False),
        "wait_timeout": ("int", 3600),
        "wait_sleep": ("int", 30),
        "appear_timeout": ("int", None),
        "min_jobs": ("int", 1),
        "fail_fast": ("bool", False),
    }
    own = {
        ProcessCenter: {
            "page_size": ("int", 100),
            "customer_id": ("str", None),
            "tenant_id": ("str", None),
            "tenants": ("list", None),
        },
        Dynamics365: {
            "page_size": ("int", 50),
            "start_time": ("str", "-24h"),
            "finish_time": ("str", "now"),
            "organization_id": ("str", None),
            "object_type": ("int", None),
            "api": ("str", "auto"),
        },
    }
    for service, more in own.items():
        spec = _options.argument_spec(service)
        told = {
            name: (entry["type"], entry.get("default"))
            for name, entry in spec.items()
            if name not in _options.CONNECTION
        }
        told.pop("progress_file")
        assert told == {**common, **more}


def test_everything_from_the_environment(cloud, monkeypatch):
    cloud.set({"job_id": "a", "status": 2})
    values = {
        "CLIENT_ID": cloud.pc_client["client_id"],
        "CLIENT_SECRET": cloud.pc_client["client_secret"],
        "GRAPH_URL": cloud.simulator.url,
        "IDENTITY_URL": cloud.simulator.identity_url,
        "MAX_RETRIES": "0",
        "VALIDATE_CERTS": "false",
    }
    for name, value in values.items():
        monkeypatch.setenv(f"AVEPOINT_{name}", value)
    result = run(ProcessCenter, params(ProcessCenter, **cloud.ids))
    assert job_ids(succeeded(result)) == ["a"]


def test_what_a_task_says_goes_before_what_the_environment_holds(cloud, monkeypatch):
    cloud.set({"job_id": "a", "status": 2})
    monkeypatch.setenv("AVEPOINT_ACCESS_TOKEN", secrets.token_urlsafe(20))
    monkeypatch.setenv("AVEPOINT_CLIENT_ID", "another")
    assert job_ids(succeeded(cloud.pc())) == ["a"]
    assert cloud.counts()["logins"] == 1


# What is trusted


def test_which_certificates_are_trusted(monkeypatch, certificate):
    bundle = certificate["certificate"]

    def verify(**options):
        return _connection.verification(params(ProcessCenter, **options))

    assert verify() is True
    assert verify(ca_path=str(bundle)) == str(bundle)
    assert verify(validate_certs=False) is False
    assert verify(validate_certs=False, ca_path=str(bundle)) is False
    monkeypatch.setenv("CURL_CA_BUNDLE", "/curl.pem")
    assert verify() == "/curl.pem"
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/requests.pem")
    assert verify() == "/requests.pem"
    assert verify(ca_path=str(bundle)) == str(bundle)
    assert verify(validate_certs=False) is False


@pytest.mark.parametrize(
    "content", ["", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
def test_a_ca_path_without_a_certificate_is_bad_input(cloud, tmp_path, content):
    bundle = tmp_path / "ca.pem"
    bundle.write_text(content)
    refused(cloud, "pc", {"ca_path": str(bundle)}, "ca_path", str(bundle), "PEM")


def test_a_ca_path_may_be_a_folder_if_openssl_finds_something_in_it(cloud, tmp_path):
    (tmp_path / "ca.pem").write_text("")
    refused(cloud, "pc", {"ca_path": str(tmp_path)}, "ca_path", str(tmp_path), "openssl rehash")
    (tmp_path / "0123abcd.0").write_text("")
    assert _connection.verification(params(ProcessCenter, ca_path=str(tmp_path))) == str(tmp_path)


# Secrets among the options


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({}, set()),
        ({"client_secret": "aa", "client_certificate_password": "bb", "access_token": "cc"}, {"aa", "bb", "cc"}),
        ({"client_secret": "aa\n"}, {"aa\n", "aa"}),
        (
            {"proxy": "http://user:p%40ss@proxy.example.test"},
            {"user:p%40ss@", "p%40ss", "p@ss", base64.b64encode(b"user:p@ss").decode()},
        ),
        (
            {"proxy": "http://user:pa/ss#w?rd@proxy.example.test"},
            {"user:pa/ss#w?rd@", "pa/ss#w?rd", base64.b64encode(b"user:pa/ss#w?rd").decode()},
        ),
        (
            {"proxy": "user:pa://ss@proxy.example.test"},
            {"user:pa://ss@", "pa://ss", base64.b64encode(b"user:pa://ss").decode()},
        ),
        (
            {"proxy": "http://a-token-of-some-length@proxy.example.test"},
            {
                "a-token-of-some-length@",
                "a-token-of-some-length",
                base64.b64encode(b"a-token-of-some-length:").decode(),
            },
        ),
        (
            {"proxy": "http://us%E4r:p%C3%A4ss@proxy.example.test"},
            {"us%E4r:p%C3%A4ss@", "p%C3%A4ss", "p\u00e4ss", base64.b64encode(b"us\xe4r:p\xc3\xa4ss").decode()},
        ),
        ({"proxy": "http://user@proxy.example.test"}, {"user@", base64.b64encode(b"user:").decode()}),
        ({"graph_url": "https://a:b-c@host/?key=0123456789abcdef"}, {"a:b-c@", "b-c", "YTpiLWM=", "0123456789abcdef"}),
        ({"identity_url": "https://name@host"}, {"name@", base64.b64encode(b"name:").decode()}),
        ({"client_certificate": "/some/where/client.PFX", "ca_path": "~/ca.pem"}, set()),
        ({"client_certificate": "MIIE/pasted~part"}, {"MIIE/pasted~part"}),
        ({"ca_path": "pasted/secret"}, {"pasted/secret"}),
        ({"proxy": "http://[::1"}, set()),
        ({"proxy": "http://@proxy.example.test"}, set()),
    ],
)
def test_what_of_the_options_is_secret(options, found):
    assert secrets_in(params(ProcessCenter, **options)) == found


def forms_of(certificate) -> dict[str, str]:
    """A certificate with its key as people have it in a variable."""
    pem = pathlib.Path(certificate["pem"]).read_text("utf-8")
    pfx = base64.b64encode(pathlib.Path(certificate["pfx_without_password"]).read_bytes()).decode()
    return {
        "pem": pem,
        "crlf": pem.replace("\n", "\r\n"),
        "letters": pem.replace("\n", "\\n"),
        "spaces": pem.replace("\n", " ").strip(),
        "nothing": pem.replace("\n", ""),
        "pem in base64": base64.encodebytes(pem.encode()).decode(),
        "pfx": pfx,
        "pfx in lines": "\n".join(pfx[at : at + 76] for at in range(0, len(pfx), 76)) + "\n",
    }


FORMS = ("pem", "crlf", "letters", "spaces", "nothing", "pem in base64", "pfx", "pfx in lines")


@pytest.mark.parametrize("form", FORMS)
def test_a_certificate_may_be_given_itself_and_is_secret_then(cloud, certificate, form):
    text = forms_of(certificate)[form]
    given = params(ProcessCenter, client_id="x", client_certificate=text, customer_id="c", tenant_id="t")
    assert text in secrets_in(given)
    checked = ArgumentSpecValidator(_options.argument_spec(ProcessCenter)).validate({"client_certificate": text})
    assert checked.validated_parameters["client_certificate"] == text
    given = check_job_options(given, ProcessCenter, 0)
    hidden = connect(given, ProcessCenter, Secrets(secrets_in(given))).secrets
    lines = [line for line in forms_of(certificate)["pem"].splitlines() if len(line) >= 8 and "-----" not in line]
    assert form.startswith("pfx") or set(lines) <= hidden


def test_an_encrypted_key_may_be_given_itself(certificate):
    pem = pathlib.Path(certificate["pem_encrypted"]).read_text("utf-8")
    assert inline_certificate(pem.replace("\n", " ")).decode() == pem
    old = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,0123\n\nQUJD\n-----END RSA PRIVATE KEY-----\n"
    assert inline_certificate(old.replace("\n", " ")).decode() == old


@pytest.mark.parametrize("option", ["client_certificate", "ca_path", "region", "customer_id"])
@pytest.mark.parametrize(
    "pasted", ["Se~cr3t/pasted=", "MIIEvQIBADANBgkqhkiG9w0BAQ+/EF==", "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg"]
)
def test_what_was_pasted_into_another_option_is_not_said(cloud, option, pasted):
    options = {option: pasted, "client_secret": None} if option == "client_certificate" else {option: pasted}
    message = refused(cloud, "pc", {**options, **({"graph_url": None} if option == "region" else {})}, option)
    assert not any(part in message for part in pasted.split())


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_an_end_of_line_is_no_part_of_a_connection_option(cloud, monkeypatch, end):
    given = params(ProcessCenter, client_id=f"id{end}", client_secret=f"secret {end}", customer_id="c", tenant_id="t")
    given = check_job_options(given, ProcessCenter, 0)
    assert (given["client_id"], given["client_secret"]) == ("id", "secret ")
    monkeypatch.setenv("AVEPOINT_CLIENT_SECRET", f"secret{end}")
    assert params(ProcessCenter)["client_secret"] == "secret"


def test_what_of_the_options_is_secret_is_so_in_all_that_a_client_reads():
    # Progress lines are made of it while a wait goes on.
    given = params(
        ProcessCenter, access_token="the-token", proxy="http://user:p%40ss@127.0.0.1:9", customer_id="c", tenant_id="t"
    )
    hidden = connect(given, ProcessCenter, Secrets(secrets_in(given))).secrets
    assert {"the-token", "p@ss", base64.b64encode(b"user:p@ss").decode()} <= hidden


@pytest.mark.parametrize("value", ["before\0after", "geheim\udcff"])
@pytest.mark.parametrize("name", ["client_secret", "client_certificate_password", "client_id", "customer_id"])
def test_text_that_can_be_no_value_is_refused(name, value):
    with pytest.raises(InvalidInput) as caught:
        check_job_options(params(ProcessCenter, **{name: value}), ProcessCenter, 0)
    assert name in str(caught.value)
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize("name", sorted(name for name, spec in _options.CONNECTION.items() if "fallback" in spec))
def test_an_empty_variable_counts_as_none(name, monkeypatch):
    monkeypatch.setenv(f"AVEPOINT_{name.upper()}", " ")
    checked = ArgumentSpecValidator(_options.argument_spec(ProcessCenter)).validate({})
    assert checked.error_messages == []
    assert checked.validated_parameters[name] == _options.CONNECTION[name].get("default")


def test_blank_parameters_are_normalised_and_what_was_given_stays():
    given = params(ProcessCenter, customer_id="c", tenant_id="t", region=" ", access_token="a", job_ids=[" x ", "y"])
    before = copy.deepcopy(given)
    checked = check_job_options(given, ProcessCenter, 0)
    assert checked["region"] is None
    assert checked["job_ids"] == ["x", "y"]
    assert given == before


def test_ids_are_told_apart_where_options_are_refused_too():
    given = params(ProcessCenter, customer_id=" ", tenant_id="t", access_token="a", job_ids=[" x\nz ", "y"])
    assert run(ProcessCenter, given)["missing_job_ids"] == ["x", "z", "y"]


@pytest.mark.parametrize("name", ["region", "graph_url", "client_id", "ca_path", "client_secret"])
def test_an_empty_option_is_what_the_environment_says(name, monkeypatch):
    monkeypatch.setenv("HERE", "/here")
    monkeypatch.setenv(f"AVEPOINT_{name.upper()}", "$HERE/x")
    given = params(Dynamics365, **{name: " "})
    assert check_job_options(given, Dynamics365, 0)[name] == ("/here/x" if name == "ca_path" else "$HERE/x"), (
        "only paths are expanded"
    )


def test_a_certificate_of_the_environment_gives_way_however_its_path_is_written(cloud, monkeypatch):
    monkeypatch.setenv("AVEPOINT_CLIENT_CERTIFICATE", "~/made-up.pfx")
    succeeded(cloud.pc())


@pytest.mark.parametrize("options", [{"region": "us2"}, {"region": "us", "cloud_environment": "us_gov"}])
def test_a_graph_url_goes_before_what_it_would_be_made_of(cloud, options):
    succeeded(cloud.pc(**options))
    succeeded(cloud.d365(**options))


def test_an_organization_id_is_sent_without_what_is_around_it(cloud):
    succeeded(cloud.d365(organization_id=" 2b1c7a52-0000-4000-8000-0000000000e1 "))
    assert {request["json"]["organizationId"] for request in cloud.simulator.requests("d365_v1")} == {
        "2b1c7a52-0000-4000-8000-0000000000e1"
    }


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("a\nb", ["a", "b"]),
        ("a\r\n\r\n  b \n", ["a", "b"]),
        ("a,b\nc", ["a", "b", "c"]),
        ("a,\nb,\n", ["a", "b"]),
        (["a\nb", "c"], ["a", "b", "c"]),
        (["a,b"], ["a,b"]),
    ],
)
def test_each_line_of_job_ids_is_an_id(given, meant):
    options = params(ProcessCenter, customer_id="c", tenant_id="t", access_token="a", job_ids=given)
    assert check_job_options(options, ProcessCenter, 0)["job_ids"] == meant


@pytest.mark.parametrize("given", ["\n", "a,,b", ["a", ""], ["", "a\n"], " \n ", "a,"])
def test_job_ids_with_nothing_in_them_are_refused(given):
    options = params(ProcessCenter, customer_id="c", tenant_id="t", access_token="a", job_ids=given)
    with pytest.raises(InvalidInput, match="job_ids"):
        check_job_options(options, ProcessCenter, 0)


def test_a_relative_path_begins_in_the_folder_of_the_process(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there").touch()
    absolute = _options.absolute
    assert absolute("ca_path", "not-there.pem") == str(tmp_path / "not-there.pem")
    assert absolute("client_certificate", "there") == str(tmp_path / "there")
    assert absolute("state_file", "jobs.json\n") == str(tmp_path / "jobs.json")
    assert absolute("client_certificate", "MIIE/pasted/part") == "MIIE/pasted/part", "which may be a secret"
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert absolute("state_file", "jobs.json") == "jobs.json"
    monkeypatch.chdir(tmp_path)


def test_what_has_choices():
    found = set()
    for name, service in SERVICES.items():
        spec = _options.argument_spec(service)
        if "types" in spec:
            assert spec["types"]["choices"] == list(service.types.values())
        found |= {f"{name} {option}" for option, entry in spec.items() if "choices" in entry}
    common = {f"{name} {option}" for name in SERVICES for option in ("cloud_environment", "states", "types")}
    assert found == (common - {"opus types"}) | {
        "d365 api",
        "m365 service",
        "m365 location",
        "google service",
        "google data_source",
        "iaas service",
        "salesforce level",
        "elements modules",
    }
