"""Turn encryption of an existing database on or off: a checked copy beside it takes its place in one step."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, cast

import msgspec

from hourloom.core.errors import HourloomError
from hourloom.db.keys import copying, header, successor
from hourloom.db.keys.copying import Contents, Space, copy_of, discard_leftovers, free_space
from hourloom.db.keys.errors import (
    AlreadyEncrypted,
    ConversionFailed,
    DatabaseInUse,
    DatabaseMissing,
    NotUnlocked,
    reason_of,
)
from hourloom.db.keys.places import read_keys, sync_directory, sync_file, write_keys
from hourloom.db.keys.unlock import Unlocked, first_wraps, forget
from hourloom.db.keys.ways import DataKey, Means
from hourloom.db.keys.wraps import KeyFile
from hourloom.db.sqlcipher import driver

if TYPE_CHECKING:
    from sqlite3 import Connection
else:
    Connection = driver.Connection

Progress = Callable[[str, float], None]
"""Called before each step with its name and with the share of the whole that is done."""


def silent(_step: str, _share: float) -> None:
    """Tell nobody."""


def turn_on(
    means: Means,
    progress: Progress = silent,
    space: Space = free_space,
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
    space: Space = free_space,
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


def exchange_key(
    means: Means,
    unlocked: Unlocked,
    words: str | None,
    tell: Callable[[str], None],
    progress: Progress = silent,
    space: Space = free_space,
) -> None:
    """Give a database another data key, and tell its recovery code once that holds; the caller has the lock.

    What was left by an exchange that was stopped before is forgotten; this is a new one.
    """
    if unlocked.key is None:
        raise NotUnlocked(database=means.places.database)
    progress("keys", 0.0)
    successor.settle(means)
    made = successor.make(means, unlocked, words)
    tell(made.recovery_code)
    try:
        rewrite(means.places.database, unlocked.key, made.key, progress, space)
    finally:
        # Whichever key the file needs now, the wraps of the other are of no use.
        successor.settle(means)


def rewrite(
    database: Path,
    old: DataKey | None,
    new: DataKey | None,
    progress: Progress = silent,
    space: Space = free_space,
) -> None:
    """Replace a database file by a copy under another key, or none, that was checked and is on disk.

    database   old ──────────────────────────────┬─ new ──
    copy          [copy ─ verify ─ sync]  ─ swap ┘
    """
    copy = copy_of(database)
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


def _restore(means: Means, before: KeyFile | None, made: KeyFile) -> None:
    plain = before or KeyFile(database_id=made.database_id, encryption="off")
    write_keys(means.places, plain)
    forget(means, plain, made.wraps)


def _copied(
    database: Path,
    old: DataKey | None,
    new: DataKey | None,
    progress: Progress,
    space: Space,
) -> Contents:
    connection = _open_alone(database, old)
    try:
        size = database.stat().st_size
        copying.require_room(database, size, space(database.parent))
        contents = copying.contents_of(connection)
        progress("copy", 0.01)
        copy = copy_of(database)
        copying.attach(connection, copy, new)
        copying.fill(connection, copy, lambda done: progress("copy", 0.01 + 0.69 * min(1, done / size)))
        connection.execute("DETACH copy")
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


def _verify(database: Path, key: DataKey | None, expected: Contents) -> None:
    copying.require_beginning(database, key)
    connection = copying.open_copy(database, key)
    try:
        copying.require_sound(connection, database, encrypted=key is not None)
        copying.require_same(database, copying.contents_of(connection), expected)
    finally:
        connection.close()
