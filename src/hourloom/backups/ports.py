"""What keeps backups: a folder now, other places later."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import BinaryIO, NamedTuple, Protocol


class BackupFile(NamedTuple):
    """A file at a target."""

    name: str
    bytes: int


class BackupTarget(Protocol):
    """Keeps files by name, whole or not at all.

    Errors: `BackupOutOfReach` while the place is not there, `BackupNotWritten`, `BackupNotRead`,
    `NoRoomForBackup` when it is full, `NoSuchBackup` for a name that it does not have.
    """

    @property
    def place(self) -> str:
        """Say where it is, for people."""
        ...

    def require(self) -> None:
        """Raise unless it is there."""
        ...

    def free_space(self) -> int | None:
        """Return the bytes that it can still take, or None where it cannot tell."""
        ...

    def put(self, name: str) -> AbstractContextManager[BinaryIO]:
        """Take a file as it is written; it has its name once the context ended well, and is stored then."""
        ...

    def list(self) -> list[BackupFile]:
        """Return the files that backups and their states are named like."""
        ...

    def open(self, name: str) -> AbstractContextManager[BinaryIO]:
        """Read a file from its beginning."""
        ...

    def delete(self, name: str) -> None:
        """Remove a file; one that is not there is no error."""
        ...
