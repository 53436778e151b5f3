"""Unlock in a short-lived program of its own, so that the server never holds `cryptography` and `keyring`.

Started first and asked for its answer last, it works on another core while the server imports what it needs.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import msgspec

from hourloom.core.errors import HourloomError
from hourloom.db.keys import errors
from hourloom.db.keys.errors import UnlockingFailed
from hourloom.db.keys.keychain import SystemKeychain
from hourloom.db.keys.places import Places
from hourloom.db.keys.unlock import Unlocked, unlock
from hourloom.db.keys.ways import Means
from hourloom.db.keys.wraps import Encryption

SECONDS = 30.0


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What to unlock, and by which means."""

    directory: str
    config_dir: str
    encryption: Encryption
    keychain: bool = True
    key_file: str | None = None
    passphrase: str | None = None

    def __repr__(self) -> str:
        return f"Request(directory={self.directory!r})"


class _Answer(msgspec.Struct, frozen=True, kw_only=True):
    unlocked: Unlocked | None = None
    error: str = ""
    fields: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"_Answer(error={self.error!r})"


class Unlocking:
    """An unlocking under way."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def result(self) -> Unlocked:
        """Wait for the answer and return it, or raise what went wrong there."""
        try:
            body, _ = self._process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
            raise UnlockingFailed(reason=f"nothing within {SECONDS:g} s") from None
        try:
            answer = msgspec.json.decode(body, type=_Answer)
        except msgspec.DecodeError:
            raise UnlockingFailed(reason=f"exit code {self._process.returncode}") from None
        if answer.unlocked is None:
            raise _error(answer)
        return answer.unlocked


def begin_unlocking(request: Request) -> Unlocking:
    """Start to unlock; `PassphraseNeeded` asks the caller to begin again with a passphrase."""
    process = subprocess.Popen(
        # -P: nothing is imported from the directory where the user happens to stand.
        [sys.executable, "-P", "-m", "hourloom.db.keys.apart"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    assert process.stdin is not None
    process.stdin.write(msgspec.json.encode(request))
    process.stdin.close()
    process.stdin = None
    return Unlocking(process)


def answer_to(request: Request) -> bytes:
    """Return what the program prints for a request."""
    words = request.passphrase
    means = Means(
        Places(
            Path(request.directory),
            Path(request.config_dir),
            Path(request.key_file) if request.key_file else None,
        ),
        SystemKeychain() if request.keychain else None,
        None if words is None else lambda: words,
    )
    try:
        answer = _Answer(unlocked=unlock(means, request.encryption))
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
    body = answer_to(msgspec.json.decode(sys.stdin.buffer.read(), type=Request))
    sys.stdout.buffer.write(body)
    sys.stdout.buffer.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
