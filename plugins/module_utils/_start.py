# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starts something at most once, and says reliably whether it was started.

The request is sent once. It is sent again only if it is proven that nothing began: after a 401 (with a fresh token), a 429, or if
no connection was made. After any other failure, the module searches for something that did not exist before.
"""

from __future__ import annotations

import abc
import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._client import Client
from ansible_collections.avepoint.cloud.plugins.module_utils._errors import (
    AvePointError,
    InvalidInput,
    RateLimited,
    StartUnknown,
    WaitTimeout,
)
from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import same_id
from ansible_collections.avepoint.cloud.plugins.module_utils._product import Endpoint
from ansible_collections.avepoint.cloud.plugins.module_utils._sender import Deadline, may_have_begun
from ansible_collections.avepoint.cloud.plugins.module_utils._service import Service, Snapshot, is_id

# The pauses in seconds before each search for what was started: the server may be slow to show it, or busy.
PAUSES = (0.0, 1.0, 2.0, 4.0, 8.0)


class Found(t.NamedTuple):
    """Something that did not exist before the start: its id, its name in messages, whether it is certainly of the right kind."""

    id: str
    label: str
    sure: bool = True


class Attempt:
    """The state of a start."""

    def __init__(self) -> None:
        self.starter: Starter | None = None
        #: Whether the request may have reached the server, but its outcome is still unknown.
        self.open = False
        #: The id of what was started, as soon as it is known.
        self.started: str | None = None

    def cut_short(self, how: str) -> StartUnknown | WaitTimeout | None:
        """The error if the start is interrupted because of ``how``; None if nothing was started."""
        if self.starter is None:
            return None
        if self.started is not None:
            return WaitTimeout(
                f"{how} after {self.starter.what} was started ({self.started}), which goes on: {self.starter.look}"
            )
        if self.open:
            return _unknown(self.starter, how, "what there is now could not be read any more")
        return None


class Starter(Endpoint, abc.ABC):
    """Something that a module starts: facts about the call, the checks before it, and the search for what it started.

    ``params`` are the module's options; ``now()`` gives seconds since the epoch; ``jobs_of(**chosen)`` gives the service for the
    started jobs, with these options and defaults for all others.
    """

    #: The product, as the modules that list its jobs return it.
    name: t.ClassVar[str]
    options: t.ClassVar[dict[str, dict]]
    #: What is started, for messages, such as "a restore".
    what: t.ClassVar[str]
    #: The module that shows what was started.
    shown_by: t.ClassVar[str]
    #: The product of the jobs in which its progress is seen.
    jobs: t.ClassVar[type[Service]]

    def __init__(self, params: dict, client: Client, now: t.Callable[[], float], jobs_of: t.Callable[..., Service]):
        self._params = params
        self._client = client
        self._now = now
        self._jobs_of = jobs_of
        self.warnings: list[str] = []

    @property
    @abc.abstractmethod
    def where(self) -> str:
        """What the user has to look for, and where, such as "the baseline x in Baseline Management"."""

    @property
    def look(self) -> str:
        """The advice, for messages, to look there."""
        return f"look for {self.where}, or with {self.shown_by}"

    @classmethod
    def check_options(cls, params: dict, now: float) -> dict:
        """Checks options before any request, and returns them, possibly adjusted. ``now`` is seconds since the epoch.

        :raises InvalidInput: naming the option and what is allowed.
        """
        return params

    @abc.abstractmethod
    def prepare(self) -> str | None:
        """Checks the preconditions, and reads what exists already. Returns the id if what would be started exists, else None.

        :raises InvalidInput: saying why it must not be started.
        :raises AvePointError: when it cannot be read.
        """

    @abc.abstractmethod
    def send(self) -> str:
        """Sends the request that starts it, and returns the id of what was started.

        :raises AvePointError: when it fails; :func:`may_have_begun` says whether something may have begun.
        """

    @abc.abstractmethod
    def new(self) -> list[Found]:
        """What exists now, but did not when :meth:`prepare` read.

        :raises AvePointError: when it cannot be read.
        """

    @abc.abstractmethod
    def poll(self, started: str, faults: list[AvePointError] | None = None) -> Snapshot:
        """The current state of what was started, in the form of jobs; ``started`` is its id, ``faults`` as in :meth:`Service.poll`.

        :raises AvePointError: when it cannot be read.
        """

    @abc.abstractmethod
    def returns(self, started: str | None, snapshot: Snapshot | None) -> dict:
        """The return values about what was started, as last seen; ``started`` is its id."""

    def all_warnings(self) -> list[str]:
        """Warnings for the user, one sentence each."""
        return self.warnings

    def bad_end(self, started: str, job: dict) -> str:
        """What the message adds if ``job`` ended in a state that is not allowed; empty for nothing."""
        return ""


def start(
    starter: Starter,
    attempt: Attempt,
    interval: float,
    deadline: Deadline,
    sleep: t.Callable[[float], t.Any],
    say: t.Callable[[str], None],
    patient: bool,
) -> None:
    """Starts something once, and stores its id in ``attempt``.

    ``say`` takes messages for the user before the request and after its answer, which say what to do if the run ends in between.
    If ``patient``, a request refused with 429 is sent again every ``interval`` seconds until the deadline.

    :raises StartUnknown: when it may have been started, and is not found.
    :raises AvePointError: when nothing was started.
    """
    attempt.starter = starter
    say(
        f"starts {starter.what}; should this run end before the answer, look for {starter.where} before you start it again"
    )
    while True:
        attempt.open = True
        try:
            attempt.started = starter.send()
        except AvePointError as error:
            if may_have_begun(error):
                attempt.started = _find_started(starter, error, deadline, sleep)
            else:
                attempt.open = False
                if not (patient and isinstance(error, RateLimited)):
                    raise
                say(f"not started yet, trying again: {error}")
                sleep(max(0.0, min(interval, deadline.remaining())))
                if deadline.remaining() <= 0:
                    raise
                continue
        attempt.open = False
        say(f"started {attempt.started}")
        return


def _find_started(starter: Starter, error: AvePointError, deadline: Deadline, sleep: t.Callable[[float], t.Any]) -> str:
    """Searches for what was started by a request that ended with ``error``; returns its id.

    :raises StartUnknown: unless there is exactly one new thing of the right kind.
    """
    fault: AvePointError | None = None
    found: list[Found] = []
    for pause in PAUSES:
        if pause:
            if pause >= deadline.remaining():
                break
            sleep(pause)
        try:
            found, fault = starter.new(), None
        except AvePointError as failed:
            fault = failed
            if not failed.transient:
                break
        if found:
            break
    if len(found) == 1 and found[0].sure:
        starter.warnings.append(
            f"The answer to the request that starts {starter.what} was lost ({error}). Now {found[0].label} is there, which was not there "
            "before and is the only one, so it is taken for what was started."
        )
        return found[0].id
    if fault is not None:
        seen = f"what there is now could not be read ({fault})"
    elif found:
        seen = f"new since then, and perhaps started by others: {', '.join(one.label for one in found)}"
    else:
        seen = "nothing new is there yet"
    raise _unknown(starter, f"the request was sent, and {error}", seen, error) from None


def _unknown(starter: Starter, how: str, seen: str, error: AvePointError | None = None) -> StartUnknown:
    return StartUnknown(
        f"whether {starter.what} was started is not known, because {how}; {seen}. Before you start it again, {starter.look}",
        error.http_status if error else None,
        error.request_id if error else None,
    )


class JobStarter(Starter):
    """Starts a job of a product.

    A subclass says in ``place`` whose jobs to read, and in ``chosen`` among which of them to search for a new one.
    """

    #: The type of the jobs.
    job_type: t.ClassVar[str]

    def __init__(self, params: dict, client: Client, now: t.Callable[[], float], jobs_of: t.Callable[..., Service]):
        super().__init__(params, client, now, jobs_of)
        self._before: set[t.Hashable] = set()
        self._followed: Service | None = None

    @property
    @abc.abstractmethod
    def place(self) -> dict:
        """Whose jobs they are, as options of the module that lists them."""

    @property
    def chosen(self) -> dict:
        """Among which jobs to search for a new one, as options of that module."""
        return {**self.place, "types": [self.job_type]}

    @property
    def known(self) -> dict:
        """The certain values of the job, used if the API does not send them."""
        return {}

    def _read_before(self) -> None:
        """Reads which jobs exist, immediately before the request, so that others have little time to start one in between."""
        self._before = {same_id(job["job_id"]) for job in self._candidates()}

    def _candidates(self) -> list[dict]:
        return self._jobs_of(**self.chosen).poll().jobs

    def new(self) -> list[Found]:
        return [
            Found(job["job_id"], f"job {job['job_id']} ({job['type']}, {job['state']})", job["type"] == self.job_type)
            for job in self._candidates()
            if same_id(job["job_id"]) not in self._before
        ]

    def poll(self, started: str, faults: list[AvePointError] | None = None) -> Snapshot:
        if self._followed is None:
            self._followed = self._jobs_of(**self.place, job_ids=[started], wait=True)
        snapshot = self._followed.poll(faults)
        for job in snapshot.jobs:
            job.update({name: value for name, value in self.known.items() if job.get(name) is None})
        return snapshot

    def all_warnings(self) -> list[str]:
        return [*self.warnings, *(self._followed.warnings() if self._followed else ())]

    def returns(self, started: str | None, snapshot: Snapshot | None) -> dict:
        missing = [started] if started else []
        snapshot = snapshot or Snapshot([], missing, 0, False)
        return {
            "job_id": started,
            "job": snapshot.jobs[0] if snapshot.jobs else None,
            "jobs": snapshot.jobs,
            "summary": self.jobs.summary(snapshot),
            "missing_job_ids": snapshot.missing,
            "total_count": snapshot.total_count,
            "truncated": snapshot.truncated,
        }


def plain_ids(option: str, texts: t.Sequence[str]) -> list[str]:
    """The ids in ``texts``, the value of ``option``, without surrounding blanks.

    :raises InvalidInput: when there are none, or one is invalid or repeated; it names the option.
    """
    ids = [text.strip() for text in texts]
    if not ids:
        raise InvalidInput(f"{option} is empty: name at least one")
    for place, item_id in enumerate(ids):
        if not is_id(item_id):
            raise InvalidInput(f'{option}[{place}] is not an id: letters, digits, ".", "_", "~" and "-" are allowed')
    known: set[str] = set()
    for item_id in ids:
        if same_id(item_id) in known:
            raise InvalidInput(f"{option} has {item_id} twice: give each once")
        known.add(same_id(item_id))
    return ids
