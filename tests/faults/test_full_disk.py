"""A disk that fills up under the running server: the reserve, the waiting, the refusals, the recovery."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rigs.faults.small_disk import SmallDisk, mounted
from tests.rigs.serving.a_home import Home
from tests.rigs.serving.heartbeats import ask
from tests.rigs.serving.watchers import Watchers

NEW_BUCKET = '{"client":"c","type":"t","hostname":"h"}'
BALLAST = "8"
MEBIBYTES = 24


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with mounted(tmp_path / "small", MEBIBYTES) as small:
        yield small


@pytest.fixture
def home(tmp_path: Path, disk: SmallDisk) -> Iterator[Home]:
    """Return a home whose data directory, and nothing else, is on the small disk."""
    made = Home(tmp_path, data_dir=disk.path / "data")
    yield made
    made.server.kill()


def test_the_reserve_carries_heartbeats_over_a_full_disk(running: Home, disk: SmallDisk) -> None:
    ballast = running.data_dir / "ballast"
    assert ballast.exists()
    with Watchers(running.port, 2) as watchers:
        watchers.get_through(20)
        disk.fill()
        while ballast.exists() and len(watchers.acknowledged) < 20_000:
            watchers.get_through(100)
        assert not ballast.exists(), "the reserve is given up"
        watchers.get_through(20)
        disk.empty()
    assert set(watchers.answers) == {"200"}
    assert watchers.lost() == []
    assert "its reserve is used up" in running.log


def test_heartbeats_wait_for_space_and_everything_else_is_refused_at_once(
    running: Home, disk: SmallDisk
) -> None:
    with Watchers(running.port, 2) as watchers:
        watchers.get_through(20)
        nothing_fits(running, disk)
        status, content = ask(running.port, "POST", "/api/0/buckets/new", NEW_BUCKET)
        assert (status, b"disk is full" in content) == (507, True), content
        assert running.status("/api/0/buckets") == 200
        disk.empty()
        watchers.get_through(20)
        assert running.status("/api/0/buckets/new", "POST", NEW_BUCKET) == 200
    assert set(watchers.answers) == {"200"}, "they waited, and were answered once there was space"
    assert watchers.lost() == []
    assert running.damage() == []


def test_a_kill_on_a_full_disk_loses_nothing(running: Home, disk: SmallDisk) -> None:
    with Watchers(running.port, 2) as watchers:
        watchers.get_through(20)
        nothing_fits(running, disk)
        running.server.kill()
        disk.fill()
    if said := running.start_or_say():
        assert "disk is full" in said
    else:
        assert watchers.lost() == [], "its log was folded in, which made room"
        running.server.kill()
    disk.empty()
    running.server.start()
    assert watchers.lost() == []
    assert running.damage() == []


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_heartbeats_are_refused_after_25_seconds_without_space(running: Home, disk: SmallDisk) -> None:
    with Watchers(running.port, 2) as watchers:
        watchers.get_through(20)
        nothing_fits(running, disk)
        watchers.hear("507")
        disk.empty()
        watchers.get_through(20)
    assert set(watchers.answers) == {"200", "507"}
    assert watchers.lost() == []
    assert running.damage() == []


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_a_disk_that_fills_again_and_again_loses_nothing(running: Home, disk: SmallDisk) -> None:
    with Watchers(running.port, 4) as watchers:
        for _ in range(20):
            watchers.get_through(100)
            nothing_fits(running, disk)
            disk.empty()
            watchers.get_through(20)
    assert set(watchers.answers) == {"200"}
    assert watchers.lost() == []
    assert running.damage() == []


def nothing_fits(home: Home, disk: SmallDisk) -> None:
    """Fill the disk until also the reserve is gone and another write is refused."""
    for _ in range(500):
        disk.fill()
        status, _ = ask(home.port, "POST", "/api/0/settings/filler", '"' + "x" * 60_000 + '"')
        if status == 507:
            return
    raise AssertionError("there is always space")
