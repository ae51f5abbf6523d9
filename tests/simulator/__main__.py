# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Entry point of `python tests/simulator`."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

if __name__ == "__main__":
    here = Path(__file__).resolve().parent
    # Run by its path, this folder itself is on sys.path; its parent is what makes it a package, and keeps
    # modules called "client" or "jobs" from hiding others of that name.
    sys.path[0] = str(here.parent)
    sys.exit(importlib.import_module(f"{here.name}.cli").main())
