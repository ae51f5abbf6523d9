# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The client over a scripted transport, on frozen time."""

from __future__ import annotations

import contextlib
import email.utils
import threading

import pytest

from ansible_collections.avepoint.cloud.plugins.module_utils._answers import RETRIED
from ansible_collections.avepoint.cloud.plugins.module_utils._client import Client
from ansible_collections.avepoint.cloud.plugins.module_utils._errors import (
    AuthenticationFailed,
    AvePointError,
    ConnectionFailed,
    InvalidInput,
    InvalidResponse,
    NotFound,
    PermissionDenied,
    RateLimited,
    RequestTimeout,
    ServerError,
    Stopped,
)
from ansible_collections.avepoint.cloud.plugins.module_utils._login import Login
from ansible_collections.avepoint.cloud.plugins.module_utils._schema import Schema
from ansible_collections.avepoint.cloud.plugins.module_utils._sender import Deadline, may_have_begun
from ansible_collections.avepoint.cloud.plugins.module_utils._token_endpoint import ClientSecret, TokenEndpoint
from ansible_collections.avepoint.cloud.tests.unit.plugins.module_utils.support import (
    ANYTHING,
    API,
    GRAPH_URL,
    IDENTITY_URL,
    Time,
    answer,
    given,
    scripted,
)

GOOD = answer({"jobs": []})
BUSY = answer({"message": "busy"}, 503)


def call(client: Client, **more):
    return client.call("GET", "/jobs", ANYTHING, **more)


def refused(*entries, **options) -> AvePointError:
    """The error that a call ends with."""
    client, _script, _time = scripted(*entries, **options)
    with pytest.raises(AvePointError) as caught:
        call(client)
    return caught.value


def logging_in(moment: Time, secret: str = "the-client-secret", scopes=("jobs.read.all",)):
    """What a client takes to log in with a secret."""

    def login(sender, secrets):
        endpoint = TokenEndpoint(sender, IDENTITY_URL, API, secrets)
        return Login(endpoint, ClientSecret("client-1", secret), list(scopes), moment.clock)

    return login


def token(name: str, **more):
    return answer({"access_token": name, "expires_in": 3600, "token_type": "Bearer", **more})


# Requests


def test_a_call_sends_what_it_is_told_to_where_it_is_told_to():
    client, script, _time = scripted(answer({"a": 1}), request_timeout=12)
    assert client.call("POST", "/jobs", ANYTHING, {"page": 2}, {"ids": []}) == {"a": 1}
    assert script.requests == [
        {
            "method": "POST",
            "url": GRAPH_URL + "/jobs",
            "seconds": 12,
            "params": {"page": 2},
            "json": {"ids": []},
            "bearer": "given",
        }
    ]


def test_a_base_url_may_end_with_a_slash():
    client, script, _time = scripted(GOOD)
    call(Client(client.sender, GRAPH_URL + "/v1/", client.login, API, client.secrets))
    assert script.requests[0]["url"] == GRAPH_URL + "/v1/jobs"


def test_a_body_is_sent_only_where_there_is_one():
    client, script, _time = scripted(GOOD)
    call(client)
    assert (script.requests[0]["params"], "json" in script.requests[0]) == ({}, False)
    client.call("POST", "/jobs", ANYTHING, body={})
    assert script.requests[1]["json"] == {}


# Retries


@pytest.mark.parametrize("max_retries", [0, 1, 5])
def test_max_retries_is_exact(max_retries):
    client, script, moment = scripted(BUSY, max_retries=max_retries)
    with pytest.raises(ServerError):
        call(client)
    assert len(script.requests) == max_retries + 1
    assert len(moment.pauses) == max_retries
    assert client.sender.retries == max_retries


def test_the_last_allowed_retry_is_enough():
    client, script, _time = scripted(BUSY, BUSY, GOOD, max_retries=2)
    assert call(client) == {"jobs": []}
    assert len(script.requests) == 3
    assert client.sender.retries == 2


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_status_that_may_pass_is_tried_again(status):
    assert status in RETRIED
    client, _script, _time = scripted(answer({}, status), GOOD)
    assert call(client) == {"jobs": []}


@pytest.mark.parametrize("kind", [ConnectionFailed, RequestTimeout])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_connection_that_fails_is_tried_again_posts_included(kind, method):
    client, script, _time = scripted(kind("it broke"), GOOD)
    assert client.call(method, "/jobs", ANYTHING) == {"jobs": []}
    assert [request["method"] for request in script.requests] == [method, method]


@pytest.mark.parametrize(
    "status", [201, 204, 206, 301, 302, 307, 308, 400, 403, 404, 405, 407, 409, 410, 415, 418, 422, 451, 501, 505]
)
def test_any_other_status_is_final(status):
    client, script, moment = scripted(answer({}, status), GOOD)
    with pytest.raises(AvePointError) as caught:
        call(client)
    assert len(script.requests) == 1
    assert moment.pauses == []
    assert caught.value.http_status == status
    assert not caught.value.transient


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (408, "request_timeout"),
        (425, "request_timeout"),
        (499, "request_timeout"),
        (506, "server_error"),
        (520, "server_error"),
        (529, "server_error"),
    ],
)
def test_a_status_that_says_nothing_of_the_request_is_not_tried_again_but_ends_no_wait(status, code):
    client, script, _moment = scripted(answer({}, status), GOOD)
    with pytest.raises(AvePointError) as caught:
        call(client)
    assert len(script.requests) == 1
    assert caught.value.transient
    assert (caught.value.code, caught.value.http_status) == (code, status)


@pytest.mark.parametrize(
    ("body", "code", "requests"),
    [
        ({"statusCode": 500, "message": "it broke", "data": []}, "server_error", 2),
        ({"status": 403, "message": "it broke", "jobs": []}, "permission_denied", 1),
        ({"statusCode": "404", "message": "it broke", "data": {"jobs": []}}, "not_found", 1),
    ],
)
def test_a_refusal_in_the_body_of_a_200_is_one(body, code, requests):
    client, script, _moment = scripted(answer(body), answer(body), max_retries=1)
    with pytest.raises(AvePointError, match="it broke") as caught:
        call(client)
    assert (caught.value.code, caught.value.http_status) == (code, int(body.get("statusCode") or body["status"]))
    assert len(script.requests) == requests


@pytest.mark.parametrize(
    "body", [{"statusCode": 200, "data": []}, {"status": 200}, {"data": [{"status": 404}]}, {"status": "4040"}]
)
def test_what_only_looks_like_a_refusal_is_an_answer(body):
    client, _script, _moment = scripted(answer(body))
    assert call(client) == body


def test_a_connection_that_cannot_get_better_is_not_tried_again():
    client, script, _time = scripted(ConnectionFailed("not trusted", transient=False), GOOD)
    with pytest.raises(ConnectionFailed, match="not trusted"):
        call(client)
    assert len(script.requests) == 1


@pytest.mark.parametrize("body", [b"", b"<html>", b"{", b'{"a": NaN}'])
def test_an_answer_that_is_no_json_is_not_tried_again(body):
    client, script, _time = scripted(answer(body), GOOD)
    with pytest.raises(InvalidResponse):
        call(client)
    assert len(script.requests) == 1


def test_an_error_says_where_it_was():
    assert "graph.example.test" in str(refused(ConnectionFailed("it broke"), max_retries=0))
    assert "it broke" in str(refused(ConnectionFailed("it broke"), max_retries=0))


# Pauses


def test_pauses_grow_with_full_jitter_from_nothing_up_to_the_cap():
    bounds = []

    def uniform(least, upper):
        bounds.append((least, upper))
        return upper / 4

    client, _script, moment = scripted(BUSY, max_retries=8, max_retry_delay=10, uniform=uniform)
    with pytest.raises(ServerError):
        call(client)
    assert bounds[:8] == [(0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (0, 32), (0, 64), (0, 128)]
    assert moment.pauses == [0.25, 0.5, 1, 2, 4, 8, 10, 10]


def test_the_longest_jitter_is_capped():
    _client, _script, moment = _asked_again(answer({}, 503), max_retry_delay=3, max_retries=4)
    assert moment.pauses == [1, 2, 3, 3]


def _asked_again(*entries, **options):
    client, script, moment = scripted(*entries, **options)
    with pytest.raises(AvePointError):
        call(client)
    return client, script, moment


def date(seconds: float) -> str:
    return email.utils.formatdate(Time(frozen=True).now() + seconds, usegmt=True)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
@pytest.mark.parametrize(
    ("value", "pause"),
    [
        ("7", 7),
        ("0", 0),
        (" 7 ", 7),
        ("59", 59),
        ("60", 60),
        ("61", 60),
        ("999999999", 60),
        ("9" * 5000, 60),
        (date(20), 20),
        (date(-20), 0),
        (date(86400), 60),
        ("Mon, 21 Sep 2026 14:13:30", 10),  # a date without a zone is UTC
    ],
)
def test_retry_after_is_done_up_to_the_cap(status, value, pause):
    _client, _script, moment = _asked_again(answer({}, status, Retry_After=value), answer({}, 400))
    assert sum(moment.pauses) == pytest.approx(pause, abs=0.01)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "soon",
        "-5",
        "1.5",
        "0x10",
        "1e3",
        "\u0667",  # a digit, but not of ASCII
        "7 seconds",
        "7, 8",
        "Mon, 99 Sep 2026 14:13:30 GMT",
        "Mon, 21 Sep 99999999999 14:13:30 GMT",
        "Mon, 21 Sep 2026 99:13:30 GMT",
        "Mon, 21 Sep 2026 14:13:30 +9999",
        "\x00",
        "x" * 10000,
    ],
)
def test_a_retry_after_that_means_nothing_is_ignored(value):
    client, _script, moment = scripted(answer({}, 503, Retry_After=value), GOOD)
    assert call(client) == {"jobs": []}
    assert moment.pauses == [1], "the usual first pause"


def test_retry_after_of_a_final_answer_is_not_waited_for():
    _client, script, moment = _asked_again(answer({}, 400, Retry_After="5"))
    assert len(script.requests) == 1
    assert moment.pauses == []


@pytest.mark.parametrize("headers", [{"Retry_After": "7"}, {}])
def test_a_rate_limit_holds_back_requests_side_by_side(headers):
    """While one request pauses, another one wants to begin: it waits as well."""
    client, script, moment = scripted(answer({}, 429, **headers), GOOD)
    sent_at = []

    def pause(seconds):
        moment.pauses.append(seconds)
        if len(moment.pauses) == 1:
            # Another thread, in the middle of the first one's pause.
            moment.advance(seconds / 4)
            call(client)
            sent_at.append(moment.clock())
            return
        moment.advance(seconds)

    began = moment.clock()
    client.sender.sleep = pause
    call(client)
    length = 7 if headers else 1
    assert moment.pauses[:2] == [length, length * 3 / 4], "the second waits for the rest of it"
    assert sent_at == [began + length]
    assert len(script.requests) == 3


def test_a_rate_limit_holds_back_what_waits_for_its_turn():
    others = []

    def limited(_request):
        others.append(threading.Thread(target=call, args=(client,)))
        others[0].start()
        return answer({}, 429, Retry_After="7")

    client, script, moment = scripted(limited, GOOD, concurrency=1)
    paused = threading.Event()

    def pause(seconds):
        moment.pauses.append(seconds)
        if threading.current_thread() is others[0]:
            moment.advance(seconds)
            paused.set()
        else:
            assert paused.wait(20), "the other one did not pause"

    client.sender.sleep = pause
    call(client)
    others[0].join()
    assert moment.pauses == [7, 7]
    assert len(script.requests) == 3


def test_a_fault_of_one_request_holds_back_no_other():
    client, _script, moment = scripted(answer({}, 503), answer({}, 400))
    with pytest.raises(InvalidInput):
        call(client)
    assert moment.pauses == [1]
    with pytest.raises(InvalidInput):
        call(client)
    assert moment.pauses == [1]


def test_a_rate_limit_that_outlasts_the_retries_holds_back_the_next_call_too():
    client, _script, moment = scripted(answer({}, 429, Retry_After="30"), GOOD, max_retries=0)
    with pytest.raises(RateLimited):
        call(client)
    assert moment.pauses == []
    call(client)
    assert moment.pauses == [30]


@pytest.mark.parametrize(
    ("told", "fails"),
    [
        ({"errors": [{"code": "x", "message": "Some data is lacking."}]}, True),
        ({"errors": "broken"}, True),
        ({"errorModel": {"code": 3}}, True),
        ({"errors": [], "errorModel": {"code": 0, "message": ""}}, False),
        ({"errors": None, "errorModel": {}}, False),
    ],
)
def test_an_answer_that_tells_of_an_error_is_not_whole(told, fails):
    client, _script, _time = scripted(answer({"data": [], **told}))
    if not fails:
        assert call(client) == {"data": [], **told}
        return
    with pytest.raises(ServerError, match="answered with an error"):
        call(client)


# The deadline


def test_without_a_deadline_the_bound_is_that_of_one_request():
    client, script, _time = scripted(GOOD, request_timeout=30)
    call(client)
    assert script.requests[0]["seconds"] == 30


def test_a_deadline_bounds_each_request():
    client, script, moment = scripted(GOOD, request_timeout=30)
    client.sender.deadline = Deadline(50, moment.clock)
    call(client)
    moment.advance(45)
    call(client)
    assert [request["seconds"] for request in script.requests] == [30, 5]


def test_after_the_deadline_no_request_is_sent():
    client, script, moment = scripted(GOOD)
    client.sender.deadline = Deadline(50, moment.clock)
    moment.advance(50)
    with pytest.raises(RequestTimeout) as caught:
        call(client)
    assert script.requests == []
    assert not may_have_begun(caught.value)


@pytest.mark.parametrize(("seconds", "pauses"), [(41, [20, 20]), (40, [20])])
def test_a_pause_that_would_outlast_the_deadline_is_not_begun(seconds, pauses):
    client, script, moment = scripted(answer({}, 503, Retry_After="20"))
    client.sender.deadline = Deadline(seconds, moment.clock)
    with pytest.raises(ServerError):
        call(client)
    assert moment.pauses == pauses
    assert len(script.requests) == len(pauses) + 1


def test_a_pause_between_requests_ends_at_the_deadline():
    client, _script, moment = scripted(GOOD)
    client.sender.deadline = Deadline(3, moment.clock)
    client.sender.pause(2)
    with pytest.raises(Stopped), client.interrupted():
        client.sender.pause(2)
    with pytest.raises(RequestTimeout):
        client.sender.pause(2)
    assert moment.pauses == [2, 1]


def test_a_rate_limit_of_an_earlier_call_does_not_pause_beyond_the_deadline():
    client, script, moment = scripted(answer({}, 429, Retry_After="30"), GOOD, max_retries=0)
    with pytest.raises(RateLimited):
        call(client)
    client.sender.deadline = Deadline(10, moment.clock)
    with pytest.raises(RequestTimeout):
        call(client)
    assert moment.pauses == [10]
    assert len(script.requests) == 1


def test_the_deadline_bounds_the_login_too():
    moment = Time(frozen=True)
    client, script, _time = scripted(token("one"), GOOD, moment=moment, login=logging_in(moment), request_timeout=30)
    client.sender.deadline = Deadline(8, moment.clock)
    call(client)
    assert [request["seconds"] for request in script.requests] == [8, 8]


def test_a_deadline_that_never_comes():
    assert Deadline(None, lambda: 5.0).remaining() == float("inf")
    assert Deadline(10, lambda: 5.0).remaining() == 10


# 401 and the life of tokens


def test_one_login_serves_many_calls():
    moment = Time(frozen=True)
    client, script, _time = scripted(token("one"), GOOD, moment=moment, login=logging_in(moment))
    for _call in range(5):
        call(client)
    assert script.tokens() == ["one"] * 5
    assert script.requests[0]["url"] == IDENTITY_URL
    assert script.requests[0]["data"] == {
        "grant_type": "client_credentials",
        "scope": "jobs.read.all",
        "client_id": "client-1",
        "client_secret": "the-client-secret",
    }
    assert len(script.requests) == 6


def test_a_login_of_its_own_is_the_one_that_calls_use():
    moment = Time(frozen=True)
    client, script, _time = scripted(token("one"), GOOD, moment=moment, login=logging_in(moment))
    client.log_in()
    assert [request["url"] for request in script.requests] == [IDENTITY_URL]
    client.log_in()
    call(client)
    assert script.tokens() == ["one"]
    assert len(script.requests) == 2


def test_401_gets_one_fresh_token():
    moment = Time(frozen=True)
    client, script, _time = scripted(
        token("one"), answer({}, 401), token("two"), GOOD, moment=moment, login=logging_in(moment)
    )
    assert call(client) == {"jobs": []}
    assert script.tokens() == ["one", "two"]
    assert moment.pauses == [], "there is nothing to wait for"
    assert client.sender.retries == 1


def test_401_twice_is_the_end():
    moment = Time(frozen=True)
    client, script, _time = scripted(
        token("one"), answer({}, 401), token("two"), answer({}, 401), moment=moment, login=logging_in(moment)
    )
    with pytest.raises(AuthenticationFailed, match="check that graph_url and identity_url") as caught:
        call(client)
    assert script.tokens() == ["one", "two"]
    assert len(script.requests) == 4
    assert caught.value.http_status == 401
    assert not caught.value.transient


def test_a_given_token_that_is_refused_is_not_asked_for_again():
    client, script, _time = scripted(answer({}, 401), login=given("given"))
    with pytest.raises(AuthenticationFailed, match="access_token"):
        call(client)
    assert len(script.requests) == 1


def test_a_token_that_another_thread_has_renewed_is_not_renewed_again():
    moment = Time(frozen=True)
    client, script, _time = scripted(token("one"), GOOD, token("two"), GOOD, moment=moment, login=logging_in(moment))
    login = client.login
    call(client)
    login.refused("one")
    assert login.token() == "two"
    login.refused("one")  # the answer to an older request
    assert login.token() == "two"
    assert len(script.requests) == 3


@pytest.mark.parametrize(
    ("expires_in", "still_good", "ended"),
    [(3600, 3539, 3540), ("3600", 3539, 3540), (100, 79, 80), (10, 7.9, 8.1), (None, 3539, 3540)],
)
def test_a_token_is_renewed_a_little_before_it_ends(expires_in, still_good, ended):
    moment = Time(frozen=True)
    first = {
        "access_token": "one",
        "token_type": "Bearer",
        **({} if expires_in is None else {"expires_in": expires_in}),
    }
    client, script, _time = scripted(
        answer(first), GOOD, GOOD, token("two"), GOOD, moment=moment, login=logging_in(moment)
    )
    call(client)
    moment.advance(still_good)
    call(client)
    moment.advance(ended - still_good)
    call(client)
    assert script.tokens() == ["one", "one", "two"]


def test_the_life_of_a_token_counts_from_when_it_was_asked_for():
    moment = Time(frozen=True)

    def slow_login(request):
        moment.advance(30)
        return answer({"access_token": "one", "expires_in": 100})

    client, script, _time = scripted(slow_login, GOOD, token("two"), GOOD, moment=moment, login=logging_in(moment))
    call(client)
    moment.advance(55)  # 85 seconds after it was asked for
    call(client)
    assert script.tokens() == ["one", "two"]


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ({"expires_in": 3600}, "access_token is missing"),
        ({"access_token": 5}, "access_token should be of type string"),
        ({"access_token": ""}, "access_token should"),
        ({"access_token": "two\r\nX-Injected: 1"}, "access_token should"),
        ({"access_token": "mit Ü"}, "access_token should"),
        ({"access_token": "a", "token_type": "mac"}, "token_type should"),
        ({"access_token": "a", "expires_in": "soon"}, "expires_in should"),
        ({"access_token": "a", "expires_in": -1}, "expires_in should"),
        ({"access_token": "a", "expires_in": 10**400}, "expires_in should"),
        ({"access_token": "a", "expires_in": "9" * 5000}, "expires_in should"),
        ({"access_token": "a", "expires_in": True}, "expires_in should"),
        ([], "the answer should be of type object"),
    ],
)
def test_a_token_answer_that_breaks_the_contract(document, place):
    moment = Time(frozen=True)
    error = refused(answer(document), moment=moment, login=logging_in(moment))
    assert isinstance(error, InvalidResponse)
    assert place in str(error)
    assert "the token endpoint" in str(error)
    assert "Injected" not in str(error)


def test_a_login_is_tried_again_after_faults():
    moment = Time(frozen=True)
    client, script, _time = scripted(
        ConnectionFailed("reset"), answer({}, 503), token("one"), GOOD, moment=moment, login=logging_in(moment)
    )
    call(client)
    assert len(script.requests) == 4
    assert moment.pauses == [1, 2]
    assert client.sender.retries == 2


def test_warnings_are_those_of_the_requests_and_of_the_login():
    moment = Time(frozen=True)
    client, script, _time = scripted(token("one", scope="others.read"), moment=moment, login=logging_in(moment))
    script.warnings = ["A proxy is used."]
    client.log_in()
    requests, login = client.warnings()
    assert requests == "A proxy is used."
    assert login.startswith("The login was granted less than was asked for: jobs.read.all is missing")


# Interruption


def test_an_interrupted_client_sends_nothing_and_pauses_no_more():
    client, script, _moment = scripted(GOOD)
    with client.interrupted():
        assert script.cuts == 1
        with pytest.raises(Stopped):
            call(client)
    assert script.requests == []
    assert call(client) == {"jobs": []}, "afterwards it works again"


def test_an_interruption_ends_a_pause():
    client, script, moment = scripted(BUSY)
    interruption = client.interrupted()

    def pause(seconds):
        moment.pauses.append(seconds)
        interruption.__enter__()

    client.sender.sleep = pause
    with pytest.raises(Stopped):
        call(client)
    assert len(script.requests) == 1
    assert moment.pauses == [1]


def test_what_was_given_up_is_not_tried_again():
    client, script, _time = scripted(Stopped("given up"), GOOD)
    with pytest.raises(Stopped):
        call(client)
    assert len(script.requests) == 1


# What errors say


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (400, InvalidInput, "invalid_input"),
        (401, AuthenticationFailed, "authentication_failed"),
        (403, PermissionDenied, "permission_denied"),
        (404, NotFound, "not_found"),
        (405, NotFound, "not_found"),
        (410, NotFound, "not_found"),
        (407, ConnectionFailed, "connection_failed"),
        (418, InvalidInput, "invalid_input"),
        (408, RequestTimeout, "request_timeout"),
        (425, RequestTimeout, "request_timeout"),
        (429, RateLimited, "rate_limited"),
        (498, InvalidInput, "invalid_input"),
        (499, RequestTimeout, "request_timeout"),
        (500, ServerError, "server_error"),
        (501, ServerError, "server_error"),
        (503, ServerError, "server_error"),
        (201, InvalidResponse, "invalid_response"),
        (204, InvalidResponse, "invalid_response"),
        (299, InvalidResponse, "invalid_response"),
        (302, InvalidResponse, "invalid_response"),
    ],
)
def test_each_status_has_its_code(status, kind, code):
    error = refused(answer({"message": "what happened", "requestId": "request-7"}, status), max_retries=0)
    assert error.__class__ is kind
    assert error.facts() == {"code": code, "http_status": status, "request_id": "request-7"}
    assert f"HTTP {status}" in str(error)
    if status not in (302, 407):
        assert 'it said "what happened"' in str(error)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_may_pass_is_still_said_to_be_so_after_the_retries(status):
    assert refused(answer({}, status), max_retries=0).transient


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"message": "first"}, '(it said "first")'),
        (
            {"message": "first", "errors": [{"field": "pageSize", "message": "too large"}]},
            '(it said "first: pageSize: too large")',
        ),
        ({"message": "same", "errors": [{"message": "same"}]}, '(it said "same")'),
        ({"errors": ["text", {"message": "second"}]}, '(it said "second")'),
        ({"detail": "problem"}, '(it said "problem")'),
        ({"title": "problem"}, '(it said "problem")'),
        ({"message": "  "}, ""),
        ({"message": 5, "errors": 7}, ""),
        ({"errors": {"a": 1}}, ""),
        ({"errors": []}, ""),
        ({"errors": None}, ""),
        ([1, 2], ""),
        ("text", ""),
        (b"<html>Sign in</html>", ""),
        (b"", ""),
        ({"message": "red\x1b[31m\r\nX: 1\u202e"}, '(it said "red [31m X: 1")'),
    ],
)
def test_the_servers_own_words(document, said):
    text = str(refused(answer(document, 400)))
    if said:
        assert said in text
    else:
        assert "it said" not in text
    assert text.isprintable()


def test_the_servers_words_are_bounded():
    text = str(refused(answer({"message": "x" * 5000, "errors": [{"field": "y" * 5000, "message": "z" * 5000}]}, 400)))
    assert len(text) < 500
    assert "x" * 150 in text


@pytest.mark.parametrize(
    ("document", "headers", "found"),
    [
        ({"requestId": "a", "traceId": "b"}, {"request_id": "c"}, "a"),
        ({"traceId": "b"}, {"request_id": "c"}, "b"),
        ({}, {"request_id": "c"}, "c"),
        ({}, {"x_request_id": "d"}, "d"),
        ({}, {"x_ms_request_id": "e"}, "e"),
        (b"<html>", {"request_id": "c"}, "c"),
        ({"requestId": 5, "traceId": " "}, {}, None),
        ({"requestId": "x\x1b[0m\n" + "y" * 500}, {}, "x [0m " + "y" * 94),
        ({}, {}, None),
    ],
)
def test_the_request_id_is_found_wherever_it_is(document, headers, found):
    request_id = refused(answer(document, 400, **headers)).request_id
    assert request_id is None if found is None else request_id.startswith(found[:50])
    assert request_id is None or (len(request_id) <= 100 and request_id.isprintable())


def test_an_answer_that_breaks_the_contract_keeps_status_and_request_id():
    client, _script, _time = scripted(answer({"data": [{"n": "x"}]}, request_id="request-7"))
    schema = Schema({"properties": {"data": {"items": {"properties": {"n": {"type": "integer"}}}}}})
    with pytest.raises(InvalidResponse) as caught:
        client.call("GET", "/jobs", schema)
    assert "data[0].n should be of type integer" in str(caught.value)
    assert "The API" in str(caught.value)
    assert caught.value.facts() == {"code": "invalid_response", "http_status": 200, "request_id": "request-7"}


def test_403_names_the_permission_and_where_it_is_given():
    text = str(refused(answer({}, 403)))
    assert "jobs.read.all" in text
    assert "the portal" in text


def test_404_says_what_to_look_at():
    assert "look elsewhere" in str(refused(answer({}, 404)))


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308, 399])
def test_a_redirect_is_named_without_its_query(status):
    error = refused(answer(b"", status, Location="https://elsewhere.example/login?code=private#part"))
    assert isinstance(error, InvalidResponse)
    assert "https://elsewhere.example/login" in str(error)
    assert "graph_url" in str(error)
    assert "private" not in str(error)
    assert "part" not in str(error)


def test_a_redirect_to_nowhere():
    assert isinstance(refused(answer(b"", 302)), InvalidResponse)


# What errors of the login say


def login_refused(document, status=400, **headers) -> AvePointError:
    moment = Time(frozen=True)
    return refused(answer(document, status, **headers), moment=moment, login=logging_in(moment), max_retries=0)


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"error": "invalid_client"}, ["client secret", "client_id", "expiry", "the portal", "[invalid_client]"]),
        ({"error": "unauthorized_client"}, ["client secret", "the portal"]),
        ({"error": "invalid_scope"}, ["scope", "jobs.read.all", "the portal"]),
        (
            {"error": "invalid_request", "error_description": "no form"},
            ["client secret", "no form", "[invalid_request]"],
        ),
        ({"error": {"a": 1}}, ["client secret"]),
        (b"<html>", ["client secret"]),
    ],
)
def test_what_oauth_says_becomes_something_to_do(document, words):
    error = login_refused(document)
    assert isinstance(error, AuthenticationFailed)
    assert error.http_status == 400
    for word in words:
        assert word in str(error)


def test_an_oauth_error_is_cleaned_and_bounded():
    text = str(login_refused({"error": "invalid\x1b[31m" + "x" * 1000, "error_description": "y\n" * 1000}))
    assert text.isprintable()
    assert len(text) < 600


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (401, AuthenticationFailed, ["client secret"]),
        (403, AuthenticationFailed, ["client secret"]),
        (404, NotFound, ["identity.example.test", "identity_url"]),
        (407, ConnectionFailed, ["proxy"]),
        *((status, RequestTimeout, ["token endpoint at identity.example.test"]) for status in (408, 425, 499)),
        (429, RateLimited, ["token endpoint"]),
        (500, ServerError, ["token endpoint", "identity.example.test"]),
        (307, InvalidResponse, ["https://elsewhere.example/", "identity_url"]),
    ],
)
def test_other_answers_of_the_token_endpoint(status, kind, words):
    error = login_refused({}, status, Location="https://elsewhere.example/?a=b")
    assert error.__class__ is kind
    assert error.transient is (kind in (RequestTimeout, RateLimited, ServerError))
    for word in words:
        assert word in str(error)


# Secrets


def test_a_secret_that_comes_back_is_masked_in_documents_and_in_errors():
    moment = Time(frozen=True)
    client, _script, _time = scripted(
        token("run-time-token-0123456789"),
        answer({"echo": "Bearer run-time-token-0123456789", "the-client-secret": ["the-client-secret"]}),
        answer({"message": "you sent run-time-token-0123456789", "requestId": "the-client-secret"}, 400),
        moment=moment,
        login=logging_in(moment),
    )
    assert call(client) == {"echo": "Bearer ********", "********": ["********"]}
    with pytest.raises(InvalidInput) as caught:
        call(client)
    assert 'it said "you sent ********"' in str(caught.value)
    assert caught.value.request_id == "********"


def test_a_secret_that_comes_back_escaped_is_masked_too():
    client, _script, _time = scripted(answer(b'{"a": "g\\u0069ven-token-0123"}'), login=given("given-token-0123"))
    assert call(client) == {"a": "********"}


def test_a_secret_in_a_redirect_is_masked_wherever_the_text_is_cut():
    login = given("given-token-" + "0123456789" * 10)
    for before in range(0, 250, 10):
        target = "https://elsewhere.example/" + "x" * before + "/" + "given-token-" + "0123456789" * 10
        text = str(refused(answer(b"", 302, Location=target), login=login))
        assert "given-token-0" not in text


def test_a_secret_in_a_request_id_header_is_masked():
    error = refused(answer({}, 400, request_id="Bearer given-token-0123"), login=given("given-token-0123"))
    assert error.request_id == "Bearer ********"


def test_a_secret_in_the_form_that_was_sent_is_masked():
    moment = Time(frozen=True)
    echo = answer({"message": "the form was client_secret=a%2Fb%2Bc%3D%3D12345&scope=x"}, 400)
    error = refused(echo, moment=moment, login=logging_in(moment, secret="a/b+c==12345"), max_retries=0)
    assert 'it said "the form was client_secret=********&scope=x"' in str(error)


def test_all_that_the_client_knows_is_secret():
    moment = Time(frozen=True)
    client, _script, _time = scripted(token("one"), GOOD, moment=moment, login=logging_in(moment))
    assert client.secrets == {"the-client-secret"}
    call(client)
    assert client.secrets == {"the-client-secret", "one"}


def test_a_token_endpoint_may_give_the_same_token_again():
    moment = Time(frozen=True)
    client, script, _time = scripted(token("one"), GOOD, token("one"), GOOD, moment=moment, login=logging_in(moment))
    call(client)
    moment.advance(3600)
    call(client)
    assert script.tokens() == ["one", "one"]


# The server's clock


NOW = "Mon, 21 Sep 2026 14:13:20 GMT"  # the frozen time


@pytest.mark.parametrize(
    ("date", "skew"),
    [
        (NOW, 0.0),
        ("Mon, 21 Sep 2026 14:13:19 GMT", 0.0),  # cut to whole seconds
        ("Mon, 21 Sep 2026 16:13:20 GMT", 7200.0),
        ("Mon, 21 Sep 2026 12:13:20 GMT", -7199.0),
        ("Mon, 21 Sep 2026 16:13:20 +0200", 0.0),
        ("Mon, 21 Sep 2026 14:13:20", 0.0),
        ("", None),
        ("soon", None),
        ("Mon, 99 Sep 2026 14:13:20 GMT", None),
        ("Mon, 21 Sep 99999999999999999999 14:13:20 GMT", None),
    ],
)
def test_the_skew_is_that_of_the_date_in_an_answer(date, skew):
    client, _script, _moment = scripted(answer({}, Date=date))
    client.call("GET", "/jobs", ANYTHING)
    assert client.skew == skew


def test_an_answer_is_of_some_moment_since_it_was_asked_for():
    moment = Time(frozen=True)

    def slowly(request):
        moment.advance(600)
        return answer({}, Date=NOW)

    client, _script, _moment = scripted(slowly, moment=moment)
    client.call("GET", "/jobs", ANYTHING)
    assert client.skew == 0.0


@pytest.mark.parametrize("entry", [answer({}), answer({}, Date="Mon, 21 Sep 2026 18:13:20 GMT", Age="60")])
def test_an_answer_that_does_not_tell_the_time_changes_nothing(entry):
    client, _script, _moment = scripted(answer({}, Date="Mon, 21 Sep 2026 16:13:20 GMT"), entry)
    for _time in range(2):
        client.call("GET", "/jobs", ANYTHING)
    assert client.skew == 7200.0


def test_a_date_to_ask_again_at_is_by_the_server_s_clock():
    busy = answer({}, 503, Date="Mon, 21 Sep 2026 16:13:20 GMT", Retry_After="Mon, 21 Sep 2026 16:13:27 GMT")
    client, _script, moment = scripted(busy, answer({}))
    client.call("GET", "/jobs", ANYTHING)
    assert moment.pauses == [7.0]


# What starts something


def unsent(error: AvePointError) -> AvePointError:
    error.unsent = True
    return error


@pytest.mark.parametrize(
    ("first", "again"),
    [
        (answer({}, 429), True),
        (answer({"statusCode": 429}), True),
        (unsent(ConnectionFailed("refused")), True),
        (unsent(RequestTimeout("too slow to connect")), True),
        (unsent(ConnectionFailed("not trusted", transient=False)), False),
        (ConnectionFailed("reset"), False),
        (RequestTimeout("too slow"), False),
        *((answer({}, status), False) for status in (400, 408, 425, 499)),
        *((answer({}, status), False) for status in (500, 502, 503, 504)),
        (answer({"statusCode": 503}), False),
    ],
)
def test_what_starts_something_is_sent_again_only_where_nothing_began(first, again):
    client, script, _time = scripted(first, GOOD)
    try:
        client.call("POST", "/start", ANYTHING, body={}, starts=True)
    except AvePointError:
        assert not again
    assert len(script.requests) == 1 + again


@pytest.mark.parametrize(
    ("status", "may"),
    [
        *((status, False) for status in (400, 407, 409, 429, 498)),
        *((status, True) for status in (None, 200, 399, 408, 499, 500, 501)),
    ],
)
def test_a_refusal_by_the_server_says_that_nothing_began(status, may):
    error = ServerError("refused", status)
    assert may_have_begun(error) is may
    assert not may_have_begun(unsent(error))


def test_nothing_has_begun_where_the_login_failed():
    moment = Time(frozen=True)
    client, script, _time = scripted(BUSY, moment=moment, login=logging_in(moment), max_retries=0)
    with pytest.raises(ServerError) as caught:
        client.call("POST", "/start", ANYTHING, body={}, starts=True)
    assert [request["url"] for request in script.requests] == [IDENTITY_URL]
    assert not may_have_begun(caught.value)


def test_what_starts_something_may_be_answered_with_201():
    client, _script, _time = scripted(answer({"id": 1}, 201))
    assert client.call("POST", "/start", ANYTHING, body={}, starts=True) == {"id": 1}
    client, _script, _time = scripted(answer({"statusCode": 403}, 201))
    with pytest.raises(PermissionDenied):
        client.call("POST", "/start", ANYTHING, body={}, starts=True)


@pytest.mark.parametrize("end", [GOOD, answer({}, 404), ConnectionFailed("reset", transient=False)])
def test_an_answer_is_read_later_only_while_other_requests_are_under_way(end, monkeypatch):
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", pauses.append)

    def meanwhile(_request):
        call(client)  # as another thread would: its answer comes while this request is under way
        return end

    client, _script, _time = scripted(meanwhile, GOOD)
    with contextlib.nullcontext() if end is GOOD else pytest.raises((NotFound, ConnectionFailed)):
        call(client)
    assert pauses == [0.001], "the one answer that came beside a request"
    call(client)
    assert pauses == [0.001], "a request that has ended, in whichever way, is not under way"
