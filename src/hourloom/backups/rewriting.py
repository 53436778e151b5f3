"""Erase something from a backup: taken out, changed, vacuumed, sealed anew, put in the old one's place."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from hourloom import __version__
from hourloom.backups import copying, layout, making
from hourloom.backups.copying import Source
from hourloom.backups.making import BackupSource
from hourloom.backups.model import Backup, BackupDamaged, BackupLabel, BackupManifest, Progress, part, silent
from hourloom.backups.ports import BackupTarget
from hourloom.core.clock import Instant
from hourloom.db.migrate import prepare_sqlite
from hourloom.db.sqlcipher import driver
from hourloom.db.sqlite import connect

if TYPE_CHECKING:
    from sqlite3 import Connection

Erase = Callable[["Connection"], None]


def rewrite(
    source: BackupSource,
    target: BackupTarget,
    name: str,
    erase: Erase,
    now: Callable[[], Instant],
    progress: Progress = silent,
) -> Backup:
    """Rewrite a backup in place; until the new one is whole at the target the old one stands there.

    The database in it is brought to the present schema first, so that `erase` finds the tables that it knows.
    The caller holds `one_at_a_time`.
    """
    with copying.work_in(source.directory) as work:
        taken, fresh = work / "taken.db", work / "rewritten.db"
        label, manifest = making.take_out(target, name, taken, source.source.key, part(progress, 0, 20))
        with making.named(name):
            _erase(Source(taken, source.source.key), name, erase)
            contents = copying.copy(Source(taken, source.source.key), fresh, progress=part(progress, 30, 50))
        copying.remove(taken)
        size = fresh.stat().st_size
        changed = msgspec.structs.replace(
            manifest,
            program=__version__,
            schema=contents.schema,
            size=size,
            digest=copying.digest_of(fresh),
            rows=contents.rows,
            oldest=contents.oldest,
            newest=contents.newest,
        )
        noted = msgspec.structs.replace(label, schema=contents.schema, size=size, rewritten_at=now())
        _put(source, target, name, noted, changed, fresh, part(progress, 50, 70))
    return making.verify(target, name, source.directory, source.source.key, now, part(progress, 70, 100))


def _erase(source: Source, name: str, erase: Erase) -> None:
    try:
        with closing(connect(source.path, source.key)) as connection:
            # The copy is thrown away when anything fails, and a log would keep what is erased.
            connection.execute("PRAGMA journal_mode = MEMORY")
            prepare_sqlite(connection, source.path.name)
            erase(connection)
            if connection.in_transaction:
                connection.execute("COMMIT")
    except driver.DatabaseError as error:
        raise BackupDamaged(name=name, reason=str(error)) from None


def _put(
    source: BackupSource,
    target: BackupTarget,
    name: str,
    label: BackupLabel,
    manifest: BackupManifest,
    database: Path,
    progress: Progress,
) -> None:
    making.require_room_at(target, manifest.size)
    with target.put(name) as file:
        layout.write(file, label, manifest, database, source.keys_of(database), progress)
