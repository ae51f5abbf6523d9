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
  - A variable that is not set, empty, or V(omit), has its default. One that cannot be evaluated is refused, and so are one whose name
    is nearly that of another, and extra variables with the names of the role's own, C(__job_gate*).
  - It is part of that role, and of little use on its own.
options:
  _terms:
    description: V(included_once) for only that value, for which no variable of the role is evaluated. Nothing for all the others.
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
    - It has C(reached), the verdict that the gate has reached, one that did not pass where it has reached none, and C(run), the mark of a verdict
      of this run. A variable that somebody else sets in the place of the role's own has no such mark.
    - It has C(outranked), whether an extra variable C(job_gate_result) hides the verdict from a host that has not run the gate itself, because
      it runs once for all of them.
    - It has C(extra), the names of all extra variables.
    - With the term V(included_once) it is a list with one boolean, whether one host has included the role for all hosts of the play. It is
      true too where this run of the role has not found out.
  type: list
  elements: raw
"""

import typing as t

from ansible import constants
from ansible.plugins.lookup import LookupBase
from ansible.utils.vars import load_extra_vars

from ansible_collections.avepoint.cloud.plugins.plugin_utils._gate_registered import included_once, marked_verdict
from ansible_collections.avepoint.cloud.plugins.plugin_utils._gate_settings import (
    DEFAULTS,
    PREFIX,
    misspelled,
    settings,
)
from ansible_collections.avepoint.cloud.plugins.plugin_utils._variables import evaluated


class LookupModule(LookupBase):
    def run(self, terms: t.Any, variables: dict | None = None, **kwargs: t.Any) -> list:
        given = variables or {}
        # The path of the run's temporary folder is random, so it serves as the mark of this run.
        run = constants.DEFAULT_LOCAL_TMP
        if terms:
            return [included_once(given.get("__job_gate_begun"), run)]
        extra = load_extra_vars(self._loader)
        values, problems = evaluated(self._templar, given, PREFIX, DEFAULTS)
        # Extra variables have the highest precedence, so the role could not override these.
        forged = [
            f"The variable {name} belongs to the role job_gate. Do not set it."
            for name in sorted(extra)
            if name.startswith("__job_gate") and name.isidentifier()
        ]
        checked = settings(values, problems + misspelled(given) + forged)
        # Not evaluated as a template: the role registers no expressions, so an expression in it comes from somebody else.
        verdict, host = marked_verdict(given.get("__job_gate"), run)
        # With run_once, the other hosts get the verdict of the host that ran the gate, even if their own settings are invalid.
        reached = checked["verdict"] if forged or not host else verdict
        outranked = host not in ("", given.get("inventory_hostname")) and "job_gate_result" in extra
        return [{**checked, "run": run, "reached": reached or verdict, "outranked": outranked, "extra": list(extra)}]
