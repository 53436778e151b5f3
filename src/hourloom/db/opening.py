"""Before and while a database file is opened: leave strangers alone, say in a sentence what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from hourloom.core.errors import Refused
from hourloom.db.migrate import NotOurDatabase
from hourloom.db.sqlcipher import driver
from hourloom.db.sqlite import APPLICATION_ID

_PLAIN = b"SQLite format 3\0"
_APPLICATION_ID_AT = slice(68, 72)

_REASONS = {
    "full": "the disk is full; free some space",
    "readonly": "the disk or the file is read-only",
    "malformed": "the file is damaged; `hourloom doctor --fix` saves what can be read",
    "locked": "another program has it open",
    "disk I/O": "the disk reports an error",
    "unable to open": "the file cannot be opened; look at its owner and permissions",
}


class DatabaseNotOpened(Refused):
    """The database {name} cannot be opened: {reason}."""


def refuse_foreign(path: Path) -> None:
    """Raise when a plain SQLite file belongs to another program; nothing is written to find out."""
    with in_a_sentence(path):
        if not path.exists() or _is_ours(path):
            return
    with (
        in_a_sentence(path),
        closing(driver.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection,
    ):
        if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            raise NotOurDatabase(name=path.name)


@contextmanager
def in_a_sentence(path: Path) -> Iterator[None]:
    """Turn what the engine says while a database is opened into what a person can act on."""
    try:
        yield
    except driver.Error as error:
        said = str(error)
        reason = next((reason for word, reason in _REASONS.items() if word in said), said)
        raise DatabaseNotOpened(name=path.name, reason=reason) from None
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise DatabaseNotOpened(name=path.name, reason=reason) from None


def _is_ours(path: Path) -> bool:
    """Return whether a file is encrypted, or plain with our mark."""
    with path.open("rb") as file:
        header = file.read(100)
    return not header.startswith(_PLAIN) or header[_APPLICATION_ID_AT] == APPLICATION_ID.to_bytes(4, "big")
