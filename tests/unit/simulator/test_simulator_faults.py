# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each kind of fault, seen from the client's end of the connection."""

from __future__ import annotations

import gzip
import http.client
import json
import socket
import ssl
import time
from email.utils import parsedate_to_datetime
from urllib.parse import urlencode

import pytest

from ansible_collections.avepoint.cloud.tests.simulator.client import PC_SCOPE, ControlError


@pytest.fixture
def ten(cloud):
    """A tenant of ten jobs; its right answer is at hand as `ten.right`."""
    cloud.set(tenant={"generate": {"count": 10}})
    cloud.right = cloud.pc_jobs().json
    cloud.simulator.clear_log()
    return cloud


def order(cloud, kind, **fault):
    cloud.simulator.faults({"kind": kind, "match": {"service": "pc"}, **fault})


def raw(cloud, seconds=60.0):
    """Everything that comes over the connection, and how many seconds that took."""
    bearer = cloud.bearer(PC_SCOPE)["Authorization"]
    head = f"POST {cloud.pc_path()} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {bearer}\r\nContent-Length: 0\r\n\r\n"
    received, began = b"", time.monotonic()
    with socket.create_connection(("127.0.0.1", cloud.simulator.port), seconds) as connection:
        connection.sendall(head.encode())
        while True:
            part = connection.recv(65536)
            if not part:
                return received, time.monotonic() - began
            received += part


def ended(cloud):
    """The log's last entry, once the simulator has noticed that the client is gone."""
    while cloud.simulator.requests("pc")[-1]["finished"] is None:
        pass
    return cloud.simulator.requests("pc")[-1]


# Which requests are met


def test_a_fault_passes_by_then_meets_so_many(ten):
    order(ten, "status", status=500, skip=1, times=2)
    assert [ten.pc_jobs().status for _request in range(5)] == [200, 500, 500, 200, 200]
    assert [entry["fault"] for entry in ten.simulator.requests("pc")] == [None, "status", "status", None, None]


def test_a_fault_meets_for_ever_until_it_is_cleared(ten):
    order(ten, "status", status=500, times=-1)
    assert {ten.pc_jobs().status for _request in range(20)} == {500}
    ten.simulator.clear_faults()
    assert ten.pc_jobs().status == 200


def test_faults_take_turns_in_the_order_given(ten):
    order(ten, "status", status=500)
    order(ten, "status", status=503)
    assert [ten.pc_jobs().status for _request in range(3)] == [500, 503, 200]


def test_a_fault_meets_one_page_service_method_or_path(ten):
    order(ten, "status", status=500, match={"service": "pc", "page": 2})
    assert [ten.pc_jobs(pageIndex=page).status for page in (1, 2, 3)] == [200, 500, 200]
    order(ten, "status", status=500, match={"service": "d365_v1", "page": 2})
    assert [ten.v1(page).status for page in (1, 2, 3)] == [200, 500, 200]
    order(ten, "status", status=500, match={"page": 2}, times=-1)
    assert [ten.graph(pageIndex=2).status, ten.tenants(pageIndex=2).status, ten.login().status] == [500, 500, 200]
    ten.simulator.clear_faults()
    order(ten, "status", status=500, match={"method": "GET"})
    assert [ten.pc_jobs().status, ten.graph().status] == [200, 500]
    order(ten, "status", status=500, match={"path": ten.tenant["tenant_id"]})
    assert [ten.tenants().status, ten.pc_jobs().status] == [200, 500]
    order(ten, "status", status=500, match={"service": "identity"})
    assert [ten.pc_jobs().status, ten.login().status] == [200, 500]


def test_chance_is_seeded(ten):
    def seen():
        ten.simulator.clear_faults()
        order(ten, "status", status=500, times=-1, probability=0.5, seed=7)
        return [ten.pc_jobs().status for _request in range(20)]

    first = seen()
    assert set(first) == {200, 500}
    assert seen() == first


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "no such kind"},
        {"kind": "status", "stauts": 500},
        {"kind": "reset", "seconds": 1},
        {"kind": "status", "match": {"tenant": "x"}},
        {"match": {}},
    ],
    ids=str,
)
def test_a_misspelt_fault_is_refused_with_its_whole_list(ten, fault):
    with pytest.raises(ControlError):
        ten.simulator.faults({"kind": "empty"}, fault)
    assert ten.pc_jobs().json == ten.right


# Statuses


@pytest.mark.parametrize("status", [400, 401, 403, 404, 418, 429, 500, 502, 503, 504])
def test_any_status_comes_with_the_family_s_error_body(ten, status):
    order(ten, "status", status=status)
    reply = ten.pc_jobs()
    assert reply.status == status
    assert reply.json["statusCode"] == status
    assert reply.json["requestId"] == reply.headers["request-id"]
    assert ("WWW-Authenticate" in reply.headers) == (status == 401)


def test_retry_after_is_seconds_a_date_or_nonsense(ten):
    for given in (3, {"date_in": 3000}, "soon", None):
        order(ten, "status", status=429, retry_after=given)
    told = [ten.pc_jobs().headers["Retry-After"] for _request in range(4)]
    assert (told[0], told[2], told[3]) == ("3", "soon", None)
    assert 2000 < parsedate_to_datetime(told[1]).timestamp() - time.time() < 3001


def test_headers_and_body_of_a_status_can_be_given(ten):
    order(ten, "status", status=503, headers={"X-One": "1"}, body="<b>down</b>", content_type="text/html")
    reply = ten.pc_jobs()
    assert (reply.headers["X-One"], reply.body, reply.headers["Content-Type"]) == ("1", b"<b>down</b>", "text/html")
    order(ten, "status", status=503, body={"any": 1})
    assert ten.pc_jobs().json == {"any": 1}
    order(ten, "status", status=503, message="for maintenance")
    assert ten.pc_jobs().json["message"] == "for maintenance"


def test_the_identity_service_fails_in_its_own_form(ten):
    order(ten, "status", status=400, match={"service": "identity"})
    assert ten.login().json["error"] == "invalid_request"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects(ten, status):
    order(ten, "redirect", status=status, location="http://127.0.0.1:1/there")
    reply = ten.pc_jobs()
    assert (reply.status, reply.headers["Location"]) == (status, "http://127.0.0.1:1/there")


# The connection


def test_reset(ten):
    order(ten, "reset")
    with pytest.raises(ConnectionResetError):
        raw(ten)
    order(ten, "reset", where="body")
    with pytest.raises(ConnectionResetError):
        ten.pc_jobs()


def test_close(ten):
    order(ten, "close")
    assert raw(ten)[0] == b""


@pytest.mark.real_time
def test_hang_ends_with_the_client(ten):
    order(ten, "hang")
    with pytest.raises(socket.timeout):
        ten.pc_jobs(timeout=0.3)
    assert ended(ten)["status"] is None


@pytest.mark.real_time
def test_hang_ends_by_itself(ten):
    order(ten, "hang", seconds=0.3)
    assert raw(ten)[0] == b""


@pytest.mark.real_time
def test_delay(ten):
    order(ten, "delay", seconds=0.4)
    start = time.monotonic()
    assert ten.pc_jobs().json == ten.right
    assert time.monotonic() - start > 0.35


@pytest.mark.real_time
@pytest.mark.parametrize("where", ["headers", "body"])
def test_dribble(ten, where):
    order(ten, "dribble", every=0.001, where=where)
    received, seconds = raw(ten)
    head, body = received.split(b"\r\n\r\n", 1)
    assert json.loads(body) == ten.right
    slowly = head if where == "headers" else body
    assert seconds > len(slowly) * 0.001 * 0.5


def test_cut(ten):
    order(ten, "cut", keep=0.5)
    with pytest.raises(http.client.IncompleteRead) as caught:
        ten.pc_jobs()
    assert caught.value.expected == pytest.approx(len(caught.value.partial), abs=2)


@pytest.mark.parametrize("content_length", [True, False])
def test_huge(ten, content_length):
    order(ten, "huge", mebibytes=3, content_length=content_length)
    reply = ten.pc_jobs()
    assert ("Content-Length" in reply.headers) == content_length
    assert len(reply.body) > 3 * 2**20
    assert reply.json["data"] == ten.right["data"]


def test_huge_ends_with_the_client(ten):
    order(ten, "huge", mebibytes=10_000)
    bearer = ten.bearer(PC_SCOPE)
    connection = http.client.HTTPConnection("127.0.0.1", ten.simulator.port, timeout=60)
    connection.request("POST", ten.pc_path(), headers=bearer)
    assert connection.getresponse().read(1000)
    connection.close()
    assert ended(ten)["finished"] is not None


# The body


def test_html(ten):
    order(ten, "html")
    reply = ten.pc_jobs()
    assert (reply.status, reply.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert b"<html>" in reply.body


def test_empty(ten):
    order(ten, "empty")
    reply = ten.pc_jobs()
    assert (reply.status, reply.body, reply.headers["Content-Length"]) == (200, b"", "0")


def test_cut_json(ten):
    order(ten, "cut_json", keep=0.9)
    reply = ten.pc_jobs()
    assert reply.headers["Content-Length"] == str(len(reply.body))
    with pytest.raises(json.JSONDecodeError):
        assert reply.json


@pytest.mark.parametrize(
    ("path", "value", "place"),
    [
        ("data[3].status", "two", lambda found: found["data"][3]["status"]),
        ("/data/3/status", None, lambda found: found["data"][3]["status"]),
        ("data[-1]", 5, lambda found: found["data"][-1]),
        ("metadata.totalCount", {}, lambda found: found["metadata"]["totalCount"]),
        ("data", "none", lambda found: found["data"]),
        ("more", [1], lambda found: found["more"]),
        ("", [], lambda found: found),
    ],
)
def test_wrong_type(ten, path, value, place):
    order(ten, "wrong_type", path=path, value=value)
    assert place(ten.pc_jobs().json) == value
    assert ten.pc_jobs().json == ten.right


def test_wrong_type_leaves_an_answer_without_the_place_as_it_is(ten):
    order(ten, "wrong_type", path="data[30].status", value=1)
    assert ten.pc_jobs().json == ten.right


def test_drop(ten):
    order(ten, "drop", path="data[0].status")
    assert ten.pc_jobs().json["data"][0].keys() == {"jobId", "type"}
    order(ten, "drop", path="metadata")
    assert ten.pc_jobs().json.keys() == {"data"}
    order(ten, "drop", path="data[0]")
    assert len(ten.pc_jobs().json["data"]) == 9


@pytest.mark.parametrize(
    ("kind", "options", "literal"),
    [
        ("nan", {}, b'"totalCount":NaN'),
        ("infinity", {}, b'"totalCount":Infinity'),
        ("infinity", {"literal": "-Infinity"}, b'"totalCount":-Infinity'),
        ("infinity", {"literal": "1e999", "path": "data[0].type"}, b'"type":1e999'),
    ],
)
def test_numbers_that_are_not_json(ten, kind, options, literal):
    order(ten, kind, **options)
    assert literal in ten.pc_jobs().body


def test_duplicate_keys(ten):
    order(ten, "duplicate_keys")
    pairs = json.loads(ten.pc_jobs().body, object_pairs_hook=lambda found: found)
    assert [name for name, _value in pairs] == ["data", "metadata", "data", "metadata"]
    assert [name for name, _value in pairs[0][1][0]] == ["jobId", "type", "status"] * 2


@pytest.mark.parametrize("of", ["arrays", "objects"])
def test_nested(ten, of):
    order(ten, "nested", depth=50, of=of)
    found = ten.pc_jobs().json
    assert found["data"] == ten.right["data"]
    inner, depth = found["more"], 0
    while isinstance(inner, (list, dict)):
        inner, depth = inner[0] if of == "arrays" else inner["a"], depth + 1
    assert depth == 50
    order(ten, "nested")
    assert ten.pc_jobs().body.count(b"[") > 100_000


def test_mutate_is_seeded_and_changes_things(ten):
    def seen(seed):
        ten.simulator.clear_faults()
        order(ten, "mutate", times=-1, seed=seed, changes=3)
        return [ten.pc_jobs().body for _request in range(30)]

    first = seen(1)
    assert len(set(first)) > 20
    assert seen(1) == first
    assert seen(2) != first
    assert all(json.loads(body) is not ... for body in first)


def test_mutate_can_change_bytes_too(ten):
    order(ten, "mutate", times=-1, bytes=1.0)
    broken = 0
    for _request in range(30):
        try:
            assert ten.pc_jobs().json is not ...
        except ValueError:
            broken += 1
    assert broken > 3


def test_gzip_and_its_bomb(ten):
    order(ten, "gzip", members=3)
    reply = ten.pc_jobs()
    assert reply.headers["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(reply.body)) == ten.right
    order(ten, "gzip_bomb", mebibytes=8)
    reply = ten.pc_jobs()
    assert len(reply.body) < 50_000
    assert len(gzip.decompress(reply.body)) > 8 * 2**20
    assert json.loads(gzip.decompress(reply.body)) == {"x": 0}


@pytest.mark.parametrize("status", [400, 401, 500])
def test_an_error_can_echo_secrets(ten, status):
    bearer = ten.bearer(PC_SCOPE)["Authorization"]
    order(ten, "echo_secret", status=status)
    reply = ten.pc_jobs()
    assert reply.status == status
    assert bearer in reply.json["message"]
    assert bearer in reply.json["requestId"]
    assert bearer in reply.headers["request-id"]
    order(ten, "echo_secret", match={"service": "identity"})
    assert ten.pc["client_secret"] in ten.login().json["error_description"]
    order(ten, "echo_secret", match={"service": "identity"})
    assert "an.assertion.x" in ten.login(client_assertion="an.assertion.x").json["error_description"]


def test_control_characters_come_in_names(cloud):
    cloud.set(d365={"jobs": [{"job_id": "a", "status": 3}]}, faults=[{"kind": "control_chars", "times": -1}])
    name = cloud.graph().json["jobs"][0]["organizationName"]
    assert name.startswith("org1")
    for hostile in ("\x1b[31m", "\r\n", "\x00", "\u202e", "{{ 7 * 191 }}"):
        assert hostile in name
    assert "\x1b" not in cloud.graph().json["jobs"][0]["jobId"]
    assert "\x1b" in cloud.tenants().json["data"][0]["tenantName"]


def test_control_characters_come_in_messages(ten):
    order(ten, "control_chars", status=403)
    reply = ten.pc_jobs()
    assert reply.status == 403
    assert "\x1b[31m" in reply.json["message"]
    order(ten, "control_chars", status=400, match={"service": "identity"})
    assert "\x1b[31m" in ten.login().json["error_description"]
    order(ten, "control_chars", fields=["jobId"], text="\x07")
    assert ten.pc_jobs().json["data"][0]["jobId"].endswith("\x07")


def test_bad_charset(ten):
    order(ten, "bad_charset")
    with pytest.raises(UnicodeDecodeError):
        ten.pc_jobs().body.decode()
    order(ten, "bad_charset", variant="utf16")
    reply = ten.pc_jobs()
    assert reply.headers["Content-Type"].endswith("utf-16")
    assert json.loads(reply.body.decode("utf-16")) == ten.right
    order(ten, "bad_charset", variant="unknown")
    assert "no-such" in ten.pc_jobs().headers["Content-Type"]
    order(ten, "bad_charset", variant="bom")
    assert ten.pc_jobs().body.startswith(b"\xef\xbb\xbf{")


# What belongs to them


def test_a_lost_answer_was_given_all_the_same(ten):
    """A server that lost its answer on the way did its part: the page counts as read, the token as given out."""
    ten.set({"job_id": "new", "status": 2, "insert_at_request": 2}, {"job_id": "old", "status": 2})
    order(ten, "status", status=503)
    assert ten.pc_jobs().status == 503
    assert [job["jobId"] for job in ten.pc_jobs().json["data"]] == ["new", "old"]


def test_only_tokens_that_arrive_are_logins(ten):
    order(ten, "close", match={"service": "identity"})
    with pytest.raises(http.client.RemoteDisconnected):
        ten.login()
    ten.login()
    assert {name: ten.simulator.log()["counts"][name] for name in ("identity", "logins")} == {
        "identity": 2,
        "logins": 1,
    }


def test_the_rate_is_limited(cloud):
    cloud.set(rate_limit={"requests": 3, "per_seconds": 60, "retry_after": 2})
    assert [cloud.pc_jobs().status for _request in range(5)] == [200, 200, 200, 429, 429]
    reply = cloud.v1()
    assert (reply.status, reply.headers["Retry-After"]) == (429, "2")
    assert cloud.login().status == 200
    cloud.simulator.advance(61)
    assert cloud.pc_jobs().status == 200


@pytest.mark.real_time
@pytest.mark.parametrize(
    ("latency", "least"), [(0.3, 0.28), ({"pc": 0.3, "d365_v1": 600}, 0.28), ({"d365_v1": 600}, 0)]
)
def test_latency(cloud, latency, least):
    cloud.set(latency=latency)
    cloud.bearer(PC_SCOPE)
    start = time.monotonic()
    cloud.pc_jobs(timeout=60)
    assert time.monotonic() - start >= least


@pytest.mark.parametrize("kind", ["reset", "close", "cut", "dribble", "huge"])
def test_faults_of_the_connection_work_over_tls(kind, tls_simulator):
    options = {"every": 0.001} if kind == "dribble" else {"mebibytes": 1} if kind == "huge" else {}
    tls_simulator.faults({"kind": kind, **options})
    context = ssl.create_default_context(cafile=tls_simulator.ca_path)
    connection = http.client.HTTPSConnection("localhost", tls_simulator.port, timeout=60, context=context)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/connect/token", urlencode({"grant_type": "password"}), headers)
    if kind in ("dribble", "huge"):
        assert json.loads(connection.getresponse().read())["error"] == "unsupported_grant_type"
    else:
        expected = http.client.IncompleteRead if kind == "cut" else (ConnectionError, ssl.SSLError)
        with pytest.raises(expected):
            connection.getresponse().read()
    connection.close()
