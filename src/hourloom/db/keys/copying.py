"""Copy a database file under another key or none, and hold the copy against it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

import msgspec

from hourloom.db.keys import header
from hourloom.db.keys.errors import CopyNotSound, NoRoomToConvert
from hourloom.db.keys.places import remove
from hourloom.db.keys.ways import DataKey
from hourloom.db.sqlcipher import driver

if TYPE_CHECKING:
    from sqlite3 import Connection
else:
    Connection = driver.Connection

MIB = 1 << 20

Space = Callable[[Path], int]
"""Returns the bytes that are free on the disk of a directory."""

_INSTRUCTIONS_BETWEEN_REPORTS = 1_000_000


def free_space(directory: Path) -> int:
    """Return the bytes that are free on the disk of a directory."""
    import shutil  # noqa: PLC0415 - a start has no use for it

    return shutil.disk_usage(directory).free


def copy_of(database: Path) -> Path:
    """Return where the unfinished copy of a database is."""
    return database.with_name(f"{database.name}.converting")


def discard_leftovers(database: Path) -> None:
    """Remove the unfinished copy that was left by a program that was stopped."""
    copy = copy_of(database)
    for path in (copy, copy.with_name(f"{copy.name}-journal"), copy.with_name(f"{copy.name}-wal")):
        if path.exists():
            remove(path)


def require_room(database: Path, size: int, free: int) -> None:
    """Raise unless a second copy fits beside the database."""
    needed = size + size // 10 + 16 * MIB
    if free < needed:
        raise NoRoomToConvert(database=database, needed=needed // MIB + 1, free=free // MIB)


class Contents(msgspec.Struct, frozen=True):
    """What must be the same in the copy."""

    schema: list[tuple[str, str, str | None]]
    rows: dict[str, int]
    user_version: int
    application_id: int


def schema_of(connection: Connection, place: str = "main") -> list[tuple[str, str, str | None]]:
    """Return every table, index, view and trigger with the statement that makes it."""
    return connection.execute(
        f"SELECT type, name, sql FROM {place}.sqlite_master ORDER BY type, name"  # noqa: S608 - our own word
    ).fetchall()


def contents_of(connection: Connection, place: str = "main") -> Contents:
    """Return what must be the same in a copy."""
    schema = schema_of(connection, place)
    tables = [quoted(name) for kind, name, _ in schema if kind == "table"]
    # A table's name cannot be a parameter; these come from the database itself.
    count = "SELECT count(*) FROM {}.{}".format
    return Contents(
        schema=schema,
        rows={name: connection.execute(count(place, name)).fetchone()[0] for name in tables},
        user_version=connection.execute(f"PRAGMA {place}.user_version").fetchone()[0],
        application_id=connection.execute(f"PRAGMA {place}.application_id").fetchone()[0],
    )


def quoted(name: str) -> str:
    """Write a name from a schema for use in a statement."""
    return '"' + name.replace('"', '""') + '"'


def attach(connection: Connection, copy: Path, key: DataKey | None) -> None:
    """Make an empty file, for its owner alone, and attach it as `copy`."""
    os.close(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    literal = "" if key is None else header.key_pragma(key.key, key.id)
    connection.execute("ATTACH ? AS copy KEY ?", (str(copy), literal))
    # The copy is worth nothing before it is whole, and then it is synced as one.
    connection.execute("PRAGMA copy.synchronous = OFF")
    connection.execute("PRAGMA copy.journal_mode = OFF")
    connection.execute("PRAGMA copy.auto_vacuum = INCREMENTAL")


def fill(connection: Connection, copy: Path, written: Callable[[int], None]) -> None:
    """Copy everything; `written` hears how many bytes the copy has, and ends it by raising."""
    with interruptible(connection, lambda: written(copy.stat().st_size)):
        connection.execute("SELECT sqlcipher_export('copy')").fetchone()
    for name in ("user_version", "application_id"):
        (number,) = connection.execute(f"PRAGMA main.{name}").fetchone()
        connection.execute(f"PRAGMA copy.{name} = {number:d}")


@contextmanager
def interruptible(connection: Connection, tell: Callable[[], None]) -> Iterator[None]:
    """Call something now and then while long statements run; what it raises ends the statement."""
    raised: list[BaseException] = []

    def told() -> bool:
        try:
            tell()
        except BaseException as error:  # noqa: BLE001 - raised again below, once SQLite has let go
            raised.append(error)
        return bool(raised)

    connection.set_progress_handler(told, _INSTRUCTIONS_BETWEEN_REPORTS)
    try:
        yield
    except driver.OperationalError:
        if raised:
            raise raised[0] from None
        raise
    finally:
        connection.set_progress_handler(None, 0)


def require_sound(connection: Connection, database: Path, *, encrypted: bool, place: str = "main") -> None:
    """Raise unless every page of a copy authenticates and its structure holds together."""
    if encrypted and connection.execute(f"PRAGMA {place}.cipher_integrity_check").fetchall():
        raise CopyNotSound(database=database, reason="a page does not authenticate")
    if connection.execute(f"PRAGMA {place}.integrity_check").fetchall() != [("ok",)]:
        raise CopyNotSound(database=database, reason="its structure is damaged")


def require_same(database: Path, found: Contents, expected: Contents) -> None:
    """Raise unless a copy has the same tables with as many rows."""
    if found != expected:
        raise CopyNotSound(database=database, reason="its tables are not the same")


def require_beginning(database: Path, key: DataKey | None) -> None:
    """Raise unless a copy's first bytes tell whose key it needs."""
    if header.state_of(copy_of(database)) != (key.id if key else header.PLAIN):
        raise CopyNotSound(database=database, reason="it begins wrongly")


def open_copy(database: Path, key: DataKey | None) -> Connection:
    """Open the copy to look at it."""
    connection = driver.connect(f"{copy_of(database).absolute().as_uri()}?mode=ro", uri=True)
    if key is not None:
        connection.execute(f'PRAGMA key = "{header.key_pragma(key.key)}"')
    return cast("Connection", connection)
