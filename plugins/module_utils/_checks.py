# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks options, each by itself and together, before any request is sent."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._errors import InvalidInput
from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import same_id
from ansible_collections.avepoint.cloud.plugins.module_utils._options import (
    CONNECTION,
    absolute,
    argument_spec,
    defaults,
    from_environment,
    split_ids,
)
from ansible_collections.avepoint.cloud.plugins.module_utils._product import Endpoint
from ansible_collections.avepoint.cloud.plugins.module_utils._service import Service


def check_connection(params: dict, endpoint: type[Endpoint]) -> dict:
    """Checks the options that are common to all APIs; returns them normalised. Options that are not in ``params`` are skipped.

    An empty text, which job templates send for an empty field, counts as not given: it becomes the value of the environment, or
    else the default. Line ends around a connection option, as from files and variables of CI servers, are removed, and paths
    become absolute.

    :raises InvalidInput: naming the option and what is allowed.
    """
    params = {name: _normalized(name, value) for name, value in params.items()}
    largest = endpoint.largest_page
    ranges: dict[str, tuple[float, float]] = {
        "request_timeout": (0.001, 86400),
        "max_retries": (0, 1000),
        "max_retry_delay": (0, 86400),
        "page_size": (1, largest or 10000),
        "page": (1, 10**9),
        "limit": (1, 10**9),
        "max_concurrency": (1, 16),
        "wait_timeout": (0, 10**7),
        "wait_sleep": (0, 10**7),
        "appear_timeout": (0, 10**7),
        "min_jobs": (0, 10**9),
    }
    for name, (least, most) in ranges.items():
        value = params.get(name)
        if value is not None and not least <= value <= most:
            raise InvalidInput(
                # not "g" alone, which writes 10000000 as 1e+07
                f"{name} is {value:.12g}, but must be from {least:.12g} to {most:.12g}"
            )
    return params


def check_job_options(params: dict, service: type[Service], now: float) -> dict:
    """Checks all options of the module for a product's jobs; returns them normalised, defaults included.

    :raises InvalidInput: naming the option and what is allowed.
    """
    params = with_defaults(check_connection(params, service), argument_spec(service))
    for name in ("states", "page"):
        if params["wait"] and params.get(name):
            raise InvalidInput(
                f"{name} cannot go together with wait: a wait follows its jobs through all states and pages"
            )
    if params["job_ids"] is not None:
        params["job_ids"] = split_ids(params["job_ids"])
        if not params["job_ids"] or not all(params["job_ids"]):
            raise InvalidInput("job_ids has no id in it, or an empty one: leave the option out to choose all jobs")
    if params["wait"] and params.get("limit") is not None:
        for name, number in (
            ("job_ids", len(set(map(same_id, params["job_ids"] or ())))),
            ("min_jobs", 0 if params["job_ids"] else params["min_jobs"]),
        ):
            if params["limit"] < number:
                raise InvalidInput(
                    f"limit is {params['limit']}, but {number} jobs are waited for by {name}: raise limit or leave it out"
                )
    return service.check_options(params, now)


def with_defaults(params: dict, spec: dict[str, dict]) -> dict:
    """``params`` with the default of each option that is None, as an empty text is by now."""
    return {**params, **{name: value for name, value in defaults(spec).items() if params[name] is None}}


def _normalized(name: str, value: t.Any) -> t.Any:
    if not isinstance(value, str):
        return value
    option = CONNECTION.get(name, {})
    if option:
        value = value.strip("\r\n")
    if not value.strip():
        value = from_environment(name) or option.get("default")
    elif option.get("type") == "path":
        value = absolute(name, value)  # a message has to show the whole path
    if isinstance(value, str) and ("\0" in value or re.search("[\ud800-\udfff]", value)):
        raise InvalidInput(f"{name} holds a NUL character, or bytes that are not UTF-8")
    return value
