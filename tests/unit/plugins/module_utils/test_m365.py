# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs of Cloud Backup for Microsoft 365, from the simulator."""

from __future__ import annotations

import pytest

from ansible_collections.avepoint.cloud.tests.unit.plugins.module_utils.support import failed, job_ids, succeeded

HOUR, DAY = 3600, 86400
STATES = {
    1: ("in_progress", "running", False),
    2: ("finished", "succeeded", True),
    3: ("failed", "failed", True),
    4: ("finished_with_exception", "finished_with_exception", True),
    5: ("partially_finished", "finished_with_exception", True),
}
TYPES = {1: "backup", 2: "restore", 3: "export", 4: "deletion", 5: "retention"}
SERVICES = [
    *("exchange_online", "sharepoint_online", "onedrive", "microsoft_365_groups", "project_online", "public_folder"),
    *("teams", "viva_engage", "teams_chat", "power_bi", "power_automate", "power_apps"),
]
WHEN = {"start_time": "2026-01-02T03:04:05.250Z", "finish_time": "2026-01-02T04:04:05Z"}
RANGE = {"start_time": "2026-01-02", "finish_time": "2026-01-03"}


def jobs(cloud, *given: dict, **m365) -> None:
    ended = [job if "timeline" in job else {"status": 2, **job} for job in given]
    cloud.set(m365={"jobs": ended, **m365})


def queries(cloud, *names: str) -> list[tuple]:
    """What the lists were asked for, of the first pages."""
    return [tuple(request["query"].get(name) for name in names) for request in cloud.simulator.requests("m365")]


@pytest.mark.parametrize("form", ["table", "sample"])
def test_a_job(cloud, form):
    counts = {"totalCount": 12, "failedCount": 2, "successfulCount": 9, "skippedCount": 1}
    errors = [
        {"isErrorCode": True, "value": "AccessDenied", "url": "https://contoso.example/sites/a", "number": 2},
        {"isErrorCode": False, "value": 7, "url": "", "number": "3"},
        {},
    ]
    job = {"job_id": "FB1", "type": 1, "service": 2, "status": 5, "duration": "0.011", "errors": errors}
    jobs(cloud, {**job, **counts, **WHEN}, details_form=form, total_form=form)
    result = succeeded(cloud.run("m365", types=["backup"], service="sharepoint_online", **RANGE))
    assert result["jobs"] == [
        {
            "job_id": "FB1",
            "type": "backup",
            "type_id": 1,
            "status": "partially_finished",
            "status_id": None,
            "state": "finished_with_exception",
            "finished": True,
            "start_time": "2026-01-02T03:04:05.250Z",
            "finish_time": "2026-01-02T04:04:05Z",
            "duration_hours": 0.011,
            "service": "sharepoint_online",
            "total_count": 12,
            "successful_count": 9,
            "failed_count": 2,
            "skipped_count": 1,
            "errors": [
                {"message": "AccessDenied", "url": "https://contoso.example/sites/a", "count": 2},
                {"message": "7", "url": None, "count": 3},
                {"message": None, "url": None, "count": None},
            ],
        }
    ]
    assert result["total_count"] == 1


@pytest.mark.parametrize("value", [None, "", "N/A"])
def test_what_the_api_does_not_send_is_null(cloud, value):
    names = ("startTime", "finishTime", "duration")
    none = {**dict.fromkeys(names, value), "backupDetails": {"totalNumber": value}, "jobErrors": None}
    jobs(cloud, {"job_id": "a", "extra": none})
    (job,) = succeeded(cloud.run("m365"))["jobs"]
    known = {"job_id": "a", "status": "finished", "state": "succeeded", "finished": True}
    assert job == {**dict.fromkeys(job, None), **known}
    assert len(job) == 16


@pytest.mark.parametrize("form", ["number", "numeric_string", "name", "upper_case", "hyphens", "underscores", "joined"])
def test_each_state_in_each_spelling(cloud, form):
    jobs(cloud, *({"job_id": str(status), "status": status} for status in STATES), representation=form)
    result = succeeded(cloud.run("m365"))
    found = {int(job["job_id"]): (job["status"], job["state"], job["finished"]) for job in result["jobs"]}
    assert found == STATES
    assert {job["status_id"] for job in result["jobs"]} == {None}
    assert result["summary"]["latest_success"] == result["jobs"][1]["finish_time"]


@pytest.mark.parametrize("status", [0, 6, "Almost finished", "Finished?", "-2"])
def test_what_nobody_documented_is_unknown_and_never_finished(cloud, status):
    jobs(cloud, {"job_id": "a", "status": status}, representation="number")
    result = succeeded(cloud.run("m365"))
    (job,) = result["jobs"]
    assert (job["status"], job["state"], job["finished"], job["status_id"]) == ("unknown", "unknown", False, None)
    assert job["status_text"] == str(status)
    assert result["summary"]["all_finished"] is False
    assert str(status) in result["warnings"][0]


def test_a_job_has_the_type_of_the_list_it_was_found_in(cloud):
    jobs(cloud, *({"job_id": name, "type": number} for number, name in TYPES.items()))
    for name, number in zip(TYPES.values(), TYPES):
        (job,) = succeeded(cloud.run("m365", types=[name]))["jobs"]
        assert (job["job_id"], job["type"], job["type_id"]) == (name, name, number)
    result = succeeded(cloud.run("m365", types=["restore", "backup", "restore"]))
    assert [(job["job_id"], job["type"]) for job in result["jobs"]] == [("restore", "restore"), ("backup", "backup")]
    assert result["total_count"] == 2
    assert {(job["type"], job["type_id"]) for job in succeeded(cloud.run("m365"))["jobs"]} == {(None, None)}


def test_a_job_that_is_in_the_lists_of_two_types_is_of_neither(cloud):
    jobs(cloud, {"job_id": "a", "type": 2}, ignored_filters=["type"])
    result = succeeded(cloud.run("m365", types=["backup", "restore"]))
    assert [(job["type"], job["type_id"]) for job in result["jobs"]] == [(None, None)]
    assert "Whether types asks for these jobs cannot be known" in result["warnings"][0]


def test_each_service_is_asked_for_and_said(cloud):
    jobs(cloud, *({"job_id": name, "service": place + 1} for place, name in enumerate(SERVICES)))
    for name in SERVICES:
        (job,) = succeeded(cloud.run("m365", service=name))["jobs"]
        assert (job["job_id"], job["service"]) == (name, name)
    assert {job["service"] for job in succeeded(cloud.run("m365"))["jobs"]} == {None}


def test_a_location_is_passed_on(cloud):
    jobs(cloud, {"job_id": "here"}, {"job_id": "there", "location": "EUR"})
    assert job_ids(succeeded(cloud.run("m365"))) == ["here"]
    assert job_ids(succeeded(cloud.run("m365", location="EUR"))) == ["there"]
    by_id = succeeded(cloud.run("m365", location="EUR", job_ids=["here", "there"]))
    assert (job_ids(by_id), by_id["missing_job_ids"]) == (["there"], ["here"])


@pytest.mark.parametrize(
    ("states", "sent"), [(["failed"], "3"), (["running"], "1"), (["finished_with_exception"], "0"), (["waiting"], "0")]
)
def test_the_server_filters_the_states_that_it_can(cloud, states, sent):
    jobs(cloud, *({"job_id": str(status), "status": status} for status in STATES))
    result = succeeded(cloud.run("m365", states=states))
    assert job_ids(result) == [str(status) for status, (_name, state, _end) in STATES.items() if state in states]
    assert (sent,) in queries(cloud, "jobState")


def test_ids_are_found_whatever_their_time_one_request_each(cloud):
    old = {"start_time": -90 * DAY, "finish_time": -90 * DAY + HOUR}
    jobs(cloud, {"job_id": "Old/1 ü", **old, "status": 3}, {"job_id": "new"}, {"job_id": "other"})
    result = succeeded(cloud.run("m365", job_ids=["old/1 Ü", "new", "gone"]))
    assert job_ids(result) == ["Old/1 ü", "new"]
    assert (result["missing_job_ids"], result["total_count"], result["truncated"]) == (["gone"], 2, False)
    assert result["summary"]["all_finished"] is False
    assert cloud.counts()["m365"] == 3
    assert [job["type"] for job in result["jobs"]] == [None, None]
    assert "warnings" not in result


def test_what_else_was_asked_for_leaves_out_no_job_of_an_id_but_for_its_state(cloud):
    jobs(cloud, {"job_id": "a", "type": 2, "service": 3}, {"job_id": "b", "status": 3})
    options = {"types": ["backup"], "service": "teams", "states": ["succeeded"]}
    result = succeeded(cloud.run("m365", job_ids=["a", "b"], **options))
    assert [(job["job_id"], job["type"], job["service"]) for job in result["jobs"]] == [("a", None, None)]
    assert [text.split()[1] for text in result["warnings"]] == ["types", "service"]


def test_a_refusal_of_an_id_that_is_no_404_is_a_failure(cloud):
    jobs(cloud, {"job_id": "a"})
    cloud.simulator.faults({"kind": "status", "status": 403, "match": {"path": "/a"}})
    failed(cloud.run("m365", job_ids=["a"]), "permission_denied", "microsoft365backup.jobInfo.read.all")
    cloud.simulator.faults({"kind": "drop", "path": "data", "match": {"path": "/a"}})
    failed(cloud.run("m365", job_ids=["a"]), "invalid_response", "data is missing")


def test_a_wait_for_an_id_that_is_still_to_come(cloud):
    jobs(cloud, {"job_id": "a", "timeline": [[20, 1], [100, 4]]})
    cloud.together()
    result = succeeded(cloud.run("m365", job_ids=["a"], wait=True))
    assert [(job["state"], job["finished"]) for job in result["jobs"]] == [("finished_with_exception", True)]
    jobs(cloud, {"job_id": "a"})
    cloud.together()
    failed(cloud.run("m365", job_ids=["b"], wait=True, appear_timeout=60), "job_missing", "b")


def test_a_wait_follows_jobs_that_began_before_the_range(cloud):
    jobs(
        cloud,
        {"job_id": "long", "type": 1, "start_time": -9 * DAY, "timeline": [[0, 1], [100, 3]]},
        {"job_id": "ended", "type": 1, "start_time": -9 * DAY, "finish_time": -8 * DAY},
        {"job_id": "restore", "type": 2, "timeline": [[0, 1], [5000, 2]]},
    )
    cloud.together()
    result = succeeded(cloud.run("m365", types=["backup"], wait=True, min_jobs=1))
    assert [(job["job_id"], job["type"], job["state"]) for job in result["jobs"]] == [("long", "backup", "failed")]


@pytest.mark.parametrize("first_page", [0, 1, "both"])
@pytest.mark.parametrize("total", ["correct", "missing"])
@pytest.mark.parametrize("count", [0, 3, 10, 35])
def test_the_first_page_is_0_or_1(cloud, first_page, total, count):
    generated = {"count": count, "every": 60} if count else None
    paging = {"total_count": total}
    cloud.set(m365={"first_page": first_page, "paging": paging, **({"generate": generated} if generated else {})})
    result = succeeded(cloud.run("m365", page_size=10))
    assert job_ids(result) == [f"job-{number:06d}" for number in range(1, count + 1)]
    assert result["total_count"] == count


@pytest.mark.parametrize(
    "more",
    [
        {"next_link": "evil"},
        {"next_link": "opaque"},
        {"next_link": "none", "last_link": "absent"},
        {"next_link": "none", "paging": {"total_count": "missing"}},
        {"paging": {"total_count": "null", "page_cap": 4}},
        {"paging": {"out_of_range": 404, "page_cap": 5}},
    ],
)
def test_nothing_is_lost_whatever_the_pages_say(cloud, more):
    cloud.set(m365={"generate": {"count": 35, "every": 60}, **more})
    result = succeeded(cloud.run("m365", page_size=10))
    assert len(set(job_ids(result))) == 35
    assert all(request["path"].startswith("/backup/m365/") for request in cloud.simulator.requests("m365"))


@pytest.mark.parametrize("form", ["table", "sample"])
def test_one_page_of_each_list(cloud, form):
    cloud.set(m365={"generate": {"count": 50, "every": 60, "types": [1, 2]}, "total_form": form})
    result = succeeded(cloud.run("m365", page_size=10, page=2, types=["backup", "restore"]))
    assert job_ids(result) == [f"job-{number:06d}" for number in (*range(21, 40, 2), *range(22, 41, 2))]
    assert (result["total_count"], result["truncated"]) == (50, True)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"start_time": "now", "finish_time": "-1h"}, "is after finish_time"),
        ({"start_time": "yesterday"}, "start_time cannot be read"),
        ({"job_ids": [".."]}, "a dot in place of an id"),
        ({"graph_url": None}, "needs region"),
    ],
)
def test_bad_input_is_refused_before_any_request(cloud, options, words):
    failed(cloud.run("m365", **options), "invalid_input", words)
    assert cloud.counts().get("m365", 0) == cloud.counts()["logins"] == 0


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ({"id": None}, "data[0].id should be of type string"),
        ({"id": ""}, "data[0].id should not be empty"),
        ({"id": " N/A "}, "data[0].id is missing"),
        ({"state": None}, "data[0].state should be of type"),
        ({"startTime": "soon"}, "data[0].startTime should be an ISO 8601 time"),
        ({"backupDetails": []}, "data[0].backupDetails should be of type object"),
        ({"backupDetails": {"failedNumber": []}}, "data[0].backupDetails.failedNumber should be of type"),
        ({"jobErrors": ["x"]}, "data[0].jobErrors[0] should be of type object"),
    ],
)
def test_an_answer_that_breaks_the_contract_is_named(cloud, extra, words):
    jobs(cloud, {"job_id": "a", "extra": extra})
    failed(cloud.run("m365"), "invalid_response", words)
