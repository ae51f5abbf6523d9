# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the playbook gate_tenants decides by: the groups that it makes as it runs, and what the inventory plugin left.

Groups, because a limit, -e, an inventory and an earlier gate of the same run can take away or set everything else.

Private to this collection: names and behaviour can change with any release.
"""

from __future__ import annotations

import os
import re
import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._text import clean, inert

# The group of all tenants, and its variable with what became of each source: an empty text, or why it is not whole.
GROUP = "avepoint_tenants"
SOURCES = "avepoint_tenants_sources"
SUFFIXES = ("avepoint_tenants.yml", "avepoint_tenants.yaml")

_BEGUN = re.compile(r"avepoint_gate_tenants_begun_[0-9]+\Z")
_PASSED = "avepoint_gate_tenants_passed_{}"
# The variable with what a gate said of a tenant that did not pass it.
_SAID = "gate_tenants_said"

_NAMES_THE_PLUGIN = re.compile(rb"(?:^|[{,])\s*[\"']?plugin[\"']?\s*:\s*[\"']?avepoint\.cloud\.tenants\b", re.MULTILINE)
# More of a file is not looked at for the plugin's name.
_HEAD = 65536
# Where Ansible looks when nobody says where.
_DEFAULT = "/etc/ansible/hosts"
# Folders in an inventory's folder that Ansible does not take for sources, besides all that is hidden.
_NO_SOURCES = ("group_vars", "host_vars", "vars_plugins")


def outcome(groups: t.Mapping, hosts: t.Sequence[str], hostvars: t.Mapping, tenants: t.Sequence[str]) -> dict:
    """What the gate that runs now has come to.

    :arg groups: Ansible's variable of that name
    :arg hosts: the tenants that had to be judged
    :arg hostvars: Ansible's variable of that name; only read of tenants that did not pass
    :arg tenants: all that there are, with those that a limit leaves out
    :returns: ``number`` of this gate among those of the run, ``result`` to be published, ``lines`` for a person
    """
    number = sum(1 for group in groups if _BEGUN.match(group))
    passed = set(groups.get(_PASSED.format(number), ()))
    failed = [str(host) for host in hosts if host not in passed]
    left_out = len(set(tenants) - set(hosts))
    lines = [f"{len(hosts) - len(failed)} of {len(hosts)} tenants passed."]
    if left_out:
        lines.append(f"The limit leaves out {left_out} more, which were not judged.")
    lines += [f"{host}{_named(hostvars, host)} did not: {_why_not(hostvars, host, number)}" for host in failed]
    # AWX hands it on as an extra variable, and the names of hosts can be made of what a server sends.
    result = {"passed": bool(hosts) and not failed, "total": len(hosts), "failed": inert(failed)}
    return {"number": number, "result": result, "lines": lines}


def _variable(hostvars: t.Mapping, host: str, name: str) -> t.Any:
    return hostvars[host].get(name) if host in hostvars else None


def _named(hostvars: t.Mapping, host: str) -> str:
    name = _variable(hostvars, host, "avepoint_tenant_name")
    return f" ({clean(str(name), 100)})" if name else ""


def _why_not(hostvars: t.Mapping, host: str, number: int) -> str:
    """Why a tenant did not pass, in one line, from the message of its gate."""
    said = _variable(hostvars, host, _SAID)
    if not isinstance(said, t.Mapping) or str(said.get("gate")) != str(number):
        return "It was not judged, because it failed earlier in this run or its gate came to no verdict."
    msg = said.get("msg")
    lines = [str(line) for line in msg] if isinstance(msg, (list, tuple)) else str(msg).splitlines()
    reasons = [line.strip()[2:] for line in lines if line.startswith("  - ")]
    return " ".join(clean(line, 1300) for line in reasons or lines)


def unread(sources: t.Sequence[str], groups: t.Mapping, hostvars: t.Mapping) -> list[str]:
    """A sentence for each source of tenants that could not be read, or not as a whole.

    :arg sources: what Ansible was given as an inventory: files, folders, and lists of hosts with commas
    :arg groups: Ansible's variable of that name
    :arg hostvars: Ansible's variable of that name
    """
    tenants = groups.get(GROUP) or ()
    marks = (_variable(hostvars, tenants[0], SOURCES) if tenants else None) or {}
    marks = {_same_path(path): str(reason) for path, reason in marks.items()} if isinstance(marks, t.Mapping) else {}
    named = {_same_path(path): path for source in sources if "," not in source for path in _tenant_sources(source)}
    wrong = {path: reason.rstrip(".") for path, reason in marks.items() if reason}
    wrong |= {path: _not_taken(path) for path in named if path not in marks}
    return [
        f"The tenants of {clean(path)} could not be read: {clean(reason, 1000)}. "
        "Not all tenants are there, so there is no gate; mend the source, or take it out of the inventory."
        for path, reason in wrong.items()
    ]


def _tenant_sources(source: str) -> t.Iterator[str]:
    """The files of a source that are to have tenants, and the source itself where it does not exist."""
    if os.path.isdir(source):
        for folder, folders, files in os.walk(source):
            folders[:] = [name for name in folders if name not in _NO_SOURCES and not name.startswith(".")]
            paths = (os.path.join(folder, name) for name in files if not name.startswith("."))
            yield from filter(_has_tenants, paths)
    elif _has_tenants(source) or not (os.path.exists(source) or source == _DEFAULT):
        yield source


def _has_tenants(path: str) -> bool:
    if path.endswith(SUFFIXES):
        return True
    if not path.endswith((".yml", ".yaml")):
        return False
    try:
        with open(path, "rb") as stream:
            return _NAMES_THE_PLUGIN.search(stream.read(_HEAD)) is not None
    except OSError:
        return True


def _not_taken(path: str) -> str:
    return "Ansible warned of it when it started" if os.path.exists(path) else "there is no such file"


def _same_path(path: str) -> str:
    return os.path.realpath(path)
