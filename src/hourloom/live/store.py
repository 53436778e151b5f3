"""The SQL of the feed of Changes."""

from __future__ import annotations

from collections.abc import Sequence

from hourloom.core.changes import RecordedChange
from hourloom.core.clock import Instant
from hourloom.core.ids import WorkspaceId
from hourloom.db.transaction import Transaction
from hourloom.live.model import FeedExtent


def extent(tx: Transaction, workspace: int) -> FeedExtent:
    found = tx.one(
        FeedExtent,
        """
        SELECT coalesce((SELECT min(sequence) FROM changes WHERE workspace_id = :workspace), 0) AS oldest,
               coalesce((SELECT max(sequence) FROM changes WHERE workspace_id = :workspace), 0) AS newest
        """,
        workspace=workspace,
    )
    assert found is not None  # a SELECT without FROM has one row
    return found


def add(tx: Transaction, changes: Sequence[RecordedChange]) -> None:
    tx.many(
        """
        INSERT INTO changes (workspace_id, sequence, at, kind, body)
        VALUES (:workspace, :sequence, :at, :kind, :body)
        """,
        [
            {
                "workspace": change.workspace_id,
                "sequence": change.sequence,
                "at": change.at,
                "kind": change.kind,
                "body": change.body.decode(),
            }
            for change in changes
        ],
    )


def after(tx: Transaction, workspace: int, sequence: int, limit: int) -> list[RecordedChange]:
    return tx.all(
        _recorded,
        """
        SELECT workspace_id, sequence, at, kind, body FROM changes
        WHERE workspace_id = :workspace AND sequence > :sequence ORDER BY sequence LIMIT :limit
        """,
        workspace=workspace,
        sequence=sequence,
        limit=limit,
    )


def next_workspace(tx: Transaction, after_workspace: int) -> int | None:
    found = tx.value(
        "SELECT min(workspace_id) FROM changes WHERE workspace_id > :after_workspace",
        after_workspace=after_workspace,
    )
    return found if isinstance(found, int) else None


def first_young(tx: Transaction, workspace: int, before: int, since: int) -> int | None:
    found = tx.value(
        """
        SELECT min(sequence) FROM changes
        WHERE workspace_id = :workspace AND sequence < :before AND at >= :since
        """,
        workspace=workspace,
        before=before,
        since=since,
    )
    return found if isinstance(found, int) else None


def delete_before(tx: Transaction, workspace: int, sequence: int) -> int:
    return tx.execute(
        "DELETE FROM changes WHERE workspace_id = :workspace AND sequence < :sequence",
        workspace=workspace,
        sequence=sequence,
    )


def _recorded(workspace: int, sequence: int, at: int, kind: str, body: str) -> RecordedChange:
    return RecordedChange(WorkspaceId(workspace), sequence, Instant(at), kind, body.encode())
