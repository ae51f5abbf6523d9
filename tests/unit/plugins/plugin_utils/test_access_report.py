# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is shown of a check of access: how wide, where to go, and whatever a server sends as plain text."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.avepoint.cloud.plugins.module_utils._access import OPTIONS, check_access
from ansible_collections.avepoint.cloud.plugins.plugin_utils._access_report import access_report
from ansible_collections.avepoint.cloud.plugins.plugin_utils._table import WIDTH, columns

ONLINE = "AvePoint Online Services > App registrations"


def a_check(product: str = "d365", step: str | None = None, code: str = "", **more: t.Any) -> dict:
    return {
        "product": product,
        "ok": step is None,
        "skipped": False,
        "step": step,
        "msg": "It is wrong." if step else "It answers as documented.",
        "error": {"code": code, "http_status": None, "request_id": None} if step else None,
        "seconds": 0.1,
        "login": "client secret",
        "scopes": None,
        "permission": "Dynamics.ReadWrite.All",
        "registration": ONLINE,
        "hosts": ["identity.example.test", "graph.example.test"],
        "warnings": [],
        **more,
    }


def a_result(*checks: dict, **more: t.Any) -> dict:
    ok = all(check["ok"] for check in checks)
    return {"ok": ok, "checks": list(checks), "clock_skew": 0.0, "certificate": None, **more}


def text_of(result: t.Any) -> str:
    """The report without the ends of its lines."""
    lines = access_report(result)
    assert max(map(columns, lines)) <= WIDTH
    return " ".join(" ".join(lines).split())


def test_a_table() -> None:
    skipped = a_check("pc", ok=False, skipped=True, msg="It needs customer_id and tenant_id.")
    lines = access_report(a_result(a_check(), a_check("m365", "login", "authentication_failed"), skipped))
    assert [line[:30].rstrip() for line in lines[:6]] == [
        "product     result   step",
        "----------  -------  ---------",
        "d365        ok",
        "m365        FAILED   login",
        "",
        "pc          skipped",
    ]
    assert lines[5].endswith("It needs customer_id and tenant_id.")
    assert lines[6:] == [
        "",
        "m365, login: It is wrong.",
        "To check pc: -e check_customer_id=... -e check_tenant_id=...",
        "To check only what works: -e check_products=d365",
        "Access does not work: m365.",
    ]


def test_what_is_skipped_can_be_checked_with_what_is_missing() -> None:
    skipped = [a_check(name, ok=False, skipped=True, msg="It needs region or graph_url.") for name in ("d365", "aos")]
    assert "To check d365, aos: set AVEPOINT_REGION, such as us." in text_of(a_result(*skipped))
    skipped = a_check("new", ok=False, skipped=True, msg="It needs more.")
    assert "To check" not in text_of(a_result(skipped))


def test_where_there_are_no_regions_none_is_looked_for() -> None:
    assert "here: graph_url and ids as AvePoint" in text_of(a_result(a_check("pc", "permission", "not_found")))


@pytest.mark.parametrize(
    ("step", "code", "words"),
    [
        ("settings", "invalid_input", "here: the option or the library that is named below"),
        ("connect", "connection_failed", "here: the network, the proxy or the CA"),
        ("connect", "connection_failed", "To be reached without a proxy: identity.example.test, graph.example.test."),
        ("login", "authentication_failed", f"{ONLINE}: id, client secret and permission of the app"),
        ("login", "server_error", "check again later"),
        ("permission", "permission_denied", f"{ONLINE}: permission of the app, and consent"),
        ("permission", "not_found", "here: region, graph_url and ids as AvePoint Online Services shows them"),
        ("permission", "rate_limited", "check again later"),
        ("contract", "invalid_response", "report it"),
        ("another", "another", "read what is below"),
    ],
)
def test_each_red_line_says_what_to_do_and_where(step: str, code: str, words: str) -> None:
    text = text_of(a_result(a_check("d365", step, code)))
    assert words in text
    assert f"d365, {step}: It is wrong." in text


def test_what_cannot_be_reached_through_a_proxy() -> None:
    text = text_of(a_result(a_check("d365", "connect", proxy="proxy.example.test:3128")))
    assert "To be reached through the proxy proxy.example.test:3128: identity.example.test" in text


def test_what_is_wrong_with_several_is_said_once() -> None:
    error = {"code": "server_error", "http_status": 500}
    checks = [
        a_check(name, "permission", error={**error, "request_id": f"of-{name}"}) for name in ("d365", "m365", "aos")
    ]
    text = text_of(a_result(*checks))
    assert text.count("It is wrong.") == 1
    assert "d365, m365, aos, permission: It is wrong." in text
    assert "Request id for AvePoint's support: of-d365, of-m365, of-aos." in text


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (a_result(a_check("pc"), a_check("d365")), "Access works: pc, d365."),
        (a_result(a_check("pc"), a_check("d365", "connect")), "Access does not work: d365."),
        ({**a_result(a_check("pc", ok=False, skipped=True)), "ok": False}, "nothing was checked, since options are"),
        (a_result(), "nothing was checked"),
        ({"failed": True, "msg": "No."}, "nothing was checked"),
        ({"ok": True, "checks": ["d365"]}, "nothing was checked"),
        (None, "nothing was checked"),
        # what says no more than that all is well is not believed
        ({"ok": "yes", "checks": [{"product": "pc", "ok": "yes"}]}, "Access does not work: pc."),
    ],
)
def test_the_last_line(result: t.Any, words: str) -> None:
    assert words in text_of(result)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"clock_skew": 7200.0}, "Clock: this machine is 120 minutes behind the servers."),
        ({"clock_skew": -7200}, "Clock: this machine is 120 minutes ahead of the servers."),
        ({"clock_skew": 299.0}, ""),
        ({"clock_skew": None}, ""),
        (
            {"certificate": {"subject": "CN=one", "not_after": "2027-01-01T00:00:00Z", "days_left": 30}},
            "Certificate: CN=one, until 2027-01-01T00:00:00Z (30 days left).",
        ),
    ],
)
def test_what_else_there_is_to_know(more: dict, words: str) -> None:
    text = text_of(a_result(a_check(warnings=["It ends soon."]), a_check("aos", warnings=["It ends soon."]), **more))
    assert words in text
    assert ("Clock:" in text, "Certificate:" in text) == (words.startswith("Clock"), words.startswith("Certificate"))
    assert text.count("Note: It ends soon.") == 1


def test_texts_of_a_server_are_no_commands() -> None:
    hostile = "\x1b[31m\r\n##vso[task.complete result=Succeeded]\n::error::x\u202e" + "y" * 5000
    check = a_check(
        "pc", "login", msg=hostile, registration=hostile, login=hostile, hosts=[hostile], warnings=[hostile]
    )
    lines = access_report(a_result(check, clock_skew=9e9, certificate={"subject": hostile, "days_left": 99}))
    assert all(line.isprintable() for line in lines)
    assert not any("##" in line or "::" in line for line in lines)
    assert max(map(columns, lines)) <= WIDTH


def test_the_result_of_the_module_itself() -> None:
    params = {name: option.get("default") for name, option in OPTIONS.items()}
    assert "there are no credentials" in text_of(check_access(params))
