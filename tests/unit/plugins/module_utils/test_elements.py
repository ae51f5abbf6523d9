# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs of all products of a partner's customers in AvePoint Elements, from the simulator."""

from __future__ import annotations

import pytest

from ansible_collections.avepoint.cloud.plugins.module_utils._elements import MODULES, Elements
from ansible_collections.avepoint.cloud.tests.simulator.client import ELEMENTS_SCOPE, a_client, a_customer
from ansible_collections.avepoint.cloud.tests.unit.plugins.module_utils.support import failed, job_ids, succeeded

STATES = {
    0: "unknown",
    1: "running",
    2: "succeeded",
    3: "failed",
    4: "finished_with_exception",
    5: "skipped",
    6: "waiting",
    7: "failed",
    8: "stopped",
    9: "failed",
    10: "stopped",
    11: "waiting",
    12: "skipped",
    13: "waiting",
    14: "waiting",
    15: "unknown",
}
NAMELESS = {"type": 0, "module": 0, "not_available": True}


def jobs(cloud, *given: dict, elements: dict | None = None, **customer) -> str:
    """A partner with one customer; its id."""
    one = a_customer(jobs=list(given), **customer)
    cloud.set(customers=[one], elements=elements or {})
    return one["customer_id"]


def customers(cloud, *given: dict, **state) -> list[str]:
    """A partner with these customers; their ids."""
    every = [a_customer(organization=f"Organization {number}", **one) for number, one in enumerate(given)]
    cloud.set(customers=every, **state)
    return [one["customer_id"] for one in every]


def states(result: dict) -> list[str]:
    return sorted(job["state"] for job in result["jobs"])


# What a job looks like


def test_a_job(cloud):
    given = {
        "job_id": "FB20251203",
        "type": 7,
        "module": 302,
        "status": 4,
        "name": "Contoso",
        "start_time": "2025-12-03T22:00:00Z",
        "finish_time": "2025-12-03T23:13:30Z",
        "totalCount": "2430",
        "failedCount": "7",
        "successfulCount": "2412",
        "skippedCount": "11",
        "warningCount": "N/A",
        "backup_size": "0.01 GB",
        "duration": "1h13m30s",
        "last_modified_time": "2025-12-03T23:13:31Z",
    }
    customer_id = jobs(cloud, given, organization="Contoso Ltd.")
    result = succeeded(cloud.run("elements"))
    assert result["jobs"] == [
        {
            "job_id": "FB20251203",
            "type": "microsoft_365",
            "type_id": 7,
            "status": "finished_with_exception",
            "status_id": 4,
            "state": "finished_with_exception",
            "finished": True,
            "start_time": "2025-12-03T22:00:00Z",
            "finish_time": "2025-12-03T23:13:30Z",
            "duration_hours": 1.225,
            "customer_id": customer_id,
            "customer": "Contoso Ltd.",
            "name": "Contoso",
            "module": "sharepoint_online",
            "module_id": 302,
            "total_count": 2430,
            "successful_count": 2412,
            "failed_count": 7,
            "skipped_count": 11,
            "warning_count": None,
            "backup_size": 10737418,
            "last_modified_time": "2025-12-03T23:13:31Z",
        }
    ]
    assert result["customers"] == [{"customer_id": customer_id, "customer": "Contoso Ltd.", "jobs": 1, "error": None}]
    assert (result["total_count"], result["truncated"]) == (1, False)


@pytest.mark.parametrize("nothing", [None, "", "N/A", " n/a ", "absent"])
def test_the_keys_are_there_where_the_api_sent_nothing(cloud, nothing):
    customer_id = jobs(cloud)
    names = ["jobId", *(source for field in Elements.fields for source in field.sources)]
    empty = {} if nothing == "absent" else dict.fromkeys(names, nothing)
    body = {"data": [{"jobType": 0, "status": 2, **empty}], "metadata": {"totalCount": 1}}
    cloud.simulator.faults(
        {"kind": "status", "status": 200, "body": body, "match": {"service": "elements"}, "times": -1}
    )
    (job,) = succeeded(cloud.run("elements", customer_id=customer_id))["jobs"]
    fields = {field.name: job[field.name] for field in Elements.fields}
    assert fields == {**dict.fromkeys(fields), "customer_id": customer_id}
    assert (job["job_id"], job["type"], job["state"]) == (None, "microsoft_365_scan", "succeeded")


@pytest.mark.parametrize(
    "representation", ["number", "numeric_string", "name", "lower_case", "hyphens", "underscores", "joined"]
)
def test_every_type_module_and_state_in_every_spelling(cloud, representation):
    given = [{"job_id": f"t{number}", "type": number, "status": 2} for number in Elements.types]
    given += [{"job_id": f"m{number}", "module": number, "status": 2} for number in MODULES.values()]
    given += [{"job_id": f"s{number}", "status": number} for number in STATES]
    jobs(cloud, *given, elements={"representation": representation})
    found = {job["job_id"]: job for job in succeeded(cloud.run("elements"))["jobs"]}
    assert {number: found[f"t{number}"]["type"] for number in Elements.types} == Elements.types
    assert [found[f"t{number}"]["type_id"] for number in Elements.types] == list(Elements.types)
    assert {name: found[f"m{number}"]["module"] for name, number in MODULES.items()} == {name: name for name in MODULES}
    assert [found[f"m{number}"]["module_id"] for number in MODULES.values()] == list(MODULES.values())
    assert {number: found[f"s{number}"]["state"] for number in STATES} == STATES
    assert {number for number in STATES if found[f"s{number}"]["finished"]} == {2, 3, 4, 5, 7, 8, 9, 10, 12}
    assert [found[f"s{number}"]["status_id"] for number in range(15)] == list(range(15))


def test_a_module_that_is_not_documented_keeps_its_number(cloud):
    jobs(cloud, {"job_id": "a", "module": 999, "status": 2})
    (job,) = succeeded(cloud.run("elements", modules=["gmail", "drive"]))["jobs"]
    assert (job["module"], job["module_id"]) == ("999", 999)


def test_a_success_with_impossible_times_is_none(cloud):
    jobs(
        cloud,
        {"job_id": "a", "status": 2, "start_time": -60, "finish_time": -120},
        {"job_id": "b", "status": 2, "start_time": -60, "finish_time": -60},
        {"job_id": "c", "status": 2, "start_time": -60, "finish_time": 7200},
    )
    result = succeeded(cloud.run("elements"))
    assert [job["state"] for job in result["jobs"]] == ["unknown", "succeeded", "unknown"]
    assert result["summary"]["latest_success"] == result["jobs"][1]["finish_time"]


# Rows without an id


def test_rows_without_an_id_are_jobs_of_their_own(cloud):
    one, two = customers(
        cloud,
        {"jobs": [{**NAMELESS, "status": 2}, {**NAMELESS, "status": 2}, {"job_id": "A", "status": 3}]},
        {"jobs": [{**NAMELESS, "status": 11}, {"type": 7, "module": 302, "name": "Sites", "status": 1}]},
    )
    result = succeeded(cloud.run("elements"))
    assert [(job["customer_id"], job["job_id"], job["module"], job["state"]) for job in result["jobs"]] == [
        (one, None, "none", "succeeded"),
        (one, None, "none", "succeeded"),
        (one, "A", "sharepoint_online", "failed"),
        (two, None, "none", "waiting"),
        (two, None, "sharepoint_online", "running"),
    ]
    assert {type(job) for job in result["jobs"]} == {dict}
    assert result["total_count"] == result["summary"]["total"] == 5


def test_no_job_ids_find_one_without_an_id(cloud):
    jobs(cloud, {**NAMELESS, "status": 2}, {"job_id": "A", "status": 2})
    result = succeeded(cloud.run("elements", job_ids=["a", "N/A", "None"]))
    assert (job_ids(result), result["missing_job_ids"]) == (["A"], ["N/A", "None"])


@pytest.mark.parametrize(
    "paging",
    [{}, {"page_cap": 7}, {"total_count": "missing"}, {"total_count": "string"}, {"total_count": "page_count"}]
    + [{"out_of_range": each} for each in (400, 404, "clamp")],
)
def test_none_is_lost_over_pages(cloud, paging):
    given = [{**NAMELESS, "status": 2} for _each in range(23)]
    given += [{"job_id": f"job {number}", "status": 2} for number in range(7)]
    jobs(cloud, *given, elements={"paging": paging})
    result = succeeded(cloud.run("elements", page_size=10))
    assert (job_ids(result).count(None), len(set(job_ids(result)))) == (23, 8)


HELD_BACK = {"page_cap": 10, "echo_page_size": "asked", "total_count": "page_count"}


@pytest.mark.parametrize(
    ("lengths", "elements", "requests"),
    [
        ([11, 10, 5, 10], {}, 4),  # a page of 11 shows that those of 10 were not cut to that
        ([10, 10], {}, 4),  # nothing shows it: a page may hold back what follows, and count itself alone
        ([15, 10, 20], {"paging": HELD_BACK}, None),
    ],
)
def test_one_list_shows_what_holds_for_the_others(cloud, lengths, elements, requests):
    ids = customers(cloud, *({"generate": {"count": length, "statuses": [2]}} for length in lengths), elements=elements)
    result = succeeded(cloud.run("elements", customers=ids, max_concurrency=1))
    assert [one["jobs"] for one in result["customers"]] == lengths
    assert requests in (None, cloud.counts()["elements"])


def test_totals_of_the_customers_show_what_those_of_jobs_are(cloud):
    customers(cloud, *[{"generate": {"count": 10, "statuses": [2]}}] * 12)
    result = succeeded(cloud.run("elements", page_size=11))
    assert result["summary"]["total"] == 120
    assert (cloud.counts()["customers"], cloud.counts()["elements"]) == (3, 12)


def test_a_page_that_repeats_for_ever_is_given_up(cloud):
    jobs(cloud, *[{**NAMELESS, "status": 2}] * 30, elements={"paging": {"repeat_page": 1, "total_count": 10**6}})
    failed(cloud.run("elements"), "invalid_response", "the same page again and again")
    assert cloud.counts()["elements"] < 150


def test_a_wait_never_takes_one_for_another(cloud):
    customer_id = jobs(
        cloud,
        {**NAMELESS, "timeline": [[0, 1], [100, 2]]},
        {**NAMELESS, "timeline": [[0, 6], [40, 1], [190, 3]]},
        {**NAMELESS, "status": 2},
    )
    cloud.together()
    result = succeeded(cloud.run("elements", wait=True))
    assert states(result) == ["failed", "succeeded", "succeeded"]
    assert result["polls"] == 8
    assert result["customers"][0]["jobs"] == 3
    assert {job["customer_id"] for job in result["jobs"]} == {customer_id}


def test_one_that_vanishes_has_not_finished(cloud):
    """Nothing says which of two that look alike is gone: the one that did not let the wait end stays."""
    jobs(cloud, {**NAMELESS, "status": 1, "delete_after": 20}, {**NAMELESS, "status": 2})
    cloud.together()
    result = cloud.run("elements", wait=True, wait_timeout=100)
    failed(
        result,
        "wait_timeout",
        "1 of 2 jobs had not finished: ",
        "Example customer none without an id (microsoft_365_scan, running)",
    )
    assert states(result) == ["running", "succeeded"]


# Customers


def test_every_customer_with_one_login_and_one_list(cloud):
    ids = customers(cloud, *({"jobs": [{"job_id": "same id", "status": 2}]} for _each in range(12)))
    cloud.together()
    result = succeeded(cloud.run("elements", max_concurrency=8, wait=True, min_jobs=12))
    assert [job["customer_id"] for job in result["jobs"]] == ids
    assert [job["customer"] for job in result["jobs"]] == [f"Organization {number}" for number in range(12)]
    assert cloud.counts()["logins"] == 1


def test_the_list_of_customers_is_read_once_a_call(cloud):
    customers(cloud, {"jobs": [{"job_id": "a", "timeline": [[0, 1], [100, 2]]}]})
    cloud.together()
    result = succeeded(cloud.run("elements", wait=True))
    assert result["polls"] == 5
    assert len(cloud.simulator.requests("customers")) == 1


def test_a_list_of_customers_of_several_pages(cloud):
    ids = customers(cloud, *({"jobs": [{"job_id": "a", "status": 2}]} for _each in range(23)))
    result = succeeded(cloud.run("elements", page_size=10))
    assert [job["customer_id"] for job in result["jobs"]] == ids


@pytest.mark.parametrize("several", [True, False])
def test_ids_of_customers_need_the_scope_of_jobs_alone(cloud, several):
    one, two, _three = customers(cloud, *({"jobs": [{"job_id": "a", "status": 2}]} for _each in range(3)))
    cloud.clients["elements"] = a_client(ELEMENTS_SCOPE)
    cloud.simulator.put_state({**cloud.simulator.state(), "clients": [cloud.clients["elements"]]})
    options = {"customers": [f" {one} ", two, one.upper()]} if several else {"customer_id": one}
    result = succeeded(cloud.run("elements", **options))
    assert [(job["customer_id"], job["customer"]) for job in result["jobs"]] == [
        (each, None) for each in ([one, two] if several else [one])
    ]
    assert cloud.simulator.requests("customers") == []


@pytest.mark.parametrize("bare", [True, False])
def test_a_customer_without_products(cloud, bare):
    one, two = customers(cloud, {"no_products": bare}, {"jobs": [{"job_id": "a", "status": 2}]})
    result = succeeded(cloud.run("elements"))
    assert [(each["customer_id"], each["jobs"]) for each in result["customers"]] == [(one, 0), (two, 1)]
    assert (job_ids(result), result["total_count"], result["truncated"]) == (["a"], 1, False)


def test_a_partner_without_customers(cloud):
    cloud.set(customers=[])
    result = succeeded(cloud.run("elements"))
    assert (result["jobs"], result["customers"], result["summary"]["all_finished"]) == ([], [], False)


def test_one_customer_that_cannot_be_read_fails_by_name(cloud):
    _one, two = customers(cloud, {"jobs": [{"job_id": "a", "status": 2}]}, {"jobs_status": 403})
    result = cloud.run("elements")
    failed(result, "permission_denied", f"customer Organization 1 ({two}): AvePoint Elements denied access")
    assert [each["error"] is None for each in result["customers"]] == [True, False]


def test_in_a_wait_it_does_not_hide_the_others(cloud):
    _one, two = customers(cloud, {"jobs": [{"job_id": "a", "status": 3}]}, {"jobs_status": 403})
    result = cloud.run("elements", wait=True, wait_timeout=0)
    failed(result, "permission_denied", f"customer Organization 1 ({two}): ")
    assert job_ids(result) == ["a"]
    assert [(each["jobs"], each["error"] is None) for each in result["customers"]] == [(1, True), (0, False)]


def test_a_wait_looks_again_for_what_failed_to_be_read(cloud):
    one, _two = customers(cloud, {"jobs": [{"job_id": "a", "status": 2}]}, {"jobs": [{"job_id": "b", "status": 2}]})
    fault = {"kind": "status", "status": 503, "times": 2, "match": {"path": one}}
    cloud.simulator.faults(fault)
    result = succeeded(cloud.run("elements", wait=True, max_retries=0))
    assert (result["polls"], sorted(job_ids(result))) == (3, ["a", "b"])
    assert [each["error"] for each in result["customers"]] == [None, None]


def test_without_the_list_of_customers_there_is_nothing(cloud):
    customers(cloud, {"jobs": []}, customers_api={"call_status": 403})
    message = failed(cloud.run("elements"), "permission_denied", "the list of customers: ")
    assert "elements.customers.read.all" in message


def test_120_customers_in_one_call(cloud):
    finishing = {"jobs": [{"job_id": "a", "timeline": [[0, 1], [1000, 2]]}]}
    customers(cloud, *[{"jobs": [{"job_id": "a", "status": 2}]}] * 117, *[finishing] * 3)
    cloud.together()
    said = []
    result = succeeded(cloud.run("elements", wait=True, wait_sleep=600, max_concurrency=16, report=said.append))
    assert (len(result["jobs"]), result["summary"]["all_succeeded"]) == (120, True)
    # The simulator's clock goes on while so many are read, so how many polls there are depends on the machine.
    assert list(dict.fromkeys((one.finished, one.chosen) for one in said)) == [(117, 120), (120, 120)]


# Choosing


@pytest.mark.parametrize("ignored", [[], ["type", "module"]])
@pytest.mark.parametrize(
    ("options", "sent", "wanted"),
    [
        ({}, 4, ["scan", "sites", "mail", "gmail"]),
        ({"types": ["microsoft_365_scan"]}, 1, ["scan"]),
        ({"types": ["microsoft_365", "google_workspace"]}, 4, ["sites", "mail", "gmail"]),
        ({"modules": ["none"]}, 1, ["scan"]),
        ({"modules": ["gmail", "sharepoint_online"]}, 4, ["sites", "gmail"]),
        ({"types": ["microsoft_365"], "modules": ["gmail"]}, 0, []),
        ({"states": ["failed", "stopped"]}, 4, ["mail", "gmail"]),
    ],
)
def test_what_is_chosen(cloud, ignored, options, sent, wanted):
    """Of one type or module that is wanted, the server sends only the jobs of it, if it goes by that."""
    jobs(
        cloud,
        {"job_id": "scan", "type": 0, "module": 0, "status": 2},
        {"job_id": "sites", "type": 7, "module": 302, "status": 2},
        {"job_id": "mail", "type": 7, "module": 303, "status": 7},
        {"job_id": "gmail", "type": 11, "module": 501, "status": 8},
        elements={"ignored_filters": ignored},
    )
    result = succeeded(cloud.run("elements", **options))
    assert (job_ids(result), result["total_count"]) == (wanted, 4 if ignored else sent)


def test_what_cannot_be_compared_stays_and_is_named(cloud):
    extra = {"jobModule": "N/A"}
    jobs(cloud, {**NAMELESS, "status": 2, "extra": extra}, {"job_id": "a", "type": 7, "module": 302, "status": 2})
    result = succeeded(cloud.run("elements", modules=["gmail", "drive"]))
    assert [(job["job_id"], job["module"]) for job in result["jobs"]] == [(None, None)]
    assert "modules asks for these jobs cannot be known" in result["warnings"][0]
    assert "Example customer without an id (microsoft_365_scan, succeeded)" in result["warnings"][0]


def test_limit_and_page(cloud):
    one, two = customers(cloud, *({"generate": {"count": 5, "statuses": [2]}} for _each in range(2)))
    result = succeeded(cloud.run("elements", limit=3))
    assert (len(result["jobs"]), result["truncated"], result["total_count"]) == (3, True, 10)
    result = succeeded(cloud.run("elements", page=2, page_size=3))
    assert [job["customer_id"] for job in result["jobs"]] == [one, one, two, two]
    assert result["truncated"] is True


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"customer_id": "a", "customers": ["b"]}, ["customers takes the place of customer_id"]),
        ({"customers": []}, ["customers is empty"]),
        ({"customers": ["a", ".."]}, ["customers is not an id"]),
        ({"customers": ["a", ""]}, ["customers is not an id"]),
        ({"customer_id": "a/b"}, ["customer_id is not an id"]),
        ({"page_size": 101}, ["page_size", "100"]),
        ({"wait": True, "states": ["failed"]}, ["states", "wait"]),
    ],
)
def test_bad_input(cloud, options, words):
    jobs(cloud)
    failed(cloud.run("elements", **options), "invalid_input", *words)
    assert cloud.simulator.requests() == []


# Answers that break the contract


@pytest.mark.parametrize(
    ("service", "body", "place"),
    [
        ("elements", {"data": None}, "data should be of type array"),
        ("elements", {"metadata": {}}, "data is missing"),
        ("elements", {"data": [{"jobType": 0}]}, "data[0].status is missing"),
        ("elements", [{"jobType": 0}], "data[0].status is missing"),
        ("elements", {"data": [{"jobType": 0, "status": 2, "jobId": True}]}, "data[0].jobId should be of type"),
        ("elements", {"data": [{"jobType": 0, "status": 2, "endTime": "then"}]}, "data[0].endTime"),
        ("elements", {"data": [], "metadata": {"totalCount": -1}}, "metadata.totalCount should be 0 or more"),
        ("customers", {"data": [{"organization": "A"}]}, "data[0].id is missing"),
        ("customers", {"data": [{"id": "../.."}]}, "data[0].id is not an id"),
    ],
)
def test_a_broken_answer_is_named_by_its_place(cloud, service, body, place):
    jobs(cloud)
    cloud.simulator.faults({"kind": "status", "status": 200, "body": body, "match": {"service": service}, "times": -1})
    failed(cloud.run("elements"), "invalid_response", "AvePoint Elements", place)
