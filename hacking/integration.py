# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The integration targets in lanes, side by side: each target is one process after another, and waits for some of them.

What ansible-test lacks: it runs one target after the other, and two of it cannot share a copy of the collection and a home.
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

# These run what unit tests do not. Measuring takes time, and the others would add nothing.
MEASURED = ("in_process", "products", "role_job_report", "starting", "waiting")
# About how many seconds they take, beside the others, which take less.
SECONDS = {
    "connection": 60,
    "role_job_gate": 60,
    "secrets": 40,
    "playbook_gate": 50,
    "one_login": 40,
    "check": 30,
    "inventory_tenants": 30,
    "gate_answers": 30,
}
OTHERS = 15


def in_lanes(names: list[str]) -> list[list[str]]:
    """The targets by lanes: one with those that are measured, and the others so that each has about as much to do."""
    lanes: list[list[str]] = [[] for _processor in range(os.cpu_count() or 1)]
    for name in sorted(set(names).difference(MEASURED), key=lambda name: -SECONDS.get(name, OTHERS)):
        min(lanes, key=lambda lane: sum(SECONDS.get(other, OTHERS) for other in lane)).append(name)
    return [lane for lane in ([name for name in MEASURED if name in names], *lanes) if lane]


def run(bin_: pathlib.Path, python: str, words: list[str], covered: pathlib.Path | None = None) -> list[str]:
    """Runs the targets named in `words`, or all, with the ansible-test in `bin_`; returns the lanes that failed.

    Other words are options of ansible-test. What a lane prints comes when it ends, in one piece. What the measured targets
    cover is put into `covered`.
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

    def one(number: int, names: list[str]) -> tuple[list[str], int, str, float]:
        start, build = time.monotonic(), BUILD / "lanes" / str(number)
        tree = build / "tree" / NAME
        sync(tree)
        shutil.rmtree(tree / "tests" / "output", ignore_errors=True)
        measured = covered if names[0] in MEASURED else None
        more = ["--coverage"] if measured else []
        with Simulator(example=True, stop_after=3600) as simulator:
            settings = {"setup_simulator_shared": {**simulator.ready, "pid": None}}
            config = tree / "tests" / "integration" / "integration_config.yml"
            config.write_text(json.dumps(settings), encoding="utf-8")
            # In a session of its own: a target may interrupt its process group, which must not be that of nox.
            with subprocess.Popen(
                [*line, *more, *options, *names],
                cwd=tree,
                env=clean(bin_, build),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            ) as process:
                running.add(process)
                said, _nothing = process.communicate()
                running.discard(process)
        if measured:
            shutil.copytree(tree / "tests" / "output" / "coverage", measured)
        return names, process.returncode, said, time.monotonic() - start

    failed = []
    running: set[subprocess.Popen[str]] = set()
    if covered:
        shutil.rmtree(covered, ignore_errors=True)
    lanes = in_lanes([name for name in known if name in words] or known)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with concurrent.futures.ThreadPoolExecutor(len(lanes)) as pool:
        try:
            for done in concurrent.futures.as_completed(pool.submit(one, *lane) for lane in enumerate(lanes)):
                names, status, said, seconds = done.result()
                print(f"{said}{' '.join(names)}: {'FAILED' if status else 'passed'} in {seconds:.0f} s", flush=True)
                failed += [" ".join(names)] if status else []
        except KeyboardInterrupt:
            for process in tuple(running):
                os.killpg(process.pid, signal.SIGTERM)
            raise
    return failed
