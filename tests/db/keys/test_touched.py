"""What changes while a database is copied is brought into the copy, whatever it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hourloom.db.keys import copying
from hourloom.db.keys.touched import Touched, bring_in, is_same, tables_of
from hourloom.db.keys.ways import DataKey
from hourloom.db.sqlite import connect

if TYPE_CHECKING:
    from sqlite3 import Connection

SCHEMA = """
CREATE TABLE one (id INTEGER PRIMARY KEY AUTOINCREMENT, word TEXT UNIQUE) STRICT;
CREATE TABLE "two ""odd name" (a INTEGER NOT NULL, b TEXT NOT NULL, c BLOB, PRIMARY KEY (a, b)) STRICT;
CREATE TABLE three (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE whole (word TEXT);
CREATE TABLE child (id INTEGER PRIMARY KEY, one_id INTEGER REFERENCES one (id) ON DELETE CASCADE);
"""
NUMBERS = st.integers(1, 6)
TWO = '"two ""odd name"'
CHANGES = st.one_of(
    st.builds("INSERT INTO one (word) VALUES ('{0}') ON CONFLICT DO NOTHING".format, NUMBERS),
    st.builds("INSERT OR REPLACE INTO one (id, word) VALUES ({0}, '{1}')".format, NUMBERS, NUMBERS),
    st.builds("UPDATE OR REPLACE one SET id = {0} WHERE id = {1}".format, NUMBERS, NUMBERS),
    st.builds("DELETE FROM one WHERE id = {0}".format, NUMBERS),
    st.just("DELETE FROM one"),
    st.builds("INSERT INTO child (one_id) SELECT id FROM one WHERE id >= {0} LIMIT 1".format, NUMBERS),
    st.builds(
        (
            f"INSERT INTO {TWO} VALUES ({{0}}, '{{1}}', x'0{{0}}') ON CONFLICT (a, b) DO UPDATE SET c = x'ff'"
        ).format,
        NUMBERS,
        NUMBERS,
    ),
    st.builds(f"UPDATE OR IGNORE {TWO} SET a = {{0}} WHERE b = '{{1}}'".format, NUMBERS, NUMBERS),
    st.builds("REPLACE INTO three VALUES ('{0}', '{1}')".format, NUMBERS, NUMBERS),
    st.builds("UPDATE OR REPLACE three SET name = '{0}' WHERE name = '{1}'".format, NUMBERS, NUMBERS),
    st.builds("INSERT INTO whole VALUES ('{0}')".format, NUMBERS),
    st.builds("DELETE FROM whole WHERE word = '{0}'".format, NUMBERS),
    st.sampled_from(["SAVEPOINT s", "ROLLBACK TO s", "RELEASE s"]),
)


@pytest.fixture
def writing(tmp_path: Path) -> Iterator[Connection]:
    connection = connect(tmp_path / "hourloom.db", bytes(32))
    connection.executescript(SCHEMA)
    yield connection
    connection.close()


def rows(connection: Connection, place: str) -> dict[str, list[tuple[object, ...]]]:
    names = ["one", TWO, "three", "whole", "child", "sqlite_sequence"]
    return {name: sorted(connection.execute(f"SELECT * FROM {place}.{name}"), key=repr) for name in names}


def change(connection: Connection, statements: list[str]) -> None:
    """Run statements within one transaction, as far as each makes sense there."""
    connection.execute("BEGIN")
    open_savepoints = 0
    for statement in statements:
        if statement in ("ROLLBACK TO s", "RELEASE s") and not open_savepoints:
            continue
        open_savepoints += {"SAVEPOINT s": 1, "RELEASE s": -1}.get(statement, 0)
        connection.execute(statement)
    connection.execute("COMMIT")


@settings(max_examples=60)
@given(before=st.lists(CHANGES, max_size=15), rounds=st.lists(st.lists(CHANGES, max_size=8), max_size=4))
def test_a_copy_catches_up_with_everything(
    before: list[str], rounds: list[list[str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("copied") / "hourloom.db"
    key = DataKey("ab" * 16, bytes(32))
    writing, reading = connect(path, key.key), None
    try:
        writing.executescript(SCHEMA)
        change(writing, before)
        reading = connect(path, key.key, readonly=True)
        reading.execute("PRAGMA query_only = OFF")
        touched = Touched(tables_of(reading))
        copying.attach(reading, path.with_name("copy.db"), key)
        touched.watch(writing)
        copying.fill(reading, path.with_name("copy.db"), lambda _: None)
        for statements in rounds:
            change(writing, statements)
            bring_in(reading, touched.tables, touched.take(writing))
            assert rows(reading, "copy") == rows(reading, "main")
            assert all(is_same(reading, table) for table in touched.tables)
        touched.stop(writing)
        assert writing.execute("SELECT count(*) FROM temp.sqlite_master").fetchone() == (0,)
    finally:
        for connection in (reading, writing):
            if connection is not None:
                connection.close()


def test_a_row_that_differs_is_seen(writing: Connection, tmp_path: Path) -> None:
    writing.execute("INSERT INTO one (word) VALUES ('a'), (NULL)")
    copying.attach(writing, tmp_path / "copy.db", None)
    copying.fill(writing, tmp_path / "copy.db", lambda _: None)
    (one,) = (table for table in tables_of(writing) if table.name == "one")
    assert is_same(writing, one)
    writing.execute("UPDATE copy.one SET word = 'b' WHERE id = 2")
    assert not is_same(writing, one)


def test_what_is_noted_is_kept_in_memory_alone(writing: Connection, tmp_path: Path) -> None:
    touched = Touched(tables_of(writing))
    touched.watch(writing)
    writing.execute("INSERT INTO three VALUES ('a very secret name', '')")
    assert touched.take(writing) == {"three": [("a very secret name",)]}
    assert touched.take(writing) == {}
    writing.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert connect(tmp_path / "hourloom.db", bytes(32)).execute(
        "SELECT count(*) FROM sqlite_master WHERE type = 'trigger'"
    ).fetchone() == (0,)
