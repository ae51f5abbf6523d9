# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What starts something: baselines that are applied and created, restores; and faults before and after it is done."""

from __future__ import annotations

import http.client
import json

import pytest

from ansible_collections.avepoint.cloud.tests.simulator.client import (
    APPLY_SCOPE,
    BASELINES_SCOPE,
    BASELINES_WRITE_SCOPE,
    M365_SCOPE,
    PC_SCOPE,
    RESTORE_SCOPE,
    ControlError,
    a_client,
)

ELEMENTS = "/partner/external/v3/bm"
RESTORE = "/backup/m365/restore/jobs"
BASELINES = [{"baseline_id": f"B{status}", "name": f"Baseline {status}", "status": status} for status in range(1, 7)]
RECOVERY = "2026-01-02T03:04:05Z"


class Starts:
    """A simulator with one tenant, six baselines and a client that may do all of it."""

    def __init__(self, cloud):
        self.cloud = cloud
        cloud.products["starts"] = a_client(APPLY_SCOPE, BASELINES_SCOPE, BASELINES_WRITE_SCOPE, RESTORE_SCOPE)
        self.set()

    def set(self, tenant=None, **state):
        self.cloud.set(tenant=tenant, **{"baselines": BASELINES, **state})

    @property
    def tenant(self):
        return self.cloud.tenant

    def post(self, path, body, scope):
        return self.cloud.send("POST", path, body, self.cloud.bearer(scope))

    def apply(self, data=None, scope=APPLY_SCOPE, **more):
        data = [{"baselineId": "B2", "rankingOrder": 1}] if data is None else data
        path = f"{ELEMENTS}/customers/{self.tenant['customer_id']}/tenants/{self.tenant['tenant_id']}/actions"
        return self.post(path, {"actionType": "1", "data": data, **more}, scope)

    def create(self, scope=BASELINES_WRITE_SCOPE, **more):
        ids = {"customerId": self.tenant["customer_id"], "tenantId": self.tenant["tenant_id"]}
        body = {"name": "New", "color": "3", **ids, **more}
        return self.post(
            f"{ELEMENTS}/baselines", {name: value for name, value in body.items() if value is not None}, scope
        )

    def baselines(self, body=None, query="", scope=BASELINES_SCOPE):
        return self.post(f"{ELEMENTS}/baselines/batch{query}", body, scope)

    def report(self, baseline, query=""):
        path = f"{ELEMENTS}/baselines/{baseline}/reports{query}"
        return self.cloud.send("GET", path, None, self.cloud.bearer(BASELINES_SCOPE))

    def restore(self, kind=1, scope=None, query="", **more):
        owner = {"oneDriveUpn": "a@example.com"} if kind == 2 else {"siteUrl": "https://example.com/sites/a"}
        targets = [{"libraryName": "Documents", "files": [{"relativePath": "a/b.docx"}]}]
        name = "oneDriveRestoreScope" if kind == 2 else "siteRestoreScope"
        body = {
            "serviceType": kind,
            "recoveryDateTime": RECOVERY,
            name: {**owner, "restoreTargets": targets, **(scope or {})},
        }
        whole = {**body, **more}
        given = {name: value for name, value in whole.items() if value is not None}
        return self.post(RESTORE + query, given, RESTORE_SCOPE)


@pytest.fixture
def starts(cloud):
    return Starts(cloud)


def refused(reply, where, status=400):
    assert (reply.status, reply.json["errors"][0]["field"]) == (status, where), reply.body


# Applying baselines


def test_applied_baselines_are_a_job_and_then_the_tenants_own(starts):
    starts.set(baselines_api={"applied": [[0, 0], [5, 1], [20, 2]]}, tenant={"status": 1})
    data = [{"baselineId": "B3", "rankingOrder": 2}, {"baselineId": "b2", "rankingOrder": 1}]
    reply = starts.apply(data, actionType=1)
    assert reply.status == 200
    assert reply.json.keys() == {"jobId"}
    seen = []
    for seconds in (0, 6, 20):
        starts.cloud.simulator.advance(seconds)
        job = starts.cloud.pc_jobs().json["data"][0]
        tenant = starts.cloud.tenants().json["data"][0]
        names = [baseline["baselineId"] for baseline in tenant["appliedBaselines"]]
        seen.append((job, tenant["status"], names))
    jobs = [{"jobId": reply.json["jobId"], "type": 1, "status": status} for status in (0, 1, 2)]
    assert seen == [(jobs[0], 1, []), (jobs[1], 1, []), (jobs[2], 1, ["B2", "B3"])]
    started = {"customer_id": starts.tenant["customer_id"], "tenant_id": starts.tenant["tenant_id"]}
    expected = [{"service": "apply_baselines", "id": reply.json["jobId"], **started}]
    assert starts.cloud.simulator.started() == expected


def test_applied_baselines_that_fail_do_not_become_the_tenants(starts):
    old = [{"baselineId": "old", "baselineName": "Old"}]
    starts.set(baselines_api={"applied": [[0, 3]]}, tenant={"applied_baselines": old})
    starts.apply()
    assert starts.cloud.tenants().json["data"][0]["appliedBaselines"] == old


def test_baselines_are_applied_as_often_as_asked_for(starts):
    assert len({starts.apply().json["jobId"] for _again in range(2)}) == 2
    assert len(starts.cloud.pc_jobs().json["data"]) == 2


def test_a_tenant_can_be_deploying_while_baselines_are_applied(starts):
    starts.set(tenants_api={"deploying": True})
    assert starts.apply().status == 200
    assert starts.cloud.tenants().json["data"][0]["status"] == 3
    refused(starts.apply(), "tenantId")
    starts.cloud.simulator.advance(60)
    assert starts.cloud.tenants().json["data"][0]["status"] == 1
    assert starts.apply().status == 200


def test_a_job_can_appear_late(starts):
    starts.set(baselines_api={"applied": [[10, 1], [20, 2]]})
    job = starts.apply().json["jobId"]
    assert starts.cloud.pc_statuses() == {}
    starts.cloud.simulator.advance(11)
    assert starts.cloud.pc_statuses() == {job: 1}


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"actionType": "2"}, "actionType"),
        ({"actionType": True}, "actionType"),
        ({"actionType": None}, "actionType"),
        ({"more": 1}, "more"),
        ({"data": []}, "data"),
        ({"data": {}}, "data"),
        ({"data": ["B2"]}, "data"),
        ({"data": [{"baselineId": "B2", "rankingOrder": 1}, "B3"]}, "data"),
        ({"data": [{"baselineId": "B9", "rankingOrder": 1}]}, "data[0].baselineId"),
        ({"data": [{"baselineId": 2, "rankingOrder": 1}]}, "data[0].baselineId"),
        ({"data": [{"baselineId": "B2", "rankingOrder": "1"}]}, "data[0].rankingOrder"),
        ({"data": [{"baselineId": "B2"}]}, "data[0].rankingOrder"),
        ({"data": [{"baselineId": "B2", "rankingOrder": 0}]}, "data"),
        ({"data": [{"baselineId": "B2", "rankingOrder": 2}]}, "data"),
        ({"data": [{"baselineId": "B2", "rankingOrder": 1, "name": "x"}]}, "data[0].name"),
        ({"data": [{"baselineId": "B2", "rankingOrder": 1}, {"baselineId": "B3", "rankingOrder": 1}]}, "data"),
        ({"data": [{"baselineId": "B2", "rankingOrder": 1}, {"baselineId": "b2", "rankingOrder": 2}]}, "data"),
    ],
    ids=str,
)
def test_a_wrong_application_is_refused(starts, change, where):
    refused(starts.apply(**change), where)
    assert starts.cloud.simulator.started() == []


def test_statuses_decide_what_may_be_done(starts):
    for status in range(1, 7):
        reply = starts.apply([{"baselineId": f"B{status}", "rankingOrder": 1}])
        assert reply.status == (400 if status in (1, 4, 6) else 200)
    for status in range(1, 14):
        starts.set(tenant={"status": status})
        assert starts.apply().status == (400 if status in (3, 6, 11, 12) else 200)
        assert starts.create().status == (400 if status in (3, 6, 11) else 201)


@pytest.mark.parametrize(
    ("form", "accepted"), [("either", [200, 200]), ("integer", [200, 400]), ("string", [400, 200])]
)
def test_the_action_type_is_an_integer_or_a_string(starts, form, accepted):
    starts.set(baselines_api={"action_type": form})
    assert [starts.apply(actionType=action).status for action in (1, "1")] == accepted


# Creating them, and their list


def test_a_created_baseline_is_retrieved_and_then_unused(starts):
    report = [{"source": "Tenant", "configuration": "Policy", "status": "Failed", "details": "No access"}] * 3
    starts.set(baselines=[], baselines_api={"created": [[0, 1], [20, 5]], "created_report": report})
    reply = starts.create(description="made by a test")
    assert reply.status == 201
    assert reply.json.keys() == {"baselineId"}
    baseline = reply.json["baselineId"]
    row = starts.baselines().json["data"][0]
    assert row.keys() == {"baselineId", "baselineName", "createdTime", "modifiedTime", "status"}
    assert (row["baselineId"], row["baselineName"], row["status"]) == (baseline, "New", 1)
    # The job that does it is in Process Center, and the answer does not say which it is.
    assert [(job["type"], job["status"]) for job in starts.cloud.pc_jobs().json["data"]] == [(3, 1)]
    starts.cloud.simulator.advance(21)
    assert starts.baselines({"baselineIds": [baseline.upper()]}).json["data"][0]["status"] == 5
    assert [job["status"] for job in starts.cloud.pc_jobs().json["data"]] == [5]
    found = starts.report(baseline, "?pageSize=2").json
    assert found == {"data": report[:2], "metadata": {"pageIndex": 1, "pageSize": 2, "totalCount": 3}}
    assert starts.report(baseline, "?pageSize=2&pageIndex=2").json["data"] == report[2:]
    assert [entry["id"] for entry in starts.cloud.simulator.started()] == [baseline]
    # A name is no key: there may be two of one name.
    assert starts.create().json["baselineId"] != baseline


@pytest.mark.parametrize(("status", "job"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 5), (6, 2), (9, 9)])
def test_the_job_of_a_creation_goes_as_the_baseline_does(starts, status, job):
    starts.set(baselines=[], baselines_api={"created": [[0, status]]})
    starts.create()
    assert starts.baselines().json["data"][0]["status"] == status
    assert starts.cloud.pc_jobs().json["data"][0]["status"] == job


def test_a_creation_takes_twenty_seconds_unless_told_otherwise(starts):
    starts.set(baselines=[])
    starts.create()
    seen = []
    for seconds in (0, 19, 2):
        starts.cloud.simulator.advance(seconds)
        seen.append(starts.baselines().json["data"][0]["status"])
    assert seen == [1, 1, 2]


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"name": ""}, "name"),
        ({"name": None}, "name"),
        ({"color": 3}, "color"),
        ({"color": "22"}, "color"),
        ({"color": None}, "color"),
        ({"description": 1}, "description"),
        ({"customerId": None}, "customerId"),
        ({"tenantId": 1}, "tenantId"),
        ({"baselineName": "x"}, "baselineName"),
    ],
    ids=str,
)
def test_a_wrong_creation_is_refused(starts, change, where):
    refused(starts.create(**change), where)
    assert starts.cloud.simulator.started() == []
    refused(starts.create(tenantId="other"), "tenantId", 404)


def test_baselines_are_listed_in_pages(starts):
    starts.set(baselines_api={"name_key": "name", "paging": {"page_cap": 4}})
    found = starts.baselines({}, "?pageIndex=2&pageSize=100").json
    assert [(row["baselineId"], row["name"], row["status"]) for row in found["data"]] == [
        ("B5", "Baseline 5", 5),
        ("B6", "Baseline 6", 6),
    ]
    assert found["metadata"] == {"pageIndex": 2, "pageSize": 4, "totalCount": 6}
    assert starts.baselines({"baselineIds": []}).json["metadata"]["totalCount"] == 6
    refused(starts.baselines({"names": []}), "names")
    refused(starts.baselines({"baselineIds": "B1"}), "baselineIds")
    refused(starts.baselines(query="?pageSize=101"), "pageSize")
    refused(starts.report("B9"), "baselineId", 404)
    refused(starts.report("B1", "?name=x"), "name")
    assert starts.report("B1").json["data"] == []


def test_what_writes_needs_the_scope_that_writes(starts):
    for scope in (PC_SCOPE, BASELINES_SCOPE, BASELINES_WRITE_SCOPE):
        assert starts.apply(scope=scope).status == 403
    for scope in (PC_SCOPE, BASELINES_SCOPE, APPLY_SCOPE):
        assert starts.create(scope=scope).status == 403
    for scope, status in ((BASELINES_SCOPE, 200), (BASELINES_WRITE_SCOPE, 200), (PC_SCOPE, 403)):
        assert starts.baselines(scope=scope).status == status
    assert starts.post(RESTORE, {}, M365_SCOPE).status == 403
    # The scope that applies baselines reads jobs and tenants as well.
    path = starts.cloud.pc_path()
    assert starts.post(path, None, APPLY_SCOPE).status == 200
    assert starts.cloud.simulator.started() == []


# Restores


@pytest.mark.parametrize(("kind", "service"), [(1, 2), (2, 3), (3, 4), (6, 7)])
def test_a_restore_is_a_job_of_its_service_and_location(starts, kind, service):
    reply = starts.restore(kind, query="?location=EUR")
    assert reply.status == 200
    assert reply.json.keys() == {"statusCode", "message", "data", "requestId", "timestamp", "traceId"}
    job = reply.json["data"]["jobId"]

    def listed(**query):
        return [(row["id"], row["state"]) for row in starts.cloud.ask("m365", **query).json["data"]]

    wanted = {"location": "EUR", "jobType": 2, "objectType": service}
    assert listed(**wanted) == [(job, "In Progress")]
    assert listed() == []
    starts.cloud.simulator.advance(21)
    assert listed(**wanted) == [(job, "Finished")]
    assert starts.cloud.simulator.started() == [{"service": "m365_restore", "id": job, "location": "EUR"}]


def test_three_restores_or_exports_run_at_once(starts):
    running = [{"job_id": "X", "type": 3, "status": 1}, {"job_id": "Y", "type": 1, "status": 1}]
    starts.set(m365={"jobs": running})
    assert [starts.restore().status for _again in range(3)] == [200, 200, 429]
    starts.cloud.simulator.advance(21)
    assert starts.restore().status == 200
    assert len(starts.cloud.simulator.started()) == 3


def test_restores_can_be_closed(starts):
    starts.set(m365_restore={"call_status": 404})
    assert starts.restore().status == 404
    assert starts.cloud.simulator.started() == []


FUTURE = "2999-01-02T03:04:05Z"


def library(*files, folders=(), name="Documents"):
    target = {"libraryName": name}
    for key, paths in (("files", files), ("folders", folders)):
        if paths:
            target[key] = [{"relativePath": path} for path in paths]
    return target


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"serviceType": 4}, "serviceType"),
        ({"serviceType": "1"}, "serviceType"),
        ({"serviceType": True}, "serviceType"),
        ({"recoveryDateTime": "2026-01-02"}, "recoveryDateTime"),
        ({"recoveryDateTime": "2026-01-02T03:04:05.1Z"}, "recoveryDateTime"),
        ({"recoveryDateTime": "2026-01-02T03:04:05+00:00"}, "recoveryDateTime"),
        ({"recoveryDateTime": "2026-13-02T03:04:05Z"}, "recoveryDateTime"),
        ({"recoveryDateTime": FUTURE}, "recoveryDateTime"),
        ({"recoveryDateTime": None}, "recoveryDateTime"),
        ({"siteRestoreScope": None}, "siteRestoreScope"),
        ({"oneDriveRestoreScope": {}}, "oneDriveRestoreScope"),
        ({"kind": 2, "siteRestoreScope": {}}, "siteRestoreScope"),
        ({"kind": 2, "scope": {"oneDriveUpn": "nobody"}}, "oneDriveRestoreScope.oneDriveUpn"),
        ({"scope": {"siteUrl": "http://example.com"}}, "siteRestoreScope.siteUrl"),
        ({"scope": {"siteUrl": ""}}, "siteRestoreScope.siteUrl"),
        ({"scope": {"url": "x"}}, "siteRestoreScope.url"),
        ({"scope": {"restoreTargets": []}}, "siteRestoreScope.restoreTargets"),
        ({"scope": {"restoreTargets": [library()]}}, "siteRestoreScope.restoreTargets[0].files"),
        ({"scope": {"restoreTargets": [library("a", name=" ")]}}, "siteRestoreScope.restoreTargets[0].libraryName"),
        (
            {"scope": {"restoreTargets": [{"libraryName": "a", "files": [{"relativePath": "b", "name": "b"}]}]}},
            "siteRestoreScope.restoreTargets[0].files[0].name",
        ),
        ({"more": 1}, "more"),
        ({"query": "?location=here"}, "location"),
        ({"query": "?geo=EUR"}, "geo"),
    ],
    ids=str,
)
def test_a_wrong_restore_is_refused(starts, change, where):
    refused(starts.restore(**change), where)
    assert starts.cloud.simulator.started() == []


@pytest.mark.parametrize(
    ("targets", "status"),
    [
        ([library(*[f"a/{number}" for number in range(20)])], 200),
        ([library(*[f"a/{number}" for number in range(21)])], 400),
        ([library(*"abcdefghijk"), library(*"lmnopqrstuv", name="Other")], 400),
        ([library("a/b"), library(folders=["A"])], 400),
        ([library(folders=["a/b", "a"])], 400),
        ([library("a", "a")], 400),
        ([library("a/b"), library(folders=["a"], name="Other")], 200),
        ([library("a/b", folders=["a/bc", "a\\\\c"])], 200),
        ([library("a\\\\c\\\\d", folders=["/a/c/"])], 400),
    ],
)
def test_at_most_twenty_paths_and_none_inside_another(starts, targets, status):
    assert starts.restore(scope={"restoreTargets": targets}).status == status


# Faults before and after the work


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    ("service", "call"), [("apply_baselines", "apply"), ("create_baseline", "create"), ("m365_restore", "restore")]
)
def test_an_answer_is_lost_before_or_after_the_work(starts, service, call, when):
    for kind in ("close", "reset", "status"):
        starts.set()
        starts.cloud.simulator.faults({"kind": kind, "when": when, "match": {"service": service}})
        try:
            assert getattr(starts, call)().status == 503
        except (http.client.HTTPException, ConnectionError):
            assert kind in ("close", "reset")
        assert len(starts.cloud.simulator.started()) == (when == "after")
        assert getattr(starts, call)().status in (200, 201)


def test_a_fault_before_the_work_has_no_right_answer(cloud):
    for fault in (
        {"kind": "cut", "when": "before"},
        {"kind": "gzip", "when": "before"},
        {"kind": "close", "when": "x"},
    ):
        with pytest.raises(ControlError):
            cloud.simulator.faults(fault)


@pytest.mark.parametrize(
    "state",
    [
        {"baselines_api": {"name_key": "title"}},
        {"baselines_api": {"action_type": "number"}},
        {"baselines": [{"name": "x", "status": 2}]},
        {"baselines": [{"baseline_id": "x", "status": 2, "module": 1}]},
        {"m365_restore": {"most": 3}},
        {"tenants": [{"customer_id": "a", "tenant_id": "b", "deployments": []}]},
    ],
    ids=str,
)
def test_a_state_of_what_starts_is_refused_when_misspelt(cloud, state):
    with pytest.raises(ControlError):
        cloud.set(**state)


def test_the_state_is_shown_as_it_was_set_after_a_start(starts):
    before = json.dumps(starts.cloud.simulator.state(), sort_keys=True)
    starts.create()
    starts.apply()
    assert json.dumps(starts.cloud.simulator.state(), sort_keys=True) == before
