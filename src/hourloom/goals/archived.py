"""Goals in archives. What they look at comes before them."""

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
from hourloom.core.clock import LATEST, Instant
from hourloom.core.decoding import decode
from hourloom.core.ids import GoalId, UserId, WorkspaceId
from hourloom.db.sequences import skip_numbers
from hourloom.db.transaction import Transaction
from hourloom.goals import store
from hourloom.goals.model.goal import (
    MOST_GOALS,
    Goal,
    GoalAdded,
    GoalDeleted,
    GoalFilter,
    GoalRefused,
    GoalTerms,
    checked,
)

GONE = 2**63 - 1
"""Stands for a category, project or tag that is not there any more: no number ever gets so far.

Left out, it would widen the goal, to everything where it was the only one.
"""


class GoalRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A goal, and whose it is."""

    id: Annotated[int, Meta(ge=1, le=2**63 - 1)]
    user: Annotated[int, Meta(ge=1, le=1_000_000)]
    """A place among the members."""
    terms: GoalTerms
    created_at: Annotated[int, Meta(ge=0, lt=LATEST)]


class _GoalAdded(msgspec.Struct, frozen=True):
    id: GoalId


class ArchivedGoals(PlainTable):
    """The goals of all users; merged, those that are not here yet are added."""

    name = "goals"
    row = GoalRow
    numbered = True
    most = MOST_GOALS * 1_000

    def count(self, tx: Transaction, out: Outgoing) -> int:
        return len(store.goals_of_all(tx, out.workspace_id))

    def going_out(self, tx: Transaction, out: Outgoing) -> Iterator[Sequence[GoalRow]]:
        yield [
            GoalRow(goal.id, out.users.get(goal.user_id, 1), goal.terms, goal.created_at)
            for goal in store.goals_of_all(tx, out.workspace_id)
        ]

    def hinders(self, tx: Transaction, workspace: WorkspaceId, first: int, last: int) -> bool:
        return store.has_goals(tx, first, last)

    def reserve(self, tx: Transaction, upto: int) -> None:
        skip_numbers(tx, self.name, upto)

    def fault(self, row: GoalRow, into: Incoming) -> str | None:
        if not into.is_next(self.name, (row.id,)):
            return NOT_IN_ORDER
        if row.user not in into.users:
            return REFERS_TO_NOTHING
        try:
            checked(row.terms)
        except GoalRefused:
            # What is wrong is said without the words of its name.
            return "it makes no goal"
        return None

    def judge(self, tx: Transaction, into: Incoming, rows: Sequence[GoalRow]) -> list[Judged]:
        here = store.goals_of_all(tx, into.workspace_id)
        known = {(goal.user_id, goal.terms) for goal in here}
        room, judged = MOST_GOALS - len(here), []
        for row in rows:
            if (_user(row, into), _terms(row, into)) in known:
                judged.append(Judged(Verdict.SAME))
            elif room > 0:
                judged.append(Judged(Verdict.NEW))
                room -= 1
            else:
                judged.append(Judged(Verdict.LEFT_OUT))
        return judged

    def take_in(
        self, tx: Transaction, into: Incoming, rows: Sequence[GoalRow], judged: Sequence[Judged]
    ) -> Sequence[int]:
        for row, each in zip(rows, judged, strict=True):
            if each.verdict is Verdict.NEW:
                self._add(tx, into, row)
        return [0] * len(rows)

    def take_back(self, tx: Transaction, workspace: WorkspaceId, was: bytes) -> None:
        number = decode(was, _GoalAdded).id
        user = store.user_of(tx, workspace, number)
        if user is not None:
            store.drop(tx, workspace, number)
            tx.changed(workspace, GoalDeleted(user, GoalId(number)))

    def _add(self, tx: Transaction, into: Incoming, row: GoalRow) -> None:
        user, terms = UserId(_user(row, into)), _terms(row, into)
        goal = Goal(GoalId(row.id), into.workspace_id, user, terms, Instant(row.created_at))
        if into.keeps_numbers:
            store.put(tx, goal)
        else:
            goal = msgspec.structs.replace(goal, id=store.add(tx, goal))
        into.keep(self.name, _GoalAdded(goal.id))
        tx.changed(into.workspace_id, GoalAdded(user, goal.id, goal.terms))


def _user(row: GoalRow, into: Incoming) -> int:
    return into.users[row.user] or into.user_id


def _terms(row: GoalRow, into: Incoming) -> GoalTerms:
    """Return the terms with the numbers that things have here."""
    where = row.terms.where
    return msgspec.structs.replace(
        checked(row.terms),
        where=GoalFilter(
            categories=_here("categories", where.categories, into),
            projects=_here("projects", where.projects, into),
            apps=where.apps,
            domains=where.domains,
            tags=_here("tags", where.tags, into),
            scores=where.scores,
        ),
    )


def _here(table: str, numbers: Sequence[int], into: Incoming) -> tuple[int, ...]:
    known = (into.number(table, each) if into.knows(table, each) else GONE for each in numbers)
    return tuple(sorted({number or GONE for number in known}))
