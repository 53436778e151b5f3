"""Connections to the embedded database: encrypted or plain, one that writes and some that read."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import sqlcipher3.dbapi2 as driver

from hourloom.core.changes import Change
from hourloom.core.errors import Refused
from hourloom.core.ids import WorkspaceId
from hourloom.db.statements import Dialect, Sql, Value
from hourloom.db.transaction import Collected, OutsideWriter, ReadTookTooLong, Rows, Stopping, whole

if TYPE_CHECKING:
    from sqlite3 import Connection
else:
    Connection = driver.Connection

Row = TypeVar("Row")

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


class SqliteTransaction:
    """Statements on one SQLite connection."""

    dialect: Dialect = "sqlite"

    def __init__(self, connection: Connection, *, writes: bool) -> None:
        self.connection = connection
        self.collected: Collected = []
        self.actions: list[Callable[[], None]] = []
        self._writes = writes

    def rows(self, sql: Sql, **parameters: Value) -> Rows:
        text = sql if isinstance(sql, str) else sql.sqlite
        return self.connection.execute(text, parameters).fetchall()

    def execute(self, sql: Sql, **parameters: Value) -> int:
        text = sql if isinstance(sql, str) else sql.sqlite
        return self.connection.execute(text, parameters).rowcount

    def many(self, sql: Sql, rows: Sequence[Mapping[str, Value]]) -> None:
        text = sql if isinstance(sql, str) else sql.sqlite
        self.connection.executemany(text, rows)

    def all(self, model: Callable[..., Row], sql: Sql, **parameters: Value) -> list[Row]:
        return [model(*row) for row in self.rows(sql, **parameters)]

    def one(self, model: Callable[..., Row], sql: Sql, **parameters: Value) -> Row | None:
        text = sql if isinstance(sql, str) else sql.sqlite
        row = self.connection.execute(text, parameters).fetchone()
        return None if row is None else model(*row)

    def value(self, sql: Sql, **parameters: Value) -> Value:
        text = sql if isinstance(sql, str) else sql.sqlite
        row: Any = self.connection.execute(text, parameters).fetchone()
        return None if row is None else cast("Value", row[0])

    def number(self, sql: Sql, **parameters: Value) -> int:
        return whole(self.value(sql, **parameters))

    def changed(self, workspace_id: WorkspaceId, change: Change) -> None:
        if not self._writes:
            raise OutsideWriter
        self.collected.append((workspace_id, change))

    def after_commit(self, action: Callable[[], None]) -> None:
        self.actions.append(action)


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
