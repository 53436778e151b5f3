"""What accounts need of the database's keys."""

from __future__ import annotations

from typing import Protocol


class Passphrase(Protocol):
    """The words that open the database, where somebody has set some."""

    def is_set(self) -> bool:
        """Return whether the database opens with a passphrase; reads a file."""
        ...

    def is_right(self, words: str) -> bool:
        """Return whether these are the words; takes a good part of a second and 64 MiB."""
        ...
