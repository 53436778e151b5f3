"""The record in raw rows, for what is derived from it: no names, no texts but those asked for."""

from __future__ import annotations

from collections.abc import Sequence

from hourloom.core.clock import EARLIEST, Instant
from hourloom.core.ids import UserId
from hourloom.db.transaction import Rows, Transaction, whole
from hourloom.tracking import store
from hourloom.tracking.model import LONG, Bucket, Device, settled_before
from hourloom.tracking.retention import QUARTER

__all__ = ["QUARTER", "settled_before"]

ALL = 2**62


def buckets_of(tx: Transaction, workspace: int) -> list[Bucket]:
    """Return the buckets of a workspace that are not deleted."""
    return store.buckets_of(tx, workspace)


def bucket_by_id(tx: Transaction, workspace: int, bucket: int) -> Bucket | None:
    """Return a bucket, also one in the trash."""
    return store.bucket_by_id(tx, workspace, bucket)


def devices_of(tx: Transaction, workspace: int) -> list[Device]:
    """Return the devices of a workspace."""
    return store.devices_of(tx, workspace)


def owner_of(tx: Transaction, device: int) -> UserId:
    """Return whose device it is."""
    return store.owner_of(tx, device)


def rows_between(tx: Transaction, bucket: Bucket, start: int, end: int) -> Rows:
    """Return number, start, end and payload of the events that meet a period, uncut, in no order."""
    begins = max(start, EARLIEST)
    after = begins - LONG
    rows = store.events_starting(tx, bucket.workspace_id, bucket.id, after, end, begins, ALL)
    return rows + store.lasting_events(tx, bucket.workspace_id, bucket.id, after, begins)


def totals_between(tx: Transaction, bucket: Bucket, start: int, end: int) -> Rows:
    """Return start, payload and how long, of the quarters of an hour whose events are gone."""
    return store.totals_between(tx, bucket.workspace_id, bucket.id, start - start % QUARTER, end)


def bodies_of(tx: Transaction, payloads: Sequence[int]) -> list[tuple[int, str]]:
    """Return number and JSON of payloads."""
    return [(whole(number), str(body)) for number, body in store.payload_bodies(tx, list(payloads))]


def first_of_bucket(tx: Transaction, bucket: Bucket) -> Instant | None:
    """Return when the first event or total of a bucket begins."""
    found = store.first_of_bucket(tx, bucket.workspace_id, bucket.id)
    return None if found is None else Instant(found)


def next_start(tx: Transaction, bucket: Bucket, at: int) -> Instant | None:
    """Return when the first event of a bucket at or after an instant begins."""
    found = store.first_start_from(tx, bucket.workspace_id, bucket.id, at)
    return None if found is None else Instant(found)


def extent_of(tx: Transaction, bucket: Bucket) -> tuple[Instant, Instant] | None:
    """Return the time outside of which a bucket has neither events nor totals."""
    first = store.first_of_bucket(tx, bucket.workspace_id, bucket.id)
    if first is None:
        return None
    return Instant(first), Instant(store.last_of_bucket(tx, bucket.workspace_id, bucket.id))
