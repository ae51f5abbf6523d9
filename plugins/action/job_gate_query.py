# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible.plugins.action import ActionBase

from ansible_collections.avepoint.cloud.plugins.module_utils._errors import InvalidInput
from ansible_collections.avepoint.cloud.plugins.module_utils._failure import failure
from ansible_collections.avepoint.cloud.plugins.module_utils._services import SERVICES


class ActionModule(ActionBase):
    """Runs the jobs module of the product that the argument ``product`` names, with the other arguments."""

    def run(self, tmp: t.Any = None, task_vars: dict | None = None) -> dict:
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
