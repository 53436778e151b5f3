"""Bring a database to the schema of an older program, after a backup."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from hourloom.backups.model import TeamBackup
from hourloom.backups.upgrading import back_up
from hourloom.cli.handed import Agree, Count
from hourloom.configuration import Configuration
from hourloom.core.clock import SystemClock
from hourloom.core.errors import Refused
from hourloom.db.keys import header
from hourloom.db.keys.unlock import Unlocked
from hourloom.db.lock import take
from hourloom.db.migrate import HEAD, SchemaIsNewer, migrate_sqlite, revision_below, sqlite_revision
from hourloom.db.opening import in_a_sentence
from hourloom.db.sqlite import connect
from hourloom.local.reaching import DATABASE, NothingHereYet

Unlock = Callable[[Configuration], Unlocked | None]


class NotAgreed(Refused):
    """Nothing was changed."""


def downgrade(
    configuration: Configuration, revision: str | None, agree: Agree, count: Count, unlock: Unlock
) -> tuple[str, Path]:
    """Go down to a schema; a backup is made and verified before, and nothing is changed without it."""
    if configuration.database_url is not None:
        raise TeamBackup
    path = configuration.data_dir / DATABASE
    if header.state_of(path) == header.ABSENT:
        raise NothingHereYet(path=configuration.data_dir)
    lock = take(configuration.data_dir, SystemClock().now())
    try:
        unlocked = unlock(configuration)
        key = unlocked.data_key if unlocked else None
        with in_a_sentence(path), closing(connect(path, key)) as connection:
            found = sqlite_revision(connection) or ""
            if found > HEAD:
                raise SchemaIsNewer(found=found, head=HEAD)
            wanted = revision_below(found, revision)
            if not agree(found, wanted):
                raise NotAgreed
            made = back_up(path, key, configuration.config_dir, SystemClock(), count)
            migrate_sqlite(connection, wanted)
        return wanted, Path(made.place) / made.name
    finally:
        lock.release()
