# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One order to the simulator's control API, in the process of ansible-playbook: `uri` takes ten times as long.

    - name: Set the state
      simulator: {method: PUT, path: state, body: {clients: []}}

A `file` can have the body instead. What it answers is in `json` of the result. For targets that depend on setup_simulator; `url` is that of another simulator.
"""

from __future__ import annotations

import json
import pathlib
import ssl
import urllib.error
import urllib.request
from typing import Any

from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: Any = None, task_vars: Any = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        given = self._task.args
        url = given.get("url") or self._templar.template(task_vars["simulator_url"])
        if "file" in given:
            body: bytes | None = pathlib.Path(given["file"]).read_bytes()
        else:
            body = json.dumps(given["body"]).encode() if "body" in given else None
        request = urllib.request.Request(
            f"{url}/simulator/{given['path']}", body, {"Content-Type": "application/json"}, method=given["method"]
        )
        # The server's certificate may be wrong on purpose, and this goes to loopback only, through no proxy.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
        )
        try:
            with opener.open(request, timeout=60) as answer:
                return {**result, "changed": False, "json": json.load(answer)}
        except urllib.error.HTTPError as error:
            return {**result, "failed": True, "msg": f"HTTP {error.code}: {error.read().decode('utf-8', 'replace')}"}
