"""What had settled and changed all the same: answers about the past that were kept are no longer right."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from hourloom.core.clock import LATEST, Instant
from hourloom.db.transaction import Transaction
from hourloom.tracking import store
from hourloom.tracking.model import Event


class HistoryListener(Protocol):
    """Whoever derives something from settled events and keeps it."""

    def history_changed(
        self, tx: Transaction, workspace: int, bucket: int, start: Instant, end: Instant
    ) -> None:
        """Drop what was derived from a bucket between two instants, within the write that changed it."""
        ...


class History:
    """Tells of changes of what had settled: by the history version of a bucket, and to a listener."""

    def __init__(self) -> None:
        self.listener: HistoryListener | None = None

    def changed(self, tx: Transaction, workspace: int, bucket: int, start: int, end: int) -> None:
        """Take note that events of a bucket were added, changed or deleted within a time."""
        store.note_history_changed(tx, workspace, bucket)
        self.changed_within(tx, workspace, bucket, start, end)

    def changed_within(self, tx: Transaction, workspace: int, bucket: int, start: int, end: int) -> None:
        """Tell only the listener: of totals, which no history version speaks of, or of what has told it."""
        if self.listener is not None:
            self.listener.history_changed(tx, workspace, bucket, Instant(start), Instant(end))

    def events_changed(self, tx: Transaction, workspace: int, events: Iterable[Event]) -> None:
        """Take note that events of one bucket were added, changed or deleted."""
        touched = list(events)
        starts = min(event.started_at for event in touched)
        self.changed(tx, workspace, touched[0].bucket_id, starts, max(event.ended_at for event in touched))

    def whole_changed(self, tx: Transaction, workspace: int, bucket: int) -> None:
        """Take note that a bucket with all its events came, went, or became another's."""
        store.note_history_changed(tx, workspace, bucket)
        self.extent_changed(tx, workspace, bucket)

    def extent_changed(self, tx: Transaction, workspace: int, bucket: int) -> None:
        """Tell only the listener, of all the time that a bucket has something about."""
        first = store.first_of_bucket(tx, workspace, bucket)
        if first is not None:
            last = store.last_of_bucket(tx, workspace, bucket)
            self.changed_within(tx, workspace, bucket, first, min(last, LATEST))
