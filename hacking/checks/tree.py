# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A copy of the checkout at .../ansible_collections/avepoint/cloud, where ansible-test and ansible-lint want it.

A checkout may have any name, and ansible-test refuses a symbolic link.
"""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess

from environment import clean
from settings import ROOT

# Made by the tools in the copy itself, and worth keeping from one run to the next.
KEPT = (".git", "tests/output", ".ansible", ".mypy_cache")


def sources() -> list[str]:
    """Every file of the checkout that git has or would take."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        check=False,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    if listed.returncode == 0:
        return sorted(name for name in set(listed.stdout.split("\0")) if name and os.path.lexists(ROOT / name))
    hidden = {".git", ".venv", ".build", ".ansible", "output", "__pycache__"}
    return sorted(
        str(file.relative_to(ROOT))
        for file in ROOT.rglob("*")
        if not file.is_dir() and not hidden & set(file.relative_to(ROOT).parts)
    )


def _same(source: pathlib.Path, target: pathlib.Path) -> bool:
    try:
        ours, theirs = source.lstat(), target.lstat()
    except FileNotFoundError:
        return False
    return (ours.st_mode, ours.st_size, ours.st_mtime_ns) == (theirs.st_mode, theirs.st_size, theirs.st_mtime_ns)


def sync(tree: pathlib.Path, repository: bool) -> None:
    """Bring the copy up to date, touching only what has changed."""
    wanted = set(sources())
    for folder, _folders, files in os.walk(tree, topdown=False):
        relative = pathlib.Path(folder).relative_to(tree)
        if any(relative.is_relative_to(kept) for kept in KEPT):
            continue
        for name in files:
            if str(relative / name) not in wanted:
                (tree / relative / name).unlink(missing_ok=True)
        if not os.listdir(folder):
            os.rmdir(folder)
    for name in sorted(wanted):
        source, target = ROOT / name, tree / name
        if _same(source, target):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f".{target.name}.{os.getpid()}")
        try:
            shutil.copy2(source, partial, follow_symlinks=False)
        except FileNotFoundError:
            continue  # removed since it was listed
        partial.replace(target)
    if repository:
        # One of its own, or the tools would look at the one around it, which ignores all of this.
        if not (tree / ".git").exists():
            subprocess.run(["git", "init", "--quiet"], check=True, cwd=tree, env=clean())
        subprocess.run(["git", "add", "--all"], check=True, cwd=tree, env=clean(), stderr=subprocess.DEVNULL)
