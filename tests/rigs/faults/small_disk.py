"""A disk of a few MiB that can be filled, emptied and made read-only; needs the right to mount."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

_PIECE = 1 << 18


class SmallDisk:
    """A mounted disk of memory."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._filler = path / "filler"

    def fill(self) -> None:
        """Write until nothing more fits."""
        with suppress(OSError), self._filler.open("ab", buffering=0) as file:
            while file.write(bytes(_PIECE)):
                pass

    def empty(self) -> None:
        """Remove what `fill` wrote."""
        self._filler.unlink(missing_ok=True)


@contextmanager
def mounted(path: Path, mebibytes: int) -> Iterator[SmallDisk]:
    """Mount a disk of memory at a path."""
    _mount(path, "-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs")
    try:
        yield SmallDisk(path)
    finally:
        subprocess.run(["umount", "-l", str(path)], check=True)


class FailingExt4(SmallDisk):
    """A disk with a file system of its own, which can give up as one does whose disk fails."""

    def give_up(self) -> None:
        """Let nobody write from now on, also not through files that are open."""
        subprocess.run(["mount", "-o", "remount,abort", str(self.path)], check=True)


@contextmanager
def mounted_ext4(path: Path, image: Path, mebibytes: int = 0) -> Iterator[FailingExt4]:
    """Mount an image file as a disk at a path: a new one of a size, or the one that is there, repaired."""
    if mebibytes:
        with image.open("wb") as file:
            file.truncate(mebibytes << 20)
        subprocess.run(["mkfs.ext4", "-q", str(image)], check=True)
    else:
        subprocess.run(["fsck.ext4", "-p", str(image)], check=False, capture_output=True)
    _mount(path, "-o", "loop", str(image))
    try:
        yield FailingExt4(path)
    finally:
        subprocess.run(["umount", str(path)], check=True)


def _mount(path: Path, *words: str) -> None:
    path.mkdir(exist_ok=True)
    mount = ["mount", *words, str(path)]
    if sys.platform != "linux" or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
