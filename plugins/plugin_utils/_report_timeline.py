# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The geometry of the timeline: horizontal positions are in percent, vertical ones in pixels.

With percentages, the picture fills narrow and wide screens without scaling its text.

Private to this collection: names and behaviour can change with any release.
"""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import FINISHED
from ansible_collections.avepoint.cloud.plugins.plugin_utils._report import Job, Report

# Up to so many jobs, each has a line and a label of its own; with more, jobs that do not overlap share a line.
MOST_LABELLED = 30
MOST_TICKS = 10

_FAR = datetime.timedelta(days=36525)
_STEPS = [datetime.timedelta(seconds=number) for number in (1, 5, 15, 30, 60, 300, 900, 1800)]
_STEPS += [datetime.timedelta(hours=number) for number in (1, 2, 3, 6, 12)]
_STEPS += [datetime.timedelta(days=number) for number in (1, 2, 7, 14, 28, 91, 182, 365)]


class Bar(t.NamedTuple):
    """The bar of a job. ``row`` is the index of the job in the report's jobs."""

    row: int
    job: Job
    x: float
    width: float
    y: int
    height: int
    label: str
    label_left: bool

    @property
    def open(self) -> bool:
        """Whether the job had not finished, so that the bar ends at the time of the report."""
        return self.job.finish is None and self.job.state not in FINISHED


class Group(t.NamedTuple):
    """The jobs of one owner, such as an organization."""

    name: str
    y: int
    bars: list[Bar]


class Tick(t.NamedTuple):
    """A vertical line of the time axis. ``day`` is true at midnight."""

    x: float
    text: str
    day: bool


class Timeline(t.NamedTuple):
    """The whole picture. ``now`` and ``oldest`` are horizontal positions; None if they are outside of the picture."""

    groups: list[Group]
    ticks: list[Tick]
    height: int
    now: float | None
    oldest: float | None
    undrawn: int

    @property
    def bars(self) -> int:
        return sum(len(group.bars) for group in self.groups)


def timeline(report: Report) -> Timeline | None:
    """The picture of the jobs that have a start time; None if there are none."""
    spans = [span for index, job in enumerate(report.jobs) if (span := _span(index, job, report.checked_at))]
    if not spans:
        return None
    low = min(span.start for span in spans)
    high = max(span.end for span in spans)
    if report.oldest is not None:
        # With a max_age, the time since the last success matters, so the picture extends to the time of the report.
        high = max(high, report.checked_at)
    # Margins at both ends, which also prevent an empty range.
    margin = max((high - low) * 0.015, datetime.timedelta(seconds=1))
    low, high = low - margin, high + margin

    def place(moment: datetime.datetime) -> float:
        return round((moment - low) / (high - low) * 100, 3)

    def inside(moment: datetime.datetime | None) -> float | None:
        return place(moment) if moment is not None and low <= moment <= high else None

    labelled = len(spans) <= MOST_LABELLED
    names = sorted({span.job.owner for span in spans}, key=_group_order(report.jobs))
    groups = []
    y = 0
    for name in names:
        group = sorted((span for span in spans if span.job.owner == name), key=lambda span: (span.start, span.end))
        top = y + 4
        y = top + (22 if name else 4)
        lanes = list(range(len(group))) if labelled else _lanes(group)
        height, gap = (14, 8) if labelled else (10, 3) if max(lanes) < 60 else (5, 2)
        bars = []
        for lane, span in zip(lanes, group):
            left, right = place(span.start), place(span.end)
            # The label stands beside the bar, if there is room on one side.
            room = labelled and (left > 25 or right < 72)
            words = (span.job.type, span.job.duration or span.job.label.lower()) if room else ()
            bars.append(
                Bar(
                    row=span.row,
                    job=span.job,
                    x=left,
                    width=round(right - left, 3),
                    y=y + lane * (height + gap),
                    height=height,
                    label=" · ".join(filter(None, words)),
                    label_left=right >= 72,
                )
            )
        groups.append(Group(name, top, bars))
        y += (max(lanes) + 1) * (height + gap) + 4
    return Timeline(
        groups,
        _ticks(low, high, place),
        y,
        inside(report.checked_at),
        inside(report.oldest),
        len(report.jobs) - len(spans),
    )


class _Span(t.NamedTuple):
    row: int
    job: Job
    start: datetime.datetime
    end: datetime.datetime


def _span(index: int, job: Job, now: datetime.datetime) -> _Span | None:
    """The start and end of a job's bar; None without a start, or if its times are so far away that the other bars would vanish."""
    if job.start is None or abs(job.start - now) > _FAR or (job.finish and abs(job.finish - now) > _FAR):
        return None
    if job.finish is not None:
        end = job.finish
    elif job.length is not None:
        end = job.start + job.length
    else:
        end = job.start if job.state in FINISHED else now
    return _Span(index, job, job.start, max(end, job.start))


def _group_order(jobs: list[Job]) -> t.Callable[[str], tuple]:
    """The sort key of owners: those with a job that is not as required come first, then by name."""
    bad = {job.owner for job in jobs if job.problem}
    return lambda name: (name not in bad, name.casefold(), name)


def _lanes(group: list[_Span]) -> list[int]:
    """For each span of ``group``, which is sorted by start, the number of the first line on which it overlaps with no other."""
    ends: list[datetime.datetime] = []
    lanes = []
    for span in group:
        lane = next((number for number, free in enumerate(ends) if free < span.start), len(ends))
        ends[lane : lane + 1] = [span.end]
        lanes.append(lane)
    return lanes


def _ticks(
    low: datetime.datetime, high: datetime.datetime, place: t.Callable[[datetime.datetime], float]
) -> list[Tick]:
    step = next((step for step in _STEPS if (high - low) / step <= MOST_TICKS), None) or (high - low) / MOST_TICKS
    epoch = datetime.datetime(2000, 1, 3, tzinfo=datetime.timezone.utc)
    moment = epoch + -((epoch - low) // step) * step
    ticks: list[Tick] = []
    while moment <= high:
        day = moment.time() == datetime.time()
        if step >= datetime.timedelta(days=28):
            text = moment.strftime("%b %Y")
        elif day or step >= datetime.timedelta(days=1):
            text = f"{moment.day} {moment:%b}"
        else:
            text = moment.strftime("%H:%M" if step >= datetime.timedelta(minutes=1) else "%H:%M:%S")
        x = place(moment)
        # No text near the right edge, where it would be cut off.
        ticks.append(Tick(x, text if 0 <= x < 92 else "", day))
        moment += step
    return ticks
