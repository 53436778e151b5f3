"""The backups of one database in their folders: made, examined, rewritten, listed, dropped.

Apart from the service, because a server that starts has no use for what this imports.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from hourloom.backups import making, rewriting
from hourloom.backups.copying import Source, discard_work
from hourloom.backups.folder import Folder
from hourloom.backups.making import BackupSource
from hourloom.backups.model import Backup, BackupOutOfReach, BackupRunsAlready, NoSuchBackup, Progress, is_of
from hourloom.core.clock import Clock
from hourloom.core.errors import HourloomError
from hourloom.db.embedded import EmbeddedDatabase
from hourloom.db.keys.errors import KeysMissing
from hourloom.db.keys.places import Places, read_keys

if TYPE_CHECKING:
    from sqlite3 import Connection

log = logging.getLogger(__name__)


class Shelf:
    """Does the work on files; what it means for the user is the service's."""

    def __init__(
        self, database: EmbeddedDatabase, clock: Clock, config_dir: Path, random: Callable[[int], bytes]
    ) -> None:
        self._database, self._clock = database, clock
        self._config_dir, self._random = config_dir, random
        self._directory = database.path.parent

    def make(self, folder: Folder, *, must_know: bool, progress: Progress) -> Backup:
        """Make a backup; with `must_know` the folder must still have one, for it had."""
        source = self._source()
        with self._alone():
            folder.require()
            if must_know and not any(self._is_ours(file.name, source) for file in folder.list()):
                # Its disk is away, and this is the bare place where it is put in.
                raise BackupOutOfReach(place=folder.place)
            folder.discard_leftovers(source.document.database_id)
            chance, alone = self._random(3), self._database.write
            return making.make(source, folder, self._clock.now, chance, alone=alone, progress=progress)

    def verify(self, backup: Backup, progress: Progress) -> Backup:
        """Examine a backup again; raise why it does not count."""
        key = self._source().source.key
        with self._alone():
            folder = Folder(Path(backup.place))
            return making.verify(folder, backup.name, self._directory, key, self._clock.now, progress)

    def rewrite(self, backup: Backup, erase: Callable[[Connection], None], progress: Progress) -> Backup:
        """Erase something from a backup."""
        source, folder = self._source(), Folder(Path(backup.place))
        with self._alone():
            return rewriting.rewrite(source, folder, backup.name, erase, self._clock.now, progress)

    def listed(self, places: Iterable[str]) -> tuple[list[Backup], list[str]]:
        """Return the backups in some folders, the newest first, and the folders that are not there."""
        found: list[Backup] = []
        missing: list[str] = []
        for place in dict.fromkeys(places):
            try:
                found += making.listed(Folder(Path(place)))
            except HourloomError:
                missing.append(place)
        return sorted(found, key=lambda b: (b.made_at, b.name), reverse=True), missing

    def find(self, name: str | None, places: list[str]) -> Backup:
        """Return the backup of a name, or the newest of this database."""
        source = self._source()
        for backup in self.listed(places)[0]:
            if backup.name == name or (name is None and self._is_ours(backup.name, source)):
                return backup
        raise NoSuchBackup(name=(name or "")[:60], place=", ".join(places))

    def drop(self, place: str, choose: Callable[[list[Backup]], list[Backup]]) -> list[Backup]:
        """Delete those of our backups in a folder that are chosen; return them."""
        source, folder = self._source(), Folder(Path(place))
        ours = [backup for backup in making.listed(folder) if self._is_ours(backup.name, source)]
        dropped: list[Backup] = []
        with contextlib.suppress(HourloomError):
            for backup in choose(ours):
                making.delete(folder, backup.name)
                dropped.append(backup)
        return dropped

    def discard_leftovers(self) -> None:
        """Remove what a backup that was killed left beside the database."""
        with contextlib.suppress(BackupRunsAlready), self._alone():
            discard_work(self._directory)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with making.one_at_a_time(self._directory, self._clock):
            yield

    def _source(self) -> BackupSource:
        file = Source(self._database.path, self._database.key)
        places = Places(self._directory, self._config_dir)
        document = read_keys(places)
        if document is None:
            raise KeysMissing(database=file.path, keys=places.keys, hint="")
        return BackupSource(file, document)

    def _is_ours(self, name: str, source: BackupSource) -> bool:
        return is_of(name, source.document.database_id)
