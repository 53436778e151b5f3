"""The SQL of settings."""

from __future__ import annotations

from hourloom.db.transaction import Transaction
from hourloom.settings.model import StoredSetting


def all_of(tx: Transaction, workspace: int, user: int) -> list[StoredSetting]:
    """Return the values that a user chose, those of other programs left out."""
    return tx.all(
        StoredSetting,
        """
        SELECT name, value, updated_at FROM settings
        WHERE workspace_id = :workspace AND user_id = :user AND substr(name, 1, 14) <> 'activitywatch.'
        """,
        workspace=workspace,
        user=user,
    )


def activitywatch_of(tx: Transaction, workspace: int, user: int) -> list[StoredSetting]:
    """Return what ActivityWatch's clients keep for a user."""
    return tx.all(
        StoredSetting,
        """
        SELECT name, value, updated_at FROM settings
        WHERE workspace_id = :workspace AND user_id = :user AND substr(name, 1, 14) = 'activitywatch.'
        """,
        workspace=workspace,
        user=user,
    )


def count_activitywatch(tx: Transaction, workspace: int, user: int) -> int:
    return tx.number(
        """
        SELECT count(*) FROM settings
        WHERE workspace_id = :workspace AND user_id = :user AND substr(name, 1, 14) = 'activitywatch.'
        """,
        workspace=workspace,
        user=user,
    )


def one(tx: Transaction, workspace: int, user: int, name: str) -> StoredSetting | None:
    return tx.one(
        StoredSetting,
        """
        SELECT name, value, updated_at FROM settings
        WHERE workspace_id = :workspace AND user_id = :user AND name = :name
        """,
        workspace=workspace,
        user=user,
        name=name,
    )


def put(tx: Transaction, workspace: int, user: int, name: str, value: str, now: int) -> None:
    tx.execute(
        """
        INSERT INTO settings (workspace_id, user_id, name, value, updated_at)
        VALUES (:workspace, :user, :name, :value, :now)
        ON CONFLICT (workspace_id, user_id, name)
        DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at
        """,
        workspace=workspace,
        user=user,
        name=name,
        value=value,
        now=now,
    )


def delete(tx: Transaction, workspace: int, user: int, name: str) -> int:
    """Return how many were deleted."""
    return tx.execute(
        "DELETE FROM settings WHERE workspace_id = :workspace AND user_id = :user AND name = :name",
        workspace=workspace,
        user=user,
        name=name,
    )


def count_all(tx: Transaction, workspace: int) -> int:
    return tx.number("SELECT count(*) FROM settings WHERE workspace_id = :workspace", workspace=workspace)


def names_of(tx: Transaction, workspace: int, user: int) -> list[str]:
    """Return the names of what a user chose, those of other programs too."""
    found = tx.rows(
        "SELECT name FROM settings WHERE workspace_id = :workspace AND user_id = :user",
        workspace=workspace,
        user=user,
    )
    return [str(row[0]) for row in found]
