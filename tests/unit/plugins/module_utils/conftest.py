# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import importlib
import os

import pytest

from ansible_collections.avepoint.cloud.tests.simulator.client import Simulator
from ansible_collections.avepoint.cloud.tests.unit.plugins.module_utils.support import Cloud

# ansible-test runs each test in a fork. Importing jsonschema before that saves the time in each fork.
importlib.import_module("jsonschema")


@pytest.fixture
def cloud(simulator: Simulator) -> Cloud:
    return Cloud(simulator)


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Removes environment variables that set addresses, proxies, CA bundles or credentials."""
    for name in list(os.environ):
        if name.startswith("AVEPOINT_") or name.lower().endswith("_proxy") or name.endswith("CA_BUNDLE"):
            monkeypatch.delenv(name)
