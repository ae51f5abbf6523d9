# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs of Cloud Backup for Google Workspace, from the simulator."""

from __future__ import annotations

import pytest

from ansible_collections.avepoint.cloud.tests.unit.plugins.module_utils.support import failed, job_ids, succeeded

HOUR, DAY = 3600, 86400
STATES = {
    0: ("in_progress", "running", False),
    2: ("finished", "succeeded", True),
    3: ("failed", "failed", True),
    7: ("finished_with_exception", "finished_with_exception", True),
}
TYPES = {1: "backup", 2: "restore", 3: "export", 4: "deletion", 5: "retention", 6: "generate_report"}
SERVICES = {
    1: "gmail",
    2: "drive",
    4: "calendar",
    8: "contacts",
    64: "shared_drives",
    128: "classroom",
    256: "users",
    512: "groups",
    4096: "chat",
    8192: "gmail_vault",
    16384: "drive_vault",
    32768: "shared_drives_vault",
}
FORMS = ["number", "numeric_string", "name", "lower_case", "upper_case", "hyphens", "underscores", "joined"]


def jobs(cloud, *given: dict, **google) -> None:
    ended = [job if "timeline" in job else {"status": 2, **job} for job in given]
    cloud.set(google={"jobs": ended, **google})


def generated(cloud, count: int, **google) -> None:
    cloud.set(google={"generate": {"count": count, "every": 60}, **google})


def numbered(count: int) -> list[str]:
    return [f"job-{number:06d}" for number in range(1, count + 1)]


def test_a_job(cloud):
    job = {"job_id": "GB1", "type": 6, "service": 32768, "data_source": 2, "status": 7, "progress": 75.5}
    times = {"start_time": "2026-01-02T03:04:05.250Z", "finish_time": "2026-01-02T04:04:05Z"}
    jobs(cloud, {**job, **times, "operator": "admin@contoso.example"})
    result = succeeded(cloud.run("google", data_source="recenter", start_time="2026-01-02", finish_time="2026-01-03"))
    assert result["jobs"] == [
        {
            "job_id": "GB1",
            "type": "generate_report",
            "type_id": 6,
            "status": "finished_with_exception",
            "status_id": 7,
            "state": "finished_with_exception",
            "finished": True,
            **times,
            "service": "shared_drives_vault",
            "data_source": "recenter",
            "progress": 75.5,
            "operator": "admin@contoso.example",
        }
    ]


@pytest.mark.parametrize("value", [None, "", "N/A"])
def test_what_the_api_does_not_send_is_null(cloud, value):
    names = ("appType", "dataSource", "progress", "startTime", "finishTime", "operator")
    jobs(cloud, {"job_id": "a", "extra": dict.fromkeys(names, value)})
    (job,) = succeeded(cloud.run("google"))["jobs"]
    assert job == {
        **dict.fromkeys(job, None),
        "job_id": "a",
        "type": "backup",
        "type_id": 1,
        "status": "finished",
        "status_id": 2,
        "state": "succeeded",
        "finished": True,
    }
    assert len(job) == 13


@pytest.mark.parametrize("form", FORMS)
def test_each_state_type_and_service_in_each_spelling(cloud, form):
    given = [{"job_id": f"state {status}", "status": status} for status in STATES]
    given += [{"job_id": f"type {number}", "type": number} for number in TYPES]
    given += [{"job_id": f"service {number}", "service": number} for number in SERVICES]
    jobs(cloud, *given, representation=form)
    result = succeeded(cloud.run("google"))
    found = {job["job_id"]: job for job in result["jobs"]}
    for status, expected in STATES.items():
        job = found[f"state {status}"]
        assert (job["status"], job["state"], job["finished"], job["status_id"]) == (*expected, status)
    assert {number: found[f"type {number}"]["type"] for number in TYPES} == TYPES
    assert {number: found[f"type {number}"]["type_id"] for number in TYPES} == dict(zip(TYPES, TYPES))
    assert {number: found[f"service {number}"]["service"] for number in SERVICES} == SERVICES
    assert {job["data_source"] for job in result["jobs"]} == {"admin"}
    assert "warnings" not in result


@pytest.mark.parametrize("status", [1, 4, -1, "Stopping"])
def test_what_nobody_documented_is_unknown_and_never_finished(cloud, status):
    jobs(cloud, {"job_id": "a", "status": status, "type": 9})
    (job,) = succeeded(cloud.run("google"))["jobs"]
    assert (job["status"], job["state"], job["finished"], job["status_text"]) == (
        "unknown",
        "unknown",
        False,
        str(status),
    )
    assert (job["type"], job["type_id"]) == ("unknown", 9)


@pytest.mark.parametrize("ignored", [[], ["type", "service", "data_source", "status", "time"]])
def test_each_filter_by_the_server_or_here(cloud, ignored):
    jobs(
        cloud,
        {"job_id": "restore", "type": 2},
        {"job_id": "drive", "service": 2},
        {"job_id": "recenter", "data_source": 2},
        {"job_id": "failed", "status": 3},
        {"job_id": "running", "status": 0},
        {"job_id": "old", "start_time": -9 * DAY, "finish_time": -9 * DAY + HOUR},
        ignored_filters=ignored,
    )
    assert job_ids(succeeded(cloud.run("google", types=["restore"]))) == ["restore"]
    assert job_ids(succeeded(cloud.run("google", service="drive"))) == ["drive"]
    assert job_ids(succeeded(cloud.run("google", data_source="recenter"))) == ["recenter"]
    assert job_ids(succeeded(cloud.run("google", states=["failed"]))) == ["failed"]
    assert job_ids(succeeded(cloud.run("google", states=["running"]))) == ["running"]
    assert job_ids(succeeded(cloud.run("google"))) == ["restore", "drive", "failed", "running"]
    found = succeeded(cloud.run("google", job_ids=["DRIVE", "old"]))
    assert (job_ids(found), found["missing_job_ids"]) == (["drive"], ["old"])
    assert job_ids(succeeded(cloud.run("google", job_ids=["old"], start_time="-10d"))) == ["old"]


def test_a_job_that_a_filter_cannot_be_compared_with_stays(cloud):
    jobs(cloud, {"job_id": "a", "extra": {"appType": 16, "dataSource": None}}, ignored_filters=["service"])
    result = succeeded(cloud.run("google", service="drive"))
    assert [(job["job_id"], job["service"], job["data_source"]) for job in result["jobs"]] == [("a", "16", None)]
    assert [text.split()[1] for text in result["warnings"]] == ["service", "data_source"]


def test_a_number_with_a_fraction_of_zero_is_whole(cloud):
    jobs(cloud, {"job_id": "a", "extra": {"appType": 2.0, "dataSource": 1.0}}, ignored_filters=["service"])
    result = succeeded(cloud.run("google", service="drive"))
    assert [(job["service"], job["data_source"]) for job in result["jobs"]] == [("drive", "admin")]
    assert succeeded(cloud.run("google", service="gmail"))["jobs"] == []


@pytest.mark.parametrize("form", ["table", "sample", "both"])
def test_the_parameters_are_spelt_as_the_server_takes_them(cloud, form):
    generated(cloud, 25, parameter_form=form)
    result = succeeded(cloud.run("google", page_size=10, types=["backup"], states=["succeeded"], service="gmail"))
    assert job_ids(result) == numbered(25)
    assert result["total_count"] == 25
    statuses = [request["status"] for request in cloud.simulator.requests("google")]
    assert statuses.count(400) == (form == "sample"), "it is found out once"


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"next_link": "evil"},
        {"next_link": "absolute"},
        {"last_link": "empty"},
        {"next_link": "none"},
        {"paging": {"page_cap": 4}},
        {"paging": {"out_of_range": 404}},
        {"paging": {"empty_page": 2}},
    ],
)
@pytest.mark.parametrize("count", [3, 20, 35])
def test_a_list_without_a_total_is_read_to_its_end(cloud, count, more):
    generated(cloud, count, **more)
    result = succeeded(cloud.run("google", page_size=10, states=["succeeded"]))
    assert job_ids(result) == numbered(count)
    assert (result["total_count"], result["truncated"]) == (count, False)
    assert {request["path"] for request in cloud.simulator.requests("google")} == {"/backup/google/admin/jobs"}


def test_a_cap_on_the_page_size_of_a_server_without_links(cloud):
    generated(cloud, 35, next_link="none", paging={"page_cap": 20})
    assert job_ids(succeeded(cloud.run("google", states=["succeeded"]))) == numbered(35)


@pytest.mark.parametrize(("count", "pages"), [(0, [1]), (7, [1]), (10, [1, 2, 1]), (17, [1, 2, 1])])
def test_no_page_is_asked_for_that_is_not_needed(cloud, count, pages):
    generated(cloud, count or 1, **({} if count else {"jobs": []}))
    if not count:
        jobs(cloud)
    succeeded(cloud.run("google", page_size=10, states=["succeeded"]))
    assert cloud.pages("google") == pages


def test_pages_that_repeat_for_ever_are_a_failure(cloud):
    generated(cloud, 35, paging={"repeat_page": 2})
    failed(cloud.run("google", page_size=10), "invalid_response", "again and again")


def test_one_page_and_a_limit(cloud):
    generated(cloud, 35)
    result = succeeded(cloud.run("google", page_size=10, page=2))
    assert job_ids(result) == numbered(20)[10:]
    assert result["truncated"] is True
    result = succeeded(cloud.run("google", page_size=10, limit=12))
    assert job_ids(result) == numbered(12)
    assert result["truncated"] is True


def test_a_wait_follows_jobs_that_began_before_the_range(cloud):
    jobs(
        cloud,
        {"job_id": "long", "start_time": -9 * DAY, "timeline": [[0, 0], [100, 7]]},
        {"job_id": "ended", "start_time": -9 * DAY, "finish_time": -8 * DAY},
        {"job_id": "new", "timeline": [[0, 0], [50, 2]]},
    )
    cloud.together()
    result = succeeded(cloud.run("google", wait=True))
    assert {job["job_id"]: job["state"] for job in result["jobs"]} == {
        "long": "finished_with_exception",
        "new": "succeeded",
    }
    assert result["polls"] > 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"start_time": "now", "finish_time": "-1h"}, "is after finish_time"),
        ({"finish_time": "tomorrow"}, "finish_time cannot be read"),
        ({"graph_url": None}, "needs region"),
    ],
)
def test_bad_input_is_refused_before_any_request(cloud, options, words):
    failed(cloud.run("google", **options), "invalid_input", words)
    assert cloud.counts()["logins"] == 0


def test_a_refusal_that_is_about_no_parameter_is_not_asked_again(cloud):
    jobs(cloud, {"job_id": "a"})
    cloud.simulator.faults(
        {"kind": "status", "status": 400, "message": "No.", "times": -1, "match": {"service": "google"}}
    )
    failed(cloud.run("google", job_ids=["a"], page=1), "invalid_input", "No.")
    assert cloud.counts()["google"] == 1


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ({"jobId": None}, "jobs[0].jobId should be of type string"),
        ({"status": None}, "jobs[0].status should be of type"),
        ({"jobType": None}, "jobs[0].jobType should be of type"),
        ({"finishTime": "soon"}, "jobs[0].finishTime should be an ISO 8601 time"),
        ({"progress": []}, "jobs[0].progress should be of type"),
    ],
)
def test_an_answer_that_breaks_the_contract_is_named(cloud, extra, words):
    jobs(cloud, {"job_id": "a", "extra": extra})
    failed(cloud.run("google"), "invalid_response", words)
