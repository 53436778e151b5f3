"""Events in archives.

Merging compares by content: bucket, start, end, payload. An event that is here and grew since, or whose time
is kept in a total, counts as the same; one that somebody edited on either side is a conflict.

    in the archive   |-- reading mail --|
    here             |-- reading mail ---------|      the same, it went on
    here             |-- reading --|                  a conflict: somebody split it, or the archive is newer
    here             |-- (title deleted) ------|      a conflict, if it is the same event or the same interval
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from hourloom.core.archiving import (
    NOT_IN_ORDER,
    REFERS_TO_NOTHING,
    Incoming,
    Judged,
    Outgoing,
    PlainTable,
    Verdict,
)
from hourloom.core.clock import Instant
from hourloom.core.ids import BucketId, EventId, OperationId, PayloadId, WorkspaceId
from hourloom.db.transaction import Transaction, whole
from hourloom.tracking import store
from hourloom.tracking.archived.rows import EventRow
from hourloom.tracking.model import Event
from hourloom.tracking.recorder import Recorder
from hourloom.tracking.retention import QUARTER
from hourloom.tracking.service.deleting import delete_some_of_runs, keep_runs, tell_of
from hourloom.tracking.store import archived

READ_AT_ONCE = 2_000
RESTORED_AT_ONCE = 200
WIDEST_GAP = 1_000
"""Between numbers of one run: deleting them costs a step for each so many."""
BEFORE, AFTER = 0, 1


class Here(NamedTuple):
    """An event that begins here where one of the archive does."""

    id: int
    ended_at: int
    payload_id: int


class ArchivedEvents(PlainTable):
    """All events, in the order of their numbers."""

    name = "events"
    row = EventRow
    numbered = True
    at_once = 500

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def count(self, tx: Transaction, out: Outgoing) -> int:
        return archived.count_events(tx, out.workspace_id)

    def going_out(self, tx: Transaction, out: Outgoing) -> Iterator[Sequence[EventRow]]:
        after = 0
        while found := archived.events_after(tx, out.workspace_id, after, READ_AT_ONCE):
            yield [EventRow(e.id, e.bucket_id, e.started_at, e.ended_at, e.payload_id) for e in found]
            after = found[-1].id

    def hinders(self, tx: Transaction, workspace: WorkspaceId, first: int, last: int) -> bool:
        return archived.has_events(tx, first, last)

    def reserve(self, tx: Transaction, upto: int) -> None:
        self._recorder.numbers.skip(tx, upto)

    def fault(self, row: EventRow, into: Incoming) -> str | None:
        if not into.is_next(self.name, (row.id,)):
            return NOT_IN_ORDER
        if row.ended_at < row.started_at:
            return "it ends before it begins"
        known = into.knows("buckets", row.bucket_id) and into.knows("payloads", row.payload_id)
        return None if known else REFERS_TO_NOTHING

    def judge(self, tx: Transaction, into: Incoming, rows: Sequence[EventRow]) -> list[Judged]:
        payloads = [self._payload(tx, into, row, add=False) for row in rows]
        if into.keeps_numbers:
            return [Judged(Verdict.LEFT_OUT if each is None else Verdict.NEW) for each in payloads]
        places = [(into.number("buckets", row.bucket_id), row.started_at) for row in rows]
        here: dict[int, list[Here]] = {}
        for place, *event in archived.events_beginning(tx, into.workspace_id, into.operation or 0, places):
            here.setdefault(whole(place), []).append(Here(*map(whole, event)))
        judged = [
            Judged(Verdict.LEFT_OUT) if payload is None else judged_event(row, payload, here.get(at, []))
            for at, (row, payload) in enumerate(zip(rows, payloads, strict=True))
        ]
        return self._with_totals(tx, into, rows, [payload or 0 for payload in payloads], judged)

    def take_in(
        self, tx: Transaction, into: Incoming, rows: Sequence[EventRow], judged: Sequence[Judged]
    ) -> Sequence[int]:
        pairs = list(zip(rows, judged, strict=True))
        new = [row for row, each in pairs if _comes_in(each, into)]
        replaced = [(row, each.number) for row, each in pairs if _replaces(each, into)]
        self._add(tx, into, new)
        self._replace(tx, into, replaced)
        return [0] * len(rows)

    def changed_since(self, tx: Transaction, workspace: WorkspaceId, operation: OperationId) -> list[int]:
        runs = store.runs_of(tx, operation)
        changed = [event for run in runs for event in store.touched_since(tx, operation, *run)]
        after = store.image(tx, operation, AFTER)
        return changed + [e.id for e in after if store.event_by_id(tx, workspace, e.id) != e]

    def take_back_some(self, tx: Transaction, workspace: WorkspaceId, operation: OperationId) -> bool:
        if delete_some_of_runs(tx, self._recorder, workspace, operation):
            return True
        before = store.image_after(tx, operation, BEFORE, 0, RESTORED_AT_ONCE)
        here = store.events_by_number(tx, workspace, [event.id for event in before])
        for event in before:
            store.set_event(tx, workspace, event)
        store.drop_images(tx, [(operation, event.id) for event in before])
        tell_of(tx, self._recorder, workspace, [*before, *here])
        return bool(before)

    def forget_some(self, tx: Transaction, operation: OperationId, limit: int) -> bool:
        runs = store.drop_some_runs(tx, operation, limit)
        return max(runs, store.drop_some_of_image(tx, operation, limit)) >= limit

    def _with_totals(
        self,
        tx: Transaction,
        into: Incoming,
        rows: Sequence[EventRow],
        payloads: Sequence[int],
        judged: list[Judged],
    ) -> list[Judged]:
        """Count those as the same whose time is in a total that outlived them here."""
        new = [at for at, each in enumerate(judged) if each.verdict is Verdict.NEW and payloads[at]]
        places = [
            (
                into.number("buckets", rows[at].bucket_id),
                rows[at].started_at - rows[at].started_at % QUARTER,
                payloads[at],
            )
            for at in new
        ]
        for place, _ in archived.totals_at(tx, into.workspace_id, places) if places else ():
            judged[new[whole(place)]] = Judged(Verdict.SAME)
        return judged

    def _add(self, tx: Transaction, into: Incoming, rows: Sequence[EventRow]) -> None:
        if not rows:
            return
        numbers = [EventId(row.id) for row in rows]
        if not into.keeps_numbers:
            numbers = self._recorder.numbers.take(tx, len(rows))
        events = [self._event(tx, into, row, number) for row, number in zip(rows, numbers, strict=True)]
        store.add_events(tx, into.workspace_id, events)
        if into.operation is not None:
            keep_runs(tx, into.operation, _closed(numbers) if into.keeps_numbers else numbers)
        self._note(tx, into, events)

    def _replace(self, tx: Transaction, into: Incoming, replaced: Sequence[tuple[EventRow, int]]) -> None:
        """Let events of the archive take the place of those here; of two that want the same the last does."""
        wanted = {number: self._event(tx, into, row, EventId(number)) for row, number in replaced}
        before = [store.event_by_id(tx, into.workspace_id, number) for number in wanted]
        for event in wanted.values():
            store.set_event(tx, into.workspace_id, event)
        if wanted and into.operation is not None:
            workspace = into.workspace_id
            store.keep_image(tx, into.operation, BEFORE, workspace, [e for e in before if e is not None])
            store.keep_image(tx, into.operation, AFTER, workspace, list(wanted.values()))
        self._note(tx, into, [*wanted.values(), *(e for e in before if e is not None)])

    def _payload(self, tx: Transaction, into: Incoming, row: EventRow, *, add: bool) -> int | None:
        """Return the number here of what may be stored of an event; 0 if it is new, None if nothing may."""
        held = into.held.get(row.payload_id)
        if held is None:
            return into.number("payloads", row.payload_id)
        rules, left = self._recorder.door.of(tx, into.workspace_id), held
        if rules is not None:
            kind = into.types.get(row.bucket_id, "")
            may_stay = rules.left_of(kind, held, row.started_at, row.ended_at)
            if may_stay is None:
                return None
            left = may_stay
        if add:
            return self._recorder.payloads.number_of(tx, into.workspace_id, left)
        digest, _ = self._recorder.payloads.described(into.workspace_id, left)
        return store.payload_by_digest(tx, into.workspace_id, digest) or 0

    def _event(self, tx: Transaction, into: Incoming, row: EventRow, number: EventId) -> Event:
        return Event(
            number,
            BucketId(into.number("buckets", row.bucket_id)),
            Instant(row.started_at),
            Instant(row.ended_at),
            PayloadId(self._payload(tx, into, row, add=True) or 0),
        )

    def _note(self, tx: Transaction, into: Incoming, events: Sequence[Event]) -> None:
        """Let nobody answer from what was remembered; that they are there is told in the end."""
        for number in {event.bucket_id for event in events}:
            bucket = store.bucket_by_id(tx, into.workspace_id, number)
            if bucket is not None:
                added = [event for event in events if event.bucket_id == number]
                self._recorder.history.events_changed(tx, into.workspace_id, added)
                self._recorder.forget_bucket(into.workspace_id, bucket.name)


def judged_event(row: EventRow, payload: int, here: Sequence[Here]) -> Judged:
    """Return how an event stands to those that begin here at the same instant, in the same bucket."""
    for event in here:
        if payload and event.payload_id == payload and event.ended_at >= row.ended_at:
            return Judged(Verdict.SAME, event.id)
    for event in here:
        same_interval = event.ended_at == row.ended_at > row.started_at
        if event.id == row.id or event.payload_id == payload or same_interval:
            return Judged(Verdict.CONFLICTING, event.id)
    return Judged(Verdict.NEW)


def _comes_in(judged: Judged, into: Incoming) -> bool:
    both = judged.verdict is Verdict.CONFLICTING and into.on_conflict == "both"
    return judged.verdict is Verdict.NEW or both


def _replaces(judged: Judged, into: Incoming) -> bool:
    return judged.verdict is Verdict.CONFLICTING and into.on_conflict == "replace"


def _closed(numbers: Sequence[EventId]) -> list[EventId]:
    """Return numbers with small gaps filled, so that few runs are kept: nothing else has those numbers."""
    filled: list[EventId] = []
    for number in numbers:
        if filled and number - filled[-1] <= WIDEST_GAP:
            filled.extend(EventId(n) for n in range(filled[-1] + 1, number))
        filled.append(number)
    return filled
