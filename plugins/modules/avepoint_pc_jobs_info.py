#!/usr/bin/python

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: avepoint_pc_jobs_info
short_description: Get the jobs of AvePoint Elements Process Center, or wait until they have finished
version_added: 1.0.0
description:
  - Gets the jobs that Process Center (Baseline Management in AvePoint Elements) runs for one or many customer tenants.
    These apply and create baselines, detect drift, deploy, back up and restore.
  - Can wait until the jobs have finished.
  - Every job has a normalised C(state) with the same meaning for all products.
  - A job that O(types) or O(states) cannot be compared with, since its type or state cannot be read, is returned, with a warning that
    names it; with a state of its own if that can be read.
  - The id of a job comes from the call that started it, from the Process center page, or from this module without O(job_ids).
author:
  - The avepoint.cloud contributors (@avepoint-cloud)
options:
  customer_id:
    description:
      - The id of the customer that owns the tenant, as AvePoint Elements shows it. Goes together with O(tenant_id).
    type: str
  tenant_id:
    description:
      - The id of the tenant. Goes together with O(customer_id).
    type: str
  tenants:
    description:
      - Several tenants, to be queried side by side, instead of O(customer_id) and O(tenant_id).
    type: list
    elements: dict
    suboptions:
      customer_id:
        description:
          - The id of the customer that owns the tenant.
        type: str
        required: true
      tenant_id:
        description:
          - The id of the tenant.
        type: str
        required: true
  types:
    # common: types
    type: list
    elements: str
    choices: [apply_baseline, auto_alignment, create_baseline, detect_drift, deploy, deploy_detected_deviations,
      daily_tenant_backup, edit_tenant_configurations, restore_to_date, restore]
    description:
      - Only jobs of these types. If not set or empty, jobs of any type.
    # end
  page_size:
    description:
      - How many jobs to request at a time, V(1) to V(100).
    type: int
    default: 100
notes:
  # common: notes
  - The app is registered in AvePoint Elements > API app registration, and needs the permission C(elements.bm.tenant.read.all) (or
    C(elements.bm.tenant.readwrite.all)).
  - No region is needed, since one address serves the tenants of all data centers.
  # end
  - Jobs of Process Center have no times.
extends_documentation_fragment:
  - avepoint.cloud.connection
  - avepoint.cloud.jobs
  - avepoint.cloud.jobs.by_id
  - avepoint.cloud.attributes
seealso:
  - module: avepoint.cloud.avepoint_d365_jobs_info
  - name: Query process center job
    description: The vendor's description of the API.
    link: https://learn.avepoint.com/docs/Use-AvePoint-Graph-API.html
"""

EXAMPLES = r"""
- name: Get all jobs of a tenant
  avepoint.cloud.avepoint_pc_jobs_info:
    client_id: "{{ avepoint_client_id }}"
    client_secret: "{{ avepoint_client_secret }}"
    customer_id: "{{ avepoint_customer_id }}"
    tenant_id: "{{ avepoint_tenant_id }}"
  register: process_center

- name: Stop if one of them has failed
  ansible.builtin.assert:
    that: not process_center.summary.any_failed
    fail_msg: "Failed: {{ process_center.jobs | selectattr('state', 'eq', 'failed') | map(attribute='job_id') | join(', ') }}"

- name: Wait up to half an hour for the job that was started before
  avepoint.cloud.avepoint_pc_jobs_info:
    client_id: "{{ avepoint_client_id }}"
    client_certificate: /etc/avepoint/client.pfx
    client_certificate_password: "{{ avepoint_certificate_password }}"
    customer_id: "{{ avepoint_customer_id }}"
    tenant_id: "{{ avepoint_tenant_id }}"
    job_ids:
      - "{{ started_job_id }}"
    wait: true
    wait_timeout: 1800
    wait_sleep: 15
    appear_timeout: 300
  register: baseline

- name: Go on only if it worked
  ansible.builtin.assert:
    that: baseline.summary.all_succeeded

# The credentials come from AVEPOINT_CLIENT_ID and AVEPOINT_CLIENT_SECRET.
- name: Look at last night's backups of several tenants
  avepoint.cloud.avepoint_pc_jobs_info:
    tenants: "{{ avepoint_tenants }}"
    types: [daily_tenant_backup]
    max_concurrency: 8
"""

RETURN = r"""
jobs:
  # common: jobs
  description:
    - The chosen jobs in the order of the API, each job once.
  returned: always
  type: list
  elements: dict
  contains:
    job_id:
      description: The id of the job.
      type: str
    type:
      description: The name of its type, one of the choices of O(types), or V(unknown). Null if the API does not say it.
      type: str
    type_id:
      description: The number of its type. Null if the API sent neither a number nor a name that is documented.
      type: int
    type_text:
      description: What the API sent for the type.
      returned: when RV(jobs[].type) is V(unknown)
      type: str
    status:
      description:
        - The name of the API's own status, one of V(waiting) (0), V(in_progress) (1), V(finished) (2), V(failed) (3), V(skipped)
          (4), V(finished_with_exception) (5) and V(unknown).
      type: str
    status_id:
      description: The number of its status. Null if the API sent a name that is not documented.
      type: int
    status_text:
      description: What the API sent for the status.
      returned: when RV(jobs[].status) is V(unknown)
      type: str
    state:
      description:
        - What the status means, by names that are the same for all products.
        - V(waiting) for V(waiting), V(running) for V(in_progress), V(succeeded) for V(finished), V(finished_with_exception) for
          V(finished_with_exception), V(failed) for V(failed), V(skipped) for V(skipped), and V(unknown) for anything else.
      type: str
    finished:
      description: Whether the job has ended, well or badly. Never true for V(unknown).
      type: bool
    raw:
      description: The object as the API sent it.
      returned: with O(include_raw=true)
      type: dict
    # end
    customer_id:
      description: The customer of the tenant.
      type: str
    tenant_id:
      description: The tenant that the job belongs to.
      type: str
  sample:
    - job_id: 2b1c7a52-0000-4000-8000-000000000001
      type: apply_baseline
      type_id: 1
      status: finished
      status_id: 2
      state: succeeded
      finished: true
      customer_id: 2b1c7a52-0000-4000-8000-0000000000c1
      tenant_id: 2b1c7a52-0000-4000-8000-0000000000d1
summary:
  # common: summary
  description: The chosen jobs, counted.
  returned: always
  type: dict
  sample:
    total: 1
    states: {waiting: 0, running: 0, succeeded: 1, finished_with_exception: 0, failed: 0, skipped: 0, stopped: 0, unknown: 0}
    all_finished: true
    all_succeeded: true
    any_failed: false
  contains:
    total:
      description: How many jobs there are.
      type: int
    states:
      description: How many jobs are in each state, for every state.
      type: dict
    all_finished:
      description: Whether every job has ended. False if there is no job, if an id of O(job_ids) is missing,
        if some jobs could not be read, or if the module fails.
      type: bool
    all_succeeded:
      description: Whether every job is in the state V(succeeded). False if there is no job, if an id of O(job_ids) is missing,
        if some jobs could not be read, or if the module fails.
      type: bool
    any_failed:
      description: Whether a job is in the state V(failed).
      type: bool
  # end
# common: call
product:
  description: The name of the product, as the role P(avepoint.cloud.job_gate#role) takes it in C(job_gate_product).
  returned: always
  type: str
  sample: pc
missing_job_ids:
  description: The ids of O(job_ids) that were not found.
  returned: always
  type: list
  elements: str
  sample: []
total_count:
  description:
    - How many jobs the server has, before the module filters them. If the server does not say, the number that was read.
  returned: always
  type: int
  sample: 1
truncated:
  description: Whether there are more jobs than were fetched, because of O(page) or O(limit).
  returned: always
  type: bool
  sample: false
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
  sample: "Process Center denied access: give the app the permission elements.bm.tenant.read.all (or
    elements.bm.tenant.readwrite.all) in AvePoint Elements > API app registration, with consent (HTTP 403)."
error:
  description: The same for programs.
  returned: on failure, unless Ansible itself refused the options
  type: dict
  sample: {code: permission_denied, http_status: 403, request_id: 0f4c9a0d}
  contains:
    code:
      description:
        - One of V(invalid_input), V(authentication_failed), V(permission_denied), V(not_found), V(rate_limited),
          V(server_error), V(connection_failed), V(request_timeout), V(invalid_response), V(wait_timeout) and V(job_missing).
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
    from ansible_collections.avepoint.cloud.plugins.module_utils._module import main as run_module
    from ansible_collections.avepoint.cloud.plugins.module_utils._process_center import ProcessCenter

    run_module(ProcessCenter)


if __name__ == "__main__":
    main()
