"""Run commands at once, one for each processor, and show what those said that failed."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor


def main(commands: list[str]) -> int:
    """Run all of them, the longest given first; return 1 if one failed."""
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        return max(threads.map(run, commands), default=0)


def run(command: str) -> int:
    """Run one command; say how long it took, and its last line, or all that it said if it failed."""
    began = time.monotonic()
    done = subprocess.run(
        shlex.split(command), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    seconds = time.monotonic() - began
    said = done.stdout.strip()
    shown = said if done.returncode else said.rpartition("\n")[2]
    # One call, so that nothing of another command comes between.
    sys.stdout.write(f"{command}  ({seconds:.1f} s)\n{shown}\n")
    sys.stdout.flush()
    return 1 if done.returncode else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
