"""A file for rows that had to leave the database: nothing is dropped without a trace."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, cast

import msgspec

from hourloom.db.keys import header
from hourloom.db.keys.ways import DataKey
from hourloom.db.sqlcipher import driver

if TYPE_CHECKING:
    from sqlite3 import Connection
else:
    Connection = driver.Connection

_TABLE = """
CREATE TABLE IF NOT EXISTS rows_set_aside (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    reason TEXT NOT NULL,
    row TEXT NOT NULL
) STRICT
"""


def fresh_file(path: Path, key: DataKey | None) -> Connection:
    """Make a database file for its user alone, under the key of the database."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    connection = driver.connect(str(path), isolation_level=None)
    if key is not None:
        connection.execute(f'PRAGMA key = "{header.key_pragma(key.key, key.id)}"')
    return cast("Connection", connection)


class SetAside:
    """The rows that were set aside; the file is made for the first of them."""

    def __init__(self, path: Path, key: DataKey | None) -> None:
        self.path, self._key = path, key
        self._connection: Connection | None = None
        self.count = 0

    def put(self, name: str, reason: str, rows: Iterable[dict[str, object]]) -> int:
        """Write rows of a table with the reason why they left it."""
        entries = [(name, reason, as_json(row)) for row in rows]
        if not entries:
            return 0
        if self._connection is None:
            self._connection = fresh_file(self.path, self._key)
            self._connection.execute(_TABLE)
        self._connection.execute("BEGIN")
        self._connection.executemany(
            "INSERT INTO rows_set_aside (name, reason, row) VALUES (?, ?, ?)", entries
        )
        self._connection.execute("COMMIT")
        self.count += len(entries)
        return len(entries)

    def close(self) -> None:
        """Finish the file."""
        if self._connection is not None:
            self._connection.close()


def as_json(row: dict[str, object]) -> str:
    """Write a row as JSON; bytes in Base64."""
    return msgspec.json.encode(
        {
            name: base64.b64encode(value).decode() if isinstance(value, bytes) else value
            for name, value in row.items()
        }
    ).decode()
