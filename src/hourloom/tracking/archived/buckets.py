"""Devices and buckets in archives."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

import msgspec

from hourloom.core import strict_json
from hourloom.core.archiving import (
    MOST_NAMED,
    NOT_IN_ORDER,
    REFERS_TO_NOTHING,
    Incoming,
    Judged,
    Outgoing,
    PlainTable,
    Verdict,
)
from hourloom.core.clock import Instant
from hourloom.core.decoding import decode
from hourloom.core.errors import HourloomError
from hourloom.core.ids import BucketId, DeviceId, WorkspaceId
from hourloom.db.sequences import skip_numbers
from hourloom.db.transaction import Transaction
from hourloom.tracking import store
from hourloom.tracking.archived.rows import BucketRow, DeviceRow
from hourloom.tracking.model import Bucket, BucketCreated, BucketDeleted, BucketDraft, EventsChanged
from hourloom.tracking.recorder import Recorder
from hourloom.tracking.store import archived

TAKEN_TWICE = "its name is there twice"
FEW = 5_000
"""So many events may be looked through within one write."""
LONGEST_NAME = 180
"""Of a bucket that gets another name beside one that is here."""


class _DeviceAdded(msgspec.Struct, frozen=True):
    id: int


class _BucketBefore(msgspec.Struct, frozen=True):
    """A bucket before an import changed it, or only its number where it was not there."""

    id: int
    device_id: int = 0
    type: str = ""
    client: str = ""
    hostname: str = ""
    data: str = ""


class ArchivedDevices(PlainTable):
    """Devices; here they are known by their names."""

    name = "devices"
    row = DeviceRow
    numbered = referred = True
    most = MOST_NAMED

    def count(self, tx: Transaction, out: Outgoing) -> int:
        return len(store.devices_of(tx, out.workspace_id))

    def going_out(self, tx: Transaction, out: Outgoing) -> Iterator[Sequence[DeviceRow]]:
        yield [
            DeviceRow(device.id, out.users.get(device.user_id, 1), device.name, device.created_at)
            for device in store.devices_of(tx, out.workspace_id)
        ]

    def hinders(self, tx: Transaction, workspace: WorkspaceId, first: int, last: int) -> bool:
        return archived.has_devices(tx, workspace, first, last)

    def reserve(self, tx: Transaction, upto: int) -> None:
        skip_numbers(tx, self.name, upto)

    def fault(self, row: DeviceRow, into: Incoming) -> str | None:
        if not into.is_next(self.name, (row.id,)):
            return NOT_IN_ORDER
        if not into.is_first(self.name, row.name):
            return TAKEN_TWICE
        return None if row.user in into.users else REFERS_TO_NOTHING

    def judge(self, tx: Transaction, into: Incoming, rows: Sequence[DeviceRow]) -> list[Judged]:
        judged = []
        for row in rows:
            here = store.device_by_name(tx, into.workspace_id, row.name)
            judged.append(Judged(Verdict.NEW) if here is None else Judged(Verdict.SAME, here.id))
        return judged

    def take_in(
        self, tx: Transaction, into: Incoming, rows: Sequence[DeviceRow], judged: Sequence[Judged]
    ) -> Sequence[int]:
        numbers = []
        for row, each in zip(rows, judged, strict=True):
            number = each.number
            if each.verdict is Verdict.NEW:
                number = self._added(tx, into, row)
                into.keep(self.name, _DeviceAdded(number))
            numbers.append(number)
        return numbers

    def take_back(self, tx: Transaction, workspace: WorkspaceId, was: bytes) -> None:
        archived.drop_device(tx, workspace, decode(was, _DeviceAdded).id)

    def _added(self, tx: Transaction, into: Incoming, row: DeviceRow) -> int:
        user = into.users[row.user] or into.user_id
        if not into.keeps_numbers:
            return store.add_device(tx, into.workspace_id, user, row.name, row.created_at)
        archived.put_device(tx, into.workspace_id, row.id, user, row.name, row.created_at)
        return row.id


class ArchivedBuckets(PlainTable):
    """Buckets, those in the trash too; here they are known by their names, in the trash also by their age."""

    name = "buckets"
    row = BucketRow
    numbered = referred = True
    at_once = 50
    most = MOST_NAMED

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def count(self, tx: Transaction, out: Outgoing) -> int:
        return len(archived.archived_buckets(tx, out.workspace_id))

    def going_out(self, tx: Transaction, out: Outgoing) -> Iterator[Sequence[BucketRow]]:
        yield [
            BucketRow(
                b.id, b.device_id, b.name, b.type, b.client, b.hostname, b.data, b.created_at, b.deleted_at
            )
            for b in archived.archived_buckets(tx, out.workspace_id)
        ]

    def hinders(self, tx: Transaction, workspace: WorkspaceId, first: int, last: int) -> bool:
        return archived.has_buckets(tx, workspace, first, last)

    def reserve(self, tx: Transaction, upto: int) -> None:
        skip_numbers(tx, self.name, upto)

    def fault(self, row: BucketRow, into: Incoming) -> str | None:
        if not into.is_next(self.name, (row.id,)):
            return NOT_IN_ORDER
        if row.deleted_at is None and not into.is_first(self.name, row.name):
            return TAKEN_TWICE
        if not into.knows("devices", row.device_id):
            return REFERS_TO_NOTHING
        return None if _is_object(row.data) else "its data is no JSON object"

    def judge(self, tx: Transaction, into: Incoming, rows: Sequence[BucketRow]) -> list[Judged]:
        judged = [self._judged(tx, into, row) for row in rows]
        for row, each in zip(rows, judged, strict=True):
            stays = each.verdict is Verdict.CONFLICTING and each.number and into.on_conflict == "keep"
            here = store.bucket_by_id(tx, into.workspace_id, each.number) if stays else None
            into.types[row.id] = row.type if here is None else here.type
        return judged

    def _judged(self, tx: Transaction, into: Incoming, row: BucketRow) -> Judged:
        workspace = into.workspace_id
        if row.deleted_at is not None:
            trashed = archived.trashed_bucket(tx, workspace, row.name, row.created_at)
            return Judged(Verdict.NEW) if trashed is None else Judged(Verdict.SAME, trashed.id)
        here = store.bucket_by_name(tx, workspace, row.name)
        if here is None:
            return Judged(Verdict.NEW)
        if _is_same(row, here):
            return Judged(Verdict.SAME, here.id)
        if into.on_conflict == "both":
            beside = store.bucket_by_name(tx, workspace, _other_name(row))
            # One that an earlier import of the same archive made.
            return Judged(Verdict.CONFLICTING) if beside is None else Judged(Verdict.SAME, beside.id)
        return Judged(Verdict.CONFLICTING, here.id)

    def take_in(
        self, tx: Transaction, into: Incoming, rows: Sequence[BucketRow], judged: Sequence[Judged]
    ) -> Sequence[int]:
        numbers = []
        for row, each in zip(rows, judged, strict=True):
            number = each.number
            if not number:
                number = self._added(tx, into, row, renamed=each.verdict is Verdict.CONFLICTING)
            elif each.verdict is Verdict.CONFLICTING and into.on_conflict == "replace":
                self._replace(tx, into, row, number)
            numbers.append(number)
        return numbers

    def finish(self, tx: Transaction, into: Incoming) -> None:
        for number in into.numbers(self.name).ours():
            bucket = store.bucket_by_id(tx, into.workspace_id, number)
            extent = None if bucket is None else store.extent(tx, into.workspace_id, number)
            if bucket is None or extent is None or bucket.deleted_at is not None:
                continue
            self._recorder.forget_bucket(into.workspace_id, bucket.name)
            self._recorder.history.whole_changed(tx, into.workspace_id, number)
            tx.changed(into.workspace_id, EventsChanged(bucket.name, extent.started_at, extent.ended_at))

    def take_back(self, tx: Transaction, workspace: WorkspaceId, was: bytes) -> None:
        step = decode(was, _BucketBefore)
        bucket = store.bucket_by_id(tx, workspace, step.id)
        if bucket is None:
            return
        self._recorder.forget_bucket(workspace, bucket.name)
        if not step.device_id:
            self._drop(tx, bucket)
            return
        draft = BucketDraft(bucket.name, step.type, step.client, step.hostname, step.data)
        store.set_bucket(tx, workspace, step.id, step.device_id, draft)
        self._recorder.history.whole_changed(tx, workspace, step.id)
        tx.changed(workspace, BucketCreated(bucket.name, step.type))

    def _drop(self, tx: Transaction, bucket: Bucket) -> None:
        """Delete a bucket unless somebody recorded into it meanwhile."""
        if archived.is_in_use(tx, bucket.workspace_id, bucket.id):
            return
        if archived.has_few_events(tx, FEW):
            archived.drop_bucket(tx, bucket.workspace_id, bucket.id)
        else:
            store.forget_bucket(tx, bucket.workspace_id, bucket.id)
        if bucket.deleted_at is None:
            tx.changed(bucket.workspace_id, BucketDeleted(bucket.name))

    def _added(self, tx: Transaction, into: Incoming, row: BucketRow, *, renamed: bool) -> int:
        device = into.number("devices", row.device_id)
        name = _other_name(row) if renamed else row.name
        number = row.id
        if into.keeps_numbers:
            archived.put_bucket(tx, _bucket(into, row, name, device))
        else:
            draft = BucketDraft(name, row.type, row.client, row.hostname, row.data, Instant(row.created_at))
            number = store.add_bucket(tx, into.workspace_id, device, draft, row.created_at)
            if row.deleted_at is not None:
                store.set_bucket_deleted(tx, into.workspace_id, number, row.deleted_at)
        into.keep(self.name, _BucketBefore(number))
        if row.deleted_at is None:
            self._recorder.forget_bucket(into.workspace_id, name)
            tx.changed(into.workspace_id, BucketCreated(name, row.type))
        return number

    def _replace(self, tx: Transaction, into: Incoming, row: BucketRow, number: int) -> None:
        here = store.bucket_by_id(tx, into.workspace_id, number)
        assert here is not None  # it was found in this very write
        before = _BucketBefore(number, here.device_id, here.type, here.client, here.hostname, here.data)
        into.keep(self.name, before)
        draft = BucketDraft(row.name, row.type, row.client, row.hostname, row.data)
        store.set_bucket(tx, into.workspace_id, number, into.number("devices", row.device_id), draft)
        self._recorder.history.whole_changed(tx, into.workspace_id, number)
        self._recorder.forget_bucket(into.workspace_id, row.name)
        tx.changed(into.workspace_id, BucketCreated(row.name, row.type))


def _bucket(into: Incoming, row: BucketRow, name: str, device: int) -> Bucket:
    return Bucket(
        BucketId(row.id),
        into.workspace_id,
        DeviceId(device),
        name,
        row.type,
        row.client,
        row.hostname,
        row.data,
        Instant(row.created_at),
        0,
        None if row.deleted_at is None else Instant(row.deleted_at),
    )


def _is_same(row: BucketRow, here: Bucket) -> bool:
    return (row.type, row.client, row.hostname, row.data) == (
        here.type,
        here.client,
        here.hostname,
        here.data,
    )


def _other_name(row: BucketRow) -> str:
    """Return the name of a bucket beside one of the same name: always the same for the same bucket."""
    said = msgspec.json.encode((row.type, row.client, row.hostname, row.data, row.created_at))
    return f"{row.name[:LONGEST_NAME]}.{hashlib.sha256(said).hexdigest()[:8]}"


def _is_object(text: str) -> bool:
    try:
        return isinstance(strict_json.loads(text.encode()), dict)
    except HourloomError:
        return False
