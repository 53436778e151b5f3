"""The SQL of operations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from hourloom.core.ids import OperationId
from hourloom.db.transaction import Rows, Transaction, whole
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


def forget(tx: Transaction, workspace: int, now: int) -> None:
    """Let operations tell nothing, and never be undone."""
    tx.execute(
        "UPDATE operations SET subject = '{}', purged_at = :now WHERE workspace_id = :workspace",
        workspace=workspace,
        now=now,
    )


class Like(Protocol):
    """What an operation from elsewhere says of itself."""

    @property
    def id(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def at(self) -> int: ...
    @property
    def undone_at(self) -> int | None: ...
    @property
    def purged_at(self) -> int | None: ...


def put(tx: Transaction, workspace: int, user: int, operation: Like) -> None:
    """Add an operation with the number that it had elsewhere."""
    tx.execute(
        """
        INSERT INTO operations (id, workspace_id, user_id, kind, subject, at, undone_at, purged_at)
        VALUES (:id, :workspace, :user, :kind, :subject, :at, :undone_at, :purged_at)
        """,
        id=operation.id,
        workspace=workspace,
        user=user,
        kind=operation.kind,
        subject=operation.subject,
        at=operation.at,
        undone_at=operation.undone_at,
        purged_at=operation.purged_at,
    )


def drop(tx: Transaction, workspace: int, operation: int) -> None:
    tx.execute(
        "DELETE FROM operations WHERE workspace_id = :workspace AND id = :operation",
        workspace=workspace,
        operation=operation,
    )


def numbers_without(tx: Transaction, workspace: int, kinds: Sequence[str]) -> list[int]:
    """Return the numbers of operations that are not of some kinds."""
    found = tx.rows("SELECT id, kind FROM operations WHERE workspace_id = :workspace", workspace=workspace)
    return sorted(whole(number) for number, kind in found if kind not in kinds)


def of_kind(tx: Transaction, kind: str) -> list[Operation]:
    """Return the operations of a kind, of all workspaces, that were not undone and still can be."""
    return tx.all(
        Operation,
        """
        SELECT id, workspace_id, user_id, kind, subject, at, undone_at, purged_at FROM operations
        WHERE kind = :kind AND undone_at IS NULL AND purged_at IS NULL ORDER BY id
        """,
        kind=kind,
    )


def has_any(tx: Transaction, workspace: int, first: int, last: int) -> bool:
    """Return whether a workspace has operations, or any one has a number from one to another."""
    return bool(
        tx.rows(
            """
            SELECT 1 FROM operations WHERE workspace_id = :workspace OR id BETWEEN :first AND :last LIMIT 1
            """,
            workspace=workspace,
            first=first,
            last=last,
        )
    )


def add_step(tx: Transaction, operation: int, name: str, was: str) -> None:
    """Keep what is needed to take one step of an operation back."""
    tx.execute(
        """
        INSERT INTO operation_steps (operation_id, number, name, was)
        SELECT :operation, coalesce(max(number), 0) + 1, :name, :was FROM operation_steps
        WHERE operation_id = :operation
        """,
        operation=operation,
        name=name,
        was=was,
    )


def last_steps(tx: Transaction, operation: int, limit: int) -> Rows:
    """Return number, name and what was, of the steps that came last."""
    return tx.rows(
        """
        SELECT number, name, was FROM operation_steps WHERE operation_id = :operation
        ORDER BY number DESC LIMIT :limit
        """,
        operation=operation,
        limit=limit,
    )


def steps_that_say(tx: Transaction, workspace: int, words: str) -> Rows:
    """Return operation, number, name and what was, of all steps that hold some words as they are kept."""
    return tx.rows(
        """
        SELECT s.operation_id, s.number, s.name, s.was FROM operation_steps s
        JOIN operations o ON o.id = s.operation_id
        WHERE o.workspace_id = :workspace AND s.was LIKE :words
        """,
        workspace=workspace,
        words=f"%{words}%",
    )


def change_step(tx: Transaction, operation: int, number: int, was: str, left: str) -> None:
    """Keep less of one step, unless it is another one by now."""
    tx.execute(
        """
        UPDATE operation_steps SET was = :left
        WHERE operation_id = :operation AND number = :number AND was = :was
        """,
        operation=operation,
        number=number,
        was=was,
        left=left,
    )


def drop_step(tx: Transaction, operation: int, number: int) -> int:
    """Forget one step; return how many that were."""
    return tx.execute(
        "DELETE FROM operation_steps WHERE operation_id = :operation AND number = :number",
        operation=operation,
        number=number,
    )


def drop_steps(tx: Transaction, operation: int, first: int) -> int:
    """Forget the steps from a number on; return how many."""
    return tx.execute(
        "DELETE FROM operation_steps WHERE operation_id = :operation AND number >= :first",
        operation=operation,
        first=first,
    )
