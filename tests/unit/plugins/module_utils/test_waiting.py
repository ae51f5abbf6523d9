# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The waiter alone: looks are scripted, and time passes by its pauses."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.avepoint.cloud.plugins.module_utils._errors import (
    AuthenticationFailed,
    ConnectionFailed,
    InvalidResponse,
    NotFound,
    PermissionDenied,
    RateLimited,
    RequestTimeout,
    ServerError,
)
from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import FINISHED
from ansible_collections.avepoint.cloud.plugins.module_utils._sender import Deadline
from ansible_collections.avepoint.cloud.plugins.module_utils._service import Snapshot
from ansible_collections.avepoint.cloud.plugins.module_utils._wait import LAST_POLL, Progress, Rules, wait_for
from ansible_collections.avepoint.cloud.tests.unit.plugins.module_utils.support import Time


def snapshot(*states: str, missing: tuple[str, ...] = ()) -> Snapshot:
    """Jobs job-0, job-1, ... in these states."""
    jobs = [
        {"job_id": f"job-{number}", "type": "deploy", "state": state, "finished": state in FINISHED}
        for number, state in enumerate(states)
    ]
    return Snapshot(jobs, list(missing), len(jobs), False)


class Partial(t.NamedTuple):
    """A snapshot that could not read all there is, and why."""

    snapshot: Snapshot
    faults: list


class Wait:
    """One wait over scripted snapshots; the last one goes on for ever."""

    def __init__(self, *snapshots, takes=0.0, **rules):
        self._snapshots = list(snapshots)
        self._takes = takes
        self.time = Time(frozen=True)
        self.polled_at = []
        self.progress = []
        settings = {"timeout": 100, "interval": 10, "appear_timeout": 100, "min_jobs": 1, "fail_fast": False, **rules}
        self.began = self.time.clock()
        deadline = Deadline(settings["timeout"] or None, self.time.clock)
        self.result = wait_for(
            self._poll, Rules(**settings), deadline, self.progress.append, self.time.clock, self.time.sleep
        )
        self.took = self.time.clock() - self.began

    def _poll(self, faults):
        self.polled_at.append(self.time.clock() - self.began)
        self.time.advance(self._takes)
        found = self._snapshots.pop(0) if len(self._snapshots) > 1 else self._snapshots[0]
        if callable(found):
            found = found(self.time)
        if isinstance(found, Exception):
            raise found
        if isinstance(found, Partial):
            faults += found.faults
            return found.snapshot
        return found


def said(wait: Wait) -> str:
    return str(wait.result.error).rstrip(".")


BUSY = ServerError("it is busy (HTTP 503)", 503, "request-1")


# When it is over


@pytest.mark.parametrize(
    "states",
    [["succeeded"], ["failed"], ["skipped"], ["stopped"], ["finished_with_exception"], ["succeeded", "failed"]],
)
def test_it_returns_at_the_first_look_when_all_have_finished_whatever_the_outcome(states):
    wait = Wait(snapshot(*states))
    assert wait.result == (snapshot(*states), 1, False, None)
    assert wait.time.pauses == []


def test_it_looks_again_after_each_interval_until_all_have_finished():
    wait = Wait(snapshot("waiting", "running"), snapshot("running", "succeeded"), snapshot("succeeded", "succeeded"))
    assert wait.result == (snapshot("succeeded", "succeeded"), 3, False, None)
    assert wait.polled_at == [0, 10, 20]


@pytest.mark.parametrize("state", ["waiting", "running", "unknown"])
def test_an_open_or_unknown_state_is_never_finished(state):
    wait = Wait(snapshot("succeeded", state))
    assert wait.result.timed_out
    assert wait.result.error.code == "wait_timeout"


def test_no_jobs_at_all_is_never_all_finished():
    wait = Wait(snapshot())
    assert wait.result.timed_out
    assert said(wait) == "after 100 seconds there were 0 jobs, fewer than the 1 of min_jobs"


def test_jobs_that_come_late_are_waited_for():
    wait = Wait(snapshot(), snapshot(), snapshot("running"), snapshot("succeeded"))
    assert wait.result == (snapshot("succeeded"), 4, False, None)


def test_fewer_than_min_jobs_is_not_there_yet():
    wait = Wait(
        snapshot("succeeded"),
        snapshot("succeeded", "succeeded"),
        snapshot("succeeded", "succeeded", "succeeded"),
        min_jobs=3,
    )
    assert wait.result.polls == 3
    assert wait.result.error is None


@pytest.mark.parametrize(
    ("states", "text"),
    [
        (["succeeded", "succeeded"], "there were 2 jobs, fewer than the 3 of min_jobs"),
        (["succeeded"], "there was 1 job, fewer than the 3 of min_jobs"),
        (["running"], "1 of 1 jobs had not finished: job-0 (deploy, running)"),
    ],
)
def test_min_jobs_that_never_come_are_in_the_message_if_nothing_else_is_open(states, text):
    wait = Wait(snapshot(*states), min_jobs=3)
    assert said(wait) == f"after 100 seconds {text}"
    assert wait.result.snapshot == snapshot(*states)


def test_min_jobs_of_none_is_content_with_none():
    assert Wait(snapshot(), min_jobs=0).result == (snapshot(), 1, False, None)


# Failing fast


def test_fail_fast_returns_as_soon_as_one_has_failed():
    wait = Wait(snapshot("running", "running"), snapshot("failed", "running"), fail_fast=True)
    assert wait.result == (snapshot("failed", "running"), 2, False, None)


def test_fail_fast_does_not_wait_for_what_is_missing():
    seen = snapshot("failed", missing=("job-9",))
    assert Wait(seen, fail_fast=True).result == (seen, 1, False, None)


def test_fail_fast_looks_again_where_nothing_was_seen_yet():
    wait = Wait(BUSY, snapshot("failed", "running"), fail_fast=True)
    assert wait.result == (snapshot("failed", "running"), 2, False, None)


def test_without_fail_fast_a_failed_job_ends_nothing():
    wait = Wait(snapshot("failed", "running"), snapshot("failed", "succeeded"))
    assert wait.result.polls == 2


@pytest.mark.parametrize("state", ["finished_with_exception", "skipped", "unknown"])
def test_fail_fast_is_about_failed_jobs_alone(state):
    assert Wait(snapshot(state, "running"), snapshot("succeeded"), fail_fast=True).result.polls == 2


# Ids that are missing


def test_an_id_that_is_missing_is_never_all_finished():
    wait = Wait(snapshot("succeeded", missing=("job-9",)), snapshot("succeeded", "succeeded"))
    assert wait.result == (snapshot("succeeded", "succeeded"), 2, False, None)


def test_ids_that_never_come_fail_when_appear_timeout_is_over():
    seen = snapshot("succeeded", missing=("job-8", "job-9"))
    wait = Wait(seen, appear_timeout=25)
    assert wait.result.snapshot == seen
    assert not wait.result.timed_out
    assert wait.result.error.code == "job_missing"
    assert said(wait) == (
        "not found within 25 seconds: job-8, job-9; check the job ids and where they are looked for, or raise appear_timeout"
    )
    assert wait.polled_at == [0, 10, 20, 25], "it looks once more at the last moment, and not after it"


def test_appear_timeout_of_nothing_allows_no_missing_id():
    wait = Wait(snapshot(missing=("job-9",)), appear_timeout=0)
    assert wait.result.polls == 1
    assert wait.result.error.code == "job_missing"


def test_the_time_to_appear_begins_when_an_id_goes_missing():
    gone = snapshot(missing=("job-0",))
    wait = Wait(
        snapshot("running"),
        snapshot("running"),
        snapshot("running"),
        gone,
        gone,
        snapshot("succeeded"),
        appear_timeout=25,
    )
    assert wait.result == (snapshot("succeeded"), 6, False, None)


def test_an_id_that_came_back_gets_the_whole_time_again():
    gone = snapshot(missing=("job-0",))
    wait = Wait(gone, gone, snapshot("running"), gone, gone, snapshot("succeeded"), appear_timeout=25)
    assert wait.result.error is None


def test_a_fault_does_not_count_as_missing():
    wait = Wait(snapshot(missing=("job-0",)), BUSY, BUSY, BUSY, snapshot("succeeded"), appear_timeout=25)
    assert wait.result == (snapshot("succeeded"), 5, False, None)


@pytest.mark.parametrize("appear_timeout", [100, 500])
def test_a_timeout_with_missing_ids_and_no_time_of_their_own_is_job_missing(appear_timeout):
    wait = Wait(snapshot("running", missing=("job-9",)), appear_timeout=appear_timeout)
    assert wait.result.timed_out
    assert wait.result.error.code == "job_missing"
    assert "not found within 100 seconds: job-9" in str(wait.result.error)


# Running out of time


def test_on_timeout_what_was_last_seen_is_kept_and_the_message_names_what_is_open():
    seen = snapshot("succeeded", "running", "waiting", "unknown")
    wait = Wait(snapshot("running", "running", "waiting", "unknown"), seen)
    assert wait.result.snapshot == seen
    assert wait.result.timed_out
    assert said(wait) == (
        "after 100 seconds 3 of 4 jobs had not finished: "
        "job-1 (deploy, running), job-2 (deploy, waiting), job-3 (deploy, unknown)"
    )


def test_what_is_unknown_is_named_with_what_the_api_sent():
    jobs = [
        {"type": "unknown", "type_id": 64, "type_text": "64", "status": "unknown", "status_id": 9, "status_text": "9"},
        {
            "type": "unknown",
            "type_id": None,
            "type_text": "Full",
            "status": "unknown",
            "status_id": None,
            "status_text": "Paused",
        },
        {"type": "deploy", "type_id": 5, "status": "finished", "status_id": 3},
        {"type": "deploy", "type_id": 5, "status": "unknown", "status_id": None, "status_text": ""},
    ]
    seen = Snapshot(
        [{"job_id": str(n), "state": "unknown", "finished": False, **job} for n, job in enumerate(jobs)], [], 4, False
    )
    assert said(Wait(seen)).endswith(
        "0 (unknown: type 64, unknown: status 9), 1 (unknown: type Full, unknown: status Paused), "
        "2 (deploy, unknown: status finished), 3 (deploy, unknown)"
    )


def test_the_message_of_a_timeout_counts_what_it_does_not_name():
    message = str(Wait(snapshot(*["running"] * 125)).result.error)
    assert "125 of 125 jobs had not finished" in message
    assert "job-99 (deploy, running) and 25 more" in message
    assert "job-100" not in message


@pytest.mark.parametrize(
    ("count", "end"), [(100, "job-99 (deploy, running)"), (101, "job-99 (deploy, running) and 1 more")]
)
def test_one_job_more_than_a_message_names_is_counted(count, end):
    assert said(Wait(snapshot(*["running"] * count))).endswith(end)


def test_a_timeout_names_missing_ids_too_when_they_have_a_time_of_their_own():
    # The id goes missing so late that its own time is not over yet.
    wait = Wait(*[snapshot("running", "running")] * 9, snapshot("running", missing=("job-1",)), appear_timeout=50)
    assert wait.result.error.code == "wait_timeout"
    assert said(wait) == (
        "after 100 seconds 1 of 1 jobs had not finished: job-0 (deploy, running); 1 were not found: job-1"
    )
    wait = Wait(*[snapshot("running")] * 9, snapshot(missing=("job-0",)), appear_timeout=50)
    assert said(wait) == "after 100 seconds 1 were not found: job-0"


def test_the_last_pause_is_clipped_so_that_a_last_look_fits():
    wait = Wait(snapshot("running"), timeout=25)
    assert wait.polled_at == [0, 10, 20, 25 - LAST_POLL]
    assert wait.took == 25, "never longer than the timeout, and not shorter either"


def test_a_slow_api_gets_its_last_look_early_enough():
    wait = Wait(snapshot("running"), timeout=60, takes=4)
    assert wait.polled_at == [0, 14, 28, 42, 54]
    assert wait.took == 60
    assert all(at + 4 <= 60 for at in wait.polled_at)


def test_a_wait_that_is_done_at_the_last_look_is_not_late():
    wait = Wait(snapshot("running"), snapshot("running"), snapshot("succeeded"), timeout=15)
    assert wait.result == (snapshot("succeeded"), 3, False, None)
    assert wait.polled_at == [0, 10, 15 - LAST_POLL]


def test_a_timeout_of_zero_looks_once():
    wait = Wait(snapshot("running"), timeout=0, appear_timeout=0)
    assert wait.result.polls == 1
    assert wait.result.timed_out
    assert wait.took == 0
    assert said(wait) == "after 0 seconds 1 of 1 jobs had not finished: job-0 (deploy, running)"


def test_a_timeout_of_zero_is_enough_for_what_has_finished():
    assert Wait(snapshot("succeeded"), timeout=0, appear_timeout=0).result == (snapshot("succeeded"), 1, False, None)


def test_a_timeout_of_zero_with_a_fault_fails_with_the_fault():
    wait = Wait(BUSY, timeout=0, appear_timeout=0)
    assert wait.result.error is BUSY
    assert wait.result.snapshot is None
    assert wait.result.polls == 1


def test_a_timeout_of_zero_with_a_missing_id_is_job_missing():
    wait = Wait(snapshot("succeeded", missing=("job-9",)), timeout=0, appear_timeout=0)
    assert wait.result.error.code == "job_missing"
    assert wait.result.polls == 1


@pytest.mark.parametrize("interval", [0, 0.5, 1])
def test_looks_are_a_second_apart_at_least(interval):
    wait = Wait(snapshot("running"), timeout=5, interval=interval)
    assert wait.result.timed_out
    assert wait.polled_at == [0, 1, 2, 3, 4, 5 - LAST_POLL]
    assert wait.took == 5


def test_a_pause_is_clipped_to_what_is_left_all_the_same():
    assert Wait(snapshot("running"), timeout=1, interval=0).polled_at == [0, 1 - LAST_POLL]
    assert Wait(snapshot(missing=("job-9",)), interval=0, appear_timeout=1.5).polled_at == [0, 1, 1.5]


# Faults


@pytest.mark.parametrize("kind", [ServerError, RateLimited, ConnectionFailed, RequestTimeout])
def test_a_fault_is_met_by_looking_again(kind):
    wait = Wait(kind("for now"), kind("for now"), snapshot("succeeded"))
    assert wait.result == (snapshot("succeeded"), 3, False, None)
    assert wait.polled_at == [0, 10, 20]


def test_an_hour_of_503_ends_with_the_time_and_says_why():
    wait = Wait(snapshot("running"), BUSY, timeout=3600, appear_timeout=3600)
    assert wait.result.snapshot == snapshot("running")
    assert wait.result.timed_out
    assert wait.result.error.code == "wait_timeout"
    assert said(wait) == (
        "after 3600 seconds 1 of 1 jobs had not finished: job-0 (deploy, running); "
        "the API could not be asked any more (it is busy (HTTP 503))"
    )
    assert wait.result.error.facts() == {"code": "wait_timeout", "http_status": 503, "request_id": "request-1"}
    assert wait.took == 3600
    assert wait.result.polls == 361


def test_an_hour_of_503_that_passes_is_no_failure():
    wait = Wait(snapshot("running"), *[BUSY] * 355, snapshot("succeeded"), timeout=3600)
    assert wait.result == (snapshot("succeeded"), 357, False, None)


def test_faults_from_the_beginning_to_the_end():
    wait = Wait(BUSY)
    assert wait.result.snapshot is None
    assert said(wait) == (
        "after 100 seconds no job could be seen; the API could not be asked any more (it is busy (HTTP 503))"
    )


def test_a_fault_at_the_end_of_a_wait_with_everything_finished_but_missing_ids_is_no_success():
    wait = Wait(snapshot("succeeded", missing=("job-9",)), BUSY)
    assert wait.result.timed_out
    assert "1 were not found: job-9" in str(wait.result.error)
    assert "it is busy" in str(wait.result.error)


@pytest.mark.parametrize("kind", [AuthenticationFailed, PermissionDenied, NotFound, InvalidResponse])
def test_a_refusal_or_a_broken_contract_ends_it_early_and_keeps_what_was_seen(kind):
    refusal = kind("no.", 403)
    wait = Wait(snapshot("running"), refusal, snapshot("succeeded"))
    assert wait.result == (snapshot("running"), 2, False, refusal)


def test_a_refusal_at_the_first_look_ends_it():
    refusal = PermissionDenied("no.", 403)
    assert Wait(refusal).result == (None, 1, False, refusal)


@pytest.mark.parametrize("took", [2, 12])
def test_a_request_that_had_no_time_left_is_a_timeout_and_not_a_refusal(took):
    def no_time(moment):
        moment.advance(took)  # the first of several requests took all that was left
        return RequestTimeout("there was no time left for a request", transient=False)

    wait = Wait(snapshot("running"), no_time, timeout=12)
    assert wait.result.timed_out
    assert wait.result.error.code == "wait_timeout"
    assert wait.result.snapshot == snapshot("running")


def test_a_refusal_shortly_before_the_end_is_still_a_refusal():
    refusal = PermissionDenied("no.", 403)
    assert Wait(refusal, takes=9.5, timeout=10).result == (None, 1, False, refusal)


def test_a_first_look_that_failed_says_nothing_of_how_long_one_takes():
    wait = Wait(BUSY, snapshot("succeeded"), timeout=1.25, interval=1)
    assert wait.result == (snapshot("succeeded"), 2, False, None)
    assert wait.polled_at == [0, 1]


def test_only_what_was_read_whole_shows_that_an_id_is_missing():
    missing = snapshot("running", missing=("job-9",))
    wait = Wait(Partial(missing, [BUSY]), missing, appear_timeout=15)
    assert wait.result.error.code == "job_missing"
    assert wait.polled_at == [0, 10, 20, 25]


# Progress


def test_each_look_is_reported():
    wait = Wait(
        snapshot("waiting", "running", missing=("job-2",)),
        BUSY,
        snapshot("failed", "succeeded", "unknown"),
        snapshot("failed", "succeeded", *["skipped"] * 2, *["stopped"] * 3, "finished_with_exception"),
    )
    assert wait.progress == [
        Progress(3, 0, 0, 1, 1, 0, 1, 0, None),
        Progress(3, 0, 0, 1, 1, 0, 1, 10, "it is busy (HTTP 503)"),
        Progress(3, 2, 1, 0, 0, 1, 0, 20, None),
        Progress(8, 8, 1, 0, 0, 0, 0, 30, None, with_exception=1, skipped=2, stopped=3),
    ]


def test_a_fault_before_anything_was_seen_is_reported_as_nothing_chosen():
    wait = Wait(BUSY, snapshot("succeeded"))
    assert wait.progress[0] == Progress(0, 0, 0, 0, 0, 0, 0, 0, "it is busy (HTTP 503)")


# Of several lists some cannot be read


def test_a_part_is_never_all_finished():
    wait = Wait(
        Partial(snapshot("succeeded"), [BUSY]),
        Partial(snapshot("succeeded"), [BUSY]),
        snapshot("succeeded", "succeeded"),
    )
    assert wait.result.polls == 3
    assert wait.result.error is None
    assert len(wait.result.snapshot.jobs) == 2
    wait = Wait(Partial(snapshot("succeeded"), [BUSY]))
    assert said(wait) == "after 100 seconds the API could not be asked any more (it is busy (HTTP 503))"


def test_a_part_that_the_deadline_cut_off_is_not_all_finished_either():
    def no_time(moment):
        moment.advance(200)
        return Partial(snapshot("succeeded"), [RequestTimeout("there was no time left", transient=False)])

    wait = Wait(no_time)
    assert wait.result.timed_out
    assert said(wait) == "after 100 seconds the API could not be asked any more (there was no time left)"


def test_fail_fast_sees_a_failed_job_in_a_part():
    wait = Wait(Partial(snapshot("failed"), [BUSY]), fail_fast=True)
    assert (wait.result.polls, wait.result.error, wait.result.timed_out) == (1, None, False)


def test_what_could_be_read_is_returned_when_the_time_is_over():
    wait = Wait(Partial(snapshot("succeeded", "running"), [BUSY]))
    assert wait.result.timed_out is True
    assert [job["state"] for job in wait.result.snapshot.jobs] == ["succeeded", "running"]
    assert "1 of 2 jobs had not finished: job-1 (deploy, running)" in said(wait)
    assert "it is busy (HTTP 503)" in said(wait)


def test_of_several_faults_a_refusal_ends_the_wait():
    wait = Wait(Partial(snapshot("running"), [BUSY, PermissionDenied("no", 403)]))
    assert isinstance(wait.result.error, PermissionDenied)
    assert wait.result.polls == 1
    assert len(wait.result.snapshot.jobs) == 1


def test_missing_ids_do_not_run_out_of_time_while_a_part_is_all_there_is():
    wait = Wait(Partial(snapshot(missing=("a",)), [BUSY]), appear_timeout=5)
    assert wait.result.timed_out is True
    assert wait.took == 100


# What the message says


def test_what_went_wrong_is_said_and_not_that_no_time_was_left_to_ask_again():
    def no_time(moment):
        moment.advance(200)
        return RequestTimeout("there was no time left for a request", transient=False)

    wait = Wait(BUSY, no_time)
    assert "it is busy (HTTP 503)" in said(wait)
    assert (wait.result.error.http_status, wait.result.error.request_id) == (503, "request-1")


def test_a_missing_id_does_not_hide_the_jobs_that_are_open():
    wait = Wait(snapshot("running", "succeeded", missing=("gone",)), appear_timeout=20)
    assert "not found within 20 seconds: gone; besides, 1 of 2 jobs had not finished: job-0 (deploy, running)" in said(
        wait
    )
