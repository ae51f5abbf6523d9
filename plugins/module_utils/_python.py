# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Refuses a Python that is too old, before it has to read any other file of the collection.

Modules import nothing else before they have called :func:`require_supported`. The modules and this file are written for every
Python to which Ansible can send a module, from 2.7 on.
"""

import json
import sys

OLDEST = (3, 9)


def refuse(version, executable):
    """Ends the module with a sentence, as its result, if ``version`` (of ``executable``) is too old."""
    if tuple(version[:2]) >= OLDEST:
        return
    text = (
        "This module needs Python 3.9 or newer, but {} is Python {}: set ansible_python_interpreter to a newer one that has "
        "requests and jsonschema, or run the task on the controller with delegate_to: localhost."
    ).format(executable, ".".join(map(str, version[:3])))
    error = {"code": "invalid_input", "http_status": None, "request_id": None}
    sys.stdout.write(json.dumps({"failed": True, "changed": False, "jobs": [], "msg": text, "error": error}) + "\n")
    raise SystemExit(1)


def require_supported():
    """Ends the module with a failed result if the current Python is too old."""
    refuse(sys.version_info, sys.executable)
