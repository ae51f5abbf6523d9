# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Links of the Markdown files lead somewhere, whether read in the repository, on GitHub or on Galaxy."""

from __future__ import annotations

import pathlib
import re

import pytest

from ansible_collections.avepoint.cloud.tests.unit.docs.pages import PAGES, ROOT, SIMULATOR, name_of

FILES = [*PAGES, *(file for file in ROOT.glob("*.md") if file not in PAGES), SIMULATOR]
REPOSITORY = "https://github.com/avepoint-cloud/avepoint.cloud"
AT_RELEASE = {"CHANGELOG.md"}


def prose(file: pathlib.Path) -> str:
    """The text without its examples."""
    return re.sub(r"^([ ]*)```.*?^\1```$", "", file.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def anchors(file: pathlib.Path) -> set[str]:
    """Those that GitHub makes of headings."""
    headings = re.findall(r"^#+ (.+)$", prose(file), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_links(file: pathlib.Path) -> None:
    wrong = []
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(file)):
        target = link
        own = re.fullmatch(rf"{re.escape(REPOSITORY)}/(?:blob|tree)/main/?(.*)", link)
        if own:
            path, _hash, anchor = own[1].partition("#")
            found = ROOT / path
        elif link.startswith("https://"):
            continue
        else:
            path, _hash, anchor = link.partition("#")
            found = file.parent / path if path else file
        if (not found.exists() and found.name not in AT_RELEASE) or (
            anchor and found.suffix == ".md" and anchor not in anchors(found)
        ):
            wrong.append(target)
    assert not wrong


def test_readme_has_full_urls() -> None:
    """Galaxy and Automation Hub show it where relative links lead nowhere."""
    links = re.findall(r"\]\(([^)\s]+)\)", prose(ROOT / "README.md"))
    assert links
    assert [link for link in links if not link.startswith("https://") and not link.startswith("#")] == []
