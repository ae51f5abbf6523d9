# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs and results in the form that modules return, for the tests of the verdict and of the reports."""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import FINISHED, STATES, summarize

NOW = datetime.datetime(2026, 11, 23, 9, 0, tzinfo=datetime.timezone.utc)

# Text with everything that could do harm in a file or on a terminal, as a server could send it in a name.
HOSTILE = (
    "<script>alert(1)</script> | `id` \x1b[31mred \x00 ]]> \u202egnp.exe\u202c {{ lookup('pipe', 'id') }} {% raw %} \ud800 "
    "line\nbreak \u2028 @team #1 [x](http://example.com) <img src=x onerror=alert(1)> &amp; \"quoted\" 'single' --> ${7*7} ￾"
)


def cut(letter: str, limit: int) -> str:
    """The shown form of a text that repeats ``letter`` more than ``limit`` times."""
    return letter * (limit - 1) + "…"


def d365_job(job_id: str = "DCIB1", state: str = "succeeded", **more: t.Any) -> dict:
    """A job of Dynamics 365 that started at 07:00 on the day of NOW and, if it has finished, ended at 07:30."""
    finished = state in FINISHED
    job = {
        "job_id": job_id,
        "type": "backup",
        "type_id": 1,
        "status": "finished",
        "status_id": 3,
        "state": state,
        "finished": finished,
        "module": "Customer Engagement",
        "start_time": "2026-11-23T07:00:00Z",
        "finish_time": "2026-11-23T07:30:00Z" if finished else None,
        "duration_hours": 0.5 if finished else None,
        "organization_id": "6a4e0000-0000-4000-8000-000000000001",
        "organization_name": "Example Production",
    }
    for kind in ("entity", "record"):
        job.update({f"{outcome}_{kind}": 0 for outcome in ("successful", "failed", "skipped", "warning")})
        job[f"total_{kind}"] = 0
    job["backup_size"] = 1024
    return {**job, **more}


def pc_job(job_id: str = "J1", state: str = "succeeded", **more: t.Any) -> dict:
    """A job of Process Center, which has no times."""
    return {
        "job_id": job_id,
        "type": "deploy",
        "type_id": 5,
        "status": "finished",
        "status_id": 2,
        "state": state,
        "finished": state in FINISHED,
        "customer_id": "customer-1",
        "tenant_id": "tenant-1",
        **more,
    }


def result(*jobs: dict, missing: t.Sequence[str] = (), **more: t.Any) -> dict:
    """The result of a module with these jobs."""
    summary = summarize(jobs, list(missing))
    assert set(summary["states"]) == set(STATES)
    return {
        "changed": False,
        "product": "pc" if any("tenant_id" in job for job in jobs if isinstance(job, dict)) else "d365",
        "jobs": list(jobs),
        "summary": summary,
        "missing_job_ids": list(missing),
        "total_count": len(jobs),
        "truncated": False,
        "timed_out": False,
        "duration": 1.5,
        "polls": 1,
        "retries": 0,
        **more,
    }


def failure(msg: str = "The login was refused.", code: str = "authentication_failed", **more: t.Any) -> dict:
    """The result of a module that failed before it read any jobs."""
    return {"failed": True, "msg": msg, "error": {"code": code, "http_status": 400, "request_id": "r-1"}, **more}
