# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._run_baselines import baselines_spec, run_baselines_info
from ansible_collections.avepoint.cloud.plugins.plugin_utils._action import InProcessAction


class ActionModule(InProcessAction):
    def spec(self) -> dict[str, dict]:
        return baselines_spec()

    def work(self, params: dict, report: t.Any) -> dict:
        return run_baselines_info(params, tokens=self.tokens)
