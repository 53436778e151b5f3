"""What a person was doing, over HTTP: stretches, what was decided about them, and what they came from."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from hourloom.activities.model.activity import Activity
from hourloom.activities.model.filter import filter_of
from hourloom.activities.model.lane import PeriodNeeded
from hourloom.activities.model.subject import Description
from hourloom.activities.model.verdict import Source
from hourloom.activities.service.activities import Activities, ActivityPage
from hourloom.core.actors import Actor
from hourloom.core.clock import LATEST, SECOND, Instant, datetime_of
from hourloom.core.errors import Invalid
from hourloom.tracking.routes.wire import bound_of
from hourloom.web.routes import Mode, Routes

routes = Routes("/api/v1", "activities")

READ = "activities:read"
MOST_ON_A_PAGE = 2_000

Text = Annotated[str, Meta(max_length=200)]
Words = Annotated[str, Meta(max_length=4_000)]
PageSize = Annotated[int, Meta(ge=1, le=MOST_ON_A_PAGE)]
Dwell = Annotated[int, Meta(ge=0, le=3_600)]


class PageNotKnown(Invalid):
    """The cursor is not one that this list gave out."""


class ActivityShape(msgspec.Struct):
    """A stretch of what a person was doing."""

    start: datetime
    end: datetime
    duration_seconds: float
    device_id: int
    device: str
    app: str
    """One word for the program, whatever its window system calls it."""
    app_name: str
    title: str
    url: str
    domain: str
    path: str
    window_payload_id: int
    """What a correction of this very thing names; 0 where there is none."""
    detail_payload_id: int
    category_id: int | None
    category: str | None
    """The names from the top down, joined by ` > `."""
    project_id: int | None
    project: str | None
    tag_ids: list[int]
    source: Source
    """Who gave the category."""
    rule_id: int | None
    confidence: float
    mark_id: int | None
    """What you said about this stretch of time, if you did."""


class ActivitiesShape(msgspec.Struct):
    """Activities in order, none over another; and when nobody was there, up to where the page ends."""

    activities: list[ActivityShape]
    away: list[tuple[datetime, datetime]]
    next_cursor: str | None


class SourceEventShape(msgspec.Struct):
    """An event that activities came from."""

    bucket: str
    id: int
    start: datetime
    end: datetime
    duration_seconds: float


class SourceEventsShape(msgspec.Struct):
    """The events that the activities of a period came from, the first thousand."""

    events: list[SourceEventShape]


@routes.on("GET", "/activities", scope=READ, mode=Mode.AWAITED, compressed=True)
async def list_activities(  # noqa: PLR0913, PLR0917 - each is a parameter of the address
    activities: Activities,
    who: Actor,
    start: Text,
    end: Text,
    cursor: Text = "",
    limit: PageSize = 500,
    dwell_seconds: Dwell = 0,
    category: Words = "",
    project: Words = "",
    tag: Words = "",
    app: Words = "",
    domain: Words = "",
    device: Words = "",
    score: Words = "",
    source: Words = "",
    title: Words = "",
    unassigned: Text = "",
    exact: Text = "",
) -> ActivitiesShape:
    """List what you were doing from one instant to another, in order.

    Visits shorter than `dwell_seconds` go to what was done before or after them.
    """
    where = {
        "category": category,
        "project": project,
        "tag": tag,
        "app": app,
        "domain": domain,
        "device": device,
        "score": score,
        "source": source,
        "title": title,
        "unassigned": unassigned,
        "exact": exact,
    }
    first, last = _period(start, end)
    page = await activities.page(
        who, max(first, _place(cursor)), last, filter_of(where), limit=limit, dwell=dwell_seconds * SECOND
    )
    return _page(page)


@routes.on("GET", "/activities/events", scope=READ, mode=Mode.AWAITED)
async def list_source_events(activities: Activities, who: Actor, start: Text, end: Text) -> SourceEventsShape:
    """List the events that your activities from one instant to another came from."""
    found = await activities.source_events(who, *_period(start, end))
    return SourceEventsShape(
        [
            SourceEventShape(
                event.bucket,
                event.id,
                datetime_of(event.start),
                datetime_of(event.end),
                (event.end - event.start) / SECOND,
            )
            for event in found
        ]
    )


def _period(start: str, end: str) -> tuple[Instant, Instant]:
    first, last = bound_of("start", start), bound_of("end", end)
    if first is None or last is None or first > last:
        raise PeriodNeeded
    return first, last


def _page(page: ActivityPage) -> ActivitiesShape:
    return ActivitiesShape(
        [_shape(page, activity) for activity in page.activities],
        [(datetime_of(start), datetime_of(end)) for start, end in page.away],
        None if page.further is None else _cursor(page.further),
    )


def _shape(page: ActivityPage, activity: Activity) -> ActivityShape:
    words: Description = page.words[activity.subject]
    verdict = activity.verdict
    return ActivityShape(
        datetime_of(activity.start),
        datetime_of(activity.end),
        (activity.end - activity.start) / SECOND,
        activity.subject.device,
        words.device,
        words.app,
        words.app_name,
        words.title,
        words.url,
        words.domain,
        words.path,
        activity.subject.window,
        activity.subject.detail,
        verdict.category_id,
        page.categories.get(verdict.category_id),
        verdict.project_id,
        page.projects.get(verdict.project_id),
        list(verdict.tag_ids),
        verdict.source,
        verdict.rule_id,
        verdict.confidence,
        activity.subject.mark or None,
    )


def _cursor(further: Instant) -> str:
    return base64.urlsafe_b64encode(b"%d" % further).decode().rstrip("=")


def _place(cursor: str) -> Instant:
    if not cursor:
        return Instant(0)
    try:
        place = int(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        raise PageNotKnown from None
    if not 0 <= place < LATEST:
        raise PageNotKnown
    return Instant(place)
