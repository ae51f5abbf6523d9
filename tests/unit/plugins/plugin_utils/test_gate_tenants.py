# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.avepoint.cloud.plugins.plugin_utils._gate_tenants import outcome
from ansible_collections.avepoint.cloud.tests.unit.plugins.plugin_utils.gate_data import cut

BEGUN = {"all": [], "avepoint_gate_tenants_begun_1": [], "avepoint_gate_tenants_begun_2": []}
MSG = "The gate did not pass (Process Center, 1 job).\n  - failed: deploy X\n  - missing: job Y\nRequired: all."


@pytest.mark.parametrize(
    ("groups", "hosts", "number", "failed"),
    [
        ({}, [], 0, []),
        ({}, ["a"], 0, ["a"]),
        (BEGUN, ["a", "b"], 2, ["a", "b"]),
        ({**BEGUN, "avepoint_gate_tenants_passed_1": ["a", "b"]}, ["a", "b"], 2, ["a", "b"]),
        ({**BEGUN, "avepoint_gate_tenants_passed_2": ["b", "c"]}, ["a", "b"], 2, ["a"]),
        ({**BEGUN, "avepoint_gate_tenants_passed_2": ["a", "b"]}, ["a", "b"], 2, []),
        ({**BEGUN, "avepoint_gate_tenants_begun_x": []}, ["a"], 2, ["a"]),
    ],
)
def test_who_has_passed_is_in_the_group_of_this_gate(groups, hosts, number, failed):
    made = outcome(groups, hosts, {}, hosts)
    assert made["number"] == number
    assert made["result"] == {"passed": bool(hosts) and not failed, "total": len(hosts), "failed": failed}
    assert made["lines"][0] == f"{len(hosts) - len(failed)} of {len(hosts)} tenants passed."
    assert len(made["lines"]) == 1 + len(failed)


@pytest.mark.parametrize(
    ("variables", "line"),
    [
        ({}, "a did not: It was not judged, because "),
        ({"gate_tenants_said": {"gate": 1, "msg": "old"}}, "a did not: It was not judged, because "),
        ({"gate_tenants_said": {"gate": "2", "msg": MSG}}, "a did not: failed: deploy X missing: job Y"),
        ({"gate_tenants_said": {"gate": 2, "msg": MSG.splitlines()}}, "a did not: failed: deploy X missing: job Y"),
        ({"gate_tenants_said": {"gate": 2, "msg": "x\ny"}, "avepoint_tenant_name": "A\nB"}, "a (A B) did not: x y"),
    ],
)
def test_a_line_says_why_one_did_not(variables, line):
    first, left_out, second = outcome(BEGUN, ["a"], {"a": variables}, ["a", "b", "c"])["lines"]
    assert first == "0 of 1 tenants passed."
    assert left_out == "The limit leaves out 2 more, which were not judged."
    assert second.startswith(line)


def test_a_text_of_the_server_is_cut():
    said = {"gate_tenants_said": {"gate": 2, "msg": "m" * 2000}, "avepoint_tenant_name": "n" * 500}
    assert outcome(BEGUN, ["a"], {"a": said}, ["a"])["lines"][1] == f"a ({cut('n', 100)}) did not: {cut('m', 1300)}"
