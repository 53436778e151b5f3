"""Edit, split, delete and restore events; each is an operation that can be undone."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from hourloom.core.actors import Actor
from hourloom.core.clock import Instant, format_instant
from hourloom.core.ids import EventId, OperationId
from hourloom.db.transaction import Database, Transaction
from hourloom.operations.model import ChangedSince, Operation
from hourloom.operations.service import Operations
from hourloom.tracking import store
from hourloom.tracking.door import HiddenByPrivacyRule
from hourloom.tracking.model import Bucket, Event, EventDraft, EventsChanged, NoSuchEvent, NotWithin, interval
from hourloom.tracking.recorder import Recorder
from hourloom.tracking.service.buckets import found_bucket
from hourloom.tracking.service.events import found_event

BEFORE, AFTER = 0, 1
KINDS = ("edit_event", "split_event", "delete_events", "restore_event")
PURGED_AT_ONCE = 2_000


class EventChanges(msgspec.Struct, frozen=True):
    """New values of an event; what is None stays."""

    started_at: Instant | None = None
    ended_at: Instant | None = None
    data: bytes | None = None


class Edited(msgspec.Struct, frozen=True):
    """What an edit is about."""

    events: int
    """How many events it touched."""


class Editing:
    """Deliberate changes of raw events."""

    is_service = True

    def __init__(self, database: Database, operations: Operations, recorder: Recorder) -> None:
        self._database, self._operations, self._recorder = database, operations, recorder
        for kind in KINDS:
            operations.register(kind, "tracking:write", self._undo, self._purge)

    def edit(self, who: Actor, event: int, changes: EventChanges) -> OperationId:
        """Change an event's interval or data."""
        who.require("tracking:write")
        with self._database.begin() as tx:
            before, bucket = found_event(tx, who, event)
            payload = before.payload_id
            started_at, ended_at = interval(
                before.started_at if changes.started_at is None else changes.started_at,
                before.ended_at if changes.ended_at is None else changes.ended_at,
            )
            if changes.data is not None:
                data = self._recorder.door.left_of(tx, bucket, changes.data, started_at, ended_at)
                if data is None:
                    raise HiddenByPrivacyRule
                payload = self._recorder.payloads.number_of(tx, who.workspace_id, data)
            after = msgspec.structs.replace(
                before, started_at=started_at, ended_at=ended_at, payload_id=payload
            )
            return self._apply(tx, who, "edit_event", [before], [after])

    def replace(self, who: Actor, bucket_name: str, drafts: Sequence[EventDraft]) -> OperationId:
        """Replace events of a bucket by their numbers; one that is elsewhere is an error, not a move.

        Where privacy rules drop what an event is to become, it stays as it was.
        """
        who.require("tracking:write")
        with self._database.begin() as tx:
            bucket = found_bucket(tx, who, bucket_name)
            last = {draft.id: draft for draft in drafts}
            before = [self._found(tx, who, id_ or 0) for id_ in last]
            for event in before:
                if event.bucket_id != bucket.id:
                    raise NoSuchEvent(id=event.id)
            after = [self._replacement(tx, bucket, event, last[event.id]) for event in before]
            return self._apply(tx, who, "edit_event", before, after)

    def split(self, who: Actor, event: int, at: Instant) -> OperationId:
        """Cut an event in two; the parts together last as long as the whole.

        before  |-----------|
        at           ^
        after   |----|------|
        """
        who.require("tracking:write")
        with self._database.begin() as tx:
            whole = self._found(tx, who, event)
            if not whole.started_at < at < whole.ended_at:
                raise NotWithin(at=format_instant(at))
            first = msgspec.structs.replace(whole, ended_at=at)
            second = msgspec.structs.replace(whole, id=self._recorder.numbers.take(tx, 1)[0], started_at=at)
            return self._apply(tx, who, "split_event", [whole], [first, second])

    def delete(self, who: Actor, events: Sequence[int]) -> OperationId:
        """Delete events; for a week they can be restored."""
        who.require("tracking:write")
        with self._database.begin() as tx:
            found = [self._found(tx, who, event) for event in dict.fromkeys(events)]
            return self._apply(tx, who, "delete_events", found, [])

    def restore(self, who: Actor, event: int) -> OperationId:
        """Bring one deleted event back as it was."""
        who.require("tracking:write")
        with self._database.begin() as tx:
            operation = store.deleting_operation(tx, who.workspace_id, event)
            if operation is None or store.event_by_id(tx, who.workspace_id, event) is not None:
                raise NoSuchEvent(id=event)
            (was,) = store.image_after(tx, operation, BEFORE, event - 1, 1)
            bucket = store.bucket_by_id(tx, who.workspace_id, was.bucket_id)
            if bucket is None or bucket.deleted_at is not None:
                raise NoSuchEvent(id=event)
            return self._apply(tx, who, "restore_event", [], [was])

    def _found(self, tx: Transaction, who: Actor, event: int) -> Event:
        return found_event(tx, who, event)[0]

    def _replacement(self, tx: Transaction, bucket: Bucket, event: Event, draft: EventDraft) -> Event:
        data = self._recorder.door.left_of(tx, bucket, draft.data, draft.started_at, draft.ended_at)
        if data is None:
            return event
        payload = self._recorder.payloads.number_of(tx, bucket.workspace_id, data)
        return Event(event.id, event.bucket_id, draft.started_at, draft.ended_at, payload)

    def _apply(
        self, tx: Transaction, who: Actor, kind: str, before: Sequence[Event], after: Sequence[Event]
    ) -> OperationId:
        operation = self._operations.record(who, kind, Edited(len({e.id for e in (*before, *after)})))
        store.keep_image(tx, operation, BEFORE, who.workspace_id, before)
        store.keep_image(tx, operation, AFTER, who.workspace_id, after)
        self._replace(tx, who, before, after)
        return operation

    def _replace(self, tx: Transaction, who: Actor, old: Sequence[Event], new: Sequence[Event]) -> None:
        """Make what was `old` be `new`: events in both are updated, the others deleted or added."""
        was, becomes = {e.id for e in old}, {e.id for e in new}
        for gone in was - becomes:
            store.delete_event(tx, who.workspace_id, gone)
        for event in (e for e in new if e.id in was):
            store.set_event(tx, who.workspace_id, event)
        store.add_events(tx, who.workspace_id, [e for e in new if e.id not in was])
        self._tell(tx, who, [*old, *new])

    def _tell(self, tx: Transaction, who: Actor, touched: Sequence[Event]) -> None:
        by_bucket: dict[int, list[Event]] = {}
        for event in touched:
            by_bucket.setdefault(event.bucket_id, []).append(event)
        for bucket_id, events in by_bucket.items():
            bucket = store.bucket_by_id(tx, who.workspace_id, bucket_id)
            if bucket is not None:
                self._tell_bucket(tx, bucket, events)

    def _tell_bucket(self, tx: Transaction, bucket: Bucket, events: Sequence[Event]) -> None:
        self._recorder.history.events_changed(tx, bucket.workspace_id, events)
        self._recorder.forget_bucket(bucket.workspace_id, bucket.name)
        starts = min(event.started_at for event in events)
        ends = max(event.ended_at for event in events)
        tx.changed(bucket.workspace_id, EventsChanged(bucket.name, starts, ends))

    def _undo(self, tx: Transaction, who: Actor, operation: Operation) -> None:
        before, after = store.image(tx, operation.id, BEFORE), store.image(tx, operation.id, AFTER)
        changed = [e.id for e in after if store.event_by_id(tx, who.workspace_id, e.id) != e]
        gone = {e.id for e in before} - {e.id for e in after}
        changed += [id_ for id_ in gone if store.event_by_id(tx, who.workspace_id, EventId(id_)) is not None]
        if changed:
            raise ChangedSince(f"{len(changed)} of its events", changed)
        self._replace(tx, who, after, before)

    def _purge(self, tx: Transaction, operation: Operation) -> bool:
        return store.drop_some_of_image(tx, operation.id, PURGED_AT_ONCE) >= PURGED_AT_ONCE
