# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dynamics 365: v1 and graph."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta, timezone
from urllib.parse import parse_qs, urlsplit

import pytest

from ansible_collections.avepoint.cloud.tests.simulator.client import D365_SCOPE

FIELDS = {
    "module",
    "type",
    "jobId",
    "startTime",
    "finishTime",
    "durationHours",
    "status",
    "backupSize",
    "organizationId",
    "organizationName",
    *(
        part + whole
        for part in ("successful", "failed", "skipped", "warning", "total")
        for whole in ("Entity", "Record")
    ),
}
EVERY_TYPE = [1, 2, 4, 8, 16, 32]


def ago(seconds: float) -> str:
    return (datetime.now(timezone.utc) - timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def ids(reply):
    assert reply.status == 200, reply.body
    return [job["jobId"] for job in reply.json.get("result", reply.json.get("jobs"))]


def dynamics(cloud, *jobs, **options):
    cloud.set(d365={"jobs": [{"job_id": f"J{place}", **job} for place, job in enumerate(jobs)], **options})


# v1


def test_v1_answers_in_its_own_shape(cloud):
    dynamics(cloud, {"type": 16, "status": 7})
    found = cloud.v1().json
    assert found.keys() == {"totalNumber", "result"}
    assert found["totalNumber"] == 1
    job = found["result"][0]
    assert job.keys() == FIELDS
    assert (job["type"], job["status"]) == ("Audit backup", "Finished with exception")
    assert job["startTime"].endswith("Z")


@pytest.mark.parametrize(
    ("representation", "kind", "status"),
    [("number", 1, 3), ("numeric_string", "1", "3"), ("name", "Backup", "Finished")],
)
def test_types_and_statuses_are_written_in_three_ways(cloud, representation, kind, status):
    options = {"v1_representation": representation, "graph_representation": representation}
    dynamics(cloud, {"type": 1, "status": 3}, **options)
    for job in (cloud.v1().json["result"][0], cloud.graph().json["jobs"][0]):
        assert (job["type"], job["status"]) == (kind, status)


def test_v1_can_answer_in_the_shape_of_graph(cloud):
    dynamics(cloud, {"type": 1, "status": 3}, v1_shape="graph")
    assert cloud.v1().json.keys() == {"totalCount", "nextLink", "jobs", "pageIndex", "pageSize"}


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"finishTime": "2026-01-01T00:00:00Z"}, "finishTime"),
        ({"jobIds": []}, "jobIds"),
        ({"Type": 1}, "Type"),
        ({"pageInfo": {"currentPage": 1, "pageSize": 1, "pageIndex": 1}}, "pageInfo.pageIndex"),
        ({"pageInfo": []}, "pageInfo"),
        ({"pageInfo": {"currentPage": "1"}}, "pageInfo.currentPage"),
        ({"pageInfo": {"currentPage": 0}}, "pageInfo.currentPage"),
        ({"pageInfo": {"currentPage": None}}, "pageInfo.currentPage"),
        ({"pageInfo": {"pageSize": 0}}, "pageInfo.pageSize"),
        ({"pageInfo": {"pageSize": 2**31}}, "pageInfo.pageSize"),
        ({"type": 3}, "type"),
        ({"type": 32}, "type"),
        ({"type": "1"}, "type"),
        ({"type": True}, "type"),
        ({"type": 1.0}, "type"),
        ({"startTime": "yesterday"}, "startTime"),
        ({"startTime": 1700000000}, "startTime"),
        ({"startTime": "2026-01-01"}, "startTime"),
        ({"startTime": "2026-01-01 00:00:00Z"}, "startTime"),
        ({"startTime": "2026-01-01T00:00:00"}, "startTime"),
        ({"startTime": "2026-13-01T00:00:00Z"}, "startTime"),
        ({"endTime": "2026-01-01T00:00Z"}, "endTime"),
        ({"startTime": "2041-01-01T00:00:00Z"}, "startTime"),
        ({"status": "3"}, "status"),
        ({"status": 2**31}, "status"),
        ({"organizationId": "org1"}, "organizationId"),
        ({"organizationId": 1}, "organizationId"),
        ({"objectType": "1"}, "objectType"),
    ],
    ids=str,
)
def test_v1_refuses_what_its_schema_does_not_allow(cloud, change, where):
    reply = cloud.v1(**change)
    assert reply.status == 400
    assert reply.json["errors"][0]["field"] == where
    assert where in reply.json["message"]


def test_v1_takes_nulls_where_the_schema_does(cloud):
    names = ("startTime", "endTime", "status", "organizationId", "objectType")
    body = dict.fromkeys(names)
    assert cloud.send("POST", "/api/OpenApi/GetJobs", body, cloud.bearer(D365_SCOPE)).status == 200
    assert cloud.send("POST", "/api/OpenApi/GetJobs", {}, cloud.bearer(D365_SCOPE)).status == 200
    assert cloud.send("POST", "/api/OpenApi/GetJobs", {"type": None}, cloud.bearer(D365_SCOPE)).status == 400


def test_v1_wants_a_json_body_and_post(cloud):
    bearer = cloud.bearer(D365_SCOPE)
    for kind, status in (("application/json; charset=utf-8", 200), ("text/json", 200), ("text/plain", 415)):
        reply = cloud.send("POST", "/api/OpenApi/GetJobs", "{}", {"Content-Type": kind, **bearer})
        assert reply.status == status
    assert cloud.send("POST", "/api/OpenApi/GetJobs", None, bearer).status == 415
    json_type = {"Content-Type": "application/json", **bearer}
    assert cloud.send("POST", "/api/OpenApi/GetJobs", "", json_type).status == 400
    assert cloud.send("GET", "/api/OpenApi/GetJobs", None, bearer).status == 405


@pytest.mark.parametrize("name", ["type", "startTime", "endTime", "pageInfo"])
def test_v1_can_require_what_the_prose_marks_required(cloud, name):
    dynamics(cloud, {"status": 3}, strict_required=True)
    assert cloud.v1().status == 200
    reply = cloud.v1(**{name: None})
    assert reply.status == 400
    assert reply.json["errors"][0]["field"] == name


@pytest.mark.parametrize("status", [404, 405, 501])
def test_each_of_the_two_calls_can_be_missing(cloud, status):
    dynamics(cloud, v1_status=status)
    assert cloud.v1().status == status
    assert cloud.graph().status == 200
    dynamics(cloud, graph_status=status)
    assert cloud.graph().status == status
    assert cloud.v1().status == 200


def test_both_filter_by_type_status_and_organization(cloud):
    organizations = [{"id": str(uuid.uuid4()), "name": name} for name in ("one", "two")]
    jobs = [{"type": kind, "status": 3 if kind < 8 else 4} for kind in EVERY_TYPE]
    dynamics(cloud, *jobs, organizations=organizations)
    assert ids(cloud.v1()) == ["J0", "J1", "J2", "J3", "J4"]  # export is graph's alone
    assert ids(cloud.graph()) == ["J0", "J1", "J2", "J3", "J4", "J5"]
    for call in (cloud.v1, cloud.graph):
        assert ids(call(type=8)) == ["J3"]
        assert ids(call(status=4))[:2] == ["J3", "J4"]
        assert ids(call(organizationId=organizations[1]["id"].upper()))[:2] == ["J1", "J3"]
        assert ids(call(organizationId=str(uuid.uuid4()))) == []
    assert ids(cloud.graph(type=32)) == ["J5"]
    assert [job["organizationName"] for job in cloud.v1().json["result"][:2]] == ["one", "two"]


def test_v1_filters_by_object_type(cloud):
    dynamics(cloud, {"status": 3, "object_type": 1}, {"status": 3, "object_type": 2}, {"status": 3})
    assert ids(cloud.v1(objectType=2)) == ["J1"]
    assert cloud.graph(objectType=2).status == 400


def test_the_newest_job_comes_first(cloud):
    times = [{"status": 3, "start_time": seconds} for seconds in (-300, -100, -200)]
    dynamics(cloud, *times)
    assert ids(cloud.v1()) == ["J1", "J2", "J0"]
    dynamics(cloud, *times, order="oldest")
    assert ids(cloud.v1()) == ["J0", "J2", "J1"]
    dynamics(cloud, *times, order="given")
    assert ids(cloud.v1()) == ["J0", "J1", "J2"]


def test_the_range_of_time_goes_by_the_start(cloud):
    dynamics(
        cloud,
        {"status": 2, "start_time": -100},
        {"status": 3, "start_time": -1000, "finish_time": -200},
        {"status": 3, "start_time": "2022-08-19T03:12:38.242Z", "finish_time": "2022-08-19T03:13:46.633Z"},
    )
    assert ids(cloud.v1(startTime=ago(500))) == ["J0"]
    assert ids(cloud.v1(endTime=ago(500))) == ["J1", "J2"]
    last = cloud.v1(endTime="2022-08-19T03:12:38.2420000+00:00").json["result"]
    assert [job["startTime"] for job in last] == ["2022-08-19T03:12:38.242Z"]
    assert last[0]["finishTime"] == "2022-08-19T03:13:46.633Z"
    assert last[0]["durationHours"] == pytest.approx(0.019, abs=0.001)
    assert ids(cloud.graph(finishTime="2022-08-19T03:12:38.241Z")) == []


def test_the_range_of_time_can_go_by_the_finish(cloud):
    dynamics(
        cloud,
        {"status": 2, "start_time": -1000},
        {"status": 3, "start_time": -1000, "finish_time": -200},
        range_on="finish",
    )
    assert ids(cloud.v1()) == ["J0", "J1"]
    assert ids(cloud.v1(startTime=ago(500), endTime=ago(100))) == ["J1"]
    assert ids(cloud.v1(startTime=ago(100))) == ["J0"]
    # a running job counts with the server's present time, and so leaves a range that has an end
    soon = ago(-3)
    assert ids(cloud.v1(startTime=ago(100), endTime=soon)) == ["J0"]
    cloud.simulator.advance(5)
    assert ids(cloud.v1(startTime=ago(100), endTime=soon)) == []


@pytest.mark.parametrize(("given", "shown"), [(None, None), ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z")])
def test_a_running_job_has_no_finish(cloud, given, shown):
    dynamics(cloud, {"status": 2}, running_finish_time=given)
    assert cloud.v1().json["result"][0]["finishTime"] == shown


def test_a_finish_can_be_absent(cloud):
    dynamics(cloud, {"status": 2}, {"status": 3}, running_finish_time="absent")
    running, ended = cloud.graph().json["jobs"]
    assert "finishTime" not in running
    assert "finishTime" in ended


@pytest.mark.parametrize(
    ("form", "shown"),
    [
        ("milliseconds", "2022-08-19T03:13:46.633Z"),
        ("ticks", "2022-08-19T03:13:46.6330000Z"),
        ("seconds", "2022-08-19T03:13:46Z"),
        ("offset", "2022-08-19T12:13:46.633+09:00"),
        ("naive", "2022-08-19T03:13:46.633"),
    ],
)
def test_times_are_written_in_several_ways(cloud, form, shown):
    dynamics(cloud, {"status": 3, "start_time": "2022-08-19T03:13:46.633Z"}, time_format=form)
    assert cloud.graph().json["jobs"][0]["startTime"] == shown


def test_values_and_unknown_numbers_can_be_given(cloud):
    given = {"failedRecord": 3, "backup_size": 7, "module": "Sales", "organization_name": "named", "extra": {"x": 1}}
    dynamics(cloud, {"type": 64, "status": 99, **given})
    job = cloud.v1().json["result"][0]
    assert (job["type"], job["status"]) == ("Unknown64", "Unknown99")
    assert (job["failedRecord"], job["backupSize"], job["module"], job["x"]) == (3, 7, "Sales", 1)
    assert job["organizationName"] == "named"


# graph


def test_graph_answers_as_documented(cloud):
    dynamics(cloud, {"type": 1, "status": 3})
    found = cloud.graph().json
    assert found.keys() == {"totalCount", "nextLink", "jobs", "pageIndex", "pageSize"}
    assert (found["totalCount"], found["nextLink"], found["pageIndex"], found["pageSize"]) == (1, None, 1, 10)
    assert found["jobs"][0].keys() == FIELDS
    assert (found["jobs"][0]["type"], found["jobs"][0]["status"]) == (1, 3)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"type": None}, "type"),
        ({"startTime": None}, "startTime"),
        ({"finishTime": None}, "finishTime"),
        ({"endTime": "2026-01-01T00:00:00Z"}, "endTime"),
        ({"currentPage": 1}, "currentPage"),
        ({"type": 3}, "type"),
        ({"type": "backup"}, "type"),
        ({"startTime": "now"}, "startTime"),
        ({"startTime": "2041-01-01T00:00:00Z"}, "startTime"),
        ({"pageIndex": 0}, "pageIndex"),
        ({"pageSize": 0}, "pageSize"),
        ({"status": "Finished"}, "status"),
        ({"organizationId": "x"}, "organizationId"),
    ],
    ids=str,
)
def test_graph_refuses_a_wrong_query(cloud, change, where):
    reply = cloud.graph(**change)
    assert reply.status == 400
    assert reply.json["errors"][0]["field"] == where


def test_graph_is_read_with_get(cloud):
    assert cloud.send("POST", "/dynamicsbackup/jobs", {}, cloud.bearer(D365_SCOPE)).status == 405


@pytest.mark.parametrize("mode", ["misprint", "absolute", "evil", "opaque", "none"])
def test_the_next_link_comes_in_several_ways(cloud, mode):
    dynamics(cloud, *[{"status": 3}] * 3, next_link=mode, evil_origin="http://localhost:1")
    link = cloud.graph(pageSize=2).json["nextLink"]
    if mode == "none":
        assert link is None
        return
    if mode == "opaque":
        assert "/" not in link
        return
    starts = {
        "misprint": "/jobs?",
        "absolute": cloud.simulator.url + "/dynamicsbackup/jobs?",
        "evil": "http://localhost:1/",
    }
    assert link.startswith(starts[mode])
    assert parse_qs(urlsplit(link).query)["pageIndex"] == ["2"]
    assert cloud.graph(pageSize=2, pageIndex=2).json["nextLink"] is None


def test_pages_hold_every_job_once(cloud):
    cloud.set(d365={"generate": {"count": 35, "prefix": "DCIB", "types": [1, 2], "every": 60}})
    expected = [f"DCIB{number:06d}" for number in range(1, 36)]
    assert [job for page in range(1, 6) for job in ids(cloud.v1(page))] == expected
    assert [job for page in range(1, 6) for job in ids(cloud.graph(pageIndex=page))] == expected
