# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Turns an exception into a message or a failed result. No other code does this."""

from __future__ import annotations

import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._errors import AvePointError, MissingLibrary
from ansible_collections.avepoint.cloud.plugins.module_utils._text import mask


def sentence(error: AvePointError, secrets: t.Collection[str] = ()) -> str:
    """The message of an error, with its context and without secrets; no full stop is added."""
    if isinstance(error, MissingLibrary):
        from ansible.module_utils.basic import missing_required_lib  # not every caller has imported it

        text = missing_required_lib(error.library)
    else:
        text = str(error)
    return mask(text, secrets)


def failure(error: AvePointError, secrets: t.Collection[str] = ()) -> dict:
    """The keys of a failed result: ``failed``, ``msg`` and ``error``."""
    text = sentence(error, secrets)
    msg = text if text.endswith("?") else text.rstrip(".") + "."
    return {"failed": True, "msg": msg, "error": mask(error.facts(), secrets)}
