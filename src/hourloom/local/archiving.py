"""Archives of one data directory: through the server that runs, else within this program."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Literal, cast

import msgspec

from hourloom.archive.model import ArchiveImport
from hourloom.assembly import Server
from hourloom.cli.handed import ArchiveLine, ArchiveReport, ArchiveTableLine, Count, Secret, Stage
from hourloom.configuration import Configuration
from hourloom.core.archiving import OnConflict
from hourloom.core.errors import HourloomError, Refused
from hourloom.local.backing_up import Alone
from hourloom.local.reaching import Assembled, NothingHereYet, reach, running_way, storage
from hourloom.sdk.api import Api, Way
from hourloom.sdk.step_up import Confirming
from hourloom.sealing.files import new_file, opened_file
from hourloom.sealing.model import TargetExists

BINARY = "application/octet-stream"
_PIECE = 1 << 20
_PAUSE = 0.1


class ExportFailed(Refused):
    """The archive was not written ({reason}); nothing was changed."""


class ArchiveNotTaken(Refused):
    """{reason}."""


class ImportStopped(Refused):
    """Reading in was stopped ({reason}); the same command begins anew, and what came in can be undone."""


class _Job(msgspec.Struct):
    id: int
    state: Literal["open", "finished", "failed", "cancelled"]
    done: int
    total: int
    error: str | None


class _Begun(msgspec.Struct):
    job: int
    id: str = ""


class _Export(msgspec.Struct):
    sealed: bool
    bytes: int
    rows: int


class _Ticket(msgspec.Struct):
    path: str


class _Table(msgspec.Struct):
    name: str
    new: int
    same: int
    conflicting: int
    left_out: int


class _Import(msgspec.Struct):
    id: str
    state: str
    reason: str
    rows: int
    tables: list[_Table]
    keeps_numbers: bool
    operation_id: int | None


class LocalArchives:
    """Writes and reads archives."""

    def __init__(self, configuration: Configuration, assembled: Assembled, alone: Alone) -> None:
        self._configuration, self._assembled, self._alone = configuration, assembled, alone

    def export(
        self, target: Path, confirm: Callable[[], str], count: Count, *, plain: bool, force: bool
    ) -> ArchiveLine:
        if target.exists() and not force:
            raise TargetExists(name=target.name)
        with self._reached() as found:
            if isinstance(found, Server):
                return _export_here(found, target, count, plain=plain, force=force)
            way = Confirming(found, confirm)
            return _export_there(Api(way), target, count, plain=plain, force=force)

    def read_in(
        self, source: Path, on_conflict: str, ask: Callable[[], Secret], stage: Stage, *, preview: bool
    ) -> ArchiveReport:
        with opened_file(source):
            pass
        if not preview and not self._exists():
            # Makes the database, and shows its recovery code.
            with reach(self._configuration, True, self._assembled):
                pass
        with self._reached() as found:
            here = isinstance(found, Server)
            reading: _Here | _There = _Here(found) if isinstance(found, Server) else _There(Api(found))
            facts = reading.hand_in(source, stage)
            try:
                if facts.state == "locked":
                    facts = reading.unlock(facts.id, ask())
                facts = reading.examine(facts.id, on_conflict, stage)
                if facts.state == "ready" and not preview:
                    facts = reading.commit(facts.id, stage)
            finally:
                if preview or here or facts.state in ("refused", "done"):
                    with contextlib.suppress(HourloomError):
                        reading.drop(facts.id)
        if facts.state == "refused":
            raise ArchiveNotTaken(reason=facts.reason.rstrip("."))
        return _report(facts)

    def _exists(self) -> bool:
        return self._configuration.database_url is not None or storage(self._configuration).exists

    @contextmanager
    def _reached(self) -> Iterator[Server | Way]:
        way = running_way(self._configuration)
        with ExitStack() as stack:
            if way is not None:
                stack.callback(way.close)
                yield way
                return
            if not self._exists():
                raise NothingHereYet(path=self._configuration.data_dir)
            yield stack.enter_context(self._alone(self._configuration))


def _export_here(server: Server, target: Path, count: Count, *, plain: bool, force: bool) -> ArchiveLine:
    exports, who = server.archive_exports, server.owner
    facts = exports.prepare(who, plain=plain)
    try:
        facts = exports.write(facts.id, count)
        with exports.content(facts) as pieces:
            _write(target, pieces, force=force)
    finally:
        exports.drop(who, facts.id)
    return ArchiveLine(str(target), facts.bytes, facts.rows, facts.sealed)


def _export_there(api: Api, target: Path, count: Count, *, plain: bool, force: bool) -> ArchiveLine:
    begun = api.post("/api/v1/archive/exports", {"plain": plain}, _Begun)
    path = f"/api/v1/archive/exports/{begun.id}"
    try:
        job = _wait(api, begun.job, count)
        if job.state != "finished":
            raise ExportFailed(reason=job.error or job.state)
        facts = api.get(path, _Export)
        ticket = api.post(f"{path}/tickets", {}, _Ticket)
        _write(target, api.pieces(ticket.path), force=force)
    finally:
        with contextlib.suppress(HourloomError):
            api.delete(path)
    return ArchiveLine(str(target), facts.bytes, facts.rows, facts.sealed)


def _write(target: Path, pieces: Iterator[bytes], *, force: bool) -> None:
    with new_file(target, replace=force) as file:
        for piece in pieces:
            file.write(piece)


class _Here:
    """Reads an archive in within this program."""

    def __init__(self, server: Server) -> None:
        self._imports, self._who = server.archive_imports, server.owner

    def hand_in(self, source: Path, stage: Stage) -> _Import:
        return _seen(self._imports.receive_here(self._who, _pieces(source, stage)))

    def unlock(self, id: str, secret: Secret) -> _Import:
        words, code = (None, secret.words) if secret.is_recovery_code else (secret.words, None)
        return _seen(self._imports.unlock(self._who, id, passphrase=words, code=code))

    def examine(self, id: str, on_conflict: str, stage: Stage) -> _Import:
        self._imports.to_examine(self._who, id, cast("OnConflict", on_conflict))
        return _seen(self._imports.examine(id, lambda done, total: stage("Checking", done, total)))

    def commit(self, id: str, stage: Stage) -> _Import:
        self._imports.to_read_in(self._who, id)
        return _seen(self._imports.read_in(id, lambda done, total: stage("Reading in", done, total)))

    def drop(self, id: str) -> None:
        self._imports.drop(self._who, id)


class _There:
    """Lets the server that runs read an archive in."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def hand_in(self, source: Path, stage: Stage) -> _Import:
        size = source.stat().st_size
        return self._api.send("/api/v1/archive/imports", _pieces(source, stage), size, BINARY, _Import)

    def unlock(self, id: str, secret: Secret) -> _Import:
        name = "recovery_code" if secret.is_recovery_code else "passphrase"
        return self._api.post(f"/api/v1/archive/imports/{id}/key", {name: secret.words}, _Import)

    def examine(self, id: str, on_conflict: str, stage: Stage) -> _Import:
        return self._done(id, "preview", {"on_conflict": on_conflict}, "Checking", stage)

    def commit(self, id: str, stage: Stage) -> _Import:
        return self._done(id, "commit", {}, "Reading in", stage)

    def drop(self, id: str) -> None:
        self._api.delete(f"/api/v1/archive/imports/{id}")

    def _done(self, id: str, what: str, body: object, title: str, stage: Stage) -> _Import:
        path = f"/api/v1/archive/imports/{id}"
        begun = self._api.post(f"{path}/{what}", body, _Begun)
        job = _wait(self._api, begun.job, lambda done, total: stage(title, done, total))
        if job.state != "finished":
            raise ImportStopped(reason=job.error or job.state)
        return self._api.get(path, _Import)


def _wait(api: Api, job: int, count: Count) -> _Job:
    while True:
        found = api.get(f"/api/v1/jobs/{job}", _Job)
        count(found.done, found.total)
        if found.state != "open":
            return found
        time.sleep(_PAUSE)


def _pieces(source: Path, stage: Stage) -> Iterator[bytes]:
    with opened_file(source) as file:
        size, done = source.stat().st_size, 0
        while piece := file.read(_PIECE):
            yield piece
            done += len(piece)
            stage("Handing in", done, size)


def _seen(facts: ArchiveImport) -> _Import:
    tables = [_Table(**msgspec.structs.asdict(tally)) for tally in facts.tables]
    return _Import(
        facts.id,
        facts.state,
        facts.reason,
        facts.rows,
        tables,
        facts.keeps_numbers,
        facts.operation_id,
    )


def _report(facts: _Import) -> ArchiveReport:
    tables = [ArchiveTableLine(**msgspec.structs.asdict(table)) for table in facts.tables]
    return ArchiveReport(
        facts.state, facts.reason, facts.rows, facts.operation_id, facts.keeps_numbers, tables
    )
