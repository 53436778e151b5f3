"""What was recorded and must still be told: at most one Change a second for each bucket."""

from __future__ import annotations

import threading

from hourloom.core.clock import SECOND, Clock, Instant
from hourloom.core.ids import WorkspaceId
from hourloom.db.transaction import Transaction
from hourloom.tracking.model import EventsRecorded

Place = tuple[WorkspaceId, str]
Range = tuple[Instant, Instant]


class Announcements:
    """Gathers the ranges in which events were recorded until their buckets may be told of again."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ranges: dict[Place, Range] = {}
        self._telling: set[Place] = set()
        """Announced in a transaction that is not committed yet."""
        self._told_at: dict[Place, Instant] = {}
        # A team database records heartbeats and other writes on several threads.
        self._guard = threading.Lock()

    @property
    def waiting(self) -> bool:
        """Return whether something waits to be told."""
        return bool(self._ranges)

    def note(self, workspace: WorkspaceId, bucket: str, started_at: Instant, ended_at: Instant) -> None:
        """Add a range to what will be told."""
        place = (workspace, bucket)
        with self._guard:
            found = self._ranges.get(place)
            if found is not None:
                started_at, ended_at = min(found[0], started_at), max(found[1], ended_at)
            self._ranges[place] = (started_at, ended_at)

    def announce(self, tx: Transaction) -> None:
        """Announce the buckets that were silent for a second."""
        now = self._clock.now()
        with self._guard:
            due = {place: self._ranges[place] for place in self._ranges if self._is_due(place, now)}
            self._telling |= due.keys()
        if not due:
            return
        for (workspace, bucket), (started_at, ended_at) in due.items():
            tx.changed(workspace, EventsRecorded(bucket, started_at, ended_at))
        tx.after_commit(lambda: self._told(due, now))

    def forget(self) -> None:
        """Tell again what was announced in a transaction that was undone."""
        with self._guard:
            self._telling.clear()

    def _is_due(self, place: Place, now: Instant) -> bool:
        # A clock that was set back must not silence a bucket.
        silent = now - self._told_at.get(place, 0)
        return place not in self._telling and not 0 <= silent < SECOND

    def _told(self, due: dict[Place, Range], now: Instant) -> None:
        with self._guard:
            self._telling -= due.keys()
            self._told_at |= dict.fromkeys(due, now)
            for place, told in due.items():
                # One that has grown since is told once more, later.
                if self._ranges.get(place) == told:
                    del self._ranges[place]
