"""Archives over HTTP."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from hourloom.archive.model import ArchiveExport, ArchiveImport, ArchiveTally, ExportState, ImportState
from hourloom.archive.service import ArchiveExports, ArchiveImports
from hourloom.core.actors import Actor
from hourloom.core.archiving import OnConflict
from hourloom.core.clock import datetime_of
from hourloom.web.problems import NotThatType
from hourloom.web.routes import IMPORT_BODY, Mode, Routes, Upload

routes = Routes("/api/v1", "archive")

SCOPE = "admin"
ExportId = Annotated[str, Meta(pattern=r"^export-[0-9a-f]{24}(?!\n)$")]
ImportId = Annotated[str, Meta(pattern=r"^import-[0-9a-f]{24}(?!\n)$")]
Words = Annotated[str, Meta(min_length=1, max_length=4096)]
_TYPES = ("application/octet-stream", "application/zip")


class NewExport(msgspec.Struct, forbid_unknown_fields=True):
    """How an archive is to be handed out."""

    plain: bool = False
    """Without a seal, so that whoever gets the file can read it."""


class ExportedTable(msgspec.Struct):
    """One table of an archive."""

    name: str
    rows: int


class ExportView(msgspec.Struct):
    """An archive that was asked for; it lies here for a day."""

    id: str
    state: ExportState
    sealed: bool
    begun_at: datetime
    bytes: int
    rows: int
    sha256: str
    """Of the archive without its seal."""
    tables: list[ExportedTable]


class ExportBegun(msgspec.Struct):
    """The archive, and the job that writes it; `/api/v1/jobs/{job}` tells how far it has come."""

    id: str
    job: int


class DownloadTicket(msgspec.Struct):
    """Fetches one file, once and within a minute, at this path."""

    ticket: str
    path: str


class ImportView(msgspec.Struct):
    """An archive that was handed in; it lies here for a day."""

    id: str
    state: ImportState
    sealed: bool
    begun_at: datetime
    bytes: int
    reason: str
    """Why it was refused."""
    code: str
    rows: int
    tables: list[ArchiveTally]
    """How its rows stand to what is here; after it was read in, how they stood then."""
    keeps_numbers: bool
    """It comes into an empty database, which is then the same as the one that it came from."""
    on_conflict: OnConflict
    operation_id: int | None
    """Undo it by this operation."""


class Key(msgspec.Struct, forbid_unknown_fields=True):
    """What opens an archive that another database sealed; one of the two."""

    passphrase: Words | None = None
    recovery_code: Words | None = None

    def __repr__(self) -> str:
        return "Key(…)"


class Conflicts(msgspec.Struct, forbid_unknown_fields=True):
    """What becomes of something that is here and different in the archive."""

    on_conflict: OnConflict = "keep"


class Begun(msgspec.Struct):
    """The job that does it."""

    job: int


class Removed(msgspec.Struct):
    """It is removed."""

    done: bool = True


@routes.on("POST", "/archive/exports", scope=SCOPE, mode=Mode.AWAITED, status=202, step_up=True)
async def begin_export(exports: ArchiveExports, who: Actor, body: NewExport = NewExport()) -> ExportBegun:  # noqa: B008 - never changed
    """Write everything of the workspace into one archive, as a job."""
    facts, job = await exports.start(who, plain=body.plain)
    return ExportBegun(facts.id, job)


@routes.on("GET", "/archive/exports", scope=SCOPE)
def list_exports(exports: ArchiveExports, who: Actor) -> list[ExportView]:
    """List the archives of the last day."""
    return [_export(facts) for facts in exports.all(who)]


@routes.on("GET", "/archive/exports/{archive}", scope=SCOPE)
def show_export(exports: ArchiveExports, who: Actor, archive: ExportId) -> ExportView:
    """Show one archive."""
    return _export(exports.get(who, archive))


@routes.on(
    "POST", "/archive/exports/{archive}/tickets", scope=SCOPE, mode=Mode.AWAITED, status=201, step_up=True
)
async def create_download_ticket(exports: ArchiveExports, who: Actor, archive: ExportId) -> DownloadTicket:
    """Make the ticket by which an archive is fetched, once and within a minute."""
    ticket = await exports.ticket(who, archive)
    return DownloadTicket(ticket, f"/api/v1/downloads/{ticket}")


@routes.on("DELETE", "/archive/exports/{archive}", scope=SCOPE, mode=Mode.AWAITED)
async def remove_export(exports: ArchiveExports, who: Actor, archive: ExportId) -> Removed:
    """Remove an archive."""
    await asyncio.to_thread(exports.drop, who, archive)
    return Removed()


@routes.on("POST", "/archive/imports", scope=SCOPE, mode=Mode.AWAITED, status=201, limit=IMPORT_BODY)
async def upload_archive(imports: ArchiveImports, who: Actor, upload: Upload) -> ImportView:
    """Hand an archive in; nothing is read from it yet."""
    kind = upload.content_type.partition(";")[0].strip().lower()
    if kind not in _TYPES:
        raise NotThatType(wanted=" or ".join(_TYPES), found=upload.content_type[:60])
    return _import(await imports.receive(who, upload.pieces))


@routes.on("GET", "/archive/imports", scope=SCOPE)
def list_archive_imports(imports: ArchiveImports, who: Actor) -> list[ImportView]:
    """List the archives that were handed in during the last day."""
    return [_import(facts) for facts in imports.all(who)]


@routes.on("GET", "/archive/imports/{archive}", scope=SCOPE)
def show_archive_import(imports: ArchiveImports, who: Actor, archive: ImportId) -> ImportView:
    """Show one archive, and how its rows stand to what is here."""
    return _import(imports.get(who, archive))


@routes.on("POST", "/archive/imports/{archive}/key", scope=SCOPE, mode=Mode.AWAITED)
async def unlock_archive(imports: ArchiveImports, who: Actor, archive: ImportId, body: Key) -> ImportView:
    """Open an archive that another database sealed."""
    found = await asyncio.to_thread(
        imports.unlock, who, archive, passphrase=body.passphrase, code=body.recovery_code
    )
    return _import(found)


@routes.on("POST", "/archive/imports/{archive}/preview", scope=SCOPE, mode=Mode.AWAITED, status=202)
async def preview_archive(
    imports: ArchiveImports,
    who: Actor,
    archive: ImportId,
    body: Conflicts = Conflicts(),  # noqa: B008 - never changed
) -> Begun:
    """Look through an archive and compare it with what is here, as a job; nothing is stored."""
    return Begun(await imports.start_examining(who, archive, body.on_conflict))


@routes.on("POST", "/archive/imports/{archive}/commit", scope=SCOPE, mode=Mode.AWAITED, status=202)
async def commit_archive(imports: ArchiveImports, who: Actor, archive: ImportId) -> Begun:
    """Read in an archive that was looked through, as a job; all of it is one operation that can be undone."""
    return Begun(await imports.start_reading_in(who, archive))


@routes.on("DELETE", "/archive/imports/{archive}", scope=SCOPE, mode=Mode.AWAITED)
async def remove_archive_import(imports: ArchiveImports, who: Actor, archive: ImportId) -> Removed:
    """Remove an archive that was handed in; what was read in stays."""
    await asyncio.to_thread(imports.drop, who, archive)
    return Removed()


def _export(facts: ArchiveExport) -> ExportView:
    return ExportView(
        facts.id,
        facts.state,
        facts.sealed,
        datetime_of(facts.begun_at),
        facts.bytes,
        facts.rows,
        facts.sha256,
        [ExportedTable(table.name, table.rows) for table in facts.tables],
    )


def _import(facts: ArchiveImport) -> ImportView:
    return ImportView(
        facts.id,
        facts.state,
        facts.sealed,
        datetime_of(facts.begun_at),
        facts.bytes,
        facts.reason,
        facts.code,
        facts.rows,
        facts.tables,
        facts.keeps_numbers,
        facts.on_conflict,
        facts.operation_id,
    )
