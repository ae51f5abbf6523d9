# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""python hacking/checks STEP [ARGUMENT...], in the project's virtual environment; the Makefile calls it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import sys
import typing as t

import environment
import matrix
import runner
import steps
import tree
from settings import BUILD, LIVE, NAME, PYTHON, ROOT, TREE


@contextlib.contextmanager
def alone() -> t.Iterator[None]:
    """Two runs at once would write to the same files: the second waits for the first."""
    BUILD.mkdir(parents=True, exist_ok=True)
    with open(BUILD / "lock", "w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"Another run uses {BUILD}; waiting for it (BUILD=FOLDER keeps apart from it).", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def beside() -> t.Iterator[list[int]]:
    """Runs the group `beside` at the same time, on a copy of its own: on its own each of the two leaves a core idle.

    What it prints comes at the end, in one piece; its exit status is put into the list.
    """
    build = BUILD / "beside"
    build.mkdir(parents=True, exist_ok=True)
    log = build / "log"
    print(
        f"At the same time: {', '.join(steps.GROUPS['beside'])}. What they print comes last, and is in {log}.",
        flush=True,
    )
    line = [str(PYTHON), "-B", str(ROOT / "hacking" / "checks"), "beside"]
    statuses: list[int] = []
    with (
        log.open("w", encoding="utf-8") as out,
        runner.started(line, ROOT, {**os.environ, "BUILD": str(build)}, out) as process,
    ):
        yield statuses
        statuses.append(process.wait())
    print(log.read_text(encoding="utf-8"), end="", flush=True)


def main(name: str, arguments: list[str]) -> int:
    """Run one step, or a group of them."""
    # As after Ctrl-C, nothing that was started is left behind.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    if name == "exec":
        tree.sync(LIVE / NAME, repository=False)
        os.chdir(ROOT)
        environ = {**environment.clean(), "ANSIBLE_COLLECTIONS_PATH": str(LIVE)}
        os.execve(PYTHON, [str(PYTHON), *arguments], environ)
    names = steps.GROUPS.get(name, (name,))
    if name != "matrix" and any(one not in steps.STEPS for one in names):
        print(f"Unknown step {name}; there are {', '.join([*steps.STEPS, *steps.GROUPS, 'matrix'])}.", file=sys.stderr)
        return 2
    with alone():
        tree.sync(TREE, repository=True)
        if name == "matrix":
            return matrix.main(arguments)
        if "coverage" in names:
            steps.erase_coverage()
        with contextlib.ExitStack() as stack:
            others = stack.enter_context(beside()) if name == "all" else []
            failed = runner.run({one: steps.STEPS[one] for one in names}, arguments)
        return max(failed, *others, 0)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2:]))
