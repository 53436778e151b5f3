"""The fast path of heartbeats: the newest event of each bucket is at hand, a batch is two statements."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import cast

from hourloom.core.clock import Clock, Instant
from hourloom.core.errors import HourloomError
from hourloom.core.ids import BucketId, EventId, PayloadId, WorkspaceId
from hourloom.db.sequences import skip_numbers
from hourloom.db.transaction import Transaction
from hourloom.tracking import store
from hourloom.tracking.announcements import Announcements
from hourloom.tracking.door import Door
from hourloom.tracking.heartbeat import HIDDEN, Heartbeat, Outcome, Recorded, hidden, record_in_one_call
from hourloom.tracking.history import History
from hourloom.tracking.model import (
    SETTLED_AFTER,
    Bucket,
    BucketOutOfReach,
    Event,
    NoSuchBucket,
    extended,
)
from hourloom.tracking.payloads import PayloadDictionary

__all__ = ["EventNumbers", "Heartbeat", "Outcome", "Recorded", "Recorder"]

MOST_TAILS = 5_000

Beats = Sequence[Sequence[Heartbeat]]


class Tail:
    """A bucket with its newest event and that one's data as it was sent, as the writer remembers them."""

    __slots__ = ("bucket", "data", "newest")

    def __init__(self, bucket: Bucket, newest: Event | None) -> None:
        self.bucket, self.newest = bucket, newest
        self.data: bytes | None = None


class Recorder:
    """Applies heartbeats in batches; a lane of the writer, whose items are lists of heartbeats."""

    def __init__(self, clock: Clock, key: bytes, door: Door | None = None) -> None:
        self._clock = clock
        self.door = Door() if door is None else door
        self.payloads = PayloadDictionary(key)
        self.numbers = EventNumbers()
        self.history = History()
        self._tails: dict[tuple[int, str], Tail] = {}
        self._announcements = Announcements(clock)
        self.taken = 0
        """Heartbeats that came since the start."""

    def apply(self, tx: Transaction, items: Sequence[object]) -> Sequence[object]:
        groups, settled = cast("Beats", items), Instant(self._clock.now() - SETTLED_AFTER)
        self.taken += sum(map(len, groups))
        if tx.dialect == "postgresql":
            return self._apply_in_one_call(tx, groups, settled)
        batch = _Batch(tx, settled, self.history)
        answers: list[list[Outcome]] = [[self._outcome(batch, beat) for beat in beats] for beats in groups]
        batch.flush()
        for (workspace, bucket), (start, end) in batch.ranges.items():
            self.note(workspace, bucket, start, end)
        self._announcements.announce(tx)
        return answers

    def _apply_in_one_call(self, tx: Transaction, groups: Beats, settled: Instant) -> list[list[Outcome]]:
        """Let a team database apply the rule, since other servers may write to the same buckets."""
        flat = [beat for beats in groups for beat in beats]
        outcomes = iter(self._record_what_may_be(tx, flat, settled))
        answers = [list(islice(outcomes, len(beats))) for beats in groups]
        # The feed is numbered under the lock of its workspace, which heartbeats do not wait for.
        tx.after_commit(lambda: self._note(groups, answers))
        return answers

    def _record_what_may_be(
        self, tx: Transaction, beats: Sequence[Heartbeat], settled: Instant
    ) -> list[Outcome]:
        """Record heartbeats as far as privacy rules let them in."""
        passed: list[Heartbeat | None] = list(beats)
        for workspace in {beat.workspace_id for beat in beats}:
            places = [at for at, beat in enumerate(beats) if beat.workspace_id == workspace]
            let_in = self.door.let_in_all(tx, workspace, [beats[at] for at in places])
            for at, beat in zip(places, let_in or [], strict=False):
                passed[at] = beat
        sent = [beat for beat in passed if beat is not None]
        outcomes = record_in_one_call(tx, self.payloads, sent, settled)
        self._note_rewritten(tx, sent, outcomes, settled)
        recorded = iter(outcomes)
        return [
            hidden(beat) if let_in is None else next(recorded)
            for beat, let_in in zip(beats, passed, strict=True)
        ]

    def _note_rewritten(
        self, tx: Transaction, beats: Sequence[Heartbeat], outcomes: Sequence[Outcome], settled: Instant
    ) -> None:
        """Tell of heartbeats that may have changed what had settled; the call itself counted the versions.

        event  |------------|.............|-----|
        beat                 <- pulsetime -|----|     from where on something may be new
        """
        for beat, outcome in zip(beats, outcomes, strict=True):
            if isinstance(outcome, Recorded):
                start = max(outcome.started_at, beat.started_at - beat.pulsetime)
                bucket = store.bucket_by_name(tx, beat.workspace_id, beat.bucket) if start < settled else None
                if bucket is not None:
                    self.history.changed_within(tx, beat.workspace_id, bucket.id, start, outcome.ended_at)

    def _note(self, groups: Beats, answers: Sequence[Sequence[Outcome]]) -> None:
        for beats, outcomes in zip(groups, answers, strict=True):
            for beat, outcome in zip(beats, outcomes, strict=True):
                if isinstance(outcome, Recorded) and outcome.id != HIDDEN:
                    self.note(beat.workspace_id, beat.bucket, outcome.started_at, outcome.ended_at)

    def forget(self) -> None:
        self._tails.clear()
        self.payloads.forget()
        self.door.forget()
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

    def _record(self, batch: _Batch, beat: Heartbeat) -> Recorded:
        tail = self._tail(batch.tx, beat)
        let_in = self.door.let_in(batch.tx, tail.bucket, beat)
        if let_in is None:
            return hidden(beat)
        beat, last = let_in, tail.newest
        if last is not None and beat.started_at < last.started_at:
            event = self._record_late(batch, tail, beat)
        else:
            if last is not None and beat.data == tail.data:
                payload = last.payload_id
            else:
                payload = self._payload(batch, beat)
            event = self._grown_or_begun(batch, tail.bucket, last, beat, payload)
            tail.newest, tail.data = event, beat.data
        batch.note(beat, event)
        return Recorded(event.id, event.started_at, event.ended_at, beat.data)

    def _record_late(self, batch: _Batch, tail: Tail, beat: Heartbeat) -> Event:
        """Record a heartbeat that belongs to whatever was then."""
        # What this batch did so far must be visible to find it.
        payload, bucket = self._payload(batch, beat), tail.bucket
        batch.flush()
        last = store.newest_event_by(batch.tx, bucket.workspace_id, bucket.id, beat.started_at)
        return self._grown_or_begun(batch, bucket, last, beat, payload)

    def _payload(self, batch: _Batch, beat: Heartbeat) -> PayloadId:
        return self.payloads.number_of(batch.tx, beat.workspace_id, beat.data)

    def _grown_or_begun(
        self, batch: _Batch, bucket: Bucket, last: Event | None, beat: Heartbeat, payload: PayloadId
    ) -> Event:
        if last is not None:
            grown = extended(last, beat.started_at, beat.ended_at, payload, beat.pulsetime)
            if grown is not None:
                batch.extend(bucket, last, grown)
                return grown
        (number,) = self.numbers.take(batch.tx, 1)
        event = Event(number, bucket.id, beat.started_at, beat.ended_at, payload)
        batch.begin(bucket, event)
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
        if heartbeat.only_bucket_type is not None and heartbeat.only_bucket_type != tail.bucket.type:
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

    def skip(self, tx: Transaction, upto: int) -> None:
        """Give out none of the numbers up to this one, which are those of events from elsewhere."""
        skip_numbers(tx, "events", upto)
        if tx.dialect == "sqlite":
            last = store.last_event_number(tx) if self._last is None else self._last
            self._last = max(last, upto)


class _Batch:
    """What one batch of heartbeats adds and moves, collapsed to two statements."""

    def __init__(self, tx: Transaction, settled: Instant, history: History) -> None:
        self.tx, self._history = tx, history
        self._settled = settled
        self._begun: dict[WorkspaceId, dict[EventId, Event]] = {}
        self._ends: dict[EventId, Instant] = {}
        self._rewritten: dict[tuple[WorkspaceId, BucketId], tuple[Instant, Instant]] = {}
        self.ranges: dict[tuple[WorkspaceId, str], list[Instant]] = {}

    def begin(self, bucket: Bucket, event: Event) -> None:
        self._begun.setdefault(bucket.workspace_id, {})[event.id] = event
        if event.started_at < self._settled:
            self._rewrite(bucket, event.started_at, event.ended_at)

    def extend(self, bucket: Bucket, last: Event, grown: Event) -> None:
        if grown.ended_at == last.ended_at:
            return
        if last.ended_at < self._settled:
            self._rewrite(bucket, last.ended_at, grown.ended_at)
        begun = self._begun.get(bucket.workspace_id, {})
        if last.id in begun:
            begun[last.id] = grown
        else:
            self._ends[last.id] = grown.ended_at

    def _rewrite(self, bucket: Bucket, start: Instant, end: Instant) -> None:
        """Take note that what had settled is written anew."""
        place = (bucket.workspace_id, bucket.id)
        first, last = self._rewritten.get(place, (start, end))
        self._rewritten[place] = (min(first, start), max(last, end))

    def note(self, beat: Heartbeat, event: Event) -> None:
        """Widen the range in which a bucket has news."""
        place = (beat.workspace_id, beat.bucket)
        found = self.ranges.get(place)
        if found is None:
            self.ranges[place] = [event.started_at, event.ended_at]
            return
        found[0] = min(found[0], event.started_at)
        found[1] = max(found[1], event.ended_at)

    def flush(self) -> None:
        """Write what was collected so far."""
        for workspace, begun in self._begun.items():
            store.add_events(self.tx, workspace, list(begun.values()))
        if self._ends:
            store.set_ends(self.tx, list(self._ends.items()))
        for (workspace, bucket), (start, end) in sorted(self._rewritten.items()):
            self._history.changed(self.tx, workspace, bucket, start, end)
        self._begun, self._ends, self._rewritten = {}, {}, {}
