# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.avepoint.cloud.plugins.module_utils._baseline_starts import CreateBaseline
from ansible_collections.avepoint.cloud.plugins.plugin_utils._start_action import StartAction


class ActionModule(StartAction):
    starter = CreateBaseline
