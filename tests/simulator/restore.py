# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Restores of files and folders by Cloud Backup for Microsoft 365. Only a few may run at the same time (three by default)."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field
from typing import Any

from .answers import Answer, Call, Refusal, only, read_json, read_query, traced
from .baselines import members, text
from .jobs import since
from .listing import closed
from .microsoft365 import Microsoft365, location_of
from .values import date_time

SCOPES = ("microsoft365backup.restore.readwrite.all",)
PATH = "/backup/m365/restore/jobs"
ONE_DRIVE = 2
SERVICES = {1: 2, ONE_DRIVE: 3, 3: 4, 6: 7}  # serviceType: the objectType of the job
RESTORE, EXPORT = 2, 3  # types of jobs
IN_PROGRESS = 1
MOST_PATHS = 20
SECONDS = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", re.ASCII)


@dataclass
class Restores:
    jobs: Microsoft365
    started: list[dict[str, Any]]
    call_status: int | None = None
    at_once: int = 3
    timeline: list[Any] = field(default_factory=lambda: [[0, 1], [20, 2]])

    def start(self, call: Call) -> Answer:
        closed(self.call_status)
        location = location_of(read_query(call, {"location"}))
        body = read_json(call, required=True)
        only(body, {"serviceType", "recoveryDateTime", "siteRestoreScope", "oneDriveRestoreScope"})
        kind = body.get("serviceType")
        if isinstance(kind, bool) or not isinstance(kind, int) or kind not in SERVICES:
            raise Refusal(400, "The value of 'serviceType' must be one of 1, 2, 3, 6.", "serviceType")
        self._check_time(body)
        self._check_scope(body, kind)
        running = [job for job in self.jobs.list.look() if job.type in (RESTORE, EXPORT) and job.status == IN_PROGRESS]
        if len(running) >= self.at_once:
            raise Refusal(429, "Too many restore or export jobs are running.", code="tooManyJobs")
        clock = self.jobs.clock
        given = {"job_id": str(uuid.uuid4()), "type": RESTORE, "service": SERVICES[kind], "location": location}
        timeline = since(clock, self.timeline)
        job = self.jobs.made({**given, "timeline": timeline, "start_time": timeline[0][0]}, 0)
        self.jobs.list.add(job)
        self.started.append({"service": "m365_restore", "id": job.job_id, "location": location})
        return Answer(200, {**traced(200, ""), "data": {"jobId": job.job_id}})

    def _check_time(self, body: dict[str, Any]) -> None:
        found = text(body, "recoveryDateTime")
        if not SECONDS.fullmatch(found):
            raise Refusal(400, "The recoveryDateTime must be as yyyy-MM-ddTHH:mm:ssZ.", "recoveryDateTime")
        if date_time(found, "recoveryDateTime") > self.jobs.clock.date():
            raise Refusal(400, "The recoveryDateTime is in the future.", "recoveryDateTime")

    @staticmethod
    def _check_scope(body: dict[str, Any], kind: int) -> None:
        right, wrong, owner = ("siteRestoreScope", "oneDriveRestoreScope", "siteUrl")
        if kind == ONE_DRIVE:
            right, wrong, owner = ("oneDriveRestoreScope", "siteRestoreScope", "oneDriveUpn")
        if wrong in body:
            raise Refusal(400, f"The property '{wrong}' is not for this serviceType.", wrong)
        scope = body.get(right)
        if not isinstance(scope, dict):
            raise Refusal(400, f"The property '{right}' is required.", right)
        only(scope, {owner, "restoreTargets"}, f"{right}.")
        named = text(scope, owner, f"{right}.")
        if "@" not in named if kind == ONE_DRIVE else not named.startswith("https://"):
            raise Refusal(400, f"The value of '{right}.{owner}' is not valid.", f"{right}.{owner}")
        paths: list[tuple[str, ...]] = []
        for place, target in enumerate(members(scope, "restoreTargets", f"{right}.")):
            paths += _paths(target, f"{right}.restoreTargets[{place}].")
        where = f"{right}.restoreTargets"
        if len(paths) > MOST_PATHS:
            raise Refusal(400, f"More than {MOST_PATHS} paths in one restore.", where)
        for place, path in enumerate(paths):
            others = paths[:place] + paths[place + 1 :]
            if any(other[: len(path)] == path for other in others):
                raise Refusal(400, "A path is inside another.", where)


def _paths(target: dict[str, Any], prefix: str) -> list[tuple[str, ...]]:
    """The paths of a target, each as a tuple of the library and the names in the path."""
    only(target, {"libraryName", "files", "folders"}, prefix)
    library = text(target, "libraryName", prefix).lower()
    given = [name for name in ("files", "folders") if name in target]
    if not given:
        raise Refusal(400, f"'{prefix}files' or '{prefix}folders' is required.", f"{prefix}files")
    found = []
    for name in given:
        for place, entry in enumerate(members(target, name, prefix)):
            where = f"{prefix}{name}[{place}]."
            only(entry, {"relativePath"}, where)
            steps = re.split(r"[/\\]+", text(entry, "relativePath", where).strip("/\\").lower())
            found.append((library, *steps))
    return found
