# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The secrets of a call: those in its options, and those that come up while it runs."""

from __future__ import annotations

import contextlib
import os
import re
import threading
import typing as t
from collections.abc import Set
from urllib.parse import quote_plus, unquote

from ansible_collections.avepoint.cloud.plugins.module_utils._proxy import (
    PROXY_VARIABLES,
    SCHEME,
    basic_credentials,
)

# Endings of the files that options name. A value without one that is no existing path may be a secret, pasted by mistake.
_ENDINGS = (".pem", ".pfx", ".p12", ".crt", ".cer", ".key", ".bundle")

# Shorter parts of a URL are ordinary words.
LEAST_TOKEN = 12

_MARKER = re.compile(r"-----(BEGIN|END) [A-Z0-9 ]+-----\Z")


class Secrets(Set):
    """The secrets of one call, each as it is and URL-encoded as in a form. A set that only grows; thread-safe."""

    def __init__(self, texts: t.Iterable[str] = ()):
        self._lock = threading.Lock()
        self._forms: frozenset[str] = frozenset()
        self.add(*texts)

    def add(self, *texts: str) -> None:
        """Adds secrets."""
        with self._lock:
            self._forms |= {form for text in texts for form in (text, quote_plus(text))}

    def __contains__(self, text: object) -> bool:
        return text in self._forms

    def __iter__(self) -> t.Iterator[str]:
        return iter(self._forms)

    def __len__(self) -> int:
        return len(self._forms)


def secrets_in(params: dict) -> set[str]:
    """The secrets in options, which need not have been checked."""
    found: set[str] = set()
    for name in ("client_secret", "client_certificate_password", "access_token"):
        text = str(params.get(name) or "")
        found |= {text, text.strip()}
    for name in ("client_certificate", "ca_path"):
        # The content of a certificate that was pasted, whole and by line: messages quote single lines of a key.
        text = str(params.get(name) or "")
        if text and not shown_path(text):
            found |= {text, text.strip(), *(part for part in re.split(r"\s+|\\[nr]", text) if len(part) >= 8)}
            from ansible_collections.avepoint.cloud.plugins.module_utils._certificate import inline_certificate

            with contextlib.suppress(UnicodeDecodeError):  # a PFX is binary: no message quotes its content
                found |= set((inline_certificate(text) or b"").decode().splitlines())
    proxies = [value for name, value in os.environ.items() if name.lower() in PROXY_VARIABLES]
    for url in (*(str(params.get(name) or "") for name in ("graph_url", "identity_url", "proxy")), *proxies):
        # Not with urlsplit(): the secrets in an invalid URL must not be shown either.
        scheme = SCHEME.match(url)
        address = url.removeprefix(scheme.group()) if scheme else url
        userinfo, at, location = address.rpartition("@")
        user, _colon, password = userinfo.partition(":")
        if at and userinfo:
            # As written in the URL, decoded, and as sent (Basic authentication).
            found |= {f"{userinfo}@", password, unquote(password), basic_credentials(userinfo)}
            # A short user name may be an ordinary word in other texts; a long one may be a token.
            found |= {form for form in (user, unquote(user)) if len(form) >= LEAST_TOKEN}
        query = re.split(r"[?#]", location, maxsplit=1)[1:]
        found |= {part for part in re.split(r"[&=?#;]", "".join(query)) if len(part) >= LEAST_TOKEN}
    return {secret for secret in found if secret.strip() and not _MARKER.match(secret)}


def shown_path(text: str) -> bool:
    """Whether ``text`` can be shown as a path: it exists, or ends like a certificate file. Anything else may be a secret."""
    text = text.strip()
    if not text.isprintable() or len(text) > 1024:
        return False
    return text.lower().endswith(_ENDINGS) or os.path.exists(os.path.expanduser(os.path.expandvars(text)))


def unreadable(path: str, error: Exception, wanted: str) -> str:
    """The end of a message about a path that cannot be read; ``wanted`` is what the path has to name.

    It contains the path only if that cannot be a secret.
    """
    reason = getattr(error, "strerror", None) or "not a path"
    if shown_path(path):
        return f"cannot be read: {path}: {reason}"
    return f"cannot be read ({reason}): it must be the path of {wanted}"
