# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime

import pytest

from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import STATES
from ansible_collections.avepoint.cloud.plugins.plugin_utils import _gate as gate
from ansible_collections.avepoint.cloud.plugins.plugin_utils import _gate_message as gate_message
from ansible_collections.avepoint.cloud.plugins.plugin_utils import _gate_requirements as gate_requirements
from ansible_collections.avepoint.cloud.plugins.plugin_utils import _report as model
from ansible_collections.avepoint.cloud.plugins.plugin_utils._report_html import ICONS
from ansible_collections.avepoint.cloud.plugins.plugin_utils._report_markdown import SIGNS
from ansible_collections.avepoint.cloud.plugins.plugin_utils._report_timeline import MOST_LABELLED, timeline
from ansible_collections.avepoint.cloud.tests.unit.plugins.plugin_utils.gate_data import (
    HOSTILE,
    NOW,
    d365_job,
    failure,
    pc_job,
    result,
)


def verdict_on(answer, product="d365", **required):
    return gate.judge(answer, gate_requirements.requirements(product, **required), NOW)


def report(*jobs, title=None, **more):
    return model.report(result(*jobs, **more), None, title, NOW)


def at(minutes, length=10, **more):
    """A job that started so many minutes before NOW."""
    start = NOW - datetime.timedelta(minutes=minutes)
    finish = start + datetime.timedelta(minutes=length)
    return d365_job(
        more.pop("job_id", f"at{minutes}"), start_time=start.isoformat(), finish_time=finish.isoformat(), **more
    )


def test_every_state_has_a_label_an_icon_a_sign_and_a_place():
    assert set(model.LABELS) == set(ICONS) == set(SIGNS) == set(gate_message.SEVERITY) == set(STATES)


def test_what_is_not_as_required_comes_first_then_the_newest():
    jobs = [
        at(60, job_id="old"),
        at(30, job_id="new"),
        at(90, job_id="bad", state="failed"),
        d365_job("open", "running"),
    ]
    assert [job.job_id for job in report(*jobs).jobs] == ["bad", "open", "new", "old"]


def test_the_verdict_decides_what_is_as_required():
    answer = result(d365_job("A", "finished_with_exception"), d365_job("B", "skipped"))
    verdict = verdict_on(answer, allowed_states=["finished_with_exception"])
    made = model.report(verdict, verdict)
    assert [(job.job_id, job.problem) for job in made.jobs] == [("B", "skipped"), ("A", "")]
    assert made.passed is False
    assert made.offenders == 1
    assert made.headline == "The gate did not pass"
    assert made.product == "Dynamics 365"
    assert made.checked_at == NOW
    assert len(made.rules) == 6


def test_without_a_verdict_success_and_skipped_are_fine():
    made = report(*(pc_job(state, state) for state in STATES))
    assert {job.state for job in made.jobs if not job.problem} == {"succeeded", "skipped"}
    assert made.passed is None
    assert made.product == "Process Center"
    assert made.count_text.startswith("8 jobs: 1 failed, 1 unknown, ")


def test_a_note_says_what_the_state_does_not():
    notes = {job.state: job.note for job in report(*(d365_job(state, state) for state in STATES)).jobs}
    assert notes["failed"] == ""
    assert notes["running"] == "not finished"
    assert notes["unknown"] == "(status 3), so not finished"


def test_a_failed_query_is_a_report_too():
    made = model.report(failure("The login was refused."), None, None, NOW)
    assert made.reasons == ["The login was refused (authentication_failed, HTTP 400, request id r-1)."]
    assert made.error == made.reasons[0]
    assert made.jobs == []
    verdict = verdict_on(failure("The login was refused."))
    assert model.report(verdict, verdict).reasons == [
        "The login was refused (authentication_failed, HTTP 400, request id r-1)."
    ]


def test_ids_that_were_not_found_are_said_without_a_gate_too():
    made = model.report(result(missing=["gone"]), None, None, NOW)
    assert made.reasons == ["not found: gone"]


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (None, None),
        ([], None),
        ("x", None),
        ({}, None),
        ({"changed": False, "skipped": True}, None),
        ({}, {"passed": "yes"}),
        ({}, []),
        ({}, {"jobs": []}),
    ],
)
def test_what_is_no_result_is_refused(answer, verdict):
    with pytest.raises(model.ReportError):
        model.report(answer, verdict)


@pytest.mark.parametrize(
    "job",
    [
        None,
        5,
        "x",
        [],
        {},
        {"job_id": ["x"]},
        {"state": "x", "start_time": 5},
        {**d365_job(), "duration_hours": float("nan")},
        {**d365_job(), "duration_hours": 10**400, "backup_size": 10**400, "failed_record": 10**400},
    ],
)
def test_what_is_no_job_is_shown_all_the_same(job):
    made = model.report({"jobs": [job], "missing_job_ids": [None, 5]}, None, None, NOW)
    assert len(made.jobs) == 1
    assert timeline(made) is None or timeline(made).bars == 1


def test_every_text_is_one_bounded_line():
    job = dict.fromkeys(d365_job(), HOSTILE * 20) | {"state": "failed", "finished": True}
    answer = failure(HOSTILE, HOSTILE, jobs=[job, {**job, "finished": HOSTILE}], missing_job_ids=[HOSTILE * 20])
    verdict = verdict_on(answer)
    made = model.report(verdict, verdict, HOSTILE * 20)
    texts = [made.title, made.count_text, *made.reasons, *made.missing_job_ids]
    texts += [text for item in [*made.jobs, *made.rules] for text in item if isinstance(text, str)]
    for text in texts:
        assert text.isprintable()
        assert len(text) <= 1300
        assert text == text.strip()


@pytest.mark.parametrize(
    ("job", "seconds"),
    [
        ({"duration_hours": 0.5, "start_time": None}, 1800),
        ({"duration_hours": None}, 1800),
        ({"duration_hours": -1}, 1800),
        ({"duration_hours": float("inf")}, 1800),
        ({"duration_hours": 10**400}, 1800),
        ({"duration_hours": True}, 1800),
        ({"duration_hours": None, "finish_time": None}, None),
        ({"duration_hours": None, "finish_time": "2026-11-23T06:00:00Z"}, None),
    ],
)
def test_how_long_a_job_took(job, seconds):
    length = report(d365_job(**job)).jobs[0].length
    assert (length and length.total_seconds()) == seconds


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (10240, "10 KiB"),
        (5 * 1024**3, "5.0 GiB"),
        (1024**5, "1.0 PiB"),
        (1024**6, "1024 PiB"),
    ],
)
def test_a_size_is_short(number, text):
    assert model.size_text(number) == text


@pytest.mark.parametrize("key", ["checked_at", "required"])
@pytest.mark.parametrize("value", ["soon", {"max_age": "soon", "allowed_states": ["x", 5]}, None, 5])
def test_a_verdict_that_was_changed_by_hand_is_shown_all_the_same(key, value):
    verdict = {**verdict_on(result(d365_job()), max_age="24h"), key: value}
    made = model.report(verdict, verdict)
    assert made.passed is True
    assert made.checked_at.tzinfo is not None


# The timeline


def test_jobs_without_times_have_no_picture():
    assert timeline(report(pc_job())) is None
    picture = timeline(report(d365_job("A"), d365_job("B", start_time=None)))
    assert picture.bars == 1
    assert picture.undrawn == 1


def test_bars_are_inside_and_in_order():
    picture = timeline(report(*(at(minutes) for minutes in range(20, 800, 20))))
    for drawn in (drawn for group in picture.groups for drawn in group.bars):
        assert 0 <= drawn.x <= drawn.x + drawn.width <= 100
        assert 0 <= drawn.y < drawn.y + drawn.height <= picture.height
    assert [tick.x for tick in picture.ticks] == sorted(tick.x for tick in picture.ticks)


def test_few_jobs_have_a_line_and_a_label_each():
    bars = timeline(report(*(at(60, job_id=str(number)) for number in range(MOST_LABELLED)))).groups[0].bars
    assert len({drawn.y for drawn in bars}) == MOST_LABELLED
    bars = timeline(report(at(600, 5), at(20, 5))).groups[0].bars
    assert [(drawn.label, drawn.label_left) for drawn in bars] == [("backup · 30m", False), ("backup · 30m", True)]


def test_many_jobs_share_lines_when_they_do_not_overlap():
    bars = timeline(report(*(at(minutes, 10) for minutes in range(20, 20 + 15 * 40, 15)))).groups[0].bars
    assert len({drawn.y for drawn in bars}) == 1
    bars = timeline(report(*(at(60, job_id=str(number)) for number in range(40)))).groups[0].bars
    assert len({drawn.y for drawn in bars}) == 40
    assert not any(drawn.label for drawn in bars)


def test_organizations_with_trouble_come_first():
    picture = timeline(
        report(
            at(10, organization_name="A"), at(20, organization_name="Z", state="failed"), at(30, organization_name="B")
        )
    )
    assert [group.name for group in picture.groups] == ["Z", "A", "B"]


def test_a_running_job_reaches_to_now():
    picture = timeline(report(at(60), {**at(30, state="running"), "finish_time": None, "duration_hours": None}))
    drawn = next(drawn for drawn in picture.groups[0].bars if drawn.open)
    assert drawn.x + drawn.width == pytest.approx(picture.now)
    assert drawn.label == "backup · running"


def test_a_job_without_a_finish_is_as_long_as_it_took():
    (drawn,) = timeline(report(d365_job(finish_time=None), at(-60))).groups[0].bars[:1]
    assert drawn.label == "backup · 30m"
    assert drawn.width > 0


def test_the_age_that_is_required_is_marked():
    old = result(at(60 * 50))
    verdict = verdict_on(old, max_age="24h")
    picture = timeline(model.report(verdict, verdict))
    assert picture.groups[0].bars[0].x < picture.oldest < picture.now
    young = verdict_on(result(at(60)), max_age="24h")
    assert timeline(model.report(young, young)).oldest is None


def test_a_number_larger_than_any_count_can_be_shown():
    (job,) = report(d365_job(backup_size=10**400, failed_record=10**400)).jobs
    assert job.failed["Records"] == 2**63 - 1
    assert model.size_text(job.cells["Size"]) == "8192 PiB"


@pytest.mark.parametrize("minutes", [0, 1, 5, 60, 60 * 24, 60 * 24 * 9, 60 * 24 * 400, 60 * 24 * 365 * 50])
def test_any_range_has_some_marks_and_not_too_many(minutes):
    picture = timeline(report(at(minutes + 2, 1), at(1, 0)))
    assert len(picture.ticks) <= 12
    assert any(tick.text for tick in picture.ticks) or not picture.ticks


@pytest.mark.parametrize("year", ["0001", "0002", "1800", "9998", "9999"])
def test_a_time_that_cannot_be_meant_leaves_the_picture_to_the_others(year):
    times = {
        "start_time": f"{year}-01-01T00:00:00Z",
        "finish_time": f"{year}-12-31T23:59:59Z",
        "duration_hours": 999999,
    }
    picture = timeline(report(d365_job(**times), at(60), {**at(50), "finish_time": f"{year}-12-31T23:59:59Z"}))
    assert picture.bars == 1
    assert picture.undrawn == 2
