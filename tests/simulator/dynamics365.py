# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cloud Backup for Dynamics 365 jobs: v1, which allows no property its schema lacks, and its successor on graph.

v1's body and types are those of the vendor's machine-readable description (nullable date-times, nullable int32, type
one of 0 1 2 4 8 16, additional properties not allowed); graph's query, answer and misprinted nextLink are those of its
documentation since 2024.
"""

from __future__ import annotations

import re
import secrets
import uuid
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from typing import Any, Callable, TypeVar
from urllib.parse import urlencode

from .answers import Answer, Call, Refusal, only, read_json, read_query, whole_number
from .clock import Clock
from .dynamics365_jobs import REPRESENTATIONS, TIME_FORMATS, TYPES, DynamicsJob
from .jobs import JobList, generate
from .paging import Page, Paging

SCOPES = ("Dynamics.ReadWrite.All",)
V1_PATH = "/api/OpenApi/GetJobs"
GRAPH_PATH = "/dynamicsbackup/jobs"
INT32 = 2**31
EXPORT = 32  # a type that graph alone has
DATE_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]{1,7})?(Z|[+-][0-9]{2}:[0-9]{2})", re.ASCII
)
FILTER = {"pageInfo", "type", "startTime", "endTime", "status", "organizationId", "objectType"}
ALLOWED = {
    "v1_shape": ("result", "graph"),
    "v1_representation": tuple(REPRESENTATIONS),
    "graph_representation": tuple(REPRESENTATIONS),
    "range_on": ("start", "finish"),
    "next_link": ("misprint", "absolute", "evil", "opaque", "none"),
    "order": ("newest", "oldest", "given"),
    "time_format": tuple(TIME_FORMATS),
}
# Filters that a server may not apply.
IGNORABLE = {"type", "status", "organization", "range"}

Value = TypeVar("Value")


def date_time(text: Any, where: str) -> datetime:
    """An ISO 8601 date-time with its offset, as JSON schema's date-time requires."""
    match = DATE_TIME.fullmatch(text) if isinstance(text, str) else None
    try:
        if match is None:
            raise ValueError
        found = datetime.fromisoformat(match[1] + match[3].replace("Z", "+00:00"))
        return (found + timedelta(seconds=float(match[2] or 0))).astimezone(timezone.utc)
    except (ValueError, OverflowError):
        raise Refusal(400, f"The value of '{where}' is not an ISO 8601 date-time.", where) from None


def int32(value: Any, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not -INT32 <= value < INT32:
        raise Refusal(400, f"The value of '{where}' is not an int32.", where)
    return value


def guid(value: Any, where: str) -> str:
    try:
        if len(value) != 36:
            raise ValueError
        return str(uuid.UUID(value))
    except (ValueError, TypeError, AttributeError):
        raise Refusal(400, f"The value of '{where}' is not a GUID.", where) from None


def optional(body: dict[str, Any], name: str, read: Callable[[Any, str], Value]) -> Value | None:
    """A nullable property."""
    return None if body.get(name) is None else read(body[name], name)


@dataclass(frozen=True)
class Wanted:
    """What a request asks for, whichever call it came by."""

    page: int
    size: int
    type: int
    start: datetime | None
    finish: datetime | None
    status: int | None
    organization: str | None
    object_type: int | None = None
    without: int = 0  # a type that this call does not know

    def check(self, finish_name: str) -> Wanted:
        if self.start and self.finish and self.start > self.finish:
            raise Refusal(400, f"The startTime is after the {finish_name}.", "startTime")
        return self


@dataclass
class Dynamics365:
    clock: Clock
    paging: Paging
    organizations: list[dict[str, str]] = field(default_factory=list)
    jobs: list[dict[str, Any]] = field(default_factory=list)
    generate: dict[str, Any] | None = None
    v1_status: int | None = None
    graph_status: int | None = None
    v1_shape: str = "result"
    v1_representation: str = "name"
    graph_representation: str = "number"
    strict_required: bool = False
    range_on: str = "start"
    next_link: str = "misprint"
    evil_origin: str = "http://127.0.0.1:9"
    order: str = "newest"
    ignored_filters: list[str] = field(default_factory=list)
    running_finish_time: Any = None
    time_format: str = "milliseconds"

    def __post_init__(self) -> None:
        for name, allowed in ALLOWED.items():
            if getattr(self, name) not in allowed:
                raise ValueError(f"d365 {name} is one of {', '.join(allowed)}")
        if not IGNORABLE.issuperset(self.ignored_filters):
            raise ValueError(f"d365 ignored_filters are some of {', '.join(sorted(IGNORABLE))}")
        organizations = self.organizations or [{"id": str(uuid.uuid4()), "name": "org1.crm.dynamics.example"}]
        given = self.jobs + (generate(self.generate) if self.generate else [])
        jobs = [DynamicsJob(job, place, organizations, self.clock) for place, job in enumerate(given)]
        self._list = JobList(self.clock, jobs, self.order != "oldest")
        self._views: dict[Any, list[DynamicsJob]] = {}
        self._version = -1

    def v1(self, call: Call) -> Answer:
        if self.v1_status:
            raise Refusal(self.v1_status, "There is no such call here.")
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
        wanted = Wanted(
            page=self._least_one(page_info, "currentPage", 1),
            size=self._least_one(page_info, "pageSize", 10),
            type=body.get("type", 0),
            start=optional(body, "startTime", date_time),
            finish=optional(body, "endTime", date_time),
            status=optional(body, "status", int32),
            organization=optional(body, "organizationId", guid),
            object_type=optional(body, "objectType", int32),
            without=EXPORT,
        ).check("endTime")
        page = self.paging.cut(self._chosen(wanted), wanted.page, wanted.size)
        if self.v1_shape == "graph":
            return Answer(200, self._graph_shape(page, call, self.v1_representation))
        payload: dict[str, Any] = {"totalNumber": page.total[""]} if page.total else {}
        return Answer(200, {**payload, "result": self._rendered(page, self.v1_representation)})

    @staticmethod
    def _least_one(page_info: dict[str, Any], name: str, default: int) -> int:
        found = int32(page_info.get(name, default), f"pageInfo.{name}")
        if found < 1:
            raise Refusal(400, f"The value of 'pageInfo.{name}' must be at least 1.", f"pageInfo.{name}")
        return found

    def graph(self, call: Call) -> Answer:
        if self.graph_status:
            raise Refusal(self.graph_status, "There is no such call here.")
        query = read_query(
            call, {"pageIndex", "pageSize", "type", "startTime", "finishTime", "status", "organizationId"}
        )
        for name in ("type", "startTime", "finishTime"):
            if not query.get(name):
                raise Refusal(400, f"The query parameter '{name}' is required.", name)
        kind = whole_number(query["type"], "type", 0, 0, EXPORT)
        if kind not in (0, *TYPES):
            raise Refusal(400, "The value of 'type' must be one of 0, 1, 2, 4, 8, 16, 32.", "type")
        wanted = Wanted(
            page=whole_number(query.get("pageIndex"), "pageIndex", 1, 1, INT32 - 1),
            size=whole_number(query.get("pageSize"), "pageSize", 10, 1, INT32 - 1),
            type=kind,
            start=date_time(query["startTime"], "startTime"),
            finish=date_time(query["finishTime"], "finishTime"),
            status=whole_number(query["status"], "status", 0, 0, INT32 - 1) if "status" in query else None,
            organization=guid(query["organizationId"], "organizationId") if "organizationId" in query else None,
        ).check("finishTime")
        page = self.paging.cut(self._chosen(wanted), wanted.page, wanted.size)
        return Answer(200, self._graph_shape(page, call, self.graph_representation))

    def _graph_shape(self, page: Page, call: Call, representation: str) -> dict[str, Any]:
        found: dict[str, Any] = {"totalCount": page.total[""]} if page.total else {}
        found["nextLink"] = self._next_link(page, call) if page.more else None
        found["jobs"] = self._rendered(page, representation)
        return {**found, "pageIndex": page.index, "pageSize": page.size}

    def _next_link(self, page: Page, call: Call) -> str | None:
        query = urlencode({**dict(call.query), "pageIndex": page.index + 1, "pageSize": page.size})
        return {
            "misprint": f"/jobs?{query}",  # as printed: relative, and without the prefix
            "absolute": f"{call.url}?{query}",
            "evil": f"{self.evil_origin}{call.path}?{query}",
            "opaque": secrets.token_urlsafe(24),
            "none": None,
        }[self.next_link]

    def _rendered(self, page: Page, representation: str) -> list[dict[str, Any]]:
        return [job.rendered(representation, self.time_format, self.running_finish_time) for job in page.items]

    def _chosen(self, wanted: Wanted) -> list[DynamicsJob]:
        """The jobs asked for, in order; kept until a job changes, or a running one enters or leaves the range."""
        jobs = self._list.look()
        if self._version != self._list.version:
            self._version = self._list.version
            self._views.clear()
        now = self.clock.date()
        counts_now = (wanted.start is None or wanted.start <= now) and (wanted.finish is None or now <= wanted.finish)
        # Whatever the page, the jobs are the same ones.
        key = (replace(wanted, page=0, size=0), counts_now)
        if key not in self._views:
            if len(self._views) > 20:  # each look of a wait asks for another range of time
                self._views.clear()
            found = [job for job in jobs if self._matches(job, wanted, counts_now)]
            if self.order != "given":
                found.sort(key=lambda job: job.start, reverse=self.order == "newest")
            self._views[key] = found
        return self._views[key]

    def _matches(self, job: DynamicsJob, wanted: Wanted, counts_now: bool) -> bool:
        ignored: dict[str, Any] = {name: 0 if name == "type" else None for name in self.ignored_filters if name != "range"}
        wanted = replace(wanted, **ignored)
        if wanted.type not in (0, job.type) or (wanted.without and job.type == wanted.without):
            return False
        if wanted.status not in (None, job.status) or wanted.organization not in (None, job.organization.lower()):
            return False
        if wanted.object_type is not None and job.object_type != wanted.object_type:
            return False
        if "range" in self.ignored_filters:
            return True
        moment = job.start if self.range_on == "start" else job.finish()
        if moment is None:
            return counts_now
        return (wanted.start is None or wanted.start <= moment) and (wanted.finish is None or moment <= wanted.finish)
