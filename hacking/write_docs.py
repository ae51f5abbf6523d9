# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the common parts of the documentation into modules and pages: python hacking/write_docs.py [--check]

Ansible has fragments for options, but none for return values. Therefore the common parts are kept here. The command writes them
into each module between the comments ``# common: NAME`` and ``# end``, and into pages between ``<!-- common: NAME -->`` and
``<!-- end -->``. Values that differ between products come from the service classes. ``--check`` writes nothing, and fails if a
part differs.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import re
import string
import sys
import textwrap
import types
import typing as t

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
PACKAGE = "ansible_collections.avepoint.cloud"
FILES = (
    "extensions/eda/plugins/event_source/jobs.py",
    "plugins/filter/gate_verdict.py",
    "plugins/modules/avepoint_access_info.py",
    "roles/job_gate/meta/argument_specs.yml",
)
PAGES = ("README.md", "docs/authentication.md", "docs/index.md")
WIDTH = 130

TYPES = """\
type: list
elements: str
choices: [$types]
description:
  - Only jobs of these types. If not set or empty, jobs of any type.
"""

NOTES = """\
- The app is registered in $registration, and needs the permission $permission.
- $region
"""

NO_REGION = "No region is needed, since one address serves the tenants of all data centers."
REGION_NEEDED = "O(cloud_environment=commercial) needs O(region) or O(graph_url)."

JOBS = """\
description:
  - The chosen jobs in the order of the API, each job once.
returned: always
type: list
elements: dict
contains:
  job_id:
    description: The id of the job.
    type: str
  type:
    description: The name of its type, one of $type_names or V(unknown). Null if the API does not say it.
    type: str
  type_id:
    description: The number of its type. Null if the API sent neither a number nor a name that is documented.
    type: int
  type_text:
    description: What the API sent for the type.
    returned: when RV(jobs[].type) is V(unknown)
    type: str
  status:
    description:
      - The name of the API's own status, one of $status_names and V(unknown).
    type: str
  status_id:
    description: $status_id
    type: int
  status_text:
    description: What the API sent for the status.
    returned: when RV(jobs[].status) is V(unknown)
    type: str
  state:
    description:
      - What the status means, by names that are the same for all products.
      - $meanings, and V(unknown) for anything else$impossible.
    type: str
  finished:
    description: Whether the job has ended, well or badly. Never true for V(unknown).
    type: bool
  raw:
    description: The object as the API sent it.
    returned: with O(include_raw=true)
    type: dict
"""

STATUS_NUMBER = "The number of its status. Null if the API sent a name that is not documented."
NO_STATUS_NUMBER = "Always null, since the API sends names and no numbers."

# Part of the description of `state`, for products whose jobs have times.
IMPOSSIBLE = ", and for a job that ended, but not as failed, and by its times did so before it began or in the future"

# Return values of a job, for products whose jobs have times.
TIMES = """\
  start_time:
    description: When it began, in ISO 8601 and UTC, ending in V(Z).
    type: str
  finish_time:
    description: When it ended, in the same form. Null while it runs.
    type: str
"""

SUMMARY = """\
description: The chosen jobs, counted.
returned: always
type: dict
sample:
  total: 1
  states: {$state_counts}
  all_finished: true
  all_succeeded: true
  any_failed: false$latest_success
contains:
  total:
    description: How many jobs there are.
    type: int
  states:
    description: How many jobs are in each state, for every state.
    type: dict
  all_finished:
    description: Whether every job has ended. False if there is no job, if an id of O(job_ids) is missing,
      if some jobs could not be read, or if the module fails.
    type: bool
  all_succeeded:
    description: Whether every job is in the state V(succeeded). False if there is no job, if an id of O(job_ids) is missing,
      if some jobs could not be read, or if the module fails.
    type: bool
  any_failed:
    description: Whether a job is in the state V(failed).
    type: bool
"""

# Return values of the summary, for products whose jobs have times.
LATEST_SUCCESS = """\
  latest_success:
    description: The newest RV(jobs[].finish_time) among the jobs in the state V(succeeded), or null.
    type: str
"""

LATEST_SUCCESS_SAMPLE = '\n  latest_success: "2026-01-01T22:42:10.250Z"'

CALL = """\
product:
  description: The name of the product, as the role P(avepoint.cloud.job_gate#role) takes it in C(job_gate_product).
  returned: always
  type: str
  sample: $product
missing_job_ids:
  description: The ids of O(job_ids) that were not found.
  returned: always
  type: list
  elements: str
  sample: []
total_count:
  description:
    - How many jobs the server has, before the module filters them. If the server does not say, the number that was read.
  returned: always
  type: int
  sample: 1
truncated:
  description: Whether there are more jobs than were fetched$truncated_by.
  returned: always
  type: bool
  sample: false
"""

TIMED_OUT = """\
timed_out:
  description: Whether O(wait_timeout) ran out.
  returned: always
  type: bool
  sample: false
"""

# Return values of every module that sends requests.
DURATION = """\
duration:
  description: The seconds that the whole call took.
  returned: always
  type: float
  sample: 0.731
"""

POLLS = """\
polls:
  description: How many times the module looked.
  returned: always
  type: int
  sample: 1
"""

# Return values of every module that sends requests.
ASKED = """\
retries:
  description: How many requests were sent again after a fault.
  returned: always
  type: int
  sample: 0
clock_skew:
  description:
    - By how many seconds the server's clock is ahead of this machine's, by the C(Date) header of its last answer, as far as the
      time that the request took cannot explain it. Negative if it is behind, null if no answer said.
  returned: always
  type: float
  sample: 0.0
msg:
  description: What went wrong, and what to do.
  returned: on failure
  type: str
  sample: $denied
error:
  description: The same for programs.
  returned: on failure, unless Ansible itself refused the options
  type: dict
  sample: {code: permission_denied, http_status: 403, request_id: 0f4c9a0d}
  contains:
    code:
      description:
        - One of V(invalid_input), V(authentication_failed), V(permission_denied), V(not_found), V(rate_limited),
          V(server_error), V(connection_failed), V(request_timeout)$codes.
      type: str
    http_status:
      description: The HTTP status of the answer, if there was one.
      type: int
    request_id:
      description: What AvePoint's support asks for, if the server sent one.
      type: str
"""

CODES = ", V(invalid_response), V(wait_timeout) and V(job_missing)"

# The error codes of modules that start something, and of the module that lists baselines.
START_CODES = ", V(invalid_response), V(wait_timeout), V(job_missing), V(job_failed) and V(start_unknown)"
BASELINES_CODES = " and V(invalid_response)"

START_PRODUCT = """\
product:
  description: The name of the product, as the role P(avepoint.cloud.job_gate#role) takes it in C(job_gate_product).
  returned: always
  type: str
  sample: $product
"""

CHANGED = """\
changed:
  description:
    - Whether something was started. True also where that is not known (V(start_unknown)), so that nobody takes it for not started.
  returned: always
  type: bool
  sample: true
"""

STARTED_JOB = """\
job_id:
  description: The id of the job that was started. Null if none was, or if that is not known.
  returned: always
  type: str
  sample: $job_id
job:
  description:
    - The job as it was last seen, as M($jobs_module) returns it. Null if it was not started, or has not been seen.
  returned: always
  type: dict
  sample: $job
jobs:
  description:
    - The same job in a list, so that roles and filters take this result as they take that of M($jobs_module). Empty if there is none.
  returned: always
  type: list
  elements: dict
  sample: [$job]
summary:
  description: The same job, counted.
  returned: always
  type: dict
  sample:
    total: 1
    states: {$state_counts}
    all_finished: true
    all_succeeded: true
    any_failed: false$latest_success
missing_job_ids:
  description: The id of the job, if it was started but has not been seen.
  returned: always
  type: list
  elements: str
  sample: []
total_count:
  description: How many jobs were seen, 1 or 0.
  returned: always
  type: int
  sample: 1
truncated:
  description: Always false.
  returned: always
  type: bool
  sample: false
"""

BASELINE = """\
baseline_id:
  description: The id of the baseline.
  type: str
name:
  description: Its name.
  type: str
status:
  description:
    - The name of its status, one of $baseline_statuses and V(unknown).
  type: str
status_id:
  description: The number of its status. Null if the API sent a name that is not documented.
  type: int
created_time:
  description: When it was created, in ISO 8601 and UTC, ending in V(Z).
  type: str
modified_time:
  description: When it was last changed, in the same form.
  type: str
"""

# An example of a started job, by the product of the job.
SAMPLES = {
    "pc": {
        "job_id": "2b1c7a52-0000-4000-8000-000000000001",
        "type": "apply_baseline",
        "type_id": 1,
        "status": "finished",
        "status_id": 2,
        "state": "succeeded",
        "finished": True,
        "customer_id": "2b1c7a52-0000-4000-8000-0000000000c1",
        "tenant_id": "2b1c7a52-0000-4000-8000-0000000000d1",
    },
    "m365": {
        "job_id": "2b1c7a52-0000-4000-8000-000000000002",
        "type": "restore",
        "type_id": 2,
        "status": "finished",
        "status_id": None,
        "state": "succeeded",
        "finished": True,
        "start_time": "2026-01-01T22:40:00Z",
        "finish_time": "2026-01-01T22:42:10.250Z",
    },
}

# The table needs an empty line before it, because some Markdown readers do not recognise it otherwise.
PRODUCTS = """\

| product | `job_gate_product` | module | permission of the app | where to register it | `region` |
|---|---|---|---|---|---|
"""

START = re.compile(r"^ *(?:# |<!-- )common: (.*?)(?: -->)?$", re.MULTILINE)
REGION = re.compile(
    r"^(?P<start>(?P<indent> *)(?:# |<!-- )common: (?P<name>.*?)(?: -->)?\n)(?P<text>(?:.*\n)*?)(?P<end> *(?:# |<!-- )end(?: -->)?\n)",
    re.MULTILINE,
)
PERMISSION = re.compile(r"\w+(\.\w+)+")
MARKED = r"`\g<0>`"


class Refused(Exception):
    """A file cannot be written, because its markers are wrong."""


def import_plugins() -> None:
    """Makes the collection importable from this checkout, whose path need not end in ansible_collections/avepoint/cloud."""
    folders = {"ansible_collections": [], "ansible_collections.avepoint": [], PACKAGE: [str(ROOT)]}
    if PACKAGE not in sys.modules:
        for name, path in folders.items():
            sys.modules[name] = types.ModuleType(name)
            sys.modules[name].__path__ = path


def module_file(short: str) -> str:
    """The path of the jobs module of a product, relative to the checkout."""
    return f"plugins/modules/avepoint_{short}_jobs_info.py"


def module_parts(service: t.Any) -> dict[str, str]:
    """The common parts of the jobs module of a product, by their names."""
    from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import STATES
    from ansible_collections.avepoint.cloud.plugins.module_utils._options import argument_spec

    options, api, numbers = argument_spec(service), service.api, service.status_numbers
    statuses = {number: f"V({status.name})" for number, status in service.statuses.items()}
    meanings = {
        state: " or ".join(statuses[number] for number, status in service.statuses.items() if status.state == state)
        for state in STATES
        if state != "unknown"
    }
    limits = " or ".join(f"O({name})" for name in ("page", "limit") if name in options)
    consent = f"give the app the permission {api.permission} in {api.registration}, with consent (HTTP 403)."
    values = {
        "product": service.name,
        "types": ", ".join(service.types.values()),
        "type_names": ", ".join(f"V({name})" for name in service.types.values()),
        "status_names": ", ".join(f"{name} ({number})" if numbers else name for number, name in statuses.items()),
        "status_id": STATUS_NUMBER if numbers else NO_STATUS_NUMBER,
        "meanings": ", ".join(f"V({state}) for {names}" for state, names in meanings.items() if names),
        "state_counts": ", ".join(f"{state}: {int(state == 'succeeded')}" for state in STATES),
        "impossible": IMPOSSIBLE if service.has_times else "",
        "latest_success": LATEST_SUCCESS_SAMPLE if service.has_times else "",
        "truncated_by": f", because of {limits}" if limits else "",
        "registration": api.registration,
        "permission": PERMISSION.sub(r"C(\g<0>)", api.permission),
        "region": NO_REGION if service.single_endpoint else REGION_NEEDED,
        "denied": json.dumps(f"{api.name} denied access: {consent}"),
        "codes": CODES,
    }
    if "types" in options:
        values["type_names"] = "the choices of O(types),"
    texts = {"notes": NOTES, "jobs": JOBS, "summary": SUMMARY, "call": CALL + TIMED_OUT + DURATION + POLLS + ASKED}
    if "types" in options:
        texts["types"] = TYPES
    if service.has_times:
        texts["jobs"] += TIMES
        texts["summary"] += LATEST_SUCCESS
    return {name: string.Template(text).substitute(values) for name, text in texts.items()}


def starting_parts() -> dict[str, dict[str, str]]:
    """The common parts of the modules that start something and of the one that lists baselines, by file and name."""
    from ansible_collections.avepoint.cloud.plugins.module_utils import _baseline_starts, _baselines, _m365_restore
    from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import STATES

    def parts(endpoint: t.Any, codes: str, **texts: str) -> dict[str, str]:
        api = endpoint.api
        consent = f"give the app the permission {api.permission} in {api.registration}, with consent (HTTP 403)."
        values = {
            "registration": api.registration,
            "permission": PERMISSION.sub(r"C(\g<0>)", api.permission),
            "region": NO_REGION if endpoint.single_endpoint else REGION_NEEDED,
            "denied": json.dumps(f"{api.name} denied access: {consent}"),
            "codes": codes,
            "state_counts": ", ".join(f"{state}: {int(state == 'succeeded')}" for state in STATES),
            "baseline_statuses": ", ".join(
                f"V({status.name}) ({number})" for number, status in _baselines.STATUSES.items()
            ),
        }
        if hasattr(endpoint, "jobs"):
            product = endpoint.jobs.name
            values |= {
                "product": product,
                "jobs_module": f"avepoint.cloud.{pathlib.PurePath(module_file(product)).stem}",
                "job": json.dumps(SAMPLES[product]),
                "job_id": str(SAMPLES[product]["job_id"]),
                "latest_success": LATEST_SUCCESS_SAMPLE.replace("  ", "    ") if endpoint.jobs.has_times else "",
            }
        return {name: string.Template(text).substitute(values) for name, text in {"notes": NOTES, **texts}.items()}

    call = CHANGED + START_PRODUCT + TIMED_OUT + DURATION + POLLS + ASKED
    folder = "plugins/modules/avepoint_"
    return {
        f"{folder}pc_apply_baselines.py": parts(
            _baseline_starts.ApplyBaselines, START_CODES, job=STARTED_JOB, call=call
        ),
        f"{folder}pc_baseline.py": parts(_baseline_starts.CreateBaseline, START_CODES, baseline=BASELINE, call=call),
        f"{folder}pc_baselines_info.py": parts(
            _baselines.Baselines, BASELINES_CODES, baseline=BASELINE, call=DURATION + ASKED
        ),
        f"{folder}m365_restore.py": parts(_m365_restore.M365Restore, START_CODES, job=STARTED_JOB, call=call),
    }


def product_table(services: t.Mapping[str, t.Any], link: str) -> str:
    """The Markdown table of the products; `link` is the beginning of its links to files of the repository."""
    table = PRODUCTS
    for short, service in services.items():
        file, api = module_file(short), service.api
        region = "not needed" if service.single_endpoint else "needed for commercial tenants"
        table += f"| {api.name} | `{short}` | [`{pathlib.PurePath(file).stem}`]({link}{file}) "
        table += f"| {PERMISSION.sub(MARKED, api.permission)} | {api.registration} | {region} |\n"
    return f"{table}\n"


def product_lists(services: t.Mapping[str, t.Any]) -> dict[str, str]:
    """The common parts that list the products, by their names."""
    modules = {short: f"avepoint.cloud.{pathlib.PurePath(module_file(short)).stem}" for short in services}
    return {
        "choices": "choices:\n" + "".join(f"  {short}: {service.api.name}\n" for short, service in services.items()),
        # ansible-test of ansible-core 2.16 does not accept descriptions of choices in a module.
        "names": "choices:\n" + "".join(f"  - {short}\n" for short in services),
        "products": "".join(
            f"- V({short}) is {service.api.name}, with M({modules[short]}).\n" for short, service in services.items()
        ),
        "modules": "".join(f"- module: {name}\n" for name in modules.values()),
    }


def wrapped(line: str) -> str:
    """A line of YAML, wrapped to WIDTH."""
    hanging = " " * (len(line) - len(line.lstrip()) + 2)
    return textwrap.fill(line, WIDTH, subsequent_indent=hanging, break_long_words=False, break_on_hyphens=False)


def fill(text: str, parts: t.Mapping[str, str], file: str) -> tuple[str, list[str]]:
    """The text of a file with its common parts replaced, and the names of the parts that differed.

    :arg parts: the common parts that the file must have, by their names
    :raises Refused: when a part is missing, is there twice, has no end or has an unknown name.
    """
    seen = []
    differing = []

    def put(region: re.Match[str]) -> str:
        name = region["name"]
        if START.search(region["text"]):
            raise Refused(f"{file}: the common part {name} has no end")
        seen.append(name)
        part = textwrap.indent(parts.get(name, ""), region["indent"])
        if file.endswith(".py"):
            part = "".join(f"{wrapped(line)}\n" for line in part.splitlines())
        if part != region["text"]:
            differing.append(name)
        return region["start"] + part + region["end"]

    filled = REGION.sub(put, text)
    for name in START.findall(text):
        if name not in parts:
            raise Refused(f"{file}: there is no common part {name}, only {', '.join(sorted(parts))}")
    for name in parts:
        if START.findall(text).count(name) != 1 or name not in seen:
            raise Refused(f"{file}: the common part {name} has to be there once, and with an end")
    return filled, differing


def main(arguments: list[str], root: pathlib.Path = ROOT) -> int:
    """Writes or checks the files below `root`, and returns the exit status."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing, and fail if something would be written")
    check = parser.parse_args(arguments).check
    import_plugins()
    from ansible_collections.avepoint.cloud.plugins.module_utils._services import SERVICES

    online = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["repository"] + "/blob/main/"
    wanted = {module_file(short): module_parts(service) for short, service in SERVICES.items()}
    wanted |= starting_parts()
    parts = product_lists(SERVICES)
    for file in FILES:  # each file has some of the parts
        text = (root / file).read_text(encoding="utf-8")
        wanted[file] = {name: part for name, part in parts.items() if f"# common: {name}\n" in text}
    # Galaxy shows the README too, and relative links do not work there.
    wanted |= {page: {"products": product_table(SERVICES, "../" if "/" in page else online)} for page in PAGES}
    differing = {}
    try:
        for file, parts in wanted.items():
            text, names = fill((root / file).read_text(encoding="utf-8"), parts, file)
            if names:
                differing[file] = text, names
    except (Refused, OSError) as error:
        print(error)
        return 1
    for file, (text, names) in differing.items():
        if check:
            print(
                f"{file}: {', '.join(names)} differs from hacking/write_docs.py; run that, it writes the common parts"
            )
        else:
            (root / file).write_text(text, encoding="utf-8")
            print(f"{file}: wrote {', '.join(names)}")
    return 1 if check and differing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
