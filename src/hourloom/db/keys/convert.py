"""Turn encryption of an existing database on or off: a checked copy beside it takes its place in one step."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import msgspec
import sqlcipher3 as driver

from hourloom.core.errors import HourloomError
from hourloom.db.keys import header
from hourloom.db.keys.errors import (
    AlreadyEncrypted,
    ConversionFailed,
    CopyNotSound,
    DatabaseInUse,
    DatabaseMissing,
    NoRoomToConvert,
    NotUnlocked,
    reason_of,
)
from hourloom.db.keys.places import read_keys, remove, sync_directory, sync_file, write_keys
from hourloom.db.keys.unlock import Unlocked, first_wraps, forget
from hourloom.db.keys.ways import DataKey, Means
from hourloom.db.keys.wraps import KeyFile

if TYPE_CHECKING:
    from sqlite3 import Connection
else:
    Connection = driver.Connection

MIB = 1 << 20

Progress = Callable[[str, float], None]
"""Called before each step with its name and with the share of the whole that is done."""


def silent(_step: str, _share: float) -> None:
    """Tell nobody."""


def free_space(directory: Path) -> int:
    """Return the bytes that are free on the disk of a directory."""
    return shutil.disk_usage(directory).free


@dataclass(frozen=True)
class _Contents:
    """What must be the same in the copy."""

    schema: list[tuple[str, str, str | None]]
    rows: dict[str, int]
    user_version: int
    application_id: int


def turn_on(
    means: Means,
    progress: Progress = silent,
    space: Callable[[Path], int] = free_space,
) -> Unlocked:
    """Encrypt a plain database; the caller holds the lock of the data directory.

    The wraps are on disk before the file needs them, and how the file begins decides: stopped at any step,
    what is there opens.
    """
    database = means.places.database
    state = header.state_of(database)
    if state != header.PLAIN:
        raise (
            DatabaseMissing(database=database)
            if state == header.ABSENT
            else AlreadyEncrypted(database=database)
        )
    before = read_keys(means.places)
    progress("keys", 0.0)
    made, data_key, code = first_wraps(means, before)
    try:
        write_keys(means.places, msgspec.structs.replace(made, encryption="off"))
        rewrite(database, None, data_key, progress, space)
    except HourloomError:
        # Once the file is encrypted its wraps stay, whatever failed after that.
        if header.state_of(database) == header.PLAIN:
            _restore(means, before, made)
        raise
    progress("record", 0.99)
    write_keys(means.places, made)
    forget(means, made, before.wraps if before else ())
    return Unlocked(
        data_key.key, made.database_id, made.wraps[0].method, data_key.id, code, recovery_pending=True
    )


def turn_off(
    means: Means,
    unlocked: Unlocked,
    progress: Progress = silent,
    space: Callable[[Path], int] = free_space,
) -> Unlocked:
    """Decrypt a database, then forget its keys; the caller holds the lock of the data directory."""
    if unlocked.data_key is None:
        raise NotUnlocked(database=means.places.database)
    before = read_keys(means.places)
    rewrite(means.places.database, DataKey(unlocked.key_id, unlocked.data_key), None, progress, space)
    progress("record", 0.99)
    plain = KeyFile(database_id=unlocked.database_id, encryption="off")
    write_keys(means.places, plain)
    forget(means, plain, before.wraps if before else ())
    return Unlocked(data_key=None, database_id=unlocked.database_id, method="none")


def rewrite(
    database: Path,
    old: DataKey | None,
    new: DataKey | None,
    progress: Progress = silent,
    space: Callable[[Path], int] = free_space,
) -> None:
    """Replace a database file by a copy under another key, or none, that was checked and is on disk.

    database   old ──────────────────────────────┬─ new ──
    copy          [copy ─ verify ─ sync]  ─ swap ┘
    """
    copy = _copy_of(database)
    discard_leftovers(database)
    try:
        contents = _copied(database, old, new, progress, space)
        progress("verify", 0.7)
        _verify(database, new, contents)
        progress("sync", 0.9)
        sync_file(copy)
        progress("swap", 0.95)
        copy.replace(database)
        sync_directory(database.parent)
    except driver.Error as error:
        raise ConversionFailed(database=database, reason=str(error)) from None
    except OSError as error:
        raise ConversionFailed(database=database, reason=reason_of(error)) from None
    finally:
        discard_leftovers(database)


def discard_leftovers(database: Path) -> None:
    """Remove the unfinished copy of a conversion that was stopped."""
    copy = _copy_of(database)
    for path in (copy, copy.with_name(f"{copy.name}-journal"), copy.with_name(f"{copy.name}-wal")):
        if path.exists():
            remove(path)


def _restore(means: Means, before: KeyFile | None, made: KeyFile) -> None:
    plain = before or KeyFile(database_id=made.database_id, encryption="off")
    write_keys(means.places, plain)
    forget(means, plain, made.wraps)


def _copy_of(database: Path) -> Path:
    return database.with_name(f"{database.name}.converting")


def _copied(
    database: Path,
    old: DataKey | None,
    new: DataKey | None,
    progress: Progress,
    space: Callable[[Path], int],
) -> _Contents:
    connection = _open_alone(database, old)
    try:
        size = database.stat().st_size
        _check_room(database, size, space(database.parent))
        contents = _contents(connection)
        progress("copy", 0.01)
        _export(connection, _copy_of(database), new, lambda done: progress("copy", 0.01 + 0.69 * done / size))
    finally:
        connection.close()
    return contents


def _open_alone(database: Path, key: DataKey | None) -> Connection:
    """Open the file for this program alone and fold its log in: a log must not outlive its file."""
    connection = driver.connect(str(database), isolation_level=None, timeout=0.5)
    try:
        if key is not None:
            connection.execute(f'PRAGMA key = "{header.key_pragma(key.key)}"')
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        (mode,) = connection.execute("PRAGMA journal_mode = DELETE").fetchone()
        if mode != "delete":
            raise DatabaseInUse(database=database)
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("COMMIT")
    except driver.OperationalError as error:
        connection.close()
        if "locked" in str(error):
            raise DatabaseInUse(database=database) from None
        raise
    except BaseException:
        connection.close()
        raise
    return cast("Connection", connection)


def _check_room(database: Path, size: int, free: int) -> None:
    needed = size + size // 10 + 16 * MIB
    if free < needed:
        raise NoRoomToConvert(database=database, needed=needed // MIB + 1, free=free // MIB)


def _export(connection: Connection, copy: Path, key: DataKey | None, written: Callable[[int], None]) -> None:
    (vacuum,) = connection.execute("PRAGMA main.auto_vacuum").fetchone()
    literal = "" if key is None else header.key_pragma(key.key, key.id)
    connection.execute("ATTACH ? AS copy KEY ?", (str(copy), literal))
    # The copy is worth nothing before it is whole, and then it is synced as one.
    connection.execute("PRAGMA copy.synchronous = OFF")
    connection.execute("PRAGMA copy.journal_mode = OFF")
    connection.execute(f"PRAGMA copy.auto_vacuum = {vacuum:d}")
    connection.set_progress_handler(lambda: written(copy.stat().st_size), 1_000_000)
    connection.execute("SELECT sqlcipher_export('copy')").fetchone()
    connection.set_progress_handler(None, 0)
    for name in ("user_version", "application_id"):
        (number,) = connection.execute(f"PRAGMA main.{name}").fetchone()
        connection.execute(f"PRAGMA copy.{name} = {number:d}")
    connection.execute("DETACH copy")
    copy.chmod(0o600)


def _contents(connection: Connection) -> _Contents:
    schema = connection.execute("SELECT type, name, sql FROM sqlite_master ORDER BY type, name").fetchall()
    tables = [name.replace('"', '""') for kind, name, _ in schema if kind == "table"]
    return _Contents(
        schema=schema,
        # A table's name cannot be a parameter; these come from the database itself.
        rows={name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in tables},  # noqa: S608
        user_version=connection.execute("PRAGMA user_version").fetchone()[0],
        application_id=connection.execute("PRAGMA application_id").fetchone()[0],
    )


def _verify(database: Path, key: DataKey | None, expected: _Contents) -> None:
    copy = _copy_of(database)
    if header.state_of(copy) != (key.id if key else header.PLAIN):
        raise CopyNotSound(database=database, reason="it begins wrongly")
    connection = driver.connect(f"{copy.absolute().as_uri()}?mode=ro", uri=True)
    try:
        if key is not None:
            connection.execute(f'PRAGMA key = "{header.key_pragma(key.key)}"')
            if connection.execute("PRAGMA cipher_integrity_check").fetchall():
                raise CopyNotSound(database=database, reason="a page does not authenticate")
        if connection.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
            raise CopyNotSound(database=database, reason="its structure is damaged")
        if _contents(connection) != expected:
            raise CopyNotSound(database=database, reason="its tables are not the same")
    finally:
        connection.close()
