"""What a goal is, what is wrong with one, and what is told of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from hourloom.core.changes import PersonalChange
from hourloom.core.clock import SECOND, Instant
from hourloom.core.errors import Conflict, Invalid, NotFound
from hourloom.core.ids import GoalId, UserId, WorkspaceId

MOST_GOALS = 200
MOST_DAYS_OFF = 400
MOST_NAMED = 50
LONGEST_NAME = 100
LONGEST_TEXT = 255
FIRST_DAY, LAST_DAY = date(1971, 1, 1), date(9990, 12, 31)
EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)
SECONDS_A_DAY = 86_400

GoalMeasure = Literal["time", "activities", "pulse", "focus"]
GoalDirection = Literal["at_least", "at_most"]
GoalPeriodKind = Literal["day", "week", "month"]
GoalUnit = Literal["seconds", "activities", "points", "percent"]

UNITS: dict[GoalMeasure, GoalUnit] = {
    "time": "seconds",
    "activities": "activities",
    "pulse": "points",
    "focus": "percent",
}

Weekday = Annotated[int, Meta(ge=1, le=7)]
Text = Annotated[str, Meta(min_length=1, max_length=LONGEST_TEXT)]
Number = Annotated[int, Meta(ge=1, le=2**63 - 1)]
Score = Annotated[int, Meta(ge=-2, le=2)]


class NoSuchGoal(NotFound):
    """There is no goal with the number {id}."""


class GoalRefused(Invalid):
    """The goal cannot be: {reason}."""


class GoalsContradict(Conflict):
    """This cannot be met together with the goal "{other}": {reason}. Change or end one of them."""


class GoalNameTaken(Conflict):
    """There is a goal "{name}" already; give this one another name, or end that one first."""


class TooManyGoals(Conflict):
    """There can be at most {most} goals; delete some that have ended."""


class GoalHasEnded(Conflict):
    """The goal "{name}" ended on {day} already."""


class GoalDaysOff(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Days on which a goal does not count, from the first to the last, both included."""

    first_day: date
    last_day: date

    def holds(self, day: date) -> bool:
        """Return whether a day is one of them."""
        return self.first_day <= day <= self.last_day


class GoalFilter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a goal looks at: whatever is one of each list that is not empty."""

    categories: tuple[Number, ...] = ()
    """These, and those below them."""
    projects: tuple[Number, ...] = ()
    apps: tuple[Text, ...] = ()
    """Each as one word, whatever a window system calls it."""
    domains: tuple[Text, ...] = ()
    """Registrable domains."""
    tags: tuple[Number, ...] = ()
    """At least one of them."""
    scores: tuple[Score, ...] = ()


class GoalTerms(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a goal asks for."""

    name: str
    measure: GoalMeasure = "time"
    direction: GoalDirection = "at_least"
    target: float
    """In the unit of the measure."""
    period: GoalPeriodKind = "day"
    where: GoalFilter = GoalFilter()
    shortest_seconds: Annotated[int, Meta(ge=1, le=SECONDS_A_DAY)] = 60
    """Of activities: how long one lasts at least to be counted."""
    weekdays: tuple[Weekday, ...] = EVERY_DAY
    """On which it counts, 1 is Monday."""
    days_off: tuple[GoalDaysOff, ...] = ()
    prorated: bool = True
    """Whether days off make the target of a week or a month smaller."""
    notices: bool = True
    """Whether notices tell of it."""
    starts_on: date
    ends_on: date | None = None
    """The last day on which it counts."""

    @property
    def unit(self) -> GoalUnit:
        """Return what target and progress are counted in."""
        return UNITS[self.measure]

    @property
    def adds_up(self) -> bool:
        """Return whether what was done can only grow: time and activities do, pulse and focus do not."""
        return self.measure in ("time", "activities")

    @property
    def amount(self) -> float:
        """Return the target as progress is counted inside: time in microseconds."""
        return self.target * SECOND if self.measure == "time" else self.target

    def is_in_force(self, day: date) -> bool:
        """Return whether a day lies between its first and its last."""
        return self.starts_on <= day and (self.ends_on is None or day <= self.ends_on)

    def is_off(self, day: date) -> bool:
        """Return whether a day was taken off."""
        return any(off.holds(day) for off in self.days_off)

    def counts_on(self, day: date) -> bool:
        """Return whether what is done on a day counts."""
        return day.isoweekday() in self.weekdays and self.is_in_force(day) and not self.is_off(day)


class Goal(msgspec.Struct, frozen=True):
    """A goal as it is kept."""

    id: GoalId
    workspace_id: WorkspaceId
    user_id: UserId
    terms: GoalTerms
    created_at: Instant


class GoalAdded(PersonalChange, frozen=True):
    """A goal was added, or came back by an undo."""

    id: GoalId
    terms: GoalTerms


class GoalChanged(PersonalChange, frozen=True):
    """A goal asks for something else now, has an end, or other days off."""

    id: GoalId
    terms: GoalTerms


class GoalDeleted(PersonalChange, frozen=True):
    """A goal was deleted."""

    id: GoalId


class GoalReached(PersonalChange, frozen=True):
    """What a goal asks for in a period was done."""

    id: GoalId
    first_day: date
    last_day: date


class GoalAboutToBeMissed(PersonalChange, frozen=True):
    """A period of a goal will probably end badly."""

    id: GoalId
    first_day: date
    last_day: date


class GoalMissed(PersonalChange, frozen=True):
    """A period of a goal ended badly, or cannot end well any more."""

    id: GoalId
    first_day: date
    last_day: date


def checked(terms: GoalTerms) -> GoalTerms:
    """Return terms in the order in which they are kept, or raise for those that make no goal."""
    reason = _problem_of(terms)
    if reason is not None:
        raise GoalRefused(reason=reason)
    return msgspec.structs.replace(
        terms,
        name=terms.name.strip(),
        weekdays=tuple(sorted(set(terms.weekdays))),
        days_off=joined_days(terms.days_off),
    )


def joined_days(days_off: Iterable[GoalDaysOff]) -> tuple[GoalDaysOff, ...]:
    """Return days off in order, those that meet or follow one another as one.

    given      |--|   |----|
                 |--|       |-|
    result     |----| |-------|
    """
    found: list[GoalDaysOff] = []
    for off in sorted(days_off, key=lambda off: off.first_day):
        if found and off.first_day <= found[-1].last_day + timedelta(days=1):
            last = max(found[-1].last_day, off.last_day)
            found[-1] = GoalDaysOff(found[-1].first_day, last)
        else:
            found.append(off)
    return tuple(found)


def without_days(days_off: Iterable[GoalDaysOff], gone: GoalDaysOff) -> tuple[GoalDaysOff, ...]:
    """Return days off without some that are worked on after all.

    given      |-----------|
    gone           |--|
    result     |--|    |---|
    """
    found: list[GoalDaysOff] = []
    for off in days_off:
        if off.last_day < gone.first_day or gone.last_day < off.first_day:
            found.append(off)
            continue
        if off.first_day < gone.first_day:
            found.append(GoalDaysOff(off.first_day, gone.first_day - timedelta(days=1)))
        if gone.last_day < off.last_day:
            found.append(GoalDaysOff(gone.last_day + timedelta(days=1), off.last_day))
    return joined_days(found)


def most_days(terms: GoalTerms) -> int:
    """Return on how many days of a period a goal counts at most."""
    weekdays = len(terms.weekdays)
    return {"day": 1, "week": weekdays, "month": min(31, 4 * weekdays + min(3, weekdays))}[terms.period]


def require_room(count: int) -> None:
    """Raise where there would be too many goals."""
    if count > MOST_GOALS:
        raise TooManyGoals(most=MOST_GOALS)


def _problem_of(terms: GoalTerms) -> str | None:
    name = terms.name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        return f"its name has 1 to {LONGEST_NAME} characters and none that cannot be printed"
    if not terms.weekdays or len(terms.weekdays) > len(EVERY_DAY):
        return "it needs at least one day of the week on which it counts, each named once"
    return _problem_of_target(terms) or _problem_of_days(terms) or _problem_of_filter(terms.where)


def _problem_of_target(terms: GoalTerms) -> str | None:
    # Not a number is neither above nor below, and fails each comparison.
    if not 0 <= terms.target < float("inf"):
        return "its target is a number from 0 on"
    if terms.direction == "at_least" and terms.target == 0:
        return "at least nothing is always reached"
    if not terms.adds_up:
        what = "pulse" if terms.measure == "pulse" else "share of focus time"
        return f"a {what} is at most 100" if terms.target > 100 else None
    if terms.measure == "activities" and terms.target != int(terms.target):
        return "the number of activities is a whole one"
    hours = 24 * most_days(terms)
    if terms.measure == "time" and terms.target > hours * 3600:
        if terms.period == "day":
            return "a day has only 24 hours"
        return f"the days of a {terms.period} on which it counts have only {hours} hours"
    if terms.measure == "activities" and terms.target > hours * 3600 / terms.shortest_seconds:
        return f"so many activities do not fit in a {terms.period}"
    return None


def _problem_of_days(terms: GoalTerms) -> str | None:
    if len(terms.days_off) > MOST_DAYS_OFF:
        return f"it can have at most {MOST_DAYS_OFF} stretches of days off"
    days = [terms.starts_on, *([] if terms.ends_on is None else [terms.ends_on])]
    for off in terms.days_off:
        if off.last_day < off.first_day:
            return f"days off from {off.first_day} to {off.last_day} end before they begin"
        days += (off.first_day, off.last_day)
    if not all(FIRST_DAY <= day <= LAST_DAY for day in days):
        return f"its days lie between {FIRST_DAY} and {LAST_DAY}"
    return None


def _problem_of_filter(where: GoalFilter) -> str | None:
    lists: Sequence[Sequence[object]] = msgspec.structs.astuple(where)
    if any(len(each) > MOST_NAMED for each in lists):
        return f"it names at most {MOST_NAMED} of a kind"
    if not all(text.isprintable() and text.strip() for text in (*where.apps, *where.domains)):
        return "apps and domains have names that can be printed"
    return None
