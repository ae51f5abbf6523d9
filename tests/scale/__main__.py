# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gate over many tenants on several workers: `make scale`.

The tenants of a simulated cloud become an inventory, which is divided into slices as AWX does. Each slice runs through
`ansible-runner transmit | worker | process`, with a process, a folder and a virtual environment of its own. It measures the wall
time with 1, 2 and 4 workers. Then it kills one of three workers halfway and runs its slice again.

The exit status is 0 if all checks pass, and 77 if ansible-runner is not installed.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import pathlib
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import typing as t

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from long_runs import Failed, must  # noqa: E402 - found by the line above
from scale import venvs  # noqa: E402
from simulator import client  # noqa: E402

ROOT = HERE.parent.parent
SKIPPED = 77
LONGEST = 1500


class Slice:
    """A slice of the inventory, and the ansible-runner processes that run it."""

    def __init__(
        self, folder: pathlib.Path, venv: pathlib.Path, inventory: dict, environment: dict[str, str], forks: int
    ):
        self.hosts = sorted(inventory["_meta"]["hostvars"])
        self.folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        job, self.node, self.result = folder / "job", folder / "node", folder / "result"
        for path in (job / "inventory", job / "project", job / "env", self.node, self.result, folder / "home"):
            path.mkdir(parents=True, mode=0o700)
        # The same files as AWX: a script that prints the inventory, a playbook of the project, credentials in the environment.
        script = job / "inventory" / "hosts"
        script.write_text(f"#!/usr/bin/env python3\nprint({json.dumps(inventory)!r})\n", "utf-8")
        script.chmod(0o700)
        (job / "project" / "gate.yml").write_text("- import_playbook: avepoint.cloud.gate_tenants\n", "utf-8")
        (job / "env" / "envvars").write_text(json.dumps({**environment, "ANSIBLE_FORKS": str(forks)}), "utf-8")
        (job / "env" / "extravars").write_text(json.dumps({"job_gate_wait": False}), "utf-8")
        runner = venv / "bin" / "ansible-runner"
        env = {"PATH": f"{venv / 'bin'}:/usr/bin:/bin", "HOME": str(folder / "home"), "LANG": "C.UTF-8"}
        self.errors = (folder / "errors").open("wb")

        def start(*words: object, stdin: t.Any, stdout: t.Any) -> subprocess.Popen[bytes]:
            line = [str(runner), *map(str, words)]
            return subprocess.Popen(line, stdin=stdin, stdout=stdout, stderr=self.errors, env=env, cwd=folder)

        self.transmit = start("transmit", job, "-p", "gate.yml", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self.worker = start(
            "worker", "--private-data-dir", self.node, stdin=self.transmit.stdout, stdout=subprocess.PIPE
        )
        with (folder / "log").open("wb") as log:
            self.process = start("process", self.result, stdin=self.worker.stdout, stdout=log)
        for stream in (self.transmit.stdout, self.worker.stdout):
            assert stream
            stream.close()

    def wait(self, until: float) -> None:
        for process in (self.transmit, self.worker, self.process):
            try:
                process.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                self.kill()
                raise Failed(f"{self.folder.name} took too long; see {self.folder}") from None
        self.errors.close()

    def kill(self) -> None:
        """Kills the worker and all its descendants with SIGKILL, as if its machine had gone down."""
        for pid in [*descendants(self.worker.pid), self.worker.pid]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    @property
    def status(self) -> str:
        """The status of the slice, as AWX would show it."""
        path = self.result / "artifacts" / "status"
        return path.read_text("utf-8") if path.exists() else "error"

    def outcomes(self) -> dict[str, bool]:
        """For each host, whether its tenant passed; empty if the playbook did not end."""
        found: dict[str, bool] = {}
        for path in (self.result / "artifacts" / "job_events").glob("*.json"):
            event = json.loads(path.read_text("utf-8"))
            if event["event"] == "playbook_on_stats":
                data = event["event_data"]
                found = {host: host not in data["failures"] for host in data["processed"] if host != "localhost"}
        return found


def descendants(pid: int) -> list[int]:
    """All descendants of a process; a process comes after its own children."""
    parents: dict[int, list[int]] = {}
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text("utf-8").rpartition(")")[2].split()[1])
        except OSError:
            continue
        parents.setdefault(parent, []).append(int(folder.name))
    found: list[int] = []
    waiting = [pid]
    while waiting:
        children = parents.get(waiting.pop(), [])
        found += children
        waiting += children
    return found[::-1]


class Cloud:
    """The simulated cloud with its tenants, one of which has a failed job."""

    def __init__(self, simulator: t.Any, tenants: int, latency: float):
        app = client.a_client(client.PC_SCOPE)
        given = [
            client.a_tenant(name=f"Example {number:03d}", generate={"count": 20, "types": [7, 1], "statuses": [2]})
            for number in range(1, tenants)
        ]
        given.append(client.a_tenant(name="Example Red", jobs=[{"job_id": "bad", "type": 7, "status": 3}]))
        self.simulator = simulator
        simulator.put_state({"clients": [app], "tenants": given, "latency": latency})
        self.environment = {
            "AVEPOINT_CLIENT_ID": app["client_id"],
            "AVEPOINT_CLIENT_SECRET": app["client_secret"],
            "AVEPOINT_GRAPH_URL": simulator.url,
            "AVEPOINT_IDENTITY_URL": simulator.identity_url,
        }

    def inventory(self, venv: pathlib.Path, folder: pathlib.Path) -> dict:
        """The inventory as JSON, as AWX gets it when it synchronises the inventory source."""
        path = folder / "all.avepoint_tenants.yml"
        path.write_text("plugin: avepoint.cloud.tenants\n", "utf-8")
        listed = subprocess.run(
            [venv / "bin" / "ansible-inventory", "-i", path, "--list", "--export"],
            env={**self.environment, "PATH": f"{venv / 'bin'}:/usr/bin:/bin", "HOME": str(folder), "LANG": "C.UTF-8"},
            check=True,
            capture_output=True,
            timeout=LONGEST,
        )
        found: dict = json.loads(listed.stdout)
        return found


def slices(inventory: dict, count: int) -> list[dict]:
    """The inventory divided into ``count`` slices as AWX does: each has every count-th host by name."""
    found = []
    for number in range(count):
        hosts = sorted(inventory["_meta"]["hostvars"])[number::count]
        piece: dict = {"_meta": {"hostvars": {host: inventory["_meta"]["hostvars"][host] for host in hosts}}}
        for name, group in inventory.items():
            if name != "_meta":
                piece[name] = {**group, "hosts": [host for host in group.get("hosts", ()) if host in hosts]}
        found.append(piece)
    return found


def measure(cloud: Cloud, pieces: list[dict], folder: pathlib.Path, venv: list[pathlib.Path], forks: int) -> dict:
    """Runs all slices in parallel, checks the verdicts, and returns the wall time and the numbers of requests."""
    cloud.simulator.clear_log()
    began = time.monotonic()
    running = [
        Slice(folder / f"slice-{number}", venv[number], piece, cloud.environment, forks)
        for number, piece in enumerate(pieces)
    ]
    for each in running:
        each.wait(began + LONGEST)
    took = time.monotonic() - began
    outcomes = {host: passed for each in running for host, passed in each.outcomes().items()}
    total = sum(len(each.hosts) for each in running)
    must(len(outcomes) == total, f"{len(outcomes)} of {total} tenants were judged; see {folder}")
    red = [host for host, passed in outcomes.items() if not passed]
    must(len(red) == 1 and red[0].startswith("example-red-"), f"one tenant is red, not {red}")
    statuses = sorted(each.status for each in running)
    must(statuses == ["failed"] + ["successful"] * (len(pieces) - 1), f"the slices ended as {statuses}")
    counts = cloud.simulator.log()["counts"]
    return {
        "workers": len(pieces),
        "seconds": took,
        "logins": counts["logins"] / total,
        "requests": (counts["identity"] + counts["pc"]) / total,
    }


def lose_one(cloud: Cloud, pieces: list[dict], folder: pathlib.Path, venv: list[pathlib.Path], forks: int) -> str:
    """Runs three workers, and kills the second one when the cloud has got requests for half of the tenants.

    Then it runs the slice of that worker again. Returns a sentence for the result.
    """
    cloud.simulator.clear_log()
    until = time.monotonic() + LONGEST
    running = [
        Slice(folder / f"lost-{number}", venv[number], piece, cloud.environment, forks)
        for number, piece in enumerate(pieces)
    ]
    total = sum(len(each.hosts) for each in running)
    while cloud.simulator.log()["counts"]["pc"] < total / 2:
        must(time.monotonic() < until and running[1].worker.poll() is None, "the worker ended before it was killed")
        time.sleep(0.1)
    running[1].kill()
    for each in running:
        each.wait(until)
    first = [each.status for each in running]
    others = {host for each in (running[0], running[2]) for host in each.outcomes()}
    must(first[1] not in ("successful", "running"), f"the slice of the killed worker is {first[1]}")
    must(others == {*running[0].hosts, *running[2].hosts}, "a slice did not finish because another one was killed")
    must(not running[1].outcomes(), "the killed slice has a recap")
    again = Slice(folder / "lost-1", venv[1], pieces[1], cloud.environment, forks)
    again.wait(until)
    outcomes = {**running[0].outcomes(), **again.outcomes(), **running[2].outcomes()}
    must(len(outcomes) == total, "the second run of the slice did not complete what was missing")
    must(sum(not passed for passed in outcomes.values()) == 1, "one tenant is red")
    return f"slices ended as {', '.join(first)}; the second one run again: {again.status}"


def main() -> int:
    options = argparse.ArgumentParser(prog="make scale", description=__doc__.partition("\n")[0])
    options.add_argument("--tenants", type=int, default=200)
    options.add_argument("--workers", type=int, nargs="*", default=[1, 2, 4])
    options.add_argument("--latency", type=float, default=2.0, help="of the cloud, in seconds for each request")
    options.add_argument("--forks", type=int, default=5)
    options.add_argument("--lose-tenants", type=int, default=45, help="tenants in the run that loses a worker")
    given = options.parse_args()
    if importlib.util.find_spec("ansible_runner") is None:
        print("SKIPPED: ansible-runner is not installed for this Python (pip install ansible-runner)")
        return SKIPPED
    folder = pathlib.Path(tempfile.mkdtemp(prefix="avepoint-scale-"))
    try:
        with client.Simulator(stop_after=3600) as simulator:
            run(simulator, given, folder)
    except Failed as failure:
        print(f"scale: FAILED: {failure}", flush=True)
        return 1
    shutil.rmtree(folder)
    print("scale: passed")
    return 0


def run(simulator: t.Any, given: argparse.Namespace, folder: pathlib.Path) -> None:
    began = time.monotonic()
    tarball = venvs.build(ROOT, folder)
    venv = [venvs.make(folder / f"venv-{number}", tarball) for number in range(max([3, *given.workers]))]
    print(f"{len(venv)} virtual environments made in {time.monotonic() - began:.0f} s", flush=True)
    cloud = Cloud(simulator, given.tenants, given.latency)
    inventory = cloud.inventory(venv[0], folder)
    must(len(inventory["_meta"]["hostvars"]) == given.tenants, "every tenant is a host")
    print(
        f"{os.cpu_count()} cores, Python {platform.python_version()}, {given.tenants} tenants, {given.forks} forks for each worker, "
        f"{given.latency:g} s for each request\n\n| workers | wall time | logins per tenant | requests per tenant |\n|---|---|---|---|",
        flush=True,
    )
    for workers in given.workers:
        found = measure(cloud, slices(inventory, workers), folder, venv, given.forks)
        print(f"| {workers} | {found['seconds']:.0f} s | {found['logins']:.2f} | {found['requests']:.2f} |", flush=True)
    cloud = Cloud(simulator, given.lose_tenants, given.latency)
    pieces = slices(cloud.inventory(venv[0], folder), 3)
    print(f"\nA worker killed halfway: {lose_one(cloud, pieces, folder, venv, given.forks)}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
