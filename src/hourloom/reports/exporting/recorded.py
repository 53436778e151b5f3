"""Events of one bucket as exports read them."""

from __future__ import annotations

from collections.abc import Sequence

from hourloom.core.actors import Actor
from hourloom.core.clock import Instant
from hourloom.reports.exporting.tables import EventRow, EventsOfBucket
from hourloom.tracking.service import Events


class _Recorded:
    def __init__(self, events: Events, who: Actor, name: str) -> None:
        self._events, self._who, self.name = events, who, name

    def between(self, start: Instant, end: Instant) -> Sequence[EventRow]:
        # A moment more tells what only reaches a stretch of time from what begins with it.
        found = self._events.between(self._who, self.name, start - 1, end)
        return [
            EventRow(int(id or 0), Instant(max(began, start)), Instant(ended), payload.data, payload.text)
            for id, began, ended, payload in reversed(found)
            if began < end and (ended > start or began == start)
        ]

    def bounds(self, id: int) -> tuple[Instant, Instant]:
        event, _, _ = self._events.get(self._who, id, self.name)
        return event.started_at, event.ended_at


def events_of(events: Events, who: Actor, name: str) -> EventsOfBucket:
    """Return what reads the events of a bucket."""
    return _Recorded(events, who, name)
