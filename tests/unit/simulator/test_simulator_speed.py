# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator is not what a client's speed is limited by. The bounds leave a slow machine several times its need."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from ansible_collections.avepoint.cloud.tests.simulator.client import D365_SCOPE, PC_SCOPE


def test_fifty_thousand_jobs_are_quickly_made_and_read(cloud):
    start = time.monotonic()
    cloud.set(
        tenant={"generate": {"count": 50_000, "statuses": [1, 2]}},
        d365={"generate": {"count": 50_000, "statuses": [2, 3], "every": 1}},
    )
    assert time.monotonic() - start < 20
    cloud.bearer(PC_SCOPE), cloud.bearer(D365_SCOPE)
    cloud.v1()
    start = time.monotonic()
    for page in range(1, 21):
        assert len(cloud.pc_jobs(pageIndex=page * 25, pageSize=100).json["data"]) == 100
        assert len(cloud.v1(page * 50, 50).json["result"]) == 50
    assert time.monotonic() - start < 10


def test_latency_does_not_add_up_over_requests_in_flight(cloud):
    cloud.set(tenant={"generate": {"count": 10_000}}, latency={"pc": 0.05})
    cloud.bearer(PC_SCOPE)
    start = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda page: cloud.pc_jobs(pageIndex=page, pageSize=100).json["data"], range(1, 101)))
    taken = time.monotonic() - start
    assert len({job["jobId"] for page in found for job in page}) == 10_000
    # 100 requests of 50 ms are 0.65 s when 8 are made at once, and 5 s one after the other
    assert 0.6 < taken < 4
    assert 3 <= cloud.simulator.log()["max_in_flight"] <= 8
