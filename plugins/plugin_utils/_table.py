# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plain text in columns, as ansible-playbook prints it on a terminal.

Private to this collection: names and behaviour can change with any release.
"""

from __future__ import annotations

import typing as t
import unicodedata

# The width of a table in columns. ansible-core before 2.19 indents each line and puts it in quotes, which adds 12 columns.
WIDTH = 86


def paragraph(line: str) -> t.Iterator[str]:
    """The lines of a wrapped text, of which those after the first are indented."""
    for number, part in enumerate(wrapped(line, WIDTH - 4)):
        yield f"    {part}" if number else part


def row(cells: t.Sequence[str], widths: t.Sequence[int]) -> t.Iterator[str]:
    """The lines of a row of the table, whose cells are wrapped to ``widths`` (in columns)."""
    # Wrapped lines of the first column are indented, so that they are not taken for the name of another row.
    first = [f"{'  ' if number else ''}{part}" for number, part in enumerate(wrapped(cells[0], widths[0], 2))]
    texts = [first, *(wrapped(cell, width) for cell, width in zip(cells[1:], widths[1:]))]
    for number in range(max(map(len, texts))):
        parts = [lines[number] if number < len(lines) else "" for lines in texts]
        yield "  ".join(part + " " * (width - columns(part)) for part, width in zip(parts, widths)).rstrip()


def wrapped(text: str, width: int, indent: int = 0) -> list[str]:
    """The lines of ``text``, wrapped to ``width`` columns; words that are too long are broken.

    :arg indent: the columns that the caller will put before each line after the first
    """
    lines = [""]

    def free() -> int:
        return width - columns(lines[-1]) - (indent if len(lines) > 1 else 0)

    for word in text.split():
        if lines[-1] and 1 + columns(word) <= free():
            lines[-1] += f" {word}"
            continue
        if lines[-1]:
            lines.append("")
        for character in word:
            if columns(character) > free():
                lines.append("")
            lines[-1] += character
    return lines


def columns(text: str) -> int:
    """The number of terminal columns that a text takes."""
    # East Asian wide characters take two columns, combining characters none.
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else not unicodedata.combining(char) for char in text)
