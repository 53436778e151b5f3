"""The failing disk fails what it is told to, where it is told to, and nothing else."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rigs.faults.failing import FailingDisk, build

PROGRAM = """
import os, sys
for line in sys.stdin:
    kind, name = line.split()
    fd = os.open(name, os.O_RDWR | os.O_CREAT)
    do = {"read": lambda: os.pread(fd, 1, 0), "write": lambda: os.pwrite(fd, b"x", 0),
          "sync": lambda: os.fdatasync(fd), "truncate": lambda: os.ftruncate(fd, 1)}
    try:
        do[kind]()
        print("well", flush=True)
    except OSError as error:
        print(error.errno, flush=True)
    os.close(fd)
"""


@pytest.fixture
def disk(tmp_path: Path) -> FailingDisk:
    return FailingDisk(build(tmp_path), tmp_path / "control")


@pytest.fixture
def program(disk: FailingDisk) -> Iterator[subprocess.Popen[str]]:
    command, pipe = [sys.executable, "-c", PROGRAM], subprocess.PIPE
    with subprocess.Popen(command, env=disk.environment, text=True, stdin=pipe, stdout=pipe) as running:
        yield running
        running.kill()


def test_only_what_is_told_to_fail_fails(
    disk: FailingDisk, program: subprocess.Popen[str], tmp_path: Path
) -> None:
    def done(kind: str, name: str = "here") -> str:
        assert program.stdin is not None
        assert program.stdout is not None
        program.stdin.write(f"{kind} {tmp_path / name}\n")
        program.stdin.flush()
        return program.stdout.readline().strip()

    assert done("write") == "well"
    for kind in ("read", "write", "sync", "truncate"):
        with disk.failing(kind, "here", 5):
            assert done(kind) == "5"
            assert done(kind, "other") == "well"
        assert done(kind) == "well"
    with disk.failing("sync", "here", 28, skip=1, times=2):
        assert [done("sync") for _ in range(4)] == ["well", "28", "28", "well"]
    assert disk.failed("sync") == 3
