# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The calls of the products, as these tests write them."""

from __future__ import annotations

from typing import Any

# What each product is asked by; elements has the customer in its path.
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
# What a call cannot be without.
REQUIRED: dict[str, dict[str, Any]] = {"salesforce": {"startTime": "2020-01-01", "finishTime": "2040-01-01"}}
