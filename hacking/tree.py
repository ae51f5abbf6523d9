# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every tool is started with: a copy of the checkout where ansible-test wants it, and an environment built from nothing."""

from __future__ import annotations

import ast
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Everything that is made goes in here; hacking/run.py says where.
BUILD = pathlib.Path(os.environ.get("BUILD") or ROOT / ".build")
NAME = pathlib.Path("ansible_collections", "avepoint", "cloud")
COLLECTIONS = BUILD / "tree"
TREE = COLLECTIONS / NAME
# The same for the demo and its like, which can run while a test does.
LIVE = BUILD / "live"

# What a tool may know of its caller. Not in the list, on purpose: PYTHON*, PYENV_*, ANSIBLE_*, AVEPOINT_*, COVERAGE_*,
# PYTEST_*, *_PROXY, REQUESTS_CA_BUNDLE; each of them changes what the collection or its tests do.
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

# Prints the version of pip that ansible-test wants for a version of Python.
PIP_VERSION = """
import sys, types
from ansible_test._internal.python_requirements import get_venv_packages
print(get_venv_packages(types.SimpleNamespace(version=sys.argv[1]))["pip"])
"""


def clean(bin_: pathlib.Path, build: pathlib.Path = BUILD) -> dict[str, str]:
    """The environment for the programs in `bin_` on the copy that `build` has."""
    home = build / "home"
    home.mkdir(parents=True, exist_ok=True)
    return {
        **{name: os.environ[name] for name in KEPT if name in os.environ},
        # Not the caller's home: a ~/.ansible.cfg, ~/.netrc or a collection installed there would take part.
        "HOME": str(home),
        "LC_ALL": "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8",
        "PATH": os.pathsep.join([str(bin_), os.environ["PATH"]]),
        "ANSIBLE_COLLECTIONS_PATH": str(build / "tree"),
        "PYTHONUNBUFFERED": "1",
    }


def sync(tree: pathlib.Path) -> None:
    """Bring the copy up to date, touching only what has changed. A checkout may have any name; ansible-test wants this one.

    By git, which knows what belongs to a checkout, and in a repository of the copy's own, since the tools ask git too
    and the one around it ignores all of this.
    """
    environ = {**clean(pathlib.Path(sys.executable).parent), "GIT_DIR": str(tree / ".git")}
    environ.update(GIT_AUTHOR_NAME="x", GIT_AUTHOR_EMAIL="x", GIT_COMMITTER_NAME="x", GIT_COMMITTER_EMAIL="x")

    def git(work: pathlib.Path, index: str, *words: str) -> str:
        where = {**environ, "GIT_WORK_TREE": str(work), "GIT_INDEX_FILE": str(tree / ".git" / index)}
        return subprocess.run(
            ["git", *words], check=True, cwd=work, env=where, stdout=subprocess.PIPE, text=True
        ).stdout

    tree.mkdir(parents=True, exist_ok=True)
    if not (tree / ".git" / "HEAD").exists():
        git(tree, "index", "init", "--quiet")
    git(ROOT, "index-of-checkout", "add", "--all")
    git(tree, "index", "read-tree", "--reset", "-u", git(ROOT, "index-of-checkout", "write-tree").strip())


def spare_downloads(bin_: pathlib.Path, python: str) -> None:
    """Let ansible-test make the environments of its sanity tests with nothing but the caller's package index.

    It downloads a script to get pip from one more host, though Python brings pip along: that script is put in its place.
    And it drops PIP_*, so the caller's pip settings (an index of one's own, a proxy, a CA) become a pip.conf in the home.
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
