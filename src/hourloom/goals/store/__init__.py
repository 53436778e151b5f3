"""The SQL of goals."""

from __future__ import annotations

import msgspec

from hourloom.core.clock import Instant
from hourloom.core.ids import GoalId, UserId, WorkspaceId
from hourloom.db.statements import Value
from hourloom.db.transaction import Rows, Transaction, whole
from hourloom.goals.model.goal import Goal, GoalTerms
from hourloom.goals.model.telling import GoalTellings

_terms = msgspec.json.Decoder(GoalTerms).decode
_told = msgspec.json.Decoder(GoalTellings).decode


def goals_of(tx: Transaction, workspace: int, user: int) -> list[Goal]:
    """Return the goals of a user in the order in which they were made."""
    rows = tx.rows(
        """
        SELECT id, workspace_id, user_id, terms, created_at FROM goals
        WHERE workspace_id = :workspace AND user_id = :user ORDER BY id
        """,
        workspace=workspace,
        user=user,
    )
    return _goals(rows)


def goals_of_all(tx: Transaction, workspace: int) -> list[Goal]:
    """Return the goals of all users of a workspace."""
    rows = tx.rows(
        """
        SELECT id, workspace_id, user_id, terms, created_at FROM goals
        WHERE workspace_id = :workspace ORDER BY id
        """,
        workspace=workspace,
    )
    return _goals(rows)


def user_of(tx: Transaction, workspace: int, goal: int) -> UserId | None:
    """Return whose goal it is; None where there is none."""
    found = tx.value(
        "SELECT user_id FROM goals WHERE id = :goal AND workspace_id = :workspace",
        goal=goal,
        workspace=workspace,
    )
    return None if found is None else UserId(whole(found))


def has_goals(tx: Transaction, first: int, last: int) -> bool:
    """Return whether some workspace has goals with these numbers."""
    return tx.value("SELECT 1 FROM goals WHERE id BETWEEN :first AND :last", first=first, last=last) == 1


def add(tx: Transaction, goal: Goal) -> GoalId:
    """Add a goal; its number is the database's choice."""
    return GoalId(
        tx.number(
            """
            INSERT INTO goals (workspace_id, user_id, terms, created_at, told)
            VALUES (:workspace, :user, :terms, :created_at, '{}') RETURNING id
            """,
            workspace=goal.workspace_id,
            user=goal.user_id,
            terms=text_of(goal.terms),
            created_at=goal.created_at,
        )
    )


def put(tx: Transaction, goal: Goal) -> None:
    """Add a goal with the number that it had before."""
    tx.execute(
        """
        INSERT INTO goals (id, workspace_id, user_id, terms, created_at, told)
        VALUES (:id, :workspace, :user, :terms, :created_at, '{}')
        """,
        id=goal.id,
        workspace=goal.workspace_id,
        user=goal.user_id,
        terms=text_of(goal.terms),
        created_at=goal.created_at,
    )


def set_terms(tx: Transaction, workspace: int, goal: int, terms: GoalTerms) -> None:
    tx.execute(
        "UPDATE goals SET terms = :terms WHERE id = :goal AND workspace_id = :workspace",
        goal=goal,
        workspace=workspace,
        terms=text_of(terms),
    )


def drop(tx: Transaction, workspace: int, goal: int) -> None:
    tx.execute(
        "DELETE FROM goals WHERE id = :goal AND workspace_id = :workspace", goal=goal, workspace=workspace
    )


def told_of(tx: Transaction, workspace: int, user: int) -> dict[int, GoalTellings]:
    """Return what was told of each goal."""
    rows = tx.rows(
        "SELECT id, told FROM goals WHERE workspace_id = :workspace AND user_id = :user",
        workspace=workspace,
        user=user,
    )
    return {whole(number): _told(str(told)) for number, told in rows}


def set_told(tx: Transaction, workspace: int, goal: int, told: GoalTellings) -> None:
    tx.execute(
        "UPDATE goals SET told = :told WHERE id = :goal AND workspace_id = :workspace",
        goal=goal,
        workspace=workspace,
        told=msgspec.json.encode(told).decode(),
    )


def text_of(terms: GoalTerms) -> str:
    """Return terms as they are stored."""
    return msgspec.json.encode(terms).decode()


def _goals(rows: Rows) -> list[Goal]:
    return [_goal(*row) for row in rows]


def _goal(number: Value, workspace: Value, user: Value, terms: Value, created_at: Value) -> Goal:
    return Goal(
        GoalId(whole(number)),
        WorkspaceId(whole(workspace)),
        UserId(whole(user)),
        _terms(str(terms)),
        Instant(whole(created_at)),
    )
