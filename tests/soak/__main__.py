# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A long run under faults: `make soak`.

One event source watches 50 tenants while one ansible-playbook runs 20 waits in parallel. The simulated cloud fails at random, and
for a while almost completely. At the end, every change must have been reported once, every wait must have ended, no process may
have grown, and each must have logged in once. Then another ansible-playbook starts 500 jobs, while requests and answers are lost at
random; the cloud must have started exactly 500.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import platform
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import typing as t

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from long_runs import Failed, must  # noqa: E402 - found by the line above
from simulator import client  # noqa: E402

NAME = pathlib.Path("ansible_collections", "avepoint", "cloud")

WATCHED, WAITED = 50, 20
OLD_JOBS = 30  # per tenant; they ended before the first poll
OLD = WATCHED * OLD_JOBS
STARTING, STARTS = 10, 50  # tenants, and jobs to start in each
RUNNING = 2  # jobs that each wait waits for, besides its tenant's old ones
NEW_JOBS = 4  # per watched tenant; they appear, run and end while it is watched

# Faults, and the percentage of requests that they affect. BREAKING makes an answer invalid, which ends a wait by design, so it is not
# used for waits.
PASSING = [
    ({"kind": "status", "status": 503}, 4),
    ({"kind": "status", "status": 429, "retry_after": 1}, 1),
    ({"kind": "status", "status": 500}, 2),
    ({"kind": "close"}, 2),
    ({"kind": "delay", "seconds": 2}, 2),
]
BREAKING = [({"kind": "cut_json"}, 1), ({"kind": "html"}, 1)]

# Faults of requests that start something, with percentages. Half of them come after the job was started, half before.
LOST = [
    ({"kind": "status", "status": 503}, 4),
    ({"kind": "status", "status": 500}, 2),
    ({"kind": "close"}, 4),
    ({"kind": "reset"}, 4),
    ({"kind": "html"}, 2),
]

# The most MiB by which a process may grow from the second quarter of its life to the last.
GROWTH = 4.0


def collection() -> pathlib.Path:
    """The folder of the collection that Ansible uses, which is the copy that `make` created."""
    for folder in os.environ.get("ANSIBLE_COLLECTIONS_PATH", "").split(":"):
        if folder and pathlib.Path(folder, NAME, "galaxy.yml").exists():
            return pathlib.Path(folder, NAME)
    raise Failed("ANSIBLE_COLLECTIONS_PATH does not lead to the collection; `make soak` sets it")


class Plan:
    """Everything that will happen in the cloud: the state of the simulator, and the changes to expect."""

    def __init__(self, seconds: float, seed: int):
        rng = random.Random(seed)
        self.seconds = seconds
        self.interval = max(1.0, seconds / 240)
        self.app = client.a_client(client.PC_SCOPE)
        self.apps = [client.a_client(client.PC_SCOPE) for _number in range(WAITED)]
        self.starters = [client.a_client(client.APPLY_SCOPE, client.BASELINES_SCOPE) for _number in range(STARTING)]
        self.changes: dict[str, list[str | None]] = {}
        self.watched = [self._watched(rng, number) for number in range(WATCHED)]
        self.waited = [self._waited(rng, number) for number in range(WAITED)]
        self.started = [{"customer_id": "started", "tenant_id": f"start-{number}"} for number in range(STARTING)]
        self.losses = [
            *self._faults(
                [({**kind, "when": when}, percent / 2) for kind, percent in LOST for when in ("before", "after")],
                "/actions",
                rng,
            ),
            # Requests that only read. A request that starts something must not get 429 afterwards, since that means that nothing began.
            *self._faults(PASSING, "/batch", rng),
            {"kind": "status", "status": 503, "times": -1, "probability": 0.3, "match": {"service": "identity"}},
        ]
        self.state = {
            "clients": [self.app, *self.apps, *self.starters],
            "tenants": self.watched + self.waited + self.started,
            "baselines": [{"baseline_id": "soak", "name": "Soak", "status": 2}],
            "latency": 0.05,
            "faults": [
                *self._faults(PASSING, "/customers/watched/", rng),
                *self._faults(BREAKING, "/customers/watched/", rng),
                *self._faults(PASSING, "/customers/waited/", rng),
                {"kind": "status", "status": 503, "times": -1, "probability": 0.3, "match": {"service": "identity"}},
            ],
        }

    def events(self) -> int:
        """The number of events to expect."""
        return sum(len(states) - 1 for states in self.changes.values()) + OLD

    @staticmethod
    def _faults(kinds: list[tuple[dict, float]], path: str, rng: random.Random) -> list[dict]:
        return [
            {**kind, "times": -1, "probability": percent / 100, "seed": rng.randrange(10**6), "match": {"path": path}}
            for kind, percent in kinds
        ]

    def _watched(self, rng: random.Random, number: int) -> dict:
        jobs = []
        # Each state lasts for several polls, even if faults make one of them as slow as possible.
        least = max(self.seconds / 8, 30)
        for count in range(NEW_JOBS):
            begins = rng.uniform(0.02, 0.5) * self.seconds
            runs = begins + least * rng.uniform(1, 1.3)
            ends = runs + least * rng.uniform(1, 1.3)
            final = rng.choice([2, 3, 4, 5])
            job_id = f"tenant-{number}-job-{count}"
            jobs.append({"job_id": job_id, "type": 7, "timeline": [[begins, 0], [runs, 1], [ends, final]]})
            state = {2: "succeeded", 3: "failed", 4: "skipped", 5: "finished_with_exception"}[final]
            self.changes[job_id] = [None, "waiting", "running", state]
        return self._tenant("watched", number, jobs)

    def _waited(self, rng: random.Random, number: int) -> dict:
        ends = [rng.uniform(0.85, 0.97) * self.seconds for _count in range(RUNNING)]
        jobs = [
            {"job_id": f"wait-{count}", "type": 1, "timeline": [[0, 1], [end, 2]]} for count, end in enumerate(ends)
        ]
        return self._tenant("waited", number, jobs)

    @staticmethod
    def _tenant(customer: str, number: int, jobs: list[dict]) -> dict:
        old = {"count": OLD_JOBS, "prefix": f"{customer}-{number}-old-", "types": [7, 1], "statuses": [2, 2, 5]}
        return {"customer_id": customer, "tenant_id": f"tenant-{number}", "jobs": jobs, "generate": old}


def begin_watching(plan: Plan, where: dict[str, str], folder: pathlib.Path) -> subprocess.Popen[bytes]:
    """Starts the event source in a process of its own, as in ansible-rulebook."""
    args = {
        "product": "pc",
        "interval": plan.interval,
        "tenants": [{name: tenant[name] for name in ("customer_id", "tenant_id")} for tenant in plan.watched],
        "state_file": str(folder / "state.json"),
        "report_existing": True,
        "max_retry_delay": 5,
        "client_id": plan.app["client_id"],
        "client_secret": plan.app["client_secret"],
        **where,
    }
    (folder / "args.json").write_text(json.dumps(args), "utf-8")
    source = collection() / "extensions" / "eda" / "plugins" / "event_source" / "jobs.py"
    line = [sys.executable, str(HERE / "watch.py"), str(source), str(folder / "args.json"), str(folder / "events")]
    return subprocess.Popen(line, stdin=subprocess.DEVNULL, stderr=(folder / "watch.log").open("wb"))


def begin_waiting(plan: Plan, where: dict[str, str], folder: pathlib.Path) -> subprocess.Popen[bytes]:
    """Starts one ansible-playbook whose hosts all wait in parallel."""
    hosts = {
        f"wait-{number}": {"tenant": tenant["tenant_id"], "app": app["client_id"], "secret": app["client_secret"]}
        for number, (tenant, app) in enumerate(zip(plan.waited, plan.apps))
    }
    (folder / "inventory.json").write_text(json.dumps({"all": {"hosts": hosts}}), "utf-8")
    values = {**where, "seconds": int(plan.seconds * 2), "sleep": max(1, int(plan.interval * 2)), "folder": str(folder)}
    line = [
        *(str(pathlib.Path(sys.executable).with_name("ansible-playbook")), "-i", str(folder / "inventory.json")),
        *("--forks", str(WAITED), "-e", json.dumps(values), str(HERE / "waits.yml")),
    ]
    with (folder / "waits.log").open("wb") as log:
        return subprocess.Popen(line, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)


def start_many(plan: Plan, where: dict[str, str], folder: pathlib.Path, simulator: t.Any) -> list[str]:
    """Starts 500 jobs under faults, checks that the cloud has started these and no others, and returns lines of the result."""
    hosts = {
        tenant["tenant_id"]: {"app": app["client_id"], "secret": app["client_secret"]}
        for tenant, app in zip(plan.started, plan.starters)
    }
    (folder / "starts.json").write_text(json.dumps({"all": {"hosts": hosts}}), "utf-8")
    simulator.clear_faults()
    simulator.faults(*plan.losses)
    line = [
        *(str(pathlib.Path(sys.executable).with_name("ansible-playbook")), "-i", str(folder / "starts.json")),
        *("--forks", str(STARTING), "-e", json.dumps({**where, "starts": STARTS, "folder": str(folder)})),
        str(HERE / "starts.yml"),
    ]
    began = time.monotonic()
    with (folder / "starts.log").open("wb") as log:
        done = subprocess.run(line, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, check=False)
    must(done.returncode == 0, f"the starts ended with {done.returncode}; see {folder}/starts.log")
    results = [json.loads((folder / f"{name}.json").read_text("utf-8")) for name in hosts]
    reported = [job_id for result in results for job_id in result["mine"]]
    started = [job["id"] for job in simulator.started()]
    must(len(started) == STARTING * STARTS, f"{len(started)} jobs were started instead of {STARTING * STARTS}")
    must(sorted(reported) == sorted(started), "the ids of the jobs that were told are not those that were started")
    lost = sum(fault["met"] for fault in simulator.control("GET", "faults")[: 2 * len(LOST)])
    taken, unknown = (sum(result[name] for result in results) for name in ("taken", "unknown"))
    must(taken > 0 and unknown > 0, "no answer was lost")
    return [
        f"| jobs started under faults, and found on the server | {len(reported)}, {len(started)} |",
        f"| requests that start something whose answer was lost, before and after it was done | {lost} |",
        f"| of these, found by the module; told as not known, and looked for | {taken}; {unknown} |",
        f"| time for that | {time.monotonic() - began:.0f} s |",
    ]


def resident(pid: int) -> float | None:
    """The resident memory of a process in MiB; None if it has ended."""
    try:
        status = pathlib.Path("/proc", str(pid), "status").read_text("utf-8")
    except OSError:
        return None
    found = [line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:")]
    return int(found[0]) / 1024 if found else None


def children(pid: int) -> list[int]:
    try:
        tasks = pathlib.Path("/proc", str(pid), "task").iterdir()
        return [int(child) for task in tasks for child in (task / "children").read_text("utf-8").split()]
    except OSError:
        return []


class Memory:
    """Samples of the memory of processes, by name."""

    def __init__(self) -> None:
        self.samples: dict[str, list[tuple[float, float]]] = {}

    def take(self, name: str, pid: int, at: float) -> None:
        size = resident(pid)
        if size is not None:
            self.samples.setdefault(name, []).append((at, size))

    def quarters(self, name: str) -> list[float]:
        """The median memory in each quarter of the process's life. In the first quarter, it still warms up."""
        taken = self.samples[name]
        began, lasted = taken[0][0], taken[-1][0] - taken[0][0]
        return [
            statistics.median(
                size for at, size in taken if (at - began) * 4 // lasted in (number, number + number // 3)
            )
            for number in range(4)
        ]


def run(seconds: float, seed: int, folder: pathlib.Path) -> list[str]:
    plan = Plan(seconds, seed)
    memory = Memory()
    with client.Simulator(stop_after=seconds * 3 + 300) as simulator:
        where = {"graph_url": simulator.url, "identity_url": simulator.identity_url}
        simulator.put_state(plan.state)
        began = time.monotonic()
        watching, waiting = begin_watching(plan, where, folder), begin_waiting(plan, where, folder)
        try:
            outage = False
            while (now := time.monotonic() - began) < seconds * 2:
                memory.take("event source", watching.pid, now)
                for pid in children(waiting.pid):
                    memory.take(f"wait {pid}", pid, now)
                if not outage and now > seconds * 0.45:
                    outage = True
                    simulator.faults(
                        {"kind": "status", "status": 503, "times": -1, "match": {"service": "pc"}, "probability": 0.999}
                    )
                    time.sleep(seconds / 30)
                    met = simulator.control("GET", "faults")
                    simulator.clear_faults()
                    simulator.faults(*plan.state["faults"])
                must(watching.poll() is None, f"the event source ended; see {folder}/watch.log")
                if now > seconds and waiting.poll() is not None and told(folder) >= plan.events():
                    break
                time.sleep(max(0.5, seconds / 300))
            lasted = time.monotonic() - began
            faults = sum(fault["met"] for fault in [*met, *simulator.control("GET", "faults")])
            asked = time.monotonic()
            watching.send_signal(signal.SIGTERM)
            must(watching.wait(20) == 0, f"the event source did not end in order; see {folder}/watch.log")
            ended = time.monotonic() - asked
            must(waiting.poll() == 0, f"the waits ended with {waiting.poll()}; see {folder}/waits.log")
        finally:
            for process in (watching, waiting):
                if process.poll() is None:
                    process.kill()
                    process.wait()
        log = simulator.log()
        lines = judge(plan, folder, memory, log, faults, lasted, ended)
        return lines + start_many(plan, where, folder, simulator)


def run_starts(seconds: float, seed: int, folder: pathlib.Path) -> list[str]:
    plan = Plan(seconds, seed)
    with client.Simulator(stop_after=3600) as simulator:
        where = {"graph_url": simulator.url, "identity_url": simulator.identity_url}
        simulator.put_state({**plan.state, "faults": []})
        return start_many(plan, where, folder, simulator)


def told(folder: pathlib.Path) -> int:
    path = folder / "events"
    return path.read_bytes().count(b"\n") if path.exists() else 0


def judge(
    plan: Plan, folder: pathlib.Path, memory: Memory, log: dict, faults: int, lasted: float, ended: float
) -> list[str]:
    """Checks the run, and returns the lines of the result. Raises Failed."""
    seen: dict[str, list[tuple[str | None, str]]] = {}
    for line in (folder / "events").read_text("utf-8").splitlines():
        event = json.loads(line)["avepoint"]
        seen.setdefault(event["job"]["job_id"], []).append((event["previous_state"], event["state"]))
    for job_id, states in plan.changes.items():
        must(seen.get(job_id) == list(zip(states, states[1:])), f"{job_id} was reported as {seen.get(job_id)}")
    others = [job_id for job_id in seen if job_id not in plan.changes]
    must(len(others) == OLD and all(len(seen[job_id]) == 1 for job_id in others), "an old job was not reported once")

    waits = [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("wait-*.json"))]
    must(len(waits) == WAITED, f"{len(waits)} of {WAITED} waits came to their end")
    must(all(wait["summary"]["all_finished"] and not wait["timed_out"] for wait in waits), "a wait ended too early")
    must(all(wait["summary"]["total"] == OLD_JOBS + RUNNING for wait in waits), "a wait did not see all of its jobs")

    logins: dict[str, int] = {}
    for request in log["requests"]:
        if request["service"] == "identity" and request["status"] == 200:
            logins[request["form"]["client_id"]] = logins.get(request["form"]["client_id"], 0) + 1
    must(len(logins) == 1 + WAITED and set(logins.values()) == {1}, f"there were {sum(logins.values())} logins")

    source = memory.quarters("event source")
    workers = [
        memory.quarters(name) for name, taken in memory.samples.items() if name.startswith("wait ") and len(taken) > 40
    ]
    must(source[3] - source[1] < GROWTH, f"the event source grew from {source[1]:.1f} to {source[3]:.1f} MiB")
    must(len(workers) >= WAITED, f"the memory of {len(workers)} waits was seen")
    growth = max(quarters[3] - quarters[1] for quarters in workers)
    must(growth < GROWTH, f"a wait grew by {growth:.1f} MiB")

    changes = plan.events() - OLD
    return [
        f"{os.cpu_count()} cores, Python {platform.python_version()}",
        "",
        "| | |",
        "|---|---|",
        f"| time | {lasted:.0f} s |",
        f"| requests to the API | {log['counts']['pc']} |",
        f"| faults met, those of logins included | {faults} |",
        f"| tenants watched, a poll every {plan.interval:g} s | {WATCHED} |",
        f"| jobs there at the first poll, reported once | {len(others)} of {OLD} |",
        f"| changes while it watched, reported once | {changes} of {changes} |",
        "| changes reported twice, or not | 0 |",
        f"| memory of the event source in each quarter of the time | {', '.join(f'{size:.1f}' for size in source)} MiB |",
        f"| waits that came to their end | {len(waits)} of {WAITED} |",
        f"| polls of all waits, requests that they sent again | {sum(wait['polls'] for wait in waits)}, {sum(wait['retries'] for wait in waits)} |",
        f"| memory of a wait in each quarter (median of {len(workers)}) | "
        f"{', '.join(f'{statistics.median(quarter):.1f}' for quarter in zip(*workers))} MiB |",
        f"| most that a wait grew by from the second quarter to the last | {growth:.1f} MiB |",
        f"| logins of each of the {1 + WAITED} processes | 1 |",
        f"| from the signal to stop to the end of the event source | {ended:.1f} s |",
    ]


def main() -> int:
    options = argparse.ArgumentParser(prog="make soak", description=__doc__.partition("\n")[0])
    options.add_argument("--seconds", type=float, default=600)
    options.add_argument("--seed", type=int, default=7)
    options.add_argument("--starts-only", action="store_true", help="only start jobs, which takes a few minutes")
    given = options.parse_args()
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    folder = pathlib.Path(tempfile.mkdtemp(prefix="avepoint-soak-"))
    try:
        work = run_starts if given.starts_only else run
        print("\n".join(work(given.seconds, given.seed, folder)), flush=True)
    except Failed as failure:
        print(f"soak: FAILED: {failure}; everything is in {folder}", flush=True)
        return 1
    shutil.rmtree(folder)
    print("soak: passed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
