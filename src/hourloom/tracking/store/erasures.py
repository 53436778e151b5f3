"""The SQL of erasures and of the payloads that they look for."""

from __future__ import annotations

from hourloom.core.ids import ErasureId
from hourloom.db.statements import ByDialect
from hourloom.db.transaction import Transaction, whole
from hourloom.tracking.erasure import Erasure
from hourloom.tracking.store.lists import numbers


def add_erasure(  # noqa: PLR0913 - each is a column
    tx: Transaction,
    *,
    workspace: int,
    user: int,
    operation: int | None,
    kind: str,
    state: str,
    now: int,
    due_at: int,
    subject: str,
) -> ErasureId:
    return ErasureId(
        tx.number(
            """
            INSERT INTO erasures
                (workspace_id, user_id, operation_id, kind, state, requested_at, due_at, subject, proof)
            VALUES (:workspace, :user, :operation, :kind, :state, :now, :due_at, :subject, '[]')
            RETURNING id
            """,
            workspace=workspace,
            user=user,
            operation=operation,
            kind=kind,
            state=state,
            now=now,
            due_at=due_at,
            subject=subject,
        )
    )


def erasure_by_id(tx: Transaction, workspace: int, erasure: int) -> Erasure | None:
    return tx.one(
        Erasure,
        """
        SELECT id, workspace_id, user_id, operation_id, kind, state, requested_at, due_at, done_at, subject,
               proof
        FROM erasures WHERE workspace_id = :workspace AND id = :erasure
        """,
        workspace=workspace,
        erasure=erasure,
    )


def erasure_by_number(tx: Transaction, erasure: int) -> Erasure | None:
    """Return an erasure of any workspace, for the jobs of the server."""
    return tx.one(
        Erasure,
        """
        SELECT id, workspace_id, user_id, operation_id, kind, state, requested_at, due_at, done_at, subject,
               proof
        FROM erasures WHERE id = :erasure
        """,
        erasure=erasure,
    )


def erasure_of_operation(tx: Transaction, workspace: int, operation: int) -> Erasure | None:
    return tx.one(
        Erasure,
        """
        SELECT id, workspace_id, user_id, operation_id, kind, state, requested_at, due_at, done_at, subject,
               proof
        FROM erasures WHERE operation_id = :operation AND workspace_id = :workspace
        """,
        workspace=workspace,
        operation=operation,
    )


def newest_erasures(tx: Transaction, workspace: int, before: int, limit: int) -> list[Erasure]:
    return tx.all(
        Erasure,
        """
        SELECT id, workspace_id, user_id, operation_id, kind, state, requested_at, due_at, done_at, subject,
               proof
        FROM erasures WHERE workspace_id = :workspace AND id < :before ORDER BY id DESC LIMIT :limit
        """,
        workspace=workspace,
        before=before,
        limit=limit,
    )


def unfinished_erasures(tx: Transaction) -> list[Erasure]:
    """Return what was begun and goes on by itself."""
    return tx.all(
        Erasure,
        """
        SELECT id, workspace_id, user_id, operation_id, kind, state, requested_at, due_at, done_at, subject,
               proof
        FROM erasures WHERE state IN ('restoring', 'erasing', 'proving') ORDER BY id
        """,
    )


def set_erasure(
    tx: Transaction,
    erasure: int,
    *,
    state: str,
    due_at: int,
    done_at: int | None,
    subject: str,
    proof: str,
) -> None:
    tx.execute(
        """
        UPDATE erasures SET state = :state, due_at = :due_at, done_at = :done_at, subject = :subject,
               proof = :proof
        WHERE id = :erasure
        """,
        erasure=erasure,
        state=state,
        due_at=due_at,
        done_at=done_at,
        subject=subject,
        proof=proof,
    )


def add_erasure_payloads(tx: Transaction, erasure: int, payloads: list[int]) -> None:
    tx.execute(
        ByDialect(
            sqlite="""
                INSERT INTO erasure_payloads (erasure_id, payload_id)
                SELECT :erasure, value FROM json_each(:payloads) WHERE TRUE ON CONFLICT DO NOTHING
            """,
            postgresql="""
                INSERT INTO erasure_payloads (erasure_id, payload_id)
                SELECT :erasure, unnest(:payloads::bigint[]) ON CONFLICT DO NOTHING
            """,
        ),
        erasure=erasure,
        payloads=numbers(tx, payloads),
    )


def count_erasure_payloads(tx: Transaction, erasure: int) -> int:
    """Return how many of an erasure's payloads there are still."""
    return tx.number(
        """
        SELECT count(*) FROM erasure_payloads e
        WHERE e.erasure_id = :erasure AND EXISTS (SELECT 1 FROM payloads p WHERE p.id = e.payload_id)
        """,
        erasure=erasure,
    )


def drop_erasure_payloads(tx: Transaction, erasure: int, limit: int) -> int:
    return tx.execute(
        """
        DELETE FROM erasure_payloads WHERE erasure_id = :erasure AND payload_id IN (
            SELECT payload_id FROM erasure_payloads WHERE erasure_id = :erasure LIMIT :limit
        )
        """,
        erasure=erasure,
        limit=limit,
    )


def payloads_of_erasure(tx: Transaction, erasure: int) -> list[int]:
    found = tx.rows("SELECT payload_id FROM erasure_payloads WHERE erasure_id = :erasure", erasure=erasure)
    return [whole(row[0]) for row in found]


def copy_erasure(tx: Transaction, erasure: Erasure) -> None:
    """Add an erasure to a copy of the database, with its number."""
    tx.execute(
        """
        INSERT INTO erasures (id, workspace_id, user_id, kind, state, requested_at, due_at, subject, proof)
        VALUES (:id, :workspace, :user, :kind, :state, :requested_at, :due_at, :subject, '[]')
        """,
        id=erasure.id,
        workspace=erasure.workspace_id,
        user=erasure.user_id,
        kind=erasure.kind,
        state=erasure.state,
        requested_at=erasure.requested_at,
        due_at=erasure.due_at,
        subject=erasure.subject,
    )


def drop_erasure(tx: Transaction, erasure: int) -> None:
    tx.execute("DELETE FROM erasures WHERE id = :erasure", erasure=erasure)
