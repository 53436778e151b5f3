"""Databases to unlock and to convert."""

from __future__ import annotations

from pathlib import Path

from hourloom.db.keys import header
from hourloom.db.keys.places import Places
from hourloom.db.keys.unlock import Unlocked
from hourloom.db.sqlcipher import driver as sqlcipher3


def connect(database: Path, unlocked: Unlocked) -> sqlcipher3.Connection:
    connection = sqlcipher3.connect(str(database), isolation_level=None)
    if unlocked.data_key is not None:
        connection.execute(f'PRAGMA key = "{header.key_pragma(unlocked.data_key)}"')
    connection.execute("PRAGMA journal_mode = WAL")
    return connection


def fill(database: Path, unlocked: Unlocked, rows: int = 2_000) -> None:
    connection = connect(database, unlocked)
    connection.executescript(
        """
        PRAGMA user_version = 42;
        PRAGMA application_id = 1212960589;
        CREATE TABLE payloads (id INTEGER PRIMARY KEY, body TEXT NOT NULL);
        CREATE TABLE "odd ""name" (id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT);
        CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
        CREATE INDEX payloads_by_body ON payloads (body);
        CREATE VIEW v_payloads AS SELECT body FROM payloads;
        CREATE VIRTUAL TABLE words USING fts5(body);
        """
    )
    with connection:
        many = [(f"a very secret title {number}",) for number in range(rows)]
        connection.executemany("INSERT INTO payloads (body) VALUES (?)", many)
        connection.execute('INSERT INTO "odd ""name" (body) VALUES (\'x\')')
        connection.execute("INSERT INTO words VALUES ('hello world')")
    connection.execute("ANALYZE")
    connection.close()


def count(database: Path, unlocked: Unlocked) -> int:
    connection = connect(database, unlocked)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA user_version").fetchone() == (42,)
        assert connection.execute("PRAGMA application_id").fetchone() == (1212960589,)
        (rows,) = connection.execute("SELECT count(*) FROM payloads").fetchone()
        return int(rows)
    finally:
        connection.close()


def everything(places: Places) -> dict[str, bytes]:
    """Return every file in both directories, to see that nothing was touched."""
    return {
        str(path): path.read_bytes()
        for top in (places.directory, places.config_dir)
        for path in sorted(top.rglob("*"))
        if path.is_file()
    }
