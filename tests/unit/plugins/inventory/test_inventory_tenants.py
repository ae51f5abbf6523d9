# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import re

import pytest
import yaml
from ansible import template
from ansible.errors import AnsibleError, AnsibleParserError
from ansible.inventory.data import InventoryData
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.avepoint.cloud.plugins.doc_fragments import connection, environment
from ansible_collections.avepoint.cloud.plugins.inventory import tenants as plugin
from ansible_collections.avepoint.cloud.plugins.module_utils import _options
from ansible_collections.avepoint.cloud.plugins.module_utils._login import Login
from ansible_collections.avepoint.cloud.plugins.module_utils._tenants import STATUSES
from ansible_collections.avepoint.cloud.tests.unit.properties import budget

SECRET = "not-a-secret-0123456789"
trust = getattr(template, "trust_as_template", str)
HOSTILE = "{{ lookup('pipe', 'id') }}"


def tenant(number=1, **more):
    return {
        "customer_id": f"customer-{number}",
        "tenant_id": f"tenant-{number}",
        "name": f"Example {number}",
        "status": "deployed",
        "status_id": 7,
        "drift_detected": 0,
        "drift_detected_time": None,
        "last_deployed_time": None,
        "auto_alignment": False,
        "applied_baselines": [],
        **more,
    }


# Names of hosts


def test_a_name_is_readable_and_has_a_mark_of_its_ids():
    (name,) = plugin.host_names([tenant(name="Müller & Söhne (Test)")], "stable")
    assert re.fullmatch(r"muller-sohne-test-[0-9a-f]{8}", name)


def test_tenants_of_one_name_are_two_hosts_whatever_else_there_is():
    first, second, other = tenant(1, name="Same"), tenant(2, name="same!"), tenant(3, name="Other")
    names = plugin.host_names([first, second, other], "stable")
    assert len(set(names)) == 3
    assert plugin.host_names([other, second], "stable") == [names[2], names[1]]


def test_plain_names_get_a_mark_where_they_are_shared():
    tenants = [tenant(1, name="Same"), tenant(2, name="Other"), tenant(3, name="SAME")]
    first, other, second = plugin.host_names(tenants, "name")
    assert other == "other"
    assert first != second
    assert first.startswith("same-") and second.startswith("same-")


def test_ids_as_names():
    assert plugin.host_names([tenant(1), tenant(2)], "id") == ["tenant-1", "tenant-2"]
    both = plugin.host_names([tenant(1), tenant(1, customer_id="customer-2")], "id")
    assert len(set(both)) == 2


def test_no_tenant_can_take_the_name_of_another():
    first, second = tenant(1, name="Same"), tenant(2, name="Same")
    marked = plugin.host_names([first, second], "name")[0]
    names = [marked, "same-" + plugin._digest(first)]
    hosts = plugin.host_names([first, second, *(tenant(5 + i, name=name) for i, name in enumerate(names))], "name")
    assert len(set(hosts)) == 4
    assert hosts[0] == marked


@pytest.mark.parametrize("name", ["localhost", "all", "ungrouped"])
def test_a_name_that_means_something_else_gets_a_mark(name):
    (host,) = plugin.host_names([tenant(name=name)], "name")
    assert host.startswith(f"{name}-")


@pytest.mark.parametrize("name", ["", "日本", "---", "🚀"])
def test_a_name_without_a_letter(name):
    (host,) = plugin.host_names([tenant(name=name)], "stable")
    assert re.fullmatch(r"tenant-[0-9a-f]{8}", host)


def test_marks_that_happen_to_be_equal_are_written_in_full(monkeypatch):
    monkeypatch.setattr(plugin, "_digest", lambda tenant: "00000000" + tenant["tenant_id"])
    assert plugin.host_names([tenant(1, name="x"), tenant(2, name="x")], "stable") == [
        "x-00000000tenant-1",
        "x-00000000tenant-2",
    ]


@budget(60)
@given(st.lists(st.text(), max_size=20), st.sampled_from(["stable", "name", "id"]), st.randoms())
def test_names_are_sane_and_unique_and_do_not_depend_on_the_order(names, form, random):
    tenants = [tenant(number, name=name) for number, name in enumerate(names)]
    hosts = plugin.host_names(tenants, form)
    assert len(set(hosts)) == len(hosts)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", host) and len(host) < 90 for host in hosts)
    shuffled = random.sample(tenants, len(tenants))
    by_id = dict(zip((each["tenant_id"] for each in tenants), hosts))
    assert plugin.host_names(shuffled, form) == [by_id[each["tenant_id"]] for each in shuffled]


# The plugin


class Plugin(plugin.InventoryModule):
    """With options that come from the test, not from a file."""

    def __init__(self, tenants=(), **options):
        super().__init__()
        self.inventory = InventoryData()
        self.tenants = list(tenants)
        self.reads = 0
        self._cache = {}
        self.given = {
            **{name: spec.get("default") for name, spec in _options.CONNECTION.items()},
            "tenant_ids": None,
            "page_size": 100,
            "max_concurrency": 4,
            "hostname": "stable",
            "cache": False,
            "strict": True,
            "compose": {},
            "groups": {},
            "keyed_groups": [],
            "use_extra_vars": False,
            **options,
        }

    def get_option(self, option, hostvars=None):
        return self.given[option]

    def _configure(self, path):
        pass

    def get_cache_key(self, path):
        return path


def test_hosts_their_group_and_their_variables(monkeypatch):
    found = Plugin()
    found._populate([tenant(1), tenant(2)])
    assert len(found.inventory.groups["avepoint_tenants"].get_hosts()) == 2
    (host,) = (host for name, host in found.inventory.hosts.items() if name.startswith("example-1-"))
    variables = {name: value for name, value in host.vars.items() if name.startswith("avepoint_")}
    assert variables == {
        "avepoint_customer_id": "customer-1",
        "avepoint_tenant_id": "tenant-1",
        "avepoint_tenant_name": "Example 1",
        "avepoint_tenant_status": "deployed",
        "avepoint_tenant_status_id": 7,
        "avepoint_drift_detected": 0,
        "avepoint_drift_detected_time": None,
        "avepoint_last_deployed_time": None,
        "avepoint_auto_alignment": False,
        "avepoint_applied_baselines": [],
    }


def test_what_another_source_said_of_a_host_can_be_part_of_what_is_constructed():
    found = Plugin(hostname="id", groups={"firsts": trust("first == 'x'")})
    found.inventory.add_host("tenant-1")
    found.inventory.set_variable("tenant-1", "first", "x")
    found.templar = Templar(DataLoader())
    found._populate([tenant(1)])
    assert found.inventory.hosts["tenant-1"].vars["avepoint_tenant_id"] == "tenant-1"
    assert [host.name for host in found.inventory.groups["firsts"].get_hosts()] == ["tenant-1"]


@pytest.mark.parametrize(
    "constructed",
    [
        {"compose": {"x": trust("nothing if avepoint_tenant_id == 'tenant-7' else 1")}},
        {"groups": {"x": trust("nothing if avepoint_tenant_id == 'tenant-7' else true")}},
        {
            "keyed_groups": [
                {"prefix": "x", "key": trust("nothing if avepoint_tenant_id == 'tenant-7' else avepoint_tenant_id")}
            ]
        },
    ],
)
def test_half_an_inventory_is_none_and_leaves_a_mark(monkeypatch, constructed):
    served(monkeypatch, [tenant(number) for number in range(1, 13)])
    found = Plugin(**constructed)
    found.templar = Templar(DataLoader())
    found.inventory.add_host("before")
    with pytest.raises(AnsibleError, match=r"^Could not "):
        found.parse(found.inventory, None, "/here")
    assert list(found.inventory.hosts) == ["before"]
    assert list(found.inventory.groups) == ["all", "ungrouped", "avepoint_tenants"]
    marks = found.inventory.groups["avepoint_tenants"].vars["avepoint_tenants_sources"]
    assert list(marks) == ["/here"]
    assert marks["/here"].startswith("Could not ")


def test_two_sources_have_no_host_in_common_unless_it_is_the_same_tenant(monkeypatch):
    served(monkeypatch, [tenant(1, name="Same"), tenant(2)])
    found = Plugin(hostname="name")
    found.inventory.add_group("avepoint_tenants")
    found.inventory.add_host("example-2", "avepoint_tenants")  # with variables of the user's own
    found.parse(found.inventory, None, "/one")
    found.parse(found.inventory, None, "/one-again")
    served(monkeypatch, [tenant(3, name="Same"), tenant(4)])
    with pytest.raises(AnsibleError, match="other tenants as hosts of these names: same; set hostname: stable"):
        found.parse(found.inventory, None, "/other")
    assert sorted(found.inventory.hosts) == ["example-2", "same"]
    assert found.inventory.hosts["same"].vars["avepoint_tenant_id"] == "tenant-1"
    marks = found.inventory.groups["avepoint_tenants"].vars["avepoint_tenants_sources"]
    assert [bool(problem) for problem in marks.values()] == [False, False, True]


def test_each_source_leaves_a_mark(monkeypatch):
    served(monkeypatch, [tenant(1)])
    warnings = []
    found = Plugin(hostname="id")
    found.display = type("Display", (), {"warning": warnings.append})
    found.parse(found.inventory, None, "/one")
    found.given["tenant_ids"] = [" TENANT-1", "tenant-2"]
    found.parse(found.inventory, None, "/two")
    text = "tenant_ids has ids that are not there: tenant-2"
    assert found.inventory.groups["avepoint_tenants"].vars["avepoint_tenants_sources"] == {"/one": "", "/two": text}
    assert len(warnings) == 1 and warnings[0].startswith(text)


def test_no_tenants_are_an_empty_group():
    found = Plugin()
    found._populate([])
    assert found.inventory.groups["avepoint_tenants"].get_hosts() == []


def served(monkeypatch, tenants):
    reads = []

    def read(self):
        reads.append(self)
        return tenants

    monkeypatch.setattr(plugin.InventoryModule, "_read", read)
    monkeypatch.setattr(plugin.BaseInventoryPlugin, "parse", lambda self, inventory, loader, path, cache: None)
    return reads


def test_the_cache_takes_the_place_of_the_server(monkeypatch):
    reads = served(monkeypatch, [tenant(1)])
    found = Plugin(cache=True)
    found.parse(found.inventory, None, "here")
    stored = json.loads(json.dumps(found._cache))
    again = Plugin(cache=True)
    again._cache = stored
    again.parse(again.inventory, None, "here")
    assert len(reads) == 1
    assert list(again.inventory.hosts) == list(found.inventory.hosts)
    again.parse(again.inventory, None, "here", cache=False)
    assert len(reads) == 2


@pytest.mark.parametrize(
    "stored", [{}, {"here": None}, {"here": {"tenants": [{"name": "x"}]}}, {"here": {"tenants": 5}}]
)
def test_a_cache_that_cannot_be_used_is_left_alone(monkeypatch, stored):
    reads = served(monkeypatch, [tenant(1)])
    found = Plugin(cache=True)
    found._cache = stored
    found.parse(found.inventory, None, "here")
    assert len(reads) == 1


def test_without_credentials_it_says_what_a_module_says():
    with pytest.raises(AnsibleParserError, match=r"^there are no credentials: set client_id with"):
        Plugin()._read()


def test_options_out_of_range_are_refused_as_the_modules_do():
    with pytest.raises(AnsibleParserError, match=r"^page_size is 101, but must be from 1 to 100"):
        Plugin(page_size=101)._read()
    with pytest.raises(AnsibleParserError, match=r"^tenant_ids has no id in it"):
        Plugin(tenant_ids=[])._read()


def test_no_secret_is_in_an_error(monkeypatch):
    def broken(self):
        raise plugin.AvePointError(f"the server echoed {SECRET}")

    monkeypatch.setattr(plugin.Tenants, "read", broken)
    with pytest.raises(AnsibleParserError) as caught:
        Plugin(client_id="app", client_secret=SECRET)._read()
    assert "the server echoed ********" in str(caught.value)
    assert SECRET not in repr(caught.value.__dict__)
    assert caught.value.__cause__ is None


def test_a_status_that_nobody_documented_is_warned_of(monkeypatch):
    warnings = []

    def read(self):
        self.unknown = {18, 42}
        return []

    monkeypatch.setattr(plugin.Tenants, "read", read)
    found = Plugin(client_id="app", client_secret=SECRET)
    found.display = type("Display", (), {"warning": warnings.append})
    assert found._read() == []
    assert len(warnings) == 1 and "(18, 42)" in warnings[0]


def test_what_is_to_be_known_of_the_login_is_warned_of(monkeypatch):
    warnings = []
    monkeypatch.setattr(plugin.Tenants, "read", lambda self: [])
    monkeypatch.setattr(Login, "warnings", lambda self: ["It ends soon."])
    found = Plugin(client_id="app", client_secret=SECRET)
    found.display = type("Display", (), {"warning": warnings.append})
    assert found._read() == []
    assert warnings == ["It ends soon."]


# Its documentation


def test_every_variable_and_status_is_documented():
    text = "".join(yaml.safe_load(plugin.DOCUMENTATION)["description"])
    assert all(f"C({name})" in text or name == "unknown" for name in plugin.VARIABLES.values())
    assert set(re.findall(r"V\((\w+)\)", text)) == {*STATUSES.values(), "unknown"}


def test_the_environment_is_the_table_of_the_modules():
    documented = yaml.safe_load(connection.ModuleDocFragment.DOCUMENTATION)["options"]
    from_environment = yaml.safe_load(environment.ModuleDocFragment.DOCUMENTATION)["options"]
    assert documented.keys() == _options.CONNECTION.keys()
    for name, option in documented.items():
        (first, *_others) = re.findall(r"E\((\w+)\)", str(option["description"])) or [None]
        assert [entry["name"] for entry in from_environment.get(name, {"env": []})["env"]] == ([first] if first else [])
