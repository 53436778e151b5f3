"""Find the key of the database when a program starts; ask whoever sits at the terminal if nothing opens it.

Whoever may ask depends on how the program was started:

    serve on a terminal       asks there
    serve below a supervisor  ends with `NEEDS_A_PERSON`; the supervisor runs `answer` on the terminal, and
                              what that learned comes to the next server through a pipe
    anywhere else             ends with one sentence that names the command
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable
from typing import Final, Literal, TypeVar

from hourloom.configuration import Configuration, read
from hourloom.core.errors import HourloomError, Refused
from hourloom.db.keys.apart import Unlocking, begin_unlocking
from hourloom.db.keys.errors import (
    KeychainLost,
    KeychainSilent,
    KeyFileDamaged,
    KeyFileMissing,
    PassphraseNeeded,
    RecoveryCodeIncomplete,
    RecoveryCodeMistyped,
    WrongKey,
    WrongPassphrase,
    WrongRecoveryCode,
)
from hourloom.db.keys.tasks import Place, Unlock
from hourloom.db.keys.unlock import Unlocked

Found = TypeVar("Found")

Help = Literal["here", "parent", "later"]
"""Where help comes from: the terminal of this program, the parent's, or the keychain once it is unlocked."""
NEEDS_A_PERSON: Final = 3
"""The exit code of a server that somebody must help to open its database."""
TRIES = 3
SECONDS_BETWEEN_TRIES = 5.0
LONGEST = 4096
"""Bytes of a passphrase in a pipe."""

LOST = (KeychainLost, KeychainSilent, KeyFileMissing, KeyFileDamaged, WrongKey)
"""What the recovery code helps against."""
_MISTYPED = (RecoveryCodeIncomplete, RecoveryCodeMistyped, WrongRecoveryCode)
_COMMAND = "`hourloom keys recovery`"


class NotOpened(Refused):
    """{sentence}."""


def begin(configuration: Configuration, passphrase: str | None = None) -> Unlocking | None:
    """Start to find the key of the embedded database; there is none for PostgreSQL."""
    place = Place.of(configuration)
    if place is None:
        return None
    return begin_unlocking(place, Unlock(encryption=configuration.encryption, passphrase=passphrase))


def finish(
    configuration: Configuration,
    unlocking: Unlocking,
    *,
    help_from: Help = "here",
    pause: Callable[[float], None] = time.sleep,
) -> Unlocked:
    """Wait for the key; where a person is needed, ask here or let the parent ask.

    With nobody to ask and a socket that somebody else holds, a keychain that is still locked is waited for.
    """
    try:
        return unlocking.result()
    except (PassphraseNeeded, WrongPassphrase, *LOST) as error:
        if help_from == "parent":
            raise SystemExit(NEEDS_A_PERSON) from None
        if _somebody_is_there():
            return _asked(configuration, error)[0]
        if help_from != "later" or not isinstance(error, KeychainSilent):
            raise _with_command(error, configuration) from None
        _say(error.message)
    return _once_unlocked(configuration, pause)


def _once_unlocked(configuration: Configuration, pause: Callable[[float], None]) -> Unlocked:
    """Try again until the keychain answers."""
    while True:
        pause(SECONDS_BETWEEN_TRIES)
        with contextlib.suppress(KeychainSilent):
            return _opened(configuration, Unlock(encryption=configuration.encryption))


def answer(configuration: Configuration, descriptor: int) -> int:
    """Ask on the terminal what the server could not open; write a passphrase to the descriptor."""
    unlocking = begin(configuration)
    try:
        if unlocking is not None:
            unlocking.result()
    except (PassphraseNeeded, WrongPassphrase, *LOST) as error:
        if not _somebody_is_there():
            raise _with_command(error, configuration) from None
        words = _asked(configuration, error)[1]
        os.write(descriptor, words.encode())
    return 0


def words_in(descriptor: int) -> str | None:
    """Return the passphrase that a parent hands over, if it does."""
    with os.fdopen(descriptor, "rb") as pipe:
        words = pipe.read(LONGEST)
    return words.decode() or None


def _asked(configuration: Configuration, error: HourloomError) -> tuple[Unlocked, str]:
    """Ask for what opens the database; return it open, with the words where those were asked for."""
    if isinstance(error, PassphraseNeeded | WrongPassphrase):
        return _by_passphrase(configuration)
    _say(error.message)
    return _by_recovery_code(configuration), ""


def _by_passphrase(configuration: Configuration) -> tuple[Unlocked, str]:
    from getpass import getpass  # noqa: PLC0415 - most starts ask nobody

    def attempt() -> tuple[Unlocked, str]:
        words = getpass("Passphrase of the database: ")
        return _opened(configuration, Unlock(encryption=configuration.encryption, passphrase=words)), words

    return _tried(attempt, WrongPassphrase)


def _by_recovery_code(configuration: Configuration) -> Unlocked:
    def attempt() -> Unlocked:
        _say("Put it right and press Enter, or enter your recovery code to go on without it.")
        print("Recovery code: ", end="", file=sys.stderr, flush=True)  # noqa: T201 - a question
        code = sys.stdin.readline().strip() or None
        return _opened(configuration, Unlock(encryption=configuration.encryption, recovery_code=code))

    found = _tried(attempt, *_MISTYPED, *LOST)
    _say(f"The database opens again, from now on by {found.method.replace('_', ' ')}.")
    return found


def _tried(attempt: Callable[[], Found], *errors: type[HourloomError]) -> Found:
    """Let a person try a few times."""
    for left in reversed(range(TRIES)):
        try:
            return attempt()
        except errors as error:
            if not left:
                raise
            _say(error.message)
    raise AssertionError  # the last try has raised


def _opened(configuration: Configuration, task: Unlock) -> Unlocked:
    place = Place.of(configuration)
    assert place is not None  # PostgreSQL asks for nothing
    return begin_unlocking(place, task).result()


def _somebody_is_there() -> bool:
    # A program in the background that asked would be stopped by the terminal.
    return sys.stdin.isatty() and sys.stderr.isatty() and os.tcgetpgrp(0) == os.getpgrp()


def _with_command(error: HourloomError, configuration: Configuration) -> HourloomError:
    """Name the command exactly as it must be typed for this database."""
    try:
        usual = read({}).data_dir == configuration.data_dir
    except HourloomError:
        usual = False
    if usual or _COMMAND not in error.message:
        return error
    exact = f"`hourloom keys recovery --data-dir {configuration.data_dir}`"
    return NotOpened(sentence=error.message.replace(_COMMAND, exact).rstrip("."))


def _say(sentence: str) -> None:
    print(f"hourloom: {sentence}", file=sys.stderr, flush=True)  # noqa: T201 - to whoever is asked
