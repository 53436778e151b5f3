"""Migrations go up and down on both databases, agree with the snapshots, and survive being killed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from hourloom.db import snapshot
from hourloom.db.migrate import (
    HEAD,
    HERE,
    NotOurDatabase,
    SchemaIsNewer,
    migrate_postgres,
    migrate_sqlite,
    postgres_revision,
    prepare_postgres,
    prepare_sqlite,
    sqlite_revision,
)
from hourloom.db.sqlite import connect
from hourloom.testing import PostgresServer

REVISIONS = sorted(path.name[:4] for path in (HERE / "migrations").glob("0*.py"))

ROWS = (
    "INSERT INTO users (name, created_at) VALUES ('me', 0)",
    "INSERT INTO workspaces (name, payload_key, created_at) VALUES ('mine', 'k', 0)",
    "INSERT INTO members (workspace_id, user_id, role, created_at) VALUES (1, 1, 'owner', 0)",
    "INSERT INTO devices (workspace_id, user_id, name, created_at) VALUES (1, 1, 'tower', 0)",
    """
    INSERT INTO buckets
        (workspace_id, device_id, name, type, client, hostname, data, created_at, history_version)
    VALUES (1, 1, 'window', 'currentwindow', 'test', 'tower', '{}', 0, 0)
    """,
    "INSERT INTO payloads (workspace_id, digest, body) VALUES (1, 'd', '{}')",
    """
    INSERT INTO events (workspace_id, bucket_id, started_at, ended_at, payload_id)
    VALUES (1, 1, 0, 7200000000, 1)
    """,
    "INSERT INTO operations (workspace_id, user_id, kind, subject, at) VALUES (1, 1, 'edit', '{}', 0)",
    "INSERT INTO changes (workspace_id, sequence, at, kind, body) VALUES (1, 1, 0, 'Done', '{}')",
)


@pytest.fixture
def postgres(postgres_server: PostgresServer) -> Iterator[psycopg.Connection[Any]]:
    """Connect to a PostgreSQL database without tables."""
    name = postgres_server.empty_database()
    with postgres_server.connect(name) as connection:
        yield connection
    postgres_server.drop(name)


def sqlite_rows(text: str) -> str:
    """Return a statement with its bytes as SQLite's strict tables want them."""
    return text.replace("'k'", "x'6b'").replace("'d'", "x'64'")


def tables_of(connection: Any) -> set[str]:
    return {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def test_the_head_is_the_last_migration() -> None:
    assert REVISIONS[-1] == HEAD
    assert [int(revision) for revision in REVISIONS] == list(range(1, len(REVISIONS) + 1))


def test_the_snapshot_of_sqlite_is_what_the_migrations_make() -> None:
    made = snapshot.sqlite_snapshot()
    assert made == snapshot.SQLITE.read_text("utf-8")


@pytest.mark.postgres
def test_the_snapshot_of_postgresql_is_what_the_migrations_make() -> None:
    made = snapshot.postgres_snapshot()
    assert made == snapshot.POSTGRES.read_text("utf-8")


@pytest.mark.parametrize("key", [None, bytes(32)], ids=["plain", "encrypted"])
def test_a_new_file_has_the_schema_of_the_migrations(tmp_path: Path, key: bytes | None) -> None:
    schema = "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY rowid"
    with closing(connect(tmp_path / "new.db", key)) as new, closing(connect(tmp_path / "old.db", key)) as old:
        prepare_sqlite(new, "new.db")
        migrate_sqlite(old, HEAD)
        assert new.execute(schema).fetchall() == old.execute(schema).fetchall()
        assert sqlite_revision(new) == sqlite_revision(old) == HEAD
        prepare_sqlite(new, "new.db")
        prepare_sqlite(old, "old.db")


def test_each_migration_of_sqlite_goes_up_and_down_with_data(tmp_path: Path) -> None:
    with closing(connect(tmp_path / "some.db", None)) as connection:
        migrate_sqlite(connection, HEAD)
        for row in ROWS:
            connection.execute(sqlite_rows(row))
        for revision in [*reversed(REVISIONS[:-1]), "base"]:
            migrate_sqlite(connection, revision)
            assert sqlite_revision(connection) == (None if revision == "base" else revision)
        assert tables_of(connection) - {"sqlite_sequence"} == {"alembic_version"}
        for revision in REVISIONS:
            migrate_sqlite(connection, revision)
        for row in ROWS:
            connection.execute(sqlite_rows(row))
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


@pytest.mark.postgres
def test_each_migration_of_postgresql_goes_up_and_down_with_data(postgres: psycopg.Connection[Any]) -> None:
    migrate_postgres(postgres, HEAD)
    for row in ROWS:
        postgres.execute(row)
    for revision in [*reversed(REVISIONS[:-1]), "base"]:
        migrate_postgres(postgres, revision)
    left = postgres.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    assert left == [("alembic_version",)]
    functions = "SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
    assert postgres.execute(functions).fetchone() == (0,)
    for revision in REVISIONS:
        migrate_postgres(postgres, revision)
    for row in ROWS:
        postgres.execute(row)


def test_a_newer_schema_is_refused(database_file: Path, data_key: bytes | None) -> None:
    with closing(connect(database_file, data_key)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        with pytest.raises(SchemaIsNewer, match="schema 9999, newer than"):
            prepare_sqlite(connection, "hourloom.db")
        assert sqlite_revision(connection) == "9999"


@pytest.mark.postgres
def test_a_newer_schema_of_postgresql_is_refused(postgres: psycopg.Connection[Any]) -> None:
    prepare_postgres(postgres)
    prepare_postgres(postgres)
    postgres.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(SchemaIsNewer):
        prepare_postgres(postgres)
    assert postgres_revision(postgres) == "9999"


def test_another_programs_file_is_refused(tmp_path: Path) -> None:
    with closing(connect(tmp_path / "foreign.db", None)) as connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")
        with pytest.raises(NotOurDatabase, match=r"foreign\.db is a database of another program"):
            prepare_sqlite(connection, "foreign.db")
        assert tables_of(connection) == {"bookmarks"}


KILLED = """
import os, signal, sys
from pathlib import Path
from hourloom.db.migrate import HEAD, migrate_sqlite, prepare_sqlite
from hourloom.db.sqlite import connect

left = int(sys.argv[2])

def count(statement):
    global left
    if statement.lstrip().startswith(("CREATE", "INSERT", "PRAGMA application_id", "COMMIT")):
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

connection = connect(Path(sys.argv[1]), None)
connection.set_trace_callback(count)
prepare_sqlite(connection, "x.db") if sys.argv[3] == "new" else migrate_sqlite(connection, HEAD)
"""


@pytest.mark.parametrize("way", ["new", "migrated"])
@pytest.mark.parametrize("after", [0, 1, 12, 25])
def test_a_migration_that_is_killed_leaves_the_old_schema(tmp_path: Path, after: int, way: str) -> None:
    path = tmp_path / "x.db"
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, path, str(after), way], check=False, capture_output=True
    )
    assert ended.returncode == -9, ended.stderr
    with closing(connect(path, None)) as connection:
        assert tables_of(connection) - {"alembic_version"} == set()
        if way == "migrated":
            migrate_sqlite(connection, HEAD)
        prepare_sqlite(connection, "x.db")
        assert sqlite_revision(connection) == HEAD


@pytest.mark.postgres
def test_a_migration_of_postgresql_that_is_killed_leaves_the_old_schema(
    postgres: psycopg.Connection[Any],
) -> None:
    program = """
import os, signal, sys
import psycopg
from sqlalchemy import Engine, event
from hourloom.db.migrate import prepare_postgres

@event.listens_for(Engine, "before_cursor_execute")
def kill(connection, cursor, statement, parameters, context, many):
    if statement.startswith("CREATE TABLE events"):
        os.kill(os.getpid(), signal.SIGKILL)

prepare_postgres(psycopg.connect(sys.argv[1], autocommit=True))
"""
    ended = subprocess.run(
        [sys.executable, "-c", program, postgres.info.dsn], check=False, capture_output=True
    )
    assert ended.returncode == -9, ended.stderr
    prepare_postgres(postgres)
    assert postgres_revision(postgres) == HEAD
    assert postgres.execute("SELECT count(*) FROM events").fetchone() == (0,)
