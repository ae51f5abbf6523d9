# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Evaluates the variables of a role one by one, so that the role can report a variable that has no value instead of failing.

Private to this collection: names and behaviour can change with any release.
"""

from __future__ import annotations

import re
import typing as t

from ansible.errors import AnsibleUndefinedVariable

# The part of Ansible's message on an undefined variable that is shown. The rest of the message can contain values.
_UNDEFINED = re.compile(r"'[\w .]{1,80}' (?:is undefined|has no attribute '\w{1,80}')", re.ASCII)


def evaluated(templar: t.Any, given: t.Mapping, prefix: str, names: t.Iterable[str]) -> tuple[dict, list[str]]:
    """The values of a role's variables, without those that are `omit`, and a sentence for each that cannot be evaluated.

    :arg templar: the templar of a lookup plugin
    :arg given: all variables of the task
    :arg prefix: the beginning of the variables' names
    :arg names: the names of the variables without ``prefix``
    :returns: the values by name, without ``prefix``; and the sentences
    """
    values: dict[str, t.Any] = {}
    problems: list[str] = []
    # Needed on ansible-core 2.16; the templar of 2.19 has the variables already.
    templar.available_variables = given
    for name in names:
        variable = prefix + name
        if variable not in given:
            continue
        try:
            # In a dictionary, because the templar removes `omit` only from dictionaries.
            values.update(templar.template({name: given[variable]}, fail_on_undefined=True))
        except Exception as error:  # noqa: BLE001 - ansible-core before 2.19 passes on any exception of an expression
            found = _UNDEFINED.search(str(error)) if isinstance(error, AnsibleUndefinedVariable) else None
            problems.append(f"{variable} cannot be evaluated{f': {found.group()}' if found else ''}.")
    return without(given.get("omit"), values), problems


def without(omitted: t.Any, value: t.Any) -> t.Any:
    """``value`` without the entries of its dictionaries and lists, at any depth, that are `omit`.

    :arg omitted: the placeholder text of `omit` in ansible-core before 2.19; anything else returns ``value`` unchanged
    """
    if not isinstance(omitted, str) or not omitted:
        return value
    if isinstance(value, dict):
        return {key: without(omitted, entry) for key, entry in value.items() if entry != omitted}
    if isinstance(value, (list, tuple)):
        return [without(omitted, entry) for entry in value if entry != omitted]
    return value
