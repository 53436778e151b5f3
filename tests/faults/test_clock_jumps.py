"""The computer's clock jumps an hour back and a day ahead while the server runs."""

from __future__ import annotations

import json
import shutil
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hourloom.sdk.connection import connect
from tests.rigs.faults.jumping_clock import JumpingClock, build
from tests.rigs.serving.a_home import Home
from tests.rigs.serving.heartbeats import ask, create_bucket
from tests.rigs.serving.watchers import Watchers

HOUR, DAY = 3600, 86400
BACK_AND_AHEAD = pytest.mark.parametrize("seconds", [-HOUR, DAY], ids=["an hour back", "a day ahead"])


pytestmark = pytest.mark.skipif(shutil.which("gcc") is None, reason="needs gcc to build the clock")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("clock"))


@pytest.fixture(scope="module")
def its_clock(library: Path, tmp_path_factory: pytest.TempPathFactory) -> JumpingClock:
    return JumpingClock(library, tmp_path_factory.mktemp("control") / "clock")


@pytest.fixture
def clock(its_clock: JumpingClock) -> Iterator[JumpingClock]:
    """Return the server's clock, and set it right in the end."""
    yield its_clock
    its_clock.jump(0)


@pytest.fixture(scope="module")
def running(its_clock: JumpingClock, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """Run one server for these tests, whose clock jumps when it is told to."""
    made = Home(tmp_path_factory.mktemp("home"), its_clock.environment)
    made.server.start()
    yield made
    assert made.damage() == []


@BACK_AND_AHEAD
def test_heartbeats_go_on_over_a_jump_and_back(running: Home, clock: JumpingClock, seconds: int) -> None:
    with Watchers(running.port, 2, name=f"on{seconds}") as watchers:
        watchers.get_through()
        clock.jump(seconds)
        watchers.get_through()
        clock.jump(0)
        watchers.get_through()
    assert set(watchers.answers) == {"200"}
    assert watchers.longest < 5.0
    assert watchers.lost() == []
    assert running.status("/health") == 200
    assert "Traceback" not in running.log


@BACK_AND_AHEAD
def test_no_event_grows_over_a_jump(running: Home, clock: JumpingClock, seconds: int) -> None:
    """A watcher on the same computer sends what its own clock says, with the same window before and after."""
    create_bucket(running.port, f"window{seconds}")

    def beat(offset: int) -> None:
        now = datetime.now(UTC) + timedelta(seconds=offset)
        body = {"timestamp": now.isoformat(), "duration": 0, "data": {"title": "the same"}}
        path = f"/api/0/buckets/window{seconds}/heartbeat?pulsetime=60"
        assert running.status(path, "POST", json.dumps(body)) == 200

    begun = time.monotonic()
    for offset in (0, 0, seconds, seconds, 0, 0):
        clock.jump(offset)
        beat(offset)
    took = time.monotonic() - begun
    events = json.loads(ask(running.port, "GET", f"/api/0/buckets/window{seconds}/events?limit=-1")[1])
    assert all(0 <= event["duration"] <= took for event in events)
    assert len(events) >= 2


@BACK_AND_AHEAD
def test_who_follows_the_feed_misses_nothing_over_a_jump(
    running: Home, clock: JumpingClock, seconds: int
) -> None:
    with socket.socket(socket.AF_UNIX) as following:
        following.settimeout(20)
        following.connect(str(running.data_dir / "run" / "server.sock"))
        following.sendall(b"GET /api/v1/live/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        hear(following, b"hello")
        for name, offset in ((f"before{seconds}", 0), (f"within{seconds}", seconds), (f"after{seconds}", 0)):
            clock.jump(offset)
            create_bucket(running.port, name)
            hear(following, name.encode())


def hear(following: socket.socket, words: bytes) -> None:
    """Wait until these words have been told."""
    told = b""
    while words not in told:
        piece = following.recv(65536)
        assert piece, told
        told += piece


@pytest.mark.parametrize(
    "seconds", [pytest.param(-HOUR, marks=pytest.mark.soak), DAY], ids=["an hour back", "a day ahead"]
)
def test_a_start_after_a_jump_is_as_any_other(running: Home, clock: JumpingClock, seconds: int) -> None:
    with Watchers(running.port, 2, name=f"sooner{seconds}") as watchers:
        watchers.get_through(20)
    running.server.stop()
    clock.jump(seconds)
    running.server.start()
    assert watchers.lost() == []
    with Watchers(running.port, 2, name=f"later{seconds}") as later:
        later.get_through(20)
    assert later.lost() == []


@pytest.mark.soak
@pytest.mark.timeout(200)
@BACK_AND_AHEAD
def test_a_jump_is_told_of(running: Home, clock: JumpingClock, seconds: int) -> None:
    with Watchers(running.port, 1, name=f"pace{seconds}") as pace:
        pace.get_through(5)
        # The server looks every half minute: its last look may have been before the clock was put right.
        clock.jump(seconds * 3 // 2)
        told: dict[str, Any] = {}
        for _ in range(1_200):
            connection = connect(running.data_dir, 0)
            told = json.loads(connection.request("GET", "/api/v1/notices", None, {}).body)
            connection.close()
            if any(notice["kind"] == "clock_jumped" for notice in told["notices"]):
                return
            pace.stop.wait(0.1)
    raise AssertionError(told)
