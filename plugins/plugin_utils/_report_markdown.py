# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A report as Markdown that GitHub and GitLab render in the same way.

Private to this collection: names and behaviour can change with any release.
"""

from __future__ import annotations

import functools
import re
import typing as t

from ansible_collections.avepoint.cloud.plugins.plugin_utils._gate_jobs import duration_text
from ansible_collections.avepoint.cloud.plugins.plugin_utils._report import Column, Job, Report, clock_text

# At most so many jobs are listed: GitHub limits a job summary to 1 MiB, and nobody reads a longer table.
MOST_JOBS = 200

# A zero width space, which is invisible and which Markdown does not treat as white space.
EMPTY_SPACE = "\u200b"

SIGNS = {
    "waiting": "⏳",
    "running": "🔵",
    "succeeded": "✅",
    "finished_with_exception": "⚠️",
    "failed": "❌",
    "skipped": "⏭️",
    "stopped": "⏹️",
    "unknown": "❓",
}

# The characters that are markup inside a line. Of bare links, the one without which they are not recognised.
_MARKUP = re.compile(r"[\\`*_\[\]<>#!|~&@$^{}]|:(?=/)|(?<=www)\.", re.IGNORECASE)
# The start of a mention, a reference, a link or an emoji. The platforms search for these in the rendered text, so escaping them
# as entities is not enough; a zero width space after them is.
_REFERENCES = re.compile(r"[@#!$~%&^]|:(?=/)|:(?=[a-z_+-][\w+-]*:)", re.ASCII | re.IGNORECASE)


def markdown(report: Report) -> str:
    """The text of ``report.md``."""
    return "\n".join([*_head(report), *_rules(report), *_jobs(report)]) + "\n"


def escape(text: str) -> str:
    """``text`` escaped so that Markdown shows it literally, without markup, HTML, mentions, issue references or links."""
    return _entities(_REFERENCES.sub(rf"\g<0>{EMPTY_SPACE}", text))


def item(text: str) -> str:
    """``text`` as an item of a list."""
    # More characters are markup at the start of a line, such as the dash or the number of another list.
    start = "- " if text[:1].isalpha() else f"- {EMPTY_SPACE}"
    return start + escape(text)


def code(text: str) -> str:
    """``text`` as code, in which neither platform searches for mentions, references and links; empty for an empty text."""
    return f"<code>{_entities(text)}</code>" if text else ""


def _entities(text: str) -> str:
    return _MARKUP.sub(lambda match: _entity(match[0]), text)


def _entity(character: str) -> str:
    return f"&#{ord(character)};"


def _head(report: Report) -> t.Iterator[str]:
    sign = {True: "✅ ", False: "❌ ", None: ""}[report.passed]
    yield f"## {sign}{escape(report.title)}: {report.headline[:1].lower()}{report.headline[1:]}"
    yield ""
    facts = [report.product] if report.product else []
    facts += [report.count_text.replace("_", r"\_"), f"looked at {clock_text(report.checked_at)}"]
    yield " · ".join(facts)
    yield ""
    for line in report.reasons:
        yield item(line)
    if report.reasons:
        yield ""


def _rules(report: Report) -> t.Iterator[str]:
    if not report.rules:
        return
    yield "### Requirements"
    yield ""
    yield "| | Required | Found |"
    yield "|---|---|---|"
    for rule in report.rules:
        yield f"| {'✅' if rule.passed else '❌'} | {escape(rule.required)} | {escape(rule.found)} |"
    yield ""


_CELLS: dict[str, t.Callable[[t.Any], str]] = {
    "text": code,
    "time": clock_text,
    "hours": lambda length: "" if length is None else duration_text(length),
}


def _cell(column: Column, job: Job) -> str:
    return _CELLS[column.shown](job.cells[column.label])


def _jobs(report: Report) -> t.Iterator[str]:
    if not report.jobs:
        return
    columns: dict[str, t.Callable[[Job], str]] = {
        # The note of an unknown state has the number or word that the API sent.
        "State": lambda job: (
            f"{SIGNS[job.state]} {escape(job.label)}" + (f" {escape(job.note)}" if job.state == "unknown" else "")
        ),
        "Type": lambda job: escape(job.type),
        "Job id": lambda job: code(job.job_id),
    }
    columns.update(
        {column.label: functools.partial(_cell, column) for column in report.columns if column.shown in _CELLS}
    )
    rows = [{name: cell(job) for name, cell in columns.items()} for job in report.jobs[:MOST_JOBS]]
    used = [name for name in columns if any(row[name] for row in rows)]
    yield "### Jobs"
    yield ""
    yield f"| {' | '.join(used)} |"
    yield f"|{'---|' * len(used)}"
    for row in rows:
        yield f"| {' | '.join(row[name] for name in used)} |"
    if len(report.jobs) > MOST_JOBS:
        yield ""
        yield f"And {len(report.jobs) - MOST_JOBS} more jobs."
