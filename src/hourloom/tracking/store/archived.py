"""The SQL by which the record goes into an archive, and comes from one."""

from __future__ import annotations

from collections.abc import Sequence

from hourloom.db.statements import ByDialect
from hourloom.db.transaction import Rows, Transaction, whole
from hourloom.tracking.enrichment import Traits
from hourloom.tracking.model import Bucket, Event
from hourloom.tracking.store.lists import as_json


def archived_buckets(tx: Transaction, workspace: int) -> list[Bucket]:
    """Return all buckets, those in the trash too, but none that is being erased."""
    return tx.all(
        Bucket,
        """
        SELECT id, workspace_id, device_id, name, type, client, hostname, data, created_at,
               history_version, deleted_at
        FROM buckets WHERE workspace_id = :workspace AND (deleted_at IS NULL OR deleted_at > 0) ORDER BY id
        """,
        workspace=workspace,
    )


def trashed_bucket(tx: Transaction, workspace: int, name: str, created_at: int) -> Bucket | None:
    return tx.one(
        Bucket,
        """
        SELECT id, workspace_id, device_id, name, type, client, hostname, data, created_at,
               history_version, deleted_at
        FROM buckets
        WHERE workspace_id = :workspace AND name = :name AND created_at = :created_at AND deleted_at > 0
        ORDER BY id LIMIT 1
        """,
        workspace=workspace,
        name=name,
        created_at=created_at,
    )


def put_device(tx: Transaction, workspace: int, number: int, user: int, name: str, created_at: int) -> None:
    """Add a device with the number that it had elsewhere."""
    tx.execute(
        """
        INSERT INTO devices (id, workspace_id, user_id, name, created_at)
        VALUES (:number, :workspace, :user, :name, :created_at)
        """,
        number=number,
        workspace=workspace,
        user=user,
        name=name,
        created_at=created_at,
    )


def drop_device(tx: Transaction, workspace: int, device: int) -> None:
    """Forget a device unless a bucket is of it."""
    tx.execute(
        """
        DELETE FROM devices WHERE id = :device AND workspace_id = :workspace
          AND NOT EXISTS (SELECT 1 FROM buckets b WHERE b.device_id = :device)
        """,
        workspace=workspace,
        device=device,
    )


def put_bucket(tx: Transaction, bucket: Bucket) -> None:
    """Add a bucket with the number that it had elsewhere."""
    tx.execute(
        """
        INSERT INTO buckets
            (id, workspace_id, device_id, name, type, client, hostname, data, created_at, history_version,
             deleted_at)
        VALUES
            (:number, :workspace, :device, :name, :type, :client, :hostname, :data, :created_at, 0,
             :deleted_at)
        """,
        number=bucket.id,
        workspace=bucket.workspace_id,
        device=bucket.device_id,
        name=bucket.name,
        type=bucket.type,
        client=bucket.client,
        hostname=bucket.hostname,
        data=bucket.data,
        created_at=bucket.created_at,
        deleted_at=bucket.deleted_at,
    )


def is_in_use(tx: Transaction, workspace: int, bucket: int) -> bool:
    """Return whether a bucket has events or totals."""
    return bool(
        tx.rows(
            """
            SELECT 1 FROM events WHERE workspace_id = :workspace AND bucket_id = :bucket
            UNION ALL
            SELECT 1 FROM kept_totals WHERE workspace_id = :workspace AND bucket_id = :bucket
            LIMIT 1
            """,
            workspace=workspace,
            bucket=bucket,
        )
    )


def has_few_events(tx: Transaction, most: int) -> bool:
    """Return whether there are no more events than some, in all workspaces."""
    return tx.number("SELECT count(*) FROM (SELECT 1 FROM events LIMIT :most + 1) AS few", most=most) <= most


def drop_bucket(tx: Transaction, workspace: int, bucket: int) -> None:
    """Delete a bucket; the database looks through all events for one that has it."""
    tx.execute(
        "DELETE FROM buckets WHERE id = :bucket AND workspace_id = :workspace",
        workspace=workspace,
        bucket=bucket,
    )


def payloads_in_use(tx: Transaction, workspace: int, after: int, limit: int) -> list[int]:
    """Return the numbers of payloads, behind one, that events, totals or what undo needs have."""
    found = tx.rows(
        """
        SELECT DISTINCT payload_id FROM (
            SELECT payload_id FROM events WHERE workspace_id = :workspace AND payload_id > :after
            UNION ALL
            SELECT payload_id FROM kept_totals WHERE workspace_id = :workspace AND payload_id > :after
            UNION ALL
            SELECT i.payload_id FROM operation_events i JOIN operations o ON o.id = i.operation_id
            WHERE i.workspace_id = :workspace AND i.payload_id > :after
              AND o.kind NOT IN (
                  'import_archive', 'delete_range', 'delete_match', 'delete_everything', 'hide_history'
              )
        ) AS used ORDER BY payload_id LIMIT :limit
        """,
        workspace=workspace,
        after=after,
        limit=limit,
    )
    return [whole(row[0]) for row in found]


def put_payload(
    tx: Transaction, workspace: int, number: int, digest: bytes, body: str, traits: Traits
) -> None:
    """Add a payload with the number that it had elsewhere."""
    tx.execute(
        """
        INSERT INTO payloads (id, workspace_id, digest, body, app, domain, private)
        VALUES (:number, :workspace, :digest, :body, :app, :domain, :private)
        """,
        app=traits.app,
        domain=traits.domain,
        private=int(traits.private),
        number=number,
        workspace=workspace,
        digest=digest,
        body=body,
    )


def count_payloads(tx: Transaction, workspace: int) -> int:
    return tx.number("SELECT count(*) FROM payloads WHERE workspace_id = :workspace", workspace=workspace)


def last_payload(tx: Transaction) -> int:
    return tx.number("SELECT coalesce(max(id), 0) FROM payloads")


def count_events(tx: Transaction, workspace: int) -> int:
    return tx.number("SELECT count(*) FROM events WHERE workspace_id = :workspace", workspace=workspace)


def events_after(tx: Transaction, workspace: int, after: int, limit: int) -> list[Event]:
    """Return the events behind a number, but for those of buckets that are being erased."""
    return tx.all(
        Event,
        """
        SELECT id, bucket_id, started_at, ended_at, payload_id FROM events
        WHERE id > :after AND +workspace_id = :workspace
          AND bucket_id NOT IN (SELECT b.id FROM buckets b WHERE b.deleted_at = 0)
        ORDER BY id LIMIT :limit
        """,
        workspace=workspace,
        after=after,
        limit=limit,
    )


def events_beginning(
    tx: Transaction, workspace: int, operation: int, places: Sequence[Sequence[int]]
) -> Rows:
    """Return what begins in some buckets at some instants, but for what an operation added.

    As the number of the place in the list, then id, end and payload of the event.
    """
    # CROSS keeps SQLite from going through all events and looking for each in the list.
    return tx.rows(
        ByDialect(
            sqlite="""
                SELECT given.key, e.id, e.ended_at, e.payload_id
                FROM json_each(:places) AS given
                CROSS JOIN events e ON e.workspace_id = :workspace AND e.bucket_id = given.value ->> 0
                             AND e.started_at = given.value ->> 1
                WHERE NOT EXISTS (
                    SELECT 1 FROM operation_runs r
                    WHERE r.operation_id = :operation AND r.first_event <= e.id AND r.last_event >= e.id
                )
                ORDER BY given.key, e.id
            """,
            postgresql="""
                SELECT given.place - 1, e.id, e.ended_at, e.payload_id
                FROM json_array_elements(:places::json) WITH ORDINALITY AS given (value, place)
                JOIN events e ON e.workspace_id = :workspace
                             AND e.bucket_id = (given.value ->> 0)::bigint
                             AND e.started_at = (given.value ->> 1)::bigint
                WHERE NOT EXISTS (
                    SELECT 1 FROM operation_runs r
                    WHERE r.operation_id = :operation AND r.first_event <= e.id AND r.last_event >= e.id
                )
                ORDER BY given.place, e.id
            """,
        ),
        workspace=workspace,
        operation=operation,
        places=as_json(places),
    )


def totals_at(tx: Transaction, workspace: int, places: Sequence[Sequence[int]]) -> Rows:
    """Return which totals there are, by the number of the place in the list, and how long each lasted.

    A place is bucket, start of the quarter and payload.
    """
    return tx.rows(
        ByDialect(
            sqlite="""
                SELECT given.key, t.lasted
                FROM json_each(:places) AS given
                CROSS JOIN kept_totals t ON t.workspace_id = :workspace AND t.bucket_id = given.value ->> 0
                                  AND t.started_at = given.value ->> 1 AND t.payload_id = given.value ->> 2
            """,
            postgresql="""
                SELECT given.place - 1, t.lasted
                FROM json_array_elements(:places::json) WITH ORDINALITY AS given (value, place)
                JOIN kept_totals t ON t.workspace_id = :workspace
                                  AND t.bucket_id = (given.value ->> 0)::bigint
                                  AND t.started_at = (given.value ->> 1)::bigint
                                  AND t.payload_id = (given.value ->> 2)::bigint
            """,
        ),
        workspace=workspace,
        places=as_json(places),
    )


def recorded_in(
    tx: Transaction, workspace: int, operation: int, reach: int, length: int, places: Sequence[Sequence[int]]
) -> list[int]:
    """Return at which places there are events of their own, but for what an operation added.

    A place is bucket, start and payload; it has a length, and events that began before it may reach into it.
    """
    found = tx.rows(
        ByDialect(
            sqlite="""
                SELECT given.key FROM json_each(:places) AS given
                WHERE EXISTS (
                    SELECT 1 FROM events e
                    WHERE e.workspace_id = :workspace AND e.bucket_id = given.value ->> 0
                      AND e.started_at >= (given.value ->> 1) - :reach
                      AND e.started_at < (given.value ->> 1) + :length
                      AND e.ended_at > given.value ->> 1 AND e.payload_id = given.value ->> 2
                      AND NOT EXISTS (
                          SELECT 1 FROM operation_runs r
                          WHERE r.operation_id = :operation AND r.first_event <= e.id AND r.last_event >= e.id
                      )
                )
            """,
            postgresql="""
                SELECT given.place - 1
                FROM json_array_elements(:places::json) WITH ORDINALITY AS given (value, place)
                WHERE EXISTS (
                    SELECT 1 FROM events e
                    WHERE e.workspace_id = :workspace AND e.bucket_id = (given.value ->> 0)::bigint
                      AND e.started_at >= (given.value ->> 1)::bigint - :reach
                      AND e.started_at < (given.value ->> 1)::bigint + :length
                      AND e.ended_at > (given.value ->> 1)::bigint
                      AND e.payload_id = (given.value ->> 2)::bigint
                      AND NOT EXISTS (
                          SELECT 1 FROM operation_runs r
                          WHERE r.operation_id = :operation AND r.first_event <= e.id AND r.last_event >= e.id
                      )
                )
            """,
        ),
        workspace=workspace,
        operation=operation,
        reach=reach,
        length=length,
        places=as_json(places),
    )
    return [whole(row[0]) for row in found]


def count_all_totals(tx: Transaction, workspace: int) -> int:
    return tx.number("SELECT count(*) FROM kept_totals WHERE workspace_id = :workspace", workspace=workspace)


def totals_after(
    tx: Transaction, workspace: int, bucket: int, started_at: int, payload: int, limit: int
) -> Rows:
    """Return bucket, start, payload and how long, of totals behind a place."""
    return tx.rows(
        """
        SELECT bucket_id, started_at, payload_id, lasted FROM kept_totals
        WHERE workspace_id = :workspace
          AND (bucket_id, started_at, payload_id) > (:bucket, :started_at, :payload)
          AND bucket_id NOT IN (SELECT b.id FROM buckets b WHERE b.deleted_at = 0)
        ORDER BY bucket_id, started_at, payload_id LIMIT :limit
        """,
        workspace=workspace,
        bucket=bucket,
        started_at=started_at,
        payload=payload,
        limit=limit,
    )


def put_totals(tx: Transaction, workspace: int, totals: Sequence[Sequence[int]]) -> None:
    """Set totals, given as bucket, start, payload and how long it lasted, whatever they were."""
    tx.execute(
        ByDialect(
            sqlite="""
                INSERT INTO kept_totals (workspace_id, bucket_id, started_at, payload_id, lasted)
                SELECT :workspace, value ->> 0, value ->> 1, value ->> 2, value ->> 3
                FROM json_each(:totals) WHERE TRUE
                ON CONFLICT (workspace_id, bucket_id, started_at, payload_id)
                DO UPDATE SET lasted = excluded.lasted
            """,
            postgresql="""
                INSERT INTO kept_totals (workspace_id, bucket_id, started_at, payload_id, lasted)
                SELECT :workspace, (value ->> 0)::bigint, (value ->> 1)::bigint, (value ->> 2)::bigint,
                       (value ->> 3)::bigint
                FROM json_array_elements(:totals::json)
                ON CONFLICT (workspace_id, bucket_id, started_at, payload_id)
                DO UPDATE SET lasted = excluded.lasted
            """,
        ),
        workspace=workspace,
        totals=as_json(totals),
    )


def count_images(tx: Transaction, workspace: int) -> int:
    return tx.number(
        "SELECT count(*) FROM operation_events WHERE workspace_id = :workspace", workspace=workspace
    )


def images_after(tx: Transaction, operation: int, event: int, side: int, limit: int) -> Rows:
    """Return event, side, bucket, start, end and payload of an operation's images, behind one."""
    return tx.rows(
        """
        SELECT event_id, side, bucket_id, started_at, ended_at, payload_id FROM operation_events
        WHERE operation_id = :operation AND (event_id, side) > (:event, :side)
        ORDER BY event_id, side LIMIT :limit
        """,
        operation=operation,
        event=event,
        side=side,
        limit=limit,
    )


def has_devices(tx: Transaction, workspace: int, first: int, last: int) -> bool:
    """Return whether a workspace has devices, or any one has a number from one to another."""
    return bool(
        tx.rows(
            """
            SELECT 1 FROM devices WHERE workspace_id = :workspace OR id BETWEEN :first AND :last LIMIT 1
            """,
            workspace=workspace,
            first=first,
            last=last,
        )
    )


def has_buckets(tx: Transaction, workspace: int, first: int, last: int) -> bool:
    """Return whether a workspace has buckets, or any one has a number from one to another."""
    return bool(
        tx.rows(
            """
            SELECT 1 FROM buckets
            WHERE (workspace_id = :workspace AND (deleted_at IS NULL OR deleted_at > 0))
               OR id BETWEEN :first AND :last
            LIMIT 1
            """,
            workspace=workspace,
            first=first,
            last=last,
        )
    )


def has_payloads(tx: Transaction, first: int, last: int) -> bool:
    """Return whether any payload has a number from one to another."""
    return bool(
        tx.rows("SELECT 1 FROM payloads WHERE id BETWEEN :first AND :last LIMIT 1", first=first, last=last)
    )


def has_events(tx: Transaction, first: int, last: int) -> bool:
    """Return whether any event has a number from one to another."""
    return bool(
        tx.rows("SELECT 1 FROM events WHERE id BETWEEN :first AND :last LIMIT 1", first=first, last=last)
    )
