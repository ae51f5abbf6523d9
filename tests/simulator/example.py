# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An example state: a client for each product, a few tenants and customers, and jobs that start and end within half a minute."""

from __future__ import annotations

import secrets
import uuid
from pathlib import Path
from typing import Any

from .client import APPLY_SCOPE, BASELINES_SCOPE, BASELINES_WRITE_SCOPE, RESTORE_SCOPE, SCOPES

# What the clients may do beyond reading jobs, so that the modules that start something can be tried, too.
STARTING = {"pc": (APPLY_SCOPE, BASELINES_SCOPE, BASELINES_WRITE_SCOPE), "m365": (RESTORE_SCOPE,)}

# The names of the clients, by the product that each is for.
NAMES = {
    "pc": "Process Center",
    "d365": "Cloud Backup for Dynamics 365",
    "m365": "Cloud Backup for Microsoft 365",
    "google": "Cloud Backup for Google Workspace",
    "iaas": "Cloud Backup for IaaS + PaaS",
    "salesforce": "Cloud Backup for Salesforce",
    "aos": "AvePoint Online Services",
    "opus": "AvePoint Opus",
    "elements": "AvePoint Elements",
}


def example_state() -> dict[str, Any]:
    """An example state; ids and secrets are random."""

    def client(product: str) -> dict[str, Any]:
        return {
            "name": NAMES[product],
            "client_id": str(uuid.uuid4()),
            "client_secret": secrets.token_urlsafe(30),
            "scopes": [*SCOPES[product], *STARTING.get(product, ())],
        }

    def tenant(name: str, jobs: list[dict[str, Any]], **properties: Any) -> dict[str, Any]:
        ids = {"customer_id": str(uuid.uuid4()), "tenant_id": str(uuid.uuid4())}
        return {**ids, "name": name, **properties, "jobs": [{"job_id": str(uuid.uuid4()), **job} for job in jobs]}

    baselines = [{"baseline_id": str(uuid.uuid4()), "name": name, "status": 3} for name in ("Standard", "Teams")]
    baseline = {"baselineId": baselines[0]["baseline_id"], "baselineName": baselines[0]["name"], "version": 3}
    organizations = [{"id": str(uuid.uuid4()), "name": f"org{number}.crm.dynamics.example"} for number in (1, 2)]
    return {
        "clients": [client(product) for product in NAMES],
        "tenants": [
            tenant(
                "Example Trading",
                [
                    {"type": 1, "timeline": [[0, 0], [5, 1], [20, 2]]},
                    {"type": 4, "timeline": [[0, 1], [12, 2]]},
                    {"type": 7, "status": 2},
                ],
                status=3,
                applied_baselines=[baseline],
            ),
            tenant(
                "Example Foods",
                [
                    {"type": 5, "timeline": [[0, 1], [10, 3]]},
                    {"type": 7, "timeline": [[0, 0], [8, 1], [16, 5]]},
                ],
                status=2,
                drift_detected=4,
                drift_detected_time="2026-01-05T06:30:00Z",
                applied_baselines=[baseline],
            ),
            tenant("Example Logistics", [{"type": 3, "status": 2}, {"type": 2, "status": 4}], auto_alignment=1),
        ],
        "baselines": baselines,
        "d365": {
            "organizations": organizations,
            "jobs": [
                {"job_id": "DCIB0001", "type": 1, "timeline": [[0, 2], [15, 3]], "start_time": -120},
                {"job_id": "DCIR0002", "type": 2, "timeline": [[0, 2], [25, 3]], "start_time": -90},
                {"job_id": "DCIB0003", "type": 1, "status": 3, "start_time": -7200, "finish_time": -5400},
                {"job_id": "DCIB0004", "type": 16, "status": 7, "start_time": -10800, "finish_time": -9000},
                {"job_id": "DCIB0005", "type": 1, "status": 4, "start_time": -93600, "finish_time": -93000},
            ],
        },
        **_products(),
        "customers": _customers(),
    }


def _products() -> dict[str, Any]:
    """For each product, a job that ends within half a minute, and jobs that have ended."""
    hour = 3600
    return {
        "m365": {
            "jobs": [
                {
                    "job_id": str(uuid.uuid4()),
                    "type": 1,
                    "service": 1,
                    "timeline": [[0, 1], [15, 2]],
                    "start_time": -120,
                },
                {"job_id": str(uuid.uuid4()), "type": 1, "service": 2, "status": 2, "start_time": -2 * hour},
                {
                    "job_id": str(uuid.uuid4()),
                    "type": 1,
                    "service": 7,
                    "status": 4,
                    "start_time": -3 * hour,
                    "failedCount": 2,
                    "successfulCount": 10,
                    "errors": [
                        {
                            "isErrorCode": False,
                            "value": "Access is denied.",
                            "url": "https://example.sharepoint.com/sites/one",
                            "number": 2,
                        }
                    ],
                },
            ]
        },
        "google": {
            "jobs": [
                {"job_id": "GB0001", "type": 1, "service": 1, "timeline": [[0, 0], [15, 2]], "start_time": -120},
                {"job_id": "GB0002", "type": 1, "service": 2, "status": 3, "start_time": -2 * hour},
            ]
        },
        "iaas": {
            "jobs": [
                {"job_id": "VB0001", "type": 1, "timeline": [[0, 32], [5, 1], [15, 2]], "start_time": -120},
                {"job_id": "VB0002", "type": 60000, "service": 20000, "status": 8, "start_time": -2 * hour},
            ]
        },
        "salesforce": {
            "jobs": [
                {"job_id": "1001", "type": 1, "timeline": [[0, 1], [15, 2]], "start_time": -120},
                {"job_id": "1000", "type": 1, "status": 3, "failedRecords": 4, "start_time": -2 * hour},
            ]
        },
        "aos": {
            "jobs": [
                {"job_id": str(uuid.uuid4()), "type": 0, "timeline": [[0, 1], [15, 2]], "start_time": -120},
                {"job_id": str(uuid.uuid4()), "type": 10, "category": 3, "status": 2, "start_time": -2 * hour},
            ]
        },
        "opus": {"jobs": [{"job_id": str(uuid.uuid4()), "timeline": [[0, 0], [5, 1], [15, 2]], "start_time": -120}]},
    }


def _customers() -> list[dict[str, Any]]:
    return [
        {
            "customer_id": str(uuid.uuid4()),
            "organization": "Example Trading",
            "jobs": [
                {"job_id": "E0001", "type": 7, "module": 303, "timeline": [[0, 1], [15, 2]], "start_time": -120},
                {"job_id": "E0002", "type": 7, "module": 302, "status": 4, "failedCount": "7", "start_time": -7200},
                {"type": 0, "module": 0, "status": 2, "not_available": True},
            ],
        },
        {
            "customer_id": str(uuid.uuid4()),
            "organization": "Example Foods",
            "jobs": [{"job_id": "E0003", "type": 16, "module": 401, "status": 3, "start_time": -7200}],
        },
        {"customer_id": str(uuid.uuid4()), "organization": "Example Logistics", "no_products": True},
    ]


def explain(url: str, identity_url: str, ca_path: Path | None, state: dict[str, Any]) -> str:
    """The text that --example prints: shell commands that point a playbook at the simulator."""
    center, dynamics, *others = state["clients"]
    lines = [
        "",
        "# Where (for all modules)",
        f"export AVEPOINT_GRAPH_URL={url}",
        f"export AVEPOINT_IDENTITY_URL={identity_url}",
        *([f"export AVEPOINT_CA_PATH={ca_path}"] if ca_path else []),
        "",
        "# As the client of Process Center",
        f"export AVEPOINT_CLIENT_ID={center['client_id']}",
        f"export AVEPOINT_CLIENT_SECRET={center['client_secret']}",
        "",
        "# or as the client of Cloud Backup for Dynamics 365",
        f"export AVEPOINT_CLIENT_ID={dynamics['client_id']}",
        f"export AVEPOINT_CLIENT_SECRET={dynamics['client_secret']}",
        "",
        "# Tenants for Process Center, each with the jobs of its own",
    ]
    for tenant in state["tenants"]:
        lines.append(f"# {tenant['name']}")
        lines.append(f"export CUSTOMER_ID={tenant['customer_id']} TENANT_ID={tenant['tenant_id']}")
    lines.append(
        "# Baselines to apply, in this order, to Example Foods or Example Logistics (Example Trading is deploying)"
    )
    lines.append(f"export BASELINES={','.join(one['baseline_id'] for one in state['baselines'])}")
    for client in others:
        lines += ["", f"# or as the client of {client['name']}"]
        lines.append(f"export AVEPOINT_CLIENT_ID={client['client_id']}")
        lines.append(f"export AVEPOINT_CLIENT_SECRET={client['client_secret']}")
    lines += ["", "# The job of AvePoint Opus, which lists none"]
    lines.append(f"export OPUS_JOB_ID={state['opus']['jobs'][0]['job_id']}")
    lines += ["", "# Customers for AvePoint Elements, each with the jobs of its own"]
    for customer in state["customers"]:
        lines.append(f"# {customer['organization']}")
        lines.append(f"export ELEMENTS_CUSTOMER_ID={customer['customer_id']}")
    return "\n".join([*lines, ""])
