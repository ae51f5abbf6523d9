# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._access import OPTIONS, check_access
from ansible_collections.avepoint.cloud.plugins.module_utils._wait import Progress
from ansible_collections.avepoint.cloud.plugins.plugin_utils._action import InProcessAction


class ActionModule(InProcessAction):
    """Checks access from where the modules of jobs would run too: the controller's process, if that is possible."""

    def spec(self) -> dict[str, dict]:
        return OPTIONS

    def work(self, params: dict, report: t.Callable[[Progress], None]) -> dict:
        return check_access(params)
