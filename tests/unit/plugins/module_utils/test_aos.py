# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Scans of AvePoint Online Services, from the simulator."""

from __future__ import annotations

import pytest

from ansible_collections.avepoint.cloud.plugins.module_utils._aos import CATEGORIES, Aos, _reach_back
from ansible_collections.avepoint.cloud.plugins.module_utils._iso8601 import parse_time
from ansible_collections.avepoint.cloud.tests.unit.plugins.module_utils.support import failed, job_ids, succeeded

HOUR, DAY = 3600, 86400
STATES = {
    1: "running",
    2: "succeeded",
    3: "failed",
    4: "finished_with_exception",
    5: "skipped",
    10: "stopped",
    6: "unknown",
}


def jobs(cloud, *given: dict, **section) -> None:
    cloud.set(aos={"jobs": list(given), **section})


def numbered(count: int) -> list[str]:
    return [f"job-{number:06d}" for number in range(1, count + 1)]


def skips(cloud) -> list[int]:
    return [int(request["query"]["skip"]) for request in cloud.simulator.requests("aos")]


# What a job looks like


@pytest.mark.parametrize("list_key", ["data", "jobs"])
def test_a_job(cloud, list_key):
    given = {
        "job_id": "Scan-1",
        "type": 11,
        "status": 4,
        "start_time": "2024-09-26T05:58:40.409Z",
        "finish_time": "2024-09-26T06:58:40.409Z",
        "scan_profile": "Nightly",
        "category": 2,
    }
    jobs(cloud, given, list_key=list_key)
    result = succeeded(
        cloud.run("aos", start_time="2024-09-26", finish_time="2024-09-27", page=1, include_raw=True),
    )
    (job,) = result["jobs"]
    assert job.pop("raw")["startTime"] == "2024-09-26T05:58:40.4090007+00:00"
    assert job == {
        "job_id": "Scan-1",
        "type": "batch_import",
        "type_id": 11,
        "status": "finished_with_exception",
        "status_id": 4,
        "state": "finished_with_exception",
        "finished": True,
        "start_time": "2024-09-26T05:58:40.409Z",
        "finish_time": "2024-09-26T06:58:40.409Z",
        "scan_profile": "Nightly",
        "category": "active_directory",
    }


@pytest.mark.parametrize("nothing", [None, "absent", "", "N/A"])
def test_the_keys_are_there_where_the_api_sent_nothing(cloud, nothing):
    jobs(cloud)
    sources = [source for field in Aos.fields for source in field.sources]
    empty = {} if nothing == "absent" else dict.fromkeys(sources, nothing)
    body = {"totalCount": 1, "data": [{"id": "a", "type": 0, "state": 2, **empty}]}
    cloud.simulator.faults({"kind": "status", "status": 200, "body": body, "match": {"service": "aos"}, "times": -1})
    (job,) = succeeded(cloud.run("aos"))["jobs"]
    assert [job[field.name] for field in Aos.fields] == [None] * len(Aos.fields)
    assert (job["type"], job["state"]) == ("scan", "succeeded")


@pytest.mark.parametrize(
    "representation", ["number", "numeric_string", "name", "lower_case", "hyphens", "underscores", "joined"]
)
def test_every_type_state_and_category_in_every_spelling(cloud, representation):
    given = [{"job_id": f"t{number}", "type": number, "status": 2} for number in Aos.types]
    given += [{"job_id": f"s{number}", "type": 0, "status": number} for number in STATES]
    given += [{"job_id": name, "type": 0, "status": 2, "category": number} for name, number in CATEGORIES.items()]
    jobs(cloud, *given, representation=representation)
    found = {job["job_id"]: job for job in succeeded(cloud.run("aos"))["jobs"]}
    assert {number: found[f"t{number}"]["type"] for number in Aos.types} == Aos.types
    assert {number: found[f"t{number}"]["type_id"] for number in Aos.types} == {0: 0, 10: 10, 11: 11}
    assert {number: found[f"s{number}"]["state"] for number in STATES} == STATES
    assert {number for number in STATES if found[f"s{number}"]["finished"]} == {2, 3, 4, 5, 10}
    assert {name: found[name]["category"] for name in CATEGORIES} == {name: name for name in CATEGORIES}


def test_a_category_that_nobody_documented(cloud):
    jobs(cloud, {"job_id": "a", "type": 0, "status": 2, "category": 9})
    assert succeeded(cloud.run("aos"))["jobs"][0]["category"] == "9"


# The range: newest first, as far back as it needs


def test_it_reads_as_far_back_as_the_range_and_long_scans_need(cloud):
    jobs(cloud, generate={"count": 200, "types": [0], "statuses": [2], "every": DAY // 2})
    result = succeeded(cloud.run("aos", page_size=10))
    assert job_ids(result) == numbered(2)
    assert (result["total_count"], result["truncated"]) == (200, False)
    # 31 days are 62 jobs; the first page is read again, to see whether the list has moved
    assert skips(cloud) == [0, 10, 20, 30, 40, 50, 60, 0]
    assert {request["query"]["sortorder"] for request in cloud.simulator.requests("aos")} == {"1"}


@pytest.mark.parametrize("section", [{}, {"ignored_filters": ["sortorder"]}])
@pytest.mark.parametrize("page_size", [1, 2, 100])
def test_what_overlaps_the_range_is_there(cloud, page_size, section):
    times = {
        "in it": (-HOUR, -HOUR + 60, 2),
        "ends in it": (-2 * DAY, -HOUR, 3),
        "runs": (-29 * DAY, None, 1),
        "ended before": (-2 * DAY, -2 * DAY + 60, 3),
        "long ago": (-200 * DAY, -200 * DAY + 60, 2),
        "longer ago": (-300 * DAY, -300 * DAY + 60, 2),
    }
    given = [
        {"job_id": name, "type": 0, "status": status, "start_time": start, "finish_time": finish}
        for name, (start, finish, status) in times.items()
    ]
    jobs(cloud, *given, **section)
    result = succeeded(cloud.run("aos", page_size=page_size))
    assert set(job_ids(result)) == {"in it", "ends in it", "runs"}
    assert result["total_count"] == 6
    assert result["summary"]["all_finished"] is False


@pytest.mark.parametrize("order", ["oldest", "given"])
def test_a_server_that_does_not_sort_hides_nothing(cloud, order):
    given = [
        {"job_id": f"d{days}", "type": 0, "status": 2, "start_time": -days * DAY - HOUR, "finish_time": -days * DAY}
        for days in (90, 60, 61, 0, 50)
    ]
    jobs(cloud, *given, order=order, ignored_filters=["sortorder"])
    assert job_ids(succeeded(cloud.run("aos", page_size=1))) == ["d0"]


@pytest.mark.parametrize(
    ("last", "ends"),
    [("2025-01-01T00:00:00Z", True), ("1970-01-01T00:00:00Z", False), ("1601-01-01T00:00:00Z", False), (None, False)],
)
def test_a_scan_without_a_real_time_ends_nothing(last, ends):
    listed = [{"start_time": "2026-01-02T00:00:00Z"}, {"start_time": last}]
    assert _reach_back(parse_time("2026-01-01T00:00:00Z"), listed) is ends


@pytest.mark.parametrize(
    ("hours", "enough"),
    [
        ([5, 3, 1], True),
        ([5, 3, 3, 1], True),
        ([5, 3, 2], False),  # others may have begun at that moment
        ([5, 3, 4, 1], False),  # not in the order that was asked for
        ([3, 5, 1], False),
        ([1], False),  # one alone shows no order
        ([], False),
    ],
)
def test_how_far_the_newest_jobs_reach_back(hours, enough):
    jobs_read = [{"start_time": f"2026-09-21T0{hour}:00:00Z"} for hour in hours]
    assert _reach_back(parse_time("2026-09-21T02:00:00Z"), jobs_read) is enough
    assert _reach_back(None, jobs_read) is False


def test_an_older_range(cloud):
    jobs(cloud, generate={"count": 200, "types": [0], "statuses": [2], "every": DAY})
    result = succeeded(cloud.run("aos", start_time="-42d", finish_time="-40d", page_size=20))
    assert job_ids(result) == numbered(42)[39:]
    assert max(skips(cloud)) == 60


@pytest.mark.parametrize("change", [{"insert_at_request": 3}, {"delete_at_request": 3, "start_time": -1}])
def test_a_list_that_moves_loses_nothing(cloud, change):
    generated = {"count": 60, "types": [0], "statuses": [2], "every": HOUR}
    jobs(cloud, {"job_id": "moving", "type": 0, "status": 2, **change}, generate=generated)
    found = set(job_ids(succeeded(cloud.run("aos", start_time="-50h", page_size=10))))
    assert found >= set(numbered(50))


def test_a_moving_list_is_read_again_also_where_it_need_not_be_read_to_its_end(cloud):
    generated = {"count": 200, "types": [0], "statuses": [2], "every": DAY}
    jobs(
        cloud, {"job_id": "gone", "type": 0, "status": 2, "start_time": -1, "delete_at_request": 2}, generate=generated
    )
    assert set(job_ids(succeeded(cloud.run("aos", start_time="-20d", page_size=10)))) >= set(numbered(20))


# Pages, by our own count


@pytest.mark.parametrize("next_link", ["misprint", "absolute", "opaque", "evil", "none"])
@pytest.mark.parametrize("last_link", ["null", "empty", "absent"])
def test_the_link_is_never_followed(cloud, next_link, last_link):
    jobs(cloud, generate={"count": 25, "types": [0], "statuses": [2]}, next_link=next_link, last_link=last_link)
    assert job_ids(succeeded(cloud.run("aos", page_size=10))) == numbered(25)
    assert skips(cloud)[:3] == [0, 10, 20]


@pytest.mark.parametrize(
    "paging", [{"page_cap": 7}, {"total_count": "missing"}, {"total_count": "page_count"}, {"out_of_range": 400}]
)
@pytest.mark.parametrize("list_key", ["data", "jobs"])
@pytest.mark.parametrize("count", [0, 1, 10, 45])
def test_nothing_is_lost(cloud, paging, list_key, count):
    jobs(cloud, generate={"count": count, "types": [0], "statuses": [2]}, paging=paging, list_key=list_key)
    assert job_ids(succeeded(cloud.run("aos", page_size=10))) == numbered(count)


@pytest.mark.parametrize(("page", "expected"), [(1, [1, 2]), (2, [3, 4]), (3, [5])])
def test_pages_count_from_1(cloud, page, expected):
    jobs(cloud, generate={"count": 5, "types": [0], "statuses": [2]})
    result = succeeded(cloud.run("aos", page_size=2, page=page))
    assert job_ids(result) == [f"job-{number:06d}" for number in expected]
    assert (result["truncated"], result["total_count"], skips(cloud)) == (True, 5, [2 * page - 2])


def test_a_limit(cloud):
    jobs(cloud, generate={"count": 50, "types": [0], "statuses": [2]})
    result = succeeded(cloud.run("aos", page_size=10, limit=12))
    assert (job_ids(result), result["truncated"], result["total_count"]) == (numbered(12), True, 50)


# Choosing


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({"types": ["google_scan"]}, ["google", "stopped"]),
        ({"types": ["batch_import", "scan"], "states": ["failed", "succeeded"]}, ["import", "scan"]),
        ({"states": ["stopped"]}, ["stopped"]),
    ],
)
def test_types_and_states_are_chosen_here(cloud, options, wanted):
    jobs(
        cloud,
        {"job_id": "google", "type": 10, "status": 2},
        {"job_id": "import", "type": 11, "status": 3},
        {"job_id": "scan", "type": 0, "status": 2},
        {"job_id": "stopped", "type": 10, "status": 10},
    )
    result = succeeded(cloud.run("aos", **options))
    assert job_ids(result) == wanted
    assert result["total_count"] == 4


@pytest.mark.parametrize("ignored", [[], ["search"]])
def test_ids_are_searched_for_whatever_their_time(cloud, ignored):
    jobs(
        cloud,
        {"job_id": "a", "type": 0, "status": 2, "start_time": -400 * DAY, "finish_time": -399 * DAY},
        {"job_id": "ab", "type": 0, "status": 3},
        {"job_id": "b", "type": 0, "status": 1, "start_time": -300 * DAY},
        ignored_filters=ignored,
    )
    result = succeeded(cloud.run("aos", job_ids=["A", "b", "x"], page_size=1))
    assert sorted(job_ids(result)) == ["a", "b"]
    assert result["missing_job_ids"] == ["x"]
    assert result["total_count"] == 3  # what was found by them, before it was compared here
    assert {request["query"]["search"] for request in cloud.simulator.requests("aos")} == {"A", "a", "b", "x"}


def test_ids_need_no_time_of_the_server(cloud):
    jobs(cloud, {"job_id": "a", "type": 0, "status": 2})
    cloud.simulator.put_state({**cloud.simulator.state(), "date_header": False})
    assert job_ids(succeeded(cloud.run("aos", job_ids=["a"]))) == ["a"]
    failed(cloud.run("aos"), "invalid_response", "Date header")


def test_a_wait(cloud):
    jobs(
        cloud,
        {"job_id": "old", "type": 0, "timeline": [[0, 1], [70, 2]], "start_time": -20 * DAY},
        {"job_id": "new", "type": 10, "timeline": [[40, 1], [100, 10]]},
    )
    cloud.together()
    result = succeeded(cloud.run("aos", wait=True, min_jobs=2))
    assert {job["job_id"]: job["state"] for job in result["jobs"]} == {"old": "succeeded", "new": "stopped"}
    assert result["polls"] == 5


# What is refused


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"start_time": "now", "finish_time": "-1h"}, ["start_time", "is after finish_time"]),
        ({"page_size": 1001}, ["page_size", "1 to 1000"]),
        ({"graph_url": None}, ["region", "graph_url"]),
    ],
)
def test_bad_input(cloud, options, words):
    jobs(cloud)
    failed(cloud.run("aos", **options), "invalid_input", *words)
    assert cloud.simulator.requests() == []


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"totalCount": 0}, 'either "data" or "jobs"'),
        ({"data": [], "jobs": []}, 'either "data" or "jobs"'),
        ({"data": {}}, "data should be of type array"),
        ({"jobs": [{"id": "a", "type": 0}]}, "jobs[0].state is missing"),
        ({"data": [{"id": "a", "type": 0, "state": 2, "finishTime": "then"}]}, "data[0].finishTime"),
        ({"data": [], "totalCount": -1}, "totalCount should be 0 or more"),
    ],
)
def test_a_broken_answer_is_named_by_its_place(cloud, body, place):
    jobs(cloud)
    cloud.simulator.faults({"kind": "status", "status": 200, "body": body, "match": {"service": "aos"}, "times": -1})
    failed(cloud.run("aos"), "invalid_response", "AvePoint Online Services", place)
