# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starting something once, and saying truly whether it was started.

The request that starts it is sent once. Only what proves that nothing began allows another: a 401, after which there is a fresh
token, a 429, or that no connection was made. After anything else the module looks for what was not there before.
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

# Seconds before each look for what was started: a server may be slow to show it, or busy.
PAUSES = (0.0, 1.0, 2.0, 4.0, 8.0)


class Found(t.NamedTuple):
    """Something that was not there before the start: its id, how messages name it, and whether it surely is of the right kind."""

    id: str
    label: str
    sure: bool = True


class Attempt:
    """How far a start has come."""

    def __init__(self) -> None:
        self.starter: Starter | None = None
        #: Whether the request that starts it may have reached the server, and nothing is known yet.
        self.open = False
        #: The id of what was started, as soon as it is known.
        self.started: str | None = None

    def cut_short(self, how: str) -> StartUnknown | WaitTimeout | None:
        """What has to be said where it is ended from outside; None where nothing was started."""
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
    """Something that a module starts: the facts about one call, what has to be checked before, and how to find what it started.

    ``params`` are the module's options; ``now`` is seconds since the epoch; ``jobs_of(**chosen)`` is the service of the jobs that
    are started, with these options and the defaults of the others.
    """

    #: The product, as the modules that list its jobs return it.
    name: t.ClassVar[str]
    options: t.ClassVar[dict[str, dict]]
    #: What messages call that which is started, as in "a restore".
    what: t.ClassVar[str]
    #: The module that shows what was started.
    shown_by: t.ClassVar[str]
    #: Whose jobs it is followed by.
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
        """What a person has to look for, and where, as in "the baseline x in Baseline Management"."""

    @property
    def look(self) -> str:
        """The demand to look there."""
        return f"look for {self.where}, or with {self.shown_by}"

    @classmethod
    def check_options(cls, params: dict, now: float) -> dict:
        """``params`` as they are meant; refuses options that cannot work, before any request.

        :raises InvalidInput: naming the option and what is allowed.
        """
        return params

    @abc.abstractmethod
    def prepare(self) -> str | None:
        """Checks what has to be so, and reads what is there already; the id of what need not be started, since it is there.

        :raises InvalidInput: saying why it must not be started.
        :raises AvePointError: when it cannot be read.
        """

    @abc.abstractmethod
    def send(self) -> str:
        """Sends the request that starts it; the id of what was started.

        :raises AvePointError: of which :func:`may_have_begun` says whether something may have begun.
        """

    @abc.abstractmethod
    def new(self) -> list[Found]:
        """What there is now that :meth:`prepare` has not seen.

        :raises AvePointError: when it cannot be read.
        """

    @abc.abstractmethod
    def poll(self, started: str, faults: list[AvePointError] | None = None) -> Snapshot:
        """What was started as it is now, in the form of jobs.

        :raises AvePointError: when it cannot be read.
        """

    @abc.abstractmethod
    def returns(self, started: str | None, snapshot: Snapshot | None) -> dict:
        """The return values that tell of what was started, as last seen."""

    def all_warnings(self) -> list[str]:
        """What a person has to know besides, a sentence each."""
        return self.warnings

    def bad_end(self, started: str, job: dict) -> str:
        """What a failure says besides of how it ended; empty for nothing."""
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
    """Starts it once, and puts its id into ``attempt``.

    ``say`` is told before the request and after its answer, so that whoever watches knows what to do if no more comes. Where it is
    ``patient``, a 429 is waited for until the deadline, ``interval`` seconds each time.

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
                attempt.started = _look(starter, error, deadline, sleep)
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


def _look(starter: Starter, error: AvePointError, deadline: Deadline, sleep: t.Callable[[float], t.Any]) -> str:
    """The id of the one thing that was not there before the request that ended with ``error``."""
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
    """What is started is a job of a product.

    A subclass says by ``place`` where its jobs are, and by ``chosen`` which of them to look among.
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
        """Which jobs to look among, as options of that module."""
        return {**self.place, "types": [self.job_type]}

    @property
    def known(self) -> dict:
        """What the job surely has, where the API does not say it."""
        return {}

    def _read_before(self) -> None:
        """Reads the jobs that are there: the last thing before the request, so that others have little time in between."""
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
    """Ids without surrounding blanks, none of them twice.

    :raises InvalidInput: naming the option and what is allowed.
    """
    ids = [text.strip() for text in texts]
    if not ids:
        raise InvalidInput(f"{option} is empty: name at least one")
    for place, one in enumerate(ids):
        if not is_id(one):
            raise InvalidInput(f'{option}[{place}] is not an id: letters, digits, ".", "_", "~" and "-" are allowed')
    known: set[str] = set()
    for one in ids:
        if same_id(one) in known:
            raise InvalidInput(f"{option} has {one} twice: give each once")
        known.add(same_id(one))
    return ids
