# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How an error is told to people and to programs: the one place where an exception becomes a message or a failed result."""

from __future__ import annotations

import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._errors import AvePointError, MissingLibrary
from ansible_collections.avepoint.cloud.plugins.module_utils._text import mask


def sentence(error: AvePointError, secrets: t.Collection[str] = ()) -> str:
    """What an error says, with its context, without secrets and without a full stop."""
    if isinstance(error, MissingLibrary):
        from ansible.module_utils.basic import missing_required_lib  # which not every caller has imported

        text = missing_required_lib(error.library)
    else:
        text = str(error)
    return mask(text, secrets)


def failure(error: AvePointError, secrets: t.Collection[str] = ()) -> dict:
    """What the result of a module that failed has besides its own keys."""
    text = sentence(error, secrets)
    msg = text if text.endswith("?") else text.rstrip(".") + "."
    return {"failed": True, "msg": msg, "error": mask(error.facts(), secrets)}
