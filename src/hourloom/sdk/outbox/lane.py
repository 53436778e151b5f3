"""The beats of one bucket that wait, in order, on disk; only the next and the newest are in memory."""

from __future__ import annotations

import contextlib
import struct
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise
from pathlib import Path

import msgspec

from hourloom.core.decoding import decode
from hourloom.sdk.outbox.beats import Declaration, Waiting
from hourloom.sdk.outbox.post import Trouble
from hourloom.sdk.outbox.segment import Record, Seal, Segment, Unreadable

MOST_IN_MEMORY = 1_000
MOST_BYTES_IN_MEMORY = 2 * 1024 * 1024
MOST_BYTES_OF_A_BATCH = 1024 * 1024
SEGMENT_BYTES = 4 * 1024 * 1024
SUFFIX = ".box"

_DECLARED, _BEAT, _GREW, _SETTLED = range(1, 5)
_TIMES = struct.Struct("<qqq")
_END = struct.Struct("<q")
_UPTO = struct.Struct("<QQ")

Place = tuple[int, int]


class Lane:
    """One bucket's queue. Not safe for several threads: its outbox has a lock."""

    def __init__(self, folder: Path, seal: Seal, declaration: Declaration) -> None:
        self.declaration = declaration
        self.waiting = 0
        self.damaged = 0
        """Records that could not be read, as after a fault of the disk."""
        self.is_confirmed = False
        """Whether the server has been told of the bucket since this program began."""
        self.not_before = 0.0
        self.trouble: Trouble | None = None
        self.failures = 0
        self.most_at_once = 500
        self._folder, self._seal = folder, seal
        self._series = seal.digest(declaration.name.encode(), "lane")
        self._segments: deque[Segment] = deque()
        self._base = 0
        self._next: Place = (0, 0)
        """Where on disk what is not in memory begins."""
        self._window: deque[Waiting] = deque()
        self._unsaved: deque[Waiting] = deque()
        self._is_complete = True
        """Whether all that is on disk is in memory too."""
        self._newest: Waiting | None = None
        self._sent: list[Waiting] = []
        self._last: Waiting | None = None

    @classmethod
    def new(cls, folder: Path, seal: Seal, declaration: Declaration) -> Lane:
        """Begin a lane."""
        lane = cls(folder, seal, declaration)
        with contextlib.suppress(OSError):
            lane._begin_segment(1)
        return lane

    @classmethod
    def found(cls, folder: Path, seal: Seal, numbers: Sequence[tuple[int, Path]]) -> Lane | None:
        """Take up a lane that an earlier run left; None when nothing in it can be read."""
        series = numbers[0][1].name.partition("-")[0]
        segments = [Segment(path, seal, series, number) for number, path in numbers]
        segments[-1].mend()
        declaration = _declaration(segments)
        if declaration is None:
            for segment in segments:
                segment.close()
            return None
        lane = cls(folder, seal, declaration)
        lane._segments.extend(segments)
        lane._take_up()
        return lane

    @property
    def size(self) -> int:
        """Return how much of the disk it takes."""
        return sum(segment.size for segment in self._segments)

    @property
    def unsaved(self) -> tuple[int, int]:
        """Return how many beats are in memory alone, and their bytes."""
        return len(self._unsaved), sum(len(beat.data) for beat in self._unsaved)

    def head(self) -> Waiting | None:
        """Return the oldest beat that waits."""
        self._fill()
        return self._window[0] if self._window else self._unsaved[0] if self._unsaved else None

    def declare(self, declaration: Declaration) -> None:
        """Take a declaration, which each file begins with."""
        if declaration == self.declaration and self._segments:
            return
        self.declaration, self.is_confirmed = declaration, False
        with contextlib.suppress(OSError):
            self._begin_segment(self._segments[-1].number + 1 if self._segments else 1)

    def put(self, beat: Waiting) -> None:
        """Add a beat, on disk when this returns unless that takes nothing; extend the newest if it can."""
        if self._grows(beat):
            return
        if self._last is not None:
            beat = beat.after(self._last)
        self._newest = self._last = beat
        self.waiting += 1
        self.save()
        if self._unsaved or not self._saved(beat):
            self._unsaved.append(beat)

    def squeeze(self, beat: Waiting, lasting: int) -> bool:
        """Add a beat where room is short, and tell whether all is kept.

        The newest beat is held in memory. When the next one comes, it is kept if it lasted so long; otherwise
        the next takes its place.
        """
        if self._grows(beat):
            return True
        if self._last is not None:
            beat = beat.after(self._last)
        held = self._unsaved[-1] if self._unsaved and self._unsaved[-1] is self._newest else None
        replaces = held is not None and max(held.ended_at, beat.started_at) - held.started_at < lasting
        if replaces:
            self._unsaved.pop()
        else:
            self.save()
            self.waiting += 1
        self._unsaved.append(beat)
        self._newest = self._last = beat
        return not replaces

    def save(self) -> None:
        """Write what the disk did not take before; what it does not take now stays in memory."""
        while self._unsaved and not self._sent:
            beat = self._unsaved[0]
            if not self._saved(beat):
                return
            self._unsaved.popleft()

    def sync(self) -> None:
        """Wait until the disk itself has all of it."""
        with contextlib.suppress(OSError):
            for segment in self._segments:
                segment.sync()

    @property
    def is_synced(self) -> bool:
        """Return whether the disk itself has all of it."""
        return all(segment.is_synced for segment in self._segments)

    def take(self, most: int) -> list[Waiting]:
        """Return the next batch, of one pulsetime and each beginning after the one before; out until settled.

        Such a batch can be sent twice: when it comes again, each of its beats finds the event that it made.
        """
        self._fill()
        source = self._window or self._unsaved
        batch = list(_batch(islice(source, min(most, self.most_at_once))))
        self._sent = batch
        if batch and batch[-1] is self._newest:
            # What is under way must not change.
            self._newest = None
        return batch

    def settle(self, count: int) -> None:
        """Forget the first beats of the batch that is out; the others wait again."""
        source = self._window or self._unsaved
        done = [source.popleft() for _ in range(count)]
        self.waiting -= count
        self.release()
        if not self.waiting:
            self._clear()
        elif done and done[-1].place is not None:
            self._note_settled(done[-1].place)

    def release(self) -> None:
        """Let the batch that was out wait again; its last beat may grow again if it is still the newest."""
        last = self._sent[-1] if self._sent else None
        self._sent = []
        if last is not None and last is self._last and (self._window or self._unsaved):
            waits = self._unsaved[-1] if self._unsaved else self._window[-1]
            self._newest = last if waits is last else self._newest

    def close(self) -> None:
        """Save what can be saved and close the files."""
        self.release()
        self.save()
        self.sync()
        for segment in self._segments:
            segment.close()

    def _grows(self, beat: Waiting) -> bool:
        newest = self._newest
        if newest is None:
            return False
        end = newest.grown(beat)
        if end is None:
            return False
        if end > newest.ended_at:
            if newest.place is not None:
                try:
                    place = self._appended(_GREW, _END.pack(end))
                except OSError:
                    return False
                newest.place = place
                if self._is_complete:
                    self._next = place
            newest.ended_at = end
        return True

    def _saved(self, beat: Waiting) -> bool:
        try:
            if not self._segments or self._segments[-1].size >= SEGMENT_BYTES:
                self._begin_segment(self._segments[-1].number + 1 if self._segments else 1)
            body = _TIMES.pack(beat.started_at, beat.ended_at, beat.pulsetime) + beat.data
            beat.place = self._appended(_BEAT, body)
        except OSError:
            return False
        if self._is_complete and self._has_room:
            self._window.append(beat)
            self._next = beat.place
        else:
            self._is_complete = False
        return True

    @property
    def _has_room(self) -> bool:
        # Each of them is small, as a rule; 64 KiB is the most.
        return len(self._window) < 30 or (
            len(self._window) < MOST_IN_MEMORY
            and sum(len(beat.data) for beat in self._window) < MOST_BYTES_IN_MEMORY
        )

    def _appended(self, kind: int, body: bytes) -> Place:
        segment = self._segments[-1]
        return segment.number, segment.append(kind, body)

    def _begin_segment(self, number: int) -> None:
        path = self._folder / f"{self._series}-{number:08}{SUFFIX}"
        if self._segments:
            self._segments[-1].sync()
        segment = Segment(path, self._seal, self._series, number)
        try:
            # A file of an earlier run that could not be read may lie there.
            segment.cut(0)
            segment.append(_DECLARED, msgspec.json.encode(self.declaration))
        except OSError:
            segment.remove()
            raise
        self._segments.append(segment)
        self._base = segment.size
        if self._is_complete:
            self._next = number, self._base
        if not self.waiting:
            self._clear()
        if self._newest is not None and self._newest.place is not None:
            # What extends a beat lies in the same file.
            self._newest = None

    def _clear(self) -> None:
        """Nothing waits: leave one file with nothing but its declaration."""
        if not self._segments:
            return
        while len(self._segments) > 1:
            self._segments.popleft().remove()
        segment = self._segments[0]
        segment.cut(self._base)
        self._next, self._is_complete, self._newest = (segment.number, self._base), True, None

    def _note_settled(self, place: Place) -> None:
        with contextlib.suppress(OSError):  # then it is sent once more after a restart, which changes nothing
            self._appended(_SETTLED, _UPTO.pack(*place))
        while len(self._segments) > 1 and self._segments[0].number < place[0]:
            self._segments.popleft().remove()

    def _take_up(self) -> None:
        """Find where to go on, and count what waits."""
        last = self._segments[-1]
        first = next(last.records(), None)
        self._base = first.end if first is not None else 0
        upto = self._settled_upto()
        self._next, self._is_complete = upto, False
        self.waiting = sum(record.kind == _BEAT for _, record in self._records(upto))
        self._fill()
        if not self.waiting:
            self._clear()

    def _settled_upto(self) -> Place:
        for segment in reversed(self._segments):
            upto: Place | None = None
            for record in segment.records():
                if record.kind == _SETTLED:
                    with contextlib.suppress(Unreadable, struct.error):
                        number, offset = _UPTO.unpack(segment.body(record))
                        upto = number, offset
            if upto is not None:
                return upto
        return self._segments[0].number, 0

    def _records(self, start: Place) -> Iterator[tuple[Segment, Record]]:
        for segment in list(self._segments):
            if segment.number < start[0]:
                continue
            for record in segment.records(start[1] if segment.number == start[0] else 0):
                yield segment, record

    def _fill(self) -> None:
        """Read on, once all that was read is settled."""
        if self._is_complete or self._window:
            return
        may_grow: Waiting | None = None
        read = 0
        for segment, record in self._records(self._next):
            if record.kind == _BEAT and (len(self._window) >= MOST_IN_MEMORY or read > MOST_BYTES_IN_MEMORY):
                return
            read += len(record.sealed)
            place = segment.number, record.end
            may_grow = self._read(segment, record, place, may_grow)
            self._next = place
        self._is_complete = True
        self.waiting = len(self._window) + len(self._unsaved)
        if self._window and not self._unsaved:
            self._newest = self._last = self._window[-1]
        if not self.waiting:
            self._clear()

    def _read(
        self, segment: Segment, record: Record, place: Place, may_grow: Waiting | None
    ) -> Waiting | None:
        if record.kind not in (_BEAT, _GREW):
            return may_grow
        try:
            body = segment.body(record)
            if record.kind == _GREW:
                if may_grow is not None:
                    may_grow.ended_at, may_grow.place = _END.unpack(body)[0], place
                return may_grow
            began, ended, pulsetime = _TIMES.unpack(body[: _TIMES.size])
        except (Unreadable, struct.error):
            self.damaged += 1
            return None
        beat = Waiting(began, ended, pulsetime, body[_TIMES.size :])
        beat.place = place
        self._window.append(beat)
        return beat


def series_of(folder: Path) -> dict[str, list[tuple[int, Path]]]:
    """Return the files of each lane in a folder, in order."""
    found: dict[str, list[tuple[int, Path]]] = {}
    for path in sorted(folder.glob(f"*-*{SUFFIX}")):
        series, _, number = path.stem.partition("-")
        if len(series) == 16 and number.isdecimal():
            found.setdefault(series, []).append((int(number), path))
    return found


def _declaration(segments: Sequence[Segment]) -> Declaration | None:
    for segment in reversed(segments):
        record = next(segment.records(), None)
        if record is not None and record.kind == _DECLARED:
            with contextlib.suppress(Unreadable, msgspec.MsgspecError):
                return decode(segment.body(record), Declaration)
    return None


def _batch(beats: Iterator[Waiting]) -> Iterator[Waiting]:
    first = next(beats, None)
    if first is None:
        return
    yield first
    size = len(first.data)
    for before, beat in pairwise([first, *beats]):
        size += len(beat.data)
        if beat.pulsetime != first.pulsetime or beat.started_at <= before.started_at:
            return
        if size > MOST_BYTES_OF_A_BATCH:
            return
        yield beat
