# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs of Cloud Backup for Salesforce, from the simulator."""

from __future__ import annotations

import pytest

from ansible_collections.avepoint.cloud.plugins.module_utils._salesforce import LEVELS, Salesforce
from ansible_collections.avepoint.cloud.tests.unit.plugins.module_utils.support import failed, job_ids, succeeded

HOUR, DAY = 3600, 86400
STATES = {
    1: "running",
    2: "succeeded",
    3: "finished_with_exception",
    4: "failed",
    5: "waiting",
    6: "stopped",
    7: "skipped",
    8: "unknown",
}
ONE, TWO = "00D000000000001EAA", "00D000000000002EAA"


def jobs(cloud, *given: dict, **section) -> None:
    cloud.set(salesforce={"jobs": list(given), **section})


def asked(cloud) -> list[dict]:
    """The queries sent, without the times and pages in them."""
    filters = ("type", "status", "level", "organizationId")
    return [
        {name: request["query"][name] for name in filters if name in request["query"]}
        for request in cloud.simulator.requests("salesforce")
    ]


# What a job looks like


@pytest.mark.parametrize("status_form", ["table", "sample"])
@pytest.mark.parametrize("job_id_form", ["string", "number"])
def test_a_job(cloud, status_form, job_id_form):
    counters = {
        "successfulRecords": 1,
        "skippedRecords": 2,
        "failedRecords": 3,
        "totalRecords": 6,
        "successfulMetadata": 4,
        "failedMetadata": 5,
        "totalMetadata": 9,
        "successfulObjects": 7,
        "skippedObjects": 8,
        "failedObjects": 9,
        "totalObjects": 24,
    }
    job = {
        "job_id": "20220819031243",
        "type": 20,
        "status": 3,
        "start_time": "2022-08-19T03:12:43.821Z",
        "finish_time": "2022-08-19T03:13:46.633Z",
        "organization_id": ONE,
        "data_size": 1.5,
        "api_calls": 17,
        **counters,
    }
    jobs(cloud, job, status_form=status_form, job_id_form=job_id_form)
    result = succeeded(cloud.run("salesforce", start_time="2022-08-19", finish_time="2022-08-20"))
    assert result["jobs"] == [
        {
            "job_id": "20220819031243",
            "type": "audit_log_backup",
            "type_id": 20,
            "status": "finished_with_exception",
            "status_id": 3,
            "state": "finished_with_exception",
            "finished": True,
            "start_time": "2022-08-19T03:12:43.821Z",
            "finish_time": "2022-08-19T03:13:46.633Z",
            "organization_id": ONE,
            "successful_records": 1,
            "skipped_records": 2,
            "failed_records": 3,
            "total_records": 6,
            "successful_metadata": 4,
            "failed_metadata": 5,
            "total_metadata": 9,
            "successful_objects": 7,
            "skipped_objects": 8,
            "failed_objects": 9,
            "total_objects": 24,
            "data_size": 1536,
            "api_calls": 17,
        }
    ]
    assert (result["total_count"], result["truncated"]) == (1, False)


@pytest.mark.parametrize("nothing", [None, "absent", "", "N/A"])
def test_the_keys_are_there_where_the_api_sent_nothing(cloud, nothing):
    jobs(cloud)
    sources = [source for field in Salesforce.fields for source in field.sources]
    empty = {} if nothing == "absent" else dict.fromkeys(sources, nothing)
    body = {"data": {"totalCount": 1, "jobs": [{"jobId": "a", "type": 1, "status": 2, **empty}]}}
    cloud.simulator.faults(
        {"kind": "status", "status": 200, "body": body, "match": {"service": "salesforce"}, "times": -1}
    )
    (job,) = succeeded(cloud.run("salesforce"))["jobs"]
    assert {name: job[name] for name in (field.name for field in Salesforce.fields)} == {
        field.name: None for field in Salesforce.fields
    }
    assert job["state"] == "succeeded"


@pytest.mark.parametrize(
    "representation", ["number", "numeric_string", "name", "lower_case", "hyphens", "underscores", "joined"]
)
def test_every_type_and_state_in_every_spelling(cloud, representation):
    given = [{"job_id": f"t{number}", "type": number, "status": 2} for number in Salesforce.types]
    given += [{"job_id": f"s{number}", "status": number} for number in STATES]
    jobs(cloud, *given, representation=representation)
    found = {job["job_id"]: job for job in succeeded(cloud.run("salesforce"))["jobs"]}
    assert {number: found[f"t{number}"]["type"] for number in Salesforce.types} == Salesforce.types
    assert {number: found[f"t{number}"]["type_id"] for number in Salesforce.types} == dict(
        zip(Salesforce.types, Salesforce.types)
    )
    assert {number: found[f"s{number}"]["state"] for number in STATES} == STATES
    assert {number for number in STATES if found[f"s{number}"]["finished"]} == {2, 3, 4, 6, 7}
    assert [found[f"s{number}"]["status_id"] for number in range(1, 8)] == list(range(1, 8))


@pytest.mark.parametrize(
    ("status", "state", "found"), [(2, 4, "failed"), (4, 2, "failed"), (2, 1, "running"), (2, "?", "unknown")]
)
def test_a_job_whose_status_and_state_differ_has_not_ended_well(cloud, status, state, found):
    jobs(cloud, {"job_id": "a", "status": status, "extra": {"state": state}})
    assert [job["state"] for job in succeeded(cloud.run("salesforce"))["jobs"]] == [found]


# Choosing


@pytest.mark.parametrize(
    ("options", "query"),
    [
        ({}, {"type": "0", "status": "0", "level": "0"}),
        ({"types": ["restore"]}, {"type": "3", "status": "0", "level": "0"}),
        ({"states": ["failed"]}, {"type": "0", "status": "4", "level": "0"}),
        ({"level": "metadata"}, {"type": "0", "status": "0", "level": "5"}),
        ({"organization_id": f" {TWO} "}, {"type": "0", "status": "0", "level": "0", "organizationId": TWO}),
        ({"types": ["restore", "backup"], "states": ["failed", "skipped"]}, {"type": "0", "status": "0", "level": "0"}),
    ],
)
def test_what_the_server_filters(cloud, options, query):
    jobs(cloud)
    succeeded(cloud.run("salesforce", page=1, **options))
    assert asked(cloud) == [query]


@pytest.mark.parametrize("ignored", [[], ["type", "status", "level", "organization_id", "time"]])
@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({"types": ["restore"]}, ["restore"]),
        ({"types": ["restore", "compare"]}, ["restore", "compare"]),
        ({"states": ["failed"]}, ["failed"]),
        ({"states": ["stopped", "waiting"]}, ["paused", "stopped"]),
        ({"organization_id": TWO}, ["other"]),
        ({"job_ids": ["RESTORE", "nobody"]}, ["restore"]),
    ],
)
def test_what_comes_of_it(cloud, ignored, options, wanted):
    given = [
        {"job_id": "restore", "type": 3, "status": 2},
        {"job_id": "compare", "type": 5, "status": 2},
        {"job_id": "failed", "status": 4},
        {"job_id": "paused", "status": 5},
        {"job_id": "stopped", "status": 6},
        {"job_id": "other", "status": 2, "organization_id": TWO},
    ]
    jobs(cloud, *given, ignored_filters=ignored)
    result = succeeded(cloud.run("salesforce", **options))
    assert job_ids(result) == wanted
    assert result["missing_job_ids"] == (["nobody"] if "job_ids" in options else [])


@pytest.mark.parametrize("ignored", [[], ["time"]])
def test_ids_are_found_within_the_range(cloud, ignored):
    old = {"start_time": -9 * DAY, "finish_time": -9 * DAY + 60}
    jobs(cloud, {"job_id": "old", "status": 2, **old}, {"job_id": "new", "status": 2}, ignored_filters=ignored)
    result = succeeded(cloud.run("salesforce", job_ids=["old", "NEW"]))
    assert (job_ids(result), result["missing_job_ids"]) == (["new"], ["old"])
    assert job_ids(succeeded(cloud.run("salesforce", job_ids=["old"], start_time="-10d"))) == ["old"]


@pytest.mark.parametrize("level", LEVELS)
def test_levels(cloud, level):
    jobs(cloud, *({"job_id": name, "level": number, "status": 2} for name, number in LEVELS.items()))
    assert job_ids(succeeded(cloud.run("salesforce", level=level))) == [level]


def test_an_organization_s_id_of_15_characters_is_that_of_18(cloud):
    jobs(cloud, {"job_id": "a", "status": 2}, {"job_id": "b", "status": 2, "organization_id": TWO})
    assert job_ids(succeeded(cloud.run("salesforce", organization_id=TWO))) == ["b"]
    jobs(cloud, *cloud.simulator.state()["salesforce"]["jobs"], ignored_filters=["organization_id"])
    assert job_ids(succeeded(cloud.run("salesforce", organization_id=TWO[:15]))) == ["b"]


@pytest.mark.parametrize("wanted", [ONE, "{6A4E0000-0000-4000-8000-000000000001}"])
def test_an_organization_in_another_form_stays_and_is_named(cloud, wanted):
    given = {"job_id": "a", "status": 2, "organization_id": "6a4e0000-0000-4000-8000-000000000001"}
    jobs(cloud, given, ignored_filters=["organization_id"])
    result = succeeded(cloud.run("salesforce", organization_id=wanted))
    assert job_ids(result) == ["a"]
    assert "another form than organization_id" in result["warnings"][0]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"start_time": "now", "finish_time": "-1h"}, ["start_time", "is after finish_time"]),
        ({"start_time": "yesterday"}, ["start_time", "ISO 8601"]),
        ({"page_size": 0}, ["page_size"]),
        ({"wait": True, "states": ["failed"]}, ["states", "wait"]),
        ({"graph_url": None}, ["region", "graph_url"]),
    ],
)
def test_bad_input(cloud, options, words):
    jobs(cloud)
    failed(cloud.run("salesforce", **options), "invalid_input", *words)
    assert cloud.simulator.requests() == []


# The range, and what has yet to end


@pytest.mark.parametrize("mode", ["start", "finish"])
def test_the_range(cloud, mode):
    jobs(
        cloud,
        {"job_id": "in it", "status": 2, "start_time": -HOUR, "finish_time": -HOUR + 60},
        {"job_id": "before it", "status": 4, "start_time": -2 * DAY, "finish_time": -2 * DAY + 60},
        {"job_id": "runs since before it", "status": 1, "start_time": -3 * DAY},
        {"job_id": "paused since before it", "status": 5, "start_time": -4 * DAY},
        {"job_id": "stopped before it", "status": 6, "start_time": -4 * DAY, "finish_time": -3 * DAY},
        range_on=mode,
    )
    result = succeeded(cloud.run("salesforce"))
    assert set(job_ids(result)) == {"in it", "runs since before it", "paused since before it"}
    assert result["total_count"] == 3
    assert result["summary"]["all_finished"] is False
    assert result["summary"]["latest_success"] == result["jobs"][job_ids(result).index("in it")]["finish_time"]


@pytest.mark.parametrize("mode", ["start", "finish"])
def test_a_wait_follows_what_runs_or_is_paused(cloud, mode):
    jobs(
        cloud,
        {"job_id": "a", "timeline": [[0, 1], [60, 2]], "start_time": -2 * DAY},
        {"job_id": "b", "timeline": [[0, 5], [100, 1], [190, 6]], "start_time": -2 * DAY},
        range_on=mode,
    )
    cloud.together()
    result = succeeded(cloud.run("salesforce", wait=True))
    assert {job["job_id"]: job["state"] for job in result["jobs"]} == {"a": "succeeded", "b": "stopped"}
    assert result["polls"] == 8
    assert result["summary"]["all_succeeded"] is False


# Pages


@pytest.mark.parametrize("first_page", [0, 1, "both"])
@pytest.mark.parametrize("last_link", ["null", "empty", "absent"])
@pytest.mark.parametrize("count", [0, 1, 20, 45])
def test_nothing_is_lost_whatever_the_first_page_is_called(cloud, first_page, last_link, count):
    jobs(cloud, generate={"count": count, "statuses": [2]}, first_page=first_page, last_link=last_link)
    result = succeeded(cloud.run("salesforce", page_size=10))
    assert len(set(job_ids(result))) == len(result["jobs"]) == result["total_count"] == count


@pytest.mark.parametrize("next_link", ["absolute", "opaque", "evil", "none"])
def test_a_link_is_never_followed(cloud, next_link):
    jobs(cloud, generate={"count": 25, "statuses": [2]}, next_link=next_link)
    assert len(succeeded(cloud.run("salesforce", page_size=10))["jobs"]) == 25
    assert {request["query"]["pageSize"] for request in cloud.simulator.requests("salesforce")} == {"10"}


@pytest.mark.parametrize("paging", [{"page_cap": 7}, {"total_count": "missing"}, {"out_of_range": 400}])
def test_nothing_is_lost_with_other_paging(cloud, paging):
    jobs(cloud, generate={"count": 25, "statuses": [2]}, paging=paging)
    assert len(set(job_ids(succeeded(cloud.run("salesforce", page_size=10))))) == 25


@pytest.mark.parametrize("first_page", [0, 1, "both"])
@pytest.mark.parametrize(("page", "expected"), [(1, [1, 2]), (2, [3, 4]), (3, [5])])
def test_pages_count_from_1(cloud, page, expected, first_page):
    jobs(cloud, generate={"count": 5, "statuses": [2]}, first_page=first_page)
    result = succeeded(cloud.run("salesforce", page_size=2, page=page))
    assert job_ids(result) == [f"job-{number:06d}" for number in expected]
    assert (result["truncated"], result["total_count"]) == (True, 5)


def test_a_page_of_jobs_in_progress_is_one_page(cloud):
    jobs(cloud, generate={"count": 5, "statuses": [1]})
    result = succeeded(cloud.run("salesforce", page_size=2, page=2, states=["running"]))
    assert job_ids(result) == ["job-000003", "job-000004"]
    # One list alone, of which the first page shows how the server counts.
    assert [request["query"]["pageIndex"] for request in cloud.simulator.requests("salesforce")] == ["0", "1"]


# Answers that break the contract


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"data": None}, "data should be of type object"),
        ({"data": {"totalCount": 1}}, "data.jobs is missing"),
        ({"data": {"jobs": [{"jobId": "a", "type": 1}]}}, "data.jobs[0].status is missing"),
        ({"data": {"jobs": [{"jobId": True, "type": 1, "status": 2}]}}, "data.jobs[0].jobId should be of type"),
        ({"data": {"jobs": [{"jobId": "", "type": 1, "status": 2}]}}, "data.jobs[0].jobId should not be empty"),
        ({"data": {"jobs": [{"jobId": 1, "type": 1, "status": 2, "startTime": "then"}]}}, "data.jobs[0].startTime"),
        ({"data": {"jobs": [], "totalCount": -1}}, "data.totalCount should be 0 or more"),
    ],
)
def test_a_broken_answer_is_named_by_its_place(cloud, body, place):
    jobs(cloud)
    cloud.simulator.faults(
        {"kind": "status", "status": 200, "body": body, "match": {"service": "salesforce"}, "times": -1}
    )
    failed(cloud.run("salesforce"), "invalid_response", "Cloud Backup for Salesforce", place)
