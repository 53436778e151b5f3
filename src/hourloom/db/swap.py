"""Put another database in the place of the present one, with its keys, in a way that a kill cannot halve.

    promise     ──── on disk: from here on the new one counts
    keep        old database, log and keys get a second name in a folder of their own
    put         keys, then the database, each by one renaming
    forget      the promise

What was promised and not finished is finished by whoever takes the data directory next, before anything is
opened. A log must never lie beside another database than its own: SQLite would play it back.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

import msgspec

from hourloom.core.decoding import decode
from hourloom.core.errors import Refused
from hourloom.db.keys.places import sync_directory, write_atomically
from hourloom.db.lock import SWAP

DATABASE, LOG, SHARED, KEYS = "hourloom.db", "hourloom.db-wal", "hourloom.db-shm", "keys.json"
LARGEST = 4096


class SwapDamaged(Refused):
    """{path} cannot be read; it says which database takes the place of another. Both are still there."""


class SwapFailed(Refused):
    """The database in {path} could not be put in its place: {reason}; start Hourloom again."""


class Swap(msgspec.Struct, frozen=True):
    """Which folder of the data directory holds the new database, and which is to keep the old one."""

    take_from: str
    keep_in: str


def promise(directory: Path, swap: Swap) -> None:
    """Write down that the database is to be exchanged; the new one lies there whole and on disk."""
    for name in (DATABASE, LOG, KEYS):
        path = directory / swap.take_from / name
        if path.exists():
            _sync(path)
    sync_directory(directory / swap.take_from)
    write_atomically(directory / SWAP, msgspec.json.encode(swap))


def is_promised(directory: Path) -> bool:
    """Return whether an exchange is waiting to be finished."""
    return (directory / SWAP).exists()


def finish(directory: Path) -> None:
    """Do what was promised, whatever of it is done already; the caller holds the data directory."""
    swap = _read(directory / SWAP)
    fresh, kept = directory / swap.take_from, directory / swap.keep_in
    try:
        if (fresh / DATABASE).exists():
            _keep(directory, kept)
            _put(fresh, directory)
        shutil.rmtree(fresh, ignore_errors=True)
        (directory / SWAP).unlink(missing_ok=True)
        sync_directory(directory)
    except OSError as error:
        raise SwapFailed(path=fresh, reason=(error.strerror or type(error).__name__).lower()) from None


def _read(path: Path) -> Swap:
    try:
        with path.open("rb") as file:
            swap = decode(file.read(LARGEST), Swap)
    except (OSError, msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise SwapDamaged(path=path) from None
    if any(Path(name).name != name or name in ("", ".", "..") for name in (swap.take_from, swap.keep_in)):
        raise SwapDamaged(path=path)
    return swap


def _keep(directory: Path, kept: Path) -> None:
    """Give the old files a second name; only the log leaves its place."""
    kept.mkdir(mode=0o700, exist_ok=True)
    for name in (DATABASE, KEYS):
        if (directory / name).exists() and not (kept / name).exists():
            _link(directory / name, kept / name)
    if (directory / LOG).exists():
        (directory / LOG).replace(kept / LOG)
    (directory / SHARED).unlink(missing_ok=True)
    sync_directory(kept)
    sync_directory(directory)


def _put(fresh: Path, directory: Path) -> None:
    """Let the new files take their places; the database is the last, and shows that all is done."""
    for name in (KEYS, LOG, DATABASE):
        if (fresh / name).exists():
            (fresh / name).replace(directory / name)
    sync_directory(fresh)
    sync_directory(directory)


def _link(path: Path, second: Path) -> None:
    try:
        os.link(path, second)
    except OSError:
        # Some disks know no second names; then the file is away until the new one comes.
        path.replace(second)


def _sync(path: Path) -> None:
    with contextlib.suppress(PermissionError), path.open("rb+") as file:
        os.fsync(file.fileno())
