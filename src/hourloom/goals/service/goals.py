"""Keep goals, and say how they stand."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from time import monotonic

import msgspec

from hourloom.core.actors import Actor
from hourloom.core.clock import Clock, Instant
from hourloom.core.ids import GoalId, OperationId
from hourloom.core.periods import Calendar, weekday_number
from hourloom.db.transaction import Database, Transaction
from hourloom.goals import store
from hourloom.goals.model.contradiction import require_possible
from hourloom.goals.model.goal import (
    Goal,
    GoalAdded,
    GoalChanged,
    GoalDaysOff,
    GoalDeleted,
    GoalHasEnded,
    GoalNameTaken,
    GoalTerms,
    NoSuchGoal,
    checked,
    joined_days,
    require_room,
    without_days,
)
from hourloom.goals.model.period import GoalPeriod, days_between, period_at, periods_back
from hourloom.goals.model.progress import (
    GoalOutlook,
    GoalProgress,
    GoalState,
    GoalStreak,
    GoalTally,
    added,
    outlook,
    state_of,
    streak_of,
)
from hourloom.goals.ports import GoalNames
from hourloom.goals.service.measuring import Measuring
from hourloom.goals.service.naming import GoalWhere, NamedWhere, Naming
from hourloom.operations.model import ChangedSince, Operation
from hourloom.operations.service import Operations
from hourloom.settings.definitions import DAY_STARTS_AT, FIRST_DAY_OF_WEEK, TIME_ZONE
from hourloom.settings.service import Settings

READ, WRITE = "goals:read", "goals:write"
KIND = "change_goals"
LOOKED_BACK = 400
"""Days in which streaks are looked for."""
LOOKED_BACK_FOR_ACTIVITIES = 100
"""The same, where activities are read one by one."""
SECONDS_LOOKED_BACK = 0.25
"""For so long days of the past are measured that are not known yet; the next time it goes on from there."""
_ONE_DAY = timedelta(days=1)


class GoalStanding(msgspec.Struct, frozen=True):
    """A goal, how its present period stands, and its streaks."""

    goal: Goal
    progress: GoalProgress
    started_at: Instant
    ended_at: Instant
    streak: GoalStreak
    looked_back_to: date
    """From which day on periods were looked at for the streaks."""
    days_left: int
    """Days of the period that count, from the present one on."""
    per_day: float | None
    """What is left for each of these days; None where nothing adds up, or no day is left."""


class GoalSteps(msgspec.Struct, frozen=True):
    """What an operation on goals is about: for each goal a digest of what it made of it."""

    after: dict[int, str]


class GoalBefore(msgspec.Struct, frozen=True):
    """A goal before an operation; None where there was none."""

    id: GoalId
    was: Goal | None


_steps = msgspec.json.Decoder(GoalSteps).decode
_before = msgspec.json.Decoder(list[GoalBefore]).decode


class Goals:
    """The goals of users."""

    is_service = True

    def __init__(
        self,
        database: Database,
        clock: Clock,
        settings: Settings,
        operations: Operations,
        measuring: Measuring,
        names: GoalNames,
        seconds: float = SECONDS_LOOKED_BACK,
    ) -> None:
        self._seconds = seconds
        self._database, self._clock, self._settings = database, clock, settings
        self._operations, self._measuring = operations, measuring
        self._names, self._naming = names, Naming(names)
        self.on_change: list[Callable[[int], object]] = []
        """Called with the number of a goal once its change is on disk."""
        operations.register(KIND, WRITE, self._undo, self._purge)

    def calendar(self, who: Actor) -> Calendar:
        """Return how a user counts days, for other parts: it asks for no scope."""
        return Calendar(
            self._settings.value(who, TIME_ZONE),
            self._settings.value(who, DAY_STARTS_AT),
            weekday_number(self._settings.value(who, FIRST_DAY_OF_WEEK)),
        )

    def until(self) -> float:
        """Return until when, on the monotonic clock, to look back from now on."""
        return monotonic() + self._seconds

    def today(self, who: Actor) -> date:
        """Return the user's present day."""
        return self.calendar(who).day_at(self._clock.now())

    def all(self, who: Actor, *, ended: bool = False) -> list[GoalStanding]:
        """Return the goals of a user as they stand; with `ended` also those that have ended."""
        who.require(READ)
        with self._database.read() as tx:
            today = self.today(who)
            goals = store.goals_of(tx, who.workspace_id, who.user_id)
            shown = [goal for goal in goals if ended or not _is_over(goal.terms, today)]
            until = self.until()
            return [self._standing(who, goal, until) for goal in shown]

    def present(self, who: Actor, day: date | None = None) -> list[tuple[Goal, GoalProgress]]:
        """Return the goals that have not ended, each with its present period; no past is looked at.

        With a day that is gone, it is the goals that held then, each with its period of that time.
        """
        who.require(READ)
        with self._database.read() as tx:
            calendar, now, until = self.calendar(who), self._clock.now(), self.until()
            today = calendar.day_at(now)
            shown = min(day or today, today)
            return [
                (goal, self.progress(who, goal.terms, calendar, now, max(goal.terms.starts_on, shown), until))
                for goal in store.goals_of(tx, who.workspace_id, who.user_id)
                if not _is_over(goal.terms, shown) and (shown == today or goal.terms.starts_on <= shown)
            ]

    def get(self, who: Actor, number: int) -> GoalStanding:
        """Return one goal as it stands."""
        who.require(READ)
        with self._database.read() as tx:
            return self._standing(who, self._one(tx, who, number), self.until())

    def history(
        self, who: Actor, number: int, before: date | None = None, limit: int = 30
    ) -> tuple[GoalTerms, list[GoalProgress]]:
        """Return periods of a goal from the present one back, or from the one before a day."""
        who.require(READ)
        with self._database.read() as tx:
            terms = self._one(tx, who, number).terms
            calendar, now = self.calendar(who), self._clock.now()
            newest = min(calendar.day_at(now), terms.ends_on or date.max)
            if before is not None:
                newest = min(newest, calendar.first_of(terms.period, max(before, terms.starts_on)) - _ONE_DAY)
            found = _first(periods_back(terms, newest, calendar, terms.starts_on), limit)
            until = self.until()
            return terms, self._judged(who, terms, found, calendar, now, until)

    def named(self, who: Actor, goal: Goal) -> NamedWhere:
        """Return what the categories, projects and tags that a goal looks at are called."""
        with self._database.read():
            return self._naming.named(who, goal.terms.where)

    def progress(
        self, who: Actor, terms: GoalTerms, calendar: Calendar, now: Instant, day: date, until: float
    ) -> GoalProgress:
        """Return how the period that holds a day stands; inside an open read transaction.

        Pace is looked for until a time of the monotonic clock.
        """
        period = period_at(terms, day, calendar)
        tally = self._of_period(who, terms, period, calendar, now)
        over = _ends(period, calendar) <= now
        ahead = None if over else self._ahead(who, terms, period, calendar, now, until)
        state = state_of(terms, period, tally, over=over, ahead=ahead)
        return GoalProgress(period, tally.value(terms), state)

    def add(self, who: Actor, terms: GoalTerms, where: GoalWhere) -> tuple[Goal, OperationId]:
        """Add a goal."""
        who.require(WRITE)
        with self._database.begin() as tx:
            here = store.goals_of(tx, who.workspace_id, who.user_id)
            require_room(len(here) + 1)
            terms = self._terms(who, terms, where, here)
            self._require_free(who, terms, here)
            goal = Goal(GoalId(0), who.workspace_id, who.user_id, terms, self._clock.now())
            goal = msgspec.structs.replace(goal, id=store.add(tx, goal))
            operation = self._recorded(who, [GoalBefore(goal.id, None)], [goal])
            self._tell(tx, goal, GoalAdded(goal.user_id, goal.id, goal.terms))
            return goal, operation

    def change(self, who: Actor, number: int, terms: GoalTerms, where: GoalWhere) -> tuple[Goal, OperationId]:
        """Let a goal ask for something else; its past is judged by that too."""
        who.require(WRITE)
        with self._database.begin() as tx:
            here = store.goals_of(tx, who.workspace_id, who.user_id)
            goal = _found(here, number)
            others = [other for other in here if other.id != number]
            terms = self._terms(who, terms, where, others)
            if terms.name != goal.terms.name:
                self._require_free(who, terms, others)
            (changed,), operation = self._set(tx, who, {goal: terms})
            return changed, operation

    def end(self, who: Actor, number: int, last: date | None = None) -> tuple[Goal, OperationId]:
        """Let a goal end with a day, the day before the present one by default; its history stays."""
        who.require(WRITE)
        with self._database.begin() as tx:
            goal, today = self._one(tx, who, number), self.today(who)
            if _is_over(goal.terms, today) and last is None:
                raise GoalHasEnded(name=goal.terms.name, day=goal.terms.ends_on)
            terms = checked(msgspec.structs.replace(goal.terms, ends_on=last or today - _ONE_DAY))
            (changed,), operation = self._set(tx, who, {goal: terms})
            return changed, operation

    def take_off(
        self, who: Actor, numbers: Sequence[int] | None, days: GoalDaysOff, *, work: bool = False
    ) -> tuple[int, OperationId]:
        """Take days off, or with `work` not after all: of some goals, or of all that have not ended."""
        who.require(WRITE)
        with self._database.begin() as tx:
            here, today = store.goals_of(tx, who.workspace_id, who.user_id), self.today(who)
            if numbers is None:
                chosen = [goal for goal in here if not _is_over(goal.terms, today)]
            else:
                chosen = [_found(here, number) for number in dict.fromkeys(numbers)]
            after = {
                goal: checked(
                    msgspec.structs.replace(goal.terms, days_off=_with(goal.terms, days, work=work))
                )
                for goal in chosen
            }
            changed, operation = self._set(tx, who, after)
            return len(changed), operation

    def delete(self, who: Actor, number: int) -> OperationId:
        """Delete a goal and with it its history; what was recorded stays."""
        who.require(WRITE)
        with self._database.begin() as tx:
            goal = self._one(tx, who, number)
            store.drop(tx, who.workspace_id, goal.id)
            operation = self._recorded(who, [GoalBefore(goal.id, goal)], [])
            self._tell(tx, goal, GoalDeleted(goal.user_id, goal.id))
            return operation

    def _terms(self, who: Actor, terms: GoalTerms, where: GoalWhere, others: Sequence[Goal]) -> GoalTerms:
        terms = checked(msgspec.structs.replace(terms, where=self._naming.resolved(who, where)))
        require_possible(terms, others, self._names.tree(who).below)
        return terms

    def _require_free(self, who: Actor, terms: GoalTerms, others: Sequence[Goal]) -> None:
        """Raise where a goal that has not ended is called so, but for its case."""
        today = self.today(who)
        for other in others:
            if other.terms.name.casefold() == terms.name.casefold() and not _is_over(other.terms, today):
                raise GoalNameTaken(name=other.terms.name, id=other.id)

    def _one(self, tx: Transaction, who: Actor, number: int) -> Goal:
        return _found(store.goals_of(tx, who.workspace_id, who.user_id), number)

    def _standing(self, who: Actor, goal: Goal, until: float) -> GoalStanding:
        terms, calendar, now = goal.terms, self.calendar(who), self._clock.now()
        today = calendar.day_at(now)
        day = max(terms.starts_on, min(today, terms.ends_on or today))
        progress = self.progress(who, terms, calendar, now, day, until)
        period = progress.period
        earliest, past = self._past(who, terms, period, calendar, now, until)
        days_left = sum(day >= today for day in period.days)
        spread = terms.adds_up and days_left and progress.state not in ("off", "missed")
        return GoalStanding(
            goal=goal,
            progress=progress,
            started_at=calendar.start_of(period.first),
            ended_at=calendar.start_of(period.last + _ONE_DAY),
            streak=streak_of([*past, progress.state]),
            looked_back_to=earliest,
            days_left=days_left,
            per_day=progress.left / days_left if spread else None,
        )

    def _past(
        self,
        who: Actor,
        terms: GoalTerms,
        present: GoalPeriod,
        calendar: Calendar,
        now: Instant,
        until: float,
    ) -> tuple[date, list[GoalState]]:
        """Return the states of periods before the present one, the oldest first, and where they begin."""
        days = LOOKED_BACK_FOR_ACTIVITIES if terms.measure == "activities" else LOOKED_BACK
        last = present.first - _ONE_DAY
        wanted = max(terms.starts_on, calendar.day_at(now) - timedelta(days=days))
        past = list(periods_back(terms, last, calendar, wanted))
        if not past:
            return present.first, []
        known = self._measuring.known_from(
            who, terms, past[-1].first, last, calendar=calendar, now=now, until=until
        )
        past = [period for period in past if period.first >= known]
        judged = self._judged(who, terms, past, calendar, now, until)
        return past[-1].first if past else present.first, [each.state for each in reversed(judged)]

    def _judged(
        self,
        who: Actor,
        terms: GoalTerms,
        periods: Sequence[GoalPeriod],
        calendar: Calendar,
        now: Instant,
        until: float,
    ) -> list[GoalProgress]:
        """Return how periods stand, the newest of which comes first."""
        if not periods:
            return []
        first, last = periods[-1].first, periods[0].last
        tallies = self._measuring.days(who, terms, first, last, calendar=calendar, now=now)
        by_day = dict(zip(days_between(first, last), tallies, strict=True))
        found = []
        for period in periods:
            tally = added(by_day[day] for day in period.days)
            over = _ends(period, calendar) <= now
            ahead = None if over else self._ahead(who, terms, period, calendar, now, until)
            state = state_of(terms, period, tally, over=over, ahead=ahead)
            found.append(GoalProgress(period, tally.value(terms), state))
        return found

    def _of_period(
        self, who: Actor, terms: GoalTerms, period: GoalPeriod, calendar: Calendar, now: Instant
    ) -> GoalTally:
        if not period.days:
            return GoalTally()
        first, last = period.days[0], period.days[-1]
        tallies = self._measuring.days(who, terms, first, last, calendar=calendar, now=now)
        by_day = dict(zip(days_between(first, last), tallies, strict=True))
        return added(by_day[day] for day in period.days)

    def _ahead(
        self, who: Actor, terms: GoalTerms, period: GoalPeriod, calendar: Calendar, now: Instant, until: float
    ) -> GoalOutlook | None:
        """Return what may still come, where that decides about anything."""
        if not period.days or (terms.adds_up and terms.direction == "at_most"):
            return None
        lengths = {day: (calendar.start_of(day), calendar.start_of(day + _ONE_DAY)) for day in period.days}
        today = calendar.day_at(now)
        pace = self._measuring.pace(who, terms, calendar=calendar, now=now, until=until)
        if today not in lengths:
            pace = [each._replace(rest=GoalTally()) for each in pace]
        return outlook(
            pace,
            days_left=sum(day > today for day in period.days),
            days=len(period.days),
            time_left=sum(max(0, ends - max(starts, now)) for starts, ends in lengths.values()),
            time=sum(ends - starts for starts, ends in lengths.values()),
        )

    def _set(
        self, tx: Transaction, who: Actor, after: Mapping[Goal, GoalTerms]
    ) -> tuple[list[Goal], OperationId]:
        changed = [msgspec.structs.replace(goal, terms=terms) for goal, terms in after.items()]
        operation = self._recorded(who, [GoalBefore(goal.id, goal) for goal in after], changed)
        for goal in changed:
            store.set_terms(tx, who.workspace_id, goal.id, goal.terms)
            self._tell(tx, goal, GoalChanged(goal.user_id, goal.id, goal.terms))
        return changed, operation

    def _recorded(self, who: Actor, before: Sequence[GoalBefore], after: Iterable[Goal]) -> OperationId:
        made = {goal.id: _digest(goal) for goal in after}
        subject = GoalSteps({each.id: made.get(each.id, "") for each in before})
        operation = self._operations.record(who, KIND, subject)
        self._operations.keep_step(operation, "goals", before)
        return operation

    def _tell(self, tx: Transaction, goal: Goal, change: GoalAdded | GoalChanged | GoalDeleted) -> None:
        tx.changed(goal.workspace_id, change)
        tx.after_commit(lambda: self._announce(goal.id))

    def _announce(self, number: int) -> None:
        for told in self.on_change:
            told(number)

    def _undo(self, tx: Transaction, who: Actor, operation: Operation) -> None:
        here = {goal.id: goal for goal in store.goals_of(tx, operation.workspace_id, operation.user_id)}
        made = _steps(operation.subject.encode()).after
        other = [number for number, digest in made.items() if _digest(here.get(GoalId(number))) != digest]
        if other:
            raise ChangedSince("the goals", other)

        def take_back(tx: Transaction, _name: str, was: bytes) -> None:
            for step in _before(was):
                self._take_back(tx, who, step, here)

        self._operations.take_steps_back(operation.id, 1, take_back)

    def _take_back(self, tx: Transaction, who: Actor, step: GoalBefore, here: dict[GoalId, Goal]) -> None:
        present = here.pop(step.id, None)
        if step.was is None:
            if present is not None:
                store.drop(tx, present.workspace_id, present.id)
                self._tell(tx, present, GoalDeleted(present.user_id, present.id))
            return
        # What was added meanwhile may contradict what comes back.
        require_possible(step.was.terms, here.values(), self._names.tree(who).below)
        here[step.id] = step.was
        if present is None:
            require_room(len(here))
            store.put(tx, step.was)
            self._tell(tx, step.was, GoalAdded(step.was.user_id, step.id, step.was.terms))
        else:
            store.set_terms(tx, step.was.workspace_id, step.id, step.was.terms)
            self._tell(tx, step.was, GoalChanged(step.was.user_id, step.id, step.was.terms))

    def _purge(self, _tx: Transaction, operation: Operation) -> bool:
        return self._operations.forget_steps(operation.id, 1)


def _found(goals: Sequence[Goal], number: int) -> Goal:
    for goal in goals:
        if goal.id == number:
            return goal
    raise NoSuchGoal(id=number)


def _is_over(terms: GoalTerms, today: date) -> bool:
    return terms.ends_on is not None and terms.ends_on < today


def _ends(period: GoalPeriod, calendar: Calendar) -> Instant:
    """Return when the last day that counts ends: from then on nothing is added."""
    return calendar.start_of((period.days[-1] if period.days else period.last) + _ONE_DAY)


def _with(terms: GoalTerms, days: GoalDaysOff, *, work: bool) -> tuple[GoalDaysOff, ...]:
    if days.last_day < days.first_day:
        return (*terms.days_off, days)  # refused with a sentence when it is checked
    return without_days(terms.days_off, days) if work else joined_days((*terms.days_off, days))


def _digest(goal: Goal | None) -> str:
    """Return a word for what a goal asks for: operations tell of nothing that could be read."""
    if goal is None:
        return ""
    return hashlib.blake2b(store.text_of(goal.terms).encode(), digest_size=8).hexdigest()


def _first(periods: Iterator[GoalPeriod], limit: int) -> list[GoalPeriod]:
    return [period for period, _ in zip(periods, range(limit), strict=False)]
