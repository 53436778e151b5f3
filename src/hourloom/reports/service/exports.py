"""Have reports, activities and events written to files, and keep what became of each."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

import msgspec

from hourloom.accounts.downloads import Download, Downloads
from hourloom.activities.model.filter import EVERYTHING as ALL_ACTIVITIES
from hourloom.activities.model.filter import filter_of
from hourloom.activities.service.activities import Activities
from hourloom.activities.service.categories import Categories
from hourloom.archive.shelf import Shelf
from hourloom.core.actors import EVERYTHING, Actor
from hourloom.core.clock import DAY, SECOND, Clock, Instant
from hourloom.core.decoding import decode
from hourloom.core.errors import Unavailable
from hourloom.core.ids import OperationId, WorkspaceId
from hourloom.core.periods import Calendar
from hourloom.db.transaction import Database, Transaction
from hourloom.exports.model import MEDIA_TYPES, ExportOptions, Row, Table
from hourloom.jobs.model import Job, JobCancelled, NoSuchJob, Report
from hourloom.jobs.service import Jobs
from hourloom.operations.model import ChangedSince, Operation
from hourloom.operations.service import Operations
from hourloom.reports.exporting.model import (
    MOST_KEPT,
    ErasedMeanwhile,
    Export,
    ExportDeleted,
    ExportGoesOn,
    ExportIsOver,
    ExportKind,
    ExportNotThere,
    ExportState,
    ExportWanted,
    NoSuchExport,
    TooManyExports,
    changed,
    day_named,
    file_name,
    numbered,
    require_possible,
)
from hourloom.reports.model.asked import MOST_ROWS as MOST_REPORT_ROWS
from hourloom.reports.model.asked import ReportAsked, ReportDefinition, ReportQuestion, question_of
from hourloom.reports.model.ranges import ReportRange, range_named
from hourloom.reports.service.naming import Namer
from hourloom.reports.service.reading import Reader
from hourloom.reports.store import exports as store
from hourloom.settings.definitions import EXPORT_FOLDER
from hourloom.settings.service import Settings
from hourloom.tracking.service import Buckets, Events
from hourloom.web.problems import known

if TYPE_CHECKING:
    from hourloom.exports.document import Document

READ, WRITE = "reports:read", "reports:write"
KIND, TIDY, OPERATION = "reports.export", "reports.tidy_exports", "delete_export"
TIDY_EVERY = 3600.0
READY_FOR = DAY
PIECE = 1 << 16
MOST_OPEN = 20
SECONDS = 60.0
"""How long one report may be read for an export."""
LANGUAGE = "en"
"""What documents are written in, as the screens are for now."""
_NEEDED = {"report": READ, "activities": "activities:read", "events": "tracking:read"}
"""What is needed besides `reports:read` for what an export holds."""


def _require(who: Actor, kind: ExportKind) -> None:
    who.require(READ)
    who.require(_NEEDED[kind])


CalendarOf = Callable[[Actor, str], Calendar]
"""Returns how a user counts days, in a zone or in their own."""


class Subject(msgspec.Struct, frozen=True):
    """Which export a job or an operation is about."""

    id: int


class Content(NamedTuple):
    """What is written, and how far reading it has come."""

    table: Table | None
    document: Document | None


class Exports:
    """Reports, activities and events as files, and the history of these."""

    is_service = True

    def __init__(  # noqa: PLR0913 - each is needed
        self,
        database: Database,
        clock: Clock,
        jobs: Jobs,
        downloads: Downloads,
        operations: Operations,
        settings: Settings,
        shelf: Shelf,
        *,
        calendar: CalendarOf,
        activities: Activities,
        categories: Categories,
        buckets: Buckets,
        events: Events,
        namer: Namer,
    ) -> None:
        self._database, self._clock, self._jobs, self._downloads = database, clock, jobs, downloads
        self._operations, self._settings, self._shelf = operations, settings, shelf
        self._calendar, self._activities, self._categories = calendar, activities, categories
        self._buckets, self._events, self._namer = buckets, events, namer
        self._erasures = 0
        """How often something was erased since the start."""
        for left_over in shelf.directory.glob(".export-*"):
            left_over.unlink(missing_ok=True)
        jobs.register_long(KIND, self._work, urgent=True)
        jobs.register_long(TIDY, lambda _job, _report: self.tidy(), every=TIDY_EVERY)
        downloads.register(KIND, self._download)
        operations.register(OPERATION, WRITE, self._undo, self._purge)

    def begin(self, who: Actor, wanted: ExportWanted, *, queued: bool = True) -> Export:
        """Note what is wanted, within a write, and queue the job that writes it."""
        _require(who, wanted.kind)
        if wanted.to == "folder":
            who.require(WRITE)
        wanted, name = self._settled(who, wanted)
        folder = "" if wanted.to == "download" else self._folder(who)
        with self._database.begin() as tx:
            if store.count_open(tx, who.workspace_id) >= MOST_OPEN:
                raise TooManyExports(most=MOST_OPEN)
            store.drop_oldest(tx, who.workspace_id, MOST_KEPT)
            id = store.add_export(
                tx,
                who.workspace_id,
                who.user_id,
                kind=wanted.kind,
                format_=wanted.format,
                definition=msgspec.json.encode(wanted).decode(),
                file_name=numbered(name, 1, wanted.format),
                folder=folder,
                now=self._clock.now(),
            )
            if queued:
                job = self._jobs.enqueue(who.workspace_id, KIND, Subject(id), slot=str(id))
                store.set_job(tx, id, job)
            made = _found(tx, who, id)
            tx.changed(who.workspace_id, changed(made))
            return made

    def all(self, who: Actor, before: int, limit: int) -> list[Export]:
        """Return the user's exports from the newest on, numbered below `before`, of what they may read."""
        who.require(READ)
        with self._database.read() as tx:
            found = store.newest_exports(tx, who.workspace_id, who.user_id, before, limit)
        return [export for export in found if who.may(_NEEDED[export.kind])]

    def get(self, who: Actor, id: int) -> Export:
        """Return one export."""
        who.require(READ)
        with self._database.read() as tx:
            export = _found(tx, who, id)
        _require(who, export.kind)
        return export

    def cancel(self, who: Actor, id: int) -> Export:
        """End an export that is under way, within a write; nothing of it stays but its entry."""
        who.require(READ)
        with self._database.begin() as tx:
            export = _found(tx, who, id)
            _require(who, export.kind)
            if not export.is_open:
                raise ExportIsOver(id=id)
            if self._is_at_work(export):
                self._jobs.cancel(_working(who), export.job_id)
            return self._end(tx, export, "cancelled", export.file_name)

    def delete(self, who: Actor, id: int) -> OperationId:
        """Delete an entry of the history, within a write; a file in a folder stays."""
        who.require(WRITE)
        with self._database.begin() as tx:
            export = _found(tx, who, id)
            if export.is_open:
                raise ExportGoesOn(id=id)
            operation = self._operations.record(who, OPERATION, Subject(id))
            self._operations.keep_step(operation, "export", export)
            store.drop_export(tx, who.workspace_id, id)
            tx.changed(who.workspace_id, ExportDeleted(who.user_id, id))
            return operation

    async def ticket(self, who: Actor, id: int) -> str:
        """Return the ticket by which a file is fetched, once and within a minute."""
        await asyncio.to_thread(self.ready, who, id)
        issue = self._downloads.issue
        return await self._database.run_write(lambda: issue(who, KIND, str(id)), who=who)

    def ready(self, who: Actor, id: int) -> tuple[Export, Path]:
        """Return an export whose file can be fetched, and where that is."""
        export = self.get(who, id)
        path = Path(export.folder) / export.file_name if export.folder else self._shelf.path(_name(id))
        if export.state != "finished" or not path.is_file():
            raise ExportNotThere(id=id)
        return export, path

    @contextmanager
    def content(self, export: Export, path: Path) -> Iterator[Iterator[bytes]]:
        """Open the file of an export."""
        with contextlib.ExitStack() as stack:
            file: BinaryIO
            if export.folder:
                file = stack.enter_context(path.open("rb"))
            else:
                file = stack.enter_context(self._shelf.reading(_name(export.id)))
            yield iter(lambda: file.read(PIECE), b"")

    def write(self, who: Actor, id: int, report: Report) -> Export:
        """Write an export that is wanted, for a thread of its own; whatever goes wrong is noted with it."""
        export = self._noted(who, id, "running")
        if not export.is_open:
            return export
        try:
            name, rows, size = self._written(who, export, report)
        except (JobCancelled, Unavailable):
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told where the export is
            return self._noted(who, id, "failed", error=known(error).message)
        try:
            after = self._noted(who, id, "finished", name, rows, size)
        except NoSuchExport:
            # Its workspace went meanwhile.
            self._discard(export, name)
            raise
        if after.state != "finished":
            self._discard(export, name)
        return after

    def discard(self) -> int:
        """Remove every file that waits to be fetched: copies that an erasure must not leave behind.

        What is being written now was read before the erasure: it fails, and nothing of it stays.
        """
        self._erasures += 1
        gone = list(self._shelf.directory.glob("*export-*"))
        for path in gone:
            path.unlink(missing_ok=True)
        return len(gone)

    def discard_of(self, workspace: WorkspaceId) -> None:
        """Remove the files of a workspace that is given up and that wait to be fetched, within a write."""
        with self._database.begin() as tx:
            for id in store.export_numbers(tx, workspace):
                self._shelf.path(_name(id)).unlink(missing_ok=True)

    def tidy(self) -> None:
        """Remove files that nobody fetched for a day, and note exports whose job was cancelled."""
        oldest = time.time() - READY_FOR / SECOND
        for path in self._shelf.directory.glob("*export-*"):
            with contextlib.suppress(OSError):
                if path.stat().st_mtime < oldest:
                    path.unlink()
        self._database.write(self._note_lost)

    def _work(self, job: Job, report: Report) -> None:
        id = decode(job.subject, Subject).id
        with self._database.read() as tx:
            found = store.export_by_id(tx, job.workspace_id, id)
        if found is None:
            return
        who = Actor(job.workspace_id, found.user_id, EVERYTHING)
        try:
            self.write(who, id, report)
        except JobCancelled:
            if self._jobs.get(who, job.id).state == "cancelled":
                self._noted(who, id, "cancelled")
            raise

    def _written(self, who: Actor, export: Export, report: Report) -> tuple[str, int, int]:
        """Write the file; return its name, how many rows it has and how large it is."""
        from hourloom.exports.files import document_pieces, table_pieces  # noqa: PLC0415 - where one is written

        wanted = decode(export.definition, ExportWanted)
        counted, erasures = _Counted(), self._erasures
        with contextlib.ExitStack() as stack:
            content = self._content(who, wanted, report, counted)
            file, name = stack.enter_context(self._target(export, wanted))
            if content.document is not None:
                pieces = document_pieces(content.document)
            else:
                assert content.table is not None  # it is the one or the other
                table = content.table._replace(rows=counted.of(content.table.rows))
                options = ExportOptions(_zone(wanted), wanted.durations, wanted.mark)
                pieces = stack.enter_context(table_pieces(table, wanted.format, options))
            size = 0
            for piece in pieces:
                file.write(piece)
                size += len(piece)
            if self._erasures != erasures:
                raise ErasedMeanwhile
        return name, counted.rows, size

    def _content(self, who: Actor, wanted: ExportWanted, report: Report, counted: _Counted) -> Content:
        from hourloom.reports.exporting import documents  # noqa: PLC0415 - as above

        calendar = self._calendar(who, wanted.zone)
        period = self._period(wanted, calendar)
        if wanted.kind == "report":
            return self._report(who, wanted, calendar, report, counted)
        table = self._table(who, wanted, period, report)
        if wanted.format != "pdf":
            return Content(table, None)
        table = table._replace(rows=counted.of(table.rows))
        return Content(None, documents.of_table(table, period, calendar, wanted.page, LANGUAGE))

    def _report(
        self, who: Actor, wanted: ExportWanted, calendar: Calendar, report: Report, counted: _Counted
    ) -> Content:
        from hourloom.reports.exporting import documents, tables  # noqa: PLC0415 - as above

        question = _question(wanted)
        period = self._period(wanted, calendar)
        report(0, 3)
        with self._database.read() as tx:
            tree = self._categories.tree(tx, who.workspace_id)
            described = self._namer.of(who).described
            reader = Reader(self._activities, tree, who, calendar, SECONDS, described)
            found = reader.report(question, period, self._clock.now())
            if wanted.format != "pdf":
                return Content(tables.of_report(found), None)
            unit = documents.unit_of(period)
            first = question.keys[0]
            keys = (first,) if first == unit else (unit, first)
            stacked = reader.report(
                msgspec.structs.replace(question, keys=keys, compare=False), period, self._clock.now()
            )
            heat = reader.heat(question, period)
        report(1, 3)
        counted.rows = tables.count_of(found.rows)
        return Content(None, documents.of_report(found, stacked, heat, calendar, wanted.page, LANGUAGE))

    def _table(self, who: Actor, wanted: ExportWanted, period: ReportRange, report: Report) -> Table:
        from hourloom.reports.exporting import tables  # noqa: PLC0415 - as above

        lasts = period.end - period.start
        if wanted.kind == "events":
            from hourloom.reports.exporting.recorded import events_of  # noqa: PLC0415 - as above

            names = wanted.buckets or [view.bucket.name for view in self._buckets.all(who)]
            total = max(1, len(names) * lasts) // SECOND
            buckets = [events_of(self._events, who, name) for name in names]
            return tables.of_events(
                buckets, period.start, period.end, lambda done: report(done // SECOND, total)
            )
        where = filter_of(wanted.where)

        def read(start: Instant, end: Instant) -> list[Row]:
            with self._database.read():
                chosen = None if where == ALL_ACTIVITIES else where
                lane = self._activities.between(who, start, end, chosen)
                return tables.activity_rows(self._activities, who, lane.activities)

        return tables.of_activities(
            read, period.start, period.end, lambda done: report(done // SECOND, lasts // SECOND)
        )

    @contextmanager
    def _target(self, export: Export, wanted: ExportWanted) -> Iterator[tuple[BinaryIO, str]]:
        """Open what an export is written to; what was begun goes where it is not ended."""
        if not export.folder:
            with self._shelf.writing(_name(export.id)) as file:
                yield file, export.file_name
            return
        from hourloom.reports.exporting.folder import new_export  # noqa: PLC0415 - where one is written

        name = export.file_name.removesuffix(f".{wanted.format}")
        with new_export(Path(export.folder), name, wanted.format) as (file, path):
            yield file, path.name

    def _settled(self, who: Actor, wanted: ExportWanted) -> tuple[ExportWanted, str]:
        """Return what is wanted with its time and zone as they are now, and the name of its file."""
        from hourloom.exports.files import require_writable  # noqa: PLC0415 - as above

        require_possible(wanted)
        require_writable(wanted.format)
        where = self._namer.of(who).numbered(wanted.where)
        wanted = msgspec.structs.replace(wanted, where=where)
        _question(wanted)
        for bucket in wanted.buckets:
            self._buckets.get(who, bucket)
        calendar = self._calendar(who, wanted.zone)
        period = self._period(wanted, calendar)
        settled = msgspec.structs.replace(wanted, range=period.text, date="", zone=calendar.zone)
        return settled, file_name(wanted, period.text)

    def _period(self, wanted: ExportWanted, calendar: Calendar) -> ReportRange:
        return range_named(wanted.range, day_named(wanted.date), self._clock.now(), calendar)

    def _folder(self, who: Actor) -> str:
        from hourloom.reports.exporting.folder import documents  # noqa: PLC0415 - as above

        return self._settings.value(who, EXPORT_FOLDER) or str(documents())

    def _noted(
        self,
        who: Actor,
        id: int,
        state: ExportState,
        name: str | None = None,
        rows: int = 0,
        size: int = 0,
        error: str | None = None,
    ) -> Export:
        """Note how an export stands unless it is over, and return how it then stands."""

        def note() -> Export:
            with self._database.begin() as tx:
                export = _found(tx, who, id)
                if not export.is_open:
                    return export
                return self._end(tx, export, state, name or export.file_name, rows, size, error)

        return self._database.write(note, who=who)

    def _end(
        self,
        tx: Transaction,
        export: Export,
        state: ExportState,
        name: str,
        rows: int = 0,
        size: int = 0,
        error: str | None = None,
    ) -> Export:
        over = None if state in ("waiting", "running") else self._clock.now()
        store.set_export(
            tx,
            export.id,
            state=state,
            file_name=name,
            rows=rows,
            bytes_=size,
            error=error,
            finished_at=over,
        )
        after = msgspec.structs.replace(
            export, state=state, file_name=name, rows=rows, bytes=size, error=error, finished_at=over
        )
        tx.changed(export.workspace_id, changed(after))
        return after

    def _note_lost(self) -> None:
        with self._database.begin() as tx:
            for export in store.open_exports(tx):
                if not self._is_at_work(export):
                    self._end(tx, export, "cancelled", export.file_name)

    def _is_at_work(self, export: Export) -> bool:
        """Return whether there is a job that writes an export, or will."""
        who = Actor(export.workspace_id, export.user_id, EVERYTHING)
        try:
            return self._jobs.get(who, export.job_id).state == "open"
        except NoSuchJob:
            return False

    def _discard(self, export: Export, name: str) -> None:
        """Remove a file that was written although it was cancelled meanwhile."""
        path = Path(export.folder) / name if export.folder else self._shelf.path(_name(export.id))
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)

    def _download(self, who: Actor, id: str) -> Download:
        export, path = self.ready(who, int(id))
        return Download(
            export.file_name, MEDIA_TYPES[export.format], export.bytes, lambda: self.content(export, path)
        )

    def _undo(self, tx: Transaction, who: Actor, operation: Operation) -> None:
        id = decode(operation.subject, Subject).id
        if store.export_by_id(tx, who.workspace_id, id) is not None:
            raise ChangedSince("the history of exports", [id])

        def take_back(tx: Transaction, _name: str, was: bytes) -> None:
            export = decode(was, Export)
            store.put_export(tx, export)
            tx.changed(who.workspace_id, changed(export))

        self._operations.take_steps_back(operation.id, 1, take_back)

    def _purge(self, _tx: Transaction, operation: Operation) -> bool:
        return self._operations.forget_steps(operation.id, 1)


class _Counted:
    """Counts rows as they pass."""

    def __init__(self) -> None:
        self.rows = 0

    def of(self, rows: object) -> Iterator[Row]:
        for row in rows:  # type: ignore[attr-defined]
            self.rows += 1
            yield row


def _question(wanted: ExportWanted) -> ReportQuestion:
    return question_of(
        ReportAsked(),
        ReportDefinition(
            range=wanted.range,
            by=wanted.by,
            then=wanted.then,
            zone=wanted.zone,
            compare=wanted.compare,
            limit=MOST_REPORT_ROWS,
            where=wanted.where,
        ),
    )


def _found(tx: Transaction, who: Actor, id: int) -> Export:
    found = store.export_by_id(tx, who.workspace_id, id)
    if found is None or found.user_id != who.user_id:
        raise NoSuchExport(id=id)
    return found


def _zone(wanted: ExportWanted) -> str:
    return wanted.zone or "UTC"


def _name(id: int) -> str:
    return f"export-{id}"


def _working(who: Actor) -> Actor:
    """Return the actor by whom a job is ended that somebody asked for."""
    return msgspec.structs.replace(who, scopes=frozenset({"jobs:write"}))
