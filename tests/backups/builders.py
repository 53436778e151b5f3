"""Databases with keys of their own, to be backed up."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from sqlite3 import Connection

from hourloom.backups.copying import Source
from hourloom.backups.folder import Folder
from hourloom.backups.making import BackupSource, make
from hourloom.backups.model import Backup
from hourloom.core.clock import Instant
from hourloom.db.keys.places import Places, read_keys
from hourloom.db.keys.unlock import Unlocked, unlock
from hourloom.db.keys.ways import Means
from hourloom.db.keys.wraps import Encryption
from hourloom.db.migrate import prepare_sqlite
from hourloom.db.sqlite import connect
from hourloom.testing import FixedClock

TITLE = "Letter to the lawyer"
_CHANCE = count(1)

BASICS = (
    "INSERT INTO users (name, created_at) VALUES ('me', 0)",
    "INSERT INTO workspaces (name, payload_key, created_at) VALUES ('mine', x'6b', 0)",
    "INSERT INTO members (workspace_id, user_id, role, created_at) VALUES (1, 1, 'owner', 0)",
    "INSERT INTO devices (workspace_id, user_id, name, created_at) VALUES (1, 1, 'tower', 0)",
    """
    INSERT INTO buckets
        (workspace_id, device_id, name, type, client, hostname, data, created_at, history_version)
    VALUES (1, 1, 'window', 'currentwindow', 'test', 'tower', '{}', 0, 0)
    """,
)


@dataclass
class Home:
    """A data directory with a database, and the configuration directory that belongs to it."""

    means: Means
    unlocked: Unlocked

    @property
    def directory(self) -> Path:
        return self.means.places.directory

    @property
    def database(self) -> Path:
        return self.means.places.database

    @property
    def source(self) -> BackupSource:
        document = read_keys(self.means.places)
        assert document is not None
        return BackupSource(Source(self.database, self.unlocked.data_key), document)

    @property
    def folder(self) -> Folder:
        return Folder(self.directory / "backups", make=True)

    @property
    def recovery_code(self) -> str:
        assert self.unlocked.new_recovery_code is not None
        return self.unlocked.new_recovery_code

    def add_events(self, number: int, title: str = TITLE) -> None:
        with closing(connect(self.database, self.unlocked.data_key)) as connection:
            add_events(connection, number, title)

    def events(self) -> int:
        return events_in(self.database, self.unlocked.data_key)

    def back_up(self, clock: FixedClock | None = None, folder: Folder | None = None) -> Backup:
        at = (clock or FixedClock()).now()
        return make(self.source, folder or self.folder, lambda: at, next(_CHANCE).to_bytes(3, "big"))


def a_home(top: Path, encryption: Encryption = "file", events: int = 50) -> Home:
    """Make a data directory with a database of some events."""
    (top / "data").mkdir(parents=True)
    means = Means(Places(top / "data", top / "config"))
    home = Home(means, unlock(means, encryption))
    with closing(connect(home.database, home.unlocked.data_key)) as connection:
        prepare_sqlite(connection, "hourloom.db")
        for statement in BASICS:
            connection.execute(statement)
        add_events(connection, events)
    return home


def add_events(connection: Connection, number: int, title: str = TITLE) -> None:
    connection.execute("BEGIN")
    (first,) = connection.execute("SELECT count(*) FROM payloads").fetchone()
    for each in range(first, first + number):
        row = (each.to_bytes(16, "big"), f'{{"title":"{title} {each}"}}')
        connection.execute("INSERT INTO payloads (workspace_id, digest, body) VALUES (1, ?, ?)", row)
        times = (each * 60_000_000, each * 60_000_000 + 30_000_000, each + 1)
        connection.execute(
            "INSERT INTO events (workspace_id, bucket_id, started_at, ended_at, payload_id)"
            " VALUES (1, 1, ?, ?, ?)",
            times,
        )
    connection.execute("COMMIT")


def events_in(database: Path, key: bytes | None) -> int:
    with closing(connect(database, key)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return int(connection.execute("SELECT count(*) FROM events").fetchone()[0])


def a_backup(name: str, made_at: int, *, verified: bool = True) -> Backup:
    """Return a backup as a list has it."""
    return Backup(
        name=name,
        place="/there",
        made_at=Instant(made_at),
        bytes=1,
        schema="0001",
        sealed=True,
        checked_at=Instant(made_at) if verified else None,
    )
