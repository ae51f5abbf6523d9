# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shows the main functions of the collection: `make demo`.

It starts the simulated AvePoint cloud on a free port of this machine and runs playbook.yml against it with ansible-playbook. It
always stops the processes that it has started.
"""

from __future__ import annotations

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from simulator.client import Simulator  # noqa: E402 - found by the line above

LONGEST = 300
REPORTS = pathlib.Path(os.environ.get("BUILD") or HERE.parent.parent / ".build", "demo-report").resolve()


def main() -> int:
    start = time.monotonic()
    # On SIGTERM too, the `finally` blocks run.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    with (
        tempfile.TemporaryDirectory(prefix="avepoint-demo-") as folder,
        Simulator(example=True, stop_after=LONGEST) as simulator,
    ):
        ready = pathlib.Path(folder, "simulator.json")
        ready.write_text(json.dumps(simulator.ready), encoding="utf-8")
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
        try:
            status = playbook.wait(timeout=LONGEST)
        except KeyboardInterrupt:
            status = 130
        finally:
            if playbook.poll() is None:
                playbook.terminate()
                playbook.wait()
    print(f"demo: {'passed' if status == 0 else 'FAILED'} in {time.monotonic() - start:.0f} s, simulator stopped")
    return status


if __name__ == "__main__":
    sys.exit(main())
