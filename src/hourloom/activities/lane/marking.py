"""Lay over a day of the lane what a person said about its time."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from heapq import heappop, heappush
from itertools import pairwise
from typing import NamedTuple

from hourloom.activities.lane.days import AWAY, FIRST, NOTHING_THERE, LaneDay, narrowed
from hourloom.activities.lane.facts import NOTHING_KNOWN, essence_of
from hourloom.activities.model.mark import Mark, Presence, Stated, rank
from hourloom.activities.model.subject import NOTHING, Subject
from hourloom.core.clock import DAY

NOBODY_RECORDED = Subject(NOTHING, NOTHING, 0)
"""What an activity is about that only its mark tells of."""


class Said(NamedTuple):
    """What marks come to for a piece of time: whether somebody was there, and what it was."""

    start: int
    end: int
    presence: Presence | None
    stated: Stated | None


def said_of(marks: Iterable[Mark]) -> list[Said]:
    """Return pieces in order, none over another, of all time that marks are about.

    older     |  CCCCCCCCCC      |
    newer     |      (away)DDDD  |    what a later one says wins, and what it does not say stays
    result    |  CCCC(away)DDDD  |
    """
    coming = sorted(marks, key=lambda mark: mark.start)
    cuts = sorted({at for mark in coming for at in (mark.start, mark.end)})
    there, saying = list[tuple[int, int, Mark]](), list[tuple[int, int, Mark]]()
    pieces: list[Said] = []
    place = 0
    for start, end in pairwise(cuts):
        while place < len(coming) and coming[place].start <= start:
            mark = coming[place]
            at, number = rank(mark)
            if mark.presence is not None:
                heappush(there, (-at, -number, mark))
            if mark.outcome:
                heappush(saying, (-at, -number, mark))
            place += 1
        of_presence, of_outcome = _newest(there, start), _newest(saying, start)
        if of_presence is None and of_outcome is None:
            continue
        presence = None if of_presence is None else of_presence.presence
        known_by = of_presence if presence == "present" else of_outcome
        stated = None
        if presence != "away" and known_by is not None:
            outcome = (of_outcome or known_by).outcome
            stated = Stated(known_by.id, outcome, known_by.note)
        pieces.append(Said(start, end, presence, stated))
    return pieces


def marked(day: LaneDay, said: Sequence[Said]) -> LaneDay:
    """Return a day as somebody says that it was."""
    first = bisect_right(said, day.start, key=lambda piece: piece.end)
    if first >= len(said) or said[first].start >= day.start + DAY:
        return day
    laid = _Laid(day)
    for start, end, place in day.runs(day.start, day.start + DAY):
        for a, b, piece in cut(start, end, said, first):
            laid.add(a, b, place, piece)
        while first < len(said) and said[first].end <= end:
            first += 1
    return laid.day()


def cut(start: int, end: int, said: Sequence[Said], place: int) -> Iterator[tuple[int, int, Said | None]]:
    """Cut a stretch where what is said about it changes, looking from one of the pieces on."""
    at = start
    while at < end:
        piece = said[place] if place < len(said) else None
        if piece is None or piece.start >= end:
            yield at, end, None
            return
        if piece.start > at:
            yield at, piece.start, None
            at = piece.start
        stop = min(end, piece.end)
        if at < stop:
            yield at, stop, piece
            at = stop
        place += 1


class _Laid:
    """A day while it is laid out anew."""

    def __init__(self, day: LaneDay) -> None:
        self._bare = day
        self._places: dict[tuple[Subject, Stated | None], int] = {}
        self._essences = array("q")
        self._starts, self._indices = array("q", [day.start]), array("I")

    def add(self, start: int, end: int, place: int, said: Said | None) -> None:
        """Add what follows: where it lay in the day as it was recorded, and what is said about it."""
        del start  # where the last one ended
        index = self._index(place, said)
        if self._indices and self._indices[-1] == index:
            self._starts[-1] = end
        else:
            self._starts.append(end)
            self._indices.append(index)

    def day(self) -> LaneDay:
        """Return the day."""
        subjects = [subject for subject, _ in self._places]
        columns = (
            array("q", [subject.window for subject in subjects]),
            array("q", [subject.detail for subject in subjects]),
            array("q", [subject.device for subject in subjects]),
        )
        stated = {place: each for (_, each), place in self._places.items() if each is not None}
        indices = narrowed(self._indices, len(subjects))
        return LaneDay(
            self._bare.start, columns, self._essences, self._starts, indices, stated=stated, bare=self._bare
        )

    def _index(self, place: int, said: Said | None) -> int:
        presence = None if said is None else said.presence
        if presence == "away" or (place == AWAY and presence is None):
            return AWAY
        if place == NOTHING_THERE and presence is None:
            return NOTHING_THERE
        subject = self._bare.subject(place) if place >= FIRST else NOBODY_RECORDED
        key = subject, None if said is None else said.stated
        found = self._places.get(key)
        if found is None:
            found = self._places[key] = len(self._places) + FIRST
            self._essences.append(self._bare.essences[place - FIRST] if place >= FIRST else _EMPTY)
        return found


_EMPTY = essence_of(NOTHING_KNOWN, NOTHING_KNOWN, 0)


def _newest(heap: list[tuple[int, int, Mark]], at: int) -> Mark | None:
    """Return the newest mark that still holds at an instant."""
    while heap and heap[0][2].end <= at:
        heappop(heap)
    return heap[0][2] if heap else None
