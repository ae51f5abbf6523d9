# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The integration targets, several at once: each is one process after another, which leaves the other cores idle."""

from __future__ import annotations

import concurrent.futures
import os
import pathlib
import shlex
import subprocess
import sys
import time

import runner
from environment import clean
from settings import TREE

TARGETS = TREE / "tests" / "integration" / "targets"

# These take longest, and so begin first.
SLOW = ("connection", "secrets", "role_job_gate", "in_process", "avepoint_d365_jobs_info", "avepoint_pc_jobs_info")


def targets() -> list[str]:
    """The names of all targets, in the order in which to start them."""
    names = sorted(file.parent.name for file in TARGETS.glob("*/aliases"))
    return sorted(names, key=lambda name: SLOW.index(name) if name in SLOW else len(SLOW))


def run(python: pathlib.Path, words: list[str], *, quiet: bool = False) -> list[str]:
    """Runs the targets named in `words`, or all, with this interpreter's ansible-test; returns the names of those that failed.

    Other words are options of ansible-test. What a target prints comes when it ends, in one piece; when `quiet`, only
    if it fails.
    """
    known = targets()
    chosen = [word for word in words if word in known] or known
    options = [word for word in words if word not in known]
    line = [str(python.parent / "ansible-test"), "integration", "--local", "--color", "no", *options]

    def one(name: str) -> tuple[str, int, str, float]:
        start = time.monotonic()
        with runner.started([*line, name], TREE, clean(python), subprocess.PIPE) as process:
            said, _nothing = process.communicate()
        return name, process.returncode, said, time.monotonic() - start

    print(f"+ {shlex.join(['ansible-test', *line[1:]])} TARGET, for each of {' '.join(chosen)}", flush=True)
    failed = []
    with concurrent.futures.ThreadPoolExecutor(min(len(chosen), (os.cpu_count() or 1) + 1)) as pool:
        for done in concurrent.futures.as_completed([pool.submit(one, name) for name in chosen]):
            name, status, said, seconds = done.result()
            if status:
                failed.append(name)
            if status or not quiet:
                sys.stdout.write(said)
            print(f"integration target {name}: {'FAILED' if status else 'passed'} in {seconds:.1f} s", flush=True)
    return failed
