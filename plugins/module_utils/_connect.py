# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Creates the client that the connection options describe."""

from __future__ import annotations

import importlib.util
import json
import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils import _connection
from ansible_collections.avepoint.cloud.plugins.module_utils._client import Client
from ansible_collections.avepoint.cloud.plugins.module_utils._credential import credential_of
from ansible_collections.avepoint.cloud.plugins.module_utils._errors import MissingLibrary
from ansible_collections.avepoint.cloud.plugins.module_utils._http import Transport
from ansible_collections.avepoint.cloud.plugins.module_utils._login import (
    GivenToken,
    Login,
    TokenStore,
)
from ansible_collections.avepoint.cloud.plugins.module_utils._options import record_folder
from ansible_collections.avepoint.cloud.plugins.module_utils._product import Endpoint
from ansible_collections.avepoint.cloud.plugins.module_utils._secrets import Secrets
from ansible_collections.avepoint.cloud.plugins.module_utils._sender import Sender, Timing
from ansible_collections.avepoint.cloud.plugins.module_utils._token_endpoint import (
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
        transport.proxy_for(url)  # fails early if the environment names an unusable proxy
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
            route = json.dumps([verify, transport.proxy_for(identity_url)], sort_keys=True)
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
