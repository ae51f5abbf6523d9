# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs of Cloud Backup for IaaS + PaaS, from the simulator."""

from __future__ import annotations

import pytest

from ansible_collections.avepoint.cloud.tests.unit.plugins.module_utils.support import failed, job_ids, succeeded

HOUR, DAY = 3600, 86400
STATES = {
    0: ("not_started", "waiting", False),
    1: ("in_progress", "running", False),
    2: ("successful", "succeeded", True),
    4: ("skipped", "skipped", True),
    8: ("exception", "finished_with_exception", True),
    16: ("failed", "failed", True),
    32: ("waiting", "waiting", False),
    64: ("stopped", "stopped", True),
}
TYPES = {
    1: "azure_vm_backup",
    2: "azure_vm_restore",
    4: "azure_vm_file_export",
    33: "azure_vm_index_generation",
    64: "data_retention",
    128: "entra_id_backup",
    256: "entra_id_restore",
    257: "entra_id_export",
    1024: "azure_storage_backup",
    2048: "azure_storage_restore",
    4096: "azure_storage_export",
    20003: "admin_portal_settings_backup",
    20004: "admin_portal_settings_export",
    20006: "admin_portal_settings_restore",
    20009: "amazon_ec2_backup",
    20010: "amazon_ec2_restore",
    20012: "native_azure_sql_backup",
    20013: "native_azure_sql_restore",
    20014: "azure_devops_backup",
    20015: "azure_devops_restore",
    20016: "azure_sql_backup",
    20017: "azure_sql_restore",
    20018: "azure_vm_file_restore",
    20019: "azure_ad_b2c_backup",
    20020: "azure_ad_b2c_restore",
    20022: "google_vm_backup",
    20023: "google_vm_restore",
    20024: "google_vm_index_generation",
    20025: "google_vm_file_export",
    30003: "data_deletion",
    40000: "aws_configuration_backup",
    40001: "aws_configuration",
    60000: "sql_server_backup",
    60001: "sql_server_restore",
    60010: "vmware_backup",
    60011: "vmware_restore",
    60100: "postgresql_backup",
    60101: "postgresql_restore",
    70010: "google_cloud_storage_backup",
    70011: "google_cloud_storage_restore",
    70012: "google_cloud_storage_export",
    80000: "cosmos_db_backup",
    80010: "cosmos_db_restore",
    90000: "entra_external_id_backup",
    90001: "entra_external_id_restore",
    90002: "entra_external_id_export",
    90110: "amazon_s3_backup",
    90120: "amazon_s3_restore",
}
SERVICES = {
    "azure_vm": 1,
    "entra_id": 2,
    "azure_storage": 4,
    "admin_portal_settings": 64,
    "common": 128,
    "amazon_ec2": 256,
    "native_azure_sql": 512,
    "azure_devops": 1024,
    "azure_sql": 2048,
    "azure_ad_b2c": 4096,
    "google_cloud": 8192,
    "aws_settings": 16384,
    "sql_server": 20000,
    "vmware": 21000,
    "google_cloud_storage": 23000,
    "cosmos_db": 24000,
    "postgresql": 25000,
    "amazon_s3": 26000,
    "entra_external_id": 27000,
}
FORMS = ["number", "numeric_string", "name", "lower_case", "upper_case", "hyphens", "underscores", "joined"]


def jobs(cloud, *given: dict, **iaas) -> None:
    ended = [job if "timeline" in job else {"status": 2, **job} for job in given]
    cloud.set(iaas={"jobs": ended, **iaas})


def numbered(count: int) -> list[str]:
    return [f"job-{number:06d}" for number in range(1, count + 1)]


def test_a_job(cloud):
    counts = {"totalCount": 12, "failedCount": 2, "successfulCount": 9, "skippedCount": 1}
    times = {"start_time": "2026-01-02T03:04:05.250Z", "finish_time": "2026-01-03T04:04:05Z"}
    job = {"job_id": "VB1", "type": 60100, "status": 8, "duration": "1.00:59:59", "comments": "Two failed."}
    jobs(cloud, {**job, **counts, **times})
    result = succeeded(cloud.run("iaas", start_time="2026-01-02", finish_time="2026-01-04"))
    assert result["jobs"] == [
        {
            "job_id": "VB1",
            "type": "postgresql_backup",
            "type_id": 60100,
            "status": "exception",
            "status_id": 8,
            "state": "finished_with_exception",
            "finished": True,
            **times,
            "duration_hours": pytest.approx(24.99972, abs=1e-4),
            "total_count": 12,
            "successful_count": 9,
            "failed_count": 2,
            "skipped_count": 1,
            "comments": "Two failed.",
        }
    ]


@pytest.mark.parametrize("value", [None, "", "N/A"])
def test_what_the_api_does_not_send_is_null(cloud, value):
    names = (
        "startTime",
        "finishTime",
        "duration",
        "totalCount",
        "failedCount",
        "successfulCount",
        "skippedCount",
        "comments",
    )
    jobs(cloud, {"job_id": "a", "extra": dict.fromkeys(names, value)})
    (job,) = succeeded(cloud.run("iaas"))["jobs"]
    assert {name for name, found in job.items() if found is None} == {
        *("start_time", "finish_time", "duration_hours", "comments"),
        *(f"{name}_count" for name in ("total", "failed", "successful", "skipped")),
    }


@pytest.mark.parametrize("form", FORMS)
def test_each_state_and_type_in_each_spelling(cloud, form):
    given = [{"job_id": f"state {status}", "status": status} for status in STATES]
    given += [{"job_id": name, "type": number} for number, name in TYPES.items()]
    jobs(cloud, *given, representation=form)
    result = succeeded(cloud.run("iaas"))
    found = {job["job_id"]: job for job in result["jobs"]}
    for status, expected in STATES.items():
        job = found[f"state {status}"]
        assert (job["status"], job["state"], job["finished"], job["status_id"]) == (*expected, status)
    assert {found[name]["type_id"]: found[name]["type"] for name in TYPES.values()} == TYPES
    assert "warnings" not in result


@pytest.mark.parametrize("status", [3, 128, -1, "Paused"])
def test_what_nobody_documented_is_unknown_and_never_finished(cloud, status):
    # 3 would be two flags: each of them is a state of its own, and both together none
    jobs(cloud, {"job_id": "a", "status": status, "type": 20002})
    (job,) = succeeded(cloud.run("iaas"))["jobs"]
    assert (job["status"], job["state"], job["finished"], job["status_text"]) == (
        "unknown",
        "unknown",
        False,
        str(status),
    )
    assert (job["type"], job["type_id"]) == ("unknown", 20002)


def test_each_service_is_asked_for(cloud):
    jobs(cloud, *({"job_id": name, "service": number} for name, number in SERVICES.items()))
    for name in SERVICES:
        assert job_ids(succeeded(cloud.run("iaas", service=name))) == [name]
    assert len(succeeded(cloud.run("iaas"))["jobs"]) == len(SERVICES)


@pytest.mark.parametrize("ignored", [[], ["type", "time", "search"]])
def test_each_filter_by_the_server_or_here(cloud, ignored):
    jobs(
        cloud,
        {"job_id": "restore", "type": 20010},
        {"job_id": "failed", "status": 16},
        {"job_id": "stopped", "status": 64, "comments": "It was for restore."},
        {"job_id": "waiting", "status": 32},
        {"job_id": "old", "start_time": -90 * DAY, "finish_time": -90 * DAY + HOUR},
        {"job_id": "long", "start_time": -9 * DAY, "status": 1},
        {"job_id": "ended", "start_time": -9 * DAY, "finish_time": -8 * DAY},
        ignored_filters=ignored,
    )
    assert job_ids(succeeded(cloud.run("iaas", types=["amazon_ec2_restore"]))) == ["restore"]
    assert job_ids(succeeded(cloud.run("iaas", states=["failed", "stopped"]))) == ["failed", "stopped"]
    assert job_ids(succeeded(cloud.run("iaas"))) == ["restore", "failed", "stopped", "waiting", "long"]
    found = succeeded(cloud.run("iaas", job_ids=["RESTORE", "old", "gone"]))
    assert (job_ids(found), found["missing_job_ids"]) == (["restore", "old"], ["gone"])
    assert not found["truncated"]


def test_the_server_is_asked_for_ids_by_a_search_without_a_range(cloud):
    jobs(cloud, {"job_id": "a"})
    succeeded(cloud.run("iaas", job_ids=["a", "b"]))
    asked = [request["query"] for request in cloud.simulator.requests("iaas")]
    found = sorted((query["searchText"], query["pageNumber"], "startTime" in query) for query in asked)
    assert found == [("a", "0", False), ("b", "0", False)]


def test_jobs_that_have_yet_to_end_are_followed(cloud):
    jobs(
        cloud,
        {"job_id": "long", "start_time": -9 * DAY, "timeline": [[0, 1], [100, 16]]},
        {"job_id": "ended", "start_time": -9 * DAY, "finish_time": -8 * DAY},
        {"job_id": "new", "timeline": [[0, 0], [30, 32], [50, 1], [70, 4]]},
    )
    cloud.together()
    result = succeeded(cloud.run("iaas", wait=True))
    assert {job["job_id"]: job["state"] for job in result["jobs"]} == {"long": "failed", "new": "skipped"}


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"next_link": "evil"},
        {"next_link": "none", "last_link": "absent"},
        {"paging": {"total_count": "missing", "page_cap": 4}},
        {"paging": {"total_count": "page_count"}},
        {"paging": {"out_of_range": 404, "page_cap": 5}},
    ],
)
def test_nothing_is_lost_whatever_the_pages_say(cloud, more):
    cloud.set(iaas={"generate": {"count": 35, "every": 60}, **more})
    assert job_ids(succeeded(cloud.run("iaas", page_size=10))) == numbered(35)
    asked = cloud.simulator.requests("iaas")
    assert {request["path"] for request in asked} == {"/backup/vm/jobs"}
    assert not any("skiptoken" in request["query"] for request in asked)


def test_one_page_is_of_the_range_that_was_asked_for(cloud):
    cloud.set(iaas={"generate": {"count": 30, "every": HOUR - 60}})
    result = succeeded(cloud.run("iaas", page_size=10, page=2))
    assert job_ids(result) == numbered(20)[10:]
    assert (result["total_count"], result["truncated"]) == (24, True)


@pytest.mark.parametrize(("model", "fails"), [({"code": 1}, True), ("broken", True), ({}, False), ({"code": 0}, False)])
def test_an_error_that_comes_with_status_200_is_a_failure(cloud, model, fails):
    jobs(cloud, {"job_id": "a"}, error_model=model)
    result = cloud.run("iaas")
    if fails:
        failed(result, "server_error", "answered with an error")
    else:
        assert job_ids(succeeded(result)) == ["a"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"start_time": "now", "finish_time": "-1h"}, "is after finish_time"),
        ({"start_time": "soon"}, "start_time cannot be read"),
        ({"graph_url": None}, "needs region"),
    ],
)
def test_bad_input_is_refused_before_any_request(cloud, options, words):
    failed(cloud.run("iaas", **options), "invalid_input", words)
    assert cloud.counts()["logins"] == 0


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ({"jobId": None}, "jobs[0].jobId should be of type string"),
        ({"jobId": "N/A"}, "jobs[0].jobId is missing"),
        ({"status": None}, "jobs[0].status should be of type"),
        ({"startTime": "soon"}, "jobs[0].startTime should be an ISO 8601 time"),
        ({"failedCount": []}, "jobs[0].failedCount should be of type"),
    ],
)
def test_an_answer_that_breaks_the_contract_is_named(cloud, extra, words):
    jobs(cloud, {"job_id": "a", "extra": extra})
    failed(cloud.run("iaas"), "invalid_response", words)
