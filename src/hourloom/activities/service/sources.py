"""The events that activities came from."""

from __future__ import annotations

from collections.abc import Iterator

from hourloom.activities.model.lane import SourceEvent
from hourloom.activities.model.subject import Subject
from hourloom.activities.service.reading import USED
from hourloom.core.actors import Actor
from hourloom.core.clock import Instant
from hourloom.db.transaction import Transaction, whole
from hourloom.tracking.service import lanes as record

MOST_EVENTS = 1_000
"""Events that are named for one activity."""


def events_of(
    tx: Transaction, who: Actor, start: int, end: int, subjects: set[Subject], reach: int
) -> list[SourceEvent]:
    """Return the events with the payloads of some subjects, and those that tell of presence then, in order.

    An event is taken to go on for as long as its `reach`, and to have begun as long before.
    """
    found = _events(tx, who, start, end, subjects, reach)
    return sorted(found, key=lambda event: (event.start, event.end, event.id))[:MOST_EVENTS]


def _events(
    tx: Transaction, who: Actor, start: int, end: int, subjects: set[Subject], reach: int
) -> Iterator[SourceEvent]:
    payloads = {(s.device, number) for s in subjects for number in (s.window, s.detail)}
    devices = {s.device for s in subjects}
    for bucket in record.buckets_of(tx, who.workspace_id):
        if bucket.type not in USED or bucket.device_id not in devices:
            continue
        for row in record.rows_between(tx, bucket, start - reach, end + reach):
            number, began, ended, payload = (whole(part) for part in row)
            touches = began < end + reach and ended > start - reach
            is_presence = bucket.type == "afkstatus"
            if touches and (is_presence or (bucket.device_id, payload) in payloads):
                yield SourceEvent(bucket.name, number, Instant(began), Instant(ended))
