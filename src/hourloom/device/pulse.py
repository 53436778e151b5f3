"""From what a watcher observes to what is stored: spans that touch, never overlap, and end where they ended.

    observed   A at 0        B at 20 ....... nothing at 33
    stored     [0 A 15)[15 A 20)[20 B 33)

Pure: time comes in as arguments.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from hourloom.core.clock import SECOND, Duration, Instant
from hourloom.device.clocks import HEARTBEAT, Break
from hourloom.device.ports import Json

PACE = Duration(SECOND // 10)
"""Of changes that follow one another faster, the last one counts."""
MOST_COVERED = 500
"""Stretches of stored time that are remembered, in case that the clock is set back into them."""

Payload = Mapping[str, Json]


class Span(NamedTuple):
    """That `data` was observed in [start, end); an empty one says that it has begun."""

    start: Instant
    end: Instant
    data: Payload


class _Change(NamedTuple):
    at: Instant
    data: Payload | None
    lag: Duration


class _Owed(NamedTuple):
    """The end of an event before the clock was set, stored once it is known that it went on until then."""

    start: Instant
    ends: Instant
    begins: Instant


class Pulse:
    """One stream: what is observed in it now, and until when that is stored."""

    def __init__(self) -> None:
        self._lag = Duration(0)
        self._data: Payload | None = None
        self._until = Instant(0)
        """Until when everything is stored that is to be stored."""
        self._confirmed = Instant(0)
        self._pending: _Change | None = None
        self._changed = self._kept = Instant(0)
        self._covered: list[tuple[Instant, Instant]] = []
        """When something is stored: none of it is stored again after the clock was set back."""
        self._owed: _Owed | None = None

    @property
    def data(self) -> Payload | None:
        """Return what is observed at the moment."""
        return self._pending.data if self._pending else self._data

    def observed(
        self,
        at: Instant,
        data: Payload | None,
        now: Instant,
        lag: Duration = Duration(0),  # noqa: B008 - a number
    ) -> list[Span]:
        """Take an observation; the same data again confirms that it went on until then.

        `lag` is for how long back its end may still be told: one who went away is noticed minutes later, and
        what has been stored by then can no longer be taken back.
        """
        told = at
        # A clock set back by less than a jump is behind what is stored for a moment.
        at = max(min(at, now), self._until)
        if data == self._data:
            self._pending = None
            self._confirmed, self._lag = max(self._confirmed, at), lag
            return []
        if now - self._changed < PACE:
            self._pending = _Change(self._pending.at if self._pending else at, data, lag)
            return []
        return [*self._settled(told), *self._change(_Change(at, data, lag), now)]

    def tick(self, now: Instant) -> list[Span]:
        """Store what is due."""
        spans: list[Span] = []
        if self._pending is not None and now - self._changed >= PACE:
            spans += self._change(self._pending, now)
        if self._data is not None and now - self._kept >= HEARTBEAT:
            self._kept = now
            spans += self._extend(self._known(now))
        return spans

    def due(self) -> Instant | None:
        """Return when `tick` has something to do."""
        dues = [self._changed + PACE] if self._pending is not None else []
        if self._data is not None:
            dues.append(self._kept + HEARTBEAT)
        return Instant(min(dues)) if dues else None

    def end(self, now: Instant) -> list[Span]:
        """Store what is known, and observe nothing from now on."""
        spans = self._flush(now)
        if self._data is not None:
            spans += self._extend(self._known(now))
        self._data, self._owed = None, None
        self._until = max(self._until, now)
        return spans

    def break_off(self, found: Break) -> list[Span]:
        """End what is observed before a gap or a jump of the clock, and begin it again after it."""
        spans, data = self._flush(found.ends), self._data
        owed = None
        if data is not None:
            known = self._known(found.ends)
            spans += self._extend(known)
            if not found.is_gap and self._until < found.ends:
                owed = _Owed(self._until, found.ends, found.begins)
        self._data, self._owed = None, None
        self._until = self._confirmed = found.begins
        self._changed = Instant(found.begins - PACE)
        if data is not None:
            spans += self._change(_Change(found.begins, data, self._lag), found.begins)
            self._changed = Instant(found.begins - PACE)
        self._owed = owed
        return spans

    def _flush(self, now: Instant) -> list[Span]:
        if self._pending is None:
            return []
        at = max(min(self._pending.at, now), self._until)
        return self._change(self._pending._replace(at=at), now)

    def _change(self, new: _Change, now: Instant) -> list[Span]:
        at, data, _ = new
        spans = self._extend(at)
        self._owed = self._pending = None
        self._data, self._until, self._confirmed, self._lag = data, at, at, new.lag
        self._changed = self._kept = now
        if data is not None and not any(start <= at < end for start, end in self._covered):
            spans.append(Span(at, at, data))
        return spans

    def _known(self, now: Instant) -> Instant:
        """Return until when the present data is certain."""
        return Instant(max(self._confirmed, now - self._lag))

    def _extend(self, to: Instant) -> list[Span]:
        """Store the present data until an instant, without what is stored there already."""
        data, start = self._data, self._until
        if data is None:
            return []
        spans = self._paid(to, data)
        if to <= start:
            return spans
        self._until = to
        return [*spans, *self._uncovered(Span(start, to, data))]

    def _uncovered(self, span: Span) -> list[Span]:
        """Return the parts of a span that are not stored yet; from now on they are."""
        parts = _clipped(span, self._covered)
        for start, end, _ in parts:
            goes_on = bool(self._covered) and self._covered[-1][1] == start
            self._covered.append((self._covered.pop()[0] if goes_on else start, end))
        del self._covered[:-MOST_COVERED]
        return parts

    def _paid(self, to: Instant, data: Payload) -> list[Span]:
        """Return what is owed from before the clock was set, once it went on after that."""
        owed = self._owed
        if owed is None or to <= owed.begins:
            return []
        self._owed = None
        return self._uncovered(Span(owed.start, owed.ends, data))

    def _settled(self, ended: Instant) -> list[Span]:
        """Return what is owed where it is told now that it ended before the clock was set."""
        owed, data = self._owed, self._data
        if owed is None or data is None or ended >= owed.begins:
            return []
        self._owed = None
        then = Instant(max(owed.start, ended - owed.begins + owed.ends))
        return self._uncovered(Span(owed.start, then, data))


def _clipped(span: Span, covered: Sequence[tuple[Instant, Instant]]) -> list[Span]:
    """Return the parts of a span that are not covered.

    span     |-----------------|
    covered      |---|    |---------|
    answer   |---|   |----|
    """
    start, parts = span.start, []
    for begins, ends in sorted(covered):
        if ends <= start or begins >= span.end:
            continue
        if begins > start:
            parts.append(Span(start, begins, span.data))
        start = max(start, ends)
    return [*parts, Span(start, span.end, span.data)] if start < span.end else parts
