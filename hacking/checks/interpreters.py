# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Pythons of this machine, looked for as hacking/find-python does it, but each version by itself."""

from __future__ import annotations

import glob
import os
import pathlib
import subprocess

PROBE = (
    "import ensurepip, os, ssl, sys, venv;"
    "print('%d.%d' % sys.version_info[:2], os.path.realpath(getattr(sys, '_base_executable', None) or sys.executable))"
)


def find(version: str) -> pathlib.Path | None:
    """The real interpreter of a version such as 3.12, or None."""
    name = f"python{version}"
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    for pattern in (
        os.path.join(os.environ.get("PYENV_ROOT") or "~/.pyenv", "versions", f"{version}.*", "bin"),
        f"~/.local/share/uv/python/cpython-{version}.*/bin",
        f"/opt/hostedtoolcache/Python/{version}.*/*/bin",
        "/opt/homebrew/bin",
    ):
        folders += sorted(glob.glob(os.path.expanduser(pattern)), reverse=True)
    for folder in folders:
        candidate = os.path.join(folder, name)
        if os.path.isfile(candidate) and os.access(candidate, os.X_OK):
            asked = subprocess.run([candidate, "-c", PROBE], check=False, capture_output=True, text=True)
            found, _blank, path = asked.stdout.strip().partition(" ")
            if asked.returncode == 0 and found == version:
                return pathlib.Path(path)
    return None
