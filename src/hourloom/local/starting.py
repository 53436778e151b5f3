"""Become the supervisor of the server and the device program, for as long as the computer is on."""

from __future__ import annotations

import sys
from collections.abc import Callable

from hourloom.cli.handed import Running
from hourloom.configuration import Configuration
from hourloom.core.clock import SystemClock
from hourloom.supervisor import Child, Start, decide

_GREETING_WAITS = "60"


def stay_up(
    configuration: Configuration,
    words: list[str],
    prepare: Callable[[Configuration], None],
    *,
    with_device: bool = False,
) -> Running:
    """Supervise a server with these words; return only if somebody runs on the data directory already.

    `prepare` makes a new database's keys while this is still a person's terminal: the server's own words go
    through a pipe, where a recovery code must not.
    """
    decision = decide(configuration.data_dir, configuration.host, configuration.port, SystemClock().now())
    if not isinstance(decision, Start):
        return Running(decision.url, decision.pid)
    people = sys.stdout.isatty() and sys.stderr.isatty()
    if people:
        prepare(configuration)
    helpers = [_greeting(words), _asker(words)] if people else []
    devices = [_device(words)] if with_device else []
    decision.become([_server(words, asks=people), *devices, *helpers])
    raise AssertionError  # `become` does not return


def _server(words: list[str], *, asks: bool) -> Child:
    """Return the server; where there are people, it lets them be asked for what opens the database."""
    given = ["--listen-fd", "{fd}", *(["--unlock-fd", "{secret}"] if asks else []), *words]
    return Child("server", _program("serve", *given), essential=True, with_socket=True)


def _device(words: list[str]) -> Child:
    """Return the program that observes this computer; without it the server serves all the same."""
    testing = ["--testing"] if "--testing" in words else []
    arguments = _program("device", "--beside-server", *_where(words), *testing)
    return Child("device program", arguments, essential=False, with_socket=False)


def _asker(words: list[str]) -> Child:
    """Return the program that asks on the terminal what nothing on this computer knows."""
    arguments = _program("unlock", "--unlock-fd", "{secret}", *words)
    return Child("asker", arguments, essential=False, with_socket=False, asks=True)


def _greeting(words: list[str]) -> Child:
    """Return the program that shows the one-time link once the server is ready, and ends."""
    arguments = _program("open", "--print", "--wait", _GREETING_WAITS, *_where(words))
    return Child("greeting", arguments, essential=False, with_socket=False)


def _where(words: list[str]) -> list[str]:
    """Keep of the server's words those that say where its data is."""
    kept = ("--data-dir", "--config")
    return [word for at, word in enumerate(words) if word in kept or (at and words[at - 1] in kept)]


def _program(*words: str) -> list[str]:
    # -P: nothing is imported from the directory where the user happens to stand.
    return [sys.executable, "-P", "-m", "hourloom", *words]
