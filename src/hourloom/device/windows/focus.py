"""Turns what a mechanism says of the focused window into observations, without flicker and repetition."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping

from hourloom.core.clock import Clock, Instant, SystemClock
from hourloom.device.ports import Json, Observation
from hourloom.device.windows.app import Clues, app_of, title_of

STREAM = "window"

FLICKER = 0.1
"""Seconds for which no window may be focused between two windows without being told."""
TITLES_APART = 0.1
"""Seconds between two titles of one application: what spins in between is left out."""

Window = Mapping[str, Json]


LOCKERS = re.compile(
    r"(?:kscreenlocker_greet|gnome-screensaver.*|light-locker|[\w\-]*greeter|i3lock|swaylock|hyprlock|gtklock|"
    r"xscreensaver.*|xsecurelock|slock|lockapp(?:\.exe)?|logonui(?:\.exe)?|loginwindow|screensaverengine)",
    re.ASCII | re.IGNORECASE,
)
"""What asks for a password: it is nothing that a person does."""


def a_window(clues: Clues, title: str | None) -> Window | None:
    """Describe a focused window as it is observed; None if it is the lock screen."""
    app = app_of(clues)
    return None if LOCKERS.fullmatch(app) else {"app": app, "title": title_of(title)}


class Focus:
    """Remembers what was told of the focused window, and holds back what may be over in a moment.

     window A   nothing   window B            window A   nothing ……………
    ├──────────┤  <0.1 s ├────────           ├──────────┤
    A told               B told              A told      told 0.1 s later, as of here
    """

    def __init__(self, clock: Clock | None = None, ticks: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock or SystemClock()
        self._ticks = ticks
        self._told: Window | None = None
        self._told_at = float("-inf")
        self._anything_told = False
        self._held: Observation | None = None
        self._held_until = 0.0
        self._ready: list[Observation] = []

    def on(self, window: Window | None, at: Instant | None = None) -> None:
        """Say which window has the focus since `at`, or since now; None says that none has."""
        self._release()
        seen = Observation(STREAM, self.clock.now() if at is None else at, window, lag=FLICKER)
        if self._anything_told and window == self._told:
            self._held = None
        elif self._waits(window):
            self._hold(seen)
        else:
            self._tell(seen)

    def due(self) -> float | None:
        """Return in how many seconds what is held back is to be told."""
        if self._ready:
            return 0.0
        return None if self._held is None else max(0.0, self._held_until - self._ticks())

    def take(self) -> list[Observation]:
        """Return what is to be told by now, oldest first."""
        self._release()
        ready, self._ready = self._ready, []
        return ready

    def _waits(self, window: Window | None) -> bool:
        if not self._anything_told:
            return False
        if window is None:
            return True
        spins = self._told is not None and self._told["app"] == window["app"]
        return spins and self._ticks() < self._told_at + TITLES_APART

    def _hold(self, seen: Observation) -> None:
        if self._held is not None and self._held.data is None and seen.data is None:
            return  # it has been nothing since then
        self._held = seen
        self._held_until = self._ticks() + FLICKER if seen.data is None else self._told_at + TITLES_APART

    def _release(self) -> None:
        if self._held is not None and self._ticks() >= self._held_until:
            self._tell(self._held)

    def _tell(self, seen: Observation) -> None:
        self._held, self._told, self._told_at = None, seen.data, self._ticks()
        self._anything_told = True
        self._ready.append(seen)
