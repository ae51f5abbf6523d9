# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Entry point of `python tests/simulator`."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

if __name__ == "__main__":
    here = Path(__file__).resolve().parent
    # Python puts this folder on sys.path when it is run by its path. The parent folder is needed instead, so that this folder
    # is a package and its modules (client, jobs, ...) do not hide other modules with the same name.
    sys.path[0] = str(here.parent)
    sys.exit(importlib.import_module(f"{here.name}.cli").main())
