"""Connections to the embedded database: encrypted or plain, one that writes and some that read."""

from __future__ import annotations

import logging
import math
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, cast

from hourloom.core.errors import Refused, Unavailable
from hourloom.db.sqlcipher import driver
from hourloom.db.statements import Dialect, Sql, Value
from hourloom.db.transaction import Cursor, ReadTookTooLong, Running, Stopping

if TYPE_CHECKING:
    from sqlite3 import Connection
else:
    Connection = driver.Connection

log = logging.getLogger(__name__)

APPLICATION_ID = 0x484C4F4D
"""'HLOM', written into the file's header so that a foreign database is recognised."""

_INCREMENTAL = 2
_INSTRUCTIONS_BETWEEN_CHECKS = 20_000
_DAMAGE = frozenset({driver.SQLITE_CORRUPT, driver.SQLITE_NOTADB})
_OF_THE_FILE = _DAMAGE | {driver.SQLITE_IOERR, driver.SQLITE_CANTOPEN}
_BREAKING = _DAMAGE | {driver.SQLITE_IOERR, driver.SQLITE_NOMEM}


class WrongKey(Refused):
    """{name} does not open: the key is wrong or the file damaged; `hourloom doctor --fix` saves the rest."""


class DatabaseDamaged(Unavailable):
    """A part of the database is damaged and cannot be read; `hourloom doctor --fix` saves the rest."""


class DatabaseNotRead(Unavailable):
    """The database could not be read: {reason}."""


def in_plain_words(error: BaseException) -> BaseException:
    """Return our own error where the file or its disk is at fault, and log it; else the error itself."""
    if isinstance(error, WrongKey):
        # It opened before, so the key is right.
        return DatabaseDamaged()
    if _code_of(error) not in _OF_THE_FILE:
        return error
    log.error("the database could not be read: %s", error)
    return DatabaseDamaged() if _code_of(error) in _DAMAGE else DatabaseNotRead(reason=str(error))


def is_broken_by(error: BaseException) -> bool:
    """Tell whether an encrypted connection that met this error may give no other answer from then on."""
    return isinstance(error, MemoryError) or _code_of(error) in _BREAKING


def _code_of(error: BaseException) -> int:
    """Return SQLite's primary code of an error, or 0."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF if isinstance(error, driver.Error) else 0


def connect(path: Path, key: bytes | None, *, readonly: bool = False) -> Connection:
    """Open the database file with its raw 256-bit key, or plain without one."""
    if not readonly:
        _begin_private(path)
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
            # SQLCipher would tell standard error about a damaged page; what we raise tells it once, in words.
            connection.execute("PRAGMA cipher_log_level = NONE")
            connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        _configure(connection, readonly=readonly)
    except driver.DatabaseError as error:
        connection.close()
        if "not a database" in str(error):
            raise WrongKey(name=path.name) from None
        raise
    return cast("Connection", connection)


def _begin_private(path: Path) -> None:
    """Make a missing file for its user alone; SQLite would let others read it, and its log too."""
    with suppress(OSError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def _configure(connection: Connection, *, readonly: bool) -> None:
    connection.execute("SELECT count(*) FROM sqlite_master")
    if readonly:
        connection.execute("PRAGMA query_only = ON")
        connection.execute("PRAGMA cache_size = -8000")
    else:
        if connection.execute("PRAGMA auto_vacuum").fetchone()[0] != _INCREMENTAL:
            # Holds for a file that is still empty, and for one that is vacuumed; set again it would write.
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
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

    def __init__(self, connection: Connection, *, writes: bool, seconds: float = math.inf) -> None:
        super().__init__(writes=writes, seconds=seconds)
        self.connection = connection

    def run(self, sql: Sql, parameters: Mapping[str, Value]) -> Cursor:
        return self.connection.execute(sql if isinstance(sql, str) else sql.sqlite, parameters)

    def many(self, sql: Sql, rows: Sequence[Mapping[str, Value]]) -> None:
        self.connection.executemany(sql if isinstance(sql, str) else sql.sqlite, rows)


class SqliteReader:
    """A connection that only reads, giving each caller one snapshot."""

    def __init__(self, path: Path, key: bytes | None) -> None:
        self.connection = connect(path, key, readonly=True)
        self.broken = False
        self._stopping = False

    @contextmanager
    def snapshot(self, seconds: float) -> Iterator[SqliteTransaction]:
        """Open one snapshot; SQLite itself is interrupted when the time is over."""
        ends = time.monotonic() + seconds
        self.connection.set_progress_handler(
            lambda: self._stopping or time.monotonic() > ends, _INSTRUCTIONS_BETWEEN_CHECKS
        )
        try:
            self.connection.execute("BEGIN")
            yield SqliteTransaction(self.connection, writes=False, seconds=seconds)
        except driver.DatabaseError as error:
            if _code_of(error) == driver.SQLITE_INTERRUPT:
                raise (Stopping() if self._stopping else ReadTookTooLong(seconds=seconds)) from None
            self.broken = is_broken_by(error)
            if (told := in_plain_words(error)) is error:
                raise
            raise told from None
        except MemoryError:
            self.broken = True
            raise
        finally:
            self.connection.set_progress_handler(None, 0)
            if self.connection.in_transaction and not self.broken:
                self.connection.execute("ROLLBACK")

    def interrupt(self) -> None:
        """Stop what is being read, from another thread."""
        self._stopping = True
        self.connection.interrupt()

    def close(self) -> None:
        self.connection.close()
