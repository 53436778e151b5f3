"""Connections to the embedded database: encrypted or plain, one that writes and some that read."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

import sqlcipher3.dbapi2 as driver

from hourloom.core.errors import Refused
from hourloom.db.statements import Dialect, Sql, Value
from hourloom.db.transaction import Cursor, ReadTookTooLong, Running, Stopping

if TYPE_CHECKING:
    from sqlite3 import Connection
else:
    Connection = driver.Connection

APPLICATION_ID = 0x484C4F4D
"""'HLOM', written into the file's header so that a foreign database is recognised."""

_INSTRUCTIONS_BETWEEN_CHECKS = 20_000


class WrongKey(Refused):
    """The database {name} does not open: the key is wrong or the file is damaged; see `hourloom doctor`."""


def connect(path: Path, key: bytes | None, *, readonly: bool = False) -> Connection:
    """Open the database file with its raw 256-bit key, or plain without one."""
    connection = driver.connect(
        f"{path.absolute().as_uri()}?mode={'ro' if readonly else 'rwc'}",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
        timeout=10.0,
    )
    try:
        if key is not None:
            connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        _configure(connection, readonly=readonly)
    except driver.DatabaseError as error:
        connection.close()
        if "not a database" in str(error):
            raise WrongKey(name=path.name) from None
        raise
    return cast("Connection", connection)


def _configure(connection: Connection, *, readonly: bool) -> None:
    connection.execute("SELECT count(*) FROM sqlite_master")
    if readonly:
        connection.execute("PRAGMA query_only = ON")
        connection.execute("PRAGMA cache_size = -8000")
    else:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("PRAGMA journal_size_limit = 67108864")
        connection.execute("PRAGMA cache_size = -8000")
    connection.execute("PRAGMA trusted_schema = OFF")


class SqliteTransaction(Running):
    """Statements on one SQLite connection."""

    dialect: Dialect = "sqlite"

    def __init__(self, connection: Connection, *, writes: bool) -> None:
        super().__init__(writes=writes)
        self.connection = connection

    def run(self, sql: Sql, parameters: Mapping[str, Value]) -> Cursor:
        return self.connection.execute(sql if isinstance(sql, str) else sql.sqlite, parameters)

    def many(self, sql: Sql, rows: Sequence[Mapping[str, Value]]) -> None:
        self.connection.executemany(sql if isinstance(sql, str) else sql.sqlite, rows)


class SqliteReader:
    """A connection that only reads, giving each caller one snapshot."""

    def __init__(self, path: Path, key: bytes | None) -> None:
        self.connection = connect(path, key, readonly=True)
        self._stopping = False

    @contextmanager
    def snapshot(self, seconds: float) -> Iterator[SqliteTransaction]:
        """Open one snapshot; SQLite itself is interrupted when the time is over."""
        ends = time.monotonic() + seconds
        self.connection.set_progress_handler(
            lambda: self._stopping or time.monotonic() > ends, _INSTRUCTIONS_BETWEEN_CHECKS
        )
        self.connection.execute("BEGIN")
        try:
            yield SqliteTransaction(self.connection, writes=False)
        except driver.OperationalError as error:
            if error.sqlite_errorcode != driver.SQLITE_INTERRUPT:
                raise
            raise (Stopping() if self._stopping else ReadTookTooLong(seconds=seconds)) from None
        finally:
            self.connection.set_progress_handler(None, 0)
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")

    def interrupt(self) -> None:
        """Stop what is being read, from another thread."""
        self._stopping = True
        self.connection.interrupt()

    def close(self) -> None:
        self.connection.close()
