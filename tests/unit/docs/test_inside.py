# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The job API that docs/inside.md adds works as it is written there, and the files it names are there."""

from __future__ import annotations

import contextlib
import re
import sys
import types
import typing as t

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.avepoint.cloud.plugins.module_utils import _options
from ansible_collections.avepoint.cloud.tests.unit.docs.pages import DOCS, ROOT, blocks

PAGE = DOCS / "inside.md"
CODE = {block.marks["python"]: block.text for block in blocks(PAGE) if "python" in block.marks}
NAME = "ansible_collections.avepoint.cloud.plugins.module_utils._example_backup"


class Server:
    """Stands in for the client: three jobs on pages of two."""

    retries = 0

    def call(self, method: str, path: str, schema: t.Any, query: dict) -> t.Any:
        jobs = [{"id": f"job-{n}", "type": 1, "status": n} for n in (1, 2, 3)]
        start = (query["pageIndex"] - 1) * query["pageSize"]
        document = {"totalCount": len(jobs), "jobs": jobs[start : start + query["pageSize"]]}
        schema.validate(document)
        return document

    def interrupted(self) -> t.ContextManager:
        return contextlib.nullcontext()


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> t.Any:
    module = types.ModuleType(NAME)
    monkeypatch.setitem(sys.modules, NAME, module)
    exec(compile(CODE["example_backup"], NAME, "exec"), module.__dict__)  # noqa: S102 - the page's own code
    return module.ExampleBackup


def test_service(service: t.Any) -> None:
    checked = ArgumentSpecValidator(_options.argument_spec(service)).validate({"page_size": 2, "types": ["backup"]})
    assert not checked.error_messages
    snapshot = service(checked.validated_parameters, Server(), lambda: 0.0).poll()
    assert [(job["job_id"], job["state"]) for job in snapshot.jobs] == [
        ("job-1", "running"),
        ("job-2", "succeeded"),
        ("job-3", "failed"),
    ]


@pytest.mark.parametrize("name", ["example_module", "example_action"])
def test_thin_files(service: t.Any, name: str) -> None:
    space: dict[str, t.Any] = {"__name__": name}
    exec(compile(CODE[name], name, "exec"), space)  # noqa: S102
    if name == "example_action":
        assert space["ActionModule"].service is service
    else:
        assert callable(space["main"])


@pytest.mark.parametrize("file", [PAGE, DOCS / "inside.svg"], ids=lambda file: file.name)
def test_files_are_there(file: t.Any) -> None:
    names = set(re.findall(r"[a-z/]*_[a-z0-9_]+\*?\.py", file.read_text(encoding="utf-8")))
    names -= {name for name in names if "example" in name}
    assert names
    for name in names:
        assert [
            found for folder in ("plugins", "hacking") for found in (ROOT / folder).rglob(name.rpartition("/")[2])
        ], name
