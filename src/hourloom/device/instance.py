"""One device program for each login: a lock that dies with its process."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

from hourloom.core.errors import Refused
from hourloom.sdk.outbox.locking import is_locked

LOCK, SOCKET, HEALTH, PAUSE = "device.lock", "device.sock", "device.json", "device-pause"
_NOTE = 64


class AlreadyRecording(Refused):
    """A device program records here already (process {pid}); `hourloom device status` shows it."""


def runtime_directory(data_dir: Path) -> Path:
    """Return the private directory for what only the running program needs; make it."""
    directory = data_dir / "run"
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    return directory


class Instance:
    """That this program is the only one; let it go with `release` or by ending the process."""

    def __init__(self, directory: Path) -> None:
        """Take the lock; raise AlreadyRecording with who holds it."""
        self._file: BinaryIO = os.fdopen(os.open(directory / LOCK, os.O_RDWR | os.O_CREAT, 0o600), "r+b")
        if is_locked(self._file):
            self._file.close()
            raise AlreadyRecording(pid=holder(directory) or "unknown")
        self._file.truncate(0)
        self._file.write(str(os.getpid()).encode())
        self._file.flush()

    def release(self) -> None:
        """Let go; the file stays, because removing it could remove the next holder's."""
        self._file.truncate(0)
        self._file.close()


def holder(directory: Path) -> int | None:
    """Return the process that the lock's file names."""
    try:
        note = (directory / LOCK).read_bytes()[:_NOTE]
    except OSError:
        return None
    return int(note) if note.isdigit() else None
