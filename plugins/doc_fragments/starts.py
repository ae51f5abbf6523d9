# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    # The options for waiting for what a module has started.
    DOCUMENTATION = r"""
options:
  wait:
    description:
      - Return only when what was started has ended. The task fails with the code V(job_failed) if it ended in a state that
        O(allowed_states) does not have.
      - While a task waits, C(ansible-playbook) shows a line whenever something has changed, and at least one a minute.
      - A fault does not end the wait. The next look tries again. What ends it early is a refusal by the server, or an answer
        that breaks the API's contract.
      - A wait that ends early ends nothing in the cloud. What was started goes on.
    type: bool
    default: false
  wait_timeout:
    description:
      - With O(wait), how many seconds the task may take as a whole, requests and retries included. When they are over, it fails,
        but still returns what was started and last seen.
      - With V(0), it looks once, and fails unless what was started has ended.
    type: int
    default: 3600
  wait_sleep:
    description:
      - The seconds between two looks, at least 1.
    type: int
    default: 30
  allowed_states:
    description:
      - In which states what was started may end, with O(wait).
    type: list
    elements: str
    choices: [succeeded, finished_with_exception, failed, skipped, stopped]
    default: [succeeded]
  progress_file:
    description:
      - A file to create on the machine where the task runs. A wait appends a line of JSON to it at each look.
      - It must not exist yet, and it is not removed afterwards.
      - This is for tasks with C(async), which show no progress.
    type: path
notes:
  - The request that starts something is sent once. It is sent again only if the answer proves that nothing began, which are a 401
    (with a fresh token), a 429, and that no connection was made. After anything else, such as a timeout or a status from 500 on, the module
    looks. If exactly one thing is there that was not there before, it is taken, with a warning. Otherwise the task fails with the code
    V(start_unknown), and says where to look before it is started again.
  - So do not repeat such a task with C(until). If C(timeout) or an interrupt ends a task after the request was sent, that is said too.
"""
