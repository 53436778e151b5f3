"""The SQL of the totals that outlive their events, and of how far retention came."""

from __future__ import annotations

from collections.abc import Sequence

from hourloom.db.statements import ByDialect
from hourloom.db.transaction import Rows, Transaction, whole
from hourloom.tracking.store.lists import as_json, numbers


def add_totals(tx: Transaction, workspace: int, totals: Sequence[Sequence[int]]) -> None:
    """Add to totals, given as bucket, start, payload and how long it lasted."""
    tx.execute(
        ByDialect(
            sqlite="""
                INSERT INTO kept_totals (workspace_id, bucket_id, started_at, payload_id, lasted)
                SELECT :workspace, value ->> 0, value ->> 1, value ->> 2, value ->> 3
                FROM json_each(:totals) WHERE TRUE
                ON CONFLICT (workspace_id, bucket_id, started_at, payload_id)
                DO UPDATE SET lasted = kept_totals.lasted + excluded.lasted
            """,
            postgresql="""
                INSERT INTO kept_totals (workspace_id, bucket_id, started_at, payload_id, lasted)
                SELECT :workspace, (value ->> 0)::bigint, (value ->> 1)::bigint, (value ->> 2)::bigint,
                       (value ->> 3)::bigint
                FROM json_array_elements(:totals::json)
                ON CONFLICT (workspace_id, bucket_id, started_at, payload_id)
                DO UPDATE SET lasted = kept_totals.lasted + excluded.lasted
            """,
        ),
        workspace=workspace,
        totals=as_json(totals),
    )


def totals_between(tx: Transaction, workspace: int, bucket: int, start: int, end: int) -> Rows:
    """Return start, payload and how long, of the quarters that begin within a period."""
    return tx.rows(
        """
        SELECT started_at, payload_id, lasted FROM kept_totals
        WHERE workspace_id = :workspace AND bucket_id = :bucket AND started_at >= :start AND started_at < :end
        ORDER BY started_at, payload_id
        """,
        workspace=workspace,
        bucket=bucket,
        start=start,
        end=end,
    )


def totals_to_erase(
    tx: Transaction, workspace: int, erasure: int, buckets: list[int], *, start: int, last: int, limit: int
) -> Rows:
    """Return bucket, start and payload of totals that begin from one instant to another, both included.

    With an erasure only those that have one of its payloads; 0 stands for all.
    """
    return tx.rows(
        ByDialect(
            sqlite="""
                SELECT bucket_id, started_at, payload_id FROM kept_totals AS t
                WHERE workspace_id = :workspace AND bucket_id IN (SELECT value FROM json_each(:buckets))
                  AND started_at >= :start AND started_at <= :last
                  AND (:erasure = 0 OR EXISTS (
                      SELECT 1 FROM erasure_payloads p
                      WHERE p.erasure_id = :erasure AND p.payload_id = t.payload_id
                  ))
                LIMIT :limit
            """,
            postgresql="""
                SELECT bucket_id, started_at, payload_id FROM kept_totals AS t
                WHERE workspace_id = :workspace AND bucket_id = ANY(:buckets)
                  AND started_at >= :start AND started_at <= :last
                  AND (:erasure = 0 OR EXISTS (
                      SELECT 1 FROM erasure_payloads p
                      WHERE p.erasure_id = :erasure AND p.payload_id = t.payload_id
                  ))
                LIMIT :limit
            """,
        ),
        workspace=workspace,
        erasure=erasure,
        buckets=numbers(tx, buckets),
        start=start,
        last=last,
        limit=limit,
    )


def delete_totals(tx: Transaction, workspace: int, places: Sequence[Sequence[int]]) -> int:
    """Delete totals, given by bucket, start and payload."""
    return tx.execute(
        ByDialect(
            sqlite="""
                DELETE FROM kept_totals WHERE (workspace_id, bucket_id, started_at, payload_id) IN (
                    SELECT :workspace, value ->> 0, value ->> 1, value ->> 2 FROM json_each(:places)
                )
            """,
            postgresql="""
                DELETE FROM kept_totals WHERE (workspace_id, bucket_id, started_at, payload_id) IN (
                    SELECT :workspace::bigint, (value ->> 0)::bigint, (value ->> 1)::bigint,
                           (value ->> 2)::bigint
                    FROM json_array_elements(:places::json)
                )
            """,
        ),
        workspace=workspace,
        places=as_json(places),
    )


def count_totals(tx: Transaction, workspace: int, ended_by: int) -> Rows:
    """Return how many totals ended by an instant, when the first began, and how long they lasted."""
    return tx.rows(
        """
        SELECT count(*), min(started_at), CAST(coalesce(sum(lasted), 0) AS BIGINT) FROM kept_totals
        WHERE workspace_id = :workspace AND started_at <= :ended_by
        """,
        workspace=workspace,
        ended_by=ended_by,
    )


def workspaces_with_buckets(tx: Transaction) -> list[int]:
    found = tx.rows("SELECT DISTINCT workspace_id FROM buckets ORDER BY workspace_id")
    return [whole(row[0]) for row in found]


def marks_of(tx: Transaction, workspace: int) -> Rows:
    """Return bucket, up to where its titles were seen to, its history then, and when that was."""
    return tx.rows(
        """
        SELECT bucket_id, reached_at, history_version, ran_at FROM retention_marks
        WHERE workspace_id = :workspace
        """,
        workspace=workspace,
    )


def put_mark(
    tx: Transaction, workspace: int, bucket: int, *, reached_at: int, version: int, now: int
) -> None:
    """Keep up to where the titles of a bucket were seen to, as long as its history stays as it is."""
    tx.execute(
        """
        INSERT INTO retention_marks (bucket_id, workspace_id, reached_at, history_version, ran_at)
        SELECT id, workspace_id, :reached_at, :version, :now FROM buckets
        WHERE workspace_id = :workspace AND id = :bucket
        ON CONFLICT (bucket_id) DO UPDATE SET reached_at = excluded.reached_at,
            history_version = excluded.history_version, ran_at = excluded.ran_at
        """,
        workspace=workspace,
        bucket=bucket,
        reached_at=reached_at,
        version=version,
        now=now,
    )


def note_run(tx: Transaction, workspace: int, now: int) -> None:
    """Keep when old records were seen to."""
    tx.execute(
        """
        INSERT INTO retention_marks (bucket_id, workspace_id, reached_at, history_version, ran_at)
        SELECT id, workspace_id, 0, -1, :now FROM buckets WHERE workspace_id = :workspace
        ON CONFLICT (bucket_id) DO UPDATE SET ran_at = excluded.ran_at
        """,
        workspace=workspace,
        now=now,
    )


def last_run_of_retention(tx: Transaction, workspace: int) -> int | None:
    found = tx.value(
        "SELECT max(ran_at) FROM retention_marks WHERE workspace_id = :workspace", workspace=workspace
    )
    return found if isinstance(found, int) else None


def drop_mark(tx: Transaction, workspace: int, bucket: int) -> None:
    tx.execute(
        "DELETE FROM retention_marks WHERE workspace_id = :workspace AND bucket_id = :bucket",
        workspace=workspace,
        bucket=bucket,
    )
