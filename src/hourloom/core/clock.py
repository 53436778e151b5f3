"""Instants as integer microseconds of UTC, and the clock they are read from."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import NewType, Protocol

from hourloom.core.errors import Invalid

Instant = NewType("Instant", int)
"""Microseconds since 1970-01-01T00:00:00Z."""

Duration = NewType("Duration", int)
"""Microseconds."""

MICROSECOND = timedelta(microseconds=1)
SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

EARLIEST = Instant(0)
"""No event begins before 1970."""
LATEST = Instant(253_370_764_800 * SECOND)
"""No event ends after the year 9999 has begun."""


class NotAnInstant(Invalid):
    """'{text}' is not a time in ISO 8601 between 1970 and 9999."""


class Clock(Protocol):
    """Tell the time."""

    def now(self) -> Instant:
        """Return the present instant."""
        ...


class SystemClock:
    """The computer's own clock."""

    def now(self) -> Instant:
        return Instant(time.time_ns() // 1000)


def awake_for() -> Duration:
    """Return how long the computer has been on, its sleep included; nobody can set this clock."""
    # Elsewhere the monotonic clock counts sleep too.
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return Duration((time.monotonic_ns() if clock is None else time.clock_gettime_ns(clock)) // 1000)


def instant_of(moment: datetime) -> Instant:
    """Return the instant of a datetime; one without a zone is read as UTC."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return Instant((moment - _EPOCH) // MICROSECOND)


def parse_instant(text: str) -> Instant:
    """Read ISO 8601 loosely: a date alone and a missing zone mean UTC, digits past microseconds are cut."""
    try:
        instant = instant_of(datetime.fromisoformat(text.strip()))
    except (ValueError, OverflowError):
        raise NotAnInstant(text=text[:40]) from None
    if not EARLIEST <= instant < LATEST:
        raise NotAnInstant(text=text[:40])
    return instant


def datetime_of(instant: int) -> datetime:
    """Return the datetime of an instant, in UTC."""
    return _EPOCH + timedelta(microseconds=instant)


def format_instant(instant: int) -> str:
    """Write an instant as RFC 3339 with Z and up to six decimals."""
    return datetime_of(instant).isoformat().replace("+00:00", "Z")


def seconds_of(duration: int) -> float:
    """Return a duration in decimal seconds."""
    return duration / SECOND
