# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

from ansible_collections.avepoint.cloud.plugins.module_utils._options import CONNECTION


class ModuleDocFragment:
    # For plugins other than modules: they read environment variables by their documentation. Goes together with the
    # fragment avepoint.cloud.connection, and is made from the table that modules read them by.
    DOCUMENTATION = json.dumps(
        {
            "options": {
                name: {"env": [{"name": variable} for variable in spec["fallback"][1]]}
                for name, spec in CONNECTION.items()
                if "fallback" in spec
            }
        }
    )
