# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the pages of many lists in parallel, with a limit on the number of requests in flight."""

from __future__ import annotations

import typing as t
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue

from ansible_collections.avepoint.cloud.plugins.module_utils._errors import AvePointError, Reading, Stopped
from ansible_collections.avepoint.cloud.plugins.module_utils._paging import Listing, Page, PageRequests

Fetch = t.Callable[[int], Page]


class PagedList(t.NamedTuple):
    """One list: the generator that says which pages to read, the function that fetches a page, the list's name in errors."""

    page_requests: PageRequests
    fetch: Fetch
    name: str = ""


def read_lists(
    paged_lists: t.Sequence[PagedList],
    concurrency: int,
    interrupted: t.Callable[[], t.ContextManager],
    faults: list[AvePointError] | None = None,
) -> list[Listing]:
    """Reads ``paged_lists``, and returns their listings in the same order.

    At most ``concurrency`` threads call the lists' ``fetch``. While ``interrupted()`` is entered, calls that are running have
    to return soon. With ``faults``, an error ends only its own list, which then counts as empty, and is appended to ``faults``.

    :raises AvePointError: the first error; with ``faults``, only :class:`Stopped`.
    """
    listings: list[Listing | None] = [None] * len(paged_lists)
    #: Of each list, the requested pages that its generator has not been sent.
    expected: list[deque[Future]] = [deque() for _each in paged_lists]
    #: The index of the list of each request that is under way.
    owners: dict[Future, int] = {}
    done: SimpleQueue[Future] = SimpleQueue()
    pool = ThreadPoolExecutor(concurrency, thread_name_prefix="avepoint")

    def advance(index: int, page: Page | None) -> None:
        try:
            numbers = paged_lists[index].page_requests.send(page)  # type: ignore[arg-type]
        except StopIteration as end:
            listings[index] = end.value
            return
        for number in numbers:
            future = pool.submit(paged_lists[index].fetch, number)
            expected[index].append(future)
            owners[future] = index
            future.add_done_callback(done.put)

    try:
        for index in range(len(paged_lists)):
            advance(index, None)
        while owners:
            future = done.get()
            if future not in owners:
                continue  # its list has failed
            index = owners.pop(future)
            try:
                future.result()
                while expected[index] and expected[index][0] not in owners:
                    advance(index, expected[index].popleft().result())
            except AvePointError as error:
                if paged_lists[index].name:
                    error.context.append(Reading(paged_lists[index].name))
                if faults is None or isinstance(error, Stopped):
                    raise
                faults.append(error)
                listings[index] = Listing([], 0, True)
                for each in expected[index]:
                    owners.pop(each, None)
                    each.cancel()
    except BaseException:
        with interrupted():
            pool.shutdown(cancel_futures=True)
        raise
    pool.shutdown()
    return t.cast("list[Listing]", listings)
