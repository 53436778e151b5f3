"""The trash: deleted buckets come back for 30 days, or are erased with everything in them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from hourloom.core.actors import Actor
from hourloom.core.clock import Clock
from hourloom.core.decoding import decode
from hourloom.core.ids import OperationId, UserId, WorkspaceId
from hourloom.db.transaction import Database, Transaction
from hourloom.operations.model import UNDOABLE_FOR, Operation
from hourloom.operations.service import Operations
from hourloom.tracking import store
from hourloom.tracking.erasure import (
    BEING_ERASED,
    IN_TRASH_FOR,
    Erasure,
    ErasureKind,
    ErasureScope,
    NotInTrash,
)
from hourloom.tracking.model import Bucket
from hourloom.tracking.service.buckets import Buckets
from hourloom.tracking.service.erasing import Erasing, with_scope

EVERYTHING = "delete_everything"
RESTORE = "restore_bucket"


class RestoredBucket(msgspec.Struct, frozen=True):
    """What taking a bucket out of the trash is about."""

    bucket_id: int
    bucket: str


class Trash:
    """Deleted buckets."""

    is_service = True

    def __init__(
        self, database: Database, clock: Clock, operations: Operations, buckets: Buckets, erasing: Erasing
    ) -> None:
        self._database, self._clock, self._operations = database, clock, operations
        self._buckets, self._erasing = buckets, erasing
        operations.register(RESTORE, "tracking:write", self._undo_restore, _keeps_nothing)
        operations.register(EVERYTHING, "tracking:write", self._undo_everything, self._purge_everything)

    def all(self, who: Actor) -> list[Bucket]:
        """Return the buckets in the trash, those deleted last first."""
        who.require("tracking:read")
        with self._database.read() as tx:
            return store.deleted_buckets(tx, who.workspace_id)

    def restore(self, who: Actor, bucket_id: int) -> OperationId:
        """Take a bucket out of the trash."""
        who.require("tracking:write")
        with self._database.begin() as tx:
            bucket = self._buckets.bring_back(tx, who.workspace_id, bucket_id)
            return self._operations.record(who, RESTORE, RestoredBucket(bucket.id, bucket.name))

    def erase(self, who: Actor, bucket_id: int) -> Erasure:
        """Begin to erase a bucket that is in the trash."""
        who.require("tracking:write")
        with self._database.begin() as tx:
            bucket = store.bucket_by_id(tx, who.workspace_id, bucket_id)
            if bucket is None or not bucket.deleted_at:
                raise NotInTrash(id=bucket_id)
            return self._erase(tx, who.user_id, bucket)

    def erase_old(self, limit: int = 20) -> bool:
        """Begin to erase buckets that were in the trash for 30 days; return whether there may be more."""
        with self._database.begin() as tx:
            old = store.deleted_before(tx, self._clock.now() - IN_TRASH_FOR)
            for bucket in old[:limit]:
                self._erase(tx, store.owner_of(tx, bucket.device_id), bucket)
            return len(old) > limit

    def delete_everything(self, who: Actor, *, now: bool) -> Erasure:
        """Put all buckets into the trash for a week; or erase them at once, with all that is there."""
        who.require("admin")
        with self._database.begin() as tx:
            deleted = store.buckets_of(tx, who.workspace_id)
            for bucket in deleted:
                self._buckets.put_away(tx, bucket)
            operation = self._operations.record(who, EVERYTHING, {"buckets": len(deleted)})
            erasure = self._added(
                tx, who.workspace_id, who.user_id, "everything", [bucket.id for bucket in deleted], operation
            )
            if not now:
                return self._erasing.enter(tx, erasure, "waiting", erasure.scope)
            self._operations.close(operation)
            return self.erase_everything(tx, erasure)

    def erase_everything(self, tx: Transaction, erasure: Erasure) -> Erasure:
        """Erase what was deleted with everything, and what was in the trash before."""
        found = store.deleted_buckets(tx, erasure.workspace_id)
        buckets = [bucket.id for bucket in found if (bucket.deleted_at or 0) <= erasure.requested_at]
        return self._begin(tx, erasure, buckets)

    def _erase(self, tx: Transaction, user: UserId, bucket: Bucket) -> Erasure:
        erasure = self._added(tx, bucket.workspace_id, user, "bucket", [bucket.id], None)
        return self._begin(tx, erasure, [bucket.id])

    def _added(
        self,
        tx: Transaction,
        workspace: WorkspaceId,
        user: UserId,
        kind: ErasureKind,
        buckets: Sequence[int],
        operation: OperationId | None,
    ) -> Erasure:
        now = self._clock.now()
        number = store.add_erasure(
            tx,
            workspace=workspace,
            user=user,
            operation=operation,
            kind=kind,
            state="waiting",
            now=now,
            due_at=now if operation is None else now + UNDOABLE_FOR,
            subject=msgspec.json.encode(ErasureScope(list(buckets), undoable=False)).decode(),
        )
        found = store.erasure_by_number(tx, number)
        assert found is not None  # it was just added
        return found

    def _begin(self, tx: Transaction, erasure: Erasure, buckets: Sequence[int]) -> Erasure:
        """Take buckets out of the trash for good, and let a job delete what is in them."""
        for bucket in buckets:
            store.set_bucket_deleted(tx, erasure.workspace_id, bucket, BEING_ERASED)
        scope = msgspec.structs.replace(erasure.scope, buckets=list(buckets))
        due = msgspec.structs.replace(erasure, due_at=self._clock.now())
        after = self._erasing.enter(tx, with_scope(due, scope), "deleting", scope)
        self._erasing.go_on(after)
        return after

    def _undo_restore(self, tx: Transaction, who: Actor, operation: Operation) -> None:
        restored = decode(operation.subject, RestoredBucket)
        bucket = store.bucket_by_id(tx, who.workspace_id, restored.bucket_id)
        if bucket is not None and bucket.deleted_at is None:
            self._buckets.put_away(tx, bucket)

    def _undo_everything(self, tx: Transaction, who: Actor, operation: Operation) -> None:
        erasure = store.erasure_of_operation(tx, who.workspace_id, operation.id)
        assert erasure is not None  # both are added by one write
        for bucket_id in erasure.scope.buckets:
            bucket = store.bucket_by_id(tx, who.workspace_id, bucket_id)
            if bucket is not None and bucket.deleted_at:
                self._buckets.bring_back(tx, who.workspace_id, bucket_id)
        self._erasing.enter(tx, erasure, "undone", erasure.scope)

    def _purge_everything(self, tx: Transaction, operation: Operation) -> bool:
        erasure = store.erasure_of_operation(tx, operation.workspace_id, operation.id)
        if erasure is not None and erasure.state == "waiting" and operation.undone_at is None:
            self.erase_everything(tx, erasure)
        return False


def _keeps_nothing(_tx: Transaction, _operation: Operation) -> bool:
    return False
