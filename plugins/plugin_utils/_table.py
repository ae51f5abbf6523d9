# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plain text in columns, as ansible-playbook prints it on a terminal.

Private to this collection: names and behaviour can change with any release.
"""

from __future__ import annotations

import typing as t
import unicodedata

# Columns of a table. ansible-core before 2.19 shows a line in quotes and indented, which makes it 12 wider.
WIDTH = 86


def paragraph(line: str) -> t.Iterator[str]:
    """A line of text around the table in as many as it needs."""
    for number, part in enumerate(wrapped(line, WIDTH - 4)):
        yield f"    {part}" if number else part


def row(cells: t.Sequence[str], widths: t.Sequence[int]) -> t.Iterator[str]:
    """The lines of one row."""
    texts = [wrapped(cell, width) for cell, width in zip(cells, widths)]
    for number in range(max(map(len, texts))):
        parts = [lines[number] if number < len(lines) else "" for lines in texts]
        yield "  ".join(part + " " * (width - columns(part)) for part, width in zip(parts, widths)).rstrip()


def wrapped(text: str, width: int) -> list[str]:
    """The lines of a text in a column; words that are too long are broken."""
    lines = [""]
    for word in text.split():
        if lines[-1] and columns(lines[-1]) + 1 + columns(word) <= width:
            lines[-1] += f" {word}"
            continue
        if lines[-1]:
            lines.append("")
        for character in word:
            if columns(lines[-1]) + columns(character) > width:
                lines.append("")
            lines[-1] += character
    return lines


def columns(text: str) -> int:
    """How many columns of a terminal a text takes."""
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else not unicodedata.combining(each) for each in text)
