# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A report as one HTML file: no script, no network, light and dark, for a phone, a screen and paper.

Private to this collection: names and behaviour can change with any release.
"""

from __future__ import annotations

import pathlib
import typing as t

from jinja2 import Environment, StrictUndefined

from ansible_collections.avepoint.cloud.plugins.plugin_utils._report import (
    LABELS,
    Column,
    Job,
    Report,
    clock_text,
    size_text,
)
from ansible_collections.avepoint.cloud.plugins.plugin_utils._report_timeline import timeline

# The page shows at most so many jobs, because a longer page opens slowly. Jobs that are not as required come first.
MOST_JOBS = 2000
# More reasons than this are collapsed.
MOST_REASONS = 6

# The SVG path of the icon for each state, in a viewBox of 16 by 16. The icons differ in shape too, for people who see no colours.
ICONS = {
    "succeeded": "M3.5 8.5l3 3 6-7",
    "failed": "M4.5 4.5l7 7m0-7l-7 7",
    "finished_with_exception": "M8 3.5v5.5m0 2.7v.8",
    "running": "M8 3.2a4.8 4.8 0 1 1-4.8 4.8",
    "waiting": "M8 4.5v3.8l2.4 1.6M8 2.6a5.4 5.4 0 1 1 0 10.8 5.4 5.4 0 0 1 0-10.8",
    "stopped": "M5 5h6v6h-6z",
    "skipped": "M4 4.5l4 3.5-4 3.5m4.5-7l4 3.5-4 3.5",
    "unknown": "M5.8 6.2a2.2 2.2 0 1 1 3.4 1.9c-.8.5-1.2.9-1.2 1.7m0 2.2v.4",
}

FOLDER = pathlib.Path(__file__).parent
_LICENCE, _END, STYLE = (FOLDER / "report.css").read_text(encoding="utf-8").partition("*/")
TEMPLATE = (FOLDER / "report.html.j2").read_text(encoding="utf-8")


class Cell(t.NamedTuple):
    """A column of the table: its heading, its CSS class, and functions that return its value, failures and note for a job."""

    name: str
    kind: str
    get: t.Callable[[Job], t.Any]
    failed: t.Callable[[Job], int]
    more: t.Callable[[Job], str]

    @property
    def number(self) -> bool:
        return self.kind == "num"

    def same_day(self, job: Job) -> bool:
        """Whether this is the finish time of a job that started on the same day, so that the date is not repeated."""
        if self.name != "Finished" or job.start is None or job.finish is None:
            return False
        return job.finish.date() == job.start.date()


def _cells(column: Column) -> Cell:
    def get(job: Job) -> t.Any:
        value = job.cells[column.label]
        if column.shown == "hours":
            return job.duration
        if column.shown == "bytes":
            return size_text(value) if value else ""
        return value

    kinds = {"text": "mono" if column.keys[0].endswith("_id") else "name", "time": "time"}
    return Cell(
        column.label,
        kinds.get(column.shown, "num"),
        get,
        lambda job: job.failed.get(column.label, 0),
        lambda job: job.more.get(column.label, ""),
    )


def html(report: Report) -> str:
    """The text of ``report.html``."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True)
    picture = timeline(report)
    return environment.from_string(TEMPLATE).render(
        report=report,
        style=STYLE,
        icons=ICONS,
        labels=LABELS,
        clock=clock_text,
        sentence=_sentence(report),
        shares=_shares(report),
        picture=picture,
        span=_span(report),
        columns=[_cells(column) for column in report.columns],
        most_jobs=MOST_JOBS,
        most_reasons=MOST_REASONS,
    )


def _sentence(report: Report) -> str:
    total = len(report.jobs)
    if not total:
        return "There are no jobs to show."
    if report.passed is None:
        return f"{report.offenders} of them did not end well." if report.offenders else "None of them went wrong."
    noun, offenders = "job", report.offenders
    if report.customers:
        noun, total, offenders = "customer", len(report.customers), report.customers.count(False)
    if offenders:
        return f"{offenders} of {total} {noun}{' is' if total == 1 else 's are'} not as required."
    if not report.passed:
        return f"The one {noun} is not at fault." if total == 1 else f"None of the {total} {noun}s is at fault."
    return f"The one {noun} is as required." if total == 1 else f"All {total} {noun}s are as required."


def _shares(report: Report) -> list[dict]:
    """The segments of the bar that shows how many jobs are in each state; ``x`` and ``width`` are in percent."""
    parts, x = [], 0.0
    for state, number in report.counts:
        width = number / len(report.jobs) * 100
        parts.append({"state": state, "x": round(x, 3), "width": round(width, 3)})
        x += width
    return parts


def _span(report: Report) -> str:
    """The text with the first start and the last finish of the jobs; empty without starts."""
    starts = [job.start for job in report.jobs if job.start]
    ends = [job.finish for job in report.jobs if job.start and job.finish] or starts
    if not starts:
        return ""
    first, last = min(starts), max(ends)
    end = f"{last:%H:%M}" if first.date() == last.date() else f"{last.day} {last:%b %Y, %H:%M}"
    return f"{first.day} {first:%b %Y, %H:%M} to {end}"
