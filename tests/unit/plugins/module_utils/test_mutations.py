# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A thousand answers with random changes, over real sockets: each is a result or a failure in words, never an exception."""

from __future__ import annotations

import pytest

from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import STATES

CODES = {"invalid_response", "connection_failed", "request_timeout", "authentication_failed"}


@pytest.mark.parametrize(
    "service, fields",
    [
        ("pc", {"v1_shape": "result"}),
        ("d365_v1", {"v1_shape": "result"}),
        ("d365_v1", {"v1_shape": "graph"}),
        ("identity", {"v1_shape": "result"}),
    ],
)
def test_250_mutated_answers(cloud, service, fields):
    jobs = [{"job_id": f"DCIB{number}", "type": 1, "status": 3} for number in range(3)]
    failures = 0
    for seed in range(250):
        if seed % 50 == 0:
            cloud.set(*({**job, "status": 2} for job in jobs), d365={"jobs": jobs, **fields})
        cloud.simulator.clear_faults()
        fault = {"kind": "mutate", "match": {"service": service}, "seed": seed, "times": -1, "bytes": seed % 5 / 100}
        cloud.simulator.faults(fault)
        ask = cloud.d365 if service.startswith("d365") else cloud.pc
        result = ask(max_retries=0, include_raw=True)
        failures += bool(result.get("failed"))
        if result.get("failed"):
            assert result["error"]["code"] in CODES, (seed, result["msg"])
            assert result["jobs"] == []
        for job in result["jobs"]:
            assert job["state"] in STATES, seed
            assert job["finished"] is (job["state"] not in ("waiting", "running", "unknown")), seed
    assert failures > 25, "the changes did not reach what is checked"
