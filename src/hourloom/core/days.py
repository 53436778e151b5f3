"""The user's days: from a date, a zone and the hour at which a day begins to two instants."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING

from hourloom.core.clock import EARLIEST, LATEST, Instant, instant_of
from hourloom.core.errors import Invalid

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

SYSTEM = "system"
"""The name of the zone that this computer is set to."""


class NoSuchZone(Invalid):
    """There is no time zone '{name}'; write it as in 'Europe/Berlin'."""


class NotARange(Invalid):
    """'{text}' is no period; write FROM..TO with days such as 2026-01-31, or with instants that have a T."""


class SystemZone(tzinfo):
    """The zone that this computer is set to, with the changes of its clocks."""

    def utcoffset(self, moment: datetime | None) -> timedelta | None:
        """Return how far its clocks are ahead."""
        return None if moment is None else moment.replace(tzinfo=None).astimezone().utcoffset()

    def dst(self, moment: datetime | None) -> timedelta | None:  # noqa: ARG002 - nobody asks for it
        """Leave open how much of that is for summer."""
        return None

    def tzname(self, moment: datetime | None) -> str | None:  # noqa: ARG002 - as above
        """Return its name."""
        return SYSTEM

    def fromutc(self, moment: datetime) -> datetime:
        """Return what its clocks show."""
        return moment.replace(tzinfo=UTC).astimezone().replace(tzinfo=self)


def zone_of(name: str) -> tzinfo:
    """Return the zone of a name, or this computer's."""
    return SystemZone() if name == SYSTEM else _zone(name)


def day_of(day: date, zone: str, starts_at: int) -> tuple[Instant, Instant]:
    """Return when a day begins and ends; `starts_at` is in minutes after midnight.

    A day has 23 or 25 hours when its clocks change, and the next begins when it ends.
    """
    return start_of(day, zone, starts_at), start_of(day + timedelta(days=1), zone, starts_at)


def start_of(day: date, zone: str, starts_at: int) -> Instant:
    """Return when a day begins; where clocks leave that time out, when they are past it."""
    wall = datetime.combine(day, time(starts_at // 60, starts_at % 60))
    if zone == SYSTEM:
        return instant_of(wall.astimezone())
    return instant_of(wall.replace(tzinfo=_zone(zone)))


def range_of(text: str, zone: str, starts_at: int) -> tuple[Instant, Instant]:
    """Read FROM..TO: days are the user's, both of them included; instants, with a T, are half-open.

    2026-03-01..2026-03-07              the whole week
    2026-03-01                          that day
    2026-03-01T09:00Z..2026-03-01T10Z   one hour
    ..2026-03-01                        everything up to that day's end
    """
    begins, dots, ends = text.partition("..")
    try:
        start = _bound(begins, zone, starts_at)[0] if begins else EARLIEST
        last = ends if dots else begins
        end = _bound(last, zone, starts_at)[1] if last else LATEST
    except (ValueError, OverflowError):
        raise NotARange(text=text[:80]) from None
    if (not begins and not ends) or not EARLIEST <= start < end <= LATEST:
        raise NotARange(text=text[:80])
    return start, end


def _bound(text: str, zone: str, starts_at: int) -> tuple[Instant, Instant]:
    if "T" not in text:
        return day_of(date.fromisoformat(text), zone, starts_at)
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone_of(zone))
    return instant_of(moment), instant_of(moment)


def _zone(name: str) -> ZoneInfo:
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - a start need not wait for it

    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise NoSuchZone(name=name[:64]) from None
