# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The verdict on each customer of one query, and on jobs without an id."""

from __future__ import annotations

import datetime

import pytest

from ansible_collections.avepoint.cloud.plugins.module_utils._iso8601 import format_time
from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import FINISHED, summarize
from ansible_collections.avepoint.cloud.plugins.plugin_utils._changes import Changes
from ansible_collections.avepoint.cloud.plugins.plugin_utils._gate import judge
from ansible_collections.avepoint.cloud.plugins.plugin_utils._gate_customers import Customer, Problem, table
from ansible_collections.avepoint.cloud.plugins.plugin_utils._gate_requirements import GateError, requirements
from ansible_collections.avepoint.cloud.plugins.plugin_utils._gate_settings import settings
from ansible_collections.avepoint.cloud.plugins.plugin_utils._report import report
from ansible_collections.avepoint.cloud.plugins.plugin_utils._report_html import html
from ansible_collections.avepoint.cloud.plugins.plugin_utils._report_junit import junit
from ansible_collections.avepoint.cloud.plugins.plugin_utils._table import WIDTH, columns
from ansible_collections.avepoint.cloud.tests.unit.plugins.plugin_utils.gate_data import cut

NOW = datetime.datetime(2026, 1, 2, 6, 0, tzinfo=datetime.timezone.utc)


def a_job(state: str = "succeeded", hours: float | None = 1, **more) -> dict:
    finish = None if hours is None else format_time(NOW - datetime.timedelta(hours=hours))
    job = {
        "job_id": "A",
        "type": "microsoft_365",
        "type_id": 7,
        "status": state,
        "status_id": 99,
        "state": state,
        "finished": state in FINISHED,
        "start_time": None,
        "finish_time": finish if state in FINISHED else None,
        "customer": None,
        "name": "Sites",
        "module": "sharepoint_online",
    }
    return {**job, **more}


def a_scan(state: str = "succeeded", **more) -> dict:
    return a_job(state, None, job_id=None, type="microsoft_365_scan", type_id=0, name=None, module="none", **more)


def a_result(*customers: list[dict] | str, **more) -> dict:
    """A result with customers c0, c1, ... that have these jobs, or could not be read for this reason."""
    jobs = [
        {**job, "customer_id": f"c{number}"}
        for number, given in enumerate(customers)
        if not isinstance(given, str)
        for job in given
    ]
    told = [
        {
            "customer_id": f"c{number}",
            "customer": f"Organization {number}",
            "jobs": 0 if isinstance(given, str) else len(given),
            "error": given if isinstance(given, str) else None,
        }
        for number, given in enumerate(customers)
    ]
    return {
        "product": "elements",
        "jobs": jobs,
        "customers": told,
        "summary": summarize(jobs, []),
        "missing_job_ids": [],
        "truncated": False,
        "timed_out": False,
        **more,
    }


def verdict(result: dict, **options) -> dict:
    given = {"product": "elements", "by_customer": True, "max_age": "24h", **options}
    return judge(result, requirements(**given), NOW)


def red(found: dict) -> dict[str, list[str]]:
    return {one["customer"]: one["reasons"] for one in found["customers"] if not one["passed"]}


@pytest.mark.parametrize(
    ("jobs", "options", "reasons"),
    [
        ([a_job()], {}, None),
        ([a_job(), a_scan()], {}, None),
        (
            [a_job("failed", failed_count=7)],
            {},
            ["failed: microsoft_365 A, module sharepoint_online, name Sites, finished"],
        ),
        ([a_job(), a_scan("skipped")], {}, ["skipped: microsoft_365_scan without an id, module none"]),
        ([a_job(), a_scan("waiting")], {}, ["waiting, not finished: microsoft_365_scan without an id"]),
        ([a_job(), a_scan("unknown")], {}, ["unknown (status 99), so not finished: microsoft_365_scan without an id"]),
        (
            [a_job("stopped")],
            {"allowed_states": ["succeeded", "stopped"]},
            ["no success: No success within the last 24h"],
        ),
        ([a_job(job_id=None)], {}, None),
        ([a_job(job_id="")], {}, ["unreadable: job_id missing"]),
        ([], {}, ["no jobs: none is listed"]),
        ([], {"min_jobs": 0}, None),
        ([a_job()], {"min_jobs": 2}, ["too few jobs: only 1 of 2"]),
        # what was done longer ago, and what was done since
        ([a_job(hours=30)], {}, ["succeeded, but 1d 6h ago: microsoft_365 A"]),
        ([a_job(hours=30)], {"max_age": ""}, None),
        ([a_job(hours=30)], {"max_age": "36h"}, None),
        ([a_job(hours=24)], {}, None),
        ([a_job(), a_job("failed", 24)], {}, ["failed: microsoft_365 A"]),
        ([a_job(), a_job("failed", 30)], {}, None),
        ([a_job(), a_job("failed", 30)], {"max_age": ""}, ["failed: microsoft_365 A"]),
        ([a_job(), a_job("failed", 2)], {}, ["failed: microsoft_365 A"]),
        ([a_job(), a_job(hours=30, name="Other")], {}, ["succeeded, but 1d 6h ago: microsoft_365 A, module"]),
        (
            [a_job(), a_job("failed", 30, module="gmail"), a_job(hours=99, module="gmail")],
            {},
            ["failed: microsoft_365 A"],
        ),
        ([a_job("running"), a_job("failed", 30)], {}, ["running, not finished"]),
        ([a_scan()], {}, ["no success: No success within the last 24h: none of 1 success has a time."]),
        ([a_job(hours=-1)], {}, ["succeeded, but in the future"]),
    ],
)
def test_one_customer(jobs, options, reasons):
    found = verdict(a_result([a_job()] * options.get("min_jobs", 1) or [a_job()], jobs), **options)
    told = red(found).get("Organization 1")
    assert (told is None, found["passed"]) == (reasons is None,) * 2
    assert len(told or ()) == len(reasons or ())
    for one, words in zip(told or (), reasons or ()):
        assert one.startswith(words)
        assert any(line.startswith(f"Organization 1: {words}") for line in found["reasons"])


def test_a_customer_that_could_not_be_read_does_not_hide_the_others():
    error = {"code": "permission_denied", "http_status": 403, "request_id": None}
    result = a_result(
        [a_job()], "customer c1: denied", [a_job("failed")], failed=True, msg="customer c1: denied.", error=error
    )
    found = verdict(result)
    assert list(red(found)) == ["Organization 1", "Organization 2"]
    assert found["reasons"][0] == "Organization 1: could not be read: customer c1: denied"
    assert found["msg"].count("denied") == 1


@pytest.mark.parametrize("by_customer", [True, False])
def test_a_customer_that_could_not_be_read_is_no_limit_or_page(by_customer):
    # The module counts its jobs as left out, too.
    found = verdict(a_result([a_job()], "denied", truncated=True), by_customer=by_customer)
    assert found["passed"] is False
    assert found["truncated"] is True
    (complete,) = [rule for rule in found["rules"] if rule["name"] == "complete"]
    assert (complete["passed"], complete["found"]) == (False, "The jobs of 1 customer could not be read.")
    assert "limit" not in found["msg"]


def test_what_still_runs_is_said_by_its_customer():
    error = {"code": "wait_timeout", "http_status": None, "request_id": None}
    found = verdict(a_result([a_job("running")], failed=True, timed_out=True, msg="after 0 seconds ...", error=error))
    assert (found["passed"], list(red(found))) == (False, ["Organization 0"])
    assert "after 0 seconds" not in found["msg"]


@pytest.mark.parametrize(
    ("code", "jobs", "customers"),
    [
        # no customer says why the wait ended
        ("wait_timeout", [a_job()], []),
        # what failed is none of what a customer says
        ("server_error", [a_job("failed")], ["Organization 0"]),
        (None, [a_job("failed")], ["Organization 0"]),
    ],
)
def test_a_failure_that_no_customer_speaks_of_is_said(code, jobs, customers):
    error = code and {"code": code, "http_status": None, "request_id": None}
    found = verdict(a_result(jobs, failed=True, msg="It went wrong.", error=error))
    assert (found["passed"], list(red(found))) == (False, customers)
    assert found["reasons"][0] == f"It went wrong{f' ({code})' if code else ''}."
    assert "It went wrong" in found["msg"]


LEFT_OUT = ("complete", True, "no limit or page left any out")
READ = ("query", True, "they were read")


@pytest.mark.parametrize(
    ("customers", "rules"),
    [
        ([[a_job()], [a_job()]], [READ, LEFT_OUT, ("customers", True, "all of 2 customers")]),
        ([[a_job()], [a_job("failed")]], [READ, LEFT_OUT, ("customers", False, "1 of 2 customers are not")]),
        (
            [[a_job()], "denied"],
            [("customers", False, "see the customers"), LEFT_OUT, ("customers", False, "1 of 2 customers are not")],
        ),
        (
            [],
            [
                READ,
                LEFT_OUT,
                ("any", False, "There is no customer, so there is nothing to gate on."),
                ("customers", True, "there are no customers"),
            ],
        ),
    ],
)
def test_each_rule_says_what_was_found(customers, rules):
    failed = {"failed": True, "msg": "x"} if "denied" in customers else {}
    found = verdict(a_result(*customers, **failed))
    assert [(rule["name"], rule["passed"], rule["found"]) for rule in found["rules"]] == rules
    assert found["passed"] is all(passed for _name, passed, _found in rules)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"customers": None}, "does not say which customers were asked for"),
        ({"customers": [{"customer_id": "c0"}, {"customer_id": "C0"}]}, "cannot be told apart"),
        ({"customers": [{"customer_id": "c0"}, {"customer_id": ""}]}, "cannot be told apart"),
        ({"customers": [{"customer_id": "c0"}, {"customer_id": 5}]}, "cannot be told apart"),
        ({"customers": [{"customer_id": "c0"}, None]}, "cannot be told apart"),
        ({"customers": [{"customer_id": "c1"}]}, "jobs of customers that were not asked for"),
        ({"customers": [], "jobs": [], "summary": summarize([], [])}, "There is no customer"),
        ({"failed": True, "msg": "The login was refused."}, "The login was refused."),
        ({"timed_out": True}, "The wait ran out."),
        ({"truncated": True}, "Only 1 job was looked at"),
        ({"product": "pc"}, "This is a result of pc, not of elements."),
        ({"jobs": [None]}, "jobs of customers that were not asked for"),
    ],
)
def test_what_is_wrong_with_the_whole_is_no_pass(change, words):
    found = verdict({**a_result([a_job()]), **change})
    assert found["passed"] is False
    assert any(words in reason for reason in found["reasons"])
    assert words in found["msg"]


def test_the_table():
    long = a_job(
        "finished_with_exception",
        failed_count=7,
        name="An organization with a name of many words, and-one-long-word" * 2,
    )
    found = verdict(a_result(*[[a_job()]] * 47, [long], "no usable answer " * 20, [a_job("failed")] * 9))
    lines = found["msg"].splitlines()
    assert lines[0] == "The gate did not pass (3 of 50 customers not as required)."
    assert lines[1] == "57 jobs: 9 failed, 1 finished_with_exception, 47 succeeded."
    assert lines[2].split() == ["customer", "state", "what"]
    assert lines[4].startswith("Organization 47  finished_with_exception  microsoft_365 A, module")
    assert sum("microsoft_365 A" in line for line in lines) == 6
    assert any(line.split() == ["and", "4", "more"] for line in lines)
    assert max(map(columns, lines)) <= WIDTH
    assert " ".join("".join(lines).split()).count("no usable answer") >= 10
    assert " ".join(" ".join(lines[-2:]).split()) == (
        "Required of each: every job finished and succeeded; at least 1 job; a success within the last 24h."
    )


def test_each_column_is_as_wide_as_it_has_to_be():
    few = Customer("1", "Some", [Problem("failed", "x"), Problem("stopped", "y")])
    assert table([few]) == [
        "customer  state    what",
        f"--------  -------  {'-' * (WIDTH - 19)}",
        "Some      failed   x",
        "          stopped  y",
    ]
    wide = Customer("2", "n" * 24, [Problem("s" * 24, "w" * 36)])
    assert table([few, Customer("3", "Red", []), wide])[-2:] == [
        f"{'n' * 24}  {'s' * 23}  {'w' * 35}",
        f"{' ' * 26}s{' ' * 24}w",
    ]


def test_a_table_ends():
    def lines(problems: int) -> list[str]:
        return table([Customer("1", "Some", [Problem("failed", str(number)) for number in range(problems)])])

    assert (len(lines(998)), lines(998)[-1].split()) == (1000, ["failed", "997"])
    assert lines(1000) == [*lines(998), "and 2 lines more"]


def test_five_jobs_of_a_customer_are_named():
    jobs = [a_job("failed", job_id=str(number)) for number in range(6)]
    assert len(red(verdict(a_result(jobs[:5])))["Organization 0"]) == 5
    assert red(verdict(a_result(jobs)))["Organization 0"][5:] == ["and: 1 more"]


def test_a_text_of_the_server_is_cut():
    result = a_result("e" * 2000)
    result["customers"][0].update(customer_id="i" * 500, customer="n" * 500)
    (customer,) = verdict(result)["customers"]
    assert (customer["customer_id"], customer["customer"]) == (cut("i", 100), cut("n", 100))
    assert customer["reasons"] == [f"could not be read: {cut('e', 1000)}"]


def test_the_rest_of_a_long_name_is_not_another_customer():
    result = a_result([a_job("failed")])
    result["customers"][0]["customer"] = "Best For You Organics North and South"
    lines = verdict(result)["msg"].splitlines()
    assert [line[:24].rstrip() for line in lines[4:6]] == ["Best For You Organics", "  North and South"]


def test_letters_that_take_two_columns():
    result = a_result([a_job("failed", name="サ" * 60)])
    result["customers"][0]["customer"] = "株式会社" * 10
    lines = verdict(result)["msg"].splitlines()
    assert max(map(columns, lines)) <= WIDTH
    assert lines[4].startswith("株式会社株式会社株式会社  failed  ")


def test_a_pass_says_how_many():
    found = verdict(a_result([a_job()], [a_job()]))
    assert found["msg"].splitlines() == ["The gate passed (2 customers).", "2 jobs: 2 succeeded."]


@pytest.mark.parametrize(("product", "value"), [("d365", True), (None, "yes"), ("elements", "perhaps")])
def test_settings_that_cannot_be_meant(product, value):
    why = "must be true or false" if value == "perhaps" else "is for the product elements only: the others have no"
    with pytest.raises(GateError, match=f"by_customer {why}"):
        requirements(product, by_customer=value)


def test_one_look_that_nothing_ends():
    given = {"product": "elements", "by_customer": True, "wait": False, "min_jobs": 3}
    assert settings(given)["arguments"] == {"states": [], "wait": True, "wait_timeout": 0, "min_jobs": 0}
    assert settings({**given, "wait": True})["arguments"]["wait_timeout"] == 3600


@pytest.mark.parametrize("by_customer", [True, "yes"])
def test_that_each_customer_is_judged_is_handed_on_to_the_verdict(by_customer):
    required = settings({"product": "elements", "by_customer": by_customer})["required"]
    assert required["by_customer"] is True
    assert judge(a_result([a_job()], []), requirements(**required), NOW)["passed"] is False


# Jobs without an id, elsewhere


@pytest.mark.parametrize("product", ["elements", None])
def test_the_gate_takes_them_where_the_product_has_such(product):
    assert judge(a_result([a_scan(), a_scan()]), requirements(product), NOW)["passed"]
    found = judge({**a_result([a_scan()]), "product": "d365"}, requirements(None), NOW)
    assert found["reasons"] == [
        "unreadable: job_id missing: microsoft_365_scan without an id, customer c0, module none"
    ]


def test_reports_name_them():
    shown = report(a_result([a_scan("failed"), a_job(job_id=None)]), now=NOW)
    assert [(job.state, job.job_id) for job in shown.jobs] == [("failed", ""), ("succeeded", "")]
    names = junit(shown)
    assert 'name="without an id none (c0)"' in names
    assert 'name="without an id sharepoint_online Sites (c0)"' in names


def test_the_page_counts_customers():
    def page(*customers, **options) -> str:
        return html(report(given := a_result(*customers), verdict(given, **options), now=NOW))

    assert "1 of 3 customers are not as required." in page([a_job()], [], [a_job()])
    assert "2 of 2 customers are not as required." in page([], [a_job("failed")])
    assert "The one customer is as required." in page([a_job()])
    assert "All 2 customers are as required." in page([a_job()], [a_job()])


def test_events_tell_two_that_look_alike_apart():
    changes = Changes(3600)

    def look(*states: str) -> list[tuple]:
        jobs = [a_scan(state, customer_id="c") for state in states]
        found = [(change.previous, change.job["state"]) for change in changes.of(jobs, 0)]
        for job in jobs:
            changes.told(job, 0)
        return found

    assert look("running", "succeeded") == [(None, "running"), (None, "succeeded")]
    assert look("succeeded", "running") == []
    assert look("failed", "succeeded") == [("running", "failed")]
    assert look("failed", "succeeded", "failed") == [(None, "failed")]
    again = Changes(3600)
    again.load(changes.dump())
    changes = again
    assert look("succeeded", "failed", "failed") == []
