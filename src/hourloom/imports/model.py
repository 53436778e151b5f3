"""What an import reads: buckets, events in batches, and the events that cannot be used."""

from __future__ import annotations

from hashlib import blake2b
from typing import NewType

import msgspec

from hourloom.core.clock import Instant
from hourloom.core.errors import Invalid

Cursor = NewType("Cursor", str)
"""Where a source goes on in one bucket; opaque, and only good for the same source."""

BATCH = 1000
"""No batch holds more events than this."""


class FaultyData(Invalid):
    """{reason}."""


class SourceBucket(msgspec.Struct, frozen=True):
    """A bucket as its source describes it; `created` is advisory, as its zone is often wrong."""

    id: str
    type: str
    client: str
    hostname: str
    created: Instant | None = None
    data: bytes = b"{}"
    name: str | None = None
    event_count: int | None = None


class SourceEvent(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """An event with its whole length, its data as JSON with sorted keys and no blanks."""

    started_at: int
    ended_at: int
    data_json: bytes


class FaultyEvent(msgspec.Struct, frozen=True):
    """An event that cannot be imported: where it stands in its source, and why."""

    where: str
    reason: str


class Batch(msgspec.Struct, frozen=True):
    """Some consecutive events of one bucket, and the cursor behind the last of them."""

    events: list[SourceEvent]
    faulty: list[FaultyEvent]
    cursor: Cursor


class FaultyEvents:
    """Count every faulty event and keep the first few to show."""

    def __init__(self, keep: int = 100) -> None:
        self.count = 0
        self.first: list[FaultyEvent] = []
        self._keep = keep

    def add(self, faulty: list[FaultyEvent]) -> None:
        """Count these, and keep them while there is room."""
        self.count += len(faulty)
        self.first.extend(faulty[: self._keep - len(self.first)])


def content_hash(bucket_id: str, event: SourceEvent) -> bytes:
    """Return 16 bytes that two events share exactly when bucket, times and data are the same."""
    name = bucket_id.encode("utf-8", "surrogatepass")
    head = b"%d %d %d " % (len(name), event.started_at, event.ended_at)
    return blake2b(head + name + event.data_json, digest_size=16).digest()


def batch_of(mixed: list[SourceEvent | FaultyEvent], cursor: Cursor) -> Batch:
    """Sort a mixed list into the events that are good and those that are not."""
    events = [item for item in mixed if isinstance(item, SourceEvent)]
    faulty = [item for item in mixed if isinstance(item, FaultyEvent)]
    return Batch(events, faulty, cursor)
