"""Examine a data directory and its surroundings without changing anything."""

from __future__ import annotations

import os
import platform
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import sqlcipher3

from hourloom.cli.handed import Check
from hourloom.configuration import Configuration
from hourloom.core.errors import HourloomError
from hourloom.db.ballast import Ballast, free_space
from hourloom.db.keys import edit, header
from hourloom.db.keys.errors import PassphraseNeeded
from hourloom.db.keys.unlock import unlock
from hourloom.db.lock import holder_of
from hourloom.db.migrate import HEAD, sqlite_revision
from hourloom.db.sqlite import APPLICATION_ID, connect
from hourloom.local.keys import means_of
from hourloom.local.reaching import DATABASE
from hourloom.web.peers import own_uid
from hourloom.web.server.occupant import who_listens

if TYPE_CHECKING:
    from sqlite3 import Connection

GIB = 1 << 30
LITTLE_SPACE = GIB
YEAR_2026 = 1_767_225_600
FUTURE_TOLERATED = 300.0

Look = Callable[[Configuration], Iterator[Check]]


def checks(configuration: Configuration) -> Iterator[Check]:
    """Examine one thing after another; what fails unforeseen is a finding too."""
    for look in (versions, clock, directory, lock, keys, database, space, port):
        try:
            yield from look(configuration)
        except HourloomError as error:
            yield Check("bad", look.__name__, error.message)
        except OSError as error:
            yield Check("bad", look.__name__, f"{error.filename or ''}: {error.strerror}".lstrip(": "))


def versions(configuration: Configuration) -> Iterator[Check]:
    """Tell the versions of what everything else runs on."""
    yield Check("good", "Python", platform.python_version())
    yield Check("good", "SQLite", sqlcipher3.sqlite_version)


def clock(configuration: Configuration) -> Iterator[Check]:
    """Hold the clock against this program's age and against what was written last."""
    now = time.time()
    if now < YEAR_2026:
        today = time.strftime("%Y-%m-%d", time.gmtime(now))
        yield Check("bad", "clock", f"it says {today}", "set the computer's clock")
        return
    files = [configuration.data_dir / name for name in (DATABASE, f"{DATABASE}-wal")]
    written = max((file.stat().st_mtime for file in files if file.exists()), default=now)
    if written > now + FUTURE_TOLERATED:
        advice = "check the computer's clock and time zone"
        yield Check("note", "clock", "the database was last written in what is now the future", advice)
    else:
        yield Check("good", "clock", time.strftime("%Y-%m-%d %H:%M:%S %z"))


def directory(configuration: Configuration) -> Iterator[Check]:
    """Look whether the directory is ours, and ours alone."""
    path = configuration.data_dir
    if not path.exists():
        yield Check("note", "data directory", f"{path} does not exist yet", "`hourloom up` makes it")
        return
    status = path.stat()
    if not stat.S_ISDIR(status.st_mode):
        yield Check("bad", "data directory", f"{path} is a file", "choose another --data-dir")
    elif os.name == "posix" and status.st_uid != own_uid():
        yield Check("bad", "data directory", f"{path} belongs to user {status.st_uid}", "`chown` it")
    elif os.name == "posix" and stat.S_IMODE(status.st_mode) & 0o077:
        advice = f"run `chmod 700 {path}`"
        yield Check("note", "data directory", f"other users may look into {path}", advice)
    elif not os.access(path, os.W_OK):
        yield Check("bad", "data directory", f"{path} cannot be written", "see whether its disk is read-only")
    else:
        yield Check("good", "data directory", str(path))


def lock(configuration: Configuration) -> Iterator[Check]:
    """Look who holds the directory."""
    holder = holder_of(configuration.data_dir)
    if holder is None:
        yield Check("note", "server", "none runs on this directory", "start one with `hourloom up`")
    else:
        yield Check("good", "server", str(holder))


def keys(configuration: Configuration) -> Iterator[Check]:
    """Look whether the database opens by itself, and whether its recovery code was noted down."""
    if configuration.database_url is not None:
        yield Check("note", "encryption", "PostgreSQL's content is not encrypted", "encrypt its disk")
        return
    path = configuration.data_dir / DATABASE
    state = header.state_of(path)
    if state == header.ABSENT:
        return
    if state == header.PLAIN:
        advice = "" if configuration.encryption == "off" else "`hourloom keys on` encrypts it"
        yield Check("note", "encryption", "the database is not encrypted", advice)
        return
    means = means_of(configuration, None)
    try:
        method = unlock(means, configuration.encryption).method
        yield Check("good", "encryption", f"the database opens by {method.replace('_', ' ')}")
    except PassphraseNeeded:
        yield Check("good", "encryption", "the database opens with your passphrase")
    if any(wrap.pending for wrap in edit.list_wraps(means)):
        advice = "`hourloom keys recovery` shows a new one, `hourloom keys acknowledge` confirms it"
        yield Check("note", "recovery code", "nobody has confirmed to have noted it down", advice)


def database(configuration: Configuration) -> Iterator[Check]:
    """Open the file, only to read, and let the database examine itself."""
    path = configuration.data_dir / DATABASE
    if configuration.database_url is not None or header.state_of(path) == header.ABSENT:
        return
    try:
        unlocked = unlock(means_of(configuration, None), configuration.encryption)
    except HourloomError:
        # `keys` has said why.
        return
    connection = connect(path, unlocked.data_key, readonly=True)
    try:
        yield from _sound(connection, encrypted=unlocked.data_key is not None)
        yield _schema(connection)
    except sqlcipher3.DatabaseError as error:
        yield Check("bad", "database", f"it is damaged ({error})", "restore a backup, and keep this file")
    finally:
        connection.close()


def _sound(connection: Connection, *, encrypted: bool) -> Iterator[Check]:
    faults = [str(row[0]) for row in connection.execute("PRAGMA quick_check(5)")]
    if encrypted:
        faults += [str(row[0]) for row in connection.execute("PRAGMA cipher_integrity_check")][:5]
    faults = [fault for fault in faults if fault != "ok"]
    if faults:
        yield Check("bad", "database", f"it is damaged: {faults[0]}", "restore a backup, and keep this file")
    else:
        yield Check("good", "database", "its structure is sound")


def _schema(connection: Connection) -> Check:
    (owner,) = connection.execute("PRAGMA application_id").fetchone()
    found = sqlite_revision(connection)
    if found is None:
        return Check("note", "schema", "the database is still empty", "`hourloom up` makes its tables")
    if owner != APPLICATION_ID:
        return Check("bad", "schema", "this is another program's database", "choose another --data-dir")
    if found > HEAD:
        return Check(
            "bad", "schema", f"revision {found}, newer than this program's {HEAD}", "update Hourloom"
        )
    if found < HEAD:
        return Check("note", "schema", f"revision {found} of {HEAD}", "the next start brings it up to date")
    return Check("good", "schema", f"revision {found}")


def space(configuration: Configuration) -> Iterator[Check]:
    """Look at the disk and at the reserve that is given up when it is full."""
    path = _nearest(configuration.data_dir)
    free = free_space(path)
    if free < LITTLE_SPACE:
        advice = "free some space: a full disk stops the recording"
        yield Check(
            "note" if free > LITTLE_SPACE // 8 else "bad", "disk", f"{free >> 20} MiB are free", advice
        )
    else:
        yield Check("good", "disk", f"{free / GIB:.1f} GiB are free")
    if (configuration.data_dir / DATABASE).exists() and configuration.ballast:
        held = Ballast(configuration.data_dir, configuration.ballast).held
        advice = "" if held else "the server takes it again when it starts and there is room"
        yield Check("good" if held else "note", "reserve", "held" if held else "not held", advice)


def port(configuration: Configuration) -> Iterator[Check]:
    """Look who listens, and whether that is the server of this very directory."""
    number = configuration.port
    occupant = who_listens(configuration.host, number)
    ours = holder_of(configuration.data_dir)
    if ours is not None and ours.port is not None and ours.port != number:
        yield Check("good", "port", f"this directory's server listens on {ours.port}, not on {number}")
    elif occupant is None:
        yield Check("good" if ours is None else "bad", "port", f"nobody listens on {number}")
    elif occupant.kind == "activitywatch":
        advice = "quit it, or start Hourloom with another --port and give the watchers that one"
        yield Check("note" if ours is None else "bad", "port", f"{number} is used by {occupant}", advice)
    elif ours is None:
        yield Check("note", "port", f"{number} is used by {occupant}", "start Hourloom with another --port")
    else:
        yield Check("good", "port", f"{number} is used by this directory's server")


def _nearest(path: Path) -> Path:
    """Return the directory, or the nearest one above it that exists."""
    while not path.exists():
        path = path.parent
    return path
