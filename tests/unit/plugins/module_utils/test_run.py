# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a result has whatever happens; the contents are tested where they come from."""

from __future__ import annotations

import ast
import pathlib

import pytest
import yaml

from ansible_collections.avepoint.cloud.plugins.module_utils._errors import InvalidInput
from ansible_collections.avepoint.cloud.plugins.module_utils._process_center import ProcessCenter
from ansible_collections.avepoint.cloud.plugins.module_utils._run import LONGEST_CALL, run
from ansible_collections.avepoint.cloud.plugins.module_utils._services import SERVICES
from ansible_collections.avepoint.cloud.tests.unit.plugins.module_utils.support import failed, params, succeeded

COMMON = {
    "changed",
    "jobs",
    "summary",
    "missing_job_ids",
    "total_count",
    "truncated",
    "timed_out",
    "duration",
    "polls",
    "retries",
    "clock_skew",
    "product",
}
FAILURE = {"failed", "msg", "error"}


@pytest.mark.parametrize("module", ["pc", "d365"])
@pytest.mark.parametrize(
    "faults",
    [
        [],
        [{"kind": "status", "status": 403, "times": -1}],
        [{"kind": "html", "times": -1}],
        [{"kind": "reset", "times": -1}],
        [{"kind": "status", "status": 400, "match": {"service": "identity"}}],
    ],
    ids=["success", "403", "html", "reset", "login"],
)
@pytest.mark.parametrize("wait", [False, True])
def test_the_same_keys_on_success_and_on_failure(cloud, module, faults, wait):
    cloud.set(
        {"job_id": "a", "status": 2},
        d365={"jobs": [{"job_id": "a", "type": 1, "status": 3}]},
        faults=[{"match": {"service": "pc" if module == "pc" else "d365_v1"}, **fault} for fault in faults],
    )
    cloud.together()
    more = {"api": "v1"} if module == "d365" else {}
    result = getattr(cloud, module)(wait=wait, wait_timeout=50, max_retries=1, **more)
    assert result.keys() == COMMON | (FAILURE if faults else set()) | ({"api"} if module == "d365" else set())
    assert result["changed"] is False
    assert list(result["summary"])[:5] == ["total", "states", "all_finished", "all_succeeded", "any_failed"]
    assert ("latest_success" in result["summary"]) is (module == "d365")
    assert result["polls"] >= 1
    if faults:
        assert result["msg"].endswith(".")
        assert not result["msg"].endswith("..")
        assert result["error"].keys() == {"code", "http_status", "request_id"}


@pytest.mark.parametrize("product", sorted(SERVICES))
def test_every_key_is_documented(product):
    file = pathlib.Path(__file__).parents[4].joinpath("plugins", "modules", f"avepoint_{product}_jobs_info.py")
    nodes = [node for node in ast.parse(file.read_text("utf-8")).body if isinstance(node, ast.Assign)]
    returned = next(ast.literal_eval(node.value) for node in nodes if node.targets[0].id == "RETURN")
    # Ansible's own keys are documented by Ansible.
    own = {"d365": {"api"}, "elements": {"customers"}}.get(product, set())
    assert yaml.safe_load(returned).keys() == (COMMON | FAILURE | own) - {"changed", "failed"}


def test_bad_input_has_every_key_too(cloud):
    result = cloud.pc(page_size=0, job_ids=["a"])
    failed(result, "invalid_input")
    assert result.keys() == COMMON | FAILURE
    assert result["missing_job_ids"] == ["a"]
    assert (result["polls"], result["retries"]) == (0, 0)


def test_a_mistake_of_our_own_is_not_dressed_up_as_a_failure(monkeypatch, cloud):
    def check_options(*args):
        raise ZeroDivisionError

    monkeypatch.setattr(ProcessCenter, "check_options", check_options)
    with pytest.raises(ZeroDivisionError):
        cloud.pc()


def test_the_duration_is_of_the_whole_call(cloud):
    cloud.set(
        {"job_id": "a", "status": 2},
        faults=[{"kind": "status", "status": 503, "retry_after": 7, "match": {"service": "identity"}}],
    )
    assert 7 <= succeeded(cloud.pc())["duration"] < 20


def test_a_call_that_does_not_wait_ends_too(cloud):
    cloud.set({"job_id": "a", "status": 2})
    cloud.simulator.faults(
        {"kind": "status", "status": 503, "retry_after": 3600, "times": -1, "match": {"service": "pc"}}
    )
    result = cloud.pc(max_retries=1000, max_retry_delay=86400)
    failed(result, "server_error", "HTTP 503")
    assert result["retries"] == 3
    assert result["duration"] <= LONGEST_CALL

    def request_takes_an_hour(least: float, upper: float) -> float:
        return 3600.0

    cloud.simulator.faults({"kind": "reset", "times": -1, "match": {"service": "pc"}})
    assert cloud.pc(max_retries=1000, max_retry_delay=3600, uniform=request_takes_an_hour)["duration"] <= LONGEST_CALL


def test_what_is_said_of_a_call_that_took_too_long(cloud):
    cloud.set({"job_id": "a", "status": 2})
    cloud.time.clock = iter([0.0, *[1.0] * 3, *[LONGEST_CALL + 2.0] * 100]).__next__  # type: ignore[method-assign]
    failed(cloud.pc(), "request_timeout", "within 4 hours", "ask for less")


def test_reports_come_from_waits_alone(cloud):
    cloud.set({"job_id": "a", "status": 2})
    seen: list = []
    succeeded(cloud.pc(report=seen.append))
    assert seen == []
    succeeded(cloud.pc(report=seen.append, wait=True))
    assert len(seen) == 1


def test_a_secret_in_a_message_of_our_own_is_masked(monkeypatch):
    def check_options(params, now):
        raise InvalidInput(f"the secret is {params['client_secret']}")

    monkeypatch.setattr(ProcessCenter, "check_options", check_options)
    result = run(ProcessCenter, params(ProcessCenter, client_secret="not-to-be-shown"))
    assert result["msg"] == "the secret is ********."
