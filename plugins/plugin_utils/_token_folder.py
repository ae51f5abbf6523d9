# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Access tokens that the processes of one run share, in the run's temporary folder: one file for each different login."""

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

# The name of the folder in the run's temporary folder, and of the file with the key from which the other file names are made.
NAME = "avepoint.cloud"
SALT = "salt"
SALT_BYTES = 32

# The most bytes that are read; no token is as long.
MOST = 1024 * 1024

# The pauses, in seconds, between attempts to lock a file while another process logs in: the first, and the longest.
FIRST_PAUSE = 0.005
LONGEST_PAUSE = 0.1


class TokenFolder:
    """The folder in which the processes of one run keep their tokens.

    A folder or file with another owner or with permissions for others, or that is a link, is not used. Then tokens are not shared.

    :arg path: the temporary folder of the run, which must exist
    """

    def __init__(self, path: str):
        self._path = os.path.join(path, NAME)

    def place(self, facts: t.Sequence[str]) -> TokenFile | None:
        """The file for the token of a login; None if it cannot be used.

        :arg facts: all values that the token depends on; logins with equal facts share a token
        """
        try:
            with contextlib.suppress(FileExistsError):
                os.mkdir(self._path, 0o700)
            if not _ours(os.lstat(self._path), stat.S_ISDIR):
                return None
            salt = self._salt()
        except OSError:
            return None
        # Facts can contain secrets. With a random key that is deleted after the run, nobody can test guesses against the file name.
        digest = hmac.new(salt, json.dumps(list(facts)).encode(), hashlib.sha256).hexdigest()
        return TokenFile(os.path.join(self._path, digest)) if len(salt) == SALT_BYTES else None

    def _salt(self) -> bytes:
        path = os.path.join(self._path, SALT)
        with contextlib.suppress(FileNotFoundError):
            return _content(path)
        # os.link makes the complete file appear at once, and fails if another process was first; then that file is used.
        descriptor, temporary = tempfile.mkstemp(dir=self._path)
        try:
            os.write(descriptor, os.urandom(SALT_BYTES))
            with contextlib.suppress(FileExistsError):
                os.link(temporary, path)
        finally:
            os.close(descriptor)
            os.unlink(temporary)
        return _content(path)


class TokenFile:
    """The file with the token of one login. It is locked with flock, so the lock ends with its process, however that ends."""

    def __init__(self, path: str):
        self._path = path
        self._descriptor = -1

    @contextlib.contextmanager
    def held(self, pause: t.Callable[[float], t.Any]) -> t.Iterator[TokenFile | None]:
        """Locks the file; yields None if it cannot be used.

        :arg pause: called with seconds while another process has the lock; may raise to end the waiting
        """
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
                return False  # some file systems have no locks
            else:
                return True

    def read(self) -> dict:
        """The content that was written last; empty if there is none, or if it cannot be read. The file must be locked."""
        try:
            content = json.loads(os.pread(self._descriptor, MOST, 0))
        except (OSError, ValueError, RecursionError):
            return {}
        return content if isinstance(content, dict) else {}

    def write(self, content: dict) -> None:
        """Replaces the content. If the process ends in between, the file is no valid JSON, which `read` takes for empty."""
        with contextlib.suppress(OSError):
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, json.dumps(content).encode(), 0)


def _open(path: str, flags: int) -> int:
    """The descriptor of a file that belongs to this user and that nobody else can read.

    :raises OSError: when the file cannot be opened, or is a link or accessible to others.
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
