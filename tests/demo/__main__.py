# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection's main job, for someone to look at: `make demo`.

Starts the simulated AvePoint cloud on a free port of this machine, runs playbook.yml against it with a real
ansible-playbook, and stops what it started, whatever happens.
"""

from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
LONGEST = 300
REPORTS = pathlib.Path(os.environ.get("BUILD") or HERE.parent.parent / ".build", "demo-report").resolve()


def wait_for(file: pathlib.Path, simulator: subprocess.Popen[bytes]) -> None:
    """Return when the simulator listens."""
    deadline = time.monotonic() + 30
    while not file.exists():
        if simulator.poll() is not None or time.monotonic() > deadline:
            sys.exit("The simulator did not start; `make simulator` shows why.")
        time.sleep(0.05)


def main() -> int:
    start = time.monotonic()
    # A terminated demo ends like an interrupted one: by the way of each `finally`.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    with tempfile.TemporaryDirectory(prefix="avepoint-demo-") as folder:
        ready = pathlib.Path(folder, "simulator.json")
        simulator = subprocess.Popen(
            [
                sys.executable,
                str(HERE.parent / "simulator"),
                "--example",
                "--port",
                "0",
                "--ready-file",
                str(ready),
                "--stop-after",
                str(LONGEST),
                "--stop-with-stdin",
            ],
            stdin=subprocess.PIPE,  # closed when this process ends, even by force
            stdout=subprocess.DEVNULL,
        )
        playbook = None
        try:
            wait_for(ready, simulator)
            print("A simulated AvePoint cloud is listening. Its jobs move on while the playbook runs:\n", flush=True)
            playbook = subprocess.Popen(
                [pathlib.Path(sys.executable).with_name("ansible-playbook"), HERE / "playbook.yml", *sys.argv[1:]],
                env={
                    **os.environ,
                    "ANSIBLE_CONFIG": str(HERE / "ansible.cfg"),
                    "AVEPOINT_DEMO_SIMULATOR": str(ready),
                    "AVEPOINT_DEMO_REPORTS": str(REPORTS),
                },
                stdin=subprocess.DEVNULL,
            )
            status = playbook.wait(timeout=LONGEST)
        except KeyboardInterrupt:
            status = 130
        finally:
            for process in (playbook, simulator):
                if process and process.poll() is None:
                    process.terminate()
                    process.wait()
    print(f"demo: {'passed' if status == 0 else 'FAILED'} in {time.monotonic() - start:.0f} s, simulator stopped")
    return status


if __name__ == "__main__":
    sys.exit(main())
