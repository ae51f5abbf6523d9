# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Restore jobs of AvePoint Opus, from the simulator."""

from __future__ import annotations

import jsonschema
import pytest

from ansible_collections.avepoint.cloud.plugins.module_utils._options import argument_spec
from ansible_collections.avepoint.cloud.plugins.module_utils._opus import ANSWER, Opus
from ansible_collections.avepoint.cloud.tests.unit.plugins.module_utils.support import failed, job_ids, succeeded

STATES = {
    -1: "unknown",
    0: "waiting",
    1: "running",
    2: "succeeded",
    3: "failed",
    4: "finished_with_exception",
    5: "stopped",
    6: "skipped",
    7: "running",
    8: "waiting",
    9: "waiting",
    10: "failed",
    11: "unknown",
}


def jobs(cloud, *given: dict, **section) -> None:
    cloud.set(opus={"jobs": list(given), **section})


def answers(cloud, body: dict) -> None:
    jobs(cloud)
    cloud.simulator.faults({"kind": "status", "status": 200, "body": body, "match": {"service": "opus"}, "times": -1})


# What a job looks like


def test_a_usual_answer_is_checked_without_jsonschema_whose_import_takes_longer_than_the_task(cloud, monkeypatch):
    monkeypatch.setattr(jsonschema, "Draft202012Validator", None)
    monkeypatch.setattr(ANSWER, "_validator", None)
    jobs(cloud, {"job_id": "a", "status": 2})
    assert job_ids(cloud.run("opus", job_ids=["a"])) == ["a"]


def test_a_job(cloud):
    job = {
        "job_id": "Job-1",
        "status": 4,
        "progress": 87.5,
        "start_time": "2022-08-19T03:12:43.821Z",
        "finish_time": "2022-08-19T03:13:46.633Z",
    }
    jobs(cloud, job, {"job_id": "another", "status": 2})
    result = succeeded(cloud.run("opus", job_ids=["job-1"]))
    assert result["jobs"] == [
        {
            "job_id": "Job-1",
            "type": "restore",
            "type_id": None,
            "status": "finished_with_exception",
            "status_id": 4,
            "state": "finished_with_exception",
            "finished": True,
            "start_time": "2022-08-19T03:12:43.821Z",
            "finish_time": "2022-08-19T03:13:46.633Z",
            "progress": 87.5,
        }
    ]
    assert (result["total_count"], result["truncated"], result["missing_job_ids"]) == (1, False, [])
    assert [request["query"] for request in cloud.simulator.requests("opus")] == [{"jobId": "job-1"}]


@pytest.mark.parametrize(
    "representation", ["number", "numeric_string", "name", "lower_case", "hyphens", "underscores", "joined"]
)
def test_every_state_in_every_spelling(cloud, representation):
    jobs(cloud, *({"job_id": f"s{number}", "status": number} for number in STATES), representation=representation)
    found = {job["job_id"]: job for job in succeeded(cloud.run("opus", job_ids=[f"s{n}" for n in STATES]))["jobs"]}
    assert {number: found[f"s{number}"]["state"] for number in STATES} == STATES
    assert {number for number in STATES if found[f"s{number}"]["finished"]} == {2, 3, 4, 5, 6, 10}
    assert [found[f"s{number}"]["status_id"] for number in range(-1, 11)] == list(range(-1, 11))


@pytest.mark.parametrize(
    ("given", "state"),
    [
        ({"status": 2, "progress": 75, "finishTime": None}, "succeeded"),
        ({"status": 2, "progress": None, "startTime": None, "finishTime": ""}, "succeeded"),
        ({"status": 1, "progress": 100, "finishTime": "2022-08-19T03:13:46Z"}, "running"),
        ({"status": 9, "progress": "100", "finishTime": "2022-08-19T03:13:46Z"}, "waiting"),
        ({"status": -1, "progress": 100, "finishTime": "2022-08-19T03:13:46Z"}, "unknown"),
        ({"status": 2, "startTime": "2099-08-19T03:13:46Z"}, "unknown"),
    ],
)
def test_the_status_decides(cloud, given, state):
    answers(cloud, {"success": True, "job": {"id": "a", "startTime": "2022-08-19T03:12:43Z", **given}})
    result = succeeded(cloud.run("opus", job_ids=["a"]))
    (job,) = result["jobs"]
    assert job["state"] == state
    assert result["summary"]["all_succeeded"] is (state == "succeeded")
    assert result["summary"]["latest_success"] is None


def test_the_newest_success(cloud):
    times = {"start_time": -600, "finish_time": -300}
    jobs(cloud, {"job_id": "a", "status": 2, **times}, {"job_id": "b", "status": 3, "start_time": -600})
    result = succeeded(cloud.run("opus", job_ids=["a", "b"]))
    assert result["summary"]["latest_success"] == result["jobs"][0]["finish_time"]


# Ids


@pytest.mark.parametrize("unknown_job", ["null", "absent", "none"])
def test_a_job_that_is_not_there(cloud, unknown_job):
    jobs(cloud, {"job_id": "a", "status": 2}, unknown_job=unknown_job)
    result = succeeded(cloud.run("opus", job_ids=["a", "b", "A"]))
    assert (job_ids(result), result["missing_job_ids"], result["total_count"]) == (["a"], ["b"], 1)
    assert result["summary"]["all_succeeded"] is False
    assert result["warnings"] == ['AvePoint Opus does not have these jobs (it said "The job does not exist."): b.']
    assert len(cloud.simulator.requests("opus")) == 2


def test_what_is_refused_may_not_be_taken_for_a_success(cloud):
    answers(cloud, {"success": False, "message": "Not now", "job": {"id": "a", "status": 2}})
    result = succeeded(cloud.run("opus", job_ids=["a"]))
    assert (result["jobs"], result["missing_job_ids"]) == ([], ["a"])
    assert "Not now" in result["warnings"][0]


def test_another_job_is_not_the_one_that_was_asked_for(cloud):
    answers(cloud, {"success": True, "job": {"id": "b", "status": 2}})
    result = succeeded(cloud.run("opus", job_ids=["a"]))
    assert (result["jobs"], result["missing_job_ids"]) == ([], ["a"])


def test_states_are_chosen_here(cloud):
    jobs(cloud, *({"job_id": f"s{number}", "status": number} for number in STATES))
    result = succeeded(cloud.run("opus", job_ids=[f"s{number}" for number in STATES], states=["failed", "unknown"]))
    assert job_ids(result) == ["s-1", "s3", "s10", "s11"]


def test_many_side_by_side(cloud):
    jobs(cloud, generate={"count": 40, "statuses": [2]})
    cloud.simulator.put_state({**cloud.simulator.state(), "latency": 0.02})
    wanted = [f"job-{number:06d}" for number in range(1, 41)]
    assert job_ids(succeeded(cloud.run("opus", job_ids=wanted, max_concurrency=8))) == wanted
    assert cloud.simulator.log()["max_in_flight"] == 8


# Waiting


def test_a_wait_until_all_have_finished(cloud):
    jobs(
        cloud,
        {"job_id": "a", "timeline": [[0, 0], [40, 8], [50, 1], [100, 2]]},
        {"job_id": "b", "timeline": [[60, 9], [100, 7], [170, 5]]},
    )
    cloud.together()
    result = succeeded(cloud.run("opus", job_ids=["a", "b"], wait=True))
    assert [job["state"] for job in result["jobs"]] == ["succeeded", "stopped"]
    assert result["polls"] == 7
    assert "warnings" not in result


def test_a_wait_for_a_job_that_never_comes(cloud):
    jobs(cloud, {"job_id": "a", "status": 2})
    cloud.together()
    result = cloud.run("opus", job_ids=["a", "b"], wait=True, appear_timeout=60)
    failed(result, "job_missing", "b")
    assert job_ids(result) == ["a"]


def test_in_a_wait_a_job_that_cannot_be_read_hides_no_other(cloud):
    jobs(cloud, {"job_id": "a", "status": 2}, {"job_id": "b", "status": 2})
    cloud.together()
    cloud.simulator.faults({"kind": "status", "status": 500, "match": {"service": "opus"}, "times": 1})
    seen = []
    result = succeeded(cloud.run("opus", job_ids=["a", "b"], wait=True, max_retries=0, report=seen.append))
    assert (seen[0].chosen, seen[0].finished) == (2, 1)
    assert seen[0].fault.startswith("job ")
    assert job_ids(result) == ["a", "b"]


# What is refused


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, ["job_ids is needed", "lists no jobs"]),
        ({"job_ids": []}, ["job_ids"]),
        ({"job_ids": ["a"], "wait": True, "states": ["failed"]}, ["states", "wait"]),
        ({"job_ids": ["a"], "graph_url": None}, ["region", "graph_url"]),
    ],
)
def test_bad_input(cloud, options, words):
    jobs(cloud)
    failed(cloud.run("opus", **options), "invalid_input", *words)
    assert cloud.simulator.requests() == []


def test_options_that_mean_nothing_here_are_not_there():
    assert {"types", "page", "page_size", "limit", "start_time", "finish_time"}.isdisjoint(argument_spec(Opus))
    assert {"job_ids", "states", "max_concurrency", "include_raw", "wait"} <= argument_spec(Opus).keys()


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({}, "success is missing"),
        ({"success": "true"}, "success should be of type boolean"),
        ({"success": True}, "job is missing"),
        ({"success": True, "job": None}, "job should be of type object"),
        ({"success": True, "job": {"id": None, "status": 2}}, "job.id should be of type string"),
        ({"success": True, "job": {"id": "a"}}, "job.status is missing"),
        ({"success": True, "job": {"id": "a", "status": 2, "startTime": "then"}}, "job.startTime"),
    ],
)
def test_a_broken_answer_is_named_by_its_place(cloud, body, place):
    answers(cloud, body)
    failed(cloud.run("opus", job_ids=["a"]), "invalid_response", "AvePoint Opus", place)


def test_one_of_several_that_cannot_be_read_is_named(cloud):
    jobs(cloud, {"job_id": "a", "status": 2}, {"job_id": "b", "status": 2})
    cloud.simulator.faults({"kind": "status", "status": 403, "match": {"service": "opus"}, "times": -1})
    failed(cloud.run("opus", job_ids=["a", "b"]), "permission_denied", "job ", "records.readwrite.all")
