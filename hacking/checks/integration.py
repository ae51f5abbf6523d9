# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The integration targets, several at once: each is one process after another, and waits for some of them."""

from __future__ import annotations

import concurrent.futures
import os
import pathlib
import queue
import shlex
import shutil
import signal
import subprocess
import sys
import time

import runner
import tree
from environment import clean
from settings import BUILD, COLLECTION, TREE

TARGETS = TREE / "tests" / "integration" / "targets"
COVERAGE = pathlib.Path("tests", "output", "coverage")

# These take longest, and so begin first.
SLOW = ("connection", "role_job_gate", "secrets", "playbook_gate", "inventory_tenants", "in_process")

# These run what unit tests do not. Measuring takes time, and the others would add nothing.
MEASURED = ("in_process", "waiting")


def targets() -> list[str]:
    """The names of all targets, in the order in which to start them."""
    names = sorted(file.parent.name for file in TARGETS.glob("*/aliases"))
    return sorted(names, key=lambda name: SLOW.index(name) if name in SLOW else len(SLOW))


def run(python: pathlib.Path, words: list[str], *, measure: bool = False, quiet: bool = False) -> list[str]:
    """Runs the targets named in `words`, or all, with this interpreter's ansible-test; returns the names of those that failed.

    Other words are options of ansible-test. What a target prints comes when it ends, in one piece; when `quiet`, only
    if it fails. When `measure`, what is covered is put where `ansible-test coverage` looks.
    """
    known = targets()
    chosen = [word for word in words if word in known] or known
    options = [word for word in words if word not in known]
    line = [str(python.parent / "ansible-test"), "integration", "--local", "--color", "no", *options]
    # ansible-test keeps what it makes in the collection's folder and in the home: two need two of each.
    lanes: queue.SimpleQueue[pathlib.Path] = queue.SimpleQueue()
    builds = [BUILD / "lanes" / str(number) for number in range(min(len(chosen), (os.cpu_count() or 1) + 1))]
    for build in builds:
        shutil.rmtree(build / COLLECTION / COVERAGE, ignore_errors=True)
        tree.sync(build / COLLECTION, repository=True)
        lanes.put(build)

    def one(name: str) -> tuple[str, int, str, float]:
        start = time.monotonic()
        build = lanes.get()
        coverage = ["--coverage"] if measure and name in MEASURED else []
        with runner.started(
            [*line, *coverage, name], build / COLLECTION, clean(python, build), subprocess.PIPE
        ) as process:
            running.add(process)
            said, _nothing = process.communicate()
        running.discard(process)
        lanes.put(build)
        return name, process.returncode, said, time.monotonic() - start

    print(f"+ {shlex.join(['ansible-test', *line[1:]])} TARGET, for each of {' '.join(chosen)}", flush=True)
    failed = []
    running: set[subprocess.Popen[str]] = set()
    with concurrent.futures.ThreadPoolExecutor(len(builds)) as pool:
        ends = [pool.submit(one, name) for name in chosen]
        try:
            for done in concurrent.futures.as_completed(ends):
                name, status, said, seconds = done.result()
                if status:
                    failed.append(name)
                if status or not quiet:
                    sys.stdout.write(said)
                print(f"integration target {name}: {'FAILED' if status else 'passed'} in {seconds:.1f} s", flush=True)
        except BaseException:  # such as Ctrl-C, of which the processes know nothing
            pool.shutdown(wait=False, cancel_futures=True)
            for process in tuple(running):
                os.killpg(process.pid, signal.SIGTERM)
            raise
    (TREE / COVERAGE).mkdir(parents=True, exist_ok=True)
    for build in builds:
        for file in (build / COLLECTION / COVERAGE).glob("*"):
            shutil.copy2(file, TREE / COVERAGE / file.name)
    return failed
