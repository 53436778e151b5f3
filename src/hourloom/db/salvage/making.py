"""Salvage a damaged database: a checked new file of all that can be read takes its place."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hourloom.core.clock import Instant, datetime_of
from hourloom.db.ballast import free_space
from hourloom.db.keys.errors import reason_of
from hourloom.db.keys.ways import DataKey
from hourloom.db.migrate import HEAD, SchemaIsNewer, migrate_sqlite, prepare_sqlite
from hourloom.db.salvage.aside import SetAside, fresh_file
from hourloom.db.salvage.cipher import Cipher
from hourloom.db.salvage.errors import NoRoomToSalvage, NothingReadable, SalvageFailed, SalvageNotSound
from hourloom.db.salvage.pages import Pages
from hourloom.db.salvage.rebuild import Filling, sequences
from hourloom.db.salvage.report import Report
from hourloom.db.salvage.schema import Schema, schema_of
from hourloom.db.salvage.stand_ins import Digest, mend
from hourloom.db.salvage.survey import records_of, surveyed
from hourloom.db.sqlcipher import driver
from hourloom.db.sqlite import connect
from hourloom.db.swap import DATABASE, Swap, finish, is_promised, promise

if TYPE_CHECKING:
    from sqlite3 import Connection

MIB = 1 << 20
WORK, KEPT, ASIDE = "salvaging", "damaged-", "set-aside-"
"""Where the new file is made, where the damaged one is kept, and where rows are set aside."""

_OURS = ("users", "workspaces", "events", "payloads")
"""Tables of which at least one has rows in every database that was ever used."""
_IMAGES = {"operation_events": "event_id", "operation_runs": "last_event"}
"""Where numbers of events stand that are deleted and may come back."""

Progress = Callable[[str, float], None]
"""Called with the name of a step and with the share of the whole that is done."""


@dataclass(frozen=True)
class Salvage:
    """What a salvage needs besides the files."""

    digest: Digest
    new_key: Callable[[], bytes]
    now: Instant
    progress: Progress = lambda _step, _share: None
    space: Callable[[Path], int] = free_space

    @property
    def stamp(self) -> str:
        """Return the time as file names have it."""
        return f"{datetime_of(self.now):%Y%m%d-%H%M%S}"

    def run(self, database: Path, key: DataKey | None) -> Report:
        """Salvage a database that no program has open; the damaged file is kept beside it, untouched."""
        directory, work = database.parent, database.parent / WORK
        swap = Swap(WORK, f"{KEPT}{self.stamp}")
        aside = SetAside(directory / f"{ASIDE}{self.stamp}.db", key)
        try:
            discard(directory)
            work.mkdir(mode=0o700)
            self._check_room(database)
            report = self._made(database, key, aside)
            self.progress("verify", 0.85)
            _verify(work / DATABASE, key, report)
            self.progress("sync", 0.95)
            promise(directory, swap)
            self.progress("swap", 0.98)
            finish(directory)
        except driver.Error as error:
            raise SalvageFailed(database=database, reason=str(error)) from None
        except OSError as error:
            raise SalvageFailed(database=database, reason=reason_of(error)) from None
        finally:
            aside.close()
            discard(directory)
        report.kept = directory / swap.keep_in / DATABASE
        report.aside = aside.path if aside.count else None
        return report

    def _check_room(self, database: Path) -> None:
        needed = database.stat().st_size * 11 // 10 + 16 * MIB
        free = self.space(database.parent)
        if free < needed:
            raise NoRoomToSalvage(database=database, needed=needed // MIB + 1, free=free // MIB)

    def _made(self, database: Path, key: DataKey | None, aside: SetAside) -> Report:
        self.progress("look", 0.0)
        with Pages(database, _cipher(database, key)) as pages:
            if not pages.any_authentic():
                raise NothingReadable(database=database)
            revision, schema = _schema(pages)
            survey = surveyed(pages, schema)
            self.progress("copy", 0.05)
            connection = fresh_file(database.parent / WORK / DATABASE, key)
            with contextlib.closing(connection):
                later = _begin(connection, revision, database.name)
                report = Report(pages.count, damaged_frames=pages.log.damaged)
                filling = Filling(connection, pages, schema, survey, report, authenticated=key is not None)
                self._fill(filling, aside)
                report.damaged_pages = survey.damaged
                if not any(_most(connection, "rowid", name) for name in _OURS):
                    raise NothingReadable(database=database)
                self.progress("index", 0.7)
                _end(filling, later)
        return report

    def _fill(self, filling: Filling, aside: SetAside) -> None:
        filling.connection.execute("BEGIN")
        filling.fill(lambda share: self.progress("copy", 0.05 + 0.65 * share))
        mend(filling, self.digest, self.new_key, self.now)
        filling.report.set_aside = set_lost_references_aside(filling.connection, aside)
        filling.note_losses()
        filling.connection.execute("COMMIT")


def discard(directory: Path) -> None:
    """Remove what a stopped salvage left, unless its swap is promised: then it is finished instead."""
    if not is_promised(directory):
        shutil.rmtree(directory / WORK, ignore_errors=True)


def set_lost_references_aside(connection: Connection, aside: SetAside) -> int:
    """Move rows that refer to rows that are not there into a file, and those that refer to them."""
    moved = 0
    while faults := connection.execute("PRAGMA foreign_key_check").fetchall():
        for table, row, parent in {(str(fault[0]), fault[1], str(fault[2])) for fault in faults}:
            moved += move_aside(connection, aside, table, row, f"refers to a lost row of {parent}")
    return moved


def move_aside(connection: Connection, aside: SetAside, table: str, row: int, reason: str) -> int:
    """Move one row into a file."""
    found = connection.execute(f'SELECT * FROM "{table}" WHERE rowid = ?', (row,))  # noqa: S608 - a name of the schema itself
    names = [column[0] for column in found.description]
    moved = aside.put(table, reason, [dict(zip(names, each, strict=True)) for each in found.fetchall()])
    connection.execute(f'DELETE FROM "{table}" WHERE rowid = ?', (row,))  # noqa: S608 - as above
    return moved


def is_readable(database: Path, key: DataKey | None) -> bool:
    """Tell whether some page of a file can be read with this key, whatever became of its beginning."""
    with Pages(database, _cipher(database, key)) as pages:
        if key is not None:
            return pages.any_authentic()
        # Without a tag a page shows only by its rows that it is one of ours.
        trees = surveyed(pages, _schema_of_revision(HEAD)).trees
        return any(trees[name].leaves for name in _OURS)


def _cipher(database: Path, key: DataKey | None) -> Cipher | None:
    """Return the cipher of a file: it was begun with the key's id, of which the first bytes are a copy."""
    return None if key is None else Cipher(key.key, bytes.fromhex(key.id))


def _schema(pages: Pages) -> tuple[str, Schema]:
    """Return the revision of a database and its schema, or those of this program where it cannot be read."""
    revision, schema = HEAD, _schema_of_revision(HEAD)
    for number, _ in surveyed(pages, schema).trees["alembic_version"].leaves:
        page = pages.page(number)
        versions = schema.tables[0]
        assert page is not None
        revision = next((str(v[0]) for _, v in records_of(pages, page, number, versions)), revision)
    if revision > HEAD:
        raise SchemaIsNewer(found=revision, head=HEAD)
    return (revision, schema) if revision == HEAD else (revision, _schema_of_revision(revision))


def _schema_of_revision(revision: str) -> Schema:
    with contextlib.closing(driver.connect(":memory:", isolation_level=None)) as connection:
        _prepare(connection, revision, "")
        return schema_of(connection)


def _prepare(connection: Connection, revision: str, name: str) -> None:
    if revision == HEAD:
        prepare_sqlite(connection, name)
    else:
        migrate_sqlite(connection, revision)


def _begin(connection: Connection, revision: str, name: str) -> list[str]:
    """Make the schema in a new file; return what makes the indexes that can wait until it is full."""
    for pragma in (
        "auto_vacuum = INCREMENTAL",
        "journal_mode = OFF",
        "synchronous = OFF",
        "cache_size = -64000",
    ):
        connection.execute(f"PRAGMA {pragma}")
    _prepare(connection, revision, name)
    later = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql LIKE 'CREATE INDEX%'"
    ).fetchall()
    for index, _ in later:
        connection.execute(f'DROP INDEX "{index}"')
    connection.execute("PRAGMA foreign_keys = OFF")
    return [str(sql) for _, sql in later]


def _end(filling: Filling, later: list[str]) -> None:
    connection = filling.connection
    for sql in later:
        connection.execute(sql)
    _go_on_counting(filling)
    # Whoever keeps answers about the past has to ask again.
    connection.execute("UPDATE buckets SET history_version = history_version + 1")
    if any(table.name == "lane_days" for table in filling.schema.tables):
        connection.execute("DELETE FROM lane_days")
    for table in filling.schema.tables:
        (count,) = connection.execute(f'SELECT count(*) FROM "{table.name}"').fetchone()  # noqa: S608 - a name of our schema
        filling.report.rows[table.name] = count


def _go_on_counting(filling: Filling) -> None:
    """Never give a number again that a row once had: operations that can be undone know rows by theirs."""
    connection = filling.connection
    known = {table.name for table in filling.schema.tables}
    images = max(_most(connection, column, name) for name, column in _IMAGES.items() if name in known)
    given = sequences(filling)
    for (name,) in connection.execute(
        "SELECT name FROM sqlite_master WHERE sql LIKE '%AUTOINCREMENT%'"
    ).fetchall():
        last = _most(connection, "rowid", name)
        most = max(last, given.get(name, 0), images if name == "events" else 0)
        connection.execute("DELETE FROM sqlite_sequence WHERE name = ?", (name,))
        connection.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (name, most))


def _most(connection: Connection, column: str, name: str) -> int:
    (most,) = connection.execute(f"SELECT coalesce(max({column}), 0) FROM {name}").fetchone()  # noqa: S608 - names of our schema
    return int(most)


def _verify(database: Path, key: DataKey | None, report: Report) -> None:
    with contextlib.closing(connect(database, key.key if key else None, readonly=True)) as found:
        faults = [] if key is None else found.execute("PRAGMA cipher_integrity_check").fetchall()
        if faults or found.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
            raise SalvageNotSound(database=database, reason="its structure is damaged")
        if found.execute("PRAGMA foreign_key_check").fetchall():
            raise SalvageNotSound(database=database, reason="rows refer to rows that are not there")
        for name, expected in report.rows.items():
            (count,) = found.execute(f'SELECT count(*) FROM "{name}"').fetchone()  # noqa: S608 - a name of our schema
            if count != expected:
                raise SalvageNotSound(database=database, reason=f"{name} has {count} rows of {expected}")
