# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: report_settings
short_description: Read the variables of the role job_report
version_added: 1.0.0
author: The avepoint.cloud contributors (@avepoint-cloud)
description:
  - Turns the variables of the role P(avepoint.cloud.job_report#role) into options of M(avepoint.cloud.job_report_files).
  - One that cannot be evaluated is told in C(refused), so that the reports of an earlier run can be removed all the same.
  - It is part of that role, and of little use on its own.
options:
  _terms:
    description: Which of the options. Without any, all of them.
    type: list
    elements: str
"""

EXAMPLES = r"""
- name: Say how the report is headed
  ansible.builtin.debug:
    msg: "{{ lookup('avepoint.cloud.report_settings', 'title').title }}"
  vars:
    job_report_title: Nightly
"""

RETURN = r"""
_raw:
  description: The options, a list with one dictionary. What is not set, or V(omit), is not in it.
  type: list
  elements: dict
"""

import typing as t

from ansible.plugins.lookup import LookupBase

from ansible_collections.avepoint.cloud.plugins.plugin_utils._report_files import OPTIONS
from ansible_collections.avepoint.cloud.plugins.plugin_utils._variables import evaluated


class LookupModule(LookupBase):
    def run(self, terms: t.Any, variables: dict | None = None, **kwargs: t.Any) -> list[dict]:
        values, problems = evaluated(self._templar, variables or {}, "job_report_", terms or ("dir", *OPTIONS))
        return [{**values, "refused": problems}]
