# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Turns the options of a module that starts something into its result, in any process."""

from __future__ import annotations

import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._checks import check_connection, with_defaults
from ansible_collections.avepoint.cloud.plugins.module_utils._client import Client
from ansible_collections.avepoint.cloud.plugins.module_utils._connect import connect
from ansible_collections.avepoint.cloud.plugins.module_utils._errors import (
    AvePointError,
    InvalidInput,
    JobFailed,
    JobMissing,
    WaitTimeout,
)
from ansible_collections.avepoint.cloud.plugins.module_utils._failure import failure
from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import FINISHED, STATES, described
from ansible_collections.avepoint.cloud.plugins.module_utils._login import TokenStore
from ansible_collections.avepoint.cloud.plugins.module_utils._options import (
    CONNECTION,
    WAIT,
    argument_spec,
    defaults,
)
from ansible_collections.avepoint.cloud.plugins.module_utils._run import CONCURRENCY, LONGEST_CALL, call_facts
from ansible_collections.avepoint.cloud.plugins.module_utils._secrets import Secrets, secrets_in
from ansible_collections.avepoint.cloud.plugins.module_utils._sender import Deadline, Timing
from ansible_collections.avepoint.cloud.plugins.module_utils._service import Service, Snapshot
from ansible_collections.avepoint.cloud.plugins.module_utils._start import Attempt, Starter, start
from ansible_collections.avepoint.cloud.plugins.module_utils._text import mask
from ansible_collections.avepoint.cloud.plugins.module_utils._wait import (
    LEAST_INTERVAL,
    Progress,
    Rules,
    Waited,
    wait_for,
)

# The options for waiting for what the module itself has started.
START: dict[str, dict] = {
    **{name: WAIT[name] for name in ("wait", "wait_timeout", "wait_sleep")},
    "allowed_states": {
        "type": "list",
        "elements": "str",
        "choices": [state for state in STATES if state in FINISHED],
        "default": ["succeeded"],
    },
    "progress_file": WAIT["progress_file"],
}


def start_spec(starter: type[Starter]) -> dict[str, dict]:
    """The argument spec of a module that starts something."""
    return {**CONNECTION, **starter.options, **START}


def check_start_options(params: dict, starter: type[Starter], now: float) -> dict:
    """Checks all options of a module that starts something; returns them normalised, defaults included.

    :raises InvalidInput: naming the option and what is allowed.
    """
    params = with_defaults(check_connection(params, starter), start_spec(starter))
    if not params["allowed_states"]:
        raise InvalidInput("allowed_states is empty, so no end would do: name at least one state")
    return starter.check_options(params, now)


def run_start(
    starter_class: type[Starter],
    params: dict,
    check_mode: bool,
    report: t.Callable[[Progress], None] = lambda progress: None,
    timing: Timing = Timing(),  # noqa: B008 - a tuple that nobody can change
    tokens: TokenStore | None = None,
) -> dict:
    """The module's result: every key of its RETURN, and ``failed``, ``msg`` and ``error`` when it fails.

    ``report`` takes the progress at each step and poll; ``tokens`` is where equal logins share a token. No :class:`AvePointError` is
    raised. If something may have been started, an exception that ends the task, such as its timeout, becomes a failed result, too.
    KeyboardInterrupt, SystemExit and GeneratorExit are raised.
    """
    return _Run(starter_class, params, report, timing, tokens).result(check_mode)


def unheard(starter_class: type[Starter], params: dict, how: str) -> dict:
    """The result of a module that runs elsewhere, may have started something, and cannot be reached any more, because of ``how``."""
    return _Run(starter_class, params, lambda progress: None, Timing()).unheard(how)


def words(stop: BaseException) -> str:
    """The text of an exception without a full stop; its class if it has no text."""
    return str(stop).rstrip(". ") or type(stop).__name__


class _Run:
    def __init__(
        self,
        starter_class: type[Starter],
        params: dict,
        report: t.Callable[[Progress], None],
        timing: Timing,
        tokens: TokenStore | None = None,
    ):
        self._tokens = tokens
        self._class = starter_class
        self._params = params
        self._attempt = Attempt()
        self._report = report
        self._timing = timing
        self._began = timing.clock()
        self._secrets = Secrets(secrets_in(params))
        self._client: Client | None = None
        self._starter: Starter | None = None
        #: The id of what was started, or existed already.
        self._id: str | None = None
        self._changed = False
        self._warnings: list[str] = []
        self._outcome = Waited(None, 0, False, None)

    def result(self, check_mode: bool) -> dict:
        try:
            self._act(check_mode)
        except AvePointError as error:
            self._fail(error)
        except (KeyboardInterrupt, SystemExit, GeneratorExit):
            raise
        except BaseException as stop:
            # Ansible raises the task's timeout inside of any code, and its message does not say what was started.
            cut = self._attempt.cut_short(f"the task was ended ({words(stop)})")
            if cut is None:
                raise
            self._fail(cut)
        return self._full_result()

    def unheard(self, how: str) -> dict:
        self._attempt.starter = self._new(t.cast("Client", None))
        self._attempt.open = True
        self._fail(t.cast("AvePointError", self._attempt.cut_short(how)))
        return self._full_result()

    def _new(self, client: Client) -> Starter:
        return self._class(self._params, client, self._timing.now, self._jobs_of)

    def _fail(self, error: AvePointError) -> None:
        self._id = self._attempt.started or self._id
        # If something may have been started, the result has to say "changed".
        self._changed = self._attempt.open or self._attempt.started is not None
        self._outcome = self._outcome._replace(error=error)

    def _act(self, check_mode: bool) -> None:
        clock = self._timing.clock
        params = self._params = check_start_options(self._params, self._class, self._timing.now())
        self._secrets.add(*secrets_in(params))
        client = self._client = connect(
            {**params, "max_concurrency": CONCURRENCY}, self._class, self._secrets, self._timing, self._tokens
        )
        bounded = bool(params["wait"] and params["wait_timeout"])
        deadline = client.sender.deadline = Deadline(params["wait_timeout"] if bounded else LONGEST_CALL, clock)
        starter = self._starter = self._new(client)
        try:
            existing = self._id = starter.prepare()
            if existing is None and check_mode:
                self._changed = True
                return
            if existing is None:
                interval = max(params["wait_sleep"], LEAST_INTERVAL)
                start(starter, self._attempt, interval, deadline, client.sender.sleep, self._say, bounded)
                self._id, self._changed = self._attempt.started, True
        except AvePointError as error:
            if not bounded or deadline.remaining() > 0:
                raise
            self._outcome = self._outcome._replace(timed_out=True)
            if self._attempt.open:
                raise
            message = f"after {params['wait_timeout']} seconds nothing had been started: {error}"
            raise WaitTimeout(message, error.http_status, error.request_id) from None
        if params["wait"] and not check_mode:
            self._wait(starter, str(self._id), deadline)
        elif existing is None:
            self._look_once(starter, str(self._id))

    def _jobs_of(self, **chosen: t.Any) -> Service:
        service = self._class.jobs
        params = {**defaults(argument_spec(service)), "max_concurrency": CONCURRENCY, **chosen}
        now = self._timing.now
        return service(service.check_options(params, now()), t.cast("Client", self._client), now)

    def _say(self, text: str) -> None:
        elapsed = self._timing.clock() - self._began
        self._report(Progress(0, 0, 0, 0, 0, 0, 0, elapsed, None, says=mask(text, self._secrets)))

    def _look_once(self, starter: Starter, started: str) -> None:
        """Reads the state of what was started. An error is only a warning: the start itself has succeeded."""
        try:
            self._outcome = Waited(starter.poll(started), 1, False, None)
        except AvePointError as error:
            self._warnings.append(f"It was started ({started}), but could not be looked at: {error}.")

    def _wait(self, starter: Starter, started: str, deadline: Deadline) -> None:
        params, sender = self._params, t.cast("Client", self._client).sender
        timeout = params["wait_timeout"]
        rules = Rules(timeout, params["wait_sleep"], timeout, 1, False)

        def poll(faults: list[AvePointError]) -> Snapshot:
            snapshot = starter.poll(started, faults)
            self._outcome = self._outcome._replace(snapshot=snapshot, polls=self._outcome.polls + 1)
            return snapshot

        outcome = wait_for(poll, rules, deadline, self._report, self._timing.clock, sender.sleep)
        if isinstance(outcome.error, JobMissing):
            outcome = outcome._replace(
                error=JobMissing(
                    f"it was started ({started}), but {self._class.api.name} has not shown it within {timeout:g} seconds; {starter.look} "
                    "before you start it again"
                )
            )
        elif isinstance(outcome.error, WaitTimeout) and self._changed:
            outcome = outcome._replace(
                error=WaitTimeout(
                    f"{outcome.error}; it was started and goes on, so wait for it, and do not start it again",
                    outcome.error.http_status,
                    outcome.error.request_id,
                )
            )
        self._outcome = outcome
        if outcome.error is None and outcome.snapshot is not None:
            self._judge(starter, started, outcome.snapshot.jobs)

    def _judge(self, starter: Starter, started: str, jobs: list[dict]) -> None:
        allowed = self._params["allowed_states"]
        for job in jobs:
            if job["state"] not in allowed:
                besides = starter.bad_end(started, job)
                raise JobFailed(
                    f"{_name(job, started)} ended as {described(job)}, and allowed is {' or '.join(allowed)}{'; ' if besides else ''}{besides}"
                )

    def _full_result(self) -> dict:
        outcome = self._outcome
        # Before the connection there is no starter: a new one returns the values for nothing started.
        starter = self._starter or self._new(t.cast("Client", None))
        result = {
            "changed": self._changed,
            "product": self._class.name,
            **starter.returns(self._id, outcome.snapshot),
            "timed_out": outcome.timed_out,
            "polls": outcome.polls,
            **call_facts(self._client, self._began, self._timing),
        }
        client_warnings = self._client.warnings() if self._client else ()
        if warnings := [*starter.all_warnings(), *self._warnings, *client_warnings]:
            result["warnings"] = mask(warnings, self._secrets)
        if outcome.error is not None:
            result.update(failure(outcome.error, self._secrets))
        return result


def _name(job: dict, started: str) -> str:
    """The name of what was started in a message."""
    return f"job {started}" if job["job_id"] == started else str(job["job_id"])
