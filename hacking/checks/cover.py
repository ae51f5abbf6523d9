# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Coverage of the plugins by unit and integration tests together, lines and branches counted apart."""

from __future__ import annotations

import contextlib
import json
import pathlib
import typing as t

import coverage
from runner import Failed
from settings import BRANCH_COVERAGE, LINE_COVERAGE


def report(tree: pathlib.Path, data_file: pathlib.Path, out: pathlib.Path) -> None:
    """Print what is covered, write it as HTML, XML and JSON, and fail below the limits of the settings."""
    plugins = sorted((tree / "plugins").rglob("*.py"))
    data = coverage.CoverageData(basename=str(data_file))
    data.read()
    # A file that no test has even imported counts too.
    data.touch_files([str(file) for file in plugins])
    data.write()

    out.mkdir(parents=True, exist_ok=True)
    # Documentation fragments are data that no program imports.
    which: dict[str, t.Any] = {
        "include": [str(tree / "plugins" / "*")],
        "omit": [str(tree / "plugins" / "doc_fragments" / "*")],
    }
    with contextlib.chdir(tree):
        cov = coverage.Coverage(data_file=str(data_file), config_file=str(tree / "pyproject.toml"))
        cov.load()
        cov.report(show_missing=True, skip_covered=True, **which)
        cov.html_report(directory=str(out / "html"), **which)
        cov.xml_report(outfile=str(out / "coverage.xml"), **which)
        cov.json_report(outfile=str(out / "coverage.json"), **which)

    totals = json.loads((out / "coverage.json").read_text(encoding="utf-8"))["totals"]
    lines = _percent(totals["covered_lines"], totals["num_statements"])
    branches = _percent(totals["covered_branches"], totals["num_branches"])
    print(f"coverage: {lines:.1f} % of lines, {branches:.1f} % of branches; as HTML in {out / 'html'}")
    for what, reached, limit in (("lines", lines, LINE_COVERAGE), ("branches", branches, BRANCH_COVERAGE)):
        if reached < limit:
            raise Failed(f"{reached:.1f} % of {what} are covered, {limit} % have to be")


def _percent(part: int, whole: int) -> float:
    return 100.0 * part / whole if whole else 100.0
