# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks the result of a module as a whole: whether it is a successful query, and of which product.

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
    """What is wrong with the result as a whole, as sentences; empty for a successful query. Single jobs are not judged.

    :arg product: the product that the result has to be of; None if any is accepted
    """
    if not isinstance(result, dict):
        return ["There is no result of a query to judge."]
    if isinstance(result.get("results"), list) and "jobs" not in result:
        return ["This is the result of a loop: hand over one of .results."]
    error = result.get("error")
    # `failed_when: false` sets `failed` to false, so the other keys that only a failed result has count too.
    failed = result.get("failed", False) is not False or result.get("unreachable", False) is not False
    if failed or error is not None or result.get("msg") or result.get("exception"):
        # Without the full stop, because the error code follows.
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
    product = product_of(result, product)
    sound = [job for job in result["jobs"] if job_defect(job, product) is None]
    if len(sound) == len(result["jobs"]):
        own = summarize(sound, result["missing_job_ids"])
        if any(result["summary"].get(key) != own[key] for key in ("total", "states")):
            return ["The result contradicts itself: its summary does not count its jobs."]
    return []


def product_of(result: dict, product: str | None) -> str | None:
    """The product of the jobs: ``product``, the setting of the gate, or else the one in the result; None if unknown."""
    name = result.get("product")
    return product or (name if isinstance(name, str) and name in SERVICES else None)


def clock_skew(result: dict) -> datetime.timedelta | None:
    """The server's clock minus the local one, if the difference is more than CLOCK_SKEW; else None."""
    seconds = result.get("clock_skew")
    if not _is_skew(seconds) or seconds is None or abs(seconds) <= CLOCK_SKEW.total_seconds():
        return None
    return datetime.timedelta(seconds=seconds)


def _is_skew(value: t.Any) -> bool:
    # A larger difference is no credible clock, and the resulting time could be out of the range of datetime.
    return value is None or (
        isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= LONGEST_AGE.total_seconds()
    )


def _last_words(result: dict) -> str:
    """The last line on stderr of a module that crashed. Ansible's own message only says where to find it."""
    lines = [line for line in str(result.get("module_stderr") or "").splitlines() if line.strip()]
    return f": {clean(lines[-1].strip()).rstrip('.')}" if lines else ""


def _error_facts(error: t.Any, text: str) -> str:
    """The code, HTTP status and request id of the error in parentheses, without those that ``text`` has already."""
    if not isinstance(error, dict):
        return ""
    facts = [clean(str(error["code"]), 40)] if error.get("code") else []
    if error.get("http_status"):
        facts.append(f"HTTP {clean(str(error['http_status']), 10)}")
    if error.get("request_id"):
        facts.append(f"request id {clean(str(error['request_id']), 80)}")
    facts = [fact for fact in facts if fact not in text]
    return f" ({', '.join(facts)})" if facts else ""
