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
    # What goes on in the first column is indented: it could be taken for the name of another row.
    first = [f"{'  ' if number else ''}{part}" for number, part in enumerate(wrapped(cells[0], widths[0], 2))]
    texts = [first, *(wrapped(cell, width) for cell, width in zip(cells[1:], widths[1:]))]
    for number in range(max(map(len, texts))):
        parts = [lines[number] if number < len(lines) else "" for lines in texts]
        yield "  ".join(part + " " * (width - columns(part)) for part, width in zip(parts, widths)).rstrip()


def wrapped(text: str, width: int, indent: int = 0) -> list[str]:
    """The lines of a text in a column, those after the first without their indent; words that are too long are broken."""
    lines = [""]

    def left() -> int:
        return width - columns(lines[-1]) - (indent if len(lines) > 1 else 0)

    for word in text.split():
        if lines[-1] and 1 + columns(word) <= left():
            lines[-1] += f" {word}"
            continue
        if lines[-1]:
            lines.append("")
        for character in word:
            if columns(character) > left():
                lines.append("")
            lines[-1] += character
    return lines


def columns(text: str) -> int:
    """How many columns of a terminal a text takes."""
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else not unicodedata.combining(each) for each in text)
