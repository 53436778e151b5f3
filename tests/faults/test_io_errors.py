"""The disk reports errors under a running server: what it answered is there, and it goes on after them."""

from __future__ import annotations

import errno
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.plugins.figures import Figure
from tests.rigs.faults.failing import FailingDisk
from tests.rigs.power_cut.drill import drill
from tests.rigs.serving.a_home import SERVE, Home
from tests.rigs.serving.heartbeats import ask
from tests.rigs.serving.watchers import Watchers

NEW_SETTING = ("/api/0/settings/key", "POST", "1")


@pytest.fixture(scope="module")
def failing_disk(failing_library: Path, tmp_path_factory: pytest.TempPathFactory) -> FailingDisk:
    return FailingDisk(failing_library, tmp_path_factory.mktemp("control") / "control")


@pytest.fixture(scope="module")
def running(failing_disk: FailingDisk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """Run one server for these tests, on a disk that fails when it is told to."""
    made = Home(tmp_path_factory.mktemp("home"), failing_disk.environment)
    made.server.start()
    yield made
    assert made.damage() == []


@pytest.mark.parametrize(
    ("kind", "error"),
    [pytest.param("write", errno.EIO, marks=pytest.mark.soak), ("sync", errno.EIO), ("write", errno.EROFS)],
    ids=["writing", "syncing", "a disk that went read-only"],
)
def test_nothing_acknowledged_is_lost_while_the_disk_fails(
    running: Home, failing_disk: FailingDisk, kind: str, error: int
) -> None:
    with Watchers(running.port, name=f"fails-{kind}-{error}") as watchers:
        watchers.get_through()
        with failing_disk.failing(kind, "hourloom.db", error):
            assert running.status(*NEW_SETTING) == 503
            assert running.status(f"/api/0/buckets/{watchers.buckets[0]}/events?limit=5") == 200
        watchers.get_through()
    assert failing_disk.failed(kind) > 0
    assert set(watchers.answers) == {"200"}, "heartbeats wait while the disk fails for a moment"
    assert watchers.lost() == []


@pytest.mark.parametrize("kind", [pytest.param("write", marks=pytest.mark.soak), "sync", "truncate"])
def test_a_single_error_is_noticed_by_nobody(running: Home, failing_disk: FailingDisk, kind: str) -> None:
    place = "hourloom.db-wal" if kind != "truncate" else "hourloom.db"
    with Watchers(running.port, 2, name=f"single-{kind}") as watchers:
        for skipped in range(0, 40, 13):
            with failing_disk.failing(kind, place, skip=skipped, times=1):
                watchers.get_through(60)
    assert set(watchers.answers) == {"200"}
    assert watchers.lost() == []
    running.server.kill()
    running.server.start()
    assert watchers.lost() == []


def test_a_read_that_fails_is_an_error_of_that_request_alone(
    running: Home, failing_disk: FailingDisk
) -> None:
    with Watchers(running.port, 1, name="read") as watchers:
        watchers.get_through(100)
    running.server.stop()
    running.server.start()
    with failing_disk.failing("read", "hourloom.db"):
        status, content = ask(running.port, "GET", f"/api/0/buckets/{watchers.buckets[0]}/events?limit=-1")
        assert (status, b"disk I/O error" in content) == (503, False), content
    assert watchers.lost() == []
    assert "Traceback" not in running.server.output


def test_a_server_does_not_start_on_a_disk_that_fails(running: Home, failing_disk: FailingDisk) -> None:
    running.server.stop()
    for kind in ("read", "write"):
        with failing_disk.failing(kind, "hourloom.db"):
            assert "error" in running.refusal()
    running.server.start()
    assert running.status("/api/0/info") == 200


few_and_many = pytest.mark.parametrize(
    "images", [2, pytest.param(300, marks=[pytest.mark.soak, pytest.mark.timeout(1800)])]
)


@few_and_many
@pytest.mark.skipif(shutil.which("gcc") is None, reason="needs gcc to build the recorder")
@pytest.mark.skipif(sys.platform != "linux", reason="the recorder is made for Linux")
def test_what_a_failed_sync_left_in_doubt_was_not_acknowledged(
    tmp_path: Path, images: int, figure: Figure
) -> None:
    """Each ninth sync fails, and the system then forgets what it had still to write, as Linux does."""
    findings = drill(SERVE, tmp_path, seconds=1, images=images, failing_sync=9)
    figure("power cuts with failing syncs", findings)
    assert (findings.lossy, findings.damaged) == ({}, {}), str(findings)
    assert findings.acknowledged > 10
