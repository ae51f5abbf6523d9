# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs of Cloud Backup for Dynamics 365, from the simulator."""

from __future__ import annotations

import contextlib
import datetime
import re
import uuid

import pytest
import requests

from ansible_collections.avepoint.cloud.plugins.module_utils._dynamics365 import (
    GRAPH_PATH,
    TYPES,
    V1_TYPES,
    Dynamics365,
)
from ansible_collections.avepoint.cloud.plugins.module_utils._errors import AvePointError, NotFound
from ansible_collections.avepoint.cloud.plugins.module_utils._http import Answer
from ansible_collections.avepoint.cloud.plugins.module_utils._iso8601 import parse_time
from ansible_collections.avepoint.cloud.plugins.module_utils._paging import Page
from ansible_collections.avepoint.cloud.tests.unit.plugins.module_utils.support import (
    answer,
    failed,
    job_ids,
    params,
    scripted,
    succeeded,
)

GUID = "6a4e0000-0000-4000-8000-00000000000"
HOUR, DAY = 3600, 86400
APIS = pytest.mark.parametrize("api", ["v1", "graph"])
MODES = pytest.mark.parametrize("mode", ["start", "finish"])


def service(api: str) -> str:
    return f"d365_{api}"


def jobs(cloud, *given: dict, **d365) -> None:
    cloud.set(d365={"jobs": list(given), **d365})


def numbered(count: int) -> list[str]:
    return [f"job-{number:06d}" for number in range(1, count + 1)]


# What a job looks like


@APIS
def test_a_job(cloud, api):
    jobs(
        cloud,
        {
            "job_id": "DCIB2022081903124382222110",
            "type": 16,
            "status": 7,
            "start_time": "2022-08-19T03:12:43.821Z",
            "finish_time": "2022-08-19T03:13:46.633Z",
            "module": "Customer Engagement",
            "organization_id": GUID + "1",
            "organization_name": "Example Production",
            "backup_size": 123456789,
            "successfulEntity": 1,
            "failedEntity": 2,
            "skippedEntity": 3,
            "warningEntity": 4,
            "totalEntity": 10,
            "successfulRecord": 5,
            "failedRecord": 6,
            "skippedRecord": 7,
            "warningRecord": 8,
            "totalRecord": 26,
            "extra": {"durationHours": 0.25},
        },
    )
    result = succeeded(cloud.d365(api=api, start_time="2022-08-19", finish_time="2022-08-20"))
    assert result["jobs"] == [
        {
            "job_id": "DCIB2022081903124382222110",
            "type": "audit_backup",
            "type_id": 16,
            "status": "finished_with_exception",
            "status_id": 7,
            "state": "finished_with_exception",
            "finished": True,
            "module": "Customer Engagement",
            "start_time": "2022-08-19T03:12:43.821Z",
            "finish_time": "2022-08-19T03:13:46.633Z",
            "duration_hours": 0.25,
            "successful_entity": 1,
            "failed_entity": 2,
            "skipped_entity": 3,
            "warning_entity": 4,
            "total_entity": 10,
            "successful_record": 5,
            "failed_record": 6,
            "skipped_record": 7,
            "warning_record": 8,
            "total_record": 26,
            "backup_size": 123456789,
            "organization_id": GUID + "1",
            "organization_name": "Example Production",
        }
    ]
    assert result["api"] == api


@pytest.mark.parametrize("nulls", [False, True])
def test_the_keys_are_there_where_the_api_sent_nothing(cloud, nulls):
    jobs(cloud)
    optional = [
        "module",
        "startTime",
        "finishTime",
        "durationHours",
        "backupSize",
        "organizationId",
        "organizationName",
    ]
    optional += [
        part + whole
        for whole in ("Entity", "Record")
        for part in ("successful", "failed", "skipped", "warning", "total")
    ]
    entry = {"jobId": "a", "type": "Backup", "status": "Finished", **(dict.fromkeys(optional) if nulls else {})}
    bare = {"result": [entry], "totalNumber": 1}
    cloud.simulator.faults(
        {"kind": "status", "status": 200, "body": bare, "match": {"service": "d365_v1"}, "times": -1}
    )
    (job,) = succeeded(cloud.d365(api="v1"))["jobs"]
    named = {"job_id", "type", "type_id", "status", "status_id", "state", "finished"}
    assert {name: value for name, value in job.items() if name not in named} == {
        re.sub("([A-Z])", r"_\1", name).lower(): None for name in optional
    }


def test_the_api_s_own_object_on_request(cloud):
    jobs(cloud, {"job_id": "a", "type": 1, "status": 3, "extra": {"somethingNew": [1]}})
    (job,) = succeeded(cloud.d365(include_raw=True))["jobs"]
    assert job["raw"]["somethingNew"] == [1]
    assert job["raw"]["jobId"] == "a"
    assert "raw" not in succeeded(cloud.d365())["jobs"][0]


@APIS
@pytest.mark.parametrize("shape", ["result", "graph"])
@pytest.mark.parametrize("representation", ["number", "numeric_string", "name"])
def test_both_shapes_and_all_ways_to_write_type_and_status(cloud, api, shape, representation):
    given = [{"job_id": f"t{number}", "type": number, "status": 3} for number in (1, 2, 4, 8, 16)]
    given += [{"job_id": f"s{number}", "type": 1, "status": number} for number in (2, 3, 4, 7)]
    jobs(cloud, *given, v1_shape=shape, v1_representation=representation, graph_representation=representation)
    result = succeeded(cloud.d365(api=api))
    assert [job["type"] for job in result["jobs"][:5]] == ["backup", "restore", "dry_run", "retention", "audit_backup"]
    assert [job["type_id"] for job in result["jobs"][:5]] == [1, 2, 4, 8, 16]
    assert [job["state"] for job in result["jobs"][5:]] == ["running", "succeeded", "failed", "finished_with_exception"]
    assert [job["status_id"] for job in result["jobs"][5:]] == [2, 3, 4, 7]
    assert "warnings" not in result


@pytest.mark.parametrize("representation", ["number", "numeric_string", "name"])
def test_values_that_nobody_documented_are_kept_with_one_warning(cloud, representation):
    jobs(
        cloud,
        {"job_id": "a", "type": 64, "status": 9},
        {"job_id": "b", "type": 1, "status": 9},
        v1_representation=representation,
    )
    result = succeeded(cloud.d365())
    number = None if representation == "name" else 9
    assert [(job["state"], job["finished"], job["status_id"]) for job in result["jobs"]] == [
        ("unknown", False, number)
    ] * 2
    assert result["jobs"][0]["type"] == "unknown"
    (warning,) = result["warnings"]
    assert warning.count("status") == 1
    assert "Cloud Backup for Dynamics 365" in warning


def test_no_job_is_of_the_type_all(cloud):
    jobs(cloud, {"job_id": "a", "type": 1, "status": 3})
    cloud.simulator.faults(
        {"kind": "wrong_type", "path": "result[0].type", "value": 0, "match": {"service": "d365_v1"}, "times": -1}
    )
    assert succeeded(cloud.d365())["jobs"][0]["type"] == "unknown"


# Times


@APIS
@pytest.mark.parametrize(
    ("form", "shown"),
    [
        ("milliseconds", "2026-01-02T03:04:05.678Z"),
        ("ticks", "2026-01-02T03:04:05.678Z"),
        ("seconds", "2026-01-02T03:04:05Z"),
        ("offset", "2026-01-02T03:04:05.678Z"),
        ("naive", "2026-01-02T03:04:05.678Z"),
    ],
)
def test_every_form_of_time(cloud, api, form, shown):
    moment = "2026-01-02T03:04:05.678Z"
    jobs(cloud, {"job_id": "a", "type": 1, "status": 3, "start_time": moment, "finish_time": moment}, time_format=form)
    result = succeeded(cloud.d365(api=api, start_time="2026-01-01", finish_time="2026-01-03"))
    assert (result["jobs"][0]["start_time"], result["jobs"][0]["finish_time"]) == (shown, shown)
    assert result["summary"]["latest_success"] == shown


@pytest.mark.parametrize("value", [None, "absent", "0001-01-01T00:00:00", "0001-01-01T00:00:00Z", ""])
def test_a_running_job_has_no_finish_time(cloud, value):
    jobs(cloud, {"job_id": "a", "type": 1, "status": 2}, running_finish_time=value)
    (job,) = succeeded(cloud.d365())["jobs"]
    assert job["finish_time"] is None
    assert job["finished"] is False


def test_latest_success_is_the_newest_finish_of_a_success(cloud):
    jobs(
        cloud,
        {
            "job_id": "a",
            "type": 1,
            "status": 3,
            "start_time": "2026-01-02T01:00:00Z",
            "finish_time": "2026-01-02T05:00:00Z",
        },
        {
            "job_id": "b",
            "type": 1,
            "status": 3,
            "start_time": "2026-01-02T02:00:00Z",
            "finish_time": "2026-01-02T03:00:00Z",
        },
        {
            "job_id": "c",
            "type": 1,
            "status": 7,
            "start_time": "2026-01-02T03:00:00Z",
            "finish_time": "2026-01-02T06:00:00Z",
        },
        {
            "job_id": "d",
            "type": 1,
            "status": 4,
            "start_time": "2026-01-02T04:00:00Z",
            "finish_time": "2026-01-02T07:00:00Z",
        },
    )
    options = {"start_time": "2026-01-02", "finish_time": "2026-01-03"}
    assert succeeded(cloud.d365(**options))["summary"]["latest_success"] == "2026-01-02T05:00:00Z"
    assert succeeded(cloud.d365(**options, states=["failed"]))["summary"]["latest_success"] is None
    assert succeeded(cloud.d365(**options, job_ids=["b"]))["summary"]["latest_success"] == "2026-01-02T03:00:00Z"


def test_latest_success_without_a_job_is_null(cloud):
    jobs(cloud)
    result = succeeded(cloud.d365())
    assert result["summary"]["latest_success"] is None
    assert result["summary"]["all_finished"] is False
    assert result["total_count"] == 0


# What is sent


def test_v1_is_sent_what_its_schema_has_and_nothing_else(cloud):
    jobs(cloud, {"job_id": "a", "type": 1, "status": 3}, strict_required=True)
    succeeded(cloud.d365(api="v1", start_time="2026-01-02T03:04:05+01:00", finish_time="2026-01-03"))
    first, second = sorted(cloud.simulator.requests("d365_v1"), key=lambda request: len(request["json"]))
    assert first["method"] == "POST"
    assert first["json"] == {
        "pageInfo": {"currentPage": 1, "pageSize": 50},
        "type": 0,
        "startTime": "2026-01-02T02:04:05Z",
        "endTime": "2026-01-03T00:00:00Z",
    }
    # A job that began earlier and still runs is asked for besides, up to now: that is where a server lists it that goes by
    # when jobs finish.
    until = parse_time(second["json"]["endTime"])
    assert abs((datetime.datetime.now(datetime.timezone.utc) - until).total_seconds()) < 600
    assert second["json"] == {
        **first["json"],
        "startTime": "2025-12-03T02:04:05Z",
        "endTime": second["json"]["endTime"],
        "status": 2,
    }


def test_graph_is_sent_its_query(cloud):
    jobs(cloud, {"job_id": "a", "type": 1, "status": 3})
    succeeded(cloud.d365(api="graph", start_time="2026-01-02", finish_time="2026-01-03", page_size=7))
    first, second = sorted(cloud.simulator.requests("d365_graph"), key=lambda request: len(request["query"]))
    assert first["method"] == "GET"
    assert first["query"] == {
        "pageIndex": "1",
        "pageSize": "7",
        "type": "0",
        "startTime": "2026-01-02T00:00:00Z",
        "finishTime": "2026-01-03T00:00:00Z",
    }
    assert second["query"]["status"] == "2"


@pytest.mark.parametrize(
    ("options", "sent"),
    [
        ({"types": ["restore"]}, {"type": 2}),
        ({"types": ["restore", "backup"]}, {"type": 0}),
        ({"types": ["export"]}, {"type": 0}),
        ({"states": ["failed"]}, {"status": 4}),
        ({"states": ["succeeded"]}, {"status": 3}),
        ({"organization_id": GUID + "1"}, {"organizationId": GUID + "1"}),
        ({"object_type": 3}, {"objectType": 3}),
    ],
)
def test_what_the_server_can_filter_it_filters(cloud, options, sent):
    jobs(cloud)
    succeeded(cloud.d365(api="v1", **options))
    bodies = [request["json"] for request in cloud.simulator.requests("d365_v1")]
    assert any(sent.items() <= body.items() for body in bodies)
    if "types" in options:
        assert all(sent.items() <= body.items() for body in bodies)


def test_graph_knows_exports(cloud):
    jobs(cloud, {"job_id": "a", "type": 32, "status": 3}, {"job_id": "b", "type": 1, "status": 3})
    result = succeeded(cloud.d365(api="graph", types=["export"]))
    assert [(job["job_id"], job["type"]) for job in result["jobs"]] == [("a", "export")]
    assert {request["query"]["type"] for request in cloud.simulator.requests("d365_graph")} == {"32"}


MIXED = [
    {"job_id": "AA", "type": 1, "status": 3, "organization_id": GUID + "1", "object_type": 1},
    {"job_id": "bb", "type": 2, "status": 4, "organization_id": GUID + "2", "object_type": 2},
    {"job_id": "Cc", "type": 1, "status": 2, "organization_id": GUID + "1", "object_type": 2},
    {"job_id": "dd", "type": 16, "status": 7, "organization_id": GUID + "2", "object_type": 1},
]


@APIS
@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({}, ["AA", "bb", "Cc", "dd"]),
        ({"types": ["backup"]}, ["AA", "Cc"]),
        ({"types": ["backup", "restore"]}, ["AA", "bb", "Cc"]),
        ({"types": ["export"]}, []),
        ({"states": ["running"]}, ["Cc"]),
        ({"states": ["running", "failed"]}, ["bb", "Cc"]),
        ({"states": ["succeeded"]}, ["AA"]),
        ({"states": ["waiting"]}, []),
        ({"states": ["waiting", "succeeded"]}, ["AA"]),
        ({"types": ["backup"], "states": ["succeeded"]}, ["AA"]),
        ({"organization_id": GUID + "2"}, ["bb", "dd"]),
        ({"organization_id": (GUID + "2").upper()}, ["bb", "dd"]),
        ({"job_ids": ["aa", "CC"]}, ["AA", "Cc"]),
        ({"limit": 2}, ["AA", "bb"]),
    ],
)
def test_choosing(cloud, api, options, found):
    jobs(cloud, *MIXED)
    assert job_ids(succeeded(cloud.d365(api=api, **options))) == found


def test_choosing_by_object_type(cloud):
    jobs(cloud, *MIXED)
    assert job_ids(succeeded(cloud.d365(object_type=2))) == ["bb", "Cc"]


def test_ids_that_are_not_there(cloud):
    jobs(cloud, *MIXED)
    result = succeeded(cloud.d365(job_ids=["aa", "Nope"]))
    assert result["missing_job_ids"] == ["Nope"]
    assert result["summary"]["all_succeeded"] is False


# Which of the two APIs


@pytest.mark.parametrize("status", [404, 405, 501])
def test_where_v1_does_not_exist_graph_answers(cloud, status):
    jobs(cloud, {"job_id": "a", "type": 1, "status": 3}, v1_status=status)
    result = succeeded(cloud.d365())
    assert job_ids(result) == ["a"]
    assert result["api"] == "graph"
    assert result["retries"] == 0


@pytest.mark.parametrize("status", [400, 403, 500, 503])
def test_any_other_failure_of_v1_is_no_reason_for_graph(cloud, status):
    jobs(cloud, v1_status=status)
    result = cloud.d365(max_retries=1)
    assert result["error"]["http_status"] == status
    assert cloud.counts()["d365_graph"] == 0


@pytest.mark.parametrize("status", [404, 405, 501])
def test_v1_when_asked_for_stays_v1(cloud, status):
    jobs(cloud, v1_status=status)
    result = cloud.d365(api="v1")
    assert result["error"]["http_status"] == status
    assert result["api"] == "v1"
    assert cloud.counts()["d365_graph"] == 0


def test_a_filter_that_graph_does_not_know_is_not_lost(cloud):
    jobs(cloud, {"job_id": "a", "type": 1, "status": 3}, v1_status=404)
    failed(cloud.d365(object_type=1), "not_found", "leave object_type out")
    assert cloud.counts()["d365_graph"] == 0


def test_a_wait_asks_v1_once_only_where_it_does_not_exist(cloud):
    jobs(cloud, {"job_id": "a", "type": 1, "timeline": [[0, 2], [100, 3]]}, v1_status=404)
    cloud.together()
    result = succeeded(cloud.d365(wait=True))
    assert result["api"] == "graph"
    # The first look reads two lists side by side.
    assert cloud.counts()["d365_v1"] <= 2


def test_v1_that_answered_is_not_left_for_a_404_later(cloud):
    jobs(cloud, {"job_id": "a", "type": 1, "status": 2})
    cloud.together()
    cloud.simulator.faults({"kind": "status", "status": 404, "match": {"service": "d365_v1"}, "skip": 2, "times": -1})
    result = cloud.d365(wait=True)
    failed(result, "not_found")
    assert result["api"] == "v1"
    assert cloud.counts()["d365_graph"] == 0


@pytest.mark.parametrize(
    ("statuses", "answered_by", "then"),
    [
        ([503], None, "graph"),  # nothing shows yet whether it is there
        ([403], "v1", "v1"),
        ([200, 503], "v1", "v1"),
    ],
)
def test_a_poll_that_fails_settles_the_api_where_it_shows_that_it_is_there(statuses, answered_by, then):
    given = iter([*statuses, *[404] * 9])

    def exchange(request: dict) -> Answer:
        status = 200 if GRAPH_PATH in request["url"] else next(given)
        return answer({"result": [], "totalNumber": 0}, status, Date="Mon, 21 Sep 2026 14:13:20 GMT")

    client, _script, moment = scripted(exchange, max_retries=0)
    options = params(Dynamics365, client_id="client", client_secret="client-secret-0123", max_concurrency=1)
    polled = Dynamics365(options, client, moment.now)
    with pytest.raises(AvePointError):
        polled.poll()
    assert polled.answered_by == answered_by
    with contextlib.nullcontext() if then == "graph" else pytest.raises(NotFound):
        polled.poll()
    assert polled.answered_by == then


def alone(**options) -> Dynamics365:
    """The service without a server."""
    client, _script, moment = scripted(answer({}))
    return Dynamics365(
        params(Dynamics365, client_id="client", client_secret="secret-0123", **options), client, moment.now
    )


def test_graph_alone_says_how_long_its_pages_are():
    assert alone()._page_of({"jobs": [], "totalCount": 3, "pageSize": 10}) == Page([], 3, 10)
    assert alone()._page_of({"result": [], "totalNumber": 3, "pageSize": 10}) == Page([], 3, None)


def test_each_api_is_asked_for_the_types_that_it_knows():
    known = {name: alone(types=[name])._type_filter(V1_TYPES) for name in TYPES.values()}
    assert known == {"backup": 1, "restore": 2, "dry_run": 4, "retention": 8, "audit_backup": 16, "export": 0}


def test_both_apis_that_fail(cloud):
    jobs(cloud, v1_status=404, graph_status=404)
    failed(cloud.d365(), "not_found", "region")


# Paging


@APIS
def test_600_jobs_from_a_server_that_caps_the_page_at_10(cloud, api):
    cloud.set(d365={"generate": {"count": 600, "statuses": [3]}, "paging": {"page_cap": 10}})
    result = succeeded(cloud.d365(api=api))
    assert job_ids(result) == numbered(600)
    assert result["total_count"] == 600
    assert cloud.counts()["logins"] == 1
    assert cloud.counts()[service(api)] <= 70


@APIS
@pytest.mark.parametrize(
    ("paging", "concurrency"),
    [
        ({}, 1),
        ({"page_cap": 10}, 1),
        ({"page_cap": 10, "total_count": "missing"}, 8),
        ({"total_count": "null"}, 8),
        ({"total_count": 0}, 8),
        ({"overlap": 4}, 8),
        ({"empty_page": 2}, 8),
        ({"out_of_range": "clamp"}, 8),
        ({"out_of_range": 400, "total_count": "missing"}, 8),
        ({"out_of_range": 404, "total_count": "missing"}, 8),
    ],
    ids=str,
)
def test_every_job_once_however_the_server_pages(cloud, api, paging, concurrency):
    cloud.set(d365={"generate": {"count": 95, "every": 60}, "paging": paging})
    result = succeeded(cloud.d365(api=api, page_size=20, max_concurrency=concurrency))
    assert job_ids(result) == numbered(95)


@APIS
@pytest.mark.parametrize(
    "paging", [{"total_count": {"offset": 5}}, {"repeat_page": 2}, {"total_count": "string"}], ids=str
)
def test_where_not_all_jobs_can_be_had_it_says_so(cloud, api, paging):
    cloud.set(d365={"generate": {"count": 95, "every": 60}, "paging": paging})
    result = cloud.d365(api=api, page_size=20)
    failed(result, "invalid_response")
    assert result["jobs"] == []


@APIS
def test_jobs_that_appear_while_pages_are_read_push_none_out(cloud, api):
    new = [{"job_id": f"new-{number}", "type": 1, "status": 2, "insert_at_request": number} for number in (2, 4, 6)]
    cloud.set(d365={"jobs": new, "generate": {"count": 95, "every": 60}})
    found = job_ids(succeeded(cloud.d365(api=api, page_size=20)))
    assert [job_id for job_id in found if job_id.startswith("job-")] == numbered(95)
    assert len(found) == len(set(found))


@pytest.mark.parametrize(
    ("options", "found", "truncated"),
    [
        ({"page": 2, "page_size": 10}, numbered(20)[10:], True),
        ({"page": 3, "page_size": 10}, numbered(25)[20:], True),
        ({"page": 1, "page_size": 50}, numbered(25), False),
        ({"limit": 12, "page_size": 10}, numbered(12), True),
        ({"limit": 25, "page_size": 10}, numbered(25), False),
    ],
)
def test_a_part(cloud, options, found, truncated):
    cloud.set(d365={"generate": {"count": 25, "every": 60}})
    result = succeeded(cloud.d365(**options))
    assert job_ids(result) == found
    assert (result["total_count"], result["truncated"]) == (25, truncated)


def test_one_page_is_one_request(cloud):
    cloud.set(d365={"generate": {"count": 25, "every": 60}})
    succeeded(cloud.d365(page=1))
    assert cloud.counts()["d365_v1"] == 1


# The range of time


def old_and_new(cloud, mode: str, **more) -> None:
    jobs(
        cloud,
        {"job_id": "today", "type": 1, "status": 3, "start_time": -2 * HOUR, "finish_time": -HOUR},
        {"job_id": "before", "type": 1, "status": 3, "start_time": -50 * HOUR, "finish_time": -49 * HOUR},
        range_on=mode,
        **more,
    )


@APIS
@MODES
@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({}, ["today"]),
        ({"start_time": "-3d"}, ["today", "before"]),
        ({"start_time": "-3d", "finish_time": "-1d"}, ["before"]),
        ({"start_time": "-3d", "end_time": "-1d"}, ["before"]),
        ({"start_time": "-30m"}, []),
        ({"start_time": "-4320m", "finish_time": "now"}, ["today", "before"]),
        ({"start_time": "-1W"}, ["today", "before"]),
        ({"start_time": "-259200s"}, ["today", "before"]),
        ({"start_time": "2000-01-01", "finish_time": "NOW"}, ["today", "before"]),
        ({"start_time": "0001-01-01T00:00:00Z"}, ["today", "before"]),
    ],
)
def test_the_range(cloud, api, mode, options, found):
    old_and_new(cloud, mode)
    assert job_ids(succeeded(cloud.d365(api=api, **options))) == found


@pytest.mark.parametrize("year", ["1601", "1753", "1900", "1970", "9999"])
@pytest.mark.parametrize("options", [{}, {"finish_time": "-1m"}])
def test_a_failure_whose_times_stand_for_none_is_not_before_or_after_the_range(cloud, year, options):
    none = f"{year}-01-01T00:00:00Z"
    jobs(
        cloud,
        {"job_id": "lost", "type": 1, "status": 4, "extra": {"startTime": none, "finishTime": none}},
        {"job_id": "older", "type": 1, "status": 3, "extra": {"startTime": none, "finishTime": none}},
        ignored_filters=["time"],
    )
    result = succeeded(cloud.d365(**options))
    assert [(job["job_id"], job["state"]) for job in result["jobs"] if job["state"] != "unknown"] == [
        ("lost", "failed")
    ]


@APIS
@MODES
@pytest.mark.parametrize("options", [{}, {"limit": 3}, {"types": ["backup"]}])
def test_a_server_that_goes_by_no_filter_brings_nothing_from_before_the_range(cloud, api, mode, options):
    jobs(
        cloud,
        {"job_id": "today", "type": 1, "status": 3, "start_time": -2 * HOUR, "finish_time": -HOUR},
        *(
            {"job_id": f"{n}", "type": 1, "status": 3, "start_time": -n * DAY, "finish_time": -n * DAY + 9}
            for n in (2, 3, 4)
        ),
        {"job_id": "old", "type": 1, "status": 2, "start_time": -5 * DAY},
        range_on=mode,
        ignored_filters=["type", "status"],
    )
    result = succeeded(cloud.d365(api=api, **options))
    assert sorted(job_ids(result)) == ["old", "today"]
    assert result["total_count"] == 2


def test_an_exact_range_in_every_form(cloud):
    moment = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0) - datetime.timedelta(hours=5)
    start = moment.isoformat().replace("+00:00", "Z")
    jobs(cloud, {"job_id": "a", "type": 1, "status": 3, "start_time": start})
    elsewhere = moment.astimezone(datetime.timezone(datetime.timedelta(hours=9, minutes=30)))
    for form in (
        start,
        moment.strftime("%Y-%m-%d %H:%M:%S"),
        elsewhere.isoformat(),
        elsewhere.strftime("%Y-%m-%dT%H:%M:%S%z"),
    ):
        assert job_ids(succeeded(cloud.d365(start_time=form, finish_time=form))) == ["a"], form


@APIS
@MODES
def test_a_job_that_began_before_the_range_and_still_runs_is_seen(cloud, api, mode):
    jobs(
        cloud,
        {"job_id": "old", "type": 1, "status": 2, "start_time": -3 * DAY},
        {"job_id": "new", "type": 1, "status": 2, "start_time": -HOUR},
        range_on=mode,
    )
    result = succeeded(cloud.d365(api=api))
    assert sorted(job_ids(result)) == ["new", "old"]
    assert result["total_count"] == 2
    assert result["summary"]["all_finished"] is False


@APIS
@MODES
def test_what_is_filtered_is_filtered_there_too(cloud, api, mode):
    jobs(
        cloud,
        {"job_id": "old", "type": 1, "status": 2, "start_time": -3 * DAY, "organization_id": GUID + "1"},
        {"job_id": "other", "type": 1, "status": 2, "start_time": -3 * DAY, "organization_id": GUID + "2"},
        {"job_id": "restore", "type": 2, "status": 2, "start_time": -3 * DAY, "organization_id": GUID + "1"},
        range_on=mode,
    )
    assert job_ids(succeeded(cloud.d365(api=api, types=["backup"], organization_id=GUID + "1"))) == ["old"]
    assert job_ids(succeeded(cloud.d365(api=api, states=["succeeded"]))) == []


@APIS
@MODES
def test_a_job_that_finishes_while_one_waits_is_seen(cloud, api, mode):
    jobs(cloud, {"job_id": "a", "type": 1, "timeline": [[0, 2], [700, 3]], "start_time": -HOUR}, range_on=mode)
    cloud.together()
    result = succeeded(cloud.d365(api=api, wait=True))
    assert [(job["job_id"], job["state"]) for job in result["jobs"]] == [("a", "succeeded")]
    assert result["summary"]["all_succeeded"] is True
    assert result["summary"]["latest_success"] == result["jobs"][0]["finish_time"]


@APIS
@MODES
def test_a_job_that_began_before_the_range_and_finishes_while_one_waits_is_seen(cloud, api, mode):
    jobs(
        cloud,
        {"job_id": "old", "type": 1, "timeline": [[0, 2], [700, 4]], "start_time": -3 * DAY},
        {"job_id": "done", "type": 1, "status": 3, "start_time": -2 * DAY, "finish_time": -2 * DAY + 60},
        {"job_id": "new", "type": 1, "timeline": [[0, 2], [100, 3]], "start_time": -HOUR},
        range_on=mode,
    )
    cloud.together()
    result = succeeded(cloud.d365(api=api, wait=True))
    # "done" is in the widened range that follows "old", and was not asked for.
    assert {job["job_id"]: job["state"] for job in result["jobs"]} == {"old": "failed", "new": "succeeded"}
    assert result["summary"]["any_failed"] is True


@APIS
@MODES
def test_a_job_that_begins_while_one_waits_is_waited_for_too(cloud, api, mode):
    jobs(
        cloud,
        {"job_id": "first", "type": 1, "timeline": [[0, 2], [100, 3]], "start_time": -HOUR},
        {"job_id": "second", "type": 1, "timeline": [[50, 2], [400, 3]], "start_time": 50},
        range_on=mode,
    )
    cloud.together()
    result = succeeded(cloud.d365(api=api, wait=True))
    assert sorted(job_ids(result)) == ["first", "second"]


@APIS
@MODES
def test_a_job_that_failed_does_not_leave_a_wait_for_others(cloud, api, mode):
    jobs(
        cloud,
        {"job_id": "old", "type": 1, "timeline": [[0, 2], [100, 4]], "start_time": -2 * DAY},
        {"job_id": "new", "type": 1, "timeline": [[0, 2], [700, 3]], "start_time": -HOUR},
        range_on=mode,
    )
    cloud.together()
    result = succeeded(cloud.d365(api=api, wait=True))
    assert {job["job_id"]: job["state"] for job in result["jobs"]} == {"old": "failed", "new": "succeeded"}
    assert result["summary"]["all_succeeded"] is False
    assert result["summary"]["any_failed"] is True


@APIS
@MODES
def test_a_job_that_still_runs_when_the_range_has_ended_is_followed(cloud, api, mode):
    jobs(
        cloud,
        {"job_id": "done", "type": 1, "status": 3, "start_time": -3 * HOUR, "finish_time": -2 * HOUR},
        {"job_id": "runs", "type": 1, "timeline": [[0, 2], [300, 4]], "start_time": -2 * HOUR},
        {"job_id": "later", "type": 1, "timeline": [[0, 2], [9000, 3]], "start_time": -60},
        range_on=mode,
    )
    cloud.together()
    result = succeeded(cloud.d365(api=api, finish_time="-1h", wait=True))
    assert {job["job_id"]: job["state"] for job in result["jobs"]} == {"done": "succeeded", "runs": "failed"}


def test_a_job_that_ends_between_the_two_lists_of_a_look_is_in_one_of_them(cloud):
    # The list of those in progress comes first: what has ended before the other one is read, is in that.
    jobs(
        cloud,
        {"job_id": "a", "type": 1, "timeline": [[0, 2], [1, 4]], "start_time": -HOUR},
        range_on="finish",
        running_finish_time=None,
    )
    cloud.simulator.faults({"kind": "delay", "seconds": 1.2, "match": {"service": "d365_v1"}})
    assert job_ids(succeeded(cloud.d365(api="v1"))) == ["a"]
    statuses = [request["json"].get("status") for request in cloud.simulator.requests("d365_v1")]
    assert None not in statuses[: statuses.count(2)]


@APIS
def test_a_server_that_refuses_to_be_asked_for_what_runs_is_asked_for_the_rest(cloud, api):
    jobs(cloud, {"job_id": "a", "type": 1, "status": 3})
    cloud.simulator.faults({"kind": "status", "status": 400, "match": {"service": service(api)}})
    result = succeeded(cloud.d365(api=api))
    assert job_ids(result) == ["a"]
    (warning,) = result["warnings"]
    assert "began before start_time" in warning
    assert "HTTP 400" in warning
    assert "warnings" not in succeeded(cloud.d365(api=api))


@APIS
@pytest.mark.parametrize("status", [402, 403, 404, 405, 406, 409, 413, 418, 422, 431, 451])
def test_any_other_refusal_of_what_runs_is_raised(cloud, api, status):
    # What runs is asked for first.
    jobs(
        cloud, {"job_id": "a", "type": 1, "status": 3}, {"job_id": "b", "type": 1, "status": 2, "start_time": -2 * DAY}
    )
    cloud.simulator.faults({"kind": "status", "status": status, "match": {"service": service(api)}})
    result = cloud.d365(api=api)
    assert result["failed"] is True
    assert (result["error"]["http_status"], result["jobs"]) == (status, [])


# What is not understood is kept


@APIS
@pytest.mark.parametrize("ignored", [[], ["type"]])
@pytest.mark.parametrize("types", [["backup"], ["backup", "restore"]])
def test_a_type_that_cannot_be_read_is_not_left_out(cloud, api, types, ignored):
    jobs(
        cloud,
        {"job_id": "a", "type": 1, "status": 4, "extra": {"type": "Incremental Backup"}},
        {"job_id": "b", "type": 1, "status": 3},
        {"job_id": "c", "type": 8, "status": 4},
        ignored_filters=ignored,
    )
    result = succeeded(cloud.d365(api=api, types=types))
    assert [(job["job_id"], job["type"], job["state"]) for job in result["jobs"]] == [
        ("a", "unknown", "failed"),
        ("b", "backup", "succeeded"),
    ]
    assert result["jobs"][0]["type_text"] == "Incremental Backup"
    assert result["summary"]["any_failed"] is True
    assert any("a (unknown: type Incremental Backup, failed)." in warning for warning in result["warnings"])


@pytest.mark.parametrize("states", [["failed"], ["failed", "succeeded"]])
def test_a_state_that_cannot_be_read_is_not_left_out(cloud, states):
    jobs(
        cloud,
        {"job_id": "a", "type": 1, "status": 4, "extra": {"status": "Aborted"}},
        {"job_id": "b", "type": 1, "status": 4},
        {"job_id": "c", "type": 1, "status": 7},
    )
    result = succeeded(cloud.d365(states=states))
    assert [(job["job_id"], job["state"], job["finished"]) for job in result["jobs"]] == [
        ("a", "unknown", False),
        ("b", "failed", True),
    ]
    assert any("a (backup, unknown: status Aborted)." in warning for warning in result["warnings"])


@APIS
@pytest.mark.parametrize(
    "form",
    [
        "{%s}" % (GUID + "a"),
        "(%s)" % (GUID + "a"),
        (GUID + "a").replace("-", ""),
        "{{{}}}".format((GUID + "A").replace("-", "").upper()),
        f" {GUID}A ",
        GUID + "a",
    ],
)
@pytest.mark.parametrize("ignored", [[], ["organization"]])
def test_an_organization_in_another_spelling_is_the_same(cloud, api, form, ignored):
    other = "{%s}" % (GUID + "2")
    jobs(
        cloud,
        {"job_id": "mine", "type": 1, "status": 4, "organization_id": GUID + "a", "extra": {"organizationId": form}},
        {"job_id": "other", "type": 1, "status": 4, "organization_id": GUID + "2", "extra": {"organizationId": other}},
        ignored_filters=ignored,
    )
    result = succeeded(cloud.d365(api=api, organization_id=GUID + "a"))
    assert job_ids(result) == ["mine"]
    assert "warnings" not in result


@pytest.mark.parametrize("form", ["org1.crm.dynamics.example", GUID, GUID + "aa", "{}", str(uuid.UUID(int=0))])
def test_an_organization_that_is_no_guid_is_kept_and_named(cloud, form):
    jobs(
        cloud,
        {"job_id": "mine", "type": 1, "status": 4, "organization_id": GUID + "a", "extra": {"organizationId": form}},
    )
    result = succeeded(cloud.d365(organization_id=GUID + "a"))
    assert job_ids(result) == ["mine"]
    (warning,) = result["warnings"]
    assert "organization_id" in warning
    assert "mine (backup, failed)." in warning


@pytest.mark.parametrize("both", [[], None])
def test_an_answer_in_both_forms_is_in_none(cloud, both):
    jobs(cloud)
    body = {"result": both, "totalNumber": 0, "jobs": [{"jobId": "a", "type": 1, "status": 4}]}
    cloud.simulator.faults(
        {"kind": "status", "status": 200, "body": body, "match": {"service": "d365_v1"}, "times": -1}
    )
    failed(cloud.d365(), "invalid_response", '"result" or "jobs"')


def test_a_warning_counts_the_jobs_that_it_does_not_name(cloud):
    jobs(cloud, *({"job_id": f"j{number}", "type": 1, "status": 9} for number in range(14)))
    warning = succeeded(cloud.d365(states=["failed", "succeeded"]))["warnings"][1]
    assert warning.endswith("j9 (backup, unknown: status Unknown9) and 4 more.")


# The range is checked here too


@APIS
@pytest.mark.parametrize(
    ("options", "times", "found"),
    [
        ({}, (-9 * DAY, -9 * DAY + 60), False),
        ({}, (-25 * HOUR, -24 * HOUR - 60), False),
        ({}, (-25 * HOUR, -23 * HOUR), True),
        ({}, (-2 * HOUR, -HOUR), True),
        ({"start_time": "-3d", "finish_time": "-2d"}, (-4 * DAY, -DAY), True),  # all of the range
        ({"start_time": "-3d", "finish_time": "-2d"}, (-2.5 * DAY, -DAY), True),
        ({"start_time": "-3d", "finish_time": "-2d"}, (-DAY, -HOUR), False),
        ({"start_time": "-3d", "finish_time": "-2d"}, (-2 * DAY + 60, -HOUR), False),
    ],
)
@pytest.mark.parametrize("status", [3, 4])
def test_a_job_that_ran_outside_the_range_is_not_chosen(cloud, api, options, times, found, status):
    start, finish = times
    jobs(
        cloud,
        {"job_id": "a", "type": 1, "status": status, "start_time": start, "finish_time": finish},
        ignored_filters=["time"],
    )
    result = succeeded(cloud.d365(api=api, **options))
    assert job_ids(result) == (["a"] if found else [])
    assert result["summary"]["total"] == found


@pytest.mark.parametrize(
    ("status", "more", "found"),
    [
        (2, {}, True),  # it runs, whenever it began
        (2, {"finishTime": "2020-01-01T00:00:00Z"}, True),
        (9, {"finishTime": None}, True),
        (4, {"finishTime": None}, True),  # it may have failed within the range
        (3, {"finishTime": None}, False),  # a success has to show when
        (3, {"startTime": None}, False),
        (4, {"startTime": None}, False),
        (3, {"startTime": None, "finishTime": None}, True),  # nothing says that it did not
        (4, {"startTime": None, "finishTime": None}, True),
    ],
)
def test_only_what_surely_ran_outside_the_range_is_left_out(cloud, status, more, found):
    old = {
        "job_id": "a",
        "type": 1,
        "status": status,
        "start_time": -9 * DAY,
        "finish_time": -9 * DAY + 60,
        "extra": more,
    }
    jobs(cloud, old, ignored_filters=["time", "status"])
    assert job_ids(succeeded(cloud.d365())) == (["a"] if found else [])


def test_a_success_of_long_ago_is_not_enough_for_a_wait(cloud):
    jobs(
        cloud,
        {"job_id": "a", "type": 1, "status": 3, "start_time": -9 * DAY, "finish_time": -9 * DAY + 60},
        ignored_filters=["time"],
    )
    cloud.together()
    failed(cloud.d365(wait=True, wait_timeout=60), "wait_timeout", "there were 0 jobs")


@APIS
@pytest.mark.parametrize(
    ("times", "word"),
    [((-HOUR, -2 * HOUR), "before they began"), ((-HOUR, HOUR), "in the future"), ((HOUR, HOUR + 60), "in the future")],
)
def test_a_job_whose_times_cannot_be_has_not_succeeded(cloud, api, times, word):
    start, finish = times
    for status, name in ((3, "finished"), (7, "finished_with_exception")):
        jobs(
            cloud,
            {"job_id": "a", "type": 1, "status": status, "start_time": start, "finish_time": finish},
            ignored_filters=["time"],
        )
        result = succeeded(cloud.d365(api=api))
        (job,) = result["jobs"]
        assert (job["state"], job["finished"], job["status"], job["status_id"]) == ("unknown", False, name, status)
        assert (result["summary"]["all_finished"], result["summary"]["latest_success"]) == (False, None)
        (warning,) = result["warnings"]
        assert word in warning
        assert f"a (backup, unknown: status {name})." in warning


def test_a_failed_job_stays_failed_whatever_its_times(cloud):
    jobs(
        cloud,
        {"job_id": "a", "type": 1, "status": 4, "start_time": -HOUR, "finish_time": -2 * HOUR},
        ignored_filters=["time"],
    )
    assert succeeded(cloud.d365())["summary"]["any_failed"] is True


def test_times_may_be_rounded(cloud):
    moment = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=700000)
    extra = {"startTime": moment.isoformat(), "finishTime": moment.replace(microsecond=0).isoformat()}
    jobs(cloud, {"job_id": "a", "type": 1, "status": 3, "extra": extra})
    assert succeeded(cloud.d365())["summary"]["all_succeeded"] is True


# The server's clock


def clocks(cloud, offset: float, *given: dict, **state) -> None:
    cloud.set(d365={"jobs": list(given)}, date_offset=offset, **state)


TWO_HOURS = pytest.mark.parametrize(("offset", "word"), [(2 * HOUR, "behind"), (-2 * HOUR, "ahead")])


@APIS
@TWO_HOURS
@pytest.mark.parametrize("login", [True, False])
def test_a_clock_that_is_wrong_is_put_right_by_the_server_s(cloud, api, offset, word, login):
    # On the server's clock: one at its now, one that was in the range by the wrong clock alone.
    clocks(
        cloud,
        offset,
        {"job_id": "now", "type": 1, "status": 4, "start_time": -120, "finish_time": -60},
        {"job_id": "early", "type": 1, "status": 3, "start_time": -4 * HOUR, "finish_time": -3.5 * HOUR},
        {"job_id": "old", "type": 1, "status": 3, "start_time": -26 * HOUR + 60, "finish_time": -26 * HOUR + 90},
    )
    more = {} if login else {"access_token": token(cloud), "client_id": None}
    result = succeeded(cloud.d365(api=api, **more))
    assert job_ids(result) == ["now", "early"]
    assert result["clock_skew"] == pytest.approx(offset, abs=5)
    (warning,) = result["warnings"]
    assert "120 minutes" in warning
    assert word in warning
    assert "NTP" in warning
    assert job_ids(succeeded(cloud.d365(api=api, start_time="-150m", finish_time="-1h", **more))) == []


def token(cloud) -> str:
    """An access token as somebody else got it."""
    body = {
        "grant_type": "client_credentials",
        "client_id": cloud.d365_client["client_id"],
        "client_secret": cloud.d365_client["client_secret"],
        "scope": "Dynamics.ReadWrite.All",
    }
    return str(requests.post(cloud.simulator.identity_url, data=body, timeout=30).json()["access_token"])


def test_with_the_time_of_the_login_nothing_is_read_twice(cloud):
    clocks(cloud, 2 * HOUR)
    succeeded(cloud.d365(api="graph"))
    assert cloud.counts()["d365_graph"] == 2


@pytest.mark.parametrize("offset", [240, -240])
def test_clocks_may_be_a_little_apart(cloud, offset):
    clocks(cloud, offset, {"job_id": "a", "type": 1, "status": 3, "start_time": -60, "finish_time": -2})
    result = succeeded(cloud.d365())
    assert job_ids(result) == ["a"]
    assert result["summary"]["all_succeeded"] is True
    assert "warnings" not in result
    assert result["clock_skew"] == pytest.approx(offset, abs=5)


def test_a_wait_goes_by_the_server_s_clock(cloud):
    clocks(cloud, 2 * HOUR, {"job_id": "a", "type": 1, "timeline": [[0, 2], [700, 4]], "start_time": -HOUR})
    cloud.together()
    result = succeeded(cloud.d365(wait=True))
    assert [(job["job_id"], job["state"]) for job in result["jobs"]] == [("a", "failed")]


@pytest.mark.parametrize("header", [False, "yesterday", ""])
def test_where_nothing_says_what_time_it_is_a_range_by_the_clock_is_no_range(cloud, header):
    clocks(cloud, 2 * HOUR, {"job_id": "a", "type": 1, "status": 4, "start_time": -60}, date_header=header)
    for options in ({}, {"start_time": "2026-01-01"}, {"start_time": "-2d", "finish_time": "2999-01-01"}):
        result = cloud.d365(**options)
        failed(result, "invalid_response", "Date header", "absolute")
        assert result["clock_skew"] is None
    result = succeeded(cloud.d365(start_time="2026-01-01", finish_time="2026-01-02"))
    assert (job_ids(result), result["clock_skew"]) == ([], None)


def test_a_running_job_is_not_lost_where_nothing_says_what_time_it_is(cloud):
    cloud.set(
        d365={"jobs": [{"job_id": "a", "type": 1, "status": 2, "start_time": -3 * HOUR}], "range_on": "finish"},
        date_offset=2 * HOUR,
        date_header=False,
    )
    now = datetime.datetime.now(datetime.timezone.utc)
    options = {
        name: (now - datetime.timedelta(hours=hours)).isoformat()
        for name, hours in (("start_time", 3), ("finish_time", 0.5))
    }
    assert job_ids(succeeded(cloud.d365(**options))) == ["a"]


def test_it_is_the_api_s_clock_that_counts(cloud):
    clocks(
        cloud,
        0,
        {"job_id": "a", "type": 1, "status": 4, "start_time": -120, "finish_time": -60},
        date_header={"identity": -2 * HOUR},
    )
    result = succeeded(cloud.d365())
    assert (job_ids(result), result["clock_skew"]) == (["a"], 0.0)
    assert "warnings" not in result


def test_a_clock_that_moves_with_each_answer_is_an_error(cloud):
    clocks(cloud, 0, {"job_id": "a", "type": 1, "status": 4})
    for turn in range(12):
        cloud.simulator.faults(
            {
                "kind": "status",
                "status": 200,
                "body": {"result": [], "totalNumber": 0},
                "headers": {"Date": f"Mon, 21 Sep 2026 {turn + 1:02}:13:20 GMT"},
                "match": {"service": "d365_v1"},
            }
        )
    failed(cloud.d365(api="v1"), "invalid_response", "differ in what time it is")


@APIS
def test_jobs_of_another_organization_are_left_out_where_the_server_does_not(cloud, api):
    jobs(
        cloud,
        {"job_id": "mine", "type": 1, "status": 3, "organization_id": GUID + "a"},
        {"job_id": "other", "type": 1, "status": 3, "organization_id": GUID + "2"},
        ignored_filters=["organization"],
    )
    assert job_ids(succeeded(cloud.d365(api=api, organization_id=(GUID + "a").upper()))) == ["mine"]


def test_the_total_is_what_the_server_says_when_a_limit_ends_the_reading(cloud):
    cloud.set(d365={"generate": {"count": 123, "types": [1], "statuses": [2, 3, 3, 3]}})
    assert succeeded(cloud.d365(limit=10))["total_count"] == 123


@MODES
def test_a_range_that_has_ended_does_not_move_on(cloud, mode):
    jobs(
        cloud,
        {"job_id": "in", "type": 1, "status": 3, "start_time": -3 * HOUR, "finish_time": -2 * HOUR},
        {"job_id": "later", "type": 1, "status": 3, "start_time": -HOUR, "finish_time": -HOUR / 2},
        range_on=mode,
    )
    assert job_ids(succeeded(cloud.d365(finish_time="-90m"))) == ["in"]


def test_the_end_of_the_range_moves_on_with_each_look(cloud):
    jobs(cloud, {"job_id": "a", "type": 1, "timeline": [[0, 2], [700, 3]]})
    cloud.together()
    succeeded(cloud.d365(wait=True, wait_sleep=300))
    ends = sorted({parse_time(request["json"]["endTime"]) for request in cloud.simulator.requests("d365_v1")})
    assert (ends[-1] - ends[0]).total_seconds() >= 890


def test_a_wait_for_an_id_that_comes_late(cloud):
    jobs(cloud, {"job_id": "DCIB1", "type": 1, "timeline": [[300, 2], [500, 3]], "start_time": 300})
    cloud.together()
    result = succeeded(cloud.d365(wait=True, job_ids=["dcib1"]))
    assert job_ids(result) == ["DCIB1"]
    assert result["missing_job_ids"] == []
