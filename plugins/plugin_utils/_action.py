# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action plugins that run a module in the controller's process if the result is the same, else as an ordinary module.

Both ways show the progress of a wait while it runs.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import threading
import typing as t

from ansible import constants
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values
from ansible.plugins.action import ActionBase

from ansible_collections.avepoint.cloud.plugins.module_utils import _options
from ansible_collections.avepoint.cloud.plugins.module_utils._run import run
from ansible_collections.avepoint.cloud.plugins.module_utils._secrets import secrets_in
from ansible_collections.avepoint.cloud.plugins.module_utils._service import Service
from ansible_collections.avepoint.cloud.plugins.module_utils._wait import Progress
from ansible_collections.avepoint.cloud.plugins.plugin_utils._followed_action import FollowedAction, orphaned
from ansible_collections.avepoint.cloud.plugins.plugin_utils._token_folder import TokenFolder

# Environment variables that are read during a request. Python or a library may read any other variable when the process
# starts, so a task that sets one runs as an ordinary module.
READ_AT_RUN_TIME = frozenset(
    ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "requests_ca_bundle", "curl_ca_bundle")
)

# Environment variables that hold a path and belong to no option; requests reads the first two.
PATHS = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "AVEPOINT_RECORD")

# Return values with data from the server.
SERVED = ("jobs", "job", "baselines", "baseline", "report")


class InProcessAction(FollowedAction):
    """The action plugin of a module; a subclass defines the options and how to run the module in this process."""

    def spec(self) -> dict[str, dict]:
        """The argument spec of the module."""
        raise NotImplementedError

    def work(self, params: dict, report: t.Callable[[Progress], None]) -> dict:
        """Runs the module in this process and returns its result.

        :arg params: the options, as validated against the argument spec
        :arg report: called with the progress after each poll of a wait
        """
        raise NotImplementedError

    @property
    def tokens(self) -> TokenFolder:
        """The folder in which the tasks of this run of ansible-playbook share their tokens."""
        return TokenFolder(constants.DEFAULT_LOCAL_TMP)

    def followed_for(self, params: dict) -> int | None:
        """The ``wait_timeout`` in seconds of a module whose progress is followed when it runs elsewhere; None if it is not."""
        return params["wait_timeout"] if params.get("wait") else None

    def run(self, tmp: t.Any = None, task_vars: dict | None = None) -> dict:
        inherited = {name: os.environ[name] for name in self._path_variables() if name in os.environ}
        with _environment(self._absolute_paths(inherited)):
            return self._run(tmp, task_vars)

    def _run(self, tmp: t.Any, task_vars: dict | None) -> dict:
        # A module gets plain JSON values, so the types that Ansible wraps values in are removed here too.
        paths = {name: value for name, value in self._task.args.items() if name in _options.paths(self.spec())}
        self._task.args = {**self._task.args, **self._absolute_paths(paths)}
        args = json.loads(json.dumps(self._task.args, default=str))
        environment: dict[str, str] = {}
        self._compute_environment_string(environment)
        with _environment(environment):
            checked = ArgumentSpecValidator(self.spec()).validate(args)
            params = checked.validated_parameters
            if checked.error_messages:
                # The module reports the faults. It fails at once, so `async` is not needed. Its result has all options: mask them.
                self._task.async_val = 0
                return remove_values(super().run(tmp, task_vars), secrets_in({**args, **params}))
            if self._task.async_val:
                return super().run(tmp, task_vars)
            if self._can_run_here(environment, task_vars or {}, params):
                result = ActionBase.run(self, tmp, task_vars)
                result.update(self._run_here(params, task_vars or {}))
                for duplicate in checked._warnings:
                    text = "Both option {option} and its alias {alias} are set.".format(**duplicate)
                    result.setdefault("warnings", []).append(text)
                return result
        seconds = self.followed_for(params)
        if seconds is not None and params["progress_file"] is None:
            return self.follow(tmp, task_vars or {}, seconds)
        return super().run(tmp, task_vars)

    def _path_variables(self) -> list[str]:
        return [*PATHS, *(f"AVEPOINT_{name.upper()}" for name in _options.paths(self.spec()))]

    def _compute_environment_string(self, raw_environment_out: dict | None = None) -> t.Any:
        variables: dict[str, t.Any] = {}
        super()._compute_environment_string(variables)
        paths = {name: value for name, value in variables.items() if name in self._path_variables()}
        variables.update(self._absolute_paths(paths))
        if raw_environment_out is not None:
            raw_environment_out.update(variables)
        return self._connection._shell.env_prefix(**variables)

    def _absolute_paths(self, paths: dict[str, t.Any]) -> dict[str, t.Any]:
        """``paths`` (by the name of their option or variable) as absolute paths, if the connection is local; else unchanged.

        A relative path starts at the folder in which ansible-playbook was started. Ansible starts modules in the folder of
        the playbook instead. On a remote host, that folder does not exist.
        """
        if self._connection.transport != "local":
            return paths
        # With become, `~` and variables belong to the other user, whose home and environment are not known here.
        unresolved = ("~", "$") if self._connection.become else ()
        return {
            name: _options.absolute(
                name.lower().removeprefix("avepoint_"), os.path.expanduser(os.path.expandvars(value))
            )
            if isinstance(value, str) and value.strip() and not value.startswith(unresolved)
            else value
            for name, value in paths.items()
        }

    def _can_run_here(self, environment: dict[str, str], task_vars: dict, params: dict) -> bool:
        """Whether the module would run on this machine, as this user, in this Python, and so can run in this process."""
        return (
            self._connection.transport == "local"
            and sys.platform != "darwin"  # macOS does not let a forked process ask for the system's proxies
            and not self._connection.become
            and not params.get("progress_file")
            and all(name.startswith("AVEPOINT_") or name.lower() in READ_AT_RUN_TIME for name in environment)
            and _same_python(self._interpreter(task_vars))
        )

    def _interpreter(self, task_vars: dict) -> str:
        """The path of the Python that Ansible would run the module with; empty if Ansible has not discovered it yet."""
        if self._task.delegate_to:
            task_vars = task_vars.get("ansible_delegated_vars", {}).get(self._task.delegate_to, {})
        configured = constants.config.get_config_value("INTERPRETER_PYTHON", variables=task_vars)
        interpreter = str(self._templar.template(configured) or "auto").strip()
        if interpreter.startswith("auto"):
            return str(task_vars.get("ansible_facts", {}).get("discovered_interpreter_python", ""))
        return interpreter

    def _run_here(self, params: dict, task_vars: dict) -> dict:
        watcher = self._watcher(task_vars)
        ended = threading.Event()

        def heartbeat() -> None:
            while not ended.wait(1.0):
                if orphaned():
                    os.kill(os.getpid(), signal.SIGKILL)
                if params.get("wait"):
                    watcher.tick()

        threading.Thread(target=heartbeat, daemon=True).start()
        try:
            result = self.work(params, watcher.update)
        finally:
            ended.set()
        # The data from the server are masked already.
        served = {name: result.pop(name) for name in SERVED if name in result}
        if _invocation_wanted(task_vars):
            result["invocation"] = {"module_args": params}
        result = remove_values(result, secrets_in(params))
        return {**result, **served}


class JobsAction(InProcessAction):
    """The action plugin of a module that lists jobs; a subclass names its service."""

    service: t.ClassVar[type[Service]]

    def spec(self) -> dict[str, dict]:
        return _options.argument_spec(self.service)

    def work(self, params: dict, report: t.Callable[[Progress], None]) -> dict:
        return run(self.service, params, report, tokens=self.tokens)


def _invocation_wanted(task_vars: dict) -> bool:
    """Whether results contain the options (``invocation``). ansible-core without the setting INJECT_INVOCATION always adds them."""
    if not constants.config.get_configuration_definition("INJECT_INVOCATION"):
        return True
    return bool(constants.config.get_config_value("INJECT_INVOCATION", variables=task_vars))


@contextlib.contextmanager
def _environment(variables: dict[str, str]) -> t.Iterator[None]:
    """Sets environment variables of this process, and restores their old values at the end."""
    before = {name: os.environ.get(name) for name in variables}
    try:
        os.environ.update({name: str(value) for name, value in variables.items()})
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _same_python(interpreter: str) -> bool:
    """Whether the path ``interpreter`` is the Python of this process.

    The folder has to be the same too: a virtual environment links to the same file but has its own libraries.
    """
    if not os.path.isabs(interpreter):
        return False
    current = sys.executable
    return os.path.realpath(os.path.dirname(interpreter)) == os.path.realpath(
        os.path.dirname(current)
    ) and os.path.realpath(interpreter) == os.path.realpath(current)
