# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scan jobs of AvePoint Online Services.

Pages are requested with top and skip. There is no filter except a search by id. The nextLink skips one more job instead of one more
page, as in the vendor's sample.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from .answers import Answer, Call, Refusal
from .listing import Product, Wanted, address, total
from .timed_jobs import TimedJob
from .values import INT32, choice, whole_number

SCOPES = ("autodiscovery.readwrite.all",)
PATH = "/aos/jobs"
TYPES = {0: "Scan", 10: "Google scan", 11: "Batch import"}
STATES = {1: "Running", 2: "Finished", 3: "Failed", 4: "Finished with exception", 5: "Skipped", 10: "Stopped"}
CATEGORIES = {0: "Microsoft 365", 1: "Power Platform", 2: "Active Directory", 3: "Google"}
NEWEST_FIRST = 1


@dataclass
class Aos(Product):
    NAME: ClassVar[str] = "aos"
    ENDED: ClassVar[tuple[int, ...]] = (2, 3, 4, 5, 10)
    GIVEN: ClassVar[frozenset[str]] = frozenset({"scan_profile", "category"})
    IGNORABLE: ClassVar[frozenset[str]] = frozenset({"search", "sortorder"})
    ALLOWED: ClassVar[dict[str, tuple[Any, ...]]] = {
        **Product.ALLOWED,
        "range_on": ("start",),
        "first_page": (0,),
        "next_link": ("misprint", *Product.ALLOWED["next_link"]),
        "list_key": ("data", "jobs"),
    }

    order: str = "oldest"
    time_format: str = "ticks_offset"
    next_link: str = "misprint"
    max_page_size: int = 1000
    list_key: str = "data"

    def many(self, call: Call) -> Answer:
        query = self.read(call, {"top", "skip", "orderby", "sortorder", "search"})
        if query.get("orderby", "startTime") != "startTime":
            raise Refusal(400, "The value of 'orderby' must be startTime.", "orderby")
        order = choice(query, "sortorder", (0, NEWEST_FIRST), None)
        newest = None if order is None else order == NEWEST_FIRST
        wanted = Wanted(search=query.get("search", "").lower(), newest=newest)
        top, skip = self._asked(query)
        page = self.paging.cut(self.chosen(wanted), skip // top + 1, top, skip)
        ahead = 1 if self.next_link == "misprint" else len(page.items)
        return Answer(
            200,
            {
                **total(page, "totalCount"),
                self.list_key: [self._rendered(job) for job in page.items],
                **self.linked(call, page, skip=skip + ahead),
            },
        )

    def _asked(self, query: dict[str, str]) -> tuple[int, int]:
        top = whole_number(query.get("top"), "top", 100, 1, self.max_page_size)
        return top, whole_number(query.get("skip"), "skip", 0, 0, INT32 - 1)

    def page_of(self, call: Call) -> int | None:
        try:
            top, skip = self._asked(dict(call.query))
        except Refusal:
            return None
        return skip // top + 1

    def link(self, call: Call, **next_page: Any) -> str | None:
        if self.next_link == "misprint":
            return address(call, call.url, next_page)
        return super().link(call, **next_page)

    def _rendered(self, job: TimedJob) -> dict[str, Any]:
        return {
            "id": job.job_id,
            "type": self.shown(job.type, TYPES),
            "state": self.shown(job.status, STATES),
            **self.times(job),
            "scanProfileName": job.given.get("scan_profile", "Default scan profile"),
            "category": self.shown(job.given.get("category", 0), CATEGORIES),
            "extension": None,
            **job.extra,
        }
