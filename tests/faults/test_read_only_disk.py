"""The file system gives up and lets nobody write, as Linux does after errors of a disk."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rigs.faults.small_disk import FailingExt4, mounted_ext4
from tests.rigs.serving.a_home import Home
from tests.rigs.serving.heartbeats import ask
from tests.rigs.serving.watchers import Watchers

pytestmark = pytest.mark.skipif(shutil.which("mkfs.ext4") is None, reason="needs mkfs.ext4")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[FailingExt4]:
    with mounted_ext4(tmp_path / "disk", tmp_path / "image", 48) as made:
        yield made


@pytest.fixture
def home(tmp_path: Path, disk: FailingExt4) -> Iterator[Home]:
    """Return a home whose data directory, and nothing else, is on the disk that will fail."""
    made = Home(tmp_path, data_dir=disk.path / "data")
    yield made
    made.server.kill()


def test_a_disk_that_gives_up_leaves_what_was_acknowledged_to_be_read(
    running: Home, disk: FailingExt4
) -> None:
    with Watchers(running.port, 2) as watchers:
        watchers.get_through(20)
        disk.give_up()
        status, content = ask(running.port, "POST", "/api/0/settings/key", "1")
        assert (status, b"could not be written" in content) == (503, True), content
        assert watchers.lost() == [], "it can still be read"
        watchers.stop.set()
        running.server.kill()
    assert set(watchers.answers) <= {"200", "ConnectionResetError", "RemoteDisconnected", "IncompleteRead"}
    assert "read-only" in running.refusal()


@pytest.mark.soak
def test_a_repaired_disk_has_all_that_was_acknowledged(tmp_path: Path) -> None:
    image, place = tmp_path / "image", tmp_path / "disk"
    with mounted_ext4(place, image, 48) as disk:
        home = Home(tmp_path, data_dir=place / "data")
        home.server.start()
        with Watchers(home.port, 2) as watchers:
            watchers.get_through(60)
            disk.give_up()
            home.server.kill()
    with mounted_ext4(place, image):
        home.server.start()
        assert watchers.lost() == []
        assert home.damage() == []
