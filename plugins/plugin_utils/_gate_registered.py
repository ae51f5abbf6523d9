# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What this run of the role ``job_gate`` has registered: its verdict, and whether one host runs it for all.

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


def included_once(registered: t.Any, run: str) -> bool:
    """Whether one host has included the role for all hosts of the play, as the task that sees it has registered.

    :arg registered: the result, which other code of the playbook could have set
    :arg run: as for :func:`marked_verdict`; a result without this mark is ignored
    :returns: true as well if it is not known: then a gate that does not pass fails all hosts
    """
    if not isinstance(registered, dict) or registered.get("run") != run:
        return True
    return registered.get("included_once") is not False
