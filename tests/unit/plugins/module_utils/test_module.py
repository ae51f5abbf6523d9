# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The frame of the modules: from Ansible's arguments to Ansible's result, and the file that tells how far a wait is."""

from __future__ import annotations

import json
import os
import stat
import time

import pytest

from ansible_collections.avepoint.cloud.plugins.module_utils import _module
from ansible_collections.avepoint.cloud.plugins.module_utils._process_center import ProcessCenter
from ansible_collections.avepoint.cloud.tests.unit.plugins.module_utils.support import params


class Ended(Exception):
    pass


@pytest.fixture
def ansible(monkeypatch):
    """Stands in for AnsibleModule: ``run(options)`` gives the result, whether it failed, and the module object."""
    made = []

    class Module:
        def __init__(self, argument_spec, supports_check_mode):
            assert supports_check_mode is True
            assert argument_spec["client_secret"]["no_log"] is True
            self.params, self.no_log_values = params(ProcessCenter, **made_options), set()
            made.append(self)

        def exit_json(self, **result):
            self.failed, self.result = False, result
            raise Ended

        def fail_json(self, **result):
            self.failed, self.result = True, {"failed": True, **result}
            raise Ended

    made_options: dict = {}
    monkeypatch.setattr(_module, "AnsibleModule", Module)

    def run(**options):
        made_options.update(options)
        with pytest.raises(Ended):
            _module.main(ProcessCenter)
        return made[-1]

    return run


def options(cloud, **more) -> dict:
    where = {"graph_url": cloud.simulator.url, "identity_url": cloud.simulator.identity_url}
    client = {name: cloud.pc_client[name] for name in ("client_id", "client_secret")}
    return {**where, **client, **cloud.ids, **more}


def test_a_success_exits(cloud, ansible):
    cloud.set({"job_id": "a", "status": 3})
    module = ansible(**options(cloud))
    assert module.failed is False
    assert [job["job_id"] for job in module.result["jobs"]] == ["a"]
    assert module.no_log_values == {cloud.pc_client["client_secret"]}


def test_a_failure_fails_with_every_key(cloud, ansible):
    cloud.set()
    module = ansible(**options(cloud, tenant_id="no-such-tenant"))
    assert module.failed is True
    assert module.result["error"]["code"] == "not_found"
    assert {
        "msg",
        "jobs",
        "summary",
        "missing_job_ids",
        "total_count",
        "truncated",
        "timed_out",
    } <= module.result.keys()


def test_the_progress_file_has_a_line_for_each_look_and_an_end(cloud, ansible, tmp_path):
    cloud.set({"job_id": "a", "timeline": [[0, 1], [4, 2]]})
    file = tmp_path / "progress"
    ansible(**options(cloud, wait=True, wait_sleep=1, progress_file=str(file)))
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert lines[-1] == {"done": True}
    assert lines[0]["chosen"] == lines[0]["running"] == 1
    assert lines[-2]["finished"] == 1
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600


@pytest.mark.parametrize("kind", ["file", "link", "folder"])
def test_a_progress_file_that_is_there_already_is_left_alone(cloud, ansible, tmp_path, kind):
    cloud.set()
    target, path = tmp_path / "target", tmp_path / "progress"
    target.write_text("precious")
    if kind == "file":
        path.write_text("precious")
    elif kind == "link":
        path.symlink_to(target)
    else:
        path = tmp_path / "no such folder" / "progress"
    module = ansible(**options(cloud, progress_file=str(path)))
    assert module.failed is True
    assert module.result["error"]["code"] == "invalid_input"
    assert "progress_file" in module.result["msg"]
    assert target.read_text() == "precious"
    assert cloud.simulator.requests() == []


@pytest.mark.parametrize(("read_ago", "given_up"), [(None, False), (10, False), (_module.UNREAD_TIMEOUT + 10, True)])
def test_a_wait_that_nobody_follows_any_more_is_given_up(cloud, ansible, tmp_path, read_ago, given_up):
    cloud.set({"job_id": "a", "status": 2})
    file, mark = tmp_path / "progress", tmp_path / "progress.read"
    if read_ago is not None:
        mark.touch()
        os.utime(mark, (time.time() - read_ago,) * 2)
    module = ansible(**options(cloud, wait=True, progress_file=str(file)))
    assert module.failed is given_up
    assert ("Nobody" in module.result.get("msg", "")) is given_up


def test_a_progress_file_that_can_have_no_such_name_is_refused(cloud, ansible):
    cloud.set()
    module = ansible(**options(cloud, progress_file="a\0b"))
    assert module.result["error"]["code"] == "invalid_input"
