"""The stretch of time that a report is about, and the one that it is compared with."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal, NamedTuple

from hourloom.core.clock import EARLIEST, LATEST, Instant, format_instant
from hourloom.core.days import NotARange, range_of
from hourloom.core.errors import Invalid
from hourloom.core.periods import Calendar, PeriodKind

Named = Literal["today", "yesterday", "day", "week", "month", "quarter", "year"]
NAMED: dict[str, PeriodKind] = {
    "today": "day",
    "yesterday": "day",
    "day": "day",
    "week": "week",
    "month": "month",
    "quarter": "quarter",
    "year": "year",
}
FIRST_DAY, LAST_DAY = date(1970, 1, 2), date(9998, 12, 30)
MOST_DAYS = 36_525
"""A century."""


class RangeNotKnown(Invalid):
    """'{text}' is no period; write today, yesterday, day, week, month, quarter, year or FROM..TO."""


class RangeReversed(Invalid):
    """The period '{text}' ends before it begins; write the earlier day first."""


class RangeTooLong(Invalid):
    """The period '{text}' is longer than a century; ask for a shorter one."""


class RangeOutsideTime(Invalid):
    """The period '{text}' reaches beyond the years 1970 to 9998."""


class ReportRange(NamedTuple):
    """A stretch of time, and the user's days that it is made of, if it is made of days."""

    start: Instant
    end: Instant
    first: date | None = None
    last: date | None = None
    kind: PeriodKind | None = None
    """Which period of the calendar it is, if it is one."""

    @property
    def text(self) -> str:
        """Return it as FROM..TO, from which the same is read."""
        if self.first is None or self.last is None:
            return f"{format_instant(self.start)}..{format_instant(self.end)}"
        return f"{self.first}..{self.last}"


def range_named(text: str, on: date | None, now: Instant, calendar: Calendar) -> ReportRange:
    """Read a period: one of the calendar that holds a day, by default today, or FROM..TO."""
    kind = NAMED.get(text)
    if kind is None:
        return _written(text, calendar)
    day = calendar.day_at(now) if on is None else on
    if not FIRST_DAY <= day <= LAST_DAY:
        raise RangeOutsideTime(text=str(day))
    if text == "yesterday":
        day -= timedelta(days=1)
    return _period(kind, calendar.first_of(kind, day), calendar)


def before(period: ReportRange, now: Instant, calendar: Calendar) -> ReportRange:
    """Return the period before of equal kind: of days as many, of instants as long.

    Of one that is not over yet the period before is cut where this one has come to:

    last week   |Mo|Tu|We|Th|Fr|Sa|Su|
                |-----------|
    this week                        |Mo|Tu|We|Th (now)
    """
    if period.first is None or period.last is None:
        start = max(EARLIEST, period.start - (period.end - period.start))
        cut = period.start <= now < period.end
        end = min(period.start, start + now - period.start) if cut else period.start
        return ReportRange(Instant(start), Instant(end))
    if period.kind is None:
        days = (period.last - period.first).days + 1
        earlier = _days(period.first - timedelta(days=days), period.first - timedelta(days=1), calendar)
    else:
        earlier = _period(period.kind, calendar.next_of(period.kind, period.first, -1), calendar)
    if not period.start <= now < period.end:
        return earlier
    today = calendar.day_at(now)
    same_day = _day(earlier.first, (today - period.first).days)
    ends = min(earlier.end, calendar.start_of(same_day) + now - calendar.start_of(today))
    return earlier._replace(end=Instant(max(earlier.start, ends)))


def _day(first: date | None, days: int) -> date:
    assert first is not None  # a period before days is made of days
    return first + timedelta(days=days)


def _period(kind: PeriodKind, first: date, calendar: Calendar) -> ReportRange:
    last = calendar.next_of(kind, first) - timedelta(days=1)
    return _days(first, last, calendar)._replace(kind=kind)


def _days(first: date, last: date, calendar: Calendar) -> ReportRange:
    start = max(calendar.start_of(first), EARLIEST)
    return ReportRange(start, max(calendar.start_of(last + timedelta(days=1)), start), first, last)


def _written(text: str, calendar: Calendar) -> ReportRange:
    """Read FROM..TO; days are the user's, both of them included, instants are half-open."""
    first, dots, last = text.partition("..")
    if not dots:
        last = first
    if not first or not last:
        raise RangeNotKnown(text=text[:80])
    if dots and ("T" in first or "T" in last):
        return _instants(text, calendar)
    try:
        begins, ends = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError:
        raise (NotARange if dots else RangeNotKnown)(text=text[:80]) from None
    if ends < begins:
        raise RangeReversed(text=text[:80])
    if begins < FIRST_DAY or ends > LAST_DAY:
        raise RangeOutsideTime(text=text[:80])
    if (ends - begins).days >= MOST_DAYS:
        raise RangeTooLong(text=text[:80])
    return _days(begins, ends, calendar)


def _instants(text: str, calendar: Calendar) -> ReportRange:
    first, _, last = text.partition("..")
    start = range_of(f"{first}..", calendar.zone, calendar.starts_at)[0]
    end = range_of(f"..{last}", calendar.zone, calendar.starts_at)[1]
    if end <= start:
        raise RangeReversed(text=text[:80])
    if end - start > MOST_DAYS * 86_400 * 1_000_000:
        raise RangeTooLong(text=text[:80])
    if end >= LATEST:
        raise RangeOutsideTime(text=text[:80])
    return ReportRange(start, end)
