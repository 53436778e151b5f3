"""The goals of the invented person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from hourloom.activities.model.category import CategoryTree
from hourloom.core.clock import HOUR, SECOND
from hourloom.goals.model.goal import GoalDirection, GoalPeriodKind, GoalTerms
from hourloom.goals.service.naming import GoalWhere

_WORKING_DAYS = (1, 2, 3, 4, 5)
_GOALS: tuple[tuple[str, str, GoalDirection, float, GoalPeriodKind], ...] = (
    ("Programming", "work.programming", "at_least", 3, "day"),
    ("Videos in the week", "media.video", "at_most", 5, "week"),
    ("Meetings", "work.meetings", "at_most", 6, "week"),
)
"""Name, category of the default tree, direction, hours, period."""


def demo_goals(tree: CategoryTree, since: date) -> Iterator[tuple[GoalTerms, GoalWhere]]:
    """Yield goals about categories of the default tree."""
    for name, word, direction, hours, kind in _GOALS:
        category = tree.shipped(word)
        if category is not None:
            terms = GoalTerms(
                name=name,
                direction=direction,
                target=hours * HOUR / SECOND,
                period=kind,
                weekdays=_WORKING_DAYS if kind == "day" else (1, 2, 3, 4, 5, 6, 7),
                starts_on=since,
            )
            yield terms, GoalWhere(categories=(category,))
