# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import STATES
from ansible_collections.avepoint.cloud.plugins.plugin_utils import _gate as gate
from ansible_collections.avepoint.cloud.plugins.plugin_utils import _gate_requirements as gate_requirements
from ansible_collections.avepoint.cloud.plugins.plugin_utils._report import report
from ansible_collections.avepoint.cloud.plugins.plugin_utils._report_junit import junit
from ansible_collections.avepoint.cloud.tests.unit.plugins.plugin_utils.gate_data import (
    HOSTILE,
    NOW,
    d365_job,
    failure,
    pc_job,
    result,
)

# What the readers know: the schema of Jenkins' xunit plugin, which is the strictest of them.
ATTRIBUTES = {
    "testsuites": {"name", "tests", "failures", "errors", "time"},
    "testsuite": {"name", "tests", "failures", "errors", "skipped", "time", "timestamp", "hostname"},
    "testcase": {"classname", "name", "time"},
    "failure": {"message", "type"},
    "error": {"message", "type"},
    "skipped": {"message"},
}
CHILDREN = {
    "testsuites": {"testsuite"},
    "testsuite": {"testcase"},
    "testcase": {"failure", "error", "skipped"},
    "failure": set(),
    "error": set(),
    "skipped": set(),
}


def parsed(answer, product="d365", verdict=True, **required):
    """The document, checked: every element known, every count right."""
    judged = gate.judge(answer, gate_requirements.requirements(product, **required), NOW) if verdict else None
    text = junit(report(judged or answer, judged, None, NOW))
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n')
    root = ET.fromstring(text.encode())  # noqa: S314 our own text
    for element in root.iter():
        assert set(element.attrib) == ATTRIBUTES[element.tag]
        assert {child.tag for child in element} <= CHILDREN[element.tag]
    for suite in root:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", suite.get("timestamp"))
    for element in [root, *root]:
        cases = list(element.iter("testcase"))
        assert element.get("tests") == str(len(cases))
        for counter, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            if counter in ATTRIBUTES[element.tag]:
                assert element.get(counter) == str(sum(1 for case in cases if case.find(tag) is not None))
        assert float(element.get("time")) == sum(float(case.get("time")) for case in cases)
    return root


def test_each_job_and_each_rule_is_a_case():
    root = parsed(result(d365_job("A"), d365_job("B", "failed")), max_age="24h")
    rules, jobs = root
    assert rules.get("name") == "job_gate"
    assert [case.get("name") for case in rules] == [
        "the jobs can be read",
        "all jobs are looked at",
        "every job id asked for is there",
        "at least 1 job",
        "every job has finished",
        "every finished job has the state succeeded",
        "a job succeeded within the last 24h",
    ]
    assert [case.get("name") for case in rules if len(case)] == ["every finished job has the state succeeded"]
    assert [(case.get("classname"), case.get("name"), case.get("time")) for case in jobs] == [
        ("avepoint.cloud.d365.backup", "B (Example Production)", "1800.000"),
        ("avepoint.cloud.d365.backup", "A (Example Production)", "1800.000"),
    ]
    assert jobs[0].find("failure").get("message") == "failed"
    assert "organization: Example Production" in jobs[0].find("failure").text
    # As in the job itself, so that a search for the time finds it in both.
    assert "started: 2026-11-23T07:00:00Z\nfinished: 2026-11-23T07:30:00Z" in jobs[0].find("failure").text
    assert root.get("failures") == "2"


def test_without_a_gate_there_are_only_jobs():
    root = parsed(result(*(pc_job(state, state) for state in STATES)), product="pc", verdict=False)
    (jobs,) = root
    outcome = {case.get("name").split()[0]: [child.tag for child in case] for case in jobs}
    assert outcome.pop("the") == [] and jobs[-1].get("name") == "the jobs can be read"
    assert outcome["succeeded"] == []
    assert outcome["skipped"] == ["skipped"]
    assert all(outcome[state] == ["failure"] for state in STATES if state not in ("succeeded", "skipped"))
    assert jobs[0].get("classname") == "avepoint.cloud.pc.deploy"


def test_there_is_always_a_case():
    root = parsed(result(), verdict=False)
    assert (root.get("tests"), root.get("errors"), root.get("failures")) == ("1", "0", "0")
    (rules,) = parsed(result(), min_jobs=0)
    assert len(rules) == 6


def test_a_query_that_failed_is_an_error_without_a_gate_too():
    root = parsed(failure(), verdict=False)
    assert (root.get("tests"), root.get("errors"), root.get("failures")) == ("1", "1", "0")
    assert "The login was refused" in root[0][0].find("error").get("message")


def test_what_the_gate_allows_is_no_failure():
    root = parsed(
        result(pc_job("A", "finished_with_exception"), pc_job("B", "skipped")),
        product="pc",
        allowed_states=gate_requirements.ALLOWABLE,
    )
    assert root.get("failures") == "0"
    assert [[child.tag for child in case] for case in root[1]] == [[], ["skipped"]]
    assert parsed(result(pc_job("B", "skipped")), product="pc").get("failures") == "2"


def test_a_missing_job_is_a_failure():
    root = parsed(result(d365_job(), missing=["X", "Y"]))
    assert [case.get("name") for case in root[1] if case.get("classname") == "avepoint.cloud.missing"] == ["X", "Y"]
    assert root[1].get("failures") == "2"


def test_a_query_that_failed_is_an_error():
    root = parsed(failure())
    assert root.get("errors") == "1"
    assert root.get("failures") == "0"
    assert root[0][0].find("error").get("type") == "query"
    refused = gate.refused(["job_gate_min_jobs must be a whole number from 0, not -1."], "pc")
    root = ET.fromstring(junit(report(refused, refused, None, NOW)))  # noqa: S314 our own text
    assert root.get("errors") == "1"


def test_names_from_the_server_are_only_text():
    job = d365_job(HOSTILE, "failed", type="\ufffe\uffff" + HOSTILE, organization_name=HOSTILE)
    root = parsed(result(job, missing=[HOSTILE]))
    (case, _missing) = root[1]
    assert "<script>" in case.get("name")
    assert case.get("classname").count(".") == 3
    assert "{{ lookup('pipe', 'id') }}" in case.find("failure").text
