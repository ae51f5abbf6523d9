# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft 365, Google, IaaS + PaaS, Salesforce, AvePoint Online Services, Opus, Elements and its customers."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from urllib.parse import parse_qs, urlsplit

import pytest

from ansible_collections.avepoint.cloud.tests.simulator.client import ControlError
from ansible_collections.avepoint.cloud.tests.unit.simulator.support import CALLS, POSTED

# Where each answer has its jobs, how a job names itself, and what the state calls running and ended.
JOBS = {
    "m365": lambda body: body["data"],
    "google": lambda body: body["jobs"],
    "iaas": lambda body: body["jobs"],
    "salesforce": lambda body: body["data"]["jobs"],
    "aos": lambda body: body["data"],
    "elements": lambda body: body["data"],
}
ID = {"m365": "id", "aos": "id"}
RUNNING = {"m365": 1, "google": 0, "iaas": 1, "salesforce": 1, "aos": 1, "opus": 1, "elements": 1}
LISTED = list(JOBS)
PAGED = ["m365", "google", "iaas", "salesforce"]
START, FINISH = "2026-11-20T01:00:00Z", "2026-11-20T01:02:33Z"


def ago(seconds):
    return (datetime.now(timezone.utc) - timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def body(reply):
    assert reply.status == 200, reply.body
    return reply.json


def ids(product, reply):
    return [job[ID.get(product, "jobId")] for job in JOBS[product](body(reply))]


def refused(reply, where, status=400):
    assert (reply.status, reply.json["errors"][0]["field"]) == (status, where), reply.body


# Answers


@pytest.mark.parametrize(
    ("product", "given", "around", "job"),
    [
        (
            "m365",
            {"type": 2, "status": 4, "failedCount": 1, "errors": [{"value": "no", "number": 1}]},
            {"statusCode": 200, "message": "", "metadata": {"totalNumber": 1, "nextLink": ""}},
            {
                "id": "J0",
                "state": "Finished with Exception",
                "duration": "0.043",
                "backupDetails": {"totalNumber": 12, "failedNumber": 1, "successfulNumber": 12, "skippedNumber": 0},
                "jobErrors": [{"value": "no", "number": 1}],
            },
        ),
        (
            "google",
            {"type": 6, "status": 2, "service": 4096, "progress": 12.5},
            {"status": 200, "message": ""},
            {
                "jobId": "J0",
                "appType": 4096,
                "jobType": 6,
                "dataSource": 1,
                "status": 2,
                "progress": 12.5,
                "operator": "admin@example.com",
            },
        ),
        (
            "iaas",
            {"type": 60000, "status": 16, "failedCount": 3, "comments": "nightly"},
            {"totalCount": 1, "nextLink": None},
            {
                "jobId": "J0",
                "jobType": 60000,
                "status": 16,
                "failedCount": 3,
                "successfulCount": 12,
                "skippedCount": 0,
                "totalCount": 12,
                "duration": "00:02:33",
                "comments": "nightly",
            },
        ),
        (
            "salesforce",
            {"type": 22, "status": 3, "failedRecords": 4},
            {"statusCode": 200, "message": ""},
            {
                "type": 22,
                "jobId": "J0",
                "status": 3,
                "successfulRecords": 240,
                "skippedRecords": 0,
                "failedRecords": 4,
                "totalRecords": 240,
                "successfulMetadata": 12,
                "failedMetadata": 0,
                "totalMetadata": 12,
                "successfulObjects": 6,
                "skippedObjects": 0,
                "failedObjects": 0,
                "totalObjects": 6,
                "dataSize": 2048,
                "apiCalls": 25,
                "organizationId": "00D000000000001EAA",
            },
        ),
        (
            "aos",
            {"type": 10, "status": 10, "category": 3, "scan_profile": "daily"},
            {"totalCount": 1, "nextLink": None},
            {"id": "J0", "type": 10, "state": 10, "scanProfileName": "daily", "category": 3, "extension": None},
        ),
        (
            "elements",
            {"type": 7, "status": 4, "failedCount": "7", "module": 303, "name": "one", "backup_size": 10_737_418},
            {"metadata": {"pageIndex": 1, "pageSize": 50, "totalCount": 1}},
            {
                "jobType": 7,
                "jobModule": 303,
                "status": 4,
                "jobId": "J0",
                "name": "one",
                "totalCount": "12",
                "failedCount": "7",
                "successfulCount": "12",
                "skippedCount": "0",
                "warningCount": "0",
                "backupSize": "0.01 GB",
                "jobDuration": "2m33s",
                "lastModifyTime": FINISH,
            },
        ),
        (
            "opus",
            {"status": 4, "progress": 75},
            {"success": True, "message": ""},
            {"id": "J0", "status": 4, "progress": 75},
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_product_answers_as_documented(cloud, product, given, around, job):
    cloud.give(product, {"start_time": START, "finish_time": FINISH, **given})
    query = {"jobId": "J0"} if product == "opus" else {}
    found = body(cloud.ask(product, **query))
    shown = found["job"] if product == "opus" else JOBS[product](found)[0]
    start, finish = shown.pop("startTime"), shown.pop("endTime" if product == "elements" else "finishTime")
    assert shown == job
    if product == "aos":
        assert (start, finish) == ("2026-11-20T01:00:00.0000007+00:00", "2026-11-20T01:02:33.0000007+00:00")
    elif product == "elements":
        assert (start, finish) == (START, FINISH)
    else:
        assert (start, finish) == ("2026-11-20T01:00:00.000Z", "2026-11-20T01:02:33.000Z")
    assert {name: found[name] for name in around} == around
    traced = {"requestId", "timestamp", "traceId"} if "statusCode" in around else set()
    lists = {"m365": {"data"}, "salesforce": {"data"}, "opus": {"job"}, "elements": {"data"}, "aos": {"data"}}
    assert found.keys() == {*around, *traced, *lists.get(product, {"jobs"})}
    if product == "salesforce":
        assert found["data"].keys() == {"totalCount", "jobs", "nextLink"}


@pytest.mark.parametrize("product", [*LISTED, "opus"])
def test_a_job_begins_runs_and_ends(cloud, product):
    # What ends, ends as 2 on all of them.
    cloud.give(product, {"timeline": [[5, RUNNING[product]], [20, 2]], "start_time": 5})
    query = {"jobId": "J0"} if product == "opus" else {}

    def look():
        found = body(cloud.ask(product, **query))
        return [found["job"]] if product == "opus" else JOBS[product](found)

    assert look() in ([], [None])
    cloud.simulator.advance(6)
    running = look()[0]
    assert running["endTime" if product == "elements" else "finishTime"] == ("N/A" if product == "elements" else None)
    cloud.simulator.advance(15)
    ended = look()[0]
    if product in ("google", "opus"):
        assert (running["progress"], ended["progress"]) == (50, 100)
    status = "status" if "status" in ended else "state"
    names = {"m365": ("In Progress", "Finished")}
    assert (running[status], ended[status]) == names.get(product, (RUNNING[product], 2))
    assert ended["endTime" if product == "elements" else "finishTime"][:2] == "20"


@pytest.mark.parametrize(
    ("product", "form", "kind", "status"),
    [
        ("m365", "numeric_string", None, "4"),
        ("m365", "lower_case", None, "finished with exception"),
        ("m365", "upper_case", None, "FINISHED WITH EXCEPTION"),
        ("m365", "hyphens", None, "finished-with-exception"),
        ("m365", "underscores", None, "FINISHED_WITH_EXCEPTION"),
        ("m365", "joined", None, "FinishedWithException"),
        ("m365", "number", None, 4),
        ("google", "numeric_string", "3", "7"),
        ("google", "name", "Export", "Finished with exception"),
        ("iaas", "numeric_string", "20009", "8"),
        ("iaas", "hyphens", "amazon-ec2-backup", "exception"),
        ("salesforce", "numeric_string", "22", "3"),
        ("salesforce", "underscores", "AUDIT_LOG_AUTO_EXPORT", "FINISHED_WITH_EXCEPTION"),
        ("aos", "numeric_string", "10", "4"),
        ("aos", "joined", "GoogleScan", "FinishedWithException"),
        ("elements", "numeric_string", "16", "4"),
        ("elements", "name", "Dynamics 365", "Finished with exception"),
        ("opus", "numeric_string", None, "4"),
        ("opus", "lower_case", None, "finished with exception"),
    ],
)
def test_numbers_are_written_in_several_ways(cloud, product, form, kind, status):
    numbers = {"google": (3, 7), "iaas": (20009, 8), "salesforce": (22, 3), "aos": (10, 4), "elements": (16, 4)}
    number, state = numbers.get(product, (1, 4))
    cloud.give(product, {"type": number, "status": state}, representation=form)
    found = body(cloud.ask(product, **({"jobId": "J0"} if product == "opus" else {})))
    job = found["job"] if product == "opus" else JOBS[product](found)[0]
    assert (job.get("jobType", job.get("type")), job.get("state", job.get("status"))) == (kind, status)


WORDS = {
    "opus": {
        "status": """
            -1 none 0 waiting 1 in_progress 2 finished 3 failed 4 finished_with_exception 5 stopped 6 skipped
            7 stopping 8 calculating 9 pending 10 timed_out""",
    },
    "pc": {
        "type": """
            1 apply_baseline 2 auto-alignment 3 create_baseline 4 detect_drift 5 deploy 6 deploy_detected_deviations
            7 daily_tenant_backup 8 edit_tenant_configurations 9 restore_to_a_specific_date 10 restore""",
        "status": "0 waiting 1 in_progress 2 finished 3 failed 4 skipped 5 finished_with_exception",
    },
    "m365": {"state": "1 in_progress 2 finished 3 failed 4 finished_with_exception 5 partially_finished"},
    "google": {
        "status": "0 in_progress 2 finished 3 failed 7 finished_with_exception",
        "jobType": "1 backup 2 restore 3 export 4 delete 5 retention 6 generate_report",
    },
    "iaas": {
        "status": "0 not_started 1 in_progress 2 successful 4 skipped 8 exception 16 failed 32 waiting 64 stopped",
        "jobType": """
            1 azure_vm_backup 2 azure_vm_restore 4 azure_vm_file_export 33 azure_vm_index_generation 64 data_retention
            128 entra_id_backup 256 entra_id_restore 257 entra_id_export 1024 azure_storage_backup
            2048 azure_storage_restore 4096 azure_storage_export 20003 admin_portal_settings_backup
            20004 admin_portal_settings_export 20006 admin_portal_settings_restore 20009 amazon_ec2_backup
            20010 amazon_ec2_restore 20012 native_azure_sql_backup 20013 native_azure_sql_restore
            20014 azure_devops_backup 20015 azure_devops_restore 20016 azure_sql_backup 20017 azure_sql_restore
            20018 azure_vm_file_restore 20019 azure_ad_b2c_backup 20020 azure_ad_b2c_restore 20022 google_vm_backup
            20023 google_vm_restore 20024 google_vm_index_generation 20025 google_vm_file_export 30003 data_deletion
            40000 aws_configuration_backup 40001 aws_configuration 60000 sql_server_backup 60001 sql_server_restore
            60010 vmware_backup 60011 vmware_restore 60100 postgresql_backup 60101 postgresql_restore
            70010 google_cloud_storage_backup 70011 google_cloud_storage_restore 70012 google_cloud_storage_export
            80000 cosmos_db_backup 80010 cosmos_db_restore 90000 entra_external_id_backup
            90001 entra_external_id_restore 90002 entra_external_id_export 90110 amazon_s3_backup
            90120 amazon_s3_restore""",
    },
    "salesforce": {
        "status": "1 in_progress 2 finished 3 finished_with_exception 4 failed 5 paused 6 stopped 7 skipped",
        "type": """
            1 backup 2 on-demand_backup 3 restore 4 pre-restore 5 compare 6 archive 7 simulation
            8 inactive_data_analysis 9 retention 10 discovery 11 backup_export 12 on-demand_export 13 auto_export
            14 data_cleanup 15 sandbox_seeding 16 generate_recovery_point 17 continuous_data_protection 18 data_service
            19 on-demand_data_service 20 audit_log_backup 21 audit_log_export 22 audit_log_auto_export""",
    },
    "aos": {
        "state": "1 running 2 finished 3 failed 4 finished_with_exception 5 skipped 10 stopped",
        "type": "0 scan 10 google_scan 11 batch_import",
    },
    "elements": {
        "status": """
            0 none 1 running 2 finished 3 failed 4 finished_with_exception 5 skipped 6 pending 7 failed_to_start
            8 canceled 9 rejected 10 stopped 11 not_scanned 12 disabled 13 not_started 14 waiting_for_configuration""",
        "jobType": """
            0 microsoft_365_scan 7 microsoft_365 10 google_workspace_scan 11 google_workspace 12 iaas_+_paas
            15 salesforce 16 dynamics_365""",
        "jobModule": """
            0 none 8 archiver 10 retention 302 sharepoint_online 303 exchange_online 304 microsoft_365_groups 305 onedrive
            306 project_online 307 exchange_online_public_folder 308 microsoft_teams 309 teams_chat 310 power_bi
            311 power_automate 312 power_apps 355 cloud_backup_for_azure 356 azure_virtual_machine 357 disk
            358 microsoft_entra_id 359 storage 360 admin_portal_settings 361 amazon_ec2
            362 native_azure_sql_backup_monitoring 363 dev_ops 364 entra_id_b2c 365 azure_sql_backup
            366 google_vm_instance 367 azure_vmware_solution 368 sql_server_in_azure_vm 369 google_cloud_storage
            370 cosmos_db 371 azure_postgresql 401 dynamics_365 402 viva_engage 501 gmail 502 calendar 503 contacts
            504 drive 505 shared_drives 506 google_classroom 507 chat 508 google_directory 550 dynamics_crm_backup
            551 dynamics_unified_operations_backup""",
    },
}


@pytest.mark.parametrize("product", WORDS)
def test_every_number_has_its_word(cloud, product):
    for field, text in WORDS[product].items():
        numbers, words = [int(word) for word in text.split()[::2]], text.split()[1::2]
        key = {"status": "status", "state": "status", "jobModule": "module"}.get(field, "type")
        jobs = [{"status": 2, key: number} for number in numbers]
        if product == "pc":
            cloud.set(*[{"job_id": "a", **job} for job in jobs], pc={"representation": "underscores"})
            shown = cloud.pc_jobs().json["data"]
        elif product == "opus":
            cloud.give("opus", *jobs, representation="underscores")
            shown = [cloud.ask("opus", jobId=f"J{place}").json["job"] for place in range(len(jobs))]
        else:
            cloud.give(product, *jobs, representation="underscores", order="given")
            size = {"aos": {"top": 50}, "iaas": {"pageSize": 50}, "salesforce": {"pageSize": 50}}.get(product, {})
            shown = JOBS[product](body(cloud.ask(product, **size)))
        found = [job[field].lower() for job in shown]
        assert dict(zip(numbers, found)) == dict(zip(numbers, words))


def test_a_number_or_word_that_nobody_documented_is_sent(cloud):
    cloud.give("m365", {"status": 9}, {"status": "Archiving"})
    assert [job["state"] for job in cloud.ask("m365").json["data"]] == ["Unknown9", "Archiving"]
    cloud.give("iaas", {"type": 77777, "status": 3, "extra": {"comments": None, "more": 1}})
    job = cloud.ask("iaas").json["jobs"][0]
    assert (job["jobType"], job["status"], job["comments"], job["more"]) == (77777, 3, None, 1)


# Refusals

WRONG = {
    "m365": [
        *({"jobType": 6}, {"jobType": -1}, {"jobType": "backup"}, {"objectType": 13}, {"jobState": 6}),
        *({"location": "XXX"}, {"location": "nam"}, {"location": ""}, {"jobIds": "a"}, {"status": 1}),
        *({"startTime": "yesterday"}, {"startTime": "2026-13-01"}, {"finishTime": "2026-01-01T00:00:00"}),
        *({"pageIndex": -1}, {"pageSize": 0}, {"pageSize": "x"}, {"endTime": "2026-01-01"}),
    ],
    "google": [
        *({"dataSource": 0}, {"dataSource": 3}, {"appType": 3}, {"appType": 0}, {"jobType": 0}, {"jobType": 7}),
        *({"jobStatus": 1}, {"status": 2}, {"pageindex": 0}, {"apptype": 1}, {"pageSize": 0}, {"pageIndex": -1}),
        *({"startTime": "2026-01-01"}, {"finishTime": "now"}, {"nextLink": "x"}),
    ],
    "iaas": [
        *({"serviceType": 3}, {"serviceType": 0}, {"jobType": 3}, {"jobType": 0}, {"status": 2}),
        *({"pageIndex": 0}, {"pageNumber": -1}, {"pageSize": 0}, {"skiptoken": "x"}, {"skiptoken": ""}),
        *({"skiptoken": "bm90aGluZw"}, {"startTime": "2026-01-01"}, {"finishTime": "x"}),
    ],
    "salesforce": [
        *({"startTime": None}, {"finishTime": None}, {"startTime": ""}, {"startTime": "x"}, {"type": 23}),
        *({"type": -1}, {"status": 8}, {"level": 7}, {"jobId": 1}, {"pageIndex": -1}, {"pageSize": 0}),
    ],
    "aos": [
        *({"top": 0}, {"top": 1001}, {"skip": -1}, {"orderby": "finishTime"}, {"sortorder": 2}, {"sortorder": ""}),
        *({"startTime": "2026-01-01"}, {"type": 0}, {"state": 2}, {"pageIndex": 0}),
    ],
    "opus": [{"jobId": None}, {"jobId": ""}, {"id": "a", "jobId": "J0"}],
    "elements": [{"pageIndex": 0}, {"pageSize": 101}, {"pageSize": 0}, {"status": 1}],
    "customers": [{"pageIndex": 0}, {"pageSize": 101}, {"customerIds": "a"}],
}


@pytest.mark.parametrize("product", WRONG)
def test_a_wrong_query_is_refused_by_name(cloud, product):
    cloud.set(customers=[{"customer_id": "C1"}])
    for query in WRONG[product]:
        refused(cloud.ask(product, **query), next(iter(query)))


IAAS_SERVICES = (1, 2, 4, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 20000, 21000, 23000, 24000, 25000)
IAAS_TYPES = (
    *(1, 2, 4, 33, 64, 128, 256, 257, 1024, 2048, 4096, 20003, 20004, 20006, 20009, 20010, 20012, 20013, 20014),
    *(20015, 20016, 20017, 20018, 20019, 20020, 20022, 20023, 20024, 20025, 30003, 40000, 40001, 60000, 60001, 60010),
    *(60011, 60100, 60101, 70010, 70011, 70012, 80000, 80010, 90000, 90001, 90002, 90110, 90120),
)
MODULES = (0, 8, 10, *range(302, 313), *range(355, 372), 401, 402, *range(501, 509), 550, 551)


@pytest.mark.parametrize(
    ("product", "name", "numbers"),
    [
        ("m365", "jobType", range(6)),
        ("m365", "objectType", range(13)),
        ("m365", "jobState", range(6)),
        ("google", "dataSource", (1, 2)),
        ("google", "appType", (1, 2, 4, 8, 64, 128, 256, 512, 4096, 8192, 16384, 32768)),
        ("google", "jobType", range(1, 7)),
        ("google", "jobStatus", (0, 2, 3, 7)),
        ("iaas", "serviceType", (*IAAS_SERVICES, 26000, 27000)),
        ("iaas", "jobType", IAAS_TYPES),
        ("salesforce", "type", range(23)),
        ("salesforce", "status", range(8)),
        ("salesforce", "level", range(7)),
        ("aos", "sortorder", (0, 1)),
        ("elements", "jobType", (0, 7, 10, 11, 12, 15, 16)),
        ("elements", "jobModule", MODULES),
    ],
)
def test_exactly_the_documented_numbers_are_filters(cloud, product, name, numbers):
    cloud.give("elements")

    def status(number):
        given = {name: number}
        return (cloud.ask(product, given) if product == "elements" else cloud.ask(product, **given)).status

    others = {number + step for number in numbers for step in (-1, 1)} - set(numbers)
    assert {number: status(number) for number in numbers} == dict.fromkeys(numbers, 200)
    assert {number: status(number) for number in others} == dict.fromkeys(others, 400)


@pytest.mark.parametrize(
    ("product", "ended", "open_"),
    [
        ("m365", (2, 3, 4, 5), (0, 1, 6)),
        ("google", (2, 3, 7), (0, 1)),
        ("iaas", (2, 4, 8, 16, 64), (0, 1, 32)),
        ("salesforce", (2, 3, 4, 6, 7), (1, 5)),
        ("aos", (2, 3, 4, 5, 10), (1, 0)),
        ("elements", (2, 3, 4, 5, 7, 8, 9, 10, 12), (0, 1, 6, 11, 13, 14)),
        ("opus", (2, 3, 4, 5, 6, 10), (-1, 0, 1, 7, 8, 9)),
    ],
)
def test_what_has_ended_has_a_finish(cloud, product, ended, open_):
    cloud.give(product, *[{"status": status, "finish_time": FINISH} for status in (*ended, *open_)], order="given")
    if product == "opus":
        jobs = [cloud.ask("opus", jobId=f"J{place}").json["job"] for place in range(len(ended) + len(open_))]
    else:
        jobs = JOBS[product](body(cloud.ask(product)))
    found = [job["endTime" if product == "elements" else "finishTime"] for job in jobs]
    unfinished = "N/A" if product == "elements" else None
    assert [finish != unfinished for finish in found] == [True] * len(ended) + [False] * len(open_)


@pytest.mark.parametrize(
    ("product", "given", "where"),
    [
        ("elements", {"jobTypes": [7]}, "jobTypes"),
        ("elements", {"jobType": "7"}, "jobType"),
        ("elements", {"jobType": 3}, "jobType"),
        ("elements", {"jobModule": 9}, "jobModule"),
        ("elements", {"jobModule": True}, "jobModule"),
        ("elements", {"status": 3}, "status"),
        ("elements", [], "body"),
        ("customers", {"customerIds": "C1"}, "customerIds"),
        ("customers", {"customerIds": [1]}, "customerIds"),
        ("customers", {"jobType": 1}, "jobType"),
    ],
)
def test_a_wrong_body_is_refused_by_name(cloud, product, given, where):
    cloud.give("elements")
    refused(cloud.ask(product, given), where)


@pytest.mark.parametrize("product", CALLS)
def test_each_call_has_a_scope_and_a_method_of_its_own(cloud, product):
    cloud.give("elements")
    path, right = CALLS[product], "POST" if product in POSTED else "GET"
    assert cloud.send(right, path).status == 401
    other = "records.readwrite.all" if product != "opus" else "gsuite.graph.read.all"
    assert cloud.send(right, path, None, cloud.bearer(other)).status == 403
    for method in {"GET", "POST", "PUT", "DELETE"} - {right}:
        assert cloud.ask(product, method=method).status == 405
    if product in POSTED:
        assert cloud.send("POST", path, "{}", {"Content-Type": "text/plain", **_bearer(cloud, product)}).status == 415
    else:
        refused(cloud.ask(product, {}, jobId="J0") if product == "opus" else cloud.ask(product, {}), "body")


def _bearer(cloud, product):
    return cloud.bearer({"elements": "elements.jobs.read.all", "customers": "elements.customers.read.all"}[product])


def test_a_range_ends_after_it_begins(cloud):
    for product in PAGED:
        times = {"startTime": "2026-02-01T00:00:00Z", "finishTime": "2026-01-01T00:00:00Z"}
        refused(cloud.ask(product, **times), "startTime")


@pytest.mark.parametrize("product", [*PAGED, "aos"])
def test_a_server_may_have_a_largest_page(cloud, product):
    size = "top" if product == "aos" else "pageSize"
    cloud.give(product, {"status": 2}, max_page_size=50)
    assert cloud.ask(product, **{size: 50}).status == 200
    refused(cloud.ask(product, **{size: 51}), size)


@pytest.mark.parametrize("product", [*PAGED, "aos", "opus", "customers"])
@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_call_can_be_closed(cloud, product, status):
    cloud.set(**{"customers_api" if product == "customers" else product: {"call_status": status}})
    assert cloud.ask(product, jobId="J0" if product == "opus" else None).status == status


# Filters

A_JOB = {"status": 2}


@pytest.mark.parametrize(
    ("product", "jobs", "query", "found"),
    [
        ("m365", [{"type": 1}, {"type": 2}], {"jobType": 2}, "1"),
        ("m365", [{"type": 1}, {"type": 2}], {"jobType": 0}, "01"),
        ("m365", [{"service": 7}, {"service": 12}], {"objectType": 12}, "1"),
        ("m365", [{}, {"service": 2}], {"objectType": 1, "jobType": 1}, "0"),
        ("m365", [{"status": 3}, {"status": 5}, {"status": 1}], {"jobState": 5}, "1"),
        ("m365", [{"status": 3}, {"status": 5}, {"status": 1}], {"jobState": 0, "objectType": 0}, "012"),
        ("m365", [{}, {"location": "EUR"}, {"location": "NAM"}], {}, "0"),
        ("m365", [{}, {"location": "EUR"}, {"location": "NAM"}], {"location": "EUR"}, "1"),
        ("m365", [{}, {"location": "EUR"}], {"location": "PrimaryGeoLocation"}, "0"),
        ("google", [{"data_source": 2}, {}], {}, "1"),
        ("google", [{"data_source": 2}, {}], {"dataSource": 2}, "0"),
        ("google", [{"service": 1}, {"service": 32768}], {"appType": 32768}, "1"),
        ("google", [{"type": 4}, {"type": 6}], {"jobType": 6}, "1"),
        ("google", [{"status": 0}, {"status": 7}], {"jobStatus": 0}, "0"),
        ("iaas", [{"service": 20000}, {}], {"serviceType": 20000}, "0"),
        ("iaas", [{"type": 90110}, {}], {"jobType": 90110}, "0"),
        ("iaas", [{}, {"job_id": "VM-0042"}, {"comments": "Job vm-0042 again"}], {"searchText": "vm-0042"}, "12"),
        ("salesforce", [{"type": 5}, {}], {"type": 5}, "0"),
        ("salesforce", [{"status": 7}, {}], {"status": 7}, "0"),
        ("salesforce", [{"level": 6}, {}], {"level": 6}, "0"),
        ("salesforce", [{}, {"organization_id": "00Dx"}], {"organizationId": "00Dx"}, "1"),
        ("salesforce", [{}, {"type": 3}], {"type": 0, "status": 0, "level": 0}, "01"),
        ("aos", [{"job_id": "ab12"}, {"job_id": "cd34"}], {"search": "AB1"}, "0"),
        ("aos", [{}, {}, {}], {"sortorder": 1}, "012"),
        ("aos", [{}, {}, {}], {"sortorder": 0, "orderby": "startTime"}, "210"),
        ("aos", [{}, {}, {}], {}, "210"),
    ],
)
def test_the_server_filters(cloud, product, jobs, query, found):
    cloud.give(product, *[{"status": 2, **job} for job in jobs])
    names = [job.get("job_id", f"J{place}") for place, job in enumerate(jobs)]
    assert ids(product, cloud.ask(product, **query)) == [names[int(place)] for place in found]


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"jobType": 7}, "01"),
        ({"jobModule": 303}, "12"),
        ({"jobType": 16, "jobModule": 303}, "2"),
        ({"jobModule": 999}, "3"),
        ({"jobType": None}, "0123"),
    ],
)
def test_elements_filters_by_type_and_module(cloud, given, found):
    jobs = [{"type": 7}, {"type": 7, "module": 303}, {"type": 16, "module": 303}, {"type": 0, "module": 999}]
    cloud.give("elements", *[{"status": 2, **job} for job in jobs])
    assert ids("elements", cloud.ask("elements", given)) == [f"J{place}" for place in found]


@pytest.mark.parametrize(
    ("product", "ignored", "query", "jobs"),
    [
        ("m365", "type", {"jobType": 2}, [{"type": 1}, {"type": 2}]),
        ("m365", "location", {}, [{}, {"location": "EUR"}]),
        ("m365", "time", {"startTime": "2030-01-01"}, [{}]),
        ("google", "status", {"jobStatus": 0}, [{"status": 3}]),
        ("iaas", "search", {"searchText": "nothing"}, [{}, {}]),
        ("salesforce", "level", {"level": 4}, [{}]),
        ("aos", "search", {"search": "nothing", "sortorder": 1}, [{}, {}]),
    ],
)
def test_a_filter_can_be_ignored(cloud, product, ignored, query, jobs):
    jobs = [{"status": 2, **job} for job in jobs]
    cloud.give(product, *jobs)
    assert len(ids(product, cloud.ask(product, **query))) < len(jobs)
    cloud.give(product, *jobs, ignored_filters=[ignored])
    assert ids(product, cloud.ask(product, **query)) == [f"J{place}" for place in range(len(jobs))]


def test_the_order_can_be_ignored(cloud):
    cloud.give("aos", A_JOB, A_JOB, ignored_filters=["sortorder"])
    assert ids("aos", cloud.ask("aos", sortorder=1)) == ["J1", "J0"]


@pytest.mark.parametrize("product", PAGED)
def test_the_range_of_time_goes_by_the_start_or_the_finish(cloud, product):
    jobs = [
        {"status": RUNNING[product], "start_time": -1000},
        {"status": 2, "start_time": -1500, "finish_time": -200},
        {"status": 2, "start_time": -2000, "finish_time": -1900},
    ]
    until = {"startTime": "2020-01-01T00:00:00Z"}
    cloud.give(product, *jobs)
    late = {"finishTime": ago(-3600)}
    assert ids(product, cloud.ask(product, startTime=ago(1200), **late)) == ["J0"]
    assert ids(product, cloud.ask(product, finishTime=ago(1200), **until)) == ["J1", "J2"]
    cloud.give(product, *jobs, range_on="finish")
    assert ids(product, cloud.ask(product, startTime=ago(1200), **late)) == ["J0", "J1"]
    assert ids(product, cloud.ask(product, finishTime=ago(1200), **until)) == ["J2"]


def test_dates_alone_begin_at_midnight(cloud):
    for product in ("m365", "salesforce"):
        cloud.give(product, {"status": 2, "start_time": "2026-03-01T00:00:00Z"})
        assert ids(product, cloud.ask(product, startTime="2026-03-01", finishTime="2026-03-02")) == ["J0"]
        assert ids(product, cloud.ask(product, startTime="2026-02-01", finishTime="2026-03-01")) == ["J0"]
        assert ids(product, cloud.ask(product, startTime="2026-03-02", finishTime="2026-03-03")) == []


# Pages


def page_names(product, number, size):
    """A page, from 0, as the API asks for it."""
    if product == "aos":
        return {"skip": number * size, "top": size, "sortorder": 1}
    return {"pageNumber" if product == "iaas" else "pageIndex": number, "pageSize": size}


def generated(cloud, product, **options):
    generate = {"count": 25, "types": [1], "statuses": [2]}
    if product == "elements":
        cloud.set(customers=[{"customer_id": "C1", "generate": generate}], elements=options)
    else:
        cloud.set(**{product: {"generate": generate, **options}})


@pytest.mark.parametrize("product", LISTED)
def test_pages_hold_every_job_once(cloud, product):
    first = 1 if product == "elements" else 0
    generated(cloud, product)
    numbers = range(first, first + 4)
    found = [ids(product, cloud.ask(product, **page_names(product, number, 10))) for number in numbers]
    every = [f"job-{number:06d}" for number in range(1, 26)]
    assert found == [every[:10], every[10:20], every[20:], []]
    # The log counts pages from 1.
    service = cloud.simulator.requests(product)
    assert [entry["page"] for entry in service] == [1, 2, 3, 4]


@pytest.mark.parametrize("product", PAGED)
def test_the_first_page_is_0_or_1(cloud, product):
    for first in (1, "both"):
        generated(cloud, product, first_page=first)
        found = [ids(product, cloud.ask(product, **page_names(product, number, 10)))[0] for number in (1, 2)]
        assert found == ["job-000001", "job-000011"]
        reply = cloud.ask(product, **page_names(product, 0, 10))
        assert ids(product, cloud.ask(product))[0] == "job-000001"
        if product != "iaas":
            cloud.set(**{product: {"generate": {"count": 25}, "first_page": first, "next_link": "absolute"}})
            link = link_of(product, body(cloud.ask(product, **page_names(product, 1, 10))))["nextLink"]
            assert parse_qs(urlsplit(link).query)["pageIndex"] == ["2"]
        if first == 1:
            assert reply.status == 400
        else:
            assert ids(product, reply)[0] == "job-000001"


def link_of(product, found):
    return found[{"m365": "metadata", "salesforce": "data"}[product]] if product in ("m365", "salesforce") else found


@pytest.mark.parametrize("product", [*PAGED, "aos"])
@pytest.mark.parametrize("mode", ["absolute", "evil", "opaque", "none"])
def test_the_link_comes_in_several_ways(cloud, product, mode):
    generated(cloud, product, next_link=mode, evil_origin="http://localhost:1", last_link="null")
    link = link_of(product, body(cloud.ask(product, **page_names(product, 0, 10))))["nextLink"]
    assert link_of(product, body(cloud.ask(product, **page_names(product, 2, 10))))["nextLink"] is None
    if mode == "none":
        assert link is None
    elif mode == "opaque":
        assert "/" not in link
    else:
        origin = cloud.simulator.url if mode == "absolute" else "http://localhost:1"
        assert link.startswith(origin + CALLS[product] + "?")
        query = parse_qs(urlsplit(link).query)
        if product == "aos":
            assert query["skip"] == ["10"]
        elif product != "iaas":
            assert query["pageIndex"] == ["1"]


@pytest.mark.parametrize("product", [*PAGED, "aos"])
def test_the_end_of_the_list_is_told_in_several_ways(cloud, product):
    for mode, told in (("null", {"nextLink": None}), ("empty", {"nextLink": ""}), ("absent", {})):
        cloud.give(product, A_JOB, last_link=mode)
        found = link_of(product, body(cloud.ask(product)))
        assert {name: value for name, value in found.items() if name == "nextLink"} == told


def test_the_link_of_aos_skips_one_job_instead_of_a_page(cloud):
    generated(cloud, "aos")
    link = cloud.ask("aos", top=2).json["nextLink"]
    assert parse_qs(urlsplit(link).query) == {"top": ["2"], "skip": ["1"]}


def test_aos_counts_jobs_not_pages(cloud):
    generated(cloud, "aos", paging={"page_cap": 7})
    found = []
    while len(found) < 25:
        reply = cloud.ask("aos", skip=len(found), top=10, sortorder=1)
        assert reply.json["totalCount"] == 25
        found += ids("aos", reply)
    assert found == [f"job-{number:06d}" for number in range(1, 26)]
    assert ids("aos", cloud.ask("aos", skip=3, top=2, sortorder=1)) == ["job-000004", "job-000005"]
    generated(cloud, "aos", paging={"empty_page": 2})
    assert [len(ids("aos", cloud.ask("aos", skip=skip, top=10))) for skip in (0, 10, 20)] == [10, 0, 10]
    generated(cloud, "aos", paging={"overlap": 2})
    assert ids("aos", cloud.ask("aos", skip=10, top=10, sortorder=1))[:3] == ["job-000009", "job-000010", "job-000011"]


def test_a_skiptoken_goes_before_the_page_number(cloud):
    generated(cloud, "iaas")
    token = cloud.ask("iaas").json["nextLink"]
    reply = cloud.ask("iaas", skiptoken=token, pageNumber=7)
    assert ids("iaas", reply)[0] == "job-000011"
    assert ids("iaas", cloud.ask("iaas", skiptoken=reply.json["nextLink"]))[0] == "job-000021"
    assert cloud.simulator.requests("iaas")[-1]["page"] == 3
    generated(cloud, "iaas", first_page="both")
    assert ids("iaas", cloud.ask("iaas", skiptoken=token))[0] == "job-000011"


@pytest.mark.parametrize("product", ["m365", "iaas", "salesforce", "aos", "elements"])
def test_the_total_can_be_missing_or_wrong(cloud, product):
    name = "totalNumber" if product == "m365" else "totalCount"
    for mode, told in (("correct", {name: 25}), ("missing", {}), ("string", {name: "25"}), ({"offset": 2}, {name: 27})):
        generated(cloud, product, paging={"total_count": mode})
        found = body(cloud.ask(product))
        found = found.get("metadata") or found.get("data") if product in ("m365", "salesforce", "elements") else found
        assert {key: value for key, value in found.items() if key == name} == told


# Each product's own


def test_m365_contradicts_itself(cloud):
    cloud.give("m365", A_JOB, total_form="sample", details_form="sample")
    found = cloud.ask("m365").json
    assert found["metadata"] == {"totalCount": 1, "nextLink": ""}
    counts = {"totalCount": 12, "failedCount": 0, "successfulCount": 12, "skippedCount": 0}
    assert found["data"][0]["backupDetails"] == counts


def test_m365_has_single_jobs_each_in_its_location(cloud):
    jobs = [{"status": 3}, {"status": 2, "location": "EUR"}, {"timeline": [[5, 1]]}]
    cloud.give("m365", *jobs)
    found = body(cloud.ask("m365", more="/j0"))
    assert found.keys() == {"statusCode", "message", "data", "requestId", "timestamp", "traceId", "metadata"}
    assert (found["data"]["id"], found["data"]["state"], found["metadata"]) == ("J0", "Failed", None)
    refused(cloud.ask("m365", more="/J0", location="EUR"), "jobId", 404)
    refused(cloud.ask("m365", more="/J1"), "jobId", 404)
    assert body(cloud.ask("m365", more="/J1", location="EUR"))["data"]["id"] == "J1"
    refused(cloud.ask("m365", more="/J2"), "jobId", 404)
    cloud.simulator.advance(6)
    assert body(cloud.ask("m365", more="/J2"))["data"]["state"] == "In Progress"
    refused(cloud.ask("m365", more="/J0", jobType=1), "jobType")
    refused(cloud.ask("m365", more="/J0", location="here"), "location")
    assert cloud.simulator.requests("m365")[-1]["page"] is None


def test_google_takes_the_parameters_of_the_sample_on_order(cloud):
    cloud.give("google", {"status": 0}, {"status": 2}, parameter_form="sample")
    query = {"status": 0, "apptype": 1, "datasource": 1, "jobtype": 1, "pageindex": 0, "pagesize": 10}
    assert ids("google", cloud.ask("google", starttime=ago(3600), finishtime=ago(-60), **query)) == ["J0"]
    refused(cloud.ask("google", jobStatus=0), "jobStatus")
    refused(cloud.ask("google", pageIndex=0), "pageIndex")
    cloud.give("google", {"status": 0}, {"status": 2}, parameter_form="both")
    assert ids("google", cloud.ask("google", jobStatus=2, apptype=1)) == ["J1"]
    refused(cloud.ask("google", jobStatus=2, status=2), "query")
    generated(cloud, "google", parameter_form="sample", next_link="absolute")
    assert "pageindex=1" in cloud.ask("google", pagesize=10).json["nextLink"]


def test_salesforce_contradicts_itself(cloud):
    cloud.give("salesforce", {"job_id": "1234567890123", "status": 2}, status_form="sample", job_id_form="number")
    job = cloud.ask("salesforce").json["data"]["jobs"][0]
    assert (job["jobId"], job["state"], "status" in job) == (1234567890123, 2, False)


def test_iaas_writes_long_durations_with_days(cloud):
    lengths = {0: "00:00:00", 59: "00:00:59", 86399: "23:59:59", 86400: "1.00:00:00", 1234567: "14.06:56:07"}
    jobs = [{"status": 2, "start_time": -2_000_000, "finish_time": -2_000_000 + length} for length in lengths]
    cloud.give("iaas", *jobs, order="given", error_model={"code": 1})
    found = cloud.ask("iaas").json
    assert [job["duration"] for job in found["jobs"]] == list(lengths.values())
    assert found["errorModel"] == {"code": 1}


def test_aos_may_name_its_list_otherwise(cloud):
    cloud.give("aos", A_JOB, list_key="jobs")
    assert cloud.ask("aos").json.keys() == {"totalCount", "jobs", "nextLink"}


@pytest.mark.parametrize(("mode", "job"), [("null", None), ("absent", "absent"), ("none", -1)])
def test_opus_does_not_know_a_job_with_status_200(cloud, mode, job):
    cloud.give("opus", A_JOB, unknown_job=mode)
    found = body(cloud.ask("opus", jobId="J9"))
    assert found["success"] is False
    assert found["message"]
    told = found.get("job", "absent")
    assert (told["status"] if isinstance(told, dict) else told) == job
    assert body(cloud.ask("opus", jobId="j0"))["job"]["id"] == "J0"


def test_a_row_of_elements_may_have_no_text_at_all(cloud):
    cloud.give("elements", {"type": 0, "module": 0, "status": 11, "not_available": True, "failedCount": "3"})
    row = cloud.ask("elements").json["data"][0]
    assert {name: row.pop(name) for name in ("jobType", "jobModule", "status")} == {
        "jobType": 0,
        "jobModule": 0,
        "status": 11,
    }
    assert set(row) == {
        *("jobId", "name", "totalCount", "failedCount", "successfulCount", "skippedCount", "warningCount"),
        *("backupSize", "startTime", "endTime", "jobDuration", "lastModifyTime"),
    }
    assert set(row.values()) == {"N/A"}


def test_texts_of_elements(cloud):
    lengths = {0: "0 S", 2: "2s", 153: "2m33s", 708: "11m48s", 3600: "1h", 4410: "1h13m30s"}
    jobs = [{"status": 2, "start_time": -9000, "finish_time": -9000 + length} for length in lengths]
    cloud.set(
        customers=[{"customer_id": "C1", "jobs": [*jobs, {"status": 2, "totalCount": "N/A", "backup_size": "?"}]}]
    )
    rows = cloud.ask("elements").json["data"]
    assert [row["jobDuration"] for row in rows[:6]] == list(lengths.values())
    assert rows[0]["startTime"] == rows[0]["endTime"]
    # A job without an id has none to show.
    assert (rows[6]["jobId"], rows[6]["totalCount"], rows[6]["backupSize"]) == ("N/A", "N/A", "?")
    assert rows[0]["backupSize"] == "0 GB"


def test_each_customer_has_jobs_of_its_own_and_may_fail_alone(cloud):
    jobs = [{"job_id": "J0", "status": 2, "name": "one"}, {"job_id": "J0", "status": 3, "name": "two"}]
    others = [{"customer_id": f"C{status}", "jobs_status": status, "jobs": jobs} for status in (403, 404, 500)]
    cloud.set(customers=[{"customer_id": "C1", "jobs": jobs}, *others, {"customer_id": "C2", "no_products": True}])

    def of(customer):
        path = CALLS["elements"].replace("C1", customer)
        return cloud.send("POST", path, {}, _bearer(cloud, "elements"))

    assert [row["name"] for row in body(of("c1"))["data"]] == ["one", "two"]
    assert [of(f"C{status}").status for status in (403, 404, 500)] == [403, 404, 500]
    assert body(of("C2")) == []
    refused(of("C9"), "customerId", 404)


def test_customers_are_listed(cloud):
    given = {"organization": "Example", "owner_email": "o@example.com", "job_status": 1, "country_or_region": "Japan"}
    tenants = [{"id": "t1", "name": "Tenant"}]
    cloud.set(
        customers=[
            {"customer_id": "C1", **given, "management_mode": 2, "tenants": tenants, "extra": {"more": 1}},
            *[{"customer_id": f"X{number}"} for number in range(3)],
            {"customer_id": "hidden", "listed": False},
        ],
        customers_api={"paging": {"page_cap": 2}},
    )
    found = body(cloud.ask("customers", pageSize=100))
    assert found["metadata"] == {"pageIndex": 1, "pageSize": 2, "totalCount": 4}
    assert found["data"][0] == {
        "id": "C1",
        "organization": "Example",
        "ownerEmail": "o@example.com",
        "jobStatus": 1,
        "countryOrRegion": "Japan",
        "managementMode": 2,
        "tenants": tenants,
        "more": 1,
    }
    assert [row["id"] for row in body(cloud.ask("customers", pageIndex=2))["data"]] == ["X1", "X2"]
    assert [row["id"] for row in body(cloud.ask("customers", {"customerIds": ["x2", "hidden"]}))["data"]] == ["X2"]


# With the rest of the simulator


@pytest.mark.parametrize("product", CALLS)
def test_faults_and_the_log_know_each_service(cloud, product):
    cloud.give("elements")
    cloud.simulator.faults({"kind": "status", "status": 503, "match": {"service": product}})
    query = {"jobId": "J0"} if product == "opus" else {}
    assert [cloud.ask(product, **query).status for _again in range(2)] == [503, 200]
    assert cloud.simulator.log()["counts"][product] == 2


def test_a_fault_meets_a_page_as_counted_from_1(cloud):
    generated(cloud, "m365")
    cloud.simulator.faults({"kind": "status", "match": {"service": "m365", "page": 2}})
    assert [cloud.ask("m365", pageIndex=number).status for number in (0, 1, 2)] == [200, 503, 200]


def test_the_rate_limit_holds_for_all(cloud):
    cloud.set(rate_limit={"requests": 2, "per_seconds": 60})
    assert [cloud.ask(product).status for product in ("m365", "google", "iaas")] == [200, 200, 429]


@pytest.mark.parametrize(
    "state",
    [
        {"pc": {"representation": "words"}},
        {"pc": {"lists": {}}},
        {"m365": {"total_form": "other"}},
        {"m365": {"jobs": [{"job_id": "a", "status": 1, "module": 302}]}},
        {"m365": {"ignored_filters": ["level"]}},
        {"google": {"parameter_form": "lower"}},
        {"google": {"first_page": 2}},
        {"iaas": {"next_link": "misprint"}},
        {"salesforce": {"job_id_form": "int"}},
        {"aos": {"first_page": 1}},
        {"aos": {"list_key": "items"}},
        {"opus": {"unknown_job": "missing"}},
        {"opus": {"next_link": "none"}},
        {"elements": {"jobs": []}},
        {"elements": {"customers": {}}},
        {"elements": {"representation": "words"}},
        {"customers": [{"customer_id": "C1", "name": "x"}]},
        {"customers": [{"customer_id": "C1", "jobs": [{"status": 2, "service": 1}]}]},
        {"customers_api": {"numbers": "string"}},
        {"latency": {"m366": 1}},
    ],
    ids=str,
)
def test_a_section_that_is_misspelt_is_refused(cloud, state):
    with pytest.raises(ControlError):
        cloud.set(**state)
