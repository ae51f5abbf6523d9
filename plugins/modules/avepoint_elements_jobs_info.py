#!/usr/bin/python

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: avepoint_elements_jobs_info
short_description: Get the jobs of all products of a partner's customers in AvePoint Elements, or wait until they have finished
version_added: 1.0.0
description:
  - Gets the jobs that AvePoint Elements shows for the customers of a partner, of all their AvePoint products. It asks for one customer,
    for some, or for every customer, side by side and with one login.
  - Can wait until the jobs have finished.
  - Every job has a normalised C(state) with the same meaning for all products.
  - Elements lists some jobs without an id, such as scans. Each of them is a job like any other. No id of O(job_ids) finds it, and two that
    look alike are two jobs.
  - A job that O(types), O(modules) or O(states) cannot be compared with, since that cannot be read, is returned, with a warning that
    names it.
  - The server has no range of time, so all jobs that it lists are returned.
  - If one customer cannot be read, the module fails and names it. With O(wait), the jobs of the others are returned all the same.
author:
  - The avepoint.cloud contributors (@avepoint-cloud)
options:
  customer_id:
    description:
      - The id of the one customer to ask for, as AvePoint Elements shows it.
      - Without it and O(customers), every customer of the partner is asked for. The list of them is read once a call.
    type: str
  customers:
    description:
      - The ids of several customers, to be queried side by side, instead of O(customer_id).
    type: list
    elements: str
  modules:
    description:
      - Only jobs of these modules, that is services of a product. If not set or empty, jobs of any module.
    type: list
    elements: str
    choices:
      - none
      - archiver
      - retention
      - sharepoint_online
      - exchange_online
      - microsoft_365_groups
      - onedrive
      - project_online
      - exchange_online_public_folder
      - microsoft_teams
      - teams_chat
      - power_bi
      - power_automate
      - power_apps
      - cloud_backup_for_azure
      - azure_virtual_machine
      - disk
      - microsoft_entra_id
      - storage
      - admin_portal_settings
      - amazon_ec2
      - native_azure_sql_backup_monitoring
      - dev_ops
      - entra_id_b2c
      - azure_sql_backup
      - google_vm_instance
      - azure_vmware_solution
      - sql_server_in_azure_vm
      - google_cloud_storage
      - cosmos_db
      - azure_postgresql
      - dynamics_365
      - viva_engage
      - gmail
      - calendar
      - contacts
      - drive
      - shared_drives
      - google_classroom
      - chat
      - google_directory
      - dynamics_crm_backup
      - dynamics_unified_operations_backup
  types:
    # common: types
    type: list
    elements: str
    choices: [microsoft_365_scan, microsoft_365, google_workspace_scan, google_workspace, iaas_paas, salesforce, dynamics_365]
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
  - The app is registered in AvePoint Elements > API app registration, and needs the permission C(elements.jobs.read.all) and, for
    every customer at once, C(elements.customers.read.all).
  - No region is needed, since one address serves the tenants of all data centers.
  # end
  - The permission C(elements.customers.read.all) is only needed without O(customer_id) and O(customers).
extends_documentation_fragment:
  - avepoint.cloud.connection
  - avepoint.cloud.jobs
  - avepoint.cloud.jobs.by_id
  - avepoint.cloud.attributes
seealso:
  - module: avepoint.cloud.avepoint_pc_jobs_info
  - name: Query jobs
    description: The vendor's description of the API.
    link: https://learn.avepoint.com/docs/Use-AvePoint-Graph-API.html
"""

EXAMPLES = r"""
- name: Get all jobs of a customer
  avepoint.cloud.avepoint_elements_jobs_info:
    client_id: "{{ avepoint_client_id }}"
    client_secret: "{{ avepoint_client_secret }}"
    customer_id: "{{ avepoint_customer_id }}"
  register: elements

- name: Stop if one of them has failed
  ansible.builtin.assert:
    that: not elements.summary.any_failed
    fail_msg: "Failed: {{ elements.jobs | selectattr('state', 'eq', 'failed') | map(attribute='name') | join(', ') }}"

# The credentials come from AVEPOINT_CLIENT_ID and AVEPOINT_CLIENT_SECRET.
- name: Look at the backups of Microsoft 365 of every customer
  avepoint.cloud.avepoint_elements_jobs_info:
    types: [microsoft_365]
    max_concurrency: 16
  register: backups

- name: Name the customers without any
  ansible.builtin.debug:
    msg: "{{ backups.customers | selectattr('jobs', 'eq', 0) | map(attribute='customer') }}"

- name: Wait until the backups of two customers have finished
  avepoint.cloud.avepoint_elements_jobs_info:
    customers: "{{ avepoint_customers }}"
    modules: [exchange_online, sharepoint_online, onedrive]
    wait: true
    wait_timeout: 7200
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
        - The name of the API's own status, one of V(none) (0), V(running) (1), V(finished) (2), V(failed) (3),
          V(finished_with_exception) (4), V(skipped) (5), V(pending) (6), V(failed_to_start) (7), V(canceled) (8), V(rejected)
          (9), V(stopped) (10), V(not_scanned) (11), V(disabled) (12), V(not_started) (13), V(waiting_for_configuration) (14) and
          V(unknown).
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
        - V(waiting) for V(pending) or V(not_scanned) or V(not_started) or V(waiting_for_configuration), V(running) for
          V(running), V(succeeded) for V(finished), V(finished_with_exception) for V(finished_with_exception), V(failed) for
          V(failed) or V(failed_to_start) or V(rejected), V(skipped) for V(skipped) or V(disabled), V(stopped) for V(canceled) or
          V(stopped), and V(unknown) for anything else, and for a job that ended, but not as failed, and by its times did so
          before it began or in the future.
      type: str
    finished:
      description: Whether the job has ended, well or badly. Never true for V(unknown).
      type: bool
    raw:
      description: The object as the API sent it.
      returned: with O(include_raw=true)
      type: dict
    start_time:
      description: When it began, in ISO 8601 and UTC, ending in V(Z).
      type: str
    finish_time:
      description: When it ended, in the same form. Null while it runs.
      type: str
  # end
    duration_hours:
      description: How many hours it took.
      type: float
    customer_id:
      description: The id of the customer.
      type: str
    customer:
      description: The name of the customer's organization. Null if the id of the customer was given.
      type: str
    name:
      description: What Elements calls that which the job is for, such as an organization or a scope.
      type: str
    module:
      description: The module, one of the choices of O(modules). What the API sent if it is not documented.
      type: str
    module_id:
      description: The number of the module.
      type: int
    total_count:
      description: The number of all objects of the job.
      type: int
    successful_count:
      description: The number of objects that were processed without a fault.
      type: int
    failed_count:
      description: The number of objects that failed.
      type: int
    skipped_count:
      description: The number of objects that were skipped.
      type: int
    warning_count:
      description: The number of objects that were processed with a warning.
      type: int
    backup_size:
      description: The size of the backup in bytes. Elements rounds it, such as to 0.01 GB.
      type: int
    last_modified_time:
      description: When the job was last changed, in the form of RV(jobs[].start_time).
      type: str
  sample:
    - job_id: FB20260101220000000000000001
      type: microsoft_365
      type_id: 7
      status: finished
      status_id: 2
      state: succeeded
      finished: true
      start_time: "2026-01-01T22:00:00Z"
      finish_time: "2026-01-01T22:42:10Z"
      duration_hours: 0.703
      customer_id: 2b1c7a52-0000-4000-8000-0000000000c1
      customer: Example Foods
      name: Example Foods
      module: sharepoint_online
      module_id: 302
      total_count: 2430
      successful_count: 2419
      failed_count: 0
      skipped_count: 11
      warning_count: 0
      backup_size: 10737418
      last_modified_time: "2026-01-01T22:42:11Z"
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
    latest_success: "2026-01-01T22:42:10.250Z"
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
    latest_success:
      description: The newest RV(jobs[].finish_time) among the jobs in the state V(succeeded), or null.
      type: str
  # end
customers:
  description: The customers that were asked for.
  returned: once they are known
  type: list
  elements: dict
  contains:
    customer_id:
      description: The id of the customer.
      type: str
    customer:
      description: The name of its organization. Null if the id was given.
      type: str
    jobs:
      description: How many of its jobs are in RV(jobs).
      type: int
    error:
      description: Why its jobs could not be read. Null if they could.
      type: str
  sample:
    - customer_id: 2b1c7a52-0000-4000-8000-0000000000c1
      customer: Example Foods
      jobs: 1
      error: null
# common: call
product:
  description: The name of the product, as the role P(avepoint.cloud.job_gate#role) takes it in C(job_gate_product).
  returned: always
  type: str
  sample: elements
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
  sample: "AvePoint Elements denied access: give the app the permission elements.jobs.read.all and, for every customer at once,
    elements.customers.read.all in AvePoint Elements > API app registration, with consent (HTTP 403)."
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
    from ansible_collections.avepoint.cloud.plugins.module_utils._elements import Elements
    from ansible_collections.avepoint.cloud.plugins.module_utils._module import main as run_module

    run_module(Elements)


if __name__ == "__main__":
    main()
