"""Input where one can only ask how long there was none: on macOS and, but for locks, Windows."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Protocol

from hourloom.core.clock import SECOND
from hourloom.device.away.presence import Rule
from hourloom.device.away.sources import CONFIRM, Hint, Now, wall
from hourloom.device.ports import Bound, Observation

RETURN_WITHIN = 1.0
"""Seconds between two questions while somebody pauses."""
SOONEST = 0.05


class Calls(Protocol):
    """What of a system is called; raises SourceLost when it cannot answer any more."""

    def open(self) -> None:
        """Begin to listen; raises CannotBind where this is another system."""
        ...

    def idle(self) -> float:
        """Return for how many seconds there was no input."""
        ...

    def session(self) -> Sequence[str]:
        """Return what happened to the session since the last call, oldest first: as hints say it."""
        ...

    def fileno(self) -> int:
        """Return a descriptor that is readable when something happened to the session, or -1."""
        ...

    def close(self) -> None:
        """Listen no longer."""
        ...


class Polled:
    """A system that is asked."""

    polls = True

    def __init__(
        self, name: str, calls: Callable[[], Calls], rule: Callable[[], Rule], now: Now = wall
    ) -> None:
        self.name, self._calls, self._rule, self._now = name, calls, rule, now

    def bind(self) -> Bound:
        calls = self._calls()
        calls.open()
        try:
            return Polling(self.name, calls, self._rule().raw / SECOND, self._now)
        except BaseException:
            with contextlib.suppress(Exception):
                calls.close()
            raise


class Polling:
    """Asks as rarely as it may: when the pause could be long enough at the earliest, and then each second."""

    def __init__(self, name: str, calls: Calls, pause: float, now: Now) -> None:
        self._name, self._calls, self._pause, self._now = name, calls, pause, now
        self._idle = calls.idle()

    def fileno(self) -> int:
        return self._calls.fileno()

    def due(self) -> float | None:
        if self._idle >= self._pause:
            return RETURN_WITHIN
        return min(CONFIRM, max(SOONEST, self._pause - self._idle))

    def observe(self) -> Sequence[Observation]:
        now = self._now()
        observed = [Hint("session", each, self._kind(each)).at(now) for each in self._calls.session()]
        was_idle, self._idle = self._idle >= self._pause, max(0.0, self._calls.idle())
        is_idle = self._idle >= self._pause
        hint = Hint("input", "idle" if is_idle else "active", self._name)
        last = hint.at(now - round(self._idle * SECOND))
        return [last, *observed] if is_idle and not was_idle else [*observed, last]

    def close(self) -> None:
        self._calls.close()

    def _kind(self, state: str) -> str:
        return f"{self._name} sleep" if state in ("asleep", "awake") else f"{self._name} lock"
