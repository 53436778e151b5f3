"""Look how goals stand while nobody asks, and tell of what is decided."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from hourloom.core.actors import Actor
from hourloom.core.clock import Clock, Instant
from hourloom.core.periods import Calendar
from hourloom.db.transaction import Database, Transaction
from hourloom.goals import store
from hourloom.goals.model.goal import Goal, GoalAboutToBeMissed, GoalMissed, GoalReached
from hourloom.goals.model.period import period_at
from hourloom.goals.model.progress import GoalProgress
from hourloom.goals.model.telling import (
    NEWS_FOR,
    SETTLES_WITHIN,
    GoalTelling,
    due,
    is_news,
    next_look,
    telling_of,
    with_told,
)
from hourloom.goals.service.goals import Goals
from hourloom.notices.service import Notices

ENDANGERED = "goal_about_to_be_missed"
CHANGES = {"reached": GoalReached, "about_to_be_missed": GoalAboutToBeMissed, "missed": GoalMissed}
_ONE_DAY = timedelta(days=1)


class GoalNews(NamedTuple):
    """What is to be told of a period, unless it was told already."""

    goal: Goal
    first_day: date
    last_day: date
    telling: GoalTelling


class SeenGoals(NamedTuple):
    """What a look has found."""

    news: list[GoalNews]
    safe: list[int]
    """Goals of which no period is about to be missed any more."""


NOTHING_SEEN = SeenGoals([], [])


class GoalLooks:
    """Looks at the goals of a user that may have come over a border since the last look."""

    is_service = True

    def __init__(
        self, database: Database, clock: Clock, goals: Goals, notices: Notices, owner: Actor
    ) -> None:
        self._database, self._clock, self._goals = database, clock, goals
        self._notices, self._owner = notices, owner
        self._next: dict[int, Instant] = {}
        goals.on_change.append(self._forget)

    def find(self, tx: Transaction) -> SeenGoals:
        """Look at the goals whose turn it is, within a read."""
        who, now = self._owner, self._clock.now()
        goals = {int(goal.id): goal for goal in store.goals_of(tx, who.workspace_id, who.user_id)}
        turns = due(self._next, {number: goal.terms.notices for number, goal in goals.items()}, now)
        gone = self._standing() - {number for number, goal in goals.items() if goal.terms.notices}
        if not turns and not gone:
            return NOTHING_SEEN
        calendar, seen = self._goals.calendar(who), SeenGoals([], sorted(gone))
        for number in turns:
            self._look_at(goals[number], calendar, now, seen)
        return seen

    def tell(self, tx: Transaction, seen: SeenGoals) -> None:
        """Raise and clear notices, within a write."""
        workspace = self._owner.workspace_id
        told = store.told_of(tx, workspace, self._owner.user_id) if seen.news else {}
        for news in seen.news:
            known = told.get(news.goal.id)
            if known is None or not is_news(known, news.first_day, news.telling):
                continue
            told[news.goal.id] = with_told(known, news.first_day, news.telling)
            store.set_told(tx, workspace, news.goal.id, told[news.goal.id])
            self._raise(tx, news)
        for number in seen.safe:
            self._notices.cleared(workspace, ENDANGERED, str(number))

    def _look_at(self, goal: Goal, calendar: Calendar, now: Instant, seen: SeenGoals) -> None:
        terms, today = goal.terms, calendar.day_at(now)
        until = self._goals.until()
        present = self._goals.progress(self._owner, terms, calendar, now, today, until)
        self._note(goal, present, calendar, now, seen)
        if present.state != "about_to_be_missed":
            seen.safe.append(goal.id)
        last = present.period.first - _ONE_DAY
        before = period_at(terms, last, calendar)
        if before.days:
            ended = calendar.start_of(before.days[-1] + _ONE_DAY)
            if ended > goal.created_at and now - NEWS_FOR <= ended <= now:
                past = self._goals.progress(self._owner, terms, calendar, now, last, until)
                self._note(goal, past, calendar, now, seen)
        ends = calendar.start_of(present.period.last + _ONE_DAY)
        self._next[goal.id] = next_look(terms, present, now, ends)

    def _note(
        self, goal: Goal, progress: GoalProgress, calendar: Calendar, now: Instant, seen: SeenGoals
    ) -> None:
        period = progress.period
        if not period.days:
            return
        ends = calendar.start_of(period.days[-1] + _ONE_DAY)
        over = ends <= now
        # Nothing is missed before the devices have sent what they had.
        early = over and now < ends + SETTLES_WITHIN
        if early and progress.state == "missed" and goal.terms.direction == "at_least":
            return
        telling = telling_of(goal.terms, progress.state, over=over)
        if telling is not None:
            seen.news.append(GoalNews(goal, period.first, period.last, telling))

    def _raise(self, tx: Transaction, news: GoalNews) -> None:
        goal = news.goal
        self._notices.raised(
            goal.workspace_id,
            f"goal_{news.telling}",
            str(goal.id),
            goal=goal.terms.name,
            period=goal.terms.period,
            first_day=news.first_day.isoformat(),
        )
        told = CHANGES[news.telling](goal.user_id, goal.id, news.first_day, news.last_day)
        tx.changed(goal.workspace_id, told)

    def _standing(self) -> set[int]:
        """Return the goals of which a notice says that they are about to be missed."""
        return {int(slot) for slot in self._notices.slots(self._owner.workspace_id, ENDANGERED)}

    def _forget(self, number: int) -> None:
        self._next.pop(number, None)
