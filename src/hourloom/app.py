"""The composition root: puts configuration, database, features and web together; alone knows everything."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hourloom import __version__
from hourloom.core.clock import SystemClock
from hourloom.core.errors import HourloomError

if TYPE_CHECKING:
    from hourloom.assembly import Server
    from hourloom.configuration import Configuration
    from hourloom.db.ballast import Ballast
    from hourloom.db.keys.apart import Unlocking
    from hourloom.db.keys.unlock import Unlocked
    from hourloom.db.lock import DirectoryLock
    from hourloom.db.transaction import Database, Publish, Record
    from hourloom.web.guard import Guarded

DATABASE = "hourloom.db"
IN_USE = "in-use"
"""A file that is there while the database is open: one left over tells of a kill or a power cut."""
SOCKET = Path("run") / "server.sock"
ANYWHERE = ("0.0.0.0", "::")  # noqa: S104 - compared with, not listened on


def open_database(
    configuration: Configuration,
    unlocked: Unlocked | None,
    record: Record,
    publish: Publish,
    ballast: Ballast,
) -> Database:
    """Open the database and bring its schema up to date."""
    if configuration.database_url is not None:
        return _team_database(configuration.database_url, record, publish)
    from hourloom.db.embedded import EmbeddedDatabase
    from hourloom.db.migrate import prepare_sqlite
    from hourloom.db.opening import in_a_sentence
    from hourloom.db.sqlite import connect

    path = configuration.data_dir / DATABASE
    key = unlocked.data_key if unlocked else None
    with in_a_sentence(path):
        with contextlib.closing(connect(path, key)) as connection:
            prepare_sqlite(connection, path.name)
        return EmbeddedDatabase(path, key, record=record, publish=publish, free_space=ballast.release)


def _team_database(url: str, record: Record, publish: Publish) -> Database:
    import psycopg

    from hourloom.db.migrate import prepare_postgres
    from hourloom.db.postgres import DatabaseUnreachable, TeamDatabase

    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
            prepare_postgres(connection)
    except psycopg.OperationalError as error:
        raise DatabaseUnreachable(reason=str(error).splitlines()[0]) from None
    return TeamDatabase(url, record=record, publish=publish)


def serve(configuration: Configuration, fd: int | None = None) -> None:
    """Run the server until it is told to stop."""
    with held(configuration) as lock:
        listener = listening_socket(configuration, fd)
        unlocking = begin_unlocking(configuration)
        from hourloom.core.log import set_up

        set_up(configuration.data_dir, configuration.log_level)
        # Imported while another process unlocks the keys.
        import hourloom.web.server.run  # noqa: F401

        with opened(configuration, unlocking) as (server, unlocked):
            run(server, listener, lambda url: announce_ready(url, lock, unlocked))


@contextlib.contextmanager
def assembled(configuration: Configuration) -> Iterator[Guarded]:
    """Hold the data directory and answer requests within this program, for a command while no server runs."""
    with held(configuration), opened(configuration, begin_unlocking(configuration)) as (server, unlocked):
        if unlocked and unlocked.new_recovery_code:
            show_recovery_code(unlocked.new_recovery_code)
        yield server.application(configuration.port)


@contextlib.contextmanager
def held(configuration: Configuration) -> Iterator[DirectoryLock]:
    """Hold the data directory for this program alone."""
    from hourloom.db.lock import take

    lock = take(configuration.data_dir, SystemClock().now())
    try:
        yield lock
    finally:
        lock.release()


@contextlib.contextmanager
def opened(
    configuration: Configuration, unlocking: Unlocking | None
) -> Iterator[tuple[Server, Unlocked | None]]:
    """Open the database and put the server together; close it in the end."""
    from hourloom.assembly import Live, Server
    from hourloom.db.ballast import Ballast

    clock = SystemClock()
    live = Live(clock)
    ballast = Ballast(configuration.data_dir, configuration.ballast)
    unlocked = finish_unlocking(configuration, unlocking) if unlocking else None
    mark = configuration.data_dir / IN_USE
    was_killed = mark.exists()
    database = open_database(configuration, unlocked, live.feed.record, live.hub.publish, ballast)
    try:
        ballast.take()
        with contextlib.suppress(OSError):
            mark.touch(mode=0o600)
        server = Server(
            configuration, database, clock, live, was_killed=was_killed, refill_ballast=ballast.refill
        )
        yield server, unlocked
    finally:
        database.close()
        with contextlib.suppress(OSError):
            mark.unlink(missing_ok=True)


def run(server: Server, listener: socket.socket, ready: Callable[[str], None]) -> None:
    """Answer requests until a signal."""
    from hourloom.tracking.routes.moving import discard_leftovers
    from hourloom.web.server.run import serve as listen

    host, port = listener.getsockname()[:2]
    directory = server.configuration.data_dir
    discard_leftovers(directory / "run")
    listen(
        server.application(port),
        tcp=[listener],
        unix_path=directory / SOCKET,
        on_stopping=server.live.hub.stop,
        on_ready=lambda _: ready(f"http://{'localhost' if host in ANYWHERE else host}:{port}"),
    )


def listening_socket(configuration: Configuration, fd: int | None) -> socket.socket:
    """Return the socket that a supervisor or systemd holds, or a new one."""
    from hourloom.web.server.listening import handed_over, inherited, listen_tcp

    if fd is not None:
        return inherited(fd)
    for listener in handed_over(os.environ):
        return listener
    return listen_tcp(configuration.host, configuration.port)


def begin_unlocking(configuration: Configuration, passphrase: str | None = None) -> Unlocking | None:
    """Start to find the key of the embedded database; there is none for PostgreSQL."""
    if configuration.database_url is not None:
        return None
    from hourloom.db.keys.apart import Request, begin_unlocking
    from hourloom.db.opening import refuse_foreign

    refuse_foreign(configuration.data_dir / DATABASE)
    key_file = configuration.key_file
    return begin_unlocking(
        Request(
            directory=str(configuration.data_dir),
            config_dir=str(configuration.config_dir),
            encryption=configuration.encryption,
            keychain=configuration.keychain,
            key_file=None if key_file is None else str(key_file),
            passphrase=passphrase,
        )
    )


def finish_unlocking(configuration: Configuration, unlocking: Unlocking) -> Unlocked | None:
    """Wait for the key; ask for a passphrase where one is needed and somebody can be asked."""
    from hourloom.db.keys.errors import PassphraseNeeded

    try:
        return unlocking.result()
    except PassphraseNeeded:
        # A program in the background that asked would be stopped by the terminal.
        if not sys.stdin.isatty() or os.tcgetpgrp(0) != os.getpgrp():
            raise
    from getpass import getpass

    again = begin_unlocking(configuration, getpass("Passphrase of the database: "))
    return again.result() if again else None


def announce_ready(url: str, lock: DirectoryLock, unlocked: Unlocked | None) -> None:
    """Say on the terminal where the server is, and once the recovery code."""
    lock.publish(url)
    print(f"Hourloom listens on {url}; sign in with `hourloom open`.", file=sys.stderr, flush=True)
    if unlocked and unlocked.new_recovery_code:
        show_recovery_code(unlocked.new_recovery_code)


def show_recovery_code(code: str) -> None:
    """Show a new recovery code, on a terminal and nowhere else."""
    if sys.stderr.isatty():
        print(
            f"Your database is encrypted. Write down its recovery code, which opens it when this "
            f"computer's keys are lost:\n\n    {code}\n",
            file=sys.stderr,
        )
    else:
        print("Your database is encrypted; `hourloom keys recovery` shows a recovery code.", file=sys.stderr)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; `serve` starts without loading what only people's commands need."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        if words[:1] == ["serve"]:
            return _serve(words[1:])
        if words[:1] == ["--version"]:
            print(f"hourloom {__version__}")
            return 0
        from hourloom.cli.main import run
        from hourloom.local.handed import handed

        return run(words, handed(assembled, show_recovery_code))
    except HourloomError as error:
        print(f"hourloom: {error.message}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        with contextlib.suppress(OSError):
            os.close(1)
        return 1


def _serve(words: Sequence[str]) -> int:
    from hourloom.configuration import of_command_line

    serve(*of_command_line(words))
    return 0
