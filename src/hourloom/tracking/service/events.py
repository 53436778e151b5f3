"""Record events and heartbeats, and read them back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import msgspec

from hourloom.core.actors import Actor
from hourloom.core.clock import EARLIEST, LATEST, Clock, Instant
from hourloom.core.ids import EventId
from hourloom.db.transaction import Database, Transaction
from hourloom.tracking import store
from hourloom.tracking.heartbeat import HIDDEN
from hourloom.tracking.model import LONG, SETTLED_AFTER, Bucket, Event, EventDraft, NoSuchEvent
from hourloom.tracking.query.events import Events as EventList
from hourloom.tracking.query.events import events_of_rows
from hourloom.tracking.recorder import Recorder
from hourloom.tracking.service.buckets import found_bucket
from hourloom.tracking.shelf import PayloadShelf

ALL = 2**62
EXPORTED_AT_ONCE = 5_000


class Events:
    """The intervals in the buckets."""

    is_service = True

    def __init__(self, database: Database, clock: Clock, recorder: Recorder, shelf: PayloadShelf) -> None:
        self._database, self._clock, self.recorder, self._shelf = database, clock, recorder, shelf

    def append(self, who: Actor, bucket_name: str, drafts: Sequence[EventDraft]) -> list[EventId]:
        """Store new events; return their numbers, 0 for those that privacy rules drop."""
        who.require("tracking:write")
        with self._database.begin() as tx:
            bucket = found_bucket(tx, who, bucket_name)
            let_in = [self._let_in(tx, bucket, draft) for draft in drafts]
            numbers = iter(self.recorder.numbers.take(tx, sum(draft is not None for draft in let_in)))
            given = [HIDDEN if draft is None else next(numbers) for draft in let_in]
            added = [
                self._event(tx, bucket, draft, number)
                for draft, number in zip(let_in, given, strict=True)
                if draft is not None
            ]
            store.add_events(tx, who.workspace_id, added)
            self.recorded(tx, bucket, added)
            return given

    def _let_in(self, tx: Transaction, bucket: Bucket, draft: EventDraft) -> EventDraft | None:
        """Return an event as privacy rules let it in, None where they drop it."""
        left = self.recorder.door.left_of(tx, bucket, draft.data, draft.started_at, draft.ended_at)
        if left is None or left is draft.data:
            return None if left is None else draft
        return msgspec.structs.replace(draft, data=left)

    def recorded(self, tx: Transaction, bucket: Bucket, events: Sequence[Event]) -> None:
        """Take note of events that were added to a bucket."""
        if not events:
            return
        starts = min(event.started_at for event in events)
        ends = max(event.ended_at for event in events)
        if starts < self._clock.now() - SETTLED_AFTER:
            self.recorder.history.changed(tx, bucket.workspace_id, bucket.id, starts, ends)
        self.recorder.forget_bucket(bucket.workspace_id, bucket.name)
        self.recorder.note(bucket.workspace_id, bucket.name, starts, ends)
        self.recorder.announce(tx)

    def between(
        self, who: Actor, bucket_name: str, start: int | None, end: int | None, limit: int = ALL
    ) -> EventList:
        """Return the events that meet a period, cut to it, the newest first."""
        who.require("tracking:read")
        with self._database.read() as tx:
            bucket = found_bucket(tx, who, bucket_name)
            return read_events(tx, self._shelf, bucket, start, end, limit)

    def now(self) -> Instant:
        """Return the present instant."""
        return self._clock.now()

    def count(self, who: Actor, bucket_name: str, start: int | None, end: int | None) -> int:
        """Return how many events meet a period."""
        who.require("tracking:read")
        with self._database.read() as tx:
            return count_events(tx, found_bucket(tx, who, bucket_name), start, end)

    def page(self, who: Actor, bucket_name: str, after: tuple[int, int] | None, limit: int) -> EventList:
        """Return events as they are stored, the newest first, after a place in that order."""
        who.require("tracking:read")
        start, event = after or (LATEST, ALL)
        with self._database.read() as tx:
            bucket = found_bucket(tx, who, bucket_name)
            rows = store.events_before(tx, who.workspace_id, bucket.id, start, event, limit)
            return events_of_rows(rows, self._shelf.of(tx, rows), EARLIEST, LATEST)  # type: ignore[arg-type]

    def get(self, who: Actor, event: int, bucket_name: str | None = None) -> tuple[Event, str, Bucket]:
        """Return an event, its data and its bucket."""
        who.require("tracking:read")
        with self._database.read() as tx:
            wanted = None if bucket_name is None else found_bucket(tx, who, bucket_name)
            found, bucket = found_event(tx, who, event)
            if wanted is not None and wanted.id != bucket.id:
                raise NoSuchEvent(id=event)
            return found, self._shelf.text(tx, found.payload_id), bucket

    async def everything(self, who: Actor, bucket_name: str) -> AsyncIterator[EventList]:
        """Yield all events of a bucket in pages, the newest first, each from a snapshot of its own."""
        after: tuple[int, int] | None = None
        while True:
            place = after
            page = await self._database.run_read(
                lambda place=place: self.page(who, bucket_name, place, EXPORTED_AT_ONCE)  # type: ignore[misc]
            )
            if not page:
                return
            yield page
            after = (page[-1][1], page[-1][0] or 0)

    def _event(self, tx: Transaction, bucket: Bucket, draft: EventDraft, id_: EventId) -> Event:
        payload = self.recorder.payloads.number_of(tx, bucket.workspace_id, draft.data)
        return Event(id_, bucket.id, draft.started_at, draft.ended_at, payload)


def found_event(tx: Transaction, who: Actor, event: int) -> tuple[Event, Bucket]:
    """Return an event of the actor's workspace and its bucket, which is not deleted."""
    found = store.event_by_id(tx, who.workspace_id, event)
    bucket = None if found is None else store.bucket_by_id(tx, who.workspace_id, found.bucket_id)
    if found is None or bucket is None or bucket.deleted_at is not None:
        raise NoSuchEvent(id=event)
    return found, bucket


def read_events(
    tx: Transaction, shelf: PayloadShelf, bucket: Bucket, start: int | None, end: int | None, limit: int = ALL
) -> EventList:
    """Return the events of a bucket that meet a period, cut to it, the newest first.

        events  |------|  |--|   |-----|
        period      [--------------)
        result      |--|  |--|   |-|

    No read walks history: an event shorter than an hour that reaches into the period began less than
    an hour before it, and the longer ones have an index of their own.
    """
    begins, ends = _bounds(start, end)
    after = begins - LONG if start is not None else -1
    rows = store.events_starting(tx, bucket.workspace_id, bucket.id, after, ends, begins, limit)
    if start is not None and len(rows) < limit:
        lasting = store.lasting_events(tx, bucket.workspace_id, bucket.id, after, begins)
        rows += lasting[: limit - len(rows)]
    return events_of_rows(rows, shelf.of(tx, rows), begins, ends)  # type: ignore[arg-type]


def count_events(tx: Transaction, bucket: Bucket, start: int | None, end: int | None) -> int:
    """Return how many events of a bucket meet a period."""
    begins, ends = _bounds(start, end)
    after = begins - LONG if start is not None else -1
    recent = store.count_starting(tx, bucket.workspace_id, bucket.id, after, ends, begins)
    if start is None:
        return recent
    return recent + len(store.lasting_events(tx, bucket.workspace_id, bucket.id, after, begins))


def _bounds(start: int | None, end: int | None) -> tuple[Instant, Instant]:
    return Instant(EARLIEST if start is None else start), Instant(LATEST if end is None else end)
