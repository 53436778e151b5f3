"""The reserve of disk space, on a real small disk where mounting is allowed."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hourloom.db.ballast import Ballast, free_space, is_full

MEBIBYTE = 1024 * 1024


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount 4 MiB of memory."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "none", str(tmp_path)]
    if sys.platform != "linux" or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    yield tmp_path
    subprocess.run(["umount", str(tmp_path)], check=True)


def fill(directory: Path) -> OSError:
    """Write until the disk is full and return the error."""
    with (directory / "filler").open("ab", buffering=0) as filler:
        try:
            while True:
                filler.write(bytes(16384))
        except OSError as error:
            return error


def test_the_reserve_is_made_of_blocks(tmp_path: Path) -> None:
    ballast = Ballast(tmp_path)
    assert not ballast.held
    assert ballast.take()
    assert ballast.path.stat().st_blocks * 512 >= 8 * MEBIBYTE
    assert ballast.path.stat().st_mode & 0o777 == 0o600
    assert ballast.take()


def test_a_file_with_holes_is_no_reserve(tmp_path: Path) -> None:
    ballast = Ballast(tmp_path, MEBIBYTE)
    with ballast.path.open("wb") as hollow:
        hollow.truncate(MEBIBYTE)
    assert not ballast.held
    assert ballast.take()
    assert ballast.held


def test_releasing_makes_room_on_a_full_disk(small_disk: Path) -> None:
    ballast = Ballast(small_disk, MEBIBYTE)
    ballast.take()
    assert is_full(fill(small_disk))
    assert ballast.release()
    (small_disk / "journal").write_bytes(bytes(MEBIBYTE // 2))
    assert not ballast.release()


def test_space_comes_back_even_while_somebody_has_the_file_open(small_disk: Path) -> None:
    ballast = Ballast(small_disk, MEBIBYTE)
    ballast.take()
    fill(small_disk)
    with ballast.path.open("rb"):
        ballast.release()
        assert free_space(small_disk) >= MEBIBYTE


def test_a_full_disk_gives_no_reserve_and_keeps_no_part_of_one(small_disk: Path) -> None:
    fill(small_disk)
    os.truncate(small_disk / "filler", 3 * MEBIBYTE + MEBIBYTE // 2)
    ballast = Ballast(small_disk, MEBIBYTE)
    free = free_space(small_disk)
    assert not ballast.take()
    assert not ballast.path.exists()
    assert free_space(small_disk) == free


def test_the_reserve_is_refilled_only_when_as_much_again_stays_free(small_disk: Path) -> None:
    ballast = Ballast(small_disk, MEBIBYTE)
    fill(small_disk)
    os.truncate(small_disk / "filler", 2 * MEBIBYTE + MEBIBYTE // 2)
    assert not ballast.refill()
    os.truncate(small_disk / "filler", MEBIBYTE)
    assert ballast.refill()
    assert ballast.refill()


def test_a_quota_counts_as_full_and_a_broken_disk_does_not() -> None:
    assert is_full(OSError(errno.ENOSPC, ""))
    assert is_full(OSError(errno.EDQUOT, ""))
    assert not is_full(OSError(errno.EIO, ""))


def test_a_limit_on_the_size_of_files_counts_as_full(tmp_path: Path) -> None:
    script = (
        "import resource, sys\nfrom pathlib import Path\nfrom hourloom.db.ballast import Ballast\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "sys.exit(3 if not Ballast(Path(sys.argv[1])).take() else 0)"
    )
    assert subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False).returncode == 3
    assert list(tmp_path.iterdir()) == []
