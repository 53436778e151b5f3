"""Goals as WakaTime's clients read them; what they are is known to a feature above."""

from __future__ import annotations

from datetime import date

from hourloom.core.actors import Actor
from hourloom.core.clock import SECOND, Clock
from hourloom.core.errors import NotFound
from hourloom.wakatime.model.summing import Json, day_text, text_of
from hourloom.wakatime.ports import EditorGoal, EditorGoalRange, GoalSource
from hourloom.wakatime.service.time import EditorTime
from hourloom.wakatime.service.words import id_of, instant_text, zone_name


class NoSuchEditorGoal(NotFound):
    """There is no such goal."""

    code = "no_such_goal"


class EditorGoals:
    """The goals of a user, in WakaTime's words."""

    is_service = True

    def __init__(self, clock: Clock, time: EditorTime) -> None:
        self._clock, self._time = clock, time
        self.source: GoalSource | None = None
        """Set where the app is put together."""

    def all(self, who: Actor) -> Json:
        """Return all goals."""
        found = [self._shown(who, goal) for goal in self._goals(who)]
        return {"data": found, "total": len(found), "total_pages": 1}

    def one(self, who: Actor, name: str) -> Json:
        """Return one goal by its id or number."""
        for goal in self._goals(who):
            if name in (str(goal.number), _id(goal)):
                return {"data": self._shown(who, goal), "cached_at": instant_text(self._clock.now())}
        raise NoSuchEditorGoal

    def _goals(self, who: Actor) -> list[EditorGoal]:
        return [] if self.source is None else list(self.source.goals(who))

    def _shown(self, who: Actor, goal: EditorGoal) -> Json:
        way = self._time.way(who)
        zone, today = zone_name(way, self._clock.now()), self._time.today(way)
        chart = [_range(each, goal, zone, today) for each in goal.ranges]
        present = chart[-1]["range_status"] if chart else "pending"
        return {
            "id": _id(goal),
            "title": goal.title,
            "custom_title": goal.title,
            "type": "coding",
            "delta": goal.delta,
            "seconds": goal.seconds,
            "is_enabled": True,
            "is_inverse": goal.is_at_most,
            "is_snoozed": not goal.is_told,
            "ignore_days": list(goal.ignored_days),
            "ignore_zero_days": False,
            "improve_by_percent": None,
            "languages": [],
            "editors": [],
            "projects": list(goal.projects),
            "status": present,
            "status_percent_calculated": _percent(goal.ranges[-1]) if goal.ranges else 0,
            "range_text": f"last {len(chart)} {goal.delta}s",
            "chart_data": chart,
        }


def _range(each: EditorGoalRange, goal: EditorGoal, zone: str, today: date) -> Json:
    done, target = each.done, each.target
    return {
        "actual_seconds": done / SECOND,
        "actual_seconds_text": text_of(done),
        "goal_seconds": target / SECOND,
        "goal_seconds_text": text_of(target),
        "range": {
            "date": each.first.isoformat(),
            "start": instant_text(each.start),
            "end": instant_text(each.end - SECOND),
            "text": day_text(each.first, today),
            "timezone": zone,
        },
        "range_status": each.status,
        "range_status_reason": _reason(each, goal),
    }


def _reason(each: EditorGoalRange, goal: EditorGoal) -> str:
    if each.status == "ignored":
        return "the goal does not count then"
    limit = "at most" if goal.is_at_most else "at least"
    return f"{text_of(each.done)} of {limit} {text_of(each.target)}"


def _percent(each: EditorGoalRange) -> int:
    return round(100 * each.done / each.target) if each.target else 0


def _id(goal: EditorGoal) -> str:
    return id_of("goal", str(goal.number))
