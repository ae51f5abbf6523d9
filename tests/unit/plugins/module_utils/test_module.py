# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The frame of the modules: from Ansible's arguments to Ansible's result, and the file that tells how far a wait is."""

from __future__ import annotations

import errno
import json
import os
import stat
import types

import pytest

from ansible_collections.avepoint.cloud.plugins.module_utils import _module, _progress_file
from ansible_collections.avepoint.cloud.plugins.module_utils._process_center import ProcessCenter
from ansible_collections.avepoint.cloud.plugins.module_utils._wait import Progress
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


def test_a_disk_that_is_full_does_not_end_a_wait(cloud, ansible, tmp_path, monkeypatch):
    cloud.set({"job_id": "a", "status": 2})

    def write(file, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(_progress_file.os, "write", write)
    module = ansible(**options(cloud, wait=True, progress_file=str(tmp_path / "progress")))
    assert module.failed is False
    assert [job["state"] for job in module.result["jobs"]] == ["succeeded"]


class Follower:
    """Whoever follows a progress file: ``mark`` is what the module keeps in view; time passes when ``pass_`` says so."""

    def __init__(self, folder, marked=True):
        self.folder = folder
        folder.mkdir()
        self.time = 1000.0
        if marked:
            self.touch()
        self.mark = _progress_file.Mark(str(folder / "progress"), lambda: self.time)

    def touch(self):
        path = self.folder / "progress.read"
        path.touch()
        # a clock that is not the module's
        os.utime(path, (self.time - 5000,) * 2)

    def pass_(self, seconds):
        self.time += seconds


def test_a_mark_that_is_touched_now_and_then_is_read(tmp_path):
    follower = Follower(tmp_path / "folder")
    for _look in range(5):
        follower.pass_(_progress_file.UNREAD_TIMEOUT)
        assert follower.mark.unread() is False
        follower.touch()
        assert follower.mark.unread() is False


def test_a_mark_that_is_not_touched_for_long_is_unread(tmp_path):
    follower = Follower(tmp_path / "folder")
    follower.pass_(_progress_file.UNREAD_TIMEOUT)
    assert follower.mark.unread() is False
    follower.pass_(1)
    assert follower.mark.unread() is True


@pytest.mark.parametrize("gone", ["mark", "folder"])
def test_a_mark_that_is_gone_is_unread_at_once(tmp_path, gone):
    follower = Follower(tmp_path / "folder")
    (tmp_path / "folder" / "progress.read").unlink()
    if gone == "folder":
        (tmp_path / "folder").rmdir()
    assert follower.mark.unread() is True


def test_without_a_mark_nobody_need_read(tmp_path):
    follower = Follower(tmp_path / "folder", marked=False)
    follower.pass_(10 * _progress_file.UNREAD_TIMEOUT)
    assert follower.mark.unread() is False


def test_what_nobody_reads_is_given_up_in_the_middle_of_it(tmp_path, monkeypatch):
    ended = []
    monkeypatch.setattr(_module.os, "_exit", ended.append)
    follower = Follower(tmp_path / "folder")
    pauses = []

    def pause(seconds):
        pauses.append(seconds)
        if len(pauses) == 3:
            (tmp_path / "folder" / "progress.read").unlink()

    said = []
    with pytest.raises(Ended):
        _module._stop_unread(
            types.SimpleNamespace(fail_json=lambda **result: said.append(result) or ended_by()), follower.mark, pause
        )
    assert pauses == [1.0] * 3
    assert said[0]["error"]["code"] == "connection_failed"
    assert "Nobody reads" in said[0]["msg"]
    assert ended == [1]


def ended_by():
    raise Ended


def test_a_progress_file_that_can_have_no_such_name_is_refused(cloud, ansible):
    cloud.set()
    module = ansible(**options(cloud, progress_file="a\0b"))
    assert module.result["error"]["code"] == "invalid_input"


def test_a_follower_reads_what_the_wait_wrote(tmp_path):
    path = tmp_path / "progress"
    progress = Progress(5, 2, 1, 1, 1, 0, 1, 30.0, "later")
    file = _progress_file.ProgressFile(str(path))
    file.report(progress)
    assert _progress_file.read_progress(path.read_text()) == ([progress], False)
    file.done()
    assert _progress_file.read_progress(path.read_text()) == ([progress], True)


@pytest.mark.parametrize("line", ['{"chosen": 5, "fin', "null", "[]", '{"chosen": 5}', "7"])
def test_a_line_that_is_not_whole_is_no_look_and_no_end(line):
    assert _progress_file.read_progress(line) == ([], False)
    assert _progress_file.read_progress(f'{line}\n{{"done": true}}\n') == ([], True)
