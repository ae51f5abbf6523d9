# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pathlib

import pytest
import yaml

from ansible_collections.avepoint.cloud.plugins.module_utils._connection import ENVIRONMENTS
from ansible_collections.avepoint.cloud.plugins.module_utils._services import SERVICES
from ansible_collections.avepoint.cloud.plugins.plugin_utils._gate_settings import DEFAULTS, misspelled, settings

ROLE = pathlib.Path(__file__).parents[4] / "roles" / "job_gate"


def refusal(**variables):
    answer = settings({"product": "d365", **variables})
    assert answer["arguments"] == answer["required"] == {}
    assert answer["verdict"]["passed"] is False
    assert answer["verdict"]["error"]["code"] == "invalid_input"
    assert answer["verdict"]["msg"].splitlines()[1:] == [f"  - {reason}" for reason in answer["verdict"]["reasons"]]
    return answer["verdict"]["reasons"]


def arguments(**variables):
    answer = settings({"product": "d365", **variables})
    assert answer["verdict"] is None
    assert answer["arguments"].pop("states") == [], "else module_defaults could choose what the gate sees"
    return answer["arguments"]


def test_the_wait_is_handed_on_with_its_bounds():
    assert arguments(query={"region": "us"}, min_jobs="2") == {
        "region": "us",
        "wait": True,
        "wait_timeout": 3600,
        "wait_sleep": 30,
        "min_jobs": 2,
    }


@pytest.mark.parametrize("wait", [False, "false", "no"])
def test_one_look_needs_no_bounds(wait):
    assert arguments(wait=wait) == {"wait": False}


@pytest.mark.parametrize(
    ("query", "arguments_of_it"),
    [
        ('{"job_ids": ["A"], "region": "us"}', {"job_ids": ["A"], "region": "us"}),
        ("region=us organization_id=1", {"region": "us", "organization_id": "1"}),
    ],
)
def test_the_query_can_come_from_the_command_line(query, arguments_of_it):
    assert arguments(query=query, wait=False) == {"wait": False, **arguments_of_it}


@pytest.mark.parametrize("query", [None, [], "x", 5, '["s3cret"]'])
def test_a_query_that_is_no_dictionary_is_refused(query):
    assert refusal(query=query) == ["job_gate_query must be a dictionary with options of the module."]


@pytest.mark.parametrize("key", ["wait", "wait_timeout", "wait_sleep", "min_jobs"])
def test_what_has_a_variable_of_its_own_is_refused_in_the_query(key):
    assert refusal(query={key: 1}) == [f"job_gate_query must not have {key}: use job_gate_{key}."]


def test_a_query_for_some_states_is_refused():
    assert "cannot tell whether the others are as required" in refusal(query={"states": ["succeeded"]})[0]


@pytest.mark.parametrize(
    ("product", "key", "reason"),
    [
        ("d365", "client_sekret", "client_sekret, which the module does not know; perhaps client_secret is meant."),
        ("pc", "start_time", "start_time, which the module does not know."),
        ("d365", 5, "something that the module does not know."),
        ("d365", "-----BEGIN PRIVATE KEY----- s3cret", "something that the module does not know."),
    ],
)
def test_an_option_that_the_module_does_not_have_is_refused_without_its_value(product, key, reason):
    assert refusal(product=product, query={key: "s3cret"}) == [f"job_gate_query has {reason}"]


def test_each_option_of_the_modules_but_those_of_the_role_is_handed_on():
    assert arguments(query={"end_time": "now", "api": "graph"}, wait=False) == {
        "wait": False,
        "end_time": "now",
        "api": "graph",
    }


@pytest.mark.parametrize("job_ids", [[], None, "", [""], ["A", " "], "A,", "\n", [None], {}, 5])
def test_job_ids_that_name_no_job_are_refused(job_ids):
    assert "leave job_ids out to look at all jobs" in refusal(query={"job_ids": job_ids})[0]


@pytest.mark.parametrize("job_ids", [["A"], "A", "A,B", "A\nB\n", "A,\nB,\n", [7]])
def test_job_ids_are_handed_on(job_ids):
    assert arguments(query={"job_ids": job_ids})["job_ids"] == job_ids


@pytest.mark.parametrize(
    ("max_age", "start_time"),
    [("90m", None), ("24h", None), ("25h", "-25h"), ("7d", "-168h"), ("1d30m", "-25h"), ("3650d", "-87600h")],
)
def test_the_gate_looks_back_as_far_as_the_age_it_allows(max_age, start_time):
    assert arguments(max_age=max_age).get("start_time") == start_time


def test_a_start_time_of_the_query_stays():
    assert arguments(max_age="7d", query={"start_time": "-30d"})["start_time"] == "-30d"


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        ({"product": None}, f"job_gate_product must be set: {' or '.join(SERVICES)}."),
        ({"product": ["d365"]}, f"job_gate_product must be one of {', '.join(SERVICES)}."),
        ({"product": "ms"}, f"job_gate_product must be one of {', '.join(SERVICES)}."),
        (
            {"product": "pc", "max_age": "24h"},
            "job_gate_max_age cannot be judged for Process Center: its jobs have no times. Leave it out.",
        ),
        ({"max_age": "1y"}, "job_gate_max_age must be a number with a unit, such as 90m, 24h, 7d or 1d12h."),
        ({"min_jobs": "few"}, "job_gate_min_jobs must be a whole number from 0."),
        ({"report_dir": ["a"]}, "job_gate_report_dir must be the path of a folder."),
        ({"wait_timeout": "1h"}, "job_gate_wait_timeout must be a whole number from 0."),
        ({"wait": "maybe"}, "job_gate_wait must be true or false."),
        ({"wait_timeout": -1}, "job_gate_wait_timeout must be a whole number from 0."),
        ({"wait_sleep": None}, "job_gate_wait_sleep must be a whole number from 0."),
        (
            {"allowed_states": "running"},
            "job_gate_allowed_states cannot have running: a job that has not finished never passes.",
        ),
    ],
)
def test_settings_that_cannot_be_meant_are_refused_before_anything_is_queried(variables, reason):
    assert refusal(**variables) == [reason]


def test_a_refusal_says_everything_at_once_and_no_value_of_the_query():
    reasons = refusal(product=None, min_jobs=-1, query={"client_secret": "s3cret", "states": "s3cret"})
    assert len(reasons) == 3
    assert "s3cret" not in str(reasons)


def test_the_defaults_are_those_that_the_role_documents():
    documented = yaml.safe_load((ROLE / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))
    options = documented["argument_specs"]["main"]["options"]
    assert {f"job_gate_{name}": value for name, value in DEFAULTS.items()} == {
        name: option.get("default") for name, option in options.items()
    }
    defaults = yaml.safe_load((ROLE / "defaults" / "main.yml").read_text(encoding="utf-8"))
    assert {"job_gate_product": None, **defaults} == {f"job_gate_{name}": value for name, value in DEFAULTS.items()}


def test_the_arguments_specification_refuses_nothing():
    """Else Ansible would fail the role before it begins, and the verdict of an earlier gate would stay."""
    documented = yaml.safe_load((ROLE / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))
    for option in documented["argument_specs"]["main"]["options"].values():
        assert option["type"] == "raw"
        assert not {"required", "choices", "elements", "options"} & set(option)


@pytest.mark.parametrize("name", [name for name in DEFAULTS if name != "product"])
def test_what_is_empty_has_its_default(name):
    """As a survey of AWX gives what nobody filled in."""
    assert settings({"product": "d365", name: " "}) == settings({"product": "d365"})


def test_a_number_of_the_query_that_is_empty_has_its_default():
    assert arguments(query={"page_size": "", "validate_certs": " ", "region": ""}, wait=False) == {
        "wait": False,
        "region": "",
    }


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        ("page_size", "a whole number"),
        ("request_timeout", "a number"),
        ("include_raw", "true or false"),
        ("cloud_environment", f"one of {', '.join(ENVIRONMENTS)}"),
        ("types", f"a list of {', '.join(SERVICES['d365'].types.values())}"),
    ],
)
def test_what_an_option_of_the_query_cannot_be_is_said_without_it(option, expected):
    assert refusal(query={option: "s3cret"}) == [
        f"job_gate_query has a {option} that cannot be meant: it must be {expected}."
    ]


def test_what_cannot_be_evaluated_is_a_refusal_with_all_the_others():
    answer = settings({"min_jobs": -1}, ["job_gate_product cannot be evaluated: 'x' is undefined."])
    assert answer["verdict"]["reasons"] == [
        "job_gate_product cannot be evaluated: 'x' is undefined.",
        "job_gate_min_jobs must be a whole number from 0.",
    ]


def test_the_requirements_are_the_keywords_of_the_verdict_without_blanks_and_ends_of_lines():
    answer = settings(
        {
            "product": "d365 ",
            "min_jobs": "2",
            "allowed_states": "failed\r\nsucceeded\n",
            "max_age": "1d 2h\n",
            "report_dir": " out ",
        }
    )
    assert answer["required"] == {
        "product": "d365",
        "allowed_states": ["succeeded", "failed"],
        "min_jobs": 2,
        "max_age": "1d2h",
    }
    assert answer["report_dir"] == "out"


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("job_gate_max_aeg", "job_gate_max_age"),
        ("job_gate_maxage", "job_gate_max_age"),
        ("job_gate_min_job", "job_gate_min_jobs"),
        ("job_gate_querry", "job_gate_query"),
        ("job_gate_wait_time", "job_gate_wait_timeout"),
        ("job_gate_allowed_state", "job_gate_allowed_states"),
    ],
)
def test_a_variable_whose_name_is_misspelled_is_not_ignored(name, meant):
    assert misspelled([name, meant]) == [f"{name} is no variable of the role job_gate; perhaps {meant} is meant."]


def test_other_variables_are_nobodys_business():
    own = [
        "job_gate_customer_id",
        "job_gate_allowed_states_restore",
        "job_gate_products",
        "job_gate_query2",
        "job_gate_result",
        "job_gate_results",
        "max_agee",
        5,
    ]
    assert misspelled([*own, *(f"job_gate_{name}" for name in DEFAULTS)]) == []
