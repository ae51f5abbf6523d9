# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A job of Cloud Backup for Dynamics 365, with the fields of the documentation's sample, and ways of writing times."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any, Callable

from .clock import Clock
from .jobs import Job

TYPES = {1: "Backup", 2: "Restore", 4: "Dry run", 8: "Retention", 16: "Audit backup", 32: "Export"}
STATUSES = {2: "In progress", 3: "Finished", 4: "Failed", 7: "Finished with exception"}
ENDED = (3, 4, 7)
COUNTERS = [
    part + whole for whole in ("Entity", "Record") for part in ("successful", "failed", "skipped", "warning", "total")
]
GIVEN = frozenset(
    {"module", "start_time", "finish_time", "backup_size", "organization_id", "organization_name", "object_type"}
).union(COUNTERS)
TIME_FORMATS: dict[str, Callable[[datetime], str]] = {
    "milliseconds": lambda when: when.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
    "ticks": lambda when: when.strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z",
    "seconds": lambda when: when.strftime("%Y-%m-%dT%H:%M:%SZ"),
    "offset": lambda when: when.astimezone(timezone(timedelta(hours=9))).isoformat(timespec="milliseconds"),
    "naive": lambda when: when.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3],
}
REPRESENTATIONS: dict[str, Callable[[Any, dict[int, str]], Any]] = {
    "number": lambda value, names: value,
    "numeric_string": lambda value, names: str(value),
    "name": lambda value, names: names.get(value, f"Unknown{value}") if isinstance(value, int) else value,
}


class DynamicsJob(Job):
    """Whatever the state leaves open is filled in: jobs are given newest first, and what has ended took 45 seconds."""

    def __init__(self, given: dict[str, Any], place: int, organizations: list[dict[str, str]], clock: Clock) -> None:
        super().__init__(given, GIVEN)
        self._clock = clock
        default = self.appears or -60.0 * (place + 1)
        if "insert_at_request" in given:
            default = given["insert_at_request"] / 1000  # newer than all before it
        start = self._date(given.get("start_time", default))
        assert start is not None
        self.start: datetime = start
        self._finish = self._date(given.get("finish_time"))
        self._ended_before = self.timeline[0][0] <= 0 and self.timeline[0][1] in ENDED
        by_id = {entry["id"]: entry["name"] for entry in organizations}
        self.organization: str = given.get("organization_id", organizations[place % len(organizations)]["id"])
        self.object_type = given.get("object_type")
        records = 100 + place % 900
        self._fixed = {
            **dict.fromkeys(COUNTERS, 0),
            "successfulEntity": 12,
            "totalEntity": 12,
            "successfulRecord": records,
            "totalRecord": records,
            **{counter: given[counter] for counter in COUNTERS if counter in given},
            "backupSize": given.get("backup_size", records * 2048),
            "organizationId": self.organization,
            "organizationName": given.get("organization_name", by_id.get(self.organization, "unnamed")),
        }

    def _date(self, given: Any) -> datetime | None:
        """A date of the state: ISO 8601 with an offset, or seconds from the moment the state was set."""
        if isinstance(given, str):
            return datetime.fromisoformat(given.replace("Z", "+00:00")).astimezone(timezone.utc)
        return None if given is None else self._clock.date(given)

    def finish(self) -> datetime | None:
        """When the job ended, None while it runs."""
        if self._finish is not None or self.status not in ENDED:
            return self._finish if self.status in ENDED else None
        if self._ended_before and self.since == self.timeline[0][0]:
            return self.start + timedelta(seconds=45)
        return self._clock.date(self.since)

    def rendered(self, types_as: str, times_as: str, unfinished: Any) -> dict[str, Any]:
        """The job as the API shows it."""
        finish, write, represent = self.finish(), TIME_FORMATS[times_as], REPRESENTATIONS[types_as]
        found = {
            "module": self.given.get("module", "Customer Engagement"),
            "type": represent(self.type, TYPES),
            "jobId": self.job_id,
            "startTime": write(self.start),
            "finishTime": unfinished if finish is None else write(finish),
            "durationHours": round(((finish or self._clock.date()) - self.start).total_seconds() / 3600, 4),
            "status": represent(self.status, STATUSES),
            **self._fixed,
            **self.extra,
        }
        if found["finishTime"] == "absent":
            del found["finishTime"]
        return found
