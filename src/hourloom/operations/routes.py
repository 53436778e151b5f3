"""The history of operations over HTTP, and undo."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from hourloom.core.actors import Actor
from hourloom.core.clock import datetime_of
from hourloom.core.ids import OperationId
from hourloom.operations.model import Operation
from hourloom.operations.service import Operations
from hourloom.web.routes import Mode, Routes

routes = Routes("/api/v1", "operations")

Number = Annotated[int, Meta(ge=1, le=2**63 - 1)]
PageSize = Annotated[int, Meta(ge=1, le=500)]


class OperationView(msgspec.Struct):
    """One deliberate change."""

    id: int
    kind: str
    subject: msgspec.Raw
    at: datetime
    undone_at: datetime | None
    can_be_undone: bool


class OperationPage(msgspec.Struct):
    """Operations from the newest on."""

    operations: list[OperationView]
    next_cursor: int | None


class UndoProgress(msgspec.Struct):
    """Whether something is left to take back."""

    more: bool


@routes.on("GET", "/operations", scope="operations:read")
def list_operations(
    operations: Operations, who: Actor, cursor: Number = 2**63 - 1, limit: PageSize = 100
) -> OperationPage:
    """List what was done, the newest first."""
    found = operations.newest(who, cursor, limit)
    return OperationPage([_view(o) for o in found], found[-1].id if len(found) == limit else None)


@routes.on("POST", "/operations/{operation}/undo", mode=Mode.WRITE)
def undo_operation(operations: Operations, who: Actor, operation: Number) -> OperationView:
    """Take an operation back; 409 lists what was changed again since."""
    return _view(operations.undo(who, OperationId(operation)))


@routes.on("POST", "/operations/{operation}/advance", mode=Mode.WRITE)
def advance_undo(operations: Operations, who: Actor, operation: Number) -> UndoProgress:
    """Do a step of what is left of taking an operation back, beside the job that does it."""
    return UndoProgress(operations.advance(who, OperationId(operation)))


def _view(operation: Operation) -> OperationView:
    undone = operation.undone_at
    return OperationView(
        id=operation.id,
        kind=operation.kind,
        subject=msgspec.Raw(operation.subject.encode()),
        at=datetime_of(operation.at),
        undone_at=None if undone is None else datetime_of(undone),
        can_be_undone=undone is None and operation.purged_at is None,
    )
