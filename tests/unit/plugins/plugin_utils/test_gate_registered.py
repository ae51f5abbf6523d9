# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.avepoint.cloud.plugins.plugin_utils._gate_registered import marked_verdict

VERDICT = {"passed": True}
MARKED = {"__job_gate_run": "this", "__job_gate_verdict": VERDICT, "__job_gate_host": "one"}


@pytest.mark.parametrize(
    ("registered", "passed", "host"),
    [
        ({"ansible_facts": MARKED}, True, "one"),
        ({"ansible_facts": {**MARKED, "__job_gate_run": "another"}}, False, ""),
        ({"ansible_facts": {"__job_gate_verdict": VERDICT}}, False, ""),
        ({"ansible_facts": {**MARKED, "__job_gate_verdict": "passed"}}, False, ""),
        ({"ansible_facts": "x"}, False, ""),
        (VERDICT, False, ""),
        (None, False, ""),
    ],
)
def test_only_what_has_the_mark_of_this_run_is_a_verdict(registered, passed, host):
    verdict, judged_by = marked_verdict(registered, "this")
    assert (verdict["passed"], judged_by) == (passed, host)
