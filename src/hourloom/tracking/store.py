"""The SQL of devices, buckets, payloads and events."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from hourloom.core.ids import BucketId, DeviceId
from hourloom.db.statements import WRITE_LOCK, ByDialect
from hourloom.db.transaction import Rows, Transaction, whole
from hourloom.tracking.model import Bucket, BucketDraft, Device, Event, Extent


def device_by_name(tx: Transaction, workspace: int, name: str) -> Device | None:
    return tx.one(
        Device,
        """
        SELECT id, workspace_id, user_id, name, created_at FROM devices
        WHERE workspace_id = :workspace AND name = :name
        """,
        workspace=workspace,
        name=name,
    )


def devices_of(tx: Transaction, workspace: int) -> list[Device]:
    return tx.all(
        Device,
        """
        SELECT id, workspace_id, user_id, name, created_at FROM devices
        WHERE workspace_id = :workspace ORDER BY id
        """,
        workspace=workspace,
    )


def add_device(tx: Transaction, workspace: int, user: int, name: str, now: int) -> DeviceId:
    return DeviceId(
        tx.number(
            """
                INSERT INTO devices (workspace_id, user_id, name, created_at)
                VALUES (:workspace, :user, :name, :now) RETURNING id
                """,
            workspace=workspace,
            user=user,
            name=name,
            now=now,
        )
    )


def buckets_of(tx: Transaction, workspace: int) -> list[Bucket]:
    return tx.all(
        Bucket,
        """
        SELECT id, workspace_id, device_id, name, type, client, hostname, data, created_at,
               history_version, deleted_at
        FROM buckets WHERE workspace_id = :workspace AND deleted_at IS NULL ORDER BY id
        """,
        workspace=workspace,
    )


def bucket_by_name(tx: Transaction, workspace: int, name: str) -> Bucket | None:
    return tx.one(
        Bucket,
        """
        SELECT id, workspace_id, device_id, name, type, client, hostname, data, created_at,
               history_version, deleted_at
        FROM buckets WHERE workspace_id = :workspace AND name = :name AND deleted_at IS NULL
        """,
        workspace=workspace,
        name=name,
    )


def bucket_by_id(tx: Transaction, workspace: int, bucket: int) -> Bucket | None:
    return tx.one(
        Bucket,
        """
        SELECT id, workspace_id, device_id, name, type, client, hostname, data, created_at,
               history_version, deleted_at
        FROM buckets WHERE workspace_id = :workspace AND id = :bucket
        """,
        workspace=workspace,
        bucket=bucket,
    )


def add_bucket(tx: Transaction, workspace: int, device: int, draft: BucketDraft, now: int) -> BucketId:
    return BucketId(
        tx.number(
            """
                INSERT INTO buckets
                    (workspace_id, device_id, name, type, client, hostname, data, created_at, history_version)
                VALUES
                    (:workspace, :device, :name, :type, :client, :hostname, :data, :created_at, 0)
                RETURNING id
                """,
            workspace=workspace,
            device=device,
            name=draft.name,
            type=draft.type,
            client=draft.client,
            hostname=draft.hostname,
            data=draft.data,
            created_at=now if draft.created_at is None else draft.created_at,
        )
    )


def set_bucket(tx: Transaction, workspace: int, bucket: int, device: int, draft: BucketDraft) -> None:
    tx.execute(
        """
        UPDATE buckets SET device_id = :device, type = :type, client = :client, hostname = :hostname,
               data = :data
        WHERE workspace_id = :workspace AND id = :bucket
        """,
        workspace=workspace,
        bucket=bucket,
        device=device,
        type=draft.type,
        client=draft.client,
        hostname=draft.hostname,
        data=draft.data,
    )


def set_bucket_deleted(tx: Transaction, workspace: int, bucket: int, deleted_at: int | None) -> int:
    return tx.execute(
        """
        UPDATE buckets SET deleted_at = :deleted_at, history_version = history_version + 1
        WHERE workspace_id = :workspace AND id = :bucket
        """,
        workspace=workspace,
        bucket=bucket,
        deleted_at=deleted_at,
    )


def note_history_changed(tx: Transaction, workspace: int, bucket: int) -> None:
    tx.execute(
        """
        UPDATE buckets SET history_version = history_version + 1
        WHERE workspace_id = :workspace AND id = :bucket
        """,
        workspace=workspace,
        bucket=bucket,
    )


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
        rows=_as_json(rows),
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
        ends=_as_json(ends),
    )


class HeartbeatColumns(msgspec.Struct, frozen=True):
    """Heartbeats in columns, and the payloads that they may need."""

    workspaces: list[int]
    buckets: list[str]
    starts: list[int]
    ends: list[int]
    pulsetimes: list[int]
    digests: list[bytes]
    types: list[str | None]
    payload_workspaces: list[int]
    payload_digests: list[bytes]
    payload_bodies: list[str]


def record_heartbeats(tx: Transaction, beats: HeartbeatColumns, settled: int) -> Rows:
    """Apply heartbeats on a team database; return problem, event, start and end for each, in their order."""
    return tx.rows(
        ByDialect(
            sqlite="SELECT NULL, NULL, NULL, NULL WHERE FALSE",
            postgresql="""
                SELECT problem, event, began, ended FROM record_heartbeats(
                    :workspaces::bigint[], :buckets::text[], :starts::bigint[], :ends::bigint[],
                    :pulsetimes::bigint[], :digests::bytea[], :types::text[],
                    :payload_workspaces::bigint[], :payload_digests::bytea[], :payload_bodies::text[],
                    :settled::bigint, :write_lock::bigint
                ) ORDER BY place
            """,
        ),
        workspaces=beats.workspaces,
        buckets=beats.buckets,
        starts=beats.starts,
        ends=beats.ends,
        pulsetimes=beats.pulsetimes,
        digests=beats.digests,
        types=beats.types,
        payload_workspaces=beats.payload_workspaces,
        payload_digests=beats.payload_digests,
        payload_bodies=beats.payload_bodies,
        settled=settled,
        write_lock=WRITE_LOCK,
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


def delete_events_between(tx: Transaction, workspace: int, first: int, last: int) -> int:
    """Delete the events with numbers from one to another, both included."""
    return tx.execute(
        "DELETE FROM events WHERE id BETWEEN :first AND :last AND workspace_id = :workspace",
        workspace=workspace,
        first=first,
        last=last,
    )


def delete_some_of_bucket(tx: Transaction, workspace: int, bucket: int, limit: int) -> int:
    return tx.execute(
        """
        DELETE FROM events WHERE id IN (
            SELECT id FROM events WHERE workspace_id = :workspace AND bucket_id = :bucket LIMIT :limit
        )
        """,
        workspace=workspace,
        bucket=bucket,
        limit=limit,
    )


def payload_by_digest(tx: Transaction, workspace: int, digest: bytes) -> int | None:
    found = tx.value(
        "SELECT id FROM payloads WHERE workspace_id = :workspace AND digest = :digest",
        workspace=workspace,
        digest=digest,
    )
    return found if isinstance(found, int) else None


def add_payload(tx: Transaction, workspace: int, digest: bytes, body: str) -> int:
    return tx.number(
        """
            INSERT INTO payloads (workspace_id, digest, body) VALUES (:workspace, :digest, :body)
            RETURNING id
            """,
        workspace=workspace,
        digest=digest,
        body=body,
    )


def payload_bodies(tx: Transaction, payloads: list[int]) -> Rows:
    """Return number and body of payloads."""
    return tx.rows(
        ByDialect(
            sqlite="SELECT id, body FROM payloads WHERE id IN (SELECT value FROM json_each(:payloads))",
            postgresql="SELECT id, body FROM payloads WHERE id = ANY(:payloads)",
        ),
        payloads=numbers(tx, payloads),
    )


def used_payloads(tx: Transaction) -> Rows:
    """Return the numbers of the payloads that events have, in one pass over the index."""
    return tx.rows("SELECT DISTINCT payload_id FROM events")


def all_payloads(tx: Transaction) -> Rows:
    return tx.rows("SELECT id FROM payloads ORDER BY id")


def delete_orphans(tx: Transaction, payloads: list[int], after: int) -> int:
    """Delete payloads unless an event that is newer than a number, or an operation's image, has them."""
    return tx.execute(
        ByDialect(
            sqlite="""
                DELETE FROM payloads WHERE id IN (SELECT value FROM json_each(:payloads))
                  AND id NOT IN (SELECT payload_id FROM events WHERE id > :after)
                  AND id NOT IN (
                      SELECT payload_id FROM operation_events
                      WHERE payload_id IN (SELECT value FROM json_each(:payloads))
                  )
            """,
            postgresql="""
                DELETE FROM payloads WHERE id = ANY(:payloads)
                  AND id NOT IN (SELECT payload_id FROM events WHERE id > :after)
                  AND id NOT IN (SELECT payload_id FROM operation_events WHERE payload_id = ANY(:payloads))
            """,
        ),
        payloads=numbers(tx, payloads),
        after=after,
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


def _as_json(rows: Sequence[Sequence[int]]) -> str:
    return msgspec.json.encode(rows).decode()


def numbers(tx: Transaction, values: list[int]) -> str | list[int]:
    """Return a list of numbers as the dialect takes it in one parameter."""
    if tx.dialect == "sqlite":
        return "[" + ",".join(map(str, values)) + "]"
    return values


def keep_image(tx: Transaction, operation: int, side: int, workspace: int, events: Sequence[Event]) -> None:
    """Keep events as they were before (0) or after (1) an operation."""
    tx.many(
        """
        INSERT INTO operation_events
            (operation_id, event_id, side, workspace_id, bucket_id, started_at, ended_at, payload_id)
        VALUES (:operation, :id, :side, :workspace, :bucket, :started_at, :ended_at, :payload)
        """,
        [
            {
                "operation": operation,
                "id": event.id,
                "side": side,
                "workspace": workspace,
                "bucket": event.bucket_id,
                "started_at": event.started_at,
                "ended_at": event.ended_at,
                "payload": event.payload_id,
            }
            for event in events
        ],
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
    """Return which events numbered from one to another were changed by later operations still in force."""
    found = tx.rows(
        """
        SELECT DISTINCT e.event_id FROM operation_events e JOIN operations o ON o.id = e.operation_id
        WHERE e.operation_id > :operation AND e.event_id BETWEEN :first AND :last AND o.undone_at IS NULL
        """,
        operation=operation,
        first=first,
        last=last,
    )
    return [whole(row[0]) for row in found]


def drop_image(tx: Transaction, operation: int) -> None:
    tx.execute("DELETE FROM operation_events WHERE operation_id = :operation", operation=operation)


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


def forget_bucket(tx: Transaction, workspace: int, bucket: int) -> None:
    tx.execute(
        "DELETE FROM buckets WHERE workspace_id = :workspace AND id = :bucket",
        workspace=workspace,
        bucket=bucket,
    )
