"""Watches the focused window of GNOME by an extension of its shell, shipped here and installed by command."""

from __future__ import annotations

from collections.abc import Mapping

from hourloom.core.clock import Clock
from hourloom.device.bus import Address, Body, Bus, CallFailed, Heard, session_bus
from hourloom.device.ports import CannotBind, SourceLost
from hourloom.device.windows.app import Clues
from hourloom.device.windows.focus import Focus, a_window
from hourloom.device.windows.on_bus import WindowsOnBus
from hourloom.device.windows.proc import clues_of

SHELL = "org.gnome.Shell"
DAEMON = Address("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")
EXTENSION = Address(SHELL, "/org/hourloom/Windows", "org.hourloom.Windows1")


class Gnome:
    """GNOME Shell with our extension, on Wayland or X11."""

    name = "GNOME"
    polls = False

    def __init__(self, environment: Mapping[str, str], clock: Clock | None = None) -> None:
        self._environment = environment
        self._clock = clock

    def bind(self) -> GnomeWindows:
        bus = session_bus(self._environment)
        try:
            _require_shell(bus)
            return GnomeWindows(bus, Focus(self._clock))
        except CallFailed:
            bus.close()
            raise CannotBind(
                reason="GNOME Shell tells only its extensions which window is in use, and ours does not run",
                next_step="Run `hourloom device gnome-extension install`, then log out and in again",
            ) from None
        except SourceLost as fault:
            bus.close()
            raise CannotBind(reason=fault.message.rstrip("."), next_step="Try again") from None
        except BaseException:
            bus.close()
            raise


def _require_shell(bus: Bus) -> None:
    # Nothing is to be started by asking for it.
    if bus.ask(DAEMON, "NameHasOwner", "s", SHELL) != (True,):
        raise CannotBind(
            reason="GNOME Shell does not run on this desktop", next_step="Nothing needs to be done elsewhere"
        )


class GnomeWindows(WindowsOnBus):
    """The window that the extension tells of; signals count only when the shell itself sends them."""

    whose_end = "GNOME Shell or its extension has ended"

    def __init__(self, bus: Bus, focus: Focus) -> None:
        """Raise CallFailed if the extension does not run."""
        super().__init__(bus, focus, SHELL)
        bus.match(
            self._heard,
            sender=SHELL,
            path=EXTENSION.path,
            interface=EXTENSION.interface,
            member="FocusChanged",
        )
        bus.match(
            self._ended, sender=SHELL, path=EXTENSION.path, interface=EXTENSION.interface, member="Ended"
        )
        self._told(bus.ask(EXTENSION, "Focused"))

    def _ended(self, _: Heard) -> None:
        self._has_ended = True

    def _heard(self, signal: Heard) -> None:
        self._told(signal.body)

    def _told(self, body: Body) -> None:
        match body:
            case (True, str(desktop), str(wm_class), str(title), int(pid)):
                clues = clues_of(pid) if not wm_class else Clues()
                self._focus.on(a_window(clues._replace(desktop=desktop, wm_class=wm_class), title))
            case (False, *_):
                self._focus.on(None)
            case _:
                raise SourceLost(reason="The extension of GNOME Shell says what is not understood")
