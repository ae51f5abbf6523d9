# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import html.parser

import pytest

from ansible_collections.avepoint.cloud.plugins.plugin_utils import _gate as gate
from ansible_collections.avepoint.cloud.plugins.plugin_utils import _gate_requirements as gate_requirements
from ansible_collections.avepoint.cloud.plugins.plugin_utils._report import report
from ansible_collections.avepoint.cloud.plugins.plugin_utils._report_markdown import (
    MOST_JOBS,
    code,
    escape,
    item,
    markdown,
)
from ansible_collections.avepoint.cloud.tests.unit.plugins.plugin_utils.gate_data import (
    HOSTILE,
    NOW,
    d365_job,
    pc_job,
    result,
)


def text_of(*jobs, product="d365", title=None, **more):
    verdict = gate.judge(result(*jobs, **more), gate_requirements.requirements(product), NOW)
    return markdown(report(verdict, verdict, title))


def test_the_outcome_is_the_first_line():
    assert text_of(d365_job(), title="Backups").startswith(
        "## ✅ Backups: the gate passed\n\nDynamics 365 · 1 job: 1 succeeded · looked at "
    )
    assert text_of(d365_job(state="failed")).startswith("## ❌ AvePoint jobs: the gate did not pass\n")
    assert markdown(report(result(pc_job()), now=NOW)).startswith("## AvePoint jobs: 1 job\n")


def test_a_table_has_the_columns_there_is_something_for():
    text = text_of(pc_job(), product="pc")
    assert "| State | Type | Job id | Customer | Tenant |\n|---|---|---|---|---|\n" in text
    assert "| ✅ Succeeded | deploy | <code>J1</code> | <code>customer-1</code> | <code>tenant-1</code> |" in text


def test_what_is_unknown_is_told_by_its_number():
    text = markdown(report(result(pc_job(state="unknown", status_id=42)), now=NOW))
    assert "| ❓ Unknown (status 42), so not finished | deploy |" in text


def test_a_long_table_ends():
    text = text_of(*(d365_job(str(number)) for number in range(MOST_JOBS + 5)))
    assert text.count("✅ Succeeded") == MOST_JOBS
    assert text.endswith("\nAnd 5 more jobs.\n")
    assert len(text.encode()) < 2**20


def test_no_jobs_have_no_table():
    assert "### Jobs" not in text_of()


def test_what_means_something_to_markdown_does_not():
    assert escape("a_b*c`d") == "a&#95;b&#42;c&#96;d"
    assert escape("@team #1") == "&#64;\u200bteam &#35;\u200b1"
    assert escape("http://x www.x") == "http:\u200b//x www&#46;x"
    assert escape(":tada: 10:30:00") == ":\u200btada: 10:30:00"
    assert item("1. x") == "- \u200b1. x"
    assert item("- x") == "- \u200b- x"
    assert item("x") == "- x"
    assert code("a|b</code>@x") == "<code>a&#124;b&#60;/code&#62;&#64;x</code>"
    assert code("") == ""


class Page(html.parser.HTMLParser):
    """The elements and the text of a page."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.attributes, self.text = set(), [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.add(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.text += data


def test_names_from_the_server_are_only_text_when_it_is_rendered():
    markdown_it = pytest.importorskip("markdown_it", reason="markdown-it-py renders the Markdown")
    names = [
        HOSTILE,
        "1. one",
        "- two",
        "# three",
        "> four",
        "    five",
        "| six | \\| seven |",
        "``` eight",
        "~~nine~~ **ten** __eleven__",
        "&lt;twelve&gt;",
    ]
    jobs = [d365_job(name, "failed", type=name, organization_name=name, module=name) for name in names]
    text = text_of(*jobs, title=HOSTILE, missing=names)
    page = Page(markdown_it.MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text))
    assert page.elements == {"h2", "h3", "p", "ul", "li", "table", "thead", "tbody", "tr", "th", "td", "code"}
    assert page.attributes == []
    for piece in (
        "<script>alert(1)</script>",
        "1. one",
        "- two",
        "# three",
        "> four",
        "| six | \\| seven |",
        "&lt;twelve&gt;",
        "{{ lookup('pipe', 'id') }}",
    ):
        assert piece in page.text.replace("\u200b", "")
    table = text.split("### Jobs")[1].strip().splitlines()
    assert len(table) == 2 + len(names)
    assert len({line.count("|") for line in table}) == 1


def test_the_errors_of_a_job_of_microsoft_365():
    errors = [{"message": "Denied", "url": None, "count": 2}]
    job = {"job_id": "FB1", "type": None, "type_id": None, "state": "failed", "finished": True, "errors": errors}
    text = text_of(job, product="m365")
    assert "Errors" in text
    assert "Denied" in text
    assert "2 times" in text
