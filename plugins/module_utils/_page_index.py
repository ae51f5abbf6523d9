# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pages of an API whose table counts them from 0, but whose sample begins with 1."""

from __future__ import annotations

import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._errors import InvalidInput
from ansible_collections.avepoint.cloud.plugins.module_utils._paging import Page


class PageIndex:
    """Finds out whether ``pageIndex`` of the first page is 0 or 1, where the vendor's table and sample disagree.

    A server that counts from 1 either refuses index 0, naming ``pageIndex``, or answers it with the first page. Then indexes
    0 and 1 give equal pages. The list may also have moved by one page in between, so index 0 is requested again to be sure.
    ``key`` gives the identity of a job.
    """

    def __init__(self, key: t.Callable[[dict], t.Hashable]):
        self._key = key
        self._first_index = 0
        #: For each list: the keys of the jobs on its first page.
        self._first_pages: dict[t.Hashable, list[t.Hashable]] = {}

    def fetch(self, which: t.Hashable, ask: t.Callable[[int], Page], number: int) -> Page:
        """Fetches page ``number`` (from 1). ``which`` identifies the list; ``ask`` fetches the page of an index.

        A page that is fetched without the first one needs that one too, and from the third on the second one: they show how the
        server counts.

        :raises AvePointError: when ``ask`` does.
        """
        if which not in self._first_pages:
            for earlier in range(1, min(number, 3)):
                if not self._first_index:
                    self.fetch(which, ask, earlier)
        first = self._first_index
        try:
            page = ask(number - 1 + first)
        except InvalidInput as error:
            if number > 1 or first or error.http_status != 400 or "pageIndex" not in str(error):
                raise
            page = ask(1)
            self._first_index = 1
            return page
        if number > 2:
            return page
        head = [self._key(job) for job in page.items]
        if number == 1:
            self._first_pages[which] = head
            return page
        alike = not first and head and head == self._first_pages.get(which)
        if alike and [self._key(job) for job in ask(0).items] == head:
            page = ask(2)
            self._first_index = 1
        return page
