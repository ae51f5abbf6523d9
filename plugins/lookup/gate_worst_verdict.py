# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: gate_worst_verdict
short_description: The verdict of a gate over several hosts
version_added: 1.0.0
author: The avepoint.cloud contributors (@avepoint-cloud)
description:
  - Returns the verdict of this host when it did not pass, otherwise that of another host of the play whose gate did not pass,
    and otherwise that of this host.
  - The last verdict of each host is remembered for the run of C(ansible-playbook), in Ansible's temporary folder.
  - >-
    AWX passes on what is published as extra variables, in which Ansible evaluates templates. Therefore no text of the verdict can be a
    template. Letters, digits, spaces, ends of lines, characters beyond ASCII and C(- _ . , : / @ +) stay as they are, and any other
    punctuation becomes its full-width form, which looks alike.
  - It is how the role P(avepoint.cloud.job_gate#role) publishes one verdict for several hosts, and of little use on its own.
options:
  _terms:
    description: The verdict of this host.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Look at the jobs, on each host
  avepoint.cloud.avepoint_d365_jobs_info:
    region: us
  register: result

- name: Publish one verdict for all hosts of the play
  ansible.builtin.set_stats:
    data:
      job_gate_result: "{{ lookup('avepoint.cloud.gate_worst_verdict', result | avepoint.cloud.gate_verdict) }}"
"""

RETURN = r"""
_raw:
  description: One verdict, as P(avepoint.cloud.gate_verdict#filter) returns it, with texts that cannot be templates.
  type: list
  elements: dict
"""

import typing as t

from ansible import constants
from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ansible_collections.avepoint.cloud.plugins.module_utils._text import inert
from ansible_collections.avepoint.cloud.plugins.plugin_utils._gate_hosts import worst


class LookupModule(LookupBase):
    def run(self, terms: t.Any, variables: dict | None = None, **kwargs: t.Any) -> list[dict]:
        if len(terms) != 1 or not isinstance(terms[0], dict):
            raise AnsibleLookupError("gate_worst_verdict takes one verdict.")
        given = variables or {}
        host = str(given["inventory_hostname"])
        hosts = [str(other) for other in given.get("ansible_play_hosts_all", [])]
        return [inert(worst(terms[0], host, hosts, constants.DEFAULT_LOCAL_TMP))]
