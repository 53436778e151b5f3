"""The jumping clock moves what programs read of the wall clock and leaves the other clocks alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.rigs.faults.jumping_clock import JumpingClock, build

PROGRAM = """
import datetime, sqlite3, sys, threading, time
db = sqlite3.connect(":memory:")
for _ in sys.stdin:
    (in_sql,) = db.execute("SELECT unixepoch()").fetchone()
    walls = [int(time.time()), time.time_ns() // 10**9, int(datetime.datetime.now().timestamp()), in_sql]
    before = time.monotonic()
    threading.Event().wait(0.01)
    time.sleep(0.01)
    print(*walls, 0.015 < time.monotonic() - before < 5, flush=True)
"""


@pytest.mark.parametrize("seconds", [-3600, 86400])
def test_the_wall_clock_jumps_and_waiting_takes_as_long_as_ever(tmp_path: Path, seconds: int) -> None:
    clock = JumpingClock(build(tmp_path), tmp_path / "control")
    command, pipe = [sys.executable, "-c", PROGRAM], subprocess.PIPE
    with subprocess.Popen(command, env=clock.environment, text=True, stdin=pipe, stdout=pipe) as running:
        assert running.stdin is not None
        assert running.stdout is not None

        def told() -> list[int]:
            assert running.stdin is not None
            assert running.stdout is not None
            running.stdin.write("\n")
            running.stdin.flush()
            *walls, waited_well = running.stdout.readline().split()
            assert waited_well == "True"
            return list(map(int, walls))

        before = told()
        clock.jump(seconds)
        after = told()
        running.stdin.close()
    assert all(abs(late - early - seconds) < 5 for early, late in zip(before, after, strict=True))
