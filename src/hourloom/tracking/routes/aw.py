"""`/api/0`: ActivityWatch's API, so that its watchers and scripts work unchanged."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from hourloom import __version__
from hourloom.core.actors import Actor
from hourloom.core.clock import SECOND, Duration, Instant, datetime_of, parse_instant
from hourloom.core.errors import HourloomError
from hourloom.core.ids import EventId
from hourloom.core.log import recent
from hourloom.settings.service import Settings
from hourloom.tracking.heartbeat import HIDDEN
from hourloom.tracking.model import (
    BucketDraft,
    BucketName,
    BucketNeedsForce,
    EventDraft,
    NoSuchEvent,
    interval_of,
)
from hourloom.tracking.query.encoding import encode_result, format_timestamp
from hourloom.tracking.recorder import Heartbeat, Outcome
from hourloom.tracking.routes.wire import (
    Bound,
    Deleted,
    Info,
    Nothing,
    Number,
    Seconds,
    ShownBucket,
    ShownEvent,
    ShownExtent,
    Text,
    WireBucket,
    WireEvent,
    WireHeartbeat,
    WireQuery,
    bound_of,
)
from hourloom.tracking.service import Buckets, BucketView, Editing, Events, Queries
from hourloom.tracking.service.events import ALL
from hourloom.web.routes import EVENTS_BODY, Access, Answer, Mode, Queued, Routes

routes = Routes("/api/0", "activitywatch")

LOCAL_HOST = "!local"
READ, WRITE = "tracking:read", "tracking:write"


class Server(msgspec.Struct, frozen=True):
    """The facts of this server that ActivityWatch's clients ask for."""

    is_service = True
    hostname: str
    device_id: str
    testing: bool


@routes.on("POST", "/buckets/{bucket}/heartbeat", mode=Mode.QUEUED, access=Access.INGEST, shows=ShownEvent)
def send_heartbeat(
    events: Events, who: Actor, bucket: BucketName, pulsetime: Seconds, body: WireHeartbeat
) -> Queued:
    """Extend the bucket's last event, or begin a new one; answers once it is on disk."""
    who.require_recording_in(bucket)
    started_at, ended_at = interval_of(parse_instant(body.timestamp), body.duration)
    heartbeat = Heartbeat(
        who.workspace_id,
        bucket,
        started_at,
        ended_at,
        Duration(round(pulsetime * SECOND)),
        bytes(body.data),
        who.only_bucket_type,
    )
    return Queued(events.recorder, [heartbeat], _shown_event)


def _shown_event(outcomes: Sequence[Outcome]) -> bytes | HourloomError:
    """Write the event that a heartbeat extended or began."""
    (recorded,) = outcomes
    if isinstance(recorded, HourloomError):
        return recorded
    number = b"null" if recorded.id == HIDDEN else b"%d" % recorded.id
    return b'{"id":%s,"timestamp":"%s","duration":%s,"data":%s}' % (
        number,
        datetime_of(recorded.started_at).isoformat().encode(),
        repr((recorded.ended_at - recorded.started_at) / SECOND).encode(),
        recorded.data,
    )


@routes.on("GET", "/info", mode=Mode.PLAIN, access=Access.INGEST)
def info(server: Server, who: Actor) -> Info:
    """Say what this server is."""
    return Info(server.hostname, f"v{__version__} (hourloom)", server.testing, server.device_id)


@routes.on("GET", "/buckets", "/buckets/", scope=READ, access=Access.LOCAL)
def list_aw_buckets(buckets: Buckets, who: Actor) -> dict[str, ShownBucket]:
    """List all buckets."""
    return {view.bucket.name: bucket_shape(view) for view in buckets.all(who)}


@routes.on("GET", "/buckets/{bucket}", "/buckets/{bucket}/", scope=READ, access=Access.LOCAL)
def show_aw_bucket(buckets: Buckets, who: Actor, bucket: BucketName) -> ShownBucket:
    """Show one bucket."""
    return bucket_shape(buckets.get(who, bucket))


@routes.on(
    "POST",
    "/buckets/{bucket}",
    "/buckets/{bucket}/",
    mode=Mode.WRITE,
    access=Access.INGEST,
    shows=Nothing,
    also={304: "It exists and is unchanged."},
)
def create_aw_bucket(
    buckets: Buckets, server: Server, who: Actor, bucket: BucketName, body: WireBucket
) -> Answer:
    """Make a bucket; 304 says that it exists and is unchanged."""
    _, created = buckets.create(who, _draft(server, bucket, body))
    return Answer({}) if created else Answer(b"", 304)


@routes.on(
    "PUT", "/buckets/{bucket}", "/buckets/{bucket}/", scope=WRITE, mode=Mode.WRITE, access=Access.LOCAL
)
def change_aw_bucket(
    buckets: Buckets, server: Server, who: Actor, bucket: BucketName, body: WireBucket
) -> Nothing:
    """Change type, client, host and data of a bucket."""
    buckets.change(who, bucket, _draft(server, bucket, body))
    return Nothing()


@routes.on(
    "DELETE", "/buckets/{bucket}", "/buckets/{bucket}/", scope=WRITE, mode=Mode.WRITE, access=Access.LOCAL
)
def delete_aw_bucket(
    buckets: Buckets, server: Server, who: Actor, bucket: BucketName, force: Text = ""
) -> Nothing:
    """Delete a bucket with its events; for a week the operation can be undone."""
    buckets.get(who, bucket)
    if force != "1" and not server.testing:
        raise BucketNeedsForce
    buckets.delete(who, bucket)
    return Nothing()


@routes.on("GET", "/buckets/{bucket}/events", scope=READ, access=Access.LOCAL, shows=list[ShownEvent])
def list_aw_events(
    events: Events, who: Actor, bucket: BucketName, start: Bound = "", end: Bound = "", limit: int = -1
) -> bytes:
    """List the events that meet a period, cut to it, the newest first."""
    begins, ends = bound_of("start", start), bound_of("end", end)
    most = ALL if limit < 0 else min(limit, ALL)
    if begins is not None and ends is not None and begins > ends:
        most = 0
    return encode_result(events.between(who, bucket, begins, ends, most))


@routes.on("GET", "/buckets/{bucket}/events/count", scope=READ, access=Access.LOCAL)
def count_aw_events(
    events: Events, who: Actor, bucket: BucketName, start: Bound = "", end: Bound = ""
) -> int:
    """Count the events that meet a period."""
    return events.count(who, bucket, bound_of("start", start), bound_of("end", end))


@routes.on(
    "GET",
    "/buckets/{bucket}/events/{event}",
    scope=READ,
    access=Access.LOCAL,
    shows=ShownEvent,
    also={404: "There is no such event, and the answer is `null`; or no such bucket."},
)
def show_aw_event(events: Events, who: Actor, bucket: BucketName, event: Number) -> Answer:
    """Show one event; 404 with `null` where there is none."""
    try:
        found, data, _ = events.get(who, event, bucket)
    except NoSuchEvent:
        return Answer(None, 404)
    return Answer(
        ShownEvent(
            found.id,
            format_timestamp(found.started_at),
            (found.ended_at - found.started_at) / SECOND,
            msgspec.Raw(data.encode()),
        )
    )


@routes.on(
    "POST",
    "/buckets/{bucket}/events",
    scope=WRITE,
    mode=Mode.WRITE,
    access=Access.LOCAL,
    limit=EVENTS_BODY,
)
def add_aw_events(
    events: Events, editing: Editing, who: Actor, bucket: BucketName, body: WireEvent | list[WireEvent]
) -> None:
    """Store one event or a list; one with the number of an event of this bucket replaces it."""
    now = events.now()
    drafts = [_event_draft(event, now) for event in (body if isinstance(body, list) else [body])]
    if replacing := [draft for draft in drafts if draft.id is not None]:
        editing.replace(who, bucket, replacing)
    events.append(who, bucket, [draft for draft in drafts if draft.id is None])


@routes.on("DELETE", "/buckets/{bucket}/events/{event}", scope=WRITE, mode=Mode.WRITE, access=Access.LOCAL)
def delete_aw_event(
    events: Events, editing: Editing, who: Actor, bucket: BucketName, event: Number
) -> Deleted:
    """Delete one event; says whether there was one."""
    try:
        events.get(who, event, bucket)
        editing.delete(who, [event])
    except NoSuchEvent:
        return Deleted(0)
    return Deleted(1)


@routes.on(
    "POST", "/query", "/query/", scope=READ, mode=Mode.AWAITED, access=Access.LOCAL, shows=list[object]
)
async def query(queries: Queries, who: Actor, body: WireQuery, name: Text = "", cache: Text = "") -> bytes:
    """Answer a query for each of its periods."""
    return await queries.ask(who, body.query, body.timeperiods, name)


@routes.on("GET", "/settings", "/settings/", scope="settings:read", access=Access.LOCAL)
def list_aw_settings(settings: Settings, who: Actor) -> dict[str, msgspec.Raw]:
    """Return all settings of ActivityWatch's clients."""
    return settings.activitywatch_all(who)


@routes.on("GET", "/settings/{key}", scope="settings:read", access=Access.LOCAL)
def show_aw_setting(settings: Settings, who: Actor, key: str) -> msgspec.Raw | None:
    """Return one setting, `null` where there is none."""
    return settings.activitywatch_get(who, key)


@routes.on("POST", "/settings/{key}", scope="settings:write", mode=Mode.WRITE, access=Access.LOCAL)
def set_aw_setting(settings: Settings, who: Actor, key: str, body: msgspec.Raw) -> msgspec.Raw:
    """Store one setting and return it."""
    settings.activitywatch_set(who, key, bytes(body))
    return body


@routes.on("DELETE", "/settings/{key}", scope="settings:write", mode=Mode.WRITE, access=Access.LOCAL)
def delete_aw_setting(settings: Settings, who: Actor, key: str) -> Nothing:
    """Delete one setting."""
    settings.activitywatch_delete(who, key)
    return Nothing()


@routes.on("GET", "/log", scope=READ, mode=Mode.PLAIN, access=Access.LOCAL)
def show_log(who: Actor) -> list[dict[str, str]]:
    """Return the last lines of the server's log."""
    return recent(500)


def bucket_shape(view: BucketView) -> ShownBucket:
    """Return a bucket as it is shown."""
    bucket, extent = view.bucket, view.extent
    shown = ShownBucket(
        id=bucket.name,
        created=format_timestamp(bucket.created_at),
        type=bucket.type,
        client=bucket.client,
        hostname=bucket.hostname,
        data=msgspec.Raw(bucket.data.encode()),
        metadata=ShownExtent(),
    )
    if extent is not None:
        starts, ends = format_timestamp(extent.started_at), format_timestamp(extent.ended_at)
        shown.last_updated, shown.metadata = ends, ShownExtent(starts, ends)
    return shown


def _draft(server: Server, name: str, body: WireBucket) -> BucketDraft:
    data, hostname = body.data or {}, body.hostname
    if hostname == LOCAL_HOST:
        hostname, data = server.hostname, data | {"device_id": server.device_id}
    return BucketDraft(
        name,
        body.type,
        body.client,
        hostname,
        msgspec.json.encode(data, order="sorted").decode(),
        None if body.created is None else parse_instant(body.created),
    )


def _event_draft(event: WireEvent, now: Instant) -> EventDraft:
    starts = now if event.timestamp is None else parse_instant(event.timestamp)
    started_at, ended_at = interval_of(starts, event.duration)
    number = None if event.id is None else EventId(event.id)
    return EventDraft(started_at, ended_at, bytes(event.data), number)
