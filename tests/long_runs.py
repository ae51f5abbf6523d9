# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks of `make soak` and `make scale`."""

from __future__ import annotations


class Failed(Exception):
    """A check of the run failed."""


def must(condition: bool, message: str) -> None:
    """Raises Failed with the message unless the condition holds."""
    if not condition:
        raise Failed(message)
