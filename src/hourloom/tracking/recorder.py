"""The fast path of heartbeats: the newest event of each bucket is at hand, a batch is two statements."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import cast

from hourloom.core.clock import Clock, Instant
from hourloom.core.errors import HourloomError
from hourloom.core.ids import BucketId, EventId, PayloadId, WorkspaceId
from hourloom.db.transaction import Transaction
from hourloom.tracking import store
from hourloom.tracking.announcements import Announcements
from hourloom.tracking.heartbeat import Heartbeat, Outcome, Recorded, record_in_one_call
from hourloom.tracking.model import (
    SETTLED_AFTER,
    Bucket,
    BucketOutOfReach,
    Event,
    NoSuchBucket,
    extended,
)
from hourloom.tracking.payloads import PayloadDictionary

__all__ = ["EventNumbers", "Heartbeat", "Recorded", "Recorder"]

MOST_TAILS = 5_000

Beats = Sequence[Sequence[Heartbeat]]

class Tail:
    """A bucket with its newest event, as the writer remembers them."""

    __slots__ = ("bucket", "newest")

    def __init__(self, bucket: Bucket, newest: Event | None) -> None:
        self.bucket, self.newest = bucket, newest


class Recorder:
    """Applies heartbeats in batches; a lane of the writer, whose items are lists of heartbeats."""

    def __init__(self, clock: Clock, key: bytes) -> None:
        self._clock = clock
        self.payloads = PayloadDictionary(key)
        self.numbers = EventNumbers()
        self._tails: dict[tuple[int, str], Tail] = {}
        self._announcements = Announcements(clock)

    def apply(self, tx: Transaction, items: Sequence[object]) -> Sequence[object]:
        groups, settled = cast("Beats", items), Instant(self._clock.now() - SETTLED_AFTER)
        if tx.dialect == "postgresql":
            return self._apply_in_one_call(tx, groups, settled)
        batch = _Batch(tx, settled)
        answers = [[self._outcome(batch, beat) for beat in beats] for beats in groups]
        batch.flush()
        self._note(groups, answers)
        self._announcements.announce(tx)
        return answers

    def _apply_in_one_call(
        self, tx: Transaction, groups: Beats, settled: Instant
    ) -> list[list[Outcome]]:
        """Let a team database apply the rule, since other servers may write to the same buckets."""
        flat = [beat for beats in groups for beat in beats]
        outcomes = iter(record_in_one_call(tx, self.payloads, flat, settled))
        answers = [list(islice(outcomes, len(beats))) for beats in groups]
        # The feed is numbered under the lock of its workspace, which heartbeats do not wait for.
        tx.after_commit(lambda: self._note(groups, answers))
        return answers

    def _note(self, groups: Beats, answers: Sequence[Sequence[Outcome]]) -> None:
        """Take note of what was recorded, once for each bucket."""
        ranges: dict[tuple[WorkspaceId, str], tuple[Instant, Instant]] = {}
        for beats, outcomes in zip(groups, answers, strict=True):
            for beat, outcome in zip(beats, outcomes, strict=True):
                if isinstance(outcome, Recorded):
                    place = (beat.workspace_id, beat.bucket)
                    start, end = ranges.get(place, (outcome.started_at, outcome.ended_at))
                    ranges[place] = (min(start, outcome.started_at), max(end, outcome.ended_at))
        for (workspace, bucket), (start, end) in ranges.items():
            self.note(workspace, bucket, start, end)

    def forget(self) -> None:
        self._tails.clear()
        self.payloads.forget()
        self._announcements.forget()

    def forget_bucket(self, workspace: int, bucket: str) -> None:
        """Look at the database again before the next heartbeat: somebody edited the bucket."""
        self._tails.pop((workspace, bucket), None)

    @property
    def has_news(self) -> bool:
        """Return whether something was recorded that has not been announced yet."""
        return self._announcements.waiting

    def announce(self, tx: Transaction) -> None:
        """Announce what was recorded, at most once a second for each bucket."""
        self._announcements.announce(tx)

    def note(self, workspace: WorkspaceId, bucket: str, started_at: Instant, ended_at: Instant) -> None:
        """Take note of recorded events, to announce them soon."""
        self._announcements.note(workspace, bucket, started_at, ended_at)

    def _outcome(self, batch: _Batch, heartbeat: Heartbeat) -> Outcome:
        try:
            return self._record(batch, heartbeat)
        except HourloomError as error:
            return error

    def _record(self, batch: _Batch, heartbeat: Heartbeat) -> Recorded:
        tail = self._tail(batch.tx, heartbeat)
        payload = self.payloads.number_of(batch.tx, heartbeat.workspace_id, heartbeat.data)
        last = self._last_before(batch, tail, heartbeat)
        grown = last and extended(
            last, heartbeat.started_at, heartbeat.ended_at, payload, heartbeat.pulsetime
        )
        if last is None or grown is None:
            event = self._begin(batch, tail, heartbeat, payload)
        else:
            event = grown
            batch.extend(tail.bucket, last, grown)
        if tail.newest is None or event.started_at >= tail.newest.started_at:
            tail.newest = event
        return Recorded(event.id, event.started_at, event.ended_at, heartbeat.data)

    def _last_before(self, batch: _Batch, tail: Tail, heartbeat: Heartbeat) -> Event | None:
        newest = tail.newest
        if newest is None or heartbeat.started_at >= newest.started_at:
            return newest
        # A late heartbeat belongs to whatever was then; what this batch did must be visible to find it.
        batch.flush()
        bucket = tail.bucket
        return store.newest_event_by(batch.tx, bucket.workspace_id, bucket.id, heartbeat.started_at)

    def _begin(self, batch: _Batch, tail: Tail, heartbeat: Heartbeat, payload: PayloadId) -> Event:
        event = Event(
            self.numbers.take(batch.tx, 1)[0],
            tail.bucket.id,
            heartbeat.started_at,
            heartbeat.ended_at,
            payload,
        )
        batch.begin(tail.bucket, event)
        return event

    def _tail(self, tx: Transaction, heartbeat: Heartbeat) -> Tail:
        place = (heartbeat.workspace_id, heartbeat.bucket)
        tail = self._tails.get(place)
        if tail is None:
            bucket = store.bucket_by_name(tx, *place)
            if bucket is None:
                raise NoSuchBucket(name=heartbeat.bucket)
            tail = Tail(bucket, store.newest_event(tx, bucket.workspace_id, bucket.id))
            if len(self._tails) >= MOST_TAILS:
                self._tails.clear()
            self._tails[place] = tail
        if heartbeat.only_bucket_type not in (None, tail.bucket.type):
            raise BucketOutOfReach(type=heartbeat.only_bucket_type)
        return tail


class EventNumbers:
    """Gives out event numbers, none twice, even after the newest event was deleted."""

    def __init__(self) -> None:
        self._last: int | None = None

    def take(self, tx: Transaction, count: int) -> list[EventId]:
        """Return numbers in ascending order."""
        if tx.dialect == "postgresql":
            return [EventId(int(str(row[0]))) for row in store.next_event_numbers(tx, count)]
        last = store.last_event_number(tx) if self._last is None else self._last
        self._last = last + count
        return [EventId(n) for n in range(last + 1, last + count + 1)]


class _Batch:
    """What one batch of heartbeats adds and moves, collapsed to two statements."""

    def __init__(self, tx: Transaction, settled: Instant) -> None:
        self.tx = tx
        self._settled = settled
        self._begun: dict[WorkspaceId, dict[EventId, Event]] = {}
        self._ends: dict[EventId, Instant] = {}
        self._rewritten: set[tuple[WorkspaceId, BucketId]] = set()

    def begin(self, bucket: Bucket, event: Event) -> None:
        self._begun.setdefault(bucket.workspace_id, {})[event.id] = event
        if event.started_at < self._settled:
            self._rewritten.add((bucket.workspace_id, bucket.id))

    def extend(self, bucket: Bucket, last: Event, grown: Event) -> None:
        if grown.ended_at == last.ended_at:
            return
        if last.ended_at < self._settled:
            self._rewritten.add((bucket.workspace_id, bucket.id))
        begun = self._begun.get(bucket.workspace_id, {})
        if last.id in begun:
            begun[last.id] = grown
        else:
            self._ends[last.id] = grown.ended_at

    def flush(self) -> None:
        """Write what was collected so far."""
        for workspace, begun in self._begun.items():
            store.add_events(self.tx, workspace, list(begun.values()))
        if self._ends:
            store.set_ends(self.tx, list(self._ends.items()))
        for workspace, bucket in sorted(self._rewritten):
            store.note_history_changed(self.tx, workspace, bucket)
        self._begun, self._ends, self._rewritten = {}, {}, set()
