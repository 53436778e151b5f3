"""Take archives that are handed in, look through them, read them in, and take that back."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from hourloom.archive.importing import Importing
from hourloom.archive.model import (
    KIND,
    ArchiveExamined,
    ArchiveExport,
    ArchiveImport,
    ArchiveNotReady,
    ImportedArchive,
    ImportState,
    NoSuchArchive,
    Progress,
)
from hourloom.archive.ports import Tables
from hourloom.archive.shelf import Arriving, Shelf
from hourloom.core.actors import EVERYTHING, Actor
from hourloom.core.archiving import OnConflict
from hourloom.core.clock import Clock
from hourloom.core.decoding import decode
from hourloom.core.errors import HourloomError, Invalid, Refused
from hourloom.core.ids import JobId, OperationId, WorkspaceId
from hourloom.db.transaction import Database, Transaction
from hourloom.jobs.model import FINISHED, Job, JobProgress, Report
from hourloom.jobs.service import Jobs
from hourloom.operations.model import AlreadyUndone, ChangedSince, Operation
from hourloom.operations.service import Operations

if TYPE_CHECKING:
    from hourloom.archive.apart import ArchiveApart

EXAMINE, IMPORT, UNDO, TIDY = "archive.examine", "archive.import", "archive.undo", "archive.tidy"
TIDY_EVERY = 3600.0
FORGOTTEN_AT_ONCE = 500
SCOPE = "admin"


class _Undoing(msgspec.Struct, frozen=True):
    """Which import a job takes back."""

    workspace_id: WorkspaceId
    operation_id: OperationId


class ArchiveImports:
    """The archives that were handed in."""

    is_service = True

    def __init__(  # noqa: PLR0913 - each is another service
        self,
        database: Database,
        clock: Clock,
        jobs: Jobs,
        operations: Operations,
        shelf: Shelf,
        tables: Tables,
        *,
        last_payload: Callable[[Transaction], int],
        spool: Path,
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._database, self._clock, self._jobs, self._operations = database, clock, jobs, operations
        self._shelf, self._spool, self._random = shelf, spool, random
        self._importing = Importing(database, operations, tables, last_payload)
        operations.register(KIND, SCOPE, self._undo, self._purge, self._advance)
        jobs.register_long(EXAMINE, lambda job, report: self.examine(_id(job), report))
        jobs.register_long(IMPORT, lambda job, report: self.read_in(_id(job), report))
        jobs.register(UNDO, self._undo_step)
        jobs.register_long(TIDY, self._tidy, every=TIDY_EVERY)

    async def receive(self, who: Actor, pieces: AsyncIterator[bytes]) -> ArchiveImport:
        """Take an archive as it comes."""
        who.require(SCOPE)
        arriving = self._arriving()
        try:
            async for piece in pieces:
                await asyncio.to_thread(arriving.write, piece)
            return await asyncio.to_thread(self._arrived, who, arriving)
        except BaseException:
            await asyncio.to_thread(arriving.give_up)
            raise

    def receive_here(self, who: Actor, pieces: Iterable[bytes]) -> ArchiveImport:
        """Take an archive within this program."""
        who.require(SCOPE)
        arriving = self._arriving()
        try:
            for piece in pieces:
                arriving.write(piece)
            return self._arrived(who, arriving)
        except BaseException:
            arriving.give_up()
            raise

    def get(self, who: Actor, id: str) -> ArchiveImport:
        """Return what is known of an archive."""
        who.require(SCOPE)
        facts = self._shelf.known(id, ArchiveImport)
        if facts.workspace_id != who.workspace_id:
            raise NoSuchArchive(id=id)
        return facts

    def all(self, who: Actor) -> list[ArchiveImport]:
        """Return the archives that were handed in during the last day, the newest first."""
        who.require(SCOPE)
        return [each for each in self._shelf.all(ArchiveImport) if each.workspace_id == who.workspace_id]

    def unlock(self, who: Actor, id: str, *, passphrase: str | None, code: str | None) -> ArchiveImport:
        """Open an archive that another database sealed; this takes a good part of a second and more."""
        facts = self._in_state(self.get(who, id), "locked")
        self._shelf.unlock(id, passphrase, code)
        return self._kept(facts, "uploaded")

    async def start_examining(self, who: Actor, id: str, on_conflict: OnConflict) -> JobId:
        """Begin to look through an archive, as a job."""
        await asyncio.to_thread(self.to_examine, who, id, on_conflict)
        return await self._enqueued(who, EXAMINE, id)

    def to_examine(self, who: Actor, id: str, on_conflict: OnConflict) -> None:
        """Note that an archive is to be looked through."""
        facts = self._in_state(self.get(who, id), "uploaded", "examining", "ready")
        facts.on_conflict = on_conflict
        self._kept(facts, "examining")

    def examine(self, id: str, progress: Progress) -> ArchiveImport:
        """Look through an archive; what is wrong with it is kept as the reason why it is refused."""
        facts = self._shelf.known(id, ArchiveImport)
        try:
            with self._opened(id) as archive:
                found = self._importing.examine(archive, facts, progress)
        except (Invalid, Refused) as error:
            self._refuse(facts, error)
        else:
            facts.rows, facts.tables, facts.keeps_numbers = found.rows, found.tables, found.keeps_numbers
            self._kept(facts, "ready")

        def tell() -> None:
            with self._database.begin() as tx:
                tx.changed(facts.workspace_id, ArchiveExamined(id, facts.state))

        self._database.write(tell)
        return facts

    async def start_reading_in(self, who: Actor, id: str) -> JobId:
        """Begin to read in an archive that was looked through, as a job; or go on with one."""
        await asyncio.to_thread(self.to_read_in, who, id)
        return await self._enqueued(who, IMPORT, id)

    def to_read_in(self, who: Actor, id: str) -> None:
        """Note that an archive is to be read in."""
        self._kept(self._in_state(self.get(who, id), "ready", "importing"), "importing")

    def read_in(self, id: str, progress: Progress) -> ArchiveImport:
        """Read an archive in, from where an earlier attempt had come to; for a thread of its own."""
        facts = self._shelf.known(id, ArchiveImport)
        if facts.state == "done":
            return facts
        if facts.operation_id is None and not facts.brings_something:
            return self._kept(facts, "done")
        who = Actor(facts.workspace_id, facts.user_id, EVERYTHING)
        try:
            with self._opened(id) as archive:
                begin = self._importing.begin
                begun = self._database.write(lambda: begin(who, facts, archive.manifest), who=who)
                facts.operation_id = begun.id
                self._kept(facts, "importing")
                done = self._importing.go_on(archive, facts, who, begun, progress)
        except AlreadyUndone:
            # Somebody took back what had come in so far; it may begin anew.
            facts.operation_id = None
            return self._kept(facts, "ready")
        except Invalid as error:
            return self._refuse(facts, error)
        facts.tables = done.tables
        self._kept(facts, "done")
        self._shelf.path(id).unlink(missing_ok=True)
        return facts

    def drop(self, who: Actor, id: str) -> None:
        """Remove an archive; what was read in stays."""
        self.get(who, id)
        self._shelf.drop(id)

    def held_payloads(self, tx: Transaction) -> int | None:
        """Return behind which number payloads may be waiting for their events; None where none are."""
        done = [_done(each) for each in self._operations.unfinished(tx, KIND)]
        return min((each.first_payload for each in done if not each.finished), default=None)

    def discard_copies(self) -> int:
        """Remove every archive that is not being read in: copies that an erasure must not leave behind."""
        waiting = [each for each in self._shelf.all(ArchiveImport) if each.state != "importing"]
        gone: list[ArchiveExport | ArchiveImport] = [*self._shelf.all(ArchiveExport), *waiting]
        for facts in gone:
            self._shelf.drop(facts.id)
        return len(gone)

    def discard_leftovers(self) -> None:
        """Remove what a server that was killed left unfinished."""
        self._shelf.discard_leftovers()

    def _arriving(self) -> Arriving:
        return Arriving(self._shelf, f"import-{self._random(12).hex()}")

    def _arrived(self, who: Actor, arriving: Arriving) -> ArchiveImport:
        arriving.finish()
        try:
            locked = self._shelf.is_locked(arriving.id)
        except HourloomError:
            self._shelf.drop(arriving.id)
            raise
        facts = ArchiveImport(
            id=arriving.id,
            workspace_id=who.workspace_id,
            user_id=who.user_id,
            state="locked" if locked else "uploaded",
            sealed=arriving.sealed,
            begun_at=self._clock.now(),
            bytes=arriving.size,
        )
        self._shelf.keep(facts)
        return facts

    @contextlib.contextmanager
    def _opened(self, id: str) -> Iterator[ArchiveApart]:
        from hourloom.archive.apart import ArchiveApart  # noqa: PLC0415 - a server that starts needs none of it

        self._spool.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._shelf.reading(id) as content:
            archive = ArchiveApart(content, self._spool)
        with contextlib.closing(archive):
            yield archive

    def _kept(self, facts: ArchiveImport, state: ImportState) -> ArchiveImport:
        facts.state = state
        self._shelf.keep(facts)
        return facts

    def _refuse(self, facts: ArchiveImport, error: HourloomError) -> ArchiveImport:
        facts.reason, facts.code = error.message, error.code
        self._kept(facts, "refused")
        self._shelf.path(facts.id).unlink(missing_ok=True)
        return facts

    def _in_state(self, facts: ArchiveImport, *wanted: ImportState) -> ArchiveImport:
        if facts.state not in wanted:
            raise ArchiveNotReady(id=facts.id, state=facts.state, wanted=" or ".join(wanted))
        return facts

    async def _enqueued(self, who: Actor, kind: str, id: str) -> JobId:
        enqueue = self._jobs.enqueue
        return await self._database.run_write(
            lambda: enqueue(who.workspace_id, kind, {"id": id}, slot=id), who=who
        )

    def _undo(self, tx: Transaction, who: Actor, operation: Operation) -> None:
        """Take a little of an import back at once, and the rest in steps of a job."""
        changed = self._importing.changed_since(tx, who.workspace_id, operation.id)
        if changed:
            raise ChangedSince(f"{len(changed)} of its events", changed)
        if self._importing.take_back_some(tx, who.workspace_id, operation.id):
            subject = _Undoing(who.workspace_id, operation.id)
            self._jobs.enqueue(who.workspace_id, UNDO, subject, slot=str(operation.id))

    def _advance(self, tx: Transaction, operation: Operation) -> bool:
        return self._importing.take_back_some(tx, operation.workspace_id, operation.id)

    def _undo_step(self, tx: Transaction, job: Job) -> JobProgress:
        subject = decode(job.subject, _Undoing)
        more = self._importing.take_back_some(tx, subject.workspace_id, subject.operation_id)
        return JobProgress(done=job.done + 1) if more else FINISHED

    def _purge(self, tx: Transaction, operation: Operation) -> bool:
        """Forget what undo would need; of one that was undone the job still needs it."""
        if operation.undone_at is not None:
            return False
        return self._importing.forget_some(tx, operation.id, FORGOTTEN_AT_ONCE)

    def _tidy(self, _job: Job, _report: Report) -> None:
        with self._database.read() as tx:
            held = {_done(each).archive for each in self._operations.unfinished(tx, KIND)}
        unfinished = {
            each.id
            for each in self._shelf.all(ArchiveImport)
            if each.state == "importing" and each.id in held
        }
        self._shelf.drop_old(self._clock.now(), unfinished.__contains__)


def _id(job: Job) -> str:
    return decode(job.subject, dict[str, str])["id"]


def _done(operation: Operation) -> ImportedArchive:
    return decode(operation.subject, ImportedArchive)
