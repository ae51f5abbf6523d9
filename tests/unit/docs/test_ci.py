# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pipelines of docs/examples/ci: by the schemas of their servers, and each shell line by a shell."""

from __future__ import annotations

import pathlib
import re
import subprocess
import sys
import typing as t

import pytest

from ansible_collections.avepoint.cloud.tests.unit.docs.pages import DOCS, load_yaml

CI = DOCS / "examples" / "ci"
SCHEMAS = {
    "github-actions.yml": ["--builtin-schema", "vendor.github-workflows"],
    "gitlab-ci.yml": ["--builtin-schema", "vendor.gitlab-ci"],
    "azure-pipelines.yml": ["--builtin-schema", "vendor.azure-pipelines", "--data-transform", "azure-pipelines"],
}
GATE = "ansible-playbook avepoint.cloud.gate -e @gate.yml"


def shell_lines(node: t.Any) -> t.Iterator[str]:
    """What a server hands to a shell."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key in ("run", "script", "before_script"):
                yield "\n".join(value) if isinstance(value, list) else value
            else:
                yield from shell_lines(value)
    elif isinstance(node, list):
        for entry in node:
            yield from shell_lines(entry)


def check_shell(lines: list[str]) -> None:
    assert any(GATE in line for line in lines)
    for line in lines:
        subprocess.run(["bash", "-n"], input=re.sub(r"\$\{\{.*?\}\}", "X", line), check=True, text=True)


@pytest.mark.parametrize("name", SCHEMAS)
def test_schema(name: str) -> None:
    pytest.importorskip(
        "check_jsonschema", reason="check-jsonschema is not installed (it is in tests/requirements.txt)"
    )
    command = [sys.executable, "-m", "check_jsonschema", "--regex-variant", "python", *SCHEMAS[name], str(CI / name)]
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", SCHEMAS)
def test_shell(name: str) -> None:
    check_shell(list(shell_lines(load_yaml((CI / name).read_text(encoding="utf-8")))))


def test_jenkinsfile() -> None:
    text = (CI / "Jenkinsfile").read_text(encoding="utf-8")
    check_shell([long or short for long, short in re.findall(r"sh (?:'''(.*?)'''|'(.*?)')", text, re.DOTALL)])
    tree_sitter = pytest.importorskip(
        "tree_sitter", reason="tree-sitter is not installed (it is in tests/requirements.txt)"
    )
    groovy = pytest.importorskip(
        "tree_sitter_groovy", reason="tree-sitter-groovy is not installed (it is in tests/requirements.txt)"
    )
    parser = tree_sitter.Parser(tree_sitter.Language(groovy.language()))
    assert not parser.parse(text.encode()).root_node.has_error
    assert parser.parse(text.replace("stages {", "stages", 1).encode()).root_node.has_error


def test_no_other_pipelines() -> None:
    assert {file.name for file in pathlib.Path(CI).iterdir()} == {*SCHEMAS, "Jenkinsfile", "gate.yml"}
