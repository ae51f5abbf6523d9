# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible_collections.avepoint.cloud.plugins.plugin_utils._report_filter import render
from ansible_collections.avepoint.cloud.plugins.plugin_utils._report_html import html

DOCUMENTATION = r"""
name: report_html
short_description: Show jobs as a page of HTML
version_added: 1.0.0
author: The avepoint.cloud contributors
description:
  - Makes a page in a single file, without scripts, that loads nothing from anywhere.
  - It has the verdict, the requirements, a timeline of the jobs that have times, and a table of at most 2000 jobs.
  - It follows the browser's setting for light or dark, and fits a phone.
  - Names from the server appear as text and never become markup.
  - The role P(avepoint.cloud.job_report#role) writes what this returns to a file.
positional: _input
extends_documentation_fragment: avepoint.cloud.report
"""

EXAMPLES = r"""
- name: Write a page
  ansible.builtin.copy:
    content: "{{ jobs | avepoint.cloud.report_html(title='Nightly backups') }}"
    dest: "{{ playbook_dir }}/report.html"
    mode: "0644"
"""

RETURN = r"""
_value:
  description: The text of the file.
  type: str
"""


def report_html(result: t.Any, verdict: t.Any = None, title: t.Any = None, now: t.Any = None) -> str:
    """The report on a result as an HTML page.

    :raises AnsibleFilterError: when the result is not one of a query, or another argument is invalid
    """
    return render("report_html", html, result, verdict, title, now)


class FilterModule:
    def filters(self) -> dict[str, t.Callable]:
        return {"report_html": report_html}
