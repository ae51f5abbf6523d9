# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The registry of products, by their names in options: ``job_gate_product``, ``product`` of the event source, ``products`` of the check.

Each product is one line here, its import. The documentation lists products in this order.

Private to this collection: names and behaviour can change with any release.
"""
# The registry is made of the imported classes, so no import is unused.
# flake8: noqa: F401
# pylint: disable=unused-import

from __future__ import annotations

import inspect

from ansible_collections.avepoint.cloud.plugins.module_utils._service import Service

# isort: off
from ansible_collections.avepoint.cloud.plugins.module_utils._process_center import ProcessCenter
from ansible_collections.avepoint.cloud.plugins.module_utils._dynamics365 import Dynamics365
from ansible_collections.avepoint.cloud.plugins.module_utils._m365 import M365
from ansible_collections.avepoint.cloud.plugins.module_utils._google import Google
from ansible_collections.avepoint.cloud.plugins.module_utils._iaas import Iaas
from ansible_collections.avepoint.cloud.plugins.module_utils._salesforce import Salesforce
from ansible_collections.avepoint.cloud.plugins.module_utils._aos import Aos
from ansible_collections.avepoint.cloud.plugins.module_utils._opus import Opus
from ansible_collections.avepoint.cloud.plugins.module_utils._elements import Elements

# isort: on

SERVICES: dict[str, type[Service]] = {
    each.name: each
    for each in tuple(vars().values())
    if inspect.isclass(each) and issubclass(each, Service) and not inspect.isabstract(each)
}
