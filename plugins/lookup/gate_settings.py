# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: gate_settings
short_description: Read the variables of the role job_gate
version_added: 1.0.0
author: The avepoint.cloud contributors (@avepoint-cloud)
description:
  - Turns the variables of the role P(avepoint.cloud.job_gate#role) into arguments of a module, or says why they are refused.
  - A variable that is not set, or is V(omit), has its default. One that cannot be evaluated is refused.
  - It is part of that role, and of little use on its own.
options:
  _terms:
    description: None.
    type: list
    elements: str
"""

EXAMPLES = r"""
- name: Say what is wrong with the settings of a gate
  ansible.builtin.debug:
    msg: "{{ lookup('avepoint.cloud.gate_settings').verdict.reasons }}"
  vars:
    job_gate_product: pc
    job_gate_max_age: 24h
"""

RETURN = r"""
_raw:
  description:
    - What to do, a list with one dictionary.
    - It has the C(arguments) for the product's module, which can hold secrets and are empty when the settings are refused.
    - It has C(required), the keyword arguments of P(avepoint.cloud.gate_verdict#filter), and C(report_dir), empty for no reports.
    - It has C(verdict), null when the settings are valid, otherwise a verdict like that of the filter that did not pass.
  type: list
  elements: dict
"""

import re
import typing as t

from ansible.errors import AnsibleError, AnsibleUndefinedVariable
from ansible.plugins.lookup import LookupBase

from ansible_collections.avepoint.cloud.plugins.plugin_utils._gate_settings import DEFAULTS, settings

# What can be said of an expression that has no value: nothing that may hold one.
_UNDEFINED = re.compile(r"'[\w .]{1,80}' (?:is undefined|has no attribute '\w{1,80}')", re.ASCII)


class LookupModule(LookupBase):
    """Where ansible-core looks for a lookup."""

    def run(self, terms: t.Any, variables: dict | None = None, **kwargs: t.Any) -> list[dict]:
        given = variables or {}
        values: dict[str, t.Any] = {}
        problems: list[str] = []
        # 2.16 has a templar for each task, 2.19 one that has the variables already
        self._templar.available_variables = given
        for name in DEFAULTS:
            variable = f"job_gate_{name}"
            if variable not in given:
                continue
            try:
                # in a dictionary, since that is what `omit` leaves out
                values.update(self._templar.template({name: given[variable]}, fail_on_undefined=True))
            except AnsibleError as error:
                found = _UNDEFINED.search(str(error)) if isinstance(error, AnsibleUndefinedVariable) else None
                problems.append(f"{variable} cannot be evaluated{f': {found.group()}' if found else ''}.")
        return [settings(values, problems, omitted=given.get("omit"))]
