# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The verdict on each customer of a query over many, and the table of those that are not as required.

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

# The widest that these columns are.
_CUSTOMER, _STATE = 24, 23

# Jobs of one customer that are named before they are only counted; and lines of the table.
MOST_OF_ONE = 5
MOST_LINES = 1000


class Problem(t.NamedTuple):
    """What is wrong in one or two words, and what it is about."""

    state: str
    what: str

    def __str__(self) -> str:
        return f"{self.state}: {self.what}" if self.what else self.state


class Customer(t.NamedTuple):
    """A customer and its problems; it is as required when there are none."""

    customer_id: str
    name: str
    problems: list[Problem]

    def facts(self) -> dict:
        """As the verdict has them, under ``customers``."""
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
    if not all(isinstance(one, str) and one for one in ids) or len(set(map(_same, ids))) < len(ids):
        return "The customers of this result cannot be told apart."
    known = set(map(_same, ids))
    if not all(isinstance(job, dict) and _same(job.get("customer_id")) in known for job in result["jobs"]):
        return "This result has jobs of customers that were not asked for."
    return None


def judge_customers(
    result: dict, required: Requirements, fields: t.Sequence[Field], now: datetime.datetime
) -> list[Customer]:
    """The verdict on each customer of a result in which :func:`customers_defect` finds nothing."""
    jobs: dict[str, list[dict]] = {_same(entry["customer_id"]): [] for entry in result["customers"]}
    for job in result["jobs"]:
        jobs[_same(job.get("customer_id"))].append(job)
    # The table has the customer already; when a job began says little where it says when it ended.
    telling = [field for field in fields if not field.owner and field.name != "start_time"]
    return [
        Customer(
            clean(entry["customer_id"], 100),
            clean(str(entry.get("customer") or entry["customer_id"]), 100),
            list(_problems(entry, jobs[_same(entry["customer_id"])], required, telling, now)),
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
    for job in _last(jobs, required.max_age, now):
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


def _last(jobs: list[dict], max_age: Age | None, now: datetime.datetime) -> list[dict]:
    """The jobs that count: what ended longer ago than ``max_age`` does not where the same thing was done since.

    Of a thing that has not been done since, the newest job counts.
    """
    if not max_age:
        return jobs
    old: dict[tuple, list[dict]] = {}
    recent = []
    things = set()
    for job in jobs:
        age = job_age(job, now)
        thing = tuple(str(job.get(name)) for name in ("type", "module", "name")) if isinstance(job, dict) else ()
        if age is not None and age > max_age.length and job.get("finished") is True:
            old.setdefault(thing, []).append(job)
        else:
            recent.append(job)
            things.add(thing)
    stale = [max(group, key=_finished) for thing, group in old.items() if thing not in things]
    return recent + stale


def _finished(job: dict) -> datetime.datetime:
    return t.cast("datetime.datetime", job_moment(job, "finish_time"))


def table(customers: t.Sequence[Customer]) -> list[str]:
    """The customers with problems as a table of plain text, at most :data:`WIDTH` columns wide; nothing where there are none."""
    red = [customer for customer in customers if customer.problems]
    if not red:
        return []
    wide = min(max(columns(text) for text in ("customer", *(customer.name for customer in red))), _CUSTOMER)
    states = [problem.state for customer in red for problem in customer.problems]
    narrow = min(max(map(columns, ("state", *states))), _STATE)
    widths = (wide, narrow, WIDTH - wide - narrow - 4)
    lines = list(row(("customer", "state", "what"), widths))
    lines.append("  ".join("-" * width for width in widths))
    for customer in red:
        for number, problem in enumerate(customer.problems):
            lines += row(("" if number else customer.name, problem.state, problem.what), widths)
    if len(lines) > MOST_LINES:
        return [*lines[:MOST_LINES], f"and {len(lines) - MOST_LINES} lines more"]
    return lines
