"""Make backups by themselves and on demand, say which there are, and drop those that others stand for."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from hourloom.backups.memory import Memory, with_success
from hourloom.backups.model import (
    WORK,
    Backup,
    BackupDamaged,
    BackupDropped,
    BackupFailed,
    BackupMade,
    BackupMemory,
    BackupPlaceRefused,
    BackupPolicy,
    BackupVerified,
    NotABackup,
    Progress,
    TeamBackup,
    is_due,
    is_stale,
    made_while,
    silent,
    to_drop,
)
from hourloom.core.actors import Actor
from hourloom.core.changes import Change
from hourloom.core.clock import DAY, SECOND, Clock, Instant
from hourloom.core.days import zone_of
from hourloom.core.errors import HourloomError
from hourloom.core.ids import JobId
from hourloom.db.transaction import Database, Stopping
from hourloom.jobs.model import JobCancelled
from hourloom.jobs.service import Jobs
from hourloom.notices.service import Notices
from hourloom.settings.definitions import (
    BACKUP_ENABLED,
    BACKUP_FOLDER,
    BACKUP_HOUR,
    BACKUP_KEEP_DAILY,
    BACKUP_KEEP_MONTHLY,
    BACKUP_KEEP_WEEKLY,
    TIME_ZONE,
)
from hourloom.settings.service import Settings
from hourloom.web.vitals import Measure

if TYPE_CHECKING:
    from sqlite3 import Connection

    from hourloom.backups.folder import Folder
    from hourloom.backups.shelf import Shelf

HOME = "backups"
"""The folder in the data directory for those who have named no other."""
MAKE, VERIFY = "backups.make", "backups.verify"
CHOSEN, NEWEST = "chosen", "newest"
"""The slots of jobs for which nothing is named."""
LONGEST_PLACE = 1000


class BackupOverview(msgspec.Struct, frozen=True):
    """All backups within reach, and how it stands with them."""

    place: str
    """Where the next one goes."""
    out_of_reach: list[str]
    backups: list[Backup]
    memory: BackupMemory
    stale: bool


class Backups:
    """The backups of one database."""

    is_service = True

    def __init__(  # noqa: PLR0913 - each is another service
        self,
        database: Database,
        clock: Clock,
        jobs: Jobs,
        settings: Settings,
        notices: Notices,
        *,
        owner: Actor,
        config_dir: Path,
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._database, self._clock, self._jobs = database, clock, jobs
        self._settings, self._notices, self._owner = settings, notices, owner
        self._config_dir, self._random = config_dir, random
        path: Path | None = getattr(database, "path", None)
        self._directory = None if path is None else path.parent

    def start(self, who: Actor, to: str | None = None) -> JobId:
        """Queue a backup, within a write; one that waits or is being made already is that one."""
        who.require("backups:write")
        self._embedded()
        if to is not None:
            _place(to)
        return self._enqueue(MAKE, {"to": to}, to or CHOSEN)

    def start_verifying(self, who: Actor, name: str | None = None) -> JobId:
        """Queue the examination of a backup, or of the newest, within a write."""
        who.require("backups:write")
        self._embedded()
        return self._enqueue(VERIFY, {"name": name}, name or NEWEST)

    def now(self, to: str | None = None, progress: Progress = silent) -> Backup:
        """Make a backup and verify it; this takes long, so not on the loop or the writer."""
        shelf = self._shelf()
        folder = self._folder(self._chosen() if to is None else _place(to), make=to is not None)
        known = to is None and folder.place != str(self._home()) and folder.place in self._remembered().places
        try:
            made = shelf.make(folder, must_know=known, progress=progress)
        except (JobCancelled, Stopping):
            raise
        except HourloomError as error:
            self._note_failure(error)
            raise
        self._note_success(made)
        if folder.place in (str(self._chosen()), str(self._home())):
            self._drop_old(shelf, folder.place)
        return made

    def verify(self, name: str | None = None, progress: Progress = silent) -> Backup:
        """Examine a backup again, or the newest; raise why it does not count. This takes long, too."""
        shelf = self._shelf()
        found = shelf.find(name, self._places())
        try:
            verified = shelf.verify(found, progress)
        except (BackupDamaged, NotABackup) as error:
            self._tell(BackupVerified(found.name, whole=False))
            self._tell_failure(error)
            raise
        self._tell(BackupVerified(found.name, whole=True))
        return verified

    def overview(self, who: Actor) -> BackupOverview:
        """Return all backups within reach, the newest first."""
        who.require("backups:read")
        found, missing = self._shelf().listed(self._places())
        memory, chosen = self._remembered(), str(self._chosen())
        home = str(self._home())
        away = [place for place in missing if place != home]
        return BackupOverview(chosen, away, found, memory, self.is_stale())

    def look(self) -> None:
        """Begin the daily backup when it is due, and raise an alarm when none succeeded for long."""
        if self._directory is None:
            return
        now, memory = self._clock.now(), self._remembered()
        self._memory().write(memory)
        enabled = self._settings.value(self._owner, BACKUP_ENABLED)
        hour = self._settings.value(self._owner, BACKUP_HOUR)
        due = enabled and is_due(memory.made_at, now, self._zone(), hour)
        late = enabled and is_stale(memory, now)
        days = 0 if memory.made_at is None else (now - memory.made_at) // DAY

        def write() -> None:
            if due:
                self._enqueue(MAKE, {"to": None}, CHOSEN)
            self._alarm("backup_missing", stands=late and memory.made_at is None)
            self._alarm("backup_stale", stands=late and memory.made_at is not None, days=days)

        self._database.write(write)

    def that_hold(self, came_at: Instant, gone_at: Instant) -> list[Backup]:
        """Return the backups within reach that hold what was in the database between two instants."""
        if self._directory is None:
            return []
        return made_while(self._shelf().listed(self._places())[0], came_at, gone_at)

    def rewrite(
        self, backup: Backup, erase: Callable[[Connection], None], progress: Progress = silent
    ) -> Backup:
        """Erase something from a backup and put it back, verified, in place of what it was."""
        return self._shelf().rewrite(backup, erase, progress)

    def verified_at(self) -> Instant | None:
        """Return when the newest backup that counts was examined, for whoever watches the server."""
        return None if self._directory is None else self._remembered().verified_at

    def made_at(self) -> Instant | None:
        """Return when the newest backup that counts was made."""
        return None if self._directory is None else self._remembered().made_at

    def is_stale(self) -> bool:
        """Return whether backups are wanted and none succeeded for two periods."""
        if self._directory is None or not self._settings.value(self._owner, BACKUP_ENABLED):
            return False
        return is_stale(self._remembered(), self._clock.now())

    def measures(self) -> list[Measure]:
        """Return the figures for whoever watches the server."""
        if self._directory is None:
            return []
        memory = self._remembered()
        made, verified = (memory.made_at or 0) / SECOND, (memory.verified_at or 0) / SECOND
        return [
            Measure("hourloom_backup_made_seconds", "gauge", "When the newest backup was made.", made),
            Measure("hourloom_backup_verified_seconds", "gauge", "When it was examined.", verified),
            Measure("hourloom_backup_bytes", "gauge", "Its size.", memory.bytes),
            Measure("hourloom_backup_stale", "gauge", "1 when it is too old.", int(self.is_stale())),
        ]

    def discard_leftovers(self) -> None:
        """Remove what a backup that was killed left beside the database."""
        if self._directory is not None and (self._directory / WORK).exists():
            self._shelf().discard_leftovers()

    def _embedded(self) -> Path:
        if self._directory is None:
            raise TeamBackup
        return self._directory

    def _shelf(self) -> Shelf:
        self._embedded()
        from hourloom.backups.shelf import Shelf  # noqa: PLC0415 - a server that starts needs none of it
        from hourloom.db.embedded import EmbeddedDatabase  # noqa: PLC0415 - as above

        assert isinstance(self._database, EmbeddedDatabase)  # it has a file
        return Shelf(self._database, self._clock, self._config_dir, self._random)

    def _folder(self, path: Path, *, make: bool) -> Folder:
        from hourloom.backups.folder import Folder  # noqa: PLC0415 - as above

        return Folder(path, make=make or path == self._home())

    def _home(self) -> Path:
        return self._embedded() / HOME

    def _chosen(self) -> Path:
        named = self._settings.value(self._owner, BACKUP_FOLDER)
        return Path(named) if named else self._home()

    def _places(self) -> list[str]:
        """Return all folders where there may be backups."""
        return [str(self._chosen()), str(self._home()), *self._remembered().places]

    def _zone(self) -> tzinfo:
        return zone_of(self._settings.value(self._owner, TIME_ZONE))

    def _policy(self) -> BackupPolicy:
        settings = (BACKUP_KEEP_DAILY, BACKUP_KEEP_WEEKLY, BACKUP_KEEP_MONTHLY)
        return BackupPolicy(*(self._settings.value(self._owner, each) for each in settings))

    def _drop_old(self, shelf: Shelf, place: str) -> None:
        now, zone, policy = self._clock.now(), self._zone(), self._policy()
        for backup in shelf.drop(place, lambda ours: to_drop(ours, now, zone, policy)):
            self._tell(BackupDropped(backup.name))

    def _memory(self) -> Memory:
        return Memory(self._embedded())

    def _remembered(self) -> BackupMemory:
        return self._memory().read(self._clock.now())

    def _note_success(self, made: Backup) -> None:
        self._memory().write(with_success(self._remembered(), made, self._clock.now()))

        def write() -> None:
            with self._database.begin() as tx:
                tx.changed(self._owner.workspace_id, BackupMade(made.name, made.made_at, made.bytes))
            for kind in ("backup_failed", "backup_stale", "backup_missing"):
                self._alarm(kind, stands=False)

        self._database.write(write)

    def _note_failure(self, error: HourloomError) -> None:
        tried = msgspec.structs.replace(self._remembered(), tried_at=self._clock.now(), fault=error.message)
        self._memory().write(tried)
        self._tell_failure(error)

    def _tell_failure(self, error: HourloomError) -> None:
        def write() -> None:
            self._alarm("backup_failed", stands=True, error=error.code)
            with self._database.begin() as tx:
                tx.changed(self._owner.workspace_id, BackupFailed(error.code))

        # Where the disk is full there may be no room to say so.
        with contextlib.suppress(HourloomError):
            self._database.write(write)

    def _alarm(self, kind: str, *, stands: bool, **facts: int | str | None) -> None:
        if stands:
            self._notices.raised(self._owner.workspace_id, kind, "", **facts)
        else:
            self._notices.cleared(self._owner.workspace_id, kind)

    def _enqueue(self, kind: str, subject: object, slot: str) -> JobId:
        return self._jobs.enqueue(self._owner.workspace_id, kind, subject, slot=slot, total=100)

    def _tell(self, change: Change) -> None:
        def write() -> None:
            with self._database.begin() as tx:
                tx.changed(self._owner.workspace_id, change)

        self._database.write(write)


def _place(path: str) -> Path:
    found = Path(path)
    if not found.is_absolute() or "\0" in path or len(path) > LONGEST_PLACE:
        raise BackupPlaceRefused
    return found
