"""Writing and removing single files, so that there is never half of one."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from hourloom.core.errors import Refused


class NotWritten(Refused):
    """{path} cannot be written: {reason}."""


class NotForThere(Refused):
    """The program cannot be started at login by {where}: {what}."""


def write(path: Path, text: str, mode: int = 0o600) -> None:
    """Put a text in the place of what a file held."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        aside.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)
        raise NotWritten(path=path, reason=error.strerror or type(error).__name__) from None


def remove(path: Path) -> bool:
    """Delete a file; tell whether there was one."""
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise NotWritten(path=path, reason=error.strerror or type(error).__name__) from None
    return True


def refuse_unprintable(where: str, words: list[str]) -> None:
    """Raise for words that a line of a file cannot hold."""
    for word in words:
        if not word.isprintable():
            raise NotForThere(where=where, what=f"{word!r} holds what cannot be printed")
