"""What this computer remembers of its backups, in a file that holds nothing of their content."""

from __future__ import annotations

import contextlib
from pathlib import Path

import msgspec

from hourloom.backups.model import Backup, BackupMemory
from hourloom.core.clock import Instant
from hourloom.core.decoding import decode
from hourloom.db.keys.errors import KeysNotWritten
from hourloom.db.keys.places import write_atomically

NAME = "backups.json"
LARGEST = 1 << 20
MOST_PLACES = 50


def with_success(before: BackupMemory, made: Backup, now: Instant) -> BackupMemory:
    """Return what is remembered once a backup was made that counts."""
    places = tuple(place for place in before.places if place != made.place)
    return BackupMemory(
        watching_since=before.watching_since,
        made_at=made.made_at,
        verified_at=made.checked_at,
        bytes=made.bytes,
        tried_at=now,
        places=(*places, made.place),
    )


class Memory:
    """The file beside the database; where it is lost, only how old the backups are is forgotten."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / NAME

    def read(self, now: Instant) -> BackupMemory:
        """Return what is remembered; a file that is not there or not ours is nothing."""
        try:
            with self._path.open("rb") as file:
                return decode(file.read(LARGEST), BackupMemory)
        except (OSError, msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            return BackupMemory(watching_since=now)

    def write(self, memory: BackupMemory) -> None:
        """Remember; a disk that cannot be written is told of elsewhere."""
        kept = msgspec.structs.replace(memory, places=memory.places[-MOST_PLACES:])
        with contextlib.suppress(KeysNotWritten):
            write_atomically(self._path, msgspec.json.encode(kept))
