#!/usr/bin/python

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: avepoint_opus_jobs_info
short_description: Get restore jobs of AvePoint Opus by their ids, or wait until they have finished
version_added: 1.0.0
description:
  - Gets the restore jobs of AvePoint Opus that have the ids of O(job_ids). The API lists no jobs, so they cannot be found otherwise.
  - Can wait until the jobs have finished.
  - Every job has a normalised C(state) with the same meaning for all products.
  - What counts is the status of a job. One that finished has succeeded, whatever its progress, and also if it has no time of finish.
  - A job that the API does not have is in RV(missing_job_ids), with a warning that has the API's own words.
author:
  - The avepoint.cloud contributors (@avepoint-cloud)
options:
  job_ids:
    description:
      - Required. The jobs with these ids, compared without regard to case. Each costs a request.
      - In a text, as job templates have it, each line is an id, or each part between commas.
      - Ids that are not found are returned in RV(missing_job_ids).
    type: list
    elements: str
notes:
  # common: notes
  - The app is registered in AvePoint Online Services > App registrations, and needs the permission C(records.readwrite.all).
  - O(cloud_environment=commercial) needs O(region) or O(graph_url).
  # end
  - There is neither a range of time nor a choice of types, pages or a number of jobs, since the API lists nothing.
extends_documentation_fragment:
  - avepoint.cloud.connection
  - avepoint.cloud.jobs.by_id
  - avepoint.cloud.attributes
seealso:
  - module: avepoint.cloud.avepoint_pc_jobs_info
  - name: Get restore job status
    description: The vendor's description of the API.
    link: https://learn.avepoint.com/docs/Use-AvePoint-Graph-API.html
"""

EXAMPLES = r"""
- name: Wait until the restore that was started before has finished
  avepoint.cloud.avepoint_opus_jobs_info:
    client_id: "{{ avepoint_client_id }}"
    client_secret: "{{ avepoint_client_secret }}"
    region: us
    job_ids:
      - "{{ opus_job_id }}"
    wait: true
    wait_timeout: 1800
  register: restore

- name: Go on only if it worked
  ansible.builtin.assert:
    that: restore.summary.all_succeeded

# The credentials come from AVEPOINT_CLIENT_ID and AVEPOINT_CLIENT_SECRET.
- name: See how far several restores are
  avepoint.cloud.avepoint_opus_jobs_info:
    region: us
    job_ids: "{{ opus_job_ids }}"
  register: restores

- name: Show it
  ansible.builtin.debug:
    msg: "{{ restores.jobs | items2dict(key_name='job_id', value_name='progress') }}"
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
      description: The name of its type, one of V(restore) or V(unknown). Null if the API does not say it.
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
        - The name of the API's own status, one of V(none) (-1), V(waiting) (0), V(in_progress) (1), V(finished) (2), V(failed)
          (3), V(finished_with_exception) (4), V(stopped) (5), V(skipped) (6), V(stopping) (7), V(calculating) (8), V(pending)
          (9), V(timed_out) (10) and V(unknown).
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
        - V(waiting) for V(waiting) or V(calculating) or V(pending), V(running) for V(in_progress) or V(stopping), V(succeeded)
          for V(finished), V(finished_with_exception) for V(finished_with_exception), V(failed) for V(failed) or V(timed_out),
          V(skipped) for V(skipped), V(stopped) for V(stopped), and V(unknown) for anything else, and for a job that ended, but
          not as failed, and by its times did so before it began or in the future.
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
    progress:
      description: How far it is, in percent, as the API says it. Not every job that has finished is at 100.
      type: float
  sample:
    - job_id: 7c0d2a64-0000-4000-8000-0000000000f1
      type: restore
      type_id: null
      status: finished
      status_id: 2
      state: succeeded
      finished: true
      start_time: "2026-01-01T22:00:00Z"
      finish_time: "2026-01-01T22:42:10.250Z"
      progress: 100.0
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
  sample: opus
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
  description: Whether there are more jobs than were fetched.
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
  sample: "AvePoint Opus denied access: give the app the permission records.readwrite.all in AvePoint Online Services > App
    registrations, with consent (HTTP 403)."
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
    from ansible_collections.avepoint.cloud.plugins.module_utils._opus import Opus

    run_module(Opus)


if __name__ == "__main__":
    main()
