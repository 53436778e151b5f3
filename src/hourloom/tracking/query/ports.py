"""What a query needs from the outside: the buckets and their events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from hourloom.tracking.query.events import Events


class BucketSummary(msgspec.Struct, frozen=True):
    """A bucket as queries look for it."""

    id: str
    hostname: str


class EventSource(Protocol):
    """Read buckets for one query."""

    def buckets(self) -> Sequence[BucketSummary]:
        """Return all buckets in the order they were created."""
        ...

    def events(self, bucket: str, start: int, end: int) -> Events:
        """Return the events that meet a period, cut to it, the newest first."""
        ...

    def count(self, bucket: str, start: int, end: int) -> int:
        """Return how many events meet a period."""
        ...
