"""The SQL that reads events."""

from __future__ import annotations

from collections.abc import Sequence

from hourloom.db.statements import ByDialect
from hourloom.db.transaction import Rows, Transaction
from hourloom.tracking.model import Event, Extent
from hourloom.tracking.store.lists import numbers


def newest_event(tx: Transaction, workspace: int, bucket: int) -> Event | None:
    return tx.one(
        Event,
        """
        SELECT id, bucket_id, started_at, ended_at, payload_id FROM events
        WHERE workspace_id = :workspace AND bucket_id = :bucket
        ORDER BY started_at DESC, id DESC LIMIT 1
        """,
        workspace=workspace,
        bucket=bucket,
    )


def newest_event_by(tx: Transaction, workspace: int, bucket: int, at: int) -> Event | None:
    """Return the newest event that begins at or before an instant."""
    return tx.one(
        Event,
        """
        SELECT id, bucket_id, started_at, ended_at, payload_id FROM events
        WHERE workspace_id = :workspace AND bucket_id = :bucket AND started_at <= :at
        ORDER BY started_at DESC, id DESC LIMIT 1
        """,
        workspace=workspace,
        bucket=bucket,
        at=at,
    )


def first_start(tx: Transaction, workspace: int, bucket: int) -> int | None:
    found = tx.value(
        "SELECT min(started_at) FROM events WHERE workspace_id = :workspace AND bucket_id = :bucket",
        workspace=workspace,
        bucket=bucket,
    )
    return found if isinstance(found, int) else None


def first_start_from(tx: Transaction, workspace: int, bucket: int, at: int) -> int | None:
    """Return when the first event that begins at or after an instant does."""
    found = tx.value(
        """
        SELECT min(started_at) FROM events
        WHERE workspace_id = :workspace AND bucket_id = :bucket AND started_at >= :at
        """,
        workspace=workspace,
        bucket=bucket,
        at=at,
    )
    return found if isinstance(found, int) else None


def extent(tx: Transaction, workspace: int, bucket: int) -> Extent | None:
    """Return where a bucket's events begin and where its newest one ends."""
    newest = newest_event(tx, workspace, bucket)
    first = first_start(tx, workspace, bucket)
    return None if newest is None or first is None else Extent(first, newest.ended_at)  # type: ignore[arg-type]


def event_by_id(tx: Transaction, workspace: int, event: int) -> Event | None:
    return tx.one(
        Event,
        """
        SELECT id, bucket_id, started_at, ended_at, payload_id FROM events
        WHERE id = :event AND workspace_id = :workspace
        """,
        workspace=workspace,
        event=event,
    )


def events_starting(
    tx: Transaction, workspace: int, bucket: int, after: int, until: int, ending: int, limit: int
) -> Rows:
    """Return id, start, end and payload of events by their start, newest first."""
    return tx.rows(
        """
        SELECT id, started_at, ended_at, payload_id FROM events
        WHERE workspace_id = :workspace AND bucket_id = :bucket
          AND started_at > :after AND started_at <= :until AND ended_at >= :ending
        ORDER BY started_at DESC, id DESC LIMIT :limit
        """,
        workspace=workspace,
        bucket=bucket,
        after=after,
        until=until,
        ending=ending,
        limit=limit,
    )


def lasting_events(tx: Transaction, workspace: int, bucket: int, until: int, ending: int) -> Rows:
    """Return the long events that began at or before one instant and end at or after another.

    The plus signs keep SQLite from the index by start, which would walk all that came before.
    """
    return tx.rows(
        """
        SELECT id, started_at, ended_at, payload_id FROM events
        WHERE workspace_id = :workspace AND bucket_id = :bucket
          AND ended_at - started_at >= 3600000000
          AND ended_at >= :ending AND +started_at <= :until
        ORDER BY +started_at DESC, id DESC
        """,
        workspace=workspace,
        bucket=bucket,
        until=until,
        ending=ending,
    )


def count_starting(tx: Transaction, workspace: int, bucket: int, after: int, until: int, ending: int) -> int:
    return tx.number(
        """
            SELECT count(*) FROM events
            WHERE workspace_id = :workspace AND bucket_id = :bucket
              AND started_at > :after AND started_at <= :until AND ended_at >= :ending
            """,
        workspace=workspace,
        bucket=bucket,
        after=after,
        until=until,
        ending=ending,
    )


def events_before(tx: Transaction, workspace: int, bucket: int, start: int, event: int, limit: int) -> Rows:
    """Return the events after a place in newest-first order, for lists that go on."""
    return tx.rows(
        """
        SELECT id, started_at, ended_at, payload_id FROM events
        WHERE workspace_id = :workspace AND bucket_id = :bucket
          AND started_at <= :start AND (started_at < :start OR id < :event)
        ORDER BY started_at DESC, id DESC LIMIT :limit
        """,
        workspace=workspace,
        bucket=bucket,
        start=start,
        event=event,
        limit=limit,
    )


def events_behind(  # noqa: PLR0913 - each bounds what is meant
    tx: Transaction,
    workspace: int,
    bucket: int,
    *,
    at: int,
    event: int,
    until: int,
    last: int,
    limit: int,
) -> Rows:
    """Return the events behind a place, the oldest first, that began before an instant."""
    return tx.rows(
        """
        SELECT id, started_at, ended_at, payload_id FROM events
        WHERE workspace_id = :workspace AND bucket_id = :bucket
          AND started_at >= :at AND (started_at > :at OR id > :event)
          AND started_at < :until AND id <= :last
        ORDER BY started_at, id LIMIT :limit
        """,
        workspace=workspace,
        bucket=bucket,
        at=at,
        event=event,
        until=until,
        last=last,
        limit=limit,
    )


def is_stored(tx: Transaction, event: Event, workspace: int) -> bool:
    """Return whether a bucket holds the same interval with the same payload."""
    return (
        tx.value(
            """
            SELECT 1 FROM events
            WHERE workspace_id = :workspace AND bucket_id = :bucket AND started_at = :started_at
              AND ended_at = :ended_at AND payload_id = :payload LIMIT 1
            """,
            workspace=workspace,
            bucket=event.bucket_id,
            started_at=event.started_at,
            ended_at=event.ended_at,
            payload=event.payload_id,
        )
        is not None
    )


def to_erase(  # noqa: PLR0913 - each bounds what is read
    tx: Transaction,
    workspace: int,
    bucket: int,
    erasure: int,
    *,
    after: int,
    start: int,
    end: int,
    last: int,
    limit: int,
) -> Rows:
    """Return id, start, end and payload of events that meet a period, by their start, from an instant on.

    With an erasure only those that have one of its payloads; 0 stands for all.
    """
    return tx.rows(
        """
        SELECT id, started_at, ended_at, payload_id FROM events
        WHERE workspace_id = :workspace AND bucket_id = :bucket
          AND started_at >= :after AND started_at < :end AND id <= :last
          AND (ended_at > :start OR (started_at = ended_at AND started_at >= :start))
          AND (:erasure = 0 OR EXISTS (
              SELECT 1 FROM erasure_payloads p
              WHERE p.erasure_id = :erasure AND p.payload_id = events.payload_id
          ))
        ORDER BY started_at LIMIT :limit
        """,
        workspace=workspace,
        bucket=bucket,
        erasure=erasure,
        after=after,
        start=start,
        end=end,
        last=last,
        limit=limit,
    )


def ended_by(
    tx: Transaction, workspace: int, bucket: int, *, after: int, event: int, until: int, limit: int
) -> Rows:
    """Return id, start, end and payload of events after a place, in order, that had ended by an instant."""
    return tx.rows(
        """
        SELECT id, started_at, ended_at, payload_id FROM events
        WHERE workspace_id = :workspace AND bucket_id = :bucket
          AND started_at >= :after AND (started_at > :after OR id > :event)
          AND started_at <= :until AND ended_at <= :until
        ORDER BY started_at, id LIMIT :limit
        """,
        workspace=workspace,
        bucket=bucket,
        after=after,
        event=event,
        until=until,
        limit=limit,
    )


def lasting_to_erase(  # noqa: PLR0913 - as above
    tx: Transaction,
    workspace: int,
    bucket: int,
    erasure: int,
    *,
    start: int,
    until: int,
    last: int,
    limit: int,
) -> Rows:
    """Return the long events that began before an instant and reach into a period that starts later."""
    return tx.rows(
        """
        SELECT id, started_at, ended_at, payload_id FROM events
        WHERE workspace_id = :workspace AND bucket_id = :bucket
          AND ended_at - started_at >= 3600000000
          AND ended_at > :start AND +started_at < :until AND id <= :last
          AND (:erasure = 0 OR EXISTS (
              SELECT 1 FROM erasure_payloads p
              WHERE p.erasure_id = :erasure AND p.payload_id = events.payload_id
          ))
        LIMIT :limit
        """,
        workspace=workspace,
        bucket=bucket,
        erasure=erasure,
        start=start,
        until=until,
        last=last,
        limit=limit,
    )


def events_by_number(tx: Transaction, workspace: int, events: Sequence[int]) -> list[Event]:
    return tx.all(
        Event,
        ByDialect(
            sqlite="""
                SELECT id, bucket_id, started_at, ended_at, payload_id FROM events
                WHERE id IN (SELECT value FROM json_each(:events)) AND +workspace_id = :workspace
            """,
            postgresql="""
                SELECT id, bucket_id, started_at, ended_at, payload_id FROM events
                WHERE id = ANY(:events) AND workspace_id = :workspace
            """,
        ),
        workspace=workspace,
        events=numbers(tx, list(events)),
    )


def measured(
    tx: Transaction, workspace: int, bucket: int, *, start: int, end: int, payloads: list[int], every: int
) -> Rows:
    """Return count, length within a period, first start and last end of events that meet it.

    Of all events with `every` 1, else of those that have one of the payloads.
    """
    return tx.rows(
        ByDialect(
            sqlite="""
                SELECT count(*), coalesce(sum(max(0, min(ended_at, :end) - max(started_at, :start))), 0),
                       min(started_at), max(ended_at)
                FROM events
                WHERE workspace_id = :workspace AND bucket_id = :bucket AND started_at < :end
                  AND (ended_at > :start OR (started_at = ended_at AND started_at >= :start))
                  AND (:every = 1 OR payload_id IN (SELECT value FROM json_each(:payloads)))
            """,
            postgresql="""
                SELECT count(*),
                       coalesce(
                           sum(greatest(0, least(ended_at, :end) - greatest(started_at, :start))), 0
                       )::bigint,
                       min(started_at), max(ended_at)
                FROM events
                WHERE workspace_id = :workspace AND bucket_id = :bucket AND started_at < :end
                  AND (ended_at > :start OR (started_at = ended_at AND started_at >= :start))
                  AND (:every = 1 OR payload_id = ANY(:payloads::bigint[]))
            """,
        ),
        workspace=workspace,
        bucket=bucket,
        start=start,
        end=end,
        payloads=numbers(tx, payloads),
        every=every,
    )


def measured_by_payload(tx: Transaction, workspace: int, bucket: int, after: int, ended_by: int) -> Rows:
    """Return payload, count, length, first start and last end of events that ended within a time."""
    return tx.rows(
        ByDialect(
            sqlite="""
                SELECT payload_id, count(*), coalesce(sum(ended_at - started_at), 0), min(started_at),
                       max(ended_at)
                FROM events
                WHERE workspace_id = :workspace AND bucket_id = :bucket
                  AND started_at <= :ended_by AND ended_at <= :ended_by AND ended_at > :after
                GROUP BY payload_id
            """,
            postgresql="""
                SELECT payload_id, count(*), coalesce(sum(ended_at - started_at), 0)::bigint,
                       min(started_at), max(ended_at)
                FROM events
                WHERE workspace_id = :workspace AND bucket_id = :bucket
                  AND started_at <= :ended_by AND ended_at <= :ended_by AND ended_at > :after
                GROUP BY payload_id
            """,
        ),
        workspace=workspace,
        bucket=bucket,
        after=after,
        ended_by=ended_by,
    )
