# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The message of the gate: the lines that describe a verdict, worst first.

Private to this collection: names and behaviour can change with any release.
"""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._services import SERVICES
from ansible_collections.avepoint.cloud.plugins.plugin_utils._gate_customers import Customer, table
from ansible_collections.avepoint.cloud.plugins.plugin_utils._gate_jobs import duration_text
from ansible_collections.avepoint.cloud.plugins.plugin_utils._gate_requirements import Requirements
from ansible_collections.avepoint.cloud.plugins.plugin_utils._table import paragraph

# Worst first: the order in which states are named.
SEVERITY = ("failed", "unknown", "finished_with_exception", "stopped", "skipped", "running", "waiting", "succeeded")


def message(verdict: dict, required: Requirements) -> t.Iterator[str]:
    """The lines that describe ``verdict``, which has all its keys except ``msg``."""
    states = verdict["summary"]["states"]
    counts = ", ".join(f"{states[state]} {state}" for state in SEVERITY if states[state])
    total = len(verdict["jobs"])
    # If the query failed, nothing was judged, and the requirements are left out.
    judged = [rule["name"] for rule in verdict["rules"]] != ["query"]
    what = [SERVICES[required.product].title] if required.product else []
    what.append(f"{count_text(total, 'job')}{': ' if counts else ''}{counts}" if judged else "no jobs read")
    yield f"The gate {'passed' if verdict['passed'] else 'did not pass'} ({', '.join(what)})."
    for line in verdict["reasons"]:
        yield f"  - {line}"
    if judged and not verdict["passed"]:
        yield f"Required: {'; '.join(_requirements(required))}."


def _requirements(required: Requirements) -> t.Iterator[str]:
    yield f"every job finished and {either(required.allowed_states)}"
    yield f"at least {count_text(required.min_jobs, 'job')}"
    if required.max_age:
        yield f"a success within the last {required.max_age.text}"


def customers_message(verdict: dict, customers: t.Sequence[Customer], required: Requirements) -> t.Iterator[str]:
    """The lines that describe a verdict with ``by_customer``, and a table of the customers that are not as required."""
    failed = sum(1 for customer in customers if customer.problems)
    states = verdict["summary"]["states"]
    counts = ", ".join(f"{states[state]} {state}" for state in SEVERITY if states[state])
    what = (
        f"{failed} of {count_text(len(customers), 'customer')} not as required"
        if failed
        else count_text(len(customers), "customer")
    )
    yield f"The gate {'passed' if verdict['passed'] else 'did not pass'} ({what})."
    for rule in verdict["rules"]:
        if not rule["passed"] and rule["name"] != "customers":
            yield from paragraph(f"- {rule['found']}")
    yield f"{count_text(len(verdict['jobs']), 'job')}{': ' if counts else ''}{counts}."
    yield from table(customers)
    if not verdict["passed"]:
        yield from paragraph(f"Required of each: {'; '.join(_requirements(required))}.")


def clock_note(skew: datetime.timedelta | None) -> t.Iterator[str]:
    """A line that warns of a wrong clock, if ``skew`` is not None."""
    if skew:
        length = abs(skew)
        behind = "behind" if skew == length else "ahead of"
        yield f"The clock here is {duration_text(length)} {behind} the server's, so ages are judged by the server's. Set the clock."


def count_text(number: int, noun: str) -> str:
    """``number`` with ``noun``, in the plural if needed: ``1 job``, ``2 jobs``."""
    return f"{number} {noun if number == 1 else noun + 's'}"


def either(names: t.Sequence[str]) -> str:
    """The names as a choice: ``a, b or c``."""
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last
