# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The nox sessions that the targets of the Makefile run. hacking/run starts nox in the virtual environment of the tools (.venv).

nox starts the sessions in the order of this file, not of its command line: the longest come first.
"""

from __future__ import annotations

import json
import os
import pathlib
import re
import shutil
import sys
import typing as t

import nox

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "hacking"))
import integration as integration_lanes
from tree import BUILD, COLLECTIONS, LIVE, NAME, ROOT, TREE, clean, spare_downloads, sync

BIN = pathlib.Path(sys.executable).parent
HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
# The least coverage of plugins/, in per cent. `coverage report --fail-under` knows only one bound, for lines and branches together.
BOUNDS = {"lines": 95.0, "branches": 90.0}
COVERED = BUILD / "coverage"
WORKERS = str(max(2, os.cpu_count() or 1))
# Neighbours share what they start; what waits behind a long one goes to whoever is done.
PARALLEL = ("-n", WORKERS, "--dist", "worksteal")
# Unit tests of the collection itself, and unit tests of the documentation, the simulator and the tools.
COLLECTION_UNITS = ("tests/unit/plugins", "tests/unit/extensions")
OTHER_UNITS = ("tests/unit/docs", "tests/unit/simulator")

nox.options.error_on_missing_interpreters = False
nox.options.default_venv_backend = "none"
nox.options.envdir = str(BUILD / "nox")


def tool(**options: t.Any) -> t.Callable[[t.Any], t.Any]:
    """Returns a decorator for a session that uses the tools' virtual environment and may run in parallel with others."""
    return nox.session(python=False, allow_parallel=True, **options)


def run(session: nox.Session, program: str, *words: t.Any, cwd: pathlib.Path = TREE, **options: t.Any) -> t.Any:
    """Runs a program of the tools' virtual environment in the environment of `clean`; `options` are those of `session.run`."""
    environ = {**clean(BIN), **options.pop("env", {})}
    with session.chdir(cwd):
        return session.run(
            str(BIN / program), *map(str, words), env=environ, include_outer_env=False, interrupt_timeout=5, **options
        )


@tool()
def tree(session: nox.Session) -> None:
    """Updates the copy of the checkout that the other sessions test."""
    sync(TREE)


@tool(requires=["tree"])
def integration(session: nox.Session) -> None:
    """Playbooks that run the modules against the simulator."""
    # The targets of the event source need ansible-rulebook. If it cannot be installed, they print why and are skipped.
    if shutil.which("java") and sys.version_info < (3, 13) and not (BIN / "ansible-rulebook").exists():
        session.run(
            str(BIN / "python"), "-m", "pip", "install", "--quiet", "ansible-rulebook", success_codes=range(256)
        )
    failed = integration_lanes.run(BIN, HERE, session.posargs, COVERED / "integration")
    if failed:
        session.error(f"failed: {', '.join(failed)}")


@tool(requires=["tree"])
def sanity(session: nox.Session) -> None:
    """All tests of ansible-test sanity; ignore files are not allowed."""
    ignored = sorted(file.name for file in (TREE / "tests" / "sanity").glob("ignore-*.txt"))
    if ignored:
        session.error(f"tests/sanity has {', '.join(ignored)}; fix the finding instead")
    spare_downloads(BIN, HERE)
    run(session, "ansible-test", "sanity", "--local", "--python", HERE, "--color", "no", *session.posargs)


def pytest(session: nox.Session, *words: str, **env: str) -> None:
    # What is compiled is kept, but not in the tree: each process that a test starts would compile it anew.
    env = {"PYTHONPATH": str(COLLECTIONS), "PYTHONPYCACHEPREFIX": str(BUILD / "compiled"), **env}
    run(session, "python", "-m", "pytest", *words, env=env)


@tool(requires=["tree"])
def units(session: nox.Session) -> None:
    """The unit tests of the collection, or only the files and folders named in the arguments."""
    if any((TREE / word.partition("::")[0]).exists() for word in session.posargs):
        pytest(session, *session.posargs)
        return
    COVERED.mkdir(parents=True, exist_ok=True)
    measure = ("--cov=plugins", "--cov-branch", "--cov-report=")
    words = (*PARALLEL, *measure, *COLLECTION_UNITS, *session.posargs)
    pytest(session, *words, COVERAGE_FILE=str(COVERED / "units"))


@tool(requires=["tree"])
def pages(session: nox.Session) -> None:
    """The tests of the documentation, the simulator and the tools."""
    pytest(session, *PARALLEL, *OTHER_UNITS)


@tool(requires=["units", "integration"])
def coverage(session: nox.Session) -> None:
    """Combines the coverage of unit and integration tests, writes reports, and fails below the bounds."""
    env = {"COVERAGE_FILE": str(COVERED / "all")}
    run(
        session,
        "coverage",
        "combine",
        "--keep",
        "--quiet",
        COVERED / "units",
        *(COVERED / "integration").iterdir(),
        env=env,
    )
    run(session, "coverage", "report", "--show-missing", "--skip-covered", env=env)
    run(session, "coverage", "html", "--quiet", "-d", COVERED / "html", env=env)
    for form in ("xml", "json"):
        run(session, "coverage", form, "--quiet", "-o", COVERED / f"coverage.{form}", env=env)
    totals = json.loads((COVERED / "coverage.json").read_text(encoding="utf-8"))["totals"]
    reached = {
        "lines": 100 * totals["covered_lines"] / totals["num_statements"],
        "branches": 100 * totals["covered_branches"] / totals["num_branches"],
    }
    print(
        f"coverage: {reached['lines']:.1f} % of lines, {reached['branches']:.1f} % of branches; as HTML in {COVERED / 'html'}"
    )
    for what, bound in BOUNDS.items():
        if reached[what] < bound:
            session.error(f"{reached[what]:.1f} % of {what} are covered, {bound} % have to be")


@tool(requires=["tree"])
def smoke(session: nox.Session) -> None:
    """Runs the demo and each row of the benchmark once, to see that they work; their speed is not checked."""
    live(session, "tests/demo")
    live(session, "tests/bench", "--quick")


@tool(requires=["tree"])
def lint(session: nox.Session) -> None:
    """All static checks."""
    mypy = ("mypy", "--config-file", TREE / "pyproject.toml")
    antsibull = ("antsibull-docs", "lint-collection-docs", ".", "--plugin-docs")
    failures = []
    for where, words in (
        (TREE, ("ruff", "check")),
        (TREE, ("ruff", "format", "--check")),
        (COLLECTIONS, (*mypy, NAME / "plugins")),
        (TREE / "hacking", (*mypy, "../noxfile.py", "run.py")),
        (TREE, ("yamllint", "--strict", ".")),
        (TREE, ("ansible-lint", "--nocolor", "--offline", "--profile", "production")),
        (TREE, ("antsibull-changelog", "lint")),
        (TREE, (*antsibull, "--validate-collection-refs=all", "--disallow-unknown-collection-refs")),
        (TREE, ("reuse", "lint", "--lines")),
        (TREE, ("python", "-B", "hacking/agreement.py")),
        (TREE, ("python", "-B", "hacking/write_docs.py", "--check")),
    ):
        # antsibull-docs fails if the random name of its temporary folder ends in "_": reStructuredText reads that as a link.
        # Therefore it is tried twice.
        for last in (words[0] != "antsibull-docs", True):
            try:
                run(session, str(words[0]), *words[1:], cwd=where, env={"MYPYPATH": ".:../tests"})
                break
            except nox.command.CommandFailed:
                if last:
                    failures.append(" ".join(map(str, words[:3])))
                    break
    if failures:
        session.error(", ".join(failures))


@tool(requires=["tree"])
def build(session: nox.Session) -> None:
    """Builds the tarball of a release."""
    shutil.rmtree(BUILD / "dist", ignore_errors=True)
    run(session, "ansible-galaxy", "collection", "build", "--output-path", BUILD / "dist")


@nox.session(venv_backend="virtualenv", reuse_venv=True, allow_parallel=True, requires=["build"])
def galaxy(session: nox.Session) -> None:
    """Runs the import checks of Galaxy and Automation Hub on the tarball; a warning fails as an error does."""
    # It has a virtual environment of its own because it needs older versions of packages that other tools use.
    session.install("--quiet", "galaxy-importer==0.4.44")
    (tarball,) = (BUILD / "dist").glob("*.tar.gz")
    folder = BUILD / "galaxy-importer"
    folder.mkdir(exist_ok=True)
    env = {**clean(pathlib.Path(session.bin)), "GALAXY_IMPORTER_CONFIG": str(ROOT / "hacking" / "galaxy-importer.cfg")}
    with session.chdir(folder):
        words = ("python", "-m", "galaxy_importer.main", str(tarball))
        output = str(session.run(*words, env=env, include_outer_env=False, silent=True))
    print(output)
    if "WARNING" in output:
        session.error("galaxy-importer warns")


def live(session: nox.Session, *words: t.Any) -> None:
    """Runs the tools' Python in the checkout, with a copy of the collection apart from that of the tests."""
    sync(LIVE / NAME)
    run(session, "python", "-B", *words, cwd=ROOT, env={"ANSIBLE_COLLECTIONS_PATH": str(LIVE)})


@tool()
def python(session: nox.Session) -> None:
    """Runs the tools' Python with the given arguments."""
    live(session, *session.posargs)


@tool()
def docs(session: nox.Session) -> None:
    """Builds the documentation as HTML; a warning is an error."""
    session.run(str(BIN / "python"), "-m", "pip", "install", "--quiet", "-r", "docs/requirements.txt")
    live(session, "docs/build.py", *session.posargs)


# The Pythons to test each supported ansible-core with: the oldest and newest ones for the first and last core, one for the others.
CORES = {
    "2.16": ("3.10", "3.11", "3.12"),
    "2.17": ("3.11",),
    "2.18": ("3.11",),
    "2.19": ("3.11",),
    "2.20": ("3.12",),
    "2.21": ("3.12", "3.13"),
}
# The sanity tests whose result depends on the version of ansible-core; `make sanity` runs all of them on the newest.
SANITY = ("ansible-doc", "compile", "validate-modules", "yamllint")
# Integration targets of the simulator and the tools. They run on the newest ansible-core only, in `make integration`.
ELSEWHERE = ("simulator", "runner_slices")


def rows() -> list[t.Any]:
    """The rows of the matrix whose Python is installed here, oldest first; then the oldest row with the oldest libraries."""
    path = os.environ["PATH"].split(os.pathsep)
    installed = [
        (core, version)
        for core, versions in CORES.items()
        for version in versions
        if any((pathlib.Path(folder) / f"python{version}").exists() for folder in path)
    ]
    found = []
    for core, version in installed:
        tags = [core, version, f"core{core}", f"py{version}"]
        tags += (
            ["oldest"] if (core, version) == installed[0] else ["newest"] if (core, version) == installed[-1] else []
        )
        found.append(nox.param(version, core, False, id=f"core{core}-py{version}", tags=tags))
    for core, version in installed[:1]:
        found.append(nox.param(version, core, True, id=f"core{core}-py{version}-libraries", tags=["libraries"]))
    return found


@nox.session(venv_backend="virtualenv", reuse_venv=True, requires=["tree"])
@nox.parametrize("python,core,oldest_libraries", rows())
def matrix(session: nox.Session, core: str, oldest_libraries: bool) -> None:
    """Sanity, unit and integration tests on one ansible-core and one Python."""
    version = str(session.python)
    files = [ROOT / "tests" / kind / "requirements.txt" for kind in ("unit", "integration")]
    words = [f"ansible-core~={core}.0", "pytest>=8,<10", "pytest-forked", "pytest-mock", "pytest-xdist"]
    if oldest_libraries:
        bounds = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
        words += [re.sub(r"\s*>=\s*", "==", line) for line in bounds if line and not line.startswith("#")]
    session.install(*words, *(word for file in files for word in ("-r", str(file))), silent=True)
    bin_ = pathlib.Path(session.bin)
    env = {**clean(bin_), "PYTHONPATH": str(COLLECTIONS)}
    failures = []

    def step(kind: str, *line: str) -> None:
        try:
            with session.chdir(TREE):
                session.run(*line, env=env, include_outer_env=False, interrupt_timeout=5)
        except nox.command.CommandFailed:
            failures.append(kind)

    spare_downloads(bin_, version)
    where = ("--local", "--python", version, "--color", "no")
    env.pop("PYTHONPATH")
    step("sanity", "ansible-test", "sanity", *where, *(word for name in SANITY for word in ("--test", name)))
    if core == list(CORES)[-1]:
        # ansible-test forks for each test and checks the imports, as in the CI of other collections. It is slow, so it runs once.
        step("units", "ansible-test", "units", *where, *(f"{folder}/" for folder in COLLECTION_UNITS))
    else:
        env.update(PYTHONPATH=str(COLLECTIONS), EXAMPLES_ONE_IN="5")
        step("units", "python", "-B", "-m", "pytest", "-n", WORKERS, *COLLECTION_UNITS)
    names = sorted(file.parent.name for file in (TREE / "tests" / "integration" / "targets").glob("*/aliases"))
    if integration_lanes.run(bin_, version, [name for name in names if name not in ELSEWHERE]):
        failures.append("integration")
    if failures:
        session.error(f"failed: {', '.join(failures)}")
