"""Another program's SQLite file, read without leaving a trace beside it."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from hourloom.core.errors import Invalid, Unavailable

_COMPANIONS = ("", "-wal", "-journal")
_COPY_ATTEMPTS = 5
_BUSY_SECONDS = 10.0
_MAX_BYTES = 8 << 20
_VERSIONS = slice(18, 20)
"""Where a file says whether it has a log."""


class UnreadableDatabase(Invalid):
    """{name} cannot be read as a database: {reason}."""


class BusyDatabase(Unavailable):
    """{name} is being written to all the time; stop that program, or import from its address instead."""


class ReadOnlyDatabase:
    """One connection that never writes to the file nor to its directory.

    A file that no program has open is read as immutable, because SQLite would otherwise leave `-wal`
    and `-shm` files behind; when one appears, the file came to life and is opened the ordinary way.
    Where that is impossible (a directory we may not write, an unfinished transaction to roll back),
    a temporary copy is read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._copy: tempfile.TemporaryDirectory[str] | None = None
        self._resting: object = None
        try:
            self.connection = self._open()
        except BaseException:
            self._remove_copy()
            raise

    def rows(self, sql: str, values: Mapping[str, object]) -> list[tuple[object, ...]]:
        """Return all rows, or the first few MiB; no transaction stays open to hold up a live server."""
        try:
            rows = _bounded(self.connection.execute(sql, dict(values)))
        except sqlite3.DatabaseError as error:
            if not self._awoke():
                raise _unreadable(self._path, error) from None
            rows = None
        if rows is not None and not self._awoke():
            return rows
        self.connection.close()
        self.connection = self._open()
        return self.rows(sql, values)

    def close(self) -> None:
        """Close the connection and remove the copy, if there is one."""
        self.connection.close()
        self._remove_copy()

    def _remove_copy(self) -> None:
        if self._copy:
            self._copy.cleanup()

    def _awoke(self) -> bool:
        return self._resting is not None and self._resting != _state(self._path)

    def _open(self) -> sqlite3.Connection:
        state = _state(self._path)
        at_rest = state[1:] == (None, None)
        self._resting = state if at_rest else None
        try:
            return _connect(self._path, "immutable=1" if at_rest else "mode=ro")
        except sqlite3.NotSupportedError as error:
            raise _unreadable(self._path, error) from None
        except sqlite3.OperationalError:
            return self._open_copy()
        except sqlite3.DatabaseError as error:
            raise _unreadable(self._path, error) from None

    def _open_copy(self) -> sqlite3.Connection:
        self._copy = self._copy or tempfile.TemporaryDirectory(prefix="hourloom-import-")
        target = Path(self._copy.name) / "copy.db"
        for _ in range(_COPY_ATTEMPTS):
            before = _state(self._path)
            try:
                _copy_all(self._path, target)
                if _state(self._path) == before:
                    return _connect(target, "mode=rw")
            except (OSError, sqlite3.DatabaseError) as error:
                raise _unreadable(self._path, error) from None
        raise BusyDatabase(name=self._path.name)


class DatabaseInMemory:
    """A database that came in pieces: its whole content, held in memory and nowhere else."""

    def __init__(self, path: Path, content: bytearray) -> None:
        self._path = path
        # What was not yet written back from a log cannot be there: it is read as if it had none.
        content[_VERSIONS] = b"\x01\x01"
        self.connection = sqlite3.connect(":memory:", check_same_thread=False)
        self.connection.text_factory = bytes
        try:
            self.connection.deserialize(content)
            self.connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            self.close()
            raise _unreadable(path, error) from None

    def rows(self, sql: str, values: Mapping[str, object]) -> list[tuple[object, ...]]:
        """Return all rows, or the first few MiB."""
        try:
            return _bounded(self.connection.execute(sql, dict(values)))
        except sqlite3.DatabaseError as error:
            raise _unreadable(self._path, error) from None

    def close(self) -> None:
        """Let go of it."""
        self.connection.close()


def _bounded(cursor: sqlite3.Cursor) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    size = 0
    for row in cursor:
        rows.append(row)
        size += sum(len(cell) for cell in row if isinstance(cell, bytes))
        if size > _MAX_BYTES:
            break
    cursor.close()
    return rows


def _unreadable(path: Path, error: Exception) -> UnreadableDatabase:
    reason = str(error)
    if "not a database" in reason:
        reason = "it is encrypted or damaged"
    return UnreadableDatabase(name=path.name, reason=reason)


def _connect(path: Path, how: str) -> sqlite3.Connection:
    url = f"file:{quote(str(path.absolute()))}?{how}"
    connection = sqlite3.connect(url, uri=True, timeout=_BUSY_SECONDS, check_same_thread=False)
    # Another program's text need not be valid UTF-8.
    connection.text_factory = bytes
    try:
        connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
    except UnicodeDecodeError:
        # SQLite names in its message what is wrong, and a damaged name need not be text.
        connection.close()
        raise sqlite3.DatabaseError("it is encrypted or damaged") from None
    except sqlite3.DatabaseError:
        connection.close()
        raise
    return connection


def _state(path: Path) -> tuple[object, ...]:
    return tuple(_signature(path.with_name(path.name + end)) for end in _COMPANIONS)


def _signature(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_mtime_ns, status.st_size


def _copy_all(path: Path, target: Path) -> None:
    for end in _COMPANIONS:
        source, copy = path.with_name(path.name + end), target.with_name(target.name + end)
        copy.unlink(missing_ok=True)
        if source.exists():
            shutil.copyfile(source, copy)
