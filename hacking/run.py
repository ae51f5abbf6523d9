# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Creates the virtual environment when it is missing or its requirements have changed, and runs sessions of noxfile.py in it.

    hacking/run SESSION... [-- ARGUMENT...]     runs the sessions, in parallel if there are several
    hacking/run clean                           removes everything that was built
    hacking/run                                 only creates the environment

It adds what nox does not do: install nox, lock the checkout against a second run, end the programs that a session has started
when nox is terminated, and count passed and failed sessions.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time
import types
import typing as t

ROOT = pathlib.Path(__file__).resolve().parent.parent
# ansible-test cannot work below a folder with a space in its name.
WORK = ROOT
if re.search(r"\s", str(ROOT)):
    WORK = pathlib.Path.home() / ".cache" / "avepoint.cloud" / hashlib.sha256(bytes(ROOT)).hexdigest()[:12]
BUILD = (ROOT / (os.environ.get("BUILD") or WORK / ".build")).resolve()
BIN = WORK / ".venv" / "bin"
REQUIREMENTS = [
    ROOT / "tests" / name for name in ("requirements.txt", "unit/requirements.txt", "integration/requirements.txt")
]
BUILT = (".ansible", ".hypothesis", ".mypy_cache", ".pytest_cache", ".ruff_cache", "docs/_build", "tests/output")
PIP = (BIN / "python", "-m", "pip", "install", "--disable-pip-version-check", "--no-input")
# Prints the version of coverage that ansible-test requires, which differs between its releases.
COVERAGE = (
    "from ansible_test._internal.coverage_util import CONTROLLER_COVERAGE_VERSION as v; print(v.coverage_version)"
)
# Sessions that do not write to files that tests read, so they can run at the same time as tests.
LIVE = {"demo", "simulator", "bench", "scale", "soak", "python"}


@contextlib.contextmanager
def locked(file: pathlib.Path) -> t.Iterator[None]:
    """Locks `file`, so that a second run waits for the first one instead of writing to the same files."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"Another run uses {file.parent}; waiting for it (BUILD=FOLDER keeps apart from it).", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def set_up() -> None:
    """Creates the virtual environment, if it is missing or if its requirements, path or Python have changed."""
    wanted = hashlib.sha256(
        b"\0".join([file.read_bytes() for file in REQUIREMENTS] + [bytes(ROOT), sys.executable.encode()])
    )
    stamp, log = BIN.parent / ".stamp", WORK / ".build" / "setup.log"
    with locked(WORK / ".build" / "setup.lock"):
        if stamp.is_file() and stamp.read_text() == wanted.hexdigest() and (BIN / "python").exists():
            return
        version = sys.version.partition(" ")[0]
        print(f"Setting up {BIN.parent} with Python {version}; the first time takes a minute or two.", flush=True)
        shutil.rmtree(BIN.parent, ignore_errors=True)
        with log.open("w", encoding="utf-8") as out:

            def run(*words: t.Any) -> None:
                if subprocess.run(words, stdin=subprocess.DEVNULL, stdout=out, stderr=out, check=False).returncode:
                    sys.exit(f"{log.read_text()}\nSetting up failed: {' '.join(map(str, words))}")

            run(sys.executable, "-m", "venv", BIN.parent)
            run(*PIP, *(word for file in REQUIREMENTS for word in ("-r", file)))
            version = subprocess.run(
                [BIN / "python", "-c", COVERAGE], check=True, stdout=subprocess.PIPE, text=True
            ).stdout
            run(*PIP, f"coverage=={version.strip()}")
        stamp.write_text(wanted.hexdigest())


def nox(arguments: list[str], report: pathlib.Path) -> int:
    """Runs nox and returns its exit status. If this process is interrupted or terminated, ends nox and its programs too."""

    def stop(number: int, _frame: types.FrameType | None) -> None:
        raise KeyboardInterrupt(number)

    signal.signal(signal.SIGTERM, stop)
    line: list[t.Any] = [
        BIN / "python",
        "-B",
        "-m",
        "nox",
        "--noxfile",
        ROOT / "noxfile.py",
        "--report",
        report,
        *arguments,
    ]
    environ = {**os.environ, "BUILD": str(BUILD), "PATH": os.pathsep.join([str(BIN), os.environ["PATH"]])}
    # Without stdin and in a session of its own, because ansible-test behaves differently on a terminal.
    process = subprocess.Popen(line, cwd=ROOT, env=environ, stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        return process.wait()
    except KeyboardInterrupt as stopped:
        for number, seconds in ((signal.SIGINT, 5), (signal.SIGTERM, 5), (signal.SIGKILL, 5)):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
                process.wait(seconds)
        return 128 + (stopped.args[0] if stopped.args else signal.SIGINT)


def count(report: pathlib.Path, seconds: float) -> None:
    """Prints a summary of the sessions in nox's report. CI servers read its last line."""
    results = [session for session in json.loads(report.read_text())["sessions"] if session["result"] != "skipped"]
    for session in results:
        print(f"  {session['name']:<28}{session.get('duration') or 0:7.1f} s  {session['result']}")
    failed = sum(session["result"] != "success" for session in results)
    print(f"in {seconds:.0f} s\nchecks: {len(results) - failed} passed, {failed} failed", flush=True)


def main(arguments: list[str]) -> int:
    """Runs the command line, and returns the exit status."""
    if arguments == ["clean"]:
        for folder in (BIN.parent, WORK / ".build", *(ROOT / name for name in BUILT)):
            shutil.rmtree(folder, ignore_errors=True)
        return 0
    sessions = arguments[: arguments.index("--")] if "--" in arguments else arguments
    start, report = time.monotonic(), BUILD / f"report-{os.getpid()}.json"
    options = ["--parallel", str((os.cpu_count() or 1) + 1)] if len(sessions) > 1 else []
    live = LIVE.issuperset(sessions)
    BUILD.mkdir(parents=True, exist_ok=True)
    try:
        with contextlib.nullcontext() if live else locked(BUILD / "lock"):
            set_up()
            status = nox([*options, "--session", *arguments], report) if sessions else 0
        if report.exists() and not live:
            count(report, time.monotonic() - start)
        return status
    finally:
        report.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
