# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""python hacking/checks STEP [ARGUMENT...], in the project's virtual environment; the Makefile calls it."""

from __future__ import annotations

import contextlib
import fcntl
import os
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


def main(name: str, arguments: list[str]) -> int:
    """Run one step, or a group of them."""
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
        return runner.run({one: steps.STEPS[one] for one in names}, arguments)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2:]))
