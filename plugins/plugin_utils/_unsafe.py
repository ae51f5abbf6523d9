# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prevents Ansible from evaluating text from the network as a template."""

from __future__ import annotations

import typing as t

from ansible import template

if hasattr(template, "trust_as_template"):

    def never_template(value: t.Any) -> t.Any:
        """``value`` (JSON data) as it is: ansible-core since 2.19 only evaluates texts that are marked as trusted."""
        return value

else:
    from ansible.utils.unsafe_proxy import wrap_var

    def never_template(value: t.Any) -> t.Any:
        """``value`` (JSON data) with its texts marked as unsafe, which ansible-core until 2.18 does not evaluate."""
        return wrap_var(value)
