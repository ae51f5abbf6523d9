# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cloud Backup for Dynamics 365: the vendor's "Gets job information" (v1) and its successor in the Graph API."""

from __future__ import annotations

import datetime
import functools
import re
import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._client import Api
from ansible_collections.avepoint.cloud.plugins.module_utils._crawl import Crawl
from ansible_collections.avepoint.cloud.plugins.module_utils._errors import AvePointError, InvalidInput, InvalidResponse
from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import (
    CLOCK_SKEW,
    UNKNOWN,
    Status,
    format_time,
    job_time,
    parse_time,
    whole,
    worse,
)
from ansible_collections.avepoint.cloud.plugins.module_utils._paging import Listing, Page, read_all
from ansible_collections.avepoint.cloud.plugins.module_utils._schema import ListSchema
from ansible_collections.avepoint.cloud.plugins.module_utils._service import Look, Service, page_or_refusal
from ansible_collections.avepoint.cloud.plugins.module_utils._text import clean

V1_PATH = "/api/OpenApi/GetJobs"
GRAPH_PATH = "/dynamicsbackup/jobs"

COUNTS = tuple(
    f"{outcome}{kind}"
    for kind in ("Entity", "Record")
    for outcome in ("successful", "failed", "skipped", "warning", "total")
)

JOB = {
    "type": "object",
    "required": ["jobId", "type", "status"],
    "properties": {
        "jobId": {"type": "string", "minLength": 1},
        "type": {"type": ["integer", "string"]},
        "status": {"type": ["integer", "string"]},
        "durationHours": {"type": ["number", "null"]},
        "backupSize": {"type": ["number", "null"]},
        **{
            name: {"type": ["string", "null"]}
            for name in ("module", "startTime", "finishTime", "organizationId", "organizationName")
        },
        **{name: {"type": ["integer", "null"]} for name in COUNTS},
    },
}

_TOTAL = {"type": ["integer", "null"], "minimum": 0}

#: By the property that holds the jobs: what that form of answer has to look like.
ANSWERS = {
    "result": ListSchema("result", JOB, {"totalNumber": _TOTAL}),
    "jobs": ListSchema("jobs", JOB, {"totalCount": _TOTAL, "pageSize": {"type": ["integer", "null"]}}),
}

TYPES = {1: "backup", 2: "restore", 4: "dry_run", 8: "retention", 16: "audit_backup", 32: "export"}

IN_PROGRESS = 2

STATUSES = {
    IN_PROGRESS: Status("in_progress", "running"),
    3: Status("finished", "succeeded"),
    4: Status("failed", "failed"),
    7: Status("finished_with_exception", "finished_with_exception"),
}

# Both APIs take these and no others; 32 is known to the successor alone.
ALL_TYPES = 0
V1_TYPES = frozenset((1, 2, 4, 8, 16))

# Times may have been rounded before they were compared.
ROUNDING = datetime.timedelta(seconds=1)

# Where nothing says what time it is for the server, it is not later there than this after now.
LATEST = datetime.timedelta(days=1)

# A job that is still running is looked for this long before the range.
LONGEST_RUN = datetime.timedelta(days=30)

_RELATIVE = re.compile(r"-(\d{1,6})([smhdw])\Z", re.ASCII)
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.ASCII | re.IGNORECASE)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class _Answer:
    """The schema of an answer of either form, with the place of what is wrong in it."""

    @staticmethod
    def check(document: t.Any) -> None:
        forms = [name for name in ANSWERS if isinstance(document, dict) and name in document]
        if len(forms) != 1:
            raise InvalidResponse('there should be either "result" or "jobs" in the answer')
        ANSWERS[forms[0]].check(document)


class Dynamics365(Service):
    """The jobs of one AvePoint tenant.

    Whether the server applies the range of time to a job's start or to its finish is not documented. So jobs in
    progress are asked for a second time, with a range that begins much earlier; and a job that was seen running is
    followed by beginning the range at its start.
    """

    api = Api(
        name="Cloud Backup for Dynamics 365",
        permission="Dynamics.ReadWrite.All",
        registration="AvePoint Online Services > App registrations",
        not_found="one of its two APIs may not be served there, so set api: graph (or api: auto), and check region or graph_url",
    )
    scopes = ["Dynamics.ReadWrite.All"]
    types = TYPES
    statuses = STATUSES
    options = {
        "start_time": {"type": "str", "default": "-24h"},
        "finish_time": {"type": "str", "default": "now", "aliases": ["end_time"]},
        "organization_id": {"type": "str"},
        "object_type": {"type": "int"},
        "api": {"type": "str", "default": "auto", "choices": ["auto", "v1", "graph"]},
    }
    page_size = 50

    def __init__(self, params: dict, client: t.Any, now: t.Callable[[], float]):
        super().__init__(params, client, now)
        self._set_clock()
        self._widened = False
        self._v1_answers = False
        self._no_running = ""
        self.answered_by = None if params["api"] == "auto" else params["api"]

    @classmethod
    def check(cls, params: dict, now: float) -> None:
        start, finish = _range(params, _moment(now))
        if start > (finish or _moment(now)):
            raise InvalidInput(
                f"start_time ({format_time(start)}) is after finish_time ({format_time(finish or _moment(now))})"
            )
        params["organization_id"] = (params["organization_id"] or "").strip() or None
        if params["organization_id"] and not _GUID.match(params["organization_id"]):
            raise InvalidInput("organization_id must be a GUID, such as 00000000-0000-0000-0000-000000000000")
        if params["object_type"] is not None and params["api"] == "graph":
            raise InvalidInput("object_type is known to api: v1 only: leave it out, or set api: v1")

    @classmethod
    def summary(cls, look: Look) -> dict:
        times = [job["finish_time"] for job in look.jobs if job["state"] == "succeeded" and job["finish_time"]]
        # Without its "Z" a time sorts before the same one with milliseconds.
        return {**super().summary(look), "latest_success": max(times, key=lambda text: text.rstrip("Z"), default=None)}

    def warnings(self) -> list[str]:
        found = super().warnings()
        if self._no_running:
            found.append(
                "Jobs in progress could not be asked for by themselves, so one that began before start_time and still runs may "
                f"not be among the jobs: set start_time to before it began. {self._no_running}"
            )
        return found

    def look(self, faults: list[AvePointError] | None = None) -> Look:
        # Its lists are parts of one, so none can be left out.
        if self.answered_by is not None:
            return super().look()
        self.answered_by = "v1"
        try:
            return super().look()
        except AvePointError as error:
            # The filter by object type would be lost with the other API, so it does not take its place then. And an API
            # that has answered exists: what fails later is no reason to take the other one.
            absent = error.http_status in (404, 405, 501) and not self._v1_answers
            if not absent or self._params["object_type"] is not None:
                self.answered_by = "v1" if self._v1_answers or not error.transient else None
                raise
        self.answered_by = "graph"
        return super().look()

    def _set_clock(self) -> None:
        super()._set_clock()
        if not self._settled:
            self._began = _moment(self._time())
            self._start, self._finish = _range(self._params, self._began)

    def _in_time(self) -> bool:
        if self._client.skew is None and not (_absolute(self._params["start_time"]) and self._finish):
            raise InvalidResponse(
                f"no answer of {self.api.name} has a Date header that can be read, so nothing shows whether the clock of this "
                "machine is right, by which the range of time was chosen: check what removes the header, such as a proxy, or give "
                "start_time and finish_time as absolute times",
                200,
            )
        return super()._in_time()

    def _crawls(self) -> list[Crawl]:
        latest = _moment(self._time()) + (LATEST if self._client.skew is None and self._finish else CLOCK_SKEW)
        finish = self._finish or latest
        still_open = [job for job in self._seen.values() if not job["finished"]]
        if still_open:
            finish = max(finish, latest)  # that is when they will finish
        start = min([self._start, *(parse_time(job["start_time"]) for job in still_open if job["start_time"])])
        self._widened = start < self._start or finish > (self._finish or finish)
        states, statuses = self._params["states"], list(STATUSES)
        if states:
            statuses = [number for number, status in STATUSES.items() if status.state in states]
        status = statuses[0] if states and len(statuses) == len(states) == 1 else None
        crawls = [Crawl(self._pages(), functools.partial(self._fetch, start, finish, status))]
        if IN_PROGRESS in statuses and self._params["page"] is None:
            earlier = start - LONGEST_RUN if start.year > 1970 else start
            running = read_all(
                self._params["page_size"],
                self._key,
                worse,
                self._most(),
                lambda job: _runs(job) and self._chosen(job),
            )
            crawls.append(Crawl(running, functools.partial(self._fetch, earlier, max(finish, latest), IN_PROGRESS)))
        return crawls

    def _read(self, crawls: list[Crawl], faults: list[AvePointError] | None) -> list[Listing]:
        # In this order, a job that ends meanwhile is in one of them at least.
        try:
            running = super()._read(crawls[1:], faults)
        except InvalidInput as error:
            if error.http_status != 400:
                raise
            running = []  # a server that takes no such filter, or no range that long, still answers what was asked for
            self._no_running = str(error)
        (asked,) = super()._read(crawls[:1], faults)
        # What a server lists there that does not go by the status had ended before the range, and is not wanted.
        return [
            asked,
            *(
                listing._replace(items=[job for job in listing.items if _runs(job) and not self._began_after(job)])
                for listing in running
            ),
        ]

    def _began_after(self, job: dict) -> bool:
        """Whether all that is known of when the job ran is after the range."""
        began, ended = _times(job)
        return self._finish is not None and began is not None and min(began, ended or began) - self._finish > ROUNDING

    def _ended_before(self, job: dict) -> bool:
        """Whether the job had surely ended before the range; a success has to show that it had not."""
        began, ended = _times(job)
        if job["state"] == STATUSES[IN_PROGRESS].state or not (began or ended):
            return False
        if ended is None and job["state"] != "succeeded":
            return False
        return self._start - max(moment for moment in (began, ended) if moment) > ROUNDING

    def _chosen(self, job: dict) -> bool:
        if not super()._chosen(job):
            return False
        wanted, owner = self._params["organization_id"], job["organization_id"]
        if wanted and owner and _guid(owner) != _guid(wanted):
            if _guid(owner):
                return False
            self._doubt(
                "The organization of these jobs is no GUID to compare with organization_id, so they are among the jobs",
                job,
            )
        if self._key(job) in self._seen:
            return True
        if self._began_after(job) or self._ended_before(job):
            return False
        if not self._widened or not job["start_time"] or not job["finished"]:
            return True
        # The range began earlier than was asked for: what else had ended by then is not wanted.
        return parse_time(job["start_time"]) >= self._start or (
            job["finish_time"] is not None and parse_time(job["finish_time"]) >= self._began
        )

    def _total(self, listings: list[Listing]) -> int:
        if listings[0].truncated:
            return listings[0].total  # which of the running ones are among them has not been read
        listed = {self._key(job) for job in listings[0].items}
        return listings[0].total + sum(
            self._key(job) not in listed for listing in listings[1:] for job in listing.items
        )

    def _fetch(self, start: datetime.datetime, finish: datetime.datetime, status: int | None, number: int) -> Page:
        ask = self._graph_page if self.answered_by == "graph" else self._v1_page
        return page_or_refusal(functools.partial(ask, format_time(start), format_time(finish), status), number)

    def _v1_page(self, start: str, finish: str, status: int | None, number: int) -> Page:
        body = {
            "pageInfo": {"currentPage": number, "pageSize": self._params["page_size"]},
            "type": self._type_filter(V1_TYPES),
            "startTime": start,
            "endTime": finish,
            "status": status,
            "organizationId": self._params["organization_id"],
            "objectType": self._params["object_type"],
        }
        # No other property is allowed, and what is not set is left out.
        document = self._client.call(
            "POST", V1_PATH, _Answer, body={name: value for name, value in body.items() if value is not None}
        )
        self._v1_answers = True
        return self._page_of(document)

    def _graph_page(self, start: str, finish: str, status: int | None, number: int) -> Page:
        query = {
            "pageIndex": number,
            "pageSize": self._params["page_size"],
            "type": self._type_filter(frozenset(TYPES)),
            "startTime": start,
            "finishTime": finish,
            "status": status,
            "organizationId": self._params["organization_id"],
        }
        return self._page_of(
            self._client.call(
                "GET", GRAPH_PATH, _Answer, {name: value for name, value in query.items() if value is not None}
            )
        )

    def _type_filter(self, known: frozenset[int]) -> int:
        """The one type that the server can filter by, or all."""
        wanted = [number for number, name in TYPES.items() if name in (self._params["types"] or ())]
        return wanted[0] if len(wanted) == 1 and wanted[0] in known else ALL_TYPES

    def _page_of(self, document: dict) -> Page:
        form = "result" if "result" in document else "jobs"
        jobs = [self._job(f"{form}[{index}]", entry) for index, entry in enumerate(document[form])]
        total = document.get("totalNumber" if form == "result" else "totalCount")
        size = document.get("pageSize") if form == "jobs" else None
        return Page(jobs, whole(total), whole(size))

    def _job(self, place: str, entry: dict) -> dict:
        job = {
            "job_id": clean(entry["jobId"]),
            **self.vocabulary.describe(entry["type"], entry["status"]),
            "module": _text(entry.get("module")),
            "start_time": job_time(f"{place}.startTime", entry.get("startTime")),
            "finish_time": job_time(f"{place}.finishTime", entry.get("finishTime")),
            "duration_hours": entry.get("durationHours"),
            **{_snake(name): whole(entry.get(name)) for name in COUNTS},
            "backup_size": whole(entry.get("backupSize")),
            "organization_id": _text(entry.get("organizationId")),
            "organization_name": _text(entry.get("organizationName")),
        }
        self._check_times(job)
        if self._params["include_raw"]:
            job["raw"] = entry
        return job

    def _check_times(self, job: dict) -> None:
        """Takes back that a job ended well whose times cannot be: its state is unknown then, and its status what was sent."""
        began, ended = _times(job)
        if not job["finished"] or job["state"] == "failed" or not (began or ended):
            return
        latest = max(moment for moment in (began, ended) if moment)
        skew = datetime.timedelta(seconds=self._client.skew or 0.0)
        now = _moment(self._now()) + (skew if abs(skew) > CLOCK_SKEW else datetime.timedelta(0))
        if began and ended and began - ended > ROUNDING:
            what = "finished before they began"
        elif latest - now > CLOCK_SKEW:
            what = "began or finished in the future"
        else:
            return
        job.update(state=UNKNOWN.state, finished=False)
        self._doubt(f"By their times, these jobs {what}, so what became of them is unknown", job)


def _times(job: dict) -> tuple[datetime.datetime | None, datetime.datetime | None]:
    began, ended = (job[name] and parse_time(job[name]) for name in ("start_time", "finish_time"))
    return began, ended


def _guid(text: str) -> str | None:
    """A GUID in the form in which it can be compared; None when it is none."""
    digits = re.sub(r"[\s{}()-]", "", text, flags=re.ASCII).lower()
    return digits if re.fullmatch(r"[0-9a-f]{32}", digits, re.ASCII) else None


def _absolute(text: str) -> bool:
    return text.strip().lower() != "now" and not _RELATIVE.match(text.strip().lower())


def _runs(job: dict) -> bool:
    return job["state"] == STATUSES[IN_PROGRESS].state


def _snake(name: str) -> str:
    return re.sub(r"([A-Z])", r"_\1", name).lower()


def _text(value: str | None) -> str | None:
    return None if value is None else clean(value)


def _moment(seconds: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)


def _range(params: dict, now: datetime.datetime) -> tuple[datetime.datetime, datetime.datetime | None]:
    """Start and finish of the range; None for a finish that is ``now`` and so moves on while one waits."""
    start = _resolve("start_time", params["start_time"], now)
    finish = params["finish_time"].strip().lower()
    return start, None if finish == "now" else _resolve("finish_time", finish, now)


def _resolve(option: str, text: str, now: datetime.datetime) -> datetime.datetime:
    word = text.strip()
    if word.lower() == "now":
        return now
    relative = _RELATIVE.match(word.lower())
    try:
        if relative:
            return now - datetime.timedelta(**{_UNITS[relative.group(2)]: int(relative.group(1))})
        return parse_time(word)
    except (ValueError, OverflowError):
        raise InvalidInput(
            f"{option} cannot be read: give an ISO 8601 time such as 2026-01-31T22:00:00Z, "
            "or one relative to now such as -90m, -24h, -7d or now"
        ) from None
