# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The common code of the modules that start something, and of the module that lists baselines."""

from __future__ import annotations

from ansible_collections.avepoint.cloud.plugins.module_utils._module import run_as_module
from ansible_collections.avepoint.cloud.plugins.module_utils._run_baselines import baselines_spec, run_baselines_info
from ansible_collections.avepoint.cloud.plugins.module_utils._run_start import run_start, start_spec
from ansible_collections.avepoint.cloud.plugins.module_utils._start import Starter


def main(starter: type[Starter]) -> None:
    """Runs the module of a starter."""
    run_as_module(
        start_spec(starter),
        lambda module, report: run_start(starter, module.params, module.check_mode, report),
    )


def main_baselines_info() -> None:
    """Runs the module that lists baselines."""
    run_as_module(baselines_spec(), lambda module, _report: run_baselines_info(module.params))
