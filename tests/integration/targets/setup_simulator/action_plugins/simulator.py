# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One order to the simulator's control API, in the process of ansible-playbook: `uri` takes ten times as long.

    - name: Set the state
      simulator: {method: PUT, path: state, body: {clients: []}}

The body can be JSON already, or in a `file`. What is answered is in `json` of the result.
For targets that depend on setup_simulator; `url` is that of another simulator.
"""

from __future__ import annotations

import json
import pathlib
from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.avepoint.cloud.tests.simulator.client import exchange


class ActionModule(ActionBase):
    def run(self, tmp: Any = None, task_vars: Any = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        given = self._task.args
        url = given.get("url") or self._templar.template(task_vars["simulator_url"])
        if "file" in given:
            body = pathlib.Path(given["file"]).read_bytes()
        else:
            given_body = given.get("body", "")
            body = (given_body if isinstance(given_body, str) else json.dumps(given_body)).encode()
        status, told = exchange(url, given["method"], given["path"], body)
        result.update(changed=False, json=told, failed=status != 200)
        return result
