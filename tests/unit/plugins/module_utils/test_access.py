# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the check of access finds: each step in a world in which exactly it fails, and what is asked for once."""

from __future__ import annotations

import typing as t

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.avepoint.cloud.plugins.module_utils._access import OPTIONS, check_access
from ansible_collections.avepoint.cloud.plugins.module_utils._services import SERVICES
from ansible_collections.avepoint.cloud.tests.simulator.client import SCOPES, Simulator, a_client, a_tenant
from ansible_collections.avepoint.cloud.tests.unit.conftest import PASSWORD
from ansible_collections.avepoint.cloud.tests.unit.plugins.module_utils.support import Time

ALL = [scope for scopes in SCOPES.values() for scope in scopes]
FOREVER = {"times": -1}


class World:
    """A simulator with one client that may do everything, a tenant and a customer."""

    def __init__(self, simulator: Simulator, certificate: str | None = None, scopes: t.Sequence[str] = ALL):
        self.simulator = simulator
        self.client = a_client(*scopes, certificate=certificate)
        self.tenant = a_tenant(jobs=[{"job_id": "a", "type": 1, "status": 2}])
        self.ids = {name: self.tenant[name] for name in ("customer_id", "tenant_id")}
        self.time = Time()
        self.set()

    def set(self, *faults: dict, **state: t.Any) -> None:
        customers = [
            {"customer_id": self.ids["customer_id"], "organization": "One", "jobs": []},
            {"customer_id": "two"},
        ]
        self.simulator.put_state(
            {
                "clients": [self.client],
                "tenants": [self.tenant],
                "customers": customers,
                "d365": {"jobs": [{"job_id": "b", "type": 1, "status": 3}, {"job_id": "c", "type": 1, "status": 3}]},
                "faults": list(faults),
                **state,
            }
        )

    def check(self, *products: str, **options: t.Any) -> dict:
        """The module's result; a ``None`` among the options takes one away."""
        given = {
            "graph_url": self.simulator.url,
            "identity_url": self.simulator.identity_url,
            "client_id": self.client["client_id"],
            "client_secret": self.client.get("client_secret"),
            **self.ids,
            **options,
        }
        given = {name: value for name, value in given.items() if value is not None}
        checked = ArgumentSpecValidator(OPTIONS).validate({"products": list(products), **given})
        assert not checked.error_messages
        result = check_access(checked.validated_parameters, self.time.timing())
        assert "failed" not in result
        return result

    def logins(self) -> int:
        return self.simulator.log()["counts"]["logins"]

    def asked(self) -> list[str]:
        """The services asked for anything but tokens, in order of name."""
        services = [request["service"] for request in self.simulator.requests()]
        return sorted(service for service in services if service not in ("identity", "unknown"))


@pytest.fixture
def world(simulator: Simulator) -> World:
    return World(simulator)


def by_product(result: dict) -> dict[str, dict]:
    return {check["product"]: check for check in result["checks"]}


def steps(result: dict) -> dict[str, str | None]:
    return {check["product"]: check["step"] for check in result["checks"]}


def one(result: dict) -> dict:
    (check,) = result["checks"]
    return check


def test_everything_works_with_one_request_a_product(world: World) -> None:
    result = world.check()
    assert result["ok"] is True
    assert steps(result) == dict.fromkeys(SERVICES)
    assert all(check["ok"] and not check["skipped"] and check["error"] is None for check in result["checks"])
    assert world.asked() == sorted(["d365_v1" if name == "d365" else name for name in SERVICES])
    assert world.logins() == len(SERVICES)  # each has scopes of its own
    assert "warnings" not in result
    assert by_product(result)["pc"]["scopes"] == ["elements.bm.tenant.read.all"]
    assert by_product(result)["pc"]["login"] == "client secret"
    assert (result["certificate"], result["clock_skew"]) == (None, 0.0)


def test_the_requests_are_the_smallest_there_are(world: World) -> None:
    world.check()
    for request in world.simulator.requests():
        size = {**(request["query"] or {}), **((request.get("json") or {}).get("pageInfo") or {})}
        assert [size[name] for name in ("pageSize", "PageSize", "pagesize", "top") if name in size] in ([], [1], ["1"])


# For each step the worlds in which exactly it fails: options, faults and state, the product, step and code, words of the message.
PC = {"match": {"service": "pc"}}
LOGIN = {"match": {"service": "identity", "method": "POST"}}
WORLDS: dict[str, tuple[dict, list[dict], dict, str, str, str, str]] = {
    "no credentials": ({"client_secret": None}, [], {}, "pc", "settings", "invalid_input", "there are no credentials"),
    "no such region": (
        {"graph_url": None, "region": "mars"},
        [],
        {},
        "d365",
        "settings",
        "invalid_input",
        "region is none that is known",
    ),
    "plain http": (
        {"graph_url": "http://graph.example.test"},
        [],
        {},
        "pc",
        "settings",
        "invalid_input",
        "graph_url must begin with https://",
    ),
    "dead host name": (
        {"graph_url": "https://graph.invalid"},
        [],
        {},
        "pc",
        "connect",
        "connection_failed",
        "graph.invalid: the host name could not be resolved",
    ),
    "refused port": (
        {"identity_url": "http://127.0.0.1:1/connect/token"},
        [],
        {},
        "pc",
        "connect",
        "connection_failed",
        "127.0.0.1:1: connection refused",
    ),
    "wrong secret": (
        {"client_secret": "wrong"},
        [],
        {},
        "pc",
        "login",
        "authentication_failed",
        "[invalid_client]",
    ),
    "a scope that the app does not have": (
        {"scopes": ["x.read"]},
        [],
        {},
        "pc",
        "login",
        "authentication_failed",
        "[invalid_scope]",
    ),
    "a sign-in page for a token": ({}, [{"kind": "html", **LOGIN}], {}, "pc", "login", "invalid_response", "HTML"),
    "the logins fail": (
        {},
        [{"kind": "status", "status": 503, **FOREVER, **LOGIN}],
        {},
        "pc",
        "login",
        "server_error",
        "the token endpoint",
    ),
    "another cloud's token": (
        {"client_secret": None, "access_token": "made-up"},
        [],
        {},
        "pc",
        "login",
        "authentication_failed",
        "refused the access token",
    ),
    "no consent": (
        {},
        [{"kind": "status", "status": 403, **FOREVER, **PC}],
        {},
        "pc",
        "permission",
        "permission_denied",
        "give the app the permission elements.bm.tenant.read.all",
    ),
    "wrong region": (
        {},
        [{"kind": "status", "status": 404, **FOREVER, "match": {"service": "m365"}}],
        {},
        "m365",
        "permission",
        "not_found",
        "check region",
    ),
    "wrong tenant": (
        {"tenant_id": "other"},
        [],
        {},
        "pc",
        "permission",
        "not_found",
        "check customer_id and tenant_id",
    ),
    "too often": (
        {},
        [{"kind": "status", "status": 429, "retry_after": 0, **FOREVER, **PC}],
        {},
        "pc",
        "permission",
        "rate_limited",
        "rate limit",
    ),
    "it breaks down": (
        {},
        [{"kind": "status", "status": 500, **FOREVER, **PC}],
        {},
        "pc",
        "permission",
        "server_error",
        "try again later",
    ),
    "Opus is not there": (
        {},
        [{"kind": "status", "status": 404, **FOREVER, "match": {"service": "opus"}}],
        {},
        "opus",
        "permission",
        "not_found",
        "part of your subscription",
    ),
    "another contract": (
        {},
        [{"kind": "wrong_type", "path": "data[0].status", "value": [], **FOREVER, **PC}],
        {},
        "pc",
        "contract",
        "invalid_response",
        "data[0].status should be of type",
    ),
    "a sign-in page in place of the API": (
        {},
        [{"kind": "html", **FOREVER, **PC}],
        {},
        "pc",
        "contract",
        "invalid_response",
        "HTML",
    ),
    "it refuses what is documented": (
        {},
        [{"kind": "status", "status": 400, "message": "pageSize is odd", **FOREVER, **PC}],
        {},
        "pc",
        "contract",
        "invalid_input",
        "pageSize is odd",
    ),
    "it hangs up": (
        {},
        [{"kind": "close", **FOREVER, **PC}],
        {},
        "pc",
        "connect",
        "connection_failed",
        "no usable answer",
    ),
    "no clock": ({}, [], {"date_header": False}, "d365", "contract", "invalid_response", "no answer of"),
}


@pytest.mark.parametrize("name", WORLDS)
def test_exactly_one_step_fails(name: str, world: World) -> None:
    options, faults, state, product, step, code, words = WORLDS[name]
    world.set(*faults, **state)
    check = one(result := world.check(product, **options))
    assert (check["ok"], check["skipped"], check["step"]) == (False, False, step), check
    assert (check["error"]["code"], result["ok"]) == (code, False)
    assert words in check["msg"]
    assert "\n" not in check["msg"]
    assert "Traceback" not in check["msg"]


@pytest.mark.parametrize(
    ("server", "words"),
    [
        ("tls_simulator", "unable to get local issuer certificate): set ca_path"),
        ("expired_simulator", "certificate has expired"),
        ("wrong_host_simulator", "correct the host name in the URL"),
    ],
)
@pytest.mark.usefixtures("tls_simulator", "expired_simulator", "wrong_host_simulator")
def test_the_problem_of_a_certificate_has_its_name(server: str, words: str, request: pytest.FixtureRequest) -> None:
    cloud = request.getfixturevalue(server)
    check = one(World(cloud).check("pc", ca_path=None if server == "tls_simulator" else str(cloud.ca_path)))
    assert (check["step"], check["error"]["code"]) == ("connect", "connection_failed")
    assert words in check["msg"]


def test_the_proxy_wants_a_login(tls_simulator: Simulator, guarded_proxy: t.Any) -> None:
    check = one(World(tls_simulator).check("pc", ca_path=str(tls_simulator.ca_path), proxy=guarded_proxy.url))
    assert check["step"] == "connect"
    assert "the user and password in it" in check["msg"]
    assert check["proxy"] == guarded_proxy.url.removeprefix("http://")


def test_both_hosts_are_tried_at_once(world: World) -> None:
    check = one(world.check("pc", graph_url="https://graph.invalid", identity_url="http://127.0.0.1:1/connect/token"))
    assert check["step"] == "connect"
    assert "graph.invalid: the host name" in check["msg"]
    assert "127.0.0.1:1: connection refused" in check["msg"]
    assert check["hosts"] == ["127.0.0.1:1", "graph.invalid"]


def test_one_failing_product_does_not_hide_the_others(world: World) -> None:
    world.set({"kind": "status", "status": 403, **FOREVER, "match": {"service": "d365_v1"}})
    result = world.check()
    assert steps(result) == {**dict.fromkeys(SERVICES), "d365": "permission"}
    assert result["ok"] is False
    assert world.logins() == len(SERVICES)


def test_a_login_that_serves_several_is_asked_for_once(world: World) -> None:
    scopes = [SCOPES["pc"][0], SCOPES["m365"][0], SCOPES["iaas"][0]]
    result = world.check("pc", "m365", "iaas", scopes=scopes)
    assert result["ok"] is True
    assert world.logins() == 1
    world.set()
    result = world.check("pc", "m365", client_secret="wrong", scopes=scopes)
    assert steps(result) == {"pc": "login", "m365": "login"}
    posts = [request for request in world.simulator.requests("identity") if request["method"] == "POST"]
    assert len(posts) == 1


def test_a_given_token_needs_no_login(world: World) -> None:
    world.set()
    with_secret = world.check("pc")
    assert with_secret["ok"]
    result = world.check(
        "pc", client_secret=None, client_id=None, access_token="made-up", identity_url="http://127.0.0.1:1/x"
    )
    assert one(result)["login"] == "access token"
    assert world.logins() == 1


@pytest.mark.parametrize(
    ("product", "options", "needed"),
    [
        ("pc", {"tenant_id": None}, "customer_id and tenant_id"),
        ("pc", {"customer_id": ""}, "customer_id and tenant_id"),
        ("d365", {"graph_url": None}, "region or graph_url"),
        ("opus", {"graph_url": " "}, "region or graph_url"),
    ],
)
def test_what_lacks_an_option_is_skipped(product: str, options: dict, needed: str, world: World) -> None:
    result = world.check(product, **options)
    check = one(result)
    assert (check["skipped"], check["ok"], check["step"]) == (True, False, None)
    assert (check["msg"], check["error"]["code"]) == (f"It needs {needed}.", "invalid_input")
    assert result["ok"] is False  # nothing was checked
    assert world.simulator.requests() == []


def test_others_decide_where_one_is_skipped(world: World) -> None:
    result = world.check("pc", "elements", tenant_id=None)
    assert [(check["skipped"], check["ok"]) for check in result["checks"]] == [(True, False), (False, True)]
    assert result["ok"] is True


def test_elements_without_a_customer_asks_for_the_first(world: World) -> None:
    assert world.check("elements", customer_id=None)["ok"]
    assert world.asked() == ["customers", "elements"]
    world.set(customers=[])
    assert world.check("elements", customer_id=None)["ok"]
    assert world.asked() == ["customers"]


def test_the_other_api_of_dynamics(world: World) -> None:
    world.set(d365={"v1_status": 404, "jobs": []})
    assert world.check("d365")["ok"]
    assert world.asked() == ["d365_graph", "d365_v1"]


@pytest.mark.parametrize("offset", [7200, -7200])
def test_a_clock_that_is_off_by_two_hours(offset: int, world: World) -> None:
    world.set(date_offset=offset)
    result = world.check("pc", "d365")
    assert result["ok"] is True
    assert abs(result["clock_skew"] - offset) < 60
    (warning,) = result["warnings"]
    assert f"120 minutes {'behind' if offset > 0 else 'ahead of'}" in warning


def test_the_clock_is_known_where_the_login_is_refused(world: World) -> None:
    world.set(date_offset=7200)
    result = world.check("pc", client_secret="wrong")
    assert steps(result) == {"pc": "login"}
    assert result["clock_skew"] > 7000


def test_a_certificate_that_ends_soon(simulator: Simulator, certificate: dict[str, str]) -> None:
    with open(certificate["certificate"], encoding="utf-8") as file:
        world = World(simulator, file.read())
    result = world.check("pc", "elements", client_certificate=certificate["pfx"], client_certificate_password=PASSWORD)
    assert result["ok"] is True
    assert by_product(result)["pc"]["login"] == "client certificate"
    facts = result["certificate"]
    assert (facts["subject"], facts["days_left"]) == ("CN=client", 8)
    (warning,) = result["warnings"]
    assert warning.startswith(
        f"The client certificate CN=client ends in 8 days, on {facts['not_after']}: upload a new one"
    )


def test_less_was_granted_than_was_asked_for(world: World) -> None:
    world.set({"kind": "wrong_type", "path": "scope", "value": "other.read", **FOREVER, **LOGIN})
    result = world.check("pc", "d365")
    assert result["ok"] is True
    assert by_product(result)["pc"]["scopes"] == ["other.read"]
    assert len(result["warnings"]) == 2
    assert "elements.bm.tenant.read.all is missing, granted is other.read" in result["warnings"][0]
    assert by_product(result)["pc"]["warnings"] == result["warnings"][:1]


def test_no_secret_is_in_what_is_found(world: World) -> None:
    world.set({"kind": "echo_secret", **FOREVER})
    secret = world.client["client_secret"]
    assert secret not in str(world.check())
    assert secret not in str(world.check(graph_url=f"https://u:{secret}@127.0.0.1:1", client_secret=secret))


def test_whose_contract_is_broken_is_said_where_only_the_ids_are_odd(world: World) -> None:
    world.set(
        {"kind": "wrong_type", "path": "data[0].id", "value": "a/b", **FOREVER, "match": {"service": "customers"}}
    )
    check = one(world.check("elements", customer_id=None))
    assert (check["step"], check["error"]["http_status"]) == ("contract", 200)
    assert check["msg"].startswith("AvePoint Elements broke its contract: data[0].id is not an id")


def test_a_recording_that_cannot_be_written_is_warned_of_once(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: t.Any
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("AVEPOINT_RECORD", str(tmp_path / "file"))
    result = world.check("pc", "d365")
    assert result["ok"] is True
    assert len(result["warnings"]) == 1


def test_a_value_that_nobody_documented_is_warned_of(world: World) -> None:
    world.set({"kind": "wrong_type", "path": "data[0].status", "value": 42, **FOREVER, **PC})
    result = world.check("pc")
    assert result["ok"] is True
    (warning,) = result["warnings"]
    assert "status 42" in warning
