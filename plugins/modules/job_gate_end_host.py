# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: job_gate_end_host
short_description: End the play for a host, even where errors are rescued
version_added: 1.0.0
description:
  - Ends the play for the host by marking it as unreachable. C(rescue) and C(ignore_errors) do not let it continue.
  - The role P(avepoint.cloud.job_gate#role) uses it when its verdict cannot be read. It is of little use on its own.
author:
  - The avepoint.cloud contributors (@avepoint-cloud)
options:
  msg:
    description: The reason, as a message.
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
- name: End the play for this host
  avepoint.cloud.job_gate_end_host:
    msg: Nobody knows what was deployed there.
  when: deployment is defined and deployment is failed
"""

RETURN = r"""
msg:
  description: The reason why the play has ended for the host.
  returned: always
  type: str
"""
