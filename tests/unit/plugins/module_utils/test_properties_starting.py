# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever fails, at any point of the server's work: at most one start, and what is told of it is true."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.avepoint.cloud.plugins.module_utils._baseline_starts import ApplyBaselines, CreateBaseline
from ansible_collections.avepoint.cloud.plugins.module_utils._m365_restore import M365Restore
from ansible_collections.avepoint.cloud.tests.unit.properties import budget

# What the server's answer can prove is true of its work: it refuses before it does anything.
REFUSALS = st.sampled_from(
    [{"kind": "status", "status": status, "when": "before"} for status in (400, 401, 401, 403, 404, 409, 429, 429, 429)]
)
LOSSES = st.sampled_from(
    [
        *({"kind": "status", "status": status} for status in (204, 302, 408, 499, 500, 502, 503, 504)),
        *({"kind": kind} for kind in ("reset", "close", "redirect", "html", "empty")),
    ]
)
BEFORE = LOSSES.map(lambda fault: {**fault, "when": "before"})
SPOILT = st.sampled_from(
    [
        *({"kind": kind} for kind in ("cut", "cut_json", "duplicate_keys")),
        {"kind": "reset", "where": "body"},
        {"kind": "drop", "path": "jobId"},
        {"kind": "wrong_type", "path": "jobId", "value": 1},
    ]
)
STARTING = st.lists(st.one_of(REFUSALS, LOSSES, BEFORE, SPOILT), max_size=4)
# What meets the requests around it: logins, checks, looks.
AROUND = st.lists(
    st.tuples(
        st.sampled_from(["identity", "tenants", "baselines", "pc", "m365"]),
        st.one_of(LOSSES, st.just({"kind": "status", "status": 401}), st.just({"kind": "status", "status": 429})),
        st.integers(0, 3),
        st.integers(1, 4),
    ),
    max_size=4,
)

KINDS = {
    "apply_baselines": (ApplyBaselines, {"baselines": ["B"]}),
    "create_baseline": (CreateBaseline, {"name": "New"}),
    "m365_restore": (
        M365Restore,
        {
            "service": "teams",
            "recovery_time": "-1h",
            "site_url": "https://contoso.example/",
            "targets": [{"library": "a", "files": ["b"]}],
        },
    ),
}


@pytest.mark.parametrize("service", list(KINDS))
@budget(15)
@given(starting=STARTING, around=AROUND, wait=st.booleans(), shows_after=st.sampled_from([0, 0, 2, 100]))
def test_at_most_one_start_and_the_truth(cloud, service, starting, around, wait, shows_after):
    starter, options = KINDS[service]
    there = {"job_id": "there", "type": 1, "status": 2}
    course = [[shows_after, 1], [shows_after + 10, 2]]
    cloud.set(
        there,
        baselines=[{"baseline_id": "B", "name": "There", "status": 2}],
        baselines_api={"applied": course, "created": course},
        m365={"jobs": [{**there, "type": 2, "service": 7}]},
        m365_restore={"timeline": course},
    )
    cloud.together()
    cloud.simulator.faults(
        *({**fault, "match": {"service": service}} for fault in starting),
        *({**fault, "match": {"service": name}, "skip": skip, "times": times} for name, fault, skip, times in around),
    )
    ids = {} if service == "m365_restore" else cloud.ids
    result = cloud.start(starter, **options, **ids, wait=wait, wait_timeout=600, max_retries=1)
    started = [one["id"] for one in cloud.simulator.started()]
    assert len(started) <= 1, "started twice"
    unknown = result.get("error", {}).get("code") == "start_unknown"
    told = result["baseline"]["baseline_id"] if result.get("baseline") else result.get("job_id")
    if unknown:
        assert result["changed"] is True and told is None
        assert "before you start it again" in result["msg"].lower()
    else:
        assert result["changed"] is bool(started), result
        assert told == (started[0] if started else None), result
    if not result.get("failed"):
        assert started
