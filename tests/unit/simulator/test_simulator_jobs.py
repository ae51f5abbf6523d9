# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs that move as time passes, and pages that are wrong on order."""

from __future__ import annotations

import pytest

from ansible_collections.avepoint.cloud.tests.simulator.client import ControlError


def ids(reply):
    assert reply.status == 200, reply.body
    body = reply.json
    return [job["jobId"] for job in body.get("data", body.get("result", body.get("jobs")))]


def pages(cloud, count, size=10):
    return [ids(cloud.pc_jobs(pageIndex=page, pageSize=size)) for page in range(1, count + 1)]


def numbered(first, last):
    return [f"job-{number:06d}" for number in range(first, last + 1)]


# Time


def test_a_job_moves_along_its_timeline(cloud):
    cloud.set({"job_id": "a", "timeline": [[0, 0], [10, 1], [20, 2]]}, {"job_id": "b", "timeline": [[0, 1], [15, 3]]})
    seen = [cloud.pc_statuses()]
    for seconds in (11, 5, 5):
        cloud.simulator.advance(seconds)
        seen.append(cloud.pc_statuses())
    assert seen == [{"a": 0, "b": 1}, {"a": 1, "b": 1}, {"a": 1, "b": 3}, {"a": 2, "b": 3}]


def test_a_job_appears_at_the_head_and_may_vanish(cloud):
    cloud.set(
        {"job_id": "late", "timeline": [[10, 0], [20, 2]]},
        {"job_id": "later", "status": 2, "appear_after": 15},
        {"job_id": "here", "status": 2, "delete_after": 25},
    )
    assert ids(cloud.pc_jobs()) == ["here"]
    cloud.simulator.advance(11)
    assert ids(cloud.pc_jobs()) == ["late", "here"]
    cloud.simulator.advance(5)
    assert ids(cloud.pc_jobs()) == ["later", "late", "here"]
    cloud.simulator.advance(10)
    assert cloud.pc_statuses() == {"later": 2, "late": 2}


def test_jobs_of_one_moment_stand_as_given(cloud):
    jobs = [{"job_id": name, "status": 2, "appear_after": 5} for name in "abc"]
    for order in ("newest", "oldest"):
        cloud.set(*jobs, {"job_id": "here", "status": 2}, pc={"order": order})
        cloud.simulator.advance(6)
        expected = ["a", "b", "c"]
        assert ids(cloud.pc_jobs()) == ([*expected, "here"] if order == "newest" else ["here", *expected])


def test_a_dynamics_job_ends_when_its_timeline_says(cloud):
    cloud.set(d365={"jobs": [{"job_id": "a", "timeline": [[0, 2], [10, 3]], "start_time": -3600}]})
    job = cloud.graph().json["jobs"][0]
    assert (job["status"], job["finishTime"]) == (2, None)
    assert job["durationHours"] == pytest.approx(1, abs=0.01)
    cloud.simulator.advance(1800)
    job = cloud.graph().json["jobs"][0]
    assert (job["status"], job["finishTime"][:2]) == (3, "20")
    assert job["durationHours"] == pytest.approx(3610 / 3600, abs=0.001)
    assert [entry["jobId"] for entry in cloud.v1(status=3).json["result"]] == ["a"]


def test_time_passes_with_each_request_of_a_list(cloud):
    cloud.set({"job_id": "a", "timeline": [[0, 0], [5, 1], [20, 2]]}, clock_step=5)
    assert [cloud.pc_statuses()["a"] for _look in range(5)] == [0, 1, 1, 1, 2]
    assert cloud.simulator.control("GET", "clock") == {"now": 25}


@pytest.mark.parametrize("service", ["pc", "d365"])
def test_jobs_are_inserted_and_deleted_while_pages_are_read(cloud, service):
    jobs = [{"job_id": f"J{number:02d}", "status": 3, "type": 1} for number in range(20)]
    jobs[0]["delete_at_request"] = 3
    new = [{"job_id": name, "status": 3, "type": 1, "insert_at_request": 2} for name in ("new1", "new2")]
    if service == "pc":
        cloud.set(*new, *jobs)
        found = pages(cloud, 3)
    else:
        cloud.set(d365={"jobs": [*new, *jobs]})
        found = [ids(cloud.v1(page)) for page in (1, 2, 3)]
    assert found[0] == [f"J{number:02d}" for number in range(10)]
    assert found[1] == [f"J{number:02d}" for number in range(8, 18)]
    assert found[2] == ["J19"]  # one has gone from the head
    first = ids(cloud.pc_jobs(pageSize=3) if service == "pc" else cloud.v1(size=3))
    assert first == ["new1", "new2", "J01"]


@pytest.mark.parametrize(
    "job",
    [
        {"status": 1, "timeline": [[0, 1]]},
        {},
        {"timeline": [[5, 1], [2, 2]]},
        {"status": 1, "statsu": 2},
        {"status": 1, "start_time": -1},
    ],
)
def test_a_job_that_makes_no_sense_is_refused(cloud, job):
    with pytest.raises(ControlError):
        cloud.set({"job_id": "a", **job})


# Many


def test_jobs_are_generated(cloud):
    cloud.set(tenant={"generate": {"count": 5, "prefix": "X", "start": 7, "types": [1, 2], "statuses": [0, 1, 2]}})
    assert cloud.pc_jobs().json["data"] == [
        {"jobId": "X000007", "type": 1, "status": 0},
        {"jobId": "X000008", "type": 2, "status": 1},
        {"jobId": "X000009", "type": 1, "status": 2},
        {"jobId": "X000010", "type": 2, "status": 0},
        {"jobId": "X000011", "type": 1, "status": 1},
    ]
    cloud.set({"job_id": "first", "status": 1}, tenant={"generate": {"count": 2, "timelines": [[[0, 1], [5, 2]]]}})
    assert cloud.pc_statuses() == {"first": 1, "job-000001": 1, "job-000002": 1}
    cloud.simulator.advance(6)
    assert cloud.pc_statuses() == {"first": 1, "job-000001": 2, "job-000002": 2}


# Pages


def test_a_server_caps_the_page_size(cloud):
    cloud.set(tenant={"generate": {"count": 25}}, pc={"paging": {"page_cap": 10}})
    reply = cloud.pc_jobs(pageIndex=2, pageSize=100)
    assert ids(reply) == numbered(11, 20)
    assert reply.json["metadata"] == {"pageIndex": 2, "pageSize": 10, "totalCount": 25}
    cloud.set(tenant={"generate": {"count": 25}}, pc={"paging": {"page_cap": 10, "echo_page_size": "asked"}})
    assert cloud.pc_jobs(pageSize=100).json["metadata"]["pageSize"] == 100


@pytest.mark.parametrize(
    ("mode", "told"),
    [
        ("correct", 25),
        ("null", None),
        (7, 7),
        ({"offset": -3}, 22),
        ("page_count", 10),
        ("pages", 3),
        ("string", "25"),
    ],
)
def test_the_total_can_be_wrong(cloud, mode, told):
    generated = {"generate": {"count": 25}}
    cloud.set(tenant=generated, d365=generated, paging={"total_count": mode})
    assert cloud.pc_jobs(pageSize=10).json["metadata"]["totalCount"] == told
    assert cloud.v1().json["totalNumber"] == told
    assert cloud.graph().json["totalCount"] == told


def test_the_total_can_be_missing(cloud):
    cloud.set(paging={"total_count": "missing"})
    assert "totalCount" not in cloud.pc_jobs().json["metadata"]
    assert cloud.v1().json.keys() == {"result"}
    assert "totalCount" not in cloud.graph().json


def test_pages_can_overlap(cloud):
    cloud.set(tenant={"generate": {"count": 25}}, paging={"overlap": 2})
    found = pages(cloud, 4)
    assert found == [numbered(1, 10), numbered(9, 18), numbered(17, 25), numbered(25, 25)]


def test_a_page_can_repeat_for_ever(cloud):
    cloud.set(tenant={"generate": {"count": 25}}, d365={"generate": {"count": 25}}, paging={"repeat_page": 2})
    found = pages(cloud, 5)
    assert found == [numbered(1, 10), *[numbered(11, 20)] * 4]
    assert cloud.graph(pageIndex=9).json["nextLink"]


def test_a_page_in_the_middle_can_be_empty(cloud):
    cloud.set(tenant={"generate": {"count": 25}}, paging={"empty_page": 2})
    assert pages(cloud, 4) == [numbered(1, 10), [], numbered(11, 20), numbered(21, 25)]
    cloud.set(tenant={"generate": {"count": 25}}, paging={"empty_page": 2, "empty_page_shifts": False})
    assert pages(cloud, 3) == [numbered(1, 10), [], numbered(21, 25)]


@pytest.mark.parametrize("mode", ["empty", "clamp", 400, 404])
def test_a_page_out_of_range(cloud, mode):
    cloud.set(tenant={"generate": {"count": 25}}, paging={"out_of_range": mode})
    reply = cloud.pc_jobs(pageIndex=4, pageSize=10)
    if isinstance(mode, int):
        assert reply.status == mode
    else:
        assert ids(reply) == ([] if mode == "empty" else numbered(21, 25))
    cloud.set(paging={"out_of_range": mode})
    assert ids(cloud.pc_jobs()) == []


def test_a_section_has_paging_of_its_own(cloud):
    generated = {"generate": {"count": 25}}
    paging = {"page_cap": 5, "total_count": "null"}
    cloud.set(tenant=generated, d365={**generated, "paging": {"page_cap": 3}}, paging=paging)
    assert len(ids(cloud.pc_jobs())) == 5
    assert len(ids(cloud.v1())) == 3
    assert cloud.v1().json["totalNumber"] is None


@pytest.mark.parametrize(
    "state",
    [
        {"paging": {"overlaps": 2}},
        {"paging": {"total_count": "most"}},
        {"paging": {"total_count": True}},
        {"paging": {"out_of_range": 500}},
        {"paging": {"echo_page_size": "no"}},
        {"pc": {"page_cap": 5}},
        {"d365": {"shape": "graph"}},
        {"d365": {"v1_shape": "other"}},
        {"tenants_api": {"numbers": "words"}},
        {"latency": {"process_center": 1}},
        {"latency": {"pc": "slow"}},
        {"latency": None},
        {"rate_limit": {"requests": 1}},
        {"faults": [{"kind": "unknown"}]},
        {"jobs": []},
        {"tenants": [{"customer_id": "a"}]},
        {"clients": [{"client_id": "a"}]},
    ],
    ids=str,
)
def test_a_state_that_is_misspelt_is_refused_and_changes_nothing(cloud, state):
    with pytest.raises(ControlError):
        cloud.set(**state)
    assert cloud.login().status == 200
