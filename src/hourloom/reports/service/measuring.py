"""What is computed for one question about measures; loaded when the first is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from hourloom.core.actors import Actor
from hourloom.core.clock import Instant
from hourloom.core.errors import Invalid
from hourloom.core.periods import Calendar
from hourloom.db.transaction import Transaction
from hourloom.reports.measures.analysis import Pattern, patterns
from hourloom.reports.measures.figures import Figures, together
from hourloom.reports.measures.peak import PeakHours, peak_hours
from hourloom.reports.measures.recommendations import (
    DaysOf,
    Evidence,
    Recommendation,
    recommendations,
)
from hourloom.reports.measures.score import Score, score
from hourloom.reports.measures.trends import (
    WEEKS_OF_BASELINE,
    Series,
    Shift,
    Unusual,
    series_of,
    shifts,
    unusual_days,
)
from hourloom.reports.model.ranges import LAST_DAY, range_named
from hourloom.reports.service.measured_days import MeasuredDays, MeasuredSource

BASELINE = timedelta(weeks=WEEKS_OF_BASELINE)
FIRST_MEASURED = date(1971, 1, 1)
DAYS_OF_WEEK = 7
MOST_DAYS = 366
SATURDAY = 5


class MeasuredDayOutOfRange(Invalid):
    """The day lies outside the years 1971 to 9998."""


class MeasuredRangeNotDays(Invalid):
    """An analysis is of whole days, at most 366 of them: week, month, or such as 2026-01-01..2026-01-31."""


class Scored(NamedTuple):
    """A day, or several, with figures and score; the names of the categories that occur."""

    first: date
    last: date
    zone: str
    figures: Figures
    score: Score
    categories: Mapping[int | None, str | None]


class ScoredWeek(NamedTuple):
    """A week as one, and its days, those without data too."""

    whole: Scored
    days: list[tuple[date, Figures, Score]]


class Peaks(NamedTuple):
    """The best hours of weekdays and of weekends, from the days before one."""

    first: date
    last: date
    zone: str
    of: Mapping[DaysOf, PeakHours]


class Trends(NamedTuple):
    """Series of the last 9 weeks, what changed, and which days of the last 7 were unusual."""

    first: date
    last: date
    zone: str
    series: list[Series]
    shifts: list[Shift]
    unusual: list[Unusual]


class Recommended(NamedTuple):
    """What is recommended for a week."""

    first: date
    last: date
    zone: str
    recommendations: list[Recommendation]


class Analysis(NamedTuple):
    """What a period was like."""

    whole: Scored
    projects: list[tuple[int | None, str | None, int]]
    """Each project with its name and its time."""
    peaks: Peaks
    patterns: Sequence[Pattern]
    recommended: Recommended


class Asked(NamedTuple):
    """One question, with all that its answer is looked up by."""

    tx: Transaction
    who: Actor
    now: Instant
    calendar: Calendar
    weights: Mapping[str, float]
    activities: MeasuredSource
    measured: MeasuredDays
    seen: dict[date, Figures]
    """The days that were looked at for this question: today is not read twice, nor twice differently."""

    def day(self, day: date | None) -> date:
        """Return a day, today if none is given."""
        chosen = self.calendar.day_at(self.now) if day is None else day
        if not FIRST_MEASURED <= chosen <= LAST_DAY:
            raise MeasuredDayOutOfRange
        return chosen

    def figures(self, first: date, last: date) -> dict[date, Figures]:
        """Return the figures of days, both ends included."""
        days = [first + timedelta(number) for number in range((last - first).days + 1)]
        missing = [day for day in days if day not in self.seen]
        self.seen.update(self.measured.between(self.tx, self.who, missing, self.calendar, self.now))
        return {day: self.seen[day] for day in days}

    def scored(self, first: date, last: date, found: Mapping[date, Figures]) -> Scored:
        """Return days together."""
        whole = together(found.values())
        named = {each.trigger for each in whole.interruptions} | {run.category_id for run in whole.runs}
        names = self.activities.names(self.who, "category", named)
        categories = {each: names.get(each) for each in named}
        return Scored(first, last, self.calendar.zone, whole, score(whole, self.weights), categories)

    def week(self, day: date) -> ScoredWeek:
        """Return the week that holds a day, and each of its days."""
        first = self.calendar.first_of("week", day)
        found = self.figures(first, first + timedelta(DAYS_OF_WEEK - 1))
        days = [(each, of, score(of, self.weights)) for each, of in found.items()]
        return ScoredWeek(self.scored(first, first + timedelta(DAYS_OF_WEEK - 1), found), days)

    def analysis(self, text: str, day: date | None) -> Analysis:
        """Return what a period of whole days was like."""
        period = range_named(text, day, self.now, self.calendar)
        if period.first is None or period.last is None:
            raise MeasuredRangeNotDays
        first, last = self.day(period.first), self.day(period.last)
        if (last - first).days >= MOST_DAYS:
            raise MeasuredRangeNotDays
        whole = self.scored(first, last, self.figures(first, last))
        before = self.figures(first - BASELINE, first - timedelta(1))
        # Days that are to come have no figures, whatever was said of them already.
        tomorrow = self.calendar.start_of(self.calendar.day_at(self.now) + timedelta(1))
        return Analysis(
            whole,
            self.projects(period.start, max(period.start, min(period.end, tomorrow))),
            self.peaks(last + timedelta(1)),
            patterns(whole.figures, list(before.values())),
            self.recommended(last),
        )

    def projects(self, start: Instant, end: Instant) -> list[tuple[int | None, str | None, int]]:
        """Return how long each project lasted, the longest first."""
        (sums,) = self.activities.sums(self.who, (start, end), ("project",))
        names = self.activities.names(self.who, "project", [key[0] for key in sums.by])
        found = [
            (key[0] if isinstance(key[0], int) else None, names.get(key[0]), lasted)
            for key, lasted in sums.by.items()
        ]
        return sorted(found, key=lambda each: (-each[2], each[1] or ""))

    def peaks(self, until: date) -> Peaks:
        """Return the best hours of the 8 weeks before a day."""
        found = self.figures(until - BASELINE, until - timedelta(1))
        return Peaks(until - BASELINE, until - timedelta(1), self.calendar.zone, _peaks(found, until))

    def trends(self, until: date) -> Trends:
        """Return how the days before one compare with those before them."""
        first = until - BASELINE - timedelta(DAYS_OF_WEEK)
        series = series_of(self.figures(first, until - timedelta(1)), self.weights)
        last_days = [until - timedelta(number) for number in range(DAYS_OF_WEEK, 0, -1)]
        return Trends(
            first,
            until - timedelta(1),
            self.calendar.zone,
            series,
            # The day is the seed: asked twice the answer is the same, and another day draws other lots.
            shifts(series, until, until.toordinal()),
            unusual_days(series, last_days),
        )

    def recommended(self, day: date) -> Recommended:
        """Return what is recommended for the week that holds a day."""
        until = self.calendar.first_of("week", day)
        trends = self.trends(until)
        found = self.figures(until - BASELINE, until - timedelta(1))
        broken = together(found.values()).interruptions
        names = self.activities.names(self.who, "category", {each.trigger for each in broken})
        evidence = Evidence(until, BASELINE.days, trends.shifts, _peaks(found, until), broken, trends.unusual)
        chosen = recommendations(evidence, lambda category: names.get(category) or "something uncategorised")
        return Recommended(until, until + timedelta(DAYS_OF_WEEK - 1), self.calendar.zone, chosen)


def _peaks(found: Mapping[date, Figures], until: date) -> dict[DaysOf, PeakHours]:
    kinds: dict[DaysOf, bool] = {"weekdays": False, "weekends": True}
    answer: dict[DaysOf, PeakHours] = {}
    for kind, is_weekend in kinds.items():
        days = [
            day for day, of in found.items() if of.active > 0 and (day.weekday() >= SATURDAY) == is_weekend
        ]
        spanning = (until - min(days)).days if days else 0
        answer[kind] = peak_hours([found[day].hours for day in days], spanning)
    return answer
