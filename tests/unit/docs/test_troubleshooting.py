# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each message on docs/troubleshooting.md is what the modules say in that case, and each error code has its section."""

from __future__ import annotations

import json
import re
import ssl
import typing as t

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.avepoint.cloud.plugins.module_utils import _access, _errors, _http, _options
from ansible_collections.avepoint.cloud.plugins.module_utils._aos import Aos
from ansible_collections.avepoint.cloud.plugins.module_utils._baseline_starts import ApplyBaselines
from ansible_collections.avepoint.cloud.plugins.module_utils._dynamics365 import Dynamics365
from ansible_collections.avepoint.cloud.plugins.module_utils._elements import Elements
from ansible_collections.avepoint.cloud.plugins.module_utils._opus import Opus
from ansible_collections.avepoint.cloud.plugins.module_utils._process_center import ProcessCenter
from ansible_collections.avepoint.cloud.plugins.module_utils._run import run
from ansible_collections.avepoint.cloud.plugins.module_utils._run_start import run_start, start_spec
from ansible_collections.avepoint.cloud.plugins.module_utils._sender import Timing
from ansible_collections.avepoint.cloud.plugins.plugin_utils._access_report import access_report
from ansible_collections.avepoint.cloud.tests.simulator.client import APPLY_SCOPE, BASELINES_SCOPE, SCOPES, a_client
from ansible_collections.avepoint.cloud.tests.unit.docs.pages import DOCS, blocks

PAGE = (DOCS / "troubleshooting.md").read_text(encoding="utf-8")

TENANT = {"customer_id": "2b1c7a52-0000-4000-8000-0000000000c1", "tenant_id": "2b1c7a52-0000-4000-8000-0000000000d1"}
JOB = "2b1c7a52-0000-4000-8000-000000000001"
FAILS = {"baselines_api": {"applied": [[0, 3]]}}
FOREVER = {"times": -1, "match": {"service": "pc"}}

# How each message comes about: options over the working ones of Process Center (None takes one away), and faults.
CASES: dict[str, dict[str, t.Any]] = {
    "no credentials": {"options": {"client_id": None, "client_secret": None}},
    "two credentials": {"options": {"access_token": "made-up"}},
    "no region": {"service": Dynamics365, "options": {"graph_url": None}},
    "opus without ids": {"service": Opus},
    "one customer and several": {"service": Elements, "options": {"customer_id": "a", "customers": ["b"]}},
    "range the wrong way round": {
        "service": Aos,
        "options": {"start_time": "2026-01-02", "finish_time": "2026-01-01"},
    },
    "unknown customer": {"service": Elements, "options": {"customers": ["2b1c7a52-0000-4000-8000-0000000000c9"]}},
    "empty job_ids": {"options": {"job_ids": []}},
    "refused request": {"faults": [{"kind": "status", "status": 400, "message": "pageSize is not valid", **FOREVER}]},
    "wrong secret": {"options": {"client_secret": "made-up"}},
    "wrong portal": {"options": {"scopes": ["Dynamics.ReadWrite.All"]}},
    "ended token": {"options": {"client_id": None, "client_secret": None, "access_token": "made-up"}},
    "no permission": {"faults": [{"kind": "status", "status": 403, **FOREVER, "message": "Access is denied"}]},
    "wrong tenant": {"options": {"tenant_id": "2b1c7a52-0000-4000-8000-0000000000d2"}},
    "rate limit": {"faults": [{"kind": "status", "status": 429, "message": "Too many requests", **FOREVER}]},
    "server fails": {"faults": [{"kind": "status", "status": 503, "message": "Service unavailable", **FOREVER}]},
    "nobody listens": {"options": {"graph_url": "http://127.0.0.1:1"}},
    "no such host": {"options": {"graph_url": "https://graph.invalid"}},
    "untrusted": {"tls": "tls_simulator"},
    "not strict": {"tls": "not_strict_simulator", "strict": True},
    "pasted certificate": {"options": {"client_secret": None, "client_certificate": "pasted/secret"}},
    "proxy of another kind": {
        "options": {"graph_url": "https://graph.example.test"},
        "environment": {"ALL_PROXY": "socks5h://127.0.0.1:1"},
    },
    "no answer": {"faults": [{"kind": "hang", **FOREVER}], "options": {"request_timeout": 0.3}},
    "sign-in page": {"faults": [{"kind": "html", **FOREVER}]},
    "wrong type": {"faults": [{"kind": "wrong_type", "path": "data[0].status", "value": [], **FOREVER}]},
    "still running": {"options": {"wait": True, "wait_timeout": 0}},
    "never comes": {
        "options": {
            "wait": True,
            "wait_timeout": 30,
            "appear_timeout": 0,
            "job_ids": ["2b1c7a52-0000-4000-8000-000000000002"],
        }
    },
    "ended badly": {"starter": ApplyBaselines, "options": {"baselines": ["B"], "wait": True}, "state": FAILS},
    "answer lost": {
        "starter": ApplyBaselines,
        "options": {"baselines": ["B"]},
        "faults": [{"kind": "reset", "when": "before", "match": {"service": "apply_baselines"}}],
    },
    "no certificate": {"options": {"client_secret": None, "client_certificate": "/etc/avepoint/client.pfx"}},
}


def result_of(case: dict[str, t.Any], cloud: t.Any) -> dict:
    """What the module returns in this case."""
    service = case.get("service", ProcessCenter)
    starter = case.get("starter")
    login = a_client(*SCOPES[service.name], *((APPLY_SCOPE, BASELINES_SCOPE) if starter else ()))
    cloud.put_state(
        {
            "clients": [login],
            "tenants": [{**TENANT, "jobs": [{"job_id": JOB, "type": 1, "status": 1}]}],
            "baselines": [{"baseline_id": "B", "name": "Standard", "status": 2}],
            "faults": case.get("faults", []),
            **case.get("state", {}),
        }
    )
    options = {
        "graph_url": cloud.url,
        "identity_url": cloud.identity_url,
        "client_id": login["client_id"],
        "client_secret": login["client_secret"],
        "max_retries": 0,
        **(TENANT if service is ProcessCenter else {}),
        **case.get("options", {}),
    }
    options = {name: value for name, value in options.items() if value is not None}
    checked = ArgumentSpecValidator(start_spec(starter) if starter else _options.argument_spec(service)).validate(
        options
    )
    assert not checked.error_messages
    if starter:
        return run_start(starter, checked.validated_parameters, False, timing=Timing(sleep=lambda seconds: None))
    return run(service, checked.validated_parameters)


def _strict(context: ssl.SSLContext) -> ssl.SSLContext:
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    return context


def same(text: str) -> str:
    """Without what differs from run to run: ports, and the ids that the simulator makes up."""
    text = re.sub(r"(127\.0\.0\.1|localhost):\d+", "HOST", " ".join(text.split()))
    return re.sub(r"^job [0-9a-f-]{36}", "job ID", text)


def messages() -> dict[str, tuple[str, str]]:
    """By case: the section (an error code) and the message that the page gives for it."""
    found = {}
    for section in re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]:
        code = section.splitlines()[0].strip().strip("`")
        for case, message in re.findall(r"<!-- message: (.+?) -->\s*```text\n(.*?)```", section, re.DOTALL):
            found[case] = code, message
    return found


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in _options.CONNECTION:
        monkeypatch.delenv(f"AVEPOINT_{name.upper()}", raising=False)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("name", CASES)
def test_message(name: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    case = CASES[name]
    cloud = request.getfixturevalue(case.get("tls", "simulator"))
    for variable, value in case.get("environment", {}).items():
        monkeypatch.setenv(variable, value)
    if case.get("strict"):  # as Python 3.13 is by itself
        tls = _http._tls
        monkeypatch.setattr(_http, "_tls", lambda checked: _strict(tls(checked)))
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(cloud.ca_path))
    result = result_of(case, cloud)
    code, message = messages()[name]
    assert (result["error"]["code"], same(result["msg"])) == (code, same(message)), json.dumps(result, indent=1)


@pytest.mark.parametrize(("products", "page"), [(["pc", "d365"], "troubleshooting.md"), (["pc"], "getting_started.md")])
def test_the_table_of_the_check(products: list[str], page: str, simulator: t.Any) -> None:
    login = a_client(*SCOPES["pc"])
    simulator.put_state({"clients": [login], "tenants": [{**TENANT, "jobs": []}]})
    options = {
        "products": products,
        "graph_url": simulator.url,
        "identity_url": simulator.identity_url,
        "client_id": login["client_id"],
        "client_secret": login["client_secret"],
        **TENANT,
    }
    checked = ArgumentSpecValidator(_access.OPTIONS).validate(options)
    lines = access_report(_access.check_access(checked.validated_parameters))
    tables = [block.text.splitlines() for block in blocks(DOCS / page) if block.text.startswith("product ")]
    assert tables == [lines]


def test_no_other_messages() -> None:
    assert messages().keys() == CASES.keys()


def test_every_code_has_a_section() -> None:
    kinds = [
        kind for kind in vars(_errors).values() if isinstance(kind, type) and issubclass(kind, _errors.AvePointError)
    ]
    codes = {kind.code for kind in kinds}
    assert len(codes) == 13
    assert codes <= {heading.strip("`") for heading in re.findall(r"^## (.+)$", PAGE, re.MULTILINE)}
