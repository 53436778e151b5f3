"""The SQL of corrections."""

from __future__ import annotations

import msgspec

from hourloom.activities.model.correction import Correction
from hourloom.activities.model.rule import Outcome
from hourloom.core.clock import Instant
from hourloom.db.transaction import Rows, Transaction, whole

_decode = msgspec.json.Decoder(Outcome).decode


def corrections(tx: Transaction, workspace: int) -> list[Correction]:
    """Return all corrections, the newest last."""
    rows = tx.rows(
        """
        SELECT id, kind, subject, outcome, payload_id, at FROM corrections
        WHERE workspace_id = :workspace ORDER BY id
        """,
        workspace=workspace,
    )
    return [
        Correction(
            whole(number),
            kind,  # type: ignore[arg-type]  # one of its words
            str(subject),
            _decode(str(outcome)),
            payload,  # type: ignore[arg-type]  # as the column is
            Instant(whole(at)),
        )
        for number, kind, subject, outcome, payload, at in rows
    ]


def add_correction(tx: Transaction, workspace: int, correction: Correction) -> int:
    """Add a correction under a new number, which is returned."""
    return tx.number(
        """
        INSERT INTO corrections (workspace_id, kind, subject, payload_id, outcome, at)
        VALUES (:workspace, :kind, :subject, :payload, :outcome, :at) RETURNING id
        """,
        workspace=workspace,
        kind=correction.kind,
        subject=correction.subject,
        payload=correction.payload_id,
        outcome=text_of_outcome(correction.outcome),
        at=correction.at,
    )


def put_correction(tx: Transaction, workspace: int, correction: Correction) -> None:
    """Add a correction with the number that it has, or put it in the place of the one that has it."""
    tx.execute(
        """
        INSERT INTO corrections (id, workspace_id, kind, subject, payload_id, outcome, at)
        VALUES (:id, :workspace, :kind, :subject, :payload, :outcome, :at)
        ON CONFLICT (id) DO UPDATE SET
            kind = excluded.kind, subject = excluded.subject, payload_id = excluded.payload_id,
            outcome = excluded.outcome, at = excluded.at
        WHERE corrections.workspace_id = excluded.workspace_id
        """,
        id=correction.id,
        workspace=workspace,
        kind=correction.kind,
        subject=correction.subject,
        payload=correction.payload_id,
        outcome=text_of_outcome(correction.outcome),
        at=correction.at,
    )


def drop_correction(tx: Transaction, workspace: int, number: int) -> None:
    tx.execute(
        "DELETE FROM corrections WHERE id = :number AND workspace_id = :workspace",
        number=number,
        workspace=workspace,
    )


def has_corrections(tx: Transaction, first: int, last: int) -> bool:
    """Return whether some workspace has corrections with these numbers."""
    return (
        tx.value(
            "SELECT 1 FROM corrections WHERE id BETWEEN :first AND :last LIMIT 1", first=first, last=last
        )
        == 1
    )


def digest_of_payload(tx: Transaction, workspace: int, payload: int) -> bytes | None:
    """Return the digest of a payload, which is the same wherever the payload is."""
    found = tx.value(
        "SELECT digest FROM payloads WHERE id = :payload AND workspace_id = :workspace",
        payload=payload,
        workspace=workspace,
    )
    return bytes(found) if isinstance(found, bytes | memoryview) else None


def corrected_traits(tx: Transaction, workspace: int) -> Rows:
    """Return number, app and domain of corrections of payloads that are still recorded."""
    return tx.rows(
        """
        SELECT c.id, p.app, p.domain FROM corrections c JOIN payloads p ON p.id = c.payload_id
        WHERE c.workspace_id = :workspace
        """,
        workspace=workspace,
    )


def workspaces_with_lost(tx: Transaction) -> list[int]:
    """Return the workspaces with corrections of payloads that are not recorded any more."""
    rows = tx.rows(
        """
        SELECT DISTINCT c.workspace_id FROM corrections c LEFT JOIN payloads p ON p.id = c.payload_id
        WHERE c.payload_id IS NOT NULL AND p.id IS NULL
        """
    )
    return [whole(workspace) for (workspace,) in rows]


def drop_lost(tx: Transaction, workspace: int) -> int:
    """Delete the corrections of payloads that are not recorded any more."""
    return tx.execute(
        """
        DELETE FROM corrections WHERE workspace_id = :workspace AND payload_id IS NOT NULL
          AND NOT EXISTS (SELECT 1 FROM payloads p WHERE p.id = corrections.payload_id)
        """,
        workspace=workspace,
    )


def text_of_outcome(outcome: Outcome) -> str:
    """Return an outcome as it is stored."""
    return msgspec.json.encode(outcome).decode()
