# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The verdict on each customer of a query of many customers, and the table of the customers that are not as required.

Private to this collection: names and behaviour can change with any release.
"""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._fields import Field
from ansible_collections.avepoint.cloud.plugins.module_utils._text import clean
from ansible_collections.avepoint.cloud.plugins.plugin_utils._gate_jobs import (
    duration_text,
    job_age,
    job_defect,
    job_details,
    job_moment,
    job_name,
    job_problem,
    newest_success,
)
from ansible_collections.avepoint.cloud.plugins.plugin_utils._gate_requirements import Age, Requirements
from ansible_collections.avepoint.cloud.plugins.plugin_utils._table import WIDTH, columns, row

# The greatest widths of the columns of the table.
_CUSTOMER, _STATE = 24, 23

# The most jobs of one customer that are named, and the most lines of the table; more are only counted.
MOST_OF_ONE = 5
MOST_LINES = 1000


class Problem(t.NamedTuple):
    """What is wrong with a customer: ``state`` in a few words, and details such as the job."""

    state: str
    what: str

    def __str__(self) -> str:
        return f"{self.state}: {self.what}" if self.what else self.state


class Customer(t.NamedTuple):
    """A customer and its problems. A customer without problems is as required."""

    customer_id: str
    name: str
    problems: list[Problem]

    def facts(self) -> dict:
        """The entry of this customer in the verdict's ``customers``."""
        return {
            "customer_id": self.customer_id,
            "customer": self.name,
            "passed": not self.problems,
            "reasons": [str(problem) for problem in self.problems],
        }


def customers_defect(result: dict) -> str | None:
    """Why the customers of a result cannot be told apart; None when they can."""
    customers = result.get("customers")
    if not isinstance(customers, list):
        return "This result does not say which customers were asked for."
    ids = [entry.get("customer_id") if isinstance(entry, dict) else None for entry in customers]
    if not all(isinstance(customer, str) and customer for customer in ids) or len(set(map(_same, ids))) < len(ids):
        return "The customers of this result cannot be told apart."
    known = set(map(_same, ids))
    if not all(isinstance(job, dict) and _same(job.get("customer_id")) in known for job in result["jobs"]):
        return "This result has jobs of customers that were not asked for."
    return None


def judge_customers(
    result: dict, required: Requirements, fields: t.Sequence[Field], now: datetime.datetime
) -> list[Customer]:
    """The verdict on each customer of ``result``, for which :func:`customers_defect` must have returned None.

    :arg fields: the fields of the product's jobs
    :arg now: with a time zone
    """
    jobs: dict[str, list[dict]] = {_same(entry["customer_id"]): [] for entry in result["customers"]}
    for job in result["jobs"]:
        jobs[_same(job.get("customer_id"))].append(job)
    # The table shows the customer already, and the finish time is enough.
    shown = [field for field in fields if not field.owner and field.name != "start_time"]
    return [
        Customer(
            clean(entry["customer_id"], 100),
            clean(str(entry.get("customer") or entry["customer_id"]), 100),
            list(_problems(entry, jobs[_same(entry["customer_id"])], required, shown, now)),
        )
        for entry in result["customers"]
    ]


def _same(customer_id: t.Any) -> str:
    return str(customer_id).casefold()


def _problems(
    entry: dict, jobs: list[dict], required: Requirements, fields: t.Sequence[Field], now: datetime.datetime
) -> t.Iterator[Problem]:
    if entry.get("error") is not None:
        yield Problem("could not be read", clean(str(entry["error"]), 1000))
        return
    if len(jobs) < required.min_jobs:
        there = f"only {len(jobs)} of {required.min_jobs}" if jobs else "none is listed"
        yield Problem("too few jobs" if jobs else "no jobs", there)
    found = []
    for job in _relevant(jobs, required.max_age, now):
        problem = job_problem(job, required.allowed_states, now, required.product)
        age = job_age(job, now)
        if problem is None and required.max_age and age is not None and age > required.max_age.length:
            problem = f"{job['state']}, but {duration_text(age)} ago"
        if problem is not None:
            details = job_details(job, fields)
            found.append(Problem(problem, f"{job_name(job)}{', ' if details else ''}{details}"))
    yield from found[:MOST_OF_ONE]
    if len(found) > MOST_OF_ONE:
        yield Problem("and", f"{len(found) - MOST_OF_ONE} more")
    if required.max_age and jobs and not found:
        passed, text = newest_success(
            [job for job in jobs if not job_defect(job, required.product) and job["state"] == "succeeded"],
            required.max_age,
            now,
        )
        if not passed:
            yield Problem("no success", text)


def _relevant(jobs: list[dict], max_age: Age | None, now: datetime.datetime) -> list[dict]:
    """The jobs to judge. A job is ignored if it ended longer ago than ``max_age`` and was run again since.

    Two jobs are runs of the same task if type, module and name are equal. Of a task with only old runs, the newest is kept.
    """
    if not max_age:
        return jobs
    old: dict[tuple, list[dict]] = {}
    recent = []
    run_again = set()
    for job in jobs:
        age = job_age(job, now)
        task = tuple(str(job.get(name)) for name in ("type", "module", "name")) if isinstance(job, dict) else ()
        if age is not None and age > max_age.length and job.get("finished") is True:
            old.setdefault(task, []).append(job)
        else:
            recent.append(job)
            run_again.add(task)
    stale = [max(runs, key=_finished) for task, runs in old.items() if task not in run_again]
    return recent + stale


def _finished(job: dict) -> datetime.datetime:
    return t.cast("datetime.datetime", job_moment(job, "finish_time"))


def table(customers: t.Sequence[Customer]) -> list[str]:
    """The lines of a plain text table of the customers with problems, at most :data:`WIDTH` columns wide; empty without any."""
    failed = [customer for customer in customers if customer.problems]
    if not failed:
        return []
    customer_width = min(
        max(columns(text) for text in ("customer", *(customer.name for customer in failed))), _CUSTOMER
    )
    states = [problem.state for customer in failed for problem in customer.problems]
    state_width = min(max(map(columns, ("state", *states))), _STATE)
    widths = (customer_width, state_width, WIDTH - customer_width - state_width - 4)
    lines = list(row(("customer", "state", "what"), widths))
    lines.append("  ".join("-" * width for width in widths))
    for customer in failed:
        for number, problem in enumerate(customer.problems):
            lines += row(("" if number else customer.name, problem.state, problem.what), widths)
    if len(lines) > MOST_LINES:
        return [*lines[:MOST_LINES], f"and {len(lines) - MOST_LINES} lines more"]
    return lines
