# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a module handed over, as a whole: whether it is the result of a query that went well, and whose.

Private to this collection: names and behaviour can change with any release.
"""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import CLOCK_SKEW, summarize
from ansible_collections.avepoint.cloud.plugins.module_utils._services import SERVICES
from ansible_collections.avepoint.cloud.plugins.module_utils._text import clean
from ansible_collections.avepoint.cloud.plugins.plugin_utils._gate_jobs import job_defect
from ansible_collections.avepoint.cloud.plugins.plugin_utils._gate_requirements import LONGEST_AGE


def trouble_with(result: t.Any, product: str | None = None) -> list[str]:
    """What is wrong with the result as a whole, as sentences. Empty for that of a query that went well.

    :arg product: whose jobs they have to be; None where it does not matter
    """
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
        return [f"{text}{_error_facts(error, text)}{_last_words(result)}."]
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
    if product and result.get("product", product) != product:
        return [f"This is a result of {clean(str(result['product']), 40)}, not of {product}."]
    if result["timed_out"]:
        return ["The wait ran out."]
    whose = product_of(result, product)
    sound = [job for job in result["jobs"] if job_defect(job, whose) is None]
    if len(sound) == len(result["jobs"]):
        own = summarize(sound, result["missing_job_ids"])
        if any(result["summary"].get(key) != own[key] for key in ("total", "states")):
            return ["The result contradicts itself: its summary does not count its jobs."]
    return []


def product_of(result: dict, product: str | None) -> str | None:
    """Whose jobs they are, by what the gate was told, or else by what the result says."""
    said = result.get("product")
    return product or (said if isinstance(said, str) and said in SERVICES else None)


def clock_skew(result: dict) -> datetime.timedelta | None:
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


def _last_words(result: dict) -> str:
    """What a module that came to no result said last, which Ansible's own message leaves to be looked up."""
    lines = [line for line in str(result.get("module_stderr") or "").splitlines() if line.strip()]
    return f": {clean(lines[-1].strip()).rstrip('.')}" if lines else ""


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
