# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tokens that the processes of one run share: files in its temporary folder, one for all who log in alike."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import hmac
import json
import os
import stat
import tempfile
import typing as t

# The folder within that of the run, and what the names of its files are made with.
NAME = "avepoint.cloud"
SALT = "salt"
SALT_BYTES = 32

# No token is as long.
MOST = 1024 * 1024

# How long somebody else's login is waited for at a time, in seconds: from the first to the longest.
FIRST_PAUSE = 0.005
LONGEST_PAUSE = 0.1


class TokenFolder:
    """Where the processes of one run keep their tokens. ``path`` is the temporary folder of the run, which has to be there.

    Whatever is not as this class leaves it (another owner, open to others, a link) is not used, and then nothing is shared.
    """

    def __init__(self, path: str):
        self._path = os.path.join(path, NAME)

    def place(self, facts: t.Sequence[str]) -> TokenFile | None:
        """The place for a login of which ``facts`` are all that its token depends on; None where none can be kept."""
        try:
            with contextlib.suppress(FileExistsError):
                os.mkdir(self._path, 0o700)
            if not _ours(os.lstat(self._path), stat.S_ISDIR):
                return None
            salt = self._salt()
        except OSError:
            return None
        # With a key that ends with the run, the name of a file tells nobody of a secret that he could guess.
        digest = hmac.new(salt, json.dumps(list(facts)).encode(), hashlib.sha256).hexdigest()
        return TokenFile(os.path.join(self._path, digest)) if len(salt) == SALT_BYTES else None

    def _salt(self) -> bytes:
        path = os.path.join(self._path, SALT)
        with contextlib.suppress(FileNotFoundError):
            return _content(path)
        # Whoever comes first: it appears as a whole.
        descriptor, own = tempfile.mkstemp(dir=self._path)
        try:
            os.write(descriptor, os.urandom(SALT_BYTES))
            with contextlib.suppress(FileExistsError):
                os.link(own, path)
        finally:
            os.close(descriptor)
            os.unlink(own)
        return _content(path)


class TokenFile:
    """What one login came to. The lock is the file's own, so it ends with the process that holds it, however that ends."""

    def __init__(self, path: str):
        self._path = path
        self._descriptor = -1

    @contextlib.contextmanager
    def held(self, pause: t.Callable[[float], t.Any]) -> t.Iterator[TokenFile | None]:
        """Inside, no other process is there; None where the file cannot be used. ``pause`` may raise to end the waiting."""
        try:
            self._descriptor = _open(self._path, os.O_RDWR | os.O_CREAT)
        except OSError:
            yield None
            return
        try:
            yield self if self._lock(pause) else None
        finally:
            os.close(self._descriptor)

    def _lock(self, pause: t.Callable[[float], t.Any]) -> bool:
        seconds = FIRST_PAUSE
        while True:
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pause(seconds)
                seconds = min(2 * seconds, LONGEST_PAUSE)
            except OSError:
                return False  # there are file systems without locks
            else:
                return True

    def read(self) -> dict:
        """What was written last; empty when there is nothing that can be read."""
        try:
            content = json.loads(os.pread(self._descriptor, MOST, 0))
        except (OSError, ValueError, RecursionError):
            return {}
        return content if isinstance(content, dict) else {}

    def write(self, content: dict) -> None:
        """Takes the place of what was there. A process that ends in the middle leaves what cannot be read, which is as good as nothing."""
        with contextlib.suppress(OSError):
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, json.dumps(content).encode(), 0)


def _open(path: str, flags: int) -> int:
    """A file of our own that nobody else can read.

    :raises OSError: when it is another one.
    """
    descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
    if not _ours(os.fstat(descriptor), stat.S_ISREG):
        os.close(descriptor)
        raise PermissionError(path)
    return descriptor


def _content(path: str) -> bytes:
    descriptor = _open(path, os.O_RDONLY)
    try:
        return os.read(descriptor, MOST)
    finally:
        os.close(descriptor)


def _ours(status: os.stat_result, kind: t.Callable[[int], bool]) -> bool:
    return kind(status.st_mode) and status.st_uid == os.geteuid() and not status.st_mode & 0o077
