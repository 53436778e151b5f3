"""What keeps an outbox to one program and its key to one user."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import BinaryIO

from hourloom.core.errors import Refused

KEY_BYTES = 32


class KeyNotReadable(Refused):
    """The key file {path} of the outbox cannot be used: {reason}."""


def is_locked(file: BinaryIO) -> bool:
    """Lock a file until it is closed; tell whether another program has locked it."""
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415 - Windows

        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return True
        return False
    import fcntl  # noqa: PLC0415 - all the others

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    return False


def key_at(path: Path) -> bytes:
    """Return the key in a file that only this user reads; a new one where there is no file."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            _make(path)
        key = path.read_bytes()
    except OSError as error:
        raise KeyNotReadable(path=path, reason=error.strerror or type(error).__name__) from None
    if len(key) != KEY_BYTES:
        raise KeyNotReadable(path=path, reason=f"it holds {len(key)} bytes instead of {KEY_BYTES}")
    return key


def _make(path: Path) -> None:
    """Write a new key aside and then give it its name, so that there is never half of one."""
    aside = path.with_name(f"{path.name}.{os.getpid()}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)
    descriptor = os.open(aside, flags, 0o600)
    try:
        os.write(descriptor, os.urandom(KEY_BYTES))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    aside.replace(path)
