# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The verdict that this run of the role ``job_gate`` has registered.

Private to this collection: names and behaviour can change with any release.
"""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.avepoint.cloud.plugins.plugin_utils._gate import judge
from ansible_collections.avepoint.cloud.plugins.plugin_utils._gate_requirements import requirements


def marked_verdict(registered: t.Any, run: str) -> tuple[dict, str]:
    """The verdict in the registered result of the task that judges; without one, a verdict that did not pass.

    :arg registered: the result, which other code of the playbook could have set
    :arg run: the random mark of this run of the role; a verdict without it is ignored
    :returns: the verdict, and the host that ran the gate; the host is empty if there is no verdict
    """
    facts = registered.get("ansible_facts") if isinstance(registered, dict) else None
    if (
        isinstance(facts, dict)
        and facts.get("__job_gate_run") == run
        and isinstance(facts.get("__job_gate_verdict"), dict)
        and facts.get("__job_gate_host")
    ):
        return facts["__job_gate_verdict"], str(facts["__job_gate_host"])
    return judge(None, requirements(), datetime.datetime.now(datetime.timezone.utc)), ""
