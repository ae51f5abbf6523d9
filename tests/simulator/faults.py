# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults on order: which request they meet, and what becomes of its right answer.

Kinds that only change the answer are here; those that misuse the connection are in wire.py.
"""

from __future__ import annotations

import random
from typing import Any

from . import spoilers, wire
from .answers import Call

MATCH = {"service", "page", "method", "path"}

# What can be answered where nothing was done.
BEFORE = ("status", "redirect", "reset", "close", "hang", "html", "empty", "delay")


class Fault:
    """One order: it lets `skip` matching requests pass, then meets `times` of them (-1: all), each by `probability`."""

    def __init__(
        self,
        kind: str,
        match: dict[str, Any] | None = None,
        skip: int = 0,
        times: int = 1,
        probability: float = 1.0,
        seed: int = 0,
        when: str = "after",
        **options: Any,
    ) -> None:
        self.match = match or {}
        if self.match.keys() - MATCH:
            raise ValueError(f"a fault matches {', '.join(sorted(MATCH))} and nothing else")
        allowed = {**spoilers.KINDS, **wire.KINDS}
        if kind not in allowed:
            raise ValueError(f"there is no fault of the kind {kind}")
        if options.keys() - allowed[kind][1].keys():
            raise ValueError(
                f"the fault {kind} has the options {', '.join(allowed[kind][1]) or '(none)'} and no others"
            )
        if when not in ("before", "after") or (when == "before" and kind not in BEFORE):
            raise ValueError(f"a fault comes after the work is done, or before: {', '.join(BEFORE)}")
        self.kind, self.when = kind, when
        self.options = {**allowed[kind][1], **options}
        self.skip, self.times, self.probability = skip, times, probability
        self.random = random.Random(seed)
        self.met = 0

    def meets(self, call: Call) -> bool:
        """Whether this request is the fault's; counts it if so."""
        wanted = self.match
        if self.times == 0 or wanted.get("service", call.service) != call.service:
            return False
        if wanted.get("method", call.method) != call.method or wanted.get("path", "") not in call.path:
            return False
        if "page" in wanted and wanted["page"] != call.page:
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.probability < 1 and self.random.random() >= self.probability:
            return False
        self.times -= self.times > 0
        self.met += 1
        return True
