# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Records each exchange in a JSON file that is fit for a public bug report: without secrets, and with made-up values.

The key of the made-up values is in a file beside the folder, not in it: with the recording alone, nobody can test whether a made-up
value stands for a guessed one.
"""

from __future__ import annotations

import contextlib
import datetime
import itertools
import json
import os
import re
import secrets as random
import stat
import threading
import time
import typing as t

from ansible_collections.avepoint.cloud.plugins.module_utils._errors import (
    AvePointError,
    InvalidResponse,
    Stopped,
)
from ansible_collections.avepoint.cloud.plugins.module_utils._http import Answer, Transport
from ansible_collections.avepoint.cloud.plugins.module_utils._pseudonyms import Pseudonyms
from ansible_collections.avepoint.cloud.plugins.module_utils._secrets import Secrets
from ansible_collections.avepoint.cloud.plugins.module_utils._text import clean, mask, parse_json

# The version of the file format.
FORMAT = 1

# The path of the key file is the path of the folder with this suffix.
KEY = ".key"

# How often an empty key file is read again, after this many seconds each: another process may be about to write it.
TRIES, PAUSE = 100, 0.01

# The fields of a token request that contain credentials.
_CREDENTIAL_FIELDS = ("client_secret", "client_assertion")

# The headers of an answer that are recorded as they are, each with the allowed form of its value.
_HEADERS = {
    "Date": r"[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT",
    "Retry-After": r"[0-9]{1,9}|[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT",
    "Age": r"[0-9]{1,9}",
    "Content-Type": r"(application|text)/[a-z0-9]+(\+json|\+xml)?(; ?charset=(utf-8|utf-16|us-ascii|iso-8859-1|windows-1252))?",
    "Content-Length": r"[0-9]{1,12}",
    "Content-Encoding": r"gzip|x-gzip|deflate|br|identity",
    "WWW-Authenticate": r"Bearer|Basic|Negotiate|NTLM|Digest",
    "Proxy-Authenticate": r"Bearer|Basic|Negotiate|NTLM|Digest",
}
# The headers that are recorded with made-up values. Besides these and Location, all others are left out.
_IDS = ("request-id", "x-request-id", "x-ms-request-id")

# Makes the names of files unique within this process.
_number = itertools.count()


class Recording:
    """Records exchanges in a folder. If that fails, it stops recording and adds to ``warnings``, but nothing else fails.

    ``secrets`` are those of the recorded calls, including those that come up meanwhile. Thread-safe.
    """

    def __init__(self, folder: str, secrets: Secrets):
        self._folder = folder
        self._secrets = secrets
        self._lock = threading.Lock()
        self._pseudonyms: Pseudonyms | None = None
        self.warnings: list[str] = []

    def add(self, method: str, url: str, content: dict, sent: float, outcome: Answer | AvePointError) -> None:
        """Records one exchange: a request as :meth:`Transport.exchange` takes it, and its answer or error.

        ``sent`` is the time of the request in seconds since the epoch.
        """
        if self.warnings:
            return
        try:
            with self._lock:
                if self._pseudonyms is None:
                    self._pseudonyms = Pseudonyms(_key_of(self._folder))
            exchange = _Exchange(self._pseudonyms, {*self._secrets, *_secrets_in(content)})
            self._write(exchange.document(method, url, content, sent, outcome), sent)
        except Exception as error:  # noqa: BLE001 - a failed recording must not end a task; texts may contain a secret
            reason = getattr(error, "strerror", None) or (
                str(error) if isinstance(error, _Unusable) else type(error).__name__
            )
            with self._lock:
                if not self.warnings:
                    self.warnings.append(
                        f"AVEPOINT_RECORD: {clean(self._folder)} cannot be written ({clean(reason)}), so this is not recorded as a whole; "
                        "nothing else is affected."
                    )

    def _write(self, document: dict, sent: float) -> None:
        moment = datetime.datetime.fromtimestamp(sent, datetime.timezone.utc)
        name = f"{moment:%Y%m%dT%H%M%S.%f}-{os.getpid()}-{next(_number):06}"
        text = json.dumps(document, indent=1, ensure_ascii=True) + "\n"
        # Programs that read the folder at the same time see only complete files.
        with _created(os.path.join(self._folder, f".{name}"), text) as partial:
            os.rename(partial, os.path.join(self._folder, f"{name}.json"))


class RecordingTransport(Transport):
    """A transport whose exchanges are recorded."""

    def __init__(self, recording: Recording, *args: t.Any):
        super().__init__(*args)
        self._recording = recording
        self.warnings = recording.warnings

    def exchange(self, method: str, url: str, seconds: float, **content: t.Any) -> Answer:
        sent = time.time()
        outcome: Answer | AvePointError | None = None
        try:
            outcome = super().exchange(method, url, seconds, **content)
            return outcome
        except AvePointError as error:
            outcome = error
            raise
        finally:
            if outcome is not None:
                self._recording.add(method, url, content, sent, outcome)


class _Exchange:
    """Makes the JSON document of one exchange."""

    def __init__(self, pseudonyms: Pseudonyms, secrets: t.Collection[str]):
        self._made_up = pseudonyms
        self._secrets = secrets

    def document(self, method: str, url: str, content: dict, sent: float, outcome: Answer | AvePointError) -> dict:
        """The complete document."""
        moment = datetime.datetime.fromtimestamp(sent, datetime.timezone.utc).isoformat(timespec="milliseconds")
        return {
            "avepoint_recording": FORMAT,
            "pseudonyms": self._made_up.mark,
            "sent": moment.replace("+00:00", "Z"),
            "seconds": round(max(0.0, time.time() - sent), 3),
            "request": self._request(method, url, content),
            **(
                {"failure": self._failure(outcome)}
                if isinstance(outcome, AvePointError)
                else {"answer": self._answer(outcome)}
            ),
        }

    def _failure(self, error: AvePointError) -> dict:
        code = "stopped" if isinstance(error, Stopped) else error.code
        return {"code": code, "message": self._made_up.sentence(self._masked(error.message))}

    def _masked(self, value: t.Any) -> t.Any:
        return mask(value, self._secrets)

    def _request(self, method: str, url: str, content: dict) -> dict:
        query = [(name, str(value)) for name, value in (content.get("params") or {}).items() if value is not None]
        found: dict[str, t.Any] = {"method": method, "url": self._made_up.url(self._masked(url))}
        if query:
            found["query"] = [
                [self._made_up.name(name), self._made_up.value(name, self._masked(value))] for name, value in query
            ]
        for argument, key in (("json", "json"), ("data", "form")):
            if content.get(argument) is not None:
                found[key] = self._made_up.document(self._masked(content[argument]))
        return found

    def _answer(self, answer: Answer) -> dict:
        found: dict[str, t.Any] = {"status": answer.status, "headers": self._headers(answer.headers)}
        try:
            found["json"] = self._made_up.document(self._masked(parse_json(answer.body)))
        except (InvalidResponse, RecursionError):
            found["body"] = {"kind": _kind(answer.body), "bytes": len(answer.body)}
        return found

    def _headers(self, headers: t.Mapping[str, str]) -> dict[str, str]:
        found = {}
        for name, allowed in _HEADERS.items():
            value = (headers.get(name) or "").strip()
            # Of a challenge, only the scheme is recorded; of a value in any other form, only that there was one.
            value = value.split(" ")[0] if name.endswith("Authenticate") else value
            if value:
                found[name] = value if re.fullmatch(allowed, value, re.ASCII | re.IGNORECASE) else "(another)"
        for name in _IDS:
            if headers.get(name):
                found[name] = self._made_up.text(self._masked(headers[name]))
        if headers.get("Location"):
            found["Location"] = self._made_up.url(self._masked(headers["Location"]))
        return found


class _Unusable(Exception):
    """The key file or folder cannot be used. The text says why, and contains no secret."""


def _secrets_in(content: dict) -> set[str]:
    """The secrets in a request, which may not be among the known ones yet."""
    form = content.get("data") or {}
    return {str(text) for text in (content.get("bearer"), *(form.get(name) for name in _CREDENTIAL_FIELDS)) if text}


def _kind(body: bytes) -> str:
    """The kind of a body that is not a JSON document."""
    start = body.strip()[:1]
    if not start:
        return "empty"
    if start == b"<":
        return "html"
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return "bytes"
    return "broken json" if start in (b"{", b"[") else "text"


def _key_of(folder: str) -> bytes:
    """The key of a folder. The folder and the key are created if they do not exist.

    :raises OSError, _Unusable: when they cannot be used.
    """
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
    except FileExistsError:
        raise _Unusable("it is no folder") from None
    path = os.path.realpath(folder) + KEY
    if not os.path.lexists(path):
        with contextlib.suppress(FileExistsError):  # another process was first
            _create_key(path)
    for _try in range(TRIES):
        text = _read_key(path)
        if text:
            break
        time.sleep(PAUSE)
    if not re.fullmatch("[0-9a-f]{64}", text, re.ASCII):
        raise _Unusable(f"{path} is not a key: remove it")
    return bytes.fromhex(text)


def _read_key(path: str) -> str:
    # O_NONBLOCK: opening a named pipe would wait for a writer.
    with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), encoding="ascii", errors="replace") as file:
        status = os.fstat(file.fileno())
        # In a folder that others can write to, the file may be another user's. Root may use it: a task with become continues a recording.
        if status.st_uid != os.geteuid() != 0:
            raise _Unusable(f"{path} belongs to another user, who could know what is made up: choose another folder")
        return file.read(100).strip() if stat.S_ISREG(status.st_mode) else "no file"


def _create_key(path: str) -> None:
    """Creates the key file, unless another process is first: all of them have to use the same key.

    :raises FileExistsError: when another process was first.
    """
    text = random.token_hex(32) + "\n"
    with _created(f"{path}.{random.token_hex(8)}", text) as partial:
        try:
            os.link(partial, path)
        except FileExistsError:
            raise
        except OSError:  # a file system without hard links, where others see an empty file for a moment
            _create(path, text)


@contextlib.contextmanager
def _created(path: str, text: str) -> t.Iterator[str]:
    """A new file with its path, for a context in which it gets its final name."""
    try:
        _create(path, text)
        yield path
    finally:
        with contextlib.suppress(OSError):
            os.unlink(path)


def _create(path: str, text: str) -> None:
    """Creates a file.

    :raises FileExistsError: when it exists.
    """
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(text)
