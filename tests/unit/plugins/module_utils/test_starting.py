# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What starts something: once, refused in time, found again when the answer is lost, waited for, and told truly."""

from __future__ import annotations

import pytest

from ansible_collections.avepoint.cloud.plugins.module_utils._baseline_starts import ApplyBaselines
from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import STATES
from ansible_collections.avepoint.cloud.tests.unit.plugins.module_utils.support import failed, succeeded

BASELINES = [{"baseline_id": f"B{status}", "name": f"Baseline {status}", "status": status} for status in range(1, 7)]
KEYS = {
    *("changed", "product", "timed_out", "duration", "polls", "retries", "clock_skew"),
    *("job_id", "job", "jobs", "summary", "missing_job_ids", "total_count", "truncated"),
}


class Applies:
    """A cloud with a tenant and baselines, and baselines applied there."""

    def __init__(self, cloud):
        self.cloud = cloud
        self.set()

    def set(self, *jobs, tenant=None, **state):
        self.cloud.set(*jobs, tenant=tenant, **{"baselines": BASELINES, **state})

    def apply(self, **options):
        return self.cloud.start(ApplyBaselines, **{"baselines": ["B2"], **self.cloud.ids, **options})

    def started(self):
        return [one["id"] for one in self.cloud.simulator.started()]

    def faults(self, *faults, service="apply_baselines"):
        self.cloud.simulator.faults(*({"match": {"service": service}, **fault} for fault in faults))

    def sent(self, service="apply_baselines"):
        return len(self.cloud.simulator.requests(service))


@pytest.fixture
def applies(cloud):
    return Applies(cloud)


# Once, and told


def test_it_starts_and_looks_once(applies):
    result = succeeded(applies.apply(baselines=["B3", " b2 "]))
    (request,) = applies.cloud.simulator.requests("apply_baselines")
    assert request["json"] == {
        "actionType": "1",
        "data": [{"baselineId": "B3", "rankingOrder": 1}, {"baselineId": "b2", "rankingOrder": 2}],
    }
    (started,) = applies.started()
    assert result.keys() == KEYS
    assert (result["changed"], result["product"], result["job_id"]) == (True, "pc", started)
    assert result["job"] == {
        "job_id": started,
        "type": "apply_baseline",
        "type_id": 1,
        "status": "waiting",
        "status_id": 0,
        "state": "waiting",
        "finished": False,
        **applies.cloud.ids,
    }
    assert result["jobs"] == [result["job"]]
    assert (result["summary"]["total"], result["summary"]["states"]["waiting"]) == (1, 1)
    assert (result["polls"], result["retries"], result["timed_out"], result["missing_job_ids"]) == (1, 0, False, [])


def test_it_asks_for_the_scopes_that_it_needs(applies):
    succeeded(applies.apply())
    (login,) = applies.cloud.simulator.requests("identity")
    assert login["form"]["scope"].split() == ["elements.bm.tenant.readwrite.all", "elements.bm.baseline.read.all"]


def test_it_warns_of_a_login_that_was_granted_less_also_where_it_fails(applies):
    applies.faults({"kind": "wrong_type", "path": "scope", "value": "other.read", "times": -1}, service="identity")
    words = "elements.bm.tenant.readwrite.all, elements.bm.baseline.read.all is missing, granted is other.read"
    assert words in succeeded(applies.apply())["warnings"][0]
    assert words in applies.apply(baselines=["B1"])["warnings"][0]


def test_it_waits_until_the_job_has_ended(applies):
    applies.cloud.together()
    seen = []
    result = succeeded(applies.apply(wait=True, wait_sleep=10, report=seen.append))
    assert result["changed"] is True
    assert result["job"]["state"] == "succeeded"
    assert result["summary"]["all_succeeded"] is True
    assert result["polls"] == 3
    assert [(one.chosen, one.waiting, one.running, one.finished) for one in seen if not one.says] == [
        (1, 1, 0, 0),
        (1, 0, 1, 0),
        (1, 0, 0, 1),
    ]


@pytest.mark.parametrize(("status", "state"), [(3, "failed"), (4, "skipped"), (5, "finished_with_exception")])
def test_a_bad_end_fails_unless_it_is_allowed(applies, status, state):
    applies.set(baselines_api={"applied": [[0, status]]})
    result = applies.apply(wait=True)
    failed(result, "job_failed", applies.started()[0], state, "allowed is succeeded")
    assert result.keys() == KEYS | {"failed", "msg", "error"}
    assert (result["changed"], result["job"]["state"], result["job_id"]) == (True, state, applies.started()[0])
    result = succeeded(applies.apply(wait=True, allowed_states=["succeeded", state]))
    assert result["job"]["state"] == state


def test_a_wait_that_runs_out_says_what_goes_on(applies):
    applies.set(baselines_api={"applied": [[0, 1]]})
    applies.cloud.together()
    result = applies.apply(wait=True, wait_timeout=60)
    failed(result, "wait_timeout", applies.started()[0], "goes on", "do not start it again")
    assert (result["changed"], result["timed_out"], result["job"]["state"]) == (True, True, "running")


def test_a_started_job_that_never_shows_is_told_as_started(applies):
    applies.cloud.together()
    applies.set(baselines_api={"applied": [[10000, 1]]})
    applies.cloud.together()
    result = applies.apply(wait=True, wait_timeout=60)
    failed(result, "job_missing", applies.started()[0], "was started", "avepoint_pc_jobs_info")
    assert (result["changed"], result["job"], result["missing_job_ids"]) == (True, None, applies.started())


def test_a_started_job_that_cannot_be_looked_at_is_no_failure(applies):
    applies.faults({"kind": "status", "status": 500, "times": -1, "skip": 1}, service="pc")
    result = succeeded(applies.apply(max_retries=0))
    assert (result["changed"], result["job_id"], result["job"]) == (True, applies.started()[0], None)
    assert applies.started()[0] in result["warnings"][0]


# Refused before it is sent


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"baselines": []}, ["baselines is empty"]),
        ({"baselines": [""]}, ["baselines[0] is not an id"]),
        ({"baselines": ["B2", "a/b"]}, ["baselines[1] is not an id"]),
        ({"baselines": ["B2", "b2"]}, ["baselines has b2 twice"]),
        ({"customer_id": "a/../b"}, ["customer_id is not an id"]),
        ({"tenant_id": ".."}, ["tenant_id is not an id"]),
        ({"tenant_id": " "}, ["tenant_id is not an id"]),
        ({"allowed_states": []}, ["allowed_states is empty"]),
        ({"wait_timeout": -1}, ["wait_timeout"]),
    ],
)
@pytest.mark.parametrize("check_mode", [False, True])
def test_bad_input_sends_nothing(applies, options, words, check_mode):
    result = applies.apply(check_mode=check_mode, **options)
    failed(result, "invalid_input", *words)
    assert applies.cloud.simulator.requests() == []
    assert result["changed"] is False
    assert result.keys() == KEYS | {"failed", "msg", "error"}
    assert result["summary"]["states"] == dict.fromkeys(STATES, 0)


@pytest.mark.parametrize("check_mode", [False, True])
@pytest.mark.parametrize(
    ("status", "word"), [(3, "deploying"), (6, "expired"), (11, "restoring"), (12, "retrieving settings")]
)
def test_a_tenant_that_must_not_be_touched(applies, status, word, check_mode):
    applies.set(tenant={"status": status}, tenants_api={"numbers": "string"})
    result = applies.apply(check_mode=check_mode)
    failed(result, "invalid_input", f"{status} ({word})", applies.cloud.ids["tenant_id"])
    assert (applies.sent(), result["changed"]) == (0, False)


@pytest.mark.parametrize("status", [1, 2, 4, 5, 7, 8, 9, 10, 13, 14, 15, 16, 17, 19])
def test_a_tenant_of_any_other_status(applies, status):
    applies.set(tenant={"status": status})
    succeeded(applies.apply())


def test_a_status_that_nobody_documented_is_named(applies):
    applies.set(tenant={"status": 99})
    result = succeeded(applies.apply())
    assert any("99" in warning and "not documented" in warning for warning in result["warnings"])


def test_a_tenant_that_is_not_listed(applies):
    applies.set(tenant={"listed": False})
    failed(applies.apply(), "not_found", applies.cloud.ids["tenant_id"], "customer_id and tenant_id")
    assert applies.sent() == 0


@pytest.mark.parametrize("check_mode", [False, True])
@pytest.mark.parametrize(
    ("baselines", "words"),
    [
        (["B2", "B1"], ["B1 still retrieves"]),
        (["B4"], ["B4 could not retrieve"]),
        (["B6", "B4"], ["B6 is a draft, B4 could not"]),
        (["B2", "B9"], ["do not exist: B9"]),
    ],
)
def test_baselines_that_cannot_be_applied(applies, baselines, words, check_mode):
    result = applies.apply(baselines=baselines, check_mode=check_mode)
    failed(result, "invalid_input", *words)
    assert (applies.sent(), result["changed"]) == (0, False)


def test_an_app_that_may_not_list_baselines(applies):
    scopes = {"scopes": ["elements.bm.tenant.readwrite.all"]}
    result = succeeded(applies.apply(**scopes))
    assert any("could not be checked" in warning for warning in result["warnings"])
    failed(applies.apply(baselines=["B4"], **scopes), "invalid_input", "could not retrieve")
    assert len(applies.started()) == 1


def test_check_mode_starts_nothing(applies):
    result = succeeded(applies.apply(check_mode=True, wait=True))
    assert (result["changed"], result["job_id"], result["job"], result["jobs"]) == (True, None, None, [])
    assert (applies.sent(), applies.sent("tenants"), applies.sent("baselines"), applies.sent("pc")) == (0, 1, 1, 1)


# Never twice


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 401, "when": "before"},
        {"kind": "status", "status": 429, "when": "before", "retry_after": 1},
    ],
)
def test_what_proves_that_nothing_began_is_sent_again(applies, fault):
    applies.faults(fault)
    result = succeeded(applies.apply())
    assert (applies.sent(), result["job_id"], result["retries"]) == (2, applies.started()[0], 1)
    assert len(applies.started()) == 1
    assert "warnings" not in result


LOST = [
    {"kind": "reset"},
    {"kind": "reset", "where": "body"},
    {"kind": "close"},
    {"kind": "cut"},
    pytest.param({"kind": "hang"}, marks=pytest.mark.real_time),
    {"kind": "status", "status": 408},
    {"kind": "status", "status": 499},
    {"kind": "status", "status": 500},
    {"kind": "status", "status": 502},
    {"kind": "status", "status": 503},
    {"kind": "status", "status": 504},
    {"kind": "redirect"},
    {"kind": "html"},
    {"kind": "empty"},
    {"kind": "cut_json"},
    {"kind": "drop", "path": "jobId"},
    {"kind": "wrong_type", "path": "jobId", "value": 7},
    {"kind": "status", "status": 204},
]


@pytest.mark.parametrize("fault", LOST, ids=str)
def test_a_lost_answer_to_what_was_done(applies, fault):
    applies.set({"job_id": "old", "type": 1, "status": 2}, {"job_id": "running", "type": 1, "status": 1})
    applies.faults(fault)
    result = succeeded(applies.apply(request_timeout=1 if fault["kind"] == "hang" else None))
    assert applies.sent() == 1
    assert [result["job_id"]] == applies.started()
    assert (result["changed"], result["job"]["job_id"]) == (True, applies.started()[0])
    assert "was lost" in result["warnings"][0] and applies.started()[0] in result["warnings"][0]


@pytest.mark.parametrize(
    "fault",
    [
        fault
        for fault in LOST
        if isinstance(fault, dict) and fault["kind"] in ("reset", "close", "status") and "where" not in fault
    ],
    ids=str,
)
def test_a_fault_before_anything_was_done(applies, fault):
    """Nobody can know that from outside: the server may begin later."""
    applies.set({"job_id": "old", "type": 1, "status": 2})
    applies.faults({**fault, "when": "before"})
    result = applies.apply()
    failed(result, "start_unknown", "nothing new is there yet", "avepoint_pc_jobs_info", applies.cloud.ids["tenant_id"])
    assert (applies.sent(), applies.started(), result["job_id"]) == (1, [], None)
    assert result["changed"] is True
    assert result.keys() == KEYS | {"failed", "msg", "error"}


def test_several_new_jobs(applies):
    """One that others start between the two readings cannot be told from one's own."""
    applies.set({"job_id": "theirs", "type": 1, "status": 1, "insert_at_request": 2})
    applies.faults({"kind": "reset"})
    message = failed(applies.apply(), "start_unknown", "theirs", "perhaps started by others")
    assert applies.started()[0] in message


def test_a_new_job_of_another_type_is_none(applies):
    applies.set({"job_id": "backup", "type": 7, "status": 1, "insert_at_request": 2})
    applies.faults({"kind": "reset"})
    assert succeeded(applies.apply())["job_id"] == applies.started()[0]


def test_a_new_job_of_an_unknown_type_is_not_taken(applies):
    applies.set({"job_id": "strange", "type": 77, "status": 1, "insert_at_request": 2})
    applies.faults({"kind": "reset", "when": "before"})
    failed(applies.apply(), "start_unknown", "strange")


def test_a_job_that_shows_late_is_found(applies):
    applies.set(baselines_api={"applied": [[2, 0]]})
    applies.cloud.together()
    applies.faults({"kind": "close"})
    assert succeeded(applies.apply())["job_id"] == applies.started()[0]


def test_a_look_that_fails_is_tried_again(applies):
    applies.faults({"kind": "close"})
    applies.faults({"kind": "status", "status": 503, "skip": 1, "times": 2}, service="pc")
    assert succeeded(applies.apply(max_retries=0))["job_id"] == applies.started()[0]


def test_a_look_that_fails_for_good(applies):
    applies.faults({"kind": "close"})
    applies.faults({"kind": "status", "status": 503, "skip": 1, "times": -1}, service="pc")
    result = applies.apply(max_retries=0)
    failed(result, "start_unknown", "could not be read", "503")
    assert (result["changed"], len(applies.started())) == (True, 1)


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409])
def test_a_refusal_starts_nothing_and_is_told_as_it_is(applies, status):
    applies.faults({"kind": "status", "status": status, "when": "before", "message": "not today"})
    result = applies.apply()
    assert (result["error"]["http_status"], result["changed"]) == (status, False)
    assert "not today" in result["msg"]
    assert applies.sent("pc") == 1  # nothing to look for


@pytest.mark.real_time
def test_a_deadline_between_sending_and_answer(applies):
    applies.faults({"kind": "hang"})
    result = applies.apply(wait=True, wait_timeout=2)
    failed(result, "start_unknown", "no time left", "avepoint_pc_jobs_info")
    assert (result["changed"], len(applies.started())) == (True, 1)


def test_a_login_that_fails_after_a_401_started_nothing(applies):
    applies.faults({"kind": "status", "status": 401, "when": "before"})
    applies.faults({"kind": "status", "status": 503, "skip": 1, "times": -1}, service="identity")
    result = applies.apply(max_retries=0)
    failed(result, "server_error")
    assert (applies.sent(), applies.started(), result["changed"]) == (1, [], False)


# Ended from outside


class TimeLimit(BaseException):
    """As ansible-core raises it into whatever runs."""


def test_a_time_limit_after_sending_says_so(applies, monkeypatch):
    def end(self):
        raise TimeLimit

    monkeypatch.setattr(ApplyBaselines, "new", end)
    applies.faults({"kind": "close"})
    result = applies.apply()
    failed(result, "start_unknown", "the task was ended", "avepoint_pc_jobs_info")
    assert (result["changed"], len(applies.started())) == (True, 1)
    assert result.keys() == KEYS | {"failed", "msg", "error"}


def test_a_time_limit_while_it_waits_names_the_job(applies):
    def end(progress):
        if not progress.says:
            raise TimeLimit

    result = applies.apply(wait=True, report=end)
    failed(result, "wait_timeout", applies.started()[0], "goes on")
    assert (result["changed"], result["job_id"], result["job"]["state"]) == (True, applies.started()[0], "waiting")


def test_a_time_limit_before_anything_was_sent_is_as_any_other(applies, monkeypatch):
    def end(self):
        raise TimeLimit

    monkeypatch.setattr(ApplyBaselines, "prepare", end)
    with pytest.raises(TimeLimit):
        applies.apply()


def test_whoever_watches_is_told_before_it_is_asked_for(applies):
    """Where a run is killed, nothing else is left to read."""
    said = []

    def watch(progress):
        if progress.says:
            said.append((progress.says, len(applies.started())))

    result = succeeded(applies.apply(report=watch))
    (first, before), (last, after) = said
    assert (before, after) == (0, 1)
    assert "should this run end before the answer" in first and applies.cloud.ids["tenant_id"] in first
    assert last == f"started {result['job_id']}"


def test_an_interrupt_passes(applies):
    def end(progress):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        applies.apply(wait=True, report=end)
