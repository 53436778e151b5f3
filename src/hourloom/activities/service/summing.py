"""How long activities lasted, day by day; the sums of days that have settled are kept."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, pairwise, repeat
from typing import Any, NamedTuple

from hourloom.activities.lane.days import AWAY, FIRST, LaneDay
from hourloom.activities.model.lane import MOST_CUTS, CutsNotInOrder, KeyValue, Sums
from hourloom.activities.model.subject import Description
from hourloom.activities.model.verdict import Verdict
from hourloom.activities.service.kept import HowKept, Kept
from hourloom.activities.service.lanes import KnownDay
from hourloom.activities.service.memory import MOST_REMEMBERED, UNKNOWN
from hourloom.activities.service.questions import Question
from hourloom.activities.service.verdicts import Verdicts, corrected
from hourloom.activities.service.wording import Wording
from hourloom.core.clock import DAY, Instant
from hourloom.db.transaction import Transaction

MOST_SUMS_BYTES = 6 * 1024 * 1024
_BYTES_OF_PARTS, _BYTES_OF_PART, _BYTES_OF_SUM = 500, 300, 90
"""What the sums of a day take, each part of it and each sum of that; keys are shared."""
_OPEN = object()
"""Stands for what only moments are decided about."""

ByKey = dict[tuple[KeyValue, ...], int]


class _Part(NamedTuple):
    """The sums of a day, or a part of it."""

    by: ByKey
    away: int


_NOTHING = _Part({}, 0)


class Summing:
    """Adds up days."""

    def __init__(self, verdicts: Verdicts, wording: Wording) -> None:
        self._verdicts, self._wording = verdicts, wording
        self._sums: Kept[tuple[_Part, ...]] = Kept(MOST_SUMS_BYTES)

    def added(
        self, tx: Transaction, asked: Question, days: Iterable[KnownDay], cuts: Sequence[Instant]
    ) -> list[Sums]:
        """Return the sums of days between each cut and the next."""
        totals: list[ByKey] = [{} for _ in cuts[1:]]
        away = [0] * len(totals)
        for known in days:
            places, bounds = _pieces(cuts, known.start, known.start + DAY)
            for place, part in zip(places, self._parts(tx, asked, known, bounds), strict=True):
                total = totals[place]
                for key, lasted in part.by.items():
                    total[key] = total.get(key, 0) + lasted
                away[place] += part.away
        return [Sums(cuts[place], cuts[place + 1], total, away[place]) for place, total in enumerate(totals)]

    def told(
        self, tx: Transaction, asked: Question, day: LaneDay, start: int, end: int
    ) -> Iterator[tuple[int, int, tuple[KeyValue, ...]]]:
        """Yield the stretches of a part of a day in order, by what they count."""
        places = day.places_between(start, end)
        keys = dict(zip(places, self._keys(tx, asked, day, places), strict=True))
        for s, e, place in day.runs(start, end):
            key = keys.get(place)
            if key is _OPEN:
                yield from self._decided(tx, asked, day, s, e, place)[0]
            elif key is not None:
                yield s, e, key

    def forget(self) -> None:
        """Drop the sums that are kept: some of what they add up was erased."""
        self._sums.forget()

    def figures(self) -> HowKept:
        """Return how well keeping sums works."""
        return self._sums.figures()

    def _parts(
        self, tx: Transaction, asked: Question, known: KnownDay, bounds: Sequence[int]
    ) -> Sequence[_Part]:
        """Return the sums of the parts of a day between some bounds, kept where it has settled."""
        if known.version is None:
            return self._summed(tx, asked, known.load(), bounds)[0]
        within = array("q", [bound - known.start for bound in bounds]).tobytes()
        key = (asked.by, known.start, known.version, within)
        kept = self._sums.get(key)
        if kept is None:
            kept, alone = self._summed(tx, asked, known.load(), bounds)
            if alone:
                size = sum(_BYTES_OF_PART + _BYTES_OF_SUM * len(part.by) for part in kept if part.by)
                self._sums.put(key, kept, _BYTES_OF_PARTS + 16 * len(bounds) + size)
        return kept

    def _summed(
        self, tx: Transaction, asked: Question, day: LaneDay, bounds: Sequence[int]
    ) -> tuple[tuple[_Part, ...], bool]:
        """Return the sums of the parts of a day, and whether they follow from that day alone."""
        places = day.places_between(bounds[0], bounds[-1])
        found = self._keys(tx, asked, day, places)
        if bounds[-1] - bounds[0] == DAY and len(bounds) == 2 and _OPEN not in found:
            return (_added_up(found, day),), True
        keys = dict(zip(places, found, strict=True))
        parts: list[_Part] = []
        alone = True
        for start, end in pairwise(bounds):
            by: ByKey = {}
            away = 0
            for s, e, place in day.runs(start, end):
                key = keys.get(place)
                if place == AWAY:
                    away += e - s
                elif key is _OPEN:
                    decided, within = self._decided(tx, asked, day, s, e, place)
                    alone = alone and within
                    for a, b, key in decided:
                        by[key] = by.get(key, 0) + b - a
                elif key is not None:
                    by[key] = by.get(key, 0) + e - s
            parts.append(_Part(by, away) if by or away else _NOTHING)
        return tuple(parts), alone

    def _decided(
        self, tx: Transaction, asked: Question, day: LaneDay, start: int, end: int, place: int
    ) -> tuple[list[tuple[int, int, tuple[KeyValue, ...]]], bool]:
        """Return by what the moments of a run count, and whether its day alone decides that."""
        moments, within = self._verdicts.moments(tx, asked, day, start, end, place)
        device = day.columns[2][place - FIRST]
        words = self._wording.of(tx, asked, day, [place]).get(place)
        keyed = ((s, e, _key(asked, device, verdict, words)) for s, e, verdict in moments)
        return [(s, e, key) for s, e, key in keyed if key is not None], within

    def _keys(
        self, tx: Transaction, asked: Question, day: LaneDay, places: Sequence[int]
    ) -> list[tuple[KeyValue, ...] | None]:
        """Return by what each place of a day counts, or `_OPEN`; None where it does not.

        What is the same in words counts the same, but for what the user corrected, or said about the time.
        """
        essences, known = day.essences, asked.known
        wanted = essences if len(places) == day.count else [essences[place - FIRST] for place in places]
        found: list[Any] = list(map(known.get, wanted, repeat(UNKNOWN)))
        own = set(corrected(asked, day, places))
        if day.stated:
            own.update(place for place in places if place in day.stated)
        missing = {
            essence: place
            for essence, place, key in zip(wanted, places, found, strict=True)
            if key is UNKNOWN and place not in own
        }
        if missing or own:
            verdicts, words = self._verdicts.looked_up(tx, asked, day, list({*missing.values(), *own}))
            keys = {
                place: _key(asked, day.columns[2][place - FIRST], verdict, words.get(place))
                for place, verdict in verdicts.items()
            }
            learnt = {essence: keys[place] for essence, place in missing.items()}
            if len(known) + len(learnt) > MOST_REMEMBERED:
                known.clear()
            known |= learnt
            found = [
                keys[place] if place in keys else learnt[essence] if key is UNKNOWN else key
                for essence, place, key in zip(wanted, places, found, strict=True)
            ]
        return found


def require_order(cuts: Sequence[int]) -> None:
    """Refuse cuts that do not ascend, or are too many."""
    if len(cuts) > MOST_CUTS or any(cuts[at] > cuts[at + 1] for at in range(len(cuts) - 1)):
        raise CutsNotInOrder


def _key(asked: Question, device: int, verdict: Verdict | None, words: Description | None) -> Any:
    """Return by what something counts; None where it does not, `_OPEN` where moments decide."""
    if verdict is None:
        return _OPEN
    if asked.passes is not None and not asked.passes(device, verdict, words):
        return None
    key = asked.key_of(device, verdict, words)
    return asked.keys.setdefault(key, key)


def _pieces(cuts: Sequence[int], start: int, end: int) -> tuple[list[int], list[int]]:
    """Return the pieces into which cuts divide a day: the place of the cut before each, and their bounds."""
    place = max(0, bisect_right(cuts, start) - 1)
    places: list[int] = []
    bounds: list[int] = []
    while place + 1 < len(cuts) and cuts[place] < end:
        first, last = max(start, cuts[place]), min(end, cuts[place + 1])
        if first < last:
            places.append(place)
            bounds += (last,) if bounds else (first, last)
        place += 1
    return places, bounds


def _added_up(keys: Sequence[tuple[KeyValue, ...] | None], day: LaneDay) -> _Part:
    """Return the sums of a whole day, by what each of its places counts."""
    by: defaultdict[tuple[KeyValue, ...] | None, int] = defaultdict(int)
    totals = day.totals
    for key, lasted in zip(keys, islice(totals, FIRST, None), strict=True):
        by[key] += lasted
    return _Part({key: lasted for key, lasted in by.items() if key is not None}, totals[AWAY])
