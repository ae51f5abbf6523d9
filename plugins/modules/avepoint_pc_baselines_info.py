#!/usr/bin/python

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: avepoint_pc_baselines_info
short_description: List the baselines of AvePoint Elements
version_added: 1.0.0
description:
  - Lists the baselines of Baseline Management in AvePoint Elements, all of them or those with given ids.
author:
  - The avepoint.cloud contributors (@avepoint-cloud)
options:
  baseline_ids:
    description:
      - Only the baselines with these ids, compared without regard to case. If not set, all of them.
      - An empty list is refused, since it would not be clear whether it means all or none.
    type: list
    elements: str
notes:
  # common: notes
  - The app is registered in AvePoint Elements > API app registration, and needs the permission C(elements.bm.baseline.read.all)
    (or C(elements.bm.baseline.readwrite.all)).
  - No region is needed, since one address serves the tenants of all data centers.
  # end
extends_documentation_fragment:
  - avepoint.cloud.connection
  - avepoint.cloud.attributes
seealso:
  - module: avepoint.cloud.avepoint_pc_baseline
  - module: avepoint.cloud.avepoint_pc_apply_baselines
"""

EXAMPLES = r"""
- name: List the baselines
  avepoint.cloud.avepoint_pc_baselines_info:
    client_id: "{{ avepoint_client_id }}"
    client_secret: "{{ avepoint_client_secret }}"
  register: listed

- name: Find one by its name
  ansible.builtin.set_fact:
    standard: "{{ listed.baselines | selectattr('name', 'eq', 'Standard') | map(attribute='baseline_id') | first }}"
"""

RETURN = r"""
baselines:
  description:
    - The baselines in the order of the API, each once.
  returned: always
  type: list
  elements: dict
  contains:
    # common: baseline
    baseline_id:
      description: The id of the baseline.
      type: str
    name:
      description: Its name.
      type: str
    status:
      description:
        - The name of its status, one of V(retrieving_settings) (1), V(unused) (2), V(active) (3), V(settings_retrieval_failed)
          (4), V(retrieved_with_exception) (5), V(draft) (6) and V(unknown).
      type: str
    status_id:
      description: The number of its status. Null if the API sent a name that is not documented.
      type: int
    created_time:
      description: When it was created, in ISO 8601 and UTC, ending in V(Z).
      type: str
    modified_time:
      description: When it was last changed, in the same form.
      type: str
    # end
  sample:
    - baseline_id: 2b1c7a52-0000-4000-8000-0000000000b1
      name: Standard
      status: active
      status_id: 3
      created_time: "2026-01-01T08:00:00Z"
      modified_time: "2026-01-01T08:00:20Z"
missing_baseline_ids:
  description: The ids of O(baseline_ids) that were not found.
  returned: always
  type: list
  elements: str
  sample: []
# common: call
duration:
  description: The seconds that the whole call took.
  returned: always
  type: float
  sample: 0.731
retries:
  description: How many requests were sent again after a fault.
  returned: always
  type: int
  sample: 0
clock_skew:
  description:
    - By how many seconds the server's clock is ahead of this machine's, by the C(Date) header of its last answer, as far as the
      time that the request took cannot explain it. Negative if it is behind, null if no answer said.
  returned: always
  type: float
  sample: 0.0
msg:
  description: What went wrong, and what to do.
  returned: on failure
  type: str
  sample: "Baseline Management denied access: give the app the permission elements.bm.baseline.read.all (or
    elements.bm.baseline.readwrite.all) in AvePoint Elements > API app registration, with consent (HTTP 403)."
error:
  description: The same for programs.
  returned: on failure, unless Ansible itself refused the options
  type: dict
  sample: {code: permission_denied, http_status: 403, request_id: 0f4c9a0d}
  contains:
    code:
      description:
        - One of V(invalid_input), V(authentication_failed), V(permission_denied), V(not_found), V(rate_limited),
          V(server_error), V(connection_failed), V(request_timeout) and V(invalid_response).
      type: str
    http_status:
      description: The HTTP status of the answer, if there was one.
      type: int
    request_id:
      description: What AvePoint's support asks for, if the server sent one.
      type: str
# end
"""

from ansible_collections.avepoint.cloud.plugins.module_utils import _python


def main():
    _python.require_supported()  # the imports below need Python 3.9
    from ansible_collections.avepoint.cloud.plugins.module_utils._module_start import main_baselines_info

    main_baselines_info()


if __name__ == "__main__":
    main()
