"""Backups of a stored year: how long they take, and how heartbeats fare meanwhile."""

import json
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

from benchmarks import results as figures
from benchmarks.load import drive, percentile
from benchmarks.results import DISK
from benchmarks.scenarios import Stage, heartbeats
from hourloom.db.keys.places import Places
from hourloom.db.keys.unlock import unlock
from hourloom.db.keys.ways import Means
from hourloom.db.sqlite import connect

HOURLOOM = str(Path(sys.executable).with_name("hourloom"))


def back_up(stage: Stage) -> None:
    """Make a backup while a watcher reports on one connection, and examine it again while none does."""
    server, timed, latencies = stage.server, list[float](), list[float]()
    stage.results.note(figures.BACKUP, DISK, alone(stage))
    server.start_if_stopped()

    def make() -> None:
        timed.append(seconds_of(stage, "backup"))

    making = threading.Thread(target=make)
    making.start()
    number = 0
    while making.is_alive():
        number += 1
        stream = heartbeats(server, f"backup-{stage.turn}-{number}")
        latencies += drive(server.address, [stream], 0.5)
    making.join()
    stage.note(figures.BACKUP, timed[0])
    stage.note(figures.BACKUP_BESIDE, percentile(latencies, 99) * 1000)
    stage.note(figures.VERIFY, seconds_of(stage, "backup", "verify"))


def restore(stage: Stage) -> None:
    """Put the newest backup in the place of the database, with the server stopped."""
    stage.server.stop()
    listed = json.loads(run(stage, "backup", "list", "--json"))
    path = str(Path(listed["place"]) / listed["backups"][0]["name"])
    stage.note(figures.RESTORE, seconds_of(stage, "restore", path, "--yes"))


def alone(stage: Stage) -> float:
    """Return the seconds of one VACUUM INTO of the stopped server's file, and nothing else."""
    server = stage.server
    server.stop()
    copy = server.home / "copy.db"
    copy.unlink(missing_ok=True)
    means = Means(Places(server.data_dir, server.home / "config" / "hourloom"))
    key = unlock(means, "file").data_key
    with closing(connect(server.data_dir / "hourloom.db", key)) as connection:
        begun = time.perf_counter()
        connection.execute("VACUUM INTO ?", (str(copy),))
        seconds = time.perf_counter() - begun
    copy.unlink()
    return seconds


def seconds_of(stage: Stage, *words: str) -> float:
    """Run a command and return how long it took."""
    begun = time.perf_counter()
    run(stage, *words)
    return time.perf_counter() - begun


def run(stage: Stage, *words: str) -> str:
    """Run a command on the server's data."""
    try:
        return stage.server.run(HOURLOOM, *words, "--data-dir", str(stage.server.data_dir))
    except subprocess.CalledProcessError as error:
        raise AssertionError(error.stderr) from error
