"""Take in the buckets of other trackers; the same events twice are stored once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

import msgspec

from hourloom.core.actors import Actor
from hourloom.core.clock import Instant
from hourloom.core.decoding import decode
from hourloom.core.ids import EventId, OperationId, WorkspaceId
from hourloom.db.transaction import Database, Transaction
from hourloom.imports.model import FaultyEvents, SourceBucket, SourceEvent
from hourloom.imports.ports import Source
from hourloom.jobs.service import Jobs
from hourloom.operations.model import AlreadyUndone, ChangedSince, Operation
from hourloom.operations.service import Operations
from hourloom.tracking import store
from hourloom.tracking.model import Bucket, BucketDraft, Event, EventDraft, checked
from hourloom.tracking.recorder import Recorder
from hourloom.tracking.service.buckets import Buckets
from hourloom.tracking.service.deleting import delete_some_of_runs, keep_runs
from hourloom.tracking.service.events import Events

UNDO_IMPORT = "tracking.undo_import"
FORGOTTEN_AT_ONCE = 2_000
FAULTY_KEPT = 5


class Import(msgspec.Struct):
    """What one import did so far."""

    source: str
    created: int = 0
    skipped: int = 0
    buckets_created: list[str] = []
    buckets_merged: list[str] = []
    cursors: dict[str, str] = {}
    """How far each bucket of the source was read, so that an import can go on."""
    faulty: int = 0
    """Events of the source that cannot be used."""
    first_faulty: list[str] = []
    """Why not, for the first of them."""
    problem: str | None = None
    """Why it ended before its end."""


class UndoneImport(msgspec.Struct, frozen=True):
    """Which import a job takes back."""

    workspace_id: WorkspaceId
    operation_id: OperationId


class MovingIn:
    """Imports: each is one operation that can be undone as a whole."""

    is_service = True

    def __init__(
        self,
        database: Database,
        operations: Operations,
        buckets: Buckets,
        events: Events,
        recorder: Recorder,
        jobs: Jobs,
    ) -> None:
        self._database, self._operations, self._jobs = database, operations, jobs
        self._buckets, self._events, self._recorder = buckets, events, recorder
        operations.register("import", "tracking:write", self._undo, self._purge, self._advance)

    def begin(self, who: Actor, source: str) -> OperationId:
        """Start an import, or go on with the one of that source which was not finished."""
        who.require("tracking:write")
        return self._operations.record(who, "import", Import(source))

    def state(self, who: Actor, operation: OperationId) -> Import:
        """Return what an import did so far."""
        found = self._operations.get(who, operation, "import")
        return decode(found.subject, Import)

    def is_undone(self, who: Actor, operation: OperationId) -> bool:
        """Return whether an import was taken back."""
        return self._operations.get(who, operation, "import").undone_at is not None

    def add_bucket(self, who: Actor, operation: OperationId, draft: BucketDraft) -> Bucket:
        """Make a bucket of the source, or merge into the one of that name."""
        with self._database.begin():
            done = self._going_on(who, operation)
            bucket, created = self._buckets.create(who, draft)
            known = done.buckets_created if created else done.buckets_merged
            if draft.name not in done.buckets_created + done.buckets_merged:
                known.append(draft.name)
                self._operations.describe(operation, done)
            return bucket

    def add_events(
        self,
        who: Actor,
        operation: OperationId,
        bucket_name: str,
        drafts: Sequence[EventDraft],
        cursor: str | None = None,
        faulty: Sequence[str] = (),
    ) -> Import:
        """Store the events that the bucket does not hold yet; return what the import did so far."""
        with self._database.begin() as tx:
            done = self._going_on(who, operation)
            bucket = self._buckets.get(who, bucket_name).bucket
            added = self._new_ones(tx, bucket, drafts)
            store.add_events(tx, who.workspace_id, added)
            self._events.recorded(tx, bucket, added)
            done.created += len(added)
            done.skipped += len(drafts) - len(added)
            keep_runs(tx, operation, [event.id for event in added])
            done.faulty += len(faulty)
            done.first_faulty += [each[:200] for each in faulty[: FAULTY_KEPT - len(done.first_faulty)]]
            if cursor is not None:
                done.cursors[bucket_name] = cursor
            self._operations.describe(operation, done)
            return done

    def failed(self, who: Actor, operation: OperationId, reason: str) -> None:
        """Note why an import ended before its end."""
        with self._database.begin():
            done = self._going_on(who, operation)
            done.problem = reason[:500]
            self._operations.describe(operation, done)

    async def take_all(
        self, who: Actor, source: Source, title: str
    ) -> tuple[OperationId, Import, FaultyEvents]:
        """Import a whole source, or nothing of one that turns out to be unusable.

        It is read on another thread, so that heartbeats do not wait.
        """
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(None, source.buckets)
        buckets = [checked(draft_of_bucket(bucket)) for bucket in found]
        operation = await self._database.run_write(partial(self.begin, who, title))
        try:
            faults = await self._take_buckets(who, operation, source, buckets)
        except BaseException:
            await self._database.run_write(partial(self._operations.undo, who, operation))
            raise
        done = await self._database.run_read(partial(self.state, who, operation))
        return operation, done, faults

    def _going_on(self, who: Actor, operation: OperationId) -> Import:
        found = self._operations.get(who, operation, "import")
        if found.undone_at is not None:
            raise AlreadyUndone(id=operation)
        return decode(found.subject, Import)

    async def _take_buckets(
        self, who: Actor, operation: OperationId, source: Source, buckets: Sequence[BucketDraft]
    ) -> FaultyEvents:
        loop, write, faults = asyncio.get_running_loop(), self._database.run_write, FaultyEvents()
        for bucket in buckets:
            await write(partial(self.add_bucket, who, operation, bucket))
            batches = source.events(bucket.name)
            while (batch := await loop.run_in_executor(None, next, batches, None)) is not None:
                faults.add(batch.faulty)
                drafts = [draft_of_event(event) for event in batch.events]
                await write(partial(self.add_events, who, operation, bucket.name, drafts))
        return faults

    def _new_ones(self, tx: Transaction, bucket: Bucket, drafts: Sequence[EventDraft]) -> list[Event]:
        seen: set[tuple[int, int, int]] = set()
        fresh = []
        for draft in drafts:
            data = self._recorder.door.left_of(tx, bucket, draft.data, draft.started_at, draft.ended_at)
            if data is None:
                continue
            payload = self._recorder.payloads.number_of(tx, bucket.workspace_id, data)
            event = Event(EventId(0), bucket.id, draft.started_at, draft.ended_at, payload)
            content = (event.started_at, event.ended_at, payload)
            if content not in seen and not store.is_stored(tx, event, bucket.workspace_id):
                fresh.append(event)
            seen.add(content)
        numbers = self._recorder.numbers.take(tx, len(fresh))
        return [msgspec.structs.replace(e, id=n) for e, n in zip(fresh, numbers, strict=True)]

    def _undo(self, tx: Transaction, who: Actor, operation: Operation) -> None:
        """Delete what the import added: a little at once, the rest in steps of a job."""
        runs = store.runs_of(tx, operation.id)
        if changed := [event for run in runs for event in store.touched_since(tx, operation.id, *run)]:
            raise ChangedSince(f"{len(changed)} of its events", changed)
        if self.undo_some(tx, who.workspace_id, operation.id):
            subject = UndoneImport(who.workspace_id, operation.id)
            self._jobs.enqueue(who.workspace_id, UNDO_IMPORT, subject, slot=str(operation.id))

    def _advance(self, tx: Transaction, operation: Operation) -> bool:
        return self.undo_some(tx, operation.workspace_id, operation.id)

    def undo_some(self, tx: Transaction, workspace: WorkspaceId, operation: OperationId) -> bool:
        """Delete some of what an undone import added; return whether more remains."""
        if delete_some_of_runs(tx, self._recorder, workspace, operation):
            return True
        self._delete_empty(tx, workspace, operation)
        return False

    def _delete_empty(self, tx: Transaction, workspace: WorkspaceId, operation: OperationId) -> None:
        """Delete the buckets that the import made, as far as nothing else came into them."""
        subject = self._operations.subject(workspace, operation)
        for name in decode(subject, Import).buckets_created:
            bucket = store.bucket_by_name(tx, workspace, name)
            if bucket is not None and store.extent(tx, workspace, bucket.id) is None:
                self._buckets.put_away(tx, bucket)

    def _purge(self, tx: Transaction, operation: Operation) -> bool:
        """Forget which events it added, once it need not be undone."""
        if operation.undone_at is not None:
            return False
        return store.drop_some_runs(tx, operation.id, FORGOTTEN_AT_ONCE) >= FORGOTTEN_AT_ONCE


def draft_of_bucket(bucket: SourceBucket) -> BucketDraft:
    """Return a bucket of a source as one of ours."""
    data = bucket.data.decode()
    return BucketDraft(bucket.id, bucket.type, bucket.client, bucket.hostname, data, bucket.created)


def draft_of_event(event: SourceEvent) -> EventDraft:
    """Return an event of a source as one of ours."""
    return EventDraft(Instant(event.started_at), Instant(event.ended_at), event.data_json)
