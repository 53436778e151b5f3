"""The SQL of devices and buckets."""

from __future__ import annotations

from hourloom.core.ids import BucketId, DeviceId, UserId
from hourloom.db.transaction import Transaction, whole
from hourloom.tracking.model import Bucket, BucketDraft, Device


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


def first_of_bucket(tx: Transaction, workspace: int, bucket: int) -> int | None:
    """Return when the first event or total of a bucket begins."""
    found = tx.value(
        """
        SELECT min(first) FROM (
            SELECT min(started_at) AS first FROM events
            WHERE workspace_id = :workspace AND bucket_id = :bucket
            UNION ALL
            SELECT min(started_at) FROM kept_totals
            WHERE workspace_id = :workspace AND bucket_id = :bucket
        ) AS firsts
        """,
        workspace=workspace,
        bucket=bucket,
    )
    return found if isinstance(found, int) else None


def last_of_bucket(tx: Transaction, workspace: int, bucket: int) -> int:
    """Return by when all events and totals of a bucket have ended, to the hour."""
    return tx.number(
        """
        SELECT coalesce(max(last), 0) FROM (
            SELECT max(started_at) + 3600000000 AS last FROM events
            WHERE workspace_id = :workspace AND bucket_id = :bucket
            UNION ALL
            SELECT max(ended_at) FROM events
            WHERE workspace_id = :workspace AND bucket_id = :bucket
              AND ended_at - started_at >= 3600000000
            UNION ALL
            SELECT max(started_at) + 3600000000 FROM kept_totals
            WHERE workspace_id = :workspace AND bucket_id = :bucket
        ) AS lasts
        """,
        workspace=workspace,
        bucket=bucket,
    )


def forget_bucket(tx: Transaction, workspace: int, bucket: int) -> None:
    """Leave of an erased bucket only its number: to delete that, SQLite would look through all events."""
    tx.execute(
        """
        UPDATE buckets SET name = '', type = '', client = '', hostname = '', data = '{}', created_at = 0,
               deleted_at = 0
        WHERE workspace_id = :workspace AND id = :bucket
        """,
        workspace=workspace,
        bucket=bucket,
    )


def bucket_numbers(tx: Transaction, workspace: int) -> list[int]:
    """Return the numbers of all buckets, those in the trash too."""
    found = tx.rows(
        """
        SELECT id FROM buckets WHERE workspace_id = :workspace AND (deleted_at IS NULL OR deleted_at > 0)
        ORDER BY id
        """,
        workspace=workspace,
    )
    return [whole(row[0]) for row in found]


def deleted_buckets(tx: Transaction, workspace: int) -> list[Bucket]:
    """Return the buckets in the trash, those deleted last first."""
    return tx.all(
        Bucket,
        """
        SELECT id, workspace_id, device_id, name, type, client, hostname, data, created_at,
               history_version, deleted_at
        FROM buckets WHERE workspace_id = :workspace AND deleted_at > 0
        ORDER BY deleted_at DESC, id DESC
        """,
        workspace=workspace,
    )


def deleted_before(tx: Transaction, before: int) -> list[Bucket]:
    """Return the buckets of all workspaces that were deleted before an instant."""
    return tx.all(
        Bucket,
        """
        SELECT id, workspace_id, device_id, name, type, client, hostname, data, created_at,
               history_version, deleted_at
        FROM buckets WHERE deleted_at > 0 AND deleted_at < :before ORDER BY id
        """,
        before=before,
    )


def owner_of(tx: Transaction, device: int) -> UserId:
    return UserId(tx.number("SELECT user_id FROM devices WHERE id = :device", device=device))
