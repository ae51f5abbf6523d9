# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible_collections.avepoint.cloud.plugins.plugin_utils._report_filter import render
from ansible_collections.avepoint.cloud.plugins.plugin_utils._report_markdown import markdown

DOCUMENTATION = r"""
name: report_markdown
short_description: Show jobs as Markdown
version_added: 1.0.0
author: The avepoint.cloud contributors
description:
  - Makes Markdown for a job summary on GitHub or GitLab.
  - It has the verdict, the requirements, and a table of at most 200 jobs.
  - Names from the server appear as text and never become markup, mentions or links.
  - The role P(avepoint.cloud.job_report#role) writes what this returns to a file.
positional: _input
extends_documentation_fragment: avepoint.cloud.report
"""

EXAMPLES = r"""
- name: Write a summary
  ansible.builtin.copy:
    content: "{{ jobs | avepoint.cloud.report_markdown(title='Nightly backups') }}"
    dest: "{{ playbook_dir }}/report.md"
    mode: "0644"
"""

RETURN = r"""
_value:
  description: The text of the file.
  type: str
"""


def report_markdown(result: t.Any, verdict: t.Any = None, title: t.Any = None, now: t.Any = None) -> str:
    """The report on a result as Markdown.

    :raises AnsibleFilterError: when the result is not one of a query, or another argument is invalid
    """
    return render("report_markdown", markdown, result, verdict, title, now)


class FilterModule:
    def filters(self) -> dict[str, t.Callable]:
        return {"report_markdown": report_markdown}
