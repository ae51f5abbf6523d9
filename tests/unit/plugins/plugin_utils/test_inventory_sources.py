# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.avepoint.cloud.plugins.plugin_utils._inventory_sources import unread
from ansible_collections.avepoint.cloud.tests.unit.plugins.plugin_utils.gate_data import cut


def unread_of(sources, marks):
    return unread(sources, {"avepoint_tenants": ["a"]}, {"a": {"avepoint_tenants_sources": marks}})


def test_a_source_that_was_read_is_whole(tmp_path):
    source = tmp_path / "x.avepoint_tenants.yml"
    source.write_text("plugin: avepoint.cloud.tenants\n")
    (tmp_path / "hosts.yml").write_text("all: {hosts: {a: {}}}\n")
    (tmp_path / "group_vars").mkdir()
    (tmp_path / "group_vars" / "not.avepoint_tenants.yml").write_text("a: b\n")
    for sources in ([str(source)], [str(tmp_path)], ["a,b", str(tmp_path / "hosts.yml"), str(source)]):
        assert unread_of(sources, {str(source): ""}) == []


@pytest.mark.parametrize("marks", [{}, None, "", []])
@pytest.mark.parametrize(
    "content",
    [
        "plugin: avepoint.cloud.tenants\n",
        "---\n'plugin': \"avepoint.cloud.tenants\"\n",
        "x: 1\nplugin : avepoint.cloud.tenants",
        '{"strict": true, "plugin": "avepoint.cloud.tenants"}',
        "{plugin: avepoint.cloud.tenants}",
    ],
)
@pytest.mark.parametrize("name", ["x.avepoint_tenants.yaml", "other.yml"])
def test_one_that_was_not_is_named_in_a_folder_too(tmp_path, name, content, marks):
    (tmp_path / name).write_text(content)
    for source in (tmp_path, tmp_path / name):
        (sentence,) = unread_of([str(source)], marks)
        assert sentence.startswith(f"The tenants of {tmp_path / name} could not be read: Ansible warned of it")


def test_one_that_is_not_there_is_named_and_one_that_failed_with_its_reason(tmp_path):
    missing = tmp_path / "gone.ini"
    first, second = unread_of([str(missing)], {"/in/a/workflow.yml": "The login was\nrefused."})
    assert first.startswith("The tenants of /in/a/workflow.yml could not be read: The login was refused. Not all")
    assert second.startswith(f"The tenants of {missing} could not be read: there is no such file. Not all")


def test_only_what_ansible_takes_for_a_source_is_one(tmp_path):
    for folder in (".hidden", "host_vars", "below"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "avepoint_tenants.yml").write_text("x")
    (tmp_path / ".avepoint_tenants.yml").write_text("x")
    (sentence,) = unread_of([str(tmp_path)], {})
    assert sentence.startswith(f"The tenants of {tmp_path / 'below' / 'avepoint_tenants.yml'} could not be read: ")


def test_what_cannot_be_opened_may_have_tenants(tmp_path):
    (tmp_path / "loop.yml").symlink_to("loop.yml")
    assert [sentence.split()[3] for sentence in unread_of([str(tmp_path)], {})] == [str(tmp_path / "loop.yml")]


def test_a_text_of_the_server_is_cut():
    (sentence,) = unread_of([], {"/p": "r" * 2000})
    assert sentence.startswith(f"The tenants of /p could not be read: {cut('r', 1000)}. Not all")


def test_without_tenants_nothing_was_read(tmp_path):
    source = tmp_path / "avepoint_tenants.yml"
    source.write_text("x")
    assert len(unread([str(source)], {}, {})) == 1
    assert unread([], {}, {}) == []
    assert unread(["/etc/ansible/hosts"], {}, {}) == []
