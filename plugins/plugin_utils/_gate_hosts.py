# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shares the verdicts of one run over several hosts between its processes, as files in Ansible's temporary folder of the run.

Host variables are not used for this. With ``strategy: free`` or ``serial``, they do not have the verdicts of the other hosts in
time, and reading the variables of all hosts on each of hundreds of hosts takes minutes.

Private to this collection: names and behaviour can change with any release.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
import typing as t


def worst(verdict: dict, host: str, hosts: t.Iterable[str], temporary: str) -> dict:
    """Stores the verdict of a host, and returns the worst verdict known so far.

    :arg verdict: the verdict of ``host``; it replaces an earlier one
    :arg hosts: the hosts whose verdicts count
    :arg temporary: a folder of this run of ``ansible-playbook``, the same for all its processes
    :returns: a verdict that did not pass, of this host or else of another one; ``verdict`` if there is none
    :raises OSError: when ``verdict`` has passed and the folder cannot be used
    """
    folder = os.path.join(temporary, "avepoint-gate")
    own_name = _name(host)
    if verdict.get("passed") is not True:
        with contextlib.suppress(OSError):  # it has to be published even if it cannot be stored, as on a full disk
            os.makedirs(folder, mode=0o700, exist_ok=True)
            handle, path = tempfile.mkstemp(dir=folder, suffix=".new")
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(verdict, file, default=str)
            os.replace(path, os.path.join(folder, own_name))
        return verdict
    os.makedirs(folder, mode=0o700, exist_ok=True)
    if os.path.exists(os.path.join(folder, own_name)):
        os.remove(os.path.join(folder, own_name))
    for name in sorted({_name(other) for other in hosts}.intersection(os.listdir(folder))):
        try:
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                return json.load(file)
        except FileNotFoundError:  # a later gate of that host has passed meanwhile
            pass
    return verdict


def _name(host: str) -> str:
    return hashlib.sha256(host.encode("utf-8", "surrogatepass")).hexdigest()
