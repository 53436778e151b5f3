"""When the times of a condition begin and end: days of the week and times of day on a person's clocks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from hourloom.core.clock import DAY, Instant, datetime_of
from hourloom.core.days import day_of
from hourloom.core.privacy import Times


def periods(times: Times, zone: str, start: int, end: int) -> Iterator[tuple[Instant, Instant]]:
    """Go through the periods of some times that meet a stretch, in order.

    22:00-06:00 on Fridays    from Friday 22:00 until Saturday 6:00
    00:00-00:00 on Sundays    the whole of each Sunday, 23 or 25 hours where clocks change
    """
    begins, ends = _minutes(times.starts), _minutes(times.ends)
    over = timedelta(days=0 if ends > begins else 1)
    # A zone is at most a day away from UTC, and a period may have begun the day before.
    day, last = datetime_of(max(0, start - 2 * DAY)).date(), datetime_of(end).date() + timedelta(days=1)
    while day <= last:
        if not times.weekdays or day.isoweekday() in times.weekdays:
            first, until = day_of(day, zone, begins)[0], day_of(day + over, zone, ends)[0]
            if first < end and until > start:
                yield first, until
        day += timedelta(days=1)


def _minutes(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])
