# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    # The arguments of the filters that make a report.
    DOCUMENTATION = r"""
options:
  _input:
    description:
      - The registered result of one of the modules C(avepoint_*_jobs_info), on success or on failure,
        or a verdict of P(avepoint.cloud.gate_verdict#filter).
    type: dict
    required: true
  verdict:
    description:
      - The verdict on the jobs, C(job_gate_result) of the role P(avepoint.cloud.job_gate#role) or what P(avepoint.cloud.gate_verdict#filter) returns.
      - Without it, a job that is neither V(succeeded) nor V(skipped) counts as a problem.
    type: dict
  title:
    description: The heading of the report.
    type: str
    default: AvePoint jobs
  now:
    description:
      - The time of the report, in ISO 8601. Without an offset it is UTC.
      - The default is the time of O(verdict), and without that the controller's clock.
    type: str
seealso:
  - plugin: avepoint.cloud.job_report
    plugin_type: role
"""
