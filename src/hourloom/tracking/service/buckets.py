"""Make, find, delete and restore buckets."""

from __future__ import annotations

import msgspec

from hourloom.core.actors import Actor
from hourloom.core.clock import Clock
from hourloom.core.decoding import decode
from hourloom.core.ids import OperationId, WorkspaceId
from hourloom.db.transaction import Database, Transaction
from hourloom.operations.model import ChangedSince, Operation
from hourloom.operations.service import Operations
from hourloom.tracking import store
from hourloom.tracking.erasure import NotInTrash
from hourloom.tracking.model import (
    Bucket,
    BucketCreated,
    BucketDeleted,
    BucketDraft,
    BucketOutOfReach,
    BucketRestored,
    Device,
    Extent,
    NoSuchBucket,
    checked,
)
from hourloom.tracking.recorder import Recorder


class BucketView(msgspec.Struct, frozen=True):
    """A bucket and where its events begin and end."""

    bucket: Bucket
    extent: Extent | None


class DeletedBucket(msgspec.Struct, frozen=True):
    """What a bucket deletion is about."""

    bucket_id: int
    bucket: str


class Buckets:
    """The streams of events and the devices they come from."""

    is_service = True

    def __init__(
        self, database: Database, clock: Clock, operations: Operations, recorder: Recorder, hostname: str
    ) -> None:
        self._database, self._clock, self._operations = database, clock, operations
        self._recorder, self.hostname = recorder, hostname
        operations.register("delete_bucket", "tracking:write", self._undo_delete, self._purge)

    def all(self, who: Actor) -> list[BucketView]:
        """Return all buckets in the order they were made."""
        who.require("tracking:read")
        with self._database.read() as tx:
            return [self._view(tx, bucket) for bucket in store.buckets_of(tx, who.workspace_id)]

    def get(self, who: Actor, name: str) -> BucketView:
        """Return one bucket."""
        who.require("tracking:read")
        with self._database.read() as tx:
            return self._view(tx, found_bucket(tx, who, name))

    def devices(self, who: Actor) -> list[Device]:
        """Return the devices that reported."""
        who.require("tracking:read")
        with self._database.read() as tx:
            return store.devices_of(tx, who.workspace_id)

    def create(self, who: Actor, draft: BucketDraft) -> tuple[Bucket, bool]:
        """Return the bucket of that name, made unless it exists, and whether it was made."""
        who.require_recording_in(draft.name)
        if who.only_bucket_type not in (None, draft.type):
            raise BucketOutOfReach(type=who.only_bucket_type)
        draft = checked(draft)
        with self._database.begin() as tx:
            found = store.bucket_by_name(tx, who.workspace_id, draft.name)
            if found is not None:
                return found, False
            device = self._device(tx, who, draft.hostname)
            store.add_bucket(tx, who.workspace_id, device, draft, self._clock.now())
            tx.changed(who.workspace_id, BucketCreated(draft.name, draft.type))
            return found_bucket(tx, who, draft.name), True

    def change(self, who: Actor, name: str, draft: BucketDraft) -> Bucket:
        """Replace type, client, host and data of a bucket."""
        who.require("tracking:write")
        with self._database.begin() as tx:
            bucket = found_bucket(tx, who, name)
            device = self._device(tx, who, checked(draft).hostname)
            # What was made of it as what it was goes too.
            self._recorder.history.extent_changed(tx, who.workspace_id, bucket.id)
            store.set_bucket(tx, who.workspace_id, bucket.id, device, draft)
            # Queries find buckets by their host.
            self._recorder.history.whole_changed(tx, who.workspace_id, bucket.id)
            self._recorder.forget_bucket(who.workspace_id, name)
            tx.changed(who.workspace_id, BucketCreated(name, draft.type))
            return found_bucket(tx, who, name)

    def delete(self, who: Actor, name: str) -> OperationId:
        """Delete a bucket with its events; it lies in the trash for 30 days."""
        who.require("tracking:write")
        with self._database.begin() as tx:
            bucket = found_bucket(tx, who, name)
            self.put_away(tx, bucket)
            return self._operations.record(who, "delete_bucket", DeletedBucket(bucket.id, name))

    def _device(self, tx: Transaction, who: Actor, hostname: str) -> int:
        found = store.device_by_name(tx, who.workspace_id, hostname)
        if found is not None:
            return found.id
        return store.add_device(tx, who.workspace_id, who.user_id, hostname, self._clock.now())

    def _view(self, tx: Transaction, bucket: Bucket) -> BucketView:
        return BucketView(bucket, store.extent(tx, bucket.workspace_id, bucket.id))

    def _undo_delete(self, tx: Transaction, who: Actor, operation: Operation) -> None:
        deleted = decode(operation.subject, DeletedBucket)
        self.bring_back(tx, who.workspace_id, deleted.bucket_id)

    def bring_back(self, tx: Transaction, workspace: WorkspaceId, bucket_id: int) -> Bucket:
        """Take a bucket out of the trash, unless it is erased or its name was given to another one."""
        bucket = store.bucket_by_id(tx, workspace, bucket_id)
        if bucket is None or not bucket.deleted_at:
            raise NotInTrash(id=bucket_id)
        if store.bucket_by_name(tx, workspace, bucket.name) is not None:
            raise ChangedSince(f"a new bucket '{bucket.name}' was made", [])
        store.set_bucket_deleted(tx, workspace, bucket_id, None)
        self._recorder.history.extent_changed(tx, workspace, bucket_id)
        self._recorder.forget_bucket(workspace, bucket.name)
        tx.changed(workspace, BucketRestored(bucket.name))
        return bucket

    def put_away(self, tx: Transaction, bucket: Bucket) -> None:
        """Put a bucket into the trash."""
        store.set_bucket_deleted(tx, bucket.workspace_id, bucket.id, self._clock.now())
        self._recorder.history.extent_changed(tx, bucket.workspace_id, bucket.id)
        self._recorder.forget_bucket(bucket.workspace_id, bucket.name)
        tx.changed(bucket.workspace_id, BucketDeleted(bucket.name))

    def _purge(self, _tx: Transaction, _operation: Operation) -> bool:
        """Do nothing: the bucket stays in the trash for longer, and is erased from there."""
        return False


def found_bucket(tx: Transaction, who: Actor, name: str) -> Bucket:
    """Return the bucket of that name in the actor's workspace."""
    bucket = store.bucket_by_name(tx, who.workspace_id, name)
    if bucket is None:
        raise NoSuchBucket(name=name)
    return bucket
