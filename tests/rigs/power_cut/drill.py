"""Cut the power of a server that takes heartbeats: every image must start and hold what was acknowledged.

    python -m tests.rigs.power_cut.drill -- hourloom serve --testing --port {port} --data-dir {data_dir}

The data directory and the user's home (with the keys in it) are recorded together. An image is examined by
starting the same server on it, which also checks the file's integrity, and asking for the events.
"""

import argparse
import shlex
import tempfile
import threading
import time
from collections.abc import Set as AbstractSet
from pathlib import Path

from tests.rigs.power_cut.images import unrecorded
from tests.rigs.power_cut.recording import Marker, Recording, build, prepare
from tests.rigs.power_cut.survey import Damaged, Findings, survey, survey_set_up
from tests.rigs.serving.heartbeats import Heartbeat, Writer, create_bucket, events, uncovered
from tests.rigs.serving.server import DidNotStart, Server, at_home

SYNC_DELAY_US = 3000
"""So long does each sync take at least, so that an answer which does not wait for it comes visibly early."""


def drill(
    command: str, folder: Path, seconds: float, images: int, seed: int = 1, failing_sync: int = 0
) -> Findings:
    """Record a server under eight writers, with some syncs that fail or none; survey images of its disk."""
    recording = record(command, folder, seconds, writers=8, failing_sync=failing_sync)
    return survey(recording, lambda image, marks: missing(command, image, marks), images, seed)


def drill_set_up(command: str, folder: Path, each: int) -> Findings:
    """Record a server's first start, then survey images from before each of its syncs."""
    recording = record(command, folder, seconds=0.2, writers=1)
    return survey_set_up(recording, lambda image, marks: missing(command, image, marks), each)


def record(command: str, folder: Path, seconds: float, writers: int, failing_sync: int = 0) -> Recording:
    """Let writers work on a server for some seconds, then kill it."""
    root = folder / "root"
    (root / "data").mkdir(parents=True)
    recording = prepare(root, folder / "log")
    environment = at_home(root) | recording.environment(build(folder), SYNC_DELAY_US, failing_sync)
    server = Server(command, root / "data", folder / "output", environment)
    try:
        server.start()
        write(server.port, recording, seconds, [f"power-cut-{number}" for number in range(writers)])
    finally:
        server.kill()
    if strays := unrecorded(recording):
        raise AssertionError(f"written past the recorder: {strays}")
    return recording


def write(port: int, recording: Recording, seconds: float, buckets: list[str]) -> None:
    """Send heartbeats to each bucket, and mark in the recording which were acknowledged."""
    for bucket in buckets:
        create_bucket(port, bucket)
    recording.let_syncs_fail()
    marker, stop = Marker(recording.log), threading.Event()
    threads = [Writer(port, name, 0, stop, lambda it: marker.mark(text_of(it))) for name in buckets]
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    stop.set()
    for thread in threads:
        thread.join()
        assert thread.refused is None, thread.refused
    marker.close()


def missing(command: str, image: Path, acknowledged: AbstractSet[str]) -> AbstractSet[str]:
    """Start the server on an image and return the acknowledged heartbeats that it does not cover."""
    (image / "data").mkdir(parents=True, exist_ok=True)
    server = Server(command, image / "data", image / "output", at_home(image))
    heartbeats = [heartbeat_of(text) for text in acknowledged]
    try:
        server.start()
        found = [
            event for bucket in {it.bucket for it in heartbeats} for event in events(server.port, bucket)
        ]
    except (DidNotStart, AssertionError, OSError, ValueError) as error:
        raise Damaged(str(error)) from error
    finally:
        server.kill()
    return {text_of(heartbeat) for heartbeat in uncovered(heartbeats, found)}


def text_of(heartbeat: Heartbeat) -> str:
    """Write a heartbeat as the text of a mark."""
    return f"{heartbeat.bucket} {heartbeat.number}"


def heartbeat_of(text: str) -> Heartbeat:
    """Read a heartbeat from the text of a mark."""
    bucket, number = text.split()
    return Heartbeat(bucket, int(number))


def main() -> int:
    """Run the drill from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("command", nargs="+", help="the server's, with {port} and {data_dir}")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="power-cut-") as folder:
        command = shlex.join(options.command)
        findings = drill(command, Path(folder), options.seconds, options.images, seed=options.seed)
    print(findings)
    for number, loss in list(findings.lossy.items())[:3]:
        print(f"image {number}: lost {loss[:5]}")
    for number, damage in list(findings.damaged.items())[:3]:
        print(f"image {number}: {damage[-500:]}")
    return 1 if findings.lossy or findings.damaged else 0


if __name__ == "__main__":
    raise SystemExit(main())
