"""Where a command takes the passphrase of the database from, when it must show that it is you."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Annotated

import typer

from hourloom.cli.output import on_terminal
from hourloom.core.errors import Refused
from hourloom.sdk.api import Way
from hourloom.sdk.step_up import Confirming

LONGEST = 4096

PassphraseFile = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file",
        metavar="FILE",
        help="Read the passphrase of the database from the first line of a file.",
        show_default=False,
    ),
]
PassphraseStdin = Annotated[
    bool, typer.Option("--passphrase-stdin", help="Read the passphrase of the database from standard input.")
]


class NeedsTerminal(Refused):
    """{what} is shown and typed only on a terminal; run this command there."""


class PassphraseUnreadable(Refused):
    """The passphrase cannot be read from {path}: {reason}."""


def passphrase_from(file: Path | None, *, stdin: bool = False) -> Callable[[], str]:
    """Return what asks for the passphrase of the database, once."""

    @lru_cache(maxsize=1)
    def words() -> str:
        if file is not None:
            return _first_line(file)
        if stdin:
            return sys.stdin.readline(LONGEST).rstrip("\r\n")
        if not on_terminal():
            raise NeedsTerminal(what="A passphrase")
        return str(typer.prompt("Passphrase of the database", hide_input=True, err=True))

    return words


def confirming(way: Way, file: Path | None = None, *, stdin: bool = False) -> Confirming:
    """Return a way that shows once more that it is you where the server asks for that."""
    return Confirming(way, passphrase_from(file, stdin=stdin))


def _first_line(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            return file.readline(LONGEST).rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "it is not text"
        raise PassphraseUnreadable(path=path, reason=reason.lower()) from None
