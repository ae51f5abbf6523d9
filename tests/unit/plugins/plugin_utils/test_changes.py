# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest

from ansible_collections.avepoint.cloud.plugins.module_utils._errors import InvalidInput
from ansible_collections.avepoint.cloud.plugins.module_utils._iso8601 import format_time, parse_time
from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import FINISHED
from ansible_collections.avepoint.cloud.plugins.plugin_utils._changes import Changes

NOW = parse_time("2026-03-01T12:00:00Z").timestamp()
HOUR = 3600


def job(job_id="a", state="running", **more):
    return {"job_id": job_id, "state": state, "finished": state in FINISHED, **more}


def at(seconds):
    return format_time(
        parse_time("2026-03-01T12:00:00Z").fromtimestamp(seconds).astimezone(parse_time("2026-01-01").tzinfo)
    )


def changes_of(changes, *jobs, now=NOW):
    """The changes of one whole listing, told."""
    found = [(change.previous, change.job["job_id"], change.job["state"]) for change in changes.of(jobs, now)]
    for each in jobs:
        changes.told(each, now)
    changes.forget(now)
    return found


def test_new_then_changed_then_nothing():
    changes = Changes(HOUR)
    assert changes_of(changes, job("a"), job("b", "waiting")) == [(None, "a", "running"), (None, "b", "waiting")]
    assert changes_of(changes, job("a"), job("b")) == [("waiting", "b", "running")]
    assert changes_of(changes, job("a"), job("b")) == []
    assert changes_of(changes, job("a", "failed"), job("b")) == [("running", "a", "failed")]


def test_jobs_without_an_id_are_told_apart_by_what_they_look_like_and_then_by_how_well_they_are():
    def scan(state, module="Sites"):
        return job(None, state, customer_id="c", type="scan", module=module)

    changes = Changes(HOUR)
    assert changes_of(changes, scan("running"), scan("succeeded"), scan("running", "Teams")) == [
        (None, None, "running"),
        (None, None, "succeeded"),
        (None, None, "running"),
    ]
    assert changes_of(changes, scan("running", "Teams"), scan("succeeded"), scan("running")) == []
    # A worse one more leaves the better ones their places, wherever it is listed.
    changed = changes_of(changes, scan("waiting"), scan("failed", "Teams"), scan("running"), scan("succeeded"))
    assert changed == [(None, None, "waiting"), ("running", None, "failed")]


def test_what_was_not_told_comes_again():
    changes = Changes(HOUR)
    assert len(list(changes.of([job()], NOW))) == 1
    assert len(list(changes.of([job()], NOW))) == 1


def test_ids_are_compared_as_everywhere():
    changes = Changes(HOUR)
    changes_of(changes, job("Job-A"))
    assert changes_of(changes, job("JOB-a")) == []


def test_an_id_of_two_tenants_is_two_jobs():
    changes = Changes(HOUR)
    one, other = {"customer_id": "c", "tenant_id": "1"}, {"customer_id": "c", "tenant_id": "2"}
    assert len(changes_of(changes, job(**one), job(**other))) == 2
    assert changes_of(changes, job(**one), job(state="failed", **other)) == [("running", "a", "failed")]


def test_a_job_that_drops_out_for_a_while_is_the_same_one():
    changes = Changes(HOUR)
    changes_of(changes, job("a"))
    assert changes_of(changes, now=NOW + HOUR - 1) == []
    assert changes_of(changes, job("a", "failed"), now=NOW + HOUR) == [("running", "a", "failed")]


def test_memory_does_not_grow_with_time():
    changes = Changes(HOUR)
    for number in range(500):
        changes_of(changes, job(str(number), "succeeded"), now=NOW + number * 60)
    assert len(changes.dump()["jobs"]) == 61


@pytest.mark.parametrize("ended, emitted", [(HOUR + 1, False), (HOUR, True), (HOUR - 1, True)])
def test_what_had_ended_before_the_lookback_is_no_news(ended, emitted):
    found = changes_of(Changes(HOUR), job("a", "failed", start_time=at(NOW - 9 * HOUR), finish_time=at(NOW - ended)))
    assert bool(found) is emitted


def test_a_finished_job_without_its_end_is_judged_by_its_start():
    assert not changes_of(Changes(HOUR), job("a", "failed", start_time=at(NOW - 9 * HOUR), finish_time=None))
    assert changes_of(Changes(HOUR), job("a", "failed", start_time=None, finish_time=None))


def test_the_range_begins_where_a_job_began_that_still_runs():
    changes = Changes(HOUR)
    began = at(NOW - 30 * HOUR)
    assert changes.begin(NOW) == "-60m"
    changes_of(
        changes, job("a", start_time=began), job("b", "failed", start_time=at(NOW - 50 * HOUR), finish_time=at(NOW))
    )
    assert changes.begin(NOW) == began
    changes_of(changes, job("a", "succeeded", start_time=began, finish_time=at(NOW)))
    assert changes.begin(NOW) == "-60m"
    lookbacks = (0.5, 61, (10**6 - 1) * 60, 10**6 * 60, 10**8)
    assert [Changes(seconds).begin(NOW) for seconds in lookbacks] == ["-1m", "-2m", "-999999m", "-16667h", "-27778h"]


@pytest.mark.parametrize(
    ("hours", "begins"), [((0.5,), None), ((1,), None), ((2, 30, 3), 30), ((30, 0.5), 30), ((0.5, 30), 30)]
)
def test_of_several_that_still_run_the_first_one_counts_if_it_began_before_the_lookback(hours, begins):
    changes = Changes(HOUR)
    changes_of(changes, *(job(str(ago), start_time=at(NOW - ago * HOUR)) for ago in hours))
    assert changes.begin(NOW) == ("-60m" if begins is None else at(NOW - begins * HOUR))


def test_it_survives_a_restart():
    changes = Changes(HOUR)
    changes_of(changes, job("a", start_time=at(NOW - 30 * HOUR)), job("b", "waiting"))
    again = Changes(HOUR)
    again.load(json.loads(json.dumps(changes.dump())))
    assert again.begin(NOW) == changes.begin(NOW)
    assert changes_of(again, job("a"), job("b", "failed")) == [("waiting", "b", "failed")]


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {},
        {"version": 2, "jobs": {}},
        {"version": 1, "jobs": []},
        {"version": 1, "jobs": {"a": 5}},
        {"version": 1, "jobs": {"a": ["running", "x", None]}},
        {"version": 1, "jobs": {"a": ["running", 1, "x"]}},
    ],
)
def test_a_memory_of_somebody_else_is_refused(document):
    with pytest.raises(InvalidInput):
        Changes(HOUR).load(document)
