# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Simulators for the tests of module_utils.

ansible-test runs each test in a fork of its own, where a session's fixture would start a simulator for every single
test. So those that the collected tests ask for are started before the first of them.
"""

from __future__ import annotations

import importlib
import os
import re
import shutil
import tempfile
import typing as t

import pytest

from ansible_collections.avepoint.cloud.tests.simulator.client import Process, Proxy, Simulator, make_certificate
from ansible_collections.avepoint.cloud.tests.unit.plugins.module_utils.support import Cloud

# Before the forks, or each of them would import it anew.
importlib.import_module("jsonschema")

PASSWORD = "certificate-password-of-the-tests"
PROXY_CREDENTIALS = ("proxy-user", "proxy-password-of-the-tests")

# The last line of a traceback.
MISTAKE = re.compile(r"^[A-Za-z_.]+(?:Error|Exception)\b.*$", re.MULTILINE)

_running: dict[str, t.Any] = {}
_folder = ""


def _start(name: str) -> t.Any:
    folder = os.path.join(_folder, name)
    kinds: dict[str, t.Callable[[], t.Any]] = {
        "simulator": Simulator,
        "tls_simulator": lambda: Simulator(tls=folder),
        "expired_simulator": lambda: Simulator(tls=folder, tls_fault="expired"),
        "wrong_host_simulator": lambda: Simulator(tls=folder, tls_fault="wrong-host"),
        "proxy": Proxy,
        "guarded_proxy": lambda: Proxy(":".join(PROXY_CREDENTIALS)),
    }
    if name == "certificate":
        return make_certificate(folder, PASSWORD)
    process: Process = kinds[name]()
    process.start()
    return process


NAMES = (
    "simulator",
    "tls_simulator",
    "expired_simulator",
    "wrong_host_simulator",
    "proxy",
    "guarded_proxy",
    "certificate",
)


def pytest_collection_finish(session: pytest.Session) -> None:
    global _folder
    wanted = {name for item in session.items for name in getattr(item, "fixturenames", ())}
    if session.config.option.collectonly or not wanted.intersection(NAMES):
        return
    _folder = tempfile.mkdtemp(prefix="module-utils-tests-")
    for name in NAMES:
        if name in wanted:
            _running[name] = _start(name)


def pytest_sessionfinish() -> None:
    for process in _running.values():
        if isinstance(process, Process):
            process.stop()
    _running.clear()
    if _folder:
        shutil.rmtree(_folder, ignore_errors=True)


def _given(name: str) -> t.Any:
    @pytest.fixture(name=name)
    def fixture() -> t.Iterator[t.Any]:
        process = _running[name]
        before = len(process.errors()) if isinstance(process, Process) else 0
        yield process
        if isinstance(process, Process):
            # That a client went away in the middle of a request is no mistake of the simulator's.
            mistakes = [line for line in MISTAKE.findall(process.errors()[before:]) if "ConnectionReset" not in line]
            assert mistakes == [], "the simulator itself is at fault"

    return fixture


simulator = _given("simulator")
tls_simulator = _given("tls_simulator")
expired_simulator = _given("expired_simulator")
wrong_host_simulator = _given("wrong_host_simulator")
proxy = _given("proxy")
guarded_proxy = _given("guarded_proxy")
certificate = _given("certificate")


@pytest.fixture
def cloud(simulator: Simulator) -> Cloud:
    return Cloud(simulator)


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing from outside says where to go, what to trust, or who asks."""
    for name in list(os.environ):
        if name.startswith("AVEPOINT_") or name.lower().endswith("_proxy") or name.endswith("CA_BUNDLE"):
            monkeypatch.delenv(name)
