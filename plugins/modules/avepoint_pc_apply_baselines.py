#!/usr/bin/python

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: avepoint_pc_apply_baselines
short_description: Apply baselines to a tenant in AvePoint Elements, and wait until that has been done
version_added: 1.0.0
description:
  - Starts a job of Process Center (Baseline Management in AvePoint Elements) that applies baselines to a customer's tenant.
  - Can wait until the job has ended, and fails if it ended badly.
  - The job is started each time, whether the baselines have been applied before or not.
  - The task is refused, and nothing is started, if the tenant is deploying, has expired, is restoring or retrieves its settings, and if
    one of the baselines does not exist, retrieves its settings, could not retrieve them, or is a draft.
author:
  - The avepoint.cloud contributors (@avepoint-cloud)
options:
  customer_id:
    description:
      - The id of the customer that owns the tenant, as AvePoint Elements shows it.
    type: str
    required: true
  tenant_id:
    description:
      - The id of the tenant.
    type: str
    required: true
  baselines:
    description:
      - The ids of the baselines, in their ranking order, the first being number 1.
    type: list
    elements: str
    required: true
notes:
  # common: notes
  - The app is registered in AvePoint Elements > API app registration, and needs the permission
    C(elements.bm.tenant.readwrite.all) and C(elements.bm.baseline.read.all).
  - No region is needed, since one address serves the tenants of all data centers.
  # end
  - An app that may not list baselines can apply them with O(scopes=elements.bm.tenant.readwrite.all). Then the server alone decides
    whether they can be used, and a warning says so.
extends_documentation_fragment:
  - avepoint.cloud.connection
  - avepoint.cloud.starts
  - avepoint.cloud.attributes.starts
seealso:
  - module: avepoint.cloud.avepoint_pc_baselines_info
  - module: avepoint.cloud.avepoint_pc_jobs_info
"""

EXAMPLES = r"""
- name: Apply two baselines, and go on only if that worked
  avepoint.cloud.avepoint_pc_apply_baselines:
    client_id: "{{ avepoint_client_id }}"
    client_secret: "{{ avepoint_client_secret }}"
    customer_id: "{{ avepoint_customer_id }}"
    tenant_id: "{{ avepoint_tenant_id }}"
    baselines:
      - "{{ first_baseline_id }}"
      - "{{ second_baseline_id }}"
    wait: true
    wait_timeout: 1800
    wait_sleep: 15

# The credentials come from AVEPOINT_CLIENT_ID and AVEPOINT_CLIENT_SECRET.
- name: Start it now
  avepoint.cloud.avepoint_pc_apply_baselines:
    customer_id: "{{ avepoint_customer_id }}"
    tenant_id: "{{ avepoint_tenant_id }}"
    baselines: ["{{ first_baseline_id }}"]
  register: started

- name: Wait for it later
  avepoint.cloud.avepoint_pc_jobs_info:
    customer_id: "{{ avepoint_customer_id }}"
    tenant_id: "{{ avepoint_tenant_id }}"
    job_ids: ["{{ started.job_id }}"]
    wait: true
"""

RETURN = r"""
# common: job
job_id:
  description: The id of the job that was started. Null if none was, or if that is not known.
  returned: always
  type: str
  sample: 2b1c7a52-0000-4000-8000-000000000001
job:
  description:
    - The job as it was last seen, as M(avepoint.cloud.avepoint_pc_jobs_info) returns it. Null if it was not started, or has not
      been seen.
  returned: always
  type: dict
  sample: {"job_id": "2b1c7a52-0000-4000-8000-000000000001", "type": "apply_baseline", "type_id": 1, "status": "finished",
    "status_id": 2, "state": "succeeded", "finished": true, "customer_id": "2b1c7a52-0000-4000-8000-0000000000c1", "tenant_id":
    "2b1c7a52-0000-4000-8000-0000000000d1"}
jobs:
  description:
    - The same job in a list, so that roles and filters take this result as they take that of
      M(avepoint.cloud.avepoint_pc_jobs_info). Empty if there is none.
  returned: always
  type: list
  elements: dict
  sample: [{"job_id": "2b1c7a52-0000-4000-8000-000000000001", "type": "apply_baseline", "type_id": 1, "status": "finished",
    "status_id": 2, "state": "succeeded", "finished": true, "customer_id": "2b1c7a52-0000-4000-8000-0000000000c1", "tenant_id":
    "2b1c7a52-0000-4000-8000-0000000000d1"}]
summary:
  description: The same job, counted.
  returned: always
  type: dict
  sample:
    total: 1
    states: {waiting: 0, running: 0, succeeded: 1, finished_with_exception: 0, failed: 0, skipped: 0, stopped: 0, unknown: 0}
    all_finished: true
    all_succeeded: true
    any_failed: false
missing_job_ids:
  description: The id of the job, if it was started but has not been seen.
  returned: always
  type: list
  elements: str
  sample: []
total_count:
  description: How many jobs were seen, 1 or 0.
  returned: always
  type: int
  sample: 1
truncated:
  description: Always false.
  returned: always
  type: bool
  sample: false
# end
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
  sample: "Process Center denied access: give the app the permission elements.bm.tenant.readwrite.all and
    elements.bm.baseline.read.all in AvePoint Elements > API app registration, with consent (HTTP 403)."
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
    from ansible_collections.avepoint.cloud.plugins.module_utils._baseline_starts import ApplyBaselines
    from ansible_collections.avepoint.cloud.plugins.module_utils._module_start import main as run_module

    run_module(ApplyBaselines)


if __name__ == "__main__":
    main()
