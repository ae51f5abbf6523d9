# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules do: their options to :func:`_run.run`, its result to Ansible."""

from __future__ import annotations

import json
import os
import time
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.avepoint.cloud.plugins.module_utils import _options
from ansible_collections.avepoint.cloud.plugins.module_utils._run import run
from ansible_collections.avepoint.cloud.plugins.module_utils._service import Service

# How long a wait goes on that nobody looks after, in seconds: longer than the action plugin bears with a connection that fails.
UNREAD_TIMEOUT = 600


def main(service: type[Service]) -> None:
    """Runs as the module of a job API."""
    module = AnsibleModule(argument_spec=_options.argument_spec(service), supports_check_mode=True)
    path = module.params["client_certificate"]
    if path and _options.shown_path(path):
        module.no_log_values.discard(path)
    module.no_log_values.update(_options.secrets(module.params))
    write = _create(module, module.params["progress_file"]) if module.params["progress_file"] else lambda line: None
    result = run(service, module.params, lambda progress: write(progress._asdict()))
    write({"done": True})
    module.no_log_values.update(_options.secrets(module.params))
    for warning in result.pop("warnings", ()):
        module.warn(warning)
    if result.get("failed"):
        module.fail_json(**result)
    module.exit_json(**result)


def _create(module: AnsibleModule, path: str) -> t.Callable[[dict], t.Any]:
    """Makes the progress file; what it returns appends a line of JSON."""
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
    except (OSError, ValueError) as error:
        module.fail_json(
            msg=f"progress_file cannot be created: {getattr(error, 'strerror', error)}; it must not exist yet.",
            error={"code": "invalid_input", "http_status": None, "request_id": None},
        )

    def append(line: dict) -> None:
        if _unread(f"{path}.read"):
            module.fail_json(
                msg="Nobody reads the progress of this wait any more, so it was given up.",
                error={"code": "connection_failed", "http_status": None, "request_id": None},
            )
        os.write(file, json.dumps(line).encode() + b"\n")

    return append


def _unread(mark: str) -> bool:
    """Whether the action plugin, which touches ``mark`` each time it reads, has not done so for long; not where there is none."""
    try:
        return time.time() - os.stat(mark).st_mtime > UNREAD_TIMEOUT
    except OSError:
        return False
