"""Looks at the files: whose they are, who may read them, what was left behind."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from hourloom.db.lock import NAME as LOCK
from hourloom.db.lock import SWAP
from hourloom.db.swap import finish, is_promised
from hourloom.local.doctor.findings import Finding, Repair
from hourloom.local.doctor.patient import Patient
from hourloom.web.peers import own_uid

MOST_FILES = 100_000
IN_USE = "in-use"
RUN = "run"
_SHOWN = 3

LEFT_BEHIND = (
    "*.converting",
    "*.converting-*",
    "*.beginning",
    "*.beginning-*",
    ".*.new",
    "salvaging",
    "backup-work",
    "restoring",
    "backups/.*.new",
    f"{RUN}/import-*",
)
"""What programs that were stopped leave in the data directory, and nobody takes up again."""

KEPT = ("damaged-*", "set-aside-*.db", "before-restore-*")
"""What was kept on purpose, until a person deletes it."""


@dataclass(frozen=True)
class _Odd:
    path: Path
    mode: int
    wanted: int


def directory(patient: Patient) -> Iterator[Finding]:
    """Look whether the directory is ours."""
    path = patient.directory
    if not path.exists():
        yield Finding("note", "data directory", f"{path} does not exist yet", "`hourloom up` makes it")
        return
    status = path.stat()
    if not stat.S_ISDIR(status.st_mode):
        yield Finding("bad", "data directory", f"{path} is a file", "choose another --data-dir")
    elif os.name == "posix" and status.st_uid != own_uid():
        yield Finding("bad", "data directory", f"{path} belongs to user {status.st_uid}", "`chown` it")
    elif not os.access(path, os.W_OK):
        advice = "see whether its disk is read-only"
        yield Finding("bad", "data directory", f"{path} cannot be written", advice)
    else:
        yield Finding("good", "data directory", str(path))


def permissions(patient: Patient) -> Iterator[Finding]:
    """Look whether every file is its user's alone."""
    if os.name != "posix" or not patient.directory.is_dir():
        return
    places = [patient.directory, patient.configuration.config_dir]
    if key_file := patient.configuration.key_file:
        places.append(key_file)
    open_to_others, links, strangers = [], [], []
    for path in _all_of(places):
        status = path.lstat()
        wanted = 0o700 if stat.S_ISDIR(status.st_mode) else 0o600
        mode = stat.S_IMODE(status.st_mode)
        if stat.S_ISSOCK(status.st_mode):
            continue
        if stat.S_ISLNK(status.st_mode):
            links.append(path)
        elif status.st_uid != own_uid():
            strangers.append(path)
        elif mode & 0o077 or mode & wanted != wanted:
            open_to_others.append(_Odd(path, mode, wanted))
    yield from _told(open_to_others, links, strangers)


def leftovers(patient: Patient) -> Iterator[Finding]:
    """Look for what stopped programs left behind, and for what was kept on purpose."""
    if not patient.directory.is_dir():
        return
    if is_promised(patient.directory):
        yield _promised(patient)
        return
    found = [] if patient.holder else _matching(patient.directory, LEFT_BEHIND)
    if found:
        yield Finding(
            "note",
            "leftovers",
            f"work that was stopped left {_named(found)}",
            repair=Repair(f"delete {_named(found)}", partial(_remove, found)),
        )
    kept = _matching(patient.directory, KEPT)
    if kept:
        size = sum(_size(path) for path in kept) >> 20
        advice = "delete it once you are sure that nothing is missing"
        yield Finding("note", "kept files", f"{_named(kept)} takes {size} MiB", advice)


def unclean_stop(patient: Patient) -> Iterator[Finding]:
    """Look whether the last server ended without closing its database."""
    mark, run = patient.directory / IN_USE, patient.directory / RUN
    if patient.holder is not None:
        return
    stale = [path for path in (mark, *run.glob("*.sock")) if path.exists()]
    if mark.exists():
        yield Finding(
            "note",
            "last stop",
            "the last server was killed, or the power failed; what it had acknowledged is there",
            repair=Repair("forget the last server's files", partial(_remove, stale)),
        )
    elif stale:
        yield Finding(
            "note",
            "last stop",
            f"{_named(stale)} is left of the last server",
            repair=Repair(f"delete {_named(stale)}", partial(_remove, stale)),
        )


def _told(odd: list[_Odd], links: list[Path], strangers: list[Path]) -> Iterator[Finding]:
    if odd:
        paths = [each.path for each in odd]
        yield Finding(
            "note",
            "permissions",
            f"other users may look into {_named(paths)}, or you may not write there",
            "run " + ", ".join(f"`chmod {each.wanted:o} {each.path}`" for each in odd[:_SHOWN]),
            Repair(f"make {_named(paths)} yours alone", partial(_close, odd), alone=False),
        )
    if strangers:
        yield Finding("bad", "owner", f"{_named(strangers)} belongs to another user", "`chown` it")
    if links:
        advice = "see that where it leads is yours alone too"
        yield Finding("note", "links", f"{_named(links)} is a link to another place", advice)
    if not odd and not strangers:
        yield Finding("good", "permissions", "all files are yours alone")


def _promised(patient: Patient) -> Finding:
    if patient.holder is not None:
        return Finding("note", "leftovers", "a database is being exchanged at this moment")
    return Finding(
        "note",
        "leftovers",
        "another database was about to take the place of the present one when it was stopped",
        "the next start finishes it",
        Repair("finish the exchange of the database", partial(_finish, patient.directory)),
    )


def _finish(directory: Path) -> None:
    # Whoever takes the lock finishes it already.
    if (directory / SWAP).exists():
        finish(directory)


def _all_of(places: list[Path]) -> Iterator[Path]:
    """Yield directories and all that is in them, up to a bound, following no links."""
    waiting, count = [place for place in dict.fromkeys(places) if os.path.lexists(place)], 0
    while waiting and count < MOST_FILES:
        path = waiting.pop()
        count += 1
        yield path
        if not path.is_symlink() and path.is_dir():
            with contextlib.suppress(OSError):
                waiting += [Path(entry.path) for entry in os.scandir(path)]


def _matching(directory: Path, patterns: tuple[str, ...]) -> list[Path]:
    return sorted(path for pattern in patterns for path in directory.glob(pattern) if path.name != LOCK)


def _named(paths: list[Path]) -> str:
    names = ", ".join(path.name for path in paths[:_SHOWN])
    return f"{names} and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else names


def _size(path: Path) -> int:
    if path.is_dir():
        return sum(each.stat().st_size for each in path.rglob("*") if each.is_file())
    return path.stat().st_size


def _remove(paths: list[Path]) -> None:
    for path in paths:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _close(odd: list[_Odd]) -> None:
    for each in odd:
        if not each.path.is_symlink():
            each.path.chmod(each.wanted)
