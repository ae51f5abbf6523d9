# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.avepoint.cloud.plugins.module_utils._iso8601 import parse_time
from ansible_collections.avepoint.cloud.plugins.plugin_utils._gate import judge
from ansible_collections.avepoint.cloud.plugins.plugin_utils._gate_requirements import GateError, requirements

DOCUMENTATION = r"""
name: gate_verdict
short_description: Judge the jobs that one of the modules returned
version_added: 1.0.0
author: The avepoint.cloud contributors
description:
  - Says whether all jobs are as required, and if not, why.
  - This is how the role P(avepoint.cloud.job_gate#role) decides.
    Use it where the role does not fit, on the registered result of a module.
  - Nothing passes that is not clearly as required.
    Each of these is a reason not to pass, a failed query, an unfinished job, an C(unknown) state, a missing job id, a state that is
    not allowed, too few jobs, jobs that were left out because of a limit, a newest success that is too old, a time in the future,
    a result that contradicts itself or does not come from a module of this collection.
positional: _input
options:
  _input:
    description:
      - The registered result of one of the modules C(avepoint_*_jobs_info), on success or on failure.
    type: dict
    required: true
  allowed_states:
    description:
      - The states that a finished job may have.
      - Only finished states can be allowed, which are V(succeeded), V(finished_with_exception), V(failed), V(skipped), V(stopped).
    type: list
    elements: str
    default: [succeeded]
  min_jobs:
    description:
      - There must be at least this many jobs. With V(0), there may be none.
    type: int
    default: 1
  max_age:
    description:
      - The newest job in state V(succeeded) must have finished within this time, for example V(90m), V(24h), V(7d), V(1d12h).
      - It is refused where the jobs of the product have no times, as with O(product=pc).
    type: str
  product:
    description:
      - Whose jobs they are.
    type: str
    # common: choices
    choices:
      pc: Process Center
      d365: Cloud Backup for Dynamics 365
      m365: Cloud Backup for Microsoft 365
      google: Cloud Backup for Google Workspace
      iaas: Cloud Backup for IaaS + PaaS
      salesforce: Cloud Backup for Salesforce
      aos: AvePoint Online Services
      opus: AvePoint Opus
      elements: AvePoint Elements
    # end
  by_customer:
    description:
      - Whether each customer of the query is judged by itself. Then O(min_jobs) and O(max_age) are for each of them, RV(_value.msg) has a
        table of the customers that are not as required, and a customer that could not be read is one of them.
      - With O(max_age), each thing that a customer has (a type, a module and a name) must have been done within that time. What was done
        longer ago does not count where the same thing was done since.
      - Only for O(product=elements).
    type: bool
    default: false
  now:
    description:
      - The time to judge by, in ISO 8601. Without an offset it is UTC. The default is the controller's clock.
      - Where the C(clock_skew) of O(_input) says that the server's clock is more than five minutes ahead or behind, that is added.
    type: str
seealso:
  - plugin: avepoint.cloud.job_gate
    plugin_type: role
"""

EXAMPLES = r"""
- name: Look at the backups of the last two days
  avepoint.cloud.avepoint_d365_jobs_info:
    region: us
    types: [backup]
    start_time: -48h
  register: backups

- name: Say whether the recovery point objective is met
  ansible.builtin.debug:
    msg: "{{ (backups | avepoint.cloud.gate_verdict(allowed_states=['succeeded', 'failed'], max_age='24h')).msg }}"
"""

RETURN = r"""
_value:
  description: The verdict.
  type: dict
  contains:
    passed:
      description: Whether everything is as required.
      type: bool
    reasons:
      description:
        - Why it did not pass, one line each. A line for an offending job has its state, type and id.
        - At most 500 jobs are named. One more line counts the rest.
      type: list
      elements: str
    msg:
      description: The whole verdict as text, in several lines.
      type: str
    rules:
      description: Each requirement with its C(name), what is C(required), whether it is C(passed), and what was C(found).
      type: list
      elements: dict
    required:
      description: The requirements, C(allowed_states), C(min_jobs), and C(max_age).
      type: dict
    customers:
      description: Of each customer its C(customer_id) and C(customer), whether it C(passed), and the C(reasons) if not.
      returned: with O(by_customer=true), if the query says which customers there are
      type: list
      elements: dict
    product:
      description: The value of O(product).
      type: str
    checked_at:
      description: The time the jobs were judged by, in ISO 8601.
      type: str
    jobs:
      description: The jobs of O(_input).
      type: list
      elements: dict
    summary:
      description: The counts of C(jobs), with the keys of the modules' own C(summary).
      type: dict
    missing_job_ids:
      description: Job ids asked for and not found.
      type: list
      elements: str
    truncated:
      description: Whether there are more jobs than were fetched.
      type: bool
    error:
      description: The C(error) of a query that failed, or null.
      type: dict
"""


def gate_verdict(
    result: t.Any,
    allowed_states: t.Any = ("succeeded",),
    min_jobs: t.Any = 1,
    max_age: t.Any = None,
    product: t.Any = None,
    by_customer: t.Any = False,
    now: str | None = None,
) -> dict:
    """The verdict on a module's result; see :func:`requirements` and :func:`judge`.

    :arg now: an ISO 8601 time, or None for the current time
    :raises AnsibleFilterError: when a requirement or ``now`` is invalid; never because of the result
    """
    try:
        required = requirements(product, allowed_states, min_jobs, max_age, by_customer)
        moment = parse_time(now) if now else datetime.datetime.now(datetime.timezone.utc)
    except GateError as error:
        raise AnsibleFilterError(f"gate_verdict: {error}") from None
    except ValueError:
        raise AnsibleFilterError("gate_verdict: now must be a time in ISO 8601.") from None
    return judge(result, required, moment)


class FilterModule:
    def filters(self) -> dict[str, t.Callable]:
        return {"gate_verdict": gate_verdict}
