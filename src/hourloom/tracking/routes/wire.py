"""The shapes of ActivityWatch's API, as its clients send and expect them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from hourloom.core.clock import EARLIEST, LATEST, Instant, instant_of
from hourloom.core.errors import Invalid
from hourloom.tracking.model import Word

TEN_YEARS = 10 * 365 * 86_400

Text = Annotated[str, Meta(max_length=200)]
Seconds = Annotated[float, Meta(ge=-TEN_YEARS, le=TEN_YEARS)]
Length = Annotated[float, Meta(ge=0, le=TEN_YEARS)]
Time = Annotated[str, Meta(max_length=64, extra_json_schema={"format": "date-time"})]
Bound = Annotated[str, Meta(max_length=64, extra_json_schema={"format": "date-time"})]
Data = Annotated[msgspec.Raw, Meta(extra_json_schema={"type": "object"})]
Number = Annotated[int, Meta(ge=0, le=2**63 - 1)]


class NotATime(Invalid):
    """The parameter {name} is not a time in ISO 8601: '{text}'; write a + in a zone as %2B."""


class WireEvent(msgspec.Struct):
    """An event as clients send it; a missing time means now."""

    data: Data = msgspec.field(default_factory=lambda: msgspec.Raw(b"{}"))
    timestamp: Time | None = None
    duration: Length = 0.0
    id: Number | None = None


class WireHeartbeat(msgspec.Struct):
    """A heartbeat as clients send it."""

    timestamp: Time
    data: Data
    duration: Length = 0.0
    id: Any = None


class WireBucket(msgspec.Struct):
    """A bucket that is to be made."""

    client: Word
    type: Word
    hostname: Word
    created: Time | None = None
    data: dict[str, Any] | None = None


class WireQuery(msgspec.Struct):
    """A query and the periods it is asked for, as START/END."""

    query: Annotated[list[str], Meta(max_length=10_000)]
    timeperiods: Annotated[list[Text], Meta(max_length=1_000)]


class Info(msgspec.Struct):
    """What this server is."""

    hostname: str
    version: str
    testing: bool
    device_id: str


class ShownEvent(msgspec.Struct):
    """An event as it is shown; its times are UTC, its duration seconds."""

    id: int
    timestamp: Time
    duration: float
    data: Data


class ShownExtent(msgspec.Struct):
    """Where a bucket's events begin and end."""

    start: str | None = None
    end: str | None = None


class ShownBucket(msgspec.Struct):
    """A bucket in the shapes of both of ActivityWatch's servers at once."""

    id: str
    created: str
    type: str
    client: str
    hostname: str
    data: Data
    metadata: ShownExtent
    name: str | None = None
    last_updated: str | msgspec.UnsetType = msgspec.UNSET


class ExportedBucket(ShownBucket, kw_only=True):
    """A bucket with its events, the newest first."""

    events: list[ShownEvent]


class Exported(msgspec.Struct):
    """Buckets with their events, as ActivityWatch exports them."""

    buckets: dict[str, ExportedBucket]


class Deleted(msgspec.Struct):
    """1 if there was something to delete, else 0."""

    success: int


class Nothing(msgspec.Struct):
    """An empty object."""


class Imported(msgspec.Struct):
    """What an import did; undo it by its operation."""

    operation_id: int
    created: int
    skipped: int
    faulty: int
    """Events that could not be read."""
    first_faults: list[str]


def bound_of(name: str, text: str) -> Instant | None:
    """Return one end of a period, kept within the times that events can have."""
    if not text:
        return None
    try:
        # An unescaped + in a zone arrives as a blank.
        moment = datetime.fromisoformat(text.strip().replace(" ", "+") if "T" in text else text.strip())
    except ValueError:
        raise NotATime(name=name, text=text[:40]) from None
    return min(max(instant_of(moment), EARLIEST), LATEST)
