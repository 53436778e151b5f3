"""What the first bytes of a database file tell, and the key that opens it."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Final

from hourloom.db.keys.errors import KeysNotRead, KeysNotWritten, reason_of
from hourloom.db.keys.places import sync_directory, sync_file

PLAIN: Final = "plain"
ABSENT: Final = "absent"

_PLAIN_BEGINNING = b"SQLite format 3\x00"


def state_of(database: Path) -> str:
    """Return `ABSENT`, `PLAIN`, or the key id that an encrypted file begins with."""
    try:
        with database.open("rb") as file:
            beginning = file.read(len(_PLAIN_BEGINNING))
    except FileNotFoundError:
        return ABSENT
    except OSError as error:
        raise KeysNotRead(path=database, reason=reason_of(error)) from None
    if not beginning:
        return ABSENT
    return PLAIN if beginning == _PLAIN_BEGINNING else beginning.hex()


def is_encrypted(database: Path) -> bool:
    """Tell whether a database file exists and is encrypted."""
    return state_of(database) not in (ABSENT, PLAIN)


def key_pragma(data_key: bytes, key_id: str = "") -> str:
    """Return the literal for `PRAGMA key` or `ATTACH … KEY`: the key itself, so that opening derives nothing.

    With the key id a new file begins with these sixteen bytes, which tell whose keys it needs; without it a
    new file begins with random ones.
    """
    return f"x'{data_key.hex()}{key_id}'"


def opens(database: Path, data_key: bytes) -> bool:
    """Tell whether a key opens an existing file, without writing to it."""
    from hourloom.db.sqlcipher import driver  # noqa: PLC0415 - what only looks at the header has no use for it

    connection = driver.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)
    try:
        # SQLCipher would tell standard error about a wrong key; the caller tells the user instead.
        connection.execute("PRAGMA cipher_log_level = NONE")
        connection.execute(f'PRAGMA key = "{key_pragma(data_key)}"')
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except driver.OperationalError:
        # Locked, or a journal that needs a writer: the server's own connection will tell which.
        return True
    except driver.DatabaseError:
        return False
    finally:
        connection.close()
    return True


def begin(database: Path, data_key: bytes, key_id: str) -> None:
    """Write an empty encrypted file that begins with the key id.

    It gets its name only when it is whole and on disk: a power cut that tore the first bytes would leave
    a file that seems to need another key.
    """
    from hourloom.db.sqlcipher import driver  # noqa: PLC0415 - as above

    beginning = database.with_name(f"{database.name}.beginning")
    try:
        beginning.unlink(missing_ok=True)
        with contextlib.closing(driver.connect(str(beginning), isolation_level=None)) as connection:
            connection.execute(f'PRAGMA key = "{key_pragma(data_key, key_id)}"')
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
            connection.execute("PRAGMA user_version = 0")
            connection.execute("VACUUM")
        # SQLite gives its log the mode of the file.
        beginning.chmod(0o600)
        sync_file(beginning)
        beginning.replace(database)
        sync_directory(database.parent)
    except (driver.DatabaseError, OSError) as error:
        with contextlib.suppress(OSError):
            beginning.unlink(missing_ok=True)
        reason = reason_of(error) if isinstance(error, OSError) else str(error)
        raise KeysNotWritten(path=database, reason=reason) from None
