"""Exports of one data directory: through the server that runs, else within this program."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from hourloom.cli.handed import Count, ExportLine
from hourloom.configuration import Configuration
from hourloom.core.decoding import convert
from hourloom.core.errors import HourloomError, Refused
from hourloom.local.reaching import NothingHereYet, running_way, storage
from hourloom.sdk.api import Api
from hourloom.sealing.files import new_file
from hourloom.sealing.model import TargetExists, TargetIsDirectory

if TYPE_CHECKING:
    from hourloom.assembly import Server
    from hourloom.local.backing_up import Alone

_PAUSE = 0.1
EXPORTS = "/api/v1/exports"

Take = Callable[[Iterator[bytes]], object]
"""Takes the pieces of a file."""


class ExportNotMade(Refused):
    """Nothing was exported: {reason}."""


class _Export(msgspec.Struct):
    id: int
    state: str
    file_name: str
    folder: str | None
    rows: int
    bytes: int
    error: str | None
    job: int


class _Job(msgspec.Struct):
    state: str
    done: int
    total: int


class _Ticket(msgspec.Struct):
    path: str


class LocalExports:
    """Has reports, activities and events written."""

    def __init__(self, configuration: Configuration, alone: Alone) -> None:
        self._configuration, self._alone = configuration, alone

    def export(
        self, wanted: Mapping[str, Any], target: Path | Take | None, count: Count, *, force: bool
    ) -> ExportLine:
        if isinstance(target, Path) and target.is_dir():
            raise TargetIsDirectory(name=target.name)
        if isinstance(target, Path) and target.exists() and not force:
            raise TargetExists(name=target.name)
        asked = {**wanted, "to": "folder" if target is None else "download"}
        way = running_way(self._configuration)
        if way is None:
            if self._configuration.database_url is None and not storage(self._configuration).exists:
                raise NothingHereYet(path=self._configuration.data_dir)
            with self._alone(self._configuration) as server:
                return _here(server, asked, target, count, force=force)
        with contextlib.closing(way):
            return _there(Api(way), asked, target, count, force=force)


def _there(
    api: Api, asked: Mapping[str, Any], target: Path | Take | None, count: Count, *, force: bool
) -> ExportLine:
    begun = api.post(EXPORTS, asked, _Export)
    path = f"{EXPORTS}/{begun.id}"
    try:
        export = _wait(api, path, begun, count)
    except KeyboardInterrupt:
        with contextlib.suppress(HourloomError):
            api.post(f"{path}/cancel", {}, _Export)
        raise
    _require_made(export.state, export.error)
    if target is not None:
        ticket = api.post(f"{path}/tickets", {}, _Ticket)
        _handed_on(api.pieces(ticket.path), target, force=force)
    return _line(target, export.folder, export.file_name, export.rows, export.bytes)


def _wait(api: Api, path: str, export: _Export, count: Count) -> _Export:
    while export.state in ("waiting", "running"):
        job = api.get(f"/api/v1/jobs/{export.job}", _Job)
        count(job.done, job.total)
        export = api.get(path, _Export)
        if job.state != "open" and export.state in ("waiting", "running"):
            raise ExportNotMade(reason=f"its job was {job.state}")
        time.sleep(_PAUSE if export.state in ("waiting", "running") else 0)
    return export


def _here(
    server: Server, asked: Mapping[str, Any], target: Path | Take | None, count: Count, *, force: bool
) -> ExportLine:
    from hourloom.reports.exporting.model import ExportWanted  # noqa: PLC0415 - only where no server runs
    from hourloom.reports.service.exports import Exports  # noqa: PLC0415 - as above

    exports, who = server.services[Exports], server.owner
    assert isinstance(exports, Exports)  # services are kept by their class
    try:
        wanted = convert(asked, ExportWanted)
    except msgspec.ValidationError as error:
        raise ExportNotMade(reason=str(error)) from None
    begun = server.database.write(lambda: exports.begin(who, wanted, queued=False))
    export = exports.write(who, begun.id, lambda done, total, _subject=None: count(done, total))
    _require_made(export.state, export.error)
    if target is not None:
        found, path = exports.ready(who, export.id)
        with exports.content(found, path) as pieces:
            _handed_on(pieces, target, force=force)
    return _line(target, export.folder or None, export.file_name, export.rows, export.bytes)


def _require_made(state: str, error: str | None) -> None:
    if state != "finished":
        raise ExportNotMade(reason=(error or state).rstrip("."))


def _handed_on(pieces: Iterator[bytes], target: Path | Take, *, force: bool) -> None:
    if not isinstance(target, Path):
        target(pieces)
        return
    with new_file(target, replace=force) as file:
        for piece in pieces:
            file.write(piece)


def _line(target: Path | Take | None, folder: str | None, file_name: str, rows: int, size: int) -> ExportLine:
    if isinstance(target, Path):
        return ExportLine(str(target), rows, size)
    return ExportLine(str(Path(folder or "") / file_name) if target is None else "-", rows, size)
