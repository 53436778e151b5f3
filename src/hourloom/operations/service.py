"""Keep operations, and take them back."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from hourloom.core.actors import Actor
from hourloom.core.clock import Clock
from hourloom.core.ids import OperationId, WorkspaceId
from hourloom.db.transaction import Database, Transaction, whole
from hourloom.operations import store
from hourloom.operations.model import (
    UNDOABLE_FOR,
    NoSuchOperation,
    Operation,
    OperationUndone,
    require_undoable,
)

Undo = Callable[[Transaction, Actor, Operation], None]
"""Takes one operation back, or raises ChangedSince.

What takes more than a few thousand rows goes on as a job: the operation counts as undone at once.
"""

Purge = Callable[[Transaction, Operation], bool]
"""Deletes a part of what was kept only so that an operation could be taken back; tells if more remains."""

Advance = Callable[[Transaction, Operation], bool]
"""Does a step of taking back an operation that is undone; returns whether more remain."""


class Operations:
    """The history of deliberate changes; features register how each kind is taken back."""

    is_service = True

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._kinds: dict[str, tuple[str, Undo, Purge]] = {}
        self._advances: dict[str, Advance] = {}

    def register(
        self, kind: str, scope: str, undo: Undo, purge: Purge, advance: Advance | None = None
    ) -> None:
        """Say how operations of a kind are undone, who may, what is purged later, how a long undo goes on."""
        self._kinds[kind] = (scope, undo, purge)
        if advance is not None:
            self._advances[kind] = advance

    def record(self, who: Actor, kind: str, subject: object) -> OperationId:
        """Keep an operation within the write that performs it; return its number."""
        text = msgspec.json.encode(subject).decode()
        with self._database.begin() as tx:
            return store.add(tx, who.workspace_id, who.user_id, kind, text, self._clock.now())

    def describe(self, operation: OperationId, subject: object) -> None:
        """Replace what an operation is about, for one that grows in steps."""
        with self._database.begin() as tx:
            store.set_subject(tx, operation, msgspec.json.encode(subject).decode())

    def get(self, who: Actor, operation: OperationId, kind: str) -> Operation:
        """Return one operation of a kind."""
        with self._database.read() as tx:
            found = store.by_id(tx, who.workspace_id, operation)
            if found is None or found.kind != kind:
                raise NoSuchOperation(id=operation)
            return found

    def subject(self, workspace: WorkspaceId, operation: OperationId) -> str:
        """Return what an operation is about, for jobs that go on with it."""
        with self._database.read() as tx:
            found = store.by_id(tx, workspace, operation)
            if found is None:
                raise NoSuchOperation(id=operation)
            return found.subject

    def newest(self, who: Actor, before: int, limit: int) -> list[Operation]:
        """Return operations from the newest on, numbered below `before`."""
        who.require("operations:read")
        with self._database.read() as tx:
            return store.newest(tx, who.workspace_id, before, limit)

    def undo(self, who: Actor, operation_id: OperationId) -> Operation:
        """Take an operation back, unless what it changed was changed again since."""
        with self._database.begin() as tx:
            operation = store.by_id(tx, who.workspace_id, operation_id)
            if operation is None or operation.kind not in self._kinds:
                raise NoSuchOperation(id=operation_id)
            scope, undo, _ = self._kinds[operation.kind]
            who.require(scope)
            now = self._clock.now()
            require_undoable(operation, now)
            undo(tx, who, operation)
            store.set_undone(tx, operation.id, now)
            tx.changed(who.workspace_id, OperationUndone(operation.id, operation.kind))
            return msgspec.structs.replace(operation, undone_at=now)

    def advance(self, who: Actor, operation_id: OperationId) -> bool:
        """Do a step of taking back what is undone, beside the job that does it; tell if more remain."""
        with self._database.begin() as tx:
            operation = store.by_id(tx, who.workspace_id, operation_id)
            if operation is None or operation.kind not in self._kinds:
                raise NoSuchOperation(id=operation_id)
            who.require(self._kinds[operation.kind][0])
            if operation.undone_at is None or operation.kind not in self._advances:
                return False
            return self._advances[operation.kind](tx, operation)

    def unfinished(self, tx: Transaction, kind: str) -> list[Operation]:
        """Return the operations of a kind, of all workspaces, that can still be undone."""
        return store.of_kind(tx, kind)

    def keep_step(self, operation: OperationId, name: str, was: object) -> None:
        """Keep what is needed to take one step back, within its write: who takes it back, and what was."""
        with self._database.begin() as tx:
            store.add_step(tx, operation, name, msgspec.json.encode(was).decode())

    def take_steps_back(
        self, operation: OperationId, limit: int, take_back: Callable[[Transaction, str, bytes], None]
    ) -> bool:
        """Take back the steps that came last, each by a function; return whether more remain."""
        with self._database.begin() as tx:
            steps = store.last_steps(tx, operation, limit)
            for _, name, was in steps:
                take_back(tx, str(name), str(was).encode())
            if steps:
                store.drop_steps(tx, operation, whole(steps[-1][0]))
            return len(steps) == limit

    def forget_steps(self, operation: OperationId, limit: int) -> bool:
        """Forget some of the steps of an operation; return whether more remain."""
        with self._database.begin() as tx:
            steps = store.last_steps(tx, operation, limit)
            if steps:
                store.drop_steps(tx, operation, whole(steps[-1][0]))
            return len(steps) == limit

    def steps_that_say(
        self, tx: Transaction, workspace: WorkspaceId, words: str
    ) -> list[tuple[OperationId, int, str, str]]:
        """Return operation, number, name and what was, of all steps that hold some words."""
        return [
            (OperationId(whole(operation)), whole(number), str(name), str(was))
            for operation, number, name, was in store.steps_that_say(tx, workspace, words)
        ]

    def change_step(self, tx: Transaction, operation: OperationId, number: int, was: str, left: str) -> None:
        """Keep of one step only what is left of it, unless it was changed since it was read."""
        store.change_step(tx, operation, number, was, left)

    def forget_step(self, tx: Transaction, operation: OperationId, number: int) -> None:
        """Forget one step: what it tells of is erased."""
        store.drop_step(tx, operation, number)

    def close(self, operation: OperationId) -> None:
        """Let an operation never be undone, within the write that erases what undo would need."""
        with self._database.begin() as tx:
            store.set_purged(tx, operation, self._clock.now())

    def forget(self, tx: Transaction, workspace: WorkspaceId) -> None:
        """Keep of all operations only that there were some: what they were about is erased."""
        store.forget(tx, workspace, self._clock.now())

    def purge_some(self, limit: int = 5) -> bool:
        """Delete a part of what old operations kept for their undo; return whether more remains."""
        with self._database.begin() as tx:
            now = self._clock.now()
            old = store.to_purge(tx, now - UNDOABLE_FOR, limit)
            for operation in old:
                if operation.kind in self._kinds and self._kinds[operation.kind][2](tx, operation):
                    return True
                store.set_purged(tx, operation.id, now)
            return len(old) == limit
