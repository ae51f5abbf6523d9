# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hypothesis, with the same examples in each run, whatever the machine does and whichever tests ran before."""

from __future__ import annotations

import contextlib
import os

from hypothesis import HealthCheck, settings

with contextlib.suppress(ImportError, AttributeError):  # older ones do nothing of the kind
    from hypothesis.internal.conjecture import providers

    # Hypothesis also tries the constants of those of our modules that are loaded by then: the tests before, so the order in which
    # pytest-xdist happens to hand them out, would choose the examples.
    none = providers.Constants()
    providers._get_local_constants  # noqa: B018 - that it is there
    providers._get_local_constants = lambda: none

# Only one in so many examples, for the older Pythons of the matrix. The newest run tries all of them.
ONE_IN = int(os.environ.get("EXAMPLES_ONE_IN", "1"))


def budget(examples: int) -> settings:
    """A fixed number of examples."""
    return settings(
        max_examples=-(-examples // ONE_IN),
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
