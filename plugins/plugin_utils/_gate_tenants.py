# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The verdict of the playbook gate_tenants, from the groups that the playbook creates.

It uses groups because everything else can be changed or set by a limit, -e, an inventory or an earlier gate of the same run.

Private to this collection: names and behaviour can change with any release.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._text import clean, inert

_BEGUN = re.compile(r"avepoint_gate_tenants_begun_[0-9]+\Z")
_PASSED = "avepoint_gate_tenants_passed_{}"
# The variable with the message of the gate of a tenant that did not pass.
_SAID = "gate_tenants_said"


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
