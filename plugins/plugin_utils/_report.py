# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The content of a report, which the Markdown, HTML and JUnit formats share.

Every text in a :class:`Report` is one line, bounded and free of control characters. Escaping is up to the format.

Private to this collection: names and behaviour can change with any release.
"""

from __future__ import annotations

import datetime
import sys
import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._fields import Field
from ansible_collections.avepoint.cloud.plugins.module_utils._iso8601 import parse_time
from ansible_collections.avepoint.cloud.plugins.module_utils._services import SERVICES
from ansible_collections.avepoint.cloud.plugins.module_utils._text import clean
from ansible_collections.avepoint.cloud.plugins.plugin_utils._gate import Rule
from ansible_collections.avepoint.cloud.plugins.plugin_utils._gate_jobs import (
    duration_text,
    job_defect,
    job_fields,
    job_moment,
    job_problem,
    value_text,
)
from ansible_collections.avepoint.cloud.plugins.plugin_utils._gate_message import SEVERITY
from ansible_collections.avepoint.cloud.plugins.plugin_utils._gate_requirements import ALLOWABLE, GateError, parse_age
from ansible_collections.avepoint.cloud.plugins.plugin_utils._gate_result import trouble_with

DEFAULT_TITLE = "AvePoint jobs"

# The states that count as good in a report without a verdict.
GOOD_STATES = ("succeeded", "skipped")

LABELS = {
    "waiting": "Waiting",
    "running": "Running",
    "succeeded": "Succeeded",
    "finished_with_exception": "Finished with exception",
    "failed": "Failed",
    "skipped": "Skipped",
    "stopped": "Stopped",
    "unknown": "Unknown",
}


class ReportError(ValueError):
    """The input cannot be reported, or the files cannot be written."""


class Column(t.NamedTuple):
    """A column of the table of jobs, besides state, type and id.

    ``shown`` is the attribute of :class:`Kind` with that name. The value is that of the first of ``keys`` that has one.
    For a total, ``failed`` is the key of the number that failed. ``more`` is the key of an additional text.
    """

    label: str
    shown: str
    keys: tuple[str, ...]
    failed: str = ""
    more: str = ""


class Job(t.NamedTuple):
    """One job, ready to be shown. Unknown texts are empty.

    The dictionaries have the labels of columns as keys. ``cells`` has the values: a text, a datetime or None, a timedelta or
    None, or a number. ``more`` has the texts shown below the values, ``failed`` the numbers that failed of the totals.
    """

    state: str
    label: str
    type: str
    job_id: str
    problem: str
    owner: str
    cells: dict[str, t.Any]
    more: dict[str, str]
    failed: dict[str, int]
    start: datetime.datetime | None
    finish: datetime.datetime | None
    length: datetime.timedelta | None

    @property
    def note(self) -> str:
        """The problem without the state at its beginning."""
        return self.problem.removeprefix(self.state).lstrip(", ")

    @property
    def duration(self) -> str:
        return "" if self.length is None else duration_text(self.length)


class Report(t.NamedTuple):
    """The content of a report.

    ``passed`` is None in a report without a verdict; only then, ``error`` says what is wrong with the query. ``jobs`` begins
    with those that are not as required. ``product`` is the title of the product and ``product_name`` its name in
    ``job_gate_product``; both are empty if the product is unknown. Empty columns are left out. ``customers`` says of each
    customer whether it passed; it is empty unless the gate judged customers.
    """

    title: str
    product: str
    product_name: str
    columns: list[Column]
    passed: bool | None
    reasons: list[str]
    rules: list[Rule]
    counts: list[tuple[str, int]]
    jobs: list[Job]
    missing_job_ids: list[str]
    customers: list[bool]
    error: str
    checked_at: datetime.datetime
    oldest: datetime.datetime | None
    max_age: str

    @property
    def offenders(self) -> int:
        return sum(1 for job in self.jobs if job.problem)

    @property
    def headline(self) -> str:
        """The outcome in one sentence."""
        if self.passed is None:
            return f"{len(self.jobs)} {'job' if len(self.jobs) == 1 else 'jobs'}"
        return "The gate passed" if self.passed else "The gate did not pass"

    @property
    def count_text(self) -> str:
        """How many jobs there are in each state."""
        counts = ", ".join(f"{number} {state}" for state, number in self.counts)
        return f"{len(self.jobs)} {'job' if len(self.jobs) == 1 else 'jobs'}{': ' if counts else ''}{counts}"


def report(result: t.Any, verdict: t.Any = None, title: t.Any = None, now: datetime.datetime | None = None) -> Report:
    """The report on ``result``.

    :arg result: what a module returned, or the ``job_gate_result`` of a gate
    :arg verdict: the ``job_gate_result`` of a gate, or None
    :arg now: with a time zone; if None, the time of the verdict, else the current time
    :raises ReportError: when ``result`` or ``verdict`` is something else
    """
    if not isinstance(result, dict):
        raise ReportError("the result must be a dictionary")
    if "jobs" not in result and isinstance(result.get("results"), list):
        raise ReportError("the result is that of a loop: hand over one of its results")
    if verdict is not None and not (isinstance(verdict, dict) and isinstance(verdict.get("passed"), bool)):
        raise ReportError("the verdict must be a job_gate_result")
    now = now or _checked_at(verdict) or datetime.datetime.now(datetime.timezone.utc)
    required = _dictionary(verdict, "required")
    allowed = (
        [state for state in _list(required, "allowed_states") if state in ALLOWABLE] if required else list(GOOD_STATES)
    )
    product = _product(verdict, result)
    fields = job_fields(product)
    columns = _columns(fields)
    owners = [field.name for field in fields if field.owner]
    jobs = [_job(job, allowed, now, columns, owners, product) for job in _list(result, "jobs")]
    # Sorting is stable: jobs with and without a problem, each worst state first, then newest first, then in the API's order.
    jobs.sort(key=lambda job: -(job.start or job.finish or now).timestamp())
    jobs.sort(key=lambda job: (not job.problem, SEVERITY.index(job.state)))
    states = [job.state for job in jobs]
    missing = [_line(job_id, 100) for job_id in _list(result, "missing_job_ids")]
    if verdict is None:
        error = _line(" ".join(trouble_with(result)), 1300)
        if "jobs" not in result and not result.get("msg"):
            raise ReportError("the result must be that of a query: there are no jobs in it")
        reasons = [error] if error else []
        reasons += [f"not found: {job_id}" for job_id in missing]
    else:
        error = ""
        reasons = [_line(reason, 1300) for reason in _list(verdict, "reasons")]
    max_age = _line(required.get("max_age") or "", 40)
    return Report(
        title=_line(title or DEFAULT_TITLE, 150),
        product=SERVICES[product].title if product else "",
        product_name=product,
        columns=[column for column in columns if any(job.cells[column.label] for job in jobs)],
        passed=verdict["passed"] if verdict else None,
        reasons=reasons,
        rules=[
            Rule(
                _line(rule.get("name"), 40),
                _line(rule.get("required"), 200),
                rule.get("passed") is True,
                _line(rule.get("found"), 1300),
            )
            for rule in _list(verdict, "rules")
            if isinstance(rule, dict)
        ],
        counts=[(state, states.count(state)) for state in SEVERITY if state in states],
        jobs=jobs,
        missing_job_ids=missing,
        customers=[one.get("passed") is True for one in _list(verdict, "customers") if isinstance(one, dict)],
        error=error,
        checked_at=now,
        oldest=_oldest(max_age, now),
        max_age=max_age,
    )


# The order of the columns, by their `shown`.
_ORDER = ("text", "time", "hours", "number", "bytes")


def _columns(fields: t.Iterable[Field]) -> list[Column]:
    """A column for each label of ``fields``; fields with the same label share one."""
    found: dict[str, Column] = {}
    fields = tuple(fields)
    for field in fields:
        if field.label:
            keys = found[field.label].keys if field.label in found else ()
            more = next((other.name for other in fields if other.under == field.label), "")
            found[field.label] = Column(field.label, field.kind.shown, (*keys, field.name), field.failed, more)
    return sorted(found.values(), key=lambda column: _ORDER.index(column.shown))


def _job(
    job: t.Any, allowed: list[str], now: datetime.datetime, columns: list[Column], owners: list[str], product: str
) -> Job:
    problem = job_problem(job, allowed, now, product) or ""
    sound = job_defect(job, product) is None
    if not isinstance(job, dict):
        job = {}
    start, finish = job_moment(job, "start_time"), job_moment(job, "finish_time")
    length = _length(job.get("duration_hours"), start, finish)
    state = job["state"] if sound else "unknown"

    def cell(column: Column) -> t.Any:
        if column.shown == "hours":
            return length
        if column.shown == "time":
            return job_moment(job, column.keys[0])
        value = next((job[key] for key in column.keys if job.get(key)), None)
        if column.shown == "text":
            return _line(value_text(value), 700) if isinstance(value, list) else _line(value, 80)
        return _number(value)

    return Job(
        state=state,
        label=LABELS[state],
        type=_line(job.get("type"), 40),
        job_id=_line(job.get("job_id"), 100),
        problem=problem,
        owner=_line(next((job[key] for key in owners if job.get(key)), None), 80),
        cells={column.label: cell(column) for column in columns},
        more={column.label: _line(job.get(column.more), 60) for column in columns if column.more},
        failed={column.label: _number(job.get(column.failed)) for column in columns if column.failed},
        start=start,
        finish=finish,
        length=length,
    )


def _length(
    hours: t.Any, start: datetime.datetime | None, finish: datetime.datetime | None
) -> datetime.timedelta | None:
    if isinstance(hours, (int, float)) and not isinstance(hours, bool) and 0 <= hours < 1e6:
        return datetime.timedelta(hours=hours)
    return finish - start if start and finish and finish >= start else None


def _number(value: t.Any) -> int:
    # At most sys.maxsize: a huge number from the server would make the report fail.
    return min(value, sys.maxsize) if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _line(value: t.Any, limit: int) -> str:
    return "" if value is None else clean(str(value), limit).strip()


def _list(mapping: t.Any, key: str) -> list:
    value = mapping.get(key) if isinstance(mapping, dict) else None
    return value if isinstance(value, list) else []


def _dictionary(mapping: t.Any, key: str) -> dict:
    value = mapping.get(key) if isinstance(mapping, dict) else None
    return value if isinstance(value, dict) else {}


def _checked_at(verdict: dict | None) -> datetime.datetime | None:
    try:
        return parse_time(verdict["checked_at"]) if verdict and isinstance(verdict.get("checked_at"), str) else None
    except ValueError:
        return None


def _product(verdict: dict | None, result: dict) -> str:
    """The product of the jobs: that of the verdict, else that of the result; empty if unknown."""
    return next((name for name in ((verdict or {}).get("product"), result.get("product")) if name in SERVICES), "")


def _oldest(max_age: str, now: datetime.datetime) -> datetime.datetime | None:
    """The earliest finish time of a success that ``max_age`` accepts; None without ``max_age``."""
    try:
        age = parse_age(max_age)
    except GateError:
        return None
    return now - age.length if age else None


def clock_text(moment: datetime.datetime | None) -> str:
    """A time in UTC for people; empty for None."""
    return "" if moment is None else moment.strftime("%Y-%m-%d %H:%M:%S UTC")


def size_text(number: int) -> str:
    """A number of bytes for people, such as ``1.5 GiB``."""
    units = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
    power = min(max(number.bit_length() - 1, 0) // 10, len(units) - 1)
    size = number / 1024**power
    return f"{size:.0f} {units[power]}" if size >= 10 or not power else f"{size:.1f} {units[power]}"
