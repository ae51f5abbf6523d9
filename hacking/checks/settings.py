# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where things are, and the numbers the checks go by."""

from __future__ import annotations

import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

# Everything that is made goes in here; hacking/run says where. BUILD=FOLDER lets two runs in one checkout keep out of each other's way.
BUILD = (ROOT / (os.environ.get("BUILD") or ".build")).resolve()
NAME = pathlib.Path("ansible_collections", "avepoint", "cloud")
COLLECTION = pathlib.Path("tree") / NAME
COLLECTIONS = BUILD / "tree"
TREE = BUILD / COLLECTION
# The same for the demo and its like, which can run while a test does.
LIVE = BUILD / "live"

PYTHON = pathlib.Path(sys.executable)
PYTHON_VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"

# Per cent of the plugins that unit and integration tests together have to run.
LINE_COVERAGE = 95.0
BRANCH_COVERAGE = 90.0

# Seconds that any one command may take.
LONGEST = 1800
