"""Copy a database while others write to it, and examine a copy: no server is needed for either.

others write   --w--w--|held|--w--w--w--w--w--
counted                |  c |
VACUUM INTO            | ===|==============|
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

import msgspec

from hourloom.backups.model import (
    WORK,
    BackupDamaged,
    CopyFailed,
    NoRoomForBackup,
    Progress,
    silent,
)
from hourloom.core.clock import Instant
from hourloom.db.ballast import free_space
from hourloom.db.keys import header
from hourloom.db.keys.places import sync_directory
from hourloom.db.migrate import sqlite_revision
from hourloom.db.sqlcipher import driver
from hourloom.db.sqlite import APPLICATION_ID

if TYPE_CHECKING:
    from sqlite3 import Connection

MIB = 1 << 20
_SECONDS_TO_BEGIN = 5.0
_INSTRUCTIONS_BETWEEN_LOOKS = 20_000
_SYNCED_EVERY = 8 * MIB
"""A large write that is synced only in its end makes everybody else's commit wait for all of it."""
_REST = 0.25
"""Seconds of rest for each second of copying, so that the disk and the interpreter have time for others."""

Alone = Callable[[Callable[[], None]], object]
"""Runs something while nobody writes to the database, and waits for its end."""


class Source(msgspec.Struct, frozen=True):
    """A database file and the key that opens it, none where it is not encrypted."""

    path: Path
    key: bytes | None

    @property
    def size(self) -> int:
        """Return the bytes of the file and its log."""
        log = self.path.with_name(f"{self.path.name}-wal")
        return sum(file.stat().st_size for file in (self.path, log) if file.exists())

    @property
    def key_id(self) -> str:
        """Return which data key the file needs, or nothing where it is plain."""
        state = header.state_of(self.path)
        return "" if state in (header.PLAIN, header.ABSENT) else state


class Contents(msgspec.Struct, frozen=True):
    """What is in a database, as far as it must be the same in a copy."""

    schema: str
    rows: dict[str, int]
    oldest: Instant | None
    newest: Instant | None


def at_once(work: Callable[[], None]) -> None:
    """Run something where nobody else writes anyway: the caller holds the data directory."""
    work()


@contextmanager
def work_in(directory: Path) -> Iterator[Path]:
    """Make a folder for copies beside the database, and remove it with all that is in it."""
    discard_work(directory)
    place = directory / WORK
    place.mkdir(mode=0o700)
    try:
        yield place
    finally:
        discard_work(directory)


def discard_work(directory: Path) -> None:
    """Remove the copies that a backup which was killed left behind; the caller sees to it that none runs."""
    place = directory / WORK
    if place.is_symlink():
        place.unlink()
    elif place.exists():
        shutil.rmtree(place, ignore_errors=True)


def require_room(directory: Path, bytes_needed: int) -> None:
    """Raise unless there is room beside the database for a copy, and some to spare."""
    needed = bytes_needed + bytes_needed // 10 + 16 * MIB
    free = free_space(directory)
    if free < needed:
        raise no_room(str(directory), needed, free)


def no_room(place: str, needed: int, free: int) -> NoRoomForBackup:
    """Return what is said where a backup does not fit."""
    return NoRoomForBackup(place=place, needed=needed // MIB + 1, free=free // MIB)


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """Write a new file that only its owner may read, and leave it on disk."""
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with SyncedFile(os.open(path, flags, 0o600)) as raw, io.BufferedWriter(raw, MIB) as file:
        yield cast("BinaryIO", file)
        file.flush()
        os.fsync(raw.fileno())


class SyncedFile(io.FileIO):
    """A file that waits for the disk from time to time, so that nobody else has to wait for all of it."""

    def __init__(self, descriptor: int) -> None:
        super().__init__(descriptor, "r+b")
        self._unsynced = 0

    def write(self, piece: object) -> int:
        """Write a piece, and sync when enough has come together."""
        written = super().write(piece)  # type: ignore[arg-type]  # any bytes
        self._unsynced += written
        if self._unsynced >= _SYNCED_EVERY:
            _sync_data(self.fileno())
            self._unsynced = 0
        return written


def copy(source: Source, target: Path, alone: Alone = at_once, progress: Progress = silent) -> Contents:
    """Copy a database as it is at one moment, and return what was in it then.

    Only until the copy has begun does everybody else wait, some milliseconds: what is counted is the very
    snapshot that is copied.
    """
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    copying = _Copying(source, target, progress)
    with closing(_connected(source)) as counting:
        copying.begin(alone, counting)
        try:
            found = _contents(counting)
            # A snapshot that is kept longer than needed makes the log grow.
            counting.execute("ROLLBACK")
        except driver.Error as error:
            copying.stop()
            raise CopyFailed(reason=str(error)) from None
        except BaseException:
            copying.stop()
            raise
        finally:
            copying.wait()
    copying.raise_if_failed()
    sync_directory(target.parent)
    return found


def examine(source: Source) -> Contents:
    """Look through a whole copy for damage and return what is in it; raise with the first fault."""
    name = source.path.name
    try:
        with closing(_connect(source)) as connection:
            if source.key is not None and connection.execute("PRAGMA cipher_integrity_check").fetchall():
                raise BackupDamaged(name=name, reason="a page does not authenticate")
            (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
            if found != "ok":
                raise BackupDamaged(name=name, reason="the structure of its database is damaged")
            if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
                raise BackupDamaged(name=name, reason="its database is not one of Hourloom")
            return _contents(connection)
    except driver.DatabaseError as error:
        raise BackupDamaged(name=name, reason=str(error)) from None


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def contents_of(source: Source) -> Contents:
    """Return what is in a database, without examining it."""
    try:
        with closing(_connect(source)) as connection:
            return _contents(connection)
    except driver.DatabaseError as error:
        raise CopyFailed(reason=str(error)) from None


class _Copying:
    """A copy under way on a thread of its own."""

    def __init__(self, source: Source, target: Path, progress: Progress) -> None:
        self._source, self._target, self._progress = source, target, progress
        self._begun, self._stopped = threading.Event(), threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="hourloom-copy", daemon=True)
        self._synced, self._rested_at = 0, time.monotonic()

    def begin(self, alone: Alone, counting: Connection) -> None:
        """Take one snapshot twice: for the copy and for whoever counts."""

        def begin() -> None:
            # A writer may run it again after a failure of others; the snapshots were taken then.
            if self._thread.ident is None:
                counting.execute("BEGIN")
                counting.execute("SELECT count(*) FROM sqlite_master").fetchone()
                self._thread.start()
                self._begun.wait(_SECONDS_TO_BEGIN)

        try:
            alone(begin)
            if not self._begun.is_set():
                raise CopyFailed(reason="it did not begin")
        except BaseException:
            self.stop()
            self.wait()
            raise

    def stop(self) -> None:
        self._stopped.set()

    def wait(self) -> None:
        if self._thread.ident is not None:
            self._thread.join()

    def raise_if_failed(self) -> None:
        if isinstance(self._error, driver.Error):
            raise CopyFailed(reason=str(self._error)) from None
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            with closing(_connect(self._source)) as connection, self._target.open("rb+") as copy:
                connection.execute("PRAGMA synchronous = OFF")
                connection.set_authorizer(self._see)
                connection.set_progress_handler(
                    lambda: self._look(copy.fileno()), _INSTRUCTIONS_BETWEEN_LOOKS
                )
                connection.execute("VACUUM INTO ?", (str(self._target),))
                os.fsync(copy.fileno())
        except BaseException as error:  # noqa: BLE001 - raised again by whoever waits
            # What stopped it says more than the engine, which only says that it was stopped.
            self._error = self._error or error
        finally:
            self._begun.set()

    def _see(self, action: int, table: str | None, *_: str | None) -> int:
        """Notice the first read, which comes right after the snapshot was taken."""
        if action == driver.SQLITE_READ and table == "sqlite_master":
            self._begun.set()
        return cast("int", driver.SQLITE_OK)

    def _look(self, descriptor: int) -> bool:
        """Tell how far it is, write out what has come together, and rest; True stops the copy."""
        try:
            size = os.fstat(descriptor).st_size
            if size - self._synced >= _SYNCED_EVERY:
                _sync_data(descriptor)
                self._synced = size
                self._progress(size, max(self._source.size, size))
            worked = time.monotonic() - self._rested_at
            time.sleep(min(worked * _REST, 0.05))
            self._rested_at = time.monotonic()
        except BaseException as error:  # noqa: BLE001 - as above
            self._error = error
            return True
        return self._stopped.is_set()


def _connected(source: Source) -> Connection:
    try:
        return _connect(source)
    except driver.Error as error:
        raise CopyFailed(reason=str(error)) from None


def _connect(source: Source) -> Connection:
    """Open a database only to read; `query_only` would keep VACUUM INTO from writing its copy, too."""
    connection = driver.connect(
        f"{source.path.absolute().as_uri()}?mode=ro",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        timeout=10.0,
    )
    try:
        if source.key is not None:
            # SQLCipher would tell standard error about a wrong key; the caller tells the user instead.
            connection.execute("PRAGMA cipher_log_level = NONE")
            connection.execute(f'PRAGMA key = "{header.key_pragma(source.key)}"')
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        connection.execute("PRAGMA cache_size = -8000")
        connection.execute("PRAGMA trusted_schema = OFF")
    except BaseException:
        connection.close()
        raise
    return cast("Connection", connection)


def _contents(connection: Connection) -> Contents:
    names = [
        str(name)
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
        )
    ]
    oldest = newest = None
    if "events" in names:
        oldest, newest = connection.execute("SELECT min(started_at), max(ended_at) FROM events").fetchone()
    # A table's name cannot be a parameter; these come from the database itself.
    quoted = {name: '"{}"'.format(name.replace('"', '""')) for name in names}
    rows = {
        name: int(connection.execute(f"SELECT count(*) FROM {quoted[name]}").fetchone()[0])  # noqa: S608
        for name in names
    }
    return Contents(sqlite_revision(connection) or "", rows, oldest, newest)


def _sync_data(descriptor: int) -> None:
    if sys.platform == "linux":
        os.fdatasync(descriptor)
    else:
        os.fsync(descriptor)


def remove(path: Path) -> None:
    """Remove a copy, if it is there."""
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
