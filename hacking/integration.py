# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the integration targets in parallel lanes. A target spends much of its time waiting, so lanes save time.

ansible-test itself runs targets one after another, and two runs of it cannot share a copy of the collection or a home
folder. Therefore each lane has its own copy, home and simulator.
"""

from __future__ import annotations

import concurrent.futures
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

from tree import BUILD, NAME, ROOT, TREE, clean, sync

sys.path.insert(0, str(ROOT / "tests"))
from simulator.client import Simulator

# The targets whose coverage is measured, because they run code that no unit test runs. Measuring slows a target down, and
# the other targets would not raise the coverage.
MEASURED = ("in_process", "products", "role_job_report", "starting")
# Approximate duration of the slower targets when lanes run in parallel; `OTHERS` is that of every other target.
SECONDS = {
    "connection": 25,
    "role_job_gate": 50,
    "secrets": 25,
    "playbook_gate": 45,
    "waiting": 45,
    "one_login": 25,
    "check": 25,
    "inventory_tenants": 30,
    "gate_answers": 30,
}
OTHERS = 15


def in_lanes(names: list[str]) -> list[list[str]]:
    """Distributes the targets over lanes: the measured ones are the first lane, the others are balanced by their duration."""
    lanes: list[list[str]] = [[] for _processor in range(os.cpu_count() or 1)]
    for name in sorted(set(names).difference(MEASURED), key=lambda name: -SECONDS.get(name, OTHERS)):
        min(lanes, key=lambda lane: sum(SECONDS.get(other, OTHERS) for other in lane)).append(name)
    return [lane for lane in ([name for name in MEASURED if name in names], *lanes) if lane]


def run(bin_: pathlib.Path, python: str, words: list[str], covered: pathlib.Path | None = None) -> list[str]:
    """Runs the targets named in `words`, or all of them, with the ansible-test in `bin_`; returns the lanes that failed.

    The other items of `words` are passed to ansible-test as options. The output of a lane is printed when the lane ends.
    The coverage data of the measured targets are copied to the folder `covered`.
    """
    known = sorted(file.parent.name for file in (TREE / "tests" / "integration" / "targets").glob("*/aliases"))
    options = [word for word in words if word not in known]
    line = [
        str(bin_ / "ansible-test"),
        "integration",
        "--local",
        "--python",
        python,
        "--color",
        "no",
        "--continue-on-error",
    ]

    def run_lane(number: int, names: list[str]) -> tuple[list[str], int, str, float]:
        """Returns the targets, the exit status and output of ansible-test, and the duration in seconds."""
        start, build = time.monotonic(), BUILD / "lanes" / str(number)
        tree = build / "tree" / NAME
        sync(tree)
        shutil.rmtree(tree / "tests" / "output", ignore_errors=True)
        measured = covered if names[0] in MEASURED else None
        coverage = ["--coverage"] if measured else []
        with Simulator(example=True, stop_after=3600) as simulator:
            settings = {"setup_simulator_shared": {**simulator.ready, "pid": None}}
            config = tree / "tests" / "integration" / "integration_config.yml"
            config.write_text(json.dumps(settings), encoding="utf-8")
            # A session of its own, because a target may send SIGINT to its process group, which must not reach nox.
            with subprocess.Popen(
                [*line, *coverage, *options, *names],
                cwd=tree,
                env=clean(bin_, build),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            ) as process:
                running.add(process)
                output, _stderr = process.communicate()
                running.discard(process)
        if measured:
            shutil.copytree(tree / "tests" / "output" / "coverage", measured)
        return names, process.returncode, output, time.monotonic() - start

    failed = []
    running: set[subprocess.Popen[str]] = set()
    if covered:
        shutil.rmtree(covered, ignore_errors=True)
    lanes = in_lanes([name for name in known if name in words] or known)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with concurrent.futures.ThreadPoolExecutor(len(lanes)) as pool:
        try:
            for done in concurrent.futures.as_completed(pool.submit(run_lane, *lane) for lane in enumerate(lanes)):
                names, status, output, seconds = done.result()
                print(f"{output}{' '.join(names)}: {'FAILED' if status else 'passed'} in {seconds:.0f} s", flush=True)
                failed += [" ".join(names)] if status else []
        except KeyboardInterrupt:
            for process in tuple(running):
                os.killpg(process.pid, signal.SIGTERM)
            raise
    return failed
