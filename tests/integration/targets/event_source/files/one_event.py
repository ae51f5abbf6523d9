# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs an event source and prints its first event as JSON: one_event.py PATH OPTIONS, where OPTIONS is JSON."""

from __future__ import annotations

import asyncio
import json
import runpy
import sys


async def first(path: str, options: str) -> dict:
    queue: asyncio.Queue = asyncio.Queue()
    source = asyncio.ensure_future(runpy.run_path(path)["main"](queue, json.loads(options)))
    event = asyncio.ensure_future(queue.get())
    await asyncio.wait({source, event}, timeout=60, return_when=asyncio.FIRST_COMPLETED)
    source.cancel()
    return event.result()


print(json.dumps({"ansible_eda": {"event": asyncio.run(first(*sys.argv[1:]))}}))
