# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The verdicts of one run over several hosts, which its processes share in Ansible's temporary folder of that run.

Hosts do not see each other's verdicts in time with ``strategy: free`` or ``serial``, and to read the variables of all hosts for
each host takes minutes with hundreds of them.

Private to this collection: names and behaviour can change with any release.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import typing as t


def worst(verdict: dict, host: str, hosts: t.Iterable[str], temporary: str) -> dict:
    """The verdict of all, so far as they are known.

    :arg verdict: that of ``host``, which is remembered in place of its earlier one
    :arg hosts: whose verdicts count
    :arg temporary: a folder of this run of ``ansible-playbook``, the same for all its processes
    :returns: ``verdict`` unless it passed and that of another host did not; then that one
    :raises OSError: when the folder cannot be used
    """
    folder = os.path.join(temporary, "avepoint-gate")
    os.makedirs(folder, mode=0o700, exist_ok=True)
    own_name = _name(host)
    if verdict.get("passed") is not True:
        handle, path = tempfile.mkstemp(dir=folder, suffix=".new")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(verdict, file, default=str)
        os.replace(path, os.path.join(folder, own_name))
        return verdict
    if os.path.exists(os.path.join(folder, own_name)):
        os.remove(os.path.join(folder, own_name))
    for name in sorted({_name(one) for one in hosts}.intersection(os.listdir(folder))):
        try:
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                return json.load(file)
        except FileNotFoundError:  # its gate has passed meanwhile
            pass
    return verdict


def _name(host: str) -> str:
    return hashlib.sha256(host.encode("utf-8", "surrogatepass")).hexdigest()
