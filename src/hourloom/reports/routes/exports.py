"""`/api/v1/exports`: reports, activities and events as files."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from hourloom.core.actors import Actor
from hourloom.core.clock import datetime_of
from hourloom.core.decoding import decode
from hourloom.exports.model import Format
from hourloom.reports.exporting.model import Export, ExportKind, ExportState, ExportWanted
from hourloom.reports.service.exports import Exports
from hourloom.web.routes import Mode, Routes

routes = Routes("/api/v1", "reports")

READ, WRITE = "reports:read", "reports:write"

Number = Annotated[int, Meta(ge=1, le=2**63 - 1)]
PageSize = Annotated[int, Meta(ge=1, le=500)]


class ExportView(msgspec.Struct):
    """An export: what was wanted, and how it stands; `/api/v1/jobs/{job}` tells how far it has come."""

    id: int
    kind: ExportKind
    format: Format
    wanted: ExportWanted
    """With its time and zone as they were then."""
    state: ExportState
    file_name: str
    folder: str | None
    """Where the file is, on the server's computer; null where it is fetched."""
    rows: int
    bytes: int
    error: str | None
    job: int
    created_at: datetime
    finished_at: datetime | None


class ExportPage(msgspec.Struct):
    """Exports from the newest on."""

    exports: list[ExportView]
    next_cursor: int | None


class ExportTicket(msgspec.Struct):
    """Fetches one file, once and within a minute, at this path."""

    ticket: str
    path: str


class ExportRemoved(msgspec.Struct):
    """The operation with which this can be undone."""

    operation_id: int


@routes.on("POST", "/exports", scope=READ, mode=Mode.WRITE, status=202)
def create_export(exports: Exports, who: Actor, body: ExportWanted) -> ExportView:
    """Write a report, activities or events to a file, as a job."""
    return _view(exports.begin(who, body))


@routes.on("GET", "/exports", scope=READ)
def list_exports_made(
    exports: Exports, who: Actor, cursor: Number = 2**63 - 1, limit: PageSize = 100
) -> ExportPage:
    """List what was exported, the newest first."""
    found = exports.all(who, cursor, limit)
    return ExportPage([_view(each) for each in found], found[-1].id if len(found) == limit else None)


@routes.on("GET", "/exports/{export}", scope=READ)
def show_export_made(exports: Exports, who: Actor, export: Number) -> ExportView:
    """Show one export."""
    return _view(exports.get(who, export))


@routes.on("POST", "/exports/{export}/cancel", scope=READ, mode=Mode.WRITE)
def cancel_export(exports: Exports, who: Actor, export: Number) -> ExportView:
    """End an export that is under way; no part of its file stays."""
    return _view(exports.cancel(who, export))


@routes.on("POST", "/exports/{export}/tickets", scope=READ, mode=Mode.AWAITED, status=201)
async def create_export_ticket(exports: Exports, who: Actor, export: Number) -> ExportTicket:
    """Make the ticket by which an export is fetched, once and within a minute."""
    ticket = await exports.ticket(who, export)
    return ExportTicket(ticket, f"/api/v1/downloads/{ticket}")


@routes.on("DELETE", "/exports/{export}", scope=WRITE, mode=Mode.WRITE)
def delete_export(exports: Exports, who: Actor, export: Number) -> ExportRemoved:
    """Delete an entry of the history; a file in a folder stays where it is."""
    return ExportRemoved(exports.delete(who, export))


def _view(export: Export) -> ExportView:
    return ExportView(
        export.id,
        export.kind,
        export.format,
        decode(export.definition, ExportWanted),
        export.state,
        export.file_name,
        export.folder or None,
        export.rows,
        export.bytes,
        export.error,
        int(export.job_id),
        datetime_of(export.created_at),
        None if export.finished_at is None else datetime_of(export.finished_at),
    )
