# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs without an id: two that look alike are two jobs, so each gets a number among those that look like it.

Private to this collection: names and behaviour can change with any release.
"""

from __future__ import annotations

import collections
import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._errors import InvalidResponse
from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import severity
from ansible_collections.avepoint.cloud.plugins.module_utils._paging import Page, PageRequests

# Pages in a row that are alike, without any id on them, before a list is given up as one without an end.
MOST_ALIKE = 10


class Nameless(dict):
    """A job without an id. ``number`` is its place among those that look alike, from 1."""

    number = 0


Appearance = t.Callable[[dict], t.Hashable]


def numbered_pages(page_requests: PageRequests, size: int, appearance: Appearance) -> PageRequests:
    """The same pages, of which ``size`` jobs each were asked for, with the jobs without an id on them numbered.

    Pages come in their order, so a job has the same number whenever the same list is read. A page that repeats the one before
    has its numbers, where that is certain: else as many jobs are there as are listed. So a row that stands on two pages, because the
    list moved while it was read, counts twice where nothing else shows that it moved: nothing in it tells it from another that looks alike.

    :raises InvalidResponse: when there is no telling whether the list has an end.
    """
    counts: collections.Counter = collections.Counter()
    before, read, same = Page([]), 0, 0
    wanted: list[int] = next(page_requests, [])
    while True:
        answered = yield wanted
        for number, page in zip(wanted, answered):
            if number == 1:
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
            wanted = page_requests.send(answered)
        except StopIteration as end:
            return t.cast("t.Any", end.value)


def _repeats(page: Page, read: int, size: int) -> bool:
    """Whether a page that is like the one before shows the same jobs: by their ids, or since the total says that no more follow.

    The total may be the number of the page's own jobs; then it is that of the list only where the page could hold more.
    """
    if any(job["job_id"] is not None for job in page.items):
        return True
    if page.total is None or read < page.total:
        return False
    return page.total > len(page.items) or len(page.items) < min(page.size or size, size)


def number_from_best(jobs: t.Iterable[dict], appearance: Appearance) -> None:
    """Numbers the jobs without an id of one poll, those of the best state first.

    So when there are fewer of them at the next poll, it is the worst that are remembered: nothing says which of them are gone.
    """
    alike: dict[t.Hashable, list[Nameless]] = {}
    for job in jobs:
        if isinstance(job, Nameless):
            alike.setdefault(appearance(job), []).append(job)
    for group in alike.values():
        for number, job in enumerate(sorted(group, key=severity, reverse=True), 1):
            job.number = number
