# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Turns the options of the module that lists baselines into its result, in any process."""

from __future__ import annotations

from ansible_collections.avepoint.cloud.plugins.module_utils._baselines import Baseline, Baselines
from ansible_collections.avepoint.cloud.plugins.module_utils._checks import check_connection
from ansible_collections.avepoint.cloud.plugins.module_utils._client import Client
from ansible_collections.avepoint.cloud.plugins.module_utils._connect import connect
from ansible_collections.avepoint.cloud.plugins.module_utils._errors import AvePointError
from ansible_collections.avepoint.cloud.plugins.module_utils._failure import failure
from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import same_id
from ansible_collections.avepoint.cloud.plugins.module_utils._login import TokenStore
from ansible_collections.avepoint.cloud.plugins.module_utils._options import CONNECTION, split_ids
from ansible_collections.avepoint.cloud.plugins.module_utils._run import CONCURRENCY, LONGEST_CALL, call_facts
from ansible_collections.avepoint.cloud.plugins.module_utils._secrets import Secrets, secrets_in
from ansible_collections.avepoint.cloud.plugins.module_utils._sender import Deadline, Timing
from ansible_collections.avepoint.cloud.plugins.module_utils._start import plain_ids
from ansible_collections.avepoint.cloud.plugins.module_utils._text import mask


def baselines_spec() -> dict[str, dict]:
    """The argument spec of the module that lists baselines."""
    return {**CONNECTION, **Baselines.options}


def run_baselines_info(
    params: dict,
    timing: Timing = Timing(),  # noqa: B008 - a tuple that nobody can change
    tokens: TokenStore | None = None,
) -> dict:
    """The result of the module that lists baselines. ``timing`` and ``tokens`` are as in ``run``; no AvePointError is raised."""
    began = timing.clock()
    secrets = Secrets(secrets_in(params))
    client: Client | None = None
    baselines: list[Baseline] = []
    wanted: list[str] = []
    warnings: list[str] = []
    error: AvePointError | None = None
    try:
        params = check_connection(params, Baselines)
        secrets.add(*secrets_in(params))
        if params["baseline_ids"] is not None:
            wanted = plain_ids("baseline_ids", split_ids(params["baseline_ids"]))
        client = connect({**params, "max_concurrency": CONCURRENCY}, Baselines, secrets, timing, tokens)
        client.sender.deadline = Deadline(LONGEST_CALL, timing.clock)
        listed = Baselines(client)
        baselines = listed.read(wanted)
        warnings += listed.warnings()
    except AvePointError as raised:
        error = raised
    found = {same_id(baseline.id) for baseline in baselines}
    result = {
        "changed": False,
        "baselines": [baseline.details for baseline in baselines],
        "missing_baseline_ids": [baseline_id for baseline_id in wanted if same_id(baseline_id) not in found],
        **call_facts(client, began, timing),
    }
    warnings += client.warnings() if client else ()
    if warnings:
        result["warnings"] = mask(warnings, secrets)
    if error is not None:
        result.update(failure(error, secrets))
    return result
