# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The common options of the modules as argument specs: their types, defaults and environment variables."""

from __future__ import annotations

import os
import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import env_fallback
from ansible.module_utils.errors import AnsibleFallbackNotFound

from ansible_collections.avepoint.cloud.plugins.module_utils._connection import ENVIRONMENTS
from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import STATES
from ansible_collections.avepoint.cloud.plugins.module_utils._secrets import shown_path
from ansible_collections.avepoint.cloud.plugins.module_utils._service import Service


def _environment_fallback(name: str) -> str:
    """The value of an environment variable. An empty one counts as not set: CI servers pass on unset variables like that.

    :raises AnsibleFallbackNotFound: when the variable is not set.
    """
    value: str = env_fallback(name).strip("\r\n")
    if not value.strip():
        raise AnsibleFallbackNotFound
    return value


def from_environment(name: str) -> str | None:
    """The value that the environment has for an option of type str or path; None if there is none."""
    spec = CONNECTION.get(name, {})
    if "fallback" not in spec:
        return None
    fallback, names = spec["fallback"]
    try:
        value: str = fallback(*names)
    except AnsibleFallbackNotFound:
        return None
    return absolute(name, os.path.expanduser(os.path.expandvars(value))) if spec["type"] == "path" else value


def absolute(name: str, path: str) -> str:
    """``path``, the value of option ``name``, as an absolute path from the current folder, or as it is if that folder is gone.

    The value of a connection option that does not look like a path stays as it is: it may be the content of a certificate.
    """
    path = path.strip("\r\n")
    if name in CONNECTION and not shown_path(path):
        return path
    try:
        return os.path.abspath(path)
    except OSError:
        return path


def record_folder() -> str | None:
    """The folder from ``AVEPOINT_RECORD``, in which exchanges are recorded; None if it is not set."""
    value = os.environ.get("AVEPOINT_RECORD", "").strip()
    return absolute("record", os.path.expanduser(os.path.expandvars(value))) if value else None


def paths(spec: dict[str, dict]) -> list[str]:
    """The names of the options of type path in an argument spec."""
    return [name for name, option in spec.items() if option["type"] == "path"]


def split_ids(job_ids: t.Sequence[str]) -> list[str]:
    """Splits entries of ``job_ids`` into lines, one id each (a text area of a job template has several), without blank lines.

    An empty entry stays, so that it can be refused: it comes from a variable without a value.
    """
    found = []
    for entry in job_ids:
        lines = [line.strip() for line in entry.splitlines() if line.strip()]
        found += lines if lines or (len(job_ids) > 1 and "\n" in entry) else [""]
    return found


def _option(name: str, **spec: t.Any) -> dict:
    """An option that falls back to its environment variable."""
    return {"fallback": (_environment_fallback, [f"AVEPOINT_{name.upper()}"]), **spec}


# The types of options in messages.
KINDS = {
    "str": "a text",
    "path": "a path",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "list": "a list",
    "dict": "a dictionary",
}

CONNECTION: dict[str, dict] = {
    "client_id": _option("client_id", type="str"),
    "client_secret": _option("client_secret", type="str", no_log=True),
    # no_log, since it may be the content of the certificate and its key. A path is shown nevertheless, see _module.start().
    "client_certificate": _option("client_certificate", type="path", no_log=True),
    "client_certificate_password": _option("client_certificate_password", type="str", no_log=True),
    "access_token": _option("access_token", type="str", no_log=True),
    "scopes": {"type": "list", "elements": "str"},
    "cloud_environment": _option("cloud_environment", type="str", default="commercial", choices=list(ENVIRONMENTS)),
    "region": _option("region", type="str"),
    "graph_url": _option("graph_url", type="str"),
    "identity_url": _option("identity_url", type="str"),
    "share_login": _option("share_login", type="bool", default=True),
    "validate_certs": _option("validate_certs", type="bool", default=True),
    "ca_path": _option("ca_path", type="path"),
    "proxy": _option("proxy", type="str"),
    "request_timeout": _option("request_timeout", type="float", default=30.0),
    "max_retries": _option("max_retries", type="int", default=5),
    "max_retry_delay": _option("max_retry_delay", type="float", default=60.0),
}

WAIT: dict[str, dict] = {
    "wait": {"type": "bool", "default": False},
    "wait_timeout": {"type": "int", "default": 3600},
    "wait_sleep": {"type": "int", "default": 30},
    "appear_timeout": {"type": "int"},
    "min_jobs": {"type": "int", "default": 1},
    "fail_fast": {"type": "bool", "default": False},
    "progress_file": {"type": "path"},
}


def defaults(spec: dict[str, dict]) -> dict:
    """The default of each option, without regard to the environment."""
    return {name: option.get("default") for name, option in spec.items()}


def argument_spec(service: type[Service]) -> dict[str, dict]:
    """The argument spec of the module for a product's jobs."""
    spec: dict[str, dict] = {
        **CONNECTION,
        **service.options,
        "job_ids": {"type": "list", "elements": "str"},
        "types": {"type": "list", "elements": "str", "choices": list(service.types.values())},
        "states": {"type": "list", "elements": "str", "choices": list(STATES)},
        "page_size": {"type": "int", "default": service.page_size},
        "page": {"type": "int"},
        "limit": {"type": "int"},
        "max_concurrency": {"type": "int", "default": 4},
        "include_raw": {"type": "bool", "default": False},
        **WAIT,
    }
    return {name: option for name, option in spec.items() if name not in service.without}


def expected(option: dict, value: t.Any) -> str:
    """What an option must be, in words, if ``value`` does not fit; empty if it fits.

    The words do not contain the value, which may be a secret. ``option`` is the option's argument spec.
    """
    spec = {key: option[key] for key in ("type", "elements", "choices") if key in option}
    try:
        if value is None or not ArgumentSpecValidator({"it": spec}).validate({"it": value}).error_messages:
            return ""
    except OverflowError:  # an extremely large number
        pass
    if "choices" in spec:
        return f"{'a list of' if spec['type'] == 'list' else 'one of'} {', '.join(map(str, spec['choices']))}"
    return KINDS[spec["type"]]
