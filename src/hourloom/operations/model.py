"""Operations: deliberate changes that can be taken back for a week."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from hourloom.core.changes import Change
from hourloom.core.clock import DAY, Duration, Instant
from hourloom.core.errors import Conflict, Gone, NotFound
from hourloom.core.ids import OperationId, UserId, WorkspaceId

UNDOABLE_FOR = Duration(7 * DAY)


class NoSuchOperation(NotFound):
    """There is no operation with the number {id}."""


class AlreadyUndone(Conflict):
    """The operation {id} was undone already."""


class TooOldToUndo(Gone):
    """The operation {id} is older than 7 days and can no longer be undone."""


class ChangedSince(Conflict):
    """What the operation changed was changed again since: {what}; undo the later changes first."""

    def __init__(self, what: str, ids: Sequence[int]) -> None:
        super().__init__(what=what, ids=list(ids)[:100])


class Operation(msgspec.Struct, frozen=True):
    """One deliberate change."""

    id: OperationId
    workspace_id: WorkspaceId
    user_id: UserId
    kind: str
    subject: str
    """What was changed, as JSON of numbers and names of buckets: never titles or URLs."""
    at: Instant
    undone_at: Instant | None
    purged_at: Instant | None


class OperationUndone(Change, frozen=True):
    """An operation was taken back."""

    id: OperationId
    operation_kind: str


def require_undoable(operation: Operation, now: Instant) -> None:
    """Raise unless an operation can still be taken back."""
    if operation.undone_at is not None:
        raise AlreadyUndone(id=operation.id)
    if operation.purged_at is not None or now - operation.at > UNDOABLE_FOR:
        raise TooOldToUndo(id=operation.id)
