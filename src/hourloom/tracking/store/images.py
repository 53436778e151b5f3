"""The SQL of the images by which operations are taken back."""

from __future__ import annotations

from collections.abc import Sequence

from hourloom.db.statements import ByDialect
from hourloom.db.transaction import Rows, Transaction, whole
from hourloom.tracking.model import Event
from hourloom.tracking.store.lists import as_json, numbers


def keep_image(tx: Transaction, operation: int, side: int, workspace: int, events: Sequence[Event]) -> None:
    """Keep events as they were before (0) or after (1) an operation."""
    rows = [(e.id, e.bucket_id, e.started_at, e.ended_at, e.payload_id) for e in events]
    tx.execute(
        ByDialect(
            sqlite="""
                INSERT INTO operation_events
                    (operation_id, event_id, side, workspace_id, bucket_id, started_at, ended_at, payload_id)
                SELECT :operation, value ->> 0, :side, :workspace, value ->> 1, value ->> 2, value ->> 3,
                       value ->> 4
                FROM json_each(:rows)
            """,
            postgresql="""
                INSERT INTO operation_events
                    (operation_id, event_id, side, workspace_id, bucket_id, started_at, ended_at, payload_id)
                SELECT :operation, (value ->> 0)::bigint, :side, :workspace, (value ->> 1)::bigint,
                       (value ->> 2)::bigint, (value ->> 3)::bigint, (value ->> 4)::bigint
                FROM json_array_elements(:rows::json)
            """,
        ),
        operation=operation,
        side=side,
        workspace=workspace,
        rows=as_json(rows),
    )


def image(tx: Transaction, operation: int, side: int) -> list[Event]:
    """Return events as they were before (0) or after (1) an operation."""
    return tx.all(
        Event,
        """
        SELECT event_id AS id, bucket_id, started_at, ended_at, payload_id FROM operation_events
        WHERE operation_id = :operation AND side = :side ORDER BY event_id
        """,
        operation=operation,
        side=side,
    )


def touched_since(tx: Transaction, operation: int, first: int, last: int) -> list[int]:
    """Return events numbered from one to another that later operations changed, up to a thousand of them."""
    found = tx.rows(
        """
        SELECT DISTINCT e.event_id FROM operation_events e JOIN operations o ON o.id = e.operation_id
        WHERE e.operation_id > :operation AND e.event_id BETWEEN :first AND :last AND o.undone_at IS NULL
        LIMIT 1000
        """,
        operation=operation,
        first=first,
        last=last,
    )
    return [whole(row[0]) for row in found]


def image_after(tx: Transaction, operation: int, side: int, event: int, limit: int) -> list[Event]:
    """Return a part of an image: the events numbered above one."""
    return tx.all(
        Event,
        """
        SELECT event_id AS id, bucket_id, started_at, ended_at, payload_id FROM operation_events
        WHERE operation_id = :operation AND side = :side AND event_id > :event
        ORDER BY event_id LIMIT :limit
        """,
        operation=operation,
        side=side,
        event=event,
        limit=limit,
    )


def cut_events(tx: Transaction, operation: int, start: int, end: int) -> list[Event]:
    """Return events as they were before an operation that reached beyond a period."""
    return tx.all(
        Event,
        """
        SELECT event_id AS id, bucket_id, started_at, ended_at, payload_id FROM operation_events
        WHERE operation_id = :operation AND side = 0 AND (started_at < :start OR ended_at > :end)
        """,
        operation=operation,
        start=start,
        end=end,
    )


def drop_some_of_image(tx: Transaction, operation: int, limit: int) -> int:
    return tx.execute(
        """
        DELETE FROM operation_events
        WHERE operation_id = :operation AND event_id IN (
            SELECT event_id FROM operation_events WHERE operation_id = :operation LIMIT :limit
        )
        """,
        operation=operation,
        limit=limit,
    )


def images_to_erase(  # noqa: PLR0913 - each bounds what is meant
    tx: Transaction,
    workspace: int,
    erasure: int,
    buckets: list[int],
    *,
    operation: int,
    start: int,
    end: int,
    last: int,
    limit: int,
) -> Rows:
    """Return operation and event of the images of one operation, and of those that meet a period.

    With an erasure only those that have one of its payloads; 0 stands for all.
    """
    return tx.rows(
        ByDialect(
            sqlite="""
                SELECT DISTINCT operation_id, event_id FROM operation_events AS i
                WHERE workspace_id = :workspace AND (operation_id = :operation OR (
                  bucket_id IN (SELECT value FROM json_each(:buckets))
                  AND started_at < :end AND event_id <= :last
                  AND (ended_at > :start OR (started_at = ended_at AND started_at >= :start))
                  AND (:erasure = 0 OR EXISTS (
                      SELECT 1 FROM erasure_payloads p
                      WHERE p.erasure_id = :erasure AND p.payload_id = i.payload_id
                  ))
                ))
                LIMIT :limit
            """,
            postgresql="""
                SELECT DISTINCT operation_id, event_id FROM operation_events AS i
                WHERE workspace_id = :workspace AND (operation_id = :operation OR (
                  bucket_id = ANY(:buckets)
                  AND started_at < :end AND event_id <= :last
                  AND (ended_at > :start OR (started_at = ended_at AND started_at >= :start))
                  AND (:erasure = 0 OR EXISTS (
                      SELECT 1 FROM erasure_payloads p
                      WHERE p.erasure_id = :erasure AND p.payload_id = i.payload_id
                  ))
                ))
                LIMIT :limit
            """,
        ),
        workspace=workspace,
        erasure=erasure,
        buckets=numbers(tx, buckets),
        operation=operation,
        start=start,
        end=end,
        last=last,
        limit=limit,
    )


def drop_images(tx: Transaction, places: Sequence[Sequence[int]]) -> int:
    """Forget both sides of images, given by operation and event; undo leaves those events as they are."""
    return tx.execute(
        ByDialect(
            sqlite="""
                DELETE FROM operation_events WHERE (operation_id, event_id) IN (
                    SELECT value ->> 0, value ->> 1 FROM json_each(:places)
                )
            """,
            postgresql="""
                DELETE FROM operation_events WHERE (operation_id, event_id) IN (
                    SELECT (value ->> 0)::bigint, (value ->> 1)::bigint
                    FROM json_array_elements(:places::json)
                )
            """,
        ),
        places=as_json(places),
    )


def deleting_operation(tx: Transaction, workspace: int, event: int) -> int | None:
    """Return the latest operation after which an event was gone."""
    found = tx.value(
        """
        SELECT max(b.operation_id) FROM operation_events b
        WHERE b.event_id = :event AND b.workspace_id = :workspace AND b.side = 0 AND NOT EXISTS (
            SELECT 1 FROM operation_events a
            WHERE a.operation_id = b.operation_id AND a.event_id = b.event_id AND a.side = 1
        )
        """,
        workspace=workspace,
        event=event,
    )
    return found if isinstance(found, int) else None


def last_run(tx: Transaction, operation: int) -> tuple[int, int] | None:
    """Return the newest run of events that an operation added, as first and last number."""
    found = tx.rows(
        """
        SELECT first_event, last_event FROM operation_runs WHERE operation_id = :operation
        ORDER BY first_event DESC LIMIT 1
        """,
        operation=operation,
    )
    return (whole(found[0][0]), whole(found[0][1])) if found else None


def runs_of(tx: Transaction, operation: int) -> list[tuple[int, int]]:
    found = tx.rows(
        """
        SELECT first_event, last_event FROM operation_runs WHERE operation_id = :operation
        ORDER BY first_event
        """,
        operation=operation,
    )
    return [(whole(first), whole(last)) for first, last in found]


def put_run(tx: Transaction, operation: int, first: int, last: int) -> None:
    """Keep a run of events that an operation added, or how far it reaches now."""
    tx.execute(
        """
        INSERT INTO operation_runs (operation_id, first_event, last_event)
        VALUES (:operation, :first, :last)
        ON CONFLICT (operation_id, first_event) DO UPDATE SET last_event = excluded.last_event
        """,
        operation=operation,
        first=first,
        last=last,
    )


def drop_run(tx: Transaction, operation: int, first: int) -> None:
    tx.execute(
        "DELETE FROM operation_runs WHERE operation_id = :operation AND first_event = :first",
        operation=operation,
        first=first,
    )


def drop_some_runs(tx: Transaction, operation: int, limit: int) -> int:
    return tx.execute(
        """
        DELETE FROM operation_runs WHERE operation_id = :operation AND first_event IN (
            SELECT first_event FROM operation_runs WHERE operation_id = :operation LIMIT :limit
        )
        """,
        operation=operation,
        limit=limit,
    )
