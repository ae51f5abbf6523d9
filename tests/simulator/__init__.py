# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A simulator of the AvePoint cloud, for tests and for trying out playbooks. Start it with `python tests/simulator`."""

from __future__ import annotations
