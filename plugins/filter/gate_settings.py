# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.avepoint.cloud.plugins.plugin_utils._gate_settings import settings

DOCUMENTATION = r"""
name: gate_settings
short_description: Check the variables of the role job_gate
version_added: 1.0.0
author: The avepoint.cloud contributors
description:
  - Turns the variables of the role P(avepoint.cloud.job_gate#role) into arguments of a module, or says why they are refused.
  - It is part of that role, and of little use on its own.
options:
  _input:
    description:
      - The role's variables without their prefix, C(product), C(query), C(wait), C(wait_timeout), C(wait_sleep), C(allowed_states),
        C(min_jobs), C(max_age).
    type: dict
    required: true
seealso:
  - plugin: avepoint.cloud.job_gate
    plugin_type: role
"""

EXAMPLES = r"""
- name: Say what is wrong with the settings of a gate
  ansible.builtin.debug:
    msg: "{{ (settings | avepoint.cloud.gate_settings).verdict.reasons }}"
  vars:
    settings:
      product: pc
      query: {}
      wait: true
      wait_timeout: 3600
      wait_sleep: 30
      allowed_states: [succeeded]
      min_jobs: 1
      max_age: 24h
"""

RETURN = r"""
_value:
  description: What to do.
  type: dict
  contains:
    arguments:
      description: Arguments for the product's module. They can hold secrets. Empty when the settings are refused.
      type: dict
    verdict:
      description: Null when the settings are valid, otherwise a verdict like that of P(avepoint.cloud.gate_verdict#filter) that did not pass.
      type: dict
"""


def gate_settings(variables: t.Any) -> dict:
    """Arguments for a module, or the reasons for having none.

    :raises AnsibleFilterError: when the input is no dictionary
    """
    if not isinstance(variables, dict):
        raise AnsibleFilterError("gate_settings: the input must be a dictionary.")
    return settings(variables)


class FilterModule:
    """Where ansible-core looks for filters."""

    def filters(self) -> dict[str, t.Callable]:
        return {"gate_settings": gate_settings}
