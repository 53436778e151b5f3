"""`/api/v1/goals`: goals, how they stand, and how they stood."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from hourloom.core.actors import Actor
from hourloom.core.clock import SECOND, datetime_of
from hourloom.goals.model.goal import (
    EVERY_DAY,
    LONGEST_TEXT,
    MOST_DAYS_OFF,
    MOST_GOALS,
    MOST_NAMED,
    Goal,
    GoalDaysOff,
    GoalDirection,
    GoalMeasure,
    GoalPeriodKind,
    GoalTerms,
    GoalUnit,
    Score,
    Weekday,
)
from hourloom.goals.model.progress import GoalProgress, GoalState
from hourloom.goals.service.goals import Goals, GoalStanding
from hourloom.goals.service.naming import GoalWhere, NamedWhere
from hourloom.web.routes import Mode, Routes

routes = Routes("/api/v1", "goals")

READ, WRITE = "goals:read", "goals:write"

Number = Annotated[int, Meta(ge=1, le=2**63 - 1)]
Text = Annotated[str, Meta(min_length=1, max_length=LONGEST_TEXT)]
Path = Annotated[str, Meta(min_length=1, max_length=1_000)]
PageSize = Annotated[int, Meta(ge=1, le=400)]
State = Literal["current", "all"]


class WhereShape(msgspec.Struct, forbid_unknown_fields=True):
    """What a goal looks at: one of each list that is not empty; numbers or names, paths as Work > Code."""

    categories: Annotated[list[Number | Path], Meta(max_length=MOST_NAMED)] = []
    projects: Annotated[list[Number | Path], Meta(max_length=MOST_NAMED)] = []
    apps: Annotated[list[Text], Meta(max_length=MOST_NAMED)] = []
    domains: Annotated[list[Text], Meta(max_length=MOST_NAMED)] = []
    tags: Annotated[list[Number | Path], Meta(max_length=MOST_NAMED)] = []
    scores: Annotated[list[Score], Meta(max_length=5)] = []


class GoalToKeep(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A goal as it is asked for.

    The target is in seconds of `time`, a number of `activities`, points from 0 to 100 of `pulse`, or percent
    of active time in `focus`. `shortest_seconds` is how long an activity lasts at least to be counted.
    Weekdays are 1 to 7 from Monday. Without `starts_on` it starts with the present day.
    """

    name: Annotated[str, Meta(max_length=200)]
    measure: GoalMeasure = "time"
    direction: GoalDirection = "at_least"
    target: float
    period: GoalPeriodKind = "day"
    where: WhereShape = msgspec.field(default_factory=WhereShape)
    shortest_seconds: Annotated[int, Meta(ge=1, le=86_400)] = 60
    weekdays: Annotated[list[Weekday], Meta(max_length=7)] = msgspec.field(
        default_factory=lambda: list(EVERY_DAY)
    )
    days_off: Annotated[list[GoalDaysOff], Meta(max_length=MOST_DAYS_OFF)] = []
    prorated: bool = True
    notices: bool = True
    starts_on: date | None = None
    ends_on: date | None = None


class NamedShape(msgspec.Struct):
    """Something by its number; the name is null where it does not exist any more."""

    id: int
    name: str | None


class NamedWhereShape(msgspec.Struct):
    """What a goal looks at."""

    categories: list[NamedShape]
    projects: list[NamedShape]
    apps: list[str]
    domains: list[str]
    tags: list[NamedShape]
    scores: list[int]


class GoalShape(msgspec.Struct):
    """A goal; its target is in the unit."""

    id: int
    name: str
    measure: GoalMeasure
    unit: GoalUnit
    direction: GoalDirection
    target: float
    period: GoalPeriodKind
    where: NamedWhereShape
    shortest_seconds: int
    weekdays: list[int]
    days_off: list[GoalDaysOff]
    prorated: bool
    notices: bool
    starts_on: date
    ends_on: date | None
    created_at: datetime


class ProgressShape(msgspec.Struct):
    """A day, week or month of a goal: what was asked for, what was done and how that stands.

    `done`, `target` and `left` are in the goal's unit; `done` is null for a pulse or share of no time at all.
    """

    first_day: date
    last_day: date
    days: int
    """How many of its days count."""
    state: GoalState
    target: float
    done: float | None
    left: float
    share: float | None


class StreakShape(msgspec.Struct):
    """How many periods in a row a goal was met: now, and at best since a day, 400 days ago at most."""

    current: int
    longest: int
    since: date


class GoalWithProgress(msgspec.Struct):
    """A goal and how its present period stands.

    `per_day` is what is left for each of the `days_left` that count, the present one included.
    """

    goal: GoalShape
    progress: ProgressShape
    started_at: datetime
    ended_at: datetime
    days_left: int
    per_day: float | None
    streak: StreakShape


class GoalsShape(msgspec.Struct):
    """Goals in the order in which they were made, the present day, and the zone that days are told in."""

    today: date
    zone: str
    goals: list[GoalWithProgress]


class GoalAtPresent(msgspec.Struct):
    """A goal and its present period, without what came before."""

    goal: GoalShape
    progress: ProgressShape


class GoalsAtPresent(msgspec.Struct):
    """Goals that have not ended, in the order in which they were made."""

    today: date
    zone: str
    goals: list[GoalAtPresent]


class GoalMade(msgspec.Struct):
    """A goal as it is kept, and the operation with which this can be undone."""

    goal: GoalShape
    operation_id: int


class GoalGone(msgspec.Struct):
    """The operation with which this can be undone."""

    operation_id: int


class GoalHistoryShape(msgspec.Struct):
    """Periods of a goal, the newest first; `next_before` is where to go on, null at the end."""

    unit: GoalUnit
    periods: list[ProgressShape]
    next_before: date | None


class GoalEnd(msgspec.Struct, forbid_unknown_fields=True):
    """The last day on which a goal counts; left out, the day before the present one."""

    ends_on: date | None = None


class DaysToTakeOff(msgspec.Struct, forbid_unknown_fields=True):
    """Days off, both ends included; `work` takes them back. Without `goals`: of all that have not ended."""

    first_day: date
    last_day: date
    goals: Annotated[list[Number], Meta(max_length=MOST_GOALS)] | None = None
    work: bool = False


class DaysTaken(msgspec.Struct):
    """Of how many goals days were taken off, and the operation with which this can be undone."""

    goals: int
    operation_id: int


@routes.on("GET", "/goals", scope=READ)
def list_goals(goals: Goals, who: Actor, state: State = "current") -> GoalsShape:
    """List your goals as they stand; with `state=all` also those that have ended."""
    found = goals.all(who, ended=state == "all")
    return GoalsShape(
        goals.today(who), goals.calendar(who).zone, [_standing(goals, who, each) for each in found]
    )


@routes.on("POST", "/goals", scope=WRITE, mode=Mode.WRITE, status=201)
def add_goal(goals: Goals, who: Actor, body: GoalToKeep) -> GoalMade:
    """Add a goal; one that cannot be met together with another is refused."""
    return _made(goals, who, *goals.add(who, _terms(goals, who, body), _where(body.where)))


@routes.on("POST", "/goals/days_off", scope=WRITE, mode=Mode.WRITE)
def take_days_off(goals: Goals, who: Actor, body: DaysToTakeOff) -> DaysTaken:
    """Take days off from goals, such as a holiday, or work on them after all."""
    days = GoalDaysOff(body.first_day, body.last_day)
    return DaysTaken(*goals.take_off(who, body.goals, days, work=body.work))


@routes.on("GET", "/goals/{goal}", scope=READ)
def show_goal(goals: Goals, who: Actor, goal: Number) -> GoalWithProgress:
    """Show a goal as it stands."""
    return _standing(goals, who, goals.get(who, goal))


@routes.on("PUT", "/goals/{goal}", scope=WRITE, mode=Mode.WRITE)
def change_goal(goals: Goals, who: Actor, goal: Number, body: GoalToKeep) -> GoalMade:
    """Let a goal ask for something else; its past periods are judged by that too."""
    return _made(goals, who, *goals.change(who, goal, _terms(goals, who, body), _where(body.where)))


@routes.on("DELETE", "/goals/{goal}", scope=WRITE, mode=Mode.WRITE)
def delete_goal(goals: Goals, who: Actor, goal: Number) -> GoalGone:
    """Delete a goal and its history; what was recorded stays."""
    return GoalGone(goals.delete(who, goal))


@routes.on("POST", "/goals/{goal}/end", scope=WRITE, mode=Mode.WRITE)
def end_goal(goals: Goals, who: Actor, goal: Number, body: GoalEnd) -> GoalMade:
    """Let a goal end; its history stays."""
    return _made(goals, who, *goals.end(who, goal, body.ends_on))


@routes.on("GET", "/goals/{goal}/history", scope=READ)
def show_goal_history(
    goals: Goals, who: Actor, goal: Number, before: date | None = None, limit: PageSize = 30
) -> GoalHistoryShape:
    """Show how a goal stood, period by period from the present one back, or from the one before a day."""
    terms, found = goals.history(who, goal, before, limit)
    more = len(found) == limit and found[-1].period.first > terms.starts_on
    return GoalHistoryShape(
        terms.unit, [_progress(terms, each) for each in found], found[-1].period.first if more else None
    )


def present_shape_of(goals: Goals, who: Actor, found: Sequence[tuple[Goal, GoalProgress]]) -> GoalsAtPresent:
    """Return goals as they stand at this moment."""
    shown = [
        GoalAtPresent(_goal(goal, goals.named(who, goal)), _progress(goal.terms, progress))
        for goal, progress in found
    ]
    return GoalsAtPresent(goals.today(who), goals.calendar(who).zone, shown)


def _terms(goals: Goals, who: Actor, body: GoalToKeep) -> GoalTerms:
    return GoalTerms(
        name=body.name,
        measure=body.measure,
        direction=body.direction,
        target=body.target,
        period=body.period,
        shortest_seconds=body.shortest_seconds,
        weekdays=tuple(body.weekdays),
        days_off=tuple(body.days_off),
        prorated=body.prorated,
        notices=body.notices,
        starts_on=body.starts_on or goals.today(who),
        ends_on=body.ends_on,
    )


def _where(shape: WhereShape) -> GoalWhere:
    return GoalWhere(*msgspec.structs.astuple(shape))


def _made(goals: Goals, who: Actor, goal: Goal, operation: int) -> GoalMade:
    return GoalMade(_goal(goal, goals.named(who, goal)), operation)


def _standing(goals: Goals, who: Actor, standing: GoalStanding) -> GoalWithProgress:
    goal = standing.goal
    return GoalWithProgress(
        _goal(goal, goals.named(who, goal)),
        _progress(goal.terms, standing.progress),
        datetime_of(standing.started_at),
        datetime_of(standing.ended_at),
        standing.days_left,
        None if standing.per_day is None else _in_unit(goal.terms, standing.per_day),
        StreakShape(*standing.streak, standing.looked_back_to),
    )


def _goal(goal: Goal, where: NamedWhere) -> GoalShape:
    terms = goal.terms
    return GoalShape(
        id=goal.id,
        name=terms.name,
        measure=terms.measure,
        unit=terms.unit,
        direction=terms.direction,
        target=terms.target,
        period=terms.period,
        where=NamedWhereShape(
            [NamedShape(*each) for each in where.categories],
            [NamedShape(*each) for each in where.projects],
            list(terms.where.apps),
            list(terms.where.domains),
            [NamedShape(*each) for each in where.tags],
            list(terms.where.scores),
        ),
        shortest_seconds=terms.shortest_seconds,
        weekdays=list(terms.weekdays),
        days_off=list(terms.days_off),
        prorated=terms.prorated,
        notices=terms.notices,
        starts_on=terms.starts_on,
        ends_on=terms.ends_on,
        created_at=datetime_of(goal.created_at),
    )


def _progress(terms: GoalTerms, progress: GoalProgress) -> ProgressShape:
    period, done = progress.period, progress.done
    return ProgressShape(
        first_day=period.first,
        last_day=period.last,
        days=len(period.days),
        state=progress.state,
        target=_in_unit(terms, period.target),
        done=None if done is None else _in_unit(terms, done),
        left=_in_unit(terms, progress.left),
        share=progress.share,
    )


def _in_unit(terms: GoalTerms, amount: float) -> float:
    return amount / SECOND if terms.measure == "time" else amount
