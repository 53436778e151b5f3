"""Looks at the computer: versions, clock, disk, port."""

from __future__ import annotations

import platform
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from hourloom import __version__
from hourloom.core.clock import MINUTE, SECOND, Instant, datetime_of
from hourloom.db.ballast import Ballast, free_space
from hourloom.db.sqlcipher import driver
from hourloom.local.doctor import store
from hourloom.local.doctor.findings import Finding, Repair
from hourloom.local.doctor.patient import Patient
from hourloom.local.reaching import DATABASE
from hourloom.web.server.occupant import who_listens

GIB = 1 << 30
LITTLE_SPACE = GIB
YEAR_2026 = Instant(1_767_225_600 * SECOND)
FUTURE_TOLERATED = 5 * MINUTE


def versions(patient: Patient) -> Iterator[Finding]:
    """Tell the versions of what everything else runs on."""
    yield Finding("good", "Hourloom", __version__)
    yield Finding("good", "Python", platform.python_version())
    yield Finding("good", "SQLite", driver.sqlite_version)


def clock(patient: Patient) -> Iterator[Finding]:
    """Hold the clock against this program's age and against what was written last."""
    now = patient.clock.now()
    if now < YEAR_2026:
        today = f"it says {datetime_of(now):%Y-%m-%d}"
        yield Finding("bad", "clock", today, "set the computer's clock")
        return
    files = [patient.directory / name for name in (DATABASE, f"{DATABASE}-wal")]
    written = max((file.stat().st_mtime_ns // 1000 for file in files if file.exists()), default=now)
    if written > now + FUTURE_TOLERATED:
        advice = "check the computer's clock and time zone"
        yield Finding("note", "clock", "the database was last written in what is now the future", advice)
    else:
        yield Finding("good", "clock", time.strftime("%Y-%m-%d %H:%M:%S %z"))


def future(patient: Patient) -> Iterator[Finding]:
    """Look for events in the future: somebody's clock was wrong when they were recorded."""
    if not patient.opens():
        return
    with patient.reading() as tx:
        ahead = [
            str(name)
            for _, name, starts, _ in store.last_heard(tx)
            if isinstance(starts, int) and starts > patient.clock.now() + FUTURE_TOLERATED
        ]
    for name in ahead:
        advice = "check that device's clock; the events can be deleted"
        yield Finding("note", name, "its last event begins in the future", advice)


def space(patient: Patient) -> Iterator[Finding]:
    """Look at the disk."""
    free = free_space(_nearest(patient.directory))
    if free >= LITTLE_SPACE:
        yield Finding("good", "disk", f"{free / GIB:.1f} GiB are free")
        return
    advice = "free some space: a full disk stops the recording"
    verdict = "note" if free > LITTLE_SPACE // 8 else "bad"
    yield Finding(verdict, "disk", f"{free >> 20} MiB are free", advice)  # type: ignore[arg-type]


def reserve(patient: Patient) -> Iterator[Finding]:
    """Look at the reserve that is given up when the disk is full."""
    size = patient.configuration.ballast
    if not patient.database.exists() or not size:
        return
    ballast = Ballast(patient.directory, size)
    if ballast.held:
        yield Finding("good", "reserve", f"{size >> 20} MiB are held for a full disk")
        return
    yield Finding(
        "note",
        "reserve",
        "it is not held",
        "the server takes it when it starts and there is room",
        Repair("reserve disk space for when the disk is full", partial(_take, ballast), alone=False),
    )


def port(patient: Patient) -> Iterator[Finding]:
    """Look who listens, and whether that is the server of this very directory."""
    number = patient.configuration.port
    occupant = who_listens(patient.configuration.host, number)
    ours = patient.holder
    if ours is not None and ours.port is not None and ours.port != number:
        yield Finding("good", "port", f"this directory's server listens on {ours.port}, not on {number}")
    elif occupant is None:
        yield Finding("good" if ours is None else "bad", "port", f"nobody listens on {number}")
    elif occupant.kind == "activitywatch":
        advice = "quit it, or start Hourloom with another --port and give the watchers that one"
        yield Finding("note" if ours is None else "bad", "port", f"{number} is used by {occupant}", advice)
    elif ours is None:
        advice = "start Hourloom with another --port"
        yield Finding("note", "port", f"{number} is used by {occupant}", advice)
    else:
        yield Finding("good", "port", f"{number} is used by this directory's server")


def _take(ballast: Ballast) -> str | None:
    return None if ballast.refill() else "The disk has too little room for it."


def _nearest(path: Path) -> Path:
    """Return the directory, or the nearest one above it that exists."""
    while not path.exists():
        path = path.parent
    return path
