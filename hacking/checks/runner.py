# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Running steps one after the other, and what is printed about them."""

from __future__ import annotations

import contextlib
import os
import pathlib
import shlex
import signal
import subprocess
import threading
import time
import typing as t

from environment import clean
from settings import LONGEST, TREE

Step = t.Callable[[list[str]], None]


class Failed(Exception):
    """A step did not pass; says why in one line. `said` is what the command printed, where that was kept."""

    def __init__(self, why: str, said: str = "") -> None:
        super().__init__(why)
        self.said = said


def command(
    *words: str | os.PathLike[str],
    cwd: pathlib.Path = TREE,
    environ: t.Mapping[str, str] | None = None,
    keep: bool = False,
) -> str:
    """Show and run one command in the clean environment; Failed when it fails. What it printed is returned on demand."""
    line = [os.fspath(word) for word in words]
    print(f"+ {shlex.join([os.path.basename(line[0]), *line[1:]])}", flush=True)
    with started(line, cwd, {**clean(), **(environ or {})}, subprocess.PIPE if keep else None) as process:
        said = []
        for text in process.stdout or ():
            print(text, end="", flush=True)
            said.append(text)
        process.wait()
    if process.returncode:
        raise Failed(f"{os.path.basename(line[0])} ended with {process.returncode}", "".join(said))
    return "".join(said)


@contextlib.contextmanager
def started(
    line: list[str], cwd: pathlib.Path, environ: t.Mapping[str, str], output: int | t.TextIO | None
) -> t.Iterator[subprocess.Popen[str]]:
    """A process of which nothing is left afterwards, also after Ctrl-C or when it takes longer than anything should."""
    # No input and no terminal: ansible-test changes its ways when it sees one.
    process = subprocess.Popen(
        line,
        cwd=cwd,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=None if output is None else subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )

    def kill() -> None:
        print(f"killed after {LONGEST} s: {shlex.join(line)}", flush=True)
        os.killpg(process.pid, signal.SIGKILL)

    timer = threading.Timer(LONGEST, kill)
    timer.daemon = True
    timer.start()
    try:
        yield process
    finally:
        timer.cancel()
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()


def header(title: str) -> None:
    """The line above a step's output."""
    print(f"\n===== {title} {'=' * max(1, 100 - len(title))}", flush=True)


def run(steps: t.Mapping[str, Step], arguments: list[str]) -> int:
    """Run each step, whatever became of the one before; the summary comes last."""
    lines = []
    failed = 0
    for name, step in steps.items():
        header(name)
        start = time.monotonic()
        try:
            step(arguments)
            outcome = "passed"
        except (Failed, OSError) as error:
            failed += 1
            outcome = f"FAILED: {error}"
            print(outcome, flush=True)
        lines.append(f"  {name:<14}{time.monotonic() - start:7.1f} s  {outcome}")
    header("summary")
    print("\n".join(lines))
    print(f"checks: {len(steps) - failed} passed, {failed} failed", flush=True)
    return 1 if failed else 0
