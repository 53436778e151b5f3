"""Devices, buckets, events and heartbeats as the machine saw them."""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from hourloom.core import strict_json
from hourloom.core.changes import Change
from hourloom.core.clock import EARLIEST, HOUR, LATEST, MINUTE, SECOND, Duration, Instant
from hourloom.core.decoding import convert
from hourloom.core.errors import Conflict, Forbidden, Invalid, NotFound
from hourloom.core.ids import BucketId, DeviceId, EventId, PayloadId, UserId, WorkspaceId

LONG = Duration(HOUR)
"""Events at least this long have an index of their own, so that no read walks history for them."""

SETTLED_AFTER = Duration(15 * MINUTE)
"""What lies further back than this is history: it changes only with the bucket's history version."""

LONGEST_COMMIT = Duration(MINUTE)
"""So long may pass from when a write looks at the clock until others can see it."""

# The end says that no line break precedes it, which some engines would overlook.
BucketName = Annotated[str, Meta(max_length=200, pattern=r"^[^/\x00-\x1f\x7f\ufffd]+(?!\n)$")]
Word = Annotated[str, Meta(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*(?!\n)$")]
EventNumber = Annotated[int, Meta(ge=0, le=2**63 - 1)]


class NoSuchBucket(NotFound):
    """There is no bucket named '{name}'."""


class NoSuchEvent(NotFound):
    """There is no event with the number {id} in this bucket."""


class BucketExists(Conflict):
    """A bucket named '{name}' exists already."""


class BucketNeedsForce(Forbidden):
    """Deleting a bucket needs ?force=1, since it deletes its events too."""


class BucketOutOfReach(Forbidden):
    """Without a token a browser reaches only buckets of type {type}."""


class DataNotAnObject(Invalid):
    """The data of an event must be a JSON object."""


class DataTooLarge(Invalid):
    """The data of one event is larger than {limit} bytes."""


class NegativeDuration(Invalid):
    """An event cannot end before it begins."""


class OutOfRange(Invalid):
    """The time lies outside the years 1970 to 9998."""


class NotWithin(Invalid):
    """The time {at} does not lie within the event."""


MOST_DATA = 256 * 1024


class Device(msgspec.Struct, frozen=True):
    """A computer or phone that reports."""

    id: DeviceId
    workspace_id: WorkspaceId
    user_id: UserId
    name: str
    created_at: Instant


class Bucket(msgspec.Struct, frozen=True):
    """One watcher's stream of events."""

    id: BucketId
    workspace_id: WorkspaceId
    device_id: DeviceId
    name: str
    type: str
    client: str
    hostname: str
    data: str
    created_at: Instant
    history_version: int
    """Grows whenever something settled is changed; answers about the past are kept by it."""
    deleted_at: Instant | None


class Extent(msgspec.Struct, frozen=True):
    """Where a bucket's events begin and end."""

    started_at: Instant
    ended_at: Instant


class Event(msgspec.Struct, frozen=True):
    """A raw interval with the number of its payload."""

    id: EventId
    bucket_id: BucketId
    started_at: Instant
    ended_at: Instant
    payload_id: PayloadId


class EventDraft(msgspec.Struct, frozen=True):
    """An event that is to be stored: an interval and its data as JSON."""

    started_at: Instant
    ended_at: Instant
    data: bytes
    id: EventId | None = None


class BucketDraft(msgspec.Struct, frozen=True):
    """A bucket that is to be made."""

    name: BucketName
    type: Word
    client: Word
    hostname: Word
    data: str = "{}"
    created_at: Instant | None = None


class BucketCreated(Change, frozen=True):
    """A bucket was made."""

    bucket: str
    type: str


class BucketDeleted(Change, frozen=True):
    """A bucket was deleted, with its events."""

    bucket: str


class BucketRestored(Change, frozen=True):
    """A deleted bucket came back."""

    bucket: str


class EventsRecorded(Change, frozen=True):
    """Events were added to a bucket, or its newest one grew, between two instants."""

    bucket: str
    started_at: Instant
    ended_at: Instant


WhyAway = Literal["idle", "locked", "asleep"]


class PersonReturned(Change, frozen=True):
    """Somebody is back at a device after an absence; `why` is what it began with."""

    device: str
    away_from: Instant
    back_at: Instant
    why: WhyAway


class EventsChanged(Change, frozen=True):
    """Events of a bucket were edited, split, deleted or restored between two instants."""

    bucket: str
    started_at: Instant
    ended_at: Instant


def extended(
    last: Event, starts: Instant, ends: Instant, payload: PayloadId, pulsetime: Duration
) -> Event | None:
    """Return the last event, extended by a heartbeat that says "still so", or None where a new one begins.

    last       |------|
    heartbeat            |--|
                      <-->  at most pulsetime
    result     |------------|
    """
    if payload != last.payload_id or not last.started_at <= starts <= last.ended_at + pulsetime:
        return None
    return msgspec.structs.replace(last, ended_at=max(last.ended_at, ends))


def settled_before(now: Instant) -> Instant:
    """Return up to when answers read from now on hold good until a bucket's history version grows."""
    return Instant(now - SETTLED_AFTER - LONGEST_COMMIT)


def interval_of(started_at: int, seconds: float) -> tuple[Instant, Instant]:
    """Return the interval that begins at an instant and lasts decimal seconds."""
    return interval(started_at, started_at + round(seconds * SECOND))


def interval(started_at: int, ended_at: int) -> tuple[Instant, Instant]:
    """Return an interval as events can have it."""
    if ended_at < started_at:
        raise NegativeDuration
    if started_at < EARLIEST or ended_at >= LATEST:
        raise OutOfRange
    return Instant(started_at), Instant(ended_at)


def checked(draft: BucketDraft) -> BucketDraft:
    """Return a draft whose words are fit for a bucket, or raise for the one that is not."""
    return convert(msgspec.structs.asdict(draft), BucketDraft)


def canonical_data(raw: bytes) -> str:
    """Return an event's data in its one canonical form."""
    if len(raw) > MOST_DATA:
        raise DataTooLarge(limit=MOST_DATA)
    data = strict_json.loads(raw)
    if not isinstance(data, dict):
        raise DataNotAnObject
    return strict_json.canonical(data)


def digest_of(canonical: str, key: bytes) -> bytes:
    """Return the keyed digest by which a payload is found; without the key it tells nothing."""
    return hashlib.blake2b(canonical.encode(), key=key, digest_size=16).digest()
