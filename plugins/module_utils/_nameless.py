# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs without an id: two that look alike are two jobs, so jobs that look alike are numbered.

Private to this collection: names and behaviour can change with any release.
"""

from __future__ import annotations

import collections
import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._errors import InvalidResponse
from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import severity
from ansible_collections.avepoint.cloud.plugins.module_utils._paging import Page, PageRequests

# How many equal pages without any id may follow each other before the list counts as endless.
MOST_ALIKE = 10


class Nameless(dict):
    """A job without an id. ``number`` counts from 1 among the jobs that look alike."""

    number = 0


# Gives the values by which a job without an id is recognised.
Appearance = t.Callable[[dict], t.Hashable]


def numbered_pages(page_requests: PageRequests, size: int, appearance: Appearance) -> PageRequests:
    """Wraps ``page_requests``, and numbers the jobs without an id on its pages; ``size`` is the requested page size.

    Jobs are numbered in the order of the list, so a job has the same number whenever the same list is read. If a page certainly
    repeats the one before, its jobs keep their numbers. In all other cases, each entry is a job of its own: if the list moves
    during the reading, an entry on two pages counts twice, because nothing in it tells it from another job that looks alike.

    :raises InvalidResponse: when equal pages without ids do not end.
    """
    counts: collections.Counter = collections.Counter()
    before, read, same = Page([]), 0, 0
    requested = next(page_requests, ())
    under_way = collections.deque(requested)
    while True:
        page = yield requested
        if under_way.popleft() == 1:
            counts.clear()
            before, read, same = Page([]), 0, 0
        alike = bool(page.items) and page.items == before.items
        repeats = alike and _repeats(page, read, size)
        same = same + 1 if alike and not repeats else 0
        if same > MOST_ALIKE:
            raise InvalidResponse(
                "it answers the same page again and again, so the end of the list cannot be found", transient=False
            )
        for index, job in enumerate(page.items):
            if repeats and isinstance(job, Nameless):
                job.number = before.items[index].number
            elif isinstance(job, Nameless):
                counts[appearance(job)] += 1
                job.number = counts[appearance(job)]
        before, read = page, read + len(page.items)
        try:
            requested = page_requests.send(page)
        except StopIteration as end:
            return t.cast("t.Any", end.value)
        under_way.extend(requested)


def _repeats(page: Page, read: int, size: int) -> bool:
    """Whether a page that equals the one before certainly has the same jobs: it has ids, or the total was reached before it.

    ``read`` is the number of jobs before the page. A total that is the number of jobs on the page may count only that page: it
    is the total of the list only if the page could hold more.
    """
    if any(job["job_id"] is not None for job in page.items):
        return True
    if page.total is None or read < page.total:
        return False
    return page.total > len(page.items) or len(page.items) < min(page.size or size, size)


def number_from_best(jobs: t.Iterable[dict], appearance: Appearance) -> None:
    """Numbers the jobs without an id of one poll; of jobs that look alike, the least severe state comes first.

    If the next poll has fewer of them, those with the most severe states are kept from this poll: which are gone is unknown.
    """
    alike: dict[t.Hashable, list[Nameless]] = {}
    for job in jobs:
        if isinstance(job, Nameless):
            alike.setdefault(appearance(job), []).append(job)
    for group in alike.values():
        for number, job in enumerate(sorted(group, key=severity, reverse=True), 1):
            job.number = number
