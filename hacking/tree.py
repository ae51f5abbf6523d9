# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prepares what every tool runs in: a copy of the checkout at the path that ansible-test needs, and clean environment variables."""

from __future__ import annotations

import ast
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
# The folder for all build output; hacking/run.py sets it.
BUILD = pathlib.Path(os.environ.get("BUILD") or ROOT / ".build")
NAME = pathlib.Path("ansible_collections", "avepoint", "cloud")
COLLECTIONS = BUILD / "tree"
TREE = COLLECTIONS / NAME
# A second copy for the demo, the benchmark and similar programs, which can run at the same time as the tests.
LIVE = BUILD / "live"

# The environment variables that tools inherit. PYTHON*, PYENV_*, ANSIBLE_*, AVEPOINT_*, COVERAGE_*, PYTEST_*, *_PROXY and
# REQUESTS_CA_BUNDLE are left out on purpose, because they change how the collection or its tests behave.
KEPT = [
    "CI",
    "COLUMNS",
    "LOGNAME",
    "OBJC_DISABLE_INITIALIZE_FORK_SAFETY",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "TERM",
    "TMPDIR",
    "USER",
]

# A program that prints the version of pip that ansible-test installs for a version of Python.
PIP_VERSION = """
import sys, types
from ansible_test._internal.python_requirements import get_venv_packages
print(get_venv_packages(types.SimpleNamespace(version=sys.argv[1]))["pip"])
"""


def clean(bin_: pathlib.Path, build: pathlib.Path = BUILD) -> dict[str, str]:
    """The environment variables for the programs in `bin_` that work on the copy of the checkout in `build`. Creates its home."""
    home = build / "home"
    home.mkdir(parents=True, exist_ok=True)
    return {
        **{name: os.environ[name] for name in KEPT if name in os.environ},
        # Not the caller's home, because a ~/.ansible.cfg, a ~/.netrc or collections installed there would be used.
        "HOME": str(home),
        "LC_ALL": "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8",
        "PATH": os.pathsep.join([str(bin_), os.environ["PATH"]]),
        "ANSIBLE_COLLECTIONS_PATH": str(build / "tree"),
        "PYTHONUNBUFFERED": "1",
    }


def sync(tree: pathlib.Path) -> None:
    """Updates the copy of the checkout in `tree`; files that did not change are not touched.

    The copy is needed because ansible-test requires the path ansible_collections/avepoint/cloud. It is made with git, which
    knows the ignored files. The copy has a repository of its own, because the tools run git too, and the checkout's
    repository ignores the build folder.
    """
    environ = {**clean(pathlib.Path(sys.executable).parent), "GIT_DIR": str(tree / ".git")}
    environ.update(GIT_AUTHOR_NAME="x", GIT_AUTHOR_EMAIL="x", GIT_COMMITTER_NAME="x", GIT_COMMITTER_EMAIL="x")

    def git(work: pathlib.Path, index: str, *words: str) -> str:
        env = {**environ, "GIT_WORK_TREE": str(work), "GIT_INDEX_FILE": str(tree / ".git" / index)}
        return subprocess.run(["git", *words], check=True, cwd=work, env=env, stdout=subprocess.PIPE, text=True).stdout

    tree.mkdir(parents=True, exist_ok=True)
    if not (tree / ".git" / "HEAD").exists():
        git(tree, "index", "init", "--quiet")
    git(ROOT, "index-of-checkout", "add", "--all")
    git(tree, "index", "read-tree", "--reset", "-u", git(ROOT, "index-of-checkout", "write-tree").strip())


def spare_downloads(bin_: pathlib.Path, python: str) -> None:
    """Prepares a home in which ansible-test creates the environments of its sanity tests from the caller's package index only.

    ansible-test downloads get-pip.py from another host. A script that uses Python's ensurepip is put into its cache instead.
    ansible-test also drops PIP_*, so the caller's pip settings (index, proxy, CA) are written to a pip.conf.
    """
    words = [str(bin_ / "python"), "-c", PIP_VERSION, python]
    version = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True, env=clean(bin_)).stdout.strip()
    script = BUILD / "home" / ".ansible" / "test" / "cache" / f"get_pip_{version.replace('.', '_')}.py"
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text("import ensurepip\n\nensurepip.bootstrap()\n", encoding="utf-8")

    words = [sys.executable, "-m", "pip", "config", "list"]
    listed = subprocess.run(words, check=False, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    settings = {"global": {"quiet": "2"}}
    for line in listed.splitlines():
        section, _dot, name = line.partition("=")[0].rpartition(".")
        value = str(ast.literal_eval(line.partition("=")[2])).replace("\n", "\n ")
        settings.setdefault("global" if section == ":env:" else section, {})[name] = value
    file = BUILD / "home" / ".config" / "pip" / "pip.conf"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(mode=0o600)
    text = [
        f"[{section}]\n" + "".join(f"{name} = {value}\n" for name, value in found.items())
        for section, found in settings.items()
    ]
    file.write_text("".join(text), encoding="utf-8")
