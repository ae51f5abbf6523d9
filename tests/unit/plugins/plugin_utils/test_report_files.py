# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import errno
import os
import re
from xml.etree import ElementTree as ET

import pytest

from ansible_collections.avepoint.cloud.plugins.action import job_report_files as action
from ansible_collections.avepoint.cloud.plugins.plugin_utils import _gate as gate
from ansible_collections.avepoint.cloud.plugins.plugin_utils import _gate_requirements as gate_requirements
from ansible_collections.avepoint.cloud.plugins.plugin_utils import _report_files as files
from ansible_collections.avepoint.cloud.plugins.plugin_utils._report import ReportError
from ansible_collections.avepoint.cloud.tests.unit.plugins.plugin_utils.gate_data import NOW, d365_job, pc_job, result

OLD = {"report.md": b"old", "report.html": b"old", "junit.xml": b"old"}


def fill(folder):
    for name, content in OLD.items():
        (folder / name).write_bytes(content)


def left(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_all_are_written_for_everyone_to_read(tmp_path):
    fill(tmp_path)
    assert files.remove(str(tmp_path)) == OLD
    contents = files.render(result(d365_job()), None, None, "junit, html")
    assert list(contents) == ["junit.xml", "report.html"]
    files.write(str(tmp_path), contents)
    assert left(tmp_path) == contents
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o644}


def test_reports_of_an_earlier_run_are_emptied_and_copies_of_them_are_not(tmp_path):
    assert not files.clear(str(tmp_path / "nowhere"))
    assert not files.clear(str(tmp_path))
    (tmp_path / "copy").write_bytes(b"old")
    os.link(tmp_path / "copy", tmp_path / "junit.xml")
    (tmp_path / "report.md").symlink_to("copy")
    assert files.clear(str(tmp_path))
    assert left(tmp_path) == {"copy": b"old", "junit.xml": b"", "report.md": b""}


@pytest.mark.parametrize("nth", [0, 1, 2])
@pytest.mark.parametrize("step", ["fdopen", "replace"])
def test_where_one_cannot_be_written_there_is_none(monkeypatch, tmp_path, step, nth):
    real, calls = getattr(os, step), []

    def full(*args):
        calls.append(args)
        if len(calls) > nth:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(*args)

    monkeypatch.setattr(os, step, full)
    with pytest.raises(ReportError, match=re.escape(f"cannot be written to {tmp_path}: No space left on device")):
        files.write(str(tmp_path), OLD)
    assert left(tmp_path) == {}


def refuse(*_args):
    raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))


def test_a_file_system_without_modes_has_reports_too(monkeypatch, tmp_path):
    monkeypatch.setattr(os, "chmod", refuse)
    files.write(str(tmp_path), OLD)
    assert left(tmp_path) == OLD


def test_a_file_system_without_locks_has_no_notes(monkeypatch, tmp_path):
    monkeypatch.setattr(action.fcntl, "flock", refuse)
    with action._note_of(str(tmp_path)) as note:
        assert note == {}


def test_what_cannot_be_removed_is_empty_at_least(monkeypatch, tmp_path):
    fill(tmp_path)

    def read_only(path):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(os, "unlink", read_only)
    with pytest.raises(ReportError, match=r"report\.md is in the way and cannot be removed: Read-only file system"):
        files.remove(str(tmp_path))
    assert left(tmp_path) == dict.fromkeys(OLD, b"")


def test_a_file_in_place_of_the_folder_is_told(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(ReportError, match="in the way and cannot be removed: Not a directory"):
        files.remove(str(tmp_path / "file"))
    with pytest.raises(ReportError, match="cannot be made: File exists"):
        files.make(str(tmp_path / "file"))
    assert (tmp_path / "file").read_text() == "x"


@pytest.mark.parametrize("value", [None, "", " ", 5, [], {}])
def test_a_folder_is_a_text(value):
    with pytest.raises(ReportError, match=r"^job_report_dir must be a folder"):
        files.folder_of(value)


def test_a_folder_begins_where_the_command_was_started(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/somebody")
    assert files.folder_of("x") == os.path.realpath(tmp_path / "x")
    assert files.folder_of("~/x") == "/home/somebody/x"


@pytest.mark.parametrize("verdict", [True, False])
@pytest.mark.parametrize(
    "text",
    [
        "##vso[task.complete result=Succeeded]",
        "##[error]x",
        "::set-output name=a::b",
        "::error::x",
        "##teamcity[x]",
        "a::b##c",
    ],
)
def test_no_text_of_the_server_is_a_command_to_a_ci_server(text, verdict):
    jobs = [d365_job(text, "failed", type=text, organization_name=text, module=text), pc_job(text, tenant_id=text)]
    answer = result(*jobs, missing=[text], msg=text, failed=True, error={"code": text, "request_id": text})
    judged = gate.judge(answer, gate_requirements.requirements("d365"), NOW) if verdict else None
    contents = {name: text.decode() for name, text in files.render(answer, judged, text, None).items()}
    contents["junit.xml"] = "\n".join(
        [value for element in ET.fromstring(contents["junit.xml"]).iter() for value in element.attrib.values()]  # noqa: S314
        + list(filter(None, ET.fromstring(contents["junit.xml"]).itertext()))  # noqa: S314
    )
    contents["report.html"] = contents["report.html"].partition("</style>")[2]
    for name, content in contents.items():
        # our own headings begin with number signs and a space
        assert not re.search(r"##(?![# ])|::", content), name
