# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: RUF001 - what looks alike is what this is about

from __future__ import annotations

import asyncio
import errno
import functools
import importlib.util
import json
import logging
import os
import pathlib
import re
import stat
import subprocess
import sys
import time
import types
from unittest import mock

import pytest
import yaml

from ansible_collections.avepoint.cloud.plugins.module_utils._errors import AvePointError, InvalidInput
from ansible_collections.avepoint.cloud.plugins.module_utils._sender import Timing
from ansible_collections.avepoint.cloud.tests.simulator import client as simulated
from ansible_collections.avepoint.cloud.tests.simulator.client import (
    D365_SCOPE,
    PC_SCOPE,
    a_client,
    a_tenant,
)

HERE = pathlib.Path(simulated.__file__).parents[2] / "extensions" / "eda"
PATH = HERE / "plugins" / "event_source" / "jobs.py"


def load():
    spec = importlib.util.spec_from_file_location("avepoint_event_source_jobs", PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


plugin = load()

INTERVAL = 7.5
LOOKS = 40  # more than any test needs
LONGEST = 60  # seconds, for what is over at once unless it hangs


class Cloud:
    """The simulator in one state, and a source that looks at it."""

    def __init__(self, simulator):
        self.simulator = simulator
        self.pc, self.dynamics = a_client(PC_SCOPE), a_client(D365_SCOPE)
        self.events: list[dict] = []

    def set(self, *tenants, **state):
        self.tenants = tenants
        self.simulator.put_state({"clients": [self.pc, self.dynamics], "tenants": list(tenants), **state})

    def args(self, product="pc", **more):
        app = self.pc if product == "pc" else self.dynamics
        where = {"graph_url": self.simulator.url, "identity_url": self.simulator.identity_url}
        tenants = [
            {name: tenant[name] for name in ("customer_id", "tenant_id")} for tenant in getattr(self, "tenants", ())
        ]
        return {
            "product": product,
            "client_id": app["client_id"],
            "client_secret": app["client_secret"],
            "interval": INTERVAL,
            "max_retries": 0,
            **where,
            **({"tenants": tenants} if product == "pc" else {}),
            **more,
        }

    def told(self):
        """(job, previous state, state) of each event so far."""
        found = [event["avepoint"] for event in self.events]
        return [(event["job"]["job_id"], event["previous_state"], event["state"]) for event in found]

    def run(self, *between, until=lambda cloud: False, stop=None, queue=None, **args):
        """Runs the source until a condition holds after a look, or ``stop()`` ends; then cancels it.

        No time passes between the looks. Instead, these are called one by one, and then there are LOOKS more at most.
        """
        steps = iter([*between, *[lambda: None] * LOOKS])

        async def go():
            where, over = queue or asyncio.Queue(), asyncio.Event()

            async def sleep(seconds):
                assert seconds == INTERVAL
                while queue is None and not where.empty():
                    self.events.append(where.get_nowait())
                if (step := next(steps, None)) is None or until(self):
                    over.set()
                    await asyncio.Future()
                step()

            with mock.patch.object(plugin, "asyncio", types.SimpleNamespace(**{**vars(asyncio), "sleep": sleep})):
                source = asyncio.ensure_future(plugin.main(where, self.args(**args)))
                end = asyncio.ensure_future((stop or over.wait)())
                await asyncio.wait({source, end}, return_when=asyncio.FIRST_COMPLETED)
                end.cancel()
                if source.done():
                    source.result()
                source.cancel()
                _done, left = await asyncio.wait({source}, timeout=LONGEST)
                assert not left, "it goes on, though it was cancelled"
                assert source.cancelled()

        asyncio.run(go())
        return self.told()

    def moves_on(self, *seconds):
        """The simulator's clock goes forward so far, each time after a look."""
        return [lambda each=each: self.simulator.advance(each) for each in seconds]

    def looks(self, number, service="pc"):
        return lambda cloud: sum(1 for each in cloud.simulator.requests(service) if each["finished"]) >= number


@pytest.fixture
def cloud(simulator):
    return Cloud(simulator)


def events(number):
    return lambda cloud: len(cloud.events) >= number


# What is emitted


def test_each_change_once(cloud):
    cloud.set(a_tenant(jobs=[{"job_id": "a", "type": 7, "timeline": [[0, 0], [100, 1], [200, 3]]}]))
    told = cloud.run(*cloud.moves_on(100, 100), until=lambda cloud: len(cloud.events) >= 3 and cloud.looks(25)(cloud))
    assert told == [("a", None, "waiting"), ("a", "waiting", "running"), ("a", "running", "failed")]
    assert cloud.simulator.log()["counts"]["logins"] == 1


def test_an_event_is_what_the_interface_says(cloud):
    tenant = a_tenant(jobs=[{"job_id": "a", "type": 7, "status": 3}])
    cloud.set(tenant)
    cloud.run(until=events(1))
    assert cloud.events == [
        {
            "avepoint": {
                "product": "pc",
                "previous_state": None,
                "state": "failed",
                "job": {
                    "job_id": "a",
                    "type": "daily_tenant_backup",
                    "type_id": 7,
                    "status": "failed",
                    "status_id": 3,
                    "state": "failed",
                    "finished": True,
                    "customer_id": tenant["customer_id"],
                    "tenant_id": tenant["tenant_id"],
                },
            }
        }
    ]
    json.dumps(cloud.events)


def test_many_tenants(cloud):
    cloud.set(*(a_tenant(generate={"count": 3, "statuses": [0, 1, 2]}) for _number in range(30)))
    assert len(cloud.run(until=lambda cloud: cloud.looks(90)(cloud))) == 90


def test_only_wanted_states(cloud):
    cloud.set(a_tenant(jobs=[{"job_id": "a", "timeline": [[0, 0], [100, 1], [200, 3]]}, {"job_id": "b", "status": 2}]))
    assert cloud.run(*cloud.moves_on(100, 100), until=events(1), states=["failed"]) == [("a", "running", "failed")]


def test_what_is_there_already_can_be_left_out(cloud):
    cloud.set(a_tenant(jobs=[{"job_id": "a", "status": 3}, {"job_id": "b", "timeline": [[0, 1], [100, 2]]}]))
    assert cloud.run(*cloud.moves_on(100), until=events(1), report_existing=False) == [("b", "running", "succeeded")]


def test_dynamics_365_by_either_api(cloud):
    for api in ("auto", "graph"):
        cloud.events.clear()
        cloud.set(
            d365={
                "jobs": [
                    {"job_id": "R", "type": 1, "timeline": [[0, 2], [100, 4]], "start_time": -40000},
                    {"job_id": "N", "type": 1, "status": 3, "start_time": -500, "finish_time": -100},
                    {"job_id": "O", "type": 1, "status": 4, "start_time": -90000, "finish_time": -80000},
                ]
            }
        )
        told = cloud.run(*cloud.moves_on(100), product="d365", api=api, lookback=3600, until=events(3))
        # R began long before the lookback and is followed; O had ended before it
        assert (
            set(told) == {("R", None, "running"), ("N", None, "succeeded"), ("R", "running", "failed")}
            and len(told) == 3
        )


@pytest.mark.parametrize("hours", [3, -3])
def test_the_lookback_goes_by_the_clock_of_the_server(cloud, hours):
    cloud.set(
        d365={
            "jobs": [
                {"job_id": "N", "type": 1, "status": 3, "start_time": -500, "finish_time": -100},
                {"job_id": "O", "type": 1, "status": 4, "start_time": -8000, "finish_time": -7000},
            ]
        }
    )
    timing = Timing(now=lambda: time.time() + hours * 3600)
    with mock.patch.object(plugin, "Source", functools.partial(plugin.Source, timing=timing)):
        assert cloud.run(product="d365", lookback=3600, until=cloud.looks(4, "d365_v1")) == [("N", None, "succeeded")]


def test_where_there_is_no_v1_it_is_asked_once(cloud):
    cloud.set(
        d365={"jobs": [{"job_id": "N", "status": 3, "start_time": -500, "finish_time": -100}]},
        faults=[{"kind": "status", "status": 404, "times": -1, "match": {"service": "d365_v1"}}],
    )
    cloud.run(product="d365", until=cloud.looks(8, "d365_graph"))
    # the two lists of the first look, at most
    assert cloud.simulator.log()["counts"]["d365_v1"] <= 2


def test_no_text_of_the_server_is_a_template_to_a_playbook(cloud):
    hostile = "#jinja2: variable_start_string: '<<'\n<< lookup('pipe', 'id') >> {{ x }}"
    cloud.set(
        d365={
            "organizations": [{"id": "00000000-0000-4000-8000-000000000001", "name": hostile.replace("\n", " ")}],
            "jobs": [
                {
                    "job_id": "{{x}}",
                    "status": 4,
                    "start_time": -500,
                    "finish_time": -100,
                    "extra": {"__ansible_unsafe": [hostile]},
                }
            ],
        }
    )
    cloud.run(product="d365", include_raw=True, until=events(1))
    job = cloud.events[0]["avepoint"]["job"]
    assert job["job_id"] == job["raw"]["jobId"] == "｛｛x｝｝"
    assert job["organization_name"].startswith("＃jinja2: variable_start_string: ＇＜＜＇ ＜＜ lookup（＇pipe＇, ")
    assert job["raw"]["x__ansible_unsafe"][0].startswith("＃jinja2: variable_start_string: ＇＜＜＇\n＜＜ lookup（")


# Faults


def fault(**more):
    return {"kind": "status", "status": 503, "times": -1, "match": {"service": "pc"}, **more}


def test_nothing_is_lost_over_an_outage(cloud, caplog):
    cloud.set(
        a_tenant(
            jobs=[
                {"job_id": "a", "timeline": [[0, 1], [100, 3]]},
                {"job_id": "b", "timeline": [[100, 1], [200, 2]]},
            ]
        )
    )

    def outage():
        cloud.simulator.faults(fault())
        cloud.simulator.advance(300)

    told = cloud.run(outage, cloud.simulator.clear_faults, until=events(3))
    assert told[0] == ("a", None, "running")
    assert set(told[1:]) == {("a", "running", "failed"), ("b", None, "succeeded")}
    said = [record.getMessage() for record in caplog.records if record.name == "avepoint.cloud.jobs"]
    assert said[0].startswith("cannot look, trying again in 7.5 seconds: tenant ")
    assert said[-1] == "Process Center answers again"


@pytest.mark.parametrize(
    "kind",
    [
        {"kind": "status", "status": 401},
        {"kind": "status", "status": 403},
        {"kind": "status", "status": 404},
        {"kind": "close"},
        {"kind": "cut_json"},
        {"kind": "wrong_type", "path": "data[0].status", "value": [2]},
        {"kind": "status", "status": 400, "match": {"service": "identity"}},
    ],
    ids=str,
)
def test_no_fault_ends_it(cloud, kind):
    cloud.set(a_tenant(jobs=[{"job_id": "a", "status": 2}]), faults=[{"match": {"service": "pc"}, "times": 6, **kind}])
    assert cloud.run(until=events(1)) == [("a", None, "succeeded")]


def test_a_tenant_that_is_gone_does_not_hide_the_others(cloud, caplog):
    gone, there = a_tenant(), a_tenant(jobs=[{"job_id": "a", "timeline": [[0, 1], [100, 2]]}])
    cloud.set(gone, there, faults=[fault(status=404, match={"path": gone["tenant_id"]})])
    assert cloud.run(*cloud.moves_on(100), until=events(2)) == [("a", None, "running"), ("a", "running", "succeeded")]
    assert gone["tenant_id"] in caplog.text
    assert there["tenant_id"] not in caplog.text


def test_a_fault_nobody_thought_of_does_not_end_it(cloud, monkeypatch, caplog):
    look, times = plugin.Source._poll, []

    def broken(self, faults):
        times.append(1)
        if len(times) < 3:
            raise KeyError(cloud.pc["client_secret"])
        return look(self, faults)

    monkeypatch.setattr(plugin.Source, "_poll", broken)
    cloud.set(a_tenant(jobs=[{"job_id": "a", "status": 2}]))
    assert cloud.run(until=events(1)) == [("a", None, "succeeded")]
    assert "KeyError" in caplog.text
    assert cloud.pc["client_secret"] not in caplog.text


def test_no_secret_is_logged(cloud, caplog):
    caplog.set_level(logging.DEBUG)
    cloud.set(a_tenant(), faults=[{"kind": "echo_secret", "times": -1}])
    cloud.run(until=cloud.looks(3, "identity"))
    assert cloud.pc["client_secret"] not in caplog.text


# Restarts


def test_a_restart_with_a_state_file(cloud, tmp_path):
    path = tmp_path / "state.json"
    cloud.set(
        a_tenant(
            jobs=[
                {"job_id": "a", "timeline": [[0, 1], [100, 3]]},
                {"job_id": "b", "timeline": [[100, 2]]},
                {"job_id": "c", "status": 2},
            ]
        )
    )
    told = cloud.run(until=events(2), state_file=str(path))
    assert set(told) == {("a", None, "running"), ("c", None, "succeeded")}
    assert path.stat().st_mode & 0o777 == 0o600
    assert cloud.pc["client_secret"] not in path.read_text("utf-8")
    cloud.events.clear()
    cloud.simulator.advance(200)
    told = cloud.run(until=events(2), state_file=str(path))
    assert set(told) == {("a", "running", "failed"), ("b", None, "succeeded")}


def test_a_restart_without_a_state_file_loses_nothing_either(cloud):
    cloud.set(a_tenant(jobs=[{"job_id": "a", "timeline": [[0, 1], [100, 3]]}]))
    cloud.run(until=events(1))
    cloud.events.clear()
    cloud.simulator.advance(200)
    assert cloud.run(until=events(1)) == [("a", None, "failed")]


def test_a_running_job_is_followed_over_a_restart(cloud, tmp_path):
    path = str(tmp_path / "state.json")
    job = {"job_id": "R", "type": 1, "timeline": [[0, 2], [100, 4]], "start_time": -90000}
    cloud.set(d365={"jobs": [job]})
    more = {"product": "d365", "lookback": 3600, "state_file": path}
    assert cloud.run(until=events(1), **more) == [("R", None, "running")]
    cloud.events.clear()
    cloud.simulator.advance(200)
    assert cloud.run(until=events(1), **more) == [("R", "running", "failed")]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"version": 9}', "[" * 100000, "\udcff"])
def test_a_state_file_that_cannot_be_read_is_told_and_set_aside(cloud, tmp_path, content, caplog):
    path = tmp_path / "state.json"
    path.write_text(content, "utf-8", "surrogateescape")
    cloud.set(a_tenant(jobs=[{"job_id": "a", "status": 3}]))
    # Whether it was told before is not known, so it is told.
    assert cloud.run(until=events(1), state_file=str(path), report_existing=False) == [("a", None, "failed")]
    assert f"it is set aside as {path}.unreadable" in caplog.text
    assert (tmp_path / "state.json.unreadable").read_text("utf-8", "surrogateescape") == content
    assert json.loads(path.read_text("utf-8"))["version"] == 1


def test_a_state_file_outlasts_a_power_loss(cloud, tmp_path, monkeypatch):
    done = []
    monkeypatch.setattr(
        os, "fsync", lambda file: done.append("folder" if stat.S_ISDIR(os.fstat(file).st_mode) else "file")
    )
    replace = os.replace
    monkeypatch.setattr(os, "replace", lambda old, new: (done.append("replace"), replace(old, new)))
    cloud.set(a_tenant(jobs=[{"job_id": "a", "status": 3}]))
    cloud.run(until=events(1), state_file=str(tmp_path / "state.json"))
    assert done[:3] == ["file", "replace", "folder"]


def test_a_file_system_that_cannot_sync_folders_is_no_fault(cloud, tmp_path, monkeypatch, caplog):
    def sync(file):
        if stat.S_ISDIR(os.fstat(file).st_mode):
            raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr(os, "fsync", sync)
    cloud.set(a_tenant(jobs=[{"job_id": "a", "status": 3}]))
    cloud.run(until=events(1), state_file=str(tmp_path / "state.json"))
    assert json.loads((tmp_path / "state.json").read_text("utf-8"))["version"] == 1
    assert "cannot be written" not in caplog.text


def test_a_state_file_that_cannot_be_written_is_no_reason_to_stop(cloud, caplog):
    cloud.set(a_tenant(jobs=[{"job_id": "a", "status": 2}]))
    assert cloud.run(until=events(1), state_file="/proc/nothing/here") == [("a", None, "succeeded")]
    assert "cannot be written" in caplog.text


# Ending


@pytest.mark.real_time
@pytest.mark.parametrize(
    "kind",
    [{"kind": "hang", "seconds": 120}, {"kind": "status", "status": 503, "retry_after": 120}],
    ids=["an answer", "another try"],
)
def test_it_ends_at_once_while_it_waits_for(cloud, kind):
    cloud.set(a_tenant(), faults=[{"times": -1, "match": {"service": "pc"}, **kind}])

    async def asked():
        while not any(each["finished"] or kind["kind"] == "hang" for each in cloud.simulator.requests("pc")):
            await asyncio.sleep(0)

    cloud.run(stop=asked, max_retries=5, max_retry_delay=600, request_timeout=600)


def test_what_could_not_be_handed_over_comes_after_a_restart(cloud, tmp_path):
    full = asyncio.Event()

    class Full(asyncio.Queue):
        """Takes one event and no more."""

        async def put(self, item):
            if self.qsize():
                full.set()
                await asyncio.Future()
            await super().put(item)

    path = str(tmp_path / "state.json")
    cloud.set(a_tenant(jobs=[{"job_id": job_id, "status": 2} for job_id in "ab"]))
    queue = Full()
    cloud.run(queue=queue, stop=full.wait, state_file=path)
    first = queue.get_nowait()["avepoint"]["job"]["job_id"]
    (rest,) = cloud.run(until=events(1), state_file=path)
    assert {first, rest[0]} == {"a", "b"}


# Options


def test_options_that_cannot_work_end_it_at_once(cloud):
    for wrong, says in (
        ({"product": "azure"}, "product must be one of pc, d365"),
        ({"wait": True}, "there is no option wait for pc"),
        ({"start_time": "-1h"}, "there is no option start_time"),
        ({"interval": 0}, "interval is 0, but"),
        ({"interval": 60, "lookback": 5}, "lookback is 5, but"),
        ({"states": ["broken"]}, "states must be a list of waiting, running,"),
        ({"max_concurrency": 99}, "max_concurrency is 99, but"),
        ({"tenants": []}, "tenants is empty"),
        ({"graph_url": "http://graph.example.com"}, "graph_url must begin with https://"),
    ):
        with pytest.raises(AvePointError, match=re.escape(says)):
            asyncio.run(
                plugin.main(
                    asyncio.Queue(), {**cloud.args(), "tenants": [{"customer_id": "c", "tenant_id": "t"}], **wrong}
                )
            )


@pytest.mark.parametrize("option", ["cloud_environment", "types", "page_size", "report_existing"])
def test_what_stands_in_a_wrong_place_is_not_shown(cloud, option):
    with pytest.raises(InvalidInput, match=f"^{option} must be ") as caught:
        plugin.options({**cloud.args("d365"), option: "misplaced s3cret"})
    assert "s3cret" not in str(caught.value)


def test_a_secret_of_a_wrong_type_is_not_shown(cloud):
    secret = {"value": cloud.pc["client_secret"]}
    with pytest.raises(InvalidInput) as caught:
        plugin.options(
            {
                **cloud.args(),
                "client_id": "x",
                "max_retries": cloud.pc["client_secret"],
                "client_secret": cloud.pc["client_secret"],
            }
        )
    assert secret["value"] not in str(caught.value)


def test_options_come_from_the_environment_too(cloud, monkeypatch):
    args = cloud.args(tenants=[{"customer_id": "c", "tenant_id": "t"}])
    for name in ("client_id", "client_secret"):
        monkeypatch.setenv(f"AVEPOINT_{name.upper()}", args.pop(name))
    params = plugin.options({**args, "eda_feedback_queue": object()})
    assert params["client_id"] == cloud.pc["client_id"]
    assert params["interval"] == INTERVAL


def test_it_is_found_by_its_path_alone():
    # In a Python that has not loaded anything of the collection, nor the importers that ansible-test brings.
    program = "import asyncio, runpy, sys; assert asyncio.iscoroutinefunction(runpy.run_path(sys.argv[1])['main'])"
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    subprocess.run([sys.executable, "-c", program, str(PATH)], env=environ, check=True)


def test_its_documentation_has_its_own_options():
    documented = yaml.safe_load(plugin.DOCUMENTATION)["options"]
    assert documented.keys() == {*plugin.OWN, "states"}
    for name, spec in plugin.OWN.items():
        for key in ("type", "default", "required"):
            assert documented[name].get(key) == spec.get(key)
        assert list(documented[name].get("choices", ())) == spec.get("choices", [])
    for source in yaml.safe_load(plugin.EXAMPLES):
        (args,) = source.values()
        plugin.options({"client_id": "x", "client_secret": "y", **args})


def test_the_sample_rulebook_uses_it():
    (book,) = [yaml.safe_load(path.read_text("utf-8")) for path in sorted((HERE / "rulebooks").glob("*.yml"))]
    (source,) = book[0]["sources"]
    assert source["avepoint.cloud.jobs"]["product"] == "d365"
