# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Turns the options of a module into its result, in the module process or in an action plugin."""

from __future__ import annotations

import contextlib
import sys
import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._checks import check_job_options
from ansible_collections.avepoint.cloud.plugins.module_utils._client import Client
from ansible_collections.avepoint.cloud.plugins.module_utils._connect import connect
from ansible_collections.avepoint.cloud.plugins.module_utils._errors import AvePointError, OutOfTime
from ansible_collections.avepoint.cloud.plugins.module_utils._failure import failure
from ansible_collections.avepoint.cloud.plugins.module_utils._login import TokenStore
from ansible_collections.avepoint.cloud.plugins.module_utils._options import split_ids
from ansible_collections.avepoint.cloud.plugins.module_utils._secrets import Secrets, secrets_in
from ansible_collections.avepoint.cloud.plugins.module_utils._sender import Deadline, Timing
from ansible_collections.avepoint.cloud.plugins.module_utils._service import Service, Snapshot
from ansible_collections.avepoint.cloud.plugins.module_utils._text import mask
from ansible_collections.avepoint.cloud.plugins.module_utils._wait import Progress, Rules, Waited, wait_for

# The limit in seconds, retries included, for a call that does not wait: a server can send lists and answers without an end.
LONGEST_CALL = 4 * 3600

# The number of parallel requests of modules without the option max_concurrency; they read few pages.
CONCURRENCY = 4

# The seconds after which a thread that computes lets another one run. Python's default is longer than the reading of an answer takes:
# a thread that has only to send the next request would wait until the answer was read.
SWITCH_INTERVAL = 0.0005


def run(
    service_class: type[Service],
    params: dict,
    report: t.Callable[[Progress], None] = lambda progress: None,
    timing: Timing = Timing(),  # noqa: B008 - a tuple that nobody can change
    tokens: TokenStore | None = None,
) -> dict:
    """The module's result: every key of its RETURN, and ``failed``, ``msg`` and ``error`` when it fails.

    ``params`` are the options as Ansible's own check leaves them, defaults included. ``report`` takes the progress after each poll
    of a wait. ``tokens`` is where equal logins share a token.
    Failures are in the result: no :class:`AvePointError` is raised.
    """
    began = timing.clock()
    secrets = Secrets(secrets_in(params))
    client = service = None
    outcome = Waited(None, 0, False, None)
    try:
        params = check_job_options(params, service_class, timing.now())
        secrets.add(*secrets_in(params))
        client = connect(params, service_class, secrets, timing, tokens)
        service = service_class(params, client, timing.now)
        with _switch_interval(SWITCH_INTERVAL):
            outcome = _poll(service, client, params, report, timing.clock)
    except AvePointError as error:
        outcome = outcome._replace(error=error)
    snapshot = outcome.snapshot or Snapshot([], split_ids(params["job_ids"] or ()), 0, False)
    summary = service_class.summary(snapshot)
    few = params["wait"] and not params["job_ids"] and summary["total"] < params["min_jobs"]
    if few or outcome.error is not None or snapshot.unread:
        # Jobs that do not exist yet, or could not be read, may not have finished.
        summary.update(all_finished=False, all_succeeded=False)
    result = {
        "changed": False,
        "product": service_class.name,
        "jobs": snapshot.jobs,
        "summary": summary,
        "missing_job_ids": snapshot.missing,
        "total_count": snapshot.total_count,
        "truncated": snapshot.truncated,
        "timed_out": outcome.timed_out,
        "polls": outcome.polls,
        **call_facts(client, began, timing),
    }
    if service is not None:
        result.update(mask(service.returns(), secrets))
    warnings = [*(service.warnings() if service else ()), *(client.warnings() if client else ())]
    if outcome.error is None:
        warnings += [
            f"Some jobs could not be read, and the wait ended without them: {each}" for each in snapshot.unread
        ]
    if warnings:
        result["warnings"] = mask(warnings, secrets)
    if outcome.error is not None:
        result.update(failure(outcome.error, secrets))
    return result


@contextlib.contextmanager
def _switch_interval(seconds: float) -> t.Iterator[None]:
    """Sets the switch interval of the threads of this process, which does nothing else meanwhile."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(seconds)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def call_facts(client: Client | None, began: float, timing: Timing) -> dict:
    """The return values about the call itself, which began at ``began`` on the clock of ``timing``; ``client`` may not exist yet."""
    return {
        "duration": round(timing.clock() - began, 3),
        "retries": client.sender.retries if client else 0,
        "clock_skew": None if client is None or client.skew is None else round(client.skew, 3),
    }


def _poll(
    service: Service, client: Client, params: dict, report: t.Callable[[Progress], None], clock: t.Callable[[], float]
) -> Waited:
    if not params["wait"]:
        client.sender.deadline = Deadline(LONGEST_CALL, clock)
        try:
            return Waited(service.poll(), 1, False, None)
        except AvePointError as error:
            if client.sender.deadline.remaining() <= 0:
                error.context.append(OutOfTime(f"{LONGEST_CALL // 3600} hours"))
            return Waited(None, 1, False, error)
    timeout = params["wait_timeout"]
    if timeout:
        client.sender.deadline = Deadline(timeout, clock)
    rules = Rules(
        timeout,
        params["wait_sleep"],
        timeout if params["appear_timeout"] is None else params["appear_timeout"],
        1 if params["job_ids"] else params["min_jobs"],
        params["fail_fast"],
    )
    return wait_for(service.poll, rules, client.sender.deadline, report, clock, client.sender.sleep)
