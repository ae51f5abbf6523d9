# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules and the verdict of the gate: pure functions of a module's result, the requirements and the time.

A wrong pass is the worst outcome. A job or result that does not clearly meet the requirements does not pass, and a reason says why.

Private to this collection: names and behaviour can change with any release.
"""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._errors import InvalidInput
from ansible_collections.avepoint.cloud.plugins.module_utils._fields import Field
from ansible_collections.avepoint.cloud.plugins.module_utils._iso8601 import format_time
from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import summarize
from ansible_collections.avepoint.cloud.plugins.module_utils._services import SERVICES
from ansible_collections.avepoint.cloud.plugins.module_utils._text import clean
from ansible_collections.avepoint.cloud.plugins.plugin_utils._gate_customers import (
    Customer,
    customers_defect,
    judge_customers,
)
from ansible_collections.avepoint.cloud.plugins.plugin_utils._gate_jobs import (
    job_defect,
    job_details,
    job_fields,
    job_moment,
    job_name,
    job_problem,
    newest_success,
)
from ansible_collections.avepoint.cloud.plugins.plugin_utils._gate_message import (
    SEVERITY,
    clock_note,
    count_text,
    customers_message,
    either,
    message,
)
from ansible_collections.avepoint.cloud.plugins.plugin_utils._gate_requirements import Age, Requirements
from ansible_collections.avepoint.cloud.plugins.plugin_utils._gate_result import clock_skew, product_of, trouble_with

# The message names at most so many offending jobs and counts the others.
MOST_NAMED = 500

# Worst first: the order in which offending jobs are named.
_WORST_FIRST = ("unreadable", *SEVERITY)


class Rule(t.NamedTuple):
    """One requirement, and what was found."""

    name: str
    required: str
    passed: bool
    found: str


class Judged(t.NamedTuple):
    """A job with the results of :func:`job_defect` and :func:`job_problem`; each is None if there is nothing wrong."""

    job: t.Any
    defect: str | None
    problem: str | None

    @property
    def state(self) -> str:
        return "unreadable" if self.defect else self.job["state"]

    def has_bad_state(self, allowed_states: t.Collection[str]) -> bool:
        """Whether the job finished in a state that is not allowed. Other jobs with a problem cannot be said to have finished."""
        return not self.defect and self.job["finished"] and self.job["state"] not in allowed_states


def judge(result: t.Any, required: Requirements, now: datetime.datetime) -> dict:
    """The verdict on ``result``. Never raises, whatever the result is.

    :arg result: what a module returned, on success or on failure
    :arg now: the time by the local clock, with a time zone; if the server's clock differs by more than CLOCK_SKEW, the
        server's time is used instead
    :returns: ``passed``, ``reasons`` (one line each, none when passed), ``msg`` (all lines for a person),
        ``rules``, ``required``, ``product``, ``checked_at``, and from the result ``jobs``, ``summary``, ``missing_job_ids``,
        ``truncated``, ``error``; with ``by_customer`` also ``customers``
    """
    given = result if isinstance(result, dict) else {}
    trouble = trouble_with(result, required.product)
    skew = clock_skew(given)
    if skew:
        now += skew
    jobs = given["jobs"] if isinstance(given.get("jobs"), list) else []
    missing = (
        [clean(str(job_id), 100) for job_id in given["missing_job_ids"]]
        if isinstance(given.get("missing_job_ids"), list)
        else []
    )
    product = product_of(given, required.product)
    judged = [
        Judged(job, job_defect(job, product), job_problem(job, required.allowed_states, now, product)) for job in jobs
    ]
    rules = [
        Rule("query", "the jobs can be read", not trouble, " ".join(trouble) or f"{count_text(len(jobs), 'job')} read"),
    ]
    offenders: list[str] = []
    customers: list[Customer] | None = None
    given = {**given, "jobs": jobs}
    if required.by_customer and (defect := customers_defect(given)):
        trouble.append(defect)
        rules[0] = Rule("query", "the jobs can be read", False, " ".join(trouble))
    elif required.by_customer:
        rules, customers = _by_customer(given, trouble, required, now)
        offenders = [f"{customer.name}: {problem}" for customer in customers for problem in customer.problems]
    elif jobs or missing or not trouble:
        rules.append(_complete(given, len(jobs)))
        rules.extend(_job_rules(judged, missing, required, now))
        offenders = _offenders(judged, missing, job_fields(required.product))
    failed = [rule for rule in rules if not rule.passed]
    # Each offending job is a reason of its own, so the rules that only count offending jobs are left out.
    covered = {"job_ids", "finished", "allowed_states", "customers"} if offenders else set()
    reasons = [rule.found for rule in failed if rule.name not in covered] + offenders
    passed = not failed and not offenders and not trouble
    verdict = {
        "passed": passed,
        "reasons": reasons,
        "rules": [rule._asdict() for rule in rules],
        "required": required.facts(),
        "product": required.product,
        "checked_at": format_time(now.astimezone(datetime.timezone.utc).replace(microsecond=0)),
        "jobs": jobs,
        "summary": _summary([each.job for each in judged if not each.defect], missing, required.product),
        "missing_job_ids": missing,
        "truncated": given.get("truncated") is True,
        "error": given["error"] if isinstance(given.get("error"), dict) else None,
    }
    if customers is not None:
        verdict["customers"] = [customer.facts() for customer in customers]
    lines = message(verdict, required) if customers is None else customers_message(verdict, customers, required)
    verdict["msg"] = "\n".join([*lines, *clock_note(skew)])
    return verdict


def _by_customer(
    result: dict, trouble: list[str], required: Requirements, now: datetime.datetime
) -> tuple[list[Rule], list[Customer]]:
    """The rules and the verdicts on customers of a gate with ``by_customer``."""
    customers = judge_customers(result, required, job_fields(required.product), now)
    failed = [customer for customer in customers if customer.problems]
    # If the wait timed out or a customer could not be read, the problems of the customers say so; the rule need not repeat it.
    error = result.get("error")
    code = error.get("code") if isinstance(error, dict) else None
    unread = any(entry.get("error") is not None for entry in result["customers"])
    explained = bool(failed) and (code == "wait_timeout" or unread)
    rules = [Rule("query", "the jobs can be read", not trouble, " ".join(trouble) or "they were read")]
    if explained and trouble:
        rules = [
            Rule("customers", "every customer can be read, and its jobs have finished", False, "see the customers")
        ]
    rules.append(_complete(result, len(result["jobs"])))
    if not customers:
        rules.append(Rule("any", "there is a customer", False, "There is no customer, so there is nothing to gate on."))
    rules.append(
        Rule(
            "customers",
            "every customer is as required",
            not failed,
            _share(len(failed), len(customers), "are not", "customer"),
        )
    )
    return rules, customers


def refused(problems: t.Sequence[str], product: t.Any = None) -> dict:
    """The verdict of a gate with invalid settings, for which nothing is queried: not passed, ``problems`` as its reasons."""
    product = product if product in SERVICES else None
    reasons = list(problems)
    return {
        "passed": False,
        "reasons": reasons,
        "rules": [Rule("settings", "the settings of the gate are valid", False, " ".join(reasons))._asdict()],
        "required": None,
        "product": product,
        "checked_at": None,
        "jobs": [],
        "summary": _summary([], [], product),
        "missing_job_ids": [],
        "truncated": False,
        "error": InvalidInput(" ".join(reasons)).facts(),
        "msg": "\n".join(
            ["The gate did not pass: its settings are refused, nothing was queried.", *(f"  - {r}" for r in reasons)]
        ),
    }


def _complete(result: dict, number: int) -> Rule:
    required = "all jobs are looked at"
    if result.get("truncated") is not True:
        return Rule("complete", required, True, "no limit or page left any out")
    customers = result.get("customers")
    unread = sum(
        isinstance(entry, dict) and entry.get("error") is not None
        for entry in (customers if isinstance(customers, list) else ())
    )
    if unread:
        return Rule("complete", required, False, f"The jobs of {count_text(unread, 'customer')} could not be read.")
    total = result.get("total_count")
    if isinstance(total, bool) or not isinstance(total, int):
        total = None
    of_all = "" if total is None else f" of {total}"
    verb = "was" if number == 1 else "were"
    # A wait that fail_fast ends has no error, but the total lacks the jobs that could not be read.
    by_choice = result.get("error") is None and (total is None or number < total)
    unread_too = "" if by_choice else ", or because others could not be read"
    return Rule(
        "complete",
        required,
        False,
        f"Only {count_text(number, 'job')}{of_all} {verb} looked at, because of limit or page{unread_too}.",
    )


def _job_rules(
    judged: list[Judged], missing: list[str], required: Requirements, now: datetime.datetime
) -> t.Iterator[Rule]:
    number = len(judged)
    yield Rule(
        "job_ids",
        "every job id asked for is there",
        not missing,
        f"{count_text(len(missing), 'job id')} asked for and not there" if missing else "none is missing",
    )
    yield Rule(
        "min_jobs",
        f"at least {count_text(required.min_jobs, 'job')}",
        number >= required.min_jobs,
        _jobs_found(number, required),
    )
    refused_jobs = sum(1 for each in judged if each.problem and each.has_bad_state(required.allowed_states))
    open_jobs = sum(1 for each in judged if each.problem) - refused_jobs
    yield Rule("finished", "every job has finished", not open_jobs, _share(open_jobs, number, "not finished"))
    allowed = either(required.allowed_states)
    yield Rule(
        "allowed_states",
        f"every finished job has the state {allowed}",
        not refused_jobs,
        _share(refused_jobs, number, f"not {allowed}"),
    )
    if required.max_age:
        yield _age_rule([each.job for each in judged if each.state == "succeeded"], required.max_age, now)


def _jobs_found(number: int, required: Requirements) -> str:
    if number >= required.min_jobs:
        return f"{count_text(number, 'job')} found"
    if not number:
        return f"There are no jobs, and at least {required.min_jobs} must be there."
    verb = "is" if number == 1 else "are"
    return f"There {verb} only {count_text(number, 'job')}, and at least {required.min_jobs} must be there."


def _share(part: int, number: int, what: str, noun: str = "job") -> str:
    if not number:
        return f"there are no {noun}s"
    return f"{part} of {count_text(number, noun)} {what}" if part else f"all of {count_text(number, noun)}"


def _age_rule(successes: list[dict], max_age: Age, now: datetime.datetime) -> Rule:
    return Rule("max_age", f"a job succeeded within the last {max_age.text}", *newest_success(successes, max_age, now))


def _offenders(judged: list[Judged], missing: list[str], fields: t.Sequence[Field]) -> list[str]:
    """One line for each job that is not as required, worst first; beyond MOST_NAMED, one line that counts the others."""
    lines = [f"missing: job {job_id}, asked for and not there" for job_id in missing]
    states = ["missing"] * len(missing)
    for each in sorted((each for each in judged if each.problem), key=lambda each: _WORST_FIRST.index(each.state)):
        details = job_details(each.job, fields)
        lines.append(f"{each.problem}: {job_name(each.job)}{', ' if details else ''}{details}")
        states.append(each.state)
    unnamed = states[MOST_NAMED:]
    if not unnamed:
        return lines
    counts = ", ".join(f"{unnamed.count(state)} {state}" for state in dict.fromkeys(unnamed))
    return [*lines[:MOST_NAMED], f"and {len(unnamed)} more: {counts}"]


def _summary(jobs: list[dict], missing: list[str], product: str | None) -> dict:
    summary = summarize(jobs, missing)
    if any("finish_time" in job for job in jobs) or (product and SERVICES[product].has_times):
        finishes = [
            (moment, job["finish_time"])
            for job in jobs
            if job["state"] == "succeeded" and (moment := job_moment(job, "finish_time"))
        ]
        summary["latest_success"] = max(finishes)[1] if finishes else None
    return summary
