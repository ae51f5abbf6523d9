# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: job_gate_end_host
short_description: End the play for a host that no rescue may take further
version_added: 1.0.0
description:
  - Ends the play for the host as one that cannot be reached, which no C(rescue) and no C(ignore_errors) takes up again.
  - It is part of the role P(avepoint.cloud.job_gate#role), for a verdict that nobody could read, and of little use on its own.
author:
  - The avepoint.cloud contributors (@avepoint-cloud)
options:
  msg:
    description: Why.
    type: str
    required: true
attributes:
  action:
    description: Runs on the controller.
    support: full
  check_mode:
    description: Does the same in check mode.
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
- name: Whatever is rescued, this host goes no further
  avepoint.cloud.job_gate_end_host:
    msg: Nobody knows what was deployed there.
  when: deployment is defined and deployment is failed
"""

RETURN = r"""
msg:
  description: Why the host has ended.
  returned: always
  type: str
"""
