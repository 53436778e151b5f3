"""Backups as the commands need them: by the server that runs, else by the same services in this program."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from datetime import datetime
from pathlib import Path

import msgspec

from hourloom.assembly import Server
from hourloom.backups import copying, making, restoring
from hourloom.backups.folder import Folder
from hourloom.backups.model import Backup, BackupDamaged, BackupState, TeamBackup, is_name
from hourloom.cli.handed import BackupLine, BackupsFound, Count
from hourloom.configuration import Configuration
from hourloom.core.clock import SystemClock, datetime_of
from hourloom.core.errors import HourloomError, Refused
from hourloom.local.keys import means_of
from hourloom.local.reaching import NothingHereYet, running_way, storage
from hourloom.sdk.api import Api

Alone = Callable[[Configuration], AbstractContextManager[Server]]
"""Hold the data directory and put the server together, without serving anybody."""

_PAUSE = 0.1


class BackupNotMade(Refused):
    """{reason}."""


class _Job(msgspec.Struct):
    job: int


class _Progress(msgspec.Struct):
    state: str
    done: int
    total: int
    error: str | None = None


class _Line(msgspec.Struct):
    name: str
    place: str
    made_at: datetime
    bytes: int
    schema: str
    sealed: bool
    verified: bool
    checked_at: datetime | None
    fault: str | None

    def line(self) -> BackupLine:
        return BackupLine(**msgspec.structs.asdict(self))


class _List(msgspec.Struct):
    place: str
    out_of_reach: list[str]
    made_at: datetime | None
    tried_at: datetime | None
    fault: str | None
    stale: bool
    backups: list[_Line]


class LocalBackups:
    """The backups of one data directory."""

    def __init__(self, configuration: Configuration, alone: Alone) -> None:
        if configuration.database_url is not None:
            raise TeamBackup
        self._configuration, self._alone = configuration, alone

    def make(self, to: Path | None, count: Count) -> BackupLine:
        folder = None if to is None else str(to.expanduser().absolute())
        with self._reached() as found:
            if isinstance(found, Server):
                return _line(found.backups.now(folder, count))
            before = found.get("/api/v1/backups", _List)
            self._wait(found, found.post("/api/v1/backups", {"folder": folder}, _Job), count)
            after = found.get("/api/v1/backups", _List)
            if after.tried_at == before.tried_at or after.fault is not None:
                raise BackupNotMade(reason=(after.fault or "The backup was stopped").rstrip("."))
            wanted = folder or after.place
            return next(each.line() for each in after.backups if each.place == wanted)

    def all(self) -> BackupsFound:
        with self._reached() as found:
            if not isinstance(found, Server):
                listed = found.get("/api/v1/backups", _List)
                lines = [each.line() for each in listed.backups]
                return BackupsFound(listed.place, listed.out_of_reach, listed.stale, lines)
            overview = found.backups.overview(found.owner)
            lines = [_line(backup) for backup in overview.backups]
            return BackupsFound(overview.place, overview.out_of_reach, overview.stale, lines)

    def verify(self, name: str | None, count: Count) -> BackupLine:
        with self._reached() as found:
            if isinstance(found, Server):
                return _line(found.backups.verify(name, count))
            before = {each.name: each.checked_at for each in found.get("/api/v1/backups", _List).backups}
            self._wait(found, found.post("/api/v1/backups/verify", {"name": name}, _Job), count)
            listed = found.get("/api/v1/backups", _List).backups
        fresh = [each for each in listed if each.checked_at != before.get(each.name)]
        line = next((each.line() for each in fresh if name in (None, each.name)), None)
        if line is None or not line.verified:
            fault = None if line is None else line.fault
            raise BackupNotMade(reason=(fault or "There is no such backup that opens here").rstrip("."))
        return line

    def verify_file(self, path: Path, ask: Callable[[], str], count: Count) -> BackupLine:
        backup = restoring.look_at(path.absolute())
        key = key_of(backup, self._configuration, ask)
        with self._room() as directory, making.one_at_a_time(directory), copying.work_in(directory) as work:
            try:
                restoring.check(backup, key, work / "checked.db", count)
            except BackupDamaged as error:
                self._keep(backup, error.message)
                raise
        return _line(self._keep(backup, None))

    def _keep(self, backup: restoring.BackupOnDisk, fault: str | None) -> Backup:
        """Note beside the file what was found, where that is a folder of backups."""
        folder, path = Folder(backup.path.parent), backup.path
        state = BackupState(
            name=path.name, bytes=path.stat().st_size, checked_at=SystemClock().now(), fault=fault
        )
        if is_name(path.name):
            with suppress(HourloomError):
                making.keep_state(folder, state)
        return making.as_listed(folder.place, path.name, state.bytes, backup.label, state)

    @contextmanager
    def _room(self) -> Iterator[Path]:
        """Return a directory to take the backup apart in: beside the database, where there is one."""
        if self._configuration.data_dir.is_dir():
            yield self._configuration.data_dir
            return
        with tempfile.TemporaryDirectory(prefix="hourloom-") as directory:
            yield Path(directory)

    @contextmanager
    def _reached(self) -> Iterator[Server | Api]:
        way = running_way(self._configuration)
        with ExitStack() as stack:
            if way is not None:
                stack.callback(way.close)
                yield Api(way)
                return
            if not storage(self._configuration).exists:
                raise NothingHereYet(path=self._configuration.data_dir)
            yield stack.enter_context(self._alone(self._configuration))

    def _wait(self, api: Api, job: _Job, count: Count) -> None:
        while True:
            found = api.get(f"/api/v1/jobs/{job.job}", _Progress)
            count(found.done, max(found.total, 1))
            if found.state != "open":
                return
            time.sleep(_PAUSE)


def key_of(
    backup: restoring.BackupOnDisk, configuration: Configuration, ask: Callable[[], str]
) -> bytes | None:
    """Return the key of a backup: what this computer has, else what a person types."""
    if backup.header is None:
        return None
    key = restoring.key_here(backup, means_of(configuration, None))
    return restoring.key_by_words(backup, ask()) if key is None else key


def _line(backup: Backup) -> BackupLine:
    return BackupLine(
        name=backup.name,
        place=backup.place,
        made_at=datetime_of(backup.made_at),
        bytes=backup.bytes,
        schema=backup.schema,
        sealed=backup.sealed,
        verified=backup.verified,
        checked_at=None if backup.checked_at is None else datetime_of(backup.checked_at),
        fault=backup.fault,
    )
