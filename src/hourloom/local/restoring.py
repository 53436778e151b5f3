"""Put a backup's database in the place of the present one, with a server that runs or without.

A server under `hourloom up` is asked to start again: the supervisor keeps the listening socket, so no watcher
is refused, and the new server finds what was promised and finishes it before it opens anything.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hourloom.backups import making, restoring
from hourloom.backups.model import BackupManifest, TeamBackup
from hourloom.cli.handed import Count, Restored, RestorePreview, TableRows
from hourloom.configuration import Configuration
from hourloom.core.clock import SystemClock, datetime_of
from hourloom.core.errors import Conflict, HourloomError, NotFound, Unavailable
from hourloom.db.keys import wraps
from hourloom.db.keys.places import read_keys, write_atomically
from hourloom.db.keys.unlock import unlock
from hourloom.db.keys.wraps import KeyFile
from hourloom.db.lock import holder_of, take
from hourloom.db.swap import finish, is_promised
from hourloom.local.backing_up import key_of
from hourloom.local.keys import means_of
from hourloom.supervisor import LOCK_NAME

_STARTS_AGAIN_WITHIN = 60.0
_PAUSE = 0.05


class ServerMustStop(Conflict):
    """A server runs on {path} ({holder}) that nobody would start again; stop it, then restore."""


class ServerStays(Unavailable):
    """The server did not start again; stop it and start it: the restored database then takes its place."""


class NothingKept(NotFound):
    """No database is kept in {path} that a restore has taken the place of."""


class LocalRestoring:
    """One backup file, to be restored into one data directory."""

    def __init__(self, configuration: Configuration, path: Path, ask: Callable[[], str]) -> None:
        if configuration.database_url is not None:
            raise TeamBackup
        self._configuration, self._means = configuration, means_of(configuration, None)
        self._backup = restoring.look_at(path.expanduser().absolute())
        self._key = key_of(self._backup, configuration, ask)

    def preview(self) -> RestorePreview:
        manifest = restoring.manifest_of(self._backup, self._key)
        now = restoring.present_contents(self._means, self._present_key())
        document = read_keys(self._means.places)
        rows = {} if now is None else now.rows
        return RestorePreview(
            made_at=datetime_of(manifest.made_at),
            program="".join(each for each in manifest.program[:40] if each.isprintable()),
            schema=manifest.schema,
            bytes=manifest.size,
            sealed=self._backup.label.sealed,
            oldest=None if manifest.oldest is None else datetime_of(manifest.oldest),
            newest=None if manifest.newest is None else datetime_of(manifest.newest),
            newest_now=None if now is None or now.newest is None else datetime_of(now.newest),
            schema_now=None if now is None else now.schema,
            same_database=document is not None and document.database_id == manifest.database_id,
            rows=[
                TableRows(name, manifest.rows.get(name, 0), None if now is None else rows.get(name, 0))
                for name in sorted({*manifest.rows, *rows})
            ],
        )

    def carry_out(self, count: Count) -> Restored:
        directory = self._configuration.data_dir
        with _held_or_handed_over(self._configuration) as put, making.one_at_a_time(directory):
            had = self._means.places.database.exists()
            manifest = restoring.take_out(self._backup, self._key, directory, count)
            self._put_keys_beside(manifest)
            kept = restoring.exchange(directory, SystemClock().now())
            restarted = put()
        return Restored(kept if had else None, restarted)

    def _put_keys_beside(self, manifest: BackupManifest) -> None:
        document = restoring.put_keys_beside(self._backup, manifest, self._key, self._means)
        _copy_keys(self._configuration, document)

    def _present_key(self) -> bytes | None:
        with suppress(HourloomError):
            if self._means.places.database.exists():
                return unlock(self._means, self._configuration.encryption).data_key
        return None


def restore_kept(configuration: Configuration) -> Restored:
    """Put the database back that the last restore took the place of; the present one is kept in its turn."""
    directory = configuration.data_dir
    if configuration.database_url is not None:
        raise TeamBackup
    if not restoring.kept_in(directory):
        raise NothingKept(path=directory)
    with _held_or_handed_over(configuration) as put, making.one_at_a_time(directory):
        found = restoring.exchange_back(directory, SystemClock().now())
        if found is None:
            raise NothingKept(path=directory)
        restarted = put()
        document = read_keys(means_of(configuration, None).places)
    if document is not None:
        _copy_keys(configuration, document)
    return Restored(found[1], restarted)


@contextmanager
def _held_or_handed_over(configuration: Configuration) -> Iterator[Callable[[], bool]]:
    """Hold the directory, or find a server that can start again; yield what does what was promised.

    It returns whether a server was started again.
    """
    directory = configuration.data_dir
    holder = holder_of(directory)
    if holder is not None:
        pid = holder.pid
        if pid is None or holder_of(directory, LOCK_NAME) is None or not hasattr(signal, "SIGHUP"):
            raise ServerMustStop(path=directory, holder=holder)
        yield lambda: _started_again(directory, pid)
        return
    lock = take(directory, SystemClock().now())
    try:
        yield lambda: _finished(directory)
    finally:
        lock.release()


def _finished(directory: Path) -> bool:
    finish(directory)
    return False


def _started_again(directory: Path, pid: int) -> bool:
    """Ask the server to end, and wait until its supervisor has started the next one."""
    # One that has ended meanwhile is followed by one that finishes what was promised all the same.
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGHUP)
    deadline = time.monotonic() + _STARTS_AGAIN_WITHIN
    while time.monotonic() < deadline:
        holder = holder_of(directory)
        if holder is not None and holder.pid not in (None, pid) and not is_promised(directory):
            return True
        time.sleep(_PAUSE)
    raise ServerStays


def _copy_keys(configuration: Configuration, document: KeyFile) -> None:
    """Keep a copy of the keys in the configuration directory; the database opens without it, too."""
    places = means_of(configuration, None).places
    with suppress(HourloomError):
        write_atomically(places.copy(document.database_id), wraps.encode(document))
