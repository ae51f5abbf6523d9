# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action plugin of modules that start something."""

from __future__ import annotations

import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._run_start import run_start, start_spec, unheard, words
from ansible_collections.avepoint.cloud.plugins.module_utils._start import Starter
from ansible_collections.avepoint.cloud.plugins.module_utils._wait import Progress
from ansible_collections.avepoint.cloud.plugins.plugin_utils._action import InProcessAction
from ansible_collections.avepoint.cloud.plugins.plugin_utils._followed_action import Stopped
from ansible_collections.avepoint.cloud.plugins.plugin_utils._progress import Watcher


class StartAction(InProcessAction):
    """The action plugin of a module that starts something; a subclass names its starter."""

    starter: t.ClassVar[type[Starter]]

    def spec(self) -> dict[str, dict]:
        return start_spec(self.starter)

    def work(self, params: dict, report: t.Callable[[Progress], None]) -> dict:
        return run_start(self.starter, params, self._task.check_mode, report, tokens=self.tokens)

    def followed_for(self, params: dict) -> int | None:
        self._params = params
        # The module reports before it starts something. If it is lost, that report tells whether it may have started something,
        # so its progress is followed even if it does not wait.
        return None if self._task.check_mode else params["wait_timeout"]

    def _watcher(self, task_vars: dict) -> Watcher:
        self._watched = super()._watcher(task_vars)
        return self._watched

    def _follow_in(self, folder: str, tmp: t.Any, task_vars: dict, wait_timeout: int) -> dict:
        try:
            result = super()._follow_in(folder, tmp, task_vars, wait_timeout)
        except (KeyboardInterrupt, SystemExit, Stopped):
            raise
        except BaseException as stop:  # noqa: BLE001 - a timeout of the task or a lost connection; the module may still run
            return unheard(self.starter, self._params, f"no more was heard of the module ({words(stop)})")
        if result.get("failed") and "product" not in result and self._watched.said:
            result.update(unheard(self.starter, self._params, str(result.get("msg")).rstrip(". ")))
        return result
