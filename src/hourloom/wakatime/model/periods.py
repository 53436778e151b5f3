"""The periods that clients ask for by name: from words to the days that they mean."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple

from hourloom.core.errors import Invalid

MOST_DAYS = 20_000
_LASTS = {
    "last_7_days": 7,
    "last_14_days": 14,
    "last_30_days": 30,
    "last_6_months": 182,
    "last_year": 365,
    "last_12_months": 365,
}


class NoSuchPeriod(Invalid):
    """There is no period '{text}'; write a day such as 2026-01-31, or a name such as last_7_days."""


class BeatPeriod(NamedTuple):
    """Some days in a row, both ends included."""

    first: date
    last: date

    def days(self) -> Iterator[date]:
        """Yield each of its days."""
        for number in range((self.last - self.first).days + 1):
            yield self.first + timedelta(days=number)


def day_named(text: str, today: date) -> date:
    """Read a day: a date, an instant of it, "today" or "yesterday"."""
    word = text.strip().lower()
    if word in ("today", ""):
        return today
    if word == "yesterday":
        return today - timedelta(days=1)
    try:
        found = datetime.fromisoformat(text.strip().replace(" ", "+") if "T" in text else text.strip()).date()
    except ValueError:
        raise NoSuchPeriod(text=text[:40]) from None
    return _checked(text, BeatPeriod(found, found)).first


def between(start: str, end: str, today: date) -> BeatPeriod:
    """Return the days from one to another, the last one included."""
    period = BeatPeriod(day_named(start, today), day_named(end, today))
    return _checked(f"{start}..{end}", period)


def named(text: str, today: date, week_begins: int, earliest: date) -> BeatPeriod:
    """Return the days of a period by its name, up to today; a year or a month may be given as such."""
    word = text.strip().lower().replace(" ", "_")
    if word in _LASTS:
        return BeatPeriod(today - timedelta(days=_LASTS[word] - 1), today)
    monday = today - timedelta(days=(today.weekday() - week_begins) % 7)
    yesterday, month = today - timedelta(days=1), today.replace(day=1)
    months_end = month - timedelta(days=1)
    by_name = {
        "today": BeatPeriod(today, today),
        "yesterday": BeatPeriod(yesterday, yesterday),
        "last_7_days_from_yesterday": BeatPeriod(today - timedelta(days=7), yesterday),
        "week": BeatPeriod(monday, today),
        "last_week": BeatPeriod(monday - timedelta(days=7), monday - timedelta(days=1)),
        "month": BeatPeriod(month, today),
        "last_month": BeatPeriod(months_end.replace(day=1), months_end),
        "year": BeatPeriod(month.replace(month=1), today),
        "all_time": BeatPeriod(min(earliest, today), today),
        "any": BeatPeriod(min(earliest, today), today),
    }
    return by_name.get(word.removeprefix("this_")) or _calendar(text.strip(), today)


def _calendar(text: str, today: date) -> BeatPeriod:
    """Return a year such as 2026 or a month such as 2026-03, as far as it has begun."""
    try:
        if len(text) == 4:
            period = BeatPeriod(date(int(text), 1, 1), date(int(text), 12, 31))
        else:
            first = date.fromisoformat(f"{text}-01")
            period = BeatPeriod(first, first.replace(day=monthrange(first.year, first.month)[1]))
    except ValueError:
        raise NoSuchPeriod(text=text[:40]) from None
    return _checked(text, BeatPeriod(period.first, max(period.first, min(period.last, today))))


def _checked(text: str, period: BeatPeriod) -> BeatPeriod:
    too_long = (period.last - period.first).days >= MOST_DAYS
    if not date(1970, 1, 2) <= period.first <= period.last < date(9999, 1, 1) or too_long:
        raise NoSuchPeriod(text=text[:40])
    return period
