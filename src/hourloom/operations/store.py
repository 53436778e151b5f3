"""The SQL of operations."""

from __future__ import annotations

from hourloom.core.ids import OperationId
from hourloom.db.transaction import Transaction
from hourloom.operations.model import Operation


def add(tx: Transaction, workspace: int, user: int, kind: str, subject: str, now: int) -> OperationId:
    return OperationId(
        tx.number(
            """
            INSERT INTO operations (workspace_id, user_id, kind, subject, at)
            VALUES (:workspace, :user, :kind, :subject, :now) RETURNING id
            """,
            workspace=workspace,
            user=user,
            kind=kind,
            subject=subject,
            now=now,
        )
    )


def by_id(tx: Transaction, workspace: int, operation: int) -> Operation | None:
    return tx.one(
        Operation,
        """
        SELECT id, workspace_id, user_id, kind, subject, at, undone_at, purged_at FROM operations
        WHERE workspace_id = :workspace AND id = :operation
        """,
        workspace=workspace,
        operation=operation,
    )


def newest(tx: Transaction, workspace: int, before: int, limit: int) -> list[Operation]:
    return tx.all(
        Operation,
        """
        SELECT id, workspace_id, user_id, kind, subject, at, undone_at, purged_at FROM operations
        WHERE workspace_id = :workspace AND id < :before ORDER BY id DESC LIMIT :limit
        """,
        workspace=workspace,
        before=before,
        limit=limit,
    )


def set_subject(tx: Transaction, operation: int, subject: str) -> None:
    tx.execute(
        "UPDATE operations SET subject = :subject WHERE id = :operation", operation=operation, subject=subject
    )


def set_undone(tx: Transaction, operation: int, now: int) -> None:
    tx.execute("UPDATE operations SET undone_at = :now WHERE id = :operation", operation=operation, now=now)


def set_purged(tx: Transaction, operation: int, now: int) -> None:
    tx.execute("UPDATE operations SET purged_at = :now WHERE id = :operation", operation=operation, now=now)


def to_purge(tx: Transaction, before: int, limit: int) -> list[Operation]:
    """Return operations whose time for being undone is over."""
    return tx.all(
        Operation,
        """
        SELECT id, workspace_id, user_id, kind, subject, at, undone_at, purged_at FROM operations
        WHERE at < :before AND purged_at IS NULL ORDER BY id LIMIT :limit
        """,
        before=before,
        limit=limit,
    )
