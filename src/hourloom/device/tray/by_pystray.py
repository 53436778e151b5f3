"""The icon on Windows and macOS, by the optional package pystray; nobody has tried it there yet."""

from __future__ import annotations

import contextlib
import socket
import sys
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from hourloom.device.ports import CannotBind, Observation
from hourloom.device.tray import icons
from hourloom.device.tray.menu import Item, headline_of, menu_of
from hourloom.device.tray.ports import Choice, TrayState

SIZE = 64
MOST_CHOSEN = 20


class Pystray:
    """Shows icons by pystray; a source like those of watchers."""

    name = "pystray"
    polls = False

    def __init__(
        self,
        state: Callable[[], TrayState],
        bound: Callable[[PystrayIcon], None],
        chosen: Callable[[Choice], None],
    ) -> None:
        self._state, self._told, self._chosen = state, bound, chosen

    def bind(self) -> PystrayIcon:
        """Show the icon; raises CannotBind where pystray is not installed."""
        try:
            import PIL.Image  # noqa: PLC0415 - an extra, needed on Windows and macOS alone
            import pystray  # noqa: PLC0415 - as above
        except ImportError:
            raise CannotBind(
                reason="The Python packages pystray and Pillow are missing",
                next_step="Install them with `pip install hourloom[tray]`, or go without an icon",
            ) from None
        icon = PystrayIcon(pystray, PIL.Image, self._state(), self._chosen)
        self._told(icon)
        return icon


class PystrayIcon:
    """One icon. pystray calls from a thread of its own, which wakes the loop through a socket pair."""

    def __init__(self, pystray: Any, image: Any, state: TrayState, chosen: Callable[[Choice], None]) -> None:
        self._pystray, self._image, self._state, self._chosen = pystray, image, state, chosen
        self._waiting: deque[Choice] = deque(maxlen=MOST_CHOSEN)
        self._ours, self._theirs = socket.socketpair()
        self._ours.setblocking(False)
        self._theirs.setblocking(False)
        self._icon = pystray.Icon("hourloom", self._drawn(), "Hourloom", self._menu())
        # On macOS the icon needs the main thread's loop, which pystray leaves to others when detached.
        self._icon.run_detached()

    def show(self, state: TrayState) -> None:
        """Show a state from now on."""
        if state == self._state:
            return
        self._state = state
        self._icon.icon, self._icon.title = self._drawn(), f"Hourloom: {headline_of(state)}"
        self._icon.menu = self._menu()

    def notify(self, title: str, text: str) -> None:
        """Say something by the system's notifications."""
        if getattr(self._icon, "HAS_NOTIFICATION", False):
            self._icon.notify(text[:256], title[:64])

    def obstacle(self) -> str | None:
        """Return None: where it can be made, it is seen."""
        return None

    def fileno(self) -> int:
        """Return the descriptor that is readable when something was chosen."""
        return self._ours.fileno()

    def due(self) -> float | None:
        """Return None: a choice wakes the loop."""
        return None

    def observe(self) -> Sequence[Observation]:
        """Act on what was chosen."""
        with contextlib.suppress(BlockingIOError):
            self._ours.recv(4096)
        while self._waiting:
            self._chosen(self._waiting.popleft())
        return ()

    def close(self) -> None:
        """Take the icon away."""
        self._icon.stop()
        self._ours.close()
        self._theirs.close()

    def _take(self, choice: Choice) -> None:
        self._waiting.append(choice)
        with contextlib.suppress(OSError):
            self._theirs.send(b"\0")

    def _menu(self) -> Any:
        return self._pystray.Menu(*(self._entry(item) for item in menu_of(self._state)))

    def _entry(self, item: Item) -> Any:
        if item.is_line:
            return self._pystray.Menu.SEPARATOR
        choice = item.choice

        def act() -> None:
            if choice is not None:
                self._take(choice)

        return self._pystray.MenuItem(item.label, act, enabled=item.is_enabled, visible=item.is_visible)

    def _drawn(self) -> Any:
        pixels = icons.pixels_of(self._state.look, SIZE)
        # From alpha, red, green, blue to red, green, blue, alpha.
        turned = bytearray(len(pixels))
        for channel in range(4):
            turned[(channel + 3) % 4 :: 4] = pixels[channel::4]
        return self._image.frombytes("RGBA", (SIZE, SIZE), bytes(turned))


def is_needed() -> bool:
    """Tell whether icons are shown by pystray here."""
    return sys.platform in ("win32", "darwin")
