# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import math

import pytest

from ansible_collections.avepoint.cloud.plugins.module_utils._errors import InvalidInput, InvalidResponse, NotFound
from ansible_collections.avepoint.cloud.plugins.module_utils._tenants import PATH, STATUSES, Tenants


def entry(number=1, **more):
    return {
        "tenantName": f"Example {number}",
        "status": 7,
        "driftDetected": 0,
        "driftDetectedTime": None,
        "lastDeployedTime": None,
        "customerId": f"customer-{number}",
        "tenantId": f"tenant-{number}",
        "autoAlignment": 0,
        "appliedBaselines": [],
        **more,
    }


class Server:
    """Stands for the client: pages of entries, checked as the client checks them."""

    def __init__(self, entries, metadata=True, refuses_past_the_end=False):
        self.entries, self.metadata, self.refuses = entries, metadata, refuses_past_the_end
        self.asked = []

    def call(self, method, path, schema, query, body):
        self.asked.append((method, path, query, body))
        index, size = query["pageIndex"], query["pageSize"]
        if self.refuses and index > max(1, math.ceil(len(self.entries) / size)):
            raise NotFound("there is no such page", 404)
        document = {"data": self.entries[(index - 1) * size : index * size]}
        if self.metadata:
            document["metadata"] = {"pageIndex": index, "pageSize": size, "totalCount": str(len(self.entries))}
        schema.validate(document)
        return document

    def interrupted(self):
        return contextlib.nullcontext()


def read(*entries, tenant_ids=None, page_size=100, **server):
    service = Tenants(
        {"tenant_ids": tenant_ids, "page_size": page_size, "max_concurrency": 4}, Server(list(entries), **server)
    )
    return service.read(), service


def test_a_tenant_with_everything():
    (tenant,), _service = read(
        entry(
            status=2,
            driftDetected=3,
            driftDetectedTime="2026-01-05T06:30:00.5+01:00",
            lastDeployedTime="2026-01-04T22:00:00Z",
            autoAlignment=1,
            appliedBaselines=[{"baselineId": "b-1", "baselineName": "Standard", "version": 4}],
        )
    )
    assert tenant == {
        "customer_id": "customer-1",
        "tenant_id": "tenant-1",
        "name": "Example 1",
        "status": "deployed_with_exception",
        "status_id": 2,
        "drift_detected": 3,
        "drift_detected_time": "2026-01-05T05:30:00.500Z",
        "last_deployed_time": "2026-01-04T22:00:00Z",
        "auto_alignment": True,
        "applied_baselines": [{"baseline_id": "b-1", "baseline_name": "Standard", "version": 4}],
    }


def test_a_tenant_with_the_least():
    (tenant,), _service = read({"customerId": "c", "tenantId": "t", "status": 1})
    assert tenant["name"] == ""
    assert tenant["drift_detected"] == 0
    assert tenant["drift_detected_time"] is tenant["last_deployed_time"] is None
    assert tenant["auto_alignment"] is False
    assert tenant["applied_baselines"] == []


def test_numbers_may_be_strings():
    baseline = {"baselineId": "b-1", "version": "12"}
    (tenant,), _service = read(
        entry(status="5", driftDetected="2", autoAlignment="1", appliedBaselines=[baseline]), page_size=1
    )
    assert (tenant["status"], tenant["status_id"]) == ("deployment_failed", 5)
    assert tenant["drift_detected"] == 2
    assert tenant["auto_alignment"] is True
    assert tenant["applied_baselines"][0]["version"] == 12


@pytest.mark.parametrize("number", STATUSES)
def test_every_documented_status_has_its_name(number):
    (tenant,), service = read(entry(status=number))
    assert tenant["status"] == STATUSES[number]
    assert not service.unknown


def test_the_vendor_prints_19_where_9_is_meant():
    assert STATUSES[9] == STATUSES[19] == "restored"
    assert set(STATUSES) == {*range(1, 18), 19}


def test_a_status_that_nobody_documented():
    (tenant,), service = read(entry(status=18))
    assert (tenant["status"], tenant["status_id"]) == ("unknown", 18)
    assert service.unknown == {18}


@pytest.mark.parametrize(
    ("sent", "status", "status_id", "unknown"),
    [
        ("Deployed with exception", "deployed_with_exception", 2, set()),
        ("DEPLOYED", "deployed", 7, set()),
        ("deployment-failed", "deployment_failed", 5, set()),
        ("restored", "restored", 9, set()),
        (" 7 ", "deployed", 7, set()),
        ("18", "unknown", 18, {18}),
        ("half\x1b[31m deployed", "unknown", None, {"half [31m deployed"}),
        ("", "unknown", None, {""}),
        (None, "unknown", None, {"None"}),
    ],
)
def test_a_status_may_be_a_word_and_one_that_is_unknown_does_not_hide_the_other_tenants(
    sent, status, status_id, unknown
):
    tenants, service = read(entry(status=sent), {**entry(status=7), "tenantId": "other"})
    assert [(each["status"], each["status_id"]) for each in tenants] == [(status, status_id), ("deployed", 7)]
    assert service.unknown == unknown


def test_a_time_that_nobody_documented_is_passed_on_as_text():
    (tenant,), _service = read(entry(driftDetectedTime="last\x1b[31m week", lastDeployedTime="0001-01-01T00:00:00"))
    assert tenant["drift_detected_time"] == "last [31m week"
    assert tenant["last_deployed_time"] is None


@pytest.mark.parametrize(
    "place, broken",
    [
        ("data[0].customerId", {"customerId": 5}),
        ("data[0].tenantId", {"tenantId": ""}),
        ("data[0].status", {"status": ["deployed"]}),
        ("data[0].driftDetected", {"driftDetected": "-1"}),
        ("data[0].appliedBaselines", {"appliedBaselines": "Standard"}),
        ("data[0].appliedBaselines[0].baselineId", {"appliedBaselines": [{"baselineName": "x"}]}),
    ],
)
def test_an_answer_that_breaks_the_contract(place, broken):
    with pytest.raises(InvalidResponse) as caught:
        read(entry(**broken))
    assert str(caught.value).startswith(f"Baseline Management broke its contract: {place} ")


@pytest.mark.parametrize("server", [{}, {"metadata": False}, {"refuses_past_the_end": True}])
def test_all_pages(server):
    tenants, service = read(*map(entry, range(250)), **server)
    assert [tenant["tenant_id"] for tenant in tenants] == [f"tenant-{number}" for number in range(250)]
    assert {asked[:2] for asked in service._client.asked} == {("POST", PATH)}


def test_the_first_page_refused():
    class Refusing(Server):
        def call(self, *args):
            raise NotFound("no such path", 404)

    with pytest.raises(NotFound):
        Tenants({"tenant_ids": None, "page_size": 100, "max_concurrency": 1}, Refusing([])).read()


def test_chosen_tenants_are_asked_for_and_filtered_once_more():
    tenants, service = read(entry(1), entry(2), entry(3), tenant_ids=[" TENANT-2", "tenant-9"])
    assert [tenant["tenant_id"] for tenant in tenants] == ["tenant-2"]
    assert service._client.asked[0][3] == {"tenantIds": ["TENANT-2", "tenant-9"]}


def test_the_same_tenant_of_two_customers_is_two():
    tenants, _service = read(entry(1), entry(1, customerId="customer-2"))
    assert len(tenants) == 2


@pytest.mark.parametrize("tenant_ids", [[], ["a", " "]])
def test_empty_ids_are_refused(tenant_ids):
    with pytest.raises(InvalidInput, match=r"^tenant_ids "):
        Tenants.check_options({"tenant_ids": tenant_ids})
