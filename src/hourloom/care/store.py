"""The SQL of care: figures about what is stored, none about what anybody did."""

from __future__ import annotations

from hourloom.core.clock import Instant
from hourloom.db.transaction import Transaction, whole


def events_by_type(tx: Transaction) -> dict[str, int]:
    """Return how many events the buckets of each type have, in one pass over an index."""
    rows = tx.rows(
        """
        SELECT b.type, sum(e.number) FROM (
            SELECT bucket_id, count(*) AS number FROM events GROUP BY bucket_id
        ) e JOIN buckets b ON b.id = e.bucket_id
        GROUP BY b.type ORDER BY b.type
        """
    )
    return {str(kind): int(str(number)) for kind, number in rows}


def used_payloads(tx: Transaction) -> int:
    """Return how many payloads some event has; a pass over all events, so not often."""
    return tx.number("SELECT count(DISTINCT payload_id) FROM events")


def all_payloads(tx: Transaction) -> int:
    return tx.number("SELECT count(*) FROM payloads")


def oldest_event(tx: Transaction) -> Instant | None:
    """Return when the first event of any bucket began, of what was recorded and not invented."""
    return _instant(
        tx.value(
            """
            SELECT min((
                SELECT min(e.started_at) FROM events e
                WHERE e.workspace_id = b.workspace_id AND e.bucket_id = b.id
            )) FROM buckets b
            WHERE b.workspace_id NOT IN (SELECT workspace_id FROM members WHERE role LIKE 'demo%')
            """
        )
    )


def newest_event(tx: Transaction) -> Instant | None:
    """Return when the last event of any bucket began, of what was recorded and not invented."""
    return _instant(
        tx.value(
            """
            SELECT max((
                SELECT max(e.started_at) FROM events e
                WHERE e.workspace_id = b.workspace_id AND e.bucket_id = b.id
            )) FROM buckets b
            WHERE b.workspace_id NOT IN (SELECT workspace_id FROM members WHERE role LIKE 'demo%')
            """
        )
    )


def deleted_buckets(tx: Transaction) -> int:
    return tx.number("SELECT count(*) FROM buckets WHERE deleted_at IS NOT NULL")


def kept_for_undo(tx: Transaction) -> tuple[int, int]:
    """Return how many operations can still be undone, and how many events are kept for that."""
    operations = tx.number("SELECT count(*) FROM operations WHERE purged_at IS NULL AND undone_at IS NULL")
    return operations, tx.number("SELECT count(*) FROM operation_events")


def _instant(value: object) -> Instant | None:
    return Instant(whole(value)) if isinstance(value, int) else None
