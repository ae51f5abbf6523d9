#!/usr/bin/python

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: avepoint_google_jobs_info
short_description: Get the jobs of AvePoint Cloud Backup for Google Workspace, or wait until they have finished
version_added: 1.0.0
description:
  - Gets the backups, restores and other jobs of AvePoint Cloud Backup for Google Workspace within a time range.
  - Can wait until the jobs have finished.
  - Every job has a normalised C(state) with the same meaning for all products.
  - Whether the server applies the range to the start or to the finish of a job is not documented. So that no running job is missed,
    jobs in progress are returned even if they began up to 30 days before O(start_time).
  - A job that ran wholly outside the range is not returned, whatever the server does. A job that O(types), O(states),
    O(service) or O(data_source) cannot be compared with is returned, with a warning that names it.
  - If the clock of this machine differs from the server's by more than 5 minutes, relative times are taken by the server's clock,
    with a warning. If no answer says what time it is there, relative times fail with C(invalid_response).
author:
  - The avepoint.cloud contributors (@avepoint-cloud)
options:
  service:
    description:
      - Only the jobs of this service.
    type: str
    choices:
      - gmail
      - drive
      - calendar
      - contacts
      - shared_drives
      - classroom
      - users
      - groups
      - chat
      - gmail_vault
      - drive_vault
      - shared_drives_vault
  data_source:
    description:
      - Only the jobs that were started in the administration portal, or those of ReCenter.
    type: str
    choices: [admin, recenter]
    default: admin
  types:
    # common: types
    type: list
    elements: str
    choices: [backup, restore, export, deletion, retention, generate_report]
    description:
      - Only jobs of these types. If not set or empty, jobs of any type.
    # end
  page_size:
    description:
      - How many jobs to request at a time. The server may answer with fewer.
    type: int
    default: 100
notes:
  # common: notes
  - The app is registered in AvePoint Online Services > App registrations, and needs the permission C(gsuite.graph.read.all).
  - O(cloud_environment=commercial) needs O(region) or O(graph_url).
  # end
  - The API cannot filter by job id, so O(job_ids) are looked for among the jobs in the time range.
  - The API does not say how many jobs there are. All pages are read until one is short or empty and names no next one, so
    RV(total_count) is the number of jobs that were read.
extends_documentation_fragment:
  - avepoint.cloud.connection
  - avepoint.cloud.jobs
  - avepoint.cloud.jobs.ranged
  - avepoint.cloud.jobs.by_id
  - avepoint.cloud.attributes
seealso:
  - module: avepoint.cloud.avepoint_d365_jobs_info
  - name: Get jobs
    description: The vendor's description of the API.
    link: https://learn.avepoint.com/docs/Use-AvePoint-Graph-API.html
"""

EXAMPLES = r"""
- name: Get all jobs of the last 24 hours
  avepoint.cloud.avepoint_google_jobs_info:
    client_id: "{{ avepoint_client_id }}"
    client_secret: "{{ avepoint_client_secret }}"
    region: us
  register: google

- name: Stop if there was no good job
  ansible.builtin.assert:
    that: google.summary.latest_success is not none
    fail_msg: No job of the last 24 hours succeeded.

# The credentials come from AVEPOINT_CLIENT_ID and AVEPOINT_CLIENT_SECRET.
- name: Wait until the backups of Gmail that began since ten in the evening have finished
  avepoint.cloud.avepoint_google_jobs_info:
    region: gcp-us
    types: [backup]
    service: gmail
    start_time: "2026-01-31T22:00:00Z"
    wait: true
    wait_timeout: 7200
  register: backups

- name: Go on only if all of them worked
  ansible.builtin.assert:
    that: backups.summary.all_succeeded

- name: List the failed restores of ReCenter in the last week
  avepoint.cloud.avepoint_google_jobs_info:
    region: us
    data_source: recenter
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
        - The name of the API's own status, one of V(in_progress) (0), V(finished) (2), V(failed) (3), V(finished_with_exception)
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
    service:
      description: The service, one of the choices of O(service), or what the API sent if that is not documented.
      type: str
    data_source:
      description: Where it was started, one of the choices of O(data_source), or what the API sent if that is not documented.
      type: str
    progress:
      description: How far it is, in percent. It says nothing of the outcome.
      type: float
    operator:
      description: Who started it.
      type: str
  sample:
    - job_id: GB20260101220000000000000001
      type: backup
      type_id: 1
      status: finished
      status_id: 2
      state: succeeded
      finished: true
      start_time: "2026-01-01T22:00:00Z"
      finish_time: "2026-01-01T22:42:10.250Z"
      service: gmail
      data_source: admin
      progress: 100.0
      operator: admin@contoso.example
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
# common: call
product:
  description: The name of the product, as the role P(avepoint.cloud.job_gate#role) takes it in C(job_gate_product).
  returned: always
  type: str
  sample: google
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
  sample: "Cloud Backup for Google Workspace denied access: give the app the permission gsuite.graph.read.all in AvePoint Online
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
    from ansible_collections.avepoint.cloud.plugins.module_utils._google import Google
    from ansible_collections.avepoint.cloud.plugins.module_utils._module import main as run_module

    run_module(Google)


if __name__ == "__main__":
    main()
