"""The user's days: from a date, a zone and the hour at which a day begins to two instants."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from hourloom.core.clock import Instant, instant_of
from hourloom.core.errors import Invalid

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

SYSTEM = "system"
"""The name of the zone that this computer is set to."""


class NoSuchZone(Invalid):
    """There is no time zone '{name}'; write it as in 'Europe/Berlin'."""


def day_of(day: date, zone: str, starts_at: int) -> tuple[Instant, Instant]:
    """Return when a day begins and ends; `starts_at` is in minutes after midnight.

    A day has 23 or 25 hours when its clocks change, and the next begins when it ends.
    """
    return _start_of(day, zone, starts_at), _start_of(day + timedelta(days=1), zone, starts_at)


def _start_of(day: date, zone: str, starts_at: int) -> Instant:
    wall = datetime.combine(day, time(starts_at // 60, starts_at % 60))
    if zone == SYSTEM:
        return instant_of(wall.astimezone())
    return instant_of(wall.replace(tzinfo=_zone(zone)))


def _zone(name: str) -> ZoneInfo:
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - a start need not wait for it

    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise NoSuchZone(name=name[:64]) from None
