# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pythons that are too old: modules can be read by them, and say so in a sentence."""

from __future__ import annotations

import ast
import json
import pathlib

import pytest

from ansible_collections.avepoint.cloud.plugins.module_utils import _python

PLUGINS = pathlib.Path(_python.__file__).parent.parent
ONLY = "from ansible_collections.avepoint.cloud.plugins.module_utils import _python"
MODULES = [file for file in sorted((PLUGINS / "modules").glob("*.py")) if "module_utils" in file.read_text()]


@pytest.mark.parametrize("version", [(2, 7, 18), (3, 6, 15), (3, 8, 18, "final", 0)])
def test_what_is_too_old_is_refused_in_a_sentence(version, capsys):
    with pytest.raises(SystemExit) as ended:
        _python.refuse(version, "/usr/bin/python3")
    result = json.loads(capsys.readouterr().out)
    assert ended.value.code == 1
    assert result["failed"] is True
    assert result["error"]["code"] == "invalid_input"
    assert "/usr/bin/python3 is Python " + ".".join(map(str, version[:3])) in result["msg"]
    assert "ansible_python_interpreter" in result["msg"]


@pytest.mark.parametrize("version", [(3, 9, 0), (3, 14, 1), (4, 0, 0)])
def test_others_are_not(version, capsys):
    _python.refuse(version, "/usr/bin/python3")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("file", [*MODULES, pathlib.Path(_python.__file__)], ids=lambda file: file.stem)
def test_an_old_python_can_read_what_it_has_to(file):
    text = file.read_text(encoding="ascii")  # Python 2 wants to be told of anything else
    tree = ast.parse(text, feature_version=(3, 4))
    assert "__future__" not in text
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    arguments = [argument for function in functions for argument in function.args.args]
    assert [node for node in functions if node.returns] + [node for node in arguments if node.annotation] == []
    assert not any(isinstance(node, (ast.JoinedStr, ast.AnnAssign)) for node in ast.walk(tree))


@pytest.mark.parametrize("file", MODULES, ids=lambda file: file.stem)
def test_a_module_asks_for_the_python_before_anything_else(file):
    tree = ast.parse(file.read_text())
    imports = [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
    (main,) = (node for node in tree.body if isinstance(node, ast.FunctionDef))
    assert [ast.unparse(node) for node in imports] == [ONLY]
    assert ast.unparse(main.body[0]) == "_python.require_supported()"
