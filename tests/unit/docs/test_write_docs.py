# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What hacking/write_docs.py finds, writes and refuses, in copies of the modules and pages."""

from __future__ import annotations

import importlib.util
import pathlib
import shutil
import typing as t

import pytest
import yaml

from ansible_collections.avepoint.cloud.plugins.module_utils._answers import Api
from ansible_collections.avepoint.cloud.plugins.module_utils._jobs import STATES, Status
from ansible_collections.avepoint.cloud.plugins.module_utils._service import Service
from ansible_collections.avepoint.cloud.plugins.module_utils._services import SERVICES
from ansible_collections.avepoint.cloud.plugins.module_utils._timed import FINISH_TIME, START_TIME
from ansible_collections.avepoint.cloud.tests.unit.docs.pages import ROOT

SPEC = importlib.util.spec_from_file_location("write_docs", ROOT / "hacking" / "write_docs.py")
assert SPEC and SPEC.loader
write_docs = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(write_docs)

PC = "plugins/modules/avepoint_pc_jobs_info.py"
EXAMPLE = "plugins/modules/avepoint_example_jobs_info.py"


class Example(Service):
    """A product that the command has never seen."""

    name = "example"
    title = "Example"
    api = Api("Example Backup", "example.read.all", "AvePoint Elements > Apps", "check region")
    scopes = ["example.read.all"]
    types = {7: "copy", 9: "move"}
    statuses = {
        "None": Status("none", "unknown"),
        "In work": Status("in_work", "running"),
        "Done": Status("done", "succeeded"),
        "Half done": Status("half_done", "finished_with_exception"),
        "Mostly done": Status("mostly_done", "finished_with_exception"),
    }
    fields = (START_TIME, FINISH_TIME)
    page_size = 10


MODULE = """\
DOCUMENTATION = '''
options:
  types:
    # common: types
    # end
notes:
  # common: notes
  # end
'''
RETURN = '''
jobs:
  # common: jobs
    # end
    color:
      description: Its own.
summary:
  # common: summary
  # end
# common: call
# end
'''
"""


@pytest.fixture
def copy(tmp_path: pathlib.Path) -> pathlib.Path:
    """The files that the command writes, as they are in the checkout."""
    for name in ("plugins/modules", "docs"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("_build", "examples"))
    for name in ("README.md", *write_docs.FILES):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def change(file: pathlib.Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("file", "part", "old"),
    [
        (PC, "summary", "How many jobs there are."),
        (PC, "types", "auto_alignment, "),
        (PC, "jobs", "V(running) for V(in_progress)"),
        ("README.md", "products", "`pc`"),
    ],
)
def test_difference(copy: pathlib.Path, capsys: pytest.CaptureFixture[str], file: str, part: str, old: str) -> None:
    change(copy / file, old, "")
    changed = (copy / file).read_text(encoding="utf-8")
    assert write_docs.main(["--check"], copy) == 1
    assert [line.partition(" differs")[0] for line in capsys.readouterr().out.splitlines()] == [f"{file}: {part}"]
    assert (copy / file).read_text(encoding="utf-8") == changed

    assert write_docs.main([], copy) == 0
    assert (copy / file).read_text(encoding="utf-8") == (ROOT / file).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("# common: summary\n", "# common: sumary\n", "there is no common part sumary"),
        ("  # common: summary\n", "", "the common part summary has to be there once"),
        ("# common: call\n", "# common: call\n# end\n# common: call\n", "the common part call has to be there once"),
        ("  # end\n# common: call\n", "# common: call\n", "the common part summary has no end"),
        ("# common: call\n# end\n", "# common: call\n", "the common part call has to be there once, and with an end"),
    ],
)
def test_wrong_markers(
    copy: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    old: str,
    new: str,
    message: str,
) -> None:
    """Nothing is written then, neither this module nor another file."""
    monkeypatch.setitem(SERVICES, "example", Example)
    (copy / EXAMPLE).write_text(MODULE, encoding="utf-8")
    change(copy / EXAMPLE, old, new)
    before = (copy / EXAMPLE).read_text(encoding="utf-8")
    for arguments in (["--check"], []):
        assert write_docs.main(arguments, copy) == 1
        assert f"{EXAMPLE}: {message}" in capsys.readouterr().out
    assert (copy / EXAMPLE).read_text(encoding="utf-8") == before
    assert "Example Backup" not in (copy / "README.md").read_text(encoding="utf-8")


def test_new_product(copy: pathlib.Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(SERVICES, "example", Example)
    assert write_docs.main(["--check"], copy) == 1
    assert EXAMPLE in capsys.readouterr().out  # which is not there
    (copy / EXAMPLE).write_text(MODULE, encoding="utf-8")
    assert write_docs.main([], copy) == 0

    space: dict[str, t.Any] = {}
    written = (copy / EXAMPLE).read_text(encoding="utf-8")
    exec(written, space)  # noqa: S102 - what was written a moment ago
    documentation, returned = yaml.safe_load(space["DOCUMENTATION"]), yaml.safe_load(space["RETURN"])
    assert documentation["options"]["types"]["choices"] == ["copy", "move"]
    assert documentation["notes"] == [
        "The app is registered in AvePoint Elements > Apps, and needs the permission C(example.read.all).",
        "O(cloud_environment=commercial) needs O(region) or O(graph_url).",
    ]
    job = returned["jobs"]["contains"]
    assert list(job) == [
        *("job_id", "type", "type_id", "type_text", "status", "status_id", "status_text", "state", "finished", "raw"),
        *("start_time", "finish_time"),
        "color",
    ]
    assert job["status"]["description"] == [
        "The name of the API's own status, one of V(none), V(in_work), V(done), V(half_done), V(mostly_done) and V(unknown)."
    ]
    assert job["state"]["description"][1] == (
        "V(running) for V(in_work), V(succeeded) for V(done), "
        "V(finished_with_exception) for V(half_done) or V(mostly_done), and V(unknown) for anything else, "
        "and for a job that ended, but not as failed, and by its times did so before it began or in the future."
    )
    assert list(returned["summary"]["sample"]["states"]) == list(STATES)
    assert returned["product"]["sample"] == "example"
    for file in write_docs.FILES:
        text = (copy / file).read_text(encoding="utf-8")
        assert "Example Backup" in text or "      - example\n" in text, file
    assert "latest_success" in returned["summary"]["contains"]
    assert "latest_success" not in (copy / PC).read_text(encoding="utf-8")  # its jobs have no times
    assert [
        line for line in (copy / "docs" / "index.md").read_text(encoding="utf-8").splitlines() if "Example" in line
    ] == [
        "| Example Backup | `example` | [`avepoint_example_jobs_info`](../plugins/modules/avepoint_example_jobs_info.py) "
        "| `example.read.all` | AvePoint Elements > Apps | needed for commercial tenants |"
    ]

    capsys.readouterr()
    assert write_docs.main([], copy) == 0
    assert write_docs.main(["--check"], copy) == 0
    assert capsys.readouterr().out == ""
    assert (copy / EXAMPLE).read_text(encoding="utf-8") == written
