# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The variables of a role, each evaluated by itself, so that one without a value does not fail the role before it can say so.

Private to this collection: names and behaviour can change with any release.
"""

from __future__ import annotations

import re
import typing as t

from ansible.errors import AnsibleUndefinedVariable

# What can be said of an expression that has no value: nothing that may hold one.
_UNDEFINED = re.compile(r"'[\w .]{1,80}' (?:is undefined|has no attribute '\w{1,80}')", re.ASCII)


def evaluated(templar: t.Any, given: t.Mapping, prefix: str, names: t.Iterable[str]) -> tuple[dict, list[str]]:
    """The values of a role's variables, without what is `omit`, and a sentence for each that cannot be evaluated.

    :arg templar: that of a lookup
    :arg given: all variables
    :arg names: the names that are wanted, without their ``prefix``
    """
    values: dict[str, t.Any] = {}
    problems: list[str] = []
    # 2.16 has a templar for each task, 2.19 one that has the variables already
    templar.available_variables = given
    for name in names:
        variable = prefix + name
        if variable not in given:
            continue
        try:
            # in a dictionary, since that is what `omit` leaves out
            values.update(templar.template({name: given[variable]}, fail_on_undefined=True))
        except Exception as error:  # noqa: BLE001 - ansible-core before 2.19 lets through what an expression raises
            found = _UNDEFINED.search(str(error)) if isinstance(error, AnsibleUndefinedVariable) else None
            problems.append(f"{variable} cannot be evaluated{f': {found.group()}' if found else ''}.")
    return without(given.get("omit"), values), problems


def without(omitted: t.Any, value: t.Any) -> t.Any:
    """``value`` without what is omitted in it, however deep.

    :arg omitted: the text that ansible-core before 2.19 leaves where a value is `omit`
    """
    if not isinstance(omitted, str) or not omitted:
        return value
    if isinstance(value, dict):
        return {key: without(omitted, one) for key, one in value.items() if one != omitted}
    if isinstance(value, (list, tuple)):
        return [without(omitted, one) for one in value if one != omitted]
    return value
