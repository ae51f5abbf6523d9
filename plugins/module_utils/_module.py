# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The common code of the modules: passes their options to :func:`_run.run`, and its result to Ansible."""

from __future__ import annotations

import os
import sys
import threading
import time
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.avepoint.cloud.plugins.module_utils._errors import ConnectionFailed, InvalidInput
from ansible_collections.avepoint.cloud.plugins.module_utils._failure import failure
from ansible_collections.avepoint.cloud.plugins.module_utils._options import argument_spec
from ansible_collections.avepoint.cloud.plugins.module_utils._run import run
from ansible_collections.avepoint.cloud.plugins.module_utils._secrets import secrets_in, shown_path
from ansible_collections.avepoint.cloud.plugins.module_utils._service import Service
from ansible_collections.avepoint.cloud.plugins.module_utils._wait import Progress

if t.TYPE_CHECKING:
    from ansible_collections.avepoint.cloud.plugins.module_utils._progress_file import Mark, ProgressFile


def main(service: type[Service]) -> None:
    """Runs the module for the jobs of a product."""
    run_as_module(argument_spec(service), lambda module, report: run(service, module.params, report))


def run_as_module(
    spec: dict[str, dict], perform: t.Callable[[AnsibleModule, t.Callable[[Progress], None]], dict]
) -> None:
    """Runs ``perform(module, report)`` with the options in ``spec``, and gives its result to Ansible.

    ``report`` takes the progress of a wait.
    """
    module = start(spec)
    progress = _open_progress_file(module) if module.params.get("progress_file") else None
    result = perform(module, progress.report if progress else lambda progress: None)
    if progress:
        progress.done()
    finish(module, result)


def start(spec: dict[str, dict]) -> AnsibleModule:
    """The module with the options in ``spec``. It supports check mode, and Ansible masks the secrets in its options."""
    module = AnsibleModule(argument_spec=spec, supports_check_mode=True)
    path = module.params["client_certificate"]
    if path and shown_path(path):
        module.no_log_values.discard(path)
    module.no_log_values.update(secrets_in(module.params))
    return module


def finish(module: AnsibleModule, result: dict) -> None:
    """Ends the module with its result."""
    for warning in result.pop("warnings", ()):
        module.warn(warning)
    if result.get("failed"):
        module.fail_json(**result)
    module.exit_json(**result)


def _open_progress_file(module: AnsibleModule) -> ProgressFile:
    """Creates the progress file, and a thread that ends this process if nobody reads the file any more."""
    # Imported here, since most tasks do not need it.
    from ansible_collections.avepoint.cloud.plugins.module_utils._progress_file import Mark, ProgressFile

    path = module.params["progress_file"]
    try:
        progress = ProgressFile(path)
    except InvalidInput as error:
        module.fail_json(**failure(error))
    threading.Thread(target=_stop_unread, args=(module, Mark(path)), daemon=True).start()
    return progress


def _stop_unread(module: AnsibleModule, mark: Mark, pause: t.Callable[[float], t.Any] = time.sleep) -> None:
    """Ends this process, whatever it is doing, when nobody reads the progress any more; runs in a thread."""
    while not mark.unread():
        pause(1.0)
    try:
        unread = ConnectionFailed("Nobody reads the progress of this wait any more, so it was given up")
        module.fail_json(**failure(unread))
    finally:
        sys.stdout.flush()
        os._exit(1)
