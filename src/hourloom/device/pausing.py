"""Pausing: for a while nothing is recorded, and a restart of the program does not end that."""

from __future__ import annotations

import contextlib
from datetime import datetime
from pathlib import Path

from hourloom.core.clock import HOUR, LATEST, MINUTE, SECOND, Instant, datetime_of
from hourloom.core.errors import Invalid
from hourloom.device.clocks import Clocks, Reading
from hourloom.device.tray.acting import tomorrow

UNTIL_RESUMED = Instant(LATEST - 1)
LONGEST = 31 * 24 * 60
"""Minutes."""
SHORT = HOUR


class NotALength(Invalid):
    """'{text}' is no length of a pause: 15m, 1h, tomorrow, or nothing for until it is resumed."""


def pause_end(text: str, now: Instant) -> Instant | None:
    """Return until when to pause: for minutes or hours, until the day ends, or without an end (None)."""
    if not text:
        return None
    if text == "tomorrow":
        return tomorrow(now)
    digits, unit = text[:-1], text[-1:]
    minutes = int(digits) * {"m": 1, "h": 60}.get(unit, 0) if digits.isascii() and digits.isdigit() else 0
    if not 0 < minutes <= LONGEST:
        raise NotALength(text=text[:20])
    return Instant(now + minutes * MINUTE)


class Pause:
    """Until when nothing is recorded.

    A short pause lasts its time whatever the clock is set to; a longer one ends by the clock.
    """

    def __init__(self, file: Path, clocks: Clocks) -> None:
        self._file, self._clocks = file, clocks
        self.until: Instant | None = None
        self._left: int | None = None
        """When it ends by the clock that nobody can set."""
        with contextlib.suppress(OSError, ValueError):
            self._set(Instant(int(file.read_text("ascii")[:32])))

    def begin(self, until: Instant | None) -> Instant:
        """Pause until an instant, or until it is resumed; return until when."""
        until = UNTIL_RESUMED if until is None else until
        self._set(until)
        # Without the file the pause holds as long as the program runs.
        with contextlib.suppress(OSError):
            self._file.write_text(str(until), "ascii")
        return until

    def end(self) -> None:
        """Record again."""
        self.until = self._left = None
        with contextlib.suppress(OSError):
            self._file.unlink(missing_ok=True)

    def seconds_left(self) -> float | None:
        """Return for how long it goes on, or None when nothing is paused; a pause that is over is ended."""
        if self.until is None:
            return None
        now = self._clocks.read()
        left = self._micros_left(now, self.until)
        if left <= 0:
            self.end()
            return None
        return left / SECOND

    def _micros_left(self, now: Reading, until: Instant) -> int:
        return until - now.wall if self._left is None else self._left - now.on

    def _set(self, until: Instant) -> None:
        now = self._clocks.read()
        self.until = until
        length = until - now.wall
        self._left = now.on + length if length <= SHORT else None


def moment(until: Instant | None) -> datetime | None:
    """Return when a pause ends as a datetime."""
    return None if until is None else datetime_of(until)
