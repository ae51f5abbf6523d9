# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Restores of Microsoft 365. What all starts share is in test_starting.py."""

from __future__ import annotations

import datetime

import pytest

from ansible_collections.avepoint.cloud.plugins.module_utils._m365_restore import M365Restore
from ansible_collections.avepoint.cloud.tests.unit.plugins.module_utils.support import failed, succeeded

SITE = "https://contoso.example/sites/team"
TARGETS = [{"library": "Documents", "files": ["a/b.docx"], "folders": ["c"]}]


class Restores:
    """A cloud, and files restored there."""

    def __init__(self, cloud):
        self.cloud = cloud
        self.set()

    def set(self, *jobs, restore=None, **state):
        self.cloud.set(m365={"jobs": list(jobs)}, m365_restore=restore or {}, **state)

    def restore(self, **options):
        given = {
            "service": "sharepoint_online",
            "recovery_time": "-24h",
            "site_url": SITE,
            "targets": TARGETS,
            **options,
        }
        return self.cloud.start(M365Restore, **given)

    def started(self):
        return [one["id"] for one in self.cloud.simulator.started()]

    def faults(self, *faults, service="m365_restore"):
        self.cloud.simulator.faults(*({"match": {"service": service}, **fault} for fault in faults))

    def sent(self):
        return self.cloud.simulator.requests("m365_restore")


@pytest.fixture
def restores(cloud):
    return Restores(cloud)


def busy(count, **more):
    more = more or {"status": 1}
    return [{"job_id": f"busy{number}", "type": 2, "service": 2, **more} for number in range(count)]


def test_a_restore_of_a_site(restores):
    result = succeeded(restores.restore(recovery_time="2026-01-02T03:04:05.9+01:00", location="EUR"))
    (request,) = restores.sent()
    assert request["json"] == {
        "serviceType": 1,
        "recoveryDateTime": "2026-01-02T02:04:05Z",
        "siteRestoreScope": {
            "siteUrl": SITE,
            "restoreTargets": [
                {
                    "libraryName": "Documents",
                    "files": [{"relativePath": "a/b.docx"}],
                    "folders": [{"relativePath": "c"}],
                }
            ],
        },
    }
    assert request["query"] == {"location": "EUR"}
    (started,) = restores.started()
    assert (result["changed"], result["product"], result["job_id"]) == (True, "m365", started)
    told = {name: result["job"][name] for name in ("job_id", "type", "type_id", "service", "state")}
    assert told == {
        "job_id": started,
        "type": "restore",
        "type_id": 2,
        "service": "sharepoint_online",
        "state": "running",
    }
    assert result["summary"]["latest_success"] is None
    assert "warnings" not in result
    (login,) = restores.cloud.simulator.requests("identity")
    assert login["form"]["scope"].split() == [
        "microsoft365backup.restore.readwrite.all",
        "microsoft365backup.jobInfo.read.all",
    ]


@pytest.mark.parametrize(
    ("service", "number", "kind"),
    [("onedrive", 2, 3), ("microsoft_365_groups", 3, 4), ("teams", 6, 7)],
)
def test_the_other_services(restores, service, number, kind):
    owner = {"onedrive_user": "ada@contoso.example", "site_url": None} if number == 2 else {}
    restores.faults({"kind": "close"})
    result = succeeded(restores.restore(service=service, **owner))
    body = restores.sent()[0]["json"]
    assert (body["serviceType"], ("oneDriveRestoreScope" in body)) == (number, number == 2)
    assert [result["job_id"]] == restores.started()  # found among the jobs of that service
    listed = [request for request in restores.cloud.simulator.requests("m365") if "objectType" in request["query"]]
    assert {request["query"]["objectType"] for request in listed} == {str(kind)}


def test_it_waits_until_the_restore_has_ended(restores):
    restores.cloud.together()
    result = succeeded(restores.restore(wait=True, wait_sleep=10))
    assert (result["job"]["state"], result["summary"]["all_succeeded"]) == ("succeeded", True)
    restores.set(restore={"timeline": [[0, 1], [5, 4]]})
    restores.cloud.together()
    result = restores.restore(wait=True)
    failed(result, "job_failed", restores.started()[0], "restore, finished_with_exception")
    assert result["changed"] is True


# Refused before it is sent


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"recovery_time": "yesterday"}, ["recovery_time cannot be read"]),
        ({"site_url": None}, ["sharepoint_online needs site_url"]),
        ({"onedrive_user": "a@b.example"}, ["cannot go together with onedrive_user"]),
        ({"service": "onedrive"}, ["onedrive needs onedrive_user"]),
        ({"service": "onedrive", "site_url": None, "onedrive_user": "ada"}, ["sign-in name"]),
        ({"site_url": "http://contoso.example/sites/a"}, ["site_url is not"]),
        ({"site_url": "https://user:pass@contoso.example/"}, ["site_url is not"]),
        ({"site_url": "https://contoso.example/a b"}, ["site_url is not"]),
        ({"targets": []}, ["targets is empty"]),
        ({"targets": [{"library": "a"}]}, ["targets[0] names nothing"]),
        ({"targets": [{"library": "a", "files": []}]}, ["targets[0] names nothing"]),
        ({"targets": [{"library": " ", "files": ["a"]}]}, ["targets[0].library"]),
        ({"targets": [{"library": "a", "files": ["/"]}]}, ["targets[0].files[0]"]),
        ({"targets": [{"library": "a", "folders": ["b", "../c"]}]}, ["targets[0].folders[1]"]),
        ({"targets": [{"library": "a", "files": [f"f{number}" for number in range(21)]}]}, ["21 paths", "at most 20"]),
        (
            {
                "targets": [
                    {"library": "a", "files": [f"f{number}" for number in range(11)]},
                    {"library": "b", "folders": [f"f{number}" for number in range(10)]},
                ]
            },
            ["21 paths"],
        ),
        ({"targets": [{"library": "a", "folders": ["b"], "files": ["b/c/d"]}]}, ["a/b and a/b/c/d", "inside"]),
        ({"targets": [{"library": "a", "folders": ["b/"]}, {"library": "A", "files": ["B\\c"]}]}, ["inside"]),
        ({"targets": [{"library": "a", "files": ["b", "x", "B"]}]}, ["twice"]),
    ],
)
def test_bad_input_sends_nothing(restores, options, words):
    for check_mode in (False, True):
        result = restores.restore(check_mode=check_mode, **options)
        failed(result, "invalid_input", *words)
        assert restores.cloud.simulator.requests() == []
        assert (result["changed"], result["job"]) == (False, None)


def test_paths_that_only_look_alike(restores):
    files = ["b", "bc/d", "b.txt", *(f"f{number}" for number in range(17))]
    succeeded(restores.restore(targets=[{"library": "a", "files": files}]))


@pytest.mark.parametrize(("offset", "recovery", "ok"), [(0, 600, False), (7200, 600, True), (-7200, -600, False)])
def test_the_future_is_by_the_clock_of_the_server(restores, offset, recovery, ok):
    restores.set(date_offset=offset)
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=recovery)
    options = {"recovery_time": moment.strftime("%Y-%m-%dT%H:%M:%SZ")}
    if ok:
        succeeded(restores.restore(**options))
    else:
        for check_mode in (False, True):
            failed(restores.restore(check_mode=check_mode, **options), "invalid_input", "recovery_time", "future")
        assert restores.sent() == []


def test_check_mode_starts_nothing(restores):
    result = succeeded(restores.restore(check_mode=True, wait=True))
    assert (result["changed"], result["job_id"], restores.sent()) == (True, None, [])


def test_now_is_not_the_future(restores):
    succeeded(restores.restore(recovery_time="now"))


# Three at once


def test_a_restore_that_waits_for_others_to_end(restores):
    restores.set(*busy(3, timeline=[[0, 1], [100, 2]]))
    restores.cloud.together()
    seen = []
    result = succeeded(restores.restore(wait=True, wait_sleep=30, report=seen.append, max_retries=1))
    assert [result["job_id"]] == restores.started()
    assert (result["changed"], result["job"]["state"]) == (True, "succeeded")
    refused = [one.says for one in seen if one.says and one.says.startswith("not started yet")]
    assert len(refused) >= 2 and "three restores" in refused[0]


def test_a_restore_that_waits_in_vain(restores):
    restores.set(*busy(3))
    restores.cloud.together()
    result = restores.restore(wait=True, wait_timeout=100)
    failed(result, "wait_timeout", "nothing had been started", "Too many restore")
    assert (result["changed"], restores.started(), result["error"]["http_status"]) == (False, [], 429)
    assert result["timed_out"] is True


def test_a_restore_that_does_not_wait_is_told(restores):
    restores.set(*busy(3))
    result = restores.restore(max_retries=0)
    failed(result, "rate_limited", "Too many restore", "with wait")
    assert (result["changed"], restores.started()) == (False, [])


# Never twice


@pytest.mark.parametrize("kind", ["reset", "close", "cut", "status", "empty", "html"])
def test_a_lost_answer(restores, kind):
    restores.set(*busy(1), {"job_id": "old", "type": 2, "service": 2, "status": 2})
    restores.faults({"kind": kind})
    result = succeeded(restores.restore())
    assert (len(restores.sent()), [result["job_id"]]) == (1, restores.started())
    assert "was lost" in result["warnings"][0]


def test_a_lost_request(restores):
    restores.set(*busy(2), {"job_id": "old", "type": 2, "service": 2, "status": 2})
    restores.faults({"kind": "reset", "when": "before"})
    result = restores.restore()
    failed(result, "start_unknown", "nothing new", "avepoint_m365_jobs_info")
    assert (result["changed"], result["job_id"], restores.started()) == (True, None, [])
