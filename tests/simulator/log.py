# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The log of the requests to the simulator, without secrets."""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter, deque
from typing import Any

from .answers import Call
from .world import SERVICES

SECRET_FIELDS = ("client_secret", "client_assertion", "password", "refresh_token")
SECRET_HEADERS = ("authorization", "proxy-authorization", "cookie")
KEPT = 100_000  # the most entries; `counts` has no limit


def digest(text: str) -> str:
    """A short hash, with which secrets can be compared but not recovered."""
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()[:12]


def _headers(headers: dict[str, str]) -> dict[str, str]:
    shown = dict(headers)
    for name in SECRET_HEADERS:
        if name in shown:
            kind, _space, value = shown[name].partition(" ")
            shown[name] = f"{kind} {digest(value)}" if value else digest(kind)
    return shown


def _body(call: Call) -> dict[str, Any]:
    if not call.body:
        return {}
    if call.media_type() == "application/x-www-form-urlencoded":
        return {"form": {name: "(present)" if name in SECRET_FIELDS else value for name, value in call.form()}}
    try:
        return {"json": json.loads(call.body)}
    except (ValueError, RecursionError):
        return {"body": f"{len(call.body)} bytes"}


class Log:
    def __init__(self) -> None:
        self._origin = time.monotonic()
        self.requests: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self.counts: Counter[str] = Counter()
        self.in_flight = 0
        self.max_in_flight = 0

    def begin(self, call: Call) -> dict[str, Any]:
        entry = {
            "service": call.service,
            "method": call.method,
            "path": call.path,
            "query": dict(call.query),
            "headers": _headers(call.headers),
            **_body(call),
            "page": call.page,
            "status": None,
            "fault": None,
            "started": self._now(),
            "finished": None,
        }
        self.requests.append(entry)
        self.counts[call.service] += 1
        self.in_flight += 1
        self.max_in_flight = max(self.max_in_flight, self.in_flight)
        return entry

    def end(self, entry: dict[str, Any]) -> None:
        entry["finished"] = self._now()
        self.in_flight -= 1
        if entry["service"] == "identity" and entry["status"] == 200 and entry["fault"] in (None, "delay", "gzip"):
            self.counts["logins"] += 1

    def _now(self) -> float:
        return round(time.monotonic() - self._origin, 4)

    def shown(self) -> dict[str, Any]:
        counts = {name: self.counts[name] for name in ("logins", *SERVICES, "unknown")}
        return {"requests": list(self.requests), "counts": counts, "max_in_flight": self.max_in_flight}
