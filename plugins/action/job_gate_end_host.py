# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    """Marks the host as unreachable. Ansible then runs no more tasks of the play on it, not even those of a rescue."""

    _requires_connection = False

    def run(self, tmp: t.Any = None, task_vars: dict | None = None) -> dict:
        answer = super().run(tmp, task_vars)
        return {**answer, "unreachable": True, "changed": False, "msg": str(self._task.args.get("msg", ""))}
