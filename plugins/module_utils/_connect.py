# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Creates the client that the connection options describe."""

from __future__ import annotations

import importlib.util
import json
import os
import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils import _connection
from ansible_collections.avepoint.cloud.plugins.module_utils._client import Client
from ansible_collections.avepoint.cloud.plugins.module_utils._errors import InvalidInput, MissingLibrary
from ansible_collections.avepoint.cloud.plugins.module_utils._http import Transport
from ansible_collections.avepoint.cloud.plugins.module_utils._login import (
    GivenToken,
    Login,
    TokenStore,
    usable_token,
)
from ansible_collections.avepoint.cloud.plugins.module_utils._options import from_environment, record_folder
from ansible_collections.avepoint.cloud.plugins.module_utils._product import Endpoint
from ansible_collections.avepoint.cloud.plugins.module_utils._secrets import Secrets, unreadable
from ansible_collections.avepoint.cloud.plugins.module_utils._sender import Sender, Timing
from ansible_collections.avepoint.cloud.plugins.module_utils._token_endpoint import (
    ClientSecret,
    Credential,
    TokenEndpoint,
)


def connect(
    params: dict,
    endpoint: type[Endpoint],
    secrets: Secrets,
    timing: Timing = Timing(),  # noqa: B008 - a tuple that nobody can change
    tokens: TokenStore | None = None,
    credential: Credential | GivenToken | None = None,
) -> Client:
    """The client for the API of ``endpoint`` that checked options describe. Secrets in its calls are added to ``secrets``.

    ``tokens`` is where equal logins share a token, unless ``share_login`` is false. ``credential`` is the one in the options, if
    it has been read already.

    :raises InvalidInput: naming the option and what is allowed.
    :raises MissingLibrary: when a library that is needed is not installed.
    """
    if importlib.util.find_spec("jsonschema") is None:
        raise MissingLibrary("jsonschema")
    graph_url = _connection.graph_url(params, endpoint)
    identity_url = _connection.identity_url(params)
    proxy = _connection.proxy_url(params["proxy"])
    credential = credential or credential_of(params, timing.now)
    verify = _connection.verification(params)
    transport = _transport(secrets, verify, proxy, params["max_concurrency"])
    for url in (identity_url, graph_url):
        transport.proxies_for(url)  # fails early if the environment names an unusable proxy
    tries = (params["request_timeout"], params["max_retries"], params["max_retry_delay"])
    sender = Sender(transport, *tries, timing, params["max_concurrency"])
    if isinstance(credential, GivenToken):
        login: GivenToken | Login = credential
    else:
        token_endpoint = TokenEndpoint(sender, identity_url, endpoint.api, secrets)
        scopes = params["scopes"] or endpoint.scopes
        place = None
        if tokens is not None and params["share_login"]:
            # Only logins by the same route share a token: without a check of certificates, it may come from an attacker.
            route = json.dumps([verify, transport.proxies_for(identity_url)], sort_keys=True)
            place = tokens.place((identity_url, *credential.facts, route, *scopes))
        login = Login(token_endpoint, credential, scopes, timing.clock, place)
    return Client(sender, graph_url, login, endpoint.api, secrets)


def _transport(secrets: Secrets, *args: t.Any) -> Transport:
    """The transport; it records its exchanges if the environment asks for it."""
    folder = record_folder()
    if folder is None:
        return Transport(*args)
    from ansible_collections.avepoint.cloud.plugins.module_utils import _recording  # most tasks do not need it

    return _recording.RecordingTransport(_recording.Recording(folder, secrets), *args)


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
