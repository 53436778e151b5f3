"""A server whose database is encrypted with keys of its own, as `hourloom up` makes them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hourloom.db.keys import edit, unlock
from hourloom.db.keys.places import Places
from hourloom.db.keys.ways import Means
from hourloom.testing import FixedClock, ServerInMemory, a_peer, a_server, new_sqlite_file, open_sqlite

PASSPHRASE = "correct horse battery"
SOCKET = a_peer("unix")


@dataclass
class Keyed:
    """The server, the means to open its database, and the recovery code that was shown first."""

    server: ServerInMemory
    means: Means
    code: str


@contextmanager
def a_keyed_server(home: Path, *, passphrase: bool = False) -> Iterator[Keyed]:
    means = means_in(home)
    unlocked = unlock.unlock(means, "file")
    if passphrase:
        edit.add_passphrase(means, unlocked, PASSPHRASE)
    path = means.places.database
    new_sqlite_file(path, unlocked.data_key)
    with a_server(
        lambda record, publish: open_sqlite(path, unlocked.data_key, record, publish),
        home,
        FixedClock(),
        keychain=False,
    ) as server:
        yield Keyed(server, means, unlocked.new_recovery_code or "")


def means_in(home: Path) -> Means:
    (home / "data").mkdir(exist_ok=True)
    return Means(Places(home / "data", home / "config"))
