# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Turns the variables of the role ``job_gate`` into the arguments of a module, or refuses them before anything is queried.

Private to this collection: names and behaviour can change with any release.
"""

from __future__ import annotations

import datetime
import difflib
import typing as t

from ansible.module_utils.common.validation import check_type_dict

from ansible_collections.avepoint.cloud.plugins.module_utils._options import argument_spec, expected, split_ids
from ansible_collections.avepoint.cloud.plugins.module_utils._service import Service
from ansible_collections.avepoint.cloud.plugins.module_utils._services import SERVICES
from ansible_collections.avepoint.cloud.plugins.module_utils._text import clean
from ansible_collections.avepoint.cloud.plugins.plugin_utils._gate import refused
from ansible_collections.avepoint.cloud.plugins.plugin_utils._gate_requirements import (
    GateError,
    parse_age,
    requirements,
    truth,
    whole_number,
)

# The keys that job_gate_query must not have, and what to do instead.
NOT_IN_QUERY = {
    "wait": "use job_gate_wait",
    "wait_timeout": "use job_gate_wait_timeout",
    "wait_sleep": "use job_gate_wait_sleep",
    "min_jobs": "use job_gate_min_jobs",
    "states": "a gate that sees only the jobs in some states cannot tell whether the others are as required; use job_gate_allowed_states",
}

PREFIX = "job_gate_"
# The role's variables without their prefix, with the values that they have when they are not set, or `omit`.
DEFAULTS: dict[str, t.Any] = {
    "product": None,
    "query": {},
    "wait": True,
    "wait_timeout": 3600,
    "wait_sleep": 30,
    "allowed_states": ["succeeded"],
    "min_jobs": 1,
    "max_age": "",
    "by_customer": False,
    "report_dir": "",
}


def settings(given: dict, problems: t.Sequence[str] = ()) -> dict:
    """Checks the variables of the role and derives what it needs.

    :arg given: the role's variables without their prefix, see :data:`DEFAULTS`; an empty text counts as the default, because
        forms such as AWX surveys send one for a field that is not filled in
    :arg problems: sentences on variables that could not be evaluated
    :returns: ``arguments`` for the product's module, ``required`` for the verdict, ``report_dir``,
        and ``verdict``: None, or the verdict of a gate whose settings are refused. Only the arguments can hold secrets.
    """
    variables = {**DEFAULTS, **{name: value for name, value in given.items() if not _is_blank(value)}}
    problems = list(problems)

    def collect(check: t.Callable, *values: t.Any) -> t.Any:
        try:
            return check(*values)
        except GateError as error:
            problems.extend(f"{PREFIX}{problem}" for problem in error.problems)

    product = variables["product"].strip() if isinstance(variables["product"], str) else variables["product"]
    if product is None and not any(problem.startswith("job_gate_product ") for problem in problems):
        problems.append(f"job_gate_product must be set: {' or '.join(SERVICES)}.")
    required = collect(
        requirements, product, *(variables[name] for name in ("allowed_states", "min_jobs", "max_age", "by_customer"))
    )
    query = collect(_query, variables["query"], SERVICES.get(product) if isinstance(product, str) else None)
    wait = collect(truth, "wait", variables["wait"])
    numbers = {name: collect(whole_number, name, variables[name]) for name in ("wait_timeout", "wait_sleep")}
    report_dir = collect(_report_dir, variables["report_dir"]) or ""
    if problems:
        verdict = refused(problems, product if isinstance(product, str) else None)
        return {"arguments": {}, "required": {}, "report_dir": report_dir, "verdict": verdict}
    # `states` is always set, because a value from module_defaults would hide jobs in other states, and the gate could pass wrongly.
    arguments = {"states": [], **query, "wait": wait}
    if wait:
        arguments.update(numbers, min_jobs=required.min_jobs)
    elif required.by_customer:
        # A wait of zero seconds polls once, and unlike a plain query it does not fail when one customer cannot be read.
        arguments.update(wait=True, wait_timeout=0, min_jobs=0)
    age, reach = required.max_age, parse_age((SERVICES[product].reach or "").lstrip("-"))
    if age and reach and age.length > reach.length:
        # The default range is shorter than max_age, so the query would not find a success that is still recent enough.
        arguments.setdefault("start_time", f"-{-(-age.length // datetime.timedelta(hours=1))}h")
    return {
        "arguments": arguments,
        "required": {"product": product, **required.facts()},
        "report_dir": report_dir,
        "verdict": None,
    }


def misspelled(names: t.Iterable[t.Any]) -> list[str]:
    """A sentence for each of the variables ``names`` whose name is nearly one of the role's: ignored, it could let the gate pass.

    A name that only continues that of the role's variable, such as ``job_gate_products`` or ``job_gate_query2``, is somebody's own.
    """
    problems = []
    ours = sorted(name for name in names if isinstance(name, str) and name.startswith(PREFIX) and name.isidentifier())
    for key in (name[len(PREFIX) :] for name in ours):
        meant = None if key in DEFAULTS else next(iter(_close(key, DEFAULTS)), None)
        if meant and not key.startswith(meant):
            problems.append(f"{PREFIX}{key} is no variable of the role job_gate; perhaps {PREFIX}{meant} is meant.")
    return problems


def _close(name: str, names: t.Iterable[str]) -> list[str]:
    """Those of ``names`` that ``name`` may be a misspelling of, the closest first."""
    return difflib.get_close_matches(name, sorted(names), cutoff=0.8)


def _is_blank(value: t.Any) -> bool:
    return isinstance(value, str) and not value.strip()


def _report_dir(value: t.Any) -> str:
    if value is not None and not isinstance(value, str):
        raise GateError(["report_dir must be the path of a folder."])
    return (value or "").strip()


def _query(value: t.Any, service: type[Service] | None) -> dict:
    """The module's options from ``job_gate_query``, a dictionary or a text with one (JSON or ``key=value``).

    :raises GateError: with all faults; the messages have keys of ``value`` but never its values
    """
    try:
        query = check_type_dict(value)
    except TypeError:
        raise GateError(["query must be a dictionary with options of the module."]) from None
    problems = [f"query must not have {key}: {why}." for key, why in NOT_IN_QUERY.items() if key in query]
    options = _options(service)
    # Forms send an empty text for a field that is not filled in. For options that are texts or lists, it may be intended.
    query = {
        key: option
        for key, option in query.items()
        if not (_is_blank(option) and key in options and options[key]["type"] in ("int", "float", "bool"))
    }
    # The module would refuse these too, but Ansible's message would show values, which may be secrets under a wrong key.
    problems += [f"query has {_unknown(key, options)}." for key in query if options and key not in options]
    problems += [
        f"query has a {key} that cannot be meant: it must be {kind}."
        for key, option in query.items()
        if key in options and key not in (*NOT_IN_QUERY, "job_ids") and (kind := expected(options[key], option))
    ]
    if "job_ids" in query and not _names_jobs(query["job_ids"]):
        # The module refuses these too, but this message also says how to get all jobs.
        problems.append("query has job_ids that name no job, or an empty one; leave job_ids out to look at all jobs.")
    if problems:
        raise GateError(problems)
    return query


def _options(service: type[Service] | None) -> dict[str, dict]:
    """The argument spec of a module, by option names and aliases; empty without ``service``."""
    spec = argument_spec(service) if service else {}
    return {alias: option for name, option in spec.items() for alias in (name, *option.get("aliases", ()))}


def _unknown(key: t.Any, options: t.Collection[str]) -> str:
    """The words for a key that is no option of the module. A key that resembles no option may be a secret, so it is not shown."""
    if any(key in _options(service) for service in SERVICES.values()):
        return f"{key}, which the module does not know"
    close = _close(key, options) if isinstance(key, str) else []
    if not close:
        return "something that the module does not know"
    return f"{clean(key)}, which the module does not know; perhaps {close[0]} is meant"


def _names_jobs(job_ids: t.Any) -> bool:
    entries = job_ids.split(",") if isinstance(job_ids, str) else job_ids
    if not isinstance(entries, (list, tuple)) or None in entries:
        return False
    ids = split_ids([str(entry) for entry in entries])
    return bool(ids) and all(ids)
