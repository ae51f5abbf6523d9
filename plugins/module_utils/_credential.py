# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the one credential that the options hold."""

from __future__ import annotations

import os
import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._errors import InvalidInput
from ansible_collections.avepoint.cloud.plugins.module_utils._login import GivenToken, usable_token
from ansible_collections.avepoint.cloud.plugins.module_utils._options import from_environment
from ansible_collections.avepoint.cloud.plugins.module_utils._secrets import unreadable
from ansible_collections.avepoint.cloud.plugins.module_utils._token_endpoint import ClientSecret, Credential


def credential_of(params: dict, now: t.Callable[[], float]) -> Credential | GivenToken:
    """The credential in the options.

    :raises InvalidInput: when there is none, or several, or it cannot be read.
    :raises MissingLibrary: when a library that it needs is not installed.
    """
    kinds = [name for name in ("client_secret", "client_certificate", "access_token") if params[name]]
    if len(kinds) > 1:
        # An option that the task sets overrides those that come from the environment.
        kinds = [name for name in kinds if params[name] != from_environment(name)] or kinds
    if not kinds:
        raise InvalidInput(
            "there are no credentials: set client_id with client_secret or client_certificate, or set access_token"
        )
    if len(kinds) > 1:
        raise InvalidInput(
            f"{' and '.join(kinds)} are alternatives: set exactly one of client_secret, client_certificate and access_token"
        )
    (kind,) = kinds
    if kind == "access_token":
        return GivenToken(usable_token(params[kind]))
    if not params["client_id"]:
        raise InvalidInput(f"client_id is missing: {kind} goes together with it")
    if kind == "client_secret":
        return ClientSecret(params["client_id"], params[kind])
    from ansible_collections.avepoint.cloud.plugins.module_utils import _certificate  # most tasks do not need it

    content = _certificate.inline_certificate(params[kind])
    if content is None:
        content = _read(params[kind])
    return _certificate.ClientCertificate(params["client_id"], content, params["client_certificate_password"], now)


def _read(path: str) -> bytes:
    """The content of the file that client_certificate names, at most 1 MiB of it.

    :raises InvalidInput: when the file cannot be read.
    """
    try:
        with open(os.path.expanduser(os.path.expandvars(path)), "rb") as file:
            return file.read(1024 * 1024)
    except (OSError, ValueError) as error:
        raise InvalidInput(
            f"client_certificate {unreadable(path, error, 'a PEM or PFX file, or its content')}"
        ) from None
