"""The rig of kills: it kills when it says so, at every step, and tells of the moment when a check fails."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.rigs.killing import Process, kill_loop, killed_at_each_step, said

COUNTER = """
import sys, time
number = 0
print("ready", flush=True)
while True:
    number += 1
    with open(sys.argv[1], "w") as file:
        file.write(str(number))
    time.sleep(0.001)
"""
STEPPER = """
import pathlib, sys
from tests.rigs.killing import step
for name in ("copy", "verify", "swap"):
    step(name)
    with open(sys.argv[1], "a") as file:
        file.write(name + " ")
"""


def a_child(program: str, *arguments: str) -> Process:
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True)


def test_each_loop_kills_a_child_that_is_ready(tmp_path: Path) -> None:
    started: list[Process] = []

    def start() -> Process:
        started.append(a_child(COUNTER, str(tmp_path / "number")))
        return started[-1]

    kills = kill_loop(start, said(b"ready"), 3, lambda _: None, longest=0.05)
    assert [process.returncode for process in started] == [-9, -9, -9]
    assert (len(set(kills.moments)), kills.ended_before) == (3, [])


def test_the_moments_follow_from_the_seed() -> None:
    def moments(seed: int) -> list[float]:
        sleeper = "print('ready', flush=True); import time; time.sleep(60)"
        kills = kill_loop(
            lambda: a_child(sleeper), said(b"ready"), 2, lambda _: None, longest=0.01, seed=seed
        )
        return kills.moments

    assert moments(1) == moments(1) != moments(2)


def test_a_child_that_had_ended_is_counted() -> None:
    def ended(process: Process) -> None:
        process.wait()

    kills = kill_loop(lambda: a_child(""), ended, 1, lambda _: None, longest=0.0)
    assert kills.ended_before == [0]


def test_a_failed_check_tells_which_kill_it_was() -> None:
    def check(number: int) -> None:
        assert number == 0

    with pytest.raises(AssertionError) as failed:
        kill_loop(lambda: a_child("print('ready')"), said(b"ready"), 3, check, longest=0.0, seed=7)
    assert any("kill 1 of seed 7" in note for note in failed.value.__notes__)


def test_a_child_dies_at_each_of_its_steps(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    seen = []
    for killed in killed_at_each_step([sys.executable, "-c", STEPPER, str(trace)]):
        seen.append((killed.number, killed.step, trace.read_text() if trace.exists() else ""))
        trace.unlink(missing_ok=True)
    assert seen == [(1, "copy", ""), (2, "verify", "copy "), (3, "swap", "copy verify ")]
    assert trace.read_text() == "copy verify swap "


def test_a_kill_takes_the_children_of_the_child_along(tmp_path: Path) -> None:
    parent = (
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "open(sys.argv[1], 'w').write(str(child.pid))\nprint('ready', flush=True)\nchild.wait()"
    )
    kill_loop(lambda: a_child(parent, str(tmp_path / "pid")), said(b"ready"), 1, lambda _: None, longest=0.0)
    assert gone(int((tmp_path / "pid").read_text()))


def gone(pid: int) -> bool:
    """Tell whether a process is dead, or only waits for its parent to notice."""
    ends = time.monotonic() + 10
    while time.monotonic() < ends:
        try:
            os.kill(pid, 0)
            if ") Z " in Path(f"/proc/{pid}/stat").read_text():
                return True
        except OSError:
            return True
    return False
