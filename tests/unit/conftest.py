# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Simulators that all unit tests share: one of each kind for a process of pytest, or of each worker of pytest-xdist.

ansible-test runs each test in a fork of its own, where a session's fixture would start a simulator for every single
test. So those that the collected tests ask for are started before the first of them.
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
MISTAKE = re.compile(r"^[A-Za-z_.]+(?:Error|Exception)\b.*$", re.MULTILINE)

# What is shared, by the name of its fixture: how it is made, with a folder for what it writes.
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


def pytest_collection_finish(session: pytest.Session) -> None:
    global _folder
    wanted = {name for item in session.items for name in getattr(item, "fixturenames", ())}
    if session.config.option.collectonly or not wanted.intersection(SHARED):
        return
    _folder = tempfile.mkdtemp(prefix="unit-tests-")
    for name, make in SHARED.items():
        if name in wanted:
            _made[name] = make(os.path.join(_folder, name))
            if isinstance(_made[name], Process):
                _made[name].start()


def pytest_sessionfinish() -> None:
    for shared in _made.values():
        if isinstance(shared, Process):
            shared.stop()
    _made.clear()
    if _folder:
        shutil.rmtree(_folder, ignore_errors=True)


def _given(name: str) -> t.Any:
    @pytest.fixture(name=name)
    def fixture() -> t.Iterator[t.Any]:
        shared = _made[name]
        before = len(shared.errors()) if isinstance(shared, Process) else 0
        yield shared
        if isinstance(shared, Process):
            # That a client went away in the middle of a request is no mistake of the simulator's.
            mistakes = [line for line in MISTAKE.findall(shared.errors()[before:]) if "ConnectionReset" not in line]
            assert mistakes == [], "the simulator itself is at fault"

    return fixture


simulator = _given("simulator")
tls_simulator = _given("tls_simulator")
expired_simulator = _given("expired_simulator")
not_strict_simulator = _given("not_strict_simulator")
wrong_host_simulator = _given("wrong_host_simulator")
proxy = _given("proxy")
guarded_proxy = _given("guarded_proxy")
certificate = _given("certificate")
