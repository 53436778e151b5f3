"""What goals need of activities, categories, projects and tags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from hourloom.activities.model.category import CategoryTree
from hourloom.activities.model.filter import Filter
from hourloom.activities.model.lane import Key, Lane, Sums
from hourloom.core.actors import Actor
from hourloom.core.clock import Instant


class Measured(Protocol):
    """The activities of people, as far as goals look at them; called inside an open read transaction."""

    def sums(
        self, who: Actor, cuts: Sequence[Instant], keys: tuple[Key, ...], where: Filter | None = None
    ) -> Sequence[Sums]:
        """Return active time between each two cuts."""
        ...

    def between(self, who: Actor, start: Instant, end: Instant, where: Filter | None = None) -> Lane:
        """Return what was done in a stretch of time."""
        ...

    def version(self, who: Actor) -> str:
        """Return a word that changes with all that could change an answer about settled time."""
        ...

    def settled(self, who: Actor, now: Instant) -> Instant:
        """Return up to when time has settled."""
        ...


class GoalNames(Protocol):
    """What categories, projects and tags are called; called inside an open read transaction."""

    def tree(self, who: Actor) -> CategoryTree:
        """Return all categories."""
        ...

    def projects(self, who: Actor) -> Mapping[int, str]:
        """Return the projects by their numbers."""
        ...

    def tags(self, who: Actor) -> Mapping[int, str]:
        """Return the tags by their numbers."""
        ...
