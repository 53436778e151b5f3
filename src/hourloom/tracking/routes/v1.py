"""`/api/v1` for buckets, events, heartbeats and queries."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from hourloom.core.actors import Actor
from hourloom.core.clock import SECOND, Duration, datetime_of, instant_of
from hourloom.core.errors import HourloomError, Invalid
from hourloom.tracking.heartbeat import HIDDEN
from hourloom.tracking.model import (
    Bucket,
    BucketDraft,
    BucketName,
    EventDraft,
    EventNumber,
    Word,
    interval_of,
)
from hourloom.tracking.query.events import Event as EventRow
from hourloom.tracking.recorder import Heartbeat, Outcome
from hourloom.tracking.service import Buckets, BucketView, Editing, Events, Queries
from hourloom.tracking.service.editing import EventChanges
from hourloom.web.problems import Problem, problem_of
from hourloom.web.routes import EVENTS_BODY, Mode, Queued, Routes

routes = Routes("/api/v1", "tracking")

READ, WRITE = "tracking:read", "tracking:write"
MOST_AT_ONCE = 10_000

Data = Annotated[msgspec.Raw, Meta(extra_json_schema={"type": "object"})]
Moment = Annotated[datetime, Meta(tz=True)]
Length = Annotated[float, Meta(ge=0, le=3.2e9)]
PageSize = Annotated[int, Meta(ge=1, le=10_000)]
Text = Annotated[str, Meta(max_length=64)]


class BucketShape(msgspec.Struct):
    """A bucket and where its events begin and end."""

    name: str
    type: str
    client: str
    hostname: str
    data: Data
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


class NewBucket(msgspec.Struct, forbid_unknown_fields=True):
    """A bucket that is to be made."""

    name: BucketName
    type: Word
    client: Word
    hostname: Word
    data: dict[str, Any] = {}


class EventShape(msgspec.Struct):
    """An event as it is stored."""

    id: int
    started_at: datetime
    duration: float
    data: Data


class EventPage(msgspec.Struct):
    """Events from the newest on."""

    events: list[EventShape]
    next_cursor: str | None


class OneEvent(msgspec.Struct):
    """An event and the bucket that it is in."""

    bucket: BucketName
    event: EventShape


class NewEvent(msgspec.Struct, forbid_unknown_fields=True):
    """An event that is to be stored."""

    started_at: Moment
    data: Data
    duration: Length = 0.0


class Numbers(msgspec.Struct):
    """The numbers of the events that were stored, in the order given; 0 where a privacy rule dropped one."""

    ids: list[int]


class NewHeartbeat(msgspec.Struct, forbid_unknown_fields=True):
    """One heartbeat of a batch."""

    timestamp: Moment
    data: Data
    duration: Length = 0.0


class HeartbeatBatch(msgspec.Struct, forbid_unknown_fields=True):
    """Heartbeats of one bucket, in order; pulsetime in seconds."""

    bucket: BucketName
    pulsetime: Annotated[float, Meta(ge=-3.2e9, le=3.2e9)]
    heartbeats: Annotated[list[NewHeartbeat], Meta(min_length=1, max_length=MOST_AT_ONCE)]


class HeartbeatResult(msgspec.Struct, omit_defaults=True):
    """What became of one heartbeat: the event that it extended or began, or the problem."""

    id: int | None = None
    hidden: bool = False
    """Whether a privacy rule dropped it, so that nothing of it is stored."""
    started_at: datetime | None = None
    duration: float | None = None
    problem: Problem | None = None


class HeartbeatResults(msgspec.Struct):
    """One result for each heartbeat."""

    results: list[HeartbeatResult]


class EventEdit(msgspec.Struct, forbid_unknown_fields=True):
    """New values of an event; what is left out stays."""

    started_at: Moment | None = None
    ended_at: Moment | None = None
    # A raw value cannot be one of several types, so what is left out is empty.
    data: Data = msgspec.field(default_factory=msgspec.Raw)


class SplitAt(msgspec.Struct, forbid_unknown_fields=True):
    """Where an event is cut in two."""

    at: Moment


class EventList(msgspec.Struct, forbid_unknown_fields=True):
    """Events by their numbers."""

    ids: Annotated[list[EventNumber], Meta(min_length=1, max_length=2_000)]


class OperationMade(msgspec.Struct):
    """The operation with which this can be undone."""

    operation_id: int


class Question(msgspec.Struct, forbid_unknown_fields=True):
    """A query in ActivityWatch's language and the periods it is asked for, as START/END."""

    query: Annotated[list[str], Meta(max_length=10_000)]
    periods: Annotated[list[Annotated[str, Meta(max_length=200)]], Meta(min_length=1, max_length=1_000)]


class CursorRefused(Invalid):
    """The cursor is not one that this list gave out."""


@routes.on("POST", "/heartbeats", mode=Mode.QUEUED, limit=EVENTS_BODY, shows=HeartbeatResults)
def send_heartbeats(events: Events, who: Actor, body: HeartbeatBatch) -> Queued:
    """Apply heartbeats in order; each has its own result, and all are on disk when this answers."""
    who.require_recording_in(body.bucket)
    pulsetime = Duration(round(body.pulsetime * SECOND))
    made = [_heartbeat(who, body.bucket, pulsetime, beat) for beat in body.heartbeats]

    def shown(outcomes: Sequence[Outcome]) -> HeartbeatResults:
        became = iter(outcomes)
        return HeartbeatResults([_result(b if isinstance(b, HourloomError) else next(became)) for b in made])

    return Queued(events.recorder, [beat for beat in made if isinstance(beat, Heartbeat)], shown)


@routes.on("GET", "/buckets", scope=READ)
def list_buckets(buckets: Buckets, who: Actor) -> list[BucketShape]:
    """List all buckets."""
    return [_bucket(view) for view in buckets.all(who)]


@routes.on("POST", "/buckets", mode=Mode.WRITE, status=201)
def create_bucket(buckets: Buckets, who: Actor, body: NewBucket) -> BucketShape:
    """Make a bucket, or return the one of that name unchanged."""
    data = msgspec.json.encode(body.data, order="sorted").decode()
    bucket, _ = buckets.create(who, BucketDraft(body.name, body.type, body.client, body.hostname, data))
    return _bucket(BucketView(bucket, None))


@routes.on("GET", "/buckets/{bucket}", scope=READ)
def show_bucket(buckets: Buckets, who: Actor, bucket: BucketName) -> BucketShape:
    """Show one bucket."""
    return _bucket(buckets.get(who, bucket))


@routes.on("DELETE", "/buckets/{bucket}", scope=WRITE, mode=Mode.WRITE)
def delete_bucket(buckets: Buckets, who: Actor, bucket: BucketName) -> OperationMade:
    """Delete a bucket with its events; can be undone for a week."""
    return OperationMade(buckets.delete(who, bucket))


@routes.on("GET", "/buckets/{bucket}/events", scope=READ)
def list_events(
    events: Events, who: Actor, bucket: BucketName, cursor: Text = "", limit: PageSize = 100
) -> EventPage:
    """List the events of a bucket as they are stored, the newest first."""
    page = events.page(who, bucket, _place(cursor), limit)
    more = _cursor(page[-1]) if len(page) == limit else None
    return EventPage([_event(row) for row in page], more)


@routes.on("POST", "/buckets/{bucket}/events", scope=WRITE, mode=Mode.WRITE, status=201, limit=EVENTS_BODY)
def add_events(
    events: Events, who: Actor, bucket: BucketName, body: Annotated[list[NewEvent], Meta(max_length=100_000)]
) -> Numbers:
    """Store events; those of one request are stored together or not at all."""
    return Numbers([int(id_) for id_ in events.append(who, bucket, [_draft(new) for new in body])])


@routes.on("GET", "/events/{event}", scope=READ)
def show_event(events: Events, who: Actor, event: EventNumber) -> OneEvent:
    """Show one event."""
    found, data, bucket = events.get(who, event)
    return OneEvent(bucket.name, _shape(found.id, found.started_at, found.ended_at, data))


@routes.on("PATCH", "/events/{event}", scope=WRITE, mode=Mode.WRITE)
def edit_event(editing: Editing, who: Actor, event: EventNumber, body: EventEdit) -> OperationMade:
    """Change an event's interval or data."""
    changes = EventChanges(
        None if body.started_at is None else instant_of(body.started_at),
        None if body.ended_at is None else instant_of(body.ended_at),
        bytes(body.data) or None,
    )
    return OperationMade(editing.edit(who, event, changes))


@routes.on("DELETE", "/events/{event}", scope=WRITE, mode=Mode.WRITE)
def delete_event(editing: Editing, who: Actor, event: EventNumber) -> OperationMade:
    """Delete one event; can be undone for a week."""
    return OperationMade(editing.delete(who, [event]))


@routes.on("POST", "/events/delete", scope=WRITE, mode=Mode.WRITE)
def delete_events(editing: Editing, who: Actor, body: EventList) -> OperationMade:
    """Delete several events at once; can be undone for a week."""
    return OperationMade(editing.delete(who, body.ids))


@routes.on("POST", "/events/{event}/split", scope=WRITE, mode=Mode.WRITE)
def split_event(editing: Editing, who: Actor, event: EventNumber, body: SplitAt) -> OperationMade:
    """Cut an event in two at an instant within it."""
    return OperationMade(editing.split(who, event, instant_of(body.at)))


@routes.on("POST", "/events/{event}/restore", scope=WRITE, mode=Mode.WRITE)
def restore_event(editing: Editing, who: Actor, event: EventNumber) -> OperationMade:
    """Bring one deleted event back as it was."""
    return OperationMade(editing.restore(who, event))


@routes.on("POST", "/query", scope=READ, mode=Mode.AWAITED, shows=list[object])
async def ask(queries: Queries, who: Actor, body: Question) -> bytes:
    """Answer a query for each of its periods."""
    return await queries.ask(who, body.query, body.periods)


def _heartbeat(
    who: Actor, bucket: BucketName, pulsetime: Duration, beat: NewHeartbeat
) -> Heartbeat | HourloomError:
    try:
        started_at, ended_at = interval_of(instant_of(beat.timestamp), beat.duration)
    except HourloomError as error:
        return error
    data = bytes(beat.data)
    return Heartbeat(who.workspace_id, bucket, started_at, ended_at, pulsetime, data, who.only_bucket_type)


def _result(outcome: Any) -> HeartbeatResult:  # a Recorded or an error
    if isinstance(outcome, HourloomError):
        return HeartbeatResult(problem=problem_of(outcome))
    if outcome.id == HIDDEN:
        return HeartbeatResult(hidden=True)
    return HeartbeatResult(
        id=outcome.id,
        started_at=datetime_of(outcome.started_at),
        duration=(outcome.ended_at - outcome.started_at) / SECOND,
    )


def _bucket(view: BucketView) -> BucketShape:
    bucket: Bucket = view.bucket
    extent = view.extent
    return BucketShape(
        name=bucket.name,
        type=bucket.type,
        client=bucket.client,
        hostname=bucket.hostname,
        data=msgspec.Raw(bucket.data.encode()),
        created_at=datetime_of(bucket.created_at),
        started_at=None if extent is None else datetime_of(extent.started_at),
        ended_at=None if extent is None else datetime_of(extent.ended_at),
    )


def _draft(new: NewEvent) -> EventDraft:
    started_at, ended_at = interval_of(instant_of(new.started_at), new.duration)
    return EventDraft(started_at, ended_at, bytes(new.data))


def _event(row: EventRow) -> EventShape:
    number, started_at, ended_at, payload = row
    return _shape(number or 0, started_at, ended_at, payload.text)


def _shape(number: int, started_at: int, ended_at: int, data: str) -> EventShape:
    return EventShape(
        number, datetime_of(started_at), (ended_at - started_at) / SECOND, msgspec.Raw(data.encode())
    )


def _cursor(row: EventRow) -> str:
    return base64.urlsafe_b64encode(b"%d.%d" % (row[1], row[0] or 0)).decode().rstrip("=")


def _place(cursor: str) -> tuple[int, int] | None:
    if not cursor:
        return None
    try:
        start, _, event = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).partition(b".")
        place = int(start), int(event)
    except ValueError:
        raise CursorRefused from None
    if not all(0 <= part < 2**62 for part in place):
        raise CursorRefused
    return place
