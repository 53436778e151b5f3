"""Kill a child program at moments of chance, or at each of its steps, and look at what it left.

At moments of chance, each drawn from the seed and the number of the loop:

    kills = kill_loop(start, ready, loops=20, check=check, longest=0.5)

    start()          starts the child: a Popen, best with start_new_session=True so that its children die too
    ready(process)   returns once it is worth killing, as `said(b"listens on")` does
    check(number)    looks at what is left after kill `number`, and asserts; the next loop begins after it

At each step: the child is a Python program that calls `step("copy")` wherever a kill may matter (a progress
callback is a good place). It runs once for each step it has, and kills itself there, so no moment is missed:

    for killed in killed_at_each_step([sys.executable, "-c", CHILD, str(folder)]):
        look_at(folder, killed.step)
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[2]
STEP_TO_DIE_AT = "RIG_STEP_TO_DIE_AT"
PATIENCE = 60.0

Process = subprocess.Popen[Any]


@dataclass
class Kills:
    """What the loops came to: after how long each child was killed, and which had ended by then."""

    moments: list[float] = field(default_factory=list)
    ended_before: list[int] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{len(self.moments)} kills, {len(self.ended_before)} of children that had ended"


@dataclass(frozen=True)
class Killed:
    """A child that killed itself at a step; the number counts its steps from 1."""

    number: int
    step: str


def kill_loop(
    start: Callable[[], Process],
    ready: Callable[[Process], object],
    loops: int,
    check: Callable[[int], object],
    *,
    longest: float = 1.0,
    seed: int = 1,
) -> Kills:
    """Start a child, kill it at most `longest` seconds after it is ready, and check; so many times."""
    kills = Kills()
    for number in range(loops):
        pause = random.Random(f"{seed}-{number}").uniform(0.0, longest)
        process = start()
        try:
            ready(process)
            time.sleep(pause)
        finally:
            had_ended = process.poll() is not None
            kill(process)
        kills.moments.append(pause)
        kills.ended_before += [number] if had_ended else []
        try:
            check(number)
        except BaseException as error:
            error.add_note(f"after kill {number} of seed {seed}, {pause:.3f} s after it was ready")
            raise
    return kills


def kill(process: Process) -> None:
    """Kill a child, and its own children where it leads their group, and wait until it is gone."""
    if process.poll() is None:
        if os.getpgid(process.pid) == process.pid:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait(PATIENCE)
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


def said(words: bytes) -> Callable[[Process], None]:
    """Wait until a child has said these words on a pipe of its output, which is read as bytes."""

    def wait(process: Process) -> None:
        heard = process.stdout or process.stderr
        assert heard is not None
        lines = []
        for line in heard:
            lines.append(line)
            if words in line:
                return
        raise AssertionError(b"".join(lines[-20:]).decode(errors="replace"))

    return wait


def killed_at_each_step(
    command: Sequence[str], environment: Mapping[str, str] | None = None, most: int = 200
) -> Iterator[Killed]:
    """Run a child until it has died at each of its steps in turn; the last run, which ends well, ends this.

    What a killed run left is there for the next one, unless whoever iterates makes it new.
    """
    for number in range(1, most + 1):
        told = dict(os.environ if environment is None else environment) | {STEP_TO_DIE_AT: str(number)}
        done = subprocess.run(
            command, env=told, cwd=REPOSITORY, capture_output=True, check=False, timeout=10 * PATIENCE
        )
        if done.returncode == 0:
            assert number > 1, "the child never came to a step"
            return
        assert done.returncode == -signal.SIGKILL, done.stderr.decode(errors="replace")[-2000:]
        yield Killed(number, done.stdout.decode().rpartition("step: ")[2].strip())
    raise AssertionError(f"the child has more than {most} steps")


def step(name: str) -> None:
    """Count a step of this child, and die here when its turn has come."""
    _STEPS.append(name)
    if os.environ.get(STEP_TO_DIE_AT) == str(len(_STEPS)):
        sys.stdout.write(f"step: {name}\n")
        sys.stdout.flush()
        os.kill(os.getpid(), signal.SIGKILL)


_STEPS: list[str] = []
