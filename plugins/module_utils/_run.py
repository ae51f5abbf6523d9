# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a module's options to its result, whoever runs it: the module process, or an action plugin in its stead."""

from __future__ import annotations

import time
import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils import _options
from ansible_collections.avepoint.cloud.plugins.module_utils._client import Deadline
from ansible_collections.avepoint.cloud.plugins.module_utils._errors import AvePointError, MissingLibrary
from ansible_collections.avepoint.cloud.plugins.module_utils._service import Look, Service
from ansible_collections.avepoint.cloud.plugins.module_utils._text import mask
from ansible_collections.avepoint.cloud.plugins.module_utils._wait import Progress, Rules, Waited, wait_for

# Seconds that a call may take which does not wait, retries and all: a server can make lists and answers that never end.
LONGEST_CALL = 4 * 3600


def run(
    service_class: type[Service],
    params: dict,
    report: t.Callable[[Progress], None] = lambda progress: None,
    clock: t.Callable[[], float] = time.monotonic,
    now: t.Callable[[], float] = time.time,
    **seams: t.Any,
) -> dict:
    """The module's result: every key of its RETURN, and ``failed``, ``msg`` and ``error`` when it fails.

    ``params`` are the options as Ansible's own check leaves them, defaults included; what is empty in them is filled in
    place. ``report`` is told of each look of a wait; ``clock`` and ``now`` give seconds (monotonic, and since the epoch);
    ``seams`` are :class:`Client`'s for tests. Never raises for what can go wrong outside of this collection.
    """
    began = clock()
    client = service = None
    outcome = Waited(None, 0, False, None)
    try:
        _options.check(params, service_class, now())
        client = _options.client(params, service_class, clock, now, **seams)
        service = service_class(params, client, now)
        outcome = _look(service, client, params, report, clock)
    except MissingLibrary as error:
        from ansible.module_utils.basic import missing_required_lib

        error.args = (missing_required_lib(error.library),)
        outcome = outcome._replace(error=error)
    except AvePointError as error:
        outcome = outcome._replace(error=error)
    look = outcome.look or Look([], list(params["job_ids"] or ()), 0, False)
    summary = service_class.summary(look)
    if params["wait"] and not params["job_ids"] and summary["total"] < params["min_jobs"]:
        # Jobs that are still to come are not there yet, and so have not finished.
        summary.update(all_finished=False, all_succeeded=False)
    result = {
        "changed": False,
        "product": service_class.name,
        "jobs": look.jobs,
        "summary": summary,
        "missing_job_ids": look.missing,
        "total_count": look.total_count,
        "truncated": look.truncated,
        "timed_out": outcome.timed_out,
        "duration": round(clock() - began, 3),
        "polls": outcome.polls,
        "retries": client.retries if client else 0,
        "clock_skew": None if client is None or client.skew is None else round(client.skew, 3),
    }
    if service is not None and service.answered_by is not None:
        result["api"] = service.answered_by
    if service is not None and (warnings := service.warnings()):
        result["warnings"] = warnings
    if outcome.error is not None:
        secrets = _options.secrets(params) | (client.secrets if client is not None else set())
        sentence = str(outcome.error).rstrip(".") + "."
        result.update(failed=True, msg=mask(sentence, secrets), error=mask(outcome.error.facts(), secrets))
    return result


def _look(
    service: Service, client: t.Any, params: dict, report: t.Callable[[Progress], None], clock: t.Callable[[], float]
) -> Waited:
    if not params["wait"]:
        client.deadline = Deadline(LONGEST_CALL, clock)
        try:
            return Waited(service.look(), 1, False, None)
        except AvePointError as error:
            if client.deadline.remaining() <= 0:
                error.args = (
                    f"the jobs could not be read within {LONGEST_CALL // 3600} hours ({error}): ask for less at a time",
                )
            return Waited(None, 1, False, error)
    timeout = params["wait_timeout"]
    if timeout:
        client.deadline = Deadline(timeout, clock)
    rules = Rules(
        timeout,
        params["wait_sleep"],
        timeout if params["appear_timeout"] is None else params["appear_timeout"],
        1 if params["job_ids"] else params["min_jobs"],
        params["fail_fast"],
    )
    return wait_for(service.look, rules, client.deadline, report, clock, client.sleep)
