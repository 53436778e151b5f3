"""What the mechanisms of the away watcher say, and what is common to all of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple, cast

from hourloom.core.clock import SECOND, Instant
from hourloom.device.away.presence import Rule, Stream
from hourloom.device.clocks import HEARTBEAT
from hourloom.device.ports import Bound, Observation, Source, SourceLost

TICK = "tick"
"""The stream of an observation that only says that it is time to look again."""
CONFIRM = HEARTBEAT / SECOND
"""How often, in seconds, a mechanism that can be asked says until when there was input for certain."""

Now = Callable[[], Instant]


def wall() -> Instant:
    """Return what the computer's clock says."""
    return Instant(time.time_ns() // 1000)


class Hint(NamedTuple):
    """What one mechanism says of a stream from an instant on; None is that it says nothing any more.

    input: active, idle · session: unlocked, locked, locking, asleep, awake · media: playing, quiet. "locking"
    is a lock that was asked for, of which nobody says that it is there.
    """

    stream: Stream
    state: str | None
    by: str

    def at(self, instant: int) -> Observation:
        """Return it as what a source observed."""
        return Observation(self.stream, Instant(instant), {"state": self.state, "by": self.by})

    @classmethod
    def of(cls, observation: Observation) -> Hint | None:
        """Return what was said, or None for a tick."""
        if observation.stream == TICK or observation.data is None:
            return None
        state, by = observation.data.get("state"), observation.data.get("by")
        return cls(cast("Stream", observation.stream), None if state is None else str(state), str(by))


class Guarded:
    """A source that takes back what it said before it is lost."""

    def __init__(self, source: Source, now: Now) -> None:
        self.name, self.polls, self._source, self._now = source.name, source.polls, source, now

    def bind(self) -> Bound:
        return GuardedBound(self._source.bind(), self._now)


class GuardedBound:
    """What a guarded source is bound to."""

    def __init__(self, bound: Bound, now: Now) -> None:
        self._bound, self._now = bound, now
        self._said: dict[tuple[Stream, str], None] = {}
        self._lost: SourceLost | None = None

    def fileno(self) -> int:
        return self._bound.fileno()

    def due(self) -> float | None:
        return 0.0 if self._lost else self._bound.due()

    def observe(self) -> Sequence[Observation]:
        if self._lost is not None:
            raise self._lost
        try:
            observed = self._bound.observe()
        except SourceLost as error:
            self._lost = error
            return [Hint(stream, None, by).at(self._now()) for stream, by in self._said]
        for each in observed:
            hint = Hint.of(each)
            if hint is not None:
                self._said[hint.stream, hint.by] = None
        return observed

    def close(self) -> None:
        self._bound.close()


class Ticking(Guarded):
    """A guarded source of input that also wakes the watcher when a pause is long enough to be an away."""

    def __init__(self, source: Source, now: Now, rule: Callable[[], Rule], due: Callable[[], float]) -> None:
        super().__init__(source, now)
        self._rule, self._due = rule, due

    def bind(self) -> Bound:
        return TickingBound(self._source.bind(), self._now, self._rule, self._due)


class TickingBound(GuardedBound):
    """What a ticking source is bound to."""

    def __init__(self, bound: Bound, now: Now, rule: Callable[[], Rule], due: Callable[[], float]) -> None:
        super().__init__(bound, now)
        self._rule, self._raw, self._wish = rule, rule().raw, due
        self._next = 0.0

    def due(self) -> float | None:
        ours = max(0.0, min(self._wish(), self._next - time.monotonic()))
        theirs = super().due()
        return ours if theirs is None else min(ours, theirs)

    def observe(self) -> Sequence[Observation]:
        if self._rule().raw != self._raw:
            self._lost = self._lost or SourceLost(reason="How long a pause is that counts was changed")
        observed = super().observe()
        now = time.monotonic()
        if self._wish() <= 0 or now >= self._next:
            self._next = now + CONFIRM
            return [*observed, Observation(TICK, self._now(), None)]
        return observed
