"""Kill a server again and again under writers, and see that nothing it acknowledged is missing.

python -m tests.soak.kill_loop --loops 100 -- hourloom serve --testing --port {port} --data-dir {data_dir}
"""

import argparse
import random
import shlex
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.rigs.serving.heartbeats import Heartbeat, Writer, create_bucket, events, uncovered
from tests.rigs.serving.server import Server


@dataclass
class Outcome:
    """What the loops came to."""

    loops: int = 0
    acknowledged: set[Heartbeat] = field(default_factory=set)
    lost: set[Heartbeat] = field(default_factory=set)
    refused: list[str] = field(default_factory=list)
    slowest_start: float = 0.0

    def __str__(self) -> str:
        return (
            f"{self.loops} kills, {len(self.acknowledged)} heartbeats acknowledged, {len(self.lost)} lost, "
            f"{len(self.refused)} refused, slowest restart {self.slowest_start:.2f} s"
        )


def kill_loop(server: Server, loops: int, writers: int = 16, seed: int | None = None) -> Outcome:
    """Start the server, write, kill it at a random moment, and look; so many times. It is left stopped."""
    rng, outcome = random.Random(seed), Outcome()
    buckets = {f"kill-loop-{number}": 0 for number in range(writers)}
    try:
        server.start()
        for bucket in buckets:
            create_bucket(server.port, bucket)
        for _ in range(loops):
            write_until_killed(server, buckets, outcome, pause=0.05 + rng.random())
            outcome.slowest_start = max(outcome.slowest_start, server.start())
            outcome.loops += 1
            look(server, buckets, outcome)
    finally:
        server.stop()
    return outcome


def write_until_killed(server: Server, buckets: dict[str, int], outcome: Outcome, pause: float) -> None:
    """Let one writer for each bucket go on where it was, and kill the server after a pause."""
    stop = threading.Event()
    note: Callable[[Heartbeat], None] = outcome.acknowledged.add
    writers = {name: Writer(server.port, name, first, stop, note) for name, first in buckets.items()}
    for writer in writers.values():
        writer.start()
    time.sleep(pause)
    server.kill()
    stop.set()
    for name, writer in writers.items():
        writer.join()
        buckets[name] = writer.next
        outcome.refused += [writer.refused] if writer.refused else []


def look(server: Server, buckets: dict[str, int], outcome: Outcome) -> None:
    """Compare what the server has with what it acknowledged."""
    found = [event for bucket in buckets for event in events(server.port, bucket)]
    outcome.lost |= set(uncovered(outcome.acknowledged, found))


def main() -> int:
    """Run the loops from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--loops", type=int, default=100)
    parser.add_argument("--writers", type=int, default=16)
    parser.add_argument("--seed", type=int)
    parser.add_argument("command", nargs="+", help="the server's, with {port} and {data_dir}")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kill-loop-") as folder:
        server = Server(shlex.join(options.command), Path(folder), Path(folder) / "output")
        outcome = kill_loop(server, options.loops, options.writers, options.seed)
    print(outcome)
    return 1 if outcome.lost or outcome.refused else 0


if __name__ == "__main__":
    raise SystemExit(main())
