"""The composition root: puts configuration, database, features and web together; alone knows everything."""

from __future__ import annotations

import contextlib
import gc
import os
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hourloom import __version__
from hourloom.core.clock import SystemClock
from hourloom.core.errors import HourloomError
from hourloom.core.heaps import share_one_heap

if TYPE_CHECKING:
    from hourloom.assembly import Server
    from hourloom.care.model import Surroundings
    from hourloom.configuration import Configuration
    from hourloom.db.ballast import Ballast
    from hourloom.db.keys.apart import Unlocking
    from hourloom.db.keys.unlock import Unlocked
    from hourloom.db.lock import DirectoryLock
    from hourloom.db.transaction import Database, Publish, Record
    from hourloom.local.unlocking import Help
    from hourloom.web.guard import Guarded

DATABASE = "hourloom.db"
ENDED = "HOURLOOM_ENDED"
"""The variable in which a supervisor tells how the server before this one ended."""
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
    from hourloom.db.migrate import behind, prepare_sqlite, upgrade
    from hourloom.db.opening import in_a_sentence
    from hourloom.db.sqlite import connect

    path = configuration.data_dir / DATABASE
    key = unlocked.data_key if unlocked else None
    with in_a_sentence(path):
        with contextlib.closing(connect(path, key)) as connection:
            found = behind(connection)
            if found is None:
                prepare_sqlite(connection, path.name)
            else:
                upgrade(connection, path.name, found, _backed_up(configuration, path, key))
        return EmbeddedDatabase(path, key, record=record, publish=publish, free_space=ballast.release)


def _backed_up(configuration: Configuration, path: Path, key: bytes | None) -> Path:
    """Make a backup before the schema changes; without one nothing is changed."""
    from hourloom.backups.upgrading import back_up

    print("hourloom: the database is brought up to date, after a backup.", file=sys.stderr, flush=True)
    made = back_up(path, key, configuration.config_dir, SystemClock())
    return Path(made.place) / made.name


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


def serve(configuration: Configuration, fd: int | None = None, unlock_fd: int | None = None) -> bool:
    """Run the server until it is told to stop; return whether it is to be started again.

    Through `unlock_fd` a parent hands over what opens the database, and it asks for it when that is missing.
    """
    share_one_heap()
    # What a start makes stays; the server looks for rubbish once it runs.
    gc.disable()
    with held(configuration) as lock:
        listener = listening_socket(configuration, fd)
        unlocking = begin_unlocking(configuration, words_handed_over(unlock_fd))
        from hourloom.core.log import set_up

        set_up(configuration.data_dir, configuration.log_level)
        from hourloom.care.crashes import Crashes, crashed_before
        from hourloom.care.telemetry import telemetry

        crashes = Crashes(configuration.data_dir, SystemClock())
        crashes.install()
        away = telemetry(configuration.telemetry, configuration.telemetry_address)
        crashes.tell = away.crashed
        # Imported while another process unlocks the keys.
        import hourloom.web.server.run  # noqa: F401

        help_from: Help = "parent" if unlock_fd is not None else "here" if fd is None else "later"
        unlocked_server = opened(configuration, unlocking, help_from)
        with contextlib.closing(away), unlocked_server as (server, unlocked):
            around = surroundings(configuration)
            server.watch_over(around, crashes, crashed_before(os.environ.get(ENDED, "")))
            away.watch(server.vitals.measures)
            directory = configuration.data_dir
            return run(server, listener, lambda url: announce_ready(url, directory, lock, unlocked))


@contextlib.contextmanager
def assembled(configuration: Configuration) -> Iterator[Guarded]:
    """Hold the data directory and answer requests within this program, for a command while no server runs."""
    with held(configuration), opened(configuration, begin_unlocking(configuration)) as (server, unlocked):
        if unlocked and unlocked.new_recovery_code:
            show_recovery_code(unlocked.new_recovery_code)
        yield server.application(configuration.port)


@contextlib.contextmanager
def alone(configuration: Configuration) -> Iterator[Server]:
    """Hold the data directory and put the server together, for a command that serves nobody."""
    with held(configuration), opened(configuration, begin_unlocking(configuration)) as (server, _):
        yield server


def unlocked_for(configuration: Configuration) -> Unlocked | None:
    """Return the key of the database, for a command that holds the data directory."""
    unlocking = begin_unlocking(configuration)
    return finish_unlocking(configuration, unlocking) if unlocking else None


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
    configuration: Configuration, unlocking: Unlocking | None, help_from: Help = "here"
) -> Iterator[tuple[Server, Unlocked | None]]:
    """Open the database and put the server together; close it in the end."""
    from hourloom.assembly import Live, Server
    from hourloom.db.ballast import Ballast
    from hourloom.db.keys.copying import discard_leftovers
    from hourloom.jobs.computer import LinuxComputer

    clock = SystemClock()
    live = Live(clock)
    ballast = Ballast(configuration.data_dir, configuration.ballast)
    unlocked = finish_unlocking(configuration, unlocking, help_from) if unlocking else None
    discard_leftovers(configuration.data_dir / DATABASE)
    mark = configuration.data_dir / IN_USE
    was_killed = mark.exists()
    database = open_database(configuration, unlocked, live.feed.record, live.hub.publish, ballast)
    try:
        ballast.take()
        with contextlib.suppress(OSError):
            mark.touch(mode=0o600)
        server = Server(
            configuration,
            database,
            clock,
            live,
            was_killed=was_killed,
            refill_ballast=ballast.refill,
            computer=LinuxComputer(),
        )
        server.keys.successor = unlocked.successor if unlocked else None
        yield server, unlocked
    finally:
        database.close()
        with contextlib.suppress(OSError):
            mark.unlink(missing_ok=True)


def surroundings(configuration: Configuration) -> Surroundings:
    """Return how the server finds out about the computer that it runs on."""
    from hourloom.care.model import Surroundings
    from hourloom.core.clock import awake_for
    from hourloom.db.ballast import Ballast, free_space
    from hourloom.db.keys.places import Places, read_keys

    directory = configuration.data_dir
    places = Places(directory, configuration.config_dir, configuration.key_file)

    def recovery_pending() -> bool:
        if configuration.database_url is not None:
            return False
        keys = read_keys(places)
        return keys is not None and keys.encryption != "off" and keys.recovery_pending

    return Surroundings(
        awake_for=awake_for,
        free_space=lambda: free_space(directory),
        ballast_held=lambda: Ballast(directory, configuration.ballast).held,
        recovery_pending=recovery_pending,
    )


def run(server: Server, listener: socket.socket, ready: Callable[[str], None]) -> bool:
    """Answer requests until a signal; return whether that asked for another start."""
    from hourloom.tracking.routes.moving import discard_leftovers
    from hourloom.web.server.run import serve as listen

    host, port = listener.getsockname()[:2]
    directory = server.configuration.data_dir
    discard_leftovers(directory / "run")
    return listen(
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
    from hourloom.db.opening import refuse_foreign
    from hourloom.local.unlocking import begin

    refuse_foreign(configuration.data_dir / DATABASE)
    return begin(configuration, passphrase)


def finish_unlocking(
    configuration: Configuration, unlocking: Unlocking, help_from: Help = "here"
) -> Unlocked:
    """Wait for the key; ask for passphrase or recovery code where one is needed and somebody is there."""
    from hourloom.local.unlocking import finish

    return finish(configuration, unlocking, help_from=help_from)


def words_handed_over(descriptor: int | None) -> str | None:
    """Return the passphrase that a parent hands over, if there is one."""
    if descriptor is None:
        return None
    from hourloom.local.unlocking import words_in

    return words_in(descriptor)


def announce_ready(url: str, directory: Path, lock: DirectoryLock, unlocked: Unlocked | None) -> None:
    """Say on the terminal where the server is, and once the recovery code."""
    lock.publish(url)
    import shlex

    from hourloom.configuration import directories

    own = directory == directories(os.environ, "hourloom")[0]
    opening = "hourloom open" if own else f"hourloom open --data-dir {shlex.quote(str(directory))}"
    print(f"Hourloom listens on {url}; sign in with `{opening}`.", file=sys.stderr, flush=True)
    if unlocked and unlocked.new_recovery_code:
        show_recovery_code(unlocked.new_recovery_code)


def show_recovery_code(code: str) -> None:
    """Show a new recovery code, on a terminal and nowhere else."""
    if sys.stderr.isatty():
        print(
            f"Your database is encrypted. Write down its recovery code, which opens it when this "
            f"computer's keys are lost:\n\n    {code}\n\n"
            "Then run `hourloom keys acknowledge`.\n",
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
        if words[:1] == ["device"]:
            from hourloom.local import device

            if device.is_program(words):
                return device.run(words[1:])
        if words[:1] == ["unlock"]:
            return _unlock(words[1:])
        if words[:1] == ["--version"]:
            print(f"hourloom {__version__}")
            return 0
        from hourloom.cli.main import run
        from hourloom.local.handed import handed

        return run(words, handed(assembled, show_recovery_code, alone, unlocked_for))
    except HourloomError as error:
        print(f"hourloom: {error.message}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        with contextlib.suppress(OSError):
            os.close(1)
        return 1


def _unlock(words: Sequence[str]) -> int:
    """Ask, for the supervisor, what the server needs to open its database."""
    from hourloom.configuration import of_command_line
    from hourloom.local.unlocking import answer

    configuration, _, descriptor = of_command_line(words)
    return 2 if descriptor is None else answer(configuration, descriptor)


def _serve(words: Sequence[str]) -> int:
    from hourloom.configuration import of_command_line

    if not serve(*of_command_line(words)):
        return 0
    from hourloom.supervisor import START_AGAIN

    return START_AGAIN
