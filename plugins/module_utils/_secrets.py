# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What must not be seen: the secrets in the options, and those that come up while a call runs."""

from __future__ import annotations

import base64
import contextlib
import os
import re
import threading
import typing as t
from collections.abc import Set
from urllib.parse import quote_plus, unquote

from ansible_collections.avepoint.cloud.plugins.module_utils._http import PROXY_VARIABLES, SCHEME

# Whatever is no path that is there, and ends in none of these, may have been pasted where a path belongs.
_ENDINGS = (".pem", ".pfx", ".p12", ".crt", ".cer", ".key", ".bundle")

# Shorter ones are words.
LEAST_TOKEN = 12

_MARKER = re.compile(r"-----(BEGIN|END) [A-Z0-9 ]+-----\Z")


class Secrets(Set):
    """The secrets of one call, each also as a form has it. A set that only grows; safe to use from several threads."""

    def __init__(self, texts: t.Iterable[str] = ()):
        self._lock = threading.Lock()
        self._forms: frozenset[str] = frozenset()
        self.add(*texts)

    def add(self, *texts: str) -> None:
        """Takes what has come up."""
        with self._lock:
            self._forms |= {form for text in texts for form in (text, quote_plus(text))}

    def __contains__(self, text: object) -> bool:
        return text in self._forms

    def __iter__(self) -> t.Iterator[str]:
        return iter(self._forms)

    def __len__(self) -> int:
        return len(self._forms)


def secrets_in(params: dict) -> set[str]:
    """What the options hold that must not be seen, whether they are checked already or not."""
    found: set[str] = set()
    for name in ("client_secret", "client_certificate_password", "access_token"):
        text = str(params.get(name) or "")
        found |= {text, text.strip()}
    for name in ("client_certificate", "ca_path"):
        # What somebody pasted, line by line too: that is how a key is quoted.
        text = str(params.get(name) or "")
        if text and not shown_path(text):
            found |= {text, text.strip(), *(part for part in re.split(r"\s+|\\[nr]", text) if len(part) >= 8)}
            from ansible_collections.avepoint.cloud.plugins.module_utils._certificate import inline_certificate

            with contextlib.suppress(UnicodeDecodeError):  # a PFX, whose content is none that is quoted
                found |= set((inline_certificate(text) or b"").decode().splitlines())
    proxies = [value for name, value in os.environ.items() if name.lower() in PROXY_VARIABLES]
    for url in (*(str(params.get(name) or "") for name in ("graph_url", "identity_url", "proxy")), *proxies):
        # Not as a URL is read: what is in one that cannot be used must not be seen either.
        scheme = SCHEME.match(url)
        rest = url.removeprefix(scheme.group()) if scheme else url
        who, at, where = rest.rpartition("@")
        user, _colon, password = who.partition(":")
        if at and who:
            # As it is written, as it is meant, and as it is sent.
            sent = f"{unquote(user)}:{unquote(password)}".encode("utf-8", "replace")
            found |= {f"{who}@", password, unquote(password), base64.b64encode(sent).decode()}
            # A name of a person may be a word that is elsewhere too; a token is not.
            found |= {form for form in (user, unquote(user)) if len(form) >= LEAST_TOKEN}
        query = re.split(r"[?#]", where, maxsplit=1)[1:]
        found |= {part for part in re.split(r"[&=?#;]", "".join(query)) if len(part) >= LEAST_TOKEN}
    return {secret for secret in found if secret.strip() and not _MARKER.match(secret)}


def shown_path(text: str) -> bool:
    """Whether ``text`` can be shown as a path: it is one here, or has the name of such a file. Anything else may be a secret."""
    text = text.strip()
    if not text.isprintable() or len(text) > 1024:
        return False
    return text.lower().endswith(_ENDINGS) or os.path.exists(os.path.expanduser(os.path.expandvars(text)))


def unreadable(path: str, error: Exception, wanted: str) -> str:
    """What is said of a path; the path itself only where it cannot be a secret."""
    reason = getattr(error, "strerror", None) or "not a path"
    if shown_path(path):
        return f"cannot be read: {path}: {reason}"
    return f"cannot be read ({reason}): it must be the path of {wanted}"
