# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re

import pytest

from ansible_collections.avepoint.cloud.plugins.module_utils import _errors

CODES = {
    "InvalidInput": ("invalid_input", False),
    "AuthenticationFailed": ("authentication_failed", False),
    "PermissionDenied": ("permission_denied", False),
    "NotFound": ("not_found", False),
    "RateLimited": ("rate_limited", True),
    "ServerError": ("server_error", True),
    "ConnectionFailed": ("connection_failed", True),
    "RequestTimeout": ("request_timeout", True),
    "InvalidResponse": ("invalid_response", False),
    "WaitTimeout": ("wait_timeout", False),
    "JobMissing": ("job_missing", False),
}


@pytest.mark.parametrize("name", CODES)
def test_each_kind_has_its_code_and_says_whether_it_may_pass(name):
    error = getattr(_errors, name)("What happened.", 418, "request-1")
    assert isinstance(error, _errors.AvePointError)
    assert str(error) == "What happened."
    code, transient = CODES[name]
    assert error.facts() == {"code": code, "http_status": 418, "request_id": "request-1"}
    assert error.transient is transient


def test_an_error_can_say_otherwise_of_itself():
    assert _errors.ServerError("It is not implemented.", 501, transient=False).transient is False
    assert _errors.InvalidInput("Again.", transient=True).transient is True
    assert _errors.ServerError.transient is True


def test_facts_are_null_where_nothing_is_known():
    assert _errors.ConnectionFailed("No.").facts() == {
        "code": "connection_failed",
        "http_status": None,
        "request_id": None,
    }


def test_a_library_that_is_missing_is_named():
    error = _errors.MissingLibrary("requests")
    assert error.code == "invalid_input"
    assert error.library == "requests"
    assert "requests" in str(error)


def test_what_happened_stays_what_it_is_however_far_an_error_comes():
    error = _errors.InvalidResponse("data[0].type is missing", 200, "request-1")
    error.context += [
        _errors.At("graph.example.test"),
        _errors.ContractOf("The API", "report it"),
        _errors.Reading("tenant t"),
        _errors.OutOfTime("4 hours"),
    ]
    assert error.message == "data[0].type is missing"
    assert str(error) == (
        "the jobs could not be read within 4 hours (tenant t: The API broke its contract: no usable answer from "
        "graph.example.test: data[0].type is missing; report it): ask for less at a time"
    )


def kinds_of(kind):
    """The kinds below one, each before those that are below it."""
    for each in kind.__subclasses__():
        if each.__module__ == _errors.__name__:
            yield each.__name__
            yield from kinds_of(each)


def test_the_tree_of_errors_is_drawn_whole():
    assert re.findall(r"[|`]-- (\w+)", _errors.__doc__) == list(kinds_of(_errors.AvePointError))
