# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tag of the gate, of the reports, of the gate over tenants and of the check, for whatever tags a run has or skips."""

from __future__ import annotations

import itertools
import pathlib
import re

import yaml
from ansible import constants
from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.taggable import Taggable
from ansible.template import Templar

try:
    from ansible.template import trust_as_template
except ImportError:  # before ansible-core 2.19, all are

    def trust_as_template(text):
        return text


ROOT = pathlib.Path(__file__).parents[4]
TAGS = {
    name: yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))
    for name in (
        "roles/job_gate/tasks/main.yml",
        "roles/job_report/tasks/main.yml",
        "playbooks/gate_tenants.yml",
        "playbooks/check.yml",
    )
}
TAGS = [found[0].get("tags") or found[0]["tasks"][0]["tags"] for found in TAGS.values()]

LOADER = DataLoader()
OTHERS = ([], ["x"], ["y"], ["x", "y"], ["always"], ["x", "always"], ["never"], ["x", "never"])
CASES = [
    (run, skip)
    for run in ("all", "x", "tagged", "untagged", "always", "never", "all never", "x untagged")
    for number in (0, 1, 2, 3)
    for skip in itertools.combinations(("always", "tagged", "untagged", "all", "x"), number)
]


class Tagged(Taggable):
    """A task as far as its tags go."""

    def __init__(self, tags):
        self.tags, self._loader, self._parent = tags, LOADER, None

    def _get_all_taggable_objects(self):
        return [self]


def runs(tags, run, skip):
    return Tagged(list(tags)).evaluate_tags(run.split(), list(skip), {})


def test_all_have_the_same_but_for_what_they_say():
    assert len({re.sub("the (gate|reports|check) out", "it out", tags) for tags in TAGS}) == 1


def test_it_runs_or_ends_the_run():
    left_out, refused = [], []
    for run, skip in CASES:
        variables = {"ansible_run_tags": run.split(), "ansible_skip_tags": list(skip)}
        try:
            tag = Templar(LOADER, variables=variables).template(trust_as_template(TAGS[0]))
        except AnsibleError:
            if any(runs(tags, run, skip) for tags in OTHERS):
                refused.append((run, skip))
            continue
        if not runs([tag], run, skip):
            left_out.append((run, skip, tag))
    assert left_out == []
    assert refused == []  # where something else could have run


def test_a_tag_that_is_a_number_stays_a_text(monkeypatch):
    # Only ansible-core before 2.19 has the setting, with which a template can come to a number.
    monkeypatch.setattr(constants, "DEFAULT_JINJA2_NATIVE", True, raising=False)
    variables = {"ansible_run_tags": ["5"], "ansible_skip_tags": ["always"]}
    tag = Templar(LOADER, variables=variables).template(trust_as_template(TAGS[0]))
    assert runs([tag], "5", ["always"])
