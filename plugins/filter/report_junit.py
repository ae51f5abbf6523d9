# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible_collections.avepoint.cloud.plugins.plugin_utils._report_filter import render
from ansible_collections.avepoint.cloud.plugins.plugin_utils._report_junit import junit

DOCUMENTATION = r"""
name: report_junit
short_description: Show jobs as JUnit XML
version_added: 1.0.0
author: The avepoint.cloud contributors
description:
  - Makes a test report that CI servers read.
  - It has a test case for each job and, with O(verdict), one for each requirement of the gate, else one for the query.
  - A job that is not as required is a failure, as is a job id that was not found. A query that failed is an error.
  - The time of a test case is how long the job took.
  - The role P(avepoint.cloud.job_report#role) writes what this returns to a file.
positional: _input
extends_documentation_fragment: avepoint.cloud.report
"""

EXAMPLES = r"""
- name: Write a test report
  ansible.builtin.copy:
    content: "{{ jobs | avepoint.cloud.report_junit(title='Nightly backups') }}"
    dest: "{{ playbook_dir }}/junit.xml"
    mode: "0644"
"""

RETURN = r"""
_value:
  description: The text of the file.
  type: str
"""


def report_junit(result: t.Any, verdict: t.Any = None, title: t.Any = None, now: t.Any = None) -> str:
    """The report on a result as JUnit XML.

    :raises AnsibleFilterError: when the result is not one of a query, or another argument is invalid
    """
    return render("report_junit", junit, result, verdict, title, now)


class FilterModule:
    def filters(self) -> dict[str, t.Callable]:
        return {"report_junit": report_junit}
