# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Any job at any edge of any range: comparing texts chooses the same jobs as comparing times."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import event, example, given
from hypothesis import strategies as st

from ansible_collections.avepoint.cloud.plugins.module_utils import _ranged
from ansible_collections.avepoint.cloud.plugins.module_utils._iso8601 import format_time
from ansible_collections.avepoint.cloud.tests.unit.plugins.module_utils.test_service import (
    FAILED,
    FINISHED,
    RUNNING,
    Server,
    job,
    service_of,
)
from ansible_collections.avepoint.cloud.tests.unit.properties import budget

UTC = datetime.timezone.utc
# Real times, and those that stand for none.
DATES = [datetime.datetime(*date, tzinfo=UTC) for date in ((1970, 1, 2), (2000, 1, 1), (2026, 1, 2), (9999, 1, 1))]
# In microseconds: both sides of a second, of a written fraction, and of what counts as rounding.
SHIFTS = [-1_500_000, -1_000_000, -1000, 0, 1, 1000, 500_000, 1_000_000]
MOMENTS = st.builds(
    lambda date, shift: date + datetime.timedelta(microseconds=shift), st.sampled_from(DATES), st.sampled_from(SHIFTS)
)


JANUARY, HALF = datetime.datetime(2026, 1, 2, tzinfo=UTC), datetime.timedelta(seconds=0.5)
NEVER = datetime.datetime(9999, 1, 1, tzinfo=UTC)


@budget(600)
@example([JANUARY + HALF, JANUARY + HALF], (format_time(JANUARY), None), FAILED, True, True)
@example([JANUARY, JANUARY], (format_time(NEVER), "2000-01-01T00:00:00Z"), FAILED, True, False)
@example([JANUARY, NEVER + HALF * 2], (format_time(NEVER), "2000-01-01T00:00:00Z"), FAILED, False, False)
@example([JANUARY, JANUARY + HALF], (format_time(JANUARY + HALF * 5), None), FINISHED, False, False)
@example([JANUARY + HALF * 6] * 2, (format_time(JANUARY), None), FINISHED, True, False)
@given(
    edges=st.tuples(MOMENTS, MOMENTS).map(sorted),
    times=st.tuples(st.none() | MOMENTS.map(format_time), st.none() | MOMENTS.map(format_time)),
    status=st.sampled_from([FINISHED, FAILED, RUNNING]),
    open_end=st.booleans(),
    widened=st.booleans(),
)
def test_texts_choose_the_jobs_that_times_choose(edges, times, status, open_end, widened):
    start, finish = (edge.isoformat() for edge in edges)
    options = {"start_time": start, "finish_time": "now" if open_end else finish, "wait": True}
    chosen = []
    for bounds in (_ranged._bounds, lambda start, finish: ("~", "")):  # the latter leaves all to the times
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(_ranged, "_bounds", bounds)
            # While a job runs that began before the range, a wider one is asked for.
            server = Server([job("before", RUNNING, format_time(edges[0] - datetime.timedelta(hours=1)))] * widened)
            service = service_of(server, **options)
            service.poll()
            server._answers = [[job("this", status, *times)]]
            chosen.append("this" in [each["job_id"] for each in service.poll().jobs])
    event(f"chosen {chosen[0]}, widened {service._widened}")
    assert chosen[0] is chosen[1]
