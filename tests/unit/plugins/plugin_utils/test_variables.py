# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible.errors import AnsibleError, AnsibleUndefinedVariable

from ansible_collections.avepoint.cloud.plugins.plugin_utils._variables import evaluated, without


class Templar:
    """Takes values as they are, raises what is an exception, and leaves out what is `omit` since ansible-core 2.19."""

    def __init__(self) -> None:
        self.available_variables: dict = {}

    def template(self, value: dict, fail_on_undefined: bool = False) -> dict:
        assert fail_on_undefined, "else a text with braces would be taken for the value"
        assert value.items() <= {key[2:]: one for key, one in self.available_variables.items()}.items()
        for one in value.values():
            if isinstance(one, Exception):
                raise one
        return {key: one for key, one in value.items() if one is not omitted}


omitted = object()


def test_a_role_has_the_values_that_are_there():
    given = {"x_a": 1, "x_b": "OMIT", "x_c": {"d": "OMIT", "e": 2}, "x_f": omitted, "x_other": 3, "omit": "OMIT"}
    names = ("a", "b", "c", "f", "gone")
    assert evaluated(Templar(), given, "x_", names) == ({"a": 1, "c": {"e": 2}}, [])
    del given["omit"]
    assert evaluated(Templar(), given, "x_", names) == ({"a": 1, "b": "OMIT", "c": {"d": "OMIT", "e": 2}}, [])


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (AnsibleUndefinedVariable("Unable: 'my_var' is undefined. In s3cret"), ": 'my_var' is undefined"),
        (
            AnsibleUndefinedVariable("'dict object' has no attribute 'port'. s3cret"),
            ": 'dict object' has no attribute 'port'",
        ),
        (AnsibleUndefinedVariable("'s3cret!' is undefined"), ""),
        (AnsibleError("'s3cret' is undefined"), ""),
        (ZeroDivisionError("s3cret"), ""),
    ],
)
def test_what_cannot_be_evaluated_is_named_and_the_rest_goes_on(error, said):
    given = {"x_a": error, "x_b": 2}
    assert evaluated(Templar(), given, "x_", ("a", "b")) == ({"b": 2}, [f"x_a cannot be evaluated{said}."])


def test_what_is_omitted_is_left_out_however_deep():
    value = {"a": "OMIT", "b": ["A", "OMIT"], "c": {"d": "OMIT", "e": ("OMIT", 1)}, "f": None}
    assert without("OMIT", value) == {"b": ["A"], "c": {"e": [1]}, "f": None}
    assert without(None, value) is value
    assert without("", {"a": ""}) == {"a": ""}
