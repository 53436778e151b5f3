"""Recommendations: at most three a week, each with its evidence; none where the evidence is weak."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from math import comb
from typing import Literal, NamedTuple

from hourloom.reports.measures.interruptions import Interruption
from hourloom.reports.measures.peak import PeakHours
from hourloom.reports.measures.robust import Interval, benjamini_hochberg, wilson
from hourloom.reports.measures.trends import FALSE_RATE, Shift, Unusual

MOST = 3
LEAST_INTERRUPTIONS = 10
LEAST_DAYS_OF_HOUR = 5
LEAST_GAIN = 0.05
"""An hour that is better by less is not worth a sentence."""

Kind = Literal["shift", "peak_hours", "interruptions", "unusual_day"]
DaysOf = Literal["weekdays", "weekends"]
Fact = str | int | float
Name = Callable[[int | None], str]
"""The words for a category."""

_TITLES: Mapping[str, str] = {
    "active_time": "Your active time",
    "day_score": "Your day score",
    "pulse": "Your pulse",
    "focus_ratio": "Your focus ratio",
    "deep_time": "Your deep work",
    "switches": "Your switching between categories",
    "interruptions": "Your rate of interruptions",
}


class Recommendation(NamedTuple):
    """One sentence, and what it stands on."""

    kind: Kind
    about: str
    """The series, or the kind of days."""
    sentence: str
    n: int
    """How many days, weeks or interruptions it was found in."""
    counted: str
    """What `n` counts."""
    first_day: date
    last_day: date
    effect: float
    unit: str
    interval: Interval
    """Of the effect, 95 %; of an unusual day, what would be usual."""
    p: float
    rows: Mapping[str, str]
    """What to ask a report for to see the rows behind it."""
    facts: Mapping[str, Fact]
    """What else the sentence says, for whoever says it in another language."""


class Evidence(NamedTuple):
    """What recommendations of a week are looked for in; all of it ends before the week begins."""

    until: date
    """The first day of the week."""
    days: int
    """How many days before it were looked at."""
    shifts: Sequence[Shift]
    peaks: Mapping[DaysOf, PeakHours]
    interruptions: Sequence[Interruption]
    unusual: Sequence[Unusual]


def recommendations(of: Evidence, name: Name) -> list[Recommendation]:
    """Return at most three recommendations, the surest first, and at most one of each kind.

    Held back: shifts whose interval crosses zero or that Benjamini and Hochberg's procedure drops; hours
    seen on fewer than 5 days or better by less than 5 points; a trigger out of fewer than 10 interruptions,
    or not surely ahead of the next. No sentence compares people, and none puts a price on an interruption.
    """
    found = sorted(
        [
            *_shifted(of),
            *_hours(of),
            *_trigger(of, name),
            *_unusual(of),
        ],
        key=lambda each: each.p,
    )
    kinds: dict[Kind, Recommendation] = {}
    for each in found:
        kinds.setdefault(each.kind, each)
    return list(kinds.values())[:MOST]


def triggers(of: Iterable[Interruption]) -> list[tuple[int | None, int]]:
    """Return by which categories one was interrupted and how often, the most frequent first.

    Unit: interruptions; together they are all.
    """
    counted = Counter(each.trigger for each in of)
    return sorted(counted.items(), key=lambda each: (-each[1], each[0] is None, each[0] or 0))


def _shifted(of: Evidence) -> Iterator[Recommendation]:
    first = of.until - timedelta(56)
    for each in of.shifts:
        if not each.holds:
            continue
        more, unit = "higher" if each.difference > 0 else "lower", each.series.unit
        sentence = (
            f"{_TITLES[each.series.name]} of the last four weeks, {each.after:.1f} {unit} on an average day, "
            f"was {abs(each.difference):.1f} {more} than in the four weeks before "
            f"(95 %: {each.interval.low:+.1f} to {each.interval.high:+.1f})."
        )
        yield Recommendation(
            "shift",
            each.series.name,
            sentence,
            sum(each.days),
            "days",
            first,
            of.until - timedelta(1),
            each.difference,
            unit,
            each.interval,
            each.p,
            _rows(first, of.until, by="day"),
            {"after": each.after},
        )


def _hours(of: Evidence) -> Iterator[Recommendation]:
    for kind, peak in of.peaks.items():
        held = benjamini_hochberg([each.p for each in peak.hours], FALSE_RATE)
        kept = [each for each, holds in zip(peak.hours, held, strict=True) if holds]
        usual = peak.usual or 0.0
        good = {
            each.hour: each
            for each in kept
            if each.hour in peak.best and each.days >= LEAST_DAYS_OF_HOUR and each.share - usual >= LEAST_GAIN
        }
        best = next((good[hour] for hour in peak.best if hour in good), None)
        if best is None:
            continue
        gain = Interval(100 * (best.interval.low - usual), 100 * (best.interval.high - usual))
        sentence = (
            f"On {kind} you focus best from {best.hour}:00 to {(best.hour + 1) % 24}:00: {best.share:.0%} of "
            f"your active time, against {usual:.0%} usually (95 %: {gain.low:+.0f} to {gain.high:+.0f} "
            "points); keep that hour for what is hard."
        )
        first = of.until - timedelta(of.days)
        yield Recommendation(
            "peak_hours",
            kind,
            sentence,
            best.days,
            "days",
            first,
            of.until - timedelta(1),
            100 * (best.share - usual),
            "points",
            gain,
            best.p,
            _rows(first, of.until, by="hour"),
            {"hour": best.hour, "share": 100 * best.share, "usual": 100 * usual},
        )


def _trigger(of: Evidence, name: Name) -> Iterator[Recommendation]:
    counted = triggers(of.interruptions)
    total = len(of.interruptions)
    if total < LEAST_INTERRUPTIONS:
        return
    (category, most), second = counted[0], counted[1][1] if len(counted) > 1 else 0
    chance, share = _sign_test(most, second), wilson(most, total)
    if chance > FALSE_RATE / 2:
        return
    sentence = (
        f"Of {total} interruptions of your focus {most} began with {name(category)} ({most / total:.0%}; "
        f"95 %: {share.low:.0%} to {share.high:.0%}); look at it between runs instead."
    )
    first = of.until - timedelta(of.days)
    rows = _rows(first, of.until, by="hour")
    if category is not None:
        rows |= {"category": str(category)}
    yield Recommendation(
        "interruptions",
        "triggers",
        sentence,
        total,
        "interruptions",
        first,
        of.until - timedelta(1),
        100 * most / total,
        "percent",
        Interval(100 * share.low, 100 * share.high),
        chance,
        rows,
        {"most": most} | ({} if category is None else {"category": name(category)}),
    )


def _unusual(of: Evidence) -> Iterator[Recommendation]:
    for each in of.unusual:
        unit = each.series.unit
        sentence = (
            f"{_TITLES[each.series.name]} on {each.day:%A}, {each.day}, was unusual for you: "
            f"{each.value:.1f} {unit}; on that day of the last {each.weeks} weeks it was {each.usual:.1f} "
            f"({each.range.low:.1f} to {each.range.high:.1f} is usual)."
        )
        yield Recommendation(
            "unusual_day",
            each.series.name,
            sentence,
            each.weeks,
            "weeks",
            each.day,
            each.day,
            each.value - each.usual,
            unit,
            Interval(each.range.low - each.usual, each.range.high - each.usual),
            each.p,
            _rows(each.day, each.day + timedelta(1), by="hour"),
            {"value": each.value, "usual": each.usual},
        )


def _rows(first: date, until: date, *, by: str) -> dict[str, str]:
    return {"range": f"{first}..{until - timedelta(1)}", "by": by}


def _sign_test(most: int, second: int) -> float:
    """Return how likely two that are equally frequent differ as much."""
    both = most + second
    tail: int = sum(comb(both, count) for count in range(most, both + 1))
    return min(1.0, float(2 * tail / 2**both))
