"""The SQL of notices."""

from __future__ import annotations

from hourloom.core.ids import NoticeId
from hourloom.db.transaction import Transaction, whole
from hourloom.notices.model import Notice


def standing_one(tx: Transaction, workspace: int, kind: str, slot: str) -> Notice | None:
    return tx.one(
        Notice,
        """
        SELECT id, workspace_id, kind, slot, subject, raised_at, read_at, cleared_at FROM notices
        WHERE workspace_id = :workspace AND kind = :kind AND slot = :slot AND cleared_at IS NULL
        """,
        workspace=workspace,
        kind=kind,
        slot=slot,
    )


def standing_of_kind(tx: Transaction, workspace: int, kind: str) -> list[Notice]:
    return tx.all(
        Notice,
        """
        SELECT id, workspace_id, kind, slot, subject, raised_at, read_at, cleared_at FROM notices
        WHERE workspace_id = :workspace AND kind = :kind AND cleared_at IS NULL ORDER BY id
        """,
        workspace=workspace,
        kind=kind,
    )


def standing(tx: Transaction, workspace: int, before: int, limit: int) -> list[Notice]:
    """Return what is not over, the newest first."""
    return tx.all(
        Notice,
        """
        SELECT id, workspace_id, kind, slot, subject, raised_at, read_at, cleared_at FROM notices
        WHERE workspace_id = :workspace AND cleared_at IS NULL AND id < :before
        ORDER BY id DESC LIMIT :limit
        """,
        workspace=workspace,
        before=before,
        limit=limit,
    )


def newest(tx: Transaction, workspace: int, before: int, limit: int) -> list[Notice]:
    """Return what stands and what is over, the newest first."""
    return tx.all(
        Notice,
        """
        SELECT id, workspace_id, kind, slot, subject, raised_at, read_at, cleared_at FROM notices
        WHERE workspace_id = :workspace AND id < :before ORDER BY id DESC LIMIT :limit
        """,
        workspace=workspace,
        before=before,
        limit=limit,
    )


def by_id(tx: Transaction, workspace: int, notice: int) -> Notice | None:
    return tx.one(
        Notice,
        """
        SELECT id, workspace_id, kind, slot, subject, raised_at, read_at, cleared_at FROM notices
        WHERE workspace_id = :workspace AND id = :notice
        """,
        workspace=workspace,
        notice=notice,
    )


def count_standing(tx: Transaction, workspace: int) -> int:
    return tx.number(
        "SELECT count(*) FROM notices WHERE workspace_id = :workspace AND cleared_at IS NULL",
        workspace=workspace,
    )


def standing_by_kind(tx: Transaction) -> dict[str, int]:
    """Return how many of each kind stand, in all workspaces together."""
    rows = tx.rows("SELECT kind, count(*) FROM notices WHERE cleared_at IS NULL GROUP BY kind ORDER BY kind")
    return {str(kind): whole(number) for kind, number in rows}


def add(tx: Transaction, workspace: int, kind: str, slot: str, subject: str, now: int) -> NoticeId:
    return NoticeId(
        tx.number(
            """
            INSERT INTO notices (workspace_id, kind, slot, subject, raised_at)
            VALUES (:workspace, :kind, :slot, :subject, :now) RETURNING id
            """,
            workspace=workspace,
            kind=kind,
            slot=slot,
            subject=subject,
            now=now,
        )
    )


def set_subject(tx: Transaction, notice: int, subject: str) -> None:
    tx.execute("UPDATE notices SET subject = :subject WHERE id = :notice", notice=notice, subject=subject)


def set_read(tx: Transaction, notice: int, now: int) -> None:
    tx.execute("UPDATE notices SET read_at = :now WHERE id = :notice", notice=notice, now=now)


def set_cleared(tx: Transaction, notice: int, now: int) -> None:
    tx.execute("UPDATE notices SET cleared_at = :now WHERE id = :notice", notice=notice, now=now)


def prune(tx: Transaction, before: int, limit: int) -> int:
    """Delete notices that were over before a time; return how many."""
    return tx.execute(
        """
        DELETE FROM notices
        WHERE id IN (SELECT id FROM notices WHERE cleared_at < :before ORDER BY id LIMIT :limit)
        """,
        before=before,
        limit=limit,
    )
