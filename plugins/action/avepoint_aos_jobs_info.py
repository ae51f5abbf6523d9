# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.avepoint.cloud.plugins.module_utils._aos import Aos
from ansible_collections.avepoint.cloud.plugins.plugin_utils._action import JobsAction


class ActionModule(JobsAction):
    service = Aos
