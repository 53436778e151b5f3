"""What a report can be grouped by: what activities say of themselves, and when they were."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Literal, NamedTuple, get_args

from hourloom.core.clock import Instant
from hourloom.core.errors import Invalid
from hourloom.core.periods import WEEKDAYS, Calendar, PeriodKind

Key = Literal[
    "category",
    "app",
    "domain",
    "title",
    "project",
    "device",
    "tag",
    "score",
    "source",
    "hour",
    "weekday",
    "day",
    "week",
    "month",
    "quarter",
    "year",
]
TIMES = frozenset({"hour", "weekday", "day", "week", "month", "quarter", "year"})
"""The keys that cut time; the others are what activities say of themselves."""
MOST_LEVELS = 2


class KeyNotKnown(Invalid):
    """A report cannot be grouped by '{key}'; there are: {known}."""


class KeyTwice(Invalid):
    """A report cannot be grouped by {key} twice."""


class TooManyLevels(Invalid):
    """A report is grouped by at most two keys."""


def keys_of(by: str, then: str = "") -> tuple[Key, ...]:
    """Read one or two keys; several in one text are divided by commas."""
    words = [word.strip() for text in (by, then) for word in text.split(",") if word.strip()]
    for word in words:
        if word not in get_args(Key):
            raise KeyNotKnown(key=word[:40], known=", ".join(get_args(Key)))
    if not words:
        raise KeyNotKnown(key=by[:40], known=", ".join(get_args(Key)))
    if len(words) > MOST_LEVELS:
        raise TooManyLevels
    if len(set(words)) < len(words):
        raise KeyTwice(key=words[0])
    return tuple(words)  # type: ignore[arg-type]  # each was just compared


class ReportPiece(NamedTuple):
    """A stretch of a report's time that is one for all its keys of time."""

    start: Instant
    end: Instant
    names: tuple[str, ...]
    """What it is called by each key of time, in their order."""


def pieces_of(start: int, end: int, keys: Sequence[Key], calendar: Calendar) -> Iterator[ReportPiece]:
    """Cut a stretch of time by keys of time; without any it stays whole.

    Days are the user's: what a clock shows after midnight may belong to the day before, and a weekday is
    that of the user's day.
    """
    times = [key for key in keys if key in TIMES]
    if start >= end:
        return
    if not times:
        yield ReportPiece(Instant(start), Instant(end), ())
        return
    days = _DayNames(times, calendar)
    if "hour" not in times:
        yield from _joined(_of_days(start, end, days))
        return
    for day, first, last in calendar.bounded_days(start, end):
        for hour in calendar.hours(first, last):
            yield ReportPiece(hour.start, hour.end, days.of(day, hour.hour))


def _of_days(start: int, end: int, days: _DayNames) -> Iterator[ReportPiece]:
    for day, first, last in days.calendar.bounded_days(start, end):
        yield ReportPiece(first, last, days.of(day))


def _joined(pieces: Iterator[ReportPiece]) -> Iterator[ReportPiece]:
    """Join pieces that follow one another under one name, as the days of a month."""
    open_: ReportPiece | None = None
    for piece in pieces:
        if open_ is not None and open_.names == piece.names:
            open_ = open_._replace(end=piece.end)
            continue
        if open_ is not None:
            yield open_
        open_ = piece
    if open_ is not None:
        yield open_


class _DayNames:
    """What a day, and an hour of it, is called by keys of time."""

    def __init__(self, times: Sequence[Key], calendar: Calendar) -> None:
        self._times, self.calendar = times, calendar
        self._known: tuple[date | None, dict[str, str]] = (None, {})

    def of(self, day: date, hour: int = 0) -> tuple[str, ...]:
        """Return the names, in the order of the keys."""
        if self._known[0] != day:
            self._known = (day, {key: self._name(key, day) for key in self._times if key != "hour"})
        names = self._known[1]
        return tuple(f"{hour:02}" if key == "hour" else names[key] for key in self._times)

    def _name(self, key: Key, day: date) -> str:
        if key == "weekday":
            return WEEKDAYS[day.weekday()]
        kind: PeriodKind = key  # type: ignore[assignment]  # the other keys of time are kinds of periods
        first = self.calendar.first_of(kind, day)
        match kind:
            case "month":
                return f"{first.year}-{first.month:02}"
            case "quarter":
                return f"{first.year}-Q{first.month // 3 + 1}"
            case "year":
                return f"{first.year}"
            case _:
                return first.isoformat()


def range_in(key: Key, name: str, calendar: Calendar, within: tuple[date, date]) -> str:
    """Return the days of a part of a report, as FROM..TO: of a week at its edge only those within."""
    first = _first_named(key, name)
    last = calendar.next_of(key, first) - timedelta(days=1)  # type: ignore[arg-type]  # a kind of period
    return f"{max(first, within[0])}..{min(last, within[1])}"


def _first_named(key: Key, name: str) -> date:
    if key == "quarter":
        year, _, quarter = name.partition("-Q")
        return date(int(year), 3 * int(quarter) - 2, 1)
    return date.fromisoformat(name + {"month": "-01", "year": "-01-01"}.get(key, ""))
