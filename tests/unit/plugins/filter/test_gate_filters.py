# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.avepoint.cloud.plugins.filter.gate_verdict import FilterModule as Verdict
from ansible_collections.avepoint.cloud.tests.unit.plugins.plugin_utils.gate_data import d365_job, result

verdict = Verdict().filters()["gate_verdict"]


def test_the_verdict_takes_the_time_as_a_text():
    answer = result(d365_job())
    assert verdict(answer, max_age="24h", product="d365", now="2026-11-23T09:00:00Z")["passed"] is True
    assert verdict(answer, max_age="24h", product="d365", now="2026-11-25T09:00:00+01:00")["passed"] is False


def test_the_verdict_goes_by_the_clock_of_the_controller():
    # which is past the date of these jobs, or before it; either way it is not within an hour
    assert verdict(result(d365_job(finish_time="2020-01-01T00:00:00Z")), max_age="1h")["passed"] is False


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"min_jobs": -1}, "gate_verdict: min_jobs must be a whole number"),
        ({"now": "noon"}, "now must be a time in ISO 8601"),
        ({"product": "x"}, "product"),
    ],
)
def test_requirements_that_cannot_be_meant_are_an_error(options, message):
    with pytest.raises(AnsibleFilterError, match=message):
        verdict(result(d365_job()), **options)
