"""How operations go into an archive, and come from one: only into a database without a history of its own.

Their order is that of their numbers, and undo relies on it, so that two histories cannot become one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from hourloom.core.archiving import (
    NOT_IN_ORDER,
    REFERS_TO_NOTHING,
    Incoming,
    Judged,
    Outgoing,
    PlainTable,
    Verdict,
)
from hourloom.core.clock import LATEST
from hourloom.core.decoding import decode
from hourloom.core.ids import WorkspaceId
from hourloom.db.sequences import skip_numbers
from hourloom.db.transaction import Transaction
from hourloom.operations import store
from hourloom.operations.model import Operation

LARGEST_SUBJECT = 1 << 20
LEFT_OUT = (
    "import_archive",
    "delete_range",
    "delete_match",
    "delete_everything",
    "hide_history",
    "change_privacy_rules",
    "change_categories",
    "change_rules",
    "change_corrections",
    "change_marks",
    "change_classes",
    "change_project",
    "change_tag",
    "change_goals",
    "change_saved_report",
)
"""Kinds whose undo needs more than an archive holds, or would bring back what somebody wanted gone."""

At = Annotated[int, Meta(ge=0, lt=LATEST)]


class OperationRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One deliberate change."""

    id: Annotated[int, Meta(ge=1, le=2**63 - 1)]
    user: Annotated[int, Meta(ge=1, le=1_000_000)]
    """A place among the members."""
    kind: Annotated[str, Meta(pattern=r"^[a-z_]{1,60}(?!\n)$")]
    subject: Annotated[str, Meta(max_length=LARGEST_SUBJECT)]
    """JSON in a text."""
    at: At
    undone_at: At | None
    purged_at: At | None


class _OperationAdded(msgspec.Struct, frozen=True):
    id: int


class ArchivedOperations(PlainTable):
    """The history of what was done."""

    name = "operations"
    row = OperationRow
    numbered = referred = True
    at_once = 50

    def count(self, tx: Transaction, out: Outgoing) -> int:
        return len(archived_operations(tx, out.workspace_id))

    def going_out(self, tx: Transaction, out: Outgoing) -> Iterator[Sequence[OperationRow]]:
        for number in archived_operations(tx, out.workspace_id):
            found = store.by_id(tx, out.workspace_id, number)
            yield [] if found is None else [_row(found, out.users.get(found.user_id, 1))]

    def hinders(self, tx: Transaction, workspace: WorkspaceId, first: int, last: int) -> bool:
        return store.has_any(tx, workspace, first, last)

    def reserve(self, tx: Transaction, upto: int) -> None:
        skip_numbers(tx, self.name, upto)

    def fault(self, row: OperationRow, into: Incoming) -> str | None:
        if not into.is_next(self.name, (row.id,)):
            return NOT_IN_ORDER
        if row.kind in LEFT_OUT:
            return "it is of a kind that no archive holds"
        try:
            decode(row.subject)
        except (msgspec.DecodeError, RecursionError):
            return "its subject is no JSON"
        return None if row.user in into.users else REFERS_TO_NOTHING

    def judge(self, tx: Transaction, into: Incoming, rows: Sequence[OperationRow]) -> list[Judged]:
        if into.keeps_numbers:
            return [Judged(Verdict.NEW)] * len(rows)
        return [self._judged(tx, into, row) for row in rows]

    def take_in(
        self, tx: Transaction, into: Incoming, rows: Sequence[OperationRow], judged: Sequence[Judged]
    ) -> Sequence[int]:
        for row, each in zip(rows, judged, strict=True):
            if each.verdict is Verdict.NEW:
                user = into.users[row.user] or into.user_id
                store.put(tx, into.workspace_id, user, row)
                into.keep(self.name, _OperationAdded(row.id))
        return [
            row.id if each.verdict is Verdict.NEW else each.number
            for row, each in zip(rows, judged, strict=True)
        ]

    def take_back(self, tx: Transaction, workspace: WorkspaceId, was: bytes) -> None:
        store.drop(tx, workspace, decode(was, _OperationAdded).id)

    def _judged(self, tx: Transaction, into: Incoming, row: OperationRow) -> Judged:
        here = store.by_id(tx, into.workspace_id, row.id)
        same = here is not None and (here.kind, here.at) == (row.kind, row.at)
        return Judged(Verdict.SAME, row.id) if same else Judged(Verdict.LEFT_OUT)


def judged_by_operation(into: Incoming, operation: int) -> Judged:
    """Return how something that belongs to an operation stands to what is here: as that does."""
    if into.keeps_numbers:
        return Judged(Verdict.NEW)
    return Judged(Verdict.SAME if into.number("operations", operation) else Verdict.LEFT_OUT)


def archived_operations(tx: Transaction, workspace: int) -> list[int]:
    """Return the numbers of the operations that go into an archive."""
    return store.numbers_without(tx, workspace, LEFT_OUT)


def _row(found: Operation, user: int) -> OperationRow:
    return OperationRow(found.id, user, found.kind, found.subject, found.at, found.undone_at, found.purged_at)
