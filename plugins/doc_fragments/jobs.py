# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    # The options of a product whose jobs can only be queried by id, and for waiting.
    BY_ID = r"""
options:
  job_ids:
    description:
      - Only the jobs with these ids, compared without regard to case.
      - In a text, as job templates have it, each line is an id, or each part between commas.
      - Ids that are not found are returned in RV(missing_job_ids).
      - An empty list is refused, since it would not be clear whether it means all jobs or none.
    type: list
    elements: str
  states:
    description:
      - Only jobs in these states. If not set or empty, jobs in any state.
      - Cannot be used together with O(wait), which follows the jobs through all states.
    type: list
    elements: str
    choices: [waiting, running, succeeded, finished_with_exception, failed, skipped, stopped, unknown]
  max_concurrency:
    description:
      - How many requests may be in progress at once, V(1) to V(16).
    type: int
    default: 4
  include_raw:
    description:
      - Whether each job also has C(raw), the object as the API sent it.
    type: bool
    default: false
  wait:
    description:
      - Return only when every chosen job has finished, whatever its outcome.
      - A job that ended badly does not fail the task. Look at RV(summary), or use the role P(avepoint.cloud.job_gate#role).
      - While a task waits, C(ansible-playbook) shows a line whenever something has changed, and at least one a minute.
      - A fault does not end the wait. The next look tries again. What ends it early is a refusal by the server, or an answer
        that breaks the API's contract.
      - When the run is interrupted or killed, or the task exceeds its C(timeout), the wait stops asking within seconds. If the machine
        where it runs has lost the controller altogether, it stops after five minutes. What runs with C(async) goes on.
    type: bool
    default: false
  wait_timeout:
    description:
      - How many seconds the wait may take as a whole, requests and retries included. When they are over, the task fails
        but still returns what was last seen.
      - With V(0), it looks once, and fails unless every chosen job has finished.
    type: int
    default: 3600
  wait_sleep:
    description:
      - The seconds between two looks, at least 1.
    type: int
    default: 30
  appear_timeout:
    description:
      - How many seconds ids of O(job_ids) may be missing before the wait fails with the code V(job_missing).
      - If not set, as long as O(wait_timeout).
    type: int
  min_jobs:
    description:
      - Without O(job_ids), a wait goes on until there are at least this many jobs. Unless this is V(0), an empty list never
        counts as finished.
    type: int
    default: 1
  fail_fast:
    description:
      - Whether a wait ends as soon as one chosen job has failed.
    type: bool
    default: false
  progress_file:
    description:
      - A file to create on the machine where the task runs. A wait appends a line of JSON to it at each look.
      - It must not exist yet, and it is not removed afterwards.
      - This is for tasks with C(async), which show no progress.
    type: path
"""

    # More options, of products that list jobs.
    DOCUMENTATION = r"""
options:
  page:
    description:
      - Only this page of what the server lists, counted from 1. If not set, all pages.
      - Cannot be used together with O(wait).
    type: int
  limit:
    description:
      - Return at most this many jobs, the first ones in the order of the API. If not set, all.
      - RV(truncated) says whether there are more.
    type: int
"""

    # The time range of products that list jobs by time (RangedService).
    RANGED = r"""
options:
  start_time:
    description:
      - The beginning of the time range, in ISO 8601 (UTC if it has no offset) or relative to now, such as V(-90m), V(-24h) or V(-7d).
      - The units are V(s), V(m), V(h), V(d) and V(w).
    type: str
    default: -24h
  finish_time:
    description:
      - The end of the time range, in the same forms as O(start_time).
      - V(now) moves on while the module waits, so a job that finishes meanwhile is seen.
    type: str
    default: now
    aliases: [end_time]
"""
