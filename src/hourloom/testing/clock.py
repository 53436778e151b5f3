"""A clock that stands still until a test moves it."""

from __future__ import annotations

from hourloom.core.clock import SECOND, Instant, parse_instant

MONDAY_MORNING = "2026-03-02T09:00:00Z"


class FixedClock:
    """Tells the time that a test has set."""

    def __init__(self, at: str = MONDAY_MORNING) -> None:
        self._now = parse_instant(at)

    def now(self) -> Instant:
        return self._now

    def set(self, at: str) -> None:
        """Set the time, in ISO 8601."""
        self._now = parse_instant(at)

    def advance(self, seconds: float) -> Instant:
        """Move on, or back by a negative number; return the new time."""
        self._now = Instant(self._now + round(seconds * SECOND))
        return self._now
