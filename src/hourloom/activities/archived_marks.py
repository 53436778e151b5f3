"""Marks in archives. What they give comes before them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from hourloom.activities import store
from hourloom.activities.archived import is_held, outcome_here
from hourloom.activities.model.lane import ActivitiesChanged, days_within
from hourloom.activities.model.mark import (
    LONGEST_NOTE,
    MOST_MARKS,
    Mark,
    MarksChanged,
    Presence,
    extent,
    problem_of,
)
from hourloom.activities.model.rule import Outcome
from hourloom.core.archiving import (
    NOT_IN_ORDER,
    REFERS_TO_NOTHING,
    Incoming,
    Judged,
    Outgoing,
    PlainTable,
    Verdict,
)
from hourloom.core.clock import LATEST, Instant
from hourloom.core.decoding import decode
from hourloom.core.ids import UserId, WorkspaceId
from hourloom.db.sequences import skip_numbers
from hourloom.db.transaction import Transaction

At = Annotated[int, Meta(ge=0, lt=LATEST)]


class MarkRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody said about a stretch of time."""

    id: Annotated[int, Meta(ge=1, le=2**63 - 1)]
    user: Annotated[int, Meta(ge=1, le=1_000_000)]
    """A place among the members."""
    start: At
    end: At
    presence: Presence | None
    outcome: Outcome
    note: Annotated[str, Meta(max_length=LONGEST_NOTE)]
    at: At


class _MarkAdded(msgspec.Struct, frozen=True):
    user: int
    id: int


class ArchivedMarks(PlainTable):
    """What was said about stretches of time; merged, what is not said here yet is added."""

    name = "marks"
    row = MarkRow
    numbered = True
    most = MOST_MARKS

    def count(self, tx: Transaction, out: Outgoing) -> int:
        return store.count_marks(tx, out.workspace_id)

    def going_out(self, tx: Transaction, out: Outgoing) -> Iterator[Sequence[MarkRow]]:
        yield [
            MarkRow(
                mark.id,
                out.users.get(user, 1),
                mark.start,
                mark.end,
                mark.presence,
                mark.outcome,
                mark.note,
                mark.at,
            )
            for user, mark in store.marks_of_all(tx, out.workspace_id)
        ]

    def hinders(self, tx: Transaction, workspace: WorkspaceId, first: int, last: int) -> bool:
        return store.count_marks(tx, workspace) > 0 or store.has_marks(tx, first, last)

    def reserve(self, tx: Transaction, upto: int) -> None:
        skip_numbers(tx, self.name, upto)

    def fault(self, row: MarkRow, into: Incoming) -> str | None:
        if not into.is_next(self.name, (row.id,)):
            return NOT_IN_ORDER
        if row.user not in into.users or not is_held(row.outcome, into):
            return REFERS_TO_NOTHING
        # What is wrong is said without the words of its note.
        return None if problem_of(_bare(row), Instant(LATEST)) is None else "it says nothing that can be"

    def judge(self, tx: Transaction, into: Incoming, rows: Sequence[MarkRow]) -> list[Judged]:
        here = store.marks_of_all(tx, into.workspace_id)
        known = {_content(user, mark) for user, mark in here}
        room, judged = MOST_MARKS - len(here), []
        for row in rows:
            mark = _mark(row, into)
            if mark is None:
                judged.append(Judged(Verdict.LEFT_OUT if into.operation else Verdict.NEW))
            elif _content(_user(row, into), mark) in known:
                judged.append(Judged(Verdict.SAME))
            elif room > 0:
                judged.append(Judged(Verdict.NEW))
                room -= 1
            else:
                judged.append(Judged(Verdict.LEFT_OUT))
        return judged

    def take_in(
        self, tx: Transaction, into: Incoming, rows: Sequence[MarkRow], judged: Sequence[Judged]
    ) -> Sequence[int]:
        new: dict[int, list[Mark]] = {}
        for row, each in zip(rows, judged, strict=True):
            mark = _mark(row, into)
            if each.verdict is not Verdict.NEW or mark is None:
                continue
            user, number = _user(row, into), row.id
            if into.keeps_numbers:
                store.put_mark(tx, into.workspace_id, user, mark)
            else:
                number = store.add_mark(tx, into.workspace_id, user, mark)
            into.keep(self.name, _MarkAdded(user, number))
            new.setdefault(user, []).append(mark)
        for user, marks in new.items():
            _tell(tx, into.workspace_id, user, marks)
        return [0] * len(rows)

    def take_back(self, tx: Transaction, workspace: WorkspaceId, was: bytes) -> None:
        step = decode(was, _MarkAdded)
        for mark in store.marks_by_number(tx, workspace, step.user, [step.id]):
            store.drop_mark(tx, workspace, mark.id)
            _tell(tx, workspace, step.user, [mark])


def _tell(tx: Transaction, workspace: WorkspaceId, user: int, marks: Sequence[Mark]) -> None:
    for days in {days_within(mark.start, mark.end) for mark in marks}:
        store.note_days_marked(tx, workspace, user, days.start, days.stop - 1)
    tx.changed(workspace, MarksChanged(UserId(user), *extent(marks)))
    tx.changed(workspace, ActivitiesChanged(*extent(marks)))


def _user(row: MarkRow, into: Incoming) -> int:
    return into.users[row.user] or into.user_id


def _bare(row: MarkRow) -> Mark:
    return Mark(
        row.id, Instant(row.start), Instant(row.end), row.presence, row.outcome, row.note, Instant(row.at)
    )


def _mark(row: MarkRow, into: Incoming) -> Mark | None:
    """Return a mark with the numbers that things have here; None where it says nothing without them."""
    outcome = outcome_here(row.outcome, into)
    if not outcome and row.presence is None:
        return None
    return msgspec.structs.replace(_bare(row), outcome=outcome)


def _content(user: int, mark: Mark) -> tuple[object, ...]:
    return user, mark.start, mark.end, mark.presence, mark.outcome, mark.note
