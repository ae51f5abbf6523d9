# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the examples on the pages of the documentation, with the marks that say how to test them.

The marks of a block are in a comment on the line before it, ``<!-- key: value; key: value -->``:

not run     only the syntax is checked; the value says why
file        the block is the content of this file, which later blocks of the page use
run         with ``file``: the file is also run as a playbook
exit        the expected exit status of the last command, if it is not 0
hook        a preparation, see test_examples.py
tenant      the tenant of test_examples.py that the variables of the block name
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
    """A fenced code block of a page. ``line`` is the line number of its beginning."""

    page: str
    line: int
    language: str
    marks: dict[str, str]
    text: str

    @property
    def commands(self) -> list[str]:
        """The commands of the block: the text after ``$``, with continuation lines."""
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
    """All fenced code blocks of a page, in order."""
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
    """A YAML loader for which ``!unsafe`` is plain text."""


_Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))


def load_yaml(text: str) -> t.Any:
    return yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader
