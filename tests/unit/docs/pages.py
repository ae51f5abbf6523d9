# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples on the pages, and how each is meant to be tried.

A comment on the line before a block says what is special about it, as ``<!-- key: value; key: value -->``:

not run     why it can only be checked for its syntax
file        the block is this file, for what follows on the page
run         with ``file``: run it as a playbook as well
exit        the exit status of the last command, where it is not 0
hook        what has to happen before, see test_examples.py
tenant      which of the tenants of test_examples.py the variables of the block name
same as     the block is this file of docs, without its licence
message     see test_troubleshooting.py
new         the block is this new file of the collection, see test_inside.py
line        the block is a line of this file, see test_inside.py
"""

from __future__ import annotations

import pathlib
import re
import textwrap
import typing as t

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[3]
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.glob("*.md"), *ROOT.glob("roles/*/README.md"), ROOT / "README.md"])
SIMULATOR = ROOT / "tests" / "simulator" / "README.md"

_BLOCK = re.compile(
    r"(?:^[ ]*<!-- (?P<marks>[^\n]+?) -->\n)?^(?P<indent>[ ]*)```(?P<language>[a-z{]\S*)\n(?P<text>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)


class Block(t.NamedTuple):
    """A fenced block of a page."""

    page: str
    line: int
    language: str
    marks: dict[str, str]
    text: str

    @property
    def commands(self) -> list[str]:
        """What one would type."""
        found: list[str] = []
        for line in self.text.splitlines():
            if line.startswith("$ "):
                found.append(line[2:])
            elif found and found[-1].endswith("\\"):
                found[-1] += "\n" + line
        return found


def name_of(page: pathlib.Path) -> str:
    return str(page.relative_to(ROOT))


def blocks(page: pathlib.Path) -> list[Block]:
    """All fenced blocks in their order."""
    text = page.read_text(encoding="utf-8")
    found = []
    for match in _BLOCK.finditer(text):
        marks = {}
        for mark in (match["marks"] or "").split("; "):
            key, _colon, value = mark.partition(":")
            marks[key.strip()] = value.strip()
        marks.pop("", None)
        line = text.count("\n", 0, match.start("language")) + 1
        found.append(Block(name_of(page), line, match["language"], marks, textwrap.dedent(match["text"])))
    return found


class _Loader(yaml.SafeLoader):
    """Ansible's tags are text here."""


_Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))


def load_yaml(text: str) -> t.Any:
    return yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader
