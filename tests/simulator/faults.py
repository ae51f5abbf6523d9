# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ordered faults, and which requests they affect.

The kinds that only change an answer are in spoilers.py, those that misuse the connection in wire.py.
"""

from __future__ import annotations

import random
from typing import Any

from . import spoilers, wire
from .answers import Call

MATCH = {"service", "page", "method", "path"}

# The kinds that can also affect a request before the service handles it.
BEFORE = ("status", "redirect", "reset", "close", "hang", "html", "empty", "delay")


class Fault:
    """An ordered fault.

    It skips `skip` matching requests, and then affects `times` of them (-1: all), each with `probability`. With `when`
    "before", the service does not handle the request; with "after", it does, and then the answer is spoiled.
    """

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
        """Whether the fault affects this request. Also counts the request, so it must be called once for each."""
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
