# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs an event source as ansible-rulebook does, and writes its events to a file: watch.py SOURCE ARGUMENTS EVENTS."""

from __future__ import annotations

import asyncio
import json
import logging
import pathlib
import runpy
import signal
import sys


async def main(source: str, arguments: str, events: str) -> None:
    queue: asyncio.Queue[dict] = asyncio.Queue(1)

    async def write() -> None:
        with open(events, "w", encoding="utf-8") as file:
            while True:
                file.write(json.dumps(await queue.get()) + "\n")
                file.flush()

    writer = asyncio.ensure_future(write())
    args = json.loads(pathlib.Path(arguments).read_text("utf-8"))
    running = asyncio.ensure_future(runpy.run_path(source)["main"](queue, args))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, running.cancel)
    try:
        await running
    except asyncio.CancelledError:
        pass
    writer.cancel()


logging.basicConfig(level=logging.INFO)
asyncio.run(main(*sys.argv[1:]))
