# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks that facts which are written in two files agree: python hacking/agreement.py."""

from __future__ import annotations

import pathlib
import sys

import yaml
from tree import ROOT

# Modules that do not log in, so they are not in the action group.
NO_LOGIN = {"job_gate_end_host", "job_report_files"}


def requirements(path: pathlib.Path) -> set[str]:
    """The lines of a requirements file, without comments and empty lines."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return {line.strip() for line in lines if line.strip() and not line.startswith("#")}


def disagreements(root: pathlib.Path) -> list[str]:
    """A sentence for each disagreement in the checkout at `root`."""
    found = []
    runtime = yaml.safe_load((root / "meta" / "runtime.yml").read_text(encoding="utf-8"))
    modules = sorted(file.stem for file in (root / "plugins" / "modules").glob("*.py") if file.stem not in NO_LOGIN)
    if sorted(runtime["action_groups"]["avepoint"]) != modules:
        found.append(f"meta/runtime.yml: the action group avepoint has to list the modules, {', '.join(modules)}")
    for name in modules:
        text = (root / "plugins" / "modules" / f"{name}.py").read_text(encoding="utf-8")
        if "  - avepoint.cloud.attributes" not in text:
            found.append(f"plugins/modules/{name}.py: does not document the action group by avepoint.cloud.attributes")

    promised = requirements(root / "requirements.txt")
    for name in ("tests/unit/requirements.txt", "tests/integration/requirements.txt"):
        lacking = promised - requirements(root / name)
        if lacking:
            found.append(f"{name}: lacks {', '.join(sorted(lacking))}, which requirements.txt has")

    readme = (root / "README.md").read_text(encoding="utf-8")
    for requirement in sorted(promised):
        package, _operator, version = requirement.partition(">=")
        if f"[{package}](https://pypi.org/project/{package}/) {version} or later" not in readme:
            found.append(f"README.md: does not ask for {package} {version} or later, as requirements.txt does")
    return found


if __name__ == "__main__":
    problems = disagreements(ROOT)
    print("\n".join(problems))
    sys.exit(1 if problems else 0)
