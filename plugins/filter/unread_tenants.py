# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible_collections.avepoint.cloud.plugins.plugin_utils._inventory_sources import unread

DOCUMENTATION = r"""
name: unread_tenants
short_description: The sources of an inventory whose tenants could not be read
version_added: 1.0.0
author: The avepoint.cloud contributors
description:
  - Ansible goes on with the other sources when one of an inventory cannot be read. This says which ones are missing.
  - A source counts when it does not exist, when its name ends as those of P(avepoint.cloud.tenants#inventory) do, or when it names that
    plugin; in a folder, each file does.
  - It is how the playbook C(avepoint.cloud.gate_tenants) makes sure that it judges all tenants.
positional: _input, groups, hostvars
options:
  _input:
    description: The variable C(ansible_inventory_sources).
    type: list
    elements: str
    required: true
  groups:
    description: The variable C(groups).
    type: dict
    required: true
  hostvars:
    description: The variable C(hostvars).
    type: dict
    required: true
seealso:
  - plugin: avepoint.cloud.tenants
    plugin_type: inventory
"""

EXAMPLES = r"""
- name: Go on only with all tenants
  ansible.builtin.assert:
    that: ansible_inventory_sources | avepoint.cloud.unread_tenants(groups, hostvars) | length == 0
    fail_msg: "{{ ansible_inventory_sources | avepoint.cloud.unread_tenants(groups, hostvars) }}"
  run_once: true
"""

RETURN = r"""
_value:
  description: A sentence for each source that could not be read.
  type: list
  elements: str
"""


def unread_tenants(sources: t.Any, groups: t.Any, hostvars: t.Any) -> list[str]:
    """A sentence for each source of tenants that could not be read completely; see :func:`unread`."""
    return unread(sources, groups, hostvars)


class FilterModule:
    def filters(self) -> dict[str, t.Callable]:
        return {"unread_tenants": unread_tenants}
