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
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.avepoint.cloud.tests.simulator.client import exchange

LISTS = {"argv", "says", "says_not"}
OPTIONS = {"state", "environment", "chdir", "rc", "log"} | LISTS


class ActionModule(ActionBase):
    _supports_check_mode = False

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        wanted = self._task.args
        # else what is misspelled would not be looked for
        if unknown := wanted.keys() - OPTIONS:
            raise AnsibleActionFail(f"simulated_run has no {', '.join(sorted(unknown))}")
        if texts := [name for name in LISTS if isinstance(wanted.get(name), str)]:
            raise AnsibleActionFail(f"simulated_run wants lists for {', '.join(texts)}")
        url = self._templar.template((task_vars or {})["simulator_url"])
        wrong = []
        if "state" in wanted:
            ask(url, "PUT", "state", json.dumps(wanted["state"]).encode())
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
            result["log"] = ask(url, "GET", "log")
        # said at any rate: Ansible takes an rc other than 0 for a failure
        result.update(failed=bool(wrong), msg="; ".join(wrong))
        return result


def ask(url: str, method: str, name: str, content: bytes | None = None) -> Any:
    """What the simulator answers."""
    status, answer = exchange(url, method, name, content)
    if status != 200:
        raise AnsibleActionFail(f"The simulator answers {method} {name} with {status}: {answer!r}")
    return answer
