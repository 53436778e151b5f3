"""Watches which window is in use, by the best mechanism that works on this desktop."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence

from hourloom.core.clock import Clock
from hourloom.device.ports import Observation, Source


class WindowWatcher:
    """Tells which window has the focus by its application ("app") and its "title", or None if none has."""

    name = "window"

    def __init__(
        self,
        environment: Mapping[str, str] | None = None,
        clock: Clock | None = None,
        platform: str = sys.platform,
    ) -> None:
        self._environment = os.environ if environment is None else environment
        self._clock = clock
        self._platform = platform

    def choices(self) -> Sequence[Sequence[Source]]:
        """Return the mechanisms of this system; which of them is used is decided by what binds."""
        # Each is imported only where it may work: what is not imported needs no memory.
        if self._platform == "win32":
            from hourloom.device.windows.windows import Windows  # noqa: PLC0415

            return [[Windows(self._clock)]]
        if self._platform == "darwin":
            from hourloom.device.windows.macos import MacOS  # noqa: PLC0415

            return [[MacOS(self._clock)]]
        return [self._of_unix()]

    def refine(self, observation: Observation) -> Sequence[Observation]:
        """Pass on what was observed: it is told as it is to be stored."""
        return [observation]

    def _of_unix(self) -> Sequence[Source]:
        from hourloom.device.windows.gnome import Gnome  # noqa: PLC0415
        from hourloom.device.windows.kwin import KWin  # noqa: PLC0415
        from hourloom.device.windows.wlroots import Wlroots  # noqa: PLC0415
        from hourloom.device.windows.x11 import X11  # noqa: PLC0415

        # An X server also runs inside most Wayland desktops, and knows a part of their windows only.
        return [kind(self._environment, self._clock) for kind in (Wlroots, KWin, Gnome, X11)]
