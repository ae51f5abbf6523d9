# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: waiting_json
type: stdout
short_description: One JSON document on standard output, as the callbacks of this kind do
description: For programs that run playbooks.
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "waiting_json"

    def __init__(self):
        super().__init__()
        self._results = []

    def v2_runner_on_ok(self, result):
        self._results.append({"host": result._host.get_name(), "task": result._task.get_name(), "failed": False})

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self._results.append({"host": result._host.get_name(), "task": result._task.get_name(), "failed": True})

    def v2_playbook_on_stats(self, stats):
        self._display.display(json.dumps(self._results))
