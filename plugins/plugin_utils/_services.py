# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The job APIs by the names that users give products: ``job_gate_product``, and ``product`` of the event source.

Private to this collection: names and behaviour can change with any release.
"""

from __future__ import annotations

from ansible_collections.avepoint.cloud.plugins.module_utils._aos import Aos
from ansible_collections.avepoint.cloud.plugins.module_utils._dynamics365 import Dynamics365
from ansible_collections.avepoint.cloud.plugins.module_utils._elements import Elements
from ansible_collections.avepoint.cloud.plugins.module_utils._google import Google
from ansible_collections.avepoint.cloud.plugins.module_utils._iaas import Iaas
from ansible_collections.avepoint.cloud.plugins.module_utils._m365 import M365
from ansible_collections.avepoint.cloud.plugins.module_utils._opus import Opus
from ansible_collections.avepoint.cloud.plugins.module_utils._process_center import ProcessCenter
from ansible_collections.avepoint.cloud.plugins.module_utils._salesforce import Salesforce
from ansible_collections.avepoint.cloud.plugins.module_utils._service import Service

SERVICES: dict[str, type[Service]] = {
    service.name: service
    for service in (ProcessCenter, Dynamics365, M365, Google, Iaas, Salesforce, Aos, Opus, Elements)
}
