# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The verdict of the playbook gate_tenants, from the groups that the playbook creates and a variable of the inventory plugin.

It uses groups because everything else can be changed or set by a limit, -e, an inventory or an earlier gate of the same run.

Private to this collection: names and behaviour can change with any release.
"""

from __future__ import annotations

import os
import re
import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._text import clean, inert

# The group of all tenants, and its variable that maps each inventory source to an empty text, or to why it is incomplete.
GROUP = "avepoint_tenants"
SOURCES = "avepoint_tenants_sources"
SUFFIXES = ("avepoint_tenants.yml", "avepoint_tenants.yaml")

_BEGUN = re.compile(r"avepoint_gate_tenants_begun_[0-9]+\Z")
_PASSED = "avepoint_gate_tenants_passed_{}"
# The variable with the message of the gate of a tenant that did not pass.
_SAID = "gate_tenants_said"

_NAMES_THE_PLUGIN = re.compile(rb"(?:^|[{,])\s*[\"']?plugin[\"']?\s*:\s*[\"']?avepoint\.cloud\.tenants\b", re.MULTILINE)
# The plugin's name is searched in so many bytes from the start of a file.
_HEAD = 65536
# Ansible's default inventory.
_DEFAULT = "/etc/ansible/hosts"
# Folders in an inventory folder that Ansible does not read as sources; hidden ones are not read either.
_NO_SOURCES = ("group_vars", "host_vars", "vars_plugins")


def outcome(groups: t.Mapping, hosts: t.Sequence[str], hostvars: t.Mapping, tenants: t.Sequence[str]) -> dict:
    """The outcome of the gate over all tenants that runs now.

    :arg groups: Ansible's variable ``groups``
    :arg hosts: the tenants that had to be judged
    :arg hostvars: Ansible's variable ``hostvars``; only read for tenants that did not pass
    :arg tenants: all tenants, including those that a limit leaves out
    :returns: ``number``, which counts the gates of the run; ``result``, to be published; ``lines``, for people
    """
    number = sum(1 for group in groups if _BEGUN.match(group))
    passed = set(groups.get(_PASSED.format(number), ()))
    failed = [str(host) for host in hosts if host not in passed]
    left_out = len(set(tenants) - set(hosts))
    lines = [f"{len(hosts) - len(failed)} of {len(hosts)} tenants passed."]
    if left_out:
        lines.append(f"The limit leaves out {left_out} more, which were not judged.")
    lines += [f"{host}{_named(hostvars, host)} did not: {_why_not(hostvars, host, number)}" for host in failed]
    # AWX passes it to the next playbook as an extra variable, and host names can contain text from the server.
    result = {"passed": bool(hosts) and not failed, "total": len(hosts), "failed": inert(failed)}
    return {"number": number, "result": result, "lines": lines}


def _variable(hostvars: t.Mapping, host: str, name: str) -> t.Any:
    return hostvars[host].get(name) if host in hostvars else None


def _named(hostvars: t.Mapping, host: str) -> str:
    name = _variable(hostvars, host, "avepoint_tenant_name")
    return f" ({clean(str(name), 100)})" if name else ""


def _why_not(hostvars: t.Mapping, host: str, number: int) -> str:
    """Why a tenant did not pass, in one line, from the message of its gate."""
    message = _variable(hostvars, host, _SAID)
    if not isinstance(message, t.Mapping) or str(message.get("gate")) != str(number):
        return "It was not judged, because it failed earlier in this run or its gate came to no verdict."
    msg = message.get("msg")
    lines = [str(line) for line in msg] if isinstance(msg, (list, tuple)) else str(msg).splitlines()
    reasons = [line.strip()[2:] for line in lines if line.startswith("  - ")]
    return " ".join(clean(line, 1300) for line in reasons or lines)


def unread(sources: t.Sequence[str], groups: t.Mapping, hostvars: t.Mapping) -> list[str]:
    """A sentence for each source of tenants that could not be read completely.

    :arg sources: Ansible's inventory sources: files, folders, and host lists with commas
    :arg groups: Ansible's variable ``groups``
    :arg hostvars: Ansible's variable ``hostvars``
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
    """The files of a source that the inventory plugin has to read, or the source itself if it does not exist."""
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
