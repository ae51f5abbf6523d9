# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a task runs, and what a person sees meanwhile, with a real ansible-playbook.

Where Ansible would start the module on this machine, as this user and in this Python, it runs in the controller's
process: then "Using module file" is not in the output of -vvv. Everything else has to be the same on both ways.
"""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
import sys

import pytest

from ansible_collections.avepoint.cloud.plugins.plugin_utils import _action

pytest.importorskip("aiohttp", reason="the simulator needs aiohttp")
from ansible_collections.avepoint.cloud.tests.simulator.client import Simulator, a_client, a_tenant

COLLECTIONS = pathlib.Path(_action.__file__).absolute().parents[5]
PLAYBOOK = pathlib.Path(sys.executable).with_name("ansible-playbook")
MODULE = "avepoint.cloud.avepoint_pc_jobs_info"
OWN_PROCESS = "Using module file"


class Run:
    """What a playbook printed, and what its tasks returned."""

    def __init__(self, output: str, status: int, results: dict):
        self.output, self.status, self.results = output, status, results
        self.progress = [line for line in output.splitlines() if re.match(r"\[[^]]+\] \d+ of \d+ jobs finished", line)]


class Cloud:
    """One tenant with one job that runs for a while and then has finished."""

    def __init__(self, simulator: Simulator, folder: pathlib.Path):
        self.client, self.folder, self.simulator = a_client(), folder, simulator
        self.start_job(lasts=1)

    def start_job(self, lasts: float) -> None:
        self.tenant = a_tenant(jobs=[{"job_id": "the-job", "type": 5, "timeline": [[0, 1], [lasts, 2]]}])
        self.simulator.put_state({"clients": [self.client], "tenants": [self.tenant]})

    def task(self, options: dict | None = None, **keywords: object) -> dict:
        ids = {name: self.tenant[name] for name in ("customer_id", "tenant_id")}
        return {MODULE: {**ids, **(options or {})}, "register": "found", **keywords}

    def play(self, *tasks: dict, arguments: tuple = (), hosts: str = "one,", environment: dict | None = None) -> Run:
        """Runs the tasks on hosts with the local connection and this Python."""
        results = self.folder / "found-{{ inventory_hostname }}.json"
        keep = {"ansible.builtin.copy": {"content": "{{ found | to_json }}", "dest": str(results), "mode": "0600"}}
        play = {
            "hosts": "all",
            "gather_facts": False,
            "connection": "local",
            "vars": {"ansible_python_interpreter": sys.executable},
            "tasks": [*tasks, {**keep, "delegate_to": "localhost", "check_mode": False, "no_log": True}],
        }
        file = self.folder / "playbook.json"
        file.write_text(json.dumps([play]), encoding="utf-8")
        credentials = {f"AVEPOINT_{name.upper()}": self.client[name] for name in ("client_id", "client_secret")}
        done = subprocess.run(
            [PLAYBOOK, "-i", hosts, *arguments, file],
            env={
                **{name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "AVEPOINT_"))},
                "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
                "ANSIBLE_LOCAL_TEMP": str(self.folder),
                "ANSIBLE_NOCOLOR": "1",
                "AVEPOINT_GRAPH_URL": self.simulator.url,
                "AVEPOINT_IDENTITY_URL": self.simulator.identity_url,
                **credentials,
                **(environment or {}),
            },
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        found = {
            file.stem.partition("-")[2]: json.loads(file.read_text("utf-8")) for file in self.folder.glob("found-*")
        }
        return Run(done.stdout, done.returncode, found)


@pytest.fixture(scope="module")
def simulator():
    with Simulator() as running:
        yield running


@pytest.fixture()
def cloud(simulator, tmp_path):
    return Cloud(simulator, tmp_path)


WAIT = {"wait": True, "wait_sleep": 1, "wait_timeout": 30}
# Any variable that is not read at run time gets the task a process of its own.
ELSEWHERE = {"environment": {"SOMETHING_ELSE": "1"}}


@pytest.mark.parametrize("keywords", [{}, ELSEWHERE], ids=["here", "elsewhere"])
def test_a_wait_shows_each_change(cloud, keywords):
    cloud.start_job(lasts=10)
    run = cloud.play(cloud.task(WAIT, **keywords), arguments=("-vvv",))
    assert run.status == 0, run.output
    assert (OWN_PROCESS in run.output.partition("TASK [ansible.builtin.copy]")[0]) == bool(keywords)
    assert run.progress[-1].startswith("[one] 1 of 1 jobs finished, 0 failed, 0 running, 0 waiting, 0 missing (")
    assert run.results["one"]["summary"]["all_succeeded"] is True
    assert run.progress[0].startswith("[one] 0 of 1 jobs finished, 0 failed, 1 running")


def test_both_ways_return_the_same(cloud):
    cloud.simulator.advance(60)
    here = cloud.play(cloud.task({"job_ids": ["THE-JOB", "none"]})).results["one"]
    there = cloud.play(cloud.task({"job_ids": ["THE-JOB", "none"]}, **ELSEWHERE)).results["one"]
    assert here.pop("duration") >= 0 <= there.pop("duration")
    assert here == there
    assert here["missing_job_ids"] == ["none"]


@pytest.mark.parametrize("keywords", [{}, ELSEWHERE], ids=["here", "elsewhere"])
def test_both_ways_fail_the_same(cloud, keywords):
    run = cloud.play(cloud.task({"page_size": 101}, ignore_errors=True, **keywords))
    assert run.results["one"]["error"]["code"] == "invalid_input"
    assert run.results["one"]["msg"] == "page_size is 101, but has to be from 1 to 100."
    run = cloud.play(cloud.task({"page_size": "many"}, ignore_errors=True, **keywords))
    assert run.results["one"]["failed"] is True
    assert "page_size" in run.results["one"]["msg"]


def test_each_line_says_whose_it_is(cloud):
    run = cloud.play(cloud.task(WAIT), hosts="one,two,")
    assert run.status == 0, run.output
    assert {line.partition(" ")[0] for line in run.progress} == {"[one]", "[two]"}
    run = cloud.play(cloud.task(WAIT, delegate_to="localhost"))
    assert {line.partition("]")[0] for line in run.progress} == {"[one -> localhost"}


def test_check_mode_waits_and_shows_it(cloud):
    run = cloud.play(cloud.task(WAIT), arguments=("--check",))
    assert run.progress
    assert run.results["one"]["summary"]["all_finished"] is True
    assert run.results["one"]["changed"] is False


def test_async_is_silent_and_works(cloud):
    run = cloud.play(cloud.task(WAIT, **{"async": 60, "poll": 1}))
    assert run.status == 0, run.output
    assert run.progress == []
    assert run.results["one"]["summary"]["all_succeeded"] is True


@pytest.mark.parametrize("keywords", [{}, ELSEWHERE], ids=["here", "elsewhere"])
def test_no_log_shows_nothing(cloud, keywords):
    run = cloud.play(cloud.task(WAIT, no_log=True, **keywords), arguments=("-vvv",))
    assert run.status == 0, run.output
    assert run.progress == []
    assert "the-job" not in run.output


def test_the_environment_of_a_task_holds_for_that_task_alone(cloud):
    wrong = cloud.task(environment={"AVEPOINT_CLIENT_SECRET": "of-this-task-alone"}, ignore_errors=True)
    run = cloud.play({**wrong, "register": "refused"}, cloud.task(), arguments=("-vvv",))
    assert "authentication_failed" in run.output
    assert OWN_PROCESS not in run.output.partition("TASK [ansible.builtin.copy]")[0]
    assert run.results["one"]["summary"]["total"] == 1


def test_another_interpreter_gets_a_process_of_its_own(cloud):
    other = cloud.folder / "python"
    other.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
    other.chmod(0o755)
    run = cloud.play(cloud.task(vars={"ansible_python_interpreter": str(other)}), arguments=("-vvv",))
    assert run.status == 0, run.output
    assert OWN_PROCESS in run.output.partition("TASK [ansible.builtin.copy]")[0]


@pytest.mark.parametrize("secret", [None, "wrong-secret-of-the-tests"], ids=["passing", "failing"])
@pytest.mark.parametrize("keywords", [{}, ELSEWHERE], ids=["here", "elsewhere"])
def test_no_secret_is_shown_however_much_is(cloud, keywords, secret):
    environment = {} if secret is None else {"AVEPOINT_CLIENT_SECRET": secret}
    run = cloud.play(cloud.task(WAIT, ignore_errors=True, **keywords), arguments=("-vvvvv",), environment=environment)
    assert run.results["one"].get("failed", False) is (secret is not None)
    assert (secret or cloud.client["client_secret"]) not in run.output
    assert "Bearer" not in run.output
