# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Creates virtual environments for workers from the packages that are installed in this one, so that no network is needed."""

from __future__ import annotations

import importlib.metadata
import os
import pathlib
import re
import shutil
import subprocess
import sys
import venv

WANTED = ("ansible-core", "ansible-runner", "requests", "jsonschema", "PyJWT", "cryptography")
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}


def build(root: pathlib.Path, folder: pathlib.Path) -> pathlib.Path:
    """Builds the collection's tarball in `folder` and returns its path."""
    galaxy(pathlib.Path(sys.executable).parent, folder, "build", root, "--output-path", folder)
    (tarball,) = folder.glob("avepoint-cloud-*.tar.gz")
    return tarball


def make(folder: pathlib.Path, tarball: pathlib.Path) -> pathlib.Path:
    """Creates a virtual environment with ansible-runner, ansible-core, the libraries and the collection."""
    venv.create(folder, symlinks=True)
    packages = folder / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    for name in closure():
        for file in importlib.metadata.distribution(name).files or ():
            source, target = pathlib.Path(str(file.locate())), pathlib.Path(os.path.normpath(packages / file))
            # What is compiled goes along: it holds for the same text of the same time, which a link and a copy of it have.
            if not source.is_file() or not target.is_relative_to(folder):
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            if target.parent.name == "bin":
                script(source, target, folder)
            elif not target.exists():
                copy(source, target)
    galaxy(folder / "bin", folder, "install", "--offline", tarball, "-p", packages)
    return folder


def galaxy(programs: pathlib.Path, home: pathlib.Path, *words: object) -> None:
    """Runs `ansible-galaxy collection` with these arguments."""
    line = [str(programs / "ansible-galaxy"), "collection", *map(str, words)]
    subprocess.run(line, check=True, env={**ENVIRONMENT, "HOME": str(home)}, capture_output=True, timeout=120)


def closure() -> list[str]:
    """The names of the distributions in WANTED and of all that they require."""
    found: dict[str, None] = {}
    waiting = list(WANTED)
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if name in found:
            continue
        try:
            needed = importlib.metadata.distribution(name).requires or []
        except importlib.metadata.PackageNotFoundError:
            continue  # a requirement that does not apply here, such as one for another system
        found[name] = None
        waiting += [re.split(r"[^A-Za-z0-9._-]", need, maxsplit=1)[0] for need in needed if "extra ==" not in need]
    return list(found)


def copy(source: pathlib.Path, target: pathlib.Path) -> None:
    """Creates a hard link to a file, or a copy if that is not possible."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def script(source: pathlib.Path, target: pathlib.Path, folder: pathlib.Path) -> None:
    """Copies a script, and makes it run with the Python of the new environment."""
    text = source.read_bytes()
    if text.startswith(b"#!") and b"python" in text.partition(b"\n")[0]:
        text = b"#!" + os.fsencode(folder / "bin" / "python") + b"\n" + text.partition(b"\n")[2]
    target.write_bytes(text)
    target.chmod(0o755)
