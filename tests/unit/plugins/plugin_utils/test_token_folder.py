# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One login for all who log in alike: what is shared, when it is not, and the files that it is kept in."""

from __future__ import annotations

import email.utils
import fcntl
import json
import os
import signal
import stat
import typing as t
from pathlib import Path

import pytest

from ansible_collections.avepoint.cloud.plugins.module_utils._answers import Api
from ansible_collections.avepoint.cloud.plugins.module_utils._connect import connect
from ansible_collections.avepoint.cloud.plugins.module_utils._errors import (
    AuthenticationFailed,
    AvePointError,
    ConnectionFailed,
    RequestTimeout,
    ServerError,
    Stopped,
)
from ansible_collections.avepoint.cloud.plugins.module_utils._login import Login
from ansible_collections.avepoint.cloud.plugins.module_utils._options import CONNECTION
from ansible_collections.avepoint.cloud.plugins.module_utils._process_center import ProcessCenter
from ansible_collections.avepoint.cloud.plugins.module_utils._secrets import Secrets
from ansible_collections.avepoint.cloud.plugins.module_utils._sender import Deadline
from ansible_collections.avepoint.cloud.plugins.module_utils._token_endpoint import ClientSecret, TokenEndpoint
from ansible_collections.avepoint.cloud.plugins.plugin_utils._token_folder import NAME, TokenFolder
from ansible_collections.avepoint.cloud.tests.unit.plugins.module_utils.support import (
    ANYTHING,
    API,
    IDENTITY_URL,
    Time,
    answer,
    scripted,
)

GOOD = answer({"jobs": []})
UNAUTHORIZED = answer({}, 401)
SECRET = "the-client-secret"
FACTS = ("https://identity.example.test", "client-1", SECRET)


def token(name: str, **more):
    return answer({"access_token": name, "expires_in": 3600, "token_type": "Bearer", **more})


@pytest.fixture
def moment() -> Time:
    return Time(frozen=True)


@pytest.fixture
def task(tmp_path, moment):
    """Makes the client of one more task of a run, whose transport answers as it is told."""

    def make(*entries, facts: t.Sequence[str] = FACTS, at: Time = moment, api: Api = API, **options):
        def login(sender, secrets):
            endpoint = TokenEndpoint(sender, IDENTITY_URL, api, secrets)
            place = TokenFolder(str(tmp_path)).place(facts)
            return Login(endpoint, ClientSecret("client-1", SECRET), ["jobs.read.all"], moment.clock, place)

        client, script, _time = scripted(*entries, moment=at, login=login, **options)
        return client, script

    return make


def call(client) -> t.Any:
    return client.call("GET", "/jobs", ANYTHING)


def fault(client) -> AvePointError:
    with pytest.raises(AvePointError) as caught:
        call(client)
    return caught.value


def files(path: Path) -> list[Path]:
    return sorted(file for file in (path / NAME).iterdir() if file.name != "salt")


# What is shared


def test_the_tasks_of_a_run_share_a_token_and_each_keeps_it_secret(task):
    first, _script = task(token("the-token"), GOOD)
    call(first)
    second, script = task(GOOD)
    call(second)
    assert script.tokens() == ["the-token"]
    assert len(script.requests) == 1
    assert "the-token" in second.secrets


def test_who_logs_in_otherwise_has_a_token_of_its_own(task):
    call(task(token("one"), GOOD)[0])
    other, script = task(token("two"), GOOD, facts=(*FACTS, "another scope"))
    call(other)
    assert script.tokens() == ["two"]
    third, script = task(GOOD)
    call(third)
    assert script.tokens() == ["one"], "the other one has not taken its place"


def test_it_is_renewed_a_little_before_it_ends(task, moment):
    call(task(token("one", expires_in=100), GOOD)[0])
    moment.advance(79)
    client, script = task(GOOD)
    call(client)
    assert script.tokens() == ["one"]
    moment.advance(1)
    client, script = task(token("two"), GOOD)
    call(client)
    assert script.tokens() == ["two"]


def test_of_many_tasks_with_a_token_that_is_refused_one_logs_in_again(task):
    call(task(token("old"), GOOD)[0])
    holding = [task(GOOD, UNAUTHORIZED, GOOD) for _task in range(3)]
    for client, _script in holding:
        call(client)
    renewing, first = task(GOOD, UNAUTHORIZED, token("new"), GOOD)
    call(renewing)
    call(renewing)
    for client, script in holding:
        call(client)
        assert script.tokens() == ["old", "old", "new"], "which is not forgotten, since it is another one"
    assert first.tokens() == ["old", "old", "new"]


def test_a_shared_token_that_is_refused_is_not_the_last_word(task):
    """As when a server has forgotten all tokens, of which a task knew one and the others a later one."""
    long_ago, script = task(token("one"), GOOD, UNAUTHORIZED, UNAUTHORIZED, token("three"), GOOD)
    call(long_ago)
    call(task(UNAUTHORIZED, token("two"), GOOD)[0])
    call(long_ago)
    assert script.tokens() == ["one", "one", "two", "three"]
    assert long_ago.sender.retries == 2


def test_a_fresh_token_that_is_refused_is_the_last_word(task):
    client, script = task(token("one"), UNAUTHORIZED, token("two"), UNAUTHORIZED)
    assert isinstance(fault(client), AuthenticationFailed)
    assert script.tokens() == ["one", "two"]


def test_what_the_login_told_of_the_clock_is_shared_as_well(task, moment):
    date = email.utils.formatdate(moment.now() + 7200, usegmt=True)
    first, _script = task(token("one")._replace(headers={"Date": date}), GOOD)
    call(first)
    second, _script = task(GOOD)
    call(second)
    assert second.skew == first.skew == 7200


@pytest.mark.parametrize(
    ("told", "skew"),
    [
        (7200.0, 7200.0),
        (-1e9, None),
        (1e9, None),
        (float("nan"), None),
        ("7200", None),
        (None, None),
        (-999_999_999.0,) * 2,
    ],
)
def test_a_clock_that_nobody_can_have_is_not_shared(task, tmp_path, moment, told, skew):
    call(task(token("one"), GOOD)[0])
    (file,) = files(tmp_path)
    file.write_text(json.dumps({"token": "one", "renew_at": moment.clock() + 9, "skew": told}))
    client, _script = task(GOOD)
    call(client)
    assert client.skew == skew


# Logins that fail

REFUSED = answer({"error": "invalid_client"}, 400)
BUSY = answer({"message": "busy"}, 503)


def test_a_login_that_is_refused_is_not_tried_by_each(task, moment):
    error = fault(task(REFUSED)[0])
    more_patient, script = task(GOOD, max_retries=9)
    assert isinstance(fault(more_patient), AuthenticationFailed)
    assert script.requests == []
    moment.advance(9.9)
    other, script = task(GOOD)
    same = fault(other)
    assert (type(same), str(same), same.facts()) == (type(error), str(error), error.facts())
    assert script.requests == []
    moment.advance(0.1)  # ten seconds, as documented
    later, script = task(token("one"), GOOD)
    call(later)
    assert script.tokens() == ["one"]


def test_what_to_do_about_a_refusal_is_told_of_the_product_that_asks(task):
    other = Api("Another API", "other.read.all", "the other portal", "look elsewhere")
    portals = {api: fault(task(REFUSED, api=api)[0]).message for api in (API, other)}
    assert [("the portal" in text, "the other portal" in text) for text in portals.values()] == [
        (True, False),
        (False, True),
    ]
    for api in (API, other):
        again, script = task(GOOD, api=api)
        assert fault(again).message == portals[api]
        assert script.requests == []


def test_a_fault_that_has_passed_is_nobody_elses(task, moment):
    fault(task(BUSY, max_retries=0)[0])
    assert isinstance(fault(task(max_retries=0)[0]), ServerError), "who came at that very moment has met it, too"
    moment.advance(1)
    other, script = task(token("one"), GOOD)
    call(other)
    assert script.tokens() == ["one"]


@pytest.mark.parametrize(
    ("failure", "first", "second", "shared"),
    [
        (BUSY, {"max_retries": 1}, {"max_retries": 1}, True),
        (BUSY, {"max_retries": 1}, {"max_retries": 0}, True),
        (BUSY, {"max_retries": 0}, {"max_retries": 1}, False),
        (ConnectionFailed("reset"), {"request_timeout": 9}, {"request_timeout": 10}, False),
        (ConnectionFailed("reset"), {}, {}, True),
        (Stopped("given up"), {}, {}, False),
        (RequestTimeout("too slow"), {"ends_in": 40}, {}, False),
    ],
)
def test_who_waited_for_a_login_fails_with_it_unless_it_would_have_tried_longer(
    task, moment, failure, first, second, shared
):
    first = dict(first)
    ends_in = first.pop("ends_in", None)
    begun = []

    def fails(request):
        if not begun:
            # Meanwhile another has come, and waits.
            begun.append(moment.clock())
        moment.advance(1)
        return failure

    one, _script = task(fails, **first)
    one.sender.deadline = Deadline(ends_in, moment.clock)
    fault(one)
    other, script = task(token("one"), GOOD, **second)
    came_at = iter(begun)
    real, other.login._clock = other.login._clock, lambda: next(came_at, None) or real()
    if shared:
        assert isinstance(fault(other), (ServerError, ConnectionFailed))
        assert script.requests == []
    else:
        call(other)
        assert script.tokens() == ["one"]


def test_a_call_that_was_cut_short_tells_the_others_nothing(task, tmp_path):
    fault(task(Stopped("given up"))[0])
    (file,) = files(tmp_path)
    assert json.loads(file.read_text("utf-8")) == {"failures": {"The API": {}}}


# Waiting for another


@pytest.fixture
def busy(task, tmp_path):
    """The one file of a run, locked by another who logs in."""
    call(task(token("one", expires_in=0), GOOD)[0])
    (file,) = files(tmp_path)
    with file.open("r+") as opened:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield opened


def test_a_login_under_way_is_waited_for(task, busy):
    def passed(seconds):
        if len(waiting.pauses) == 5:
            content = {"token": "theirs", "renew_at": waiting.clock() + 9}
            busy.truncate(0)
            os.pwrite(busy.fileno(), json.dumps(content).encode(), 0)
            fcntl.flock(busy, fcntl.LOCK_UN)

    waiting = Time(frozen=True, passed=passed)
    client, script = task(GOOD, at=waiting)
    call(client)
    assert script.tokens() == ["theirs"]
    assert waiting.pauses == [0.005, 0.01, 0.02, 0.04, 0.08]


def test_waiting_ends_at_the_deadline(task, busy, moment):
    client, script = task(GOOD)
    client.sender.deadline = Deadline(3, moment.clock)
    assert isinstance(fault(client), RequestTimeout)
    assert sum(moment.pauses) == pytest.approx(3)
    assert script.requests == []


def test_waiting_ends_with_an_interruption(task, busy):
    waiting = Time(frozen=True, passed=lambda seconds: script.stopped.set())
    client, script = task(GOOD, at=waiting)
    assert isinstance(fault(client), Stopped)
    assert len(waiting.pauses) == 1


def test_who_is_killed_while_it_logs_in_is_in_nobodys_way(task, tmp_path):
    call(task(token("one", expires_in=0), GOOD)[0])
    ready, tell = os.pipe()
    child = os.fork()
    if child == 0:
        with TokenFolder(str(tmp_path)).place(FACTS).held(lambda seconds: None):
            os.write(tell, b".")
            signal.pause()
    os.read(ready, 1)
    client, script = task(token("two"), GOOD)
    client.sender.deadline = Deadline(1, client.sender._clock)
    assert isinstance(fault(client), RequestTimeout)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    client.sender.deadline = Deadline(None, client.sender._clock)
    call(client)
    assert script.tokens() == ["two"]


# The files


def test_only_their_owner_can_read_them_and_their_names_tell_nothing(task, tmp_path):
    before = os.umask(0)
    try:
        call(task(token("the-token"), GOOD)[0])
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.lstat().st_mode) for path in (tmp_path / NAME).iterdir()}
    assert stat.S_IMODE((tmp_path / NAME).lstat().st_mode) == 0o700
    assert set(modes.values()) == {0o600}
    assert len(modes) == 2
    assert SECRET not in files(tmp_path)[0].read_text()
    others = tmp_path / "another run"
    others.mkdir()
    for folder in (tmp_path, others):
        TokenFolder(str(folder)).place(FACTS)
    with TokenFolder(str(others)).place(FACTS).held(pytest.fail):
        assert files(others)[0].name != files(tmp_path)[0].name, "the same secret has another name in another run"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"token": 5, "renew_at": 9e9}',
        b'{"failures": 5}',
        b'{"failures": {"The API": 5}}',
        b'{"token": "two words", "renew_at": 9e9}',
        b'{"token": "unlimited", "renew_at": NaN}',
        b'{"token": "unlimited", "renew_at": "9"}',
        b'{"token": "half", "renew_at": 99999',
        b'{"failures": {"The API": {"error": "Context"}}}',
        b'{"failures": {"The API": {"error": "MissingLibrary", "text": "", "http_status": 0, "request_id": 0, "transient": 0,'
        b' "failed_at": 9e9, "patience": []}}}',
        b'{"failures": {"The API": {"error": "AuthenticationFailed"}}}',
        b'{"failures": {"The API": {"error": "AuthenticationFailed", "text": "", "failed_at": "then", "patience": 1}}}',
        b"\xff\xfe" * 100,
        b"[" * 100_000,
    ],
)
def test_a_damaged_file_is_as_good_as_none(task, tmp_path, content):
    call(task(token("one"), GOOD)[0])
    (file,) = files(tmp_path)
    file.write_bytes(content)
    client, script = task(token("two"), GOOD)
    call(client)
    assert script.tokens() == ["two"]
    last, script = task(GOOD)
    call(last)
    assert script.tokens() == ["two"]


def a_link(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


def open_to_others(path: Path) -> None:
    path.chmod(path.stat().st_mode | 0o040)


def a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path, 0o600)


def somebody_elses(path: Path) -> None:
    if os.geteuid():
        pytest.skip("only root can give a file away")
    os.chown(path, 65534, -1)


@pytest.mark.parametrize("spoil", [a_link, open_to_others, a_pipe, somebody_elses, Path.unlink])
@pytest.mark.parametrize("what", ["token", "folder"])
def test_what_is_not_as_it_was_made_is_not_used(task, tmp_path, spoil, what):
    call(task(token("planted"), GOOD)[0])
    path = files(tmp_path)[0] if what == "token" else tmp_path / NAME
    if what == "folder" and spoil in (a_pipe, Path.unlink):
        for file in path.iterdir():
            file.unlink()
        path.rmdir()
        path.touch()
    spoil(path)
    client, script = task(token("own"), GOOD)
    call(client)
    assert script.tokens() == ["own"]


def test_without_the_folder_of_the_run_each_logs_in(tmp_path):
    assert TokenFolder(str(tmp_path / "gone")).place(FACTS) is None


@pytest.mark.parametrize("spoil", [lambda salt: salt.write_bytes(b""), a_link, a_pipe, open_to_others])
def test_a_damaged_salt_shares_nothing(tmp_path, spoil):
    assert TokenFolder(str(tmp_path)).place(FACTS)
    spoil(tmp_path / NAME / "salt")
    assert TokenFolder(str(tmp_path)).place(FACTS) is None


# What a token depends on


class Places:
    """Notes what a place is asked for by."""

    def __init__(self):
        self.facts = None

    def place(self, facts):
        self.facts = facts


def facts_of(**options):
    params = {name: spec.get("default") for name, spec in CONNECTION.items()}
    params |= {"client_id": "client-1", "client_secret": SECRET, "max_concurrency": 4, **options}
    places = Places()
    connect(params, ProcessCenter, Secrets(), tokens=places)
    return places.facts


@pytest.mark.parametrize(
    "options",
    [
        {"client_id": "client-2"},
        {"client_secret": "another-secret"},
        {"scopes": ["jobs.read.all"]},
        {"identity_url": "https://identity.example.test/token"},
        {"cloud_environment": "us_gov"},
        {"validate_certs": False},
        {"proxy": "http://proxy.example.test:3128"},
    ],
)
def test_who_logs_in_otherwise_is_told_apart(options):
    assert facts_of(**options) not in (None, facts_of())


def test_a_proxy_of_the_environment_counts(monkeypatch):
    before = facts_of()
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.test:3128")
    assert facts_of() != before


@pytest.mark.parametrize("options", [{"graph_url": "https://graph.example.test"}, {"request_timeout": 5.0}])
def test_what_does_not_matter_to_a_token_is_left_out(options):
    assert facts_of() is not None
    assert facts_of(**options) == facts_of()


def test_certificates_are_told_apart(certificate):
    paths = [certificate[form] for form in ("pem", "pfx_without_password")]
    one, other = (facts_of(client_secret=None, client_certificate=path) for path in paths)
    assert None not in (one, other)
    assert one != other


@pytest.mark.parametrize(
    "options", [{"share_login": False}, {"client_secret": None, "access_token": "a-token-of-somebody"}]
)
def test_nothing_is_shared_where_it_is_not_wanted_or_there_is_no_login(options):
    assert facts_of(**options) is None
