# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Process Center and the list of tenants: strictness, answers, paging."""

from __future__ import annotations

import uuid

import pytest

from ansible_collections.avepoint.cloud.tests.simulator.client import PC_SCOPE, a_tenant

JSON = {"Content-Type": "application/json"}


def test_jobs_come_in_the_documented_frame(cloud):
    cloud.set({"job_id": "a", "type": 1, "status": 2}, {"job_id": "b", "type": 10, "status": 0})
    reply = cloud.pc_jobs(pageIndex=1, pageSize=5)
    assert reply.status == 200
    assert reply.headers["Content-Type"].startswith("application/json")
    assert reply.json == {
        "data": [{"jobId": "a", "type": 1, "status": 2}, {"jobId": "b", "type": 10, "status": 0}],
        "metadata": {"pageIndex": 1, "pageSize": 5, "totalCount": 2},
    }


def test_the_page_size_is_50_unless_asked_for(cloud):
    cloud.set(tenant={"generate": {"count": 120}})
    assert len(cloud.pc_jobs().json["data"]) == 50
    assert len(cloud.pc_jobs(pageSize=100).json["data"]) == 100
    assert len(cloud.pc_jobs(pageIndex=3).json["data"]) == 20
    last = cloud.pc_jobs(pageIndex=4).json
    assert last["data"] == []
    assert last["metadata"] == {"pageIndex": 4, "pageSize": 50, "totalCount": 120}


@pytest.mark.parametrize(
    ("query", "where"),
    [
        ({"pageIndex": 0}, "pageIndex"),
        ({"pageIndex": -1}, "pageIndex"),
        ({"pageIndex": "one"}, "pageIndex"),
        ({"pageIndex": ""}, "pageIndex"),
        ({"pageIndex": "1.0"}, "pageIndex"),
        ({"pageIndex": "\u0661"}, "pageIndex"),
        ({"pageSize": 0}, "pageSize"),
        ({"pageSize": 101}, "pageSize"),
        ({"pagesize": 10}, "pagesize"),
        ({"status": 2}, "status"),
    ],
)
def test_a_wrong_query_is_refused(cloud, query, where):
    for reply in (cloud.pc_jobs(**query), cloud.tenants(**query)):
        assert reply.status == 400
        assert reply.json["errors"][0]["field"] == where


def test_a_parameter_given_twice_is_refused(cloud):
    path = cloud.pc_path() + "?pageIndex=1&pageIndex=2"
    assert cloud.send("POST", path, None, cloud.bearer(PC_SCOPE)).status == 400


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("", 200),
        ("{}", 200),
        ('{"jobIds": []}', 200),
        ('{"jobIds": ["a"]}', 200),
        ("[]", 400),
        ("null", 400),
        ('"a"', 400),
        ("{", 400),
        ('{"jobIds": "a"}', 400),
        ('{"jobIds": [1]}', 400),
        ('{"jobIds": null}', 400),
        ('{"jobids": ["a"]}', 400),
        ('{"jobIds": ["a"], "status": 2}', 400),
        ('{"jobIds": ["a"], "jobIds": ["b"]}', 400),
        ('{"jobIds": [NaN]}', 400),
        ("[" * 100_000, 400),
    ],
    ids=lambda value: str(value)[:30],
)
def test_the_body_is_checked(cloud, body, status):
    assert cloud.send("POST", cloud.pc_path(), body, {**JSON, **cloud.bearer(PC_SCOPE)}).status == status


def test_bytes_that_are_no_text_are_refused(cloud):
    body = b'{"jobIds": ["\xff"]}'
    assert cloud.send("POST", cloud.pc_path(), body, {**JSON, **cloud.bearer(PC_SCOPE)}).status == 400


def test_a_body_that_is_too_large_is_refused(cloud):
    body = '{"jobIds": ["' + "a" * 2**20 + '"]}'
    assert cloud.send("POST", cloud.pc_path(), body, {**JSON, **cloud.bearer(PC_SCOPE)}).status == 413


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/jsonp"])
def test_the_content_type_is_checked(cloud, kind):
    for body in ("", "{}"):
        reply = cloud.send("POST", cloud.pc_path(), body, {"Content-Type": kind, **cloud.bearer(PC_SCOPE)})
        assert reply.status == 415
    assert cloud.send("POST", cloud.pc_path(), "{}", cloud.bearer(PC_SCOPE)).status == 415


def test_jobs_are_chosen_by_id(cloud):
    cloud.set(*({"job_id": name, "status": 2} for name in ("One", "two", "three")))
    found = cloud.pc_jobs({"jobIds": ["THREE", "one", "none"]}).json
    assert [job["jobId"] for job in found["data"]] == ["One", "three"]
    assert found["metadata"]["totalCount"] == 2
    cloud.set({"job_id": "One", "status": 2}, pc={"job_id_match": "exact"})
    assert cloud.pc_jobs({"jobIds": ["one"]}).json["data"] == []


def test_another_tenant_or_customer_is_not_found(cloud):
    for name in ("customer_id", "tenant_id"):
        known, cloud.tenant[name] = cloud.tenant[name], str(uuid.uuid4())
        assert cloud.pc_jobs().status == 404
        cloud.tenant[name] = known.upper()
        assert cloud.pc_jobs().status == 200
        cloud.tenant[name] = known


def test_other_methods_and_paths_are_refused(cloud):
    bearer = cloud.bearer(PC_SCOPE)
    for method in ("GET", "PUT", "DELETE"):
        reply = cloud.send(method, cloud.pc_path(), None, bearer)
        assert (reply.status, reply.headers["Allow"]) == (405, "POST")
    assert cloud.send("POST", cloud.pc_path() + "/", None, bearer).status == 404
    assert cloud.send("POST", cloud.pc_path().replace("/jobs/", "/jobs%2F"), None, bearer).status == 404
    assert cloud.send("POST", cloud.pc_path().upper(), None, bearer).status == 404


def test_a_job_can_carry_anything(cloud):
    cloud.set({"job_id": "a", "status": 99, "type": 42, "extra": {"note": "new", "type": None}})
    assert cloud.pc_jobs().json["data"] == [{"jobId": "a", "type": None, "status": 99, "note": "new"}]


# The list of tenants


def test_tenants_come_with_what_is_known_of_them(cloud):
    baseline = {"baselineId": "b1", "baselineName": "Standard", "version": 3}
    given = {"name": "One", "status": 7, "drift_detected": 4, "auto_alignment": 1, "applied_baselines": [baseline]}
    cloud.set(tenant={**given, "drift_detected_time": "2026-01-05T06:30:00Z", "extra": {"more": 1}})
    ids = {"customerId": cloud.tenant["customer_id"], "tenantId": cloud.tenant["tenant_id"]}
    assert cloud.tenants().json == {
        "data": [
            {
                "tenantName": "One",
                "status": 7,
                "driftDetected": 4,
                "driftDetectedTime": "2026-01-05T06:30:00Z",
                "lastDeployedTime": None,
                **ids,
                "autoAlignment": 1,
                "appliedBaselines": [baseline],
                "more": 1,
            }
        ],
        "metadata": {"pageIndex": 1, "pageSize": 50, "totalCount": 1},
    }


def test_numbers_of_tenants_can_come_as_strings(cloud):
    baseline = {"baselineId": "b1", "baselineName": "Standard", "version": 3}
    cloud.set(tenant={"status": 7, "applied_baselines": [baseline]}, tenants_api={"numbers": "string"})
    found = cloud.tenants().json["data"][0]
    assert (found["status"], found["driftDetected"], found["autoAlignment"]) == ("7", "0", "0")
    assert found["appliedBaselines"][0]["version"] == "3"


def test_tenants_are_chosen_by_id_and_names_may_repeat(cloud):
    same = [a_tenant(name="Same") for _number in range(3)]
    cloud.set(tenants=[*same, a_tenant(name="Hidden", listed=False)])
    found = cloud.tenants().json["data"]
    assert [entry["tenantName"] for entry in found] == ["Same"] * 3
    assert len({entry["tenantId"] for entry in found}) == 3
    chosen = cloud.tenants({"tenantIds": [same[1]["tenant_id"].upper(), "none"]}).json
    assert [entry["tenantId"] for entry in chosen["data"]] == [same[1]["tenant_id"]]
    assert chosen["metadata"]["totalCount"] == 1


def test_tenants_are_paged(cloud):
    cloud.set(tenants=[a_tenant(name=f"Tenant {number}") for number in range(250)])
    names = [
        entry["tenantName"] for page in (1, 2, 3) for entry in cloud.tenants(pageIndex=page, pageSize=100).json["data"]
    ]
    assert names == [f"Tenant {number}" for number in range(250)]


@pytest.mark.parametrize("body", [{"jobIds": []}, {"tenantIds": "x"}, []])
def test_the_body_of_the_list_of_tenants_is_checked(cloud, body):
    assert cloud.tenants(body).status == 400
