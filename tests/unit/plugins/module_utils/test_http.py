# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One exchange over real sockets: against servers of raw bytes, and against the simulator."""

from __future__ import annotations

import base64
import contextlib
import gzip
import os
import re
import secrets
import socket
import ssl
import sys
import threading
import time
import tracemalloc
import zlib

import pytest
import urllib3

from ansible_collections.avepoint.cloud.plugins.module_utils import _http
from ansible_collections.avepoint.cloud.plugins.module_utils._errors import (
    AvePointError,
    ConnectionFailed,
    InvalidInput,
    InvalidResponse,
    RequestTimeout,
    Stopped,
)
from ansible_collections.avepoint.cloud.plugins.module_utils._http import Transport
from ansible_collections.avepoint.cloud.tests.unit.conftest import PROXY_CREDENTIALS

LONG = 60  # seconds: nothing here takes that long unless it hangs
PACE = 0.02  # seconds between two pieces of what is slow on purpose; so slow are the servers of the tests of real time only


class Server:
    """A server on loopback: ``serve(connection, request)`` is called for each connection with the bytes of its request."""

    def __init__(self, serve, context: ssl.SSLContext | None = None):
        self._serve, self._context = serve, context
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.requests: list[bytes] = []
        self.url = f"http{'s' if context else ''}://127.0.0.1:{self._socket.getsockname()[1]}"

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *exc):
        self._socket.close()

    def _accept(self):
        while True:
            try:
                connection, _address = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._one, args=(connection,), daemon=True).start()

    def _one(self, connection):
        try:
            with connection:
                if self._context:
                    connection = self._context.wrap_socket(connection, server_side=True)
                connection.settimeout(LONG)
                request = b""
                while b"\r\n\r\n" not in request:
                    more = connection.recv(65536)
                    if not more:
                        return
                    request += more
                self.requests.append(request)
                self._serve(connection, request)
        except OSError:
            pass


def sending(*pieces: bytes, every: float = 0):
    """Serves these bytes, one piece after the other."""

    def serve(connection, request):
        for piece in pieces:
            connection.sendall(piece)
            if every:
                time.sleep(every)

    return serve


def certified(simulator) -> ssl.SSLContext:
    """TLS of a server with the simulator's certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(os.path.join(os.path.dirname(simulator.ca_path), "server.pem"))
    return context


def http(body: bytes, *headers: str, status: str = "200 OK", length: bool = True) -> bytes:
    lines = [f"HTTP/1.1 {status}", *headers, "Connection: close"]
    if length:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def get(url: str, seconds: float = LONG, transport: Transport | None = None, **content):
    return (transport or Transport()).exchange("GET", url, seconds, **content)


def fails(kind: type[AvePointError], serve, seconds: float = LONG) -> AvePointError:
    with Server(serve) as server, pytest.raises(kind) as caught:
        get(server.url, seconds)
    assert caught.value.__class__ is kind
    return caught.value


# What is sent


def test_an_answer_is_status_headers_and_body():
    with Server(sending(http(b'{"a": 1}', "X-Name: value", status="418 I'm a teapot"))) as server:
        answer = get(server.url + "/path", params={"q": "ä b"}, bearer="the-token")
    assert (answer.status, answer.headers["x-name"], answer.body) == (418, "value", b'{"a": 1}')
    request = server.requests[0].decode()
    assert request.startswith("GET /path?q=%C3%A4+b HTTP/1.1\r\n")
    assert "\r\nAuthorization: Bearer the-token\r\n" in request
    assert "\r\nAccept: application/json\r\n" in request
    assert "\r\nAccept-Encoding: identity\r\n" in request
    assert "\r\nUser-Agent: ansible-collection-avepoint.cloud\r\n" in request


def test_no_token_no_header():
    with Server(sending(http(b"{}"))) as server:
        get(server.url)
    assert b"authorization" not in server.requests[0].lower()


def test_a_netrc_never_replaces_the_token(tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\ndefault login someone password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".netrc").write_text(netrc.read_text())
    with Server(sending(http(b"{}"))) as server:
        get(server.url, bearer="the-token")
        get(server.url)
    assert b"\r\nAuthorization: Bearer the-token\r\n" in server.requests[0]
    assert b"authorization" not in server.requests[1].lower()


def test_cookies_are_not_sent_back():
    with Server(sending(http(b"{}", "Set-Cookie: session=tracked; Path=/"))) as server:
        transport = Transport()
        for _time in range(2):
            get(server.url, transport=transport)
    assert len(server.requests) == 2
    assert b"cookie" not in server.requests[1].lower()


@pytest.mark.parametrize("body", [b"", b"<html>It has moved.</html>", b"x" * 100_000])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status, body):
    with Server(sending(http(b"{}"))) as elsewhere:
        location = f"Location: {elsewhere.url}/there"
        with Server(sending(http(body, location, status=f"{status} Moved"))) as server:
            answer = Transport().exchange("POST", server.url, LONG, data={"client_secret": "hidden"}, bearer="t")
    assert answer.status == status
    assert answer.headers["location"] == f"{elsewhere.url}/there"
    assert answer.body == body
    assert elsewhere.requests == []


def test_a_redirect_with_a_body_larger_than_any_is_no_way_around_the_bound():
    serve = sending(
        http(b"", "Location: /there", "Transfer-Encoding: chunked", status="302 Moved", length=False), *chunks()
    )
    with Server(serve) as server:
        answer = get(server.url)
    assert (answer.status, answer.headers["Location"], answer.body) == (302, "/there", b"")


def chunks() -> list[bytes]:
    return [b"100000\r\n" + b"x" * 0x100000 + b"\r\n"] * 20


def test_a_host_name_that_cannot_be_one_is_not_tried_again():
    with pytest.raises(ConnectionFailed) as caught:
        get(f"https://{'a' * 70}.example.test/")
    assert caught.value.transient is False
    assert "graph_url" in str(caught.value)


def test_a_request_that_begins_while_all_are_given_up_is_given_up_too():
    transport = Transport()
    transport.stopped.set()
    with Server(sending(http(b"{}"))) as server, pytest.raises(Stopped):
        get(server.url, transport=transport)
    assert server.requests == []


# One bound over everything


@pytest.mark.real_time
@pytest.mark.parametrize(
    "serve",
    [
        lambda connection, request: connection.recv(1),
        sending(*[b"%c" % byte for byte in http(b"{}", "X-Long: " + "x" * 500)], every=PACE),
        sending(b"HTTP/1.1 200 OK\r\n", *[b"X-More: 1\r\n"] * 500, every=PACE),
        sending(http(b"{" + b" " * 500 + b"}")[:-500], *[b" "] * 500, every=PACE),
        sending(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", *[b"1\r\n \r\n"] * 500, every=PACE),
        sending(b"HTTP/1.1 100 Continue\r\n\r\n", *[b"HTTP/1.1 100 Continue\r\n\r\n"] * 500, every=PACE),
    ],
    ids=["silence", "slow header", "many headers", "slow body", "slow chunks", "continues"],
)
def test_one_bound_covers_waiting_and_reading(serve):
    # Each of these takes ten seconds and more, and then ends in another way; a bound on single reads would never be reached.
    error = fails(RequestTimeout, serve, seconds=0.3)
    assert "0.3 seconds" in str(error)
    assert "request_timeout" in str(error)


@pytest.mark.real_time
def test_one_bound_covers_the_tls_handshake():
    # The server waits for a request that never comes, since the client speaks TLS and waits for an answer.
    with Server(lambda connection, request: None) as server, pytest.raises(RequestTimeout) as caught:
        Transport(verify=False).exchange("GET", server.url.replace("http:", "https:"), 0.3)
    assert caught.value.unsent


@pytest.mark.real_time
def test_one_bound_covers_connecting():
    full = socket.socket()
    full.bind(("127.0.0.1", 0))
    full.listen(0)
    fillers = []
    for _time in range(4):  # beyond the backlog, a connection is neither accepted nor refused
        filler = socket.socket()
        filler.setblocking(False)
        filler.connect_ex(full.getsockname())
        fillers.append(filler)
    with pytest.raises(RequestTimeout) as caught:
        get(f"http://127.0.0.1:{full.getsockname()[1]}", 0.3)
    assert caught.value.unsent
    for each in (full, *fillers):
        each.close()


@pytest.mark.real_time
def test_one_bound_covers_resolving(monkeypatch):
    resolving = threading.Event()

    def getaddrinfo(*args, **kwargs):
        resolving.wait(LONG)
        return found

    with Server(sending(http(b"{}"))) as server:
        found = socket.getaddrinfo("127.0.0.1", server.url.rpartition(":")[2], type=socket.SOCK_STREAM)
        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        before = set(threading.enumerate())  # what other tests have given up may still be ending
        with pytest.raises(RequestTimeout) as caught:
            get("http://resolves.slowly.example.test", 0.2)
        assert caught.value.unsent
        # What was given up, and told as not sent, is not sent either when the name is known at last.
        (exchange,) = [thread for thread in {*threading.enumerate()} - before if "_perform" in thread.name]
        resolving.set()
        exchange.join(LONG)
        assert server.requests == []


def tunnel(connection, request):
    """Serves as a proxy."""

    def copy(source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)

    connection.settimeout(None)
    host, port = request.split()[1].decode().split(":")
    with socket.create_connection((host, int(port))) as server:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        threading.Thread(target=copy, args=(server, connection), daemon=True).start()
        copy(connection, server)


@pytest.mark.real_time
@pytest.mark.parametrize("through", ["nothing", "a proxy with TLS"])
def test_a_request_that_ran_out_of_time_lets_its_connection_go(tls_simulator, through):
    gone = threading.Event()

    def serve(connection, request):
        # Bytes that come all the time, so that no bound on single reads ends it.
        try:
            connection.sendall(http(b"", "Content-Length: 1000000", length=False))
            for _byte in range(int(2 * LONG / PACE)):
                connection.sendall(b" ")
                time.sleep(PACE)
        except OSError:
            gone.set()

    context = certified(tls_simulator)
    with Server(serve, context) as server, Server(tunnel, context) as proxy:
        transport = Transport(verify=tls_simulator.ca_path, proxy=None if through == "nothing" else proxy.url)
        for seconds in (0.5, 2, 8, LONG):  # a slow machine needs more than half a second for two TLS handshakes
            with pytest.raises(RequestTimeout) as caught:
                get(server.url, seconds, transport)
            if not caught.value.unsent:
                break
        assert not caught.value.unsent
        assert bool(proxy.requests) == (through != "nothing")
        assert gone.wait(LONG), "the connection is still open"


def test_cut_ends_what_is_under_way():
    arrived = threading.Event()

    def serve(connection, request):
        arrived.set()
        connection.recv(1)

    transport, errors = Transport(), []
    with Server(serve) as server:

        def ask():
            try:
                get(server.url, transport=transport)
            except AvePointError as error:
                errors.append(error)

        asking = threading.Thread(target=ask)
        asking.start()
        assert arrived.wait(LONG)
        transport.cut()
        asking.join(LONG)
    assert [(type(error), error.unsent) for error in errors] == [(Stopped, False)]


# Connections that fail


def reset(connection, request):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


@pytest.mark.parametrize(
    "serve",
    [
        reset,
        lambda connection, request: None,
        sending(b"no HTTP at all\r\n\r\n"),
        sending(http(b"{}")[:-1]),
        sending(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}"),
        sending(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}"),
        sending(b"HTTP/1.1 200 OK\r\n" + b"X-More: 1\r\n" * 2000 + b"\r\n"),
        sending(b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 100_000 + b"\r\n\r\n"),
        sending(http(gzip.compress(b"{}" * 999, mtime=0)[:-9], "Content-Encoding: gzip")),
        sending(http(gzip.compress(b"{}" * 999, mtime=0)[:30], "Content-Encoding: gzip")),
    ],
    ids=[
        "reset",
        "closed",
        "no HTTP",
        "cut body",
        "cut chunks",
        "bad chunks",
        "too many headers",
        "too long a header",
        "cut gzip",
        "shorter gzip",
    ],
)
def test_an_answer_that_is_not_whole_may_come_whole_next_time(serve):
    error = fails(ConnectionFailed, serve)
    assert error.transient
    assert not error.unsent
    assert str(error).isprintable()


def test_nobody_listens():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(ConnectionFailed, match="refused") as caught:
            get(f"http://127.0.0.1:{unused.getsockname()[1]}/path?secret=hidden")
    assert "hidden" not in str(caught.value)
    assert caught.value.transient
    assert caught.value.unsent


def test_a_name_that_cannot_be_resolved(monkeypatch):
    def getaddrinfo(*args, **kwargs):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with pytest.raises(ConnectionFailed, match="could not be resolved") as caught:
        get("http://no.such.host.example.test")
    assert caught.value.unsent


def test_an_exception_of_a_library_is_never_passed_on(monkeypatch):
    def urlopen(*args, **kwargs):
        raise RuntimeError("a library's words with the-token in them")

    monkeypatch.setattr(urllib3.PoolManager, "urlopen", urlopen)
    with pytest.raises(ConnectionFailed) as caught:
        get("http://127.0.0.1:1", bearer="the-token")
    chain = [caught.value, caught.value.__cause__, caught.value.__context__]
    assert all("the-token" not in str(error) for error in chain)
    assert all("library's words" not in str(error) for error in chain)


# Sizes and encodings


@pytest.fixture
def small(monkeypatch):
    """A limit that a test can pass quickly."""
    monkeypatch.setattr(_http, "MAX_ANSWER", 1024 * 1024)


def test_the_largest_answer_that_is_read(small):
    with Server(sending(http(b"x" * 1024 * 1024))) as server:
        assert len(get(server.url).body) == 1024 * 1024


@pytest.mark.parametrize("length", [True, False])
def test_an_answer_that_is_too_large_is_not_read_to_its_end(small, length):
    sent = []

    def serve(connection, request):
        connection.sendall(http(b"", "X: 1", f"Content-Length: {10**9}" if length else "X: 2", length=False))
        for _piece in range(1000):
            connection.sendall(b"x" * 1024 * 1024)
            sent.append(1)

    tracemalloc.start()
    error = fails(InvalidResponse, serve)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "larger than 1 MiB" in str(error)
    assert len(sent) < 100
    assert peak < 16 * 1024 * 1024


def test_a_small_body_that_unpacks_to_a_large_one_is_not_unpacked(small):
    bomb = gzip.compress(b"{" + b" " * 32 * 1024 * 1024 + b"}", mtime=0)
    part = gzip.compress(b" " * 1024 * 1024, mtime=0)
    assert len(bomb) < 64 * 1024
    tracemalloc.start()
    for parts in (part * 17, gzip.compress(b"", mtime=0) * 2000):
        assert "larger" in str(fails(InvalidResponse, sending(http(parts, "Content-Encoding: gzip"))))
    error = fails(InvalidResponse, sending(http(bomb, "Content-Encoding: gzip")))
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "larger than 1 MiB" in str(error)
    assert peak < 8 * 1024 * 1024


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(b'{"a": 1}', mtime=0)),
        ("GZIP", gzip.compress(b'{"a": 1}', mtime=0)),
        (
            "gzip",
            gzip.compress(b'{"a"', mtime=0) + gzip.compress(b"", mtime=0) + gzip.compress(b": 1}", mtime=0) + bytes(9),
        ),
        ("x-gzip", gzip.compress(b'{"a": 1}', mtime=0)),
        ("deflate", zlib.compress(b'{"a": 1}')),
        ("identity", b'{"a": 1}'),
    ],
)
def test_a_compressed_answer_is_read_all_the_same(encoding, body):
    with Server(sending(http(body, f"Content-Encoding: {encoding}"))) as server:
        assert get(server.url).body == b'{"a": 1}'


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("br", b"?"),
        ("gzip", b'{"a": 1}'),
        ("gzip", gzip.compress(b"{}", mtime=0) + b"more"),
        ("gzip, gzip", b"?"),
        ("deflate", b"????"),
        ("x" * 500, b"?"),
    ],
)
def test_an_encoding_that_cannot_be_read_breaks_the_contract(encoding, body):
    error = fails(InvalidResponse, sending(http(body, f"Content-Encoding: {encoding}")))
    assert encoding[:20] in str(error)
    assert len(str(error)) < 200


# TLS, with the simulator's certificates


def path(simulator) -> str:
    return simulator.url + "/no/such/path"


def refused_certificate(simulator, **options) -> str:
    with pytest.raises(ConnectionFailed) as caught:
        get(path(simulator), transport=Transport(**options))
    assert not caught.value.transient, "another try cannot help"
    return str(caught.value)


def test_a_private_ca_is_trusted_where_it_is_named(tls_simulator):
    assert get(path(tls_simulator), transport=Transport(verify=tls_simulator.ca_path)).status == 404


def test_a_private_ca_is_not_trusted_by_itself(tls_simulator):
    message = refused_certificate(tls_simulator)
    assert "self" in message or "unable to get local issuer certificate" in message
    assert message.endswith("set ca_path to the CA bundle that signs it")


def test_an_expired_certificate_is_named(expired_simulator):
    message = refused_certificate(expired_simulator, verify=expired_simulator.ca_path)
    assert "expired" in message
    assert "renewed" in message
    assert "ca_path" not in message


def test_a_certificate_of_another_host_is_named(wrong_host_simulator):
    message = refused_certificate(wrong_host_simulator, verify=wrong_host_simulator.ca_path)
    assert "127.0.0.1" in message
    assert any(words in message for words in ("not valid for", "mismatch", "doesn't match"))
    assert message.endswith("correct the host name in the URL")


def test_a_certificate_of_another_host_is_named_where_python_compares(monkeypatch):
    # As urllib3 raises it before 1.26.9: without the attributes that OpenSSL's errors have.
    def urlopen(*args, **kwargs):
        raise urllib3.exceptions.SSLError(ssl.CertificateError("hostname 'a.test' doesn't match 'b.test'"))

    monkeypatch.setattr(urllib3.PoolManager, "urlopen", urlopen)
    with pytest.raises(ConnectionFailed, match=r"hostname 'a\.test' doesn't match.*correct the host name") as caught:
        get("http://127.0.0.1:1", 5)
    assert not caught.value.transient


def test_a_certificate_that_breaks_the_rules_of_newer_pythons_is_not_said_to_lack_a_bundle(
    not_strict_simulator, monkeypatch
):
    # Python 3.13 asks for it by itself.
    tls = _http._tls

    def strict(checked):
        context = tls(checked)
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        return context

    monkeypatch.setattr(_http, "_tls", strict)
    message = refused_certificate(not_strict_simulator, verify=not_strict_simulator.ca_path)
    assert "RFC 5280" in message
    assert "ca_path" not in message


@pytest.mark.parametrize("name", ["tls_simulator", "expired_simulator", "wrong_host_simulator"])
def test_without_verification_anything_goes_in_silence(request, name, recwarn):
    assert get(path(request.getfixturevalue(name)), transport=Transport(verify=False)).status == 404
    assert [str(warning.message) for warning in recwarn] == []


def test_a_bundle_of_the_environment_does_not_undo_what_was_said(tls_simulator, tmp_path, monkeypatch):
    useless = tmp_path / "useless.pem"
    useless.write_text("")
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, str(useless))
    assert get(path(tls_simulator), transport=Transport(verify=False)).status == 404
    assert get(path(tls_simulator), transport=Transport(verify=tls_simulator.ca_path)).status == 404
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, str(tls_simulator.ca_path))
    refused_certificate(tls_simulator, verify=True)


def test_the_bundle_of_a_distribution_is_the_one_in_its_requests(tls_simulator, tmp_path, monkeypatch):
    # As Fedora and Red Hat have it: requests without certifi, and the bundle of the system in certs.py.
    for name, text in (("__init__", "1 / 0"), ("certs", f"def where():\n    return {tls_simulator.ca_path!r}\n")):
        (tmp_path / "requests").mkdir(exist_ok=True)
        (tmp_path / "requests" / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "requests", raising=False)
    monkeypatch.setitem(sys.modules, "certifi", None)
    assert get(path(tls_simulator)).status == 404


def test_a_bundle_that_is_not_there(tls_simulator):
    assert "cannot be read" in refused_certificate(tls_simulator, verify="/no/such/bundle.pem")


@pytest.mark.parametrize("content", ["", "no certificate in here"])
def test_a_bundle_that_is_none(tls_simulator, tmp_path, content):
    bundle = tmp_path / "ca.pem"
    bundle.write_text(content)
    refused_certificate(tls_simulator, verify=str(bundle))


def test_tls_before_1_2_is_refused(tls_simulator):
    context = certified(tls_simulator)
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    for each in (context, old):
        each.set_ciphers("ALL:@SECLEVEL=0")
        each.minimum_version = each.maximum_version = ssl.TLSVersion.TLSv1_1
    with Server(sending(http(b"{}")), context) as server:
        where = ("127.0.0.1", int(server.url.rpartition(":")[2]))
        try:
            old.wrap_socket(socket.create_connection(where)).close()
        except (ssl.SSLError, OSError):
            pytest.skip("the TLS library here has no TLS 1.1 to offer; OpenSSL 3 with its own settings has")
        with pytest.raises(ConnectionFailed, match=r"TLS 1\.2"):
            get(server.url, transport=Transport(verify=False))
    assert server.requests == []


def test_the_lowest_version_is_set_and_not_left_to_the_library():
    for checked in (True, False):
        assert _http._tls(checked).minimum_version == ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize(
    "sent",
    [
        http(b"no such encoding", "Content-Encoding: br", status="503 Service Unavailable"),
        http(b"<html>not gzip</html>", "Content-Encoding: gzip", status="503 Service Unavailable"),
        http(b"x" * 2048, status="503 Service Unavailable"),
        http(b"cut off", "Content-Length: 100", status="503 Service Unavailable", length=False),
        http(b"Z\r\n", "Transfer-Encoding: chunked", status="503 Service Unavailable", length=False),
    ],
)
def test_the_status_of_a_refusal_counts_whatever_its_body_is(monkeypatch, sent):
    monkeypatch.setattr(_http, "MAX_ANSWER", 1024)
    with Server(sending(sent)) as server:
        answer = get(server.url)
    assert (answer.status, answer.body) == (503, b"")


def test_a_connection_with_the_rest_of_an_answer_is_not_used_again(monkeypatch):
    def serve(connection, request):
        connection.sendall(b"HTTP/1.1 503 Busy\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 65536)
        connection.recv(1)  # until it is closed

    monkeypatch.setattr(_http, "MAX_ANSWER", 1024)
    transport = Transport()
    with Server(serve) as server:
        for number in (1, 2):
            assert get(server.url, transport=transport).status == 503
            assert len(server.requests) == number


# Proxies


def through(proxy) -> list[tuple[str, str, int]]:
    return [(entry["method"], entry["target"], entry["status"]) for entry in proxy.requests()]


@pytest.fixture
def clean_proxy(proxy):
    proxy.clear_log()
    return proxy


def test_plain_http_which_is_for_this_machine_never_goes_through_a_proxy(simulator, clean_proxy, monkeypatch):
    for variable in ("http_proxy", "all_proxy"):
        monkeypatch.setenv(variable, clean_proxy.url)
    assert get(path(simulator)).status == 404
    assert get(path(simulator), transport=Transport(proxy=clean_proxy.url)).status == 404
    assert through(clean_proxy) == []


def test_a_proxy_is_used_for_tls_as_well_and_sees_nothing(tls_simulator, clean_proxy):
    transport = Transport(verify=tls_simulator.ca_path, proxy=clean_proxy.url)
    assert get(path(tls_simulator), transport=transport).status == 404
    assert through(clean_proxy) == [("CONNECT", tls_simulator.url.partition("//")[2], 200)]


def test_a_certificate_is_verified_through_a_proxy_too(tls_simulator, clean_proxy):
    refused_certificate(tls_simulator, proxy=clean_proxy.url)


@pytest.mark.parametrize("variable", ["https_proxy", "HTTPS_PROXY", "all_proxy"])
def test_the_proxy_of_the_environment_is_used(tls_simulator, clean_proxy, monkeypatch, variable):
    monkeypatch.setenv(variable, clean_proxy.url)
    get(path(tls_simulator), transport=Transport(verify=tls_simulator.ca_path))
    assert len(through(clean_proxy)) == 1


@pytest.mark.parametrize("variable", ["ALL_PROXY", "https_proxy"])
@pytest.mark.parametrize(
    "proxy",
    [
        "socks5h://127.0.0.1:1",
        "socks5://127.0.0.1:1",
        "ftp://127.0.0.1:1",
        '"http://127.0.0.1:1"',
        "http://",
        "http://user:password@",
        "//127.0.0.1:1",
        ":3128",
        "http://[::1",
        "http://user:pass\u2100@127.0.0.1:1",
        "http://user:12/3@127.0.0.1:1",
    ],
)
def test_a_proxy_of_the_environment_that_is_none_for_http_is_bad_input(monkeypatch, variable, proxy):
    monkeypatch.setenv(variable, proxy)
    monkeypatch.setenv("no_proxy", "here.example.test")
    with pytest.raises(InvalidInput, match=f"^{variable} names a proxy .*AVEPOINT_PROXY"):
        Transport().proxy_for("https://graph.example.test/x")
    given = "http://127.0.0.1:1"
    assert Transport(proxy=given).proxy_for("https://graph.example.test") == given
    assert Transport().proxy_for("https://here.example.test") is None


def test_the_environment_says_for_which_hosts_there_is_no_proxy(tls_simulator, clean_proxy, monkeypatch):
    monkeypatch.setenv("https_proxy", clean_proxy.url)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert get(path(tls_simulator), transport=Transport(verify=tls_simulator.ca_path)).status == 404
    assert through(clean_proxy) == []


@pytest.mark.parametrize(
    ("no_proxy", "url", "direct"),
    [
        ("", "https://graph.example.test/x", False),
        ("*", "https://graph.example.test/x", True),
        ("other.test, Example.test", "https://graph.example.test/x", True),
        (".example.test", "https://GRAPH.example.test:444/x", True),
        ("graph.example.test:444", "https://graph.example.test:444/x", True),
        ("graph.example.test:444", "https://graph.example.test/x", False),
        ("ample.test", "https://graph.example.test/x", False),
        ("10.0.0.0/8,::1", "https://10.1.2.3:444/x", True),
        ("nothing,10.1.2.3/8", "https://10.4.5.6/x", True),
        ("10.0.0.0/8", "https://11.1.2.3/x", False),
        ("10.0.0.0/8", "https://10.example.test/x", False),
        ("fd00::/8", "https://[fd00::1]:444/x", True),
    ],
)
def test_which_hosts_the_environment_leaves_out(monkeypatch, no_proxy, url, direct):
    monkeypatch.setenv("https_proxy", "proxy.example.test:3128")
    monkeypatch.setenv("no_proxy", no_proxy)
    assert Transport().proxy_for(url) == (None if direct else "http://proxy.example.test:3128")


@pytest.mark.parametrize("value", ["{}", "someone:password@{}", " http://{}/ \n", "HTTP://{}"])
def test_forms_of_a_proxy_of_the_environment(tls_simulator, clean_proxy, monkeypatch, value):
    monkeypatch.setenv("https_proxy", value.format(clean_proxy.url.partition("//")[2]))
    assert get(path(tls_simulator), transport=Transport(verify=tls_simulator.ca_path)).status == 404
    assert len(through(clean_proxy)) == 1


def test_a_proxy_that_is_given_goes_before_the_environment(tls_simulator, clean_proxy, monkeypatch):
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    transport = Transport(verify=tls_simulator.ca_path, proxy=clean_proxy.url)
    assert get(path(tls_simulator), transport=transport).status == 404
    assert len(through(clean_proxy)) == 1


def test_a_proxy_that_wants_a_login_gets_it(tls_simulator, guarded_proxy):
    url = guarded_proxy.url.replace("://", "://{}:{}@".format(*PROXY_CREDENTIALS))
    assert get(path(tls_simulator), transport=Transport(verify=tls_simulator.ca_path, proxy=url)).status == 404


@pytest.mark.parametrize(
    ("userinfo", "sent"),
    [
        ("name:p%40ss%2Fword", b"name:p@ss/word"),
        ("name:p@ss", b"name:p@ss"),
        ("name:50%off%20", b"name:50%off "),
        ("n\u00e4me:p\u0430ss", "n\u00e4me:p\u0430ss".encode()),
        ("n%C3%A4me:p%E4ss", b"n\xc3\xa4me:p\xe4ss"),
        ("a-token", b"a-token:"),
        ("name:", b"name:"),
        (":password", b":password"),
    ],
)
def test_how_a_login_reaches_a_proxy(userinfo, sent):
    with Server(sending(b"HTTP/1.1 407 Who?\r\n\r\n")) as server, pytest.raises(ConnectionFailed):
        proxy = server.url.replace("//", f"//{userinfo}@")
        get("https://graph.example.test/", transport=Transport(proxy=proxy), bearer="the-token")
    (request,) = server.requests
    assert request.startswith(b"CONNECT graph.example.test:443 HTTP/1.")
    (basic,) = re.findall(rb"(?i)\r\nproxy-authorization: basic (\S+)\r\n", request)
    assert base64.b64decode(basic) == sent
    assert b"the-token" not in request


@pytest.mark.parametrize(
    ("name", "words"),
    [("tls_simulator", "ca_path"), ("expired_simulator", "renewed"), ("wrong_host_simulator", "host")],
)
def test_a_proxy_with_tls_gets_no_password_before_its_certificate_is_trusted(request, name, words):
    simulator = request.getfixturevalue(name)
    with Server(sending(b"HTTP/1.1 407 Who?\r\n\r\n"), certified(simulator)) as server:
        proxy = server.url.replace("//", "//name:password@")
        verify = True if name == "tls_simulator" else simulator.ca_path
        message = refused_certificate(simulator, proxy=proxy, verify=verify)
        assert words in message
        assert server.requests == []
        with pytest.raises(ConnectionFailed, match="the proxy refused"):
            get(path(simulator), transport=Transport(proxy=proxy, verify=False))
    assert len(server.requests) == 1


def test_a_proxy_that_refuses_a_login_shows_no_password(tls_simulator, guarded_proxy):
    password = secrets.token_urlsafe(12)
    url = guarded_proxy.url.replace("://", f"://someone:{password}@")
    with pytest.raises(ConnectionFailed) as caught:
        get(path(tls_simulator), transport=Transport(verify=tls_simulator.ca_path, proxy=url))
    assert "proxy" in str(caught.value)
    assert password not in str(caught.value)
    assert caught.value.unsent


def test_a_proxy_that_is_not_there(tls_simulator):
    with pytest.raises(ConnectionFailed, match="refused") as caught:
        get(path(tls_simulator), transport=Transport(proxy="http://127.0.0.1:1"))
    assert caught.value.unsent


@pytest.mark.parametrize(
    ("proxy", "url", "host"),
    [
        (None, "https://graph.example.test", None),
        ("http://proxy.example.test:3128", "https://graph.example.test", "proxy.example.test:3128"),
        ("http://proxy.example.test:3128/", "http://127.0.0.1:1", None),
        ("http://name:pass@word@proxy.example.test/x", "https://graph.example.test", "proxy.example.test"),
        ("http://name:pa/ss@proxy.example.test", "https://graph.example.test", "proxy.example.test"),
    ],
)
def test_the_host_of_the_proxy_without_its_password(proxy, url, host):
    assert Transport(proxy=proxy).proxy_host(url) == host
