# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One HTTP exchange with a bound on all of it. Knows nothing of logins, retries or jobs."""

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

# More than any page of jobs can need, little enough to hold in memory max_concurrency times.
MAX_ANSWER = 16 * 1024 * 1024

# What says through which proxy all programs of a machine go, in capitals too.
PROXY_VARIABLES = frozenset(("http_proxy", "https_proxy", "all_proxy"))

# What a URL begins with.
SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")

# An answer may be compressed in several parts, one after the other; no honest server makes more of them.
MAX_MEMBERS = 1000

USER_AGENT = "ansible-collection-avepoint.cloud"


class Answer(t.NamedTuple):
    """What came back: ``headers`` is a case-insensitive mapping, ``body`` is whole and decompressed.

    With another status than 200 the body is empty where it cannot be read.
    """

    status: int
    headers: t.Mapping[str, str]
    body: bytes


class _Exchange(Future):
    """One request under way in a thread of its own, which can be cut off from outside."""

    sock: socket.socket | None = None

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        #: Whether anything of the request can have reached the server.
        self.sent = False

    def begin_sending(self) -> None:
        """The connection is there: from now on the server can have received something.

        :raises Stopped: when it has been cut, so that nothing is sent of which somebody has been told that it was not.
        """
        with self._lock:
            if self.done():
                raise Stopped("given up")
            self.sent = True

    def cut(self, error: AvePointError) -> None:
        """Ends it for whoever waits, and unblocks the thread by shutting down its socket.

        Either may end by itself in the same moment, which is as good.
        """
        with self._lock:
            error.unsent = not self.sent
            with suppress(Exception):
                self.set_exception(error)
        if self.sock is not None:
            with suppress(Exception):
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)


_current = threading.local()


def _watched(pool: type) -> type:
    """A connection pool class that tells the exchange of the running thread when it sends, and which socket it uses."""

    class Connection(pool.ConnectionCls):  # type: ignore[name-defined]
        def endheaders(self, *args: t.Any, **kwargs: t.Any) -> None:
            # The first that is sent, but for what connects: a TLS handshake, or the request for a tunnel, which comes another way.
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
        # requests asks for CERT_NONE later on, which Python refuses as long as the host name is checked.
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


class _Adapter(HTTPAdapter):
    """TLS 1.2 or later, as the vendor's network requirements say, and sockets that can be cut."""

    def __init__(self, checked: bool, **kwargs: t.Any):
        self._checked = checked
        super().__init__(**kwargs)

    def _prepare(self, manager: t.Any) -> t.Any:
        manager.pool_classes_by_scheme = {
            "http": _watched(HTTPConnectionPool),
            "https": _watched(HTTPSConnectionPool),
        }
        return manager

    def init_poolmanager(self, *args: t.Any, **kwargs: t.Any) -> None:
        super().init_poolmanager(*args, ssl_context=_tls(self._checked), **kwargs)
        self._prepare(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **kwargs: t.Any) -> t.Any:
        return self._prepare(super().proxy_manager_for(proxy, ssl_context=_tls(self._checked), **kwargs))


class _Session(requests.Session if requests else object):  # type: ignore[misc]
    """Leaves redirects alone, of which requests reads the whole body, whatever its size, even when it is not to follow them."""

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
            disable_warnings(InsecureRequestWarning)  # it was asked for, and nothing is printed but the result
        self._verify = verify
        self._proxy = {"http": proxy, "https": proxy} if proxy else None
        self._proxies: dict[str, dict[str, str]] = {}
        self._active: set[_Exchange] = set()
        #: What whoever started all this has to know besides, a sentence each.
        self.warnings: list[str] = []
        #: Set while every exchange, also one that only begins, has to end with :class:`Stopped`.
        self.stopped = threading.Event()
        self._session = _Session()
        # The environment is asked for its proxies alone: a .netrc would replace the token, REQUESTS_CA_BUNDLE the verify option.
        self._session.trust_env = False
        self._session.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=()))
        self._session.headers.update(
            {"User-Agent": USER_AGENT, "Accept": "application/json", "Accept-Encoding": "identity"}
        )
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, _Adapter(verify is not False, pool_connections=4, pool_maxsize=connections))

    def exchange(self, method: str, url: str, seconds: float, **content: t.Any) -> Answer:
        """Sends one request and reads the whole answer, never following a redirect.

        ``seconds`` bounds all of it: resolving, connecting, sending, waiting and reading. ``content`` is
        ``params``, ``headers``, ``data`` (a form) or ``json`` of requests, or ``bearer`` (an access token).

        What is raised says in ``unsent`` whether nothing can have reached the server.

        :raises RequestTimeout: when the time is over.
        :raises ConnectionFailed: when there is no whole answer for any other reason.
        :raises InvalidResponse: when an answer with status 200 is larger than any real one, or in an encoding that is not known.
        :raises Stopped: when :meth:`cut` is called meanwhile.
        """
        exchange = _Exchange()
        self._active.add(exchange)
        try:
            if self.stopped.is_set():  # after adding: else cut() could miss it
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
        """Ends every exchange that is under way with :class:`Stopped`."""
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
        except Exception as error:  # noqa: BLE001 - whatever a library raises may hold the token, so only its kind is kept
            outcome = connection_error(error, seconds)
            outcome.unsent = not exchange.sent
        else:
            with suppress(Exception):
                exchange.set_result(answer)
            return
        with suppress(Exception):
            exchange.set_exception(outcome)

    def proxies_for(self, url: str) -> dict[str, str]:
        """The proxies of the option, or of the environment, which is asked once for each host; none for plain http.

        :raises InvalidInput: when the environment names a proxy that is none for HTTP.
        """
        host = "/".join(url.split("/", 3)[:3])
        if host not in self._proxies:
            if host.lower().startswith("http:"):
                # Only this machine is spoken to that way, and a proxy would read the credentials.
                self._proxies[host] = {}
            else:
                self._proxies[host] = self._proxy or _environment_proxies(url)
        return self._proxies[host]

    def proxy_host(self, url: str) -> str | None:
        """The proxy that requests to a URL go through, without the user and password in its own; None for none."""
        proxy = requests.utils.select_proxy(url, self.proxies_for(url))
        if not proxy:
            return None
        # Not as a URL is read: one that cannot be used may hold a password too.
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
                body = b""  # what a refusal says does not matter as much as that it is one
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
    """The whole body, decompressed, bounded by ``MAX_ANSWER`` before and after decompression."""
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
    # Compression is not asked for, but a gateway may use it all the same.
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding in ("", "identity"):
        return bytes(body)
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise InvalidResponse(f"the answer is encoded as {clean(encoding, 40)}, which was not asked for")
    plain = bytearray()
    rest = bytes(body)
    for _member in range(MAX_MEMBERS):
        inflate = zlib.decompressobj(wbits=47 if encoding != "deflate" else 15)
        try:
            plain += inflate.decompress(rest, MAX_ANSWER + 1 - len(plain))
        except zlib.error:
            raise InvalidResponse(f"the answer is not the {encoding} data that it says it is") from None
        if len(plain) > MAX_ANSWER:
            break
        if not inflate.eof:
            raise ConnectionFailed("the connection ended in the middle of the answer")
        # RFC 1952 section 2.2: there may be several, one after the other; some programs fill up with zeros.
        rest = inflate.unused_data
        if not rest.strip(b"\0"):
            return bytes(plain)
    raise InvalidResponse(f"the answer is larger than {MAX_ANSWER // 1024 // 1024} MiB")
