# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sets the simulator's state, runs a program, and sees what comes of it: all in one, and in the process that runs the task.

Three modules in processes of their own would take longer than the ansible-playbook that they are about.

- state: what the simulator has from now on; not set where this is left out
- argv, environment, chdir: the program; none is run where this is left out
- rc: its exit status, 0 where this is left out
- says: regular expressions, each of which is found in what it printed, on one of both outputs
- says_not: texts that are nowhere in what it printed, beside stack traces
- log: whether to return what the simulator was asked

Returns rc, stdout, stdout_lines, printed (both outputs), and log.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import urllib.request
from typing import Any

from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    _supports_check_mode = False

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        wanted = self._task.args
        url = self._templar.template((task_vars or {})["simulator_url"])
        wrong = []
        if "state" in wanted:
            ask(f"{url}/simulator/state", wanted["state"])
        if "argv" in wanted:
            ran = subprocess.run(
                [str(word) for word in wanted["argv"]],
                check=False,
                cwd=wanted.get("chdir"),
                env={**os.environ, **{name: str(value) for name, value in wanted.get("environment", {}).items()}},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
            )
            printed = ran.stdout + ran.stderr
            result.update(rc=ran.returncode, stdout=ran.stdout, stdout_lines=ran.stdout.splitlines(), printed=printed)
            if ran.returncode != int(wanted.get("rc", 0)):
                wrong.append(f"it ended with {ran.returncode}")
            wrong += [f"it did not say {words}" for words in wanted.get("says", []) if not re.search(words, printed)]
            wrong += [f"it said {text}" for text in ["Traceback", *wanted.get("says_not", [])] if text in printed]
        if wanted.get("log"):
            result["log"] = ask(f"{url}/simulator/log")
        # said at any rate: Ansible takes an rc other than 0 for a failure
        result.update(failed=bool(wrong), msg="; ".join(wrong))
        return result


def ask(url: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, data, headers, method="PUT" if data else "GET")
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as answer:
        text = answer.read()
    return json.loads(text) if text else None
