"""Mechanisms and clocks that a test moves by hand; they keep to the ports."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Mapping, Sequence

import msgspec

from hourloom.core.clock import SECOND, Instant
from hourloom.core.errors import HourloomError
from hourloom.device.away.telling import MEDIA_SETTING, THRESHOLD_SETTING
from hourloom.device.clocks import Reading
from hourloom.device.ports import CannotBind, Observation, Source, SourceLost
from hourloom.sdk.connection import Response, ServerNotRunning

START = Instant(1_790_000_000 * SECOND)


class FixedClocks:
    """Three clocks that a test moves."""

    def __init__(self, wall: int = START) -> None:
        self._reading = Reading(Instant(wall), 1_000 * SECOND, 5_000 * SECOND)

    def read(self) -> Reading:
        return self._reading

    def now(self) -> Instant:
        """Be a Clock too."""
        return self._reading.wall

    def go(self, seconds: float, *, asleep: bool = False) -> None:
        """Let time pass, awake or asleep."""
        step = round(seconds * SECOND)
        wall, awake, on = self._reading
        self._reading = Reading(Instant(wall + step), awake + (0 if asleep else step), on + step)

    def jump(self, seconds: float) -> None:
        """Set the clock."""
        self._reading = self._reading._replace(wall=Instant(self._reading.wall + round(seconds * SECOND)))


class FakeBound:
    """A mechanism with a pipe; what it observes next is put into `told`."""

    def __init__(self, source: FakeSource) -> None:
        self.source = source
        self.told: list[Observation] = []
        self.asked = 0
        self.closed = False
        self.fails: Exception | None = None
        self.wait: float | None = None
        self.stays_readable = False
        self.reader, self.writer = os.pipe()
        os.set_blocking(self.reader, False)

    def fileno(self) -> int:
        return self.reader

    def due(self) -> float | None:
        return self.wait

    def tell(self, stream: str, at: int, data: dict[str, str] | None, lag: float = 0.0) -> None:
        """Let something be observed."""
        self.told.append(Observation(stream, Instant(at), data, lag))
        with contextlib.suppress(BlockingIOError):
            os.write(self.writer, b"x")

    def observe(self) -> Sequence[Observation]:
        self.asked += 1
        if self.fails is not None:
            raise self.fails
        if not self.stays_readable:
            with contextlib.suppress(BlockingIOError):
                os.read(self.reader, 65536)
        told, self.told = self.told, []
        return told

    def close(self) -> None:
        self.closed = True
        os.close(self.reader)
        os.close(self.writer)


class FakeSource:
    """Binds unless it is told not to."""

    def __init__(self, name: str = "fake", *, polls: bool = False) -> None:
        self.name, self.polls = name, polls
        self.works = True
        self.tries = 0
        self.bounds: list[FakeBound] = []

    @property
    def bound(self) -> FakeBound:
        return self.bounds[-1]

    def bind(self) -> FakeBound:
        self.tries += 1
        if not self.works:
            raise CannotBind(reason=f"there is no {self.name}", next_step=f"Start {self.name}")
        self.bounds.append(FakeBound(self))
        return self.bounds[-1]


class FakeWatcher:
    """Stores what its sources tell."""

    def __init__(self, name: str, *groups: Sequence[Source]) -> None:
        self.name, self._groups = name, groups

    def choices(self) -> Sequence[Sequence[Source]]:
        return self._groups

    def refine(self, observation: Observation) -> Sequence[Observation]:
        return [observation]


class FakeServer:
    """Takes what is said, or does not, and tells settings."""

    def __init__(self) -> None:
        self.status = 200
        self.is_there = True
        self.said: list[tuple[str, bytes]] = []
        self.tries = 0
        self.settings: dict[str, object] = {THRESHOLD_SETTING: 300, MEDIA_SETTING: False}
        self.told: list[Mapping[str, object]] = []
        self.may_be_asked = threading.Event()
        self.may_be_asked.set()

    def reach(self) -> FakeServer:
        if not self.is_there:
            raise ServerNotRunning(where="/nowhere")
        return self

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        del headers
        self.may_be_asked.wait(30)
        name = path.rpartition("/")[2]
        if method == "POST":
            self.tries += 1
            if self.status == 200:
                self.said.append((path, body or b""))
            return Response(self.status, {}, b"")
        if name in self.settings:
            value = self.settings[name]
            if isinstance(value, HourloomError):
                raise value
            return Response(200, {}, msgspec.json.encode({"name": name, "value": value}))
        return Response(404 if "settings" in path else 304, {}, b"")

    def close(self) -> None:
        pass


def gone() -> SourceLost:
    return SourceLost(reason="the display is gone")
