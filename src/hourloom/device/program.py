"""The device program: watchers on one side, the queue to the server on the other."""

from __future__ import annotations

import contextlib
import logging
import signal
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from hourloom.core.clock import SECOND, Instant
from hourloom.device import health as healths
from hourloom.device.advice import why_no_window
from hourloom.device.away.telling import Returned
from hourloom.device.clocks import Clocks, SystemClocks
from hourloom.device.control import Control
from hourloom.device.health import Health
from hourloom.device.instance import HEALTH, PAUSE, SOCKET, Instance, lock_of, runtime_directory
from hourloom.device.loop import Loop
from hourloom.device.pausing import UNTIL_RESUMED, Pause, moment, pause_end
from hourloom.device.ports import Watcher
from hourloom.device.privacy import Rules
from hourloom.device.pulse import Span
from hourloom.device.reporting import Reporter
from hourloom.device.tray import Look, TrayState
from hourloom.sdk.outbox import Beat, BeatRefused, Line, Outbox

log = logging.getLogger(__name__)

CLIENT = "hourloom-device"
TYPES = {"window": "currentwindow", "away": "afkstatus"}
"""The types that ActivityWatch's queries and screens know."""
BRIDGED = 0.001
"""Spans touch, so that hardly any silence is to be bridged; a queue may move a beat by a microsecond."""
MOST_LETTERS = 1_000
NOTHING_WITHIN = 10.0
"""A program beside a server that can observe nothing for so many seconds ends."""


class Place(NamedTuple):
    """Where the program keeps what it keeps, and how it reaches the server."""

    data_dir: Path
    config_dir: Path
    reach: Callable[[], Line]
    device: str
    login: Path | None = None
    """The login's own directory, in which one program holds the lock; None for one of the data directory."""

    @property
    def lock(self) -> Path:
        return lock_of(self.data_dir, self.login)

    @property
    def outbox(self) -> Path:
        return self.data_dir / "outbox"

    @property
    def key_file(self) -> Path:
        return self.config_dir / "outbox.key"


class Recorder:
    """Hands spans to the outbox, in buckets that are declared when they are needed."""

    def __init__(self, outbox: Outbox, device: str, rules: Rules) -> None:
        self._outbox, self._device, self._rules = outbox, device, rules
        self._declared: set[str] = set()

    def record(self, stream: str, span: Span) -> None:
        """Store a span of a stream."""
        bucket = f"hourloom-{stream}_{self._device}"
        kind = TYPES.get(stream, f"hourloom.{stream}")
        data = self._rules.apply(kind, span.data, span.start, span.end)
        if data is None:
            return
        if stream not in self._declared:
            self._outbox.declare(bucket, type=kind, client=CLIENT, hostname=self._device)
            self._declared.add(stream)
        length = (span.end - span.start) / SECOND
        try:
            self._outbox.put(Beat(bucket, span.start, data, BRIDGED, length))
        except BeatRefused as error:
            log.warning("a span of %s cannot be stored: %s", stream, error.fields["reason"])


def letter_acts(outbox: Outbox) -> dict[str, Callable[[str], object]]:
    """Return what may be done with beats that the server refused: with one by its id, or with all."""
    return {
        "letters": lambda _: outbox.dead_letters()[:MOST_LETTERS],
        "retry": lambda id: outbox.retry([id] if id else None),
        "discard": lambda id: outbox.discard([id] if id else None),
    }


class Program:
    """Everything of one login, until it is told to stop."""

    def __init__(  # noqa: PLR0913 - what it speaks to comes from outside
        self,
        place: Place,
        watchers: Iterable[Watcher],
        *,
        clocks: Clocks | None = None,
        ends_with_nothing: bool = False,
        say: Callable[[str], None] = lambda sentence: None,
        environment: Mapping[str, str] | None = None,
        follow: Callable[[Mapping[str, object]], None] = lambda settings: None,
        show: Callable[[TrayState], None] = lambda state: None,
        notes: Mapping[str, Callable[[], str | None]] | None = None,
    ) -> None:
        self._show = show
        self._follow = follow
        self._learned: Mapping[str, object] = {}
        self._followed: Mapping[str, object] = {}
        self._device, self._noted = place.device, dict[str, str | None]()
        self._directory = runtime_directory(place.data_dir)
        self._say, self._ends_with_nothing, self._environment = say, ends_with_nothing, environment or {}
        clocks = clocks or SystemClocks()
        with contextlib.ExitStack() as undo:
            self._instance = Instance(place.lock)
            undo.callback(self._instance.release)
            self.outbox = Outbox(place.outbox, place.reach, key_file=place.key_file)
            undo.callback(self.outbox.close)
            self.rules = Rules(place.data_dir)
            recorder = Recorder(self.outbox, place.device, self.rules)
            self.loop = Loop(watchers, clocks, recorder.record)
            self._pause = Pause(self._directory / PAUSE, clocks)
            # Before the first turn, which records what is seen then.
            self.loop.is_paused = self._pause.seconds_left() is not None
            self._health = Health(
                self.loop, place.device, self.outbox.state, lambda: self._pause.until, notes
            )
            self._reporter = Reporter(place.reach, self.rules.learn, self._learn_settings)
            undo.callback(self._reporter.close)
            self._control = None
            if hasattr(socket, "AF_UNIX"):
                self._control = Control(self._directory / SOCKET, self.loop, self.acts())
                undo.callback(self._control.close)
            self._undo = undo.pop_all()
        self._told_version, self._written_at = -1, 0.0
        self._is_recording = self._has_complained = self._was_bound = False
        self._began = clocks.read().awake
        self._clocks = clocks
        self.loop.chores += [
            self._keep_pause,
            self._keep_settings,
            self._tell,
            self._announce,
            self._show_state,
        ]

    def acts(self) -> dict[str, Callable[[str], object]]:
        """Return what may be asked of the running program."""
        return {
            "status": lambda _: self._health.now(),
            "seen": lambda _: self.loop.seen(),
            "pause": self._pause_for,
            "resume": lambda _: self.resume(),
            "stop": lambda _: self.stop(),
            **letter_acts(self.outbox),
        }

    def run(self) -> None:
        """Go on until a signal or somebody says to stop."""
        try:
            with self._signals():
                self.loop.run()
        finally:
            self.close()

    def close(self) -> None:
        """Hand what is recorded to the server if it takes it at once; the rest waits on disk."""
        if self.outbox.state().trouble is None:
            self.outbox.flush(1.0)
        healths.write(self._directory / HEALTH, self._health.now())
        self._undo.close()

    def pause(self, until: Instant | None) -> Instant:
        """Record nothing until an instant, or until `resume`; return until when."""
        until = self._pause.begin(until)
        self.loop.is_paused = True
        self.loop.version += 1
        return until

    def resume(self) -> None:
        """Record again."""
        self._pause.end()
        self.loop.is_paused = False
        self.loop.version += 1

    def stop(self) -> None:
        """End after the present turn."""
        self.loop.stopping = True

    def _pause_for(self, length: str) -> object:
        return moment(self.pause(pause_end(length, self.loop.now())))

    def _keep_pause(self) -> float | None:
        left = self._pause.seconds_left()
        self.loop.is_paused = left is not None
        return left

    def returned(self, back: Returned) -> None:
        """Let the server tell that somebody is back; in a pause nothing is told of anybody."""
        if not self.loop.is_paused:
            self._reporter.post(*back.request(self._device))

    def _learn_settings(self, settings: Mapping[str, object]) -> None:
        self._learned = settings

    def _keep_settings(self) -> float | None:
        """Follow, on the thread of the watchers, what the other thread learned."""
        learned = self._learned
        if learned != self._followed:
            self._followed = learned
            self._follow(learned)
        return None

    def _tell(self) -> float | None:
        """Write health when it changed and every minute, so that a reader sees that it is alive."""
        now = self._clocks.read().awake / SECOND
        if self._noted != (noted := self._health.notes()):
            self._noted = noted
            self.loop.version += 1
        is_new = self._told_version != self.loop.version
        if not is_new and now - self._written_at < healths.WRITTEN_EVERY:
            return None
        self._told_version, self._written_at = self.loop.version, now
        found = self._health.now()
        healths.write(self._directory / HEALTH, found)
        if is_new:
            self._reporter.tell(found)
        return None

    def _announce(self) -> float | None:
        """Say once what is recorded first, or why nothing is."""
        window = self.loop.observed.get("window", (0, None))[1]
        if window is not None and not self._is_recording:
            self._is_recording = True
            self._say(f"Recording: {window.get('app', 'a window')}")
        slots = [slot for slot in self.loop.slots if slot.watcher.name == "window"]
        self._was_bound = self._was_bound or any(slot.is_bound for slot in slots)
        if self._was_bound:
            return None
        if not self._has_complained:
            self._has_complained = True
            self._say(
                why_no_window([failure for slot in slots for failure in slot.failures], self._environment)
            )
        lasted = (self._clocks.read().awake - self._began) / SECOND
        if self._ends_with_nothing and lasted >= NOTHING_WITHIN:
            self.loop.stopping = True
        return None

    def _show_state(self) -> float | None:
        """Let the icon show how it goes; queue and health are asked only when something may have changed."""
        slots = [slot for slot in self.loop.slots if slot.watcher.name == "window"]
        if self._pause.until is not None:
            until = None if self._pause.until == UNTIL_RESUMED else self._pause.until
            self._show(TrayState(Look.PAUSED, "Paused: nothing is recorded.", until))
        elif slots and not any(slot.is_bound for slot in slots):
            failures = [failure for slot in slots for failure in slot.failures]
            self._show(TrayState(Look.ATTENTION, why_no_window(failures, self._environment)))
        elif trouble := self.outbox.state().sentence:
            self._show(TrayState(Look.OFFLINE, f"Recording; the server is out of reach. {trouble}"))
        else:
            self._show(TrayState())
        return None

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        """Let signals end the loop within its own turn."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        theirs.setblocking(False)
        before = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
        numbers = [signal.SIGTERM, signal.SIGINT, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
        handlers = {number: signal.signal(number, self._on_signal) for number in numbers}

        def drain() -> None:
            with contextlib.suppress(BlockingIOError):
                ours.recv(4096)

        self.loop.wait_for(ours.fileno(), drain)
        try:
            yield
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(before)
            ours.close()
            theirs.close()

    def _on_signal(self, *_: object) -> None:
        self.loop.stopping = True
