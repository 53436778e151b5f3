"""The backup before the schema of a database is changed."""

from __future__ import annotations

import secrets
from pathlib import Path

from hourloom.backups import making
from hourloom.backups.copying import Source
from hourloom.backups.folder import Folder
from hourloom.backups.making import BackupSource
from hourloom.backups.memory import Memory, with_success
from hourloom.backups.model import Backup, Progress, silent
from hourloom.backups.service import HOME
from hourloom.core.clock import Clock
from hourloom.db.keys.errors import KeysMissing
from hourloom.db.keys.places import Places, read_keys


def back_up(
    database: Path, key: bytes | None, config_dir: Path, clock: Clock, progress: Progress = silent
) -> Backup:
    """Make a verified backup in the data directory, which no other program uses; raise if it cannot be."""
    places = Places(database.parent, config_dir)
    document = read_keys(places)
    if document is None:
        raise KeysMissing(database=database, keys=places.keys, hint="")
    source = BackupSource(Source(database, key), document)
    with making.one_at_a_time(database.parent, clock):
        folder = Folder(database.parent / HOME, make=True)
        made = making.make(source, folder, clock.now, secrets.token_bytes(3), progress=progress)
    memory = Memory(database.parent)
    memory.write(with_success(memory.read(clock.now()), made, clock.now()))
    return made
