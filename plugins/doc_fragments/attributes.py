# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    # The attributes of the modules that only read.
    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
    support: full
    details:
      - The module only reads, so it does the same in check mode.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in check_mode), when in diff mode.
    support: N/A
    details:
      - The module changes nothing.
  async:
    description: Supports being used with the C(async) keyword.
    support: full
    details:
      - A task with C(async) shows no progress while it waits.
  action_group:
    description: Use C(group/avepoint.cloud.avepoint) in C(module_defaults) to set defaults for this module.
    support: full
    membership:
      - avepoint.cloud.avepoint
"""

    # The attributes of the modules that start something.
    STARTS = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
    support: full
    details:
      - The module asks and checks all that it would, and starts nothing. RV(ignore:changed) is true where it would.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in check_mode), when in diff mode.
    support: none
  async:
    description: Supports being used with the C(async) keyword.
    support: full
    details:
      - A task with C(async) shows no progress while it waits.
      - One that is ended by the time limit of C(async) says nothing of what it had started.
  action_group:
    description: Use C(group/avepoint.cloud.avepoint) in C(module_defaults) to set defaults for this module.
    support: full
    membership:
      - avepoint.cloud.avepoint
"""
