"""The SQL by which the record is held against itself."""

from __future__ import annotations

from hourloom.db.transaction import Rows, Transaction


def revision(tx: Transaction) -> str:
    return str(tx.value("SELECT version_num FROM alembic_version"))


def last_heard(tx: Transaction) -> Rows:
    """Return device, name, and begin and end of the newest event of each bucket but invented ones."""
    return tx.rows(
        """
        SELECT b.device_id, b.name,
               (SELECT e.started_at FROM events e
                WHERE e.workspace_id = b.workspace_id AND e.bucket_id = b.id
                ORDER BY e.started_at DESC, e.id DESC LIMIT 1),
               (SELECT e.ended_at FROM events e
                WHERE e.workspace_id = b.workspace_id AND e.bucket_id = b.id
                ORDER BY e.started_at DESC, e.id DESC LIMIT 1)
        FROM buckets b
        WHERE b.deleted_at IS NULL
            AND b.workspace_id NOT IN (SELECT workspace_id FROM members WHERE role LIKE 'demo%')
        ORDER BY b.name
        """
    )


def standing_notices(tx: Transaction) -> Rows:
    """Return kind, slot, facts and instant of the notices that stand, but for those about invented data."""
    return tx.rows(
        """
        SELECT kind, slot, subject, raised_at FROM notices
        WHERE cleared_at IS NULL
            AND workspace_id NOT IN (SELECT workspace_id FROM members WHERE role LIKE 'demo%')
        ORDER BY id
        """
    )


def lost_payloads(tx: Transaction) -> Rows:
    """Return which payloads of events, operations' images or kept totals are lost."""
    return tx.rows(
        """
        SELECT payload_id FROM events
        UNION SELECT payload_id FROM operation_events
        UNION SELECT payload_id FROM kept_totals
        EXCEPT SELECT id FROM payloads
        """
    )


def events_of_lost_payloads(tx: Transaction) -> int:
    return tx.number(
        "SELECT count(*) FROM events WHERE payload_id NOT IN (SELECT id FROM payloads)",
    )


def payloads_after(tx: Transaction, after: int, limit: int) -> Rows:
    """Return number, digest and body of payloads, with their workspace's key."""
    return tx.rows(
        """
        SELECT p.id, p.digest, p.body, w.payload_key
        FROM payloads p JOIN workspaces w ON w.id = p.workspace_id
        WHERE p.id > :after ORDER BY p.id LIMIT :limit
        """,
        after=after,
        limit=limit,
    )


def number_of_payloads(tx: Transaction) -> int:
    return tx.number("SELECT count(*) FROM payloads")


def events_inside_out(tx: Transaction) -> int:
    """Return how many events end before they begin."""
    return tx.number("SELECT count(*) FROM events WHERE ended_at < started_at")


def totals_out_of_place(tx: Transaction, quarter: int) -> int:
    """Return how many kept totals do not begin with a quarter of an hour, or last less than nothing."""
    return tx.number(
        "SELECT count(*) FROM kept_totals WHERE lasted < 0 OR started_at % :quarter <> 0", quarter=quarter
    )


def names_of_buckets(tx: Transaction) -> Rows:
    """Return the names of buckets, devices and hosts, which tell who somebody is."""
    return tx.rows(
        "SELECT name FROM buckets UNION SELECT hostname FROM buckets UNION SELECT name FROM devices"
    )
