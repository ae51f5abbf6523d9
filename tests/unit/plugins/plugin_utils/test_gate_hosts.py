# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import stat

import pytest

from ansible_collections.avepoint.cloud.plugins.plugin_utils._gate_hosts import worst

HOSTS = ["a/../b", "b", "c"]
GOOD = {"passed": True, "msg": "good"}


def bad(name):
    return {"passed": False, "msg": name}


def test_a_verdict_that_did_not_pass_stays_whatever_comes_after_it(tmp_path):
    assert worst(GOOD, "b", HOSTS, str(tmp_path)) == GOOD
    assert worst(bad("of a"), HOSTS[0], HOSTS, str(tmp_path)) == bad("of a")
    assert worst(GOOD, "b", HOSTS, str(tmp_path)) == bad("of a")
    assert worst(bad("of c"), "c", HOSTS, str(tmp_path)) == bad("of c")


def test_a_verdict_that_did_not_pass_stays_though_it_cannot_be_stored(tmp_path):
    (tmp_path / "avepoint-gate").write_text("where the folder should be")
    assert worst(bad("of a"), HOSTS[0], HOSTS, str(tmp_path)) == bad("of a")
    with pytest.raises(OSError, match="avepoint-gate"):
        worst(GOOD, "b", HOSTS, str(tmp_path))


def test_the_next_gate_of_a_host_takes_the_place_of_its_last(tmp_path):
    worst(bad("first"), "b", HOSTS, str(tmp_path))
    assert worst(GOOD, "b", HOSTS, str(tmp_path)) == GOOD
    assert worst(GOOD, "c", HOSTS, str(tmp_path)) == GOOD


def test_hosts_of_another_play_do_not_count(tmp_path):
    worst(bad("of a"), HOSTS[0], HOSTS, str(tmp_path))
    assert worst(GOOD, "b", ["b", "c"], str(tmp_path)) == GOOD


def test_a_verdict_without_an_outcome_has_not_passed(tmp_path):
    assert worst({"passed": "true"}, "b", HOSTS, str(tmp_path)) == {"passed": "true"}
    assert worst(GOOD, "c", HOSTS, str(tmp_path)) == {"passed": "true"}


def test_nobody_else_can_read_it(tmp_path):
    worst(bad("of b"), "b", HOSTS, str(tmp_path))
    (folder,) = tmp_path.iterdir()
    assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700
    assert [stat.S_IMODE(os.stat(file).st_mode) for file in folder.iterdir()] == [0o600]
