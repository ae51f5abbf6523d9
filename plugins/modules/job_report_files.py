# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: job_report_files
short_description: Write the files of a report on jobs
version_added: 1.0.0
description:
  - Writes C(report.md), C(report.html) and C(junit.xml) on the controller, all of them or none.
  - First removes those that are in the folder, even if the options are then refused and nothing is written.
  - The role P(avepoint.cloud.job_report#role) uses it, and has the same options as variables.
author:
  - The avepoint.cloud contributors (@avepoint-cloud)
options:
  dir:
    description:
      - A folder on the controller. It is created if it does not exist.
      - A relative path starts in the folder where C(ansible-playbook) was started.
    type: path
    required: true
  result:
    description:
      - The registered result of a module for jobs, on success or on failure, or the C(job_gate_result) of P(avepoint.cloud.job_gate#role).
      - Required, unless O(clear) is set.
    type: dict
  verdict:
    description:
      - The C(job_gate_result) of P(avepoint.cloud.job_gate#role). If it is not set or empty, the report has no verdict.
    type: dict
  title:
    description: The heading of the report.
    type: str
    default: AvePoint jobs
  formats:
    description: Which files to write. V(markdown) is C(report.md), V(html) is C(report.html), V(junit) is C(junit.xml).
    type: list
    elements: str
    choices:
      - markdown
      - html
      - junit
    default:
      - markdown
      - html
      - junit
  refused:
    description: Errors that the caller has found in the options. If there are any, the module fails with them, and writes nothing.
    type: list
    elements: str
    default: []
  clear:
    description:
      - Writes no report, and empties those of an earlier run.
      - Use it before something that may be interrupted before it writes its own report, such as a long wait.
    type: bool
    default: false
attributes:
  action:
    description: Runs on the controller.
    support: full
  check_mode:
    description: Writes nothing in check mode.
    support: full
  diff_mode:
    description: Shows no differences.
    support: none
  platform:
    platforms: posix
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
"""

EXAMPLES = r"""
- name: Write a test report
  avepoint.cloud.job_report_files:
    dir: report
    result: "{{ jobs }}"
    formats: [junit]
"""

RETURN = r"""
files:
  description: The names of the files in the folder.
  returned: success
  type: list
  elements: str
"""
