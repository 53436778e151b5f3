"""Looks at what happened of late: errors, crashes, backups."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from hourloom.backups.memory import Memory
from hourloom.backups.model import is_stale
from hourloom.care.crashes import crashes_in
from hourloom.core.clock import DAY, Instant, datetime_of, parse_instant
from hourloom.core.errors import HourloomError
from hourloom.core.log import ERRORS
from hourloom.local.doctor.findings import Finding
from hourloom.local.doctor.patient import Patient

TAIL = 256 * 1024
OF_LATE = 7 * DAY


def errors(patient: Patient) -> Iterator[Finding]:
    """Count the errors in the log since yesterday."""
    since = patient.clock.now() - DAY
    recent = [line for line in _records(patient.directory / ERRORS) if _at(line) > since]
    if not recent:
        if (patient.directory / ERRORS).exists():
            yield Finding("good", "log", "no errors since yesterday")
        return
    last = recent[-1]
    said = f"{len(recent)} errors since yesterday, the last one of {last.get('logger')}"
    yield Finding("note", "log", said, f"look at {ERRORS} in the data directory")


def crashes(patient: Patient) -> Iterator[Finding]:
    """Count the crashes of the last week."""
    since = patient.clock.now() - OF_LATE
    recent = [crash for crash in crashes_in(patient.directory) if _instant(crash.at) > since]
    if recent:
        last = recent[-1]
        where = f" at {last.frames[-1]}" if last.frames else ""
        said = f"{len(recent)} in a week, the last one {last.error}{where}"
        yield Finding(
            "note", "crashes", said, "`hourloom doctor --bundle` packs what helps to find the reason"
        )


def backups(patient: Patient) -> Iterator[Finding]:
    """Look how old the newest backup is that counts."""
    if patient.in_team:
        yield Finding("note", "backup", "PostgreSQL's own tools make its backups", "use `pg_dump`")
        return
    if not patient.exists:
        return
    now = patient.clock.now()
    memory = Memory(patient.directory).read(now)
    advice = "make one with `hourloom backup`, best on another disk"
    if memory.made_at is None:
        yield Finding("note", "backup", "there is none that passed its check", advice)
        return
    made = f"the newest one is of {datetime_of(memory.made_at).astimezone():%Y-%m-%d %H:%M}"
    if memory.fault:
        yield Finding("note", "backup", f"{made}, and the last attempt failed: {memory.fault}", advice)
    elif is_stale(memory, now):
        yield Finding("note", "backup", made, advice)
    else:
        yield Finding("good", "backup", made)


def _records(path: Path) -> list[dict[str, object]]:
    """Return the last records of a log; what is no record of ours is left out."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - TAIL))
            lines = file.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if isinstance(record, dict):
            found.append(record)
    return found


def _at(record: dict[str, object]) -> Instant:
    return _instant(str(record.get("at", "")))


def _instant(text: str) -> Instant:
    try:
        return parse_instant(text)
    except HourloomError:
        return Instant(0)
