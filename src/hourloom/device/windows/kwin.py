"""Watches the focused window of KDE Plasma by a script that KWin runs for us and that calls us back."""

from __future__ import annotations

import contextlib
import os
import select
import time
from collections.abc import Mapping
from pathlib import Path

from hourloom.core.clock import Clock
from hourloom.device.bus import Address, Bus, CallFailed, Exported, Heard, Method, Refused, session_bus
from hourloom.device.ports import CannotBind, SourceLost
from hourloom.device.windows.app import Clues
from hourloom.device.windows.focus import Focus, a_window
from hourloom.device.windows.on_bus import WindowsOnBus
from hourloom.device.windows.proc import clues_of

KWIN = "org.kde.KWin"
SCRIPTING = Address(KWIN, "/Scripting", "org.kde.kwin.Scripting")
PATH, INTERFACE = "/org/hourloom/Windows", "org.hourloom.Windows1"
SCRIPT = Path(__file__).with_name("kwin_script.js")
PLUGIN = "hourloom-windows"
"""The name under which KWin knows the script; one that a killed program left behind is found by it."""

PATIENCE = 3.0
"""Seconds that KWin has to run the script."""


class KWin:
    """KDE Plasma, on Wayland or X11."""

    name = "KDE"
    polls = False

    def __init__(self, environment: Mapping[str, str], clock: Clock | None = None) -> None:
        self._environment = environment
        self._clock = clock

    def bind(self) -> KWinWindows:
        bus = session_bus(self._environment)
        try:
            return KWinWindows(bus, Focus(self._clock), self._environment.get("XDG_RUNTIME_DIR"))
        except (SourceLost, CallFailed):
            bus.close()
            raise CannotBind(
                reason="KWin does not run on this desktop, or runs no scripts",
                next_step="On KDE Plasma, look whether scripts of KWin are allowed",
            ) from None
        except BaseException:
            bus.close()
            raise


class KWinWindows(WindowsOnBus):
    """The window that the script tells of; another KWin under the name has not loaded it."""

    whose_end = "KWin has ended"

    def __init__(self, bus: Bus, focus: Focus, directory: str | None, patience: float = PATIENCE) -> None:
        """Load the script and wait for its first word; raises CannotBind if none comes."""
        super().__init__(bus, focus, KWIN)
        self._has_told = False
        self._script: Path | None = None
        bus.export(PATH, INTERFACE, Exported({"Focus": Method("bssss", "", self._told)}))
        bus.ask(SCRIPTING, "unloadScript", "s", PLUGIN)
        self._script = _written(bus.unique_name, directory)
        try:
            bus.ask(SCRIPTING, "loadScript", "ss", str(self._script), PLUGIN)
            bus.ask(SCRIPTING, "start")
            self._settle(patience)
        except BaseException:
            self._unload()
            raise

    def close(self) -> None:
        if self._script is not None:
            self._unload()
        super().close()

    def _settle(self, patience: float) -> None:
        latest = time.monotonic() + patience
        while not self._has_told:
            left = latest - time.monotonic()
            if left <= 0:
                raise CannotBind(
                    reason="KWin has loaded a script and not run it",
                    next_step="Look in its log (journalctl --user) why scripts do not run",
                )
            select.select([self._bus], [], [], left)
            self._bus.read()

    def _told(self, call: Heard) -> tuple[()]:
        if not self._owner or call.sender != self._owner:
            raise Refused("only KWin may say this", "org.freedesktop.DBus.Error.AccessDenied")
        match call.body:
            case (False, *_):
                self._has_told = True
                self._focus.on(None)
            case (True, str(desktop), str(wm_class), str(title), str(pid)):
                self._has_told = True
                # A window that has just been made may tell nothing of itself yet.
                if desktop or wm_class or title:
                    known = clues_of(int(pid)) if pid.isdecimal() and not desktop + wm_class else Clues()
                    self._focus.on(a_window(known._replace(desktop=desktop, wm_class=wm_class), title))
            case _:
                raise Refused("these are no windows")
        return ()

    def _unload(self) -> None:
        with contextlib.suppress(SourceLost):
            self._bus.call(SCRIPTING, "unloadScript", "s", PLUGIN)
        if self._script is not None:
            self._script.unlink(missing_ok=True)
            self._script = None


def _written(listener: str, directory: str | None) -> Path:
    """Write the script with our address to a file that only this user reads."""
    path = Path(directory or "/tmp") / f"hourloom-{os.urandom(8).hex()}.js"  # noqa: S108 - made anew, for us alone
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(SCRIPT.read_text().replace("@LISTENER@", listener))
    except OSError as fault:
        raise CannotBind(
            reason=f"The script for KWin cannot be written ({fault.strerror})",
            next_step="Make space in the directory for temporary files",
        ) from None
    return path
