"""`/api/v1` for retention: the rules, what would go now, and letting it go."""

from __future__ import annotations

from datetime import datetime

import msgspec

from hourloom.core.actors import Actor
from hourloom.core.clock import SECOND, datetime_of
from hourloom.core.errors import Invalid
from hourloom.tracking.retention import RetentionCount, RetentionPhase, RetentionPlace
from hourloom.tracking.service import Retention
from hourloom.web.routes import Mode, Routes

routes = Routes("/api/v1", "retention")

READ, WRITE = "tracking:read", "tracking:write"


class RetentionShape(msgspec.Struct):
    """For how many days each kind of record is kept; null is for ever."""

    titles_days: int | None
    events_days: int | None
    everything_days: int | None
    totals: bool
    """Whether totals outlive the events."""
    last_run_at: datetime | None


class CountShape(msgspec.Struct):
    """How much is too old in one way: to be deleted, or reduced to apps and sites."""

    kind: RetentionPhase
    count: int
    """Events; of the kind "totals", totals; of "marks" and "notes", marks."""
    seconds: float
    started_at: datetime | None
    ended_at: datetime | None


class RunFrom(msgspec.Struct, forbid_unknown_fields=True):
    """Where a run goes on that was not finished: what the answer before gave."""

    place: RetentionPlace | None = None


class RunShape(msgspec.Struct):
    """What a second's worth of a run did, and where to go on; without a place it is finished."""

    place: RetentionPlace | None
    deleted: int
    reduced: int
    totals: int
    marks: int
    """Marks that were deleted, cut, or lost their notes."""


class NotYourPlace(Invalid):
    """The place belongs to another workspace."""


@routes.on("GET", "/retention", scope=READ)
def show_retention(retention: Retention, who: Actor) -> RetentionShape:
    """Show for how long each kind of record is kept; settings named `retention_…` change it."""
    rules, last = retention.rules(who), retention.last_run(who)
    return RetentionShape(
        rules.titles_days,
        rules.events_days,
        rules.everything_days,
        rules.totals,
        None if last is None else datetime_of(last),
    )


@routes.on("GET", "/retention/preview", scope=READ, mode=Mode.AWAITED)
async def preview_retention(retention: Retention, who: Actor) -> list[CountShape]:
    """Show how much a run would delete or reduce now."""
    return [_count(count) for count in await retention.preview(who)]


@routes.on("POST", "/retention/run", scope=WRITE, mode=Mode.AWAITED)
async def run_retention(retention: Retention, who: Actor, body: RunFrom) -> RunShape:
    """See to old records now, for about a second; go on with the place that this gives."""
    if body.place is not None and body.place.workspace_id != who.workspace_id:
        raise NotYourPlace
    further, done = await retention.run(who, body.place)
    return RunShape(further, done.deleted, done.reduced, done.totals, done.marks)


def _count(count: RetentionCount) -> CountShape:
    return CountShape(
        count.kind,
        count.events,
        count.lasted / SECOND,
        None if count.started_at is None else datetime_of(count.started_at),
        None if count.ended_at is None else datetime_of(count.ended_at),
    )
