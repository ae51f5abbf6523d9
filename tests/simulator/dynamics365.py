# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs of Cloud Backup for Dynamics 365, with the API v1 and its successor on the graph host.

The body and the types of v1 are those of the vendor's OpenAPI description (nullable date-times, nullable int32, type is one of 0 1 2
4 8 16, additional properties are not allowed). The query, the answer and the misprinted nextLink of graph are those of its
documentation since 2024.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from typing import Any, ClassVar

from .answers import Answer, Call, Refusal, only, read_json, read_query, whole_number
from .dynamics365_jobs import TYPES, DynamicsJob
from .listing import Listing, Wanted, address, closed, total
from .paging import Page
from .timed_jobs import REPRESENTATIONS
from .values import INT32, date_time, guid, int32, optional

SCOPES = ("Dynamics.ReadWrite.All",)
V1_PATH = "/api/OpenApi/GetJobs"
GRAPH_PATH = "/dynamicsbackup/jobs"
EXPORT = 32  # a type that only graph has
FILTER = {"pageInfo", "type", "startTime", "endTime", "status", "organizationId", "objectType"}


@dataclass
class Dynamics365(Listing[DynamicsJob]):
    NAME: ClassVar[str] = "d365"
    IGNORABLE: ClassVar[frozenset[str]] = frozenset({"type", "status", "organization", "time"})
    ALLOWED: ClassVar[dict[str, tuple[Any, ...]]] = {
        **Listing.ALLOWED,
        "v1_shape": ("result", "graph"),
        "v1_representation": tuple(REPRESENTATIONS),
        "graph_representation": tuple(REPRESENTATIONS),
        "next_link": ("misprint", *Listing.ALLOWED["next_link"]),
    }

    organizations: list[dict[str, str]] = field(default_factory=list)
    v1_status: int | None = None
    graph_status: int | None = None
    v1_shape: str = "result"
    v1_representation: str = "name"
    graph_representation: str = "number"
    strict_required: bool = False
    next_link: str = "misprint"

    def __post_init__(self) -> None:
        if not self.organizations:
            self.organizations = [{"id": str(uuid.uuid4()), "name": "org1.crm.dynamics.example"}]
        super().__post_init__()

    def made(self, given: dict[str, Any], place: int) -> DynamicsJob:
        return DynamicsJob(given, place, self.organizations, self.clock)

    @staticmethod
    def page_of_v1(call: Call) -> int | None:
        """The requested page of a v1 request; 1 if the body has no valid one. For faults and for the log."""
        try:
            return int(json.loads(call.body)["pageInfo"]["currentPage"])
        except (ValueError, KeyError, TypeError):
            return 1

    def v1(self, call: Call) -> Answer:
        closed(self.v1_status)
        body = read_json(call, required=True)
        only(body, FILTER)
        page_info = body.get("pageInfo", {})
        if not isinstance(page_info, dict):
            raise Refusal(400, "The value of 'pageInfo' must be an object.", "pageInfo")
        only(page_info, {"currentPage", "pageSize"}, "pageInfo.")
        if self.strict_required:
            for name in ("pageInfo", "type", "startTime", "endTime"):
                if body.get(name) is None:
                    raise Refusal(400, f"The property '{name}' is required.", name)
        if int32(body.get("type", 0), "type") not in (0, 1, 2, 4, 8, 16):
            raise Refusal(400, "The value of 'type' must be one of 0, 1, 2, 4, 8, 16.", "type")
        page_index = self._least_one(page_info, "currentPage", 1)
        size = self._least_one(page_info, "pageSize", 10)
        filters = {
            "type": body.get("type", 0) or None,
            "status": optional(body, "status", int32),
            "organization": optional(body, "organizationId", guid),
            "object_type": optional(body, "objectType", int32),
        }
        wanted = Wanted.of(filters, body, date_time, "endTime", without=EXPORT)
        page = self.paging.cut(self.chosen(wanted), page_index, size)
        if self.v1_shape == "graph":
            return Answer(200, self._graph_shape(page, call, self.v1_representation))
        return Answer(200, {**total(page, "totalNumber"), "result": self._rendered(page, self.v1_representation)})

    @staticmethod
    def _least_one(page_info: dict[str, Any], name: str, default: int) -> int:
        found = int32(page_info.get(name, default), f"pageInfo.{name}")
        if found < 1:
            raise Refusal(400, f"The value of 'pageInfo.{name}' must be at least 1.", f"pageInfo.{name}")
        return found

    def graph(self, call: Call) -> Answer:
        closed(self.graph_status)
        query = read_query(
            call, {"pageIndex", "pageSize", "type", "startTime", "finishTime", "status", "organizationId"}
        )
        for name in ("type", "startTime", "finishTime"):
            if not query.get(name):
                raise Refusal(400, f"The query parameter '{name}' is required.", name)
        kind = whole_number(query["type"], "type", 0, 0, EXPORT)
        if kind not in (0, *TYPES):
            raise Refusal(400, "The value of 'type' must be one of 0, 1, 2, 4, 8, 16, 32.", "type")
        index = whole_number(query.get("pageIndex"), "pageIndex", 1, 1, INT32 - 1)
        size = whole_number(query.get("pageSize"), "pageSize", 10, 1, INT32 - 1)
        filters = {
            "type": kind or None,
            "status": whole_number(query["status"], "status", 0, 0, INT32 - 1) if "status" in query else None,
            "organization": optional(query, "organizationId", guid),
        }
        page = self.paging.cut(self.chosen(Wanted.of(filters, query, date_time)), index, size)
        return Answer(200, self._graph_shape(page, call, self.graph_representation))

    def _graph_shape(self, page: Page, call: Call, representation: str) -> dict[str, Any]:
        link = self.link(call, pageIndex=page.index + 1, pageSize=page.size) if page.more else None
        return {
            **total(page, "totalCount"),
            "nextLink": link,
            "jobs": self._rendered(page, representation),
            "pageIndex": page.index,
            "pageSize": page.size,
        }

    def link(self, call: Call, **next_page: Any) -> str | None:
        if self.next_link == "misprint":  # as in the documentation: relative, and without the prefix /dynamicsbackup
            return address(call, "/jobs", next_page)
        return super().link(call, **next_page)

    def _rendered(self, page: Page, representation: str) -> list[dict[str, Any]]:
        return [job.rendered(representation, self.times(job)) for job in page.items]
