# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Restores of files and folders by Cloud Backup for Microsoft 365."""

from __future__ import annotations

import datetime
import re
import typing as t
from urllib.parse import urlsplit

from ansible_collections.avepoint.cloud.plugins.module_utils._errors import AtOnce, InvalidInput, RateLimited
from ansible_collections.avepoint.cloud.plugins.module_utils._iso8601 import format_time
from ansible_collections.avepoint.cloud.plugins.module_utils._m365 import LOCATIONS, M365
from ansible_collections.avepoint.cloud.plugins.module_utils._schema import Schema
from ansible_collections.avepoint.cloud.plugins.module_utils._start import JobStarter
from ansible_collections.avepoint.cloud.plugins.module_utils._text import clean
from ansible_collections.avepoint.cloud.plugins.module_utils._time_range import resolve_time
from ansible_collections.avepoint.cloud.plugins.module_utils._timed import moment_of

PATH = "/backup/m365/restore/jobs"
SCOPE = "microsoft365backup.restore.readwrite.all"

ONEDRIVE = "onedrive"
# The API's serviceType of each service. Lists of jobs have other numbers for the same services.
SERVICES = {"sharepoint_online": 1, ONEDRIVE: 2, "microsoft_365_groups": 3, "teams": 6}

# The most paths in one restore, as the vendor documents it.
MOST_PATHS = 20

RESTORE = "restore"

STARTED = Schema(
    {
        "type": "object",
        "required": ["data"],
        "properties": {
            "data": {
                "type": "object",
                "required": ["jobId"],
                "properties": {"jobId": {"type": "string", "minLength": 1}},
            }
        },
    }
)


class M365Restore(JobStarter):
    """A restore of files and folders of one site, or of the OneDrive of one user."""

    name = M365.name
    jobs = M365
    job_type = RESTORE
    what = "a restore"
    shown_by = "avepoint_m365_jobs_info and types restore"
    api = M365.api._replace(permission=f"{SCOPE} and {M365.api.permission}")
    scopes = [SCOPE, *M365.scopes]
    options = {
        "service": {"type": "str", "required": True, "choices": list(SERVICES)},
        "recovery_time": {"type": "str", "required": True},
        "site_url": {"type": "str"},
        "onedrive_user": {"type": "str"},
        "targets": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": {
                "library": {"type": "str", "required": True},
                "files": {"type": "list", "elements": "str"},
                "folders": {"type": "list", "elements": "str"},
            },
        },
        "location": {"type": "str", "choices": list(LOCATIONS)},
    }

    @classmethod
    def check_options(cls, params: dict, now: float) -> dict:
        resolve_time("recovery_time", params["recovery_time"], moment_of(now))
        targets = _targets(params["targets"])
        right, wrong = ("onedrive_user", "site_url") if params["service"] == ONEDRIVE else ("site_url", "onedrive_user")
        if not (params[right] or "").strip() or (params[wrong] or "").strip():
            raise InvalidInput(f"service {params['service']} needs {right}, and cannot go together with {wrong}")
        owner = params[right].strip()
        if right == "site_url" and not _is_site(owner):
            raise InvalidInput("site_url is not the address of a site, as https://contoso.sharepoint.com/sites/team is")
        if right == "onedrive_user" and not re.fullmatch(r"[^\s@/\\]+@[^\s@/\\]+", owner):
            raise InvalidInput("onedrive_user is not the sign-in name of a user, as ada@contoso.com is")
        return {**params, right: owner, "targets": targets}

    @property
    def place(self) -> dict:
        return {"location": self._params["location"]}

    @property
    def chosen(self) -> dict:
        return {**super().chosen, "service": self._params["service"]}

    @property
    def known(self) -> dict:
        return {"type": RESTORE, "type_id": 2, "service": self._params["service"]}

    @property
    def where(self) -> str:
        return "restores in the portal of Cloud Backup for Microsoft 365"

    def prepare(self) -> None:
        self._read_before()
        # By the server's clock, which the answers so far have shown.
        now = moment_of(self._now() + (self._client.skew or 0.0))
        recovery = resolve_time("recovery_time", self._params["recovery_time"], now).replace(microsecond=0)
        if recovery > now:
            raise InvalidInput(
                f"recovery_time ({format_time(recovery)}) is in the future: it is {format_time(now.replace(microsecond=0))} now, "
                f"by the clock of {self.api.name}"
            )
        self._recovery: datetime.datetime = recovery

    def send(self) -> str:
        scope = {
            "restoreTargets": [
                {
                    "libraryName": target["library"],
                    **{kind: [{"relativePath": path} for path in target[kind]] for kind in KINDS if target[kind]},
                }
                for target in self._params["targets"]
            ]
        }
        if self._params["service"] == ONEDRIVE:
            where = {"oneDriveRestoreScope": {"oneDriveUpn": self._params["onedrive_user"], **scope}}
        else:
            where = {"siteRestoreScope": {"siteUrl": self._params["site_url"], **scope}}
        body = {
            "serviceType": SERVICES[self._params["service"]],
            "recoveryDateTime": format_time(self._recovery),
            **where,
        }
        query = {"location": self._params["location"]}
        try:
            document = self._client.call("POST", PATH, STARTED, query, body, starts=True)
        except RateLimited as error:
            advice = "it runs three restores and exports at once, so wait for one of them to end, which this module does with wait"
            error.context.append(AtOnce(self.api.name, advice))
            raise
        return clean(document["data"]["jobId"])


KINDS = ("files", "folders")


def _is_site(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    if parts.scheme != "https" or not parts.hostname:
        return False
    if parts.username or parts.password or parts.query or parts.fragment:
        return False
    return text.isprintable() and not re.search(r"\s", text)


def _targets(given: list[dict]) -> list[dict]:
    """The option ``targets``, checked, and with paths as the API takes them.

    :raises InvalidInput: naming what is wrong.
    """
    if not given:
        raise InvalidInput("targets is empty: name at least one library, with files or folders in it")
    paths: list[tuple[tuple[str, ...], str]] = []
    found = []
    for place, target in enumerate(given):
        where = f"targets[{place}]"
        library = (target["library"] or "").strip()
        if not library or not library.isprintable():
            raise InvalidInput(f"{where}.library must be the name of a library, on one line")
        if not any(target[kind] for kind in KINDS):
            raise InvalidInput(f"{where} names nothing in {clean(library, 60)}: give files, folders or both")
        checked: dict[str, t.Any] = {"library": library}
        for kind in KINDS:
            checked[kind] = []
            for number, path in enumerate(target[kind] or ()):
                steps = [step for step in re.split(r"[/\\]+", path.strip()) if step]
                if not steps or {".", ".."} & {step.strip() for step in steps} or not path.strip().isprintable():
                    raise InvalidInput(
                        f"{where}.{kind}[{number}] is not a path within the library, as Reports/2026.xlsx is"
                    )
                checked[kind].append("/".join(steps))
                # Microsoft 365 ignores the case of names.
                paths.append(((library.casefold(), *(step.casefold() for step in steps)), "/".join((library, *steps))))
        found.append(checked)
    if len(paths) > MOST_PATHS:
        raise InvalidInput(
            f"targets has {len(paths)} paths, but one restore takes at most {MOST_PATHS}: split it into several"
        )
    # When sorted, a path is directly followed by the paths inside of it.
    paths.sort()
    for (outer, outer_name), (inner, inner_name) in zip(paths, paths[1:]):
        if inner[: len(outer)] == outer:
            how = "twice" if inner == outer else f"and {clean(inner_name, 100)}, which is inside of it"
            raise InvalidInput(
                f"targets has {clean(outer_name, 100)} {how}: give each path once, and none within another"
            )
    return found
