"""Says how the program is doing, in a small private file and to whoever asks; titles are nowhere in it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

import msgspec

from hourloom import __version__
from hourloom.core.clock import Instant, datetime_of
from hourloom.core.decoding import decode
from hourloom.core.device_health import (
    ClockEvent,
    DeviceHealth,
    Obstacle,
    QueueHealth,
    WatcherHealth,
)
from hourloom.device.clocks import Break
from hourloom.device.loop import Loop
from hourloom.device.slot import Slot
from hourloom.sdk.outbox import State

LONGEST = 500
WRITTEN_EVERY = 60.0


class Health:
    """Puts together what health consists of."""

    def __init__(
        self,
        loop: Loop,
        device: str,
        queue: Callable[[], State | None],
        paused_until: Callable[[], Instant | None],
        notes: Mapping[str, Callable[[], str | None]] | None = None,
    ) -> None:
        """Take, in `notes`, what tells of watchers that nothing depends on why they do not work, if so."""
        self._loop, self._device = loop, device
        self._queue, self._paused_until, self._notes = queue, paused_until, notes or {}
        self._started_at = datetime_of(loop.now())

    def now(self) -> DeviceHealth:
        """Return how it is doing at the moment."""
        until = self._paused_until()
        state = self._queue()
        return DeviceHealth(
            device=self._device[:200],
            version=__version__,
            pid=os.getpid(),
            started_at=self._started_at,
            at=datetime_of(self._loop.now()),
            paused_until=None if until is None else datetime_of(until),
            watchers=[self._watcher(slot) for slot in self._loop.slots if not slot.is_off][:20],
            queue=None if state is None else _queue(state),
            clock=[_clock(found) for found in self._loop.breaks],
        )

    def notes(self) -> dict[str, str | None]:
        """Return what is to be noted of watchers that nothing depends on."""
        return {name: ask() for name, ask in self._notes.items()}

    def _watcher(self, slot: Slot) -> WatcherHealth:
        note = self._note(slot)
        seen = [self._loop.observed[stream][0] for stream in slot.streams if stream in self._loop.observed]
        return WatcherHealth(
            watcher=slot.watcher.name,
            mechanism=slot.source.name if slot.source else None,
            polls=bool(slot.source and slot.source.polls),
            since=datetime_of(self._loop.wall_of(slot.bound_at)) if slot.source else None,
            observed_at=datetime_of(max(seen)) if seen else None,
            error=None if slot.lost is None else slot.lost[:LONGEST],
            obstacles=[
                Obstacle(each.source[:100], each.reason[:LONGEST], each.next_step[:LONGEST])
                for each in ([] if slot.watcher.name in self._notes else slot.failures[:20])
            ],
            note=None if note is None else note[:LONGEST],
        )

    def _note(self, slot: Slot) -> str | None:
        ask = self._notes.get(slot.watcher.name)
        if ask is None:
            return None
        return ask() or next((each.reason for each in slot.failures if slot.source is None), None)


def write(path: Path, health: DeviceHealth) -> None:
    """Write it to a file that only this user reads; on a full disk the old one stays."""
    aside = path.with_suffix(".new")
    with contextlib.suppress(OSError):
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(health))
        aside.replace(path)


def read(path: Path) -> DeviceHealth | None:
    """Return what was written last."""
    try:
        return decode(path.read_bytes()[: 1 << 20], DeviceHealth)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _queue(state: State) -> QueueHealth:
    return QueueHealth(
        waiting=state.waiting,
        oldest=_moment(state.oldest),
        letters=state.letters,
        left_out=state.left_out,
        bytes=state.bytes,
        last_answer=_moment(state.last_answer),
        trouble=state.sentence[:LONGEST] or None,
    )


def _clock(found: Break) -> ClockEvent:
    return ClockEvent(datetime_of(found.begins), found.kind, found.length / 1_000_000)


def _moment(instant: Instant | None) -> datetime | None:
    return None if instant is None else datetime_of(instant)
