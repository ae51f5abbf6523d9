# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One order to the simulator's control API, in the process of ansible-playbook: `uri` takes ten times as long.

    - name: Set the state
      simulator: {method: PUT, path: state, body: {clients: []}}

The body can be JSON already, or in a `file`. What is answered is in `json` of the result.
For targets that depend on setup_simulator; `url` is that of another simulator.
"""

from __future__ import annotations

import http.client
import json
import pathlib
import ssl
from typing import Any
from urllib.parse import urlsplit

from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    def run(self, tmp: Any = None, task_vars: Any = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        given = self._task.args
        where = urlsplit(given.get("url") or self._templar.template(task_vars["simulator_url"]))
        if "file" in given:
            body = pathlib.Path(given["file"]).read_bytes()
        else:
            given_body = given.get("body", "")
            body = (given_body if isinstance(given_body, str) else json.dumps(given_body)).encode()
        connection: http.client.HTTPConnection
        if where.scheme == "https":
            # The server's certificate may be wrong on purpose, and this goes to loopback only.
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            connection = http.client.HTTPSConnection(str(where.hostname), where.port, timeout=60, context=context)
        else:
            connection = http.client.HTTPConnection(str(where.hostname), where.port, timeout=60)
        try:
            connection.request(
                given["method"], f"/simulator/{given['path']}", body, {"Content-Type": "application/json"}
            )
            answer = connection.getresponse()
            told = json.loads(answer.read())
        finally:
            connection.close()
        result.update(changed=False, json=told, failed=answer.status != 200)
        return result
