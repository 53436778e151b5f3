"""Take out of a text whatever tells who somebody is or what they recorded."""

from __future__ import annotations

import getpass
import hashlib
import re
import secrets
import socket
from collections.abc import Iterable
from pathlib import Path

from hourloom.core.log import scrubbed

_SHORTEST = 2
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_DIGITS_AND_LETTERS = re.compile(r"\b[0-9a-f]{24,}\b")


class Redaction:
    """Replaces names by words that say what stood there; the same name always by the same word.

    Names of buckets become digests under a key that nobody keeps, so that they cannot be guessed.
    """

    def __init__(
        self, buckets: Iterable[str] = (), places: Iterable[Path] = (), key: bytes | None = None
    ) -> None:
        self._key = secrets.token_bytes(16) if key is None else key
        words = {str(place): "[data]" for place in places} | {str(Path.home()): "[home]"}
        words |= {name: self.hashed(name) for name in buckets}
        words |= dict.fromkeys(_hosts(), "[host]") | dict.fromkeys(_users(), "[user]")
        self._words = {word: shown for word, shown in words.items() if len(word) >= _SHORTEST}
        longest_first = sorted(self._words, key=len, reverse=True)
        self._names = re.compile(
            "|".join(rf"(?<![A-Za-z0-9]){re.escape(word)}(?![A-Za-z0-9])" for word in longest_first) or "(?!)"
        )

    def hashed(self, name: str) -> str:
        """Return what stands for a name in this archive, and in no other."""
        return "bucket-" + hashlib.blake2b(name.encode(), key=self._key, digest_size=4).hexdigest()

    def of(self, text: str) -> str:
        """Return a text without names, addresses and secrets."""
        named = self._names.sub(lambda found: self._words[found[0]], text)
        return _DIGITS_AND_LETTERS.sub("[hex]", _MAIL.sub("[mail]", scrubbed(named)))


def _hosts() -> set[str]:
    name = socket.gethostname()
    return {name, name.partition(".")[0]}


def _users() -> set[str]:
    try:
        return {getpass.getuser(), Path.home().name}
    except (KeyError, OSError):
        # A user without a name, as in a container.
        return {Path.home().name}
