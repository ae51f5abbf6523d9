# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which file may know which: layers point one way."""

from __future__ import annotations

import ast
import pathlib

import pytest

from ansible_collections.avepoint.cloud.plugins import module_utils

FOLDER = pathlib.Path(next(iter(module_utils.__path__)))
OURS = module_utils.__name__

#: From the lowest to the highest; a file may import what stands on its left.
ORDER = [
    *(
        "_errors",
        "_text",
        "_iso8601",
        "_pseudonyms",
        "_http_faults",
        "_proxy",
        "_http",
        "_schema",
        "_certificate",
        "_secrets",
        "_recording",
        "_time_headers",
        "_answers",
        "_sender",
    ),
    *("_token_endpoint", "_login", "_client"),
    *(
        "_product",
        "_service",
        "_page_index",
        "_timed",
        "_time_range",
        "_ranged",
        "_baselines",
        "_start",
        "_baseline_starts",
        "_connection",
        "_options",
        "_checks",
        "_credential",
        "_connect",
        "_failure",
        "_run",
        "_run_baselines",
        "_run_start",
    ),
    *("_services", "_access", "_module", "_module_start"),
]

# What the options look like to Ansible, its words for a missing library, and its module object.
KNOW_ANSIBLE = {"_options", "_failure", "_module"}


def imports(name: str) -> set[str]:
    """All modules that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse((FOLDER / f"{name}.py").read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module == OURS:
            found |= {f"{OURS}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(str(node.module))
    return found


@pytest.mark.parametrize("name", ORDER)
def test_no_file_knows_one_above_it(name):
    above = {f"{OURS}.{other}" for other in ORDER[ORDER.index(name) + 1 :]}
    assert imports(name) & above == set()


@pytest.mark.parametrize("name", sorted(file.stem for file in FOLDER.glob("_*.py")))
def test_only_the_top_knows_ansible(name):
    known = {module for module in imports(name) if module.partition(".")[0] == "ansible"}
    assert not known or name in KNOW_ANSIBLE
