# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control API, the log, the command line, TLS, certificates and the proxy."""

from __future__ import annotations

import base64
import fcntl
import http.client
import importlib.util
import json
import os
import resource
import selectors
import signal
import socket
import ssl
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12

from ansible_collections.avepoint.cloud.tests.simulator import cli, client
from ansible_collections.avepoint.cloud.tests.simulator.certificates import make_client_certificate
from ansible_collections.avepoint.cloud.tests.simulator.client import (
    APPLY_SCOPE,
    BASELINES_SCOPE,
    BASELINES_WRITE_SCOPE,
    D365_SCOPE,
    FOLDER,
    PC_SCOPE,
    RESTORE_SCOPE,
    SCOPES,
    ControlError,
    Proxy,
    Simulator,
    a_client,
)

COUNTED = (
    *("logins", "identity", "pc", "tenants", "d365_v1", "d365_graph", "m365", "google", "iaas", "salesforce"),
    *("aos", "opus", "elements", "customers", "apply_baselines", "create_baseline", "baselines", "baseline_report"),
    *("m365_restore", "unknown"),
)
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


# The control API


def test_the_state_is_shown_as_it_was_set(cloud):
    state = {"clients": [a_client()], "latency": 0.001, "tenants": []}
    cloud.simulator.put_state(state)
    assert cloud.simulator.state() == state


def test_a_new_state_starts_the_log_and_the_clock_anew(cloud):
    cloud.pc_jobs()
    cloud.simulator.advance(1000)
    assert cloud.simulator.control("GET", "clock")["now"] > 1000
    cloud.set()
    assert cloud.simulator.control("GET", "clock")["now"] < 60
    assert cloud.simulator.log()["requests"] == []


def test_the_clock_goes_forward_only(cloud):
    for given in ({"advance": -1}, {"advance": "soon"}, {}):
        with pytest.raises(ControlError):
            cloud.simulator.control("POST", "clock", given)


def test_faults_are_listed(cloud):
    cloud.simulator.faults({"kind": "empty", "times": -1}, {"kind": "close"})
    assert cloud.login().body == b""
    expected = [{"kind": "empty", "met": 1}, {"kind": "close", "met": 0}]
    assert cloud.simulator.control("GET", "faults") == expected


def test_an_unknown_order_is_refused(cloud):
    for method, name in (("GET", "stop"), ("POST", "nothing"), ("DELETE", "state")):
        with pytest.raises(ControlError, match="no "):
            cloud.simulator.control(method, name)


def test_the_log_has_what_was_asked_without_its_secrets(cloud):
    cloud.login()
    cloud.pc_jobs({"jobIds": ["a"]}, pageIndex=2)
    cloud.graph(type=1)
    log = cloud.simulator.log()
    login, _login, pages = log["requests"][:3]
    assert (login["service"], login["method"], login["path"], login["status"]) == (
        "identity",
        "POST",
        "/connect/token",
        200,
    )
    assert login["form"]["client_secret"] == "(present)"
    assert login["form"]["client_id"] == cloud.pc["client_id"]
    assert (pages["json"], pages["query"], pages["page"]) == ({"jobIds": ["a"]}, {"pageIndex": "2"}, 2)
    assert pages["headers"]["authorization"].startswith("Bearer sha256:")
    assert pages["finished"] >= pages["started"] >= 0
    assert log["counts"] == {**dict.fromkeys(COUNTED, 0), "logins": 3, "identity": 3, "pc": 1, "d365_graph": 1}
    text = json.dumps(log)
    assert cloud.pc["client_secret"] not in text
    for scope in (PC_SCOPE, D365_SCOPE):
        assert cloud.bearer(scope)["Authorization"][7:] not in text


def test_the_log_is_cleared_alone(cloud):
    cloud.pc_jobs()
    cloud.simulator.clear_log()
    assert cloud.simulator.log() == {
        "requests": [],
        "counts": dict.fromkeys(COUNTED, 0),
        "max_in_flight": 0,
    }
    assert cloud.pc_jobs().status == 200


def test_requests_in_flight_are_counted(cloud):
    cloud.set(latency={"pc": 0.8})
    cloud.bearer(PC_SCOPE)
    with ThreadPoolExecutor(5) as pool:
        assert [reply.status for reply in pool.map(lambda _number: cloud.pc_jobs(), range(5))] == [200] * 5
    assert cloud.simulator.log()["max_in_flight"] == 5


def test_requests_that_cannot_be_read_are_logged(cloud):
    cloud.send("POST", "/nowhere?a=1", b"\xff\xfe", {"Content-Type": "application/json"})
    entry = cloud.simulator.requests("unknown")[0]
    assert (entry["path"], entry["query"], entry["body"], entry["status"]) == ("/nowhere", {"a": "1"}, "2 bytes", 404)


# The process


def run(*arguments, **more):
    return subprocess.run(
        [sys.executable, str(FOLDER), *map(str, arguments)],
        check=False,
        capture_output=True,
        text=True,
        timeout=30,
        **more,
    )


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "example.com", "::"])
def test_only_loopback_is_listened_on(host, capsys):
    for command in ([], ["proxy"]):
        with pytest.raises(SystemExit) as ended:
            cli.main([*command, "--host", host, "--stop-after", "0.1"])
        assert ended.value.code == 2
        assert "loopback" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["{", "[]", '{"nothing": 1}', '{"clients": 5}'])
def test_a_state_file_that_cannot_be_used_is_told(tmp_path, text, capsys):
    path = tmp_path / "state.json"
    path.write_text(text, "utf-8")
    assert cli.main(["--state", str(path)]) == 2
    assert capsys.readouterr().err.startswith("the state cannot be used")


def test_it_stops_by_itself(tmp_path):
    done = run("--stop-after", "0.2")
    assert done.returncode == 0
    assert done.stdout.startswith("listening on http://127.0.0.1:")
    assert "stopped after 0.2 seconds" in done.stderr


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, "stdin", "order"])
def test_it_stops_when_told_even_with_requests_open(tmp_path, how):
    ready = tmp_path / "ready.json"
    state = tmp_path / "state.json"
    state.write_text(json.dumps({"faults": [{"kind": "hang"}], "latency": {"identity": 600}}), "utf-8")
    command = [sys.executable, str(FOLDER), "--ready-file", str(ready), "--stop-with-stdin", "--state", str(state)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin is not None and process.stdout is not None and process.stderr is not None
        said = process.stdout.readline().decode()
        while not ready.exists():
            assert process.poll() is None
        told = json.loads(ready.read_text("utf-8"))
        assert told["pid"] == process.pid
        assert said == f"listening on {told['url']}\n"

        def open_requests() -> int:
            connection = http.client.HTTPConnection("127.0.0.1", told["port"], timeout=60)
            connection.request("GET", "/simulator/log")
            found = json.load(connection.getresponse())["requests"]
            connection.close()
            return len(found)

        hanging, gone = (socket.create_connection(("127.0.0.1", told["port"]), 60) for _which in range(2))
        hanging.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        gone.sendall(b"POST /connect/token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")
        while open_requests() < 2:
            pass
        gone.close()
        open_requests()  # by its answer, it has seen that the other client has gone
        if how == "stdin":
            process.stdin.close()
        elif how == "order":
            connection = http.client.HTTPConnection("127.0.0.1", told["port"], timeout=60)
            connection.request("POST", "/simulator/stop")
            assert connection.getresponse().status == 200
            connection.close()
        else:
            process.send_signal(how)
        assert process.wait(60) == 0
        assert process.stderr.read() == b""
        hanging.close()


def test_it_waits_for_files_with_large_numbers_as_a_long_list_of_connections_has():
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(limits[0], 1100), limits[1]))
    here, there = socket.socketpair()
    number = fcntl.fcntl(here, fcntl.F_DUPFD, 1050)
    with here, there, cli.ExactSelector() as selector:
        selector.register(number, selectors.EVENT_READ)
        assert selector.select(0) == selector.select(-1) == []
        there.send(b"x")
        assert [key.fd for key, _events in selector.select(60)] == [number]
        assert [key.fd for key, _events in selector.select()] == [number]
    os.close(number)
    resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def test_the_ready_file_says_where_it_is(cloud):
    ready = cloud.simulator.ready
    assert ready["url"] == f"http://127.0.0.1:{ready['port']}"
    assert ready["identity_url"] == ready["url"] + "/connect/token"
    assert ready["ca_path"] is None
    os.kill(ready["pid"], 0)


def test_the_example_can_be_used_as_printed(tmp_path):
    done = run("--example", "--stop-after", "0.2")
    for name in ("GRAPH_URL", "IDENTITY_URL", "CLIENT_ID", "CLIENT_SECRET"):
        assert f"export AVEPOINT_{name}=" in done.stdout
    assert "export BASELINES=" in done.stdout
    with Simulator(example=True) as simulator:
        example = simulator.example
        client_ids = [entry["client_id"] for entry in example["clients"]]
        assert len(set(client_ids)) == len(SCOPES)
        assert all(entry["client_secret"] not in done.stdout for entry in example["clients"])
        assert simulator.state() == example
        assert len(example["tenants"]) >= 3
        scopes = {**SCOPES}
        scopes["pc"] += (APPLY_SCOPE, BASELINES_SCOPE, BASELINES_WRITE_SCOPE)
        scopes["m365"] += (RESTORE_SCOPE,)
        assert [entry["scopes"] for entry in example["clients"]] == [list(entry) for entry in scopes.values()]
        assert [baseline["name"] for baseline in example["baselines"]] == ["Standard", "Teams"]
        assert all(example[product]["jobs"] for product in ("m365", "google", "iaas", "salesforce", "aos", "opus"))
        assert [customer.get("no_products", False) for customer in example["customers"]] == [False, False, True]


def test_the_simulator_is_loaded_by_its_path_too():
    spec = importlib.util.spec_from_file_location("simulator_client", FOLDER / "client.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with module.Simulator({"clients": []}) as simulator:
        assert simulator.log()["requests"] == []


def test_a_simulator_that_does_not_start_says_why():
    with pytest.raises(ControlError, match="invalid choice"):
        Simulator(tls_fault="none").start()


# TLS


def handshake(simulator, name):
    context = ssl.create_default_context(cafile=simulator.ca_path)
    with (
        socket.create_connection(("127.0.0.1", simulator.port), 5) as plain,
        context.wrap_socket(plain, server_hostname=name) as secured,
    ):
        return secured.version()


def test_tls_is_served_with_a_private_ca(tls_simulator):
    assert tls_simulator.url.startswith("https://")
    for name in ("localhost", "127.0.0.1"):
        assert handshake(tls_simulator, name) in ("TLSv1.2", "TLSv1.3")
    with pytest.raises(ssl.SSLCertVerificationError):
        ssl.create_default_context().wrap_socket(
            socket.create_connection(("127.0.0.1", tls_simulator.port), 5), server_hostname="localhost"
        )
    assert tls_simulator.log()["requests"] is not None


@pytest.mark.parametrize(("fault", "told"), [("expired", "expired"), ("wrong_host", "IP address mismatch")])
def test_a_server_certificate_can_be_wrong(request, fault, told):
    simulator = request.getfixturevalue(f"{fault}_simulator")
    simulator.clear_log()
    with pytest.raises(ssl.SSLCertVerificationError, match=told):
        handshake(simulator, "127.0.0.1")
    assert simulator.log()["requests"] == []


# Certificates


def test_a_client_certificate_comes_in_every_form(tmp_path):
    password = "known to this test alone"
    made = make_client_certificate(tmp_path, password)
    public = x509.load_pem_x509_certificate(Path(made["certificate"]).read_bytes())
    assert b"PRIVATE" not in Path(made["certificate"]).read_bytes()
    for kind, secret in (("pem", None), ("pem_key_first", None), ("pem_encrypted", password.encode())):
        data = Path(made[kind]).read_bytes()
        key = serialization.load_pem_private_key(data, secret)
        assert key.public_key().public_numbers() == public.public_key().public_numbers()
        assert x509.load_pem_x509_certificate(data[data.index(b"-----BEGIN CERT") :]) == public
    for kind, secret in (("pfx", password.encode()), ("pfx_without_password", None)):
        _key, found, _others = pkcs12.load_key_and_certificates(Path(made[kind]).read_bytes(), secret)
        assert found == public
    with pytest.raises(ValueError):
        pkcs12.load_key_and_certificates(Path(made["pfx"]).read_bytes(), b"wrong")
    assert {path.stat().st_mode & 0o077 for path in tmp_path.iterdir()} == {0}


def test_a_password_is_made_up_and_told(tmp_path):
    made = json.loads(run("certificate", tmp_path).stdout)
    assert pkcs12.load_key_and_certificates(Path(made["pfx"]).read_bytes(), made["password"].encode())[0]


# The proxy


def through(proxy, simulator, credentials=None):
    """A token request through the proxy: absolute-form for http, a tunnel for https."""
    where, target = urlsplit(proxy.url), urlsplit(simulator.identity_url)
    headers = dict(FORM)
    given = {}
    if credentials:
        given["Proxy-Authorization"] = "Basic " + base64.b64encode(credentials.encode()).decode()
    body = urlencode({"grant_type": "password"})
    if target.scheme == "http":
        connection = http.client.HTTPConnection(str(where.hostname), where.port, timeout=60)
        connection.request("POST", simulator.identity_url, body, {**headers, **given})
    else:
        context = ssl.create_default_context(cafile=simulator.ca_path)
        connection = http.client.HTTPSConnection(str(where.hostname), where.port, timeout=5, context=context)
        connection.set_tunnel(str(target.hostname), target.port, given)
        connection.request("POST", target.path, body, headers)
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found


def test_the_proxy_passes_on_plain_requests(cloud, proxy):
    cloud.simulator.clear_log()
    proxy.clear_log()
    status, body = through(proxy, cloud.simulator)
    assert (status, json.loads(body)["error"]) == (400, "unsupported_grant_type")
    log = proxy.log()
    assert (log["count"], log["requests"][0]["method"], log["requests"][0]["status"]) == (1, "POST", 400)
    assert log["requests"][0]["target"] == cloud.simulator.identity_url
    proxy.clear_log()
    assert proxy.requests() == []
    entry = cloud.simulator.requests("identity")[0]
    assert entry["headers"]["host"] == f"127.0.0.1:{cloud.simulator.port}"


def test_the_proxy_makes_tunnels(tls_simulator, proxy):
    proxy.clear_log()
    said = len(proxy.errors())
    assert through(proxy, tls_simulator)[0] == 400
    assert proxy.requests()[0]["method"] == "CONNECT"
    assert proxy.requests()[0]["target"] == f"127.0.0.1:{tls_simulator.port}"
    assert proxy.errors()[said:] == ""


def test_the_proxy_asks_for_credentials(cloud, tls_simulator):
    cloud.simulator.clear_log()
    with Proxy("name:p:word") as proxy:  # a password with a colon
        assert through(proxy, cloud.simulator)[0] == 407
        assert through(proxy, cloud.simulator, "name:wrong")[0] == 407
        assert through(proxy, cloud.simulator, "name:p:word")[0] == 400
        assert through(proxy, tls_simulator, "name:p:word")[0] == 400
        with pytest.raises(OSError, match="407"):
            through(proxy, tls_simulator)
        assert [entry["status"] for entry in proxy.requests()] == [407, 407, 400, 200, 407]
    assert [entry["headers"].get("proxy-authorization") for entry in cloud.simulator.requests("identity")] == [None]


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("GET", "http://192.0.2.1/", 403),
        ("GET", "http://identity.example/connect/token", 403),
        ("CONNECT", "identity.example:443", 403),
        ("CONNECT", "192.0.2.1:443", 403),
        ("GET", "/elsewhere", 403),
        ("GET", "http://127.0.0.1:1/", 502),
        ("CONNECT", "127.0.0.1:1", 502),
    ],
)
def test_the_proxy_goes_to_loopback_only(proxy, method, target, status):
    with socket.create_connection(("127.0.0.1", proxy.port), 5) as connection:
        connection.sendall(f"{method} {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert connection.recv(1000).split()[1] == str(status).encode()


def test_nothing_of_the_collection_s_own_code_is_used():
    """Or both would be wrong together."""
    for path in Path(client.__file__).parent.glob("*.py"):
        assert "plugins" not in path.read_text("utf-8"), path
