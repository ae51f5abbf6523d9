# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible_collections.avepoint.cloud.plugins.plugin_utils._gate_tenants import outcome

DOCUMENTATION = r"""
name: gate_tenants
short_description: What the gate over tenants has come to
version_added: 1.0.0
author: The avepoint.cloud contributors
description:
  - Counts which tenants have passed the gate of the playbook C(avepoint.cloud.gate_tenants) that runs now.
  - A tenant has passed when it is in the group that this gate made for those that passed, and in no other case.
  - It is part of that playbook, and of little use on its own.
positional: _input, hosts, hostvars, tenants
options:
  _input:
    description: The variable C(groups).
    type: dict
    required: true
  hosts:
    description: The tenants that had to be judged.
    type: list
    elements: str
    default: []
  hostvars:
    description: The variable C(hostvars), for the reasons of those that did not pass.
    type: dict
    default: {}
  tenants:
    description: All tenants that there are, whatever the limit.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Say what the gate has come to
  ansible.builtin.debug:
    msg: "{{ (groups | avepoint.cloud.gate_tenants(ansible_play_hosts_all, hostvars)).lines }}"
"""

RETURN = r"""
_value:
  description: What it has come to.
  type: dict
  contains:
    number:
      description: How many gates over tenants have begun in this run. The last of them is the one that runs now.
      type: int
    result:
      description: Whether all C(passed), how many there are in C(total), and which C(failed).
      type: dict
    lines:
      description: The same for a person, with a line for each tenant that did not pass.
      type: list
      elements: str
"""


def gate_tenants(groups: t.Any, hosts: t.Any = (), hostvars: t.Any = None, tenants: t.Any = ()) -> dict:
    """The outcome of the gate over all tenants that runs now; see :func:`outcome`."""
    return outcome(groups, hosts, hostvars or {}, tenants)


class FilterModule:
    def filters(self) -> dict[str, t.Callable]:
        return {"gate_tenants": gate_tenants}
