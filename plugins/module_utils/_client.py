# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The API client: sends calls with an access token, gets a fresh token after a 401, and checks the answers."""

from __future__ import annotations

import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._answers import (
    Api,
    Refusal,
    read_document,
    refuse_errors,
)
from ansible_collections.avepoint.cloud.plugins.module_utils._errors import (
    AuthenticationFailed,
    AvePointError,
    InvalidInput,
    InvalidResponse,
    NotFound,
    PermissionDenied,
    RateLimited,
    ServerError,
)
from ansible_collections.avepoint.cloud.plugins.module_utils._http import Answer
from ansible_collections.avepoint.cloud.plugins.module_utils._login import GivenToken, Login
from ansible_collections.avepoint.cloud.plugins.module_utils._secrets import Secrets
from ansible_collections.avepoint.cloud.plugins.module_utils._sender import Request, Sender


class Client:
    """Calls one API at ``graph_url``, its base URL, with the access tokens of ``login``. Thread-safe.

    ``secrets`` are all secrets, including those that come up while calls run.
    """

    def __init__(self, sender: Sender, graph_url: str, login: GivenToken | Login, api: Api, secrets: Secrets):
        self.sender = sender
        self.secrets = secrets
        self._graph_url = graph_url.rstrip("/")
        self.login = login
        self._api = api
        secrets.add(*login.secrets)

    @property
    def skew(self) -> float | None:
        """The seconds by which the server's clock is ahead of this one, as :class:`Sender` has it."""
        return self.sender.skew

    def interrupted(self) -> t.ContextManager[None]:
        """A context in which the calls of other threads end with :class:`Stopped`."""
        return self.sender.interrupted()

    def call(
        self,
        method: str,
        path: str,
        schema: t.Any,
        query: dict | None = None,
        body: dict | None = None,
        starts: bool = False,
    ) -> t.Any:
        """The JSON document with which the API answers, checked by ``schema.validate`` (as of :class:`Schema`).

        Values in ``query`` that are None are not sent; ``body`` is sent as JSON. A call that ``starts`` something is sent again only
        if certainly nothing began; if it fails, :func:`may_have_begun` says whether something may have begun.

        :raises AvePointError: when there is no such document; its class says what is wrong.
        """
        url = self._graph_url + path
        content = {"params": query or {}, **({} if body is None else {"json": body})}
        token, again = self._token(), self.login.renewable
        while True:
            try:
                answer = self._send(method, url, content, token, starts)
            except AuthenticationFailed:
                if not again:
                    raise
                self.login.refused(token)
                # A token shared by others may be stale, too: only the refusal of a new token of this login is final.
                token, again = self._token(), self.login.borrowed
                self.sender.count_retry()
            else:
                self.sender.hand_over()
                document = read_document(answer, schema, self._api.name, self.secrets)
                refuse_errors(document, self._api.name)
                return document

    def log_in(self) -> None:
        """Gets an access token if there is none yet.

        :raises AvePointError: when the login fails; its class says what is wrong.
        """
        self.login.token()

    def warnings(self) -> list[str]:
        """Warnings about the requests and the login, one sentence each."""
        return [*self.sender.warnings, *self.login.warnings()]

    def _token(self) -> str:
        try:
            return self.login.token()
        except AvePointError as error:
            error.unsent = True  # the call that needs the token has not been sent
            raise

    def _send(self, method: str, url: str, content: dict, token: str, starts: bool) -> Answer:
        request = _ApiRequest(method, url, {**content, "bearer": token}, self._api, self.login.renewable, self.secrets)
        if starts:
            request.once, request.accepted = True, (200, 201)
        return self.sender.send(request)


class _ApiRequest(Request):
    def __init__(self, method: str, url: str, content: dict, api: Api, renewable: bool, secrets: Secrets):
        super().__init__(method, url)
        self._content = content
        self._api = api
        self._renewable = renewable
        self._secrets = secrets

    def content(self) -> dict:
        return self._content

    def refusal(self, answer: Answer) -> AvePointError:
        """The error for an answer that is not 200 (status codes: the vendor's "HTTP status code" section)."""
        refusal = Refusal(answer, self._secrets)
        status, quote, api = refusal.status, refusal.quote, self._api
        kind: type[AvePointError]
        if error := refusal.on_the_way(api.name, self.host, "graph_url"):
            return error
        if status == 401:
            advice = "access_token has expired or is not meant for this API, so get a new one"
            if self._renewable:
                advice = (
                    "check that graph_url and identity_url are of one cloud_environment and that scopes fit this module"
                )
            kind, text = AuthenticationFailed, f"{api.name} refused the access token{quote}: {advice}"
        elif status == 403:
            kind, text = (
                PermissionDenied,
                (
                    f"{api.name} denied access{quote}: give the app the permission {api.permission} in {api.registration}, with consent"
                ),
            )
        elif status in (404, 405, 410):
            kind, text = NotFound, f"{api.name} at {self.host} does not know what was asked for{quote}: {api.not_found}"
        elif status == 429:
            kind, text = (
                RateLimited,
                f"{api.name} refused further requests for now{quote}: its rate limit is reached, so ask less often or with a lower max_concurrency",
            )
        elif status >= 500:
            kind, text = (
                ServerError,
                f"{api.name} at {self.host} failed{quote}: try again later, and give AvePoint support the request id if it lasts",
            )
        elif status >= 400:
            kind, text = InvalidInput, f"{api.name} refused the request{quote}: correct the option that it names"
        else:
            kind, text = InvalidResponse, f"{api.name} answered without what was asked for{quote}"
        return refusal.error(kind, text)
