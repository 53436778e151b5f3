"""Imports that the server does itself, as jobs: of a file handed in, or of what is on this computer."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple, Protocol

import msgspec

from hourloom.core.actors import EVERYTHING, Actor
from hourloom.core.decoding import decode
from hourloom.core.errors import Conflict, HourloomError, NotFound
from hourloom.core.ids import JobId, OperationId, UserId, WorkspaceId
from hourloom.db.transaction import Database, Transaction
from hourloom.imports.model import Batch, Cursor
from hourloom.imports.ports import Source
from hourloom.jobs.model import Job, JobCancelled, JobHasEnded, Report
from hourloom.jobs.service import Jobs
from hourloom.operations.model import AlreadyUndone, ChangedSince
from hourloom.operations.service import Operations
from hourloom.tracking.model import checked
from hourloom.tracking.service.moving_in import Import, MovingIn, draft_of_bucket, draft_of_event
from hourloom.workers.spool import SpoolFile

IMPORT = "tracking.import"
HANDED_IN = "the file"


class ImportGoesOn(Conflict):
    """Another import is under way; wait for its end, or cancel it."""


class NoSuchSource(NotFound):
    """There is nothing of ActivityWatch at {place} any more; look again."""


class HandedFileGone(NotFound):
    """The server was started again, and what was handed in is gone: choose the file once more."""


class FoundSource(msgspec.Struct, frozen=True):
    """Something of ActivityWatch on the server's computer."""

    place: str
    """An address, or a path."""
    name: str


class ImportJob(msgspec.Struct, frozen=True):
    """What an import is known by: the job that does it, and the operation by which it is undone."""

    operation_id: OperationId
    job: JobId


class Carried(msgspec.Struct, frozen=True):
    """What a job imports; without a place it is a file that was handed in."""

    user_id: UserId
    operation_id: OperationId
    place: str | None


class AtHand(NamedTuple):
    """A file that was handed in, and what reads it."""

    workspace_id: WorkspaceId
    source: Source
    file: SpoolFile


class SourceFailed(Exception):
    """What is read cannot be read on."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Places(Protocol):
    """What is on this computer, and how it is opened."""

    def found(self) -> Iterator[tuple[str, str]]:
        """Yield addresses and paths in the usual places, each with a name; asks programs and reads files."""
        ...

    def opened(self, place: str) -> Source:
        """Open one of them."""
        ...

    def spooled(self, file: SpoolFile, name: str) -> Source:
        """Open a file that was handed in."""
        ...


class Carrying:
    """Takes the record of another tracker in, piece by piece beside everything else."""

    is_service = True

    def __init__(
        self,
        database: Database,
        jobs: Jobs,
        operations: Operations,
        moving_in: MovingIn,
        places: Places,
        spool: Path,
    ) -> None:
        self._database, self._jobs, self._operations = database, jobs, operations
        self._moving_in, self._spool = moving_in, spool
        self.places = places
        self._at_hand: dict[OperationId, AtHand] = {}
        jobs.register_long(IMPORT, self._carry, urgent=True)
        jobs.on_cancel(IMPORT, self._cancelled)

    async def found(self, who: Actor) -> list[FoundSource]:
        """Return what there is in the usual places of the server's computer."""
        who.require("admin")
        return await asyncio.to_thread(lambda: [FoundSource(*each) for each in self.places.found()])

    async def begin_found(self, who: Actor, place: str) -> ImportJob:
        """Begin to import something that was found; no other address or path is ever opened."""
        if place not in {each.place for each in await self.found(who)}:
            raise NoSuchSource(place=place[:200])
        title = await asyncio.to_thread(self._title, place)
        return await self._database.run_write(partial(self._begun, who, title, place), who=who)

    def _title(self, place: str) -> str:
        with contextlib.closing(self.places.opened(place)) as source:
            return source.title

    async def begin_file(
        self, who: Actor, name: str, receive: Callable[[SpoolFile], Awaitable[None]]
    ) -> ImportJob:
        """Begin to import a file as it comes; what is no record of ActivityWatch is refused at once."""
        who.require("tracking:write")
        await self._database.run_read(partial(self._require_free, who), who=who)
        self._spool.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.ExitStack() as stack:
            file = stack.enter_context(SpoolFile(self._spool))
            await receive(file)
            source = await asyncio.to_thread(self.places.spooled, file, name or HANDED_IN)
            stack.callback(source.close)
            at_hand = AtHand(who.workspace_id, source, file)
            begin = partial(self._begun, who, name or HANDED_IN, None, at_hand)
            begun = await self._database.run_write(begin, who=who)
            stack.pop_all()
        return begun

    def _require_free(self, who: Actor) -> None:
        if self._jobs.open_in(IMPORT, str(who.workspace_id)) is not None:
            raise ImportGoesOn

    def _begun(self, who: Actor, title: str, place: str | None, at_hand: AtHand | None = None) -> ImportJob:
        with self._database.begin() as tx:
            self._require_free(who)
            operation, over = self._moving_in.begin(who, title), self._over()
            tx.after_commit(lambda: self._hold(operation, at_hand, over))
            subject = Carried(who.user_id, operation, place)
            slot = str(who.workspace_id)
            return ImportJob(operation, self._jobs.enqueue(who.workspace_id, IMPORT, subject, slot=slot))

    def _carry(self, job: Job, report: Report) -> None:
        carried = decode(job.subject, Carried)
        who = Actor(job.workspace_id, carried.user_id, EVERYTHING)
        try:
            with self._source(carried) as source:
                self._take(who, carried.operation_id, source, report)
        except JobCancelled:
            # The server stops, or somebody cancelled it: then all of it is taken back already.
            if self._jobs.get(who, job.id).state != "open":
                self._let_go(carried.operation_id)
            raise
        except AlreadyUndone:
            self._let_go(carried.operation_id)
        except SourceFailed as failed:
            self._database.write(partial(self._give_up, who, job, carried.operation_id, failed.reason))
            self._let_go(carried.operation_id)
        else:
            self._let_go(carried.operation_id)

    def _cancelled(self, _tx: Transaction, job: Job) -> None:
        carried = decode(job.subject, Carried)
        who = Actor(job.workspace_id, carried.user_id, EVERYTHING)
        # Where somebody changed some of it already, all of it stays: it is told in the history.
        with contextlib.suppress(AlreadyUndone, ChangedSince):
            self._operations.undo(who, carried.operation_id)

    def _take(self, who: Actor, operation: OperationId, source: Source, report: Report) -> None:
        done = self._moving_in.state(who, operation)
        with _failing():
            found = source.buckets()
            drafts = [checked(draft_of_bucket(bucket)) for bucket in found]
        total = sum(bucket.event_count or 0 for bucket in found)
        report(done.created + done.skipped + done.faulty, total)
        for bucket, draft in zip(found, drafts, strict=True):
            self._database.write(partial(self._moving_in.add_bucket, who, operation, draft))
            cursor = done.cursors.get(draft.name)
            batches = source.events(bucket.id, None if cursor is None else Cursor(cursor))
            while (batch := _next(batches)) is not None:
                done = self._database.write(partial(self._add, who, operation, draft.name, batch))
                report(done.created + done.skipped + done.faulty, total)

    def _add(self, who: Actor, operation: OperationId, bucket: str, batch: Batch) -> Import:
        events = [draft_of_event(event) for event in batch.events]
        faults = [f"{fault.where}: {fault.reason}" for fault in batch.faulty]
        return self._moving_in.add_events(who, operation, bucket, events, batch.cursor, faults)

    @contextlib.contextmanager
    def _source(self, carried: Carried) -> Iterator[Source]:
        """Give what is to be read; a file that was handed in stays at hand, as it may be read again."""
        if carried.place is None:
            with _failing():
                if carried.operation_id not in self._at_hand:
                    raise HandedFileGone
            yield self._at_hand[carried.operation_id].source
            return
        with _failing():
            source = self.places.opened(carried.place)
        with contextlib.closing(source):
            yield source

    def _give_up(self, who: Actor, job: Job, operation: OperationId, reason: str) -> None:
        """End an import whose source cannot be read on: nothing of it stays but the reason."""
        with self._database.begin(), contextlib.suppress(AlreadyUndone, JobHasEnded):
            self._moving_in.failed(who, operation, reason)
            self._jobs.cancel(who, job.id)

    def _over(self) -> list[OperationId]:
        """Return what no job reads any more, in whichever workspace: it was cancelled before it began."""
        return [
            operation
            for operation, held in list(self._at_hand.items())
            if self._jobs.open_in(IMPORT, str(held.workspace_id)) is None
        ]

    def _hold(self, operation: OperationId, at_hand: AtHand | None, over: Collection[OperationId]) -> None:
        for each in over:
            self._let_go(each)
        if at_hand is not None:
            self._at_hand[operation] = at_hand

    def _let_go(self, operation: OperationId) -> None:
        at_hand = self._at_hand.pop(operation, None)
        if at_hand is not None:
            at_hand.source.close()
            at_hand.file.close()


@contextlib.contextmanager
def _failing() -> Iterator[None]:
    """Tell what goes wrong with a source from what goes wrong here."""
    try:
        yield
    except HourloomError as error:
        raise SourceFailed(error.message) from None


def _next(batches: Iterator[Batch]) -> Batch | None:
    with _failing():
        return next(batches, None)
