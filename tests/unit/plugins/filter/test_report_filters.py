# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.avepoint.cloud.plugins.filter.gate_verdict import gate_verdict
from ansible_collections.avepoint.cloud.plugins.filter.report_html import FilterModule as Html
from ansible_collections.avepoint.cloud.plugins.filter.report_junit import FilterModule as Junit
from ansible_collections.avepoint.cloud.plugins.filter.report_markdown import FilterModule as Markdown
from ansible_collections.avepoint.cloud.tests.unit.plugins.plugin_utils.gate_data import d365_job, result

FILTERS = {**Html().filters(), **Junit().filters(), **Markdown().filters()}


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("report_html", "<!doctype html>\n"),
        ("report_junit", '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="Nightly" '),
        ("report_markdown", "## ❌ Nightly: the gate did not pass\n"),
    ],
)
def test_each_form_says_what_it_was_told(name, start):
    answer = result(d365_job(state="failed"))
    text = FILTERS[name](answer, verdict=gate_verdict(answer), title="Nightly", now="2026-11-23T10:00:00+01:00")
    assert text.startswith(start)
    assert text.endswith("\n")
    assert "Nightly" in text
    assert "09:00:00" in text


@pytest.mark.parametrize("name", FILTERS)
def test_what_is_not_said_has_a_default(name):
    answer = result(d365_job())
    for verdict in (None, {}):
        assert "AvePoint jobs" in FILTERS[name](answer, verdict=verdict)


@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize(
    ("answer", "options", "message"),
    [
        ([], {}, "the result must be a dictionary"),
        ({}, {"verdict": {"passed": "yes"}}, "the verdict must be a job_gate_result"),
        (
            {"results": [], "msg": "All items completed"},
            {},
            "the result is that of a loop: hand over one of its results",
        ),
        ({}, {"now": "noon"}, "now must be a time in ISO 8601"),
    ],
)
def test_what_cannot_be_meant_is_an_error(name, answer, options, message):
    with pytest.raises(AnsibleFilterError, match=f"{name}: {message}"):
        FILTERS[name](answer, **options)
