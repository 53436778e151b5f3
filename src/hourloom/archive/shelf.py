"""The files of archives, made here or handed in: sealed where the database is encrypted."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TypeVar

import msgspec

from hourloom.archive.model import (
    ArchiveExport,
    ArchiveImport,
    ArchiveLocked,
    ArchiveTooLarge,
    NoSuchArchive,
    NotAnArchive,
    may_go,
)
from hourloom.core.clock import Instant
from hourloom.core.decoding import decode
from hourloom.core.errors import HourloomError
from hourloom.db.keys import header
from hourloom.db.keys.errors import KeysMissing
from hourloom.db.keys.places import Places, read_keys, write_atomically
from hourloom.db.keys.ways import DataKey
from hourloom.db.keys.wraps import KeyFile
from hourloom.db.transaction import Database
from hourloom.sealing.files import new_file, opened_file
from hourloom.sealing.model import MARK

Facts = TypeVar("Facts", ArchiveExport, ArchiveImport)

KIND = "archive"
TAKEN = ("archive", "file")
"""What may be handed in: an archive as it was sealed here, or one that `hourloom file encrypt` sealed."""
MOST_BYTES = 2048 << 20
LARGEST_FACTS = 64 * 1024
_PIECE = 1 << 20
_ENDING, _FACTS = ".archive", ".json"


class Shelf:
    """One directory of archives."""

    def __init__(self, database: Database, directory: Path, config_dir: Path) -> None:
        self._database, self._directory, self._config_dir = database, directory, config_dir

    @property
    def directory(self) -> Path:
        """Return where the files are, made if need be."""
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self._directory

    @property
    def seals(self) -> bool:
        """Return whether what is written here is sealed."""
        return self._own_key() is not None

    def path(self, id: str) -> Path:
        """Return the file of an archive."""
        return self._directory / (id + _ENDING)

    def keep(self, facts: ArchiveExport | ArchiveImport) -> None:
        """Write down what is known of an archive: numbers and names of tables."""
        write_atomically(self.directory / (facts.id + _FACTS), msgspec.json.encode(facts))

    def known(self, id: str, kind: type[Facts]) -> Facts:
        """Return what is known of an archive."""
        try:
            with (self._directory / (id + _FACTS)).open("rb") as file:
                return decode(file.read(LARGEST_FACTS), kind)
        except (OSError, msgspec.DecodeError):
            raise NoSuchArchive(id=id) from None

    def all(self, kind: type[Facts]) -> list[Facts]:
        """Return what is known of all archives of a kind, the newest first."""
        found = []
        prefix = "export-" if kind is ArchiveExport else "import-"
        for path in self._directory.glob(f"{prefix}*{_FACTS}"):
            with contextlib.suppress(NoSuchArchive):
                found.append(self.known(path.name.removesuffix(_FACTS), kind))
        return sorted(found, key=lambda facts: (-facts.begun_at, facts.id))

    def drop(self, id: str) -> None:
        """Remove an archive and what is known of it."""
        for ending in (_ENDING, _FACTS):
            (self._directory / (id + ending)).unlink(missing_ok=True)

    def drop_old(self, now: Instant, is_needed: Callable[[str], bool]) -> None:
        """Remove what has lain long enough, and what a server that was killed left behind."""
        kept: list[ArchiveExport | ArchiveImport] = [*self.all(ArchiveExport), *self.all(ArchiveImport)]
        young = {facts.id for facts in kept if is_needed(facts.id) or not may_go(facts.begun_at, now)}
        for path in self._directory.glob("*"):
            if path.name.partition(".")[0] not in young and not path.name.startswith("."):
                path.unlink(missing_ok=True)

    def discard_leftovers(self) -> None:
        """Remove files that were never finished; nobody is writing."""
        for path in self._directory.glob(".*.new"):
            path.unlink(missing_ok=True)

    @contextmanager
    def writing(self, id: str) -> Iterator[BinaryIO]:
        """Write an archive, sealed where the database is encrypted."""
        self.directory  # noqa: B018 - made if need be
        with new_file(self.path(id), replace=True) as file, self._sealed(file) as target:
            yield target

    @contextmanager
    def reading(self, id: str) -> Iterator[BinaryIO]:
        """Read an archive, without its seal."""
        with opened_file(self.path(id)) as file:
            if not _is_sealed(file):
                yield file
                return
            from hourloom.sealing.stream import sealed_header, unseal  # noqa: PLC0415 - 16 ms, 7 MiB

            head = sealed_header(file)
            with unseal(file, head, self._needed_key()) as content:
                yield content

    def is_locked(self, id: str) -> bool:
        """Return whether an archive that was handed in is sealed with a key that is not this database's."""
        with opened_file(self.path(id)) as file:
            if not _is_sealed(file):
                return False
            from hourloom.sealing.header import require_key, require_kind, sealed_header  # noqa: PLC0415 - as above
            from hourloom.sealing.model import WrongKey  # noqa: PLC0415 - as above

            head = sealed_header(file)
            require_kind(head, *TAKEN)
            try:
                require_key(head, self._needed_key())
            except (ArchiveLocked, WrongKey):
                return True
            return False

    def unlock(self, id: str, passphrase: str | None, recovery_code: str | None) -> None:
        """Seal an archive anew with the key of this database, or raise when the words are wrong."""
        from hourloom.sealing.stream import open_by, sealed_header, unseal  # noqa: PLC0415 - as above

        with opened_file(self.path(id)) as file:
            head = sealed_header(file)
            key = open_by(head, passphrase=passphrase, recovery_code=recovery_code)
            with unseal(file, head, key) as content, self.writing(id) as target:
                while piece := content.read(_PIECE):
                    target.write(piece)

    def size(self, id: str) -> int:
        """Return the bytes of an archive as it lies here."""
        return self.path(id).stat().st_size

    @contextmanager
    def _sealed(self, file: BinaryIO) -> Iterator[BinaryIO]:
        if not self.seals:
            yield file
            return
        from hourloom.sealing.stream import seal  # noqa: PLC0415 - as above

        with seal(file, KIND, *self._keys()) as sealed:
            yield sealed

    def _keys(self) -> tuple[KeyFile, DataKey]:
        path: Path = getattr(self._database, "path")  # noqa: B009 - only embedded ones have it
        key = self._own_key()
        assert key is not None  # only asked of encrypted ones
        places = Places(path.parent, self._config_dir)
        document = read_keys(places)
        if document is None:
            raise KeysMissing(database=path, keys=places.keys, hint="")
        return document, DataKey(header.state_of(path), key)

    def _own_key(self) -> bytes | None:
        key: bytes | None = getattr(self._database, "key", None)
        return key

    def _needed_key(self) -> bytes:
        key = self._own_key()
        if key is None:
            raise ArchiveLocked
        return key


class Arriving:
    """A file that is handed in: a zip is sealed as it comes, what is sealed already stays as it is."""

    def __init__(self, shelf: Shelf, id: str) -> None:
        self._shelf, self.id = shelf, id
        self._held = b""
        self._stack = contextlib.ExitStack()
        self._target: BinaryIO | None = None
        self.size = 0
        self.sealed = False

    def write(self, piece: bytes) -> None:
        """Take a piece; for a thread, since it may wait for the disk."""
        self.size += len(piece)
        if self.size > MOST_BYTES:
            raise ArchiveTooLarge
        if self._target is None:
            self._held += piece
            if len(self._held) < len(MARK):
                return
            piece, self._held = self._held, b""
            self._target = self._begun(sealed=piece.startswith(MARK))
        self._target.write(piece)

    def finish(self) -> None:
        """Give the file its name, once it is whole and on disk."""
        if self._target is None:
            raise NotAnArchive(reason="it is empty")
        self._stack.close()

    def give_up(self) -> None:
        """Leave nothing behind."""
        with contextlib.suppress(_GivenUp, HourloomError, OSError):
            self._stack.__exit__(_GivenUp, _GivenUp(), None)

    def _begun(self, *, sealed: bool) -> BinaryIO:
        self.sealed = sealed
        if not sealed:
            return self._stack.enter_context(self._shelf.writing(self.id))
        path = self._shelf.directory / self._shelf.path(self.id).name
        return self._stack.enter_context(new_file(path, replace=True))


class _GivenUp(Exception):
    """Nobody wants the file any more."""


def _is_sealed(file: BinaryIO) -> bool:
    beginning = file.read(len(MARK))
    file.seek(0, os.SEEK_SET)
    return beginning == MARK
