#!/usr/bin/python

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: avepoint_pc_baseline
short_description: Create a baseline out of a tenant in AvePoint Elements, and wait until its settings have been retrieved
version_added: 1.0.0
description:
  - Creates a baseline of Baseline Management in AvePoint Elements out of the settings of a customer's tenant, unless one of that name
    is there.
  - A baseline that is there is left as it is, and nothing is changed, whatever tenant, color and description it has.
  - Can wait until the settings have been retrieved, also for a baseline that is there already, and fails if not all could be.
  - The task is refused, and nothing is created, if the tenant is deploying, has expired or is restoring.
author:
  - The avepoint.cloud contributors (@avepoint-cloud)
options:
  name:
    description:
      - The name of the baseline. It is compared exactly, but for blanks around it.
      - The task is refused if there are several baselines of this name, or one whose name differs from it in its case alone.
    type: str
    required: true
  color:
    description:
      - The number of the color that the baseline is shown in, V(0) to V(21).
    type: int
    default: 0
  description:
    description:
      - What the baseline is for.
    type: str
  customer_id:
    description:
      - The id of the customer that owns the tenant, as AvePoint Elements shows it.
    type: str
    required: true
  tenant_id:
    description:
      - The id of the tenant whose settings the baseline gets.
    type: str
    required: true
notes:
  # common: notes
  - The app is registered in AvePoint Elements > API app registration, and needs the permission
    C(elements.bm.baseline.readwrite.all) and C(elements.bm.tenant.read.all) (or C(elements.bm.tenant.readwrite.all)).
  - No region is needed, since one address serves the tenants of all data centers.
  # end
  - With O(wait), what O(allowed_states) has is told by the status of the baseline. V(succeeded) is V(unused) or V(active), V(failed) is
    V(settings_retrieval_failed), V(finished_with_exception) is V(retrieved_with_exception), and V(stopped) is V(draft).
extends_documentation_fragment:
  - avepoint.cloud.connection
  - avepoint.cloud.starts
  - avepoint.cloud.attributes.starts
seealso:
  - module: avepoint.cloud.avepoint_pc_baselines_info
  - module: avepoint.cloud.avepoint_pc_apply_baselines
"""

EXAMPLES = r"""
- name: Have a baseline with the settings of a tenant
  avepoint.cloud.avepoint_pc_baseline:
    client_id: "{{ avepoint_client_id }}"
    client_secret: "{{ avepoint_client_secret }}"
    name: Standard settings
    description: What every tenant has to have
    color: 3
    customer_id: "{{ avepoint_customer_id }}"
    tenant_id: "{{ avepoint_tenant_id }}"
  register: standard

- name: Show it
  ansible.builtin.debug:
    msg: "{{ standard.baseline.baseline_id }} is {{ standard.baseline.status }}"
"""

RETURN = r"""
baseline:
  description:
    - The baseline, as far as it could be read. Null if there is none.
  returned: always
  type: dict
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
    baseline_id: 2b1c7a52-0000-4000-8000-0000000000b1
    name: Standard settings
    status: unused
    status_id: 2
    created_time: "2026-01-01T08:00:00Z"
    modified_time: "2026-01-01T08:00:20Z"
report:
  description:
    - Of a baseline whose settings were not retrieved as O(allowed_states) has it, the first ten entries of the report on them. Null if it
      was not read.
  returned: always
  type: list
  elements: dict
  contains:
    source:
      description: Where the setting comes from.
      type: str
    configuration:
      description: The setting.
      type: str
    status:
      description: What became of it, in the API's own words.
      type: str
    details:
      description: Why.
      type: str
# common: call
changed:
  description:
    - Whether something was started. True also where that is not known (V(start_unknown)), so that nobody takes it for not
      started.
  returned: always
  type: bool
  sample: true
product:
  description: The name of the product, as the role P(avepoint.cloud.job_gate#role) takes it in C(job_gate_product).
  returned: always
  type: str
  sample: pc
timed_out:
  description: Whether O(wait_timeout) ran out.
  returned: always
  type: bool
  sample: false
duration:
  description: The seconds that the whole call took.
  returned: always
  type: float
  sample: 0.731
polls:
  description: How many times the module looked.
  returned: always
  type: int
  sample: 1
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
  sample: "Baseline Management denied access: give the app the permission elements.bm.baseline.readwrite.all and
    elements.bm.tenant.read.all (or elements.bm.tenant.readwrite.all) in AvePoint Elements > API app registration, with consent
    (HTTP 403)."
error:
  description: The same for programs.
  returned: on failure, unless Ansible itself refused the options
  type: dict
  sample: {code: permission_denied, http_status: 403, request_id: 0f4c9a0d}
  contains:
    code:
      description:
        - One of V(invalid_input), V(authentication_failed), V(permission_denied), V(not_found), V(rate_limited),
          V(server_error), V(connection_failed), V(request_timeout), V(invalid_response), V(wait_timeout), V(job_missing),
            V(job_failed) and V(start_unknown).
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
    from ansible_collections.avepoint.cloud.plugins.module_utils._baseline_starts import CreateBaseline
    from ansible_collections.avepoint.cloud.plugins.module_utils._module_start import main as run_module

    run_module(CreateBaseline)


if __name__ == "__main__":
    main()
