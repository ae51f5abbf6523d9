# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps: each is one of the targets of the Makefile; `make test` runs `all`, and `beside` at the same time."""

from __future__ import annotations

import shutil
import subprocess
import sys

import cover
import integration as integration_targets
import tree
from environment import keep_pip_settings, spare_pip_download
from runner import Failed, command
from settings import BUILD, COLLECTIONS, LIVE, NAME, PYTHON, PYTHON_VERSION, ROOT, TREE

BIN = PYTHON.parent
WHERE = ("--local", "--python", PYTHON_VERSION, "--color", "no")
DOCS_LINT = (
    "antsibull-docs",
    "lint-collection-docs",
    ".",
    "--plugin-docs",
    "--validate-collection-refs=all",
    "--disallow-unknown-collection-refs",
)


def ansible_test(name: str, *arguments: str) -> None:
    """One ansible-test command in the copy of the collection."""
    command(BIN / "ansible-test", name, *WHERE, *arguments)


def sanity(arguments: list[str]) -> None:
    """Every test of ansible-test sanity, with no ignore file to excuse anything."""
    ignored = sorted(file.name for file in (TREE / "tests" / "sanity").glob("ignore-*.txt"))
    if ignored:
        raise Failed(f"tests/sanity has {', '.join(ignored)}; fix the finding instead")
    keep_pip_settings()
    spare_pip_download()
    ansible_test("sanity", *arguments)


def units(arguments: list[str]) -> None:
    """The unit tests."""
    if not list((TREE / "tests" / "unit").rglob("test_*.py")):
        raise Failed("there are no unit tests")
    ansible_test("units", "--coverage", *arguments)


def integration(arguments: list[str]) -> None:
    """The integration tests: playbooks that run the modules against the simulator."""
    get_rulebook()
    failed = integration_targets.run(PYTHON, ["--python", PYTHON_VERSION, *arguments], measure=True)
    if failed:
        raise Failed(", ".join(failed))


def get_rulebook() -> None:
    """What the targets of the event source need; where it cannot be had, they say so and are skipped."""
    if shutil.which("java") and sys.version_info < (3, 13) and not (BIN / "ansible-rulebook").exists():
        line = [
            str(PYTHON),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-input",
            "ansible-rulebook",
        ]
        if subprocess.run(line, check=False, stdin=subprocess.DEVNULL).returncode:
            print("ansible-rulebook cannot be installed here", flush=True)


def coverage(_arguments: list[str]) -> None:
    """What units and integration, run before, have covered together."""
    command(BIN / "ansible-test", "coverage", "combine", "--color", "no")
    cover.report(TREE, TREE / "tests" / "output" / "coverage" / "coverage", BUILD / "coverage")


def erase_coverage() -> None:
    """Forget what earlier runs have covered."""
    shutil.rmtree(TREE / "tests" / "output" / "coverage", ignore_errors=True)


def lint(_arguments: list[str]) -> None:
    """Everything that reads the sources without running them."""
    package = TREE.relative_to(COLLECTIONS)
    mypy = ("mypy", "--config-file", TREE / "pyproject.toml")
    failures = []
    for where, words in (
        (TREE, ("ruff", "check")),
        (TREE, ("ruff", "format", "--check")),
        (COLLECTIONS, (*mypy, package / "plugins")),
        (TREE / "hacking" / "checks", (*mypy, ".")),
        (TREE, ("yamllint", "--strict", ".")),
        (TREE, ("ansible-lint", "--nocolor", "--offline", "--profile", "production")),
        (TREE, ("antsibull-changelog", "lint")),
        (TREE, DOCS_LINT),
        (TREE, ("reuse", "lint", "--lines")),
        (TREE, ("python", "-B", "hacking/checks/agreement.py")),
        (TREE, ("python", "-B", "hacking/write_docs.py", "--check")),
    ):
        try:
            try:
                command(BIN / words[0], *words[1:], cwd=where, keep=words is DOCS_LINT)
            except Failed as error:
                # The name of its temporary folder has ended in "_", which makes a link of it in the pages it checks.
                if 'Unknown target name: "antsibull-docs-' not in error.said:
                    raise
                command(BIN / words[0], *words[1:], cwd=where)
        except Failed as error:
            print(error, flush=True)
            failures.append(str(words[0]))
    if failures:
        raise Failed(", ".join(dict.fromkeys(failures)))


def smoke(_arguments: list[str]) -> None:
    """The demo, and every row of the benchmark once: that they work, not how fast."""
    tree.sync(LIVE / NAME, repository=False)
    for line in (("tests/demo",), ("tests/bench", "--quick")):
        command(PYTHON, *line, cwd=ROOT, environ={"ANSIBLE_COLLECTIONS_PATH": str(LIVE)})


def formatting(arguments: list[str]) -> None:
    """Let ruff format the checkout itself."""
    command(BIN / "ruff", "format", *arguments, cwd=ROOT)


def build(_arguments: list[str]) -> None:
    """The tarball as it would be released."""
    command(BIN / "ansible-galaxy", "collection", "build", "--force", "--output-path", BUILD / "dist")


def galaxy(_arguments: list[str]) -> None:
    """What Galaxy and Automation Hub say to the tarball; a warning is as bad as an error."""
    shutil.rmtree(BUILD / "dist", ignore_errors=True)
    build([])
    (tarball,) = (BUILD / "dist").glob("*.tar.gz")
    folder = BUILD / "galaxy-importer"
    folder.mkdir(exist_ok=True)
    settings = {"GALAXY_IMPORTER_CONFIG": str(ROOT / "hacking" / "galaxy-importer.cfg")}
    said = command(PYTHON, "-m", "galaxy_importer.main", tarball, cwd=folder, environ=settings, keep=True)
    warnings = [line for line in said.splitlines() if "WARNING" in line]
    if warnings:
        raise Failed(f"galaxy-importer warns: {warnings[0]}")


STEPS = {
    "sanity": sanity,
    "units": units,
    "integration": integration,
    "coverage": coverage,
    "lint": lint,
    "galaxy": galaxy,
    "smoke": smoke,
    "format": formatting,
    "build": build,
}
GROUPS = {
    "all": ("units", "integration", "coverage"),
    "beside": ("sanity", "lint", "galaxy", "smoke"),
    "coverage": ("units", "integration", "coverage"),
}
