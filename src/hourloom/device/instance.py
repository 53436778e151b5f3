"""One device program for each login: a lock that dies with its process."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from hourloom.core.errors import Refused
from hourloom.sdk.outbox.locking import is_locked

SOCKET, HEALTH, PAUSE = "device.sock", "device.json", "device-pause"
OWN_LOCK, LOGINS_LOCK = "device.lock", "hourloom-device.lock"
ALREADY = 4
"""The exit code of a second program: starting it again would change nothing."""
_NOTE = 64
# In the directory of a login, what is not to be cleaned away after some hours has the sticky bit.
_STAYS = 0o1600


class AlreadyRecording(Refused):
    """A device program records here already (process {pid}); `hourloom device status` shows it."""


def runtime_directory(data_dir: Path) -> Path:
    """Return the private directory for what only the running program needs; make it."""
    directory = data_dir / "run"
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    return directory


def login_directory(environment: Mapping[str, str]) -> Path | None:
    """Return the private directory that lasts as long as the login, where the system makes one."""
    named = environment.get("XDG_RUNTIME_DIR", "")
    directory = Path(named)
    if not directory.is_absolute() or not hasattr(os, "geteuid"):
        return None
    try:
        # Who became another user may have kept the first one's environment.
        is_ours = directory.is_dir() and directory.stat().st_uid == os.geteuid()
    except OSError:
        return None
    return directory if is_ours and os.access(directory, os.W_OK | os.X_OK) else None


def lock_of(data_dir: Path, login: Path | None) -> Path:
    """Return the file that one program holds: of the login, else of the data directory.

    It is not with what only the running program needs: deleting that must not let a second one start.
    """
    return data_dir / OWN_LOCK if login is None else login / LOGINS_LOCK


class Instance:
    """That this program is the only one; let it go with `release` or by ending the process."""

    def __init__(self, path: Path) -> None:
        """Take the lock; raise AlreadyRecording with who holds it."""
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
        self._file: BinaryIO = os.fdopen(os.open(path, flags, 0o600), "r+b")
        if is_locked(self._file):
            self._file.close()
            raise AlreadyRecording(pid=holder(path) or "unknown")
        with contextlib.suppress(OSError):
            path.chmod(_STAYS)
        self._file.truncate(0)
        self._file.write(str(os.getpid()).encode())
        self._file.flush()

    def release(self) -> None:
        """Let go; the file stays, because removing it could remove the next holder's."""
        self._file.truncate(0)
        self._file.close()


def holder(path: Path) -> int | None:
    """Return the process that the lock's file names."""
    try:
        note = path.read_bytes()[:_NOTE]
    except OSError:
        return None
    return int(note) if note.isdigit() else None
