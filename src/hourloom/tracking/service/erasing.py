"""The steps of an erasure: events, then what undo keeps, totals, payloads; a few hundred rows each.

    deleting   |== events ==|------- 7 days -------|
    erasing                                        |== images == totals == payloads == rows ==|
    proving                                                                                   |==|

Where it stands is kept with the erasure, so that a job and a request may do steps side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple, Protocol, cast

import msgspec

from hourloom.core.clock import Clock
from hourloom.core.ids import ErasureId, JobId, OperationId, WorkspaceId
from hourloom.db.transaction import Database, Rows, Transaction, whole
from hourloom.jobs.service import Jobs
from hourloom.tracking import store
from hourloom.tracking.erasure import (
    MOVING,
    Erasure,
    ErasureChanged,
    ErasurePhase,
    ErasurePlace,
    ErasureScope,
    ErasureState,
    lasted_within,
    outside,
)
from hourloom.tracking.model import LONG, Event
from hourloom.tracking.recorder import Recorder
from hourloom.tracking.retention import QUARTER
from hourloom.tracking.service.clean_up import CleanUp, Orphans
from hourloom.tracking.service.deleting import tell_of, totals_changed
from hourloom.web.idempotency import drop_all_answers

STEPPED = 500
"""Rows that one step deletes: with their images about 6 ms of the writer."""
BEFORE, AFTER = 0, 1
ERASE, PROVE, REWRITE = "tracking.erase", "tracking.prove", "tracking.rewrite_backups"
WIPE, DAILY = "tracking.wipe", "daily"


class Found(NamedTuple):
    """What the next step is about, and where the erasure stood when it was looked for."""

    place: ErasurePlace
    rows: object


class Stepped(NamedTuple):
    """What a step did."""

    more: bool
    """Whether another one follows at once."""
    done: int
    total: int = 0


NOTHING = Stepped(more=False, done=0)


class Said(Protocol):
    """A feature that keeps what a person said about what was recorded, by its name."""

    def about(
        self, tx: Transaction, workspace: WorkspaceId, payloads: Collection[int], known: Sequence[int], /
    ) -> Sequence[int]:
        """Return the numbers of what was said about payloads whose events go, besides those known before."""
        ...

    def gone(self, tx: Transaction, workspace: WorkspaceId, numbers: Collection[int], /) -> object:
        """Return what to forget: of some numbers those about which nothing is recorded any more."""
        ...

    def forget(self, tx: Transaction, workspace: WorkspaceId, gone: object, /) -> None:
        """Forget it."""
        ...


class SaidOfTime(Protocol):
    """A feature that keeps what a person said about stretches of time."""

    def take_out(
        self, tx: Transaction, workspace: WorkspaceId, operation: OperationId | None, start: int, end: int, /
    ) -> None:
        """Take away what is said about a deleted time, kept for undo with its operation, if it has one."""
        ...

    def put_back(self, tx: Transaction, workspace: WorkspaceId, operation: OperationId, /) -> None:
        """Say it again."""
        ...

    def told_of(self, tx: Transaction, workspace: WorkspaceId, start: int, end: int, /) -> object:
        """Return what is to be forgotten of what was said about an erased time."""
        ...

    def forget(self, tx: Transaction, gone: object, /) -> None:
        """Forget it."""
        ...

    def old(
        self, tx: Transaction, workspace: WorkspaceId, before: int, limit: int, /, *, notes: bool
    ) -> Sequence[object]:
        """Return some of what was said of time before an instant, or has notes; else of what undo keeps."""
        ...

    def old_spans(
        self, tx: Transaction, workspace: WorkspaceId, before: int, /, *, notes: bool
    ) -> Sequence[tuple[int, int]]:
        """Return about which times all of that is, to be counted."""
        ...

    def let_go(
        self, tx: Transaction, workspace: WorkspaceId, before: int, old: Sequence[object], /, *, notes: bool
    ) -> int:
        """Let it go for ever, or its notes; cut what goes on after the instant. Return how much that is."""
        ...


class _NothingSaidOfTime:
    def take_out(
        self, _tx: Transaction, _workspace: WorkspaceId, _operation: object, _start: int, _end: int, /
    ) -> None:
        """Have nothing to take away."""

    def put_back(self, _tx: Transaction, _workspace: WorkspaceId, _operation: OperationId, /) -> None:
        """Have nothing to say again."""

    def told_of(self, _tx: Transaction, _workspace: WorkspaceId, _start: int, _end: int, /) -> object:
        return None

    def forget(self, _tx: Transaction, _gone: object, /) -> None:
        """Have nothing to forget."""

    def old(
        self, _tx: Transaction, _workspace: WorkspaceId, _before: int, _limit: int, /, *, notes: bool
    ) -> Sequence[object]:
        del notes
        return ()

    def old_spans(
        self, _tx: Transaction, _workspace: WorkspaceId, _before: int, /, *, notes: bool
    ) -> Sequence[tuple[int, int]]:
        del notes
        return ()

    def let_go(
        self, _tx: Transaction, _workspace: object, _before: int, _old: Sequence[object], /, *, notes: bool
    ) -> int:
        del notes
        return 0


class _NothingSaid:
    def about(
        self, _tx: Transaction, _workspace: WorkspaceId, _payloads: Collection[int], known: Sequence[int], /
    ) -> Sequence[int]:
        return known

    def gone(self, _tx: Transaction, _workspace: WorkspaceId, _numbers: Collection[int], /) -> object:
        return None

    def forget(self, _tx: Transaction, _workspace: WorkspaceId, _gone: object, /) -> None:
        """Have nothing to forget."""


class Erasing:
    """Moves erasures on, a step at a time."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        jobs: Jobs,
        recorder: Recorder,
        clean_up: CleanUp,
        forget: Callable[[], None],
        forget_history: Callable[[Transaction, WorkspaceId], bool],
    ) -> None:
        self.said: Said = _NothingSaid()
        """Who keeps what was said about apps and sites says so here."""
        self.said_of_time: SaidOfTime = _NothingSaidOfTime()
        """And who keeps what was said about stretches of time."""
        self._database, self._clock, self._jobs, self._recorder = database, clock, jobs, recorder
        self._clean_up, self._forget, self._forget_history = clean_up, forget, forget_history
        self._steps: dict[ErasurePhase, Callable[[Transaction, Erasure, object], int]] = {
            "events": self._delete,
            "restore": self._restore,
            "restored": self._end_of_restoring,
            "images": self._drop_images,
            "totals": self._drop_totals,
            "payloads": self._drop_payloads,
            "rows": self._finish,
        }

    def find(self, tx: Transaction, erasure_id: ErasureId) -> Found | None:
        """Return what the next step is about; it may read much, so not for the writer."""
        erasure = store.erasure_by_number(tx, erasure_id)
        if erasure is None or erasure.state not in MOVING:
            return None
        place = erasure.scope.at
        if place.phase == "rows":
            gone = self.said.gone(tx, erasure.workspace_id, erasure.scope.said)
            of_time = None
            if _takes_time(erasure):
                period = erasure.scope.started_at, erasure.scope.ended_at
                of_time = self.said_of_time.told_of(tx, erasure.workspace_id, *period)
            return Found(place, (gone, of_time))
        rows = self._clean_up.find(tx) if place.phase == "payloads" else found_in(tx, erasure, place)
        return Found(place, rows)

    def step(self, tx: Transaction, erasure_id: ErasureId, found: Found | None) -> Stepped:
        """Do one step within a write, unless somebody else did it meanwhile."""
        erasure = store.erasure_by_number(tx, erasure_id)
        if found is None or erasure is None or erasure.state not in MOVING:
            return NOTHING
        if erasure.scope.at != found.place:
            return Stepped(more=True, done=0)
        done = self._steps[found.place.phase](tx, erasure, found.rows)
        after = store.erasure_by_number(tx, erasure_id)
        return Stepped(after is not None and after.state in MOVING, done)

    def go_on(self, erasure: Erasure) -> None:
        """Let a job do the steps that follow."""
        slot, total = str(erasure.id), erasure.scope.events
        self._jobs.enqueue(erasure.workspace_id, ERASE, erasure.id, slot=slot, total=total)

    def rewrite_copies(self, erasure: Erasure) -> JobId:
        """Let a job erase it from the copies that were made before, too."""
        return self._jobs.enqueue(erasure.workspace_id, REWRITE, erasure.id, slot=str(erasure.id))

    def resume(self, tx: Transaction) -> None:
        """Go on with what no job does any more, for one that failed again and again was given up."""
        for erasure in store.unfinished_erasures(tx):
            if erasure.state == "proving":
                self._let_prove(erasure)
            else:
                self.go_on(erasure)

    def enter(self, tx: Transaction, erasure: Erasure, state: ErasureState, scope: ErasureScope) -> Erasure:
        """Bring an erasure into another state, and say so."""
        done_at = self._clock.now() if state in ("undone", "done") else None
        after = with_scope(msgspec.structs.replace(erasure, state=state, done_at=done_at), scope)
        keep(tx, after)
        tx.changed(erasure.workspace_id, ErasureChanged(erasure.id, erasure.kind, state, scope.events))
        return after

    def _delete(self, tx: Transaction, erasure: Erasure, found: object) -> int:
        scope, rows = erasure.scope, cast("Rows", found)
        period = scope.started_at, scope.ended_at
        numbers = [whole(row[0]) for row in rows]
        deleted = store.delete_given(tx, erasure.workspace_id, _listed(erasure), numbers, *period)
        pieces = [piece for event in deleted for piece in self._pieces(tx, event, period)]
        store.add_events(tx, erasure.workspace_id, pieces)
        if scope.undoable and erasure.operation_id is not None:
            store.keep_image(tx, erasure.operation_id, BEFORE, erasure.workspace_id, deleted)
            store.keep_image(tx, erasure.operation_id, AFTER, erasure.workspace_id, pieces)
        tell_of(tx, self._recorder, erasure.workspace_id, deleted)
        payloads = {each.payload_id for each in deleted}
        scope.said = list(self.said.about(tx, erasure.workspace_id, payloads, scope.said))
        scope.events += len(deleted)
        scope.lasted += sum(lasted_within(e.started_at, e.ended_at, *period) for e in deleted)
        if rows:
            scope.at = msgspec.structs.replace(scope.at, after=max(scope.at.after, whole(rows[-1][1])))
        else:
            scope.at = ErasurePlace(bucket=scope.at.bucket + 1)
        if scope.at.bucket < len(scope.buckets):
            keep(tx, with_scope(erasure, scope))
            return len(deleted)
        if _takes_time(erasure):
            operation = erasure.operation_id if scope.undoable else None
            self.said_of_time.take_out(tx, erasure.workspace_id, operation, *period)
        if scope.undoable:
            self.enter(tx, erasure, "waiting", scope)
        else:
            scope.at = ErasurePlace("images")
            self.enter(tx, erasure, "erasing", scope)
        return len(deleted)

    def _pieces(self, tx: Transaction, event: Event, period: tuple[int, int]) -> list[Event]:
        """Return what stays of an event that reaches beyond a period; the first piece keeps the number."""
        left = outside(event.started_at, event.ended_at, *period)
        numbers = [event.id, *self._recorder.numbers.take(tx, len(left) - 1)] if left else []
        return [
            msgspec.structs.replace(event, id=number, started_at=starts, ended_at=ends)
            for number, (starts, ends) in zip(numbers, left, strict=True)
        ]

    def _restore(self, tx: Transaction, erasure: Erasure, found: object) -> int:
        events = cast("list[Event]", found)
        restored = store.add_absent(tx, erasure.workspace_id, events)
        tell_of(tx, self._recorder, erasure.workspace_id, events)
        further = ErasurePlace("restore", after=events[-1].id) if events else ErasurePlace("restored")
        _move(tx, erasure, further)
        return restored

    def _end_of_restoring(self, tx: Transaction, erasure: Erasure, _found: object) -> int:
        dropped = store.drop_some_of_image(tx, erasure.operation_id or 0, STEPPED)
        if dropped == 0:
            if erasure.operation_id is not None:
                self.said_of_time.put_back(tx, erasure.workspace_id, erasure.operation_id)
            self.enter(tx, erasure, "undone", erasure.scope)
        return dropped

    def _drop_images(self, tx: Transaction, erasure: Erasure, found: object) -> int:
        places = _numbers(found)
        if not places:
            _move(tx, erasure, ErasurePlace("totals"))
        return store.drop_images(tx, places)

    def _drop_totals(self, tx: Transaction, erasure: Erasure, found: object) -> int:
        places = _numbers(found)
        if not places:
            _move(tx, erasure, ErasurePlace("payloads"))
        totals_changed(tx, self._recorder, erasure.workspace_id, places)
        return store.delete_totals(tx, erasure.workspace_id, places)

    def _drop_payloads(self, tx: Transaction, erasure: Erasure, found: object) -> int:
        deleted, more = self._clean_up.delete(tx, cast("Orphans", found))
        if not more:
            _move(tx, erasure, ErasurePlace("rows"))
        return deleted

    def _finish(self, tx: Transaction, erasure: Erasure, found: object) -> int:
        """Delete what is left besides, forget what is remembered, and let the proof begin."""
        gone, of_time = cast("tuple[object, object]", found)
        self.said.forget(tx, erasure.workspace_id, gone)
        self.said_of_time.forget(tx, of_time)
        dropped = drop_all_answers(tx)
        if erasure.kind == "everything" and self._forget_history(tx, erasure.workspace_id):
            return dropped
        if erasure.kind in ("bucket", "everything"):
            for bucket in erasure.scope.buckets:
                store.drop_mark(tx, erasure.workspace_id, bucket)
                store.forget_bucket(tx, erasure.workspace_id, bucket)
        # After the commit is on the writer's own thread, as all that concerns the fast path.
        tx.after_commit(self._forget)
        self.enter(tx, erasure, "proving", erasure.scope)
        self._let_prove(erasure)
        return dropped

    def _let_prove(self, erasure: Erasure) -> None:
        self._jobs.enqueue(erasure.workspace_id, PROVE, erasure.id, slot=str(erasure.id))


def _takes_time(erasure: Erasure) -> bool:
    """Return whether all is deleted that was recorded within a time, and not some of it."""
    return erasure.kind == "everything" or erasure.scope.all_of_time


def keep(tx: Transaction, erasure: Erasure) -> None:
    """Store what may change about an erasure."""
    store.set_erasure(
        tx,
        erasure.id,
        state=erasure.state,
        due_at=erasure.due_at,
        done_at=erasure.done_at,
        subject=erasure.subject,
        proof=erasure.proof,
    )


def with_scope(erasure: Erasure, scope: ErasureScope) -> Erasure:
    """Return an erasure whose scope is another."""
    return msgspec.structs.replace(erasure, subject=msgspec.json.encode(scope).decode())


def _move(tx: Transaction, erasure: Erasure, place: ErasurePlace) -> None:
    keep(tx, with_scope(erasure, msgspec.structs.replace(erasure.scope, at=place)))


def found_in(tx: Transaction, erasure: Erasure, place: ErasurePlace) -> Rows | Sequence[Event]:
    """Return some of what is still to be done at a place."""
    scope, workspace, listed = erasure.scope, erasure.workspace_id, _listed(erasure)
    start, buckets = scope.started_at, scope.buckets
    if place.phase == "restore":
        return store.image_after(tx, erasure.operation_id or 0, BEFORE, max(0, place.after), STEPPED)
    if place.phase == "images":
        return store.images_to_erase(
            tx,
            workspace,
            listed,
            buckets,
            operation=erasure.operation_id or 0,
            start=start,
            end=scope.ended_at,
            last=scope.last_event,
            limit=STEPPED,
        )
    if place.phase == "totals":
        last = scope.ended_at - QUARTER
        return store.totals_to_erase(tx, workspace, listed, buckets, start=start, last=last, limit=STEPPED)
    if place.phase == "events" and place.bucket < len(buckets):
        return _events(tx, erasure, buckets[place.bucket], place.after)
    return []


def _events(tx: Transaction, erasure: Erasure, bucket: int, after: int) -> Rows:
    """Return events to delete, the long ones that began before the period first; no read walks history."""
    scope, listed = erasure.scope, _listed(erasure)
    start, end, last = scope.started_at, scope.ended_at, scope.last_event
    reach = start - LONG
    if reach > 0:
        rows = store.lasting_to_erase(
            tx, erasure.workspace_id, bucket, listed, start=start, until=reach, last=last, limit=STEPPED
        )
        if rows:
            return rows
    return store.to_erase(
        tx,
        erasure.workspace_id,
        bucket,
        listed,
        after=max(after, reach),
        start=start,
        end=end,
        last=last,
        limit=STEPPED,
    )


def _numbers(found: object) -> list[list[int]]:
    return [[whole(part) for part in row] for row in cast("Rows", found)]


def _listed(erasure: Erasure) -> int:
    """Return the number under which the payloads are listed that are looked for, 0 where all are meant."""
    return erasure.id if erasure.scope.by_payload else 0
