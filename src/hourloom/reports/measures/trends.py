"""Trends: a person against their own past, never against others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from hourloom.core.clock import HOUR, MINUTE
from hourloom.reports.measures.figures import Figures
from hourloom.reports.measures.focus import deep_minutes
from hourloom.reports.measures.robust import (
    UNUSUAL,
    Difference,
    Interval,
    benjamini_hochberg,
    chance_of,
    difference_of_means,
    median,
    robust_z,
)
from hourloom.reports.measures.score import score

WEEKS_OF_BASELINE = 8
DAYS_OF_WINDOW = 28
LEAST_DAYS = 8
"""A window with fewer days is not compared."""
LEAST_WEEKS = 4
"""Fewer of the same weekday make no baseline."""
LEAST_ACTIVE = 30 * MINUTE
"""A day with less is a day off."""
MOST_DIFFERENCES = 64
"""So many are remembered, of about 4 kB each: a question draws one for each series."""
FALSE_RATE = 0.1
"""At most such a share of what is reported may be chance."""
FALSE_DAYS = 0.05
"""The same of unusual days; less, for days are less regular than the test supposes."""


class Series(NamedTuple):
    """One measure day by day; days off have no value."""

    name: str
    unit: str
    better: int
    """1 where more is better, -1 where less is, 0 where that is for its person to say."""
    values: Mapping[date, float]


class Unusual(NamedTuple):
    """A day that lies far from the same weekday of the last 8 weeks."""

    series: Series
    day: date
    value: float
    usual: float
    """The median."""
    range: Interval
    """What would not be unusual."""
    z: float
    weeks: int
    p: float


class Shift(NamedTuple):
    """The last 4 weeks against the 4 before."""

    series: Series
    before: float
    after: float
    difference: float
    interval: Interval
    p: float
    days: tuple[int, int]
    """How many days before and after have values."""
    holds: bool
    """Whether the evidence is strong enough to be told."""


def series_of(days: Mapping[date, Figures], weights: Mapping[str, float]) -> list[Series]:
    """Return the series that trends look at; days with less than 30 active minutes count as days off."""
    worked = {day: each for day, each in sorted(days.items()) if each.active >= LEAST_ACTIVE}
    scores = {day: score(each, weights) for day, each in worked.items()}
    points = {
        name: {
            day: part.points
            for day, each in scores.items()
            for part in each.parts
            if part.name == name and part.points is not None
        }
        for name in ("pulse", "focus_ratio")
    }
    deep = {day: deep_minutes(worked[day].runs) for day in points["focus_ratio"]}
    return [
        Series("active_time", "hours", 0, {day: each.active / HOUR for day, each in worked.items()}),
        Series(
            "day_score", "points", 1, {day: of.value for day, of in scores.items() if of.value is not None}
        ),
        Series("pulse", "points", 1, points["pulse"]),
        Series("focus_ratio", "percent", 1, points["focus_ratio"]),
        Series("deep_time", "minutes", 1, deep),
        Series(
            "switches", "per active hour", -1, {d: e.switches * HOUR / e.active for d, e in worked.items()}
        ),
        Series(
            "interruptions",
            "per hour of focus",
            -1,
            {d: len(e.interruptions) * HOUR / e.focus for d, e in worked.items() if e.focus >= LEAST_ACTIVE},
        ),
    ]


def unusual(series: Series, day: date) -> Unusual | None:
    """Return how a day compares with the same weekday of the last 8 weeks, if it is unusual.

    Formula: robust z = 0.6745 (x - median) / MAD over the days with values, at least 4; unusual from 3.5 on,
    in either direction. p is Student's, because 8 weeks are few. Unit: robust standard deviations.
    Source: Iglewicz and Hoaglin.
    """
    found = _compared(series, day)
    return found if found is not None and abs(found.z) >= UNUSUAL else None


def unusual_days(all_series: Iterable[Series], days: Sequence[date]) -> list[Unusual]:
    """Return the unusual days among some, held back where so many tests would find as much by chance."""
    tested = [each for one in all_series for day in days if (each := _compared(one, day)) is not None]
    holding = benjamini_hochberg([each.p for each in tested], FALSE_DAYS)
    return [each for each, holds in zip(tested, holding, strict=True) if holds and abs(each.z) >= UNUSUAL]


def shifts(all_series: Sequence[Series], until: date, seed: int) -> list[Shift]:
    """Return how the mean of the 28 days before `until` differs from that of the 28 before them.

    Formula: difference of means with a bootstrap interval of 95 % (1,000 draws from the seed). It holds
    where the interval does not cross zero and Benjamini and Hochberg's procedure over all series, at a rate
    of 0.1, keeps it. Windows with fewer than 8 days are not compared. Unit: the series' own.
    Source: Efron's bootstrap; Benjamini and Hochberg 1995. No model of the future: the series are too short.
    """
    found = list(_shifts(all_series, until, seed))
    kept = benjamini_hochberg([each.p for each in found], FALSE_RATE)
    return [
        each._replace(holds=keep and not each.interval.crosses_zero)
        for each, keep in zip(found, kept, strict=True)
    ]


def _shifts(all_series: Sequence[Series], until: date, seed: int) -> Iterator[Shift]:
    middle, first = until - timedelta(DAYS_OF_WINDOW), until - timedelta(2 * DAYS_OF_WINDOW)
    for series in all_series:
        before = [value for day, value in series.values.items() if first <= day < middle]
        after = [value for day, value in series.values.items() if middle <= day < until]
        if min(len(before), len(after)) < LEAST_DAYS:
            continue
        found = _difference(tuple(after), tuple(before), seed)
        if found is not None:
            means = sum(before) / len(before), sum(after) / len(after)
            yield Shift(
                series,
                *means,
                found.value,
                found.interval,
                found.p,
                (len(before), len(after)),
                False,
            )


@lru_cache(maxsize=MOST_DIFFERENCES)
def _difference(after: tuple[float, ...], before: tuple[float, ...], seed: int) -> Difference | None:
    """Draw once for the same days: thousands of draws take longer than all else."""
    return difference_of_means(after, before, seed)


def forget_differences() -> None:
    """Drop what was drawn for days of which some were erased."""
    _difference.cache_clear()


def _compared(series: Series, day: date) -> Unusual | None:
    value = series.values.get(day)
    earlier = (day - timedelta(weeks=weeks) for weeks in range(1, WEEKS_OF_BASELINE + 1))
    usual = [series.values[each] for each in earlier if each in series.values]
    if value is None or len(usual) < LEAST_WEEKS:
        return None
    z, middle = robust_z(value, usual), median(usual)
    if z is None or middle is None:
        return None
    reach = abs(value - middle) / abs(z) * UNUSUAL if z else 0.0
    chance = chance_of(value, usual)
    return Unusual(
        series, day, value, middle, Interval(middle - reach, middle + reach), z, len(usual), chance
    )
