# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The job APIs by the names that users give products: ``job_gate_product``, and ``product`` of the event source.

A product is one line here, the place of its class in ``module_utils``.

Private to this collection: names and behaviour can change with any release.
"""

from __future__ import annotations

import importlib
import typing as t

from ansible_collections.avepoint.cloud.plugins import module_utils
from ansible_collections.avepoint.cloud.plugins.module_utils._service import Service

_PLACES = (
    "_process_center.ProcessCenter",
    "_dynamics365.Dynamics365",
    "_m365.M365",
    "_google.Google",
    "_iaas.Iaas",
    "_salesforce.Salesforce",
    "_aos.Aos",
    "_opus.Opus",
    "_elements.Elements",
)


def _service(place: str) -> type[Service]:
    file, _dot, name = place.partition(".")
    return t.cast("type[Service]", getattr(importlib.import_module(f"{module_utils.__name__}.{file}"), name))


SERVICES: dict[str, type[Service]] = {service.name: service for service in map(_service, _PLACES)}
