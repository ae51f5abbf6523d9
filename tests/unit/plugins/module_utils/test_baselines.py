# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Baselines: the list, and one that is created out of a tenant unless it is there. What all starts share is in test_starting.py."""

from __future__ import annotations

import pytest

from ansible_collections.avepoint.cloud.plugins.module_utils._baseline_starts import CreateBaseline
from ansible_collections.avepoint.cloud.tests.unit.plugins.module_utils.support import failed, succeeded

KEYS = {
    *("changed", "product", "timed_out", "duration", "polls", "retries", "clock_skew"),
    *("baseline", "report"),
}


class Creates:
    """A cloud with a tenant, and a baseline created out of it."""

    def __init__(self, cloud):
        self.cloud = cloud
        self.set()

    def set(self, *baselines, tenant=None, **api):
        given = [baseline if "timeline" in baseline else {"status": 2, **baseline} for baseline in baselines]
        self.cloud.set(tenant=tenant, baselines=given, baselines_api=api)

    def create(self, **options):
        return self.cloud.start(CreateBaseline, **{"name": "Standard", **self.cloud.ids, **options})

    def started(self):
        return [one["id"] for one in self.cloud.simulator.started()]

    def faults(self, *faults, service="create_baseline"):
        self.cloud.simulator.faults(*({"match": {"service": service}, **fault} for fault in faults))

    def sent(self):
        return self.cloud.simulator.requests("create_baseline")


@pytest.fixture
def creates(cloud):
    return Creates(cloud)


def test_it_is_created(creates):
    result = succeeded(creates.create(name=" Standard ", color=21, description="For all"))
    ids = {"customerId": creates.cloud.ids["customer_id"], "tenantId": creates.cloud.ids["tenant_id"]}
    (request,) = creates.sent()
    assert request["json"] == {"name": "Standard", "color": "21", "description": "For all", **ids}
    assert result.keys() == KEYS
    (started,) = creates.started()
    assert (result["changed"], result["product"], result["report"]) == (True, "pc", None)
    created, modified = (result["baseline"].pop(name) for name in ("created_time", "modified_time"))
    assert created.endswith("Z") and modified.endswith("Z")
    assert result["baseline"] == {
        "baseline_id": started,
        "name": "Standard",
        "status": "retrieving_settings",
        "status_id": 1,
    }
    (login,) = creates.cloud.simulator.requests("identity")
    assert login["form"]["scope"].split() == ["elements.bm.baseline.readwrite.all", "elements.bm.tenant.read.all"]


def test_a_second_time_it_is_there(creates):
    first = succeeded(creates.create())
    second = succeeded(creates.create(color=5, tenant_id="another"))
    assert (second["changed"], second["baseline"]) == (False, first["baseline"])
    assert len(creates.started()) == 1


@pytest.mark.parametrize("name_key", ["name", "baselineName"])
def test_one_that_is_there_is_left_as_it_is(creates, name_key):
    creates.set({"baseline_id": "a", "name": "Other"}, {"baseline_id": "b", "name": "A::B ##"}, name_key=name_key)
    result = succeeded(creates.create(name="A::B ##"))
    assert (result["changed"], result["baseline"]["baseline_id"], result["baseline"]["status"]) == (
        False,
        "b",
        "unused",
    )
    assert creates.sent() == []


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["STANDARD"], ["case alone", 'id0 ("STANDARD")']),
        (["Standard", "Standard"], ["2 baselines of the name", "id0", "id1"]),
    ],
)
@pytest.mark.parametrize("check_mode", [False, True])
def test_a_name_that_does_not_tell_which_is_meant(creates, names, words, check_mode):
    creates.set(*({"baseline_id": f"id{number}", "name": name} for number, name in enumerate(names)))
    result = creates.create(check_mode=check_mode)
    failed(result, "invalid_input", *words)
    assert (creates.sent(), result["changed"], result["baseline"]) == ([], False, None)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"name": " "}, ["name must be"]),
        ({"name": "a\nb"}, ["name must be"]),
        ({"name": "x" * 251}, ["250"]),
        ({"color": 22}, ["color is 22"]),
        ({"color": -1}, ["color is -1"]),
        ({"tenant_id": "a/b"}, ["tenant_id is not an id"]),
    ],
)
def test_bad_input_sends_nothing(creates, options, words):
    result = creates.create(**options)
    failed(result, "invalid_input", *words)
    assert creates.cloud.simulator.requests() == []
    assert result.keys() == KEYS | {"failed", "msg", "error"}


@pytest.mark.parametrize("status", [3, 6, 11])
def test_a_tenant_that_no_baseline_is_made_of(creates, status):
    creates.set(tenant={"status": status})
    for check_mode in (False, True):
        failed(creates.create(check_mode=check_mode), "invalid_input", "no baseline can be created", f"{status} (")
    assert creates.sent() == []


def test_a_tenant_that_retrieves_its_settings_will_do(creates):
    creates.set(tenant={"status": 12})
    assert succeeded(creates.create())["changed"] is True


def test_check_mode_creates_nothing(creates):
    result = succeeded(creates.create(check_mode=True, wait=True))
    assert (result["changed"], result["baseline"], creates.sent()) == (True, None, [])
    creates.set({"baseline_id": "a", "name": "Standard"})
    result = succeeded(creates.create(check_mode=True, wait=True))
    assert (result["changed"], result["baseline"]["baseline_id"]) == (False, "a")


# Waiting


def test_it_waits_for_the_settings(creates):
    creates.cloud.together()
    seen = []
    result = succeeded(creates.create(wait=True, wait_sleep=15, report=seen.append))
    assert (result["changed"], result["baseline"]["status"], result["polls"]) == (True, "unused", 3)
    assert [(one.chosen, one.running, one.finished) for one in seen if not one.says] == [
        (1, 1, 0),
        (1, 1, 0),
        (1, 0, 1),
    ]


def test_it_waits_for_one_that_was_created_before(creates):
    creates.set({"baseline_id": "a", "name": "Standard", "timeline": [[0, 1], [40, 3]]})
    creates.cloud.together()
    result = succeeded(creates.create(wait=True))
    assert (result["changed"], result["baseline"]["status"]) == (False, "active")


@pytest.mark.parametrize(
    ("status", "state", "named"),
    [
        (4, "failed", "settings_retrieval_failed"),
        (5, "finished_with_exception", "retrieved_with_exception"),
        (6, "stopped", "draft"),
    ],
)
def test_a_bad_end_names_what_could_not_be_retrieved(creates, status, state, named):
    report = [
        {"source": "Teams", "configuration": f"Policy {number}", "status": "Failed", "details": "denied"}
        for number in range(12)
    ]
    creates.set(created=[[0, 1], [5, status]], created_report=report)
    creates.cloud.together()
    result = creates.create(wait=True)
    message = failed(result, "job_failed", 'baseline "Standard"', state, "Teams: Policy 0: Failed: denied", "Policy 9")
    assert "Policy 10" not in message
    assert (result["changed"], result["baseline"]["status"]) == (True, named)
    assert result["report"] == report[:10]
    result = succeeded(creates.create(wait=True, allowed_states=[state]))
    assert (result["changed"], result["report"]) == (False, None)


def test_a_report_that_cannot_be_read_does_not_hide_the_end(creates):
    creates.set(created=[[0, 4]])
    creates.faults({"kind": "status", "status": 500, "times": -1}, service="baseline_report")
    result = creates.create(wait=True, max_retries=0)
    failed(result, "job_failed", "its report could not be read", "500")
    assert result["report"] is None


def test_a_wait_that_runs_out(creates):
    creates.set(created=[[0, 1]])
    creates.cloud.together()
    result = creates.create(wait=True, wait_timeout=60)
    failed(result, "wait_timeout", 'baseline "Standard"', "do not start it again")
    assert (result["changed"], result["timed_out"], result["baseline"]["status_id"]) == (True, True, 1)


# Never twice


@pytest.mark.parametrize("kind", ["reset", "close", "cut", "status", "empty", "html"])
def test_a_lost_answer(creates, kind):
    creates.set({"baseline_id": "a", "name": "Other"})
    creates.faults({"kind": kind})
    result = succeeded(creates.create())
    assert (len(creates.sent()), [result["baseline"]["baseline_id"]]) == (1, creates.started())
    assert "was lost" in result["warnings"][0]


def test_a_lost_request(creates):
    creates.faults({"kind": "reset", "when": "before"})
    result = creates.create()
    failed(result, "start_unknown", "nothing new", "avepoint_pc_baselines_info", "Standard")
    assert (result["changed"], result["baseline"], creates.started()) == (True, None, [])


def test_one_that_others_create_meanwhile_is_another(creates):
    other = {"baseline_id": "theirs", "name": "standard", "status": 2, "insert_at_request": 2}
    creates.set(other)
    creates.faults({"kind": "reset"})
    failed(creates.create(), "start_unknown", "theirs", creates.started()[0])


# The list


def test_the_list(creates):
    times = {"created_time": "2026-01-02T03:04:05.678Z", "modified_time": None}
    creates.set(*({"baseline_id": f"B{status}", "name": "a", "status": status, **times} for status in range(1, 8)))
    result = succeeded(creates.cloud.baselines())
    assert result.keys() == {
        *("changed", "baselines", "missing_baseline_ids", "duration", "retries", "clock_skew", "warnings"),
    }
    assert (result["changed"], result["missing_baseline_ids"]) == (False, [])
    assert [(one["status_id"], one["status"]) for one in result["baselines"]] == [
        (1, "retrieving_settings"),
        (2, "unused"),
        (3, "active"),
        (4, "settings_retrieval_failed"),
        (5, "retrieved_with_exception"),
        (6, "draft"),
        (7, "unknown"),
    ]
    assert result["baselines"][0] == {
        "baseline_id": "B1",
        "name": "a",
        "status": "retrieving_settings",
        "status_id": 1,
        "created_time": "2026-01-02T03:04:05.678Z",
        "modified_time": None,
    }
    assert "7" in result["warnings"][0]
    (login,) = creates.cloud.simulator.requests("identity")
    assert login["form"]["scope"] == "elements.bm.baseline.read.all"


def test_the_list_of_some(creates):
    creates.set({"baseline_id": "A"}, {"baseline_id": "B"}, {"baseline_id": "C"})
    result = succeeded(creates.cloud.baselines(baseline_ids=["c\na", "x"]))
    assert [one["baseline_id"] for one in result["baselines"]] == ["A", "C"]
    assert result["missing_baseline_ids"] == ["x"]


def test_a_list_of_many_pages(creates):
    creates.set(*({"baseline_id": f"B{number}", "name": f"n{number}"} for number in range(230)))
    assert len(succeeded(creates.cloud.baselines())["baselines"]) == 230
    assert succeeded(creates.create(name="n229"))["baseline"]["baseline_id"] == "B229"


@pytest.mark.parametrize("ids", [[], [""], ["a", "A"], ["a/b"]])
def test_ids_that_are_none(creates, ids):
    result = creates.cloud.baselines(baseline_ids=ids)
    failed(result, "invalid_input", "baseline_ids")
    assert creates.cloud.simulator.requests() == []
    assert result["baselines"] == []
