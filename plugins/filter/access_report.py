# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible_collections.avepoint.cloud.plugins.plugin_utils import _access_report
from ansible_collections.avepoint.cloud.plugins.plugin_utils._unsafe import never_template

DOCUMENTATION = r"""
name: access_report
short_description: What a check of access found, as a table
version_added: 1.0.0
author: The avepoint.cloud contributors
description:
  - A line for each product, what to do about each that does not work, and in which portal. It fits 86 columns.
  - It is what the playbook C(avepoint.cloud.check) shows.
options:
  _input:
    description: The registered result of M(avepoint.cloud.avepoint_access_info).
    type: dict
    required: true
seealso:
  - module: avepoint.cloud.avepoint_access_info
"""

EXAMPLES = r"""
- name: Check what works
  avepoint.cloud.avepoint_access_info:
    region: us
  register: access

- name: Show it
  ansible.builtin.debug:
    msg: "{{ access | avepoint.cloud.access_report }}"
"""

RETURN = r"""
_value:
  description: The lines of the table.
  type: list
  elements: str
"""


def access_report(result: t.Any) -> list[str]:
    """The lines of the report on ``result``, the result of avepoint_access_info."""
    lines: list[str] = never_template(_access_report.access_report(result))
    return lines


class FilterModule:
    def filters(self) -> dict[str, t.Callable]:
        return {"access_report": access_report}
