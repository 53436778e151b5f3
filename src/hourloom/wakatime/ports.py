"""What WakaTime's clients ask for that a feature above knows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Literal, NamedTuple, Protocol

from hourloom.core.actors import Actor
from hourloom.core.clock import Duration, Instant

RangeStatus = Literal["success", "fail", "pending", "ignored"]


class EditorGoalRange(NamedTuple):
    """A day, week or month of a goal."""

    first: date
    last: date
    start: Instant
    end: Instant
    done: Duration
    target: Duration
    status: RangeStatus


class EditorGoal(NamedTuple):
    """A goal of time."""

    number: int
    title: str
    delta: str
    """`day`, `week` or `month`."""
    seconds: float
    is_at_most: bool
    ignored_days: Sequence[str]
    projects: Sequence[str]
    is_told: bool
    ranges: Sequence[EditorGoalRange]
    """The oldest first; the last is the present one."""


class GoalSource(Protocol):
    """The goals of a user."""

    def goals(self, who: Actor) -> Sequence[EditorGoal]:
        """Return all goals of time that have not ended."""
        ...
