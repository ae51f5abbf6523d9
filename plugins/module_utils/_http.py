# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One HTTP exchange with one time limit for all of it. This layer does not know logins, retries or jobs."""

from __future__ import annotations

import http.cookiejar
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
from urllib.parse import urlsplit

from ansible_collections.avepoint.cloud.plugins.module_utils._errors import (
    AvePointError,
    ConnectionFailed,
    InvalidInput,
    InvalidResponse,
    MissingLibrary,
    RequestTimeout,
    Stopped,
)
from ansible_collections.avepoint.cloud.plugins.module_utils._http_faults import connection_error, too_slow
from ansible_collections.avepoint.cloud.plugins.module_utils._text import clean

try:
    import requests
    from requests.adapters import HTTPAdapter
    from urllib3 import disable_warnings
    from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
    from urllib3.exceptions import InsecureRequestWarning
    from urllib3.util.ssl_ import create_urllib3_context
except ImportError:
    requests = None  # type: ignore[assignment]
    HTTPAdapter = HTTPConnectionPool = HTTPSConnectionPool = object  # type: ignore[assignment, misc]

# In bytes: larger than any page of jobs, and small enough to be in memory max_concurrency times.
MAX_ANSWER = 16 * 1024 * 1024

# The environment variables that name the proxies of a machine, in lower case; they also exist in upper case.
PROXY_VARIABLES = frozenset(("http_proxy", "https_proxy", "all_proxy"))

# The scheme of a URL.
SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")

# The most gzip members in one answer; only a malicious server sends more.
MAX_MEMBERS = 1000

USER_AGENT = "ansible-collection-avepoint.cloud"


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
            _current.exchange.sock = self.sock
            return super().getresponse(*args, **kwargs)

    return type(pool.__name__, (pool,), {"ConnectionCls": Connection})


def _tls(checked: bool) -> ssl.SSLContext:
    context = create_urllib3_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not checked:
        # requests sets CERT_NONE later, which Python refuses while check_hostname is true.
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


class _Adapter(HTTPAdapter):
    """TLS 1.2 or later, as the vendor's network requirements say, and sockets that can be cut.

    ``checked`` is whether certificates are; None if the adapter is for plain HTTP alone, since a TLS context takes milliseconds.
    """

    def __init__(self, checked: bool | None, **kwargs: t.Any):
        self._checked = checked
        super().__init__(**kwargs)

    def _with_tls(self, options: dict[str, t.Any]) -> dict[str, t.Any]:
        return options if self._checked is None else {**options, "ssl_context": _tls(self._checked)}

    def _prepare(self, manager: t.Any) -> t.Any:
        manager.pool_classes_by_scheme = {
            "http": _watched(HTTPConnectionPool),
            "https": _watched(HTTPSConnectionPool),
        }
        return manager

    def init_poolmanager(self, *args: t.Any, **kwargs: t.Any) -> None:
        super().init_poolmanager(*args, **self._with_tls(kwargs))
        self._prepare(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **kwargs: t.Any) -> t.Any:
        return self._prepare(super().proxy_manager_for(proxy, **self._with_tls(kwargs)))


class _Session(requests.Session if requests else object):  # type: ignore[misc]
    """Hides redirects: requests would read the whole body of one, whatever its size, even with ``allow_redirects=False``."""

    def get_redirect_target(self, resp: t.Any) -> None:
        return None


class Transport:
    """A pool of connections to the configured hosts.

    ``verify`` is ``True``, ``False`` or the path of a CA bundle; ``proxy`` a URL, or ``None`` for the proxies of the
    process environment; ``connections`` how many may be open to one host at once. Safe to use from several threads.

    :raises MissingLibrary: when requests is not installed.
    """

    def __init__(self, verify: bool | str = True, proxy: str | None = None, connections: int = 4):
        if requests is None:
            raise MissingLibrary("requests")
        if verify is False:
            # The user asked for it, and a module prints nothing but its result.
            disable_warnings(InsecureRequestWarning)
        self._verify = verify
        self._proxy = {"http": proxy, "https": proxy} if proxy else None
        self._proxies: dict[str, dict[str, str]] = {}
        self._active: set[_Exchange] = set()
        #: Warnings for the user, one sentence each.
        self.warnings: list[str] = []
        #: Set while all exchanges, new ones included, have to end with :class:`Stopped`.
        self.stopped = threading.Event()
        self._session = _Session()
        # Only proxies are taken from the environment (by proxies_for): requests would let a .netrc replace the token, and
        # REQUESTS_CA_BUNDLE the verify option.
        self._session.trust_env = False
        self._session.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=()))
        self._session.headers.update(
            {"User-Agent": USER_AGENT, "Accept": "application/json", "Accept-Encoding": "identity"}
        )
        for scheme, checked in (("http://", None), ("https://", verify is not False)):
            self._session.mount(scheme, _Adapter(checked, pool_connections=4, pool_maxsize=connections))

    def exchange(self, method: str, url: str, seconds: float, **content: t.Any) -> Answer:
        """Sends one request and reads the whole answer, never following a redirect.

        ``seconds`` limits all of it: resolving, connecting, sending, waiting and reading. ``content`` is
        ``params``, ``headers``, ``data`` (a form) or ``json`` of requests, or ``bearer`` (an access token).

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

    def _perform(
        self, exchange: _Exchange, method: str, url: str, seconds: float, bearer: str | None = None, **content: t.Any
    ) -> None:
        _current.exchange = exchange
        try:
            answer = self._send(exchange, method, url, seconds, bearer, content)
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

    def proxies_for(self, url: str) -> dict[str, str]:
        """The proxies for a URL, by scheme: from the option, else from the environment, read once for each host.

        :raises InvalidInput: when the environment names a proxy that is not an HTTP proxy.
        """
        host = "/".join(url.split("/", 3)[:3])
        if host not in self._proxies:
            if host.lower().startswith("http:"):
                # Plain http is for loopback addresses only, and a proxy could read the credentials.
                self._proxies[host] = {}
            else:
                self._proxies[host] = self._proxy or _environment_proxies(url)
        return self._proxies[host]

    def proxy_host(self, url: str) -> str | None:
        """The host and port of the proxy for a URL, without user and password; None if there is no proxy."""
        proxy = requests.utils.select_proxy(url, self.proxies_for(url))
        if not proxy:
            return None
        # Not with urlsplit(): an invalid URL may contain a password, too.
        return re.split(r"[/?#]", SCHEME.sub("", proxy, count=1).rpartition("@")[2])[0]

    def _send(
        self, exchange: _Exchange, method: str, url: str, seconds: float, bearer: str | None, content: dict
    ) -> Answer:
        def authorize(request: requests.PreparedRequest) -> requests.PreparedRequest:
            if bearer is not None:
                request.headers["Authorization"] = f"Bearer {bearer}"
            return request

        prepared = self._session.prepare_request(requests.Request(method, url, auth=authorize, **content))
        response = self._session.send(
            prepared,
            timeout=seconds,
            allow_redirects=False,
            stream=True,
            verify=self._verify,
            proxies=self.proxies_for(url),
        )
        with response:
            try:
                body = _read(exchange, response)
            except Exception:
                if response.status_code == 200:
                    raise
                body = b""  # the status of a refusal matters more than its body
        return Answer(response.status_code, response.headers, body)


def _environment_proxies(url: str) -> dict[str, str]:
    proxies = requests.utils.get_environ_proxies(url)
    proxy = requests.utils.select_proxy(url, proxies)
    if proxy and urlsplit(proxy if "://" in proxy else f"http://{proxy}").scheme.lower() not in ("http", "https"):
        name = next(
            (name for name in os.environ if name.lower() in PROXY_VARIABLES and os.environ[name] == proxy),
            "the proxy of the system",
        )
        raise InvalidInput(
            f"{name} names a proxy that cannot be used, since it is none for HTTP (SOCKS, for example): set proxy (AVEPOINT_PROXY) "
            "to the URL of an HTTP proxy, or list the host in NO_PROXY"
        )
    return proxies


def _read(exchange: _Exchange, response: t.Any) -> bytes:
    """The whole body, decompressed; ``MAX_ANSWER`` limits its size before and after decompression."""
    body = bytearray()
    while chunk := response.raw.read(65536, decode_content=False):
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
