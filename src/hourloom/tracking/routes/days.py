"""Days of the record, and what this server is."""

from __future__ import annotations

from datetime import date as Date  # noqa: N812 - the route calls its parameter so
from datetime import datetime

import msgspec

from hourloom import __version__
from hourloom.core.actors import Actor
from hourloom.core.clock import datetime_of
from hourloom.core.errors import Invalid
from hourloom.tracking.columns import DayColumns
from hourloom.tracking.model import Word
from hourloom.tracking.routes.aw import READ, Server
from hourloom.tracking.service import Days, Events
from hourloom.web.caller import Caller
from hourloom.web.routes import Answer, Mode, Routes

routes = Routes("/api/v1", "tracking")

FIRST_DAY, LAST_DAY = Date(1970, 1, 2), Date(9998, 12, 30)


class ServerInfo(msgspec.Struct):
    """What this server is."""

    name: str
    version: str
    hostname: str
    device_id: str
    testing: bool
    now: datetime


class DayOutOfRange(Invalid):
    """The day lies outside the years 1970 to 9998."""


@routes.on("GET", "/info", mode=Mode.PLAIN)
def show_info(server: Server, events: Events, who: Actor) -> ServerInfo:
    """Say what this server is and what time it has."""
    now = datetime_of(events.now())
    return ServerInfo("Hourloom", __version__, server.hostname, server.device_id, server.testing, now)


@routes.on(
    "GET",
    "/days/{date}",
    scope=READ,
    shows=DayColumns,
    compressed=True,
    also={304: "You have it already: the tag in If-None-Match is still right."},
)
def show_day(
    days: Days, who: Actor, caller: Caller, date: Date, zone: Word = "", bucket: Word = ""
) -> Answer:
    """Return the events of one of the user's days in columns, of all buckets or one; cut to the day.

    The day begins when the user's settings say so, in the zone given or else in the user's own.
    """
    if not FIRST_DAY <= date <= LAST_DAY:
        raise DayOutOfRange
    known_tags = [tag.strip() for tag in caller.if_none_match.split(",")]
    answer = days.get(who, date, zone or None, bucket or None, known_tags)
    headers = {"etag": answer.tag}
    return Answer(b"", 304, headers) if answer.body is None else Answer(answer.body, headers=headers)
