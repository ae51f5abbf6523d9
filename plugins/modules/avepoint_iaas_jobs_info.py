#!/usr/bin/python

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: avepoint_iaas_jobs_info
short_description: Get the jobs of AvePoint Cloud Backup for IaaS + PaaS, or wait until they have finished
version_added: 1.0.0
description:
  - Gets the backups, restores and other jobs of AvePoint Cloud Backup for IaaS + PaaS within a time range, or single jobs by their ids.
  - Can wait until the jobs have finished.
  - Every job has a normalised C(state) with the same meaning for all products.
  - Whether the server applies the range to the start or to the finish of a job is not documented, and it cannot be asked for the jobs
    that still run. So that none of them is missed, all jobs since 30 days before O(start_time) are read, and RV(total_count) counts them.
  - A job that ran wholly outside the range is not returned, whatever the server does. A job that O(types) or O(states) cannot be
    compared with is returned, with a warning that names it.
  - If the clock of this machine differs from the server's by more than 5 minutes, relative times are taken by the server's clock,
    with a warning. If no answer says what time it is there, relative times fail with C(invalid_response).
author:
  - The avepoint.cloud contributors (@avepoint-cloud)
options:
  service:
    description:
      - Only the jobs of this service. The server filters them, since jobs do not say their service, but for what their types say of it.
    type: str
    choices:
      - azure_vm
      - entra_id
      - azure_storage
      - admin_portal_settings
      - common
      - amazon_ec2
      - native_azure_sql
      - azure_devops
      - azure_sql
      - azure_ad_b2c
      - google_cloud
      - aws_settings
      - sql_server
      - vmware
      - google_cloud_storage
      - cosmos_db
      - postgresql
      - amazon_s3
      - entra_external_id
  types:
    # common: types
    type: list
    elements: str
    choices: [azure_vm_backup, azure_vm_restore, azure_vm_file_export, azure_vm_index_generation, data_retention, entra_id_backup,
      entra_id_restore, entra_id_export, azure_storage_backup, azure_storage_restore, azure_storage_export,
      admin_portal_settings_backup, admin_portal_settings_export, admin_portal_settings_restore, amazon_ec2_backup,
      amazon_ec2_restore, native_azure_sql_backup, native_azure_sql_restore, azure_devops_backup, azure_devops_restore,
      azure_sql_backup, azure_sql_restore, azure_vm_file_restore, azure_ad_b2c_backup, azure_ad_b2c_restore, google_vm_backup,
      google_vm_restore, google_vm_index_generation, google_vm_file_export, data_deletion, aws_configuration_backup,
      aws_configuration, sql_server_backup, sql_server_restore, vmware_backup, vmware_restore, postgresql_backup,
      postgresql_restore, google_cloud_storage_backup, google_cloud_storage_restore, google_cloud_storage_export,
      cosmos_db_backup, cosmos_db_restore, entra_external_id_backup, entra_external_id_restore, entra_external_id_export,
      amazon_s3_backup, amazon_s3_restore]
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
  - The app is registered in AvePoint Online Services > App registrations, and needs the permission
    C(PlatformBackup.ReadWrite.All).
  - O(cloud_environment=commercial) needs O(region) or O(graph_url).
  # end
  - Each of O(job_ids) is searched for on the server, and found whatever its time.
extends_documentation_fragment:
  - avepoint.cloud.connection
  - avepoint.cloud.jobs
  - avepoint.cloud.jobs.ranged
  - avepoint.cloud.jobs.by_id
  - avepoint.cloud.attributes
seealso:
  - module: avepoint.cloud.avepoint_d365_jobs_info
  - name: Get job information
    description: The vendor's description of the API.
    link: https://learn.avepoint.com/docs/Use-AvePoint-Graph-API.html
"""

EXAMPLES = r"""
- name: Get all jobs of the last 24 hours
  avepoint.cloud.avepoint_iaas_jobs_info:
    client_id: "{{ avepoint_client_id }}"
    client_secret: "{{ avepoint_client_secret }}"
    region: us
  register: machines

- name: Stop if there was no good job
  ansible.builtin.assert:
    that: machines.summary.latest_success is not none
    fail_msg: No job of the last 24 hours succeeded.

# The credentials come from AVEPOINT_CLIENT_ID and AVEPOINT_CLIENT_SECRET.
- name: Wait until the backups of virtual machines that began since ten in the evening have finished
  avepoint.cloud.avepoint_iaas_jobs_info:
    region: ne
    types: [azure_vm_backup, google_vm_backup, vmware_backup]
    start_time: "2026-01-31T22:00:00Z"
    wait: true
    wait_timeout: 7200
  register: backups

- name: Go on only if all of them worked
  ansible.builtin.assert:
    that: backups.summary.all_succeeded

- name: Wait for one restore
  avepoint.cloud.avepoint_iaas_jobs_info:
    region: us
    job_ids: ["{{ iaas_job_id }}"]
    wait: true

- name: List what failed in the last week
  avepoint.cloud.avepoint_iaas_jobs_info:
    region: us
    service: azure_vm
    states: [failed, finished_with_exception, stopped]
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
        - The name of the API's own status, one of V(not_started) (0), V(in_progress) (1), V(successful) (2), V(skipped) (4),
          V(exception) (8), V(failed) (16), V(waiting) (32), V(stopped) (64) and V(unknown).
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
        - V(waiting) for V(not_started) or V(waiting), V(running) for V(in_progress), V(succeeded) for V(successful),
          V(finished_with_exception) for V(exception), V(failed) for V(failed), V(skipped) for V(skipped), V(stopped) for
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
    comments:
      description: What the API says of the job.
      type: str
  sample:
    - job_id: VB20260101220000000000000001
      type: azure_vm_backup
      type_id: 1
      status: successful
      status_id: 2
      state: succeeded
      finished: true
      start_time: "2026-01-01T22:00:00Z"
      finish_time: "2026-01-01T22:42:10.250Z"
      duration_hours: 0.7028
      total_count: 12
      successful_count: 12
      failed_count: 0
      skipped_count: 0
      comments: null
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
  sample: iaas
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
  sample: "Cloud Backup for IaaS + PaaS denied access: give the app the permission PlatformBackup.ReadWrite.All in AvePoint Online
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
    from ansible_collections.avepoint.cloud.plugins.module_utils._iaas import Iaas
    from ansible_collections.avepoint.cloud.plugins.module_utils._module import main as run_module

    run_module(Iaas)


if __name__ == "__main__":
    main()
