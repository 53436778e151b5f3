"""The SQL of the payload dictionary."""

from __future__ import annotations

from hourloom.db.statements import ByDialect
from hourloom.db.transaction import Rows, Transaction
from hourloom.tracking.enrichment import Traits
from hourloom.tracking.store.lists import numbers


def payload_by_digest(tx: Transaction, workspace: int, digest: bytes) -> int | None:
    found = tx.value(
        "SELECT id FROM payloads WHERE workspace_id = :workspace AND digest = :digest",
        workspace=workspace,
        digest=digest,
    )
    return found if isinstance(found, int) else None


def add_payload(tx: Transaction, workspace: int, digest: bytes, body: str, traits: Traits) -> int:
    return tx.number(
        """
            INSERT INTO payloads (workspace_id, digest, body, app, domain, private)
            VALUES (:workspace, :digest, :body, :app, :domain, :private)
            RETURNING id
            """,
        workspace=workspace,
        digest=digest,
        body=body,
        app=traits.app,
        domain=traits.domain,
        private=int(traits.private),
    )


def payload_bodies(tx: Transaction, payloads: list[int]) -> Rows:
    """Return number and body of payloads."""
    return tx.rows(
        ByDialect(
            sqlite="SELECT id, body FROM payloads WHERE id IN (SELECT value FROM json_each(:payloads))",
            postgresql="SELECT id, body FROM payloads WHERE id = ANY(:payloads)",
        ),
        payloads=numbers(tx, payloads),
    )


def used_payloads(tx: Transaction) -> Rows:
    """Return the numbers of the payloads that events or totals have, in one pass over the index."""
    return tx.rows(
        "SELECT DISTINCT payload_id FROM events UNION ALL SELECT DISTINCT payload_id FROM kept_totals"
    )


def all_payloads(tx: Transaction) -> Rows:
    return tx.rows("SELECT id FROM payloads ORDER BY id")


def delete_orphans(tx: Transaction, payloads: list[int], after: int) -> int:
    """Delete payloads unless an event newer than a number, an operation's image or a total has them."""
    return tx.execute(
        ByDialect(
            sqlite="""
                DELETE FROM payloads WHERE id IN (SELECT value FROM json_each(:payloads))
                  AND id NOT IN (SELECT payload_id FROM events WHERE id > :after)
                  AND id NOT IN (
                      SELECT payload_id FROM operation_events
                      WHERE payload_id IN (SELECT value FROM json_each(:payloads))
                  )
                  AND id NOT IN (
                      SELECT payload_id FROM kept_totals
                      WHERE payload_id IN (SELECT value FROM json_each(:payloads))
                  )
            """,
            postgresql="""
                DELETE FROM payloads WHERE id = ANY(:payloads)
                  AND id NOT IN (SELECT payload_id FROM events WHERE id > :after)
                  AND id NOT IN (SELECT payload_id FROM operation_events WHERE payload_id = ANY(:payloads))
                  AND id NOT IN (SELECT payload_id FROM kept_totals WHERE payload_id = ANY(:payloads))
            """,
        ),
        payloads=numbers(tx, payloads),
        after=after,
    )


def payloads_after(tx: Transaction, workspace: int, after: int, limit: int) -> Rows:
    """Return number and body of payloads, in the order of their numbers."""
    return tx.rows(
        """
        SELECT id, body FROM payloads WHERE id > :after AND +workspace_id = :workspace
        ORDER BY id LIMIT :limit
        """,
        workspace=workspace,
        after=after,
        limit=limit,
    )


def history_versions(tx: Transaction) -> int:
    """Return a number that grows whenever an event that was there gets another payload or comes back."""
    return tx.number("SELECT CAST(coalesce(sum(history_version), 0) AS BIGINT) FROM buckets")


def payload_rows(tx: Transaction, payloads: list[int]) -> Rows:
    """Return payloads with all their columns."""
    return tx.rows(
        ByDialect(
            sqlite="""
                SELECT id, workspace_id, digest, body, app, domain, private FROM payloads
                WHERE id IN (SELECT value FROM json_each(:payloads))
            """,
            postgresql="""
                SELECT id, workspace_id, digest, body, app, domain, private FROM payloads
                WHERE id = ANY(:payloads)
            """,
        ),
        payloads=numbers(tx, payloads),
    )


def set_body(tx: Transaction, payload: int, body: str) -> None:
    tx.execute("UPDATE payloads SET body = :body WHERE id = :payload", payload=payload, body=body)


def delete_payloads(tx: Transaction, payloads: list[int]) -> None:
    """Delete payloads that are written anew within the same write."""
    tx.execute(
        ByDialect(
            sqlite="DELETE FROM payloads WHERE id IN (SELECT value FROM json_each(:payloads))",
            postgresql="DELETE FROM payloads WHERE id = ANY(:payloads)",
        ),
        payloads=numbers(tx, payloads),
    )


def put_payload(  # noqa: PLR0913, PLR0917 - each is a column
    tx: Transaction,
    payload: int,
    workspace: int,
    digest: bytes,
    body: str,
    app: str | None,
    domain: str | None,
    private: int | None,
) -> None:
    tx.execute(
        """
        INSERT INTO payloads (id, workspace_id, digest, body, app, domain, private)
        VALUES (:payload, :workspace, :digest, :body, :app, :domain, :private)
        """,
        app=app,
        domain=domain,
        private=private,
        payload=payload,
        workspace=workspace,
        digest=digest,
        body=body,
    )


def first_workspace(tx: Transaction) -> int:
    return tx.number("SELECT min(id) FROM workspaces")


def last_payload(tx: Transaction) -> int:
    return tx.number("SELECT coalesce(max(id), 0) FROM payloads")
