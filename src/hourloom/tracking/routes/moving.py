"""Export and import over HTTP: whole files in ActivityWatch's form, and batches from our own commands."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from hourloom.core.actors import Actor
from hourloom.core.ids import OperationId
from hourloom.tracking.model import BucketDraft, BucketName, EventDraft, Word, interval
from hourloom.tracking.query.encoding import encode_result
from hourloom.tracking.routes.aw import READ, WRITE, bucket_shape
from hourloom.tracking.routes.uploads import receive
from hourloom.tracking.routes.wire import Exported, Imported
from hourloom.tracking.service import Buckets, BucketView, Carrying, Events, MovingIn
from hourloom.tracking.service.carrying import FoundSource, ImportJob
from hourloom.tracking.service.moving_in import Import
from hourloom.web.routes import EVENTS_BODY, IMPORT_BODY, Access, Mode, Routes, Streamed, Upload
from hourloom.workers.spool import SpoolFile

aw_routes = Routes("/api/0", "activitywatch")
routes = Routes("/api/v1", "tracking")

FileName = Annotated[str, Meta(max_length=200)]
Number = Annotated[int, Meta(ge=1, le=2**63 - 1)]
_NOT_IN_FILENAMES = re.compile(r"[^\w.-]", re.ASCII)


class Spool(msgspec.Struct, frozen=True):
    """Where uploads lie while they are read, encrypted with keys that are kept nowhere."""

    is_service = True
    directory: Path


class NewImport(msgspec.Struct, forbid_unknown_fields=True):
    """Where the data comes from, in words."""

    source: Annotated[str, Meta(min_length=1, max_length=300)]


class ImportShape(msgspec.Struct):
    """What an import did so far; undo it by its operation."""

    operation_id: int
    source: str
    created: int
    skipped: int
    buckets_created: list[str]
    buckets_merged: list[str]
    cursors: dict[str, str]
    faulty: int
    """Events of the source that cannot be used."""
    first_faulty: list[str]
    problem: str | None
    """Why it ended before its end, where it did; nothing of it stays then."""
    undone: bool


class PlaceToImport(msgspec.Struct, forbid_unknown_fields=True):
    """One of the places where something of ActivityWatch was found."""

    place: Annotated[str, Meta(min_length=1, max_length=4096)]


class ImportedBucket(msgspec.Struct, forbid_unknown_fields=True):
    """A bucket of the source."""

    name: BucketName
    type: Word
    client: Word
    hostname: Word
    data: dict[str, Any] = {}


class ImportedEvents(msgspec.Struct, forbid_unknown_fields=True):
    """Events of one bucket as start, end (microseconds) and data, and how far the source is read."""

    bucket: Annotated[str, Meta(min_length=1, max_length=200)]
    events: Annotated[list[tuple[int, int, msgspec.Raw]], Meta(max_length=2_000)]
    cursor: Annotated[str, Meta(max_length=300)] | None = None


@aw_routes.on("GET", "/export", "/export/", scope=READ, access=Access.LOCAL, shows=Exported)
def export_all(buckets: Buckets, events: Events, who: Actor) -> Streamed:
    """Export all buckets with their events in ActivityWatch's form."""
    return _exported(buckets.all(who), events, who, "aw-buckets-export.json")


@aw_routes.on("GET", "/buckets/{bucket}/export", scope=READ, access=Access.LOCAL, shows=Exported)
def export_bucket(buckets: Buckets, events: Events, who: Actor, bucket: BucketName) -> Streamed:
    """Export one bucket with its events in ActivityWatch's form."""
    name = _NOT_IN_FILENAMES.sub("_", bucket)
    return _exported([buckets.get(who, bucket)], events, who, f"aw-bucket-export_{name}.json")


@aw_routes.on(
    "POST", "/import", "/import/", scope=WRITE, mode=Mode.AWAITED, access=Access.LOCAL, limit=IMPORT_BODY
)
async def import_export(moving_in: MovingIn, spool: Spool, who: Actor, upload: Upload) -> Imported:
    """Import an export of ActivityWatch, as JSON or as an uploaded file; what is there already is skipped."""
    from hourloom.imports.activitywatch.apart import open_spooled  # noqa: PLC0415 - most servers never import

    spool.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    with SpoolFile(spool.directory) as file:
        await receive(upload, file)
        source = await asyncio.to_thread(open_spooled, file, "the uploaded file")
        with contextlib.closing(source):
            operation, done, faults = await moving_in.take_all(
                who, source, "an uploaded ActivityWatch export"
            )
    first = [f"{fault.where}: {fault.reason}" for fault in faults.first]
    return Imported(operation, done.created, done.skipped, faults.count, first)


@routes.on("POST", "/imports", scope=WRITE, mode=Mode.WRITE, status=201)
def begin_import(moving_in: MovingIn, who: Actor, body: NewImport) -> ImportShape:
    """Begin an import; all that follows can be undone as one operation."""
    operation = moving_in.begin(who, body.source)
    return _shape(operation, moving_in.state(who, operation))


@routes.on("GET", "/imports/sources", scope="admin", mode=Mode.AWAITED)
async def list_import_sources(carrying: Carrying, who: Actor) -> list[FoundSource]:
    """List what there is of ActivityWatch in the usual places of the server's computer."""
    return await carrying.found(who)


@routes.on("POST", "/imports/sources", scope="admin", mode=Mode.AWAITED, status=202)
async def import_source(carrying: Carrying, who: Actor, body: PlaceToImport) -> ImportJob:
    """Import what was found, as a job; what is there already is skipped, and all of it can be undone."""
    return await carrying.begin_found(who, body.place)


@routes.on("POST", "/imports/files", scope=WRITE, mode=Mode.AWAITED, status=202, limit=IMPORT_BODY)
async def import_file(carrying: Carrying, who: Actor, upload: Upload, name: FileName = "") -> ImportJob:
    """Import an export or a database of ActivityWatch that is handed in, as a job, likewise."""
    return await carrying.begin_file(who, name, partial(receive, upload))


@routes.on("GET", "/imports/{operation}", scope=READ)
def show_import(moving_in: MovingIn, who: Actor, operation: Number) -> ImportShape:
    """Show what an import did so far."""
    number = OperationId(operation)
    return _shape(operation, moving_in.state(who, number), undone=moving_in.is_undone(who, number))


@routes.on("POST", "/imports/{operation}/buckets", scope=WRITE, mode=Mode.WRITE)
def import_bucket(moving_in: MovingIn, who: Actor, operation: Number, body: ImportedBucket) -> ImportShape:
    """Make a bucket of the source, or merge into the one of that name."""
    data = msgspec.json.encode(body.data, order="sorted").decode()
    draft = BucketDraft(body.name, body.type, body.client, body.hostname, data)
    moving_in.add_bucket(who, OperationId(operation), draft)
    return _shape(operation, moving_in.state(who, OperationId(operation)))


@routes.on("POST", "/imports/{operation}/events", scope=WRITE, mode=Mode.WRITE, limit=EVENTS_BODY)
def import_events(moving_in: MovingIn, who: Actor, operation: Number, body: ImportedEvents) -> ImportShape:
    """Store the events that are not there yet."""
    drafts = [_draft(starts, ends, bytes(data)) for starts, ends, data in body.events]
    done = moving_in.add_events(who, OperationId(operation), body.bucket, drafts, body.cursor)
    return _shape(operation, done)


def _exported(views: list[BucketView], events: Events, who: Actor, filename: str) -> Streamed:
    async def pieces() -> AsyncIterator[bytes]:
        yield b'{"buckets":{'
        for number, view in enumerate(views):
            head = msgspec.json.encode(bucket_shape(view))
            name = msgspec.json.encode(view.bucket.name)
            yield (b"," if number else b"") + name + b":" + head[:-1] + b',"events":['
            first = True
            async for page in events.everything(who, view.bucket.name):
                yield (b"" if first else b",") + encode_result(page)[1:-1]
                first = False
            yield b"]}"
        yield b"}}"

    headers = {
        "content-type": "application/json",
        "content-disposition": f"attachment; filename={filename}",
    }
    return Streamed(pieces, headers)


def _draft(starts: int, ends: int, data: bytes) -> EventDraft:
    started_at, ended_at = interval(starts, ends)
    return EventDraft(started_at, ended_at, data)


def discard_leftovers(directory: Path) -> None:
    """Delete what a stopped import left behind."""
    for left in directory.glob("import-*"):
        left.unlink()


def _shape(operation: int, done: Import, *, undone: bool = False) -> ImportShape:
    return ImportShape(
        operation,
        done.source,
        done.created,
        done.skipped,
        done.buckets_created,
        done.buckets_merged,
        done.cursors,
        done.faulty,
        done.first_faulty,
        done.problem,
        undone,
    )
