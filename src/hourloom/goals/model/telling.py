"""What notices tell of goals, and when there may be something to tell again: pure decisions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Literal

from hourloom.core.clock import DAY, MINUTE, SECOND, Duration, Instant
from hourloom.goals.model.goal import GoalTerms
from hourloom.goals.model.progress import NEARLY_USED, GoalProgress, GoalState

GoalTelling = Literal["reached", "about_to_be_missed", "missed"]
GoalTellings = dict[date, tuple[GoalTelling, ...]]
"""By the first day of a period: what was told of it."""

LOOK_EVERY = Duration(MINUTE)
LOOK_AT_LEAST_EVERY = Duration(15 * MINUTE)
"""Even far from every border: what is imported or comes late from another device moves progress too."""
SETTLES_WITHIN = Duration(5 * MINUTE)
"""A period that is over is judged so long after its end, when devices have sent what they had."""
NEWS_FOR = Duration(7 * DAY)
"""What ended longer ago is no news any more, as after a holiday with the computer off."""


def telling_of(terms: GoalTerms, state: GoalState, *, over: bool) -> GoalTelling | None:
    """Return what is to be told of a state; of a pulse or share only the end of its period is certain."""
    if state == "reached":
        return "reached"
    if state == "missed":
        return "missed" if over or terms.adds_up else None
    return "about_to_be_missed" if state == "about_to_be_missed" else None


def is_news(told: GoalTellings, first_day: date, telling: GoalTelling) -> bool:
    """Return whether something was not told yet; once a period is decided nothing more is."""
    known = told.get(first_day, ())
    return telling not in known and not (telling == "about_to_be_missed" and known)


def with_told(told: GoalTellings, first_day: date, telling: GoalTelling, keep: int = 3) -> GoalTellings:
    """Return what was told, with one more; only the newest periods are remembered."""
    after = told | {first_day: (*told.get(first_day, ()), telling)}
    return {day: after[day] for day in sorted(after)[-keep:]}


def next_look(terms: GoalTerms, progress: GoalProgress, now: Instant, ends: int) -> Instant:
    """Return when the state of the present period can be another at the earliest, but no later than is due.

    Time cannot be spent faster than the clock goes, so a goal of time far from its border can wait:

    at least 4 h, 3 h 50 min done   |·········|                 in 10 minutes
    """
    latest = min(now + LOOK_AT_LEAST_EVERY, max(ends + SETTLES_WITHIN, now + LOOK_EVERY))
    if not terms.adds_up or terms.measure != "time" or progress.state in ("off", "missed"):
        return Instant(latest)
    if terms.direction == "at_least":
        border = latest if progress.state == "reached" else now + progress.left
    else:
        done = progress.done or 0
        nearly = NEARLY_USED * progress.period.target
        border = now + ((nearly - done) if done < nearly else max(0, progress.left + SECOND))
    return Instant(int(min(latest, max(border, now + LOOK_EVERY))))


def due(looks: Mapping[int, Instant], goals: Mapping[int, bool], now: Instant) -> list[int]:
    """Return the goals, of those with notices, that should be looked at now."""
    return [goal for goal, told in goals.items() if told and looks.get(goal, now) <= now]
