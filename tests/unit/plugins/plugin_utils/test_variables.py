# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.avepoint.cloud.plugins.plugin_utils._variables import without


def test_what_is_omitted_is_left_out_however_deep():
    value = {"a": "OMIT", "b": ["A", "OMIT"], "c": {"d": "OMIT", "e": ("OMIT", 1)}, "f": None}
    assert without("OMIT", value) == {"b": ["A"], "c": {"e": [1]}, "f": None}
    assert without(None, value) is value
    assert without("", {"a": ""}) == {"a": ""}
