# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The API calls of the products, for the tests of the simulator."""

from __future__ import annotations

from typing import Any

# The path of each product's call; that of elements contains the customer.
CALLS = {
    "m365": "/backup/m365/cloudbackupjobs",
    "google": "/backup/google/admin/jobs",
    "iaas": "/backup/vm/jobs",
    "salesforce": "/backup/sfbapi/jobs",
    "aos": "/aos/jobs",
    "opus": "/api/restore/GetRestoreJobStatus",
    "elements": "/partner/external/v3/general/customers/C1/avpt-products/jobs/batch",
    "customers": "/partner/external/v3/general/customers/batch",
}
POSTED = ("elements", "customers")
# The parameters that a call requires.
REQUIRED: dict[str, dict[str, Any]] = {"salesforce": {"startTime": "2020-01-01", "finishTime": "2040-01-01"}}
