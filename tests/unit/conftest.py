# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Simulators that all unit tests share: one of each kind per pytest process, or per worker of pytest-xdist.

Each is started for the first test that uses it. ansible-test runs each test in a fork, which would start one for each test.
Therefore, it starts the simulators that the collected tests use before the first test.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import typing as t

import pytest

from ansible_collections.avepoint.cloud.tests.simulator.client import Process, Proxy, Simulator, make_certificate

PASSWORD = "certificate-password-of-the-tests"
PROXY_CREDENTIALS = ("proxy-user", "proxy-password-of-the-tests")
LONGEST = 3600  # seconds, for all tests on a slow machine

# The last line of a traceback.
TRACEBACK_END = re.compile(r"^[A-Za-z_.]+(?:Error|Exception)\b.*$", re.MULTILINE)

# The functions that create the shared objects, by the names of the fixtures. Each gets a folder for its files.
SHARED: dict[str, t.Callable[[str], t.Any]] = {
    "simulator": lambda folder: Simulator(stop_after=LONGEST),
    "tls_simulator": lambda folder: Simulator(tls=folder, stop_after=LONGEST),
    "expired_simulator": lambda folder: Simulator(tls=folder, tls_fault="expired", stop_after=LONGEST),
    "not_strict_simulator": lambda folder: Simulator(tls=folder, tls_fault="not-strict", stop_after=LONGEST),
    "wrong_host_simulator": lambda folder: Simulator(tls=folder, tls_fault="wrong-host", stop_after=LONGEST),
    "proxy": lambda folder: Proxy(stop_after=LONGEST),
    "guarded_proxy": lambda folder: Proxy(":".join(PROXY_CREDENTIALS), stop_after=LONGEST),
    "certificate": lambda folder: make_certificate(folder, PASSWORD),
}

_made: dict[str, t.Any] = {}
_folder = ""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Many examples take long to measure, and what they run is what the tests of single cases run."""
    for item in items:
        if getattr(getattr(item, "function", None), "is_hypothesis_test", False):
            item.add_marker("no_cover")


def pytest_collection_finish(session: pytest.Session) -> None:
    if session.config.pluginmanager.hasplugin("ansible_forked"):
        for name in SHARED.keys() & {name for item in session.items for name in getattr(item, "fixturenames", ())}:
            _shared(name)


def _shared(name: str) -> t.Any:
    global _folder
    if name not in _made:
        _folder = _folder or tempfile.mkdtemp(prefix="unit-tests-")
        made = SHARED[name](os.path.join(_folder, name))
        if isinstance(made, Process):
            made.start()
        _made[name] = made
    return _made[name]


def pytest_sessionfinish() -> None:
    for shared in _made.values():
        if isinstance(shared, Process):
            shared.stop()
    _made.clear()
    if _folder:
        shutil.rmtree(_folder, ignore_errors=True)


def _shared_fixture(name: str) -> t.Any:
    @pytest.fixture(name=name)
    def fixture() -> t.Iterator[t.Any]:
        shared = _shared(name)
        before = len(shared.errors()) if isinstance(shared, Process) else 0
        yield shared
        if isinstance(shared, Process):
            # A client that disconnects during a request is no error of the simulator.
            errors = [line for line in TRACEBACK_END.findall(shared.errors()[before:]) if "ConnectionReset" not in line]
            assert errors == [], "the simulator itself is at fault"

    return fixture


simulator = _shared_fixture("simulator")
tls_simulator = _shared_fixture("tls_simulator")
expired_simulator = _shared_fixture("expired_simulator")
not_strict_simulator = _shared_fixture("not_strict_simulator")
wrong_host_simulator = _shared_fixture("wrong_host_simulator")
proxy = _shared_fixture("proxy")
guarded_proxy = _shared_fixture("guarded_proxy")
certificate = _shared_fixture("certificate")
