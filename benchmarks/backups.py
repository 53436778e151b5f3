"""Backups of a stored year: how long they take, and how heartbeats fare meanwhile."""

import json
import os
import pty
import subprocess
import sys
import threading
import time
from collections.abc import Callable
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
    stage.results.note(figures.BACKUP, DISK, alone(stage))
    stage.server.start_if_stopped()
    seconds, latencies = beside_heartbeats(stage, "backup", lambda: seconds_of(stage, "backup"))
    stage.note(figures.BACKUP, seconds)
    stage.note(figures.BACKUP_BESIDE, percentile(latencies, 99) * 1000)
    stage.note(figures.VERIFY, seconds_of(stage, "backup", "verify"))


def exchange_key(stage: Stage) -> None:
    """Exchange the data key while a watcher reports on one connection."""
    stage.server.start_if_stopped()
    seconds, latencies = beside_heartbeats(stage, "exchange", lambda: seconds_on_terminal(stage))
    stage.note(figures.EXCHANGE, seconds)
    stage.note(figures.EXCHANGE_BESIDE, percentile(latencies, 99) * 1000)
    stage.note(figures.EXCHANGE_STOP, max(latencies) * 1000)


def beside_heartbeats(stage: Stage, name: str, act: Callable[[], float]) -> tuple[float, list[float]]:
    """Do something while a watcher reports; return its seconds and those of each heartbeat meanwhile."""
    timed, latencies = list[float](), list[float]()
    acting = threading.Thread(target=lambda: timed.append(act()))
    acting.start()
    number = 0
    while acting.is_alive():
        number += 1
        stream = heartbeats(stage.server, f"{name}-{stage.turn}-{number}")
        latencies += drive(stage.server.address, [stream], 0.5)
    acting.join()
    return timed[0], latencies


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


def seconds_on_terminal(stage: Stage) -> float:
    """Exchange the data key on a terminal, where the new recovery code may be shown."""
    ours, theirs = pty.openpty()
    command = [HOURLOOM, "keys", "rotate", "--data-key", "--data-dir", str(stage.server.data_dir)]
    begun = time.perf_counter()
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=stage.server.surroundings()
    ) as running:
        os.close(theirs)
        said = b"".join(iter(lambda: read(ours), b""))
    os.close(ours)
    assert running.returncode == 0, said.decode(errors="replace")
    return time.perf_counter() - begun


def read(terminal: int) -> bytes:
    """Read what a program says on a terminal; nothing when it ended."""
    try:
        return os.read(terminal, 4096)
    except OSError:
        return b""


def run(stage: Stage, *words: str) -> str:
    """Run a command on the server's data."""
    try:
        return stage.server.run(HOURLOOM, *words, "--data-dir", str(stage.server.data_dir))
    except subprocess.CalledProcessError as error:
        raise AssertionError(error.stderr) from error
