# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible import constants
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.playbook.task_include import TaskInclude
from ansible.plugins.action import ActionBase
from ansible.utils.fqcn import add_internal_fqcns

from ansible_collections.avepoint.cloud.plugins.module_utils._errors import InvalidInput
from ansible_collections.avepoint.cloud.plugins.module_utils._failure import failure
from ansible_collections.avepoint.cloud.plugins.module_utils._services import SERVICES

# The strategies that run a task with run_once on one host.
ONE_HOST = add_internal_fqcns(("linear", "debug"))


class ActionModule(ActionBase):
    """Runs the jobs module of the product that the argument ``product`` names, with the other arguments.

    With the argument ``begin``, it only says whether one host has included the role for all of them.
    """

    def run(self, tmp: t.Any = None, task_vars: dict | None = None) -> dict:
        strategy = self._task.get_play().strategy
        if self._task.args.get("begin"):
            once = strategy in ONE_HOST and self._is_included_once()
            return {"changed": False, "included_once": once, "run": constants.DEFAULT_LOCAL_TMP}
        hosts = (task_vars or {}).get("ansible_play_hosts_all") or ()
        if self._task.run_once and len(hosts) != 1 and strategy not in ONE_HOST:
            # Other strategies run it on each host, and register each result for all hosts: one that passed can replace a failure. The
            # result of another task can replace this one as well, and so the warning says it too.
            refusal = failure(
                InvalidInput(
                    f"run_once does not work with the strategy {strategy}, where each host runs the gate and takes the verdict of "
                    "another: set strategy: linear for the play, or leave run_once out"
                )
            )
            return {**refusal, "warnings": [refusal["msg"]]}
        task = self._task.copy(exclude_tasks=True)
        task.args = dict(task.args)
        product = task.args.pop("product", None)
        if product not in SERVICES:
            return failure(InvalidInput(f"product must be one of {', '.join(SERVICES)}"))
        task.action = f"avepoint.cloud.avepoint_{product}_jobs_info"
        action = self._shared_loader_obj.action_loader.get(
            task.action,
            task=task,
            connection=self._connection,
            play_context=self._play_context,
            loader=self._loader,
            templar=self._templar,
            shared_loader_obj=self._shared_loader_obj,
        )
        return t.cast("dict", action.run(tmp, task_vars))

    def _is_included_once(self) -> bool:
        """Whether a task with run_once has included the role, so that the other hosts of the play do not run it."""
        parent = self._task._parent
        while parent is not None:
            if isinstance(parent, TaskInclude) and boolean(self._templar.template(parent.run_once), strict=False):
                return True
            parent = parent._parent
        return False
