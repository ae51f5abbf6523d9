# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs of Process Center, from the simulator."""

from __future__ import annotations

import pytest

from ansible_collections.avepoint.cloud.tests.simulator.client import a_tenant
from ansible_collections.avepoint.cloud.tests.unit.plugins.module_utils.support import failed, job_ids, succeeded


def numbered(count: int, first: int = 1) -> list[str]:
    return [f"job-{number:06d}" for number in range(first, first + count)]


# What a job looks like


def test_a_job(cloud):
    cloud.set({"job_id": "Job-1", "type": 7, "status": 5, "extra": {"somethingNew": [1]}})
    (job,) = succeeded(cloud.pc())["jobs"]
    assert job == {
        "job_id": "Job-1",
        "type": "daily_tenant_backup",
        "type_id": 7,
        "status": "finished_with_exception",
        "status_id": 5,
        "state": "finished_with_exception",
        "finished": True,
        **cloud.ids,
    }


def test_the_api_s_own_object_on_request(cloud):
    cloud.set({"job_id": "a", "type": 7, "status": 5, "extra": {"somethingNew": [1]}})
    (job,) = succeeded(cloud.pc(include_raw=True))["jobs"]
    assert job["raw"] == {"jobId": "a", "type": 7, "status": 5, "somethingNew": [1]}


def test_a_whole_result(cloud):
    cloud.set({"job_id": "a", "type": 1, "status": 2}, {"job_id": "b", "type": 1, "status": 1})
    result = succeeded(cloud.pc())
    duration = result.pop("duration")
    assert isinstance(duration, float)
    assert result.pop("jobs")
    assert result == {
        "changed": False,
        "summary": {
            "total": 2,
            "states": {
                "waiting": 0,
                "running": 1,
                "succeeded": 1,
                "finished_with_exception": 0,
                "failed": 0,
                "skipped": 0,
                "stopped": 0,
                "unknown": 0,
            },
            "all_finished": False,
            "all_succeeded": False,
            "any_failed": False,
        },
        "missing_job_ids": [],
        "total_count": 2,
        "truncated": False,
        "timed_out": False,
        "polls": 1,
        "retries": 0,
        "clock_skew": 0.0,
        "product": "pc",
    }


def test_every_documented_value(cloud):
    jobs = [{"job_id": f"t{number}", "type": number, "status": 2} for number in range(1, 11)]
    jobs += [{"job_id": f"s{number}", "type": 1, "status": number} for number in range(6)]
    cloud.set(*jobs)
    result = succeeded(cloud.pc())
    assert "warnings" not in result
    assert [job["type"] for job in result["jobs"][:10]] == [
        "apply_baseline",
        "auto_alignment",
        "create_baseline",
        "detect_drift",
        "deploy",
        "deploy_detected_deviations",
        "daily_tenant_backup",
        "edit_tenant_configurations",
        "restore_to_date",
        "restore",
    ]
    assert [job["state"] for job in result["jobs"][10:]] == [
        "waiting",
        "running",
        "succeeded",
        "failed",
        "skipped",
        "finished_with_exception",
    ]


def test_values_that_nobody_documented_are_kept_with_one_warning(cloud):
    cloud.set(*({"job_id": f"j{number}", "type": 11 + number, "status": 6} for number in range(20)))
    result = succeeded(cloud.pc())
    assert [(job["type"], job["type_id"]) for job in result["jobs"][:2]] == [("unknown", 11), ("unknown", 12)]
    assert {(job["state"], job["status_id"], job["finished"]) for job in result["jobs"]} == {("unknown", 6, False)}
    (warning,) = result["warnings"]
    assert "Process Center" in warning
    assert "type 11" in warning
    assert len(warning) < 400
    assert result["summary"]["all_finished"] is False


@pytest.mark.parametrize(
    ("job_type", "status"), [("5", "3"), ("Deploy", "Failed"), ("DEPLOY", " failed "), (5.0, 3.0), ("deploy", "3")]
)
def test_numbers_in_a_text_and_words_mean_the_same(cloud, job_type, status):
    cloud.set({"job_id": "a", "type": job_type, "status": status})
    result = succeeded(cloud.pc())
    (job,) = result["jobs"]
    assert (job["type"], job["type_id"], job["state"], job["status_id"]) == ("deploy", 5, "failed", 3)
    assert "warnings" not in result


@pytest.mark.parametrize(
    "options", [{"types": ["deploy"]}, {"states": ["succeeded", "failed"]}, {"types": ["deploy"], "states": ["failed"]}]
)
def test_what_cannot_be_read_stays_and_is_named(cloud, options):
    cloud.set(
        {
            "job_id": "a",
            "type": "Deploy all" if "types" in options else 5,
            "status": "Aborted" if "states" in options else 3,
        },
        {"job_id": "b", "type": 1, "status": 1},
    )
    result = succeeded(cloud.pc(**options))
    assert job_ids(result) == ["a"]
    assert result["summary"]["all_succeeded"] is False
    said = " ".join(result["warnings"])
    assert ("unknown: type Deploy all" in said) is ("types" in options)
    assert ("unknown: status Aborted" in said) is ("states" in options)


# Requests


def test_250_jobs_cost_one_login_and_three_pages_and_a_look_whether_they_still_stand(cloud):
    cloud.set(tenant={"generate": {"count": 250}})
    result = succeeded(cloud.pc())
    assert job_ids(result) == numbered(250)
    assert cloud.counts()["logins"] == 1
    assert cloud.counts()["identity"] == 1
    assert sorted(cloud.pages()[:3]) == [1, 2, 3]
    assert cloud.pages()[3:] == [1], "what went at the head while one came at the tail would hide another"
    assert result["total_count"] == 250


@pytest.mark.parametrize("concurrency", [1, 3, 8])
def test_no_more_requests_in_flight_than_allowed(cloud, concurrency):
    cloud.set(tenant={"generate": {"count": 240}}, latency={"pc": 0.03})
    result = succeeded(cloud.pc(page_size=10, max_concurrency=concurrency))
    assert job_ids(result) == numbered(240)
    flight = cloud.simulator.log()["max_in_flight"]
    assert flight <= concurrency
    assert concurrency == 1 or flight > 1, "pages are read side by side"


def test_what_is_sent(cloud):
    cloud.set({"job_id": "a", "status": 2})
    succeeded(cloud.pc())
    (request,) = cloud.simulator.requests("pc")
    assert request["method"] == "POST"
    assert request["query"] == {"pageIndex": "1", "pageSize": "100"}
    assert request["json"] == {}
    assert request["headers"]["content-type"].startswith("application/json")
    assert (
        f"/customers/{cloud.ids['customer_id']}/tenants/{cloud.ids['tenant_id']}/process-center/jobs/batch"
        in request["path"]
    )


def test_a_base_url_with_a_path_and_a_slash(cloud):
    cloud.set()
    failed(cloud.pc(graph_url=cloud.simulator.url + "/base/"), "not_found")
    (request,) = cloud.simulator.requests("unknown")
    assert request["path"].startswith("/base/partner/external/v3/")


def test_ids_that_need_it_are_percent_encoded(cloud):
    ids = {"customer_id": "a.b_c~d-e", "tenant_id": "..."}
    cloud.set({"job_id": "a", "status": 2}, tenant=ids)
    assert job_ids(succeeded(cloud.pc())) == ["a"]


# Paging as servers get it wrong


PAGING = {
    "cap": {"page_cap": 10},
    "cap, not said": {"page_cap": 10, "echo_page_size": "asked"},
    "total of nothing": {"total_count": 0},
    "total missing": {"total_count": "missing"},
    "total null": {"total_count": "null"},
    "total of the page": {"total_count": "page_count"},
    "total of pages": {"total_count": "pages"},
    "overlap": {"overlap": 5},
    "overlap, total missing": {"overlap": 5, "total_count": "missing"},
    "empty page": {"empty_page": 2},
    "empty page, total missing": {"empty_page": 2, "total_count": "missing"},
    "clamp": {"out_of_range": "clamp"},
    "400 at the end": {"out_of_range": 400},
    "404 at the end": {"out_of_range": 404},
    "cap, total of the page": {"page_cap": 10, "total_count": "page_count"},
    "cap, not said, total of the page": {"page_cap": 10, "echo_page_size": "asked", "total_count": "page_count"},
    "cap of 15, not said, total of the page": {"page_cap": 15, "echo_page_size": "asked", "total_count": "page_count"},
    "cap, overlap, total missing": {"page_cap": 10, "overlap": 3, "total_count": "missing"},
}


# The rule is tried by properties (test_properties_paging.py); here, that each of these comes through.
@pytest.mark.parametrize(
    ("name", "count", "concurrency"),
    [
        *((name, 95, 8) for name in PAGING),
        *(
            (name, count, 1)
            for name in ("cap", "400 at the end", "404 at the end", "total missing")
            for count in (0, 1, 60)
        ),
    ],
)
def test_every_job_once_however_the_server_pages(cloud, name, count, concurrency):
    cloud.set(tenant={"generate": {"count": count}}, paging=PAGING[name])
    result = succeeded(cloud.pc(page_size=20, max_concurrency=concurrency))
    assert job_ids(result) == numbered(count)
    assert result["truncated"] is False
    assert result["summary"]["total"] == count
    assert len(cloud.pages()) <= 60


@pytest.mark.parametrize(("offset", "concurrency"), [(-1, 1), (-35, 8), (-60, 8)])
@pytest.mark.parametrize("more", [{}, {"page_cap": 10}, {"out_of_range": 404}])
def test_a_total_that_is_too_low_loses_no_job(cloud, more, offset, concurrency):
    cloud.set(tenant={"generate": {"count": 95}}, paging={"total_count": {"offset": offset}, **more})
    assert job_ids(succeeded(cloud.pc(page_size=20, max_concurrency=concurrency))) == numbered(95)


UNREADABLE = {
    "total too high": {"total_count": {"offset": 5}},
    "page that repeats": {"repeat_page": 2},
    "page that repeats, total missing": {"repeat_page": 2, "total_count": "missing"},
    "page that repeats, total too low": {"repeat_page": 2, "total_count": 10},
    "page that is lost": {"empty_page": 2, "empty_page_shifts": False},
    "clamp, total missing": {"out_of_range": "clamp", "total_count": "missing"},
    "total as text": {"total_count": "string"},
}


@pytest.mark.parametrize("concurrency", [1, 8])
@pytest.mark.parametrize("name", UNREADABLE)
def test_where_not_all_jobs_can_be_had_it_says_so(cloud, name, concurrency):
    cloud.set(tenant={"generate": {"count": 95}}, paging=UNREADABLE[name])
    result = cloud.pc(page_size=20, max_concurrency=concurrency)
    failed(result, "invalid_response", "Process Center" if name == "total as text" else "")
    assert result["jobs"] == [], "never a part as the whole"
    assert len(cloud.pages()) <= 60


@pytest.mark.parametrize("concurrency", [1, 8])
@pytest.mark.parametrize("paging", [{}, {"total_count": "missing"}, {"total_count": 30}, {"page_cap": 10}])
def test_jobs_that_appear_while_pages_are_read_push_none_out(cloud, paging, concurrency):
    new = [{"job_id": f"new-{number}", "status": 0, "insert_at_request": number} for number in (2, 3, 4, 6)]
    cloud.set(*new, tenant={"generate": {"count": 95}}, paging=paging)
    result = succeeded(cloud.pc(page_size=20, max_concurrency=concurrency))
    found = job_ids(result)
    assert len(found) == len(set(found))
    assert [job_id for job_id in found if job_id.startswith("job-")] == numbered(95)


@pytest.mark.parametrize("concurrency", [1, 8])
def test_jobs_that_vanish_while_pages_are_read_hide_no_other(cloud, concurrency):
    jobs = [{"job_id": job_id, "status": 2} for job_id in numbered(95)]
    jobs[5]["delete_at_request"] = 2
    jobs[50]["delete_at_request"] = 3
    cloud.set(*jobs)
    found = job_ids(succeeded(cloud.pc(page_size=20, max_concurrency=concurrency)))
    assert len(found) == len(set(found))
    assert set(numbered(95)) - set(found) <= {jobs[5]["job_id"], jobs[50]["job_id"]}


# Choosing


JOBS = [
    {"job_id": "AA", "type": 1, "status": 2},
    {"job_id": "bb", "type": 5, "status": 3},
    {"job_id": "Cc", "type": 1, "status": 1},
    {"job_id": "dd", "type": 7, "status": 99},
]


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({}, ["AA", "bb", "Cc", "dd"]),
        ({"types": ["apply_baseline"]}, ["AA", "Cc"]),
        ({"types": ["apply_baseline", "deploy"]}, ["AA", "bb", "Cc"]),
        ({"types": ["restore"]}, []),
        ({"types": []}, ["AA", "bb", "Cc", "dd"]),
        ({"states": ["failed", "running"]}, ["bb", "Cc", "dd"]),  # what is unknown is not surely something else
        ({"states": ["unknown"]}, ["dd"]),
        ({"types": ["apply_baseline"], "states": ["running"]}, ["Cc"]),
        ({"job_ids": ["cC", "aa"]}, ["AA", "Cc"]),
        ({"job_ids": ["AA", "aa", " AA "]}, ["AA"]),
        ({"job_ids": ["AA", "bb"], "types": ["deploy"]}, ["bb"]),
    ],
)
def test_choosing(cloud, options, found):
    cloud.set(*JOBS)
    assert job_ids(succeeded(cloud.pc(**options))) == found


def test_total_count_is_before_filtering_here(cloud):
    cloud.set(*JOBS)
    result = succeeded(cloud.pc(types=["deploy"]))
    assert (result["total_count"], result["summary"]["total"], result["truncated"]) == (4, 1, False)


@pytest.mark.parametrize("match", ["ignore_case", "exact"])
def test_ids_are_compared_without_regard_to_case_whatever_the_server_does(cloud, match):
    cloud.set({"job_id": "0a1b2c3d-aaaa", "status": 2}, pc={"job_id_match": match})
    result = succeeded(cloud.pc(job_ids=["0A1B2C3D-AAAA"]))
    assert job_ids(result) == ["0a1b2c3d-aaaa"]
    assert result["missing_job_ids"] == []


def test_ids_that_are_not_there(cloud):
    cloud.set(*JOBS)
    result = succeeded(cloud.pc(job_ids=["AA", "Nope", "nope", "other"]))
    assert job_ids(result) == ["AA"]
    assert result["missing_job_ids"] == ["nope", "other"]
    assert result["summary"]["all_finished"] is False
    assert result["summary"]["all_succeeded"] is False


def test_ids_are_filtered_by_the_server(cloud):
    cloud.set(tenant={"generate": {"count": 250}})
    succeeded(cloud.pc(job_ids=["job-000003"]))
    (request,) = cloud.simulator.requests("pc")
    assert request["json"] == {"jobIds": ["job-000003"]}


# A part of the list


@pytest.mark.parametrize(
    ("options", "found", "truncated", "pages"),
    [
        ({"page": 1, "page_size": 10}, numbered(10), True, [1]),
        ({"page": 3, "page_size": 10}, numbered(5, 21), True, [3]),
        ({"page": 9, "page_size": 10}, [], True, [9]),
        ({"page": 1, "page_size": 100}, numbered(25), False, [1]),
        ({"limit": 5, "page_size": 10}, numbered(5), True, [1]),
        ({"limit": 10, "page_size": 10}, numbered(10), True, [1]),
        ({"limit": 15, "page_size": 10}, numbered(15), True, [1, 2]),
        ({"limit": 25, "page_size": 10}, numbered(25), False, [1, 1, 2, 3]),
        ({"limit": 26, "page_size": 10}, numbered(25), False, [1, 1, 2, 3]),
        ({"limit": 3, "page": 2, "page_size": 10}, numbered(3, 11), True, [2]),
    ],
)
def test_a_part(cloud, options, found, truncated, pages):
    cloud.set(tenant={"generate": {"count": 25}})
    result = succeeded(cloud.pc(**options))
    assert job_ids(result) == found
    assert result["truncated"] is truncated
    assert result["total_count"] == 25
    assert sorted(cloud.pages()) == pages


def test_a_page_that_the_server_refuses(cloud):
    cloud.set(tenant={"generate": {"count": 25}}, paging={"out_of_range": 404})
    failed(cloud.pc(page=9), "not_found", "There is no such page")


# Many tenants


def test_many_tenants_in_their_order_and_one_login(cloud):
    tenants = [
        a_tenant(jobs=[{"job_id": "same", "status": 2}, {"job_id": f"own-{number}", "status": 3}])
        for number in range(12)
    ]
    cloud.set()
    cloud.simulator.put_state({"clients": [cloud.pc_client], "tenants": tenants, "latency": {"pc": 0.02}})
    wanted = [{"customer_id": each["customer_id"], "tenant_id": each["tenant_id"]} for each in tenants]
    result = succeeded(cloud.pc(tenants=[*wanted, wanted[0]], max_concurrency=4))
    assert [(job["job_id"], job["tenant_id"]) for job in result["jobs"]] == [
        (job_id, each["tenant_id"]) for number, each in enumerate(tenants) for job_id in ("same", f"own-{number}")
    ]
    assert result["total_count"] == 24
    assert cloud.counts()["logins"] == 1
    assert cloud.counts()["pc"] == 12
    assert 1 < cloud.simulator.log()["max_in_flight"] <= 4


def test_a_tenant_of_many_that_fails_is_named(cloud):
    cloud.set({"job_id": "a", "status": 2})
    wrong = {"customer_id": cloud.ids["customer_id"], "tenant_id": "no-such-tenant"}
    failed(cloud.pc(tenants=[cloud.ids, wrong]), "not_found", "no-such-tenant", cloud.ids["customer_id"])


def test_an_id_is_missing_only_where_no_tenant_has_it(cloud):
    other = a_tenant(jobs=[{"job_id": "b", "status": 2}])
    cloud.set({"job_id": "a", "status": 2})
    state = cloud.simulator.state()
    cloud.simulator.put_state({**state, "tenants": [cloud.tenant, other]})
    tenants = [cloud.ids, {"customer_id": other["customer_id"], "tenant_id": other["tenant_id"]}]
    result = succeeded(cloud.pc(tenants=tenants, job_ids=["a", "b", "c"]))
    assert job_ids(result) == ["a", "b"]
    assert result["missing_job_ids"] == ["c"]


# Waiting


def test_waiting_for_jobs_that_run(cloud):
    cloud.set(
        {"job_id": "a", "type": 1, "timeline": [[0, 0], [20, 1], [70, 2]]},
        {"job_id": "b", "type": 5, "timeline": [[0, 1], [40, 3]]},
    )
    cloud.together()
    seen: list = []
    result = succeeded(cloud.pc(wait=True, report=seen.append))
    assert [job["state"] for job in result["jobs"]] == ["succeeded", "failed"]
    assert (result["polls"], result["timed_out"]) == (4, False)
    assert result["duration"] >= 70
    assert [(each.chosen, each.finished, each.failed, each.running, each.waiting) for each in seen] == [
        (2, 0, 0, 1, 1),
        (2, 0, 0, 2, 0),
        (2, 1, 1, 1, 0),
        (2, 2, 1, 0, 0),
    ]
    assert cloud.counts()["logins"] == 1


def test_waiting_no_longer_than_allowed_keeps_what_was_seen(cloud):
    cloud.set({"job_id": "a", "type": 1, "status": 2}, {"job_id": "b", "type": 5, "status": 1})
    cloud.together()
    result = cloud.pc(wait=True, wait_timeout=100)
    failed(result, "wait_timeout", "after 100 seconds", "1 of 2", "b (deploy, running)")
    assert result["timed_out"] is True
    assert job_ids(result) == ["a", "b"]
    assert result["summary"]["states"]["running"] == 1
    assert result["total_count"] == 2
    assert 99 < result["duration"] < 115
    assert result["error"] == {"code": "wait_timeout", "http_status": None, "request_id": None}


def test_waiting_for_an_id_that_comes_late(cloud):
    cloud.set({"job_id": "late", "appear_after": 100, "status": 2})
    cloud.together()
    result = succeeded(cloud.pc(wait=True, job_ids=["LATE"]))
    assert result["missing_job_ids"] == []
    assert result["polls"] == 5


def test_waiting_for_an_id_that_never_comes(cloud):
    cloud.set({"job_id": "a", "status": 2})
    cloud.together()
    result = cloud.pc(wait=True, job_ids=["a", "never"], appear_timeout=45)
    failed(result, "job_missing", "45 seconds", "never")
    assert result["missing_job_ids"] == ["never"]
    assert job_ids(result) == ["a"]
    assert result["timed_out"] is False


def test_waiting_for_min_jobs(cloud):
    cloud.set({"job_id": "a", "status": 2}, {"job_id": "b", "appear_after": 50, "status": 2})
    cloud.together()
    assert len(succeeded(cloud.pc(wait=True, min_jobs=2))["jobs"]) == 2
    result = cloud.pc(wait=True, wait_timeout=10, min_jobs=3)
    failed(result, "wait_timeout", "fewer than the 3 of min_jobs")


def test_min_jobs_does_not_count_where_ids_are_given(cloud):
    cloud.set({"job_id": "a", "status": 2})
    cloud.together()
    assert succeeded(cloud.pc(wait=True, min_jobs=5, job_ids=["a"]))["polls"] == 1


def test_waiting_until_one_has_failed(cloud):
    cloud.set({"job_id": "a", "status": 1}, {"job_id": "b", "timeline": [[0, 1], [40, 3]]})
    cloud.together()
    result = succeeded(cloud.pc(wait=True, fail_fast=True))
    assert [job["state"] for job in result["jobs"]] == ["running", "failed"]
    assert result["polls"] == 3


def test_looking_once(cloud):
    cloud.set({"job_id": "a", "status": 1})
    result = cloud.pc(wait=True, wait_timeout=0)
    failed(result, "wait_timeout", "a (apply_baseline, running)")
    assert result["polls"] == 1
    cloud.set({"job_id": "a", "status": 3})
    assert succeeded(cloud.pc(wait=True, wait_timeout=0))["summary"]["any_failed"] is True


def test_looking_once_still_tries_again_after_a_fault(cloud):
    cloud.set({"job_id": "a", "status": 2}, faults=[{"kind": "reset", "match": {"service": "pc"}}])
    assert succeeded(cloud.pc(wait=True, wait_timeout=0))["retries"] == 1


def test_an_hour_of_503(cloud):
    cloud.set({"job_id": "a", "status": 1})
    cloud.together()
    cloud.simulator.faults({"kind": "status", "status": 503, "match": {"service": "pc"}, "skip": 1, "times": -1})
    result = cloud.pc(wait=True, wait_timeout=3600, wait_sleep=600)
    failed(result, "wait_timeout", "a (apply_baseline, running)", "HTTP 503")
    assert result["error"]["http_status"] == 503
    assert job_ids(result) == ["a"]
    assert 3590 < result["duration"] < 3620


def test_an_hour_of_503_that_passes(cloud):
    cloud.set({"job_id": "a", "timeline": [[0, 1], [60, 2]]})
    cloud.together()
    cloud.simulator.faults({"kind": "status", "status": 503, "match": {"service": "pc"}, "skip": 1, "times": 60})
    result = succeeded(cloud.pc(wait=True, wait_timeout=7200, wait_sleep=300))
    assert result["retries"] >= 50
    assert result["summary"]["all_succeeded"] is True


@pytest.mark.parametrize("service", ["identity", "pc"])
def test_a_request_that_a_proxy_gives_up_ends_no_wait(cloud, service):
    cloud.set({"job_id": "a", "timeline": [[0, 1], [60, 2]]})
    cloud.together()
    cloud.simulator.faults({"kind": "status", "status": 499, "match": {"service": service}, "times": 2})
    result = succeeded(cloud.pc(wait=True))
    assert (result["summary"]["all_succeeded"], result["retries"]) == (True, 0)


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"kind": "status", "status": 401}, "authentication_failed"),
        ({"kind": "status", "status": 403}, "permission_denied"),
        ({"kind": "status", "status": 404}, "not_found"),
        ({"kind": "html"}, "invalid_response"),
    ],
)
def test_a_refusal_ends_a_wait_and_keeps_what_was_seen(cloud, fault, code):
    cloud.set({"job_id": "a", "status": 1})
    cloud.together()
    cloud.simulator.faults({**fault, "match": {"service": "pc"}, "skip": 1, "times": -1})
    result = cloud.pc(wait=True)
    failed(result, code)
    assert result["polls"] == 2
    assert job_ids(result) == ["a"]
    assert result["timed_out"] is False


def test_a_job_that_vanishes_while_it_runs_is_not_finished(cloud):
    cloud.set({"job_id": "a", "status": 2}, {"job_id": "b", "type": 5, "status": 1, "delete_after": 40})
    cloud.together()
    result = cloud.pc(wait=True, wait_timeout=200)
    failed(result, "wait_timeout", "b (deploy, running)")
    assert sorted(job_ids(result)) == ["a", "b"]


def test_an_unknown_status_is_never_finished(cloud):
    cloud.set({"job_id": "a", "status": 77})
    cloud.together()
    result = cloud.pc(wait=True, wait_timeout=100)
    failed(result, "wait_timeout", "a (apply_baseline, unknown: status 77)")
    assert len(result["warnings"]) == 1, "once, not at each look"


# What a server may do that nobody expects


@pytest.mark.parametrize("status", [402, 405, 408, 409, 410, 418, 422, 520])
def test_a_page_that_fails_is_not_taken_for_the_end(cloud, status):
    # Without a total, an end is all that tells how many jobs there are.
    cloud.set(tenant={"generate": {"count": 250}}, paging={"total_count": "missing"})
    cloud.simulator.faults({"kind": "status", "status": status, "times": -1, "match": {"service": "pc", "page": 2}})
    result = cloud.pc()
    assert result["failed"] is True
    assert result["error"]["http_status"] == status


@pytest.mark.parametrize("status", [400, 404])
def test_a_number_behind_the_last_page_may_be_refused(cloud, status):
    cloud.set(tenant={"generate": {"count": 250}}, paging={"total_count": "missing", "out_of_range": status})
    assert len(succeeded(cloud.pc())["jobs"]) == 250


@pytest.mark.parametrize("status", [400, 404])
def test_a_page_that_is_refused_behind_a_full_one_proves_no_end(cloud, status):
    cloud.set(tenant={"generate": {"count": 200}}, paging={"total_count": "missing"})
    cloud.simulator.faults({"kind": "status", "status": status, "times": -1, "match": {"service": "pc", "page": 2}})
    result = cloud.pc()
    failed(result, "invalid_response", "more items follow the 100 that could be read", f"HTTP {status}")
    assert result["jobs"] == []


def test_what_goes_at_the_head_while_one_comes_at_the_tail_hides_no_other(cloud):
    jobs = [{"job_id": job_id, "status": 2} for job_id in numbered(250)]
    jobs[0]["delete_at_request"] = 2
    jobs[100]["status"] = 3
    cloud.set({"job_id": "tail", "status": 2, "insert_at_request": 2}, *jobs, pc={"order": "oldest"})
    result = succeeded(cloud.pc(max_concurrency=1))
    assert result["summary"]["states"]["failed"] == 1
    assert set(numbered(250)[1:]) <= set(job_ids(result))


@pytest.mark.parametrize("paging", [{"total_count": "missing"}, {"total_count": "missing", "page_cap": 30}])
@pytest.mark.parametrize("page", [1, 2])
def test_one_page_without_a_total_is_never_taken_for_all(cloud, paging, page):
    cloud.set(tenant={"generate": {"count": 120}}, paging=paging)
    assert succeeded(cloud.pc(page=page))["truncated"] is True


def test_an_id_beyond_the_limit_is_not_missing(cloud):
    cloud.set(*({"job_id": name, "status": 2} for name in "abc"))
    result = succeeded(cloud.pc(job_ids=["a", "b", "c"], limit=2))
    assert (len(result["jobs"]), result["missing_job_ids"], result["truncated"]) == (2, [], True)


def test_tenants_whose_ids_differ_in_case_are_one(cloud):
    cloud.set({"job_id": "a", "status": 2})
    shouted = {name: value.upper() for name, value in cloud.ids.items()}
    assert len(succeeded(cloud.pc(tenants=[cloud.ids, shouted]))["jobs"]) == 1


def two_tenants(cloud, *jobs: dict) -> list[dict]:
    """The second of them cannot be read."""
    cloud.set(*jobs)
    other = a_tenant(jobs=[{"job_id": "z", "status": 2}])
    cloud.simulator.put_state({**cloud.simulator.state(), "tenants": [cloud.tenant, other]})
    cloud.simulator.faults({"kind": "status", "status": 503, "times": -1, "match": {"path": other["tenant_id"]}})
    return [cloud.ids, {name: other[name] for name in ("customer_id", "tenant_id")}]


def test_a_wait_returns_what_it_saw_of_the_tenants_that_answered(cloud):
    tenants = two_tenants(cloud, {"job_id": "a", "status": 2})
    cloud.together()
    result = cloud.pc(tenants=tenants, wait=True, wait_timeout=100, max_retries=0)
    failed(result, "wait_timeout", "HTTP 503")
    assert job_ids(result) == ["a"]
    # the jobs of all tenants but one are not all
    assert (result["summary"]["all_finished"], result["summary"]["all_succeeded"]) == (False, False)


def test_a_wait_with_fail_fast_need_not_hear_of_every_tenant(cloud):
    tenants = two_tenants(cloud, {"job_id": "a", "status": 3})
    result = succeeded(cloud.pc(tenants=tenants, wait=True, fail_fast=True, max_retries=0))
    assert result["polls"] == 1
    assert result["summary"]["any_failed"] is True
    # whether the jobs of the other tenant have finished is not known, and said
    assert (result["summary"]["all_finished"], result["truncated"]) == (False, True)
    (warning,) = result["warnings"]
    assert warning.startswith("Some jobs could not be read, and the wait ended without them: tenant ")
    assert "HTTP 503" in warning


def test_a_newer_job_does_not_take_the_place_of_one_that_is_waited_for(cloud):
    cloud.set(
        {"job_id": "a", "timeline": [[0, 1], [500, 3]]},
        {"job_id": "b", "timeline": [[100, 2]]},
    )
    cloud.together()
    result = succeeded(cloud.pc(wait=True, limit=1))
    assert [(job["job_id"], job["state"]) for job in result["jobs"]] == [("a", "failed")]


def test_too_few_jobs_are_never_all_finished(cloud):
    cloud.set({"job_id": "a", "status": 2})
    cloud.together()
    summary = cloud.pc(wait=True, min_jobs=2, wait_timeout=10)["summary"]
    assert (summary["total"], summary["all_finished"], summary["all_succeeded"]) == (1, False, False)


def test_what_is_wrong_with_a_list_is_said_of_whom(cloud):
    cloud.set(tenant={"generate": {"count": 5}}, paging={"total_count": 50})
    result = cloud.pc()
    failed(result, "invalid_response", "Process Center broke its contract", "50 items")
    assert result["error"]["http_status"] == 200


@pytest.mark.parametrize("late", [0, 1])
def test_the_refusal_of_one_tenant_ends_a_wait_when_the_others_fail_too(cloud, late):
    tenants = two_tenants(cloud, {"job_id": "a", "status": 2})
    cloud.simulator.faults({"kind": "status", "status": 403, "times": -1, "match": {"path": tenants[0]["tenant_id"]}})
    cloud.simulator.faults({"kind": "delay", "seconds": 0.3, "match": {"path": tenants[late]["tenant_id"]}})
    cloud.together()
    result = cloud.pc(tenants=tenants, wait=True, wait_timeout=100, max_retries=0)
    failed(result, "permission_denied", f"tenant {tenants[0]['tenant_id']} of customer {tenants[0]['customer_id']}: ")
    assert result["polls"] == 1


def test_what_is_wrong_with_the_list_of_one_of_many_tenants_is_said_of_whom(cloud):
    cloud.set(tenant={"generate": {"count": 5}}, paging={"total_count": 50})
    failed(
        cloud.pc(tenants=[cloud.ids]), "invalid_response", f"tenant {cloud.ids['tenant_id']} of customer", "50 items"
    )
