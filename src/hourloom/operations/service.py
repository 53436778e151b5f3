"""Keep operations, and take them back."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from hourloom.core.actors import Actor
from hourloom.core.clock import Clock
from hourloom.core.ids import OperationId
from hourloom.db.transaction import Database, Transaction
from hourloom.operations import store
from hourloom.operations.model import (
    UNDOABLE_FOR,
    NoSuchOperation,
    Operation,
    OperationUndone,
    require_undoable,
)

Undo = Callable[[Transaction, Actor, Operation], None]
"""Takes one operation back, or raises ChangedSince."""

Purge = Callable[[Transaction, Operation], None]
"""Deletes what was kept only so that an operation could be taken back."""


class Operations:
    """The history of deliberate changes; features register how each kind is taken back."""

    is_service = True

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._kinds: dict[str, tuple[str, Undo, Purge]] = {}

    def register(self, kind: str, scope: str, undo: Undo, purge: Purge) -> None:
        """Say how operations of a kind are undone, who may, and what is purged later."""
        self._kinds[kind] = (scope, undo, purge)

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

    def purge_some(self, limit: int = 5) -> bool:
        """Delete the traces of a few operations too old to undo; return whether there may be more."""
        with self._database.begin() as tx:
            now = self._clock.now()
            old = store.to_purge(tx, now - UNDOABLE_FOR, limit)
            for operation in old:
                if operation.kind in self._kinds:
                    self._kinds[operation.kind][2](tx, operation)
                store.set_purged(tx, operation.id, now)
            return len(old) == limit
