# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Functions on one job of a result: whether it has the form of a job, what is wrong with it, and how messages name it.

Private to this collection: names and behaviour can change with any release.
"""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._fields import Field
from ansible_collections.avepoint.cloud.plugins.module_utils._iso8601 import format_time, parse_time
from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import CLOCK_SKEW, FINISHED, STATES
from ansible_collections.avepoint.cloud.plugins.module_utils._services import SERVICES
from ansible_collections.avepoint.cloud.plugins.module_utils._text import clean
from ansible_collections.avepoint.cloud.plugins.plugin_utils._gate_requirements import Age

# The most errors of one job that a message names; more are only counted.
NAMED_ERRORS = 3


def job_defect(job: t.Any, product: str | None = None) -> str | None:
    """Why ``job`` does not have the form of a job of ``product``, in a few words; None when it has."""
    if not isinstance(job, dict):
        return "not a job"
    for key in ("job_id", "type", "state"):
        if key == "type" and job.get(key, "") is None and job.get("type_id", "") is None:
            continue  # some products do not return a type
        if key == "job_id" and job.get(key, "") is None and product in SERVICES and SERVICES[product].alike:
            continue  # this product has jobs without an id
        if not isinstance(job.get(key), str) or not job[key].strip():
            return f"{key} missing"
    if job["state"] not in STATES:
        return f"{clean(job['state'], 40)} is not a known state"
    if not isinstance(job.get("finished"), bool):
        return "finished missing"
    if job["finished"] != (job["state"] in FINISHED):
        return f"state {job['state']} and finished {job['finished']} contradict each other"
    return None


def job_problem(
    job: t.Any, allowed_states: t.Collection[str], now: datetime.datetime, product: str | None = None
) -> str | None:
    """Why ``job`` of ``product`` is not as required, in a few words; None when it is.

    :arg now: with a time zone
    """
    defect = job_defect(job, product)
    if defect is not None:
        return f"unreadable: {defect}"
    state = job["state"]
    if state == "unknown":
        # The number that the API sent, or its word if the API uses words.
        sent = next((job[key] for key in ("status_id", "status_text", "status") if job.get(key) is not None), None)
        return f"unknown (status {clean(str(sent), 40)}), so not finished"
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
    """The time under ``key``, with a time zone; None if it is missing or cannot be read."""
    text = job.get(key)
    if not isinstance(text, str):
        return None
    try:
        return parse_time(text)
    except ValueError:
        return None


def job_age(job: t.Any, now: datetime.datetime) -> datetime.timedelta | None:
    """How long ago the job finished; None if that is not known."""
    finish = job_moment(job, "finish_time") if isinstance(job, dict) else None
    return None if finish is None else now - finish


def newest_success(successes: t.Sequence[dict], max_age: Age, now: datetime.datetime) -> tuple[bool, str]:
    """Whether the newest of ``successes``, the succeeded jobs, finished within ``max_age``, and a text for people about it."""
    finishes = [moment for job in successes if (moment := job_moment(job, "finish_time")) is not None]
    if not finishes:
        number = "1 success" if len(successes) == 1 else f"{len(successes)} successes"
        among = f"none of {number} has a time" if successes else "no job succeeded"
        return False, f"No success within the last {max_age.text}: {among}."
    newest = max(finishes)
    age = now - newest
    if age < -CLOCK_SKEW:
        return (
            False,
            f"The newest success finished at {format_time(newest)}, in the future: it is {format_time(now)}. Check the clocks.",
        )
    ago = duration_text(max(age, datetime.timedelta(0)))
    if age > max_age.length:
        return (
            False,
            f"No success within the last {max_age.text}: the newest finished {ago} ago, at {format_time(newest)}.",
        )
    return True, f"the newest finished {ago} ago, at {format_time(newest)}"


def job_name(job: t.Any) -> str:
    """Type and id of a job, cleaned for display."""
    if not isinstance(job, dict):
        return "a job"
    return f"{clean(str(job.get('type') or 'job'), 40)} {clean(str(job.get('job_id') or 'without an id'), 100)}"


def job_fields(product: str | None) -> tuple[Field, ...]:
    """The fields of the jobs of ``product``; the fields of all products if it is unknown."""
    services = [SERVICES[product]] if product in SERVICES else SERVICES.values()
    return tuple({field.name: field for service in services for field in service.fields}.values())


def job_details(job: t.Any, fields: t.Iterable[Field]) -> str:
    """The details of a job that help to find it (its owner, its times, what failed), cleaned for display; empty without any.

    :arg fields: the fields of the product's jobs; those with a ``detail`` are used
    """
    if not isinstance(job, dict):
        return ""
    texts: dict[str, str] = {}
    numbers: list[str] = []
    lists: list[str] = []  # at the end, since they are long
    for field in sorted(fields, key=lambda field: field.kind.shown == "time"):
        value = job.get(field.name)
        if not field.detail or not value or isinstance(value, bool):
            continue
        if isinstance(value, int):
            numbers.append(f"{value} {field.detail}")
        elif isinstance(value, list):
            lists.append(f"{field.detail} {value_text(value)}")
        else:  # of two fields with the same detail, the first that has a value
            texts.setdefault(field.detail, f"{field.detail} {value_text(value)}")
    return ", ".join([*texts.values(), *numbers, *lists])


def value_text(value: t.Any) -> str:
    """A value of a job, cleaned for display. Of a list of errors: the first three, each with its count and URL."""
    if not isinstance(value, list):
        return clean(str(value), 80)
    texts = []
    for error in value[:NAMED_ERRORS]:
        error = error if isinstance(error, dict) else {"message": error}
        count, url = error.get("count"), error.get("url")
        times = f" ({clean(str(count), 20)} times)" if count not in (None, 1) else ""
        texts.append(
            clean(str(error.get("message") or "an error"), 80) + times + (f" at {clean(str(url), 120)}" if url else "")
        )
    more = len(value) - NAMED_ERRORS
    return "; ".join(texts) + (f" and {more} more" if more > 0 else "")


def duration_text(length: datetime.timedelta) -> str:
    """A duration in its two largest units, such as ``2d 3h`` or ``45s``."""
    seconds = round(length.total_seconds())
    parts = []
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        number, seconds = divmod(seconds, size)
        if number:
            parts.append(f"{number}{unit}")
        elif parts:
            break
    return " ".join(parts[:2]) or "0s"
