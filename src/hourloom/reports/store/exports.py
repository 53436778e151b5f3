"""The SQL of the history of exports."""

from __future__ import annotations

from hourloom.db.transaction import Transaction, whole
from hourloom.reports.exporting.model import Export


def add_export(  # noqa: PLR0913 - each is a column
    tx: Transaction,
    workspace: int,
    user: int,
    *,
    kind: str,
    format_: str,
    definition: str,
    file_name: str,
    folder: str,
    now: int,
) -> int:
    return tx.number(
        """
        INSERT INTO exports (
            workspace_id, user_id, kind, format, definition, state, file_name, folder, rows, bytes, job_id,
            created_at
        ) VALUES (
            :workspace, :user, :kind, :format, :definition, 'waiting', :file_name, :folder, 0, 0, 0, :now
        ) RETURNING id
        """,
        workspace=workspace,
        user=user,
        kind=kind,
        format=format_,
        definition=definition,
        file_name=file_name,
        folder=folder,
        now=now,
    )


def put_export(tx: Transaction, export: Export) -> None:
    """Add an export with the number that it had before."""
    tx.execute(
        """
        INSERT INTO exports (
            id, workspace_id, user_id, kind, format, definition, state, file_name, folder, rows, bytes, error,
            job_id, created_at, finished_at
        ) VALUES (
            :id, :workspace, :user, :kind, :format, :definition, :state, :file_name, :folder, :rows, :bytes,
            :error, :job, :created_at, :finished_at
        )
        """,
        id=export.id,
        workspace=export.workspace_id,
        user=export.user_id,
        kind=export.kind,
        format=export.format,
        definition=export.definition,
        state=export.state,
        file_name=export.file_name,
        folder=export.folder,
        rows=export.rows,
        bytes=export.bytes,
        error=export.error,
        job=export.job_id,
        created_at=export.created_at,
        finished_at=export.finished_at,
    )


def set_job(tx: Transaction, id: int, job: int) -> int:
    return tx.execute("UPDATE exports SET job_id = :job WHERE id = :id", id=id, job=job)


def set_export(  # noqa: PLR0913 - each is a column
    tx: Transaction,
    id: int,
    *,
    state: str,
    file_name: str,
    rows: int,
    bytes_: int,
    error: str | None,
    finished_at: int | None,
) -> int:
    """Note how an export stands that is not over."""
    return tx.execute(
        """
        UPDATE exports SET state = :state, file_name = :file_name, rows = :rows, bytes = :bytes,
               error = :error, finished_at = :finished_at
        WHERE id = :id AND state IN ('waiting', 'running')
        """,
        id=id,
        state=state,
        file_name=file_name,
        rows=rows,
        bytes=bytes_,
        error=error,
        finished_at=finished_at,
    )


def export_by_id(tx: Transaction, workspace: int, id: int) -> Export | None:
    return tx.one(
        Export,
        """
        SELECT id, workspace_id, user_id, kind, format, definition, state, file_name, folder, rows, bytes,
               error, job_id, created_at, finished_at
        FROM exports WHERE id = :id AND workspace_id = :workspace
        """,
        id=id,
        workspace=workspace,
    )


def export_numbers(tx: Transaction, workspace: int) -> list[int]:
    rows = tx.rows("SELECT id FROM exports WHERE workspace_id = :workspace", workspace=workspace)
    return [whole(number) for (number,) in rows]


def newest_exports(tx: Transaction, workspace: int, user: int, before: int, limit: int) -> list[Export]:
    """Return exports of a user from the newest on, numbered below `before`."""
    return tx.all(
        Export,
        """
        SELECT id, workspace_id, user_id, kind, format, definition, state, file_name, folder, rows, bytes,
               error, job_id, created_at, finished_at
        FROM exports WHERE workspace_id = :workspace AND user_id = :user AND id < :before
        ORDER BY id DESC LIMIT :limit
        """,
        workspace=workspace,
        user=user,
        before=before,
        limit=limit,
    )


def count_open(tx: Transaction, workspace: int) -> int:
    """Return how many exports are not over."""
    return tx.number(
        "SELECT count(*) FROM exports WHERE workspace_id = :workspace AND state IN ('waiting', 'running')",
        workspace=workspace,
    )


def drop_export(tx: Transaction, workspace: int, id: int) -> int:
    return tx.execute(
        "DELETE FROM exports WHERE id = :id AND workspace_id = :workspace", id=id, workspace=workspace
    )


def drop_oldest(tx: Transaction, workspace: int, kept: int) -> int:
    """Delete entries that are over, but for the newest."""
    return tx.execute(
        """
        DELETE FROM exports WHERE workspace_id = :workspace AND state NOT IN ('waiting', 'running')
          AND id <= (
            SELECT id FROM exports WHERE workspace_id = :workspace ORDER BY id DESC LIMIT 1 OFFSET :kept
          )
        """,
        workspace=workspace,
        kept=kept,
    )


def open_exports(tx: Transaction) -> list[Export]:
    """Return all exports that are not over, of all users."""
    return tx.all(
        Export,
        """
        SELECT id, workspace_id, user_id, kind, format, definition, state, file_name, folder, rows, bytes,
               error, job_id, created_at, finished_at
        FROM exports WHERE state IN ('waiting', 'running')
        """,
    )
