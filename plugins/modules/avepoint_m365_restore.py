#!/usr/bin/python

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: avepoint_m365_restore
short_description: Restore files and folders with AvePoint Cloud Backup for Microsoft 365, and wait until that has been done
version_added: 1.0.0
description:
  - Starts a restore of files and folders of one site, or of the OneDrive of one user, as they were at a point in time.
  - Can wait until the restore has ended, and fails if it ended badly.
  - The restore is started each time. What it does to files that are there is up to the product.
  - The service runs three restores and exports at once. With O(wait), the module waits until it takes one more, else the task fails with
    the code V(rate_limited), and nothing is started.
author:
  - The avepoint.cloud contributors (@avepoint-cloud)
options:
  service:
    description:
      - The service that the files are of.
    type: str
    required: true
    choices: [sharepoint_online, onedrive, microsoft_365_groups, teams]
  recovery_time:
    description:
      - The point in time, in ISO 8601 (UTC if it has no offset) or relative to now, such as V(-90m), V(-24h) or V(-7d). Relative times are
        taken by the server's clock.
      - A time in the future, by the server's clock, is refused.
    type: str
    required: true
  site_url:
    description:
      - The address of the site. Needed for every O(service) but V(onedrive).
    type: str
  onedrive_user:
    description:
      - The sign-in name of the user. Needed for O(service=onedrive).
    type: str
  targets:
    description:
      - What to restore, by library. At most 20 paths in all, none of them inside another.
    type: list
    elements: dict
    required: true
    suboptions:
      library:
        description:
          - The name of the library, such as V(Documents).
        type: str
        required: true
      files:
        description:
          - Paths of files within the library, such as V(Reports/2026.xlsx).
        type: list
        elements: str
      folders:
        description:
          - Paths of folders within the library, which are restored with all that is in them.
        type: list
        elements: str
  location:
    description:
      - The location of a Multi-Geo tenant that the files are in. If not set, the server decides.
    type: str
    choices: [PrimaryGeoLocation, NAM, EUR, GBR, JPN, APC, AUS, CAN, IND, FRA, ARE, ZAF, CHE, KOR, DEU, BRA, NOR, SWE, QAT, POL, ITA, ISR,
      MEX, NZL, ESP, TWN]
notes:
  # common: notes
  - The app is registered in AvePoint Online Services > App registrations, and needs the permission
    C(microsoft365backup.restore.readwrite.all) and C(microsoft365backup.jobInfo.read.all).
  - O(cloud_environment=commercial) needs O(region) or O(graph_url).
  # end
extends_documentation_fragment:
  - avepoint.cloud.connection
  - avepoint.cloud.starts
  - avepoint.cloud.attributes.starts
seealso:
  - module: avepoint.cloud.avepoint_m365_jobs_info
"""

EXAMPLES = r"""
- name: Restore a folder and a file of a site as they were yesterday
  avepoint.cloud.avepoint_m365_restore:
    client_id: "{{ avepoint_client_id }}"
    client_secret: "{{ avepoint_client_secret }}"
    region: us
    service: sharepoint_online
    recovery_time: -24h
    site_url: https://contoso.sharepoint.com/sites/finance
    targets:
      - library: Documents
        folders: [Reports/2026]
        files: [Budget.xlsx]
    wait: true
    wait_timeout: 7200

- name: Start the restore of a user's files, and go on
  avepoint.cloud.avepoint_m365_restore:
    client_id: "{{ avepoint_client_id }}"
    client_secret: "{{ avepoint_client_secret }}"
    region: us
    service: onedrive
    recovery_time: "2026-01-31T22:00:00Z"
    onedrive_user: ada@contoso.com
    targets:
      - library: Documents
        files: [Thesis.docx]
  register: started
"""

RETURN = r"""
# common: job
job_id:
  description: The id of the job that was started. Null if none was, or if that is not known.
  returned: always
  type: str
  sample: 2b1c7a52-0000-4000-8000-000000000002
job:
  description:
    - The job as it was last seen, as M(avepoint.cloud.avepoint_m365_jobs_info) returns it. Null if it was not started, or has not
      been seen.
  returned: always
  type: dict
  sample: {"job_id": "2b1c7a52-0000-4000-8000-000000000002", "type": "restore", "type_id": 2, "status": "finished", "status_id":
    null, "state": "succeeded", "finished": true, "start_time": "2026-01-01T22:40:00Z", "finish_time": "2026-01-01T22:42:10.250Z"}
jobs:
  description:
    - The same job in a list, so that roles and filters take this result as they take that of
      M(avepoint.cloud.avepoint_m365_jobs_info). Empty if there is none.
  returned: always
  type: list
  elements: dict
  sample: [{"job_id": "2b1c7a52-0000-4000-8000-000000000002", "type": "restore", "type_id": 2, "status": "finished", "status_id":
    null, "state": "succeeded", "finished": true, "start_time": "2026-01-01T22:40:00Z", "finish_time":
    "2026-01-01T22:42:10.250Z"}]
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
    latest_success: "2026-01-01T22:42:10.250Z"
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
  sample: m365
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
  sample: "Cloud Backup for Microsoft 365 denied access: give the app the permission microsoft365backup.restore.readwrite.all and
    microsoft365backup.jobInfo.read.all in AvePoint Online Services > App registrations, with consent (HTTP 403)."
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
    from ansible_collections.avepoint.cloud.plugins.module_utils._m365_restore import M365Restore
    from ansible_collections.avepoint.cloud.plugins.module_utils._module_start import main as run_module

    run_module(M365Restore)


if __name__ == "__main__":
    main()
