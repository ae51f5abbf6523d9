# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the variables of the role ``job_gate`` to the arguments of a module, or to a refusal before anything is queried.

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
from ansible_collections.avepoint.cloud.plugins.plugin_utils._gate import judge, refused
from ansible_collections.avepoint.cloud.plugins.plugin_utils._gate_requirements import (
    GateError,
    parse_age,
    requirements,
    truth,
    whole_number,
)

# What a key of job_gate_query is refused for, and what to do instead.
NOT_IN_QUERY = {
    "wait": "use job_gate_wait",
    "wait_timeout": "use job_gate_wait_timeout",
    "wait_sleep": "use job_gate_wait_sleep",
    "min_jobs": "use job_gate_min_jobs",
    "states": "a gate that sees only the jobs in some states cannot tell whether the others are as required; use job_gate_allowed_states",
}

# The role's variables without their prefix, and what they are where they are not set, or `omit`.
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
    """What the gate is to do.

    :arg given: the role's variables without their prefix, see :data:`DEFAULTS`; an empty text, which a form gives where nothing
        is filled in, is the default
    :arg problems: what is wrong with them already
    :returns: ``arguments`` for the product's module, ``required`` for the verdict, ``report_dir``,
        and ``verdict``: None, or that of a gate that is refused. The arguments can hold secrets; the rest never does.
    """
    variables = {**DEFAULTS, **{name: value for name, value in given.items() if not _is_blank(value)}}
    problems = list(problems)

    def tried(part: t.Callable, *values: t.Any) -> t.Any:
        try:
            return part(*values)
        except GateError as error:
            problems.extend(f"job_gate_{problem}" for problem in error.problems)

    product = variables["product"].strip() if isinstance(variables["product"], str) else variables["product"]
    if product is None and not any(problem.startswith("job_gate_product ") for problem in problems):
        problems.append(f"job_gate_product must be set: {' or '.join(SERVICES)}.")
    required = tried(
        requirements, product, *(variables[name] for name in ("allowed_states", "min_jobs", "max_age", "by_customer"))
    )
    query = tried(_query, variables["query"], SERVICES.get(product) if isinstance(product, str) else None)
    wait = tried(truth, "wait", variables["wait"])
    numbers = {name: tried(whole_number, name, variables[name]) for name in ("wait_timeout", "wait_sleep")}
    report_dir = tried(_report_dir, variables["report_dir"]) or ""
    if problems:
        verdict = refused(problems, product if isinstance(product, str) else None)
        return {"arguments": {}, "required": {}, "report_dir": report_dir, "verdict": verdict}
    # What is not said here may come from module_defaults, and a gate that sees only the jobs in some states would pass.
    arguments = {"states": [], **query, "wait": wait}
    if wait:
        arguments.update(numbers, min_jobs=required.min_jobs)
    elif required.by_customer:
        # One look that a customer who cannot be read does not end.
        arguments.update(wait=True, wait_timeout=0, min_jobs=0)
    age, reach = required.max_age, parse_age((SERVICES[product].reach or "").lstrip("-"))
    if age and reach and age.length > reach.length:
        # Else a success that is young enough is never seen.
        arguments.setdefault("start_time", f"-{-(-age.length // datetime.timedelta(hours=1))}h")
    return {
        "arguments": arguments,
        "required": {"product": product, **required.facts()},
        "report_dir": report_dir,
        "verdict": None,
    }


def marked_verdict(registered: t.Any, run: str) -> tuple[dict, str]:
    """The verdict in the result that the role registered when it judged; without one, that of a gate that came to none.

    :arg run: the mark of this run, which nobody can know before it
    :returns: the verdict, and the host that ran the gate, empty where it came to none
    """
    facts = registered.get("ansible_facts") if isinstance(registered, dict) else None
    if (
        isinstance(facts, dict)
        and facts.get("__job_gate_run") == run
        and isinstance(facts.get("__job_gate_verdict"), dict)
        and facts.get("__job_gate_host")
    ):
        return facts["__job_gate_verdict"], str(facts["__job_gate_host"])
    return judge(None, requirements(), datetime.datetime.now(datetime.timezone.utc)), ""


def _is_blank(value: t.Any) -> bool:
    return isinstance(value, str) and not value.strip()


def _report_dir(value: t.Any) -> str:
    if value is not None and not isinstance(value, str):
        raise GateError(["report_dir must be the path of a folder."])
    return (value or "").strip()


def _query(value: t.Any, service: type[Service] | None) -> dict:
    """The module's options from ``job_gate_query``: a dictionary, or one as a text, as the command line can pass it.

    :raises GateError: with everything that is wrong with it; it names keys, never values
    """
    try:
        query = check_type_dict(value)
    except TypeError:
        raise GateError(["query must be a dictionary with options of the module."]) from None
    problems = [f"query must not have {key}: {why}." for key, why in NOT_IN_QUERY.items() if key in query]
    options = _options(service)
    # As a form gives them where nothing is filled in. What is a text or a list may be meant so.
    query = {
        key: one
        for key, one in query.items()
        if not (_is_blank(one) and key in options and options[key]["type"] in ("int", "float", "bool"))
    }
    # The module would refuse these too, but Ansible would then show values, which may be secrets in the wrong place.
    problems += [f"query has {_unknown(key, options)}." for key in query if options and key not in options]
    problems += [
        f"query has a {key} that cannot be meant: it must be {kind}."
        for key, one in query.items()
        if key in options and key not in (*NOT_IN_QUERY, "job_ids") and (kind := expected(options[key], one))
    ]
    if "job_ids" in query and not _names_jobs(query["job_ids"]):
        # The module refuses these too, but the gate says what to leave out.
        problems.append("query has job_ids that name no job, or an empty one; leave job_ids out to look at all jobs.")
    if problems:
        raise GateError(problems)
    return query


def _options(service: type[Service] | None) -> dict[str, dict]:
    """The specification of each option of a module, also by its other names."""
    spec = argument_spec(service) if service else {}
    return {name: option for first, option in spec.items() for name in (first, *option.get("aliases", ()))}


def _unknown(key: t.Any, options: t.Collection[str]) -> str:
    """What to say of a key that is no option of the module. One that resembles none of any module may be anything, a secret too."""
    if any(key in _options(service) for service in SERVICES.values()):
        return f"{key}, which the module does not know"
    close = difflib.get_close_matches(key, sorted(options), cutoff=0.8) if isinstance(key, str) else []
    if not close:
        return "something that the module does not know"
    return f"{clean(key)}, which the module does not know; perhaps {close[0]} is meant"


def _names_jobs(job_ids: t.Any) -> bool:
    entries = job_ids.split(",") if isinstance(job_ids, str) else job_ids
    if not isinstance(entries, (list, tuple)) or None in entries:
        return False
    ids = split_ids([str(one) for one in entries])
    return bool(ids) and all(ids)
