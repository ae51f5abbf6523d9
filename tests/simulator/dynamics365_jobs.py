# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A job of Cloud Backup for Dynamics 365, with the fields of the documentation's sample."""

from __future__ import annotations

from typing import Any

from .clock import Clock
from .timed_jobs import REPRESENTATIONS, TimedJob

TYPES = {1: "Backup", 2: "Restore", 4: "Dry run", 8: "Retention", 16: "Audit backup", 32: "Export"}
STATUSES = {2: "In progress", 3: "Finished", 4: "Failed", 7: "Finished with exception"}
ENDED = (3, 4, 7)
COUNTERS = [
    part + whole for whole in ("Entity", "Record") for part in ("successful", "failed", "skipped", "warning", "total")
]
GIVEN = frozenset({"module", "backup_size", "organization_id", "organization_name", "object_type"}).union(COUNTERS)


class DynamicsJob(TimedJob):
    """A job of Dynamics 365. Jobs without an organization get those of the state in turn, by `place`."""

    def __init__(self, given: dict[str, Any], place: int, organizations: list[dict[str, str]], clock: Clock) -> None:
        organization: str = given.get("organization_id", organizations[place % len(organizations)]["id"])
        values = {"organization": organization.lower(), "object_type": given.get("object_type")}
        super().__init__(given, place, clock, ENDED, GIVEN, values)
        by_id = {entry["id"]: entry["name"] for entry in organizations}
        records = 100 + place % 900
        self._fixed = {
            **dict.fromkeys(COUNTERS, 0),
            "successfulEntity": 12,
            "totalEntity": 12,
            "successfulRecord": records,
            "totalRecord": records,
            **{counter: given[counter] for counter in COUNTERS if counter in given},
            "backupSize": given.get("backup_size", records * 2048),
            "organizationId": organization,
            "organizationName": given.get("organization_name", by_id.get(organization, "unnamed")),
        }

    def rendered(self, types_as: str, times: dict[str, Any]) -> dict[str, Any]:
        """The job as the API returns it. `types_as` is a key of REPRESENTATIONS."""
        represent = REPRESENTATIONS[types_as]
        return {
            "module": self.given.get("module", "Customer Engagement"),
            "type": represent(self.type, TYPES),
            "jobId": self.job_id,
            **times,
            "durationHours": round(self.seconds() / 3600, 4),
            "status": represent(self.status, STATUSES),
            **self._fixed,
            **self.extra,
        }
