"""The one thread of the device program: asks mechanisms, keeps pulses, and sleeps until something happens."""

from __future__ import annotations

import contextlib
import os
import selectors
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from hourloom.core.clock import SECOND, Duration, Instant
from hourloom.device.cleaning import clean
from hourloom.device.clocks import HEARTBEAT, Break, Clocks, compare
from hourloom.device.ports import Json, Observation, Watcher
from hourloom.device.pulse import Pulse, Span
from hourloom.device.slot import Lost, Slot

Record = Callable[[str, Span], None]
"""Store a span of a stream."""
MOST_BREAKS = 20
SHOWN = {"window": "app", "away": "status"}
"""The one field of a stream that a terminal may show."""


class Seen(NamedTuple):
    """What a stream tells at the moment, and since when."""

    what: str
    at: Instant


class Loop:
    """Runs watchers until it is told to stop."""

    def __init__(self, watchers: Iterable[Watcher], clocks: Clocks, record: Record) -> None:
        self._clocks, self._record = clocks, record
        self.slots = [Slot(watcher, group) for watcher in watchers for group in watcher.choices()]
        self.breaks: list[Break] = []
        """What the clocks did, the newest last."""
        self.observed: dict[str, tuple[Instant, Mapping[str, Json] | None]] = {}
        """What each stream tells at the moment, and since when."""
        self.version = 0
        """Counts what health would tell differently."""
        self.stopping = False
        self.chores: list[Callable[[], float | None]] = []
        """What else is done here after every turn; each says in how many seconds it wants to be again."""
        self._pulses: dict[str, Pulse] = {}
        self._lags: dict[str, Duration] = {}
        self._is_paused = False
        self._reading = clocks.read()
        self._selector = selectors.DefaultSelector()
        self._registered: dict[int, Slot | Callable[[], None]] = {}

    def now(self) -> Instant:
        """Return the present time."""
        return self._clocks.read().wall

    def wall_of(self, awake: int) -> Instant:
        """Return when it was so late by the clock that nobody sets."""
        now = self._clocks.read()
        return Instant(now.wall - (now.awake - awake))

    def seen(self) -> dict[str, Seen]:
        """Return what each stream tells, as far as a terminal may show it: never a title."""
        return {
            stream: Seen(str(data.get(SHOWN[stream], "")), at)
            for stream, (at, data) in self.observed.items()
            if data is not None and stream in SHOWN
        }

    @property
    def is_paused(self) -> bool:
        """Tell whether nothing is recorded at the moment."""
        return self._is_paused

    @is_paused.setter
    def is_paused(self, paused: bool) -> None:
        if paused == self._is_paused:
            return
        self._look_at_clocks()
        now = self._reading.wall
        self._is_paused = paused
        self.version += 1
        for stream, pulse in self._pulses.items():
            if paused:
                self._store(stream, pulse.end(now))
            else:
                # What was observed before the pause ended nobody is to know, so it begins with its end.
                pulse.end(now)
                data = self.observed[stream][1]
                self._store(stream, pulse.observed(now, data, now, self._lags[stream]))

    def run(self) -> None:
        """Go on until told to stop; then store what is known and let go of everything."""
        try:
            wait = self.turn(())
            while not self.stopping:
                wait = self.turn(self.wait(wait))
        finally:
            self.close()

    def close(self) -> None:
        """Store what is known and let go of everything."""
        self._look_at_clocks()
        now = self._reading.wall
        for stream, pulse in self._pulses.items():
            self._store(stream, pulse.end(now))
        for slot in self.slots:
            slot.close()
        self._selector.close()

    def wait_for(self, descriptor: int, act: Callable[[], None]) -> None:
        """Call something whenever a descriptor is readable."""
        self._registered[descriptor] = act
        self._selector.register(descriptor, selectors.EVENT_READ)

    def forget(self, descriptor: int) -> None:
        """Wait for a descriptor no longer."""
        self._registered.pop(descriptor, None)
        with contextlib.suppress(KeyError, ValueError, OSError):
            self._selector.unregister(descriptor)

    def turn(self, ready: Collection[int]) -> float:
        """Do what is to be done now; return in how many seconds there is something to do again."""
        self._look_at_clocks()
        for descriptor in ready:
            act = self._registered.get(descriptor)
            if act is not None and not isinstance(act, Slot):
                act()
        for slot in self.slots:
            self._serve(slot, ready)
        # The computer may have slept in the midst of this turn: nothing is said to have gone on meanwhile.
        self._look_at_clocks()
        for stream, pulse in self._pulses.items():
            self._store(stream, pulse.tick(self._reading.wall))
        wishes = [wish for chore in self.chores if (wish := chore()) is not None]
        return min([self._until_due(), *wishes])

    def _look_at_clocks(self) -> None:
        before, self._reading = self._reading, self._clocks.read()
        found = compare(before, self._reading)
        if found is None:
            return
        self.breaks = [*self.breaks, found][-MOST_BREAKS:]
        self.version += 1
        for stream, pulse in self._pulses.items():
            self._store(stream, pulse.break_off(found))
        for slot in self.slots:
            # What was due by a clock that stood still is better asked now.
            if slot.is_bound:
                slot.due = min(slot.due or self._reading.awake, self._reading.awake)

    def _serve(self, slot: Slot, ready: Collection[int]) -> None:
        now = self._reading.awake
        if not slot.is_bound and slot.due is not None and slot.due <= now:
            before = slot.failures, slot.is_off
            # Trying in vain as before is nothing new.
            if slot.bind(now) or (slot.failures, slot.is_off) != before:
                self.version += 1
        if not slot.is_bound:
            return
        is_due = slot.due is not None and slot.due <= now
        if not is_due and (slot.fileno() not in ready or slot.rests_until(now) is not None):
            return
        try:
            observed = slot.ask(now)
        except Lost:
            self._lost(slot)
            return
        for each in observed:
            self._observe(each)
        if observed:
            for other in self.slots:
                if other.watcher is slot.watcher:
                    other.plan(now)

    def _lost(self, slot: Slot) -> None:
        """End what only this mechanism told of: nobody knows any more whether it goes on."""
        self.version += 1
        # Its number may be given to something else by now.
        for descriptor in [fd for fd, what in self._registered.items() if what is slot]:
            self.forget(descriptor)
        now = self._reading.wall
        others = [each for each in self.slots if each.is_bound and each.watcher is slot.watcher]
        for stream in slot.streams - set().union(*(each.streams for each in others)):
            self._observe(Observation(stream, now, None))

    def _observe(self, observation: Observation) -> None:
        stream, at, data, lag = observation
        data = None if data is None else clean(data)
        self._look_at_clocks()
        now = self._reading.wall
        pulse = self._pulses.setdefault(stream, Pulse())
        if stream not in self.observed or (self.observed[stream][1] is None) != (data is None):
            self.version += 1
        self.observed[stream] = (min(at, now), data)
        self._lags[stream] = Duration(round(lag * SECOND))
        if not self._is_paused:
            self._store(stream, pulse.observed(at, data, now, self._lags[stream]))

    def _store(self, stream: str, spans: Sequence[Span]) -> None:
        for span in spans:
            self._record(stream, span)

    def _until_due(self) -> float:
        wall, awake, _ = self._reading
        # Looking at the clocks every heartbeat is what tells a gap from time that passed.
        waits: list[int] = [HEARTBEAT]
        waits += [due - wall for pulse in self._pulses.values() if (due := pulse.due()) is not None]
        for slot in self.slots:
            if slot.due is not None:
                waits.append(slot.due - awake)
            if slot.is_bound and (rest := slot.rests_until(awake)) is not None:
                waits.append(rest - awake)
        return max(0, min(waits)) / SECOND

    def wait(self, seconds: float) -> Collection[int]:
        """Sleep until a descriptor is readable, for so many seconds at most."""
        now = self._clocks.read().awake
        wanted = {
            slot.fileno(): slot
            for slot in self.slots
            if slot.is_bound and slot.fileno() >= 0 and slot.rests_until(now) is None
        }
        for descriptor in [fd for fd, what in self._registered.items() if isinstance(what, Slot)]:
            if self._registered[descriptor] is not wanted.get(descriptor) or not _is_open(descriptor):
                self.forget(descriptor)
        for descriptor, slot in wanted.items():
            if descriptor not in self._registered:
                self._register(descriptor, slot)
        return [key.fd for key, _ in self._selector.select(seconds)]

    def _register(self, descriptor: int, slot: Slot) -> None:
        try:
            self._selector.register(descriptor, selectors.EVENT_READ)
        except (OSError, ValueError, KeyError):
            # What cannot be waited for is asked, and says itself what is wrong.
            slot.due = self._reading.awake
        else:
            self._registered[descriptor] = slot


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True
