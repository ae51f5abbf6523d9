# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A report as JUnit XML, in the dialect that Jenkins, GitLab, GitHub and Azure DevOps readers agree on.

Private to this collection: names and behaviour can change with any release.
"""

from __future__ import annotations

import typing as t
from xml.etree import ElementTree as ET

from ansible_collections.avepoint.cloud.plugins.module_utils._iso8601 import format_time
from ansible_collections.avepoint.cloud.plugins.plugin_utils._report import Job, Report

# XML 1.0 does not allow these characters, not even escaped. `_report` has removed control characters and surrogates already.
_NOT_XML = dict.fromkeys((0xFFFE, 0xFFFF), "\ufffd")


def junit(report: Report) -> str:
    """The text of ``junit.xml``: a suite of the gate's rules, if there was a gate, and a suite of the jobs.

    It has at least one test case, that of the query, because Jenkins refuses a report without test cases.
    """
    root = ET.Element("testsuites", name=_text(report.title))
    suites = []
    if report.rules:
        suites.append(_suite(report, "job_gate", [_rule(rule) for rule in report.rules]))
    jobs = [_job(job, report) for job in report.jobs]
    jobs += [_missing(job_id) for job_id in report.missing_job_ids]
    if not report.rules:
        query = _case("avepoint.cloud.query", "the jobs can be read")
        jobs.append(_outcome(query, "error", "query", report.error) if report.error else query)
    if jobs:
        suites.append(_suite(report, "jobs", jobs))
    root.extend(suites)
    for name in ("tests", "failures", "errors"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in suites)))
    root.set("time", f"{sum(float(suite.get('time', '0')) for suite in suites):.3f}")
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=False).join(
        ('<?xml version="1.0" encoding="UTF-8"?>\n', "\n")
    )


def _suite(report: Report, name: str, cases: list[ET.Element]) -> ET.Element:
    def count(tag: str) -> str:
        return str(sum(1 for case in cases if case.find(tag) is not None))

    suite = ET.Element(
        "testsuite",
        name=name,
        tests=str(len(cases)),
        failures=count("failure"),
        errors=count("error"),
        skipped=count("skipped"),
        time=f"{sum(float(case.get('time', '0')) for case in cases):.3f}",
        # The schemas allow no time zone here; this is UTC.
        timestamp=report.checked_at.strftime("%Y-%m-%dT%H:%M:%S"),
        hostname="localhost",
    )
    suite.extend(cases)
    return suite


def _case(classname: str, name: str, seconds: float = 0) -> ET.Element:
    return ET.Element("testcase", classname=_text(classname), name=_text(name), time=f"{seconds:.3f}")


def _outcome(case: ET.Element, tag: str, kind: str, message: str, details: t.Sequence[str] = ()) -> ET.Element:
    outcome = ET.SubElement(case, tag, message=_text(message))
    if tag != "skipped":
        outcome.set("type", kind)
        outcome.text = _text("\n".join([message, *details]))
    return case


def _rule(rule: t.Any) -> ET.Element:
    case = _case("avepoint.cloud.job_gate", rule.required)
    if rule.passed:
        return case
    # JUnit: an error means that the check could not be made, a failure that it found something wrong.
    tag = "error" if rule.name in ("query", "settings") else "failure"
    return _outcome(case, tag, rule.name, rule.found)


def _job(job: Job, report: Report) -> ET.Element:
    # CI servers split class names at dots and show the part before the last dot as a package.
    job_type = (job.type or "unknown").replace(".", "_")
    texts = [job.cells[column.label] for column in report.columns if column.shown == "text"]
    job_id = job.job_id or " ".join(["without an id", *(text for text in texts if text and text != job.owner)])
    name = f"{job_id} ({job.owner})" if job.owner else job_id
    case = _case(
        f"avepoint.cloud.{report.product_name or 'jobs'}.{job_type}",
        name,
        job.length.total_seconds() if job.length else 0,
    )
    details = [
        f"{label}: {value}"
        for label, value in (
            ("state", job.state),
            ("type", job.type),
            ("job id", job.job_id),
            *((column.label.lower(), job.cells[column.label]) for column in report.columns if column.shown == "text"),
            ("started", format_time(job.start) if job.start else ""),
            ("finished", format_time(job.finish) if job.finish else ""),
        )
        if value
    ]
    if job.problem:
        return _outcome(case, "failure", job.state, job.problem, details)
    if job.state == "skipped":
        return _outcome(case, "skipped", job.state, "the job was skipped")
    return case


def _missing(job_id: str) -> ET.Element:
    case = _case("avepoint.cloud.missing", job_id)
    return _outcome(case, "failure", "missing", "asked for and not there")


def _text(text: str) -> str:
    return text.translate(_NOT_XML)
