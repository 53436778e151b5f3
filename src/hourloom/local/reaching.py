"""Reach the server of a data directory: the one that runs, else the same application in this program."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from hourloom.cli.handed import Running, Storage
from hourloom.configuration import Configuration
from hourloom.core.errors import NotFound, Unavailable
from hourloom.db.keys import header
from hourloom.db.lock import holder_of
from hourloom.sdk.api import Way
from hourloom.sdk.in_memory import Application, InMemory
from hourloom.sdk.socket_way import by_socket

DATABASE = "hourloom.db"
_STARTS_WITHIN = 10.0
_PAUSE = 0.05

Assembled = Callable[[Configuration], AbstractContextManager[Application]]
"""Hold the data directory and return the application on it."""


class NothingHereYet(NotFound):
    """There is no database in {path} yet; `hourloom up` makes one."""


class ServerSilent(Unavailable):
    """The data directory {path} is in use ({holder}), but no server answers there yet; try again."""


@contextmanager
def reach(configuration: Configuration, make: bool, assembled: Assembled) -> Iterator[Way]:  # noqa: FBT001 - handed on by position
    """Reach the server that runs, waiting for one that starts, or hold the directory ourselves."""
    way = running_way(configuration)
    if way is not None:
        try:
            yield way
        finally:
            way.close()
        return
    if not make and configuration.database_url is None and not storage(configuration).exists:
        raise NothingHereYet(path=configuration.data_dir)
    with assembled(configuration) as application:
        ours = InMemory(application, f"localhost:{configuration.port}")
        try:
            yield ours
        finally:
            ours.close()


def running_way(configuration: Configuration) -> Way | None:
    """Return the way to the server that runs; one that has only begun to start is waited for."""
    deadline = time.monotonic() + _STARTS_WITHIN
    while True:
        way = by_socket(configuration.data_dir, configuration.port)
        if way is not None:
            return way
        holder = holder_of(configuration.data_dir)
        if holder is None:
            return None
        if time.monotonic() > deadline:
            raise ServerSilent(path=configuration.data_dir, holder=holder)
        time.sleep(_PAUSE)


def running(configuration: Configuration) -> Running | None:
    """Return who holds the data directory, or None when nobody does."""
    holder = holder_of(configuration.data_dir)
    return None if holder is None else Running(holder.url, holder.pid)


def storage(configuration: Configuration) -> Storage:
    """Look at the database file."""
    database = configuration.data_dir / DATABASE
    state = header.state_of(database)
    return Storage(database, state != header.ABSENT, state not in (header.ABSENT, header.PLAIN))
