#!/usr/bin/python

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: avepoint_d365_jobs_info
short_description: Get the jobs of AvePoint Cloud Backup for Dynamics 365, or wait until they have finished
version_added: 1.0.0
description:
  - Gets the backups, restores and other jobs of AvePoint Cloud Backup for Dynamics 365 within a time range.
  - Can wait until the jobs have finished.
  - Every job has a normalised C(state) with the same meaning for all products.
  - Whether the server applies the range to the start or to the finish of a job is not documented. So that no running job is missed,
    jobs in progress are returned even if they began up to 30 days before O(start_time).
  - A job that ran wholly outside the range is not returned, whatever the server does. A job that O(types), O(states) or
    O(organization_id) cannot be compared with, since its type, state or organization cannot be read, is returned, with a warning
    that names it; with a state of its own if that can be read.
  - If the clock of this machine differs from the server's by more than 5 minutes, relative times are taken by the server's clock,
    with a warning. If no answer says what time it is there, relative times fail with C(invalid_response).
author:
  - The avepoint.cloud contributors (@avepoint-cloud)
options:
  organization_id:
    description:
      - Only the jobs of the Dynamics 365 organization with this GUID.
    type: str
  object_type:
    description:
      - Only jobs of this module type. The vendor does not document the numbers.
      - Only O(api=v1) supports it, so O(api=auto) does not try the other API then.
    type: int
  api:
    description:
      - Which of the product's two APIs to use.
      - V(v1) is C(POST /api/OpenApi/GetJobs), and V(graph) is C(GET /dynamicsbackup/jobs).
      - V(auto) is V(v1), and V(graph) where V(v1) does not exist (HTTP status 404, 405 or 501).
    type: str
    choices: [auto, v1, graph]
    default: auto
  types:
    # common: types
    type: list
    elements: str
    choices: [backup, restore, dry_run, retention, audit_backup, export]
    description:
      - Only jobs of these types. If not set or empty, jobs of any type.
    # end
      - Only O(api=graph) supports V(export).
  page_size:
    description:
      - How many jobs to request at a time. The server may answer with fewer.
    type: int
    default: 50
notes:
  # common: notes
  - The app is registered in AvePoint Online Services > App registrations, and needs the permission C(Dynamics.ReadWrite.All).
  - O(cloud_environment=commercial) needs O(region) or O(graph_url).
  # end
  - The API cannot filter by job id, so O(job_ids) are looked for among the jobs in the time range.
extends_documentation_fragment:
  - avepoint.cloud.connection
  - avepoint.cloud.jobs
  - avepoint.cloud.jobs.ranged
  - avepoint.cloud.jobs.by_id
  - avepoint.cloud.attributes
seealso:
  - module: avepoint.cloud.avepoint_pc_jobs_info
  - name: Gets job information
    description: The vendor's description of the API.
    link: https://learn.avepoint.com/docs/Use-AvePoint-Graph-API.html
"""

EXAMPLES = r"""
- name: Get all jobs of the last 24 hours
  avepoint.cloud.avepoint_d365_jobs_info:
    client_id: "{{ avepoint_client_id }}"
    client_secret: "{{ avepoint_client_secret }}"
    region: us
  register: dynamics

- name: Stop if there was no good backup
  ansible.builtin.assert:
    that: dynamics.summary.latest_success is not none
    fail_msg: No backup of the last 24 hours succeeded.

# The credentials come from AVEPOINT_CLIENT_ID and AVEPOINT_CLIENT_SECRET.
- name: Wait until the backups that began since ten in the evening have finished
  avepoint.cloud.avepoint_d365_jobs_info:
    region: ne
    types: [backup]
    start_time: "2026-01-31T22:00:00Z"
    wait: true
    wait_timeout: 7200
    min_jobs: 3
  register: backups

- name: Go on only if all of them worked
  ansible.builtin.assert:
    that: backups.summary.all_succeeded

- name: List the failed restores of one organization in the last week
  avepoint.cloud.avepoint_d365_jobs_info:
    region: us
    organization_id: "{{ organization_id }}"
    types: [restore]
    states: [failed, finished_with_exception]
    start_time: -7d
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
        - The name of the API's own status, one of V(in_progress) (2), V(finished) (3), V(failed) (4), V(finished_with_exception)
          (7) and V(unknown).
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
        - V(running) for V(in_progress), V(succeeded) for V(finished), V(finished_with_exception) for V(finished_with_exception),
          V(failed) for V(failed), and V(unknown) for anything else, and for a job that ended, but not as failed, and by its times
          did so before it began or in the future.
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
    module:
      description: The Dynamics 365 module, for example V(Customer Engagement).
      type: str
    duration_hours:
      description: How many hours it took.
      type: float
    successful_entity:
      description: The number of entities that were processed without a fault.
      type: int
    failed_entity:
      description: The number of entities that failed.
      type: int
    skipped_entity:
      description: The number of entities that were skipped.
      type: int
    warning_entity:
      description: The number of entities that were processed with a warning.
      type: int
    total_entity:
      description: The number of all entities of the job.
      type: int
    successful_record:
      description: The number of records that were processed without a fault.
      type: int
    failed_record:
      description: The number of records that failed.
      type: int
    skipped_record:
      description: The number of records that were skipped.
      type: int
    warning_record:
      description: The number of records that were processed with a warning.
      type: int
    total_record:
      description: The number of all records of the job.
      type: int
    backup_size:
      description: The size of the backup in bytes.
      type: int
    organization_id:
      description: The id of the organization.
      type: str
    organization_name:
      description: The name of the organization.
      type: str
  sample:
    - job_id: DCIB2026010122000000000001
      type: backup
      type_id: 1
      status: finished
      status_id: 3
      state: succeeded
      finished: true
      module: Customer Engagement
      start_time: "2026-01-01T22:00:00Z"
      finish_time: "2026-01-01T22:42:10.250Z"
      duration_hours: 0.7
      successful_entity: 118
      failed_entity: 0
      skipped_entity: 2
      warning_entity: 0
      total_entity: 120
      successful_record: 54012
      failed_record: 0
      skipped_record: 0
      warning_record: 0
      total_record: 54012
      backup_size: 73400320
      organization_id: 2b1c7a52-0000-4000-8000-0000000000e1
      organization_name: Contoso
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
api:
  description: Which API answered, V(v1) or V(graph).
  returned: when one of them is known to have been asked
  type: str
  sample: v1
# common: call
product:
  description: The name of the product, as the role P(avepoint.cloud.job_gate#role) takes it in C(job_gate_product).
  returned: always
  type: str
  sample: d365
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
  sample: "Cloud Backup for Dynamics 365 denied access: give the app the permission Dynamics.ReadWrite.All in AvePoint Online
    Services > App registrations, with consent (HTTP 403)."
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
    from ansible_collections.avepoint.cloud.plugins.module_utils._dynamics365 import Dynamics365
    from ansible_collections.avepoint.cloud.plugins.module_utils._module import main as run_module

    run_module(Dynamics365)


if __name__ == "__main__":
    main()
