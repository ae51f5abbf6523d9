# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Much at once; how fast that is, `make bench` measures."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from ansible_collections.avepoint.cloud.tests.simulator.client import D365_SCOPE, PC_SCOPE


def test_fifty_thousand_jobs_are_made_and_read(cloud):
    cloud.set(
        tenant={"generate": {"count": 50_000, "statuses": [1, 2]}},
        d365={"generate": {"count": 50_000, "statuses": [2, 3], "every": 1}},
    )
    cloud.bearer(PC_SCOPE), cloud.bearer(D365_SCOPE)
    for page in range(1, 21):
        assert len(cloud.pc_jobs(pageIndex=page * 25, pageSize=100).json["data"]) == 100
        assert len(cloud.v1(page * 50, 50).json["result"]) == 50


def test_latency_does_not_add_up_over_requests_in_flight(cloud):
    cloud.set(tenant={"generate": {"count": 10_000}}, latency={"pc": 0.05})
    cloud.bearer(PC_SCOPE)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda page: cloud.pc_jobs(pageIndex=page, pageSize=100).json["data"], range(1, 101)))
    assert len({job["jobId"] for page in found for job in page}) == 10_000
    assert 1 < cloud.simulator.log()["max_in_flight"] <= 8
