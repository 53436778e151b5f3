"""What the values of a report's keys are called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from hourloom.activities.model.category import SEPARATOR, CategoryTree
from hourloom.activities.model.lane import Key as LaneKey
from hourloom.core.actors import Actor
from hourloom.reports.model.grouping import Amounts, Value
from hourloom.reports.model.keys import TIMES, Key
from hourloom.reports.ports import ActivitySource

LONGEST_NAME = 300
_PLAIN = frozenset({"domain", "title", "source", "score", *TIMES})
"""The keys whose values are names already."""


class Labels:
    """Knows the names for one answer."""

    def __init__(self, source: ActivitySource, tree: CategoryTree, who: Actor) -> None:
        self._source, self._tree, self._who = source, tree, who
        self._written: dict[Value, Counter[str]] = {}
        """How watchers wrote the names of apps, and for how long."""

    def of(self, keys: Sequence[Key], found: Sequence[Amounts]) -> list[Mapping[Value, str | None]]:
        """Return, for each key, what its values are called."""
        return [
            self.named(key, {values[n]: None for amounts in found for values in amounts})
            for n, key in enumerate(keys)
        ]

    def named(self, key: Key, values: Iterable[Value]) -> Mapping[Value, str | None]:
        """Return what values of a key are called."""
        if key == "category":
            return {
                value: SEPARATOR.join(self._tree.path(value if isinstance(value, int) else None)) or None
                for value in values
            }
        if key in _PLAIN:
            return {value: None if value in (None, "") else str(value) for value in values}
        if key == "app":
            return {value: self._app_name(value) for value in values}
        return self._source.names(self._who, in_the_lane(key), list(values))

    def note_app(self, app: Value, name: str, lasted: int) -> None:
        """Remember how the name of an app was written, and for how long."""
        if app and name:
            self._written.setdefault(app, Counter())[name[:LONGEST_NAME]] += lasted

    def _app_name(self, app: Value) -> str | None:
        """Return how an app's name was written for the longest time, the first of equals."""
        if not app:
            return None
        written = self._written.get(app, {str(app): 0})
        return min(written, key=lambda name: (-written[name], name))


def in_the_lane(key: Key) -> LaneKey:
    """Return a key as the lane calls it."""
    return "tags" if key == "tag" else cast("LaneKey", key)
