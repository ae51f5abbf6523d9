# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks the settings of the role job_gate that say what is required of jobs.

Private to this collection: names and behaviour can change with any release.
"""

from __future__ import annotations

import datetime
import re
import typing as t

from ansible.module_utils.parsing.convert_bool import boolean

from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import FINISHED, STATES
from ansible_collections.avepoint.cloud.plugins.module_utils._services import SERVICES

ALLOWABLE = tuple(state for state in STATES if state in FINISHED)
LONGEST_AGE = datetime.timedelta(days=3650)


class GateError(ValueError):
    """Invalid settings. ``problems`` has one sentence for each fault."""

    def __init__(self, problems: t.Sequence[str]):
        super().__init__(" ".join(problems))
        self.problems = list(problems)


class Age(t.NamedTuple):
    """How old the newest success may be: as a text such as ``24h``, and as a duration."""

    text: str
    length: datetime.timedelta


class Requirements(t.NamedTuple):
    """What the gate requires of jobs. Only :func:`requirements` makes it, so its values are valid."""

    product: str | None
    allowed_states: tuple[str, ...]
    min_jobs: int
    max_age: Age | None
    by_customer: bool

    def facts(self) -> dict:
        """The verdict's ``required``."""
        return {
            "allowed_states": list(self.allowed_states),
            "min_jobs": self.min_jobs,
            "max_age": self.max_age.text if self.max_age else None,
            **({"by_customer": True} if self.by_customer else {}),
        }


def requirements(
    product: t.Any = None,
    allowed_states: t.Any = ("succeeded",),
    min_jobs: t.Any = 1,
    max_age: t.Any = None,
    by_customer: t.Any = False,
) -> Requirements:
    """The requirements from the settings of a playbook. Numbers and booleans may be texts, as ``-e`` passes them.

    :arg product: a name of SERVICES; None if any product is accepted
    :arg allowed_states: a list of state names, or a text in which commas or line breaks separate them
    :arg min_jobs: a whole number
    :arg max_age: such as ``90m``, ``24h``, ``7d`` or ``1d12h``; None or an empty text for none
    :arg by_customer: whether the requirements hold for each customer of the query
    :raises GateError: with all faults of the settings
    """
    problems: list[str] = []

    def collect(check: t.Callable, value: t.Any) -> t.Any:
        try:
            return check(value)
        except GateError as error:
            problems.extend(error.problems)

    checked = Requirements(
        collect(_product, product),
        collect(_allowed_states, allowed_states),
        collect(_min_jobs, min_jobs),
        collect(parse_age, max_age),
        collect(_by_customer, by_customer) or False,
    )
    service = SERVICES[checked.product] if checked.product else None
    if service and not service.has_times and max_age not in (None, ""):
        problems.append(f"max_age cannot be judged for {service.title}: its jobs have no times. Leave it out.")
    if checked.by_customer and not (service and "customers" in service.options):
        able = " or ".join(name for name, each in SERVICES.items() if "customers" in each.options)
        problems.append(f"by_customer is for the product {able} only: the others have no customers. Leave it out.")
    if problems:
        raise GateError(problems)
    return checked


def whole_number(name: str, value: t.Any) -> int:
    """``value``, an integer or a text with one, as an integer from 0.

    :raises GateError: naming the setting ``name`` when ``value`` is something else
    """
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value.strip(), re.ASCII):
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise GateError([f"{name} must be a whole number from 0."])


def parse_age(value: t.Any) -> Age | None:
    """The age in ``value``, such as ``90m``, ``24h``, ``7d``, ``1d12h``; None for None or an empty text.

    :raises GateError: when ``value`` has another form, or the age is out of range
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    text = "".join(str(value).split()).lower()
    match = re.fullmatch(r"(?:([0-9]{1,9})d)?(?:([0-9]{1,9})h)?(?:([0-9]{1,9})m)?", text, re.ASCII)
    if match is None or not isinstance(value, str):
        raise GateError(["max_age must be a number with a unit, such as 90m, 24h, 7d or 1d12h."])
    days, hours, minutes = (int(number or 0) for number in match.groups())
    length = datetime.timedelta(days=days, hours=hours, minutes=minutes)
    if not datetime.timedelta(0) < length <= LONGEST_AGE:
        raise GateError([f"max_age must be more than nothing and at most {LONGEST_AGE.days}d."])
    return Age(text, length)


def _product(value: t.Any) -> str | None:
    name = value.strip() if isinstance(value, str) else value
    if name is not None and not (isinstance(name, str) and name in SERVICES):
        raise GateError([f"product must be one of {', '.join(SERVICES)}."])
    return name


def _allowed_states(value: t.Any) -> tuple[str, ...]:
    states = [part.strip() for part in re.split(r"[,\r\n]+", value.strip())] if isinstance(value, str) else value
    if not isinstance(states, (list, tuple)) or not states:
        raise GateError([f"allowed_states must be a list with at least one of {', '.join(ALLOWABLE)}."])
    problems = []
    for state in states:
        if state in ALLOWABLE:
            continue
        if state in STATES:
            problems.append(f"allowed_states cannot have {state}: a job that has not finished never passes.")
        else:
            problems.append(f"allowed_states has something that is not one of {', '.join(ALLOWABLE)}.")
    if problems:
        raise GateError(problems)
    # In the order of STATES, without duplicates, and as plain str, because Ansible may pass a subclass.
    return tuple(state for state in ALLOWABLE if state in states)


def _by_customer(value: t.Any) -> bool:
    return truth("by_customer", value)


def truth(name: str, value: t.Any) -> bool:
    """``value``, a boolean or a text such as ``yes``, as a boolean.

    :raises GateError: naming the setting ``name`` when ``value`` is something else
    """
    try:
        return boolean(value)
    except TypeError:
        raise GateError([f"{name} must be true or false."]) from None


def _min_jobs(value: t.Any) -> int:
    return whole_number("min_jobs", value)
