"""Handle keys in a short-lived program of its own, for the server never loads `cryptography` and `keyring`.

For unlocking it is started first and asked for its answer last: it works on another core while the server
imports what it needs. Whatever is secret goes through pipes.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from hourloom.core.decoding import decode
from hourloom.core.errors import HourloomError
from hourloom.db.keys import errors, header
from hourloom.db.keys.errors import UnlockingFailed
from hourloom.db.keys.tasks import AnyTask, Place, Unlock
from hourloom.db.keys.unlock import Unlocked

Answer = TypeVar("Answer")

SECONDS = 30.0


class _Request(msgspec.Struct, frozen=True):
    place: Place
    task: AnyTask


class _Answer(msgspec.Struct, frozen=True, kw_only=True):
    value: msgspec.Raw = msgspec.Raw(b"null")
    error: str = ""
    fields: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"_Answer(error={self.error!r})"


class Asked(Generic[Answer]):
    """A task under way."""

    def __init__(self, process: subprocess.Popen[bytes], kind: Any) -> None:  # a type, or None
        self._process, self._kind = process, kind

    def result(self) -> Answer:
        """Wait for the answer and return it, or raise what went wrong there."""
        try:
            body, _ = self._process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
            raise UnlockingFailed(reason=f"nothing within {SECONDS:g} s") from None
        try:
            answer = decode(body, _Answer)
        except msgspec.DecodeError:
            raise UnlockingFailed(reason=f"exit code {self._process.returncode}") from None
        if answer.error:
            raise _error(answer)
        value: Answer = decode(answer.value, self._kind)
        return value


class Unlocking(Protocol):
    """Unlocking under way."""

    def result(self) -> Unlocked:
        """Wait for the key and return it, or raise what went wrong."""
        ...


class _Plain:
    """A database that is not encrypted: there is no key to find, so nothing is started to find it."""

    def __init__(self, place: Place, task: Unlock) -> None:
        self._place, self._task = place, task

    def result(self) -> Unlocked:
        return self._task.perform(self._place.means())


def begin_unlocking(place: Place, task: Unlock) -> Unlocking:
    """Start to unlock; `PassphraseNeeded` asks the caller to begin again with a passphrase."""
    if header.state_of(place.places.database) == header.PLAIN:
        return _Plain(place, task)
    unlocking: Asked[Unlocked] = begin(place, task, Unlocked)
    return unlocking


def begin(place: Place, task: AnyTask, kind: Any) -> Asked[Any]:  # whatever the task answers
    """Start a task that answers with this kind of value."""
    process = subprocess.Popen(
        # -P: nothing is imported from the directory where the user happens to stand.
        [sys.executable, "-P", "-m", "hourloom.db.keys.apart"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    assert process.stdin is not None
    process.stdin.write(msgspec.json.encode(_Request(place, task)))
    process.stdin.close()
    process.stdin = None
    return Asked(process, kind)


def answer_to(request: _Request) -> bytes:
    """Return what the program prints for a request."""
    try:
        value = request.task.perform(request.place.means())
        answer = _Answer(value=msgspec.Raw(msgspec.json.encode(value)))
    except HourloomError as error:
        fields = {name: str(value) for name, value in error.fields.items()}
        answer = _Answer(error=type(error).__name__, fields=fields)
    return msgspec.json.encode(answer)


def _error(answer: _Answer) -> HourloomError:
    kind = getattr(errors, answer.error, None)
    if isinstance(kind, type) and issubclass(kind, HourloomError):
        return kind(**answer.fields)
    return UnlockingFailed(reason=answer.error)


def main() -> None:
    """Read a request, print the answer, and leave at once, even if a keychain's thread hangs."""
    body = answer_to(decode(sys.stdin.buffer.read(), _Request))
    sys.stdout.buffer.write(body)
    sys.stdout.buffer.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
