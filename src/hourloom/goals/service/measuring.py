"""Measure what days add to goals, and keep what is settled of the past."""

from __future__ import annotations

import threading
from array import array
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise
from time import monotonic
from typing import NamedTuple, cast

from hourloom.activities.model.filter import Filter
from hourloom.activities.model.lane import Key, KeyValue
from hourloom.core.actors import EVERYTHING, Actor
from hourloom.core.clock import MINUTE, SECOND, Instant
from hourloom.core.ids import UserId, WorkspaceId
from hourloom.core.periods import Calendar
from hourloom.goals.model.goal import GoalFilter, GoalMeasure, GoalTerms
from hourloom.goals.model.period import days_between
from hourloom.goals.model.progress import (
    SAME_VISIT,
    GoalPace,
    GoalTally,
    of_focus,
    of_scores,
    of_time,
    visits,
)
from hourloom.goals.ports import GoalNames, Measured

MOST_KEPT_DAYS = 50_000
"""Of all goals together: 16 bytes each."""
DAYS_AT_ONCE = 7
"""So many days are measured before the time is looked at, and so many are read activity by activity."""
PACE_DAYS = 28
QUARTER = 15 * MINUTE
_ONE_DAY = timedelta(days=1)
_KEYS: dict[GoalMeasure, tuple[Key, ...]] = {
    "time": ("category",),
    "focus": ("category",),
    "pulse": ("score",),
}


class _What(NamedTuple):
    """All that tallies of days depend on besides what was recorded."""

    workspace: WorkspaceId
    user: UserId
    measure: GoalMeasure
    where: Filter
    shortest_seconds: int
    focus: frozenset[int]
    zone: str
    starts_at: int


_Pace = tuple[tuple[date, int], list[GoalPace]]
"""The pace as of a day and a time of day."""


class _Kept:
    """The tallies of consecutive days that are settled."""

    def __init__(
        self, version: str, first: date, tallies: Sequence[GoalTally], pace: _Pace | None = None
    ) -> None:
        self.version, self.first = version, first
        self._gains = array("q", [tally.gain for tally in tallies])
        self._bases = array("q", [tally.base for tally in tallies])
        self.pace = pace

    @property
    def last(self) -> date:
        return self.first + timedelta(days=len(self._gains) - 1)

    def __len__(self) -> int:
        return len(self._gains)

    def between(self, first: date, last: date) -> list[GoalTally]:
        start, end = (first - self.first).days, (last - self.first).days + 1
        return list(map(GoalTally, self._gains[start:end], self._bases[start:end]))


class Measuring:
    """What was done for goals; called inside an open read transaction."""

    def __init__(self, activities: Measured, names: GoalNames) -> None:
        self._activities, self._names = activities, names
        self._kept: OrderedDict[_What, _Kept] = OrderedDict()
        self._lock = threading.Lock()

    def forget(self) -> None:
        """Drop what is kept: something was erased."""
        with self._lock:
            self._kept.clear()

    def days(
        self, who: Actor, terms: GoalTerms, first: date, last: date, *, calendar: Calendar, now: Instant
    ) -> list[GoalTally]:
        """Return what each day adds, both ends included."""
        if last < first:
            return []
        who = _reader(who)
        what = self._what(who, terms, calendar)
        today = calendar.day_at(now)
        # An activity counts where it began, and only later shows that it lasts.
        lasting = terms.shortest_seconds * SECOND + SAME_VISIT if terms.measure == "activities" else 0
        until = Instant(max(0, self._activities.settled(who, now) - lasting))
        settled = min(calendar.day_at(until), today) - _ONE_DAY
        found = self._settled(who, what, first, min(last, settled), calendar)
        # What has not begun holds nothing, and nobody needs to look.
        found += self._measured(who, what, first + timedelta(days=len(found)), min(last, today), calendar)
        return found + [GoalTally()] * ((last - first).days + 1 - len(found))

    def known_from(
        self,
        who: Actor,
        terms: GoalTerms,
        first: date,
        last: date,
        *,
        calendar: Calendar,
        now: Instant,
        until: float,
    ) -> date:
        """Measure days back to the first as far as time allows; return from which day on they are known.

        At least a week more is known after each call: where nothing is derived yet, as after a large
        import, a year takes longer than anybody waits.
        """
        what, version = self._what(_reader(who), terms, calendar), self._activities.version(who)
        with self._lock:
            kept = self._kept.get(what)
        known = last + _ONE_DAY
        if kept is not None and kept.version == version and not _apart(kept, last, last):
            known = min(known, kept.first)
        while known > first:
            known = max(first, known - timedelta(days=DAYS_AT_ONCE))
            self.days(who, terms, known, last, calendar=calendar, now=now)
            if monotonic() >= until:
                break
        return max(first, known)

    def pace(
        self, who: Actor, terms: GoalTerms, *, calendar: Calendar, now: Instant, until: float
    ) -> list[GoalPace]:
        """Return what the last four weeks' days that count came to, also from this quarter of an hour on.

        Where these are not known yet, it is those that can be measured in time.
        """
        who = _reader(who)
        what, today = self._what(who, terms, calendar), calendar.day_at(now)
        gone = (now - calendar.start_of(today)) // QUARTER * QUARTER
        known = self._kept_pace(what, self._activities.version(who))
        if known is not None and known[0] == (today, gone):
            return known[1]
        wanted, last = today - timedelta(days=PACE_DAYS), today - _ONE_DAY
        first = self.known_from(who, terms, wanted, last, calendar=calendar, now=now, until=until)
        whole = self.days(who, terms, first, last, calendar=calendar, now=now)
        cuts: list[Instant] = []
        for day in days_between(first, last):
            ends = calendar.start_of(day + _ONE_DAY)
            cuts += (Instant(min(calendar.start_of(day) + gone, ends)), ends)
        rests = self._tallies(who, what, cuts)[::2]
        found = [
            GoalPace(all_day, rest)
            for day, all_day, rest in zip(days_between(first, last), whole, rests, strict=True)
            # A day on which nothing was done for it, or was recorded at all, is none to compare with.
            if day.isoweekday() in terms.weekdays and not terms.is_off(day) and any(all_day)
        ]
        with self._lock:
            if first == wanted and (kept := self._kept.get(what)) is not None:
                kept.pace = ((today, gone), found)
        return found

    def _kept_pace(self, what: _What, version: str) -> _Pace | None:
        with self._lock:
            kept = self._kept.get(what)
        return kept.pace if kept is not None and kept.version == version else None

    def _what(self, who: Actor, terms: GoalTerms, calendar: Calendar) -> _What:
        focus = frozenset[int]()
        if terms.measure == "focus":
            tree = self._names.tree(who)
            focus = frozenset(each.id for each in tree.all if tree.is_focus(each.id))
        return _What(
            who.workspace_id,
            who.user_id,
            terms.measure,
            filter_of(terms.where),
            terms.shortest_seconds if terms.measure == "activities" else 0,
            focus,
            calendar.zone,
            calendar.starts_at,
        )

    def _settled(
        self, who: Actor, what: _What, first: date, last: date, calendar: Calendar
    ) -> list[GoalTally]:
        """Return the tallies of days of the past, measuring only those that are not kept."""
        if last < first:
            return []
        version = self._activities.version(who)
        with self._lock:
            kept = self._kept.get(what)
        if kept is None or kept.version != version or _apart(kept, first, last):
            kept = _Kept(version, first, self._measured(who, what, first, last, calendar))
        elif first < kept.first or last > kept.last:
            before = self._measured(who, what, first, kept.first - _ONE_DAY, calendar)
            behind = self._measured(who, what, kept.last + _ONE_DAY, last, calendar)
            known = kept.between(kept.first, kept.last)
            kept = _Kept(version, min(first, kept.first), [*before, *known, *behind], kept.pace)
        self._keep(what, kept)
        return kept.between(first, last)

    def _keep(self, what: _What, kept: _Kept) -> None:
        with self._lock:
            self._kept[what] = kept
            self._kept.move_to_end(what)
            while len(self._kept) > 1 and sum(map(len, self._kept.values())) > MOST_KEPT_DAYS:
                self._kept.popitem(last=False)

    def _measured(
        self, who: Actor, what: _What, first: date, last: date, calendar: Calendar
    ) -> list[GoalTally]:
        if last < first:
            return []
        cuts = [calendar.start_of(day) for day in days_between(first, last + _ONE_DAY)]
        return self._tallies(who, what, cuts)

    def _tallies(self, who: Actor, what: _What, cuts: Sequence[Instant]) -> list[GoalTally]:
        """Return what the time between each two cuts adds; where these are equal, nothing."""
        if what.measure == "activities":
            return self._counted(who, what, cuts)
        distinct = sorted(set(cuts))
        if len(distinct) < 2:
            return [GoalTally()] * (len(cuts) - 1)
        where = None if what.where.is_empty else what.where
        sums = self._activities.sums(who, distinct, _KEYS[what.measure], where)
        by_start = {
            start: _tally(what, {key[0]: time for key, time in each.by.items()})
            for start, each in zip(distinct, sums, strict=False)
        }
        return [by_start[start] if start < end else GoalTally() for start, end in pairwise(cuts)]

    def _counted(self, who: Actor, what: _What, cuts: Sequence[Instant]) -> list[GoalTally]:
        """Count the activities that began between each two cuts."""
        begins: list[int] = []
        for place in range(0, len(cuts) - 1, DAYS_AT_ONCE):
            part = cuts[place : place + DAYS_AT_ONCE + 1]
            begins += self._begins(who, what, part[0], part[-1])
        places = [bisect_left(begins, cut) for cut in cuts]
        return [GoalTally(after - before) for before, after in pairwise(places)]

    def _begins(self, who: Actor, what: _What, start: Instant, end: Instant) -> list[int]:
        """Return when activities began, each once: in the stretch in which it began.

        One that goes on from before the start began there, and whether one lasts is seen behind the end.
        """
        if start == end:
            return []
        shortest = what.shortest_seconds * SECOND
        since, until = Instant(max(0, start - SAME_VISIT)), Instant(end + shortest + SAME_VISIT)
        where = None if what.where.is_empty else what.where
        lane = self._activities.between(who, since, until, where)
        stretches = [(each.start, each.end) for each in lane.activities]
        return [begin for begin in visits(stretches, shortest) if start <= begin < end]


def filter_of(where: GoalFilter) -> Filter:
    """Return the filter of activities that a goal's is; a list that is empty asks for nothing."""
    return Filter(
        categories=where.categories or None,
        projects=where.projects or None,
        tags=where.tags or None,
        apps=where.apps or None,
        domains=where.domains or None,
        scores=where.scores or None,
    )


def _reader(who: Actor) -> Actor:
    """Return whoever may look at activities: whoever may read goals may know what they come to."""
    return Actor(who.workspace_id, who.user_id, EVERYTHING)


def _apart(kept: _Kept, first: date, last: date) -> bool:
    """Return whether days lie so far from those that are kept that there is a gap between."""
    return last < kept.first - _ONE_DAY or first > kept.last + _ONE_DAY


def _tally(what: _What, by: dict[KeyValue, int]) -> GoalTally:
    if what.measure == "time":
        return of_time(by.values())
    known = cast("dict[int | None, int]", by)
    return of_scores(known) if what.measure == "pulse" else of_focus(known, what.focus)
