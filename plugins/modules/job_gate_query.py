# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: job_gate_query
short_description: Run the module for the jobs of a product
version_added: 1.0.0
description:
  - Does the same as a task with the module of O(product), such as M(avepoint.cloud.avepoint_d365_jobs_info), and returns the same.
  - The role P(avepoint.cloud.job_gate#role) queries jobs with it. It is of little use on its own, since a task can name the module.
author:
  - The avepoint.cloud contributors (@avepoint-cloud)
options:
  product:
    description:
      - The product, as in C(job_gate_product) of the role. It must be set unless O(begin=true).
      - All other options are those of the product's module.
    type: str
  begin:
    description:
      - Query nothing, and only return C(included_once), whether the role runs on one host for all of them, because a task with
        C(run_once) has included it.
    type: bool
    default: false
extends_documentation_fragment:
  - avepoint.cloud.attributes
"""

EXAMPLES = r"""
- name: Get the jobs of a product that a variable names
  avepoint.cloud.job_gate_query:
    product: "{{ backed_up_by | default('d365') }}"
    region: us
"""

RETURN = r"""
included_once:
  description: Whether one host has included the role for all hosts of the play.
  returned: with O(begin=true)
  type: bool
"""
