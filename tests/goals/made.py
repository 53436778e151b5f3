"""Goals with sensible terms, of which a test names only what matters to it."""

from datetime import date
from typing import Any

import msgspec

from hourloom.core.clock import Instant
from hourloom.core.ids import GoalId, UserId, WorkspaceId
from hourloom.goals.model.goal import Goal, GoalDaysOff, GoalTerms

HOURS = 3600.0
WORKDAYS = (1, 2, 3, 4, 5)
MONDAY = date(2026, 3, 2)


def some_terms(**given: Any) -> GoalTerms:
    plain: dict[str, Any] = {"name": "Deep work", "target": 4 * HOURS, "starts_on": MONDAY}
    return GoalTerms(**(plain | given))


def a_goal(number: int = 1, **given: Any) -> Goal:
    return Goal(GoalId(number), WorkspaceId(1), UserId(1), some_terms(**given), Instant(0))


def off(first: str, last: str | None = None) -> GoalDaysOff:
    return GoalDaysOff(date.fromisoformat(first), date.fromisoformat(last or first))


def terms_as_sent(**given: Any) -> dict[str, Any]:
    sent: dict[str, Any] = {"name": "Deep work", "target": 4 * HOURS, "starts_on": "2026-03-02"}
    return sent | {name: msgspec.to_builtins(value) for name, value in given.items()}
