"""What exports are made from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from hourloom.activities.model.lane import Key, KeyValue
from hourloom.activities.model.subject import Description, Subject
from hourloom.core.actors import Actor


class LaneToExport(Protocol):
    """What is in the lane of activities, in words."""

    def describe(self, who: Actor, subjects: Iterable[Subject]) -> Mapping[Subject, Description]:
        """Return subjects in words."""
        ...

    def names(self, who: Actor, key: Key, values: Iterable[KeyValue]) -> Mapping[KeyValue, str | None]:
        """Return what values are called; None is unassigned."""
        ...
