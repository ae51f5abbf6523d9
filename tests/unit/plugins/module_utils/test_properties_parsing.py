# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever stands in the place of an answer, or of a part of one: it is jobs, or an InvalidResponse, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.avepoint.cloud.plugins.module_utils._dynamics365 import COUNTS, Dynamics365
from ansible_collections.avepoint.cloud.plugins.module_utils._errors import InvalidResponse
from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import STATES
from ansible_collections.avepoint.cloud.plugins.module_utils._login import TOKEN
from ansible_collections.avepoint.cloud.plugins.module_utils._process_center import ProcessCenter
from ansible_collections.avepoint.cloud.tests.unit.plugins.module_utils.support import answer, budget, params, scripted

LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    st.sampled_from(["2026-01-01T00:00:00Z", "0001-01-01T00:00:00", "In progress", "3", "99999-01-01", "2026-02-30"]),
)
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
)
PC_FIELDS = ("jobId", "type", "status")
D365_FIELDS = (
    *PC_FIELDS,
    *COUNTS,
    *("module", "startTime", "finishTime", "durationHours", "backupSize", "organizationId", "organizationName"),
)


def look(service, body):
    """What one look at this answer comes to: states, or the message of the one error that is allowed."""
    ids = {"customer_id": "c", "tenant_id": "t"} if service is ProcessCenter else {"api": "v1"}
    client, _script, moment = scripted(body if isinstance(body, type(answer())) else answer(body))
    try:
        jobs = service(params(service, include_raw=True, **ids), client, moment.now).look().jobs
    except InvalidResponse as error:
        assert str(error).isprintable()
        return str(error)
    assert all(job["state"] in STATES and isinstance(job["job_id"], str) and job["job_id"] for job in jobs)
    return [job["state"] for job in jobs]


@pytest.mark.parametrize("service", [ProcessCenter, Dynamics365])
@budget(300)
@given(document=JSON)
def test_any_json_in_place_of_an_answer(service, document):
    assert isinstance(look(service, document), str)  # no such document has the form of a list of jobs


@pytest.mark.parametrize("service", [ProcessCenter, Dynamics365])
@budget(300)
@given(body=st.binary(max_size=60))
def test_any_bytes_in_place_of_an_answer(service, body):
    assert isinstance(look(service, answer(body)), str)


@budget(400)
@given(field=st.sampled_from((*PC_FIELDS, "metadata", "totalCount", "pageSize")), value=JSON)
def test_any_json_in_place_of_a_field_of_process_center(field, value):
    job = {"jobId": "a", "type": 1, "status": 2}
    metadata = {"pageIndex": 1, "pageSize": 50, "totalCount": 1}
    document = {"data": [job], "metadata": metadata}
    target = job if field in job else metadata if field in metadata else document
    target[field] = value
    found = look(ProcessCenter, document)
    if field in PC_FIELDS and isinstance(found, list):
        assert isinstance(value, str if field == "jobId" else (int, float)) and not isinstance(value, bool)


@pytest.mark.parametrize("form, total", [("result", "totalNumber"), ("jobs", "totalCount")])
@budget(400)
@given(field=st.sampled_from((*D365_FIELDS, "total")), value=JSON)
def test_any_json_in_place_of_a_field_of_dynamics_365(form, total, field, value):
    job = {"jobId": "a", "type": 1, "status": 3, "startTime": "2026-01-01T00:00:00Z"}
    document = {form: [job], total: 1}
    (document if field == "total" else job)[total if field == "total" else field] = value
    found = look(Dynamics365, document)
    if field == "status" and isinstance(found, list) and not isinstance(value, (int, float, str)):
        raise AssertionError(f"{value!r} is no status")


@budget(300)
@given(document=JSON)
def test_any_json_in_place_of_a_token(document):
    with pytest.raises(InvalidResponse):
        TOKEN.check(document)
