# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime

import pytest

from ansible_collections.avepoint.cloud.plugins.module_utils._errors import InvalidResponse
from ansible_collections.avepoint.cloud.plugins.module_utils._iso8601 import format_time, job_time, parse_time


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2022-08-19T03:13:46.633Z", "2022-08-19T03:13:46.633Z"),
        ("2022-08-19T03:13:46Z", "2022-08-19T03:13:46Z"),
        ("2022-08-19T03:13:46.000Z", "2022-08-19T03:13:46Z"),
        ("2022-08-19T03:13:46.1234567Z", "2022-08-19T03:13:46.123Z"),
        ("2022-08-19T03:13:46.5Z", "2022-08-19T03:13:46.500Z"),
        ("2022-08-19T03:13:46,5Z", "2022-08-19T03:13:46.500Z"),
        ("2022-08-19T03:13:46.0000000Z", "2022-08-19T03:13:46Z"),
        ("2022-08-19T12:13:46+09:00", "2022-08-19T03:13:46Z"),
        ("2022-08-18T22:13:46.5-0500", "2022-08-19T03:13:46.500Z"),
        ("2022-08-19T03:13:46", "2022-08-19T03:13:46Z"),
        ("2022-08-19 03:13:46", "2022-08-19T03:13:46Z"),
        ("2022-08-19t03:13:46z", "2022-08-19T03:13:46Z"),
        ("2022-08-19T03:13Z", "2022-08-19T03:13:00Z"),
        ("2022-08-19", "2022-08-19T00:00:00Z"),
        ("  2022-08-19T03:13:46Z  ", "2022-08-19T03:13:46Z"),
        ("0800-01-02T00:00:00Z", "0800-01-02T00:00:00Z"),
    ],
)
def test_times_are_read_and_shown_in_utc(text, shown):
    assert job_time("here", text) == shown


@pytest.mark.parametrize(
    "text", [None, "", "0001-01-01T00:00:00", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00.0000000"]
)
def test_no_time_and_the_year_one_are_null(text):
    assert job_time("here", text) is None


@pytest.mark.parametrize(
    "text",
    [
        "yesterday",
        "2022-08-19T03:13:46Z trailing",
        "2022-13-19T03:13:46Z",
        "2022-02-30T03:13:46Z",
        "2022-08-19T25:13:46Z",
        "2022-08-19T03:13:61Z",
        "2022-08-19T03:13:46+99:99",
        "19.08.2022",
        "1660878826",
        "2022-08-19T03:13:46Z\n2022-08-19",
        "٢٠٢٢-08-19T03:13:46Z",
        "0000-01-02T00:00:00Z",
        "9999-12-31T23:59:59-01:00",
        " ",
    ],
)
def test_what_is_no_time_breaks_the_contract_at_its_place(text):
    with pytest.raises(InvalidResponse) as caught:
        job_time("jobs[3].startTime", text)
    assert str(caught.value) == "jobs[3].startTime should be an ISO 8601 time"


def test_a_time_is_the_moment_that_is_meant():
    assert parse_time("2022-08-19T12:13:46.25+09:00") == datetime.datetime(
        2022, 8, 19, 3, 13, 46, 250000, tzinfo=datetime.timezone.utc
    )


def test_times_are_shown_to_the_millisecond_where_there_are_any():
    moment = datetime.datetime(2026, 1, 2, 3, 4, 5, 6999, tzinfo=datetime.timezone.utc)
    assert format_time(moment) == "2026-01-02T03:04:05.006Z"
    assert format_time(moment.replace(microsecond=0)) == "2026-01-02T03:04:05Z"
