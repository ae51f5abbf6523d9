# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a module on its target as an async task, and shows how far it is until it ends."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import time
import typing as t

from ansible import constants
from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.action import ActionBase
from ansible.plugins.action.normal import ActionModule as NormalAction
from ansible.utils.display import Display

from ansible_collections.avepoint.cloud.plugins.module_utils._errors import ConnectionFailed
from ansible_collections.avepoint.cloud.plugins.module_utils._failure import failure
from ansible_collections.avepoint.cloud.plugins.module_utils._progress_file import (
    UNREAD_TIMEOUT,
    mark_of,
    read_progress,
)
from ansible_collections.avepoint.cloud.plugins.plugin_utils._progress import Watcher

# Intervals in seconds for a module that runs elsewhere: reading its progress file (sooner at first, because many waits end at
# once), and asking whether it still runs.
READ_PROGRESS_FIRST = 0.25
READ_PROGRESS = 2.0
CHECK_ALIVE = 60.0

# How many seconds the target may be unreachable before the task fails. It is less than UNREAD_TIMEOUT, after which the module
# gives up because nobody reads its progress.
HITCH = UNREAD_TIMEOUT - 60

# A module that runs elsewhere is killed there so many seconds after its own wait_timeout.
GRACE = 300

# The name of the progress file in the temporary folder on the target.
PROGRESS = "progress"


class FollowedAction(NormalAction):
    """The action plugin of a module whose progress file can be followed."""

    def follow(self, tmp: t.Any, task_vars: dict, wait_timeout: int) -> dict:
        """Runs the module on the target as an async task and shows its progress; returns its result."""
        # In a temporary folder, not in ~/.ansible_async: a user may have no home folder, and $HOME may differ from the one in
        # the system's user database.
        with _stopped_by_signals():
            made = self._low_level_execute_command(f'd="$(mktemp -d)" && touch "$d/{mark_of(PROGRESS)}" && echo "$d"')
            if made["rc"] != 0 or not str(made["stdout"]).strip():
                return super().run(tmp, task_vars)
            folder = str(made["stdout"]).strip().splitlines()[-1]
            try:
                return self._follow_in(folder, tmp, task_vars, wait_timeout)
            finally:
                # A module that still runs stops when its folder is gone. An error here must not replace the result.
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
            """Returns what ``question`` returns, or ``otherwise`` while the target cannot be reached, for at most HITCH seconds.

            Ansible's own polling of async tasks tolerates connection failures too.
            """
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
            """Shows the reports that are new, and returns whether the module is done."""
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
            if orphaned():
                os.kill(os.getpid(), signal.SIGTERM)
            pause = min(2 * pause, READ_PROGRESS)
            if show() or time.monotonic() - alive_at >= CHECK_ALIVE:
                alive_at = time.monotonic()
                status = ask(lambda: self._async_status(started["ansible_job_id"], folder, task_vars), {})
                if status.get("finished") or status.get("failed"):
                    show()  # reports that were written while the status was requested
                    break
                if alive_at > end:
                    status = failure(ConnectionFailed("The module was not heard of any more; did its machine restart?"))
                    break
        with contextlib.suppress(Exception):
            self._remove_tmp_path(shell.tmpdir)
        for name in ("ansible_job_id", "started", "finished", "results_file"):
            status.pop(name, None)
        if "invocation" in status:
            status["invocation"]["module_args"]["progress_file"] = None  # the task did not set it
        result.update(status)
        return result

    def _async_status(self, job_id: str, async_dir: str, task_vars: dict) -> dict:
        check_mode = self._task.check_mode
        self._task.check_mode = False  # async_status of ansible-core up to 2.17 does not support check mode
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
        # A JSON callback prints one document on stdout, which progress lines would break.
        is_json = "json" in constants.DEFAULT_STDOUT_CALLBACK
        quiet = bool(self._task.no_log)
        return Watcher(host, lambda text: None if quiet else display.display(text, stderr=is_json), time.monotonic)


class Stopped(BaseException):
    """A signal asked this process to end."""


@contextlib.contextmanager
def _stopped_by_signals() -> t.Iterator[None]:
    """Raises :class:`Stopped` inside at the first SIGINT, SIGTERM or SIGHUP, and sends that signal again at the end.

    So the code inside can clean up first. Ansible itself does not wait for this process.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # handlers can only be set in the main thread; a program that runs tasks in threads handles signals itself
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


def orphaned() -> bool:
    """Whether the ansible-playbook that forked this worker has ended, for instance by SIGKILL, without ending its workers."""
    parent = multiprocessing.parent_process()
    return parent is not None and os.getppid() != parent.pid
