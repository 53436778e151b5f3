"""The user's calendar: which days, weeks, months and years there are, and where clocks begin an hour."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Literal, NamedTuple

from hourloom.core.clock import HOUR, MICROSECOND, SECOND, Instant, datetime_of
from hourloom.core.days import SYSTEM, start_of, zone_of

PeriodKind = Literal["day", "week", "month", "quarter", "year"]
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_ONE_DAY = timedelta(days=1)
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


class LocalHour(NamedTuple):
    """A stretch during which a clock shows one hour; shorter where clocks change within it."""

    start: Instant
    end: Instant
    hour: int


class Calendar(NamedTuple):
    """How a user counts days: a zone, when a day begins, and with which day a week."""

    zone: str
    starts_at: int = 0
    """When a day begins, in minutes after midnight."""
    first_weekday: int = 0
    """The day that weeks begin with; 0 is Monday."""

    def start_of(self, day: date) -> Instant:
        """Return when a day begins; the next one begins when it ends."""
        return start_of(day, self.zone, self.starts_at)

    def day_at(self, instant: int) -> date:
        """Return the day that holds an instant."""
        wall = instant + self.offset_at(instant) - self.starts_at * 60 * SECOND
        day = datetime_of(wall).date()
        while self.start_of(day) > instant:
            day -= _ONE_DAY
        # A day that a zone left out ends when it begins and holds nothing.
        while self.start_of(day + _ONE_DAY) <= instant:
            day += _ONE_DAY
        return day

    def offset_at(self, instant: int) -> int:
        """Return how far clocks are ahead of UTC, in microseconds."""
        moment = datetime_of(instant)
        # The standard library tells the computer's own offset of an instant, but not of a clock's time.
        local = moment.astimezone() if self.zone == SYSTEM else moment.astimezone(zone_of(self.zone))
        offset = local.utcoffset()
        assert offset is not None  # every zone of a database has one
        return offset // MICROSECOND

    def first_of(self, kind: PeriodKind, day: date) -> date:
        """Return the first day of the period that holds a day."""
        if kind == "day":
            return day
        if kind == "week":
            return day - timedelta(days=(day.weekday() - self.first_weekday) % 7)
        months = _MONTHS[kind]
        return day.replace(month=(day.month - 1) // months * months + 1, day=1)

    def next_of(self, kind: PeriodKind, first: date, periods: int = 1) -> date:
        """Return the first day of the period that comes so many after another, or before it."""
        if kind in ("day", "week"):
            return first + timedelta(days=periods * (7 if kind == "week" else 1))
        month = first.year * 12 + first.month - 1 + periods * _MONTHS[kind]
        return date(month // 12, month % 12 + 1, 1)

    def days(self, start: int, end: int) -> Iterator[date]:
        """Yield the days that meet a stretch of time; those that a zone left out are none."""
        return (day for day, _, _ in self.bounded_days(start, end))

    def bounded_days(self, start: int, end: int) -> Iterator[tuple[date, Instant, Instant]]:
        """Yield the days that meet a stretch of time, and their bounds cut to it."""
        if start >= end:
            return
        day, begins = self.day_at(start), Instant(start)
        while begins < end:
            day, ends, this = day + _ONE_DAY, self.start_of(day + _ONE_DAY), day
            if begins < ends:
                yield this, begins, Instant(min(ends, end))
                begins = ends

    def hours(self, start: int, end: int) -> Iterator[LocalHour]:
        """Yield the hours that clocks show within a stretch of time, cut to it.

        Where clocks are put forward an hour is missing, and where they are put back one comes twice:

        01:00   |----| hour 1
        02:00        |----| hour 2
        02:00             |----| hour 2 again
        03:00                  |----| hour 3
        """
        for first, last, offset in self._offsets(start, end):
            begins = first
            while begins < last:
                wall = begins + offset
                ends = min(last, begins + HOUR - wall % HOUR)
                yield LocalHour(Instant(begins), Instant(ends), wall // HOUR % 24)
                begins = ends

    def _offsets(self, start: int, end: int) -> Iterator[tuple[int, int, int]]:
        """Yield the stretches during which clocks are as far ahead, and how far that is."""
        first, offset = start, self.offset_at(start)
        seen = start
        while seen < end:
            # No clock was ever changed twice within half a day.
            ahead = min(seen + 12 * HOUR, end)
            changed = self.offset_at(ahead)
            if changed != offset:
                at = self._changes(seen, ahead, offset)
                yield first, at, offset
                first, offset = at, changed
            seen = ahead
        if first < end:
            yield first, end, offset

    def _changes(self, before: int, after: int, offset: int) -> int:
        """Return the second from which on clocks are not so far ahead any more."""
        low, high = before // SECOND, -(-after // SECOND)
        while high - low > 1:
            middle = (low + high) // 2
            if self.offset_at(middle * SECOND) == offset:
                low = middle
            else:
                high = middle
        return high * SECOND


def weekday_number(name: str) -> int:
    """Return the number of a day of the week; 0 is Monday."""
    return WEEKDAYS.index(name)
