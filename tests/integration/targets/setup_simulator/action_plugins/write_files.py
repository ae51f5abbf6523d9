# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files in a folder of this machine, in the process of ansible-playbook: `copy` takes ten times as long, for each of them.

    - name: Write an inventory and a program
      write_files:
        folder: "{{ output_dir }}/example"
        files: {hosts.json: {all: {hosts: {one: {}}}}, program: "#!/bin/sh\n"}

What is no text is written as JSON, and what begins as a program can be run. The folder is made, for its owner alone.
"""

from __future__ import annotations

import json
import pathlib
from typing import Any

from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    _requires_connection = False

    def run(self, tmp: Any = None, task_vars: Any = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        folder = pathlib.Path(self._task.args["folder"])
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, content in self._task.args.get("files", {}).items():
            text = content if isinstance(content, str) else json.dumps(content)
            path = folder / name
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
            path.chmod(0o755 if text.startswith("#!") else 0o600)
        return {**result, "changed": True}
