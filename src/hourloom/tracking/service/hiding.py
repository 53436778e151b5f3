"""Apply privacy rules to what was recorded before, a few hundred events at a time; it can be undone.

history   |== read and judged ==|-> changed, with images of what was ->|
7 days                                                                 |-- undoable --|-> purged
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import msgspec

from hourloom.core.actors import EVERYTHING, Actor
from hourloom.core.clock import EARLIEST, LATEST, Instant
from hourloom.core.decoding import decode
from hourloom.core.ids import BucketId, EventId, JobId, OperationId, PayloadId, WorkspaceId
from hourloom.core.privacy import PrivacyRule
from hourloom.db.transaction import Database, Transaction, whole
from hourloom.jobs.model import FINISHED, SERVER, Job, JobProgress
from hourloom.jobs.service import Jobs
from hourloom.operations.model import Operation
from hourloom.operations.service import Operations
from hourloom.settings.definitions import TIME_ZONE
from hourloom.settings.service import Settings
from hourloom.tracking import store
from hourloom.tracking.door import InForce
from hourloom.tracking.model import Bucket, Event
from hourloom.tracking.privacy import (
    EventsHidden,
    HiddenHistory,
    HistoryPlace,
    NoSuchPrivacyRule,
    NothingToHide,
)
from hourloom.tracking.recorder import Recorder
from hourloom.tracking.service.deleting import tell_of
from hourloom.web.idempotency import drop_all_answers

WRITE = "tracking:write"
KIND, HIDE, UNHIDE = "hide_history", "tracking.hide_history", "tracking.undo_hide_history"
DELETE_ORPHANS = "tracking.delete_orphans"
DAILY = "daily"
READ_AT_ONCE, STEPPED = 3_000, 300
STEPS_AT_ONCE = 3
PURGED_AT_ONCE = 2_000
BEFORE, AFTER = 0, 1


class Found(NamedTuple):
    """Events of one bucket that rules would change, and where the look goes on."""

    changed: list[tuple[Event, bytes | None]]
    """Each with what is left of its data."""
    bodies: dict[int, bytes]
    looked_at: int
    place: HistoryPlace
    further: HistoryPlace | None


class Subject(msgspec.Struct, frozen=True):
    """Which operation a job is about."""

    workspace_id: WorkspaceId
    user_id: int
    operation_id: OperationId


class Hiding:
    """Applies privacy rules to history."""

    is_service = True

    def __init__(
        self,
        database: Database,
        operations: Operations,
        settings: Settings,
        jobs: Jobs,
        recorder: Recorder,
    ) -> None:
        self._database, self._operations, self._settings = database, operations, settings
        self._jobs, self._recorder = jobs, recorder
        self._at_hand: tuple[Sequence[PrivacyRule], str, InForce] | None = None
        operations.register(KIND, WRITE, self._undo, self._purge, self._advance)
        jobs.register_reading(
            HIDE,
            lambda tx, job: self._find(tx, _about(job)),
            lambda tx, job, found: self._step(tx, _about(job), found),
        )
        jobs.register(UNHIDE, self._undo_step)

    def hide(
        self,
        who: Actor,
        rules: Sequence[int] | None,
        started_at: Instant | None = None,
        ended_at: Instant | None = None,
        *,
        now: bool = False,
    ) -> tuple[OperationId, JobId]:
        """Let a job apply rules (None: all) to what began in a period; `now` keeps nothing for undo."""
        who.require(WRITE)
        with self._database.begin() as tx:
            kept = store.privacy_rules(tx, who.workspace_id)
            wanted = [rule.id for rule in kept] if rules is None else list(dict.fromkeys(rules))
            by_id = {rule.id: rule for rule in kept}
            for number in wanted:
                if number not in by_id:
                    raise NoSuchPrivacyRule(id=number)
            if not any(by_id[number].enabled for number in wanted):
                raise NothingToHide
            subject = HiddenHistory(
                who.workspace_id,
                who.user_id,
                wanted,
                store.bucket_numbers(tx, who.workspace_id),
                EARLIEST if started_at is None else started_at,
                LATEST if ended_at is None else ended_at,
                store.last_event_number(tx),
                undoable=not now,
            )
            subject.place = HistoryPlace(at=subject.started_at - 1)
            operation = self._operations.record(who, KIND, subject)
            if now:
                self._operations.close(operation)
            about = Subject(who.workspace_id, who.user_id, operation)
            return operation, self._jobs.enqueue(who.workspace_id, HIDE, about, slot=str(operation))

    def state(self, who: Actor, operation: OperationId) -> HiddenHistory:
        """Return how far an application has come."""
        who.require(WRITE)
        return self._about(self._operations.get(who, operation, KIND))

    async def advance(self, who: Actor, operation: OperationId, seconds: float = 1.0) -> HiddenHistory:
        """Do what is left for a while, beside the job or where no server runs; return how far it has come."""
        who.require(WRITE)
        about, ends = Subject(who.workspace_id, who.user_id, operation), time.monotonic() + seconds
        state = await self._database.run_read(partial(self.state, who, operation), who=who)
        while not state.finished and time.monotonic() < ends:
            found = await self._database.run_read(partial(self._look, about), who=who)
            if (await self._database.run_write(partial(self._do, about, found), who=who)).finished:
                break
        return await self._database.run_read(partial(self.state, who, operation), who=who)

    def _look(self, about: Subject) -> Found | None:
        with self._database.read() as tx:
            return self._find(tx, about)

    def _do(self, about: Subject, found: Found | None) -> JobProgress:
        with self._database.begin() as tx:
            return self._step(tx, about, found)

    def _find(self, tx: Transaction, about: Subject) -> Found | None:
        operation = self._operation(about)
        state = self._about(operation)
        if operation.undone_at is not None or state.finished or state.place.bucket >= len(state.buckets):
            return None
        bucket = store.bucket_by_id(tx, about.workspace_id, state.buckets[state.place.bucket])
        if bucket is None or bucket.deleted_at is not None:
            return Found([], {}, 0, state.place, None)
        rules = self._rules(tx, state)
        return found_in(tx, rules, bucket, state.place, state.ended_at, last=state.last_event, most=STEPPED)

    def _step(self, tx: Transaction, about: Subject, found: Found | None) -> JobProgress:
        operation = self._operation(about)
        state = self._about(operation)
        if operation.undone_at is not None or state.finished:
            return FINISHED
        if found is not None and found.place != state.place:
            # Somebody else did this step meanwhile.
            return JobProgress(done=state.dropped + state.redacted)
        if found is not None:
            self._change(tx, about, state, found.changed)
            further = found.further
            if further is None:
                further = HistoryPlace(state.place.bucket + 1, at=state.started_at - 1)
            state.place = further
        state.finished = found is None or state.place.bucket >= len(state.buckets)
        self._operations.describe(operation.id, state)
        done = state.dropped + state.redacted
        if state.finished:
            self._end(tx, state)
        if state.finished or (found is not None and found.changed):
            tx.changed(
                about.workspace_id, EventsHidden(operation.id, state.dropped, state.redacted, state.finished)
            )
        return JobProgress(done=done, finished=state.finished)

    def _change(
        self,
        tx: Transaction,
        about: Subject,
        state: HiddenHistory,
        found: Sequence[tuple[Event, bytes | None]],
    ) -> None:
        """Drop and redact events, unless somebody changed their data since they were looked at."""
        workspace = about.workspace_id
        here = {e.id: e for e in store.events_by_number(tx, workspace, [event.id for event, _ in found])}
        same = [
            (here[event.id], left)
            for event, left in found
            if event.id in here and here[event.id].payload_id == event.payload_id
        ]
        dropped = [event for event, left in same if left is None]
        number_of = self._recorder.payloads.number_of
        redacted = [
            (event, msgspec.structs.replace(event, payload_id=number_of(tx, workspace, left)))
            for event, left in same
            if left is not None
        ]
        before = [*dropped, *(was for was, _ in redacted)]
        if state.undoable:
            store.keep_image(tx, about.operation_id, BEFORE, workspace, before)
            store.keep_image(tx, about.operation_id, AFTER, workspace, [now for _, now in redacted])
        store.delete_events(tx, workspace, [event.id for event in dropped])
        pairs = [(was.id, was.payload_id, now.payload_id) for was, now in redacted]
        store.set_payloads(tx, workspace, pairs)
        tell_of(tx, self._recorder, workspace, before)
        state.dropped += len(dropped)
        state.redacted += len(redacted)
        state.lasted += sum(event.ended_at - event.started_at for event in before)

    def _end(self, tx: Transaction, state: HiddenHistory) -> None:
        """Where nothing is kept for undo, let the texts go that nobody needs any more."""
        if not state.undoable and state.dropped + state.redacted:
            drop_all_answers(tx)
            self._jobs.enqueue(SERVER, DELETE_ORPHANS, slot=DAILY)

    def _undo(self, tx: Transaction, who: Actor, operation: Operation) -> None:
        """Bring back what was hidden: a little at once, the rest in steps of a job.

        What somebody changed since stays as that left it.
        """
        about = Subject(who.workspace_id, who.user_id, operation.id)
        more = [self._restore_some(tx, about) for _ in range(STEPS_AT_ONCE)]
        if more[-1]:
            self._jobs.enqueue(who.workspace_id, UNHIDE, about, slot=str(operation.id))

    def _advance(self, tx: Transaction, operation: Operation) -> bool:
        return self._restore_some(tx, Subject(operation.workspace_id, operation.user_id, operation.id))

    def _undo_step(self, tx: Transaction, job: Job) -> JobProgress:
        more = self._restore_some(tx, _about(job))
        return JobProgress(done=job.done + STEPPED, finished=not more)

    def _restore_some(self, tx: Transaction, about: Subject) -> bool:
        before = store.image_after(tx, about.operation_id, BEFORE, 0, STEPPED)
        if not before:
            return False
        after = {e.id: e for e in store.image_after(tx, about.operation_id, AFTER, before[0].id - 1, STEPPED)}
        workspace = about.workspace_id
        store.add_absent(tx, workspace, [event for event in before if event.id not in after])
        pairs = [(e.id, after[e.id].payload_id, e.payload_id) for e in before if e.id in after]
        store.set_payloads(tx, workspace, pairs)
        store.drop_images(tx, [(about.operation_id, event.id) for event in before])
        tell_of(tx, self._recorder, workspace, before)
        return True

    def _purge(self, tx: Transaction, operation: Operation) -> bool:
        """Forget what was hidden, once it need not be brought back."""
        if operation.undone_at is not None:
            return False
        dropped = store.drop_some_of_image(tx, operation.id, PURGED_AT_ONCE)
        if dropped:
            self._jobs.enqueue(SERVER, DELETE_ORPHANS, slot=DAILY)
        return dropped >= PURGED_AT_ONCE

    def _operation(self, about: Subject) -> Operation:
        who = Actor(about.workspace_id, about.user_id, EVERYTHING)  # type: ignore[arg-type]
        return self._operations.get(who, about.operation_id, KIND)

    def _about(self, operation: Operation) -> HiddenHistory:
        return decode(operation.subject, HiddenHistory)

    def _rules(self, tx: Transaction, state: HiddenHistory) -> InForce:
        """Return the rules that are applied, with what they said of texts before."""
        kept = [rule for rule in store.privacy_rules(tx, state.workspace_id) if rule.id in state.rules]
        zone = self._settings.value(Actor(state.workspace_id, state.user_id, EVERYTHING), TIME_ZONE)
        if self._at_hand is None or self._at_hand[:2] != (kept, zone):
            self._at_hand = (kept, zone, InForce(kept, zone))
        return self._at_hand[2]


def found_in(  # noqa: PLR0913 - each bounds what is meant
    tx: Transaction,
    rules: InForce,
    bucket: Bucket,
    place: HistoryPlace,
    until: int,
    *,
    last: int = 2**62,
    limit: int = READ_AT_ONCE,
    most: int = 2**62,
) -> Found:
    """Return what rules would change of a bucket's events behind a place, and where to go on."""
    rows = store.events_behind(
        tx,
        bucket.workspace_id,
        bucket.id,
        at=place.at,
        event=place.event,
        until=until,
        last=last,
        limit=limit,
    )
    events = [_event(bucket, whole(n), whole(start), whole(end), whole(p)) for n, start, end, p in rows]
    bodies = {
        whole(number): str(body).encode()
        for number, body in store.payload_bodies(tx, sorted({event.payload_id for event in events}))
    }
    changed: list[tuple[Event, bytes | None]] = []
    further: HistoryPlace | None = None
    looked_at = 0
    for event in events:
        body = bodies.get(event.payload_id)
        looked_at += 1
        if body is None:
            continue
        left = rules.left_of(bucket.type, body, event.started_at, event.ended_at)
        if left is not body and left != body:
            changed.append((event, left))
        if len(changed) == most:
            further = HistoryPlace(place.bucket, event.started_at, event.id)
            break
    if further is None and len(rows) == limit:
        further = HistoryPlace(place.bucket, events[-1].started_at, events[-1].id)
    return Found(changed, bodies, looked_at, place, further)


def _about(job: Job) -> Subject:
    return decode(job.subject, Subject)


def _event(bucket: Bucket, number: int, started_at: int, ended_at: int, payload: int) -> Event:
    return Event(
        EventId(number), BucketId(bucket.id), Instant(started_at), Instant(ended_at), PayloadId(payload)
    )
