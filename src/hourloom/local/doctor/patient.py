"""What the doctor examines: a data directory and its database, opened only to read."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from hourloom.configuration import Configuration
from hourloom.core.clock import Clock, SystemClock
from hourloom.core.errors import HourloomError
from hourloom.db.keys import header, ways
from hourloom.db.keys.places import read_keys
from hourloom.db.keys.unlock import Unlocked, unlock
from hourloom.db.keys.ways import DataKey, Means
from hourloom.db.keys.wraps import KeyFile
from hourloom.db.lock import Holder, holder_of, take
from hourloom.db.salvage.making import is_readable
from hourloom.db.sqlite import SqliteTransaction, connect
from hourloom.db.transaction import Transaction
from hourloom.local.keys import means_of
from hourloom.local.reaching import DATABASE

if TYPE_CHECKING:
    from sqlite3 import Connection

_INSTRUCTIONS_BETWEEN_STEPS = 200_000

Step = Callable[[str, float], None]
"""Hear what is being done, and which share of it is."""


def silent(_step: str, _share: float) -> None:
    """Tell nobody."""


@dataclass
class Patient:
    """A data directory that is examined."""

    configuration: Configuration
    deep: bool = False
    ask: Callable[[], str] | None = None
    """Asks a person for the passphrase, where there is one."""
    step: Step = silent
    clock: Clock = field(default_factory=SystemClock)

    @property
    def directory(self) -> Path:
        return self.configuration.data_dir

    @property
    def database(self) -> Path:
        return self.directory / DATABASE

    @property
    def in_team(self) -> bool:
        """Tell whether the database is on a PostgreSQL server."""
        return self.configuration.database_url is not None

    @property
    def state(self) -> str:
        """Return how the database file begins."""
        return header.state_of(self.database)

    @property
    def exists(self) -> bool:
        """Tell whether there is a database to examine."""
        return self.in_team or self.state != header.ABSENT

    @property
    def holder(self) -> Holder | None:
        """Return who holds the directory."""
        return holder_of(self.directory)

    @cached_property
    def means(self) -> Means:
        """Return what finds the key; a passphrase is asked for once."""
        return means_of(self.configuration, None if self.ask is None else lambda: self.words)

    @cached_property
    def words(self) -> str:
        """Return the passphrase."""
        assert self.ask is not None
        return self.ask()

    @property
    def unlocked(self) -> Unlocked:
        """Return the key, or raise why there is none."""
        if isinstance(self.unlocking, HourloomError):
            raise self.unlocking
        return self.unlocking

    @cached_property
    def unlocking(self) -> Unlocked | HourloomError:
        """Return what came of finding the key, which takes long where a passphrase opens the database."""
        if self.state == header.PLAIN:
            # `unlock` would write a missing keys.json, and looking changes nothing.
            return Unlocked(data_key=None, database_id="", method="none")
        try:
            return unlock(self.means, self.configuration.encryption)
        except HourloomError as error:
            return error

    def forget(self) -> None:
        """Find the key anew: the file is another one."""
        self.__dict__.pop("unlocking", None)

    @property
    def document(self) -> KeyFile | None:
        """Return keys.json, or raise what is wrong with it."""
        return read_keys(self.means.places)

    def opens(self) -> bool:
        """Tell whether the database opens."""
        if self.in_team:
            return True
        if self.state == header.ABSENT:
            return False
        try:
            return self.unlocked is not None
        except HourloomError:
            return False

    def keys_of_pages(self) -> Iterator[DataKey | None]:
        """Yield the key that pages of the file were written with, even where its beginning is damaged."""
        document = self.document
        if document is None:
            return
        if document.encryption == "off" and is_readable(self.database, None):
            yield None
        for wrap in reversed(document.wraps):
            with contextlib.suppress(HourloomError):
                key = None if wrap.method == "recovery" else ways.open_wrap(self.means, document, wrap)
                if key is not None and is_readable(self.database, key):
                    yield key

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """Open the embedded database to read, beside a server or without one."""
        fresh = [self.directory / f"{DATABASE}{end}" for end in ("-wal", "-shm")]
        fresh = [path for path in fresh if not path.exists()]
        connection = connect(self.database, self.unlocked.data_key, readonly=True)
        try:
            yield connection
        finally:
            connection.close()
            if self.holder is None:
                _remove_empty(fresh)

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """Read one snapshot of the database, whichever it is."""
        if self.in_team:
            with _team_snapshot(self.configuration.database_url or "") as tx:
                yield tx
            return
        with self.connection() as connection:
            connection.execute("BEGIN")
            yield SqliteTransaction(connection, writes=False)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the directory, so that no server opens the database meanwhile."""
        lock = take(self.directory, self.clock.now())
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def alone(self) -> Iterator[Connection]:
        """Open the database to write; the caller holds the directory."""
        connection = connect(self.database, self.unlocked.data_key)
        try:
            connection.execute("PRAGMA foreign_keys = OFF")
            yield connection
        finally:
            connection.close()

    @property
    def data_key(self) -> DataKey | None:
        """Return the key of the database, by its name."""
        key = self.unlocked.data_key
        return None if key is None else DataKey(self.unlocked.key_id, key)

    def watch(self, connection: Connection, what: str) -> None:
        """Say again and again that something long goes on."""
        connection.set_progress_handler(lambda: self.step(what, 0.0), _INSTRUCTIONS_BETWEEN_STEPS)


def _remove_empty(paths: list[Path]) -> None:
    """Remove the files that reading has made, so that nothing is changed; a log in use stays."""
    log = next((path for path in paths if path.name.endswith("-wal")), None)
    if log is None or (log.exists() and log.stat().st_size):
        return
    for path in paths:
        path.unlink(missing_ok=True)


@contextmanager
def _team_snapshot(url: str) -> Iterator[Transaction]:
    import psycopg  # noqa: PLC0415 - an optional dependency

    from hourloom.db.postgres import DatabaseUnreachable, PostgresTransaction  # noqa: PLC0415 - as above

    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield PostgresTransaction(connection, writes=False)
    except psycopg.OperationalError as error:
        raise DatabaseUnreachable(reason=str(error).partition("\n")[0]) from None
