"""How far a goal has come in a period, how that stands, and how often in a row it was met.

What each day adds is a tally; tallies of days add up to that of their period, whatever the period is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

from hourloom.activities.model.pulse import tally as pulse_tally
from hourloom.core.clock import SECOND
from hourloom.goals.model.goal import GoalDirection, GoalTerms
from hourloom.goals.model.period import GoalPeriod

GoalState = Literal["open", "reached", "kept", "about_to_be_missed", "missed", "off", "no_data"]
"""`open`: nothing is decided. `reached`: at least so much was done. `kept`: over, with no more than so
`off`: no day of it counts. `no_data`: over, without any time that a pulse or share could be made of."""

NEARLY_USED = 0.8
"""From this share of what is at most allowed on, a goal is about to be missed."""
KNOWN_DAYS = 5
"""So many comparable days are needed before pace says anything."""
AWAKE = 2 / 3
"""The share of the clock in which something can be done where nothing is known of a person: 16 of 24 h."""
SAME_VISIT = 15 * SECOND
"""Stretches less far apart are one visit."""
MET: tuple[GoalState, ...] = ("reached", "kept")


class GoalTally(NamedTuple):
    """What a stretch of time adds to a goal."""

    gain: int = 0
    """Microseconds, activities, or the weighed part of `base`."""
    base: int = 0
    """What a pulse or share is a part of; 0 for time and activities."""

    def value(self, terms: GoalTerms) -> float | None:
        """Return it as progress is counted inside; None for a pulse or share of nothing."""
        if terms.adds_up:
            return self.gain
        return 100 * self.gain / self.base if self.base else None


class GoalPace(NamedTuple):
    """What one of the last days came to: all of it, and from the present time of day on."""

    whole: GoalTally
    rest: GoalTally


class GoalOutlook(NamedTuple):
    """What the rest of a period usually brings, and how much time there is."""

    usual: GoalTally | None
    """The rest of today and the days that follow, each as good as the best quarter of the last four weeks;
    None where too little is known."""
    is_late: bool
    """Whether the second half of the period is under way."""
    time_left: int
    """Microseconds until the end of the period on days that count."""


class GoalProgress(NamedTuple):
    """A period of a goal and how it stands."""

    period: GoalPeriod
    done: float | None
    state: GoalState

    @property
    def share(self) -> float | None:
        """Return the part of the target that was done; more than 1 where it was more."""
        if self.done is None or not self.period.target:
            return None
        return self.done / self.period.target

    @property
    def left(self) -> float:
        """Return what is left to be done, or at most may be done."""
        return max(0.0, self.period.target - (self.done or 0.0))


class GoalStreak(NamedTuple):
    """How many periods in a row a goal was met."""

    current: int
    longest: int


def added(tallies: Iterable[GoalTally]) -> GoalTally:
    """Add tallies of disjoint times."""
    gain = base = 0
    for tally in tallies:
        gain, base = gain + tally.gain, base + tally.base
    return GoalTally(gain, base)


def of_time(times: Iterable[int]) -> GoalTally:
    """Return what active times add to a goal of time."""
    return GoalTally(sum(times))


def of_scores(by: Mapping[int | None, int]) -> GoalTally:
    """Return what times by their scores add to a goal of pulse."""
    return GoalTally(*pulse_tally(by))


def of_focus(by: Mapping[int | None, int], focus: frozenset[int]) -> GoalTally:
    """Return what times by their categories add to a goal of focus: the share of all active time."""
    gain = sum(time for category, time in by.items() if category in focus)
    return GoalTally(gain, sum(by.values()))


def visits(stretches: Iterable[tuple[int, int]], shortest: int) -> list[int]:
    """Return when visits began that lasted long enough.

    given      |--||---|  |-|        |-|
    joined     |------------|        |-|      less than 15 s apart is one visit
    """
    found: list[int] = []
    begins = ends = None
    for start, end in stretches:
        if begins is not None and ends is not None and start - ends < SAME_VISIT:
            ends = end
            continue
        if begins is not None and ends is not None and ends - begins >= shortest:
            found.append(begins)
        begins, ends = start, end
    if begins is not None and ends is not None and ends - begins >= shortest:
        found.append(begins)
    return found


def outlook(pace: Sequence[GoalPace], *, days_left: int, days: int, time_left: int, time: int) -> GoalOutlook:
    """Return what may still come in the rest of the present day and in whole days after it.

    `days` and `time` are those of the whole period that count, the others what is left of them.
    """
    is_late = 2 * time_left <= time
    if len(pace) < KNOWN_DAYS:
        return GoalOutlook(None, is_late, time_left)
    from statistics import median  # noqa: PLC0415 - a start need not wait for it

    whole, rest = (median(sum(tally) for tally in part) for part in zip(*pace, strict=True))
    if whole:
        # Half by what is usually done, not by the clock: a night before work says nothing.
        is_late = rest + whole * days_left <= whole * days / 2
    usual = added([_upper([day.rest for day in pace]), *[_upper([day.whole for day in pace])] * days_left])
    return GoalOutlook(usual, is_late, time_left)


def state_of(
    terms: GoalTerms, period: GoalPeriod, tally: GoalTally, *, over: bool, ahead: GoalOutlook | None = None
) -> GoalState:
    """Return how a period stands; without an outlook only what is certain is said."""
    if not period.days:
        return "off"
    done = tally.value(terms)
    if over:
        return _ended(terms.direction, period.target, done)
    if terms.adds_up and done is not None:
        if terms.direction == "at_least" and done >= period.target:
            return "reached"
        if terms.direction == "at_most" and done > period.target:
            return "missed"
        if terms.direction == "at_most":
            return "about_to_be_missed" if done and done >= NEARLY_USED * period.target else "open"
    return "about_to_be_missed" if ahead is not None and _endangered(terms, period, tally, ahead) else "open"


def streak_of(states: Iterable[GoalState]) -> GoalStreak:
    """Return the streaks in states of periods, the oldest first.

    A period that is missed breaks one; days off, periods without data and the one that is open do neither.
    """
    current = longest = 0
    for state in states:
        if state in MET:
            current += 1
            longest = max(longest, current)
        elif state == "missed":
            current = 0
    return GoalStreak(current, longest)


def _ended(direction: GoalDirection, target: float, done: float | None) -> GoalState:
    if done is None:
        return "no_data"
    if direction == "at_least":
        return "reached" if done >= target else "missed"
    return "kept" if done <= target else "missed"


def _endangered(terms: GoalTerms, period: GoalPeriod, tally: GoalTally, ahead: GoalOutlook) -> bool:
    if terms.adds_up:
        left = period.target - tally.gain
        if terms.measure == "time" and left > ahead.time_left * (AWAKE if ahead.usual is None else 1):
            return True
        return ahead.usual is not None and ahead.is_late and left > ahead.usual.gain
    if ahead.usual is None or not ahead.is_late or not tally.base:
        return False
    # As good, or as bad, as what is left of the period can make it.
    most = tally.gain + (ahead.usual.base if terms.direction == "at_least" else 0)
    best = 100 * most / (tally.base + ahead.usual.base)
    return best < period.target if terms.direction == "at_least" else best > period.target


def _upper(tallies: Sequence[GoalTally]) -> GoalTally:
    """Return what the best quarter of days reach, part by part."""
    place = len(tallies) * 3 // 4
    gains, bases = sorted(tally.gain for tally in tallies), sorted(tally.base for tally in tallies)
    return GoalTally(gains[place], bases[place])
