# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whole calls against the simulator's faults, over real sockets; pauses pass at once."""

from __future__ import annotations

import secrets
import time
import tracemalloc

import pytest
import requests

from ansible_collections.avepoint.cloud.plugins.module_utils import _http
from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import STATES
from ansible_collections.avepoint.cloud.tests.simulator.client import D365_SCOPE, PC_SCOPE, a_client
from ansible_collections.avepoint.cloud.tests.unit.plugins.module_utils.support import (
    Cloud,
    Time,
    failed,
    job_ids,
    succeeded,
)

BOTH = pytest.mark.parametrize("module", ["pc", "d365"])
SERVICES = {"pc": "pc", "d365": "d365_v1"}


def call(cloud, module: str, *faults: dict, where: str = "", **options) -> dict:
    """The result of a call with two jobs there, when requests meet these faults."""
    cloud.set(
        {"job_id": "a", "type": 1, "status": 2},
        {"job_id": "b", "type": 5, "status": 3},
        d365={"jobs": [{"job_id": "a", "type": 1, "status": 3}, {"job_id": "b", "type": 2, "status": 4}]},
        faults=[{"match": {"service": where or SERVICES[module]}, **fault} for fault in faults],
    )
    return getattr(cloud, module)(**options)


def sent(cloud, module: str) -> int:
    return cloud.counts()[SERVICES[module]]


# What may pass is tried again


@BOTH
@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 429},
        {"kind": "status", "status": 500},
        {"kind": "status", "status": 502},
        {"kind": "status", "status": 503},
        {"kind": "status", "status": 504},
        {"kind": "reset"},
        {"kind": "reset", "where": "body"},
        {"kind": "close"},
        {"kind": "cut"},
        {"kind": "html", "status": 503},
    ],
    ids=lambda fault: "-".join(map(str, fault.values())),
)
def test_a_fault_that_passes_is_no_failure(cloud, module, fault):
    result = succeeded(call(cloud, module, {**fault, "times": 2}))
    assert job_ids(result) == ["a", "b"]
    assert result["retries"] == 2
    assert len(cloud.time.pauses) == 2


@pytest.mark.parametrize("max_retries", [0, 1, 5])
@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"kind": "status", "status": 503}, "server_error"),
        ({"kind": "status", "status": 429}, "rate_limited"),
        ({"kind": "reset"}, "connection_failed"),
        ({"kind": "cut"}, "connection_failed"),
    ],
)
def test_the_number_of_tries_is_exact(cloud, max_retries, fault, code):
    result = call(cloud, "pc", {**fault, "times": -1}, max_retries=max_retries)
    failed(result, code)
    assert sent(cloud, "pc") == max_retries + 1
    assert result["retries"] == max_retries
    succeeded(call(cloud, "pc", {**fault, "times": max_retries}, max_retries=max_retries))


@pytest.mark.parametrize("status", [400, 403, 404, 409, 418, 501])
def test_what_will_not_pass_is_not_tried_again(cloud, status):
    result = call(cloud, "pc", {"kind": "status", "status": status, "times": -1})
    assert result["error"]["http_status"] == status
    assert sent(cloud, "pc") == 1
    assert result["retries"] == 0


def test_a_login_is_tried_again_as_well(cloud):
    faults = [{"kind": "reset"}, {"kind": "status", "status": 503}, {"kind": "cut"}]
    result = succeeded(call(cloud, "pc", *faults, where="identity"))
    assert result["retries"] == 3
    assert cloud.counts()["identity"] == 4


def test_retry_after_is_done(cloud):
    faults = [
        {"kind": "status", "status": 503, "retry_after": 7},
        {"kind": "status", "status": 429, "retry_after": {"date_in": 20}},
        {"kind": "status", "status": 503, "retry_after": "soon"},
        {"kind": "status", "status": 503, "retry_after": 10**9},
        {"kind": "status", "status": 503, "retry_after": {"date_in": -20}},
    ]
    succeeded(call(cloud, "pc", *faults, max_retry_delay=40))
    seven, date, usual, capped, past = cloud.time.pauses
    assert seven == 7
    assert date == 20, "by the clock of the server, which does not know of the 7 seconds that passed at once"
    assert usual == 4
    assert capped == 40
    assert past == 0


def test_a_rate_limit_of_the_service_is_kept_to(cloud):
    cloud.set(tenant={"generate": {"count": 250}}, rate_limit={"requests": 2, "per_seconds": 30, "retry_after": 30})
    cloud.together()
    result = succeeded(cloud.pc(page_size=25))
    assert len(result["jobs"]) == 250
    refused = [request for request in cloud.simulator.requests("pc") if request["status"] == 429]
    assert refused, "the limit was never reached"
    assert result["retries"] == len(refused)


# 401


def test_401_asks_for_one_fresh_token(cloud):
    result = succeeded(call(cloud, "pc", {"kind": "status", "status": 401}))
    assert cloud.counts()["logins"] == 2
    assert result["retries"] == 1
    first, second = cloud.simulator.requests("pc")
    assert first["headers"]["authorization"] != second["headers"]["authorization"]


@BOTH
def test_401_with_a_fresh_token_is_the_end(cloud, module):
    result = call(cloud, module, {"kind": "status", "status": 401, "times": -1})
    message = failed(result, "authentication_failed", "graph_url", "identity_url")
    assert "access_token" not in message
    if module == "pc":  # the other module reads two lists side by side
        assert cloud.counts()["logins"] == 2
        assert sent(cloud, module) == 2


def test_401_with_a_given_token_is_the_end(cloud):
    token = secrets.token_urlsafe(30)
    message = failed(call(cloud, "pc", access_token=token), "authentication_failed", "access_token", "new one")
    assert token not in message
    assert cloud.counts() == {**cloud.counts(), "identity": 0, "pc": 1}


def test_a_token_that_is_shorter_lived_than_told_is_replaced(cloud):
    cloud.set({"job_id": "a", "status": 1}, token_lifetime=50, told_lifetime=3600)
    cloud.together()
    result = cloud.pc(wait=True, wait_timeout=200, wait_sleep=30)
    failed(result, "wait_timeout")
    assert cloud.counts()["logins"] >= 3
    assert 401 in [request["status"] for request in cloud.simulator.requests("pc")]


def test_a_token_is_renewed_before_it_ends(cloud):
    cloud.set({"job_id": "a", "status": 1}, token_lifetime=100)
    cloud.together()
    result = cloud.pc(wait=True, wait_timeout=400, wait_sleep=30)
    failed(result, "wait_timeout")
    assert cloud.counts()["logins"] >= 4
    assert {request["status"] for request in cloud.simulator.requests("pc")} == {200}
    assert result["retries"] == 0


# One bound over a request


@pytest.mark.real_time
@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "hang", "seconds": 30},
        {"kind": "delay", "seconds": 30},
        {"kind": "dribble", "every": 0.05, "where": "headers"},
        {"kind": "dribble", "every": 0.05, "where": "body"},
    ],
    ids=["hang", "delay", "headers", "body"],
)
def test_a_request_that_takes_too_long_is_given_up(cloud, fault):
    cloud.set({"job_id": "a", "status": 2}, faults=[{"match": {"service": "pc"}, "times": -1, **fault}])
    # Without a login, which a slow machine may need longer for.
    form = {"grant_type": "client_credentials", "scope": PC_SCOPE}
    form |= {name: cloud.pc_client[name] for name in ("client_id", "client_secret")}
    token = requests.post(cloud.simulator.identity_url, data=form, timeout=60).json()["access_token"]
    result = cloud.pc(access_token=token, request_timeout=0.3, max_retries=1)
    failed(result, "request_timeout", "0.3 seconds", "request_timeout")
    assert sent(cloud, "pc") == 2


@pytest.mark.real_time
def test_one_failing_page_ends_the_others_at_once(cloud):
    cloud.set(
        tenant={"generate": {"count": 100}},
        faults=[
            {"kind": "status", "status": 403, "match": {"service": "pc", "page": 3}},
            {"kind": "hang", "seconds": 90, "match": {"service": "pc", "page": 2}},
        ],
    )
    result = cloud.pc(page_size=10, max_concurrency=4, request_timeout=600)
    failed(result, "permission_denied")
    assert result["duration"] < 60


@pytest.mark.real_time
def test_the_time_of_a_wait_bounds_its_requests(cloud):
    cloud.set(
        {"job_id": "a", "status": 1}, faults=[{"kind": "hang", "match": {"service": "pc"}, "skip": 1, "times": -1}]
    )
    cloud.time = Time(frozen=True)
    began = time.monotonic()
    # The first look may take long on a slow machine; the second has one second left.
    result = cloud.pc(wait=True, wait_timeout=61, wait_sleep=60, request_timeout=600)
    assert time.monotonic() - began < 120
    failed(result, "wait_timeout", "a (apply_baseline, running)")
    assert job_ids(result) == ["a"], "what was last seen"


# Answers that are none


@BOTH
@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"kind": "html"}, ["HTML"]),
        ({"kind": "cut_json"}, ["cut off"]),
        ({"kind": "empty"}, ["empty"]),
        ({"kind": "nan"}, ["NaN"]),
        ({"kind": "infinity"}, ["Infinity"]),
        ({"kind": "infinity", "literal": "1e999"}, ["finite"]),
        ({"kind": "infinity", "literal": "-Infinity"}, ["Infinity"]),
        ({"kind": "nan", "literal": "00"}, ["not JSON"]),
        ({"kind": "duplicate_keys"}, ["twice"]),
        ({"kind": "nested"}, ["nested"]),
        ({"kind": "nested", "of": "objects"}, ["nested"]),
        ({"kind": "nested", "depth": 60}, ["nested"]),
        ({"kind": "bad_charset"}, ["UTF-8"]),
        ({"kind": "bad_charset", "variant": "utf16"}, ["UTF-8"]),
        ({"kind": "wrong_type", "path": "", "value": []}, []),
        ({"kind": "wrong_type", "path": "", "value": "text"}, []),
        ({"kind": "wrong_type", "path": "", "value": None}, []),
    ],
    ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else "",
)
def test_an_answer_that_is_none_breaks_the_contract(cloud, module, fault, words):
    result = call(cloud, module, {**fault, "times": -1})
    failed(result, "invalid_response", *words)
    assert result["error"]["http_status"] == 200
    assert result["retries"] == 0, "another try would bring the same"
    assert result["jobs"] == []
    assert result["summary"]["all_finished"] is False


@pytest.mark.parametrize("kind", ["html", "cut_json", "empty", "nan", "duplicate_keys", "nested", "bad_charset"])
def test_a_token_that_is_none_breaks_the_contract(cloud, kind):
    failed(call(cloud, "pc", {"kind": kind}, where="identity"), "invalid_response", "token endpoint")
    assert sent(cloud, "pc") == 0


@BOTH
@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "gzip"},
        {"kind": "bad_charset", "variant": "bom"},
        {"kind": "bad_charset", "variant": "unknown"},
        {"kind": "nested", "depth": 20},
    ],
    ids=lambda fault: "-".join(map(str, fault.values())),
)
def test_an_unusual_answer_is_read_all_the_same(cloud, module, fault):
    assert job_ids(succeeded(call(cloud, module, {**fault, "times": -1}))) == ["a", "b"]


@pytest.mark.parametrize("fault", [{"kind": "huge"}, {"kind": "huge", "content_length": True}, {"kind": "gzip_bomb"}])
def test_an_answer_larger_than_any_real_one_costs_bounded_memory(cloud, monkeypatch, fault):
    monkeypatch.setattr(_http, "MAX_ANSWER", 1024 * 1024)
    tracemalloc.start()
    result = call(cloud, "pc", {**fault, "mebibytes": 24})
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    failed(result, "invalid_response", "larger than 1 MiB")
    assert peak < 12 * 1024 * 1024


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("data", {}, "data should be of type array"),
        ("data", None, "data should be of type array"),
        ("data[1]", 7, "data[1] should be of type object"),
        ("data[1].jobId", 7, "data[1].jobId should be of type string"),
        ("data[1].jobId", None, "data[1].jobId should be of type string"),
        ("data[1].jobId", "", "data[1].jobId should not be empty"),
        ("data[0].type", 1.5, "data[0].type should be of type integer"),
        ("data[0].status", True, "data[0].status should be of type integer"),
        ("data[0].status", None, "data[0].status should be of type integer"),
        ("data[0].status", [2], "data[0].status should be of type integer"),
        ("metadata", [], "metadata should be of type object or null"),
        ("metadata.totalCount", "2", "metadata.totalCount should be of type integer or null"),
        ("metadata.totalCount", -1, "metadata.totalCount should be 0 or more"),
        ("metadata.pageSize", "100", "metadata.pageSize should be of type integer or null"),
    ],
)
def test_a_wrong_type_anywhere_is_named_by_its_place_in_process_center(cloud, path, value, words):
    failed(call(cloud, "pc", {"kind": "wrong_type", "path": path, "value": value}), "invalid_response", words)


@pytest.mark.parametrize("api", ["v1", "graph"])
@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("JOBS", {}, "JOBS should be of type array"),
        ("JOBS[1]", None, "JOBS[1] should be of type object"),
        ("JOBS[1].jobId", 7, "JOBS[1].jobId should be of type string"),
        ("JOBS[0].type", None, "JOBS[0].type should be of type integer or string"),
        ("JOBS[0].type", 1.5, "JOBS[0].type should be of type integer or string"),
        ("JOBS[0].status", {}, "JOBS[0].status should be of type integer or string"),
        ("JOBS[0].status", False, "JOBS[0].status should be of type integer or string"),
        ("JOBS[0].startTime", 1660878826, "JOBS[0].startTime should be of type string or null"),
        ("JOBS[0].startTime", "yesterday", "JOBS[0].startTime should be an ISO 8601 time"),
        ("JOBS[1].finishTime", "2022-02-30T00:00:00Z", "JOBS[1].finishTime should be an ISO 8601 time"),
        ("JOBS[0].durationHours", "1", "JOBS[0].durationHours should be of type number or null"),
        ("JOBS[0].backupSize", "1", "JOBS[0].backupSize should be of type number or null"),
        ("JOBS[0].failedRecord", 1.5, "JOBS[0].failedRecord should be of type integer or null"),
        ("JOBS[0].totalEntity", "1", "JOBS[0].totalEntity should be of type integer or null"),
        ("JOBS[0].module", 1, "JOBS[0].module should be of type string or null"),
        ("JOBS[0].organizationId", 1, "JOBS[0].organizationId should be of type string or null"),
        ("JOBS[0].organizationName", [], "JOBS[0].organizationName should be of type string or null"),
        ("TOTAL", "2", "TOTAL should be of type integer or null"),
        ("TOTAL", -1, "TOTAL should be 0 or more"),
    ],
)
def test_a_wrong_type_anywhere_is_named_by_its_place_in_dynamics_365(cloud, api, path, value, words):
    names = {"v1": ("result", "totalNumber"), "graph": ("jobs", "totalCount")}[api]
    path, words = (text.replace("JOBS", names[0]).replace("TOTAL", names[1]) for text in (path, words))
    fault = {"kind": "wrong_type", "path": path, "value": value, "times": -1}
    failed(call(cloud, "d365", fault, where=f"d365_{api}", api=api), "invalid_response", words)


@pytest.mark.parametrize("path", ["data", "data[0].jobId", "data[1].type", "data[1].status"])
def test_what_is_missing_is_named_by_its_place(cloud, path):
    failed(call(cloud, "pc", {"kind": "drop", "path": path}), "invalid_response", f"{path} is missing")


@pytest.mark.parametrize("path", ["metadata", "metadata.totalCount", "metadata.pageSize"])
def test_what_may_be_missing_is_not_missed(cloud, path):
    assert job_ids(succeeded(call(cloud, "pc", {"kind": "drop", "path": path, "times": -1}))) == ["a", "b"]


def test_neither_list_of_jobs_in_the_answer(cloud):
    fault = {"kind": "drop", "path": "result", "times": -1}
    failed(call(cloud, "d365", fault), "invalid_response", '"result"', '"jobs"')


# Where credentials go


@BOTH
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_and_said(cloud, module, status):
    location = f"{cloud.simulator.url}/elsewhere?code=private"
    result = call(cloud, module, {"kind": "redirect", "status": status, "location": location})
    message = failed(result, "invalid_response", f"{cloud.simulator.url}/elsewhere", "graph_url")
    assert "private" not in message
    assert cloud.counts()["unknown"] == 0
    assert result["error"]["http_status"] == status


def test_a_redirect_of_the_login_does_not_carry_the_secret_away(cloud):
    location = f"{cloud.simulator.url}/elsewhere"
    fault = {"kind": "redirect", "status": 307, "location": location}
    failed(call(cloud, "pc", fault, where="identity"), "invalid_response", location, "identity_url")
    assert cloud.counts()["unknown"] == 0
    assert sent(cloud, "pc") == 0


@pytest.mark.parametrize("link", ["misprint", "absolute", "evil", "opaque", "none"])
def test_links_in_answers_are_never_followed(cloud, link):
    cloud.set(
        d365={
            "generate": {"count": 120, "statuses": [3]},
            "next_link": link,
            "evil_origin": cloud.simulator.url + "/evil",
        }
    )
    assert len(succeeded(cloud.d365(api="graph"))["jobs"]) == 120
    assert cloud.counts()["unknown"] == 0


def test_cookies_are_not_sent_back(cloud):
    fault = {"kind": "status", "status": 503, "headers": {"Set-Cookie": "session=tracked; Path=/"}, "times": 2}
    succeeded(call(cloud, "pc", fault))
    assert all("cookie" not in request["headers"] for request in cloud.simulator.requests())


def test_through_a_proxy(tls_simulator, proxy):
    proxy.clear_log()
    succeeded(call(Cloud(tls_simulator), "pc", proxy=proxy.url, ca_path=tls_simulator.ca_path))
    assert {(entry["method"], entry["status"]) for entry in proxy.requests()} == {("CONNECT", 200)}


def test_a_proxy_that_refuses_the_login_is_named_and_its_password_is_not(tls_simulator, guarded_proxy):
    password = secrets.token_urlsafe(12)
    url = guarded_proxy.url.replace("://", f"://someone:{password}@")
    cloud = Cloud(tls_simulator)
    message = failed(call(cloud, "pc", proxy=url, ca_path=tls_simulator.ca_path), "connection_failed", "proxy")
    assert password not in message


# What a person can do


def test_403_of_process_center_says_which_permission_and_where(cloud):
    failed(
        call(cloud, "pc", {"kind": "status", "status": 403}),
        "permission_denied",
        "elements.bm.tenant.read.all",
        "AvePoint Elements > API app registration",
    )


def test_403_of_dynamics_365_says_which_permission_and_where(cloud):
    failed(
        call(cloud, "d365", {"kind": "status", "status": 403, "times": -1}),
        "permission_denied",
        "Dynamics.ReadWrite.All",
        "AvePoint Online Services > App registrations",
    )


def test_a_token_of_another_scope_is_403(cloud):
    cloud.clients["pc"] = a_client(D365_SCOPE)
    failed(call(cloud, "pc", scopes=[D365_SCOPE]), "permission_denied", "elements.bm.tenant.read.all")


def test_404_of_dynamics_365_v1_suggests_graph(cloud):
    failed(
        call(cloud, "d365", {"kind": "status", "status": 404, "times": -1}, api="v1"),
        "not_found",
        "api: graph",
        "region",
    )


def test_404_of_process_center_says_what_to_check(cloud):
    cloud.set()
    result = cloud.pc(tenant_id="another")
    failed(result, "not_found", "customer_id", "tenant_id", "graph_url")
    assert result["error"]["request_id"]


def test_invalid_client_says_which_kind_of_login_was_tried(cloud):
    cloud.set()
    result = cloud.pc(client_secret=secrets.token_urlsafe(20))
    failed(result, "authentication_failed", "client secret", "client_id", "AvePoint Elements", "[invalid_client]")
    result = cloud.d365(client_secret=secrets.token_urlsafe(20))
    failed(result, "authentication_failed", "client secret", "AvePoint Online Services")


def test_a_scope_that_the_app_does_not_have(cloud):
    cloud.set()
    result = cloud.pc(scopes=["elements.bm.tenant.readwrite.all"])
    failed(result, "authentication_failed", "scope", "elements.bm.tenant.read.all", "[invalid_scope]")


def test_the_scopes_that_are_asked_for(cloud):
    succeeded(call(cloud, "pc"))
    (login,) = cloud.simulator.requests("identity")
    assert login["form"]["scope"] == "elements.bm.tenant.read.all"
    succeeded(call(cloud, "d365"))
    (login,) = cloud.simulator.requests("identity")
    assert login["form"]["scope"] == "Dynamics.ReadWrite.All"
    succeeded(call(cloud, "d365", scopes=["dynamics.readwrite.all"]))
    (login,) = cloud.simulator.requests("identity")
    assert login["form"]["scope"] == "dynamics.readwrite.all"


def test_the_request_id_is_returned(cloud):
    fault = {"kind": "status", "status": 400, "body": {"message": "no", "requestId": "request-4711"}}
    result = call(cloud, "pc", fault)
    assert result["error"] == {"code": "invalid_input", "http_status": 400, "request_id": "request-4711"}


# Text of the server


@BOTH
@pytest.mark.parametrize("status", [400, 403, 503])
def test_hostile_text_in_an_error_is_shown_harmless(cloud, module, status):
    result = call(cloud, module, {"kind": "control_chars", "status": status, "times": -1}, max_retries=0)
    assert result["failed"]
    assert result["msg"].isprintable()
    assert len(result["msg"]) < 700
    assert result["error"]["request_id"].isprintable()


def test_hostile_text_in_an_error_of_the_login_is_shown_harmless(cloud):
    result = call(cloud, "pc", {"kind": "control_chars", "status": 400}, where="identity")
    assert failed(result, "authentication_failed").isprintable()


def test_hostile_names_of_jobs_are_harmless(cloud):
    result = succeeded(call(cloud, "d365", {"kind": "control_chars", "times": -1}))
    assert result["jobs"][0]["organization_name"].isprintable()
    assert result["jobs"][0]["module"].isprintable()
    assert result["jobs"][0]["module"].startswith("Customer Engagement")


def test_a_hostile_job_id_is_harmless_and_bounded(cloud):
    job_id = "id\x1b[31m\r\n\u202e" + "x" * 5000
    result = succeeded(call(cloud, "pc", {"kind": "wrong_type", "path": "data[0].jobId", "value": job_id}))
    assert result["jobs"][0]["job_id"].startswith("id [31m x")
    assert len(result["jobs"][0]["job_id"]) <= 300


# A thousand answers that nobody thought of


@pytest.mark.parametrize(
    ("service", "shape", "answers"),
    [
        ("pc", "result", 40),
        ("d365_v1", "result", 40),
        ("d365_v1", "graph", 40),
        ("d365_graph", "graph", 40),
        ("identity", "result", 60),
    ],
)
def test_mutated_answers_end_without_an_exception(cloud, service, shape, answers):
    cloud.set(
        tenant={"generate": {"count": 5, "types": [1, 5], "statuses": [2, 1, 3]}},
        d365={"generate": {"count": 5, "types": [1, 2], "statuses": [3, 2, 4]}, "v1_shape": shape},
    )
    cloud.simulator.faults(
        *(
            {"kind": "mutate", "seed": seed, "changes": 3, "bytes": 0.15, "match": {"service": service}}
            for seed in range(answers)
        )
    )
    codes = []
    while len(codes) % 10 or cloud.counts()[service] < answers:  # each met another fault
        options: dict = {"api": service[5:]} if service.startswith("d365") else {}
        result = getattr(cloud, "d365" if options else "pc")(include_raw=True, **options)
        codes.append(result["error"]["code"] if result.get("failed") else None)
        assert result.get("msg", "").isprintable()
        for job in result["jobs"]:
            assert job["state"] in STATES
            assert job["finished"] is (job["state"] not in ("waiting", "running", "unknown"))
            assert codes[-1] is None, "never a part as the whole"
    # A token with a change in it is none that the API knows.
    assert set(codes) <= {None, "invalid_response", *(["authentication_failed"] if service == "identity" else [])}
    assert codes.count("invalid_response") > len(codes) / 5, "the changes do not reach what is checked"
    assert None in codes
