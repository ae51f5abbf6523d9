# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line of `python tests/simulator`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import ipaddress
import json
import os
import secrets
import select
import selectors
import signal
import ssl
import sys
from pathlib import Path
from typing import Any, Callable, Coroutine

from aiohttp import web

from .certificates import TLS_FAULTS, make_client_certificate, serve_tls
from .control import Control
from .example import example_state, explain
from .proxy import Proxy
from .replay import NotARecording, Replay, about, read
from .server import TOKEN_PATH, Server
from .world import World


def loopback(text: str) -> str:
    """A loopback address, as a type of argparse. The simulator must not be reachable from other machines."""
    try:
        if text == "localhost" or ipaddress.ip_address(text).is_loopback:
            return text
    except ValueError:
        pass
    raise argparse.ArgumentTypeError("only a loopback address will do")


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python tests/simulator", description="A simulator of the AvePoint cloud.")
    initial = top.add_mutually_exclusive_group()
    initial.add_argument("--state", type=Path, help="the initial state, a JSON file")
    initial.add_argument("--example", action="store_true", help="a sample state; how to use it is printed")
    top.add_argument("--replay", type=Path, metavar="FOLDER", help="answer from a recording; goes before a state")
    top.add_argument("--tls", type=Path, metavar="DIR", help="serve https, with a private CA made in DIR")
    top.add_argument("--tls-fault", choices=TLS_FAULTS, help="what is wrong with the server's certificate")
    _listening(top)
    return top


def _listening(options: argparse.ArgumentParser) -> None:
    options.add_argument("--host", type=loopback, default="127.0.0.1")
    options.add_argument("--port", type=int, default=0, help="0 (the default) takes a free one")
    options.add_argument("--ready-file", type=Path, help="written, as JSON, when it is listening")
    options.add_argument("--stop-after", type=float, default=3600, metavar="SECONDS", help="it stops by itself")
    options.add_argument("--stop-with-stdin", action="store_true", help="stop when standard input is closed")


def _certificate_parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(
        prog="python tests/simulator certificate", description="Make a client certificate."
    )
    options.add_argument("folder", type=Path)
    options.add_argument("--password", help="for the PFX and the encrypted PEM; made up and shown if not given")
    options.add_argument("--expired", action="store_true")
    return options


def _proxy_parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="python tests/simulator proxy", description="A forward proxy to loopback.")
    options.add_argument("--credentials", metavar="NAME:PASSWORD", help="ask for basic authentication")
    _listening(options)
    return options


def main(arguments: list[str] | None = None) -> int:
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] == ["certificate"]:
        given = _certificate_parser().parse_args(arguments[1:])
        password = given.password or secrets.token_urlsafe(12)
        made: dict[str, Any] = make_client_certificate(given.folder, password, given.expired)
        print(json.dumps({**made, "password": password}, indent=2))
        return 0
    if arguments[:1] == ["proxy"]:
        _run(_serve_proxy(_proxy_parser().parse_args(arguments[1:])))
        return 0
    return _serve(parser().parse_args(arguments))


def _serve(options: argparse.Namespace) -> int:
    try:
        recorded = read(options.replay) if options.replay else None
    except NotARecording as exc:
        print(exc, file=sys.stderr)
        return 2
    example = example_state() if options.example and recorded is None else None
    try:
        state = json.loads(options.state.read_text("utf-8")) if options.state else example or {}
        World(state)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as exc:
        print(f"the state cannot be used: {type(exc).__name__}: {exc}", file=sys.stderr)
        return 2
    context, ca_path = serve_tls(options.tls, options.tls_fault) if options.tls else (None, None)

    def ready(url: str) -> dict[str, Any]:
        if recorded is not None:
            print(about(url, url + TOKEN_PATH, recorded), flush=True)
        if example:
            print(explain(url, url + TOKEN_PATH, ca_path, example), flush=True)
        facts: dict[str, Any] = {"ca_path": str(ca_path) if ca_path else None, "identity_url": url + TOKEN_PATH}
        return {**facts, "example": example} if example else facts

    async def serve() -> None:
        control = Control(state)
        server = Server(control) if recorded is None else Replay(control, recorded)
        runner = web.AppRunner(server.application(), access_log=None, shutdown_timeout=0.2)
        await _listen(runner, control.stop, options, ready, context)

    _run(serve())
    return 0


class ExactSelector(selectors.DefaultSelector):
    """Waits as long as it is told: by itself, that of Linux rounds up to a millisecond, so that a latency would be too long."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        # One file stands for all of them, so their number is not limited to what `select` takes.
        select.select([self.fileno()], [], [], None if timeout is None else max(timeout, 0))
        return super().select(0)


def _run(serving: Coroutine[Any, Any, None]) -> None:
    with contextlib.closing(asyncio.SelectorEventLoop(ExactSelector())) as loop:
        loop.run_until_complete(serving)


async def _serve_proxy(options: argparse.Namespace) -> None:
    proxy = Proxy(options.credentials)
    runner = web.ServerRunner(web.Server(proxy.handle), shutdown_timeout=0.2)
    await _listen(runner, proxy.stop, options, lambda url: {})


async def _listen(
    runner: web.BaseRunner,
    stop: asyncio.Event,
    options: argparse.Namespace,
    ready: Callable[[str], dict[str, Any]],
    context: ssl.SSLContext | None = None,
) -> None:
    """Serves until `stop` is set, a signal arrives or --stop-after is over.

    `ready` is called with the URL when the server is listening, and returns more properties for the ready file.
    """
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if options.stop_with_stdin:
        loop.add_reader(sys.stdin.fileno(), lambda: stop.set() if not os.read(sys.stdin.fileno(), 1024) else None)
    await runner.setup()
    site = web.TCPSite(runner, options.host, options.port, ssl_context=context, backlog=1024)
    await site.start()
    port = runner.addresses[0][1]
    host = f"[{options.host}]" if ":" in options.host else options.host
    url = f"{'https' if context else 'http'}://{host}:{port}"
    print(f"listening on {url}", flush=True)
    facts = {"url": url, "port": port, "pid": os.getpid(), **ready(url)}
    if options.ready_file:
        _write_whole(options.ready_file, json.dumps(facts))
    try:
        await asyncio.wait_for(stop.wait(), options.stop_after)
    except asyncio.TimeoutError:
        print(f"stopped after {options.stop_after:g} seconds", file=sys.stderr)
    finally:
        await runner.cleanup()
        # A request whose client has gone is not the runner's any more.
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


def _write_whole(path: Path, text: str) -> None:
    """Writes a file so that it appears with its whole content at once."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.touch(mode=0o600)
    partial.write_text(text, "utf-8")
    partial.replace(path)
