"""Delete many events in small parts, whoever added them: imports, archives."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hourloom.core.ids import EventId, OperationId, WorkspaceId
from hourloom.db.transaction import Transaction
from hourloom.tracking import store
from hourloom.tracking.model import Event, EventsChanged
from hourloom.tracking.recorder import Recorder
from hourloom.tracking.retention import QUARTER

DELETED_AT_ONCE = 1_000
"""About 10 ms of the writer."""


def keep_runs(tx: Transaction, operation: OperationId, events: Sequence[EventId]) -> None:
    """Remember which events an operation added, given in ascending order, so that it can be undone."""
    last = store.last_run(tx, operation)
    for first, end in runs_in(events):
        if last is not None and last[1] + 1 == first:
            store.put_run(tx, operation, last[0], end)
        else:
            store.put_run(tx, operation, first, end)
        last = None


def runs_in(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Return ascending numbers as runs without a gap, each as first and last.

    numbers  4 5 6    9 10
    runs     |4-6|    |9-10|
    """
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and runs[-1][1] + 1 == number:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs


def delete_some_of_runs(
    tx: Transaction,
    recorder: Recorder,
    workspace: WorkspaceId,
    operation: OperationId,
    limit: int = DELETED_AT_ONCE,
) -> bool:
    """Delete some of the events that an operation added, the newest first; return whether more remain.

    Called again and again, each time in a write of its own, it goes on by itself wherever it stopped: what
    is deleted is no longer among the runs.
    """
    deleted: list[Event] = []
    room = limit
    while room > 0 and (run := store.last_run(tx, operation)) is not None:
        first, last = run
        begin = max(first, last - room + 1)
        deleted += store.delete_events_between(tx, workspace, begin, last)
        room -= last - begin + 1
        if begin == first:
            store.drop_run(tx, operation, first)
        else:
            store.put_run(tx, operation, first, begin - 1)
    tell_of(tx, recorder, workspace, deleted)
    return store.last_run(tx, operation) is not None


def tell_of(tx: Transaction, recorder: Recorder, workspace: WorkspaceId, events: Iterable[Event]) -> None:
    """Tell everybody that events were deleted, changed or came back: caches, screens, the fast path."""
    by_bucket: dict[int, list[Event]] = {}
    for event in events:
        by_bucket.setdefault(event.bucket_id, []).append(event)
    for number, touched in by_bucket.items():
        bucket = store.bucket_by_id(tx, workspace, number)
        if bucket is None:
            continue
        recorder.history.events_changed(tx, workspace, touched)
        recorder.forget_bucket(workspace, bucket.name)
        if bucket.deleted_at is None:
            starts = min(event.started_at for event in touched)
            ends = max(event.ended_at for event in touched)
            tx.changed(workspace, EventsChanged(bucket.name, starts, ends))


def totals_changed(
    tx: Transaction, recorder: Recorder, workspace: int, places: Iterable[Sequence[int]]
) -> None:
    """Tell whoever keeps what follows from totals, given by bucket and start first, that they changed."""
    by_bucket: dict[int, list[int]] = {}
    for bucket, start, *_ in places:
        by_bucket.setdefault(bucket, []).append(start)
    for bucket, starts in by_bucket.items():
        recorder.history.changed_within(tx, workspace, bucket, min(starts), max(starts) + QUARTER)
