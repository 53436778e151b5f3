"""The SQL of saved reports."""

from __future__ import annotations

import msgspec

from hourloom.core.clock import Instant
from hourloom.core.ids import UserId
from hourloom.db.transaction import Transaction, whole
from hourloom.reports.model.asked import ReportDefinition
from hourloom.reports.model.saved import SavedReport

_decode = msgspec.json.Decoder(ReportDefinition).decode


def saved_reports(tx: Transaction, workspace: int, user: int) -> list[SavedReport]:
    """Return the saved reports of a user, by number."""
    rows = tx.rows(
        """
        SELECT id, name, definition, created_at, updated_at FROM saved_reports
        WHERE workspace_id = :workspace AND user_id = :user ORDER BY id
        """,
        workspace=workspace,
        user=user,
    )
    return [
        SavedReport(
            whole(number),
            str(name),
            _decode(str(definition)),
            Instant(whole(created_at)),
            Instant(whole(updated_at)),
        )
        for number, name, definition, created_at, updated_at in rows
    ]


def users_with_saved_reports(tx: Transaction, workspace: int) -> list[UserId]:
    """Return the users of a workspace who saved reports."""
    rows = tx.rows(
        "SELECT DISTINCT user_id FROM saved_reports WHERE workspace_id = :workspace ORDER BY user_id",
        workspace=workspace,
    )
    return [UserId(whole(user)) for (user,) in rows]


def user_of_saved_report(tx: Transaction, workspace: int, number: int) -> UserId | None:
    """Return who saved a report; None where there is none."""
    found = tx.value(
        "SELECT user_id FROM saved_reports WHERE id = :number AND workspace_id = :workspace",
        number=number,
        workspace=workspace,
    )
    return None if found is None else UserId(whole(found))


def add_saved_report(
    tx: Transaction, workspace: int, user: int, name: str, definition: str, created_at: int, updated_at: int
) -> int:
    return tx.number(
        """
        INSERT INTO saved_reports (workspace_id, user_id, name, definition, created_at, updated_at)
        VALUES (:workspace, :user, :name, :definition, :created_at, :updated_at)
        RETURNING id
        """,
        workspace=workspace,
        user=user,
        name=name,
        definition=definition,
        created_at=created_at,
        updated_at=updated_at,
    )


def put_saved_report(  # noqa: PLR0913, PLR0917 - each is a column
    tx: Transaction,
    workspace: int,
    user: int,
    number: int,
    name: str,
    definition: str,
    created_at: int,
    updated_at: int,
) -> None:
    """Add a saved report with the number that it had before."""
    tx.execute(
        """
        INSERT INTO saved_reports (id, workspace_id, user_id, name, definition, created_at, updated_at)
        VALUES (:number, :workspace, :user, :name, :definition, :created_at, :updated_at)
        """,
        number=number,
        workspace=workspace,
        user=user,
        name=name,
        definition=definition,
        created_at=created_at,
        updated_at=updated_at,
    )


def set_saved_report(
    tx: Transaction, workspace: int, number: int, name: str, definition: str, updated_at: int
) -> int:
    return tx.execute(
        """
        UPDATE saved_reports SET name = :name, definition = :definition, updated_at = :updated_at
        WHERE id = :number AND workspace_id = :workspace
        """,
        number=number,
        workspace=workspace,
        name=name,
        definition=definition,
        updated_at=updated_at,
    )


def drop_saved_report(tx: Transaction, workspace: int, number: int) -> int:
    return tx.execute(
        "DELETE FROM saved_reports WHERE id = :number AND workspace_id = :workspace",
        number=number,
        workspace=workspace,
    )


def has_saved_reports(tx: Transaction, first: int, last: int) -> bool:
    """Return whether some workspace has saved reports with these numbers."""
    found = tx.value("SELECT 1 FROM saved_reports WHERE id BETWEEN :first AND :last", first=first, last=last)
    return found == 1
