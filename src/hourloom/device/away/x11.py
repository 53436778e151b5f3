"""Input on X11: alarms on the server's IDLETIME counter, by a few messages of the SYNC extension.

Spoken over a connection of our own: Xlib ends the whole program when the server goes, and the Python
libraries for X cannot speak SYNC.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from hourloom.core.clock import Instant
from hourloom.device.away.presence import Rule
from hourloom.device.away.sources import CONFIRM, Hint, Now, wall
from hourloom.device.link import Link
from hourloom.device.ports import Bound, CannotBind, Observation, SourceLost
from hourloom.device.windows.x11_wire import X_SERVER, cookie_of, parse_display, reach

PATIENCE = 2.0
LARGEST = 1024 * 1024

QUERY_EXTENSION = 98
INITIALIZE, LIST_SYSTEM_COUNTERS, QUERY_COUNTER, CREATE_ALARM = 0, 1, 5, 8
COUNTER, VALUE_TYPE, VALUE, TEST_TYPE, DELTA, EVENTS = 1, 2, 4, 8, 16, 32
POSITIVE_TRANSITION, NEGATIVE_TRANSITION = 0, 1
ERROR, REPLY = 0, 1
ALARM_NOTIFY = 1

NEXT_STEP = "Start this from within your desktop, or set DISPLAY and XAUTHORITY"


class Message(NamedTuple):
    """An error, a reply or an event."""

    kind: int
    sequence: int
    raw: bytes


class XSync:
    """Input as an X server counts it."""

    name = "X11"
    polls = False

    def __init__(self, environment: Mapping[str, str], rule: Callable[[], Rule], now: Now = wall) -> None:
        self._environment, self._rule, self._now = environment, rule, now

    def bind(self) -> Bound:
        name = self._environment.get("DISPLAY", "")
        if not name:
            raise CannotBind(reason="There is no X display: DISPLAY is not set", next_step=NEXT_STEP)
        display = parse_display(name)
        try:
            with contextlib.ExitStack() as undo:
                link = undo.enter_context(reach(display))
                cookie = cookie_of(self._environment, display)
                bound = IdleAlarms(link, *cookie, self._rule().raw // 1000, self._now)
                undo.pop_all()
                return bound
        except (SourceLost, OSError, struct.error):
            raise CannotBind(reason="The X server cannot be reached", next_step=NEXT_STEP) from None


class IdleAlarms:
    """Alarms at a length of pause, in milliseconds: above it somebody pauses, below it they are back."""

    def __init__(self, link: socket.socket, kind: bytes, cookie: bytes, pause: int, now: Now) -> None:
        self._link, self._pause, self._now = Link(link, X_SERVER), max(1, pause), now
        self._sequence = 0
        self._asked: int | None = None
        base = self._enter(kind, cookie)
        if self._extension(b"XWAYLAND")[0]:
            # It counts only what X programs get of the input.
            raise CannotBind(
                reason="This X server is part of a Wayland desktop", next_step="Nothing needs to be done"
            )
        present, self._sync, self._event = self._extension(b"SYNC")
        if not present:
            raise CannotBind(reason="This X server has no SYNC extension", next_step="Use another X server")
        self._wait(self._request(self._sync, INITIALIZE, struct.pack("<BBxx", 3, 0)))
        self._counter = self._idle_counter()
        self._up, self._down = base + 1, base + 2
        self._alarm(self._up, POSITIVE_TRANSITION)
        self._alarm(self._down, NEGATIVE_TRANSITION)
        value = self._wait(self._query()).raw
        self._pending = [self._state(_value(value, 8))]
        self._asked, self._confirm_at = None, time.monotonic() + CONFIRM

    def fileno(self) -> int:
        return self._link.fileno()

    def due(self) -> float | None:
        return max(0.0, self._confirm_at - time.monotonic())

    def observe(self) -> Sequence[Observation]:
        observed, self._pending = self._pending, []
        self._link.flush()
        for message in self._link.take_in(self._whole):
            observed += self._understood(message)
        if time.monotonic() >= self._confirm_at:
            self._confirm_at = time.monotonic() + CONFIRM
            self._asked = self._query()
        return observed

    def close(self) -> None:
        self._link.close()

    def _understood(self, message: Message) -> list[Observation]:
        if message.kind == self._event + ALARM_NOTIFY:
            return [self._state(_value(message.raw, 8))]
        if message.kind == REPLY and message.sequence == self._asked:
            self._asked = None
            return [self._state(_value(message.raw, 8))]
        return []

    def _state(self, idle: int) -> Observation:
        """Say since when there is no input, or when the last one was."""
        hint = Hint("input", "idle" if idle >= self._pause else "active", "x11")
        return hint.at(Instant(self._now() - max(0, idle) * 1000))

    def _enter(self, kind: bytes, cookie: bytes) -> int:
        """Say who we are; return the first number that is free for what we make."""
        head = struct.pack("<BxHHHHxx", ord("l"), 11, 0, len(kind), len(cookie))
        self._link.send(head + _padded(kind) + _padded(cookie))
        latest = time.monotonic() + PATIENCE
        status, length = struct.unpack("<B5xH", self._link.exactly(8, latest))
        body = self._link.exactly(4 * length, latest)
        if status != 1 or len(body) < 12:
            raise CannotBind(reason="The X server does not let us in", next_step=NEXT_STEP)
        return int(struct.unpack_from("<I", body, 4)[0])

    def _extension(self, name: bytes) -> tuple[int, int, int]:
        """Return whether there is an extension, and the numbers of its requests and events."""
        raw = self._wait(
            self._request(QUERY_EXTENSION, 0, struct.pack("<Hxx", len(name)) + _padded(name))
        ).raw
        present, major, event = struct.unpack_from("<BBB", raw, 8)
        return present, major, event

    def _idle_counter(self) -> int:
        raw = self._wait(self._request(self._sync, LIST_SYSTEM_COUNTERS)).raw
        at = 32
        while at + 14 <= len(raw):
            counter, _, _, length = struct.unpack_from("<IiIH", raw, at)
            if raw[at + 14 : at + 14 + length] == b"IDLETIME":
                return int(counter)
            at += 14 + length + -(14 + length) % 4
        raise CannotBind(reason="This X server does not count idle time", next_step="Use another X server")

    def _alarm(self, number: int, test: int) -> None:
        # A pause of exactly that length is one, so the way down begins a millisecond below.
        value = self._pause if test == POSITIVE_TRANSITION else self._pause - 1
        mask = COUNTER | VALUE_TYPE | VALUE | TEST_TYPE | DELTA | EVENTS
        values = struct.pack("<IIiIIiII", self._counter, 0, value >> 32, value & 0xFFFF_FFFF, test, 0, 0, 1)
        self._request(self._sync, CREATE_ALARM, struct.pack("<II", number, mask) + values)

    def _query(self) -> int:
        return self._request(self._sync, QUERY_COUNTER, struct.pack("<I", self._counter))

    def _request(self, major: int, minor: int, body: bytes = b"") -> int:
        """Send a request; return its number."""
        self._link.send(struct.pack("<BBH", major, minor, 1 + len(body) // 4) + body)
        self._sequence = (self._sequence + 1) & 0xFFFF
        return self._sequence

    def _wait(self, sequence: int) -> Message:
        """Wait for a reply, while the mechanism is being tried."""
        latest = time.monotonic() + PATIENCE
        while True:
            self._link.wait(latest)
            for message in self._link.take_in(self._whole):
                if message.sequence == sequence and message.kind == REPLY:
                    return message
                if message.kind == ERROR:
                    raise SourceLost(reason="The X server refused a request")

    def _whole(self) -> Iterator[Message]:
        received = self._link.received
        while len(received) >= 32:
            kind, sequence, length = received[0] & 0x7F, *struct.unpack_from("<HI", received, 2)
            size = 32 + 4 * length if kind in (REPLY, 35) else 32
            if size > LARGEST:
                raise SourceLost(reason="The X server sent what cannot be read")
            if len(received) < size:
                return
            raw = bytes(received[:size])
            del received[:size]
            yield Message(kind, sequence, raw)


def _value(raw: bytes, at: int) -> int:
    high, low = struct.unpack_from("<iI", raw, at)
    return int(high << 32 | low)


def _padded(raw: bytes) -> bytes:
    return raw + bytes(-len(raw) % 4)
