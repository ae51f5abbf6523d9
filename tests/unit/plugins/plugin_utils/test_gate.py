# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import STATES
from ansible_collections.avepoint.cloud.plugins.plugin_utils import _gate as gate
from ansible_collections.avepoint.cloud.plugins.plugin_utils import _gate_jobs as gate_jobs
from ansible_collections.avepoint.cloud.plugins.plugin_utils import _gate_requirements as gate_requirements
from ansible_collections.avepoint.cloud.tests.unit.plugins.plugin_utils.gate_data import (
    HOSTILE,
    NOW,
    cut,
    d365_job,
    failure,
    pc_job,
    result,
)
from ansible_collections.avepoint.cloud.tests.unit.properties import budget


def judge(answer, product="d365", now=NOW, **required):
    return gate.judge(answer, gate_requirements.requirements(product, **required), now)


# What passes


def test_a_succeeded_job_passes():
    verdict = judge(result(d365_job()))
    assert verdict["passed"] is True
    assert verdict["reasons"] == []
    assert verdict["msg"] == "The gate passed (Dynamics 365, 1 job: 1 succeeded)."
    assert verdict["jobs"] == [d365_job()]
    assert verdict["summary"]["latest_success"] == "2026-11-23T07:30:00Z"
    assert verdict["error"] is None
    assert verdict["checked_at"] == "2026-11-23T09:00:00Z"


def test_a_process_center_summary_has_no_times():
    verdict = judge(result(pc_job()), product="pc")
    assert verdict["passed"] is True
    assert "latest_success" not in verdict["summary"]


@pytest.mark.parametrize("state", gate_requirements.ALLOWABLE)
def test_each_finished_state_passes_when_it_is_allowed(state):
    assert judge(result(d365_job(state=state)), allowed_states=[state])["passed"] is True


def test_a_partial_success_passes_only_when_it_is_allowed():
    answer = result(d365_job("A"), d365_job("B", "finished_with_exception", failed_entity=3))
    verdict = judge(answer)
    assert verdict["passed"] is False
    assert verdict["reasons"] == [
        "finished_with_exception: backup B, organization Example Production, started 2026-11-23T07:00:00Z, "
        "finished 2026-11-23T07:30:00Z, 3 entities failed"
    ]
    assert judge(answer, allowed_states="succeeded, finished_with_exception")["passed"] is True


def test_no_jobs_pass_only_when_none_are_required():
    assert judge(result(), min_jobs=0)["passed"] is True
    verdict = judge(result())
    assert verdict["passed"] is False
    assert verdict["reasons"] == ["There are no jobs, and at least 1 must be there."]


# What does not


@pytest.mark.parametrize("state", ["waiting", "running", "unknown"])
def test_an_unfinished_job_never_passes(state):
    verdict = judge(result(d365_job(), d365_job("B", state)), allowed_states=gate_requirements.ALLOWABLE, min_jobs=0)
    assert verdict["passed"] is False
    assert [rule["name"] for rule in verdict["rules"] if not rule["passed"]] == ["finished"]
    assert "not finished: backup B" in verdict["reasons"][0]


@pytest.mark.parametrize("state", [state for state in STATES if state != "succeeded"])
def test_by_default_only_success_passes(state):
    verdict = judge(result(pc_job(state=state)), product="pc")
    assert verdict["passed"] is False
    assert "deploy J1, customer customer-1, tenant tenant-1" in verdict["reasons"][0]
    assert verdict["msg"].splitlines()[-1] == "Required: every job finished and succeeded; at least 1 job."


def test_the_first_errors_of_a_job_are_said_and_the_others_counted():
    errors = [{"message": f"Denied {number}", "url": None, "count": 1} for number in range(1, 6)]
    errors[1].update(url="https://contoso.example/sites/a", count=7)
    job = {"job_id": "FB1", "type": None, "type_id": None, "state": "failed", "finished": True}
    answer = result(
        {**job, "service": "teams", "failed_count": 9, "errors": errors, "start_time": "2026-11-23T07:00:00Z"},
        product="m365",
    )
    verdict = judge(answer, product="m365")
    assert verdict["reasons"][0] == (
        "failed: job FB1, service teams, started 2026-11-23T07:00:00Z, 9 objects failed, errors Denied 1; "
        "Denied 2 (7 times) at https://contoso.example/sites/a; Denied 3 and 2 more"
    )
    assert gate_jobs.value_text(errors[2:]) == "Denied 3; Denied 4; Denied 5"
    assert gate_jobs.value_text(["x", *errors[2:]]) == "x; Denied 3; Denied 4 and 1 more"


def test_too_few_jobs_do_not_pass():
    verdict = judge(result(d365_job()), min_jobs=3)
    assert verdict["reasons"] == ["There is only 1 job, and at least 3 must be there."]
    verdict = judge(result(d365_job("A"), d365_job("B")), min_jobs=3)
    assert verdict["reasons"] == ["There are only 2 jobs, and at least 3 must be there."]


def test_a_part_of_the_jobs_does_not_pass():
    verdict = judge(result(d365_job(), truncated=True, total_count=340))
    assert verdict["passed"] is False
    assert verdict["reasons"] == ["Only 1 job of 340 was looked at, because of limit or page."]
    assert verdict["truncated"] is True
    verdict = judge(result(d365_job("A"), d365_job("B"), truncated=True, total_count=True))
    assert verdict["reasons"] == ["Only 2 jobs were looked at, because of limit or page."]


def test_a_part_that_could_be_read_is_not_put_down_to_limit_or_page_alone():
    # As a wait for several tenants returns, of which one cannot be read.
    verdict = judge(result(pc_job(), truncated=True, total_count=1, **failure()), product="pc")
    assert verdict["reasons"] == [
        "The login was refused (authentication_failed, HTTP 400, request id r-1).",
        "Only 1 job of 1 was looked at, because of limit or page, or because others could not be read.",
    ]
    # Nor where fail_fast ended the wait, which is no failure.
    assert judge(result(pc_job("failed"), truncated=True, total_count=1), product="pc")["reasons"][0].endswith(
        "or because others could not be read."
    )


def test_a_missing_job_id_does_not_pass():
    verdict = judge(result(d365_job(), missing=["DCIB9"]))
    assert verdict["passed"] is False
    assert verdict["reasons"] == ["missing: job DCIB9, asked for and not there"]
    assert verdict["missing_job_ids"] == ["DCIB9"]


def test_a_failed_query_does_not_pass_and_keeps_its_error():
    verdict = judge(failure())
    assert verdict["passed"] is False
    assert verdict["error"] == {"code": "authentication_failed", "http_status": 400, "request_id": "r-1"}
    assert verdict["msg"].splitlines() == [
        "The gate did not pass (Dynamics 365, no jobs read).",
        "  - The login was refused (authentication_failed, HTTP 400, request id r-1).",
    ]


def test_a_module_that_came_to_no_result_has_its_last_words_in_the_reason():
    crash = {
        "failed": True,
        "msg": "MODULE FAILURE",
        "module_stderr": "Traceback\npython3: command not found\n\n",
        "rc": 127,
    }
    assert judge(crash)["reasons"] == ["MODULE FAILURE: python3: command not found."]


def test_what_the_message_of_a_failure_has_is_not_said_twice():
    verdict = judge(failure("The login was refused [invalid_client] (HTTP 400)."))
    assert verdict["reasons"] == [
        "The login was refused [invalid_client] (HTTP 400) (authentication_failed, request id r-1)."
    ]


def test_a_failure_whose_failed_was_taken_back_does_not_pass():
    answer = {**failure(), "failed": False, "failed_when_result": False}
    assert judge(answer, min_jobs=0)["passed"] is False
    del answer["error"]
    assert judge({**result(d365_job()), **answer}, min_jobs=0)["passed"] is False


def test_a_wait_that_ran_out_names_what_was_still_open():
    answer = failure(
        "The wait ended after 60 s", "wait_timeout", **result(d365_job(), d365_job("B", "running"), timed_out=True)
    )
    verdict = judge(answer)
    assert verdict["passed"] is False
    assert verdict["reasons"] == [
        "The wait ended after 60 s (wait_timeout, HTTP 400, request id r-1).",
        "running, not finished: backup B, organization Example Production, started 2026-11-23T07:00:00Z",
    ]
    # and when the jobs look well, it still does not pass
    assert judge(failure("x", "wait_timeout", **result(d365_job(), timed_out=True)))["passed"] is False
    assert judge(result(d365_job(), timed_out=True))["reasons"] == ["The wait ran out."]


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "",
        [],
        {},
        {"skipped": True},
        {"skipped": True, **result(d365_job())},
        {"skipped": "", **result(d365_job())},
        {"unreachable": True, **result(d365_job())},
        {"failed": "no", **result(d365_job())},
        {"exception": "Traceback", **result(d365_job())},
        {"ansible_job_id": "1.2", "started": 1, "finished": 0},
        {"results": [result(d365_job())]},
        {"error": {}, **result(d365_job())},
    ],
)
def test_what_is_no_result_of_a_query_does_not_pass(answer):
    verdict = judge(answer, min_jobs=0)
    assert verdict["passed"] is False
    assert len(verdict["reasons"]) == 1
    assert "Traceback" not in verdict["msg"]


@pytest.mark.parametrize("key", ["jobs", "summary", "missing_job_ids", "truncated", "timed_out"])
@pytest.mark.parametrize("value", [..., None, "", 1, "false"])
def test_a_result_without_a_key_or_of_a_wrong_type_does_not_pass(key, value):
    answer = result(d365_job())
    if value is ...:
        del answer[key]
    else:
        answer[key] = value
    verdict = judge(answer, min_jobs=0)
    assert verdict["passed"] is False
    assert f"{key} missing or of the wrong type" in verdict["msg"]


@pytest.mark.parametrize("change", [{"total": 2}, {"states": {"succeeded": 1}}, {"states": None}])
def test_a_summary_that_does_not_count_the_jobs_does_not_pass(change):
    answer = result(d365_job())
    answer["summary"].update(change)
    assert judge(answer)["reasons"] == ["The result contradicts itself: its summary does not count its jobs."]


@pytest.mark.parametrize(
    "job",
    [
        None,
        "DCIB1",
        [],
        {},
        d365_job(job_id=""),
        d365_job(job_id=7),
        d365_job(type=None),
        d365_job(state="finished"),
        {**d365_job(), "state": None},
        {**d365_job(), "finished": "true"},
        {**d365_job(), "finished": 1},
        {key: value for key, value in d365_job().items() if key != "finished"},
        {**d365_job(), "finished": False},
        {**d365_job(state="running"), "finished": True},
    ],
)
def test_what_is_no_job_does_not_pass(job):
    answer = {**result(d365_job()), "jobs": [job]}
    verdict = judge(answer, allowed_states=gate_requirements.ALLOWABLE)
    assert verdict["passed"] is False
    assert "unreadable" in verdict["msg"]


def test_a_finish_in_the_future_does_not_pass_beyond_the_skew_of_clocks():
    assert judge(result(d365_job(finish_time="2026-11-23T09:04:00Z")), max_age="1h")["passed"] is True
    answer = result(d365_job(finish_time="2026-11-23T09:06:00Z"))
    (reason,) = judge(answer)["reasons"]
    assert reason.startswith(
        "succeeded, but in the future: finished 2026-11-23T09:06:00Z, and it is 2026-11-23T09:00:00Z; check the clocks: "
    )
    verdict = judge(answer, max_age="1h")
    assert verdict["passed"] is False
    newest = "The newest success finished at 2026-11-23T09:06:00Z, in the future: it is 2026-11-23T09:00:00Z. Check the clocks."
    assert verdict["reasons"] == [newest, reason]
    assert {rule["name"]: rule["found"] for rule in verdict["rules"] if not rule["passed"]} == {
        "finished": "1 of 1 job not finished",
        "max_age": newest,
    }


# The age of the newest success


@pytest.mark.parametrize(
    ("max_age", "passed"), [("90m", True), ("1h30m", True), ("89m", False), ("2h", True), ("24h", True), ("1d", True)]
)
def test_the_newest_success_must_be_young_enough(max_age, passed):
    old = d365_job("A", finish_time="2026-11-20T07:30:00Z")
    assert judge(result(old, d365_job("B")), max_age=max_age)["passed"] is passed


def test_a_success_too_old_is_said_with_its_time():
    verdict = judge(result(d365_job(finish_time="2026-11-21T07:00:00Z")), max_age="24h")
    assert verdict["reasons"] == [
        "No success within the last 24h: the newest finished 2d 2h ago, at 2026-11-21T07:00:00Z."
    ]
    assert verdict["msg"].endswith(
        "Required: every job finished and succeeded; at least 1 job; a success within the last 24h."
    )


def test_only_a_success_counts_as_one():
    jobs = [d365_job("A", "failed"), d365_job("B", "finished_with_exception"), d365_job("C", "skipped")]
    verdict = judge(result(*jobs), allowed_states=gate_requirements.ALLOWABLE, max_age="24h")
    assert verdict["reasons"] == ["No success within the last 24h: no job succeeded."]
    assert judge(result(), min_jobs=0, max_age="24h")["passed"] is False


@pytest.mark.parametrize("time", [None, "", "soon", 5, "2026-13-01T00:00:00Z"])
def test_a_success_without_a_time_does_not_count(time):
    verdict = judge(result(d365_job(finish_time=time)), max_age="24h")
    assert verdict["reasons"] == ["No success within the last 24h: none of 1 success has a time."]


@pytest.mark.parametrize(
    ("text", "hours"), [("90m", 1.5), ("24h", 24), ("7d", 168), ("1d12h", 36), ("1d 12h 30m", 36.5), (" 2H ", 2)]
)
def test_an_age_can_be_written_in_days_hours_minutes(text, hours):
    assert gate_requirements.parse_age(text).length == datetime.timedelta(hours=hours)


@pytest.mark.parametrize(
    "text", ["24", 24, "h", "-24h", "1.5h", "24 hours", "12h1d", "0h", "3651d", "999999999d", "٣h", True, [], "1y"]
)
def test_an_age_that_cannot_be_meant_is_refused(text):
    with pytest.raises(gate_requirements.GateError, match="max_age must be"):
        gate_requirements.parse_age(text)


def test_a_success_that_contradicts_itself_is_none():
    broken = {**d365_job("B", finish_time="2026-11-23T08:50:00Z"), "finished": False}
    verdict = judge({**result(d365_job("A"), d365_job("B")), "jobs": [d365_job("A"), broken]}, max_age="30m")
    assert "the newest finished 1h 30m ago" in verdict["reasons"][0]
    assert verdict["summary"]["latest_success"] == "2026-11-23T07:30:00Z"


@pytest.mark.parametrize(("finish", "passed"), [("2026-11-23T09:05:00Z", True), ("2026-11-23T09:05:01Z", False)])
def test_the_skew_of_clocks_ends_at_five_minutes(finish, passed):
    for max_age in (None, "1h"):
        assert judge(result(d365_job(finish_time=finish)), max_age=max_age)["passed"] is passed


@pytest.mark.parametrize(
    ("skew", "passed", "note"),
    [
        (None, True, ""),
        (300.0, True, ""),
        (-300.0, True, ""),
        # slow by 2 h: a success of 25 h ago looks like one of 23 h
        (7200.0, False, "The clock here is 2h behind the server's, so ages are judged by the server's. Set the clock."),
        (-7200, True, "The clock here is 2h ahead of the server's, so ages are judged by the server's. Set the clock."),
    ],
)
def test_ages_are_judged_by_the_clock_of_the_server_where_this_one_is_wrong(skew, passed, note):
    verdict = judge(result(d365_job(finish_time="2026-11-22T10:00:00Z"), clock_skew=skew), max_age="24h")
    assert verdict["passed"] is passed
    assert (verdict["msg"].splitlines()[-1] == note) is bool(note)
    assert ("clock" in verdict["msg"]) is bool(note)
    expected = NOW + datetime.timedelta(seconds=skew if note else 0)
    assert verdict["checked_at"] == expected.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_what_is_in_the_future_is_seen_by_the_clock_of_the_server():
    soon = d365_job(finish_time="2026-11-23T10:00:00Z")
    assert judge(result(soon, clock_skew=3600.0))["passed"] is True
    assert judge(result(soon, clock_skew=None))["passed"] is False
    assert judge(result(d365_job(finish_time="2026-11-23T08:55:00Z"), clock_skew=-3600))["passed"] is False


def test_a_result_that_does_not_say_whose_it_is_is_judged_all_the_same():
    for product in ([], "x", None):
        assert judge(result(d365_job(), product=product), product=None)["passed"] is True


def test_a_skew_of_ten_years_is_the_last_that_can_be_one():
    longest = gate_requirements.LONGEST_AGE.total_seconds()
    for skew in (longest, -longest):
        assert judge(result(d365_job(finish_time=None), clock_skew=skew))["passed"] is True
        assert judge(result(d365_job(finish_time=None), clock_skew=skew * 1.001))["passed"] is False


@pytest.mark.parametrize("skew", ["7200", True, float("nan"), float("inf"), 1e12, [], {}])
def test_a_skew_that_is_none_does_not_pass(skew):
    assert "clock_skew missing or of the wrong type" in judge(result(d365_job(), clock_skew=skew))["reasons"][0]


def test_the_result_of_a_loop_is_no_result_of_a_query():
    looped = {"results": [result(d365_job())], "msg": "All items completed", "changed": False, "skipped": False}
    assert judge(looped)["reasons"] == ["This is the result of a loop: hand over one of .results."]


@pytest.mark.parametrize(
    ("status_id", "status", "said"), [(9, "unknown", "9"), (0, "x", "0"), (None, "half finished", "half finished")]
)
def test_an_unknown_state_is_said_with_its_number_or_word(status_id, status, said):
    job = d365_job(state="unknown", status_id=status_id, status=status)
    assert judge(result(job))["reasons"][0].startswith(f"unknown (status {said}), so not finished: backup DCIB1,")


# What was found, for reports

ALL_AS_REQUIRED = {
    "query": "3 jobs read",
    "complete": "no limit or page left any out",
    "job_ids": "none is missing",
    "min_jobs": "3 jobs found",
    "finished": "all of 3 jobs",
    "allowed_states": "all of 3 jobs",
}


@pytest.mark.parametrize(
    ("jobs", "more", "broken"),
    [
        ([d365_job("A"), d365_job("B"), d365_job("C")], {}, {}),
        ([d365_job("A"), d365_job("B"), d365_job("C", "running")], {}, {"finished": "1 of 3 jobs not finished"}),
        (
            [d365_job("A"), d365_job("B", "unknown"), d365_job("C", "waiting")],
            {},
            {"finished": "2 of 3 jobs not finished"},
        ),
        (
            [d365_job("A"), d365_job("B", "skipped"), d365_job("C", "failed")],
            {},
            {"allowed_states": "2 of 3 jobs not succeeded"},
        ),
        (
            [d365_job("A"), d365_job("B", finish_time="2027-01-01T00:00:00Z"), d365_job("C", "failed")],
            {},
            {"finished": "1 of 3 jobs not finished", "allowed_states": "1 of 3 jobs not succeeded"},
        ),
        (
            [d365_job("A"), d365_job("B"), d365_job("C")],
            {"missing": ["X", "Y"]},
            {"job_ids": "2 job ids asked for and not there"},
        ),
    ],
)
def test_each_rule_says_what_was_found(jobs, more, broken):
    rules = judge(result(*jobs, **more))["rules"]
    assert {rule["name"]: rule["found"] for rule in rules} == {**ALL_AS_REQUIRED, **broken}
    assert {rule["name"] for rule in rules if not rule["passed"]} == set(broken)


def test_rules_without_jobs_say_that_there_are_none():
    found = {rule["name"]: rule["found"] for rule in judge(result(), min_jobs=0)["rules"]}
    assert found["min_jobs"] == "0 jobs found"
    assert found["finished"] == found["allowed_states"] == "there are no jobs"


def test_what_could_not_be_looked_at_is_not_judged():
    verdict = judge(failure(), max_age="24h")
    assert verdict["rules"] == [
        {"name": "query", "required": "the jobs can be read", "passed": False, "found": verdict["reasons"][0]},
    ]


def test_the_summary_has_the_newest_success_where_jobs_have_times():
    for product, answer, has in (
        (None, result(d365_job()), True),
        (None, result(pc_job()), False),
        (None, result(), False),
        ("d365", result(), True),
        ("d365", failure(), True),
        ("pc", result(pc_job()), False),
    ):
        assert ("latest_success" in judge(answer, product=product, min_jobs=0)["summary"]) is has
    jobs = [
        d365_job(finish_time=None),
        d365_job(finish_time="2026-11-23T07:00:00Z"),
        d365_job(finish_time="2026-11-23T08:00:00+01:30"),
        d365_job("F", "failed", finish_time="2026-11-23T08:00:00Z"),
    ]
    assert judge(result(*jobs))["summary"]["latest_success"] == "2026-11-23T07:00:00Z"
    assert judge(result(jobs[0], jobs[3]))["summary"]["latest_success"] is None


def test_an_organization_without_a_name_has_its_id():
    job = d365_job(state="failed", organization_name=None, organization_id="6a4e")
    assert "backup DCIB1, organization 6a4e, started" in judge(result(job))["reasons"][0]


@pytest.mark.parametrize(("product", "kept"), [("pc", "pc"), ("d365", "d365"), ("ms", None), (None, None)])
def test_a_refusal_is_a_verdict_too(product, kept):
    verdict = gate.refused(["job_gate_min_jobs is wrong."], product)
    assert set(verdict) == set(judge(result(d365_job())))
    assert verdict["passed"] is False
    assert verdict["truncated"] is False
    assert verdict["product"] == kept
    assert ("latest_success" in verdict["summary"]) is (kept == "d365")
    assert [rule["passed"] for rule in verdict["rules"]] == [False]


# Requirements


def test_the_longest_age_is_ten_years():
    assert gate_requirements.parse_age("3650d").length == gate_requirements.LONGEST_AGE


def test_no_age_can_be_asked_of_process_center():
    with pytest.raises(gate_requirements.GateError, match="no times"):
        gate_requirements.requirements("pc", max_age="24h")
    assert gate_requirements.requirements("pc", max_age="").max_age is None


@pytest.mark.parametrize("state", ["waiting", "running", "unknown"])
def test_a_state_that_is_no_end_cannot_be_allowed(state):
    with pytest.raises(
        gate_requirements.GateError, match=f"cannot have {state}: a job that has not finished never passes"
    ):
        gate_requirements.requirements("pc", allowed_states=["succeeded", state])


@pytest.mark.parametrize(
    "states", [[], None, "", "finished", ["Succeeded"], [None], [["succeeded"]], {"succeeded": 1}, 5]
)
def test_states_that_are_none_are_refused(states):
    with pytest.raises(gate_requirements.GateError, match="allowed_states"):
        gate_requirements.requirements("pc", allowed_states=states)


@pytest.mark.parametrize("number", [-1, "-1", 1.0, "1.5", None, True, "", "many", [1]])
def test_a_number_of_jobs_that_is_none_is_refused(number):
    with pytest.raises(gate_requirements.GateError, match="min_jobs must be a whole number from 0"):
        gate_requirements.requirements("pc", min_jobs=number)
    assert gate_requirements.requirements("pc", min_jobs="2").min_jobs == 2


def test_everything_that_is_wrong_is_said_at_once():
    with pytest.raises(gate_requirements.GateError) as caught:
        gate_requirements.requirements("ms", allowed_states=["running", "x"], min_jobs=-1, max_age="soon")
    assert len(caught.value.problems) == 5


# The message


def test_the_worst_is_named_first_and_the_rest_is_counted():
    jobs = [d365_job(f"R{number}", "running") for number in range(510)] + [
        d365_job(f"F{number}", "failed") for number in range(15)
    ]
    verdict = judge(result(*jobs, *(d365_job(f"S{number}") for number in range(5))))
    lines = verdict["msg"].splitlines()
    assert lines[0] == "The gate did not pass (Dynamics 365, 530 jobs: 15 failed, 510 running, 5 succeeded)."
    assert len(lines) == 1 + 500 + 1 + 1
    assert lines[1].startswith("  - failed: backup F0,")
    assert lines[16].startswith("  - running, not finished: backup R0,")
    assert lines[501] == "  - and 25 more: 25 running"
    assert len(verdict["jobs"]) == 530


def test_text_from_the_server_is_one_line_without_control_characters_and_bounded():
    job = d365_job(HOSTILE, "failed", organization_name=HOSTILE * 50, type=HOSTILE)
    verdict = judge(failure(HOSTILE * 50, HOSTILE, **result(job, missing=[HOSTILE])))
    for line in [*verdict["reasons"], *verdict["msg"].splitlines(), *(rule["found"] for rule in verdict["rules"])]:
        assert line.isprintable()
        assert len(line) < 1300


@pytest.mark.parametrize(
    ("product", "answer", "reason"),
    [
        (
            "d365",
            failure("m" * 2000, "c" * 200, error={"code": "c" * 200, "http_status": "h" * 50, "request_id": "r" * 200}),
            f"{cut('m', 1000)} ({cut('c', 40)}, HTTP {cut('h', 10)}, request id {cut('r', 80)}).",
        ),
        ("d365", result(d365_job(), product="p" * 100), f"This is a result of {cut('p', 40)}, not of d365."),
        ("d365", result(d365_job(), missing=["i" * 500]), f"missing: job {cut('i', 100)}, asked for and not there"),
        (
            "pc",
            result(pc_job("i" * 500, "failed", type="t" * 500, customer_id="c" * 500, tenant_id=None)),
            f"failed: {cut('t', 40)} {cut('i', 100)}, customer {cut('c', 80)}",
        ),
        (
            "pc",
            result(pc_job(state="unknown", status_id=None, status="s" * 500)),
            f"unknown (status {cut('s', 40)}), so not finished: deploy J1, customer customer-1, tenant tenant-1",
        ),
        (
            "pc",
            {**result(pc_job()), "jobs": [pc_job(state="s" * 500)]},
            f"unreadable: {cut('s', 40)} is not a known state: deploy J1, customer customer-1, tenant tenant-1",
        ),
        (
            "m365",
            result(
                {
                    **pc_job(state="failed"),
                    "errors": [{"message": "m" * 500, "url": "u" * 500, "count": "9" * 500}],
                },
                product="m365",
            ),
            f"failed: deploy J1, errors {cut('m', 80)} ({cut('9', 20)} times) at {cut('u', 120)}",
        ),
    ],
)
def test_a_text_of_the_server_is_cut(product, answer, reason):
    assert judge(answer, product=product)["reasons"][-1] == reason


@pytest.mark.parametrize(
    ("allowed_states", "said"),
    [
        (["failed"], "failed"),
        (["failed", "succeeded"], "succeeded or failed"),
        (["failed", "skipped", "succeeded"], "succeeded, failed or skipped"),
    ],
)
def test_states_are_said_as_a_choice(allowed_states, said):
    verdict = judge(result(d365_job(state="stopped")), allowed_states=allowed_states)
    assert verdict["msg"].splitlines()[-1] == f"Required: every job finished and {said}; at least 1 job."


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (59, "59s"), (60, "1m"), (3661, "1h 1m"), (90000, "1d 1h"), (86400, "1d"), (86401, "1d")],
)
def test_a_length_of_time_is_short(seconds, text):
    assert gate_jobs.duration_text(datetime.timedelta(seconds=seconds)) == text


# Whatever comes in

_any = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from([*STATES, "2026-11-23T07:30:00Z"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@budget(150)
@given(st.data())
def test_no_damage_to_a_result_makes_it_pass_or_raises(data):
    """A result with a job that failed, with anything at all in its place at some keys, never passes."""
    answer = result(d365_job("A"), d365_job("B", "failed"))
    for _time in range(data.draw(st.integers(1, 3))):
        target = data.draw(st.sampled_from([answer, answer["jobs"][1], answer["summary"]]))
        keys = set(target) - {"state", "finished", "jobs", "summary"}
        target[data.draw(st.sampled_from(sorted(keys)))] = data.draw(_any)
    before = copy.deepcopy(answer)
    verdict = judge(answer, allowed_states=["succeeded"], min_jobs=0)
    assert verdict["passed"] is False
    assert verdict["reasons"]
    assert repr(answer) == repr(before)


@budget(150)
@given(
    _any,
    st.dictionaries(
        st.sampled_from(["jobs", "summary", "missing_job_ids", "truncated", "timed_out", "error", "msg"]), _any
    ),
)
def test_nothing_at_all_makes_it_raise_or_pass(anything, keys):
    for answer in (anything, keys):
        assert judge(answer)["passed"] is False
