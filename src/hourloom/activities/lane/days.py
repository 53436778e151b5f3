"""A day of the lane, small enough to be kept: which subject, for how long, one after the other."""

from __future__ import annotations

import struct
import sys
import zlib
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, islice
from operator import sub

from hourloom.activities.lane.deriving import Derived
from hourloom.activities.lane.merging import Lane, coalesced
from hourloom.activities.lane.spans import Spans, united
from hourloom.activities.model.mark import Stated
from hourloom.activities.model.subject import NOTHING, Subject
from hourloom.core.clock import DAY

FORMAT = 1
Columns = tuple["array[int]", "array[int]", "array[int]"]
"""Windows, details and devices of subjects."""
NOTHING_THERE, AWAY, FIRST = 0, 1, 2
"""Places that stand for no subject: nothing is known, away; and that of the first subject."""
MOST_RUNS, MOST_SUBJECTS = 400_000, 200_000
_HEAD = struct.Struct("<BBII")
_PLAIN, _DEFLATED = 0, 1
_LONGEST = 2**32 - 1
_NOTHING_STATED: Mapping[int, Stated] = {}
_BYTES_OF_STATED = 400
_WIDE_FROM = 2**16


class LaneDay:
    """One UTC day of the lane; read by many threads, changed by none."""

    __slots__ = (
        "_bare",
        "_totals",
        "bytes",
        "columns",
        "count",
        "essences",
        "indices",
        "start",
        "starts",
        "stated",
    )

    def __init__(
        self,
        start: int,
        columns: Columns,
        essences: array[int],
        starts: array[int],
        indices: array[int],
        *,
        stated: Mapping[int, Stated] = _NOTHING_STATED,
        bare: LaneDay | None = None,
    ) -> None:
        self.start, self.columns, self.essences = start, columns, essences
        self.count = len(essences)
        """How many subjects it has."""
        self.starts, self.indices = starts, indices
        """Where each run begins, then where the day ends; and the place of what each is about."""
        self.stated, self._bare = stated, bare
        """What somebody said about the time, by places; and the day as it was recorded, if another."""
        self._totals: array[int] | None = None
        arrays = (*columns, essences, starts, indices)
        self.bytes = 800 + 8 * (self.count + FIRST) + sum(each.itemsize * len(each) for each in arrays)
        if bare is not None:
            self.bytes += bare.bytes + _BYTES_OF_STATED * len(stated)

    @property
    def bare(self) -> LaneDay:
        """Return the day as it was recorded."""
        # A day that refers to itself would stay until the collector comes by, and a year is 20 MiB of days.
        return self if self._bare is None else self._bare

    @property
    def totals(self) -> array[int]:
        """Return how long each place has; of the first two the time of which nothing is known, and away."""
        if self._totals is None:
            # Two threads may both do so; they find the same.
            totals = [0] * (self.count + FIRST)
            lengths = map(sub, islice(self.starts, 1, None), self.starts)
            for index, lasted in zip(self.indices, lengths, strict=True):
                totals[index] += lasted
            self._totals = array("q", totals)
        return self._totals

    def subject(self, place: int) -> Subject:
        """Return the subject that has a place."""
        said = self.stated.get(place)
        recorded = self.recorded(place)
        return recorded if said is None else recorded._replace(mark=said.mark)

    def recorded(self, place: int) -> Subject:
        """Return the subject that has a place, whatever somebody said about the time."""
        windows, details, devices = self.columns
        return Subject(windows[place - FIRST], details[place - FIRST], devices[place - FIRST])

    def note(self, place: int) -> str:
        """Return how somebody called what nothing was recorded of."""
        said = self.stated.get(place)
        if said is None or not said.note or self.recorded(place)[:2] != (NOTHING, NOTHING):
            return ""
        return said.note

    def places_between(self, start: int, end: int) -> Sequence[int]:
        """Return the places of the subjects within a period."""
        if start <= self.start and end >= self.start + DAY:
            return range(FIRST, self.count + FIRST)
        first, last = max(0, bisect_right(self.starts, start) - 1), bisect_left(self.starts, end)
        return sorted({index for index in self.indices[first:last] if index >= FIRST})

    def runs(self, start: int, end: int) -> Iterator[tuple[int, int, int]]:
        """Return start, end and place of the runs within a period, cut to it."""
        starts = self.starts
        first, last = max(0, bisect_right(starts, start) - 1), bisect_left(starts, end, hi=len(self.indices))
        begins, ends = starts[first:last], starts[first + 1 : last + 1]
        if not begins or ends[-1] <= start:
            return iter(())
        begins[0], ends[-1] = max(begins[0], start), min(ends[-1], end)
        return zip(begins, ends, self.indices[first:last], strict=True)

    def visit(self, start: int, end: int, index: int) -> tuple[int, int]:
        """Return from when to when a run goes on about the same, whatever is said about parts of it."""
        if self._bare is not None:
            recorded = self._bare.indices[max(0, bisect_right(self._bare.starts, start) - 1)]
            if recorded >= FIRST:
                return self._bare.visit(start, end, recorded)
        starts, indices = self.starts, self.indices
        first = last = max(0, bisect_right(starts, start) - 1)
        while first > 0 and indices[first - 1] == index:
            first -= 1
        while last + 1 < len(indices) and (indices[last + 1] == index or starts[last + 1] < end):
            last += 1
        return starts[first], starts[last + 1]

    def visit_before(self, at: int, subject: Subject) -> int:
        """Return since when a subject went on until the end of the day; that end if it did not."""
        if self._bare is not None:
            return self._bare.visit_before(at, subject)
        place = len(self.indices) - 1
        index = self.indices[place]
        if index < FIRST or self.subject(index) != subject:
            return at
        return self.visit(self.starts[place], at, index)[0]

    def visit_after(self, at: int, subject: Subject) -> int:
        """Return until when a subject went on from the beginning of the day; that beginning if it did not."""
        if self._bare is not None:
            return self._bare.visit_after(at, subject)
        index = self.indices[0]
        if index < FIRST or self.subject(index) != subject:
            return at
        return self.visit(self.start, self.starts[1], index)[1]

    def stretches(self, start: int, end: int) -> Lane:
        """Return what was going on within a period."""
        return coalesced([(s, e, self.subject(i)) for s, e, i in self.runs(start, end) if i >= FIRST])

    def away_spans(self, start: int, end: int) -> Spans:
        """Return when the person was away within a period."""
        return united([(s, e) for s, e, i in self.runs(start, end) if i == AWAY])


def day_of(start: int, derived: Derived, essences: Mapping[Subject, int]) -> LaneDay:
    """Make a day of what was derived for it."""
    places: dict[Subject, int] = {}
    starts, indices = array("q", [start]), array("I")
    at = start
    marked = [(s, e, places.setdefault(subject, len(places) + FIRST)) for s, e, subject in derived.stretches]
    for begins, ends, index in sorted(marked + [(s, e, AWAY) for s, e in derived.away]):
        if at < begins:
            starts.append(begins)
            indices.append(NOTHING_THERE)
        starts.append(ends)
        indices.append(index)
        at = ends
    if at < start + DAY:
        starts.append(start + DAY)
        indices.append(NOTHING_THERE)
    columns = (
        array("q", [subject.window for subject in places]),
        array("q", [subject.detail for subject in places]),
        array("q", [subject.device for subject in places]),
    )
    own = array("q", [essences[subject] for subject in places])
    return LaneDay(start, columns, own, starts, narrowed(indices, len(places)))


def encoded(day: LaneDay) -> bytes:
    """Write a day: the dictionary of subjects, then lengths and places, one after the other."""
    lengths, indices = array("I"), array(day.indices.typecode)
    for place, index in enumerate(day.indices):
        for length in _pieces(day.starts[place + 1] - day.starts[place]):
            lengths.append(length)
            indices.append(index)
    body = b"".join(_little(column).tobytes() for column in (*day.columns, day.essences, lengths, indices))
    packed = zlib.compress(body, 6)
    pays = len(packed) < len(body) * 9 // 10
    head = _HEAD.pack(FORMAT, _DEFLATED if pays else _PLAIN, day.count, len(lengths))
    return head + (packed if pays else body)


def decoded(start: int, raw: bytes) -> LaneDay | None:
    """Read a day; None if it is not as `encoded` writes them, whatever else it is."""
    try:
        form, packing, count, runs = _HEAD.unpack_from(raw)
        if form != FORMAT or count > MOST_SUBJECTS or not 0 < runs <= MOST_RUNS:
            return None
        kinds = "qqqqI" + ("H" if count + FIRST < _WIDE_FROM else "I")
        sizes = [8 * count] * 4 + [4 * runs, array(kinds[-1]).itemsize * runs]
        body = _unpacked(memoryview(raw)[_HEAD.size :], packing, sum(sizes))
    except (struct.error, zlib.error):
        return None
    if body is None:
        return None
    ends = list(accumulate(sizes))
    columns = [
        _read(kind, body[end - size : end]) for kind, size, end in zip(kinds, sizes, ends, strict=True)
    ]
    windows, details, devices, essences, lengths, indices = columns
    if sum(lengths) != DAY or max(indices) >= count + FIRST:
        return None
    starts = array("q", accumulate(lengths, initial=start))
    return LaneDay(start, (windows, details, devices), essences, starts, indices)


def narrowed(indices: array[int], subjects: int) -> array[int]:
    """Return places in as few bytes as so many subjects take."""
    return array("H", indices) if subjects + FIRST < _WIDE_FROM else indices


def _pieces(length: int) -> Iterator[int]:
    while length > _LONGEST:
        yield _LONGEST
        length -= _LONGEST
    yield length


def _unpacked(body: memoryview, packing: int, size: int) -> bytes | None:
    """Return exactly so many bytes, never unpacking more."""
    if packing == _PLAIN:
        return bytes(body) if len(body) == size else None
    if packing != _DEFLATED:
        return None
    packed = zlib.decompressobj()
    found = packed.decompress(body, size + 1)
    return found if len(found) == size and packed.eof else None


def _read(kind: str, body: bytes) -> array[int]:
    column = array(kind)
    column.frombytes(body)
    return _little(column)


def _little(column: array[int]) -> array[int]:
    """Return a column as it is written, or one as written as it is here."""
    if sys.byteorder == "big":
        column.byteswap()
    return column
