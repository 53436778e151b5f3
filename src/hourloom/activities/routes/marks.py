"""Marks over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from hourloom.activities.model.lane import PeriodNeeded
from hourloom.activities.model.mark import LONGEST_NOTE, MOST_AT_ONCE, Mark, Presence
from hourloom.activities.model.rule import Outcome
from hourloom.activities.service.marks import Marks
from hourloom.core.actors import Actor
from hourloom.core.clock import EARLIEST, LATEST, Instant, datetime_of, instant_of
from hourloom.tracking.routes.wire import bound_of
from hourloom.web.routes import Mode, Routes

routes = Routes("/api/v1", "marks")

READ, WRITE = "activities:read", "activities:write"

Number = Annotated[int, Meta(ge=1, le=2**63 - 1)]
PageSize = Annotated[int, Meta(ge=1, le=500)]
Moment = Annotated[datetime, Meta(tz=True)]
Text = Annotated[str, Meta(max_length=200)]


class MarkWanted(msgspec.Struct, forbid_unknown_fields=True):
    """What is said about a stretch of time, from one instant up to another."""

    start: Moment
    end: Moment
    presence: Presence | None = None
    """`away`: it does not count; `present`: it counts, recorded or not; null: as it was recorded."""
    outcome: Outcome = Outcome()
    note: Annotated[str, Meta(max_length=LONGEST_NOTE)] = ""


class MarksWanted(msgspec.Struct, forbid_unknown_fields=True):
    """What is said about some stretches of time, in one operation."""

    marks: Annotated[list[MarkWanted], Meta(max_length=MOST_AT_ONCE)]
    instead_of: Annotated[list[Number], Meta(max_length=MOST_AT_ONCE)] = []
    """Marks that go with it."""


class MarkShape(msgspec.Struct):
    """What was said about a stretch of time."""

    id: int
    start: datetime
    end: datetime
    presence: Presence | None
    outcome: Outcome
    note: str
    at: datetime


class MarkPage(msgspec.Struct):
    """Marks from the newest on."""

    marks: list[MarkShape]
    next_cursor: int | None


class MarksMade(msgspec.Struct):
    """The numbers of marks, and the operation with which this can be undone."""

    ids: list[int]
    operation_id: int


class MarkGone(msgspec.Struct):
    """The operation with which this can be undone."""

    operation_id: int


@routes.on("GET", "/marks", scope=READ)
def list_marks(
    marks: Marks,
    who: Actor,
    start: Text = "",
    end: Text = "",
    cursor: Number = 2**63 - 1,
    limit: PageSize = 100,
) -> MarkPage:
    """List what you said about stretches of time, about those within a period where one is given."""
    first = bound_of("start", start) if start else Instant(EARLIEST)
    last = bound_of("end", end) if end else Instant(LATEST)
    if first is None or last is None or first > last:
        raise PeriodNeeded
    found = marks.between(who, first, last, cursor, limit)
    return MarkPage([_shape(each) for each in found], found[-1].id if len(found) == limit else None)


@routes.on("POST", "/marks", scope=WRITE, mode=Mode.WRITE, status=201)
def add_marks(marks: Marks, who: Actor, body: MarksWanted) -> MarksMade:
    """Say what stretches of time were; of two that overlap the later one holds."""
    made, operation = marks.add(who, [_draft(each) for each in body.marks], body.instead_of)
    return MarksMade([each.id for each in made], operation)


@routes.on("DELETE", "/marks/{mark}", scope=WRITE, mode=Mode.WRITE)
def remove_mark(marks: Marks, who: Actor, mark: Number) -> MarkGone:
    """Take a mark away: what was recorded holds again."""
    return MarkGone(marks.remove(who, mark))


def _draft(wanted: MarkWanted) -> Mark:
    return Mark(
        0,
        instant_of(wanted.start),
        instant_of(wanted.end),
        wanted.presence,
        wanted.outcome,
        wanted.note.strip(),
    )


def _shape(mark: Mark) -> MarkShape:
    return MarkShape(
        mark.id,
        datetime_of(mark.start),
        datetime_of(mark.end),
        mark.presence,
        mark.outcome,
        mark.note,
        datetime_of(mark.at),
    )
