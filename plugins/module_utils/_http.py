# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One HTTP exchange with one time limit for all of it. This layer does not know logins, retries or jobs."""

from __future__ import annotations

import importlib.util
import os
import re
import socket
import ssl
import threading
import typing as t
import zlib
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import suppress
from json import dumps
from urllib.parse import urlencode

from ansible_collections.avepoint.cloud.plugins.module_utils._errors import (
    AvePointError,
    ConnectionFailed,
    InvalidResponse,
    MissingLibrary,
    RequestTimeout,
    Stopped,
)
from ansible_collections.avepoint.cloud.plugins.module_utils._http_faults import (
    connection_error,
    no_bundle,
    too_slow,
)
from ansible_collections.avepoint.cloud.plugins.module_utils._proxy import (
    SCHEME,
    environment_proxy,
    split_login,
)
from ansible_collections.avepoint.cloud.plugins.module_utils._text import clean

try:
    # It comes with requests, which does nothing more here that is worth the time of its import in each task.
    import urllib3
    from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
    from urllib3.util.ssl_ import create_urllib3_context
except ImportError:
    urllib3 = None  # type: ignore[assignment]

# In bytes: larger than any page of jobs, and small enough to be in memory max_concurrency times.
MAX_ANSWER = 16 * 1024 * 1024

# The most gzip members in one answer; only a malicious server sends more.
MAX_MEMBERS = 1000

HEADERS = {
    "User-Agent": "ansible-collection-avepoint.cloud",
    "Accept": "application/json",
    "Accept-Encoding": "identity",
}


class Answer(t.NamedTuple):
    """A complete answer: ``headers`` is a case-insensitive mapping, ``body`` is decompressed.

    If the status is not 200, a body that cannot be read is empty.
    """

    status: int
    headers: t.Mapping[str, str]
    body: bytes


class _Exchange(Future):
    """One exchange in a thread of its own, which other threads can end."""

    sock: socket.socket | None = None

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        #: Whether anything of the request can have reached the server.
        self.sent = False

    def begin_sending(self) -> None:
        """Marks the request as sent. It is called when the connection exists, before anything is sent.

        :raises Stopped: when the exchange has been cut: its caller has been told that nothing was sent.
        """
        with self._lock:
            if self.done():
                raise Stopped("given up")
            self.sent = True

    def cut(self, error: AvePointError) -> None:
        """Ends the exchange with ``error`` for its caller, and unblocks its thread by shutting down the socket.

        The exchange may have ended by itself at the same moment, so failures are ignored.
        """
        with self._lock:
            error.unsent = not self.sent
            with suppress(Exception):
                self.set_exception(error)
        if self.sock is not None:
            with suppress(Exception):
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)


# Its attribute "exchange" is the exchange of the current thread.
_current = threading.local()


def _watched(pool: type) -> type:
    """A connection pool class that tells the current thread's exchange when the request is sent, and on which socket."""

    class Connection(pool.ConnectionCls):  # type: ignore[name-defined]
        def endheaders(self, *args: t.Any, **kwargs: t.Any) -> None:
            # The headers are the first data of the request. A TLS handshake, or CONNECT to a proxy, does not call this.
            if self.sock is None:
                self.connect()
            _current.exchange.begin_sending()
            super().endheaders(*args, **kwargs)

        def getresponse(self, *args: t.Any, **kwargs: t.Any) -> t.Any:
            # In TLS to a proxy, the TLS to the server is no socket, but has that of the proxy.
            _current.exchange.sock = getattr(self.sock, "socket", self.sock)
            return super().getresponse(*args, **kwargs)

    return type(pool.__name__, (pool,), {"ConnectionCls": Connection})


def _default_bundle() -> str:
    """The CA bundle of requests. Distributions name theirs in its certs.py, and install no certifi with it.

    Only that file is imported, not all of requests.
    """
    package = importlib.util.find_spec("requests")
    folder = package.submodule_search_locations[0]  # type: ignore[union-attr, index]
    file = importlib.util.spec_from_file_location("requests_certs", os.path.join(folder, "certs.py"))
    certs = importlib.util.module_from_spec(file)  # type: ignore[arg-type]
    file.loader.exec_module(certs)  # type: ignore[union-attr]
    return certs.where()


def _authorities(verify: t.Literal[True] | str) -> dict[str, str]:
    """Where the CA certificates are, as an argument of urllib3; ``verify`` is ``True`` or a path."""
    bundle = _default_bundle() if verify is True else verify
    return {"ca_cert_dir" if os.path.isdir(bundle) else "ca_certs": bundle}


def _tls(verify: bool | str) -> ssl.SSLContext:
    """TLS 1.2 or later, as the vendor's network requirements say; ``verify`` as :class:`Transport` has it.

    :raises ConnectionFailed: when there is no CA bundle that can be read.
    """
    context = create_urllib3_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if verify is False:
        # Python refuses CERT_NONE while check_hostname is true. Otherwise both are as urllib3 sets them: 1.26 compares host names itself.
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    authorities = _authorities(verify)
    try:
        context.load_verify_locations(authorities.get("ca_certs"), authorities.get("ca_cert_dir"))
    except OSError:
        raise no_bundle() from None
    return context


class Transport:
    """A pool of connections to the configured hosts.

    ``verify`` is ``True``, ``False`` or the path of a CA bundle; ``proxy`` a URL, or ``None`` for the proxies of the
    process environment; ``connections`` how many may be open to one host at once. Safe to use from several threads.

    :raises MissingLibrary: when requests is not installed.
    """

    def __init__(self, verify: bool | str = True, proxy: str | None = None, connections: int = 4):
        if urllib3 is None or importlib.util.find_spec("requests") is None:
            raise MissingLibrary("requests")
        if verify is False:
            # The user asked for it, and a module prints nothing but its result.
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        self._verify = verify
        self._proxy = proxy
        self._connections = connections
        #: The proxy of each host.
        self._proxies: dict[str, str | None] = {}
        #: The connections, by whether they are without TLS, and by their proxy.
        self._pools: dict[tuple[bool, str | None], t.Any] = {}
        self._lock = threading.Lock()
        self._active: set[_Exchange] = set()
        #: Warnings for the user, one sentence each.
        self.warnings: list[str] = []
        #: Set while all exchanges, new ones included, have to end with :class:`Stopped`.
        self.stopped = threading.Event()

    def exchange(self, method: str, url: str, seconds: float, **content: t.Any) -> Answer:
        """Sends one request and reads the whole answer, never following a redirect.

        ``seconds`` limits all of it: resolving, connecting, sending, waiting and reading. ``content`` is ``params`` (of the query;
        those that are None are not sent), ``data`` (a form) or ``json`` (any value), ``headers``, and ``bearer`` (an access token).

        The attribute ``unsent`` of a raised error says whether certainly nothing has reached the server.

        :raises RequestTimeout: when the time is over.
        :raises ConnectionFailed: when there is no complete answer for any other reason.
        :raises InvalidResponse: when an answer with status 200 is larger than ``MAX_ANSWER``, or in an unknown encoding.
        :raises InvalidInput: when the environment names a proxy that cannot be used.
        :raises Stopped: when :meth:`cut` is called meanwhile.
        """
        exchange = _Exchange()
        self._active.add(exchange)
        try:
            if self.stopped.is_set():  # after adding it, or cut() could miss it
                raise Stopped("given up")
            threading.Thread(
                target=self._perform, args=(exchange, method, url, seconds), kwargs=content, daemon=True
            ).start()
            return exchange.result(timeout=seconds)
        except FutureTimeout:
            error = RequestTimeout(too_slow(seconds))
            exchange.cut(error)
            raise error from None
        finally:
            self._active.discard(exchange)

    def cut(self) -> None:
        """Ends all running exchanges with :class:`Stopped`."""
        for exchange in tuple(self._active):
            exchange.cut(Stopped("given up"))

    def _perform(self, exchange: _Exchange, method: str, url: str, seconds: float, **content: t.Any) -> None:
        _current.exchange = exchange
        try:
            answer = self._send(exchange, method, url, seconds, **content)
        except AvePointError as error:
            outcome = error
            outcome.unsent = not exchange.sent
        except Exception as error:  # noqa: BLE001 - the texts of libraries may contain the token, so none is kept
            outcome = connection_error(error, seconds)
            outcome.unsent = not exchange.sent
        else:
            with suppress(Exception):
                exchange.set_result(answer)
            return
        with suppress(Exception):
            exchange.set_exception(outcome)

    def proxy_for(self, url: str) -> str | None:
        """The URL of the proxy for a URL: from the option, else from the environment, read once for each host. None if there is none.

        :raises InvalidInput: when the environment names a proxy that is not an HTTP proxy.
        """
        host = "/".join(url.split("/", 3)[:3])
        if host not in self._proxies:
            # Plain http is for loopback addresses only, and a proxy could read the credentials.
            self._proxies[host] = None if _is_plain(url) else self._proxy or environment_proxy(url)
        return self._proxies[host]

    def proxy_host(self, url: str) -> str | None:
        """The host and port of the proxy for a URL, without user and password; None if there is no proxy."""
        proxy = self.proxy_for(url)
        if not proxy:
            return None
        # Not with urlsplit(): an invalid URL may contain a password, too.
        return re.split(r"[/?#]", SCHEME.sub("", proxy, count=1).rpartition("@")[2])[0]

    def _send(
        self,
        exchange: _Exchange,
        method: str,
        url: str,
        seconds: float,
        bearer: str | None = None,
        params: dict | None = None,
        headers: dict | None = None,
        data: dict | None = None,
        json: t.Any = None,
    ) -> Answer:
        sent = {**HEADERS, **(headers or {})}
        body = None
        if data is not None:
            body = urlencode(data).encode()
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        elif json is not None:
            body = dumps(json, allow_nan=False).encode()
            sent["Content-Type"] = "application/json"
        if bearer is not None:
            sent["Authorization"] = f"Bearer {bearer}"
        query = urlencode({name: value for name, value in (params or {}).items() if value is not None})
        response = self._pool(url).request(
            method,
            f"{url}?{query}" if query else url,
            body=body,
            headers=sent,
            redirect=False,
            retries=False,
            timeout=seconds,
            preload_content=False,
        )
        try:
            content = _read(exchange, response)
        except Exception:
            if response.status == 200:
                raise
            content = b""  # the status of a refusal matters more than its body
        finally:
            response.close()
            response.release_conn()
        return Answer(response.status, response.headers, content)

    def _pool(self, url: str) -> t.Any:
        """The pool of connections by which a request to a URL goes.

        :raises ConnectionFailed: when there is no CA bundle that can be read.
        """
        proxy = self.proxy_for(url)
        plain = _is_plain(url)
        with self._lock:
            if (plain, proxy) not in self._pools:
                self._pools[plain, proxy] = self._new_pool(plain, proxy)
            return self._pools[plain, proxy]

    def _new_pool(self, plain: bool, proxy: str | None) -> t.Any:
        options: dict[str, t.Any] = {"maxsize": self._connections}
        if not plain:
            options["ssl_context"] = _tls(self._verify)  # which takes milliseconds
        if proxy is None:
            pool = urllib3.PoolManager(**options)
        else:
            # Without user and password, which nothing but their header needs.
            url, credentials = split_login(proxy)
            if credentials:
                options["proxy_headers"] = {"Proxy-Authorization": f"Basic {credentials}"}
            if url.startswith("https:") and self._verify is not False:
                # Not with proxy_ssl_context: in that, urllib3 1.26 does not compare the host name.
                options.update(_authorities(self._verify))
            pool = urllib3.ProxyManager(url, **options)
        pool.pool_classes_by_scheme = {
            "http": _watched(HTTPConnectionPool),
            "https": _watched(HTTPSConnectionPool),
        }
        return pool


def _is_plain(url: str) -> bool:
    return url[:5].lower() == "http:"


def _read(exchange: _Exchange, response: t.Any) -> bytes:
    """The whole body, decompressed; ``MAX_ANSWER`` limits its size before and after decompression."""
    body = bytearray()
    while chunk := response.read(65536, decode_content=False):
        body += chunk
        if len(body) > MAX_ANSWER:
            raise InvalidResponse(f"the answer is larger than {MAX_ANSWER // 1024 // 1024} MiB")
        if exchange.done():
            break
    expected = response.headers.get("Content-Length", "")
    if expected.isdecimal() and len(body) < int(expected):
        raise ConnectionFailed("the connection ended in the middle of the answer")
    # No compression was requested, but a gateway may compress nevertheless.
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding in ("", "identity"):
        return bytes(body)
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise InvalidResponse(f"the answer is encoded as {clean(encoding, 40)}, which was not asked for")
    plain = bytearray()
    compressed = bytes(body)
    for _member in range(MAX_MEMBERS):
        inflate = zlib.decompressobj(wbits=47 if encoding != "deflate" else 15)
        try:
            plain += inflate.decompress(compressed, MAX_ANSWER + 1 - len(plain))
        except zlib.error:
            raise InvalidResponse(f"the answer is not the {encoding} data that it says it is") from None
        if len(plain) > MAX_ANSWER:
            break
        if not inflate.eof:
            raise ConnectionFailed("the connection ended in the middle of the answer")
        # RFC 1952 section 2.2: there may be several members. Some programs append zeros.
        compressed = inflate.unused_data
        if not compressed.strip(b"\0"):
            return bytes(plain)
    raise InvalidResponse(f"the answer is larger than {MAX_ANSWER // 1024 // 1024} MiB")
