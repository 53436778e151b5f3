"""Delete ranges and matches: look first, take it back for a week, then prove that it is gone."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Sequence
from functools import partial

import msgspec

from hourloom.core.actors import Actor
from hourloom.core.clock import EARLIEST, LATEST, Clock, Instant
from hourloom.core.errors import Unavailable
from hourloom.core.ids import ErasureId, JobId
from hourloom.db.transaction import Database, Transaction, whole
from hourloom.operations.model import UNDOABLE_FOR, ChangedSince, Operation
from hourloom.operations.service import Operations
from hourloom.tracking import store
from hourloom.tracking.erasure import (
    Criteria,
    Erasure,
    ErasureEnded,
    ErasurePlace,
    ErasureScope,
    Matches,
    NoSuchErasure,
    NotErasedYet,
    matcher,
)
from hourloom.tracking.model import Event
from hourloom.tracking.query.events import Payload
from hourloom.tracking.recorder import Recorder
from hourloom.tracking.service.buckets import found_bucket
from hourloom.tracking.service.deleting import tell_of
from hourloom.tracking.service.erasing import AFTER, Erasing, Found, Stepped, keep, with_scope
from hourloom.tracking.service.proving import Proving
from hourloom.tracking.service.trash import Trash

MATCHED_AT_ONCE = 5_000
LISTED_AT_ONCE = 2_000
SECONDS_AT_ONCE = 1.0
"""So long a request does steps itself; a job does what is left."""
SECONDS_TO_MEASURE = 60.0
KINDS = ("delete_range", "delete_match")
STEPS_OF_A_SMALL_ONE = 4


class Wanted(msgspec.Struct, frozen=True):
    """What somebody wants to be deleted."""

    started_at: Instant = EARLIEST
    ended_at: Instant = LATEST
    bucket: str | None = None
    criteria: Criteria | None = None
    """None stands for all events of the period."""


class Measured(msgspec.Struct, frozen=True):
    """How much of one bucket something meets."""

    bucket: str
    events: int
    lasted: int
    started_at: int
    ended_at: int


class Erasures:
    """Final deletions, from the first look to the proof."""

    is_service = True

    def __init__(
        self,
        database: Database,
        clock: Clock,
        operations: Operations,
        recorder: Recorder,
        trash: Trash,
        erasing: Erasing,
        proving: Proving,
    ) -> None:
        self._database, self._clock, self._operations = database, clock, operations
        self._recorder, self._trash, self._erasing, self._proving = recorder, trash, erasing, proving
        for kind in KINDS:
            operations.register(kind, "tracking:write", self._undo, self._purge, self._advance)

    async def preview(self, who: Actor, wanted: Wanted) -> tuple[list[Measured], int]:
        """Return what would be deleted of each bucket, and how many payloads that are."""
        who.require("tracking:read")
        payloads = await self._matching(who, wanted)
        measure = partial(self._measured, who, wanted, payloads)
        found = await self._database.run_read(measure, seconds=SECONDS_TO_MEASURE, who=who)
        return found, len(payloads or ())

    async def delete(self, who: Actor, wanted: Wanted, *, now: bool) -> Erasure:
        """Delete what is wanted; for a week it can be undone, unless every copy is erased at once."""
        who.require("tracking:write")
        payloads = await self._matching(who, wanted)
        write = self._database.run_write
        erasure = await write(partial(self._add, who, wanted, now=now), who=who)
        for first in range(0, len(payloads or ()), LISTED_AT_ONCE):
            part = (payloads or [])[first : first + LISTED_AT_ONCE]
            await write(partial(self._list, erasure, part), who=who)
        await write(partial(self._start, erasure), who=who)
        return await self.advance(who, erasure.id)

    async def advance(self, who: Actor, erasure_id: ErasureId) -> Erasure:
        """Do steps of an erasure for a moment, beside the job that does them; return how it stands."""
        who.require("tracking:write")
        ends = time.monotonic() + SECONDS_AT_ONCE
        more = True
        while more and time.monotonic() < ends:
            found = await self._database.run_read(partial(self._find, erasure_id), who=who)
            stepped = await self._database.run_write(partial(self._step, erasure_id, found))
            more = stepped.more
        erasure = await self._database.run_read(partial(self.get, who, erasure_id), who=who)
        if erasure.state == "proving":
            with contextlib.suppress(Unavailable):  # the job comes again
                await asyncio.to_thread(self._proving.prove, erasure_id)
            erasure = await self._database.run_read(partial(self.get, who, erasure_id), who=who)
        return erasure

    def get(self, who: Actor, erasure_id: ErasureId) -> Erasure:
        """Return one erasure with its proof."""
        who.require("tracking:read")
        with self._database.read() as tx:
            found = store.erasure_by_id(tx, who.workspace_id, erasure_id)
            if found is None:
                raise NoSuchErasure(id=erasure_id)
            return found

    def newest(self, who: Actor, before: int, limit: int) -> list[Erasure]:
        """Return erasures from the newest on, numbered below `before`."""
        who.require("tracking:read")
        with self._database.read() as tx:
            return store.newest_erasures(tx, who.workspace_id, before, limit)

    def erase_now(self, who: Actor, erasure_id: ErasureId) -> Erasure:
        """Erase at once what was deleted and could still be undone."""
        who.require("tracking:write")
        with self._database.begin() as tx:
            erasure = self.get(who, erasure_id)
            if erasure.state not in ("deleting", "waiting"):
                raise ErasureEnded(id=erasure_id, state=erasure.state)
            if erasure.operation_id is not None:
                self._operations.close(erasure.operation_id)
            if erasure.kind == "everything":
                return self._trash.erase_everything(tx, erasure)
            return self._erase(tx, erasure)

    def rewrite_backups(self, who: Actor, erasure_id: ErasureId) -> JobId:
        """Let a job erase it from the backups that were made before, too."""
        who.require("tracking:write")
        who.require("backups:write")
        with self._database.begin():
            erasure = self.get(who, erasure_id)
            if erasure.state != "done":
                raise NotErasedYet(id=erasure_id)
            return self._erasing.rewrite_copies(erasure)

    def _erase(self, tx: Transaction, erasure: Erasure) -> Erasure:
        """Begin the part that cannot be taken back; a deletion that goes on keeps no images from now on."""
        due = msgspec.structs.replace(erasure, due_at=self._clock.now())
        scope = msgspec.structs.replace(erasure.scope, undoable=False)
        if erasure.state == "deleting":
            keep(tx, with_scope(due, scope))
            self._erasing.go_on(due)
            return with_scope(due, scope)
        scope.at = ErasurePlace("images")
        after = self._erasing.enter(tx, due, "erasing", scope)
        self._erasing.go_on(after)
        return after

    async def _matching(self, who: Actor, wanted: Wanted) -> list[int] | None:
        """Return the numbers of the payloads that match: each is looked at once, for all its events."""
        if wanted.criteria is None:
            return None
        matches, found, after = matcher(wanted.criteria), list[int](), 0
        while True:
            part = await self._database.run_read(partial(self._match_some, who, matches, after), who=who)
            found += part[0]
            if part[1] is None:
                return found
            after = part[1]

    def _match_some(self, who: Actor, matches: Matches, after: int) -> tuple[list[int], int | None]:
        with self._database.read() as tx:
            rows = store.payloads_after(tx, who.workspace_id, after, MATCHED_AT_ONCE)
        found = [whole(number) for number, body in rows if matches(Payload.of_text(str(body)).data)]
        return found, whole(rows[-1][0]) if len(rows) == MATCHED_AT_ONCE else None

    def _measured(self, who: Actor, wanted: Wanted, payloads: Sequence[int] | None) -> list[Measured]:
        with self._database.read() as tx:
            buckets = (
                store.buckets_of(tx, who.workspace_id)
                if wanted.bucket is None
                else [found_bucket(tx, who, wanted.bucket)]
            )
            found = []
            for bucket in buckets:
                ((events, lasted, first, last),) = store.measured(
                    tx,
                    who.workspace_id,
                    bucket.id,
                    start=wanted.started_at,
                    end=wanted.ended_at,
                    payloads=list(payloads or ()),
                    every=int(payloads is None),
                )
                if events:
                    found.append(
                        Measured(bucket.name, whole(events), whole(lasted), whole(first), whole(last))
                    )
            return found

    def _add(self, who: Actor, wanted: Wanted, *, now: bool) -> Erasure:
        """Keep what is wanted, in numbers alone; nothing is deleted before all payloads are listed."""
        kind = "range" if wanted.criteria is None else "match"
        with self._database.begin() as tx:
            every = store.bucket_numbers(tx, who.workspace_id)
            meant: list[int] = every if wanted.bucket is None else [found_bucket(tx, who, wanted.bucket).id]
            scope = ErasureScope(
                meant,
                wanted.started_at,
                wanted.ended_at,
                last_event=store.last_event_number(tx),
                by_payload=wanted.criteria is not None,
                all_of_time=wanted.criteria is None and set(every) <= set(meant),
                undoable=not now,
            )
            operation = self._operations.record(who, f"delete_{kind}", {})
            if now:
                self._operations.close(operation)
            at = self._clock.now()
            number = store.add_erasure(
                tx,
                workspace=who.workspace_id,
                user=who.user_id,
                operation=operation,
                kind=kind,
                state="waiting",
                now=at,
                due_at=at if now else at + UNDOABLE_FOR,
                subject=msgspec.json.encode(scope).decode(),
            )
            self._operations.describe(operation, {"erasure": number})
            return self.get(who, number)

    def _list(self, erasure: Erasure, payloads: list[int]) -> None:
        with self._database.begin() as tx:
            store.add_erasure_payloads(tx, erasure.id, payloads)

    def _start(self, erasure: Erasure) -> None:
        with self._database.begin() as tx:
            self._erasing.go_on(self._erasing.enter(tx, erasure, "deleting", erasure.scope))

    def _find(self, erasure_id: ErasureId) -> Found | None:
        with self._database.read() as tx:
            return self._erasing.find(tx, erasure_id)

    def _step(self, erasure_id: ErasureId, found: Found | None) -> Stepped:
        with self._database.begin() as tx:
            return self._erasing.step(tx, erasure_id, found)

    def _undo(self, tx: Transaction, who: Actor, operation: Operation) -> None:
        """Bring the events back: those that were cut and some others at once, the rest in steps of a job."""
        erasure = store.erasure_of_operation(tx, who.workspace_id, operation.id)
        if erasure is None:
            raise NoSuchErasure(id=operation.id)
        self._put_together(tx, erasure)
        scope = msgspec.structs.replace(erasure.scope, at=ErasurePlace("restore"))
        after = self._erasing.enter(tx, erasure, "restoring", scope)
        # A small one is back when this answers: its events, and nothing after them.
        more = [self._step_now(tx, after.id) for _ in range(STEPS_OF_A_SMALL_ONE)]
        if more[-1]:
            self._erasing.go_on(after)

    def _advance(self, tx: Transaction, operation: Operation) -> bool:
        erasure = store.erasure_of_operation(tx, operation.workspace_id, operation.id)
        if erasure is None or erasure.state != "restoring":
            return False
        return self._step_now(tx, erasure.id)

    def _step_now(self, tx: Transaction, erasure_id: ErasureId) -> bool:
        """Do a step of restoring, which reads little, within one write; return whether more remain."""
        return self._erasing.step(tx, erasure_id, self._erasing.find(tx, erasure_id)).more

    def _put_together(self, tx: Transaction, erasure: Erasure) -> None:
        """Make the events whole again that were cut; what the last piece of one grew by since stays.

        before   |------------|
        after    |--|    |----|==|
        again    |------------|==|
        """
        workspace, operation, scope = erasure.workspace_id, erasure.operation_id or 0, erasure.scope
        pieces = store.image(tx, operation, AFTER)
        if not pieces:
            return
        cut = store.cut_events(tx, operation, scope.started_at, scope.ended_at)
        # The pieces of an event that was erased meanwhile are all that is left of it.
        pieces = [piece for piece in pieces if any(_is_piece(piece, event, scope.ended_at) for event in cut)]
        numbers = [piece.id for piece in pieces]
        present = {event.id: event for event in store.events_by_number(tx, workspace, numbers)}
        end = Instant(scope.ended_at)
        if changed := [p.id for p in pieces if not _is_still(p, present.get(p.id), end)]:
            raise ChangedSince(f"{len(changed)} of its events", changed)
        grown = {(p.bucket_id, p.payload_id, p.ended_at): present[p.id].ended_at for p in pieces}
        again = [
            msgspec.structs.replace(
                e, ended_at=grown.get((e.bucket_id, e.payload_id, e.ended_at), e.ended_at)
            )
            for e in cut
        ]
        store.delete_events(tx, workspace, numbers)
        store.add_absent(tx, workspace, again)
        tell_of(tx, self._recorder, workspace, again)

    def _purge(self, tx: Transaction, operation: Operation) -> bool:
        """Begin to erase what is not undone any more; a job does it."""
        erasure = store.erasure_of_operation(tx, operation.workspace_id, operation.id)
        if erasure is not None and erasure.state in ("deleting", "waiting") and operation.undone_at is None:
            self._erase(tx, msgspec.structs.replace(erasure, state="waiting"))
        return False


def _is_piece(piece: Event, event: Event, end: int) -> bool:
    """Return whether a piece is what was left of an event before a period, or after it."""
    return piece.id == event.id or (
        piece.started_at == end
        and piece.ended_at == event.ended_at
        and piece.bucket_id == event.bucket_id
        and piece.payload_id == event.payload_id
    )


def _is_still(piece: Event, present: Event | None, end: Instant) -> bool:
    """Return whether a piece is as it was left, or has only gone on since, being the one after the period."""
    if present is None or present.ended_at < piece.ended_at:
        return False
    ended_at = present.ended_at if piece.started_at == end else piece.ended_at
    return present == msgspec.structs.replace(piece, ended_at=ended_at)
