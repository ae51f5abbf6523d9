# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeping text from the network from being taken for a template, or for a part of one."""

from __future__ import annotations

import typing as t

from ansible import template

if hasattr(template, "trust_as_template"):

    def never_template(value: t.Any) -> t.Any:
        """``value`` (JSON data) such that Ansible evaluates no text in it: since 2.19, none that is not marked as trusted."""
        return value

else:
    from ansible.utils.unsafe_proxy import wrap_var

    def never_template(value: t.Any) -> t.Any:
        """``value`` (JSON data) such that Ansible evaluates no text in it: until 2.18, none that is marked as unsafe."""
        return wrap_var(value)
