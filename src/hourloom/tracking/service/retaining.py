"""The steps by which old records go: events, totals, titles; a few hundred rows each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import msgspec

from hourloom.core.clock import Instant
from hourloom.core.ids import BucketId, EventId, PayloadId, WorkspaceId
from hourloom.db.transaction import Rows, Transaction, whole
from hourloom.tracking import store
from hourloom.tracking.model import LONG, Bucket, Event
from hourloom.tracking.recorder import Recorder
from hourloom.tracking.reduction import reduced_text
from hourloom.tracking.retention import (
    QUARTER,
    RetentionDone,
    RetentionPhase,
    RetentionPlace,
    RetentionRules,
    Stretch,
    older_than,
    totals_of,
)
from hourloom.tracking.service.deleting import tell_of, totals_changed
from hourloom.tracking.service.erasing import SaidOfTime

STEPPED = 500
MARKS_AT_ONCE = 50
"""Each makes up to 31 days stale."""
READ_AT_ONCE = 20_000
QUARTERS_AT_ONCE = 3_000
"""What lasts longer is turned into totals piece by piece."""

OF_WORDS: tuple[RetentionPhase, ...] = ("marks", "notes")
"""What is seen to for all buckets at once: a mark is about time, whatever was recorded then."""

Cuts = dict[RetentionPhase, Instant | None]


class OldEvents(NamedTuple):
    """Events that a step is about, and what each of their payloads is reduced to."""

    events: list[Event]
    reduced: dict[int, str]
    further: RetentionPlace
    """Where to look for more."""
    version: int
    """The history of the bucket that was looked at."""


class OldWords(NamedTuple):
    """What was said about time that a step is about, as whoever keeps it knows it."""

    said: Sequence[object]


Found = OldEvents | OldWords | Rows
"""What a step is about; rows are of totals."""


class Retaining:
    """Moves a run of retention on, a step at a time."""

    def __init__(self, recorder: Recorder, said_of_time: Callable[[], SaidOfTime]) -> None:
        self._recorder, self.said_of_time = recorder, said_of_time

    def find(self, tx: Transaction, place: RetentionPlace, rules: RetentionRules) -> Found:
        """Return what the next step is about; it may read much, so not for the writer."""
        cut = cuts_of(rules, place.at)[place.phase]
        if cut is not None and place.phase in OF_WORDS:
            notes = place.phase == "notes"
            return OldWords(self.said_of_time().old(tx, place.workspace_id, cut, MARKS_AT_ONCE, notes=notes))
        if cut is None or place.bucket >= len(place.buckets):
            return []
        if place.phase == "totals":
            last = cut - QUARTER
            return store.totals_to_erase(
                tx, place.workspace_id, 0, place.buckets, start=0, last=last, limit=STEPPED
            )
        bucket = store.bucket_by_id(tx, place.workspace_id, place.buckets[place.bucket])
        if bucket is None:
            return OldEvents([], {}, place, 0)
        if place.phase == "titles":
            return _with_titles(tx, place, bucket, cut)
        rows = store.ended_by(tx, place.workspace_id, bucket.id, after=-1, event=-1, until=cut, limit=STEPPED)
        wanted = rules.totals and place.phase == "events"
        reduced = _reduced(tx, bucket, rows) if wanted else {}
        return OldEvents(_events(bucket, rows), reduced, place, bucket.history_version)

    def step(
        self, tx: Transaction, place: RetentionPlace, rules: RetentionRules, found: Found
    ) -> tuple[RetentionPlace | None, RetentionDone]:
        """Do one step within a write; return where to go on, nowhere at the end, and what was done."""
        further, done = self._stepped(tx, place, rules, found)
        if further is None:
            store.note_run(tx, place.workspace_id, place.at)
        return further, done

    def _stepped(
        self, tx: Transaction, place: RetentionPlace, rules: RetentionRules, found: Found
    ) -> tuple[RetentionPlace | None, RetentionDone]:
        if isinstance(found, OldWords):
            return self._let_go(tx, place, rules, found.said)
        if not isinstance(found, OldEvents):
            return self._drop_totals(tx, place, found)
        if not found.events and found.further == place:
            if place.phase == "titles":
                self._mark(tx, place, rules, found.version)
            return _next_bucket(place), RetentionDone()
        if place.phase == "titles":
            return found.further, RetentionDone(reduced=self._reduce(tx, place.workspace_id, found))
        cut = cuts_of(rules, place.at)[place.phase]
        return place, RetentionDone(deleted=self._delete(tx, place.workspace_id, found, cut or Instant(0)))

    def _mark(self, tx: Transaction, place: RetentionPlace, rules: RetentionRules, version: int) -> None:
        cut, bucket = cuts_of(rules, place.at)["titles"] or 0, place.buckets[place.bucket]
        store.put_mark(tx, place.workspace_id, bucket, reached_at=cut, version=version, now=place.at)

    def _let_go(
        self, tx: Transaction, place: RetentionPlace, rules: RetentionRules, said: Sequence[object]
    ) -> tuple[RetentionPlace | None, RetentionDone]:
        cut = cuts_of(rules, place.at)[place.phase]
        if cut is None or not said:
            return _next_phase(place), RetentionDone()
        notes = place.phase == "notes"
        marks = self.said_of_time().let_go(tx, place.workspace_id, cut, said, notes=notes)
        return msgspec.structs.replace(place, said=True), RetentionDone(marks=marks)

    def _drop_totals(
        self, tx: Transaction, place: RetentionPlace, rows: Rows
    ) -> tuple[RetentionPlace | None, RetentionDone]:
        if not rows:
            return _next_phase(place), RetentionDone()
        places = [[whole(part) for part in row] for row in rows]
        totals_changed(tx, self._recorder, place.workspace_id, places)
        return place, RetentionDone(totals=store.delete_totals(tx, place.workspace_id, places))

    def _delete(self, tx: Transaction, workspace: WorkspaceId, found: OldEvents, cut: Instant) -> int:
        """Delete events, adding to the totals first where they are kept; nothing of their time is lost."""
        deleted = store.delete_ended(tx, workspace, [event.id for event in found.events], cut)
        if found.reduced:
            counted, left = portion(deleted)
            store.add_events(tx, workspace, left)
            self._add_totals(tx, workspace, counted, found.reduced)
        tell_of(tx, self._recorder, workspace, deleted)
        return len(deleted)

    def _add_totals(
        self, tx: Transaction, workspace: WorkspaceId, events: Iterable[Event], reduced: dict[int, str]
    ) -> None:
        numbers: dict[int, PayloadId] = {}
        stretches: list[Stretch] = []
        for event in events:
            payload = numbers.get(event.payload_id)
            if payload is None:
                payload = self._reduced_number(tx, workspace, event, reduced)
                numbers[event.payload_id] = payload
            stretches.append((event.bucket_id, event.started_at, event.ended_at, payload))
        totals = totals_of(stretches)
        store.add_totals(tx, workspace, [[*place, lasted] for place, lasted in totals.items()])

    def _reduced_number(
        self, tx: Transaction, workspace: WorkspaceId, event: Event, reduced: dict[int, str]
    ) -> PayloadId:
        text = reduced.get(event.payload_id)
        if text == "":
            return event.payload_id
        if text is None:
            # It was edited since it was looked for.
            bucket = store.bucket_by_id(tx, workspace, event.bucket_id)
            ((_, body),) = store.payload_bodies(tx, [event.payload_id])
            text = reduced_text(bucket.type if bucket is not None else "", str(body))
        return self._recorder.payloads.number_of(tx, workspace, text.encode())

    def _reduce(self, tx: Transaction, workspace: WorkspaceId, found: OldEvents) -> int:
        """Give events the payloads that are left of theirs."""
        number_of = self._recorder.payloads.number_of
        payloads = {event.payload_id for event in found.events}
        numbers = {p: number_of(tx, workspace, found.reduced[p].encode()) for p in payloads}
        pairs = [[event.id, event.payload_id, numbers[event.payload_id]] for event in found.events]
        reduced = store.set_payloads(tx, workspace, pairs)
        tell_of(tx, self._recorder, workspace, found.events)
        return reduced


def cuts_of(rules: RetentionRules, now: Instant) -> Cuts:
    """Return what must have ended by when to be too old, for each kind of record."""
    return {
        "everything": older_than(rules.everything_days, now),
        "totals": older_than(rules.everything_days, now),
        "marks": older_than(rules.everything_days, now),
        "events": older_than(rules.events_days, now),
        "titles": older_than(rules.titles_days, now),
        "notes": older_than(rules.titles_days, now),
    }


def portion(events: Sequence[Event]) -> tuple[list[Event], list[Event]]:
    """Return what of some events becomes totals now, and what is left for later steps.

    event    |------------------------------|
    now      |---------|                         as many quarters of an hour as one step may write
    left               |--------------------|
    """
    counted, left, room = [], [], QUARTERS_AT_ONCE
    for event in events:
        first = event.started_at - event.started_at % QUARTER
        end = Instant(min(event.ended_at, first + room * QUARTER))
        if room <= 0:
            left.append(event)
            continue
        room -= -(-(end - first) // QUARTER)
        counted.append(msgspec.structs.replace(event, ended_at=end))
        if end < event.ended_at:
            left.append(msgspec.structs.replace(event, started_at=end))
    return counted, left


def _next_bucket(place: RetentionPlace) -> RetentionPlace | None:
    """Go to the next bucket, or on to the next kind of record with the first one."""
    if place.bucket + 1 < len(place.buckets):
        return msgspec.structs.replace(place, bucket=place.bucket + 1, after=-1, event=-1)
    return _next_phase(place)


def _next_phase(place: RetentionPlace) -> RetentionPlace | None:
    """Go on to the next kind of record."""
    following: dict[RetentionPhase, RetentionPhase | None] = {
        "everything": "totals",
        "totals": "marks",
        "marks": "events",
        "events": "titles",
        "titles": "notes",
        "notes": None,
    }
    phase = following[place.phase]
    return (
        None if phase is None else msgspec.structs.replace(place, phase=phase, bucket=0, after=-1, event=-1)
    )


def _with_titles(tx: Transaction, place: RetentionPlace, bucket: Bucket, cut: Instant) -> OldEvents:
    """Return old events that have more than what stays of them, and how far this look came."""
    after, event = place.after, place.event
    rows: Rows = []
    if after < 0:
        after, rows = _since_last_time(tx, bucket, cut)
    rows += store.ended_by(
        tx, bucket.workspace_id, bucket.id, after=after, event=event, until=cut, limit=READ_AT_ONCE
    )
    reduced = _reduced(tx, bucket, rows)
    found = [row for row in rows if reduced[whole(row[3])]][:STEPPED]
    last = found[-1] if len(found) == STEPPED else rows[-1] if rows else None
    further = place
    if last is not None:
        further = msgspec.structs.replace(place, after=whole(last[1]), event=whole(last[0]))
    return OldEvents(_events(bucket, found), reduced, further, bucket.history_version)


def _since_last_time(tx: Transaction, bucket: Bucket, cut: Instant) -> tuple[int, Rows]:
    """Return from where on to look, and the long events before that; all of a history that was changed."""
    for number, reached_at, version, _ in store.marks_of(tx, bucket.workspace_id):
        if number == bucket.id and version == bucket.history_version:
            after = max(-1, whole(reached_at) - LONG)
            lasting = store.lasting_events(tx, bucket.workspace_id, bucket.id, after, whole(reached_at))
            return after, [row for row in lasting if whole(row[2]) <= cut]
    return -1, []


def _events(bucket: Bucket, rows: Rows) -> list[Event]:
    return [
        Event(
            EventId(whole(number)),
            BucketId(bucket.id),
            Instant(whole(starts)),
            Instant(whole(ends)),
            PayloadId(whole(payload)),
        )
        for number, starts, ends, payload in rows
    ]


def _reduced(tx: Transaction, bucket: Bucket, rows: Rows) -> dict[int, str]:
    """Return what is left of the payloads of events; nothing where it is all of it already."""
    payloads = list({whole(row[3]) for row in rows})
    found = {}
    for number, body in store.payload_bodies(tx, payloads):
        text = reduced_text(bucket.type, str(body))
        found[whole(number)] = "" if text == str(body) else text
    return found
