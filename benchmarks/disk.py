"""What the disk allows: plain sqlite3, one fsynced commit for each row, in the same run as the servers."""

import sqlite3
import tempfile
import time
from pathlib import Path


def commits(seconds: float, folder: Path | None = None) -> list[float]:
    """Return how many seconds each commit of one row took, in WAL mode with synchronous=FULL."""
    with tempfile.TemporaryDirectory(dir=folder) as place:
        db = sqlite3.connect(Path(place) / "disk.db", isolation_level=None)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("CREATE TABLE events (bucket INT, started_at INT, ended_at INT, payload INT)")
        db.execute("CREATE INDEX by_time ON events (bucket, started_at, ended_at, payload)")
        taken, end = list[float](), time.perf_counter() + seconds
        while (begun := time.perf_counter()) < end:
            number = len(taken)
            row = (1, number * 2_000_000, number * 2_000_000 + 1_500_000, number % 100)
            db.execute("INSERT INTO events VALUES (?, ?, ?, ?)", row)
            taken.append(time.perf_counter() - begun)
        db.close()
    return taken
