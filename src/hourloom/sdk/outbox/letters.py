"""The beats that the server will never take: a person can see them, send them again or discard them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection
from pathlib import Path

import msgspec

from hourloom.core.clock import Instant
from hourloom.core.decoding import decode
from hourloom.sdk.outbox.beats import Waiting
from hourloom.sdk.outbox.segment import Seal, Segment, Unreadable

FILE = "letters"
MOST = 10_000
_LETTER = 9
_SERIES = "00" * 8


class Letter(msgspec.Struct, frozen=True):
    """A beat that the server refused for good, and what it said."""

    id: str
    bucket: str
    at: Instant
    duration: float
    """In seconds, as pulsetime is."""
    pulsetime: float
    data: msgspec.Raw
    status: int
    code: str
    reason: str
    refused_at: Instant


class Letters:
    """Keeps letters in a file of sealed records."""

    def __init__(self, folder: Path, seal: Seal) -> None:
        self._path, self._seal = folder / FILE, seal
        self._file: Segment | None = None
        self._ids: set[str] = set()
        self.left_out = 0
        """Letters that were too many, or that the disk did not take."""
        if self._path.exists():
            self._file = Segment(self._path, seal, _SERIES, 0)
            self._file.mend()
            self._ids = {letter.id for letter in self.all()}

    @property
    def count(self) -> int:
        """Return how many there are."""
        return len(self._ids)

    def name_of(self, bucket: str, beat: Waiting) -> str:
        """Return the name of the letter that a beat would be."""
        text = b"%d %s %s" % (beat.started_at, bucket.encode(), beat.data)
        return self._seal.digest(text, "letter")

    def add(self, letter: Letter) -> None:
        """Keep a letter, on disk when this returns; the same one is kept once."""
        if letter.id in self._ids:
            return
        try:
            if len(self._ids) >= MOST:
                raise OSError
            if self._file is None:
                self._file = Segment(self._path, self._seal, _SERIES, 0)
            self._file.append(_LETTER, msgspec.json.encode(letter))
            self._file.sync()
        except OSError:
            self.left_out += 1
            return
        self._ids.add(letter.id)

    def all(self) -> list[Letter]:
        """Return all letters, the oldest first."""
        found = []
        for record in self._file.records() if self._file is not None else ():
            with contextlib.suppress(Unreadable, msgspec.MsgspecError):
                found.append(decode(self._file.body(record), Letter))  # type: ignore[union-attr]
        return found

    def take(self, ids: Collection[str] | None, first: Callable[[Letter], None]) -> int:
        """Do something with letters, or with all, and then remove them; return how many."""
        taken = [letter for letter in self.all() if ids is None or letter.id in ids]
        for letter in taken:
            first(letter)
        if taken:
            self._keep([letter for letter in self.all() if letter not in taken])
        return len(taken)

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

    def _keep(self, letters: list[Letter]) -> None:
        """Replace the file as a whole, so that nothing is lost if this is cut short."""
        self.close()
        aside = self._path.with_suffix(".new")
        aside.unlink(missing_ok=True)
        file = Segment(aside, self._seal, _SERIES, 0)
        for letter in letters:
            file.append(_LETTER, msgspec.json.encode(letter))
        file.sync()
        file.close()
        aside.replace(self._path)
        self._file = Segment(self._path, self._seal, _SERIES, 0)
        self._ids = {letter.id for letter in letters}
