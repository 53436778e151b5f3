"""Watches the focused window of GNOME by an extension of its shell, shipped here and installed by command."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hourloom.core.clock import Clock
from hourloom.device.bus import Address, Body, Bus, CallFailed, Heard, session_bus
from hourloom.device.ports import CannotBind, Observation, SourceLost
from hourloom.device.windows.app import Clues
from hourloom.device.windows.focus import Focus, a_window
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


class GnomeWindows:
    """The window that the extension tells of; signals count only when the shell itself sends them."""

    def __init__(self, bus: Bus, focus: Focus) -> None:
        """Raise CallFailed if the extension does not run."""
        self._bus, self._focus = bus, focus
        self._owner = ""
        self._has_ended = False
        bus.watch(SHELL, self._owned_by)
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

    def fileno(self) -> int:
        return self._bus.fileno()

    def due(self) -> float | None:
        dues = [due for due in (self._bus.due(), self._focus.due()) if due is not None]
        return min(dues, default=None)

    def observe(self) -> Sequence[Observation]:
        self._bus.read()
        if self._has_ended:
            raise SourceLost(reason="GNOME Shell or its extension has ended")
        return self._focus.take()

    def close(self) -> None:
        self._bus.close()

    def _owned_by(self, owner: str) -> None:
        self._has_ended = self._has_ended or not owner or self._owner not in ("", owner)
        self._owner = owner

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
