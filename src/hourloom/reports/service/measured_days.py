"""The figures of days, read from the lane and kept while nothing changes them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple, Protocol

from hourloom.activities.model.activity import Activity
from hourloom.activities.model.category import CategoryTree
from hourloom.core.actors import Actor
from hourloom.core.clock import Instant
from hourloom.core.ids import UserId, WorkspaceId
from hourloom.core.periods import Calendar
from hourloom.db.transaction import Transaction
from hourloom.reports.measures.figures import NOTHING, Figures, figures
from hourloom.reports.measures.model import Span
from hourloom.reports.measures.trends import forget_differences
from hourloom.reports.ports import LaneSource, SumsSource

MOST_BYTES = 4 * 1024 * 1024
"""About half a year of busy days."""


class CategorySource(Protocol):
    """Knows the categories of a workspace."""

    def tree(self, tx: Transaction, workspace_id: WorkspaceId) -> CategoryTree:
        """Return them within the caller's transaction."""
        ...


class MeasuredSource(Protocol):
    """Reads the lane of one person within the caller's transaction, as far as measures need it."""

    def between(self, who: Actor, start: Instant, end: Instant) -> LaneSource:
        """Return a stretch of the lane."""
        ...

    def sums(self, who: Actor, cuts: Sequence[Instant], keys: tuple[Any, ...]) -> Sequence[SumsSource]:
        """Return the sums between each cut and the next."""
        ...

    def names(self, who: Actor, key: Any, values: Iterable[Any]) -> Mapping[Any, str | None]:
        """Return what values are called; None is unassigned."""
        ...

    def version(self, who: Actor) -> str:
        """Return what changes whenever an answer about settled time could."""
        ...

    def settled(self, who: Actor, now: Instant) -> Instant:
        """Return up to when time has settled."""
        ...


class Key(NamedTuple):
    """Whose day it is, and which."""

    workspace_id: WorkspaceId
    user_id: UserId
    start: Instant
    end: Instant
    zone: str
    """The same hours of UTC are other hours of the day elsewhere."""


class MeasuredDays:
    """Figures by day; those of days that are over stay, up to a few mebibytes of them."""

    def __init__(self, activities: MeasuredSource, categories: CategorySource) -> None:
        self._activities, self._categories = activities, categories
        self._kept: OrderedDict[Key, tuple[str, Figures]] = OrderedDict()
        self._bytes, self._lock = 0, threading.Lock()
        self.hits = self.misses = 0

    def between(
        self, tx: Transaction, who: Actor, days: Iterable[date], calendar: Calendar, now: Instant
    ) -> dict[date, Figures]:
        """Return the figures of each day; they are kept of days that have settled by now."""
        version, settled = self._activities.version(who), self._activities.settled(who, now)
        tree = self._categories.tree(tx, who.workspace_id)
        worth = _Worth(tree)
        return {day: self._of_day(who, day, calendar, now, version, settled, worth) for day in days}

    def forget(self) -> None:
        """Drop what is in memory: some of it was erased."""
        with self._lock:
            self._kept.clear()
            self._bytes = 0
        forget_differences()

    def _of_day(
        self,
        who: Actor,
        day: date,
        calendar: Calendar,
        now: Instant,
        version: str,
        settled: Instant,
        worth: _Worth,
    ) -> Figures:
        start, end = calendar.start_of(day), calendar.start_of(day + timedelta(days=1))
        if end <= start or start > now:
            return NOTHING  # a day that its zone left out, or that is to come
        key = Key(who.workspace_id, who.user_id, start, end, calendar.zone)
        kept = self._recalled(key, version)
        if kept is not None:
            return kept
        lane = self._activities.between(who, start, end)
        hours = [(hour.start, hour.hour) for hour in calendar.hours(start, end)]
        found = figures(worth.spans(lane.activities), [*hours, (end, 0)])
        if end <= settled:
            self._keep(key, version, found)
        return found

    def _recalled(self, key: Key, version: str) -> Figures | None:
        with self._lock:
            kept = self._kept.get(key)
            if kept is None or kept[0] != version:
                self.misses += 1
                return None
            self.hits += 1
            self._kept.move_to_end(key)
            return kept[1]

    def _keep(self, key: Key, version: str, found: Figures) -> None:
        with self._lock:
            known = self._kept.pop(key, None)
            self._bytes += found.bytes - (known[1].bytes if known is not None else 0)
            self._kept[key] = (version, found)
            while self._bytes > MOST_BYTES:
                _, (_, oldest) = self._kept.popitem(last=False)
                self._bytes -= oldest.bytes


class _Worth:
    """What categories are worth, looked up once for each."""

    def __init__(self, tree: CategoryTree) -> None:
        self._tree = tree
        self._known: dict[int | None, tuple[int | None, bool, bool]] = {}

    def spans(self, activities: Sequence[Activity]) -> list[Span]:
        """Return activities as measures take them."""
        return [
            Span(each.start, each.end, each.verdict.category_id, *self._of(each.verdict.category_id))
            for each in activities
        ]

    def _of(self, category: int | None) -> tuple[int | None, bool, bool]:
        found = self._known.get(category)
        if found is None:
            tree = self._tree
            found = tree.score(category), tree.is_focus(category), tree.interrupts(category)
            self._known[category] = found
        return found
