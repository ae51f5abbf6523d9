# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: jobs
short_description: Jobs of any AvePoint product that the collection knows, as they change
version_added: 1.0.0
description:
  - Looks at jobs at an interval, and emits an event for each job that is new or whose state has changed.
  - >-
    An event is C({"avepoint": {"product": "pc", "previous_state": "running", "state": "failed", "job": {...}}}). C(previous_state) is
    null for a job that was not known before. C(job) has the keys of a job that the product's module returns.
  - >-
    ansible-rulebook passes events to playbooks as extra variables, in which Ansible evaluates templates. Therefore no text of an event can
    be a template. Letters, digits, spaces, ends of lines, characters beyond ASCII and C(- _ . , : / @ +) stay as they are, any other
    punctuation becomes its full-width form, which looks alike, and characters that cannot be shown become U+FFFD.
  - Names of properties in C(raw) that are not plain (letters, digits and underscores, a letter first) are made so, and begin with C(x_).
  - Each change is emitted once. Only a state that a job entered and left between two looks can go unseen.
  - A fault of the network or the server is logged, and the next look tries again. It never ends the rulebook.
    With several tenants, one that cannot be read does not hold back the events of the others.
  - If the environment variable C(AVEPOINT_RECORD) names a folder, every request and its answer are written there, fit for a public bug
    report, as the page on troubleshooting says.
  - What changed while the API could not be reached, or while the rulebook was not running, is emitted afterwards, as far back as O(lookback).
  - One client with one token serves all looks.
author:
  - The avepoint.cloud contributors (@avepoint-cloud)
options:
  product:
    description:
      - Whose jobs they are.
      # common: products
      - V(pc) is Process Center, with M(avepoint.cloud.avepoint_pc_jobs_info).
      - V(d365) is Cloud Backup for Dynamics 365, with M(avepoint.cloud.avepoint_d365_jobs_info).
      - V(m365) is Cloud Backup for Microsoft 365, with M(avepoint.cloud.avepoint_m365_jobs_info).
      - V(google) is Cloud Backup for Google Workspace, with M(avepoint.cloud.avepoint_google_jobs_info).
      - V(iaas) is Cloud Backup for IaaS + PaaS, with M(avepoint.cloud.avepoint_iaas_jobs_info).
      - V(salesforce) is Cloud Backup for Salesforce, with M(avepoint.cloud.avepoint_salesforce_jobs_info).
      - V(aos) is AvePoint Online Services, with M(avepoint.cloud.avepoint_aos_jobs_info).
      - V(opus) is AvePoint Opus, with M(avepoint.cloud.avepoint_opus_jobs_info).
      - V(elements) is AvePoint Elements, with M(avepoint.cloud.avepoint_elements_jobs_info).
      # end
      - All other options are those of the product's module, with the same environment variables, except C(page), C(limit),
        C(start_time), C(finish_time) and those for waiting.
    type: str
    required: true
    # common: choices
    choices:
      pc: Process Center
      d365: Cloud Backup for Dynamics 365
      m365: Cloud Backup for Microsoft 365
      google: Cloud Backup for Google Workspace
      iaas: Cloud Backup for IaaS + PaaS
      salesforce: Cloud Backup for Salesforce
      aos: AvePoint Online Services
      opus: AvePoint Opus
      elements: AvePoint Elements
    # end
  states:
    description:
      - Emit events only for jobs that enter these states. If not set, for all states.
    type: list
    elements: str
  interval:
    description:
      - The seconds between two looks, V(0.1) to V(86400).
    type: float
    default: 60
  lookback:
    description:
      - How many seconds back to look for jobs. An outage that lasts longer than this can hide jobs.
      - Dynamics 365 is queried for this time range. Whether the server goes by the start or the finish of a job is not documented, so
        this should be longer than a job may take. A job that was seen running is followed however long it runs.
      - Process Center lists its jobs without times. For it, this is how long a job that is no longer listed is remembered.
    type: int
    default: 86400
  report_existing:
    description:
      - Whether jobs that exist at the first look are emitted as new.
      - With V(false), they are only remembered, and every tenant has to answer that look. Changes made while the rulebook was not
        running are then lost, unless there is a O(state_file).
    type: bool
    default: true
  state_file:
    description:
      - A file that keeps the known jobs, for when the rulebook starts again. Each source needs its own. It holds ids and states, no secrets.
        A relative path begins where ansible-rulebook was started.
      - Without it, a rulebook that starts again emits all jobs within O(lookback) again, or none of them, as O(report_existing) says.
      - After a crash in the middle of a look, the changes of that look can be emitted again.
      - One that cannot be read is set aside under a name that ends in C(.unreadable), which is logged. All jobs within O(lookback)
        are then emitted again, since it is not known which of them were.
    type: path
requirements:
  - ansible-core, requests and jsonschema in the Python that runs ansible-rulebook
"""

EXAMPLES = r"""
# The credentials come from AVEPOINT_CLIENT_ID and AVEPOINT_CLIENT_SECRET
- avepoint.cloud.jobs:
    product: d365
    region: us
    types: [backup]
    states: [failed, finished_with_exception]
    state_file: /var/lib/rulebooks/d365.json

- avepoint.cloud.jobs:
    product: pc
    tenants:
      - customer_id: 00000000-0000-4000-8000-0000000000c1
        tenant_id: 00000000-0000-4000-8000-0000000000d1
      - customer_id: 00000000-0000-4000-8000-0000000000c2
        tenant_id: 00000000-0000-4000-8000-0000000000d2
    interval: 30
    report_existing: false
"""

import asyncio
import contextlib
import json
import logging
import os
import sys
import typing as t

# ansible-rulebook loads this file by its path and does not make the collection importable.
COLLECTIONS = os.path.abspath(os.path.join(__file__, *[os.pardir] * 7))
if os.path.dirname(COLLECTIONS) not in sys.path:
    sys.path.append(os.path.dirname(COLLECTIONS))
import ansible_collections

if COLLECTIONS not in ansible_collections.__path__:
    # Another folder of collections was imported, such as that of the Python package "ansible".
    ansible_collections.__path__.append(COLLECTIONS)

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.avepoint.cloud.plugins.module_utils import _options
from ansible_collections.avepoint.cloud.plugins.module_utils._checks import check_job_options
from ansible_collections.avepoint.cloud.plugins.module_utils._connect import connect
from ansible_collections.avepoint.cloud.plugins.module_utils._errors import AvePointError, InvalidInput
from ansible_collections.avepoint.cloud.plugins.module_utils._failure import sentence
from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import CLOCK_SKEW
from ansible_collections.avepoint.cloud.plugins.module_utils._secrets import Secrets, secrets_in
from ansible_collections.avepoint.cloud.plugins.module_utils._sender import Timing
from ansible_collections.avepoint.cloud.plugins.module_utils._services import SERVICES
from ansible_collections.avepoint.cloud.plugins.module_utils._text import clean, inert, mask
from ansible_collections.avepoint.cloud.plugins.plugin_utils._changes import Changes

OWN: dict[str, dict] = {
    "product": {"type": "str", "required": True, "choices": list(SERVICES)},
    "interval": {"type": "float", "default": 60.0},
    "lookback": {"type": "int", "default": 86400},
    "report_existing": {"type": "bool", "default": True},
    "state_file": {"type": "path"},
}

# Options of the modules that the source does not have: it polls for ever, reads all pages and sets the time range itself.
EXCLUDED = frozenset((*_options.WAIT, "page", "limit", "start_time", "finish_time"))

# The most faults of one poll that are logged; more are only counted.
MAX_LOGGED_FAULTS = 5

logger = logging.getLogger("avepoint.cloud.jobs")


def options(args: dict) -> dict:
    """The options of the source: checked, with defaults, and with those of EXCLUDED, as a service and a client take them.

    :arg args: the arguments in the rulebook
    :raises InvalidInput: when an argument is unknown or invalid; the message names it.
    """
    args = {name: value for name, value in args.items() if name != "eda_feedback_queue"}
    product = args.get("product")
    if not isinstance(product, str) or product not in SERVICES:
        raise InvalidInput(f"product must be one of {', '.join(SERVICES)}")
    module_spec = _options.argument_spec(SERVICES[product])
    spec = {**{name: option for name, option in module_spec.items() if name not in EXCLUDED}, **OWN}
    unknown = [str(name) for name in args if name not in spec]
    if unknown:
        raise InvalidInput(f"there is no option {', '.join(unknown)} for {product}")
    # Checked before Ansible does, because Ansible's messages on wrong types contain the values.
    if wrong := [
        f"{name} must be {kind}" for name, value in args.items() if (kind := _options.expected(spec[name], value))
    ]:
        raise InvalidInput("; ".join(wrong))
    checked = ArgumentSpecValidator(spec).validate(args)
    if checked.error_messages:
        secrets = [str(args[name]) for name, option in spec.items() if option.get("no_log") and args.get(name)]
        raise InvalidInput(mask("; ".join(checked.error_messages), secrets))
    params: dict[str, t.Any] = {name: module_spec[name].get("default") for name in EXCLUDED & module_spec.keys()}
    params.update(checked.validated_parameters)
    if params["state_file"]:
        params["state_file"] = _options.absolute("state_file", params["state_file"])
    if not 0.1 <= params["interval"] <= 86400:
        raise InvalidInput(f"interval is {params['interval']:g}, but must be from 0.1 to 86400")
    if not params["interval"] <= params["lookback"] <= 10**8:
        raise InvalidInput(f"lookback is {params['lookback']}, but must be from interval to 100000000")
    return params


class Source:
    """A running event source with its client, the known jobs and the state file.

    :arg params: what :func:`options` returned
    :raises InvalidInput: when the options cannot be used together.
    """

    def __init__(self, params: dict, timing: Timing = Timing()):  # noqa: B008 - it is immutable
        self._service_class = SERVICES[params["product"]]
        self._states = frozenset(params["states"] or ())
        # Jobs are queried in all states, because a change can only be seen if the previous state is known. `states` selects
        # the events.
        self._params = check_job_options({**params, "states": None}, self._service_class, timing.now())
        self._secrets = Secrets(secrets_in(self._params))
        self._client = connect(self._params, self._service_class, self._secrets, timing)
        self._now = timing.now
        self._changes = Changes(params["lookback"])
        self._silent = not params["report_existing"]
        self._failing = False
        self._warned: set[str] = set()
        self._load()

    async def run(self, queue: t.Any) -> None:
        """Polls and puts events into ``queue`` until the task is cancelled."""
        while True:
            try:
                await self._poll_once(queue)
            except Exception as error:  # noqa: BLE001 - the next poll may succeed
                self._log_faults([error])
            await asyncio.sleep(self._params["interval"])

    async def _poll_once(self, queue: t.Any) -> None:
        """Polls once and puts the events of that poll into ``queue``."""
        faults: list[AvePointError] = []
        try:
            jobs = await self._in_thread(lambda: self._poll(None if self._silent else faults))
        finally:
            self._warn(self._client.sender.warnings)
        now = self._server_time()
        try:
            for change in list(self._changes.of(jobs, now)):
                if not self._silent and (not self._states or change.job["state"] in self._states):
                    await queue.put(inert({"avepoint": self._event(change.previous, change.job)}))
                self._changes.told(change.job, now)
            for job in jobs:
                self._changes.told(job, now)
            if not faults:
                self._changes.forget(now)
            self._silent = False
        finally:
            self._save()
        if faults:
            self._log_faults(faults)
        elif self._failing:
            self._failing = False
            logger.warning("%s answers again", self._service_class.api.name)

    def _poll(self, faults: list[AvePointError] | None) -> list[dict]:
        """The current jobs. Called in a thread.

        :arg faults: gets the faults of tenants or customers that cannot be read; if None, such a fault is raised
        """
        params = self._params
        if "start_time" in params:
            params = {**params, "start_time": self._changes.begin(self._server_time())}
        service = self._service_class(params, self._client, self._now)
        jobs = service.poll(faults).jobs
        if service.answered_by is not None:
            self._params["api"] = service.answered_by
        self._warn((*service.warnings(), *self._client.login.warnings()))
        return jobs

    def _warn(self, warnings: t.Iterable[str]) -> None:
        """Logs each warning, once in the life of the source."""
        for warning in warnings:
            if warning not in self._warned:
                self._warned.add(warning)
                logger.warning("%s", mask(warning, self._secrets))

    def _server_time(self) -> float:
        """The time in seconds since the epoch, by the server's clock if it is known to differ by more than CLOCK_SKEW."""
        skew = self._client.skew or 0.0
        return self._now() + (skew if abs(skew) > CLOCK_SKEW.total_seconds() else 0.0)

    async def _in_thread(self, poll: t.Callable[[], list[dict]]) -> list[dict]:
        """Runs ``poll`` in a thread and returns its result. On cancellation, aborts its requests and waits for the thread."""
        running = asyncio.ensure_future(asyncio.to_thread(poll))
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            with self._client.interrupted():
                await asyncio.wait({running})
            if not running.cancelled():
                running.exception()
            raise

    def _event(self, previous: str | None, job: dict) -> dict:
        state = job["state"]
        return {"product": self._params["product"], "previous_state": previous, "state": state, "job": job}

    def _log_faults(self, faults: t.Sequence[Exception]) -> None:
        self._failing = True
        texts = list(
            dict.fromkeys(
                sentence(fault, self._secrets)
                if isinstance(fault, AvePointError)
                else f"{type(fault).__name__}: {clean(str(fault))}"
                for fault in faults
            )
        )
        others = f" (and {len(texts) - MAX_LOGGED_FAULTS} other faults)" if len(texts) > MAX_LOGGED_FAULTS else ""
        text = mask("; ".join(texts[:MAX_LOGGED_FAULTS]) + others, self._secrets)
        logger.error("cannot look, trying again in %g seconds: %s", self._params["interval"], text)

    def _load(self) -> None:
        path = self._params["state_file"]
        if not path or not os.path.exists(path):
            return
        # With a state file, report_existing does not count. If the file is unreadable, emitting all jobs again is better than
        # losing changes.
        self._silent = False
        try:
            with open(path, encoding="utf-8") as file:
                self._changes.load(json.load(file))
        except (OSError, ValueError, RecursionError, InvalidInput) as error:
            reason = (
                str(error) if isinstance(error, InvalidInput) else getattr(error, "strerror", None) or "it is damaged"
            )
            logger.error(
                "state_file %s cannot be used (%s): it is set aside as %s, and jobs that were emitted before are emitted again",
                path,
                reason,
                aside := f"{path}.unreadable",
            )
            try:
                os.replace(path, aside)
            except OSError as fault:
                logger.error("state_file %s cannot be set aside: %s", path, fault.strerror)

    def _save(self) -> None:
        path = self._params["state_file"]
        if not path:
            return
        partial = f"{path}.{os.getpid()}"
        try:
            with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
                json.dump(self._changes.dump(), file)
                # Without fsync, the file could be empty or old after a power loss.
                file.flush()
                os.fsync(file.fileno())
            os.replace(partial, path)
            folder = os.open(os.path.dirname(path) or ".", os.O_RDONLY)
            with contextlib.suppress(OSError):  # some file systems cannot do this for folders
                os.fsync(folder)
            os.close(folder)
        except OSError as error:
            logger.error("state_file %s cannot be written: %s", path, error.strerror)


async def main(queue: asyncio.Queue, args: dict[str, t.Any]) -> None:
    """The entry point that ansible-rulebook calls; runs until it is cancelled.

    :arg queue: gets the events
    :arg args: the arguments in the rulebook
    :raises InvalidInput: when the arguments are invalid.
    """
    await Source(options(args)).run(queue)
