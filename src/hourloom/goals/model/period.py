"""The periods of a goal: which days of each count, and what is asked for in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from hourloom.core.clock import SECOND
from hourloom.core.periods import Calendar
from hourloom.goals.model.goal import GoalTerms

_ONE_DAY = timedelta(days=1)


class GoalPeriod(NamedTuple):
    """One day, week or month of a goal."""

    first: date
    last: date
    days: tuple[date, ...]
    """Those that count."""
    target: float
    """As progress is counted inside: time in microseconds."""


def period_at(terms: GoalTerms, day: date, calendar: Calendar) -> GoalPeriod:
    """Return the period that holds a day.

    A week or month in which the goal begins or ends is asked for its part of the target, and so is, where the
    goal is prorated, one with days off:

    target * (days of the week on which it counts, in force and not off) / (all of these in the period)
    """
    first = calendar.first_of(terms.period, day)
    last = calendar.next_of(terms.period, first) - _ONE_DAY
    regular = [day for day in days_between(first, last) if day.isoweekday() in terms.weekdays]
    days = tuple(day for day in regular if terms.counts_on(day))
    asked = len(days) if terms.prorated else sum(map(terms.is_in_force, regular))
    return GoalPeriod(first, last, days, _part(terms, asked, len(regular)))


def periods_back(terms: GoalTerms, day: date, calendar: Calendar, earliest: date) -> Iterator[GoalPeriod]:
    """Yield the periods from the one that holds a day back to the goal's first, or the one of `earliest`."""
    earliest = max(earliest, terms.starts_on)
    first = calendar.first_of(terms.period, day)
    while first >= calendar.first_of(terms.period, earliest):
        yield period_at(terms, first, calendar)
        first = calendar.next_of(terms.period, first, -1)


def days_between(first: date, last: date) -> Iterator[date]:
    """Yield days, both ends included."""
    while first <= last:
        yield first
        first += _ONE_DAY


def _part(terms: GoalTerms, asked: int, regular: int) -> float:
    if asked == regular or not terms.adds_up:
        return terms.amount
    # In whole seconds or activities, so that it can be said and met.
    unit = SECOND if terms.measure == "time" else 1
    part = (2 * int(terms.amount) * asked + regular * unit) // (2 * regular * unit) * unit
    return max(unit, part) if terms.direction == "at_least" else part
