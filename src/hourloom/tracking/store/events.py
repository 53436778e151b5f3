"""The SQL that adds, moves and deletes events."""

from __future__ import annotations

from collections.abc import Sequence

from hourloom.db.statements import ByDialect
from hourloom.db.transaction import Rows, Transaction
from hourloom.tracking.model import Event
from hourloom.tracking.store.lists import as_json, numbers


def add_events(tx: Transaction, workspace: int, events: Sequence[Event]) -> None:
    """Add events by a single statement: the writer lets other threads run at each one."""
    rows = [(e.id, e.bucket_id, e.started_at, e.ended_at, e.payload_id) for e in events]
    tx.execute(
        ByDialect(
            sqlite="""
                INSERT INTO events (id, workspace_id, bucket_id, started_at, ended_at, payload_id)
                SELECT value ->> 0, :workspace, value ->> 1, value ->> 2, value ->> 3, value ->> 4
                FROM json_each(:rows)
            """,
            postgresql="""
                INSERT INTO events (id, workspace_id, bucket_id, started_at, ended_at, payload_id)
                SELECT (value ->> 0)::bigint, :workspace, (value ->> 1)::bigint, (value ->> 2)::bigint,
                       (value ->> 3)::bigint, (value ->> 4)::bigint
                FROM json_array_elements(:rows::json)
            """,
        ),
        workspace=workspace,
        rows=as_json(rows),
    )


def set_ends(tx: Transaction, ends: Sequence[tuple[int, int]]) -> None:
    """Move the ends of events, each given by its number."""
    tx.execute(
        ByDialect(
            sqlite="""
                UPDATE events SET ended_at = moved.value ->> 1
                FROM json_each(:ends) AS moved WHERE events.id = moved.value ->> 0
            """,
            postgresql="""
                UPDATE events SET ended_at = (moved.value ->> 1)::bigint
                FROM json_array_elements(:ends::json) AS moved WHERE events.id = (moved.value ->> 0)::bigint
            """,
        ),
        ends=as_json(ends),
    )


def set_event(tx: Transaction, workspace: int, event: Event) -> int:
    return tx.execute(
        """
        UPDATE events SET started_at = :started_at, ended_at = :ended_at, payload_id = :payload
        WHERE id = :id AND workspace_id = :workspace
        """,
        id=event.id,
        workspace=workspace,
        started_at=event.started_at,
        ended_at=event.ended_at,
        payload=event.payload_id,
    )


def delete_event(tx: Transaction, workspace: int, event: int) -> int:
    return tx.execute(
        "DELETE FROM events WHERE id = :event AND workspace_id = :workspace", workspace=workspace, event=event
    )


def delete_events_between(tx: Transaction, workspace: int, first: int, last: int) -> list[Event]:
    """Delete the events with numbers from one to another, both included; return them."""
    return tx.all(
        Event,
        # The plus sign keeps SQLite from walking through the whole workspace.
        """
        DELETE FROM events WHERE id BETWEEN :first AND :last AND +workspace_id = :workspace
        RETURNING id, bucket_id, started_at, ended_at, payload_id
        """,
        workspace=workspace,
        first=first,
        last=last,
    )


def delete_given(
    tx: Transaction, workspace: int, erasure: int, events: list[int], start: int, end: int
) -> list[Event]:
    """Delete events that still meet a period and have a payload of an erasure (0: any); return them."""
    return tx.all(
        Event,
        ByDialect(
            sqlite="""
                DELETE FROM events
                WHERE id IN (SELECT value FROM json_each(:events)) AND +workspace_id = :workspace
                  AND started_at < :end
                  AND (ended_at > :start OR (started_at = ended_at AND started_at >= :start))
                  AND (:erasure = 0 OR EXISTS (
                      SELECT 1 FROM erasure_payloads p
                      WHERE p.erasure_id = :erasure AND p.payload_id = events.payload_id
                  ))
                RETURNING id, bucket_id, started_at, ended_at, payload_id
            """,
            postgresql="""
                DELETE FROM events
                WHERE id = ANY(:events) AND workspace_id = :workspace
                  AND started_at < :end
                  AND (ended_at > :start OR (started_at = ended_at AND started_at >= :start))
                  AND (:erasure = 0 OR EXISTS (
                      SELECT 1 FROM erasure_payloads p
                      WHERE p.erasure_id = :erasure AND p.payload_id = events.payload_id
                  ))
                RETURNING id, bucket_id, started_at, ended_at, payload_id
            """,
        ),
        workspace=workspace,
        erasure=erasure,
        events=numbers(tx, events),
        start=start,
        end=end,
    )


def delete_ended(tx: Transaction, workspace: int, events: list[int], ended_by: int) -> list[Event]:
    """Delete those of some events that had ended by an instant; return them."""
    return tx.all(
        Event,
        ByDialect(
            sqlite="""
                DELETE FROM events
                WHERE id IN (SELECT value FROM json_each(:events)) AND +workspace_id = :workspace
                  AND +ended_at <= :ended_by
                RETURNING id, bucket_id, started_at, ended_at, payload_id
            """,
            postgresql="""
                DELETE FROM events
                WHERE id = ANY(:events) AND workspace_id = :workspace AND ended_at <= :ended_by
                RETURNING id, bucket_id, started_at, ended_at, payload_id
            """,
        ),
        workspace=workspace,
        events=numbers(tx, events),
        ended_by=ended_by,
    )


def add_absent(tx: Transaction, workspace: int, events: Sequence[Event]) -> int:
    """Add events that are not there, as far as their buckets are; return how many."""
    rows = [(e.id, e.bucket_id, e.started_at, e.ended_at, e.payload_id) for e in events]
    return tx.execute(
        ByDialect(
            sqlite="""
                INSERT INTO events (id, workspace_id, bucket_id, started_at, ended_at, payload_id)
                SELECT value ->> 0, :workspace, value ->> 1, value ->> 2, value ->> 3, value ->> 4
                FROM json_each(:rows)
                WHERE EXISTS (SELECT 1 FROM buckets b WHERE b.id = value ->> 1)
                ON CONFLICT (id) DO NOTHING
            """,
            postgresql="""
                INSERT INTO events (id, workspace_id, bucket_id, started_at, ended_at, payload_id)
                SELECT (value ->> 0)::bigint, :workspace, (value ->> 1)::bigint, (value ->> 2)::bigint,
                       (value ->> 3)::bigint, (value ->> 4)::bigint
                FROM json_array_elements(:rows::json)
                WHERE EXISTS (SELECT 1 FROM buckets b WHERE b.id = (value ->> 1)::bigint)
                ON CONFLICT (id) DO NOTHING
            """,
        ),
        workspace=workspace,
        rows=as_json(rows),
    )


def delete_events(tx: Transaction, workspace: int, events: Sequence[int]) -> int:
    """Delete events by their numbers; return how many there were."""
    return tx.execute(
        ByDialect(
            sqlite="""
                DELETE FROM events
                WHERE id IN (SELECT value FROM json_each(:events)) AND +workspace_id = :workspace
            """,
            postgresql="DELETE FROM events WHERE id = ANY(:events) AND workspace_id = :workspace",
        ),
        workspace=workspace,
        events=numbers(tx, list(events)),
    )


def set_payloads(tx: Transaction, workspace: int, pairs: Sequence[Sequence[int]]) -> int:
    """Give events, by their numbers, a new payload in place of the one that is named too."""
    return tx.execute(
        ByDialect(
            sqlite="""
                UPDATE events SET payload_id = given.value ->> 2 FROM json_each(:pairs) AS given
                WHERE events.id = given.value ->> 0 AND events.payload_id = given.value ->> 1
                  AND +events.workspace_id = :workspace
            """,
            postgresql="""
                UPDATE events SET payload_id = (given.value ->> 2)::bigint
                FROM json_array_elements(:pairs::json) AS given
                WHERE events.id = (given.value ->> 0)::bigint
                  AND events.payload_id = (given.value ->> 1)::bigint AND events.workspace_id = :workspace
            """,
        ),
        workspace=workspace,
        pairs=as_json(pairs),
    )


def last_event_number(tx: Transaction) -> int:
    """Return the highest number that an event of an embedded database ever had."""
    return tx.number(
        ByDialect(
            sqlite="SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'events'",
            postgresql="SELECT coalesce(max(id), 0) FROM events",
        )
    )


def next_event_numbers(tx: Transaction, count: int) -> Rows:
    """Take numbers from the sequence of a team database."""
    return tx.rows(
        ByDialect(
            sqlite="SELECT value FROM json_each('[]') LIMIT :count",
            postgresql="""
                SELECT nextval(pg_get_serial_sequence('events', 'id')) FROM generate_series(1, :count)
            """,
        ),
        count=count,
    )
