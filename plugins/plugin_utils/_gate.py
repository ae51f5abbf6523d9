# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The verdict of the gate, in one place: pure functions of a module's result, the requirements and the time.

A wrong pass is the worst outcome. Whatever is not clearly as required does not pass, and the reason says so.

Private to this collection: names and behaviour can change with any release.
"""

from __future__ import annotations

import datetime
import re
import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import (
    CLOCK_SKEW,
    FINISHED,
    STATES,
    format_time,
    parse_time,
    summarize,
)
from ansible_collections.avepoint.cloud.plugins.module_utils._text import clean

PRODUCTS = {"pc": "Process Center", "d365": "Dynamics 365"}
ALLOWABLE = tuple(state for state in STATES if state in FINISHED)

# The message names each offending job, as long as a message can be of any use.
MOST_NAMED = 500
LONGEST_AGE = datetime.timedelta(days=3650)

# Worst first: the order in which offenders are named.
SEVERITY = ("failed", "unknown", "finished_with_exception", "stopped", "skipped", "running", "waiting", "succeeded")


class GateError(ValueError):
    """Settings that cannot be meant. ``problems`` has one sentence for each."""

    def __init__(self, problems: t.Sequence[str]):
        super().__init__(" ".join(problems))
        self.problems = list(problems)


class Age(t.NamedTuple):
    """How old the newest success may be, as it was written and as a length of time."""

    text: str
    length: datetime.timedelta


class Requirements(t.NamedTuple):
    """What the jobs are judged by. Made by :func:`requirements`, so never out of range."""

    product: str | None
    allowed_states: tuple[str, ...]
    min_jobs: int
    max_age: Age | None

    def facts(self) -> dict:
        """As the verdict has them, under ``required``."""
        return {
            "allowed_states": list(self.allowed_states),
            "min_jobs": self.min_jobs,
            "max_age": self.max_age.text if self.max_age else None,
        }


def requirements(
    product: t.Any = None, allowed_states: t.Any = ("succeeded",), min_jobs: t.Any = 1, max_age: t.Any = None
) -> Requirements:
    """The requirements from what a playbook says.

    :arg product: ``pc``, ``d365``, or None where it does not matter
    :arg allowed_states: list of state names, or one text with commas
    :arg min_jobs: a whole number, or one in a text
    :arg max_age: such as ``90m``, ``24h``, ``7d`` or ``1d12h``; None or an empty text for none
    :raises GateError: with everything that is wrong with them
    """
    problems: list[str] = []

    def tried(part: t.Callable, value: t.Any) -> t.Any:
        try:
            return part(value)
        except GateError as error:
            problems.extend(error.problems)

    checked = Requirements(
        tried(_product, product),
        tried(_allowed_states, allowed_states),
        tried(_min_jobs, min_jobs),
        tried(parse_age, max_age),
    )
    if product == "pc" and max_age not in (None, ""):
        problems.append("max_age cannot be judged for Process Center: its jobs have no times. Leave it out.")
    if problems:
        raise GateError(problems)
    return checked


def whole_number(name: str, value: t.Any) -> int:
    """``value``, a number or one in a text, as a whole number from 0.

    :raises GateError: naming ``name`` when it is none
    """
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value.strip(), re.ASCII):
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise GateError([f"{name} must be a whole number from 0, not {_shown(value)}."])


def parse_age(value: t.Any) -> Age | None:
    """The age that ``value`` means, such as ``90m``, ``24h``, ``7d``, ``1d12h``; None for None or an empty text.

    :raises GateError: when it means none
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    text = str(value).replace(" ", "").lower()
    match = re.fullmatch(r"(?:([0-9]{1,9})d)?(?:([0-9]{1,9})h)?(?:([0-9]{1,9})m)?", text, re.ASCII)
    if match is None or not isinstance(value, str):
        raise GateError([f"max_age must be a number with a unit, such as 90m, 24h, 7d or 1d12h, not {_shown(value)}."])
    days, hours, minutes = (int(number or 0) for number in match.groups())
    length = datetime.timedelta(days=days, hours=hours, minutes=minutes)
    if not datetime.timedelta(0) < length <= LONGEST_AGE:
        raise GateError([f"max_age must be more than nothing and at most {LONGEST_AGE.days}d, not {_shown(value)}."])
    return Age(text, length)


def _product(value: t.Any) -> str | None:
    if value is not None and value not in PRODUCTS:
        raise GateError([f"product must be one of {', '.join(PRODUCTS)}, not {_shown(value)}."])
    return value


def _allowed_states(value: t.Any) -> tuple[str, ...]:
    states = [part.strip() for part in value.split(",")] if isinstance(value, str) else value
    if not isinstance(states, (list, tuple)) or not states:
        raise GateError(
            [f"allowed_states must be a list with at least one of {', '.join(ALLOWABLE)}, not {_shown(value)}."]
        )
    problems = []
    for state in states:
        if state in ALLOWABLE:
            continue
        if state in STATES:
            problems.append(f"allowed_states cannot have {state}: a job that has not finished never passes.")
        else:
            problems.append(f"allowed_states has {_shown(state)}, which is not one of {', '.join(ALLOWABLE)}.")
    if problems:
        raise GateError(problems)
    # In the order of the interface, each once; plain text, whatever came in.
    return tuple(state for state in ALLOWABLE if state in states)


def _min_jobs(value: t.Any) -> int:
    return whole_number("min_jobs", value)


def _shown(value: t.Any) -> str:
    return repr(clean(value, 40)) if isinstance(value, str) else clean(str(value), 40)


class Rule(t.NamedTuple):
    """One requirement, and what was found."""

    name: str
    required: str
    passed: bool
    found: str


def judge(result: t.Any, required: Requirements, now: datetime.datetime) -> dict:
    """The verdict on ``result``.

    :arg result: what one of the two modules returned, on success or on failure
    :arg now: by the clock here, with a time zone; where the server's differs by more than CLOCK_SKEW, its time is taken instead
    :returns: ``passed``, ``reasons`` (one line each, none when passed), ``msg`` (the whole of it for a person),
        ``rules``, ``required``, ``product``, ``checked_at``, and from the result ``jobs``, ``summary``, ``missing_job_ids``,
        ``truncated``, ``error``. Never raises, whatever the result is.
    """
    given = result if isinstance(result, dict) else {}
    trouble = trouble_with(result)
    skew = _clock_skew(given)
    if skew:
        now += skew
    jobs = given["jobs"] if isinstance(given.get("jobs"), list) else []
    missing = (
        [clean(str(one), 100) for one in given["missing_job_ids"]]
        if isinstance(given.get("missing_job_ids"), list)
        else []
    )
    sound = [job for job in jobs if job_defect(job) is None]
    rules = [
        Rule("query", "the jobs can be read", not trouble, " ".join(trouble) or f"{_count(len(jobs), 'job')} read"),
    ]
    offenders: list[str] = []
    if jobs or missing or not trouble:
        rules.append(_complete(given, len(jobs)))
        rules.extend(_job_rules(jobs, missing, required, now))
        offenders = _offenders(jobs, missing, required, now)
    failed = [rule for rule in rules if not rule.passed]
    # Offending jobs speak for the rules they break.
    spoken = {"job_ids", "finished", "allowed_states"} if offenders else set()
    reasons = [rule.found for rule in failed if rule.name not in spoken] + offenders
    passed = not failed and not offenders and not trouble
    verdict = {
        "passed": passed,
        "reasons": reasons,
        "rules": [rule._asdict() for rule in rules],
        "required": required.facts(),
        "product": required.product,
        "checked_at": format_time(now.astimezone(datetime.timezone.utc).replace(microsecond=0)),
        "jobs": jobs,
        "summary": _summary(sound, missing, any("finish_time" in job for job in sound) or required.product == "d365"),
        "missing_job_ids": missing,
        "truncated": given.get("truncated") is True,
        "error": given["error"] if isinstance(given.get("error"), dict) else None,
    }
    verdict["msg"] = "\n".join([*_message(verdict, required), *_clock_note(skew)])
    return verdict


def _clock_skew(result: dict) -> datetime.timedelta | None:
    """How far the server's clock is ahead of the one here, where that is too far to go by this one."""
    seconds = result.get("clock_skew")
    if not _is_skew(seconds) or seconds is None or abs(seconds) <= CLOCK_SKEW.total_seconds():
        return None
    return datetime.timedelta(seconds=seconds)


def _is_skew(value: t.Any) -> bool:
    # Beyond ten years it is no clock, and may be no time that there is.
    return value is None or (
        isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= LONGEST_AGE.total_seconds()
    )


def _clock_note(skew: datetime.timedelta | None) -> t.Iterator[str]:
    if skew:
        behind = "behind" if skew > datetime.timedelta(0) else "ahead of"
        yield f"The clock here is {duration_text(abs(skew))} {behind} the server's, so ages are judged by the server's. Set the clock."


def refused(problems: t.Sequence[str], product: t.Any = None) -> dict:
    """The verdict, not passed, of a gate whose settings are refused before anything is queried."""
    product = product if product in PRODUCTS else None
    reasons = list(problems)
    return {
        "passed": False,
        "reasons": reasons,
        "rules": [Rule("settings", "the settings of the gate are valid", False, " ".join(reasons))._asdict()],
        "required": None,
        "product": product,
        "checked_at": None,
        "jobs": [],
        "summary": _summary([], [], product == "d365"),
        "missing_job_ids": [],
        "truncated": False,
        "error": {"code": "invalid_input", "http_status": None, "request_id": None},
        "msg": "\n".join(
            ["The gate did not pass: its settings are refused, nothing was queried.", *(f"  - {r}" for r in reasons)]
        ),
    }


def trouble_with(result: t.Any) -> list[str]:
    """What is wrong with the result as a whole, as sentences. Empty for that of a query that went well."""
    if not isinstance(result, dict):
        return ["There is no result of a query to judge."]
    if isinstance(result.get("results"), list) and "jobs" not in result:
        return ["This is the result of a loop: hand over one of .results."]
    error = result.get("error")
    # `failed_when: false` takes `failed` back, so everything else that only a failure has counts too.
    failed = result.get("failed", False) is not False or result.get("unreachable", False) is not False
    if failed or error is not None or result.get("msg") or result.get("exception"):
        # not the last full stop: the error code follows
        text = clean(str(result.get("msg") or "The query failed and did not say why"), 1000).rstrip(".")
        return [f"{text}{_error_facts(error, text)}."]
    if result.get("skipped", False) is not False:
        return ["The query was skipped, so there is nothing to judge."]
    shapes: dict[str, t.Any] = {
        "jobs": list,
        "summary": dict,
        "missing_job_ids": list,
        "truncated": bool,
        "timed_out": bool,
    }
    wrong = [key for key, kind in shapes.items() if not isinstance(result.get(key), kind)]
    if not _is_skew(result.get("clock_skew")):
        wrong.append("clock_skew")
    if wrong:
        return [f"This is not the result of a query: {', '.join(wrong)} missing or of the wrong type."]
    if result["timed_out"]:
        return ["The wait ran out."]
    sound = [job for job in result["jobs"] if job_defect(job) is None]
    if len(sound) == len(result["jobs"]):
        own = summarize(sound, result["missing_job_ids"])
        if any(result["summary"].get(key) != own[key] for key in ("total", "states")):
            return ["The result contradicts itself: its summary does not count its jobs."]
    return []


def _error_facts(error: t.Any, text: str) -> str:
    """The code of the error, and what else there is that ``text`` does not say already."""
    if not isinstance(error, dict):
        return ""
    facts = [clean(str(error["code"]), 40)] if error.get("code") else []
    if error.get("http_status"):
        facts.append(f"HTTP {clean(str(error['http_status']), 10)}")
    if error.get("request_id"):
        facts.append(f"request id {clean(str(error['request_id']), 80)}")
    facts = [fact for fact in facts if fact not in text]
    return f" ({', '.join(facts)})" if facts else ""


def job_defect(job: t.Any) -> str | None:
    """Why ``job`` cannot be a job as the modules return it; None when it can."""
    if not isinstance(job, dict):
        return "not a job"
    for key in ("job_id", "type", "state"):
        if not isinstance(job.get(key), str) or not job[key].strip():
            return f"{key} missing"
    if job["state"] not in STATES:
        return f"{clean(job['state'], 40)} is not a known state"
    if not isinstance(job.get("finished"), bool):
        return "finished missing"
    if job["finished"] != (job["state"] in FINISHED):
        return f"state {job['state']} and finished {job['finished']} contradict each other"
    return None


def job_problem(job: t.Any, allowed_states: t.Collection[str], now: datetime.datetime) -> str | None:
    """Why ``job`` is not as required, in a few words; None when it is."""
    defect = job_defect(job)
    if defect is not None:
        return f"unreadable: {defect}"
    state = job["state"]
    if state == "unknown":
        # the number, or the word where the API has words
        status = job.get("status") if job.get("status_id") is None else job["status_id"]
        return f"unknown (status {clean(str(status), 40)}), so not finished"
    if state not in FINISHED:
        return f"{state}, not finished"
    if state not in allowed_states:
        return state
    finish = job_moment(job, "finish_time")
    if finish is not None and finish > now + CLOCK_SKEW:
        return (
            f"{state}, but in the future: finished {job['finish_time']}, and it is {format_time(now)}; check the clocks"
        )
    return None


def job_moment(job: dict, key: str) -> datetime.datetime | None:
    """The time under ``key``; None where there is none or it cannot be read."""
    text = job.get(key)
    if not isinstance(text, str):
        return None
    try:
        return parse_time(text)
    except ValueError:
        return None


def job_name(job: t.Any) -> str:
    """Type and id of a job, fit to be shown."""
    if not isinstance(job, dict):
        return "a job"
    return f"{clean(str(job.get('type') or 'job'), 40)} {clean(str(job.get('job_id') or 'without an id'), 100)}"


def job_details(job: t.Any) -> str:
    """Whose a job is and when it ran, fit to be shown; empty when nothing of it is known."""
    if not isinstance(job, dict):
        return ""
    details = []
    for key, label in (
        ("customer_id", "customer"),
        ("tenant_id", "tenant"),
        ("start_time", "started"),
        ("finish_time", "finished"),
    ):
        if job.get(key):
            details.append(f"{label} {clean(str(job[key]), 80)}")
    owner = job.get("organization_name") or job.get("organization_id")
    if owner:
        details.insert(0, f"organization {clean(str(owner), 80)}")
    for kind in ("entity", "record"):
        bad = job.get(f"failed_{kind}")
        if isinstance(bad, int) and bad > 0:
            details.append(f"{bad} {'entities' if kind == 'entity' else 'records'} failed")
    return ", ".join(details)


def _complete(result: dict, number: int) -> Rule:
    required = "all jobs are looked at"
    if result.get("truncated") is not True:
        return Rule("complete", required, True, "no limit or page left any out")
    total = result.get("total_count")
    of_all = f" of {total}" if isinstance(total, int) and not isinstance(total, bool) else ""
    verb = "was" if number == 1 else "were"
    return Rule(
        "complete", required, False, f"Only {_count(number, 'job')}{of_all} {verb} looked at, because of limit or page."
    )


def _job_rules(jobs: list, missing: list[str], required: Requirements, now: datetime.datetime) -> t.Iterator[Rule]:
    yield Rule(
        "job_ids",
        "every job id asked for is there",
        not missing,
        f"{_count(len(missing), 'job id')} asked for and not there" if missing else "none is missing",
    )
    yield Rule(
        "min_jobs", f"at least {_count(required.min_jobs, 'job')}", len(jobs) >= required.min_jobs, _few(jobs, required)
    )
    problems = [(job, job_problem(job, required.allowed_states, now)) for job in jobs]
    open_jobs = sum(1 for job, problem in problems if problem and not _has_bad_state(job, required))
    yield Rule("finished", "every job has finished", not open_jobs, _share(open_jobs, jobs, "not finished"))
    refused_jobs = sum(1 for job, problem in problems if problem and _has_bad_state(job, required))
    allowed = _either(required.allowed_states)
    yield Rule(
        "allowed_states",
        f"every finished job has the state {allowed}",
        not refused_jobs,
        _share(refused_jobs, jobs, f"not {allowed}"),
    )
    if required.max_age:
        yield _age_rule(jobs, required.max_age, now)


def _has_bad_state(job: t.Any, required: Requirements) -> bool:
    """Whether a job with a problem has it because of its state; else it cannot be said to have finished."""
    return job_defect(job) is None and job["finished"] and job["state"] not in required.allowed_states


def _few(jobs: list, required: Requirements) -> str:
    if len(jobs) >= required.min_jobs:
        return f"{_count(len(jobs), 'job')} found"
    if not jobs:
        return f"There are no jobs, and at least {required.min_jobs} must be there."
    return f"There {'is' if len(jobs) == 1 else 'are'} only {_count(len(jobs), 'job')}, and at least {required.min_jobs} must be there."


def _share(number: int, jobs: list, what: str) -> str:
    if not jobs:
        return "there are no jobs"
    return f"{number} of {_count(len(jobs), 'job')} {what}" if number else f"all of {_count(len(jobs), 'job')}"


def _age_rule(jobs: list, max_age: Age, now: datetime.datetime) -> Rule:
    successes = [job for job in jobs if job_defect(job) is None and job["state"] == "succeeded"]
    finishes = [moment for job in successes if (moment := job_moment(job, "finish_time")) is not None]
    required = f"a job succeeded within the last {max_age.text}"
    if not finishes:
        among = (
            f"none of {_count(len(successes), 'success', 'successes')} has a time" if successes else "no job succeeded"
        )
        return Rule("max_age", required, False, f"No success within the last {max_age.text}: {among}.")
    newest = max(finishes)
    age = now - newest
    if age < -CLOCK_SKEW:
        text = f"The newest success finished at {format_time(newest)}, in the future: it is {format_time(now)}. Check the clocks."
        return Rule("max_age", required, False, text)
    ago = duration_text(max(age, datetime.timedelta(0)))
    if age > max_age.length:
        text = f"No success within the last {max_age.text}: the newest finished {ago} ago, at {format_time(newest)}."
        return Rule("max_age", required, False, text)
    return Rule("max_age", required, True, f"the newest finished {ago} ago, at {format_time(newest)}")


def _offenders(jobs: list, missing: list[str], required: Requirements, now: datetime.datetime) -> list[str]:
    """One line for each job that is not as required, worst first, and one for those that are too many to be named."""
    lines = [f"missing: job {job_id}, asked for and not there" for job_id in missing]
    states = ["missing"] * len(missing)
    bad = [(job, problem) for job in jobs if (problem := job_problem(job, required.allowed_states, now)) is not None]
    for job, problem in sorted(bad, key=lambda pair: _severity(pair[0])):
        details = job_details(job)
        lines.append(f"{problem}: {job_name(job)}{', ' if details else ''}{details}")
        states.append(job["state"] if job_defect(job) is None else "unreadable")
    rest = states[MOST_NAMED:]
    if not rest:
        return lines
    counts = ", ".join(f"{rest.count(state)} {state}" for state in dict.fromkeys(rest))
    return [*lines[:MOST_NAMED], f"and {len(rest)} more: {counts}"]


def _severity(job: t.Any) -> int:
    return SEVERITY.index(job["state"]) if job_defect(job) is None else -1


def _summary(jobs: list[dict], missing: list[str], timed: bool) -> dict:
    summary = summarize(jobs, missing)
    if timed:
        finishes = [
            (moment, job["finish_time"])
            for job in jobs
            if job["state"] == "succeeded" and (moment := job_moment(job, "finish_time"))
        ]
        summary["latest_success"] = max(finishes)[1] if finishes else None
    return summary


def _message(verdict: dict, required: Requirements) -> t.Iterator[str]:
    states = verdict["summary"]["states"]
    counts = ", ".join(f"{states[state]} {state}" for state in SEVERITY if states[state])
    total = len(verdict["jobs"])
    # Requirements that could not be judged explain nothing.
    judged = len(verdict["rules"]) > 1
    what = [PRODUCTS[required.product]] if required.product else []
    what.append(f"{_count(total, 'job')}{': ' if counts else ''}{counts}" if judged else "no jobs read")
    yield f"The gate {'passed' if verdict['passed'] else 'did not pass'} ({', '.join(what)})."
    for line in verdict["reasons"]:
        yield f"  - {line}"
    if judged and not verdict["passed"]:
        wanted = [
            f"every job finished and {_either(required.allowed_states)}",
            f"at least {_count(required.min_jobs, 'job')}",
        ]
        if required.max_age:
            wanted.append(f"a success within the last {required.max_age.text}")
        yield f"Required: {'; '.join(wanted)}."


def duration_text(length: datetime.timedelta) -> str:
    """A length of time in its two largest units, such as ``2d 3h`` or ``45s``."""
    seconds = round(length.total_seconds())
    parts = []
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        number, seconds = divmod(seconds, size)
        if number:
            parts.append(f"{number}{unit}")
        elif parts:
            break
    return " ".join(parts[:2]) or "0s"


def _count(number: int, one: str, many: str | None = None) -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def _either(names: t.Sequence[str]) -> str:
    return " or ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
