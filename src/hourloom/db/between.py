"""What the writer does alone on its connection between two commits, such as closing the file for another."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from hourloom.core.errors import Conflict
from hourloom.db.sqlcipher import driver
from hourloom.db.transaction import answerable

if TYPE_CHECKING:
    from sqlite3 import Connection
else:
    Connection = driver.Connection

SECONDS_TO_WAIT = 600.0
"""For the writer to come to it: a full disk may hold it up."""
_MILLISECONDS_FOR_OTHERS = 50


class OpenElsewhere(Conflict):
    """The database {name} is open elsewhere (a backup, `hourloom doctor`); try again when that is done."""


class Between:
    """Something to do on the writer's connection, and its answer."""

    def __init__(self, act: Callable[[Connection], object]) -> None:
        self._act = act
        self._done = threading.Event()
        self._value: object = None
        self._error: BaseException | None = None

    def run(self, connection: Connection) -> None:
        """Do it; called on the writer's thread."""
        try:
            self._value = self._act(connection)
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            self._error = error
        self._done.set()

    @property
    def done(self) -> bool:
        """Return whether it was done."""
        return self._done.is_set()

    def answer(self) -> object:
        """Return the answer or raise the error."""
        self._done.wait(SECONDS_TO_WAIT)
        if self._error is not None:
            raise answerable(self._error)
        return self._value


def fold_in(connection: Connection, path: Path) -> None:
    """Move the log into the file and close it, so that the file can be put aside alone.

    Fails without harm while anybody else has the file open: a log must not outlive its file.
    """
    (patience,) = connection.execute("PRAGMA busy_timeout").fetchone()
    connection.execute(f"PRAGMA busy_timeout = {_MILLISECONDS_FOR_OTHERS:d}")
    try:
        (mode,) = connection.execute("PRAGMA journal_mode = DELETE").fetchone()
    except driver.OperationalError as error:
        if "locked" not in str(error):
            raise
        mode = "wal"
    finally:
        connection.execute(f"PRAGMA busy_timeout = {patience:d}")
    if mode != "delete":
        raise OpenElsewhere(name=path.name)
    connection.close()
