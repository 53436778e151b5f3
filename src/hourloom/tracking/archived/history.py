"""What undo needs of the events, in archives; it comes in only where the operations do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hourloom.core.archiving import (
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
from hourloom.core.ids import BucketId, EventId, PayloadId, WorkspaceId
from hourloom.db.transaction import Transaction, whole
from hourloom.operations.archived import archived_operations, judged_by_operation
from hourloom.tracking import store
from hourloom.tracking.archived.rows import ImageRow, RunRow
from hourloom.tracking.model import Event
from hourloom.tracking.store import archived

READ_AT_ONCE = 2_000


class ArchivedImages(PlainTable):
    """Events as they were before and after operations that can still be undone."""

    name = "operation_events"
    row = ImageRow
    at_once = 500

    def count(self, tx: Transaction, out: Outgoing) -> int:
        return archived.count_images(tx, out.workspace_id)

    def going_out(self, tx: Transaction, out: Outgoing) -> Iterator[Sequence[ImageRow]]:
        for operation in archived_operations(tx, out.workspace_id):
            place = (0, 0)
            while found := archived.images_after(tx, operation, *place, READ_AT_ONCE):
                rows = [ImageRow(operation, *map(whole, row)) for row in found]
                yield rows
                place = (rows[-1].event_id, rows[-1].side)

    def fault(self, row: ImageRow, into: Incoming) -> str | None:
        if not into.is_next(self.name, (row.operation_id, row.event_id, row.side)):
            return NOT_IN_ORDER
        if row.ended_at < row.started_at:
            return "it ends before it begins"
        known = into.knows("operations", row.operation_id) and into.knows("payloads", row.payload_id)
        return None if known else REFERS_TO_NOTHING

    def judge(self, tx: Transaction, into: Incoming, rows: Sequence[ImageRow]) -> list[Judged]:
        return [
            Judged(Verdict.LEFT_OUT)
            if row.payload_id in into.held
            else judged_by_operation(into, row.operation_id)
            for row in rows
        ]

    def take_in(
        self, tx: Transaction, into: Incoming, rows: Sequence[ImageRow], judged: Sequence[Judged]
    ) -> Sequence[int]:
        by_image: dict[tuple[int, int], list[Event]] = {}
        for row, each in zip(rows, judged, strict=True):
            if each.verdict is Verdict.NEW:
                by_image.setdefault((row.operation_id, row.side), []).append(_event(into, row))
        for (operation, side), events in by_image.items():
            store.keep_image(tx, operation, side, into.workspace_id, events)
        if by_image:
            into.keep(self.name, sorted({operation for operation, _ in by_image}))
        return [0] * len(rows)

    def take_back(self, tx: Transaction, workspace: WorkspaceId, was: bytes) -> None:
        # Each write that added some kept a step, so that these few are enough.
        for operation in decode(was, list[int]):
            store.drop_some_of_image(tx, operation, self.at_once)


class ArchivedRuns(PlainTable):
    """Which events operations added."""

    name = "operation_runs"
    row = RunRow
    at_once = 200

    def count(self, tx: Transaction, out: Outgoing) -> int:
        return 0

    def going_out(self, tx: Transaction, out: Outgoing) -> Iterator[Sequence[RunRow]]:
        for operation in archived_operations(tx, out.workspace_id):
            yield [RunRow(operation, first, last) for first, last in store.runs_of(tx, operation)]

    def fault(self, row: RunRow, into: Incoming) -> str | None:
        if not into.is_next(self.name, (row.operation_id, row.first_event)):
            return NOT_IN_ORDER
        if row.last_event < row.first_event:
            return "it ends before it begins"
        return None if into.knows("operations", row.operation_id) else REFERS_TO_NOTHING

    def judge(self, tx: Transaction, into: Incoming, rows: Sequence[RunRow]) -> list[Judged]:
        return [judged_by_operation(into, row.operation_id) for row in rows]

    def take_in(
        self, tx: Transaction, into: Incoming, rows: Sequence[RunRow], judged: Sequence[Judged]
    ) -> Sequence[int]:
        new = [row for row, each in zip(rows, judged, strict=True) if each.verdict is Verdict.NEW]
        for row in new:
            store.put_run(tx, row.operation_id, row.first_event, row.last_event)
        if new:
            into.keep(self.name, sorted({row.operation_id for row in new}))
        return [0] * len(rows)

    def take_back(self, tx: Transaction, workspace: WorkspaceId, was: bytes) -> None:
        for operation in decode(was, list[int]):
            store.drop_some_runs(tx, operation, self.at_once)


def _event(into: Incoming, row: ImageRow) -> Event:
    # A bucket that is not in the archive was erased, and so is nowhere here.
    bucket = into.number("buckets", row.bucket_id) if into.knows("buckets", row.bucket_id) else row.bucket_id
    return Event(
        EventId(row.event_id),
        BucketId(bucket),
        Instant(row.started_at),
        Instant(row.ended_at),
        PayloadId(into.number("payloads", row.payload_id)),
    )
