# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Splits a list into pages, correctly or with the errors that a state orders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Sequence

from .answers import Refusal

TOTALS = ("correct", "missing", "null", "page_count", "pages", "string")
OUT_OF_RANGE = ("empty", "clamp", 400, 404)


@dataclass
class Page:
    items: Sequence[Any]
    index: int
    size: int
    total: dict[str, Any]  # {"": the total}, or empty if the answer has no total
    more: bool


@dataclass
class Paging:
    """How a service splits lists into pages; the README explains the options."""

    page_cap: int | None = None
    echo_page_size: str = "effective"
    total_count: Any = "correct"
    overlap: int = 0
    repeat_page: int | None = None
    empty_page: int | None = None
    empty_page_shifts: bool = True
    out_of_range: Any = "empty"

    def __post_init__(self) -> None:
        numeric = isinstance(self.total_count, int) and not isinstance(self.total_count, bool)
        offset = isinstance(self.total_count, dict) and self.total_count.keys() == {"offset"}
        if not numeric and not offset and self.total_count not in TOTALS:
            raise ValueError(f"total_count is a number, {{'offset': number}} or one of {TOTALS}")
        if self.out_of_range not in OUT_OF_RANGE:
            raise ValueError(f"out_of_range is one of {OUT_OF_RANGE}")
        if self.echo_page_size not in ("effective", "asked"):
            raise ValueError("echo_page_size is effective or asked")

    def cut(self, items: Sequence[Any], index: int, asked: int, skip: int | None = None) -> Page:
        """Page `index`, counted from 1, of `asked` items. With `skip`, the page begins after so many items."""
        size = min(asked, self.page_cap or asked)
        step = max(1, size - self.overlap)
        page = Page([], index, asked if self.echo_page_size == "asked" else size, {}, True)
        number: int | None = index
        if self.repeat_page and index > self.repeat_page:
            number = self.repeat_page
        if self.empty_page == index:
            number = None
        elif self.empty_page and index > self.empty_page and self.empty_page_shifts:
            number = index - 1
        if number is not None:
            start = (number - 1) * step
            if skip is not None:
                start = max(0, skip - (size - step if index > 1 else 0) + (number - index) * size)
            page.items, page.more = self._items(items, start, size, step)
        page.total = self._total(len(items), len(page.items), step)
        if self.repeat_page and index >= self.repeat_page:
            page.more = True
        return page

    def _items(self, items: Sequence[Any], start: int, size: int, step: int) -> tuple[Sequence[Any], bool]:
        if start >= len(items) and start > 0:
            if self.out_of_range in (400, 404):
                raise Refusal(self.out_of_range, "There is no such page.", "pageIndex")
            if self.out_of_range == "empty":
                return [], False
            start = max(0, (len(items) - 1) // step * step)
        return items[start : start + size], start + size < len(items)

    def _total(self, count: int, on_page: int, step: int) -> dict[str, Any]:
        mode = self.total_count
        if mode == "missing":
            return {}
        if isinstance(mode, dict):
            return {"": count + mode["offset"]}
        named = {
            "correct": count,
            "null": None,
            "page_count": on_page,
            "pages": -(-count // step),
            "string": str(count),
        }
        return {"": named[mode] if isinstance(mode, str) else mode}
