"""`/api/v1` for deleting ranges and matches, for the trash, and for the proof that something is gone."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from hourloom.core.actors import Actor
from hourloom.core.clock import EARLIEST, LATEST, SECOND, datetime_of
from hourloom.core.days import range_of
from hourloom.core.errors import Invalid
from hourloom.core.ids import ErasureId
from hourloom.settings.definitions import DAY_STARTS_AT, TIME_ZONE
from hourloom.settings.service import Settings
from hourloom.tracking.erasure import Criteria, Erasure, ErasureKind, ErasureState, Words
from hourloom.tracking.model import Bucket, BucketName
from hourloom.tracking.routes.v1 import OperationMade
from hourloom.tracking.service import Erasures, Trash
from hourloom.tracking.service.erasures import Measured, Wanted
from hourloom.web.routes import Mode, Routes

routes = Routes("/api/v1", "erasures")

READ, WRITE = "tracking:read", "tracking:write"

Number = Annotated[int, Meta(ge=1, le=2**63 - 1)]
PageSize = Annotated[int, Meta(ge=1, le=500)]
Range = Annotated[str, Meta(min_length=1, max_length=80)]


class NothingNamed(Invalid):
    """Say what to delete: a range of days, an app, a domain, words of a title or a pattern."""


class Sought(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What to delete: a range of the user's days (FROM..TO), what to look for in it, or both."""

    range: Range | None = None
    bucket: BucketName | None = None
    app: Words | None = None
    domain: Words | None = None
    title: Words | None = None
    """Words that all occur in the title."""
    pattern: Words | None = None
    """A regular expression (RE2) that is found in any text of an event."""


class NewErasure(Sought, forbid_unknown_fields=True, kw_only=True):
    """What to delete; `now` erases every copy at once, and cannot be undone."""

    now: bool = False


class EraseEverything(msgspec.Struct, forbid_unknown_fields=True):
    """How to delete everything: `now` erases at once, and cannot be undone."""

    now: bool = False


class MeasuredShape(msgspec.Struct):
    """How much of one bucket would be deleted."""

    bucket: str
    events: int
    seconds: float
    started_at: datetime
    ended_at: datetime


class ErasurePreview(msgspec.Struct):
    """What would be deleted."""

    events: int
    seconds: float
    payloads: int
    """How many different payloads match; 0 where all are meant."""
    buckets: list[MeasuredShape]


class ProofShape(msgspec.Struct):
    """A place that was searched for what was erased, and what was found there."""

    place: str
    found: int
    searched: int | None
    names: list[str]


class ErasureShape(msgspec.Struct):
    """A final deletion, from asking for it to its proof."""

    id: int
    kind: ErasureKind
    state: ErasureState
    operation_id: int | None
    requested_at: datetime
    due_at: datetime
    done_at: datetime | None
    events: int
    seconds: float
    can_be_undone: bool
    proof: list[ProofShape]


class ErasurePage(msgspec.Struct):
    """Erasures from the newest on."""

    erasures: list[ErasureShape]
    next_cursor: int | None


class DeletedBucket(msgspec.Struct):
    """A bucket in the trash."""

    id: int
    name: str
    type: str
    deleted_at: datetime


class JobMade(msgspec.Struct):
    """The job that does it."""

    job_id: int


@routes.on("POST", "/erasures/preview", scope=READ, mode=Mode.AWAITED)
async def preview_erasure(erasures: Erasures, settings: Settings, who: Actor, body: Sought) -> ErasurePreview:
    """Show what would be deleted, and how much time of the record that is."""
    found, payloads = await erasures.preview(who, _wanted(settings, who, body))
    return ErasurePreview(
        sum(each.events for each in found),
        sum(each.lasted for each in found) / SECOND,
        payloads,
        [_measured(each) for each in found],
    )


@routes.on("POST", "/erasures", scope=WRITE, mode=Mode.AWAITED, status=201)
async def delete_matching(
    erasures: Erasures, settings: Settings, who: Actor, body: NewErasure
) -> ErasureShape:
    """Delete a range, or what matches; it can be undone for a week, then every copy is erased."""
    return _shape(await erasures.delete(who, _wanted(settings, who, body), now=body.now))


@routes.on("POST", "/erasures/everything", scope="admin", mode=Mode.WRITE, status=201, step_up=True)
def delete_everything(trash: Trash, who: Actor, body: EraseEverything) -> ErasureShape:
    """Delete all buckets; they can be brought back for a week, unless everything is erased at once."""
    return _shape(trash.delete_everything(who, now=body.now))


@routes.on("GET", "/erasures", scope=READ)
def list_erasures(
    erasures: Erasures, who: Actor, cursor: Number = 2**63 - 1, limit: PageSize = 100
) -> ErasurePage:
    """List what was deleted by range or match, or erased, the newest first."""
    found = erasures.newest(who, cursor, limit)
    return ErasurePage([_shape(each) for each in found], found[-1].id if len(found) == limit else None)


@routes.on("GET", "/erasures/{erasure}", scope=READ)
def show_erasure(erasures: Erasures, who: Actor, erasure: Number) -> ErasureShape:
    """Show one erasure with its proof."""
    return _shape(erasures.get(who, ErasureId(erasure)))


@routes.on("POST", "/erasures/{erasure}/advance", scope=WRITE, mode=Mode.AWAITED)
async def advance_erasure(erasures: Erasures, who: Actor, erasure: Number) -> ErasureShape:
    """Do a second's worth of what is left to do, beside the job that does it, and show how it stands."""
    return _shape(await erasures.advance(who, ErasureId(erasure)))


@routes.on("POST", "/erasures/{erasure}/erase", scope=WRITE, mode=Mode.WRITE)
def erase_now(erasures: Erasures, who: Actor, erasure: Number) -> ErasureShape:
    """Erase at once what was deleted and could still be undone."""
    return _shape(erasures.erase_now(who, ErasureId(erasure)))


@routes.on("POST", "/erasures/{erasure}/rewrite-backups", scope=WRITE, mode=Mode.WRITE)
def rewrite_backups(erasures: Erasures, who: Actor, erasure: Number) -> JobMade:
    """Erase it from the backups that were made before and are within reach; a job does it."""
    return JobMade(erasures.rewrite_backups(who, ErasureId(erasure)))


@routes.on("GET", "/trash", scope=READ)
def list_trash(trash: Trash, who: Actor) -> list[DeletedBucket]:
    """List the deleted buckets that can be brought back, those deleted last first."""
    return [_deleted(bucket) for bucket in trash.all(who)]


@routes.on("POST", "/trash/{bucket}/restore", scope=WRITE, mode=Mode.WRITE)
def restore_bucket(trash: Trash, who: Actor, bucket: Number) -> OperationMade:
    """Take a bucket out of the trash."""
    return OperationMade(trash.restore(who, bucket))


@routes.on("DELETE", "/trash/{bucket}", scope=WRITE, mode=Mode.WRITE)
def erase_bucket(trash: Trash, who: Actor, bucket: Number) -> ErasureShape:
    """Erase a deleted bucket with everything in it, at once."""
    return _shape(trash.erase(who, bucket))


def _wanted(settings: Settings, who: Actor, body: Sought) -> Wanted:
    criteria = Criteria(body.app, body.domain, body.title, body.pattern)
    named = criteria != Criteria()
    if body.range is None and not named:
        raise NothingNamed
    start, end = EARLIEST, LATEST
    if body.range is not None:
        zone, starts_at = settings.value(who, TIME_ZONE), settings.value(who, DAY_STARTS_AT)
        start, end = range_of(body.range, zone, starts_at)
    return Wanted(start, end, body.bucket, criteria if named else None)


def _measured(found: Measured) -> MeasuredShape:
    return MeasuredShape(
        found.bucket,
        found.events,
        found.lasted / SECOND,
        datetime_of(found.started_at),
        datetime_of(found.ended_at),
    )


def _shape(erasure: Erasure) -> ErasureShape:
    scope = erasure.scope
    return ErasureShape(
        id=erasure.id,
        kind=erasure.kind,
        state=erasure.state,
        operation_id=erasure.operation_id,
        requested_at=datetime_of(erasure.requested_at),
        due_at=datetime_of(erasure.due_at),
        done_at=None if erasure.done_at is None else datetime_of(erasure.done_at),
        events=scope.events,
        seconds=scope.lasted / SECOND,
        can_be_undone=erasure.can_be_undone,
        proof=[ProofShape(proof.place, proof.found, proof.searched, proof.names) for proof in erasure.proofs],
    )


def _deleted(bucket: Bucket) -> DeletedBucket:
    return DeletedBucket(bucket.id, bucket.name, bucket.type, datetime_of(bucket.deleted_at or 0))
