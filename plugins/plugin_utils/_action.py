# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the modules are run: in the controller's process where that means the same, else as any module; with live progress."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import signal
import sys
import threading
import time
import typing as t

from ansible import constants
from ansible.errors import AnsibleConnectionFailure
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values
from ansible.plugins.action import ActionBase
from ansible.plugins.action.normal import ActionModule as NormalAction
from ansible.utils.display import Display

from ansible_collections.avepoint.cloud.plugins.module_utils import _options
from ansible_collections.avepoint.cloud.plugins.module_utils._errors import ConnectionFailed
from ansible_collections.avepoint.cloud.plugins.module_utils._failure import failure
from ansible_collections.avepoint.cloud.plugins.module_utils._progress_file import (
    UNREAD_TIMEOUT,
    mark_of,
    read_progress,
)
from ansible_collections.avepoint.cloud.plugins.module_utils._run import run
from ansible_collections.avepoint.cloud.plugins.module_utils._secrets import secrets_in
from ansible_collections.avepoint.cloud.plugins.module_utils._service import Service
from ansible_collections.avepoint.cloud.plugins.module_utils._wait import Progress
from ansible_collections.avepoint.cloud.plugins.plugin_utils._progress import Watcher
from ansible_collections.avepoint.cloud.plugins.plugin_utils._token_folder import TokenFolder

# What the code itself reads when it runs. Any other variable may mean something to Python or to a library
# as the process starts, so a task that sets one gets a process of its own.
READ_AT_RUN_TIME = frozenset(
    ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "requests_ca_bundle", "curl_ca_bundle")
)

# How often a wait that runs elsewhere is looked after, in seconds: its progress (sooner at first, since many have nothing
# to wait for), and whether it is still alive.
READ_PROGRESS_FIRST = 0.25
READ_PROGRESS = 2.0
CHECK_ALIVE = 60.0

# How long a machine that cannot be reached is borne with, in seconds: less than the module there goes on unread.
HITCH = UNREAD_TIMEOUT - 60

# What a wait that runs elsewhere may take beyond its own wait_timeout before it is ended there.
GRACE = 300

# The name of the progress file in the folder that a wait elsewhere gets.
PROGRESS = "progress"

# Paths that the process environment may hold besides those of the options; requests reads the first two.
PATHS = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "AVEPOINT_RECORD")

# Return values that hold what the server said.
SERVED = ("jobs", "job", "baselines", "baseline", "report")


class InProcessAction(NormalAction):
    """The action plugin of a module; a subclass says what its options are, and how it is run here."""

    def spec(self) -> dict[str, dict]:
        """The options of the module."""
        raise NotImplementedError

    def work(self, params: dict, report: t.Callable[[Progress], None]) -> dict:
        """The result of the module with these options; ``report`` is told how far a wait is."""
        raise NotImplementedError

    @property
    def tokens(self) -> TokenFolder:
        """Where the tasks of this run share their tokens."""
        return TokenFolder(constants.DEFAULT_LOCAL_TMP)

    def followed_for(self, params: dict) -> int | None:
        """How many seconds a module that runs elsewhere may have to say how far it is; None where it has nothing to say."""
        return params["wait_timeout"] if params.get("wait") else None

    def run(self, tmp: t.Any = None, task_vars: dict | None = None) -> dict:
        inherited = {name: os.environ[name] for name in self._path_variables() if name in os.environ}
        with _environment(self._from_here(inherited)):
            return self._run(tmp, task_vars)

    def _run(self, tmp: t.Any, task_vars: dict | None) -> dict:
        # As modules get them: plain JSON values, whatever Ansible made of them
        paths = {name: value for name, value in self._task.args.items() if name in _options.paths(self.spec())}
        self._task.args = {**self._task.args, **self._from_here(paths)}
        args = json.loads(json.dumps(self._task.args, default=str))
        environment: dict[str, str] = {}
        self._compute_environment_string(environment)
        with _environment(environment):
            checked = ArgumentSpecValidator(self.spec()).validate(args)
            params = checked.validated_parameters
            if checked.error_messages:
                # The module says what is wrong at once, with all options, which are masked here.
                self._task.async_val = 0
                return remove_values(super().run(tmp, task_vars), secrets_in({**args, **params}))
            if self._task.async_val:
                return super().run(tmp, task_vars)
            if self._here(environment, task_vars or {}, params):
                result = ActionBase.run(self, tmp, task_vars)
                result.update(self._run_here(params, task_vars or {}))
                for twice in checked._warnings:
                    text = "Both option {option} and its alias {alias} are set.".format(**twice)
                    result.setdefault("warnings", []).append(text)
                return result
        seconds = self.followed_for(params)
        if seconds is not None and params["progress_file"] is None:
            return self._follow(tmp, task_vars or {}, seconds)
        return super().run(tmp, task_vars)

    def _path_variables(self) -> list[str]:
        return [*PATHS, *(f"AVEPOINT_{name.upper()}" for name in _options.paths(self.spec()))]

    def _compute_environment_string(self, raw_environment_out: dict | None = None) -> t.Any:
        variables: dict[str, t.Any] = {}
        super()._compute_environment_string(variables)
        paths = {name: value for name, value in variables.items() if name in self._path_variables()}
        variables.update(self._from_here(paths))
        if raw_environment_out is not None:
            raw_environment_out.update(variables)
        return self._connection._shell.env_prefix(**variables)

    def _from_here(self, paths: dict[str, t.Any]) -> dict[str, t.Any]:
        """``paths``, which on this machine begin where ansible-playbook was started, as absolute ones.

        Modules start in the folder of the playbook, in which nobody need stand. Elsewhere, there is no such place.
        """
        if self._connection.transport != "local":
            return paths
        # Somebody else's home folder and variables are not known here.
        theirs = ("~", "$") if self._connection.become else ()
        return {
            name: _options.absolute(
                name.lower().removeprefix("avepoint_"), os.path.expanduser(os.path.expandvars(value))
            )
            if isinstance(value, str) and value.strip() and not value.startswith(theirs)
            else value
            for name, value in paths.items()
        }

    def _here(self, environment: dict[str, str], task_vars: dict, params: dict) -> bool:
        """Whether the module would run on this machine, as this user, in this Python, and so can run in this process."""
        return (
            self._connection.transport == "local"
            and sys.platform != "darwin"  # which forbids a forked process to ask for the system's proxies
            and not self._connection.become
            and not params.get("progress_file")
            and all(name.startswith("AVEPOINT_") or name.lower() in READ_AT_RUN_TIME for name in environment)
            and _same_python(self._interpreter(task_vars))
        )

    def _interpreter(self, task_vars: dict) -> str:
        """The Python that Ansible would start the module with; empty where it has yet to discover one."""
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

        def beat() -> None:
            while not ended.wait(1.0):
                if _orphaned():
                    os.kill(os.getpid(), signal.SIGKILL)
                if params.get("wait"):
                    watcher.tick()

        threading.Thread(target=beat, daemon=True).start()
        try:
            result = self.work(params, watcher.update)
        finally:
            ended.set()
        # What comes from the server is free of secrets already.
        served = {name: result.pop(name) for name in SERVED if name in result}
        if _invocation_wanted(task_vars):
            result["invocation"] = {"module_args": params}
        result = remove_values(result, secrets_in(params))
        return {**result, **served}

    def _follow(self, tmp: t.Any, task_vars: dict, wait_timeout: int) -> dict:
        """Runs the module where the task runs, without blocking the connection, and reads its progress there."""
        # A folder of its own: that of async tasks is in a home folder, which a user may not have, and which $HOME and the
        # system's list of users may name differently.
        with _stopped_by_signals():
            made = self._low_level_execute_command(f'd="$(mktemp -d)" && touch "$d/{mark_of(PROGRESS)}" && echo "$d"')
            if made["rc"] != 0 or not str(made["stdout"]).strip():
                return super().run(tmp, task_vars)
            folder = str(made["stdout"]).strip().splitlines()[-1]
            try:
                return self._follow_in(folder, tmp, task_vars, wait_timeout)
            finally:
                # Without its folder, a module that still runs stops. Whatever becomes of this, the result stays.
                with contextlib.suppress(Exception):
                    self._low_level_execute_command(f"rm -rf {self._connection._shell.quote(folder)}")

    def _follow_in(self, folder: str, tmp: t.Any, task_vars: dict, wait_timeout: int) -> dict:
        result = ActionBase.run(self, tmp, task_vars)
        shell = self._connection._shell
        path = shell.join_path(folder, PROGRESS)
        async_dir = self.get_shell_option("async_dir", default="~/.ansible_async")
        self._task.async_val = wait_timeout + GRACE
        shell.set_option("async_dir", folder)
        try:
            started = self._execute_module(
                module_args={**self._task.args, "progress_file": path}, task_vars=task_vars, wrap_async=True
            )
        finally:
            self._task.async_val = 0
            shell.set_option("async_dir", async_dir)
        if started.get("failed") or "ansible_job_id" not in started:
            result.update(started)
            return result
        watcher = self._watcher(task_vars)
        heard_at = time.monotonic()
        shown = 0

        def ask(question: t.Callable[[], dict], otherwise: dict) -> dict:
            """The answer, or ``otherwise`` while the machine cannot be reached: like Ansible's own polling, one hitch ends nothing."""
            nonlocal heard_at
            try:
                answer = question()
            except AnsibleConnectionFailure:
                if time.monotonic() - heard_at > HITCH:
                    raise
                with contextlib.suppress(Exception):
                    self._connection.reset()
                return otherwise
            heard_at = time.monotonic()
            return answer

        def show() -> bool:
            """Shows what is new, and says whether the module is done."""
            nonlocal shown
            read = ask(
                lambda: self._low_level_execute_command(f"touch {shell.quote(mark_of(path))}; cat {shell.quote(path)}"),
                {"rc": 1},
            )
            reports, done = read_progress(str(read["stdout"])) if read["rc"] == 0 else ([], False)
            for progress in reports[shown:]:
                watcher.update(progress)
            shown = max(shown, len(reports))
            watcher.tick()
            return done

        alive_at = float("-inf")
        end = time.monotonic() + wait_timeout + 2 * GRACE
        pause = READ_PROGRESS_FIRST
        while True:
            time.sleep(pause)
            if _orphaned():
                os.kill(os.getpid(), signal.SIGTERM)
            pause = min(2 * pause, READ_PROGRESS)
            if show() or time.monotonic() - alive_at >= CHECK_ALIVE:
                alive_at = time.monotonic()
                status = ask(lambda: self._async_status(started["ansible_job_id"], folder, task_vars), {})
                if status.get("finished") or status.get("failed"):
                    show()  # what came while the status was asked for
                    break
                if alive_at > end:
                    status = failure(ConnectionFailed("The module was not heard of any more; did its machine restart?"))
                    break
        with contextlib.suppress(Exception):
            self._remove_tmp_path(shell.tmpdir)
        for name in ("ansible_job_id", "started", "finished", "results_file"):
            status.pop(name, None)
        if "invocation" in status:
            status["invocation"]["module_args"]["progress_file"] = None  # the task has not asked for it
        result.update(status)
        return result

    def _async_status(self, job_id: str, async_dir: str, task_vars: dict) -> dict:
        check_mode = self._task.check_mode
        self._task.check_mode = False  # up to ansible-core 2.17 it would not look in check mode
        try:
            return self._execute_module(
                module_name="ansible.legacy.async_status",
                module_args={"jid": job_id, "mode": "status", "_async_dir": async_dir},
                task_vars=task_vars,
            )
        finally:
            self._task.check_mode = check_mode

    def _watcher(self, task_vars: dict) -> Watcher:
        display = Display()
        host = str(task_vars.get("inventory_hostname", "localhost"))
        if self._task.delegate_to:
            host += f" -> {self._task.delegate_to}"
        # Where standard output is one document for a program, a line between would break it.
        for_programs = "json" in constants.DEFAULT_STDOUT_CALLBACK
        quiet = bool(self._task.no_log)
        return Watcher(host, lambda text: None if quiet else display.display(text, stderr=for_programs), time.monotonic)


class JobsAction(InProcessAction):
    """The action plugin of a job API; a subclass names its service."""

    service: t.ClassVar[type[Service]]

    def spec(self) -> dict[str, dict]:
        return _options.argument_spec(self.service)

    def work(self, params: dict, report: t.Callable[[Progress], None]) -> dict:
        return run(self.service, params, report, tokens=self.tokens)


def _invocation_wanted(task_vars: dict) -> bool:
    """Whether results hold the options: always, until ansible-core made it a setting."""
    if not constants.config.get_configuration_definition("INJECT_INVOCATION"):
        return True
    return bool(constants.config.get_config_value("INJECT_INVOCATION", variables=task_vars))


@contextlib.contextmanager
def _environment(variables: dict[str, str]) -> t.Iterator[None]:
    """What the task's ``environment`` says, for as long as it runs in this process."""
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


class Stopped(BaseException):
    """The run has been ended from outside."""


@contextlib.contextmanager
def _stopped_by_signals() -> t.Iterator[None]:
    """Lets what is inside clean up before a signal ends this process, of which Ansible does not care to wait."""
    if threading.current_thread() is not threading.main_thread():
        yield  # of a program that runs tasks in threads; signals are its own affair
        return
    received: list[int] = []

    def stop(number: int, frame: t.Any) -> None:
        if not received:
            received.append(number)
            raise Stopped

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if received:
            os.kill(os.getpid(), received[0])


def _orphaned() -> bool:
    """Whether the ansible-playbook that this is a worker of is there no more, as after a signal that kills it alone."""
    parent = multiprocessing.parent_process()
    return parent is not None and os.getppid() != parent.pid


def _same_python(interpreter: str) -> bool:
    """Whether a path is this Python. The folder counts: that is where a virtual environment has its libraries."""
    if not os.path.isabs(interpreter):
        return False
    current = sys.executable
    return os.path.realpath(os.path.dirname(interpreter)) == os.path.realpath(
        os.path.dirname(current)
    ) and os.path.realpath(interpreter) == os.path.realpath(current)
