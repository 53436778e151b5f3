"""Goals for WakaTime's clients: those of time, with their last seven periods."""

from __future__ import annotations

from datetime import timedelta

from hourloom.core.actors import EVERYTHING, Actor
from hourloom.core.clock import Duration
from hourloom.core.periods import WEEKDAYS, Calendar
from hourloom.goals.model.goal import EVERY_DAY
from hourloom.goals.model.progress import GoalProgress, GoalState
from hourloom.goals.service.goals import Goals, GoalStanding
from hourloom.wakatime.ports import EditorGoal, EditorGoalRange, RangeStatus

SHOWN = 7
_STATUS: dict[GoalState, RangeStatus] = {
    "reached": "success",
    "kept": "success",
    "missed": "fail",
    "off": "ignored",
    "no_data": "ignored",
    "open": "pending",
    "about_to_be_missed": "pending",
}


class GoalsForEditors:
    """Shows goals to whoever may read the time in editors."""

    def __init__(self, goals: Goals) -> None:
        self._goals = goals

    def goals(self, who: Actor) -> list[EditorGoal]:
        """Return all goals of time that have not ended."""
        # An editor's key is for time in editors, which its route has asked for.
        reader = Actor(who.workspace_id, who.user_id, EVERYTHING)
        calendar = self._goals.calendar(reader)
        return [
            self._one(reader, standing, calendar)
            for standing in self._goals.all(reader)
            if standing.goal.terms.measure == "time"
        ]

    def _one(self, who: Actor, standing: GoalStanding, calendar: Calendar) -> EditorGoal:
        goal, terms = standing.goal, standing.goal.terms
        _, found = self._goals.history(who, goal.id, limit=SHOWN)
        projects = self._goals.named(who, goal).projects
        return EditorGoal(
            number=goal.id,
            title=terms.name,
            delta=terms.period,
            seconds=terms.target,
            is_at_most=terms.direction == "at_most",
            ignored_days=[WEEKDAYS[day - 1] for day in EVERY_DAY if day not in terms.weekdays],
            projects=[name for _, name in projects if name is not None],
            is_told=terms.notices,
            ranges=[_range(each, calendar) for each in reversed(found)],
        )


def _range(progress: GoalProgress, calendar: Calendar) -> EditorGoalRange:
    period = progress.period
    return EditorGoalRange(
        first=period.first,
        last=period.last,
        start=calendar.start_of(period.first),
        end=calendar.start_of(period.last + timedelta(days=1)),
        done=Duration(int(progress.done or 0)),
        target=Duration(int(period.target)),
        status=_STATUS[progress.state],
    )
