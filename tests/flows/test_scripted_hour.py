"""An hour of use, known to the second, through watchers, pulse, queue and a server that fails meanwhile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hourloom.core.clock import SECOND, parse_instant
from hourloom.device.away import AwayWatcher
from hourloom.device.away.presence import RAW
from hourloom.device.away.sources import CONFIRM, Hint
from hourloom.device.program import Place
from hourloom.device.program import Program as Device
from hourloom.sdk.connection import connect
from tests.cli.program import Program, ask, stop
from tests.device.fakes import FakeSource, FakeWatcher, FixedClocks
from tests.device.waiting import until

MINUTE = 60.0


class Hour:
    """A person at a computer: what they do, and what was true."""

    def __init__(self, home: Program) -> None:
        self.home = home
        self.clocks = FixedClocks()
        self.window, self.input, self.session = (
            FakeSource("window"),
            FakeSource("input"),
            FakeSource("session"),
        )
        away = AwayWatcher({}, self.clocks, groups=[[self.input], [self.session]])
        place = Place(
            home.data_dir, home.home / "config", lambda: connect(home.data_dir, home.port, timeout=5), "heron"
        )
        self.device = Device(place, [FakeWatcher("window", [self.window]), away], clocks=self.clocks)
        self.apps, self.away = Counter[str](), 0.0
        self._app: str | None = None
        self._is_away = False
        self._turn()

    def use(self, app: str) -> None:
        """Bring a window to the front."""
        self._app = app
        self.window.bound.tell("window", self.clocks.now(), {"app": app, "title": f"{app}'s window"})
        self._turn()

    def work(self, seconds: float) -> None:
        """Type for so long; mechanisms that can be asked say now and then that somebody does."""
        self._is_away = False
        self._hint(self.input, "input", "active", 0)
        while seconds > 0:
            self._pass(min(seconds, CONFIRM))
            self._hint(self.input, "input", "active", 0)
            seconds -= CONFIRM

    def leave_for(self, seconds: float) -> None:
        """Let go of the keyboard; the mechanism notices after a while since when."""
        self._is_away = True
        self._pass(RAW / SECOND)
        self._hint(self.input, "input", "idle", RAW / SECOND)
        self._pass(seconds - RAW / SECOND)

    def lock_for(self, seconds: float) -> None:
        """Lock the screen."""
        self._hint(self.session, "session", "locked", 0)
        self._hint(self.input, "input", "idle", 0)
        self._is_away = True
        self._pass(seconds)
        self._hint(self.session, "session", "unlocked", 0)

    def sleep_for(self, seconds: float) -> None:
        """Close the lid: nobody uses any program, nobody is away from one."""
        self._hint(self.session, "session", "asleep", 0)
        self.clocks.go(seconds, asleep=True)
        self._turn()
        self._hint(self.session, "session", "awake", 0)

    def end(self) -> None:
        """Log out, once all is sent."""
        self.device.loop.close()
        assert self.device.outbox.flush(30)
        self.device.close()

    def _pass(self, seconds: float) -> None:
        if self._app is not None:
            self.apps[self._app] += round(seconds * SECOND)
        self.away += seconds if self._is_away else 0
        end = self.clocks.read().awake + round(seconds * SECOND)
        while (left := (end - self.clocks.read().awake) / SECOND) > 0:
            self.clocks.go(min(left, max(0.01, self._turn())))
        self._turn()

    def _hint(self, source: FakeSource, stream: Any, state: str, back: float) -> None:
        told = Hint(stream, state, source.name).at(self.clocks.now() - round(back * SECOND))
        assert told.data is not None
        source.bound.tell(stream, told.at, dict(told.data))  # type: ignore[arg-type]
        self._turn()

    def _turn(self) -> float:
        return self.device.loop.turn(self.device.loop.wait(0))

    def events(self, stream: str) -> list[dict[str, Any]]:
        """Return what the server has, the oldest first."""
        found = ask(self.home.port, "GET", f"/api/0/buckets/hourloom-{stream}_heron/events")
        return list(reversed(found))


def seconds(events: list[dict[str, Any]], key: str) -> dict[str, float]:
    total: Counter[str] = Counter()
    for event in events:
        total[event["data"][key]] += round(event["duration"] * SECOND)
    return {name: length / SECOND for name, length in total.items()}


def assert_apart(events: list[dict[str, Any]]) -> None:
    """No instant is in two events."""
    end = 0
    for event in sorted(events, key=lambda each: each["timestamp"]):
        start = parse_instant(event["timestamp"])
        assert start >= end
        end = start + round(event["duration"] * SECOND)


@pytest.fixture
def home(tmp_path: Path) -> Program:
    return Program(tmp_path)


@pytest.fixture
def servers(home: Program) -> Iterator[list[Any]]:
    """Hold the server that runs, for a test to stop and start."""
    running = [home.started()]
    yield running
    for server in running:
        stop(server)


def test_a_scripted_hour_is_reproduced_to_the_second(home: Program, servers: list[Any]) -> None:
    hour = Hour(home)
    hour.use("Editor")
    hour.work(10 * MINUTE)
    hour.use("Browser")
    hour.work(5 * MINUTE + 7.25)
    hour.leave_for(12 * MINUTE)
    hour.work(3 * MINUTE)
    until(lambda: not hour.device.outbox.state().waiting)
    stop(servers.pop())
    for app in ("Editor", "Terminal", "Editor", "Mail"):
        hour.use(app)
        hour.work(15)
    assert hour.device.outbox.state().waiting
    servers.append(home.started())
    hour.use("Terminal")
    hour.work(4 * MINUTE)
    hour.lock_for(3 * MINUTE)
    hour.work(5 * MINUTE)
    hour.sleep_for(40 * MINUTE)
    hour.work(6 * MINUTE + 1.5)
    hour.clocks.jump(30 * MINUTE)
    hour.use("Editor")
    hour.work(5 * MINUTE)
    hour.clocks.jump(-5)
    hour.work(6 * MINUTE)
    hour.end()
    windows, away = hour.events("window"), hour.events("away")
    truth = {app: length / SECOND for app, length in hour.apps.items()}
    assert 3_590 < sum(truth.values()) < 3_700
    # The clock was set back by five seconds, which count once.
    truth["Editor"] -= 5
    found = seconds(windows, "app")
    assert found.keys() == truth.keys()
    for app, length in truth.items():
        assert found[app] == pytest.approx(length, abs=1), app
    assert seconds(away, "status")["afk"] == pytest.approx(hour.away, abs=1)
    assert seconds(away, "status")["not-afk"] == pytest.approx(sum(truth.values()) - hour.away, abs=1)
    assert_apart(windows)
    assert_apart(away)
