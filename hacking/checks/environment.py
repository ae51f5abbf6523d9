# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The environment variables that every tool is started with: built from nothing, whoever calls."""

from __future__ import annotations

import ast
import os
import pathlib
import subprocess
import sys

from settings import BUILD, PYTHON, PYTHON_VERSION

# What a tool may know of its caller. Not in the list, on purpose: PYTHON*, PYENV_*, ANSIBLE_*, AVEPOINT_*, COVERAGE_*,
# PYTEST_*, *_PROXY, REQUESTS_CA_BUNDLE; each of them changes what the collection or its tests do.
KEPT = (
    "CI",
    "COLUMNS",
    "LOGNAME",
    "OBJC_DISABLE_INITIALIZE_FORK_SAFETY",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "TERM",
    "TMPDIR",
    "USER",
)


def clean(python: pathlib.Path = PYTHON, build: pathlib.Path = BUILD) -> dict[str, str]:
    """The environment for tools of the virtual environment that this interpreter is in, on the copy that `build` has."""
    environ = {name: os.environ[name] for name in KEPT if name in os.environ}
    home = build / "home"
    home.mkdir(parents=True, exist_ok=True)
    path = [str(python.parent)]
    path += [folder for folder in os.environ.get("PATH", os.defpath).split(os.pathsep) if "/shims" not in folder]
    environ.update(
        # Not the caller's home: a ~/.ansible.cfg, ~/.netrc or a collection installed there would take part.
        HOME=str(home),
        LC_ALL="en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8",
        PATH=os.pathsep.join(path),
        ANSIBLE_COLLECTIONS_PATH=str(build / "tree"),
        PYTHONUNBUFFERED="1",
    )
    return environ


def keep_pip_settings() -> None:
    """Hand the caller's pip settings (an index of one's own, a proxy, a CA) to the pip that ansible-test starts.

    ansible-test drops PIP_* and the clean environment has another home, so they are written to a pip.conf there.
    """
    command = [str(PYTHON), "-m", "pip", "config", "list"]
    listed = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    settings: dict[str, dict[str, str]] = {"global": {}}
    for line in listed.stdout.splitlines():
        key, found, value = line.partition("=")
        section, dot, name = key.partition(".")
        if found and dot:
            section = "global" if section == ":env:" else section
            settings.setdefault(section, {})[name.lstrip(".")] = ast.literal_eval(value)
    settings["global"]["quiet"] = "2"
    text = ""
    for section, names in settings.items():
        text += f"[{section}]\n"
        text += "".join(name + " = " + value.replace("\n", "\n ") + "\n" for name, value in names.items())
    file = BUILD / "home" / ".config" / "pip" / "pip.conf"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        out.write(text)


# Prints the version of pip that ansible-test wants for a version of Python.
_PIP_VERSION = """
import sys, types
from ansible_test._internal.python_requirements import get_venv_packages
print(get_venv_packages(types.SimpleNamespace(version=sys.argv[1]))["pip"])
"""


def spare_pip_download(python: pathlib.Path = PYTHON, python_version: str = PYTHON_VERSION) -> None:
    """Put the script in its place that ansible-test would download to get pip into the environments of its sanity tests.

    Python brings pip along, and that script's host is one more than the package registry.
    """
    command = [str(python), "-c", _PIP_VERSION, python_version]
    version = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=clean(python)).stdout.strip()
    script = BUILD / "home" / ".ansible" / "test" / "cache" / f"get_pip_{version.replace('.', '_')}.py"
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text("import ensurepip\n\nensurepip.bootstrap()\n", encoding="utf-8")
