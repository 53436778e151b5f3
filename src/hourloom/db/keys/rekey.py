"""Give a running database another data key: a checked copy takes its place in one short stop of the writer.

    writer    ── commits ── commits ── commits ── commits ── last rows ─ swap ── commits
    database  old ───────────────────────────────────────────────────────┬─ new ────────
    copy        [snapshot ─ compare ─ sync ─ check] [rows] [rows]        ┘

Nothing of it outlives a kill but an unfinished copy, which the next start removes: copying anew takes a
second for a million events, less than finding out what changed while nobody noted it.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Self

from hourloom.db.between import OpenElsewhere
from hourloom.db.embedded import EmbeddedDatabase, ReadersBusy
from hourloom.db.keys import copying, header
from hourloom.db.keys.copying import Space, copy_of, discard_leftovers, free_space
from hourloom.db.keys.errors import ConversionFailed, CopyNotSound, SchemaChanged, reason_of
from hourloom.db.keys.places import sync_directory
from hourloom.db.keys.touched import Taken, Touched, bring_in, is_same, tables_of
from hourloom.db.keys.ways import DataKey
from hourloom.db.sqlcipher import driver
from hourloom.db.sqlite import connect
from hourloom.db.transaction import Stopping

if TYPE_CHECKING:
    from sqlite3 import Connection

Told = Callable[[float], None]
"""Hears which share is done; ends it by raising, until the swap begins."""

FEW_ROWS = 500
"""So few may be left for the stop."""
MOST_ROUNDS = 50
SECONDS_FOR_OTHERS = 600.0
"""How long to wait for backups and long questions that have the file open."""
_PAUSE = 0.5
_SYNCED_AT_ONCE = 8 * copying.MIB
"""Of the copy: one large sync in the end would hold up the writer's own."""


def rekey(
    database: EmbeddedDatabase,
    new: DataKey,
    told: Told = lambda _share: None,
    space: Space = free_space,
    pause: Callable[[float], None] = time.sleep,
) -> float:
    """Exchange the data key while everybody goes on; return the seconds for which writes had to wait."""
    path = database.path
    discard_leftovers(path)
    copying.require_room(path, path.stat().st_size, space(path.parent))
    try:
        with _Copy(database, new) as copy:
            copy.make(told)
            told(0.75)
            copy.check()
            told(0.9)
            copy.catch_up()
            told(0.95)
            return copy.put_in_place(told, pause)
    except driver.Error as error:
        raise ConversionFailed(database=path, reason=str(error)) from None
    except OSError as error:
        raise ConversionFailed(database=path, reason=reason_of(error)) from None


class _Copy:
    """The copy under the new key, and the connection that reads the database and writes the copy."""

    def __init__(self, database: EmbeddedDatabase, new: DataKey) -> None:
        self._database, self._new = database, new
        self._path, self._file = database.path, copy_of(database.path)
        self._connection = connect(database.path, database.key, readonly=True)
        self._touched = Touched(tables_of(self._connection))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()
        discard_leftovers(self._path)
        # A database that closes loses its triggers with its connection.
        with contextlib.suppress(Stopping):
            self._database.between(self._touched.stop)

    def make(self, told: Told) -> None:
        """Copy everything as it is at one moment, from which on changes are noted."""
        self._connection.execute("PRAGMA query_only = OFF")
        copying.attach(self._connection, self._file, self._new)
        self._database.between(self._begin)
        size, synced = max(1, self._path.stat().st_size), 0

        def written(bytes_: int) -> None:
            nonlocal synced
            if bytes_ - synced >= _SYNCED_AT_ONCE:
                synced = bytes_
                _sync(self._file)
            told(0.6 * min(1.0, bytes_ / size))

        copying.fill(self._connection, self._file, written)
        with copying.interruptible(self._connection, lambda: told(0.65)):
            for table in self._touched.tables:
                if not is_same(self._connection, table):
                    raise CopyNotSound(database=self._path, reason=f"{table.name} is not the same")
        self._connection.execute("COMMIT")

    def check(self) -> None:
        """Put the copy on disk and look at each of its pages."""
        _sync(self._file)
        copying.require_beginning(self._path, self._new)
        copying.require_sound(self._connection, self._path, encrypted=True, place="copy")

    def catch_up(self) -> None:
        """Bring in what changed meanwhile, until little is left for the stop."""
        for _ in range(MOST_ROUNDS):
            taken = self._database.between(self._take)
            self._bring_in(taken)
            if sum(map(len, taken.values())) <= FEW_ROWS:
                break
        _sync(self._file)

    def put_in_place(self, told: Told, pause: Callable[[float], None]) -> float:
        """Exchange the files, once nobody else has the old one open."""
        deadline = time.monotonic() + SECONDS_FOR_OTHERS
        while True:
            try:
                return self._database.exchange(self._finish, self._place)
            except (ReadersBusy, OpenElsewhere):
                if time.monotonic() > deadline:
                    raise
            self._attach_again()
            told(0.95)
            pause(_PAUSE)
            self.catch_up()

    def _begin(self, connection: Connection) -> None:
        """Let notes and snapshot begin at the same commit."""
        self._touched.watch(connection)
        self._see()

    def _take(self, connection: Connection) -> Taken:
        taken = self._touched.take(connection)
        self._see()
        return taken

    def _see(self) -> None:
        self._connection.execute("BEGIN")
        self._connection.execute("SELECT count(*) FROM main.sqlite_master").fetchone()

    def _bring_in(self, taken: Taken) -> None:
        if copying.schema_of(self._connection) != copying.schema_of(self._connection, "copy"):
            raise SchemaChanged(database=self._path)
        bring_in(self._connection, self._touched.tables, taken)
        self._connection.execute("COMMIT")

    def _finish(self, connection: Connection) -> None:
        """Bring in the last rows while nobody writes, and let go of both files."""
        self._bring_in(self._take(connection))
        self._connection.close()
        _sync(self._file)

    def _place(self) -> bytes:
        self._file.replace(self._path)
        sync_directory(self._path.parent)
        return self._new.key

    def _attach_again(self) -> None:
        """Go on after an exchange that others were in the way of."""
        self._connection.close()
        self._connection = connect(self._path, self._database.key, readonly=True)
        self._connection.execute("PRAGMA query_only = OFF")
        literal = header.key_pragma(self._new.key)
        self._connection.execute("ATTACH ? AS copy KEY ?", (str(self._file), literal))
        self._connection.execute("PRAGMA copy.synchronous = OFF")
        self._connection.execute("PRAGMA copy.journal_mode = OFF")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
