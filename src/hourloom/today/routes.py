"""`/api/v1/today`, `/frame` and `/waiting`: what the screens need for their first picture, in one answer."""

from __future__ import annotations

import hashlib
from datetime import date as Date  # noqa: N812 - the route calls its parameter so
from datetime import datetime

import msgspec

from hourloom import __version__
from hourloom.core.actors import Actor
from hourloom.core.clock import datetime_of
from hourloom.goals.routes import GoalsAtPresent, present_shape_of
from hourloom.goals.service.goals import Goals
from hourloom.notices.routes import NoticePage, page_of
from hourloom.reports.routes.shapes import ReportShape, TimelineShape, shape_of, timeline_shape_of
from hourloom.today.service import NOTICES, Frame, Today
from hourloom.tracking.model import Word
from hourloom.web.caller import Caller
from hourloom.web.routes import Answer, Routes

routes = Routes("/api/v1", "today")

KNOWN = {304: "You have it already: the tag in If-None-Match is still right."}
_encode = msgspec.json.Encoder().encode


class WaitingShape(msgspec.Struct):
    """How much of each kind waits in the inbox; null where your token may not read it."""

    notices: int | None
    unknown: int | None
    """Apps and sites of the last 14 days to which no rule applies, as far as they are worth a question."""
    exports: int | None
    """Exports that failed."""
    goals: int | None
    """Goals about to be missed of which no notice tells."""


class WatchersShape(msgspec.Struct):
    """How the watchers are doing, in short."""

    buckets: int
    heard_at: datetime | None
    """Where the newest event ends."""
    silent: list[str]
    """Buckets that a notice calls silent."""


class FrameShape(msgspec.Struct):
    """What every page of the screens has around it; null where your token may not read it."""

    version: str
    user_id: int
    scopes: list[str]
    sequence: int | None
    """The newest Change that this answer knows of: follow the live feed from there."""
    settings: dict[str, msgspec.Raw] | None
    """The values of all settings, by name."""
    notices: NoticePage | None
    watchers: WatchersShape | None


class TodayShape(msgspec.Struct):
    """A day, each part as the operation of its own answers it."""

    date: Date
    today: Date
    """Which day it is now."""
    zone: str
    categories: ReportShape
    """The 12 longest, compared with the day before."""
    apps: ReportShape
    """The 10 longest."""
    timeline: TimelineShape
    """By category."""
    goals: GoalsAtPresent | None
    """As they stand, or stood on a day that is gone."""
    frame: FrameShape | None


@routes.on("GET", "/frame", scope="settings:read", shows=FrameShape, compressed=True, also=KNOWN)
def show_frame(today: Today, who: Actor, caller: Caller) -> Answer:
    """Tell what stands around every page of the screens: settings, notices, watchers."""
    return _answer(caller, _frame(who, today.frame(who)))


@routes.on("GET", "/today", scope="reports:read", shows=TodayShape, compressed=True, also=KNOWN)
def show_today(
    today: Today,
    goals: Goals,
    who: Actor,
    caller: Caller,
    date: Date | None = None,
    zone: Word = "",
    frame: bool = True,  # noqa: FBT001, FBT002 - a parameter of the address
) -> Answer:
    """Tell all about a day that the screens open with: its reports, lane, goals and the frame."""
    found = today.day(who, date, zone)
    return _answer(
        caller,
        TodayShape(
            date=found.day,
            today=found.today,
            zone=found.zone,
            categories=shape_of(found.categories),
            apps=shape_of(found.apps),
            timeline=timeline_shape_of(found.timeline),
            goals=None if found.goals is None else present_shape_of(goals, who, found.goals),
            frame=_frame(who, today.frame(who)) if frame else None,
        ),
    )


@routes.on("GET", "/waiting", scope="notices:read")
def show_waiting(today: Today, who: Actor) -> WaitingShape:
    """Count what waits for a decision: what the screens write beside the inbox."""
    found = today.waiting(who)
    return WaitingShape(found.notices, found.unknown, found.exports, found.goals)


def _frame(who: Actor, found: Frame) -> FrameShape:
    watchers = found.watchers
    return FrameShape(
        version=__version__,
        user_id=who.user_id,
        scopes=sorted(who.scopes),
        sequence=found.sequence,
        settings=None
        if found.settings is None
        else {
            each.setting.name: msgspec.Raw(each.setting.write(each.value).encode()) for each in found.settings
        },
        notices=None if found.notices is None else page_of(found.notices, NOTICES),
        watchers=None
        if watchers is None
        else WatchersShape(
            watchers.buckets,
            None if watchers.heard is None else datetime_of(watchers.heard),
            list(watchers.silent),
        ),
    )


def _answer(caller: Caller, shape: object) -> Answer:
    body = _encode(shape)
    tag = f'W/"{hashlib.blake2b(body, digest_size=16).hexdigest()}"'
    headers = {"etag": tag}
    if tag in [known.strip() for known in caller.if_none_match.split(",")]:
        return Answer(b"", 304, headers)
    return Answer(body, headers=headers)
